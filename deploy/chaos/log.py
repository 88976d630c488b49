"""Reads topics back: the whole of one for the oracle, and positions as they are committed for recovery times."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.topics import Topic
from streams.core.stage import Stage
from streams.runtime.ledger import POSITION_KEY
from streams.runtime.recovery import Position

READ_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Logged:
    """One record of a log."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    appended_at: int
    """Milliseconds UTC, as Kafka keeps it."""

    headers: dict[str, str | bytes | None]


def new_consumer(broker: str, **more: Any) -> Consumer:
    """A read-committed consumer that never joins a group."""
    return Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "chaos-log",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
            "log_level": 2,
            **more,
        }
    )


def read_log(broker: str, topic: Topic) -> list[Logged]:
    """Everything up to the last stable offset, in order within each partition. Raises KafkaException, TimeoutError."""
    consumer = new_consumer(broker, **{"enable.partition.eof": True})
    consumer.assign([TopicPartition(topic.name, partition, 0) for partition in range(topic.partitions)])
    records, reading, until = [], set(range(topic.partitions)), time.monotonic() + READ_SECONDS
    try:
        while reading:
            if time.monotonic() > until:
                raise TimeoutError(f"{topic.name} could not be read to its end in {READ_SECONDS:.0f} s")
            for message in consumer.consume(5_000, 0.1):
                error, partition = message.error(), int(message.partition() or 0)
                if error is None:
                    headers = dict(message.headers() or ())
                    key, value = message.key(), message.value()
                    at = message.timestamp()[1]
                    records.append(Logged(partition, int(message.offset() or 0), key, value, at, headers))
                elif error.code() == KafkaError._PARTITION_EOF:
                    reading.discard(partition)
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return records


def appended_at(broker: str, topic: Topic, offsets: Mapping[int, int]) -> dict[int, float]:
    """When the broker took the first record at or behind an offset of each partition, which there must be; seconds."""
    consumer = new_consumer(broker)
    consumer.assign([TopicPartition(topic.name, partition, offset) for partition, offset in offsets.items()])
    found: dict[int, float] = {}
    until = time.monotonic() + READ_SECONDS
    try:
        while found.keys() != offsets.keys():
            if time.monotonic() > until:
                raise TimeoutError(f"{topic.name} has no record where one was committed")
            for message in consumer.consume(1_000, 0.1):
                if message.error() is None:
                    found.setdefault(int(message.partition() or 0), message.timestamp()[1] / 1000)
    finally:
        consumer.close()
    return found


@dataclass(frozen=True, slots=True)
class Commit:
    """A committed position: `appended` is when the broker took it, `seen` when a reader had it (seconds)."""

    stage: str
    partition: int
    offset: int
    appended: float
    seen: float


class Watch:
    """Follows the positions in every stage's changelog from a thread."""

    def __init__(self, broker: str, stages: Sequence[Stage]) -> None:
        self.commits: list[Commit] = []
        """Appended to while it runs."""

        self.positions: dict[tuple[str, int], int] = {}
        """Newest position by stage and partition."""

        self._stages = {stage.changelog.name: stage for stage in stages}
        self._consumer = new_consumer(broker)
        self._consumer.assign(
            [TopicPartition(stage.changelog.name, p, 0) for stage in stages for p in range(stage.source.partitions)]
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watch", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.is_set():
            for message in self._consumer.consume(1_000, 0.02):
                value = message.value()
                if message.error() is None and message.key() == POSITION_KEY and value is not None:
                    stage, partition = self._stages[str(message.topic())].name, int(message.partition() or 0)
                    offset = msgspec.json.decode(value, type=Position).offset
                    self.positions[stage, partition] = offset
                    appended = message.timestamp()[1] / 1000
                    self.commits.append(Commit(stage, partition, offset, appended, time.time()))
        self._consumer.close()

    def committed_again(self, stage: str, partitions: Sequence[int], since: float, seen_from: int) -> dict[int, float]:
        """When each of the partitions was first seen to have committed after `since`; without those that have not.

        `seen_from` is the length of `commits` at `since`. What the victim had appended by then does not count.
        """
        first: dict[int, float] = {}
        for commit in self.commits[seen_from:]:
            if commit.stage == stage and commit.partition in partitions and commit.appended > since + 0.05:
                first.setdefault(commit.partition, commit.seen)
        return first

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()
