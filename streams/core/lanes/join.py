"""Which vehicle a reading is of: order first, time second, plates confirm or refute.

    cost of a vehicle = travel time from its nearest sighting before and after + plate + vehicles ahead left out
    infinite            if the vehicle could not have been there, or the order of the queue would be broken
    cost of a new one = what all sensors before this one would have missed

Costs are negative log-likelihoods (natural logarithm), so 3.5 is one chance in 33: a sensor that missed a vehicle.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.records import LaneMode, SensorRole
from streams.core.lanes.state import ENTRY, EXIT, FRONT, REAR, ROLES, STOP_LINE, XRAY, LaneState, Seen, Vehicle
from streams.core.plates import fold, normalise_plate

US: Final = 1e-6

# Rear bumper to front bumper: a rear camera sees the vehicle when its front is this much further on.
LENGTH_M: Final[Mapping[LaneMode, float]] = {LaneMode.PASSENGER: 4.8, LaneMode.BUS: 12.0, LaneMode.TRUCK: 16.0}
# Front to front of two vehicles nose to tail: the shortest car and a hand's breadth.
SPACING_M: Final = 4.5
# A lane is a crawl: nobody drives faster, and most at about this speed when nothing is in the way.
SPEED_MAX_MPS: Final = 9.0
SPEED_USUAL_MPS: Final = 4.2
# Two devices' clocks may disagree by this much: 0.3 s of a camera ahead against 0.3 s of another behind, and jitter.
SLACK_SECONDS: Final = 0.8
# Vehicles differ in length by metres, and the rear camera waits for the rear bumper.
SLACK_REAR_SECONDS: Final = 1.6

LEAVING_MPS: Final = 1.5  # the slowest that leaves a light

TIME_SIGMA_SECONDS: Final = 0.9
# Between stop line and exit a vehicle waits for its light; some, waved on or tailgating, do not.
LIGHT_SECONDS: Final = 3.5
LIGHT_SIGMA_SECONDS: Final = 2.0
DELAY_COST_PER_SECOND: Final = 0.3  # standing costs little: in stop-and-go a metre can take a minute
DELAY_COST_MAX: Final = 4.0

# A driver with a free way ahead does not wait: seconds beyond this count, up to what two missed sensors cost.
IDLE_USUAL_SECONDS: Final = 2.5
IDLE_COST_PER_SECOND: Final = 0.9
IDLE_COST_MAX: Final = 8.0
FOLLOWING_M: Final = 7.0  # front to front in a moving queue

MISSED: Final = 3.5  # -ln(0.03): a sensor misses about 3 vehicles in 100
NEW_AT_ENTRY: Final = 1.2
PLATE_SAME: Final = -4.0
PLATE_NEAR: Final = -1.0  # one or two characters apart: a misread, or a neighbour's plate by chance
PLATE_OTHER: Final = 5.0
# A best cost above this: does an earlier reading stand in the wrong slot?
DOUBTFUL: Final = 2.0
INFINITE: Final = math.inf

CAMERAS: Final = (FRONT, REAR)
NEIGHBOURS: Final = 3  # vehicles ahead and behind whose sightings bound this one's; those further off add nothing


@dataclass(frozen=True)
class Geometry:
    """Places of the front bumper in metres at which each sensor reports, by slot."""

    places_m: tuple[float, ...]

    @staticmethod
    def of(places_m: Mapping[SensorRole, float], mode: LaneMode) -> "Geometry":
        """From a lane's layout."""
        places = [places_m[role] for role in ROLES]
        places[REAR] += LENGTH_M[mode]
        return Geometry(tuple(places))


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a reading goes. `index` is the vehicle's place in the lane, or where a new one is put.

    `moved_to` is set if the reading that stood in the slot goes elsewhere: a vehicle's index (before any insertion),
    or -1 for a new one. `margin` is the cost by which the next best choice was worse.
    """

    index: int
    is_new: bool
    cost: float
    margin: float
    moved_to: int | None = None


def travel_cost(geometry: Geometry, before: int, after: int, microseconds: int, unblocked: float = 0.0) -> float:
    """Cost of coming from one sensor to a later one in a time; infinite if nobody is that fast.

    `unblocked` is how long, in seconds, the way had been free when the vehicle came: nobody waits in an empty lane.
    """
    places, seconds = geometry.places_m, microseconds * US
    metres = abs(places[after] - places[before])
    slack = SLACK_REAR_SECONDS if REAR in (before, after) else SLACK_SECONDS
    if seconds < metres / SPEED_MAX_MPS - slack:
        return INFINITE
    late, sigma = seconds - metres / SPEED_USUAL_MPS, TIME_SIGMA_SECONDS
    if after == EXIT:  # the light is on the way
        late, sigma = late - LIGHT_SECONDS, LIGHT_SIGMA_SECONDS
    if late < 0.0:
        return 0.5 * (late / sigma) ** 2
    idle = min(late, unblocked)
    cost = DELAY_COST_PER_SECOND * late
    if idle > IDLE_USUAL_SECONDS:
        cost += IDLE_COST_PER_SECOND * (idle - IDLE_USUAL_SECONDS)
    return min(cost, DELAY_COST_MAX if idle <= IDLE_USUAL_SECONDS else IDLE_COST_MAX)


def unblocked_seconds(geometry: Geometry, ahead: Vehicle | None, slot: int, at: int) -> float:
    """How long the way to a sensor had been free at a time, seconds; 0 if the vehicle ahead leaves it open.

    It was blocked until the vehicle ahead had moved on by its length and a gap; with nobody ahead it was free for ever.
    """
    if ahead is None:
        return IDLE_COST_MAX * 10
    for later in range(slot + 1, EXIT + 1):
        seen = ahead.slots[later]
        if seen is not None:
            moved_on = (geometry.places_m[slot] + FOLLOWING_M - geometry.places_m[later]) / SPEED_USUAL_MPS
            return max(0.0, (at - seen.at) * US - moved_on)
    return 0.0


def own_cost(geometry: Geometry, vehicle: Vehicle, ahead: Vehicle | None, slot: int, at: int) -> float:
    """Cost of the travel times to the vehicle's nearest sightings before and after this sensor."""
    slots = vehicle.slots
    cost = 0.0
    for before in range(slot - 1, -1, -1):
        seen = slots[before]
        if seen is not None:
            cost += travel_cost(geometry, before, slot, at - seen.at, unblocked_seconds(geometry, ahead, slot, at))
            break
    for after in range(slot + 1, EXIT + 1):
        seen = slots[after]
        if seen is not None:
            cost += travel_cost(geometry, slot, after, seen.at - at)
            break
    return cost


