"""What a chaos run is made of: stages, the topics between them, and what is fed at the head."""

import hashlib
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from confluent_kafka import Producer

from deploy.chaos.stages import TestTopology
from deploy.errors import UserError
from deploy.reference_changes import additions, write_everywhere
from deploy.stages import load_rule_set
from producers.pacing import live
from producers.publisher import Publisher
from producers.simulator import find_scenario, simulate, watchlist
from schemas.codec import Codec
from schemas.layout import load_lanes, load_ports
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
from schemas.topics import (
    ALERTS,
    CROSSINGS,
    LANE_DECISIONS,
    LANE_READINGS,
    LANES_CHANGELOG,
    PASSAGES,
    VEHICLES_CHANGELOG,
    Topic,
)
from streams.core.lanes import LanesStage
from streams.core.random_draw import RandomKeys
from streams.core.stage import Stage
from streams.core.vehicles import VehiclesStage

# Enough lanes that every partition has some, and a rate at which each partition of both stages moves several times a
# second: recovery is seen only where there is something to commit.
LANES: Final = 240
READINGS_PER_SECOND: Final = 400.0
CHANGE_SECONDS: Final = 7.0
HEARTBEAT_EVERY: Final = 20

SCENARIO: Final = "border-2023"
LANE_READINGS_PER_SECOND: Final = 250.0
FEED_SECONDS_MAX: Final = 3_600.0


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

    def feed(self, broker: str, codec: Codec, seed: int, stop: threading.Event) -> None:
        """Publish at a steady rate until told to stop, and flush."""


def new_producer(broker: str, **more: str) -> Producer:
    """An idempotent producer whose keys land where every other client's do."""
    return Producer(
        {
            "bootstrap.servers": broker,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "log_level": 2,
            **more,
        }
    )


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

    def feed(self, broker: str, codec: Codec, seed: int, stop: threading.Event) -> None:
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


@dataclass(frozen=True)
class LanePath:
    """The real stages on the real topics, fed by the simulator: for a platform of its own, with nothing else on it.

    Without convoys: no simulated plate becomes a regular within minutes, so that stage would have nothing to commit.
    """

    run: str
    name: str = "lane"

    @property
    def stages(self) -> Sequence[Stage]:
        """Lanes, vehicles. The random arm's secret is the run's, so that the oracle draws as the workers did."""
        keys = RandomKeys(hashlib.sha256(self.run.encode()).digest())
        return LanesStage(load_lanes()), VehiclesStage(load_rule_set(""), keys, load_ports())

    @property
    def topics(self) -> Sequence[Topic]:
        """The lane path's, without dead letters."""
        return LANE_READINGS, PASSAGES, CROSSINGS, LANE_DECISIONS, ALERTS, LANES_CHANGELOG, VEHICLES_CHANGELOG

    def feed(self, broker: str, codec: Codec, seed: int, stop: threading.Event) -> None:
        """A simulated border in real time, and a watchlist entry of its world every few seconds."""
        entries = iter(additions(watchlist(find_scenario(SCENARIO), seed)))
        changes = new_producer(broker, **{"transactional.id": f"chaos-{self.run}-changes"})
        changes.init_transactions(30)
        readings = simulate(SCENARIO, seed=seed, seconds=FEED_SECONDS_MAX, rate=LANE_READINGS_PER_SECOND)
        next_change = time.monotonic() + CHANGE_SECONDS
        with Publisher(broker, codec) as publisher:
            for item in live(readings, publisher.poll):
                if stop.is_set():
                    return
                publisher.publish(item.reading)
                if time.monotonic() > next_change and (change := next(entries, None)) is not None:
                    next_change += CHANGE_SECONDS
                    write_everywhere(changes, PASSAGES, [(change.change_id.encode(), codec.encode(change))])


def find_path(name: str, run: str) -> Path:
    """The path of this name. Raises UserError for another name."""
    if name == "test":
        return TestPath(run)
    if name == "lane":
        return LanePath(run)
    raise UserError(f"there is no path {name!r} to break; take `test` or `lane`")
