"""The sensors of one lane: what they make of a vehicle, and with which errors.

what passes ─► reading (device clock, measurement error) ─► gateway (delay, late, repeated) ─► due_at
"""

from hashlib import sha256
from heapq import heappush
from random import Random
from typing import Any, Final

from producers.simulator.measurements import BIAS_SIGMA, drift, read_plate, scan, unit_of, weigh
from producers.simulator.scenario import FaultRates
from producers.simulator.truth import PassageTruth, SimulatedReading
from schemas.records import (
    DeviceStatus,
    Direction,
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    LaneMode,
    OperatingMode,
    PlateRead,
    ScaleType,
    SensorRole,
    Weighing,
    XrayScan,
)

US: Final = 1_000_000
LOOPS: Final = {
    SensorRole.ENTRY_LOOP: LaneEventKind.ENTERED,
    SensorRole.STOP_LINE_LOOP: LaneEventKind.AT_LIGHT,
    SensorRole.EXIT_LOOP: LaneEventKind.LEFT,
}
# Seconds that a device and the network need before the gateway has the reading: least, spread.
DELAYS: Final = {PlateRead: (0.06, 0.12), Weighing: (0.04, 0.08), XrayScan: (0.6, 1.2), LaneEvent: (0.01, 0.03)}


PASSENGER_SCALES: Final = (ScaleType.TYPE_I, ScaleType.TYPE_III)


