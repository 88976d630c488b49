"""Which crossings are under way, and how each ended: told in time, told late, or missing.

    begin(vehicle) ─► see(selection) ─► TOLD or LATE
                  └─► overdue()      ─► MISSING

A selection is of the vehicle whose AT_LIGHT reading it names. Two canaries may drive at one platform: where both come
to one stop line within TOGETHER_SECONDS the join rightly sees one vehicle, and its selection answers both.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from producers.canary.vehicle import SECOND, Vehicle
from schemas.records import Selection

# The join takes two at a stop line within 2 s for one vehicle that moved a little; clocks of two hosts differ by some.
TOGETHER_SECONDS: Final = 3


class Result(StrEnum):
    """How a crossing ended."""

    TOLD = "told"
    LATE = "late"
    MISSING = "missing"


class Verdict(NamedTuple):
    """One crossing that has ended."""

    vehicle: Vehicle
    result: Result
    seconds: float | None
    """From the first reading being handed over to the selection; None of a missing one."""


class CrossingBook:
    """Crossings by lane, one under way in each. Times are a steady clock's seconds.

    `told_within`, `missing_after`: seconds, the first at most the second.
    """

    def __init__(self, told_within: float, missing_after: float) -> None:
        self._told_within = told_within
        self._missing_after = missing_after
        self._under_way: dict[str, tuple[Vehicle, float]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, vehicle: Vehicle, now: float) -> Verdict | None:
        """A vehicle comes. One that is still under way in its lane has had its time: it is missing."""
        before = self._under_way.get(vehicle.lane_id)
        self._under_way[vehicle.lane_id] = vehicle, now
        return None if before is None else Verdict(before[0], Result.MISSING, None)

    def see(self, selection: Selection, now: float) -> Verdict | None:
        """A selection has come; None if it is of no crossing that is under way."""
        vehicle, since = self._under_way.get(selection.lane_id, (None, 0.0))
        if vehicle is None or not is_of(selection, vehicle):
            return None
        del self._under_way[selection.lane_id]
        seconds = now - since
        return Verdict(vehicle, Result.TOLD if seconds <= self._told_within else Result.LATE, seconds)

    def forget(self) -> list[Vehicle]:
        """Vehicles under way, of which nothing more is wanted to be known."""
        vehicles = [vehicle for vehicle, _ in self._under_way.values()]
        self._under_way.clear()
        return vehicles

    def overdue(self, now: float) -> list[Verdict]:
        """Crossings that nothing was told of for too long; they are under way no longer."""
        due = [one for one, since in self._under_way.values() if now - since > self._missing_after]
        for vehicle in due:
            del self._under_way[vehicle.lane_id]
        return [Verdict(vehicle, Result.MISSING, None) for vehicle in due]


def is_of(selection: Selection, vehicle: Vehicle) -> bool:
    """Whether a selection of its lane tells that a vehicle got its light."""
    if selection.at_light_reading_id == vehicle.at_light_reading_id:
        return True
    came_at = selection.at_light_received_at
    return came_at is not None and abs(came_at - vehicle.at_light_at) <= TOGETHER_SECONDS * SECOND
