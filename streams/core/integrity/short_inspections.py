"""Inspections shorter than a vehicle can be inspected in.

Mechanism: the inspection is entered, and nobody looked.

Case: an ended inspection of an inspecting officer's. Event: from its start to its end it took less than SECONDS_MIN of
the lane's mode. Compared with the port's other officers in lanes of the same mode (`comparison.py`).

What honest people do to trip it: an officer who always enters start and end together when he is done. That is a habit
to be told of too, since his times are worth nothing.
"""

from typing import Final

from schemas.records import LaneMode
from streams.core.integrity.comparison import Trial
from streams.core.integrity.state import Case

# To open a car's doors and boot, a bus's holds or a truck's cargo, and to enter it [assumed]: longer, and quick but
# honest work counts; shorter, and those who only wait a little with the entry do not.
SECONDS_MIN: Final = {LaneMode.PASSENGER: 120, LaneMode.BUS: 300, LaneMode.TRUCK: 300}


def trials_of(case: Case, passage_id: str) -> tuple[Trial, ...]:
    """The case of each inspecting officer."""
    least = SECONDS_MIN.get(case.lane_mode)
    if case.inspection_seconds is None or least is None:
        return ()
    event = case.inspection_seconds < least
    return tuple([Trial(officer_id, event, (passage_id,)) for officer_id in case.inspectors])
