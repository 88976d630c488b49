"""One lane's life: who arrives, how they move through, what the sensors say, in order of arrival at the gateway."""

from collections.abc import Iterator
from heapq import heappop
from random import Random
from typing import Final

from producers.simulator.actors import Actor
from producers.simulator.arrivals import LANE_LOAD_MEAN_GUNS, Arrivals, Who
from producers.simulator.duty import OFFICER_BLOCK_SECONDS, XRAY_SHARES, Duty
from producers.simulator.kinematics import Path, drive
from producers.simulator.scenario import Scenario
from producers.simulator.sensors import US, LaneSensors
from producers.simulator.smuggling import draw_contraband, stow
from producers.simulator.truth import PassageTruth, SimulatedReading
from producers.simulator.vehicles import Vehicle, draw_payload_kg, make_vehicle
from schemas.layout import LaneLayout, Port
from schemas.records import Direction, LaneEventKind, LaneMode, SensorRole

GATEWAY_HEARTBEAT_SECONDS: Final = 10
DRAIN_SECONDS: Final = 120  # after the last arrival, so that every vehicle has left and watermarks have passed it
IDLE_STEP_SECONDS: Final = 60
DEVICES: Final = (
    SensorRole.ENTRY_LOOP, SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA, SensorRole.SCALE,
    SensorRole.STOP_LINE_LOOP, SensorRole.EXIT_LOOP, SensorRole.TERMINAL,
)  # fmt: skip
TAILGATER_LOOP_RATIO: Final = 0.5  # a loop sees a tailgater as a vehicle of its own this often


