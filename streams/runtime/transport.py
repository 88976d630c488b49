"""A Faust transport that hands the agent whole fetched batches, starting where the *state* says, not the group.

Registered as `batched://`. One event per fetched batch of a partition; nothing is delivered for a partition before
`app.groups.open()` has recovered it. What it takes over from Faust's aiokafka driver is the group membership and the
consumer's own thread; Faust's tables, producer, acks and `exactly_once` are not used: each loses or repeats records.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import NoOffsetForPartitionError
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import TRANSPORTS, aiokafka
from faust.types import TP, ConsumerMessage

from streams.runtime import fetched
from streams.runtime.assignor import GroupAssignor

SCHEME: Final = "batched"

# The driver fixes 1.5 s. A partition that was being folded when a fetch went out is not in that fetch, so its next
# records wait until it returns: this is the most it can add to the latency of a busy partition.
FETCH_WAIT_MS: Final = 50

LOG_APPEND_TIME: Final = 1

# Keys and values of one batch. A fetch is bounded as it is compressed, which a thousandth of this can be.
BATCH_BYTES: Final = 8 << 20


class Batch(NamedTuple):
    """What one fetch brought for one partition."""

    tp: Any
    epoch: int
    """The seek after which it was read."""

    start: int | None
    """The offset after the previous batch. Aborted and control records make holes in offsets; batches do not."""

    end: int
    """Where to read on: behind the last record, and behind what follows it of control and aborted records."""

    records: list[Any]
    """Empty if there was nothing but control and aborted records."""

    fetched_at: int
    """This machine's clock, microseconds; for traces alone."""


def runs_of(records: list[Any]) -> Iterator[list[Any]]:
    """The records in runs of at most BATCH_BYTES, or of one record."""
    begin = total = 0
    for at, record in enumerate(records):
        size = max(0, record.serialized_key_size) + max(0, record.serialized_value_size)
        total += size
        if total > BATCH_BYTES and at > begin:
            yield records[begin:at]
            begin, total = at, size
    yield records[begin:] if begin else records


class ConsumerThread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Runs in the consumer's own thread, where seeks and fetches cannot interleave, and tags them with an epoch there.

    Otherwise a fetch in flight across a seek delivers its records after it; to drop them as stale would lose them,
    since aiokafka's position has moved on.
    """

    epoch = 0

    def __post_init__(self) -> None:
        self.fetched_to: dict[Any, int] = {}
        super().__post_init__()

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Not settings of Faust: the isolation level follows its exactly_once, and these others are fixed. They are read
        # when the consumer starts, which is later.
        changes = {
            "_isolation_level": "read_committed",
            "_partition_assignment_strategy": [GroupAssignor],
            "_fetch_max_wait_ms": FETCH_WAIT_MS,
            # `earliest` would hide that retention has passed our position: the records between would be skipped
            "_auto_offset_reset": "none",
        }
        for name, value in changes.items():
            if not hasattr(consumer, name):
                raise RuntimeError(f"this aiokafka has no {name}: the worker would read uncommitted records")
            setattr(consumer, name, value)
        return consumer

    async def seek_all(self, positions: Mapping[Any, int], epoch: int) -> None:
        """Seek every partition and begin a new epoch, in one step as seen by fetches."""
        await self.call_thread(self._seek_all, positions, epoch)

    async def _seek_all(self, positions: Mapping[Any, int], epoch: int) -> None:
        for tp, offset in positions.items():
            self._ensure_consumer().seek(TopicPartition(tp.topic, tp.partition), offset)
        self.fetched_to, self.epoch = dict(positions), epoch

    async def _fetch_records(self, consumer: Any, active_partitions: Any, **limits: Any) -> list[Batch]:
        try:
            records_by_partition = await super()._fetch_records(consumer, active_partitions, **limits)
        except NoOffsetForPartitionError:  # just assigned and not sought yet: seek_all comes
            return []
        batches = []  # no await between aiokafka taking the records and this: the epoch is the one they were read in
        for aiokafka_tp, records in records_by_partition.items():
            tp = ensure_TP(aiokafka_tp)
            batches += [self._batch(tp, run[-1].offset + 1, run) for run in runs_of(records)]
        if self.consumer.flow_active:
            batches += self._passed_over()
        return batches

    def _batch(self, tp: Any, end: int, records: list[Any]) -> Batch:
        start, self.fetched_to[tp] = self.fetched_to.get(tp), end
        return Batch(tp, self.epoch, start, end, records, time.time_ns() // 1000)

    def _passed_over(self) -> list[Batch]:
        """Batches without records where aiokafka went on over control and aborted records."""
        return [
            self._batch(tp, position, [])
            for tp, (position, _) in self._positions().items()
            if position > self.fetched_to.get(tp, position)
        ]

    def _states(self) -> dict[Any, Any]:
        """What aiokafka knows of each partition that it has a place in."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        states = {ensure_TP(tp): assignment.state_value(tp) for tp in (assignment.tps if assignment else ())}
        return {tp: state for tp, state in states.items() if state is not None and state.has_valid_position}

    def _positions(self) -> dict[Any, tuple[int, int | None]]:
        """Of each partition where the consumer is, and the last stable offset."""
        return {tp: (state.position, state.lso) for tp, state in self._states().items()}

    def lags(self) -> dict[int, int]:
        """Records, control records aside as far as they were read, between the consumer and the last stable offset."""
        return {tp.partition: max(0, lso - at) for tp, (at, lso) in self._positions().items() if lso is not None}

    def told_at(self) -> dict[int, float]:
        """When the broker last answered a fetch of each partition, seconds: what `lags` rests on."""
        states = self._states().items()
        return {tp.partition: state.timestamp / 1000 for tp, state in states if state.timestamp is not None}


