"""One group of partitions: its state, its queue of batches, and the task that folds and commits them.

Why every record changes state exactly once and a read-committed reader sees every output exactly once:

 1. A group is always assigned whole, and the transactional id `<stage>-<group>` is used for it alone. Whoever
    initialised that id last owns the group. Group membership only decides who tries: a zombie costs time, never
    correctness.
 2. State and positions are read from the changelog only after the claim returned. The claim aborted or completed every
    transaction of earlier owners and fenced their producers, so nothing can be appended behind what is read.
 3. Reading starts at the position found there, never at the offset that the consumer group remembers.
 4. Fetches are tagged, in the consumer's thread, with the seek they came after and the offset they began at. A batch of
    an older seek is dropped, and comes again; a batch that does not begin where the last one ended ends the process.
 5. Batches are folded in log order into one transaction: outputs, dead letters, changed states, positions. While it
    commits, the next one is folded, but never begun before the commit has returned.
 6. A commit that fails in any way (fenced, timed out, not delivered) ends the process, because memory is then ahead of
    the log: exit status 75, and whoever starts next begins at 1.
 7. In a rebalance, what was folded is committed before the partitions are given up. A group that stays here is read on
    from what memory holds, not from what is committed: a folded batch is never folded again. If somebody else owned it
    in between, the next commit is fenced, and 6 applies.
 8. The offset acknowledged to the consumer group is for display and never read back.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from schemas.trace_context import trace_id_in
from streams.core.keyed_state import OtherVersion
from streams.runtime import events
from streams.runtime.cloud_events import id_in
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.folding import Decoded, PartitionFold, place_of
from streams.runtime.ledger import Ledger, Transaction, changelog_bytes_of, outputs_of
from streams.runtime.recovery import Position, Recovered, SourceTopic, StateRefused, remedy_for
from streams.runtime.transport import Batch

if TYPE_CHECKING:
    from streams.runtime.groups import Groups

# Batches waiting per group. Enough to fold while the next fetch is under way; more only adds latency and memory.
MAX_QUEUED_BATCHES: Final = 12

# How long a position without records waits for a transaction with some, before it gets one of its own.
POSITIONS_SECONDS: Final = 5.0

# A broker answers each fetch within 0.05 s, records or none; one that is busy or pauses is not silent yet.
SILENCE_SECONDS: Final = 5.0


@dataclass(slots=True)
class Partition:
    """Where one partition of a group stands. Offsets are of the next record to read."""

    fold: PartitionFold
    committed: int | None
    """What the changelog holds; None: nothing yet."""

    folded: int
    """What memory holds."""

    tail: int | None = None
    """Where the next batch from the transport must begin."""

    uncommitted: deque[Batch] = field(default_factory=deque)
    """Batches taken from the transport and not committed yet, in order."""

    unread_since: float | None = None
    """When records were first seen that none of these batches holds, seconds; None: all seen are in them."""

    told_at: float | None = None
    """When the broker last told how far its log goes, seconds; before the first time, when it was first asked for."""

    def lag(self, unread: int, now: float, told_at: float | None = None) -> tuple[int, float]:
        """Records not committed yet and the age of the oldest; at least its age while it is not even fetched.

        Once the broker is silent, nobody knows of what has come since then, so the age grows from there: it would
        stand at 0 while the broker is away.
        """
        records = unread + sum(len(batch.records) for batch in self.uncommitted)
        self.told_at = told_at or self.told_at or now
        silence = now - self.told_at if now - self.told_at > SILENCE_SECONDS else 0.0
        if self.uncommitted:
            return records, max(silence, now - self.uncommitted[0].records[0].timestamp / 1000)
        self.unread_since = (self.unread_since or now) if unread else None
        return records, max(silence, now - (self.unread_since or now))


class Group:
    """Runs in the main loop; only claims, recovery, commits and questions to the registry are in threads."""

    def __init__(self, groups: "Groups", index: int, source: SourceTopic) -> None:
        self._groups = groups
        self._source = source
        self.index = index
        self.asking = False
        """True while the registry is asked: nothing is fetched for this group, so that the others go on."""

        self.partitions: dict[int, Partition] = {}
        self._ledger = Ledger(
            groups.settings.broker,
            f"{groups.stage.name}-{index}",
            groups.stage.changelog.name,
            groups.failpoints,
            groups.settings.commit_timeout_seconds,
        )
        self._queue: deque[Batch] = deque()
        self._room = asyncio.Event()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()  # set while memory holds nothing that is not committed
        self._idle.set()
        self._epoch: int | None = None
        self._pending = Transaction()
        self._committing: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self, partitions: Iterable[int]) -> None:
        """Claim, recover and start folding. Raises StateRefused or KafkaException."""
        groups, wanted = self._groups, sorted(partitions)
        started = time.monotonic()
        await groups.in_thread(self._ledger.claim)
        claimed = time.monotonic()
        recovered = await groups.in_thread(groups.recover, self._source, wanted)
        for number, found in recovered.items():
            self.partitions[number] = self._open_partition(number, found)
        groups.emit(
            events.GroupOpened(
                self.index,
                self._source.name,
                {number: partition.committed for number, partition in self.partitions.items()},
                self._keys(),
                self._state_bytes(),
                {number: partition.fold.watermark_at for number, partition in self.partitions.items()},
                claimed - started,
                time.monotonic() - claimed,
            )
        )
        self._task = asyncio.create_task(self._run())

    def _open_partition(self, number: int, found: Recovered) -> Partition:
        groups = self._groups
        offset = found.position.offset if found.position else None
        try:
            fold = PartitionFold(groups.stage, groups.codec, number, found.states, groups.settings.max_message_bytes)
        except Exception as error:  # the same states raise again, however often the worker is started
            changelog, why = groups.stage.changelog.name, error if isinstance(error, OtherVersion) else place_of(error)
            raise StateRefused(
                f"the state in {changelog} partition {number} cannot be used: {why}; start the version that wrote it; "
                f"or, {remedy_for(changelog)}"
            ) from error
        # without a position nothing was ever committed: the whole log is ours to read
        return Partition(fold, offset, found.low if offset is None else offset)

    def rewind(self) -> dict[int, int]:
        """Forget batches that are not folded; they are fetched again. Returns where to read on: step 7."""
        self._queue.clear()
        for partition in self.partitions.values():
            while partition.uncommitted and partition.uncommitted[-1].end > partition.folded:
                partition.uncommitted.pop()
        self._epoch = None
        self._room.set()
        return {number: partition.folded for number, partition in self.partitions.items()}

    def start(self, epoch: int, positions: dict[int, int]) -> None:
        """Take batches of this epoch from here on."""
        for number, offset in positions.items():
            self.partitions[number].tail = offset
        self._epoch = epoch

    async def finish(self) -> None:
        """Before partitions are given up: commit what is folded, so that the next owner need not fence us."""
        self.rewind()
        self._pending.urgent = bool(self._pending.positions)
        self._commit_if_due()
        await self._idle.wait()

    async def submit(self, batch: Batch) -> None:
        """Queue a batch; waits while the queue is full, which is the back-pressure on the consumer.

        A group that asks the registry takes the few that were fetched before it asked: all groups are fed in one row.
        """
        while batch.epoch == self._epoch and len(self._queue) >= MAX_QUEUED_BATCHES and not self.asking:
            self._room.clear()
            await self._room.wait()
        if batch.epoch != self._epoch:
            return
        partition = self.partitions[batch.tp.partition]
        if batch.start != partition.tail:
            self._groups.give_up(f"{batch.tp} continues at {batch.start} instead of {partition.tail}")
        partition.tail, partition.unread_since = batch.end, None
        if batch.records:
            partition.uncommitted.append(batch)
        self._queue.append(batch)
        self._wake.set()

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue and not self._pending.is_full(self._groups.settings.max_records):
                    batch = self._queue.popleft()
                    self._room.set()
                    await self._fold(batch)
                    self._commit_if_due()
                    await asyncio.sleep(0)  # lets the commit start, and the other groups fold, between two batches
        except Exception as error:
            self._groups.give_up(f"group {self.index}: {error!r}")

    async def _fold(self, batch: Batch) -> None:
        groups, started = self._groups, time.perf_counter()
        partition = self.partitions[batch.tp.partition]
        if not batch.records:
            self._move_on(batch)
            return
        refused: dict[int, DeadLetterRecord] = {}
        decoded = await self._decode(partition.fold, batch, refused)
        if batch.epoch != self._epoch:  # the registry was asked, and partitions moved meanwhile: the batch comes again
            return
        groups.failpoints.hit("after_decode")
        pending = self._pending
        partition.fold.fold(decoded, refused, pending)
        groups.failpoints.hit("after_fold")
        if not pending.records:
            pending.started = asyncio.get_running_loop().time()
            pending.oldest_appended_at = batch.records[0].timestamp * 1000
            asyncio.get_running_loop().call_later(groups.settings.gather_seconds, self._commit_if_due)
            self._idle.clear()
        for offset in sorted(refused):
            pending.dead_letters.append(refused[offset])
            pending.bytes += refused[offset].size_bytes
            groups.emit_rejected(batch.tp, offset, refused[offset])
        pending.records += len(batch.records)
        pending.positions[batch.tp.partition] = partition.folded = batch.end
        if steps := partition.fold.take_steps():
            pending.traces.append(events.Traced(batch.tp.partition, batch.fetched_at, time.time_ns() // 1000, steps))
        elapsed = time.perf_counter() - started
        groups.emit(events.BatchFolded(len(batch.records), elapsed, partition.fold.take_counters()))

    def _move_on(self, batch: Batch) -> None:
        """Note a position that no record brought, so that retention behind it is not taken for a loss one day."""
        if not self._pending.positions:
            self._pending.started = asyncio.get_running_loop().time()
            asyncio.get_running_loop().call_later(POSITIONS_SECONDS, self._commit_if_due)
            self._idle.clear()
        self._pending.positions[batch.tp.partition] = self.partitions[batch.tp.partition].folded = batch.end

    async def _decode(self, fold: PartitionFold, batch: Batch, refused: dict[int, DeadLetterRecord]) -> list[Decoded]:
        schemas = self._groups.schemas
        schemas.forget_old()
        answered: set[int] = set()  # for this batch: with thousands of ids, the first may be forgotten before the last
        while True:
            unknown = answered.union(schemas.unknown) if answered else schemas.unknown
            decoded = fold.decode(batch.records, refused, unknown)
            if isinstance(decoded, list):
                return decoded
            answered |= decoded
            self.asking = True
            self._room.set()
            try:
                await schemas.learn(decoded)
            finally:
                self.asking = False
            refused.clear()

    def _commit_if_due(self) -> None:
        """After each fold, when gathering ends, after each commit, and before partitions are given up."""
        pending, settings = self._pending, self._groups.settings
        if not pending.positions or self._committing is not None:
            return
        age = asyncio.get_running_loop().time() - pending.started
        gather_seconds = settings.gather_seconds if pending.records else POSITIONS_SECONDS
        if pending.urgent or pending.is_full(settings.max_records) or age >= gather_seconds - 0.001:
            self._pending = Transaction()
            self._committing = asyncio.create_task(self._commit(pending))

    async def _commit(self, pending: Transaction) -> None:
        groups, started = self._groups, time.monotonic()
        positions = {
            number: msgspec.json.encode(Position(self._source.topic_id, self._source.partitions, number, offset))
            for number, offset in pending.positions.items()
        }
        try:
            await groups.in_thread(self._ledger.commit, pending, positions)
        except BaseException as error:  # fenced, timed out, cancelled: step 6
            groups.give_up(f"group {self.index} could not commit: {error!r}")
        groups.failpoints.hit("before_ack")
        for number, offset in pending.positions.items():
            partition = self.partitions[number]
            partition.committed = offset
            while partition.uncommitted and partition.uncommitted[0].end <= offset:
                partition.uncommitted.popleft()
        self._committing = None
        if not self._pending.positions:
            self._idle.set()
        self._commit_if_due()
        self._wake.set()  # the next transaction may have been full
        if pending.records:
            groups.emit(self._committed(pending, positions, time.monotonic() - started))
        for alert, headers in pending.alerts:
            groups.emit(events.AlertWritten(id_in(headers), alert.kind, alert.port_code, trace_id_in(headers)))

    def _committed(
        self, pending: Transaction, positions: dict[int, bytes], commit_seconds: float
    ) -> events.TransactionCommitted:
        return events.TransactionCommitted(
            group=self.index,
            topic=self._source.name,
            records=pending.records,
            outputs=outputs_of(pending),
            dead_letters=Counter(letter.reason for letter in pending.dead_letters),
            changelog_records=len(positions) + sum(map(len, pending.changes.values())),
            changelog_bytes=changelog_bytes_of(pending, positions),
            keys=self._keys(),
            state_bytes=self._state_bytes(),
            newest_event_at=pending.newest_event_at,
            readings_at=pending.readings_at,
            watermarks=pending.watermarks,
            commit_seconds=commit_seconds,
            latency_seconds=time.time() - pending.oldest_appended_at / 1e6,
            traces=pending.traces,
            committed_at=time.time_ns() // 1000,
        )

    def _keys(self) -> int:
        return sum(len(partition.fold.stored) for partition in self.partitions.values())

    def _state_bytes(self) -> int:
        return sum(partition.fold.stored.size_bytes for partition in self.partitions.values())

    async def close(self) -> None:
        """Commit what is folded and forget the state."""
        await self.finish()
        if self._task is not None:
            self._task.cancel()
        self.partitions.clear()
        await self._groups.in_thread(self._ledger.close)
