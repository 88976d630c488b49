"""Answers on their way into the log: kept in the journal first, delivered from a thread of its own, again if refused.

The producer never gives up on a broker that is away (there is no delivery time-out), and what it has no room for waits
in a queue of at most KEPT_MAX. An answer is forgotten once it is delivered and 15 minutes old. A repeat has the same
id, and the outcomes stage counts it once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.codec import Codec
from schemas.records import LightAnswer
from schemas.topics import LANE_DECISIONS
from schemas.trace_context import HEADER
from streams.core.light.board import FRESH_SECONDS, SECOND
from streams.light.journal import KEPT_MAX, Journal
from streams.light.telemetry import LightTelemetry, steps_of

POLL_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 1.0
FORGET_EVERY_SECONDS: Final = 60.0
# What the client itself holds; the rest waits before it.
IN_FLIGHT_MAX: Final = 5_000
# How long a server that stops waits for the broker; what is left is delivered by the next one.
FLUSH_SECONDS: Final = 3.0


class AnswerWriter:
    """Keeps and delivers answers. `put` and `remember_lane` are for the event loop's thread, `start` and `stop` for its
    owner.
    """

    def __init__(self, broker: str, journal: Journal, telemetry: LightTelemetry, sample_ratio: float = 1.0) -> None:
        self._broker = broker
        self._sample_ratio = sample_ratio
        self._journal = journal
        self._telemetry = telemetry
        self._codec: Codec | None = None
        self._pending: deque[LightAnswer] = deque()
        self._in_flight = 0
        self._delivered: list[LightAnswer] = []
        self._wake = threading.Event()
        self._stopping = False
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._run, name="light-writer", daemon=True)

    def put(self, answer: LightAnswer) -> None:
        """Keep an answer and have it delivered."""
        if not self._journal.keep(answer):
            self._telemetry.unkept()
        if len(self._pending) < KEPT_MAX:
            self._pending.append(answer)
        self._wake.set()

    def remember_lane(self, lane_id: str) -> None:
        """Keep that there is such a lane."""
        if not self._journal.keep_lane(lane_id):
            self._telemetry.unkept()

    def restore(self, answer: LightAnswer) -> None:
        """Deliver one that an earlier server kept and did not see delivered; before `start`."""
        self._pending.append(answer)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def use(self, codec: Codec) -> None:
        """The ids that answers are written with; until they are known, answers wait."""
        self._codec = codec
        self._wake.set()

    def stop(self) -> None:
        """Deliver what can be delivered within FLUSH_SECONDS."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        producer = self._new_producer()
        forget_at, until = time.monotonic(), 0.0
        while True:
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            try:
                producer = self._deliver(producer)
            except Exception as error:  # without this thread nothing would ever be delivered
                self._telemetry.outage("writer", error)
                self._retry_at = time.monotonic() + RETRY_SECONDS
            if time.monotonic() >= forget_at:
                forget_at += FORGET_EVERY_SECONDS
                self._guarded_forget()
            if self._stopping:
                until = until or time.monotonic() + FLUSH_SECONDS
                if not (self._pending or self._in_flight) or time.monotonic() > until:
                    break
        producer.purge()
        producer.flush(0)

    def _deliver(self, producer: Producer) -> Producer:
        codec = self._codec
        while codec is not None and self._pending and time.monotonic() >= self._retry_at:
            answer = self._pending[0]
            try:
                producer.produce(
                    LANE_DECISIONS.name,
                    codec.encode(answer),
                    answer.lane_id.encode(),
                    headers=self._headers(answer),
                    on_delivery=self._on_delivery(answer),
                )
            except BufferError:
                break  # back-pressure: it is tried again when there is room
            except KafkaException as error:  # a fatal error: only a new producer gets over it
                self._telemetry.outage("producer", error)
                self._retry_at = time.monotonic() + RETRY_SECONDS
                producer.purge()
                producer.flush(0)
                producer = self._new_producer()
                break
            self._in_flight += 1
            self._pending.popleft()
        producer.poll(0)
        if self._delivered:
            delivered, self._delivered = self._delivered, []
            try:
                self._journal.delivered(delivered)
            except Exception as error:  # a repeat after the next start is the worst of it
                self._telemetry.outage("journal", error)
        self._telemetry.undelivered(len(self._pending) + self._in_flight)
        return producer

    def _headers(self, answer: LightAnswer) -> list[tuple[str, str | bytes | None]]:
        """The trace of the reading by which the vehicle came to the light, if that is known."""
        steps = steps_of(answer, self._sample_ratio)
        return [] if steps is None else [(HEADER, steps[1])]

    def _on_delivery(self, answer: LightAnswer) -> Callable[[KafkaError | None, Message], None]:
        def report(error: KafkaError | None, _: Message) -> None:
            self._in_flight -= 1
            if error is None:
                self._delivered.append(answer)
                return
            self._telemetry.delivery_failed(error.name())
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if not self._stopping:
                self._pending.append(answer)

        return report

    def _guarded_forget(self) -> None:
        try:
            self._journal.forget(time.time_ns() // 1000 - FRESH_SECONDS * SECOND)
        except Exception as error:
            self._telemetry.outage("journal", error)

    def _new_producer(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._broker,
                "log_level": 2,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 0,
                "queue.buffering.max.messages": IN_FLIGHT_MAX,
                "message.timeout.ms": 0,
            }
        )
