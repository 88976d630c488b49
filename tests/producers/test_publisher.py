"""The publisher against a real broker."""

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from aiokafka.partitioner import murmur2
from confluent_kafka import Consumer, TopicPartition

from producers.publisher import DeliveryError, Publisher
from producers.simulator import simulate
from schemas.layout import load_lanes
from schemas.records import ChangeKind, Heartbeat, ReferenceChange
from schemas.topics import LANE_READINGS, PARTITIONS
from schemas.trace_context import HEADER, context_of_reading

pytestmark = pytest.mark.integration


class Stored:
    """What the broker stores in lane.readings from now on."""

    def __init__(self, broker: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": broker, "group.id": uuid.uuid4().hex, "enable.auto.commit": False}
        )
        self._parts = [TopicPartition(LANE_READINGS.name, number) for number in range(PARTITIONS)]
        self._from = [self._consumer.get_watermark_offsets(part, timeout=30)[1] for part in self._parts]

    def read(self) -> list[Any]:
        """Every message stored since."""
        ends = [self._consumer.get_watermark_offsets(part, timeout=30)[1] for part in self._parts]
        expected = sum(ends) - sum(self._from)
        self._consumer.assign(
            [TopicPartition(LANE_READINGS.name, number, offset) for number, offset in enumerate(self._from)]
        )
        messages: list[Any] = []
        while len(messages) < expected:
            batch = self._consumer.consume(expected - len(messages), timeout=30)
            assert batch, f"{len(messages)} of {expected} readings within 30 s"
            messages += batch
        return messages

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def stored(platform: Any) -> Iterator[Stored]:
    reader = Stored(platform.broker)
    yield reader
    reader.close()


def heartbeat(lane_id: str) -> Heartbeat:
    items = simulate("rush-hour", seconds=1)
    sample = next(item.reading for item in items if isinstance(item.reading, Heartbeat))
    return msgspec.structs.replace(sample, lane_id=lane_id, reading_id=f"publisher-{lane_id}")


def test_every_reading_is_stored_once_and_unchanged_in_the_order_of_its_lane(platform: Any, stored: Stored) -> None:
    readings = [item.reading for item in simulate("rush-hour", seed=11, seconds=120)]
    with Publisher(platform.broker, platform.codec) as publisher:
        for reading in readings:
            publisher.publish(reading)
    assert publisher.published == publisher.delivered == len(readings) > 1000
    decoded = [(message.key(), platform.codec.decode(message.value())) for message in stored.read()]
    for lane_id in {reading.lane_id for reading in readings}:
        sent = [reading for reading in readings if reading.lane_id == lane_id]
        assert [value for key, value in decoded if key == lane_id.encode()] == sent


def test_the_broker_stores_every_lane_where_java_would_put_it(platform: Any, stored: Stored) -> None:
    lanes = list(load_lanes())
    with Publisher(platform.broker, platform.codec) as publisher:
        for lane_id in lanes:
            publisher.publish(heartbeat(lane_id))
    places = {message.key().decode(): message.partition() for message in stored.read()}
    assert places == {lane_id: (murmur2(lane_id.encode()) & 0x7FFFFFFF) % PARTITIONS for lane_id in lanes}


def test_readings_begin_their_traces_and_what_officers_say_has_none(platform: Any, stored: Stored) -> None:
    reading = heartbeat("2301/01")
    change = ReferenceChange(change_id="c", kind=ChangeKind.RULE_SET, changed_at=1, changed_by="a", approved_by="b")
    with Publisher(platform.broker, platform.codec, sample_ratio=0.0) as publisher:
        publisher.publish(reading)
        publisher.publish(reading)
    first, again = [message.headers() for message in stored.read()]
    assert first == again == [(HEADER, context_of_reading("publisher-2301/01", sample_ratio=0.0))]
    assert publisher._headers(change) == []


def test_a_full_queue_makes_the_sender_wait_and_loses_nothing(platform: Any, stored: Stored) -> None:
    with Publisher(platform.broker, platform.codec, linger_milliseconds=50, queue_messages_max=50) as publisher:
        for _ in range(500):
            publisher.publish(heartbeat("2301/01"))
    assert publisher.back_pressure_waits > 0
    assert len(stored.read()) == publisher.delivered == 500


def test_a_reading_that_cannot_be_stored_raises(platform: Any) -> None:
    nobody = "127.0.0.1:1"  # a port on which nothing listens
    publisher = Publisher(nobody, platform.codec, delivery_timeout_seconds=1.5)
    publisher.publish(heartbeat("2301/01"))
    with pytest.raises(DeliveryError, match="not stored"):
        publisher.flush()
