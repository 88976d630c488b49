"""Undoes a shift: a vehicle that the last sensors missed had been given the next one's sightings, and so on behind it.

Each sighting then fits, only later than usual: no single reading betrays the shift, the sum over some vehicles does:

    as it stands   prefix of 5 + suffix A,  prefix of 6 + suffix B,  prefix of 7 (waiting)
    shifted        prefix of 5 (missed),    prefix of 6 + suffix A,  prefix of 7 + suffix B
"""

from typing import Final

from streams.core.lanes.join import (
    INFINITE,
    MISSED,
    Geometry,
    ahead_of,
    plate_cost,
    plates_of,
    travel_cost,
    unblocked_seconds,
)
from streams.core.lanes.state import EXIT, FRONT, REAR, XRAY, LaneState, Seen, Vehicle

ASK_ABOVE: Final = 0.8  # cost of the junction that makes a shift worth looking for: the vehicle seems 3 s late
CHAIN_MAX: Final = 8
GAIN_MIN: Final = 1.0


def junction_cost(geometry: Geometry, front: Vehicle, back: Vehicle, ahead: Vehicle | None, slot: int) -> float:
    """Cost of one vehicle's sightings before a sensor and another's from it on being of one vehicle.

    `ahead` has the later sightings of the vehicle before it, which are the same shifted or not.
    """
    before = next((n for n in range(slot - 1, -1, -1) if front.slots[n] is not None), None)
    after = next((n for n in range(slot, EXIT + 1) if back.slots[n] is not None), None)
    if before is None or after is None:
        return INFINITE
    one, other = front.slots[before], back.slots[after]
    assert one is not None and other is not None
    unblocked = unblocked_seconds(geometry, ahead, after, other.at)
    cost = travel_cost(geometry, before, after, other.at - one.at, unblocked)
    if slot == REAR and cost < INFINITE:
        cost += plate_cost(Vehicle(0, "", "", "", [None, front.slots[FRONT], None]), REAR, plates_of(back.slots[REAR]))
    return cost


def shift_start(geometry: Geometry, lane: LaneState, index: int, slot: int) -> int | None:
    """Index of the first vehicle whose sightings from `slot` on belong to the next one, and so on up to `index`.

    None if things are better as they are. The vehicle behind `index` must not have been seen from `slot` on.
    """
    vehicles = lane.vehicles
    if index + 1 >= len(vehicles) or any(vehicles[index + 1].slots[slot:]):
        return None
    if junction_cost(geometry, vehicles[index], vehicles[index], ahead_of(lane, index), slot) < ASK_ABOVE:
        return None
    gain, best, start = 0.0, GAIN_MIN, None
    for first in range(index, max(-1, index - CHAIN_MAX), -1):
        vehicle, behind = vehicles[first], vehicles[first + 1]
        if vehicle.operating_mode != behind.operating_mode or vehicle.backed_out or behind.backed_out:
            break
        if not any(vehicle.slots[:slot]):  # nothing would be left of it
            break
        ahead = ahead_of(lane, first)
        stays = junction_cost(geometry, vehicle, vehicle, ahead, slot)
        moves = junction_cost(geometry, behind, vehicle, ahead, slot)
        if moves == INFINITE:
            break
        gain += min(stays, 2 * MISSED) - moves
        lost = sum(seen is not None for number, seen in enumerate(vehicle.slots) if number >= slot and number != XRAY)
        if gain - MISSED * lost > best:
            best, start = gain - MISSED * lost, first
    return start


def shift(lane: LaneState, start: int, index: int, slot: int) -> list[Vehicle]:
    """Move the sightings from `slot` on of vehicles `start` to `index` one vehicle back; returns all that changed."""
    suffix: list[Seen | None] = [None] * (EXIT + 1 - slot)
    changed = lane.vehicles[start : index + 2]
    for vehicle in changed:
        suffix, vehicle.slots[slot:] = vehicle.slots[slot:], suffix
    return changed