class LaneSensors:
    """The devices of one lane. Every reading made goes to `pending`, a heap of (due_at_us, sequence, item)."""

    def __init__(
        self, lane_id: str, mode: LaneMode, seed: int, start_at: int, faults: FaultRates,
        scale_types: tuple[ScaleType, ...] = PASSENGER_SCALES, direction: Direction = Direction.SOUTHBOUND,
    ) -> None:  # fmt: skip
        self.lane_id = lane_id
        self._seed, self._direction = seed, direction
        self.pending: list[tuple[int, int, SimulatedReading]] = []
        self._faults = faults
        self._random = Random(f"{seed} sensors {lane_id}")
        self._boot = f"{start_at // US:x}"
        self._sequence = 0
        self._devices = {role: f"{lane_id}/{role.value.lower().replace('_', '-')}" for role in SensorRole}
        self._clocks = {role: self._clock_error(role) for role in SensorRole}
        self.scale_type = self._random.choice(scale_types)
        if mode is LaneMode.TRUCK:
            self.scale_type = ScaleType.TYPE_I
        self._bias = self._random.gauss(0.0, BIAS_SIGMA)

    def _clock_error(self, role: SensorRole) -> int:
        """Microseconds that a device's clock is ahead; the gateway keeps true time."""
        seconds = self._random.gauss(0.0, self._faults.device_clock_sigma_seconds)
        if role in (SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA) and self._faults.camera_clock_seconds:
            seconds = self._random.choice((-1, 1)) * self._faults.camera_clock_seconds
        return int(seconds * US) if role is not SensorRole.GATEWAY else 0

    def _emit(
        self, kind: Any, role: SensorRole, at: int, passage: PassageTruth | None, fields: dict[str, Any],
        faults: tuple[str, ...] = (), device_id: str | None = None,
    ) -> None:  # fmt: skip
        """Send a reading of true time `at` to the gateway, with the faults of the way there."""
        rates, draw = self._faults, self._random.random
        if passage is not None:
            missing = rates.loop_missing_ratio if kind is LaneEvent else rates.missing_ratio
            if draw() < missing:
                passage.missing_sensors += (role.value,)
                if "missing" not in passage.faults:
                    passage.faults += ("missing",)
                return
        least, spread = DELAYS[kind]
        delay = least + spread * draw()
        if passage is not None and draw() < rates.late_ratio:
            delay += rates.late_seconds_max * draw()
            faults += ("late",)
        if rates.camera_clock_seconds and kind is PlateRead:
            faults += ("clock",)
        sequence = self._sequence = self._sequence + 1
        device_id = device_id or self._devices[role]
        due = at + int(delay * US)
        reading = kind(
            reading_id=f"{device_id}-{self._boot}-{sequence}", lane_id=self.lane_id, device_id=device_id,
            observed_at=at + self._clocks[role], received_at=due,
            operating_mode=OperatingMode.SIMULATED, direction=self._direction, **fields,
        )  # fmt: skip
        number = None if passage is None else passage.number
        heappush(self.pending, (due, sequence, SimulatedReading(due, reading, number, faults, passage)))
        if passage is not None and draw() < rates.repeated_ratio:
            again = due + int(US * (0.05 + 2 * draw()))
            copy = SimulatedReading(again, reading, number, (*faults, "repeated"), passage)
            heappush(self.pending, (again, sequence, copy))

    def loop(self, role: SensorRole, at: int, passage: PassageTruth, kind: LaneEventKind | None = None) -> None:
        """A loop reports the vehicle; `kind` overrides what it usually says."""
        self._emit(LaneEvent, role, at, passage, {"kind": kind or LOOPS[role]})

    def declared(self, at: int, passage: PassageTruth, load_kg: float) -> None:
        """The officer's terminal hands over the declared load of the next vehicle at the light."""
        fields = {"kind": LaneEventKind.LOAD_DECLARED, "declared_load_kg": round(load_kg, -1)}
        self._emit(LaneEvent, SensorRole.TERMINAL, at, passage, fields)

    def officer(self, at: int, officer_id: str) -> None:
        """An officer takes over the lane."""
        fields = {"kind": LaneEventKind.OFFICER_ASSIGNED, "officer_id": officer_id}
        self._emit(LaneEvent, SensorRole.TERMINAL, at, None, fields)

    def heartbeat(self, role: SensorRole, at: int, unit_id: str | None = None) -> None:
        """A device says that it is alive."""
        sequence = self._sequence = self._sequence + 1
        device_id = unit_id or self._devices[role]
        due = at + 10_000 + sequence % 20_000
        reading = Heartbeat(
            reading_id=f"{device_id}-{self._boot}-{sequence}", lane_id=self.lane_id, device_id=device_id,
            observed_at=at + self._clocks[role], received_at=due, operating_mode=OperatingMode.SIMULATED,
            direction=self._direction, sensor=role, status=DeviceStatus.OPERATING,
        )  # fmt: skip
        heappush(self.pending, (due, sequence, SimulatedReading(due, reading)))

    def plate(self, role: SensorRole, at: int, passage: PassageTruth) -> None:
        """A camera reads the plate; a vehicle without a front plate gives a reading without candidates."""
        front = role is SensorRole.FRONT_CAMERA
        fields = self._image(self._devices[role])
        faults: tuple[str, ...] = ()
        if not front or passage.vehicle.has_front_plate:
            rates = self._faults
            read, wrong = read_plate(
                self._random, passage.vehicle, rates.misread_ratio, rates.misread_jurisdiction_ratio
            )
            fields |= read
            faults = ("misread",) if wrong else ()
        fields["image_source"] = ImageSource.FRONT_PLATE if front else ImageSource.REAR_PLATE
        self._emit(PlateRead, role, at, passage, fields, faults)

    def _image(self, device_id: str) -> dict[str, Any]:
        name = f"{device_id}/{self._boot}/{self._sequence + 1}.jpg"
        return {"image_uri": f"image:{name}", "image_sha256": sha256(name.encode()).hexdigest()}

    def weigh(self, at: int, speed_mps: float, passage: PassageTruth, vehicles: int = 1) -> None:
        """The scale weighs the vehicle in motion, so many vehicles after the one before."""
        self._bias = drift(self._random, self._bias, vehicles)
        fields = weigh(
            self._random, passage.vehicle, passage.gross_weight_kg, passage.trunk_kg, self.scale_type, self._bias,
            speed_mps,
        )  # fmt: skip
        self._emit(Weighing, SensorRole.SCALE, at, passage, fields)

    def xray(self, at: int, unit_id: str, passage: PassageTruth) -> None:
        """The mobile unit scans the vehicle."""
        fields = scan(self._random, passage.contraband, unit_of(self._seed, unit_id))
        fields |= self._image(unit_id) | {"unit_id": unit_id}
        self._emit(XrayScan, SensorRole.XRAY, at, passage, fields, device_id=unit_id)
