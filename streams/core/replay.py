"""Offline folding: the same stages over a log at rest. The oracle of every test, and `border replay`.

What a stage wrote must equal what its fold makes of its input log, byte for byte. Each topic is compared as a bag per
partition, since several source partitions write into one partition in an order that only the broker decides.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from schemas.codec import body_of
from schemas.container import LogRecord
from schemas.partitioning import partition_of
from schemas.records import (
    HitConfirmation,
    Inspection,
    LightAnswer,
    Link,
    MultipleSale,
    OfficerAssignment,
    Override,
    OversightRequirement,
    ReferenceChange,
    SecondaryStaffing,
    Trace,
)
from schemas.topics import DEAD_LETTERS, OUTCOMES, RAIL_READINGS
from streams.core.stage import FOLD_FAILED, Fold, Output, Record, Rejected, Stage

# What people, and the light that answers them, write into an input that a stage writes too; no fold expects it.
BY_PEOPLE: Final = (
    ReferenceChange,
    Override,
    Inspection,
    HitConfirmation,
    OfficerAssignment,
    SecondaryStaffing,
    LightAnswer,
    Trace,
    MultipleSale,
    Link,
    OversightRequirement,
)

# An input that no stage writes, wherever its reader stands among the stages: sensors, railroads and people do.
FROM_OUTSIDE: Final = frozenset({RAIL_READINGS.name})

# What people write elsewhere and a stage sends on into such an input: there its fold expects it.
SENT_ON: Final = {OUTCOMES.name: OfficerAssignment}

CHANGES_TAKEN_EVERY: Final = 500  # records; any number gives the same outputs, which a test of each stage asserts


@dataclass
class StageReplay:
    """Folds one stage over log records in order, one fold per partition, as a worker does."""

    stage: Stage
    stored: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    """Encoded states by key, by partition; complete after `finish`."""

    counters: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    _folds: dict[int, Fold] = field(default_factory=dict)
    _since_taken: dict[int, list[Record]] = field(default_factory=dict)

    def advance(self, record: LogRecord) -> list[Output]:
        """Outputs of one record of the stage's input; a refused record is counted by its reason."""
        partition = record.partition
        fold = self._folds.get(partition)
        if fold is None:
            stored = self.stored.setdefault(partition, {})
            fold = self._folds[partition] = self.stage.open(partition, stored)
            self._since_taken[partition] = []
        if record.value is None or isinstance(record.value, bytes):
            self.dead_letters["undecodable"] += 1
            return []
        if type(record.value) not in self.stage.source.records:
            self.dead_letters["wrong_record_type"] += 1
            return []
        if record.key is None:
            self.dead_letters["missing_key"] += 1
            return []
        given, outputs = Record(record.key, record.value, record.appended_at), list[Output]()
        try:
            fold.advance(given, outputs)
        except Rejected as refusal:
            self.dead_letters[refusal.reason] += 1
            return []
        except Exception:  # a worker makes a dead letter of a record that its fold cannot bear, and goes on
            self.dead_letters[FOLD_FAILED] += 1
            self._redo(fold, partition)
            return []
        self._since_taken[partition].append(given)
        if len(self._since_taken[partition]) >= CHANGES_TAKEN_EVERY:
            self._take(partition)
        return outputs

    def _redo(self, fold: Fold, partition: int) -> None:
        """Undo the half of a record that its fold did, with all since changes were taken, and fold the others again."""
        fold.roll_back()
        fold.counters.clear()
        for given in self._since_taken[partition]:
            fold.advance(given, [])
        self._take(partition)

    def finish(self) -> None:
        """Take the last changes and counters of every partition."""
        for partition in self._folds:
            self._take(partition)

    def _take(self, partition: int) -> None:
        fold = self._folds[partition]
        fold.take_changes()
        if undeclared := fold.counters.keys() - self.stage.events:
            raise ValueError(f"stage {self.stage.name} counts {', '.join(undeclared)}; declare it in stage_events.py")
        self.counters.update(fold.counters)
        fold.counters.clear()
        self._since_taken[partition].clear()


def first_inputs(sources: Iterable[str]) -> frozenset[str]:
    """Of the inputs of some stages in the order of the data path those that no stage writes."""
    names = list(sources)
    return frozenset(names[:1]) | FROM_OUTSIDE.intersection(names)


def replays_of(stages: Iterable[Stage]) -> dict[str, list[StageReplay]]:
    """A replay of each stage by the topic that it reads; several may read the same."""
    replays: dict[str, list[StageReplay]] = {}
    for stage in stages:
        replays.setdefault(stage.source.name, []).append(StageReplay(stage))
    return replays


def placed(output: Output, offset: int, appended_at: int) -> LogRecord:
    """An output as it will stand in its topic."""
    partition = output.partition
    if partition is None:
        partition = partition_of(output.key, output.topic.partitions)
    return LogRecord(output.topic.name, partition, offset, appended_at, output.key, output.value)


