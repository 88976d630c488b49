"""Reads topics as a read-committed outsider does: what tail, watch, capture and the oracle see."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec, UndecodableError, UnknownSchemaError
from schemas.container import LogRecord
from schemas.records import DeadLetter, Header
from schemas.registry import RegistryClient, fetch_schema
from schemas.topics import DEAD_LETTERS, TOPICS

ERROR_HEADER_PREFIX: Final = "__streams.errors."  # Kafka's own names for dead letters since KIP-1034
OUR_ERROR_HEADERS: Final = frozenset({"stage", "reason", "attempt"})
RAW_TOPICS: Final = frozenset(topic.name for topic in TOPICS if not topic.records)

# An id that the registry does not know may be registered later; until then a flood of foreign records must not become a
# flood of questions.
ASK_AGAIN_SECONDS: Final = 60.0

# A broker that restarts is back sooner, and is waited for without a word; one away for longer is told.
BROKER_AWAY_SECONDS: Final = 10.0
BROKER_ANSWER_SECONDS: Final = 5.0


class NoSuchTopic(LookupError):
    """The broker has no topic of this name."""


class LogReplaced(RuntimeError):
    """The log is not the one that was read before."""


class Received(NamedTuple):
    """One message: its place and record, and its headers by name."""

    log_record: LogRecord
    headers: dict[str, bytes | None]


class LogReader:
    """Committed records of some topics, from their beginning, from a time, from positions, or from now on.

    A context manager. A schema that the codec does not know is asked for at the registry and added to the codec; what
    still cannot be decoded is handed over as its bytes, and counted. Raises NoSuchTopic, and ConnectionError if the
    broker does not answer within `timeout_seconds` or goes away, or the registry does not answer when it is asked.
    """

    def __init__(
        self,
        broker: str,
        registry_url: str,
        codec: Codec,
        topics: Iterable[str],
        *,
        from_beginning: bool,
        since_ms: int | None = None,
        timeout_seconds: float = 10.0,
        fetch_wait_ms: int = 100,
        positions: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self.undecoded: Counter[str] = Counter()
        """Records handed over as bytes though their topic holds records of the contract, by reason."""

        self._codec = codec
        self._registry = RegistryClient(registry_url)
        self._unknown: set[int] = set()
        self._ask_again_at = 0.0
        self._broker = broker
        self._away_since: float | None = None
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
                "error_cb": self._on_error,
                "log_level": 2,
            }
        )
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._places = []
        for topic in topics:
            for partition in self._partitions(topic, timeout_seconds):
                self._places.append(TopicPartition(topic, partition, start))
        if since_ms is not None:
            self._places = self._since(since_ms, timeout_seconds)
        if positions:
            self._places = [self._resumed(place, positions, timeout_seconds) for place in self._places]
        self._consumer.assign(self._places)

    def _since(self, since_ms: int, timeout_seconds: float) -> list[TopicPartition]:
        """Each partition's first place that was appended at a time or later; its end if there is none."""
        at = [TopicPartition(place.topic, place.partition, since_ms) for place in self._places]
        try:
            return self._consumer.offsets_for_times(at, timeout=timeout_seconds)
        except KafkaException as error:
            raise ConnectionError(f"no Kafka broker answers at {self._broker}; is `border up` running?") from error

    def _resumed(
        self, place: TopicPartition, positions: Mapping[tuple[str, int], int], timeout_seconds: float
    ) -> TopicPartition:
        """Where an earlier reader ended; where the partition begins now if retention has passed that."""
        offset = positions.get((place.topic, place.partition))
        if offset is None:
            return place
        try:
            low, high = self._consumer.get_watermark_offsets(place, timeout=timeout_seconds)
        except KafkaException as error:
            raise ConnectionError(f"no Kafka broker answers at {self._broker}; is `border up` running?") from error
        if offset > high:
            raise LogReplaced(f"{place.topic} ends before the place that was read: it is another log than it was")
        return TopicPartition(place.topic, place.partition, max(low, offset))

    def cluster_id(self, timeout_seconds: float = 10.0) -> str:
        """The broker's own name for its log: another one's places mean nothing in it."""
        try:
            return str(self._consumer.list_topics(timeout=timeout_seconds).cluster_id)
        except KafkaException as error:
            raise ConnectionError(f"no Kafka broker answers at {self._broker}; is `border up` running?") from error

    def _partitions(self, topic: str, timeout_seconds: float) -> list[int]:
        try:
            found = self._consumer.list_topics(topic, timeout_seconds).topics[topic]
        except KafkaException as error:
            raise ConnectionError(f"no Kafka broker answers at {self._broker}; is `border up` running?") from error
        if found.error is not None:
            raise NoSuchTopic(f"there is no topic {topic} on {self._broker}; `border topics` lists them")
        return sorted(found.partitions)

    @property
    def is_at_end(self) -> bool:
        """Whether all there was has been read."""
        return len(self._at_end) >= len(self._places)

    @property
    def undecoded_note(self) -> str:
        """How many records could not be decoded and why, for a person; empty if all could."""
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.undecoded.items()))
        return f"{self.undecoded.total()} records could not be decoded: {reasons}" if reasons else ""

    def read(self, timeout_seconds: float = 0.05, at_most: int = 2000) -> list[Received]:
        """What has arrived, possibly nothing; waits up to `timeout_seconds` for the first of it, and for no more."""
        received = []
        self._check_broker()
        # Asked for many at once the client would wait for all of them until the time is over, whatever has come.
        messages = self._consumer.consume(1, timeout_seconds)
        if messages:
            messages += self._consumer.consume(at_most - 1, 0)
        for message in messages:
            error = message.error()
            place = (message.topic() or "", message.partition() or 0)
            if error is None:
                self._at_end.discard(place)
                received.append(self._received(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(place)
            else:
                raise ConnectionError(f"cannot read {place[0] or 'on'} from {self._broker}: {error.str()}")
        return received

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self._away_since is None:
            self._away_since = time.monotonic()

    def _check_broker(self) -> None:
        """Raises ConnectionError if the broker has been away for long: the client itself would wait for ever."""
        if self._away_since is None or time.monotonic() < self._away_since + BROKER_AWAY_SECONDS:
            return
        try:
            self._consumer.list_topics(timeout=BROKER_ANSWER_SECONDS)
        except KafkaException as error:
            raise ConnectionError(f"the broker at {self._broker} has gone away; is `border up` running?") from error
        self._away_since = None

    def read_to_end(self, deadline_seconds: float = 300.0) -> Iterator[Received]:
        """Everything up to where each partition ended when it was reached; raises TimeoutError at the deadline."""
        until = time.monotonic() + deadline_seconds
        while not self.is_at_end:
            if time.monotonic() > until:
                raise TimeoutError(f"the end of the topics was not reached in {deadline_seconds:.0f} s")
            yield from self.read()

    def _received(self, message: Message) -> Received:
        headers = headers_of(message)
        value = message.value()
        decoded: msgspec.Struct | bytes | None
        if message.topic() == DEAD_LETTERS.name:
            decoded = dead_letter_of(message, headers)
        elif message.topic() in RAW_TOPICS:
            decoded = value
        else:
            decoded = self._decoded(value)
        log_record = LogRecord(
            message.topic() or "",
            message.partition() or 0,
            message.offset() or 0,
            message.timestamp()[1] * 1000,
            message.key(),
            decoded,
        )
        return Received(log_record, headers)

    def _decoded(self, value: bytes | None) -> msgspec.Struct | bytes | None:
        try:
            try:
                return self._codec.decode(value)
            except UnknownSchemaError as unknown:
                self._learn(unknown.schema_id)
                return self._codec.decode(value)
        except UndecodableError as undecodable:
            self.undecoded[undecodable.reason] += 1
            return value

    def _learn(self, schema_id: int) -> None:
        """Ask the registry for a schema, unless it was asked lately. Raises UndecodableError if it is not of ours."""
        now = time.monotonic()
        if now > self._ask_again_at:
            self._unknown.clear()
            self._ask_again_at = now + ASK_AGAIN_SECONDS
        if schema_id in self._unknown:
            return
        self._unknown.add(schema_id)
        schema = fetch_schema(self._registry, schema_id)
        if schema is not None:
            self._codec.add_schema(schema_id, schema)

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