def ahead_of(lane: LaneState, index: int) -> Vehicle | None:
    """The vehicle in front, None if the lane ahead is empty."""
    for other in range(index - 1, -1, -1):
        if not lane.vehicles[other].backed_out:
            return lane.vehicles[other]
    return None


def breaks_order(geometry: Geometry, lane: LaneState, index: int, slot: int, at: int) -> bool:
    """Whether a vehicle at this sensor at this time would stand in, or have passed, one ahead of or behind it."""
    places, vehicles = geometry.places_m, lane.vehicles
    here = places[slot]
    for ahead in vehicles[max(0, index - NEIGHBOURS) : index]:
        if ahead.backed_out:
            continue
        for other, seen in enumerate(ahead.slots):
            # The one ahead was at least SPACING_M further on by now, so it cannot come to a nearer place later.
            if seen is not None and seen.at > at and places[other] <= here + SPACING_M:
                slack = 0.0 if other == slot else SLACK_REAR_SECONDS if REAR in (slot, other) else SLACK_SECONDS
                if (seen.at - at) * US > slack:
                    return True
    for behind in vehicles[index + 1 : index + 1 + NEIGHBOURS]:
        for other, seen in enumerate(behind.slots):
            if seen is None or seen.at >= at:
                continue
            slack = 0.0 if other == slot else SLACK_REAR_SECONDS if REAR in (slot, other) else SLACK_SECONDS
            open_m = here - places[other] - SPACING_M
            if open_m > 0.0:
                if slot != EXIT or other != STOP_LINE:
                    continue
                # The next one stands at the light, so this one was on its way out, with nothing before it.
                slack += open_m / LEAVING_MPS
            if (at - seen.at) * US > slack:
                return True
    return False


def left_out_cost(lane: LaneState, index: int, slot: int) -> float:
    """Cost of vehicles ahead that this sensor has not seen: it would have missed them.

    Counts back to the last one seen here or further on; those before it were settled when that one was seen.
    """
    if slot == XRAY:  # scans some vehicles only
        return 0.0
    cost = 0.0
    for other in range(index - 1, -1, -1):
        ahead = lane.vehicles[other]
        if any(ahead.slots[slot:]):
            break
        if not ahead.backed_out:
            cost += MISSED
    return cost


def plates_of(seen: Seen | None) -> list[str]:
    """Folded plates of a camera's reading, best first."""
    if seen is None or not seen.content[0]:
        return []
    return [fold(normalise_plate(plate)) for plate, _ in seen.content[0]]


def plate_cost(vehicle: Vehicle, slot: int, plates: list[str]) -> float:
    """Cost of this plate on a vehicle whose other plate was read."""
    if slot not in CAMERAS or not plates:
        return 0.0
    others = plates_of(vehicle.slots[REAR if slot == FRONT else FRONT])
    if not others:
        return 0.0
    if any(plate in others for plate in plates):
        return PLATE_SAME
    return PLATE_NEAR if within_two_edits(plates[0], others[0]) else PLATE_OTHER


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


