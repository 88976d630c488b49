"""`border simulate rail-2023`: trains into a file or into Kafka, the truth into a file aside.

    RailWorld ─► pacing ─► Avro container file | publisher ─► border.rail.readings.v1
       ▲ tell       └► truth, JSON lines
       └── TrainsStage, folded in this process: what people at the yard see, if they are asked for

The people act on the stage's own words, which are the same wherever it runs; so a file and a live run of one seed hold
the same, and neither waits for a platform.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.connection import connect
from producers.pacing import live_rail, paced
from producers.publisher import Publisher
from producers.simulator.rail import RailItem, RailTruthWriter, RailWorld, pace_for
from schemas.container import ContainerWriter, LogRecord
from schemas.partitioning import partition_of
from schemas.records import CarCoverage, TrainCoverage
from schemas.topics import RAIL_READINGS
from streams.core.replay import StageReplay
from streams.core.stage import Stage
from streams.core.trains import TrainsStage

Sink = Callable[[RailItem], None]


@dataclass(frozen=True)
class RailRun:
    """What is asked for. `people`: how many times as fast as real ones the people at the yard work; None: they see
    nothing, and let every train go."""

    seed: int
    start_at: int
    seconds: float
    ports: list[str] | None
    speed: float
    rate: float | None
    people: float | None
    to_kafka: bool


@dataclass(frozen=True)
class RailFeed:
    """Readings when they are due, and where they go. `seconds`: of arrivals, as long as they take in `due_at_us`."""

    items: Iterator[RailItem]
    sinks: list[Sink]
    seconds: float


def rail_feed(
    stack: ExitStack,
    run: RailRun,
    out: Path | None,
    truth: Path | None,
    broker: str | None,
    registry_url: str | None,
) -> RailFeed:
    """Opens what is written to, closed with the stack. Raises ValueError for a port without rail."""
    live = run.to_kafka and run.rate is not None
    busier, speed = (1.0, run.speed) if run.rate is None else pace_for(run.rate, run.ports)
    world = RailWorld(run.seed, run.start_at, run.seconds, run.ports, busier=busier, people_speed=run.people or 1.0)
    sinks: list[Sink] = []
    if out is not None:
        sinks.append(container_sink(stack.enter_context(ContainerWriter(out))))
    if truth is not None:
        sinks.append(stack.enter_context(RailTruthWriter(stack.enter_context(truth.open("wb")))).write)
    while_waiting: Callable[[], None] | None = None
    if run.to_kafka:
        place = connect(broker, registry_url, None)
        publisher = stack.enter_context(Publisher(place.broker, place.codec, RAIL_READINGS))
        sinks.append(lambda item: publisher.publish(item.reading))
        while_waiting = publisher.poll
    items: Iterable[RailItem] = world
    items = live_rail(items, speed, while_waiting) if live else paced(items, run.speed, while_waiting)
    items = items if run.people is None else told(world, items, TrainsStage())
    return RailFeed(iter(items), sinks, run.seconds / speed if live else run.seconds)


def told(world: RailWorld, items: Iterable[RailItem], stage: Stage) -> Iterator[RailItem]:
    """The items of the world, which is told what the stage says of each."""
    replay = StageReplay(stage)
    for offset, item in enumerate(items):
        yield item
        for output in replay.advance(log_record(item, offset)):
            if isinstance(output.value, (CarCoverage, TrainCoverage)):
                world.tell(output.value)


def log_record(item: RailItem, offset: int) -> LogRecord:
    """An item as the log holds it, appended when it was due."""
    key = item.reading.port_code.encode()
    partition = partition_of(key, RAIL_READINGS.partitions)
    return LogRecord(RAIL_READINGS.name, partition, offset, item.due_at_us, key, item.reading)


def container_sink(writer: ContainerWriter) -> Sink:
    """Writes readings as the log would hold them: partition by port, offsets counted."""
    offsets = [0] * RAIL_READINGS.partitions

    def write(item: RailItem) -> None:
        record = log_record(item, 0)
        writer.write(record._replace(offset=offsets[record.partition]))
        offsets[record.partition] += 1

    return write
