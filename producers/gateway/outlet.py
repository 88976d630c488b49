"""One idempotent producer, and the readings of one queue that are on their way through it into one topic, in order.

`send` hands a reading over; `reported` is told of everything that the broker has acknowledged or that came back. With
no time limit, librdkafka sends a partition's messages again in their order however long the broker is away. It keeps as
few of them as WINDOW, so that memory is flat in any outage.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from producers.spool.entries import Kept
from schemas.topics import Topic
from schemas.trace_context import HEADER, context_of_reading

# Readings on their way at once: 1,000 a round trip of 5 ms are 200,000/s, and as many old ones at most reach the lane's
# topic after an outage.
WINDOW: Final = 1_000
POLL_SECONDS: Final = 0.1
# While the broker is away, as of the first recall: each recall brings them all back, to be sent again.
WINDOW_AWAY: Final = 50
RECONNECT_MILLISECONDS: Final = 500
TIMEOUT_MILLISECONDS: Final = 30_000
# The system asks again after 1, 2, 4 s: later ones would keep a link that is back waiting for longer.
SETUP_MILLISECONDS: Final = 8_000
# Of reports: everything that is on its way.
ALL: Final = -1


class Outlet:
    """A producer for one topic and queue; for the loop's thread. `close` before the loop ends.

    `settled` is called in the loop with the readings that Kafka has, `returned` with those that came back, and why.
    """

    def __init__(
        self,
        broker: str,
        topic: Topic,
        settled: Callable[[list[Kept]], None],
        returned: Callable[[list[Kept], str], None],
        sample_ratio: float = 1.0,
    ) -> None:
        self.topic = topic
        self.in_flight: dict[int, Kept] = {}
        self.changed = asyncio.Event()
        self._settled, self._returned, self._sample_ratio = settled, returned, sample_ratio
        self._loop = asyncio.get_running_loop()
        self._reports: deque[tuple[int, str | None]] = deque()
        self._fatal: str | None = None
        self._is_new = self._is_away = False
        self._broker = broker
        self._producer = self._make()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._poll, name=f"outlet-{topic.name}", daemon=True)
        self._thread.start()

    def _make(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._broker,
                "log_level": 2,  # what happens is in the metrics
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 1,
                "compression.type": "lz4",
                "message.timeout.ms": 0,  # for ever: what is not delivered is on disk
                # A cut that nobody tells of is noticed after so long; a batch passes a link of 20 kbit/s meanwhile.
                "batch.size": 64 << 10,
                "request.timeout.ms": TIMEOUT_MILLISECONDS,
                "socket.timeout.ms": TIMEOUT_MILLISECONDS,
                "socket.connection.setup.timeout.ms": SETUP_MILLISECONDS,
                "socket.keepalive.enable": True,
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": RECONNECT_MILLISECONDS,
                "error_cb": self._on_error,
            }
        )

    @property
    def has_room(self) -> bool:
        """Whether another reading may be handed over."""
        return len(self.in_flight) < (WINDOW_AWAY if self._is_away else WINDOW)

    def send(self, kept: Kept, frame: bytes) -> None:
        """Hand one reading over with its trace. Raises KafkaException or BufferError if the client does not take it."""
        if self._fatal is not None:
            raise BufferError(self._fatal)
        self._producer.produce(
            self.topic.name,
            value=frame + kept.body,
            key=kept.key.encode(),
            headers=[(HEADER, context_of_reading(kept.reading_id, self._sample_ratio))],
            on_delivery=partial(self._on_delivery, kept.position),
        )
        self.in_flight[kept.position] = kept

    def recall(self) -> None:
        """Have what has not left yet come back, as `returned`. What has left is settled when the broker is back."""
        self._is_away = True
        try:
            self._producer.purge(in_queue=True, in_flight=False, blocking=False)
        except KafkaException:  # then it comes back, or is settled, by itself
            pass

    async def flush(self, seconds: float) -> None:
        """Wait until nothing is on its way, so long at most."""
        try:
            async with asyncio.timeout(seconds):
                while self.in_flight:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            pass

    async def close(self) -> None:
        """Stop; what has not been acknowledged is sent again by the next process."""
        self._is_stopping = True
        await asyncio.to_thread(self._thread.join)
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        await asyncio.to_thread(self._producer.flush, 1.0)

    def _poll(self) -> None:
        while not self._is_stopping:
            self._producer.poll(POLL_SECONDS)
            if self._fatal is not None and not self._is_new:
                self._start_again(self._fatal)
            if self._reports:
                try:
                    self._loop.call_soon_threadsafe(self._settle)
                except RuntimeError:  # the loop has ended
                    return

    def _start_again(self, error: str) -> None:
        """After what an idempotent producer cannot go on from: everything on its way comes back, a new one takes it."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=True)
        self._producer.flush(5.0)
        self._producer, self._is_new = self._make(), True
        self._reports.append((ALL, error))

    def _settle(self) -> None:
        done, back, why = list[Kept](), list[Kept](), ""
        while self._reports:
            position, error = self._reports.popleft()
            if position == ALL:
                back += self.in_flight.values()
                self.in_flight.clear()
                self._fatal, self._is_new, why = None, False, error or why
                continue
            kept = self.in_flight.pop(position, None)
            if kept is not None and error is None:
                done.append(kept)
            elif kept is not None:
                back.append(kept)
                why = error or why
        if done:
            self._is_away = False
            self._settled(done)
        if back:
            self._returned(back, why)
        self.changed.set()

    def _on_delivery(self, position: int, error: KafkaError | None, _message: Message) -> None:
        self._reports.append((position, None if error is None else error.name()))

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error.name()
