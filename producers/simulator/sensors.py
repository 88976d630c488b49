"""The sensors of one lane: what they make of a vehicle, and with which errors.

what passes ─► reading (device clock, measurement error) ─► gateway (delay, late, repeated) ─► due_at
"""

from hashlib import sha256
from heapq import heappush
from random import Random
from typing import Any, Final

from producers.simulator.plates import misread
from producers.simulator.scenario import FaultRates
from producers.simulator.truth import PassageTruth, SimulatedReading
from producers.simulator.vehicles import Vehicle
from schemas.records import (
    DeviceStatus,
    Direction,
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    LaneMode,
    OperatingMode,
    PlateCandidate,
    PlateRead,
    ScaleType,
    ScanDecision,
    ScanQuality,
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
# ASTM E1318 tolerance of the gross weight at 95 %, divided by 1.96; axles are about twice as rough.
GROSS_SIGMA: Final = {ScaleType.TYPE_I: 0.10 / 1.96, ScaleType.TYPE_II: 0.15 / 1.96, ScaleType.TYPE_III: 0.06 / 1.96}
BIAS_STEP: Final = 0.0002  # random walk of a lane's scale per vehicle, pulled back by calibration
BIAS_PULL: Final = 0.0005
# X-ray: hit rate of a typical load and false-alarm rate, of the software and of the person at the image.
MACHINE_HIT, MACHINE_FALSE_ALARM = 0.90, 0.06
OPERATOR_HIT, OPERATOR_FALSE_ALARM = 0.80, 0.02
# Seconds that a device and the network need before the gateway has the reading: least, spread.
DELAYS: Final = {PlateRead: (0.06, 0.12), Weighing: (0.04, 0.08), XrayScan: (0.6, 1.2), LaneEvent: (0.01, 0.03)}
COMMON: Final = {"operating_mode": OperatingMode.SIMULATED, "direction": Direction.SOUTHBOUND}


class LaneSensors:
    """The devices of one lane. Every reading made goes to `pending`, a heap of (due_at_us, sequence, item)."""

    def __init__(self, lane_id: str, mode: LaneMode, seed: int, start_at: int, faults: FaultRates) -> None:
        self.lane_id = lane_id
        self.pending: list[tuple[int, int, SimulatedReading]] = []
        self._faults = faults
        self._random = Random(f"{seed} sensors {lane_id}")
        self._boot = f"{start_at // US:x}"
        self._sequence = 0
        self._devices = {role: f"{lane_id}/{role.value.lower().replace('_', '-')}" for role in SensorRole}
        self._clocks = {role: self._clock_error(role) for role in SensorRole}
        self._scale_type = self._random.choice((ScaleType.TYPE_I, ScaleType.TYPE_III))
        if mode is LaneMode.TRUCK:
            self._scale_type = ScaleType.TYPE_I
        self._bias = self._random.gauss(0.0, 0.01)

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
            observed_at=at + self._clocks[role], received_at=due, **COMMON, **fields,
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
            direction=Direction.SOUTHBOUND, sensor=role, status=DeviceStatus.OPERATING,
        )  # fmt: skip
        heappush(self.pending, (due, sequence, SimulatedReading(due, reading)))

    def plate(self, role: SensorRole, at: int, passage: PassageTruth) -> None:
        """A camera reads the plate; a vehicle without a front plate gives a reading without candidates."""
        front = role is SensorRole.FRONT_CAMERA
        fields = self._image(self._devices[role])
        faults: tuple[str, ...] = ()
        if not front or passage.vehicle.has_front_plate:
            read, faults = self._read_plate(passage.vehicle)
            fields |= read
        fields["image_source"] = ImageSource.FRONT_PLATE if front else ImageSource.REAR_PLATE
        self._emit(PlateRead, role, at, passage, fields, faults)

    def _read_plate(self, vehicle: Vehicle) -> tuple[dict[str, Any], tuple[str, ...]]:
        random, plate = self._random, vehicle.plate
        draw = random.random
        if draw() < self._faults.misread_ratio:
            faults: tuple[str, ...] = ("misread",)
            texts, best = [misread(random, plate)], 0.55 + 0.35 * draw()
            if draw() < 0.6:
                texts.append(plate)
        else:
            faults, texts, best = (), [plate], 1.0 - 0.15 * draw() ** 2
            if draw() < 0.3:
                texts.append(misread(random, plate))
        candidates = [PlateCandidate(plate=texts[0], confidence=round(best, 3))]
        if len(texts) > 1 and texts[1] != texts[0]:
            candidates.append(PlateCandidate(plate=texts[1], confidence=round((1.0 - best) * draw(), 3)))
        jurisdiction, confidence = vehicle.jurisdiction, 0.8 + 0.2 * draw()
        if draw() < self._faults.misread_jurisdiction_ratio:
            jurisdiction, confidence = random.choice(("US-TX", "US-CA", "MX-TAM", "MX-SON")), 0.4 + 0.4 * draw()
        fields = {
            "candidates": tuple(candidates),
            "jurisdiction": jurisdiction,
            "jurisdiction_confidence": round(confidence, 3),
        }
        return fields, faults

    def _image(self, device_id: str) -> dict[str, Any]:
        name = f"{device_id}/{self._boot}/{self._sequence + 1}.jpg"
        return {"image_uri": f"image:{name}", "image_sha256": sha256(name.encode()).hexdigest()}

    def weigh(self, at: int, speed_mps: float, passage: PassageTruth) -> None:
        """The scale weighs the vehicle in motion; classes 2 and 3 look alike to it."""
        random, vehicle = self._random, passage.vehicle
        self._bias += random.gauss(0.0, BIAS_STEP) - BIAS_PULL * self._bias
        sigma = GROSS_SIGMA[self._scale_type]
        gross = max(50.0, passage.gross_weight_kg * (1.0 + self._bias + random.gauss(0.0, sigma)))
        rough = [share * (1.0 + random.gauss(0.0, sigma)) for share in vehicle.axle_shares]
        scale = gross / sum(rough)
        seen_class = vehicle.vehicle_class
        if seen_class in (2, 3) and random.random() < 0.12:
            seen_class = 5 - seen_class
        fields = {
            "gross_weight_kg": round(gross, 1),
            "axle_loads_kg": tuple([round(load * scale, 1) for load in rough]),
            "axle_spacings_m": tuple([round(s + random.gauss(0.0, 0.075), 2) for s in vehicle.axle_spacings_m]),
            "speed_mps": round(max(0.3, speed_mps + random.gauss(0.0, 0.28)), 2),
            "scale_type": self._scale_type,
            "vehicle_class": seen_class,
        }
        self._emit(Weighing, SensorRole.SCALE, at, passage, fields)

    def xray(self, at: int, unit_id: str, passage: PassageTruth) -> None:
        """The mobile unit scans the vehicle; the analyst's decision is there in time for half of the scans."""
        draw = self._random.random
        loaded = passage.contraband is not None
        machine = draw() < (MACHINE_HIT if loaded else MACHINE_FALSE_ALARM)
        operator = draw() < (OPERATOR_HIT if loaded else OPERATOR_FALSE_ALARM)
        quality = draw()
        fields = self._image(unit_id) | {
            "unit_id": unit_id,
            "machine_decision": ScanDecision.ALARM if machine else ScanDecision.CLEAR,
            "machine_probability": round((0.5 + 0.5 * draw()) if machine else 0.5 * draw(), 3),
            "operator_decision": ScanDecision.UNKNOWN,
            "scan_quality": ScanQuality.GOOD if quality < 0.95 else ScanQuality.DEGRADED,
            "shielding_indicator": draw() < (0.1 if loaded else 0.01),
        }
        if draw() < 0.5:
            fields["operator_decision"] = ScanDecision.ALARM if operator else ScanDecision.CLEAR
        self._emit(XrayScan, SensorRole.XRAY, at, passage, fields, device_id=unit_id)
