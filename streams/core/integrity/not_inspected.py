"""Red lights that no inspection followed.

Mechanism: the vehicle is waved through, or its light made green by hand, and goes.

Case: a red light given (`cases.py`) in an officer's lane. Event: NOT_INSPECTED or RELEASED, as the outcome stands three
days later, so that reports of the next shift are in. Compared with the port's other officers in lanes of the same mode,
shift by shift (`comparison.py`).

What honest people do to trip it: an officer who is on duty on the five or more shifts on which secondary is full, and
the others are not, where hours are not rotated.
"""

from schemas.records import OutcomeState
from streams.core.integrity.comparison import Trial
from streams.core.integrity.state import Case


def trials_of(case: Case, passage_id: str) -> tuple[Trial, ...]:
    """The case of the officer in whose lane the light was red."""
    if not case.is_red or case.officer_id is None:
        return ()
    event = case.state in (OutcomeState.NOT_INSPECTED, OutcomeState.RELEASED)
    return (Trial(case.officer_id, event, (passage_id,)),)
