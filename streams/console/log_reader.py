"""Reads topics as a read-committed outsider does: what tail, watch, capture and the oracle see."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec, UndecodableError
from schemas.container import LogRecord
from schemas.records import DeadLetter, Header
from schemas.topics import DEAD_LETTERS

ERROR_HEADER_PREFIX: Final = "__streams.errors."  # Kafka's own names for dead letters since KIP-1034
OUR_ERROR_HEADERS: Final = frozenset({"stage", "reason", "attempt"})


class Received(NamedTuple):
    """One message: its place and record, and its headers by name."""

    log_record: LogRecord
    headers: dict[str, bytes | None]


class LogReader:
    """Committed records of some topics, from their beginning or from now on.

    A context manager. Raises ConnectionError if the broker does not answer within `timeout_seconds`.
    """

    def __init__(
        self,
        broker: str,
        codec: Codec,
        topics: Iterable[str],
        *,
        from_beginning: bool,
        timeout_seconds: float = 10.0,
        fetch_wait_ms: int = 100,
    ) -> None:
        self._codec = codec
        self._at_end: set[tuple[str, int]] = set()
        self._consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "group.id": "border-reader",  # never joined or committed to: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": fetch_wait_ms,
                "log_level": 2,
            }
        )
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._places = []
        for topic in topics:
            for partition in self._partitions(broker, topic, timeout_seconds):
                self._places.append(TopicPartition(topic, partition, start))
        self._consumer.assign(self._places)

    def _partitions(self, broker: str, topic: str, timeout_seconds: float) -> list[int]:
        try:
            found = self._consumer.list_topics(topic, timeout_seconds).topics[topic]
        except KafkaException as error:
            raise ConnectionError(f"no Kafka broker answers at {broker}; is `border up` running?") from error
        if found.error is not None:
            raise LookupError(f"there is no topic {topic} on {broker}; `border topics` lists them")
        return sorted(found.partitions)

    def read(self, timeout_seconds: float = 0.05, at_most: int = 2000) -> list[Received]:
        """What has arrived, possibly nothing; waits up to `timeout_seconds` for it."""
        received = []
        for message in self._consumer.consume(at_most, timeout_seconds):
            error = message.error()
            place = (message.topic() or "", message.partition() or 0)
            if error is None:
                self._at_end.discard(place)
                received.append(self._received(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(place)
            else:
                raise KafkaException(error)
        return received

    def read_to_end(self, deadline_seconds: float = 300.0) -> Iterator[Received]:
        """Everything up to where each partition ended when it was reached; raises TimeoutError at the deadline."""
        until = time.monotonic() + deadline_seconds
        while len(self._at_end) < len(self._places):
            if time.monotonic() > until:
                raise TimeoutError(f"the end of the topics was not reached in {deadline_seconds:.0f} s")
            yield from self.read()

    def _received(self, message: Message) -> Received:
        headers = headers_of(message)
        value = message.value()
        decoded: msgspec.Struct | bytes | None
        if message.topic() == DEAD_LETTERS.name:
            decoded = dead_letter_of(message, headers)
        else:
            try:
                decoded = self._codec.decode(value)
            except UndecodableError:
                decoded = value
        log_record = LogRecord(
            message.topic() or "",
            message.partition() or 0,
            message.offset() or 0,
            message.timestamp()[1] * 1000,
            message.key(),
            decoded,
        )
        return Received(log_record, headers)

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()


def headers_of(message: Message) -> dict[str, bytes | None]:
    """Headers by name; the last one wins where a name is repeated."""
    pairs: Any = message.headers() or ()
    return {str(name): value for name, value in pairs}


def dead_letter_of(message: Message, headers: dict[str, bytes | None]) -> DeadLetter:
    """The record that a dead letter's headers and original bytes stand for."""

    def text(name: str) -> str:
        return (headers.get(name) or b"").decode(errors="replace")

    def number(name: str) -> int:
        digits = text(name)
        return int(digits) if digits.lstrip("-").isdigit() else -1

    kept: list[Any] = [
        Header(name=name, value=value)
        for name, value in headers.items()
        if name not in OUR_ERROR_HEADERS and not name.startswith(ERROR_HEADER_PREFIX)
    ]
    return DeadLetter(
        stage=text("stage"),
        reason=text("reason"),
        exception=text(ERROR_HEADER_PREFIX + "exception"),
        message=text(ERROR_HEADER_PREFIX + "message"),
        topic=text(ERROR_HEADER_PREFIX + "topic"),
        partition=number(ERROR_HEADER_PREFIX + "partition"),
        offset=number(ERROR_HEADER_PREFIX + "offset"),
        appended_at=message.timestamp()[1] * 1000,
        attempt=number("attempt"),
        key=message.key(),
        value=message.value(),
        headers=tuple(kept),
    )
