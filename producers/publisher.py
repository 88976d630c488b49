"""The edge's way into Kafka: readings, and what officers say, to the log of their lane or port, delivered or raised.

Idempotent, acks=all, one partition per lane by Java's murmur2 (librdkafka's own default would scatter a lane's
readings over other partitions than the stages read them from, and nothing would report it). A reading begins its trace.
"""

from types import TracebackType
from typing import Final

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from schemas.codec import Codec
from schemas.records import Heartbeat, LaneEvent, PlateRead, Weighing, XrayScan
from schemas.topics import LANE_READINGS, Topic
from schemas.trace_context import HEADER, context_of_reading

Reading = PlateRead | Weighing | XrayScan | LaneEvent | Heartbeat

# Longer than a broker's restart, so that one is ridden out; then the failure is raised.
DELIVERY_TIMEOUT_SECONDS: Final = 60.0
# How long one wait for room in a full queue lasts before deliveries are looked at again.
BACK_PRESSURE_POLL_SECONDS: Final = 0.1
# librdkafka serves delivery reports only when polled; once per this many readings keeps that off the hot path.
POLL_EVERY: Final = 100


class DeliveryError(RuntimeError):
    """A reading was not stored, or the broker refuses us. Never holds the reading itself."""


class Publisher:
    """Publishes records to a topic, keyed as the catalogue says. Use as a context manager: leaving it flushes.

    Counters: `published` (handed to the client), `delivered` (stored by the broker), `back_pressure_waits`.
    """

    def __init__(
        self,
        broker: str,
        codec: Codec,
        topic: Topic = LANE_READINGS,
        *,
        linger_milliseconds: float = 1.0,
        queue_messages_max: int = 100_000,
        delivery_timeout_seconds: float = DELIVERY_TIMEOUT_SECONDS,
        sample_ratio: float = 1.0,
    ) -> None:
        self.published = 0
        self.delivered = 0
        self.back_pressure_waits = 0
        self._codec = codec
        self._topic = topic
        self._sample_ratio = sample_ratio
        self._timeout_seconds = delivery_timeout_seconds
        self._failure: str | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": broker,
                "log_level": 3,  # a coordinator that is still loading is asked again
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": linger_milliseconds,
                "compression.type": "lz4",
                "queue.buffering.max.messages": queue_messages_max,
                "delivery.timeout.ms": int(delivery_timeout_seconds * 1000),
                "error_cb": self._on_error,
            }
        )

    def publish(self, record: msgspec.Struct) -> None:
        """Hand one record over; waits while the queue is full. Raises DeliveryError for this or an earlier failure."""
        value, key = self._codec.encode(record), getattr(record, self._topic.key).encode()
        headers = self._headers(record)
        while True:
            self._raise_failure()
            try:
                self._producer.produce(
                    self._topic.name, value=value, key=key, headers=headers, on_delivery=self._on_delivery
                )
                break
            except BufferError:  # back-pressure, not an error
                self.back_pressure_waits += 1
                self._producer.poll(BACK_PRESSURE_POLL_SECONDS)
        self.published += 1
        if self.published % POLL_EVERY == 0:
            self._producer.poll(0)

    def _headers(self, record: msgspec.Struct) -> list[tuple[str, str | bytes | None]]:
        """A reading's trace; what officers say is of none."""
        reading_id = getattr(record, "reading_id", None)
        return [] if reading_id is None else [(HEADER, context_of_reading(reading_id, self._sample_ratio))]

    def poll(self) -> None:
        """Look at delivery reports; call when there is nothing to publish for a while. Raises DeliveryError."""
        self._producer.poll(0)
        self._raise_failure()

    def flush(self) -> None:
        """Wait until every reading is stored. Raises DeliveryError if one was not."""
        left = self._producer.flush(self._timeout_seconds + 5.0)
        self._raise_failure()
        if left:
            raise DeliveryError(f"{left} readings were not stored within {self._timeout_seconds:g} s")

    def close(self, seconds: float) -> None:
        """Wait so long at most for what is still to be delivered; what is not then is lost, and nobody is told."""
        self._producer.flush(seconds)

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self.close(1.0)

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.delivered += 1
        elif self._failure is None:
            self._failure = f"a reading was not stored: {error.name()}: {error.str()}"

    def _on_error(self, error: KafkaError) -> None:
        # A broker that is away is retried until the delivery times out; these never get better by waiting.
        refused = (
            KafkaError._AUTHENTICATION,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.SASL_AUTHENTICATION_FAILED,
        )
        if self._failure is None and (error.fatal() or error.code() in refused):
            self._failure = f"the broker refuses: {error.name()}: {error.str()}"

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise DeliveryError(self._failure)
