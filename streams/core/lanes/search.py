"""The likeliest place of a reading among the vehicles of a lane, and with it what earlier readings must give way.

    expected place, usual time  ─► taken at once (nearly always)
    anything else               ─► every place near: an empty slot, another's slot (whose reading moves on), a new row
    still unlikely              ─► sightings from one sensor on moved by one vehicle, over some vehicles: a missed
                                   vehicle had been given the next one's, and so on behind it

All of it changes rows only; what a changed row means for passages is the stage's.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from streams.core.lanes.likelihood import (
    MISSED,
    Geometry,
    missed_cost,
    plate_cost,
    row_cost,
    step_cost,
)
from streams.core.lanes.state import ENTRY, EXIT, FRONT, REAR, Seen, Vehicle

# Below this cost the expected place is taken without a look at others; the cheapest other costs two missed sensors.
USUAL_MAX: Final = 1.5
DOUBTFUL_MIN: Final = 1.5
GAIN_MIN: Final = 0.5
NEAR_ROWS: Final = 3  # rows ahead of and behind the expected place that are tried
CHAIN_MAX: Final = 6
CERTAIN_MARGIN: Final = 30.0  # beyond this, 1 - probability is below what a double holds

Slots = list[Seen | None]
EMPTY: Final[tuple[None, ...]] = (None,) * (EXIT + 1)


@dataclass(frozen=True)
class Told:
    """One telling of the lane: rows in queue order; `owners` are indices into the vehicles, -1 for a new one.

    `known` are owners that passages have been written of: no telling may leave them without a sighting.
    """

    rows: list[Slots]
    owners: list[int]
    known: frozenset[int]

    def inserted(self, place: int, row: Slots, rows: list[Slots] | None = None) -> "Told":
        """With a new vehicle's row."""
        rows = self.rows if rows is None else rows
        owners = self.owners
        return Told([*rows[:place], row, *rows[place:]], [*owners[:place], -1, *owners[place:]], self.known)


def expected_place(geometry: Geometry, vehicles: Sequence[Vehicle], slot: int, seen: Seen, mode: str) -> int | None:
    """Index of the vehicle that comes next to this sensor, len(vehicles) for a new one; None if anything is unusual."""
    index = len(vehicles)
    while index and vehicles[index - 1].last < slot:
        index -= 1
    ahead = None
    if index:
        before = vehicles[index - 1]
        if before.backed_out or before.operating_mode != mode:
            return None
        ahead = before.slots
    if slot == ENTRY:
        if index != len(vehicles) or (ahead is not None and ahead[ENTRY] is None):
            return None
        return index if step_cost(geometry, EMPTY, -1, slot, seen.at, ahead) < USUAL_MAX else None
    if index == len(vehicles):
        return None
    vehicle = vehicles[index]
    if vehicle.backed_out or vehicle.operating_mode != mode:
        return None
    cost = step_cost(geometry, vehicle.slots, vehicle.last, slot, seen.at, ahead)
    if slot == REAR and (front := vehicle.slots[FRONT]) is not None:
        cost += plate_cost(front, seen)
    return index if cost < USUAL_MAX else None


def search(geometry: Geometry, vehicles: Sequence[Vehicle], slot: int, seen: Seen, mode: str) -> tuple[Told, float]:
    """The likeliest telling with this reading in it, and the probability that it is not the next best one."""
    owners = [
        index
        for index, vehicle in enumerate(vehicles)
        if vehicle.operating_mode == mode and not vehicle.backed_out
    ]  # fmt: skip
    rows = [vehicles[index].slots for index in owners]
    told = Told(rows, owners, frozenset([index for index in owners if vehicles[index].revision]))
    best, best_cost, second = told, math.inf, math.inf
    for other in placings(told, slot, seen):
        cost = cost_of(geometry, other.rows)
        if cost < best_cost:
            best, best_cost, second = other, cost, best_cost
        elif cost < second:
            second = cost
    if doubtful(geometry, best.rows):
        best, best_cost = mended(geometry, best, best_cost)
    return best, probability(second - best_cost)


def probability(margin: float) -> float:
    """Of the better of two tellings whose costs differ by `margin`."""
    return 1.0 if margin > CERTAIN_MARGIN else round(1.0 / (1.0 + math.exp(-margin)), 4)


def cost_of(geometry: Geometry, rows: Sequence[Slots]) -> float:
    """Cost of a whole telling."""
    cost, ahead = missed_cost(rows), None
    for row in rows:
        cost += row_cost(geometry, row, ahead)
        ahead = row
    return cost


