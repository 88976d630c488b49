"""How likely a lane's past is as told: costs of vehicles' rows of sightings, as negative log-likelihoods.

    row of a vehicle   ENTRY   FRONT   REAR   SCALE   XRAY   STOP_LINE   EXIT     (a Seen or None each)
    cost of a row      travel between its sightings, held up by the vehicle ahead + plates + sensors that missed it

3.5 is one chance in 33, a sensor that missed a vehicle; every other cost is set against that. A vehicle drives freely
or behind the one ahead: it is at a place when the one ahead has moved a vehicle's length and a gap beyond, plus a
reaction. Both bound the time from below, and a driver who is not held up does not wait, which bounds it from above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.layout import LENGTH_M
from schemas.records import LaneMode, SensorRole
from streams.core.lanes.slots import EXIT, FRONT, REAR, ROLES, STOP_LINE, XRAY
from streams.core.lanes.state import Seen
from streams.core.plates import fold, normalise_plate

US: Final = 1e-6
# What cannot be: finite, so that a telling with one impossible sighting in it still beats one with two.
IMPOSSIBLE: Final = 40.0

# Front to front of two vehicles in the queue: lengths differ by a fifth, and gaps are 1.5 m to 4 m.
SHORT, LONG, GAP_MIN_M, GAP_MAX_M = 0.85, 1.15, 1.5, 4.0
# A lane is a crawl: free drivers do 3 to 5.5 m/s, nobody more than 9.
SPEED_MAX_MPS: Final = 9.0
SPEED_FAST_MPS: Final = 5.5
SPEED_SLOW_MPS: Final = 3.0
# From the vehicle ahead setting off to this one doing so.
REACTION_MIN_SECONDS: Final = 0.3
REACTION_MAX_SECONDS: Final = 1.5
# A vehicle stands at the light for 45 to 155 % of what is usual in its lane, in percent; one that is waved on or
# tailgates does not.
STOP_MIN_PERCENT: Final = 45
STOP_MAX_PERCENT: Final = 155
# Cameras' clocks are up to 0.3 s ahead or behind, so two of them disagree by up to 0.6 s.
CLOCK_SIGMA_SECONDS: Final = 0.5
EARLY_MAX_SECONDS: Final = 2.5  # earlier than possible by more than clocks and lengths explain
LATE_FREE_SECONDS: Final = 0.6
LATE_COST_PER_SECOND: Final = 2.0
# More than three sensors that missed a vehicle, so that one that never comes does not swallow every later reading.
LATE_COST_MAX: Final = 12.0
NO_LIGHT_COST_MAX: Final = 1.4

MISSED: Final = 3.5
PLATE_SAME: Final = -4.0
PLATE_NEAR: Final = -1.0  # one or two characters apart: a misread, or a neighbour's plate by chance
PLATE_OTHER: Final = 6.0

Row = list[Seen | None]


@dataclass(frozen=True)
class Geometry:
    """A lane's places, turned into microseconds between any two of its sensors."""

    least: tuple[tuple[int, ...], ...]  # [before][after]: nobody is faster, less what clocks may err
    fast: tuple[tuple[int, ...], ...]
    slow: tuple[tuple[int, ...], ...]
    # [slot][slot of the vehicle ahead]: from its sighting to the earliest and latest at which it frees this slot's way;
    # None where its sighting says nothing of that.
    freed_from: tuple[tuple[int | None, ...], ...]
    freed_until: tuple[tuple[int | None, ...], ...]
    gone_after: int  # from a vehicle's coming to the stop line to the latest at which the one ahead has left

    @staticmethod
    def of(places_m: Mapping[SensorRole, float], mode: LaneMode) -> "Geometry":
        """From a lane's layout."""
        length = LENGTH_M[mode]
        places = [places_m[role] for role in ROLES]
        places[REAR] += length
        near, far = SHORT * length + GAP_MIN_M, LONG * length + GAP_MAX_M
        slots = range(len(ROLES))

        def times(speed_mps: float, slack_seconds: float) -> tuple[tuple[int, ...], ...]:
            def between(a: int, b: int) -> int:
                return micros(abs(places[b] - places[a]) / speed_mps + slack_seconds)

            return tuple([tuple([between(a, b) for b in slots]) for a in slots])

        return Geometry(
            times(SPEED_MAX_MPS, -3 * CLOCK_SIGMA_SECONDS),
            times(SPEED_FAST_MPS, 0.0),
            times(SPEED_SLOW_MPS, LATE_FREE_SECONDS),
            tuple(tuple([freed_from(places, slot, a, near) for a in slots]) for slot in slots),
            tuple(tuple([freed_until(places, slot, a, far) for a in slots]) for slot in slots),
            micros(max(0.0, places[EXIT] - places[STOP_LINE] - near) / SPEED_SLOW_MPS + 2 * LATE_FREE_SECONDS),
        )


def freed_from(places: Sequence[float], slot: int, ahead: int, near: float) -> int | None:
    """Least microseconds from a sighting of the vehicle ahead until another can be at `slot` behind it."""
    metres = places[slot] + near - places[ahead]
    if metres < 0.0:
        return None
    return micros(metres / SPEED_FAST_MPS + REACTION_MIN_SECONDS)


def freed_until(places: Sequence[float], slot: int, ahead: int, far: float) -> int | None:
    """Most microseconds from a sighting of the vehicle ahead until the way to `slot` behind it is free."""
    metres = places[slot] + far - places[ahead]
    if metres <= 0.0:
        return micros(metres / SPEED_FAST_MPS + REACTION_MAX_SECONDS + LATE_FREE_SECONDS)
    if ahead == EXIT:  # nothing holds it up beyond the lane
        return micros(metres / SPEED_SLOW_MPS + REACTION_MAX_SECONDS + LATE_FREE_SECONDS)
    return None


