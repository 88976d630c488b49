"""The likeliest place of a reading among the vehicles of a lane, and with it what earlier readings must give way.

    expected place, usual time  ─► taken at once (nearly always)
    anything else               ─► every place near: an empty slot, another's slot (whose reading moves on), a new row
    then, in any case           ─► sightings from one sensor on moved by one vehicle, over some vehicles: a missed
                                   vehicle had been given the next one's, and so on behind it

All of it changes rows only; what a changed row means for passages is the stage's.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from streams.core.lanes.likelihood import (
    IMPOSSIBLE,
    MISSED,
    Geometry,
    Row,
    last_slot,
    missed_cost,
    plate_cost,
    row_cost,
    step_cost,
)
from streams.core.lanes.slots import ENTRY, EXIT, FRONT, REAR, STOP_LINE
from streams.core.lanes.state import LaneState, Seen
from streams.core.lanes.validation import SECOND

# Below this cost the expected place is taken without a look at others; the cheapest other costs two missed sensors.
USUAL_MAX: Final = 1.5
GAIN_MIN: Final = 0.5
# The youngest rows of a lane are looked at: three or four in the lane and those that left within 25 s.
WINDOW_ROWS: Final = 12
NEAR_ROWS: Final = 2  # rows ahead of and behind the expected place that are tried
SHIFT_LOSS_MAX: Final = MISSED  # a shift that has cost more than this so far is given up
SHIFTS_MAX: Final = 4  # one after another
CERTAIN_MARGIN: Final = 30.0  # beyond this, 1 - probability is below what a double holds

# A reading that tells of a vehicle which nobody else has seen is waited for this long.
LATE_MAX: Final = 8 * SECOND

EMPTY: Final[Row] = [None] * (EXIT + 1)


class Told:
    """One telling of the lane: rows in queue order; `owners` are indices into the vehicles, -1 for a new one."""

    def __init__(self, rows: list[Row], owners: list[int]) -> None:
        self.rows = rows
        self.owners = owners

    def with_slot(self, index: int, slot: int, seen: Seen) -> "Told":
        """With one slot of one row set."""
        row = self.rows[index].copy()
        row[slot] = seen
        return Told([*self.rows[:index], row, *self.rows[index + 1 :]], self.owners)

    def with_new(self, place: int, slot: int, seen: Seen) -> "Told":
        """With a new vehicle that only this sensor has seen."""
        row: Row = [None] * (EXIT + 1)
        row[slot] = seen
        rows, owners = self.rows, self.owners
        return Told([*rows[:place], row, *rows[place:]], [*owners[:place], -1, *owners[place:]])


class Window:
    """The vehicles that a reading may concern, and costs of rows, each worked out once.

    `known` are those that passages have been written of: no telling may leave them without a sighting. Rows are lists
    that are never changed once made, so a pair of them is known by its ids while `_kept` holds them.
    """

    def __init__(self, geometry: Geometry, stop: int, lead: Row | None, told: Told, known: frozenset[int]) -> None:
        self.geometry = geometry
        self.stop = stop  # usual at this lane's light
        self.lead = lead  # of the vehicle ahead of the first
        self.told = told
        self.known = known
        self._costs: dict[tuple[int, int], float] = {}
        self._kept: list[Row] = []

    def cost_of_row(self, row: Row, ahead: Row | None) -> float:
        """Cost of one row behind another."""
        key = (id(row), id(ahead))
        cost = self._costs.get(key)
        if cost is None:
            cost = self._costs[key] = row_cost(self.geometry, self.stop, row, ahead)
            self._kept.append(row)
        return cost

    def cost(self, told: Told) -> float:
        """Cost of a whole telling."""
        cost, ahead = missed_cost(told.rows), self.lead
        for row in told.rows:
            cost += self.cost_of_row(row, ahead)
            ahead = row
        return cost


def expected_place(geometry: Geometry, lane: LaneState, slot: int, seen: Seen) -> int | None:
    """Index of the vehicle that comes next to this sensor, len(vehicles) for a new one; None if anything is unusual."""
    vehicles = lane.vehicles
    index = count = len(vehicles)
    while index and vehicles[index - 1].last < slot:
        index -= 1
    ahead: Row | None = None
    if index:
        before = vehicles[index - 1]
        if before.backed_out is not None:
            return None
        ahead = before.slots
    elif lane.lead:
        ahead = lane.lead
    if index == count:
        # A new vehicle, if no one ahead can be meant; one that the entry loop missed shows at the front camera.
        if slot > FRONT or (ahead is not None and ahead[slot] is None):
            return None
        return index if step_cost(geometry, lane.usual_stop, EMPTY, -1, slot, seen.at, ahead) < USUAL_MAX else None
    vehicle = vehicles[index]
    if slot == ENTRY or vehicle.backed_out is not None:
        return None
    if slot == EXIT and index + 1 < count:
        next_at_light = vehicles[index + 1].slots[STOP_LINE]
        if next_at_light is not None and seen.at > next_at_light.at + geometry.gone_after:
            return None
    cost = step_cost(geometry, lane.usual_stop, vehicle.slots, vehicle.last, slot, seen.at, ahead)
    if slot == REAR and (front := vehicle.slots[FRONT]) is not None:
        cost += plate_cost(front, seen)
    return index if cost < USUAL_MAX else None


def window_of(geometry: Geometry, lane: LaneState) -> Window:
    """The youngest vehicles that have not backed out, as they are told now."""
    vehicles = lane.vehicles
    owners: list[int] = []
    lead = lane.lead or None
    for index in range(len(vehicles) - 1, -1, -1):
        vehicle = vehicles[index]
        if vehicle.backed_out is not None:
            continue
        if len(owners) == WINDOW_ROWS:
            lead = vehicle.slots
            break
        owners.append(index)
    owners.reverse()
    known = frozenset([index for index in owners if vehicles[index].revision])
    return Window(geometry, lane.usual_stop, lead, Told([vehicles[index].slots for index in owners], owners), known)


class Place:
    """Where a sighting belongs: to the vehicle at `index`, or as `told` says if that changes others.

    `index` counts the lane's vehicles, and is their number for a new one; with `told` it counts its rows, and `owners`
    are the vehicles that were looked at. `probability` is that of `told` not being the next best telling.
    """

    def __init__(self, index: int, is_new: bool, told: Told | None, owners: list[int], probability: float) -> None:
        self.index = index
        self.is_new = is_new
        self.told = told
        self.owners = owners
        self.probability = probability

    def is_late(self, lane: LaneState, seen: Seen) -> bool:
        """Whether a sighting tells of a new vehicle at a time whose vehicles have been closed."""
        if not self.is_new or self.told is None:
            return False
        late_before = seen.received_at - LATE_MAX
        # What closed a vehicle of the future was a wrong clock, which is no reason to refuse the present.
        if lane.closed_until <= seen.received_at:
            late_before = max(late_before, lane.closed_until)
        return seen.at < late_before


def find_place(geometry: Geometry, lane: LaneState, slot: int, seen: Seen) -> Place:
    """The likeliest place of a sighting. Nothing is changed."""
    index = expected_place(geometry, lane, slot, seen)
    if index is not None:
        return Place(index, index == len(lane.vehicles), None, [], 1.0)
    window = window_of(geometry, lane)
    told, sure = search(window, slot, seen)
    row = next(number for number, row in enumerate(told.rows) if row[slot] is seen)
    return Place(row, told.owners[row] < 0, told, window.told.owners, sure)


def search(window: Window, slot: int, seen: Seen) -> tuple[Told, float]:
    """The likeliest telling with this reading in it, and the probability that it is not the next best one."""
    best, best_cost, second = window.told, math.inf, math.inf
    for other in placings(window.told, slot, seen):
        cost = window.cost(other)
        if cost < best_cost:
            best, best_cost, second = other, cost, best_cost
        elif cost < second:
            second = cost
    mended, mended_cost = mend(window, best, best_cost)
    return mended, probability(max(second, best_cost if mended is not best else 0.0) - mended_cost)


def probability(margin: float) -> float:
    """Of the better of two tellings whose costs differ by `margin`."""
    return 1.0 if margin > CERTAIN_MARGIN else round(1.0 / (1.0 + math.exp(-margin)), 4)


def usual_probability() -> float:
    """Of the expected place, taken without a look: the next best needs two sensors that missed a vehicle."""
    return probability(2 * MISSED)


def placings(told: Told, slot: int, seen: Seen) -> Iterator[Told]:
    """Tellings with the reading in a slot of its sensor, or as a new vehicle, near where the queue expects it."""
    rows = told.rows
    expected = 0
    for number, row in enumerate(rows, 1):
        held = row[slot]
        if (held.at <= seen.at) if held is not None else (last_slot(row) > slot and earliest(row, slot) <= seen.at):
            expected = number
    for index in range(max(0, expected - NEAR_ROWS), min(len(rows), expected + NEAR_ROWS)):
        if rows[index][slot] is None:
            yield told.with_slot(index, slot, seen)
        else:
            yield from displacing(told, index, slot, seen)
    for index in range(max(0, expected - 1), min(len(rows), expected + 1) + 1):
        yield told.with_new(index, slot, seen)


def earliest(row: Row, slot: int) -> int:
    """When a vehicle that is known further on was seen first beyond a sensor."""
    return next(seen.at for seen in row[slot + 1 :] if seen is not None)


def displacing(told: Told, index: int, slot: int, seen: Seen) -> Iterator[Told]:
    """The reading takes an occupied slot; the one that stood there moves on by a vehicle, and so on to a free slot."""
    held = told.rows[index][slot]
    step = 1 if held is not None and held.at >= seen.at else -1
    place, moving = index, seen
    for _ in range(2 * NEAR_ROWS):
        if not 0 <= place < len(told.rows):
            yield told.with_new(place if step > 0 else 0, slot, moving)
            return
        held = told.rows[place][slot]
        told = told.with_slot(place, slot, moving)
        if held is None:
            yield told
            return
        moving, place = held, place + step


def mend(window: Window, told: Told, cost: float) -> tuple[Told, float]:
    """The telling after the one shift that helps most, as long as one does."""
    for _ in range(SHIFTS_MAX):
        best, best_cost = None, cost - GAIN_MIN
        for other in shifts(window, told):
            if window.known <= set(other.owners):
                other_cost = window.cost(other)
                if other_cost < best_cost:
                    best, best_cost = other, other_cost
        if best is None:
            break
        told, cost = best, best_cost
    return told, cost


def shifts(window: Window, told: Told) -> Iterator[Told]:
    """Tellings in which sightings of some vehicles are given to those behind or ahead.

    Of one sensor alone, or from one on: `slot` up to `end`. Rows are tried one after another from the one that has
    none of its own, until too little fits.
    """
    rows = told.rows
    # One bit per filled slot: most parts of most rows are full, and asking every row for every part would cost more
    # than all the tellings that are priced.
    masks = [sum([1 << slot for slot, seen in enumerate(row) if seen is not None]) for row in rows] + [0]
    for slot in range(ENTRY + 1, EXIT + 1):
        for end in (slot + 1, EXIT + 1) if slot < EXIT else (EXIT + 1,):
            part = (1 << end) - (1 << slot)
            for index, mask in enumerate(masks):
                if mask & part:
                    continue
                for step in (1, -1):  # given back to the row at `index`, or ahead to it
                    loss, giver = 0.0, index - step
                    while 0 <= giver < len(rows) and masks[giver] & part:
                        receiver = rows[giver + step] if giver + step < len(rows) else EMPTY
                        loss += junction_cost(window, rows, receiver, giver, slot)
                        loss -= junction_cost(window, rows, rows[giver], giver, slot)
                        if loss > SHIFT_LOSS_MAX:
                            break
                        first, last = min(giver, index - step), max(giver, index - step)
                        yield shifted(told, slice(slot, end), first, last, step)
                        giver -= step


def junction_cost(window: Window, rows: Sequence[Row], front: Row, giver: int, slot: int) -> float:
    """Cost of one row's sightings before a sensor and another's from it on being of one vehicle."""
    before = -1
    for earlier in range(slot - 1, -1, -1):
        if front[earlier] is not None:
            before = earlier
            break
    back = rows[giver]
    for after in range(slot, EXIT + 1):
        seen = back[after]
        if seen is not None:
            ahead = rows[giver - 1] if giver else window.lead
            cost = min(step_cost(window.geometry, window.stop, front, before, after, seen.at, ahead), IMPOSSIBLE)
            if slot == REAR and after == REAR and (read := front[FRONT]) is not None:
                cost += plate_cost(read, seen)
            return cost
    return 0.0


def shifted(told: Told, part: slice, first: int, last: int, step: int) -> Told:
    """Move a part of rows first..last by one row; rows left empty go, one past the end is new."""
    rows, owners = list(told.rows), list(told.owners)
    if last + step == len(rows):
        rows.append([None] * (EXIT + 1))
        owners.append(-1)
    for index in range(min(first, first + step), max(last, last + step) + 1):
        giver = index - step
        row = rows[index].copy()
        row[part] = told.rows[giver][part] if first <= giver <= last else EMPTY[part]
        rows[index] = row
    kept = [index for index, row in enumerate(rows) if any(row)]
    return Told([rows[index] for index in kept], [owners[index] for index in kept])
