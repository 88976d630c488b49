"""Two small stages over records of the contract whose every output can be told apart, for tests of the runtime.

    readings ─► COUNTS ─► counts ─► SUMS ─► sums
                  every n-th reading of a lane; ticks to every partition downstream

COUNTS numbers the readings of each lane and emits every n-th; a ReferenceChange in the log sets n for its partition
from there on. It sends a tick to every partition downstream whenever its watermark enters another 10 s. SUMS numbers
what it gets of each lane, and emits the minimum watermark over the sources whenever that enters another 10 s.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

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
    Tick,
)
from schemas.topics import Topic
from streams.core.keyed_state import KeyedState
from streams.core.stage import Fold, Output, Record, Rejected

TICK_US: Final = 10_000_000
EMIT_EVERY: Final = 5
EVERY_KEY: Final = b"every"
WATERMARK_KEY: Final = b"watermark"
LANE_PREFIX: Final = b"lane "

# A lane of this name makes COUNTS raise, and one of the next name makes it emit a record too large to produce.
POISONED_LANE: Final = "poisoned"
SWOLLEN_LANE: Final = "swollen"


class KeyedFold:
    """Numbers by key, stored as decimal text."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        self.counters: dict[str, int] = {}
        self._numbers: KeyedState[int] = KeyedState(stored, lambda number: b"%d" % number, int)
        self.take_changes = self._numbers.take_changes
        self.roll_back = self._numbers.roll_back

    @property
    def watermark_at(self) -> int:
        """The watermark of COUNTS; SUMS keeps those of its sources only."""
        return self._number(WATERMARK_KEY)

    def _number(self, key: bytes, default: int = 0) -> int:
        number = self._numbers.get(key)
        return default if number is None else number

    def _count(self, key: bytes) -> int:
        number = self._number(key) + 1
        self._numbers.put(key, number)
        return number


def counted(source: LaneEvent, number: int, lane_id: str, reading_id: str) -> LaneEvent:
    """A record that says which number it is in its lane."""
    return msgspec.structs.replace(
        source,
        reading_id=reading_id,
        lane_id=lane_id,
        kind=LaneEventKind.LOAD_DECLARED,
        declared_load_kg=float(number),
    )


def check_lane(record: Record, lane_id: str) -> bytes:
    """The key, if it is the record's. Raises Rejected."""
    if record.key != lane_id.encode():
        raise Rejected("wrong_key", "the key is not the record's lane_id")
    return record.key


class CountsFold(KeyedFold):
    """One partition of COUNTS."""

    def __init__(self, partition: int, stored: MutableMapping[bytes, bytes], stage: "CountsStage") -> None:
        super().__init__(stored)
        self._partition = partition
        self._stage = stage

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record."""
        value = record.value
        if isinstance(value, ReferenceChange):
            self._numbers.put(EVERY_KEY, every_of(value))
        elif isinstance(value, LaneEvent):
            self._advance_event(record, value, outputs)
        elif isinstance(value, Heartbeat):
            check_lane(record, value.lane_id)
            self._move_watermark(value.received_at, outputs)

    def _advance_event(self, record: Record, event: LaneEvent, outputs: list[Output]) -> None:
        key = check_lane(record, event.lane_id)
        if event.declared_load_kg is not None and event.declared_load_kg < 0:
            raise Rejected("impossible_value", "declared_load_kg is below 0")
        number = self._count(LANE_PREFIX + key)
        if event.lane_id == POISONED_LANE:
            raise ZeroDivisionError("a bug in the fold")
        if event.lane_id == SWOLLEN_LANE:
            swollen = counted(event, number, event.lane_id, "x" * 2_000_000)
            outputs.append(Output(self._stage.sink, key, swollen))
        if number % self._number(EVERY_KEY, EMIT_EVERY) == 0:
            output = counted(event, number, event.lane_id, f"{event.lane_id}#{number}")
            outputs.append(Output(self._stage.sink, key, output, urgent=number % 2 == 0))
        self._move_watermark(event.received_at, outputs)

    def _move_watermark(self, received_at: int, outputs: list[Output]) -> None:
        before = self._number(WATERMARK_KEY)
        if received_at <= before:
            return
        self._numbers.put(WATERMARK_KEY, received_at)
        if received_at // TICK_US > before // TICK_US:
            tick = Tick(
                source_topic=self._stage.source.name, source_partition=self._partition, watermark_at=received_at
            )
            for partition in range(self._stage.sink.partitions):
                outputs.append(Output(self._stage.sink, b"tick %d" % self._partition, tick, partition))


def every_of(change: ReferenceChange) -> int:
    """The n that a change sets. Raises Rejected."""
    name, _, every = (change.rule_set_version or "").partition(":")
    if change.kind is not ChangeKind.RULE_SET or name != "every" or not every.isdigit() or int(every) == 0:
        raise Rejected("impossible_value", "a change of this stage is a RULE_SET `every:<n>`")
    return int(every)


class SumsFold(KeyedFold):
    """One partition of SUMS."""

    def __init__(self, partition: int, stored: MutableMapping[bytes, bytes], stage: "SumsStage") -> None:
        super().__init__(stored)
        self._partition = partition
        self._stage = stage

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record."""
        value = record.value
        if isinstance(value, Tick):
            self._advance_tick(value, outputs)
        elif isinstance(value, LaneEvent):
            key = check_lane(record, value.lane_id)
            number = self._count(LANE_PREFIX + key)
            output = counted(value, number, value.lane_id, f"{value.reading_id}={number}")
            outputs.append(Output(self._stage.sink, key, output, urgent=True))

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        key = b"source %d" % tick.source_partition
        before = self._minimum()
        self._numbers.put(key, max(tick.watermark_at, self._number(key)))
        minimum = self._minimum()
        if minimum // TICK_US > before // TICK_US:
            self.counters["watermark_moves"] = self.counters.get("watermark_moves", 0) + 1
            outputs.append(Output(self._stage.sink, b"watermark", watermark(self._partition, minimum)))

    def _minimum(self) -> int:
        return min(self._number(b"source %d" % source) for source in range(self._stage.source.partitions))


