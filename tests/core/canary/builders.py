"""A canary's crossings among travellers of the same partition, through all stages of lanes."""

from collections.abc import Iterable
from typing import Any

import msgspec

from producers.canary.vehicle import Vehicle
from schemas.container import LogRecord
from schemas.layout import canary_lanes, load_lanes, load_ports
from schemas.partitioning import partition_of
from schemas.records import OperatingMode, ReferenceChange
from schemas.topics import LANE_READINGS, PASSAGES
from streams.core.convoys.stage import ConvoysStage
from streams.core.estimates.stage import EstimatesStage
from streams.core.integrity.stage import IntegrityStage
from streams.core.lanes import LanesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.stage import PolicyStage
from streams.core.random_draw import RandomKeys
from streams.core.replay import Chain
from streams.core.traces.stage import TracesStage
from streams.core.vehicles import VehiclesStage
from tests.core.lanes.builders import SECOND, START, Car, readings_of
from tests.core.vehicles.builders import RULES, SECRET

CANARY_LANE = canary_lanes(load_lanes())["2301/00"]
DAY = 24 * 3600.0


def partition(lane_id: str) -> int:
    return partition_of(lane_id.encode(), LANE_READINGS.partitions)


# A real lane that shares its partition with a canary, and with it the partition's time.
REAL_LANE = next(
    lane_id
    for lane_id, lane in sorted(load_lanes().items())
    if partition(lane_id) == partition(CANARY_LANE.lane_id) and lane.places_m == CANARY_LANE.places_m
)


def crossing(number: int, seconds: float, leaves_after: float | None = 3.0, plate: int = 1) -> list[Any]:
    """Readings of one canary that is at the light so many seconds after START; `leaves_after` None: it never leaves."""
    at = START + round(seconds * SECOND)
    vehicle = Vehicle(CANARY_LANE, f"canary-{number}", plate, at)
    left = [] if leaves_after is None else [vehicle.departure(at + round(leaves_after * SECOND))]
    return [*vehicle.approach(), *left]


def travellers(cars: Iterable[Car]) -> list[Any]:
    """What the sensors of the real lane say of cars in service."""
    in_service = {"lane_id": REAL_LANE, "operating_mode": OperatingMode.OPERATIONAL}
    return [msgspec.structs.replace(one, **in_service) for one in readings_of(cars)]


class Platform:
    """All stages that lanes' readings reach, and everything written."""

    def __init__(self, changes: Iterable[ReferenceChange] = ()) -> None:
        vehicles = VehiclesStage(RULES, RandomKeys(SECRET), load_ports())
        later = (ConvoysStage(), OutcomesStage(), PolicyStage(), EstimatesStage(), IntegrityStage(), TracesStage())
        self.chain = Chain([LanesStage(load_lanes()), vehicles, *later])
        self.log: list[LogRecord] = []
        self.written: list[LogRecord] = []
        for change in changes:
            for number in range(PASSAGES.partitions):
                self._take(LogRecord(PASSAGES.name, number, 0, START, b"change", change))

    def run(self, readings: Iterable[Any]) -> "Platform":
        """Fold readings in this order; each is appended as it was received."""
        for one in readings:
            key = one.lane_id.encode()
            self._take(LogRecord(LANE_READINGS.name, partition(one.lane_id), 0, one.received_at, key, one))
        self.chain.finish()
        return self

    def _take(self, record: LogRecord) -> None:
        written = list(self.chain.advance(record))
        self.log += [record, *written]
        self.written += written

    def stored(self, stage: str) -> dict[int, dict[bytes, bytes]]:
        """What a stage keeps, by partition; of partitions that keep anything."""
        (replay,) = [replay for replay in self.chain.replays if replay.stage.name == stage]
        return {number: states for number, states in replay.stored.items() if states}

    def dead_letters(self) -> dict[str, int]:
        """Refused records by reason, of all stages."""
        refused: dict[str, int] = {}
        for replay in self.chain.replays:
            for reason, count in replay.dead_letters.items():
                refused[reason] = refused.get(reason, 0) + count
        return refused
