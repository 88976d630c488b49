"""Reads a group's state and positions back from its changelog, and refuses what does not fit the topic.

Only to be called after the group was claimed: before that, an earlier owner may still write.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, TopicDescription

from streams.runtime.failpoints import Failpoints
from streams.runtime.ledger import POSITION_KEY

ANSWER_SECONDS: Final = 15.0

# A topic that was just created is known to the controller first and to each broker a moment later.
APPEARS_SECONDS: Final = 5.0


class StateRefused(Exception):
    """The state in the log does not fit the topic or this version; the message names the remedy."""


class Position(msgspec.Struct, frozen=True):
    """What stands under POSITION_KEY in a changelog partition, as JSON."""

    topic_id: str
    """Kafka's id of the input topic: a topic deleted and made again has another one."""

    partitions: int
    """How many partitions the input topic had: with another count, keys live elsewhere."""

    partition: int
    offset: int
    """Of the next record to read."""


@dataclass(frozen=True)
class SourceTopic:
    """The input topic as the broker describes it now."""

    name: str
    topic_id: str
    partitions: int


@dataclass
class Recovered:
    """State and position of one partition. `position` None: nothing was ever committed, read from the beginning."""

    states: dict[bytes, bytes] = field(default_factory=dict)
    position: Position | None = None
    low: int = 0
    """First offset that the input partition still holds."""


def remedy_for(changelog: str) -> str:
    """What a person can do about state that is refused."""
    return (
        f"to start over, delete {changelog} and the stage's output topics and create them again, the stage then reads "
        "its input from the beginning (`border down --wipe` deletes everything of a local platform)"
    )


def describe(broker: str, source: str, changelog: str) -> SourceTopic:
    """The input topic's identity. Raises StateRefused if a topic is missing or the two do not fit each other."""
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 3})
    described = {name: _described(admin, name) for name in (source, changelog)}
    partitions = len(described[source].partitions)
    if len(described[changelog].partitions) != partitions:
        raise StateRefused(
            f"{source} has {partitions} partitions and {changelog} has {len(described[changelog].partitions)}; "
            f"delete {changelog} and create it again with {partitions}, the stage then starts from the beginning"
        )
    return SourceTopic(source, str(described[source].topic_id), partitions)


def _described(admin: AdminClient, name: str) -> TopicDescription:
    """A topic as a broker knows it. Raises StateRefused if it stays unknown for APPEARS_SECONDS."""
    deadline = time.monotonic() + APPEARS_SECONDS
    while True:
        try:
            described: TopicDescription = admin.describe_topics(TopicCollection([name]))[name].result(ANSWER_SECONDS)
            return described
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
            if time.monotonic() > deadline:
                raise StateRefused(f"topic {name} does not exist; create it with `border topics --create`") from error
        time.sleep(0.1)


def recover(
    broker: str, source: SourceTopic, changelog: str, partitions: Iterable[int], failpoints: Failpoints
) -> dict[int, Recovered]:
    """Read changelog partitions to their last stable offset, in bulk. Raises StateRefused, KafkaException."""
    recovered = {partition: Recovered() for partition in partitions}
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "recovery",  # never joined: partitions are assigned by hand and nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "queued.max.messages.kbytes": 32_768,
            "fetch.max.bytes": 16 << 20,
            "max.partition.fetch.bytes": 8 << 20,
            "check.crcs": False,
            "fetch.wait.max.ms": 10,  # the end of a partition is reported only after this wait
            "log_level": 3,
        }
    )
    try:
        consumer.assign([TopicPartition(changelog, p, _low(consumer, changelog, p)) for p in recovered])
        reading = set(recovered)
        while reading:
            # consume() waits its timeout out unless 10,000 messages are there: keep it short
            for message in consumer.consume(10_000, 0.05):
                _take(message, recovered, reading)
            failpoints.hit("in_recovery")
        for partition, found in recovered.items():
            low, high = consumer.get_watermark_offsets(TopicPartition(source.name, partition), ANSWER_SECONDS)
            found.low = low
            _check(source, changelog, partition, found.position, low, high)
    finally:
        consumer.close()
    return recovered


def _low(consumer: Consumer, topic: str, partition: int) -> int:
    low, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), ANSWER_SECONDS)
    return int(low)


def _take(message: Message, recovered: dict[int, Recovered], reading: set[int]) -> None:
    error, partition = message.error(), int(message.partition() or 0)
    if error is not None:
        if error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        reading.discard(partition)
        return
    key, value = bytes(message.key() or b""), message.value()
    if key == POSITION_KEY and value is not None:
        recovered[partition].position = msgspec.json.decode(value, type=Position)
    elif value is None:
        recovered[partition].states.pop(key, None)
    else:
        recovered[partition].states[key] = value


def _check(source: SourceTopic, changelog: str, partition: int, position: Position | None, low: int, high: int) -> None:
    """Refuse a position that means another log, or one that the log no longer reaches back to."""
    if position is None:
        return
    remedy = remedy_for(changelog)
    if position.topic_id != source.topic_id:
        raise StateRefused(
            f"{source.name} was deleted and created again since {changelog} was written (topic id {position.topic_id}, "
            f"now {source.topic_id}): its offsets mean other records; {remedy}"
        )
    if position.partitions != source.partitions:
        raise StateRefused(
            f"{source.name} has {source.partitions} partitions, but {changelog} was written when it had "
            f"{position.partitions}: keys have moved; {remedy}"
        )
    if position.offset < low:
        raise StateRefused(
            f"{source.name} partition {partition} now begins at {low}, but the stage had got only to "
            f"{position.offset}: retention deleted up to {low - position.offset} records that were never processed; "
            f"restore them, or {remedy}"
        )
    if position.offset > high:
        raise StateRefused(
            f"{source.name} partition {partition} ends at {high}, but the stage had got to {position.offset}: "
            f"the log was cut short; {remedy}"
        )