class Consumer(aiokafka.Consumer):  # type: ignore[misc]
    """Faust's consumer with batches, recovery before reading, and positions of our own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.epoch = 0  # counts revocations and seeks: whatever was read in an older epoch is read again
        self._shown: dict[Any, int] = {}
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def lags(self) -> dict[int, int]:
        """Records not read yet by partition."""
        lags: dict[int, int] = self._thread.lags()
        return lags

    def told_at(self) -> dict[int, float]:
        """When the broker last said how far each partition goes, seconds."""
        told_at: dict[int, float] = self._thread.told_at()
        return told_at

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Commit what is folded first: otherwise an ordinary rebalance fences a healthy worker."""
        self.epoch += 1
        await self.app.groups.finish()
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Called by Faust once per rebalance, with the flow stopped, before it lets records through."""
        self.epoch += 1
        epoch, assigned = self.epoch, {ensure_TP(tp) for tp in self.assignment()}
        # Shielded: Faust cancels perform_seek when the next rebalance starts, and a claim must not be left half done.
        positions = await asyncio.shield(asyncio.ensure_future(self.app.groups.open(assigned)))
        if epoch != self.epoch:  # another rebalance started meanwhile and will come here again
            return
        self._read_offset.clear()
        self.app.groups.start(epoch, positions)
        await self._thread.seek_all(positions, epoch)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:  # noqa: ASYNC109
        """Whole batches, as one event each."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        partitions = set(self.assignment())
        waiting = partitions & self.app.groups.asking()
        if waiting:
            timeout = FETCH_WAIT_MS / 1000  # they are looked at again soon
        if waiting == partitions != set():  # none would mean all to aiokafka
            await asyncio.sleep(timeout)
            return
        batches = await self._thread.getmany(partitions - waiting, timeout)
        if not self.flow_active:  # a fetch under way when the flow stopped may return after the seek: keep it
            await self.wait(self.can_resume_flow)
        for batch in batches or ():
            if self.should_stop or batch.epoch != self.epoch:
                return
            yield batch.tp, self._message(batch)

    def _message(self, batch: Batch) -> Any:
        return ConsumerMessage(
            batch.tp.topic,
            batch.tp.partition,
            batch.end - 1,
            batch.records[-1].timestamp / 1000 if batch.records else 0.0,
            LOG_APPEND_TIME,
            (),
            None,
            batch,
            None,
            0,
            0,
            batch.tp,
            generation_id=self.app.consumer_generation_id,
        )

    # Faust takes a partition whose queue is full off the fetch list, and sleeps 1 s when none is left. The queue counts
    # batches here and is full all the time; the blocked put() in the conductor is the back-pressure.
    def on_buffer_full(self, tp: Any) -> None:
        """Nothing; see above."""

    def on_buffer_drop(self, tp: Any) -> None:
        """Nothing; see above."""

    def ack(self, message: Any) -> bool:
        """Only forget the message: offsets are acknowledged from what was committed, see below."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Control records make a gap before nearly every batch; Faust's bookkeeping of them took 40 % of the CPU."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[Any]:
        return list(self.app.groups.committed_positions())

    def _filter_committable_offsets(self, tps: Iterable[Any]) -> dict[Any, int]:
        """The consumer group's offsets: what was committed transactionally, for lag monitors. Never read back."""
        positions = self.app.groups.committed_positions()
        moved = {tp: positions[tp] for tp in tps if tp in positions and positions[tp] != self._shown.get(tp)}
        self._shown.update(moved)
        return moved


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """The driver with our consumer."""

    Consumer = Consumer


def register() -> None:
    """Make `batched://` known to Faust."""
    fetched.register()
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"


def partition_of(topic: str, number: int) -> Any:
    """Faust's name of a partition."""
    return TP(topic, number)