def vehicle_cost(geometry: Geometry, lane: LaneState, index: int, slot: int, seen: Seen, plates: list[str]) -> float:
    """Cost of a reading being of the vehicle at an index, its slot taken as free."""
    vehicle = lane.vehicles[index]
    cost = own_cost(geometry, vehicle, ahead_of(lane, index), slot, seen.at)
    if cost == INFINITE or breaks_order(geometry, lane, index, slot, seen.at):
        return INFINITE
    return cost + plate_cost(vehicle, slot, plates) + left_out_cost(lane, index, slot)


def new_cost(geometry: Geometry, lane: LaneState, slot: int, at: int) -> tuple[int, float]:
    """Where a new vehicle seen here first would stand in the queue, and its cost."""
    index = position_of(geometry, lane, slot, at)
    if slot == ENTRY:
        return index, NEW_AT_ENTRY
    missed = slot - (1 if slot > XRAY else 0)  # an X-ray unit misses nobody it was not asked to scan
    return index, MISSED * missed + left_out_cost(lane, index, slot)


def position_of(geometry: Geometry, lane: LaneState, slot: int, at: int) -> int:
    """How many vehicles were at this sensor before this time, by their nearest sighting."""
    index = 0
    for number, vehicle in enumerate(lane.vehicles, 1):
        if crossing_time(geometry, vehicle, slot) <= at:
            index = number
    return index


def crossing_time(geometry: Geometry, vehicle: Vehicle, slot: int) -> float:
    """When a vehicle was, or will be, at a sensor, from its nearest sighting."""
    places = geometry.places_m
    known = [(abs(places[other] - places[slot]), other) for other, seen in enumerate(vehicle.slots) if seen is not None]
    _, nearest = min(known)
    sighting = vehicle.slots[nearest]
    assert sighting is not None
    return sighting.at + (places[slot] - places[nearest]) / SPEED_USUAL_MPS / US


def choose(geometry: Geometry, lane: LaneState, slot: int, seen: Seen, mode: str) -> Choice:
    """The cheapest place of a reading in the lane, nothing changed yet."""
    plates = plates_of(seen) if slot in CAMERAS else []
    best, second, best_index = INFINITE, INFINITE, -1
    occupied = []
    for index, vehicle in enumerate(lane.vehicles):
        if vehicle.operating_mode != mode or vehicle.backed_out:
            continue
        if vehicle.slots[slot] is not None:
            occupied.append(index)
            continue
        cost = vehicle_cost(geometry, lane, index, slot, seen, plates)
        if cost < best:
            best, second, best_index = cost, best, index
        elif cost < second:
            second = cost
    place, cost_as_new = new_cost(geometry, lane, slot, seen.at)
    if cost_as_new < best:
        choice = Choice(place, True, cost_as_new, best - cost_as_new)
    else:
        choice = Choice(best_index, False, best, min(second, cost_as_new) - best)
    if choice.cost > DOUBTFUL:
        for index in occupied:
            choice = with_move(geometry, lane, index, slot, seen, plates, choice)
    return choice


def with_move(
    geometry: Geometry, lane: LaneState, index: int, slot: int, seen: Seen, plates: list[str], choice: Choice
) -> Choice:
    """The choice, or a better one in which this reading takes a slot and the one that stood there goes elsewhere."""
    vehicle = lane.vehicles[index]
    held = vehicle.slots[slot]
    if held is None or (slot == STOP_LINE and vehicle.revision):
        return choice  # a light was asked for by that very reading
    if not any(other is not None for number, other in enumerate(vehicle.slots) if number != slot):
        return choice  # a vehicle known by this sighting alone
    cost = vehicle_cost(geometry, lane, index, slot, seen, plates)
    if cost >= choice.cost:
        return choice
    held_plates = plates_of(held) if slot in CAMERAS else []
    stays = vehicle_cost(geometry, lane, index, slot, held, held_plates)
    target, moved = -1, new_cost(geometry, lane, slot, held.at)[1]
    for other, candidate in enumerate(lane.vehicles):
        if other == index or candidate.slots[slot] is not None or candidate.backed_out:
            continue
        if candidate.operating_mode != vehicle.operating_mode:
            continue
        elsewhere = vehicle_cost(geometry, lane, other, slot, held, held_plates)
        if elsewhere < moved:
            target, moved = other, elsewhere
    total = cost + moved - (stays if stays < INFINITE else DELAY_COST_MAX + PLATE_OTHER)
    if total >= choice.cost:
        return choice
    return Choice(index, False, total, choice.cost - total, target)
