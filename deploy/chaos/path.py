"""What a chaos run is made of: stages, the topics between them, and what is fed at the head."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from confluent_kafka import Producer

from deploy.chaos.lane_path import LanePath
from deploy.chaos.producer import CHANGE_SECONDS, new_producer
from deploy.chaos.rail_path import RailPath
from deploy.chaos.stages import TestTopology
from deploy.errors import UserError
from deploy.reference_changes import write_everywhere
from schemas.codec import Codec
from schemas.records import (
    ChangeKind,
    DeviceStatus,
    Direction,
    Heartbeat,
    LaneEvent,
    LaneEventKind,
    OperatingMode,
    ReferenceChange,
    SensorRole,
)
from schemas.topics import Topic
from streams.core.light.questions import Question
from streams.core.stage import Stage

# Enough lanes that every partition has some, and a rate at which each partition of both stages moves several times a
# second: recovery is seen only where there is something to commit.
LANES: Final = 240
READINGS_PER_SECOND: Final = 400.0
HEARTBEAT_EVERY: Final = 20


class Path(Protocol):
    """Stages in order, each reading what the one before produces."""

    @property
    def name(self) -> str:
        """As in `--path`."""

    @property
    def run(self) -> str:
        """Makes the names of one run unique."""

    @property
    def stages(self) -> Sequence[Stage]:
        """In the order of the data path."""

    @property
    def topics(self) -> Sequence[Topic]:
        """All that the stages read and write, dead letters aside."""

    @property
    def light_secret(self) -> bytes | None:
        """Master secret of the light server that shows each vehicle its light; None: there is none."""

    def feed(
        self, broker: str, codec: Codec, seed: int, stop: threading.Event, at_light: Callable[[Question], None]
    ) -> None:
        """Publish at a steady rate until told to stop, and flush; `at_light` hears of each vehicle that stops there."""


@dataclass(frozen=True)
class TestPath:
    """The two-stage test topology on topics of its own."""

    __test__ = False

    run: str
    name: str = "test"

    @property
    def topology(self) -> TestTopology:
        """Its topics and stages."""
        return TestTopology(self.run)

    @property
    def stages(self) -> Sequence[Stage]:
        """COUNTS, SUMS."""
        return self.topology.stages

    @property
    def topics(self) -> Sequence[Topic]:
        """All of the run."""
        return self.topology.topics

    @property
    def light_secret(self) -> bytes | None:
        """It has no lights."""
        return None

    def feed(
        self, broker: str, codec: Codec, seed: int, stop: threading.Event, at_light: Callable[[Question], None]
    ) -> None:
        """Lane events of random lanes, heartbeats between, and a reference change every few seconds."""
        producer, draw = new_producer(broker), random.Random(seed)
        changes = new_producer(broker, **{"transactional.id": f"chaos-{self.run}-changes"})
        changes.init_transactions(30)
        started, next_change, number = time.monotonic(), CHANGE_SECONDS, 0
        while not stop.is_set():
            due = int((time.monotonic() - started) * READINGS_PER_SECOND)
            while number < due:
                lane_id = f"2301/{draw.randrange(LANES):03d}"
                value = codec.encode(reading(number, lane_id, time.time_ns() // 1000))
                producer.produce(self.topology.readings.name, value, lane_id)
                number += 1
            producer.poll(0)
            if time.monotonic() - started > next_change:
                next_change += CHANGE_SECONDS
                publish_change(changes, codec, self.topology.readings, draw.randrange(3, 8), number)
            stop.wait(0.01)
        producer.flush(30)


def reading(number: int, lane_id: str, at: int) -> LaneEvent | Heartbeat:
    """The reading of this number: a heartbeat now and then, a vehicle entering otherwise."""
    if number % HEARTBEAT_EVERY == 0:
        return Heartbeat(
            reading_id=f"r{number}",
            lane_id=lane_id,
            device_id="gateway",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.TEST,
            direction=Direction.SOUTHBOUND,
            sensor=SensorRole.GATEWAY,
            status=DeviceStatus.OPERATING,
        )
    return LaneEvent(
        reading_id=f"r{number}",
        lane_id=lane_id,
        device_id="loop",
        observed_at=at,
        received_at=at,
        operating_mode=OperatingMode.TEST,
        direction=Direction.SOUTHBOUND,
        kind=LaneEventKind.ENTERED,
    )


def publish_change(producer: Producer, codec: Codec, topic: Topic, every: int, number: int) -> None:
    """Have COUNTS emit every n-th from here on."""
    change = ReferenceChange(
        change_id=f"change {number}",
        kind=ChangeKind.RULE_SET,
        changed_by="chaos",
        changed_at=time.time_ns() // 1000,
        rule_set_version=f"every:{every}",
    )
    write_everywhere(producer, topic, [(change.change_id.encode(), codec.encode(change))])


def find_path(name: str, run: str) -> Path:
    """The path of this name. Raises UserError for another name."""
    if name == "test":
        return TestPath(run)
    if name == "lane":
        return LanePath(run)
    if name == "rail":
        return RailPath(run)
    raise UserError(f"there is no path {name!r} to break; take `test`, `lane` or `rail`")