def micros(seconds: float) -> int:
    """Whole microseconds."""
    return round(seconds * 1e6)


def step_cost(geometry: Geometry, stop: int, row: Row, before: int, slot: int, at: int, ahead: Row | None) -> float:
    """Cost of a vehicle being at `slot` at a time, after its sighting in slot `before` (-1: none), behind `ahead`.

    `stop`: microseconds for which vehicles usually stand at this lane's light.
    """
    earliest = 0
    latest = 0
    light = 0
    if before >= 0:
        seen = row[before]
        since = seen.at  # type: ignore[union-attr]
        if at < since + geometry.least[before][slot]:
            return IMPOSSIBLE
        earliest = since + geometry.fast[before][slot]
        latest = since + geometry.slow[before][slot]
        if slot == EXIT:
            light = earliest + stop * STOP_MIN_PERCENT // 100
            latest += stop * STOP_MAX_PERCENT // 100
    if ahead is not None:
        freed = geometry.freed_from[slot]
        for other in range(EXIT, -1, -1):
            wait = freed[other]
            if wait is not None and (sighting := ahead[other]) is not None:
                if sighting.at + wait > earliest:
                    earliest = sighting.at + wait
                break
    if at < earliest:
        early = (earliest - at) * US
        if early > EARLY_MAX_SECONDS:
            return IMPOSSIBLE
        cost = 0.5 * (early / CLOCK_SIGMA_SECONDS) ** 2
        return cost + NO_LIGHT_COST_MAX if light else cost
    if at < light:
        return min(NO_LIGHT_COST_MAX, 0.5 * ((light - at) * US) ** 2 / CLOCK_SIGMA_SECONDS)
    if at <= latest or before < 0:
        return 0.0
    if ahead is not None:
        until = freed_at(geometry, slot, ahead)
        if until is None:
            return 0.0
        if slot == EXIT and before < STOP_LINE:
            until += stop * STOP_MAX_PERCENT // 100
        latest = max(latest, until)
    late = (at - latest) * US
    return min(LATE_COST_MAX, LATE_COST_PER_SECOND * late) if late > 0.0 else 0.0


def freed_at(geometry: Geometry, slot: int, ahead: Row) -> int | None:
    """When the vehicle ahead had surely left the way to a slot free; None if it has not been seen far enough."""
    waits = geometry.freed_until[slot]
    for other in range(EXIT + 1):
        wait = waits[other]
        if wait is not None and (sighting := ahead[other]) is not None:
            return sighting.at + wait
    return None


def row_cost(geometry: Geometry, stop: int, row: Row, ahead: Row | None) -> float:
    """Cost of one vehicle's sightings behind another's, without what sensors missed."""
    cost, before = 0.0, -1
    for slot, seen in enumerate(row):
        if seen is not None:
            cost += step_cost(geometry, stop, row, before, slot, seen.at, ahead)
            before = slot
    at_light = row[STOP_LINE]
    if ahead is not None and at_light is not None and (left := ahead[EXIT]) is not None:
        # Nothing holds up a vehicle that has left the light to the one behind.
        late = (left.at - at_light.at - geometry.gone_after) * US
        if late > 0.0:
            cost += min(LATE_COST_MAX, LATE_COST_PER_SECOND * late)
    front, rear = row[FRONT], row[REAR]
    if front is not None and rear is not None:
        cost += plate_cost(front, rear)
    return cost


def last_slot(row: Row) -> int:
    """The furthest sensor that saw this vehicle, -1 for none."""
    for slot in range(EXIT, -1, -1):
        if row[slot] is not None:
            return slot
    return -1


def missed_cost(rows: Sequence[Row]) -> float:
    """Cost of what sensors missed: a vehicle that it, or one behind it, has been seen further on.

    An X-ray unit misses nobody: it scans whom it was asked to.
    """
    reach, missed = -1, 0
    for row in reversed(rows):
        if reach < EXIT:
            reach = max(reach, last_slot(row))
        missed += row[: reach + 1].count(None) - (reach >= XRAY and row[XRAY] is None)
    return MISSED * missed


def plate_cost(front: Seen, rear: Seen) -> float:
    """Cost of two cameras' readings being of one vehicle."""
    one, other = front.content[0], rear.content[0]
    if not one or not other:
        return 0.0
    best, other_best = folded(one[0][0]), folded(other[0][0])
    if best == other_best:
        return PLATE_SAME
    if not {folded(plate) for plate, _ in one}.isdisjoint([folded(plate) for plate, _ in other]):
        return PLATE_SAME
    return different_plates_cost(best, other_best)


@lru_cache(maxsize=4096)
def folded(plate: str) -> str:
    """A plate with look-alike characters made equal."""
    return fold(normalise_plate(plate))


@lru_cache(maxsize=1024)  # a search asks for the same two plates in many tellings
def different_plates_cost(one: str, other: str) -> float:
    """Cost of two folded plates, which are not the same, being one vehicle's."""
    return PLATE_NEAR if within_two_edits(one, other) else PLATE_OTHER


def within_two_edits(one: str, other: str) -> bool:
    """Whether two substitutions, insertions or deletions make one string the other."""
    if abs(len(one) - len(other)) > 2:
        return False
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for column, wanted in enumerate(other, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (letter != wanted)),
            )
        if min(row) > 2:
            return False
    return row[-1] <= 2
