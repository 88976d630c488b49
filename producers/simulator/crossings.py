"""The crossings of a world, without queues: vehicles come, sensors report, and the truth stands aside.

ordinary and smuggling vehicles ─► trips, sorted ─► lane open then ─► sensors (the lane simulator's) ─► crossing

The join of readings has its own test, so vehicles drive freely here and every reading is its vehicle's own. An
ordinary vehicle is kept with all its crossings or not at all and stands for `keep_one_in`; smuggling vehicles are all
kept, and so are the owners of the plates that they have cloned, who stand for themselves. Memory grows with the kept
crossings (about 200 bytes each), not with their readings.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop
from random import Random
from typing import Final

from producers.simulator.duty import XRAY_SHARES, Duty
from producers.simulator.effort import Effort
from producers.simulator.evaluation_world import HOUR, US, World, draw_world
from producers.simulator.inspections import SimulatedInspection, inspections_of
from producers.simulator.northbound import with_returns
from producers.simulator.population import Trip
from producers.simulator.scenario import FaultRates
from producers.simulator.sensors import LaneSensors
from producers.simulator.smugglers import travellers
from producers.simulator.smuggling import stow
from producers.simulator.traffic import lanes_open
from producers.simulator.truth import CrossingTruth, PassageTruth, SimulatedCrossing
from producers.simulator.vehicles import draw_payload_kg
from producers.simulator.world_watchlist import world_watchlist
from schemas.layout import LaneLayout, Port, load_ports, mirrored
from schemas.records import Direction, LaneMode, ScaleType, SensorRole

__all__ = [
    "CrossingTruth",
    "SimulatedCrossing",
    "SimulatedInspection",
    "World",
    "crossings",
    "draw_world",
    "inspections_of",
    "world_watchlist",
]

SPEED_MPS: Final = (3.0, 5.5)
STOP_SECONDS: Final = (2.0, 6.0)
TRUCK_SCALES: Final = (ScaleType.TYPE_I,)
DECLARED_SIGMA: Final = 0.02  # pallets and moisture [assumed]
FAULTS: Final = FaultRates(repeated_ratio=0.0)


def crossings(world: World, seed: int) -> Iterator[SimulatedCrossing]:
    """The crossings of a world in order of entry; the same seed gives the same."""
    trips: list[Trip] = []
    seen: Counter[tuple[str, str]] = Counter()
    for traveller in travellers(world, seed):
        vehicle = traveller.member.vehicle
        seen[vehicle.plate, vehicle.jurisdiction] += len(traveller.trips)
        trips += with_returns(world, seed, traveller) if world.inbound else traveller.trips
    trips.sort(key=lambda trip: (trip.at, trip.member.identity))
    effort = Effort(world, seed)
    ports = {code: PortLanes(world, seed, load_ports()[code], effort) for code in world.ports}
    so_far: Counter[tuple[str, str]] = Counter()
    for trip in trips:
        plate = trip.member.vehicle.plate, trip.member.vehicle.jurisdiction
        so_far[plate] += not trip.northbound
        yield ports[trip.port_code].cross(trip, so_far[plate], seen[plate])


class PortLanes:
    """The lanes of one port: where a trip goes through, and what their sensors say of it."""

    def __init__(self, world: World, seed: int, port: Port, effort: Effort) -> None:
        self._world, self._seed, self._port, self._effort = world, seed, port, effort
        self._random = Random(f"{seed} crossings {port.code}")
        self._duty = Duty(seed, port)
        self._offset = int(port.utc_offset_hours * HOUR)
        self._lanes = {
            mode: [lane for lane in port.lanes if lane.mode is mode] for mode in {lane.mode for lane in port.lanes}
        }
        self._faults = replace(FAULTS, misread_ratio=world.misread_ratio)
        self._sensors: dict[str, LaneSensors] = {}
        self._numbers: Counter[str] = Counter()

    def cross(self, trip: Trip, so_far: int, in_all: int) -> SimulatedCrossing:
        """One vehicle crosses."""
        random, world, member = self._random, self._world, trip.member
        layout = self._lane(trip)
        self._numbers[layout.lane_id] += 1
        payload, trunk = draw_payload_kg(random, member.mode, member.vehicle)
        load, load_in_trunk = stow(random, trip.contraband)
        passage = PassageTruth(
            layout.lane_id, self._numbers[layout.lane_id], member.vehicle, world.start_at + int(trip.at * US),
            member.vehicle.curb_weight_kg + payload + load, trip.contraband, member.actor, trunk + load_in_trunk,
        )  # fmt: skip
        direction = Direction.NORTHBOUND if trip.northbound else Direction.SOUTHBOUND
        sensors = self._sensors_of(layout, direction)
        self._sense(sensors, layout, passage, trip)
        readings = []
        while sensors.pending:
            readings.append(heappop(sensors.pending)[2].reading)
        truth = CrossingTruth(
            layout.lane_id, self._port.code, passage.number, member.vehicle, member.actor, so_far, in_all,
            trip.contraband, passage.entered_at, passage.gross_weight_kg, direction, member.companion,
        )  # fmt: skip
        officer = None
        if not trip.northbound:
            officer = self._duty.officer(layout.lane_id, passage.entered_at / US)
        return SimulatedCrossing(tuple(readings), truth, member.weight, officer)

    def _lane(self, trip: Trip) -> LaneLayout:
        """The lane of a trip, among those open then. Northbound lanes mirror the southbound ones: `2301/N03`."""
        lanes = self._lanes[trip.member.mode]
        local = self._world.start_at / US + trip.at + self._offset
        lane = lanes[int(trip.lane * lanes_open(trip.member.mode, len(lanes), local))]
        if trip.lane_id is not None:
            lane = next(lane for lane in lanes if lane.lane_id == trip.lane_id)
        return mirrored(lane) if trip.northbound else lane

    def _sensors_of(self, layout: LaneLayout, direction: Direction) -> LaneSensors:
        sensors = self._sensors.get(layout.lane_id)
        if sensors is None:
            scales = TRUCK_SCALES if layout.mode is LaneMode.TRUCK else self._world.scale_types
            sensors = self._sensors[layout.lane_id] = LaneSensors(
                layout.lane_id, layout.mode, self._seed, self._world.start_at, self._faults, scales, direction
            )
        return sensors

    def _sense(self, sensors: LaneSensors, layout: LaneLayout, passage: PassageTruth, trip: Trip) -> None:
        """Every sensor of the lane reports the vehicle, which stops at the light and drives on."""
        random, places = self._random, layout.places_m
        speed, stop = random.uniform(*SPEED_MPS), random.uniform(*STOP_SECONDS)

        def at(place_m: float) -> int:
            return passage.entered_at + int(US * (place_m / speed + (stop if place_m > line else 0.0)))

        line, vehicle = places[SensorRole.STOP_LINE_LOOP], passage.vehicle
        sensors.loop(SensorRole.ENTRY_LOOP, at(0.0), passage)
        sensors.plate(SensorRole.FRONT_CAMERA, at(places[SensorRole.FRONT_CAMERA]), passage)
        sensors.plate(SensorRole.REAR_CAMERA, at(places[SensorRole.REAR_CAMERA] + vehicle.length_m), passage)
        sensors.weigh(at(places[SensorRole.SCALE]), speed, passage, trip.member.weight)
        if not trip.northbound:
            effort = self._effort.relative(self._port.code, trip.at)
            unit_id = self._duty.unit(layout, passage.entered_at / US, effort)
            if unit_id is not None and random.random() < XRAY_SHARES[layout.mode][1]:
                sensors.xray(at(places[SensorRole.XRAY]), unit_id, passage)
            if layout.mode is LaneMode.TRUCK:
                payload = max(0.0, passage.gross_weight_kg - vehicle.curb_weight_kg)
                sensors.declared(at(line - 2.0), passage, payload * random.gauss(1.0, DECLARED_SIGMA))
        sensors.loop(SensorRole.STOP_LINE_LOOP, at(line), passage)
        sensors.loop(SensorRole.EXIT_LOOP, at(places[SensorRole.EXIT_LOOP]), passage)