def doubtful(geometry: Geometry, rows: Sequence[Slots]) -> bool:
    """Whether some row is unlikely by itself."""
    ahead = None
    for row in rows:
        cost = row_cost(geometry, row, ahead)
        both = row[FRONT] is not None and row[REAR] is not None
        if cost + (4.0 if both and cost < 0 else 0.0) > DOUBTFUL_MIN:
            return True
        ahead = row
    return False


def placings(told: Told, slot: int, seen: Seen) -> Iterator[Told]:
    """Every telling with the reading in a slot of its sensor, or as a new vehicle."""
    rows = told.rows
    for index in range(len(rows)):
        if rows[index][slot] is None:
            yield Told(with_slot(rows, index, slot, seen), told.owners, told.known)
        else:
            yield from displacing(told, index, slot, seen)
    alone: Slots = [None] * (EXIT + 1)
    alone[slot] = seen
    for index in range(len(rows) + 1):
        yield told.inserted(index, alone)


def with_slot(rows: list[Slots], index: int, slot: int, seen: Seen | None) -> list[Slots]:
    """The rows with one slot set."""
    row = rows[index].copy()
    row[slot] = seen
    return [*rows[:index], row, *rows[index + 1 :]]


def displacing(told: Told, index: int, slot: int, seen: Seen) -> Iterator[Told]:
    """The reading takes an occupied slot; the one that stood there moves on by a vehicle, and so on to a free slot."""
    held = told.rows[index][slot]
    step = 1 if held is not None and held.at >= seen.at else -1
    rows, at, moving = told.rows, index, seen
    while 0 <= at < len(rows):
        held = rows[at][slot]
        rows = with_slot(rows, at, slot, moving)
        if held is None:
            yield Told(rows, told.owners, told.known)
            return
        moving, at = held, at + step
        if abs(at - index) > NEAR_ROWS:
            return
    alone: Slots = [None] * (EXIT + 1)
    alone[slot] = moving
    yield told.inserted(len(rows) if step > 0 else 0, alone, rows)


def mended(geometry: Geometry, told: Told, cost: float) -> tuple[Told, float]:
    """The telling after the one shift that helps most, as long as one does."""
    for _ in range(NEAR_ROWS):
        best, best_cost = None, cost - GAIN_MIN
        for other in shifts(told):
            if not told.known <= set(other.owners):
                continue
            other_cost = cost_of(geometry, other.rows)
            if other_cost < best_cost:
                best, best_cost = other, other_cost
        if best is None:
            break
        told, cost = best, best_cost
    return told, cost


def shifts(told: Told) -> Iterator[Told]:
    """Every telling in which the sightings from one sensor on of some vehicles are given to those behind or ahead."""
    rows, count = told.rows, len(told.rows)
    for slot in range(1, EXIT + 1):
        filled = [any(row[slot:]) for row in rows]
        for first in range(count):
            if not filled[first]:
                continue
            # Back: rows first..last give theirs to the next; the one after them must have none.
            for last in range(first, min(count, first + CHAIN_MAX)):
                if not filled[last]:
                    break
                if last + 1 == count or not filled[last + 1]:
                    yield shifted(told, slot, first, last, 1)
                    break
            # Ahead: rows last..first give theirs to the one before; that one must have none.
            if first and not filled[first - 1]:
                for last in range(first, min(count, first + CHAIN_MAX)):
                    if not filled[last]:
                        break
                    yield shifted(told, slot, first, last, -1)


def shifted(told: Told, slot: int, first: int, last: int, step: int) -> Told:
    """Move the sightings from `slot` on of rows first..last by one row; rows left empty go, one past the end is new."""
    rows = [row.copy() for row in told.rows]
    owners = list(told.owners)
    if last + step == len(rows):
        rows.append([None] * (EXIT + 1))
        owners.append(-1)
    taken = {index: told.rows[index][slot:] for index in range(first, last + 1)}
    for index in taken:
        rows[index][slot:] = EMPTY[slot:]
    for index, suffix in taken.items():
        rows[index + step][slot:] = suffix
    kept = [index for index, row in enumerate(rows) if any(row)]
    return Told([rows[index] for index in kept], [owners[index] for index in kept], told.known)


def usual_probability() -> float:
    """Of the expected place, taken without a look: the next best needs two sensors that missed a vehicle."""
    return probability(2 * MISSED)