class Chain:
    """Stages one after another without Kafka: what one writes into the input of the next is folded at once.

    The order in which partitions write into a topic is the order of the records given, so the whole chain is
    deterministic; on Kafka it is one of the possible orders.
    """

    def __init__(self, stages: Iterable[Stage]) -> None:
        self._by_source = replays_of(stages)
        self._offsets: Counter[tuple[str, int]] = Counter()
        # A later stage's input in the log given would be folded twice: once as given, once as written by the chain.
        self.first_inputs = first_inputs(self._by_source)

    @property
    def replays(self) -> list[StageReplay]:
        """One for each stage."""
        return [replay for replays in self._by_source.values() for replay in replays]

    def advance(self, record: LogRecord) -> Iterator[LogRecord]:
        """Every record written in consequence of this one, in order."""
        for replay in self._by_source.get(record.topic, ()):
            for output in replay.advance(record):
                written = placed(output, 0, record.appended_at)
                place = (written.topic, written.partition)
                written = written._replace(offset=self._offsets[place])
                self._offsets[place] += 1
                yield written
                yield from self.advance(written)

    def finish(self) -> None:
        """Close every stage."""
        for replay in self.replays:
            replay.finish()


@dataclass
class Comparison:
    """What a topic holds against what its writer's fold makes: counts of records."""

    expected: int = 0
    lost: int = 0
    duplicates: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Nothing lost, twice or wrong."""
        return not (self.lost or self.duplicates or self.wrong)


def is_by_people(record: LogRecord) -> bool:
    """Whether a record in a stage's input was written by people, and not by another stage."""
    sent_on = SENT_ON.get(record.topic)
    return isinstance(record.value, BY_PEOPLE) and not (sent_on is not None and isinstance(record.value, sent_on))


Place = tuple[str, int, bytes | None, bytes]
"""What must be equal: topic, partition, key and value (the Avro body of a record)."""


@dataclass
class Proof:
    """Every stage folded over its own input in a log, and what the log's other topics hold against that."""

    topics: dict[str, Comparison]
    """By name: what a fold wrote to, and what holds anything that no fold wrote."""

    replays: list[StageReplay]

    @property
    def total(self) -> Comparison:
        """All topics together, without examples."""
        parts = self.topics.values()
        return Comparison(
            expected=sum(part.expected for part in parts),
            lost=sum(part.lost for part in parts),
            duplicates=sum(part.duplicates for part in parts),
            wrong=sum(part.wrong for part in parts),
        )

    @property
    def good(self) -> bool:
        """Something was expected, and nothing is lost, twice or wrong."""
        return self.total.good and self.total.expected > 0


def place_of(record: LogRecord) -> Place:
    """A record as it is compared. Raw bytes, which no stage writes into these topics, stand for themselves."""
    value = record.value
    body = (value or b"") if value is None or isinstance(value, bytes) else body_of(value)
    return record.topic, record.partition, record.key, body


def compare(stages: Iterable[Stage], log: Iterable[LogRecord], report: Callable[[int], None] = lambda _: None) -> Proof:
    """Fold each stage over its input in the log and compare all that the log holds with all that the folds write.

    `log` must hold each partition's records in offset order. Not compared: inputs that no stage writes, and what people
    and the light write in any input, as BY_PEOPLE names it; changelogs, which are compacted; dead letters, whose place
    on the wire is the original bytes. `report` is called with the number of records done.
    """
    by_source = replays_of(stages)
    replays = [replay for same in by_source.values() for replay in same]
    expected: dict[str, Counter[Place]] = {}
    actual: dict[str, Counter[Place]] = {}
    not_compared = {DEAD_LETTERS.name, *first_inputs(by_source), *(r.stage.changelog.name for r in replays)}
    for done, record in enumerate(log, 1):
        report(done)
        for replay in by_source.get(record.topic, ()):
            for output in replay.advance(record):
                expected.setdefault(output.topic.name, Counter())[place_of(placed(output, 0, 0))] += 1
        if record.topic not in not_compared and not (record.topic in by_source and is_by_people(record)):
            actual.setdefault(record.topic, Counter())[place_of(record)] += 1
    for replay in replays:
        replay.finish()
    topics = {
        topic: difference(expected.get(topic, Counter()), actual.get(topic, Counter()))
        for topic in sorted(expected.keys() | actual.keys())
    }
    return Proof(topics, replays)


def difference(expected: Counter[Place], actual: Counter[Place]) -> Comparison:
    """Counts of lost, repeated and wrong records, with a few examples (partition and size only)."""
    result = Comparison(expected=expected.total())
    for place in expected.keys() | actual.keys():
        want, have = expected[place], actual[place]
        if have < want:
            result.lost += want - have
            result.examples.append(f"lost in partition {place[1]}: {len(place[3])} bytes")
        elif want and have > want:
            result.duplicates += have - want
        elif have and not want:
            result.wrong += have
            result.examples.append(f"not expected in partition {place[1]}: {len(place[3])} bytes")
    del result.examples[10:]
    return result
