"""Hand-made lanes: vehicles that queue as cars do, what the sensors of one passenger lane say of them, and a fold.

Car ─► when its front bumper is at each place (`drive`) ─► readings with the faults asked for (`readings_of`)
    ─► sorted by arrival at the gateway ─► LaneRun
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.layout import load_lanes
from schemas.records import (
    DeviceStatus,
    Direction,
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    OperatingMode,
    Passage,
    PassageState,
    PlateCandidate,
    PlateRead,
    ScaleType,
    SensorRole,
    Tick,
    Weighing,
)
from streams.core.lanes import LanesStage
from streams.core.stage import Fold, Output, Record

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
LANE = "2301/03"
KEY = LANE.encode()
STATE_KEY = KEY + b" SIMULATED"
PLACES_M = load_lanes()[LANE].places_m
CAR_LENGTH_M = 4.8
USUAL_MPS = 4.2
QUEUE_GAP_M = 6.5  # front to front, nose to tail
WAY_TO_GATEWAY_SECONDS = 0.1
AFTER_EVERYTHING_SECONDS = 3600.0

ENTRY, FRONT, REAR, SCALE, STOP_LINE, EXIT = (
    SensorRole.ENTRY_LOOP,
    SensorRole.FRONT_CAMERA,
    SensorRole.REAR_CAMERA,
    SensorRole.SCALE,
    SensorRole.STOP_LINE_LOOP,
    SensorRole.EXIT_LOOP,
)
ROLES = (ENTRY, FRONT, REAR, SCALE, STOP_LINE, EXIT)
LOOP_KINDS = {ENTRY: LaneEventKind.ENTERED, STOP_LINE: LaneEventKind.AT_LIGHT, EXIT: LaneEventKind.LEFT}


@dataclass
class Car:
    """One car: its name (also in its readings' ids), when it enters, and what goes wrong with it. Seconds from START.

    `halts` are stops before a sensor, as in stop-and-go; `delays` come on the way from a sensor to the gateway.
    """

    name: str
    enters: float
    plate: str | None = None
    rear_plate: str | None = None
    light_seconds: float = 3.5
    gap_m: float = QUEUE_GAP_M
    missing: tuple[SensorRole, ...] = ()
    halts: Mapping[SensorRole, float] = field(default_factory=dict)
    delays: Mapping[SensorRole, float] = field(default_factory=dict)
    mode: OperatingMode = OperatingMode.SIMULATED


@dataclass
class Drive:
    """Seconds at which a car's front bumper was at places in metres; it stood where two have the same place."""

    knots: list[tuple[float, float]]

    def at(self, place_m: float) -> float:
        """When it was there, the moment of leaving if it stood there."""
        for (place, seconds), (next_place, next_seconds) in zip(self.knots, self.knots[1:], strict=False):
            if place <= place_m < next_place:
                return seconds + (next_seconds - seconds) * (place_m - place) / (next_place - place)
        last_place, last_seconds = self.knots[-1]
        return last_seconds + (place_m - last_place) / USUAL_MPS


def place_of(role: SensorRole) -> float:
    """Where the front bumper is when a sensor reports."""
    return PLACES_M[role] + (CAR_LENGTH_M if role is REAR else 0.0)


def drive(car: Car, ahead: Drive | None) -> dict[SensorRole, float]:
    """When each sensor sees a car that drives as fast as the one ahead lets it."""
    seen: dict[SensorRole, float] = {}
    place_before, free_at = 0.0, car.enters
    for role in ROLES:
        place = place_of(role)
        seconds = free_at + (place - place_before) / USUAL_MPS + car.halts.get(role, 0.0)
        if ahead is not None:
            seconds = max(seconds, ahead.at(place + car.gap_m))
        seen[role] = seconds
        place_before, free_at = place, seconds + (car.light_seconds if role is STOP_LINE else 0.0)
    return seen


def path_of(car: Car, seen: Mapping[SensorRole, float]) -> Drive:
    """The knots of a drive; at the light there are two."""
    knots = []
    for role in ROLES:
        knots.append((place_of(role), seen[role]))
        if role is STOP_LINE:
            knots.append((place_of(role), seen[role] + car.light_seconds))
    return Drive(knots)


def reading(role: SensorRole, reading_id: str, observed_seconds: float, **fields: Any) -> Any:
    """One good reading of the lane; `fields` override."""
    observed_at = START + round(observed_seconds * SECOND)
    values: dict[str, Any] = {
        "reading_id": reading_id,
        "lane_id": LANE,
        "device_id": f"{LANE}/{role.value}",
        "observed_at": observed_at,
        "received_at": observed_at + round(WAY_TO_GATEWAY_SECONDS * SECOND),
        "operating_mode": OperatingMode.SIMULATED,
        "direction": Direction.SOUTHBOUND,
    }
    if role in LOOP_KINDS:
        return LaneEvent(**(values | {"kind": LOOP_KINDS[role]} | fields))
    if role is SCALE:
        weight = {"gross_weight_kg": 1500.0, "axle_loads_kg": (800.0, 700.0), "axle_spacings_m": (2.7,)}
        return Weighing(**(values | weight | {"scale_type": ScaleType.TYPE_I, "vehicle_class": 2} | fields))
    source = ImageSource.FRONT_PLATE if role is FRONT else ImageSource.REAR_PLATE
    return PlateRead(**(values | {"image_source": source} | fields))


def candidates(*plates: str) -> tuple[PlateCandidate, ...]:
    """Candidates of one read, the surest first."""
    return tuple(PlateCandidate(plate=plate, confidence=0.95 / 2**place) for place, plate in enumerate(plates))


def readings_of(cars: Iterable[Car], clock_ahead: Mapping[SensorRole, float] | None = None) -> list[Any]:
    """What the sensors say of cars in a queue, in the order of arrival at the gateway.

    `clock_ahead`: seconds that a device's clock is ahead; the gateway's is right.
    """
    ahead: Drive | None = None
    readings = []
    for car in cars:
        seen = drive(car, ahead)
        ahead = path_of(car, seen)
        for role in ROLES:
            if role in car.missing:
                continue
            fields: dict[str, Any] = {"operating_mode": car.mode}
            plate = car.rear_plate or car.plate if role is REAR else car.plate
            if role in (FRONT, REAR) and plate:
                fields |= {"candidates": candidates(plate), "jurisdiction": "US-TX", "jurisdiction_confidence": 0.9}
            way = WAY_TO_GATEWAY_SECONDS + car.delays.get(role, 0.0)
            fields["received_at"] = START + round((seen[role] + way) * SECOND)
            clock = (clock_ahead or {}).get(role, 0.0)
            readings.append(reading(role, f"{car.name}-{role.value}", seen[role] + clock, **fields))
    return sorted(readings, key=lambda one: one.received_at)


def heartbeat(received_seconds: float, lane_id: str = LANE, mode: OperatingMode = OperatingMode.SIMULATED) -> Heartbeat:
    """A device's sign of life, which moves the lane's clock on."""
    received_at = START + round(received_seconds * SECOND)
    return Heartbeat(
        reading_id=f"heartbeat-{received_at}", lane_id=lane_id, device_id=f"{lane_id}/ENTRY_LOOP",
        observed_at=received_at, received_at=received_at, operating_mode=mode,
        direction=Direction.SOUTHBOUND, sensor=ENTRY, status=DeviceStatus.OPERATING,
    )  # fmt: skip


class LaneRun:
    """A fold, and everything that it has written."""

    def __init__(self, stored: dict[bytes, bytes] | None = None) -> None:
        self.fold: Fold = LanesStage(load_lanes()).open(0, {} if stored is None else stored)
        self.outputs: list[Output] = []

    def send(self, *readings: Any) -> list[Output]:
        """Fold readings and return what these wrote. Raises Rejected as the fold does."""
        before = len(self.outputs)
        for one in readings:
            self.fold.advance(Record(one.lane_id.encode(), one, one.received_at), self.outputs)
        return self.outputs[before:]

    def finish(self) -> "LaneRun":
        """Let the lane's clock run on, in every mode, until every passage is closed."""
        self.send(heartbeat(AFTER_EVERYTHING_SECONDS))
        self.send(heartbeat(AFTER_EVERYTHING_SECONDS, mode=OperatingMode.OPERATIONAL))
        return self

    def passages(self, *states: PassageState) -> list[Passage]:
        """Passages written, of these states if any are given."""
        return [passage for _, passage, _ in self.written() if not states or passage.state in states]

    def written(self) -> list[tuple[str, Passage, bool]]:
        """Passages with their Kafka key and whether they are urgent."""
        outputs = [(output.key.decode(), output.value, output.urgent) for output in self.outputs]
        return [(key, value, urgent) for key, value, urgent in outputs if isinstance(value, Passage)]

    def ticks(self) -> list[Output]:
        """Ticks written."""
        return [output for output in self.outputs if isinstance(output.value, Tick)]

    def joined(self) -> list[list[str]]:
        """Reading ids of every FINAL passage, sorted, to be compared with `apart`."""
        final = self.passages(PassageState.FINAL)
        return sorted(sorted(reference.reading_id for reference in passage.readings) for passage in final)


def folded(cars: Iterable[Car], clock_ahead: Mapping[SensorRole, float] | None = None) -> LaneRun:
    """The run of a queue of cars, to its end."""
    run = LaneRun()
    run.send(*readings_of(cars, clock_ahead))
    return run.finish()


def apart(*cars: Car) -> list[list[str]]:
    """What `LaneRun.joined` must give: a passage for each car with all readings that its sensors made."""
    return sorted(sorted(f"{car.name}-{role.value}" for role in ROLES if role not in car.missing) for car in cars)