def watermark(partition: int, at: int) -> Heartbeat:
    """What SUMS emits when its minimum watermark has moved."""
    return Heartbeat(
        reading_id=f"watermark {partition} {at // TICK_US}",
        lane_id="watermark",
        device_id="sums",
        observed_at=at,
        received_at=at,
        operating_mode=OperatingMode.TEST,
        direction=Direction.SOUTHBOUND,
        sensor=SensorRole.GATEWAY,
        status=DeviceStatus.OPERATING,
    )


@dataclass
class CountsStage:
    """The first stage."""

    name: str
    source: Topic
    changelog: Topic
    sink: Topic = field(kw_only=True)
    events: frozenset[str] = frozenset()

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """See streams.core.stage."""
        return CountsFold(partition, stored, self)


@dataclass
class SumsStage:
    """The second stage."""

    name: str
    source: Topic
    changelog: Topic
    sink: Topic = field(kw_only=True)
    events: frozenset[str] = frozenset({"watermark_moves"})

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """See streams.core.stage."""
        return SumsFold(partition, stored, self)


@dataclass(frozen=True)
class TestTopology:
    """The topics of one run and the two stages between them. `run` makes every name unique."""

    __test__ = False  # not a test class, whatever its name looks like

    run: str
    partitions: int = 12

    def _topic(self, dataset: str, records: tuple[type[msgspec.Struct], ...], compacted: bool = False) -> Topic:
        return Topic(f"border.chaos.{self.run}.{dataset}.v1", "lane_id", records, self.partitions, compacted=compacted)

    @property
    def readings(self) -> Topic:
        """What is fed."""
        return self._topic("readings", (LaneEvent, Heartbeat, ReferenceChange))

    @property
    def counts(self) -> Topic:
        """Between the stages."""
        return self._topic("counts", (LaneEvent, Tick))

    @property
    def sums(self) -> Topic:
        """What comes out."""
        return self._topic("sums", (LaneEvent, Heartbeat))

    @property
    def stages(self) -> tuple[CountsStage, SumsStage]:
        """In the order of the path."""
        counts_changelog, sums_changelog = (
            self._topic("counts-changelog", (), True),
            self._topic("sums-changelog", (), True),
        )
        return (
            CountsStage(f"chaos-{self.run}-counts", self.readings, counts_changelog, sink=self.counts),
            SumsStage(f"chaos-{self.run}-sums", self.counts, sums_changelog, sink=self.sums),
        )

    @property
    def topics(self) -> tuple[Topic, ...]:
        """All that a run needs."""
        return (self.readings, self.counts, self.sums, *(stage.changelog for stage in self.stages))