class LaneLife:
    """Simulates one lane from its own seeds alone, so that other lanes do not change it."""

    def __init__(self, scenario: Scenario, seed: int, port: Port, layout: LaneLayout, start_at: int) -> None:
        self._scenario, self._seed, self._port, self._layout = scenario, seed, port, layout
        self._start_at = start_at
        self._random = Random(f"{seed} lane {layout.lane_id}")
        direction = Direction.NORTHBOUND if layout.is_northbound else Direction.SOUTHBOUND
        self._sensors = LaneSensors(layout.lane_id, layout.mode, seed, start_at, scenario.faults, direction=direction)
        self._duty = Duty(seed, port)
        self._arrivals = Arrivals(scenario, seed, port, layout, start_at, self._duty)
        self._ahead: Path | None = None
        self._ahead_length_m = 0.0
        self._ahead_passage: PassageTruth | None = None
        self._number = 0
        self._free_from = 0.0  # seconds since start: nobody enters before, since someone is backing out
        self._next_officer_at = 0.0
        self._next_beat = 0

    def readings(self, seconds: float) -> Iterator[SimulatedReading]:
        """Readings of vehicles arriving within `seconds`, and the heartbeats until they have left."""
        for arrival, who in self._arrivals.until(seconds):
            tailgates = self._ahead is not None and self._random.random() < self._scenario.faults.tailgater_ratio
            if not tailgates:  # which comes close behind the one ahead, so earlier than it would have
                yield from self._idle(arrival)
            entered = self._pass(arrival, who, tailgates)
            self._duties(entered)
            yield from self._due(entered)
        end = seconds + DRAIN_SECONDS
        if self._ahead is not None:
            end = max(end, self._ahead.reached_at[-1] + DRAIN_SECONDS)
        yield from self._idle(end)
        yield from self._due(float("inf"))

    def _idle(self, until: float) -> Iterator[SimulatedReading]:
        """Time goes by without arrivals, in steps, so that a closed lane's heartbeats never pile up."""
        while self._next_beat + IDLE_STEP_SECONDS < until:
            step = float(self._next_beat + IDLE_STEP_SECONDS)
            self._duties(step)
            yield from self._due(step)
        self._duties(until)
        yield from self._due(until)

    def _due(self, horizon: float) -> Iterator[SimulatedReading]:
        """What is due before a time at which nothing new can come any more: nothing is due before it happened."""
        pending = self._sensors.pending
        while pending and (pending[0][0] - self._start_at) / US < horizon:
            yield heappop(pending)[2]

    def _at(self, seconds: float) -> int:
        return self._start_at + int(seconds * US)

    def _unit(self, seconds: float) -> str | None:
        if self._layout.is_northbound:
            return None
        return self._duty.unit(self._layout, self._start_at // US + seconds)

    def _duties(self, until: float) -> None:
        """Heartbeats and officers' rotation up to a time."""
        every = self._scenario.device_heartbeat_seconds
        while self._next_beat < until:
            beat = self._next_beat
            at = self._at(beat)
            self._sensors.heartbeat(SensorRole.GATEWAY, at)
            if beat % every == 0:
                for role in DEVICES:
                    self._sensors.heartbeat(role, at)
                unit_id = self._unit(beat)
                if unit_id is not None:
                    self._sensors.heartbeat(SensorRole.XRAY, at, unit_id)
            self._next_beat += GATEWAY_HEARTBEAT_SECONDS
        while self._next_officer_at < until and not self._layout.is_northbound:  # no officer of ours stands there
            now = self._start_at / US + self._next_officer_at
            self._sensors.officer(self._at(self._next_officer_at), self._duty.officer(self._layout.lane_id, now))
            self._next_officer_at += OFFICER_BLOCK_SECONDS - now % OFFICER_BLOCK_SECONDS

    def _pass(self, arrival: float, who: Who, tailgates: bool) -> float:
        """One vehicle goes through the lane. Returns when it entered, seconds since start."""
        scenario, random, layout = self._scenario, self._random, self._layout
        vehicle = make_vehicle(self._seed, who.identity, layout.mode, self._port.state)
        places = layout.places_m
        stop_line, end = int(places[SensorRole.STOP_LINE_LOOP]), int(places[SensorRole.EXIT_LOOP]) + 10
        service = 0.0 if tailgates else scenario.service_seconds * random.uniform(0.5, 1.5)
        gap, reaction = (1.0, 0.3) if tailgates else (random.uniform(2.0, 4.0), random.uniform(0.7, 1.3))
        if tailgates and self._ahead is not None:
            arrival = self._ahead.reached_at[0]
        path = drive(
            max(arrival, self._free_from), random.uniform(3.0, 5.5), service, stop_line, end,
            self._ahead, int(self._ahead_length_m + gap + 0.999), reaction,
        )  # fmt: skip
        passage = self._truth_of(vehicle, who.actor, path)
        if tailgates:
            passage.faults += ("tailgater",)
            if self._ahead_passage is not None:
                self._ahead_passage.faults += ("tailgated",)
        if not tailgates and random.random() < scenario.faults.backed_out_ratio:
            self._back_out(path, passage)
            return path.reached_at[0]
        if path.stood:
            passage.faults += ("stop_and_go",)
        self._sense(path, vehicle, passage, tailgates)
        self._ahead, self._ahead_length_m, self._ahead_passage = path, vehicle.length_m, passage
        return path.reached_at[0]

    def _truth_of(self, vehicle: Vehicle, actor: Actor, path: Path) -> PassageTruth:
        random = self._random
        payload, trunk = draw_payload_kg(random, self._layout.mode, vehicle)
        contraband = draw_contraband(random, actor, LANE_LOAD_MEAN_GUNS)
        load, load_in_trunk = stow(random, contraband)
        self._number += 1
        return PassageTruth(
            self._layout.lane_id, self._number, vehicle, self._at(path.reached_at[0]),
            vehicle.curb_weight_kg + payload + load, contraband, actor, trunk + load_in_trunk,
        )  # fmt: skip

    def _back_out(self, path: Path, passage: PassageTruth) -> None:
        """The driver turns back before the scale; the entry loop sees it leave the way it came."""
        passage.faults += ("backed_out",)
        sensors, camera = self._sensors, self._layout.places_m[SensorRole.FRONT_CAMERA]
        sensors.loop(SensorRole.ENTRY_LOOP, self._at(path.reached_at[0]), passage)
        read = path.front_at(camera)
        sensors.plate(SensorRole.FRONT_CAMERA, self._at(read), passage)
        left = read + self._random.uniform(4.0, 12.0)
        sensors.loop(SensorRole.ENTRY_LOOP, self._at(left), passage, LaneEventKind.BACKED_OUT)
        self._free_from = left + 2.0

    def _sense(self, path: Path, vehicle: Vehicle, passage: PassageTruth, tailgates: bool) -> None:
        """Every sensor of the lane reports the vehicle as it comes by."""
        sensors, places, random = self._sensors, self._layout.places_m, self._random
        for role in (SensorRole.ENTRY_LOOP, SensorRole.STOP_LINE_LOOP, SensorRole.EXIT_LOOP):
            if not tailgates or random.random() < TAILGATER_LOOP_RATIO:
                sensors.loop(role, self._at(path.front_at(places[role])), passage)
            else:
                passage.missing_sensors += (role.value,)
        sensors.plate(SensorRole.FRONT_CAMERA, self._at(path.front_at(places[SensorRole.FRONT_CAMERA])), passage)
        rear = places[SensorRole.REAR_CAMERA] + vehicle.length_m
        sensors.plate(SensorRole.REAR_CAMERA, self._at(path.front_at(rear)), passage)
        scale = path.front_at(places[SensorRole.SCALE])
        sensors.weigh(self._at(scale), path.speed_mps, passage)
        unit_id = self._unit(scale)
        if unit_id is not None and random.random() < XRAY_SHARES[self._layout.mode][1]:
            sensors.xray(self._at(path.front_at(places[SensorRole.XRAY])), unit_id, passage)
        if self._layout.mode is LaneMode.TRUCK and not self._layout.is_northbound:
            # The officer keys it in once the truck is first in line, before its front is at the light.
            keyed = path.front_at(places[SensorRole.STOP_LINE_LOOP] - 2)
            payload = max(0.0, passage.gross_weight_kg - vehicle.curb_weight_kg)
            sensors.declared(self._at(keyed), passage, payload * random.gauss(1.0, 0.02))
