"""All groups that this worker owns: opened and closed by the transport, fed by the agent."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn

from schemas.codec import Codec
from schemas.trace_context import trace_id_in
from streams.core.stage import Stage
from streams.runtime import events, recovery
from streams.runtime.assignor import group_of
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.failpoints import Failpoints
from streams.runtime.group import Group
from streams.runtime.recovery import Recovered, SourceTopic, StateRefused
from streams.runtime.schema_cache import SchemaCache
from streams.runtime.settings import RuntimeSettings
from streams.runtime.transport import Batch, partition_of

# Every group may claim, recover or commit at the same time; commits wait for the broker and hold no lock meanwhile.
THREADS: Final = 16


class Groups:
    """The shared context of the groups of one worker."""

    def __init__(
        self,
        stage: Stage,
        settings: RuntimeSettings,
        codec: Codec,
        emit: Callable[[events.Event], None],
        end: Callable[[events.GaveUp | events.Refused], NoReturn],
    ) -> None:
        self.stage = stage
        self.settings = settings
        self.codec = codec
        self.emit = emit
        self.failpoints = Failpoints(settings.failpoint)
        self.schemas = SchemaCache(codec, settings.registry_url, emit)
        self.opened = False
        """True while every assigned partition is recovered; also with none assigned, as for a spare worker."""

        self._end = end
        self._opened: dict[int, Group] = {}
        self._one_at_a_time = asyncio.Lock()
        self._threads = ThreadPoolExecutor(THREADS, "groups")

    @property
    def ready(self) -> bool:
        """True while every assigned partition is recovered and none waits for a registry that does not answer."""
        return self.opened and not self.schemas.unanswered

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def give_up(self, reason: str) -> NoReturn:
        """End the process: memory may be ahead of the log."""
        self._end(events.GaveUp(reason))

    def recover(self, source: SourceTopic, partitions: Iterable[int]) -> dict[int, Recovered]:
        """Blocks. State and position of these partitions."""
        return recovery.recover(self.settings.broker, source, self.stage.changelog.name, partitions, self.failpoints)

    async def open(self, assigned: set[Any]) -> dict[Any, int]:
        """Close what was lost, claim and recover what is new; where to read each partition from.

        Never raises: a worker that cannot open its partitions ends, with a status that says whether to start it again.
        One rebalance may start before the last one's call has returned. The newest call has to be the last to rewind:
        an older one that rewinds a group after it was started anew would leave it refusing batches for ever.
        """
        self.opened = False
        async with self._one_at_a_time:
            return await self._open(assigned)

    async def _open(self, assigned: set[Any]) -> dict[Any, int]:
        wanted: dict[int, list[int]] = defaultdict(list)
        for tp in assigned:
            wanted[group_of(tp.partition)].append(tp.partition)
        try:
            for index in set(self._opened) - set(wanted):
                await self._opened.pop(index).close()
                self.emit(events.GroupClosed(index))
            new = sorted(set(wanted) - set(self._opened))
            if new:
                source = await self.in_thread(
                    recovery.describe, self.settings.broker, self.stage.source.name, self.stage.changelog.name
                )
                await asyncio.gather(*(self._open_one(index, source, wanted[index]) for index in new))
        except StateRefused as error:
            self._end(events.Refused(str(error)))
        except Exception as error:
            self.give_up(f"cannot open groups {sorted(wanted)}: {error!r}")
        self.emit(events.Assigned(sorted(tp.partition for tp in assigned)))
        return {
            partition_of(self.stage.source.name, number): offset
            for index in wanted
            for number, offset in self._opened[index].rewind().items()
        }

    async def _open_one(self, index: int, source: SourceTopic, partitions: list[int]) -> None:
        group = Group(self, index, source)
        await group.open(partitions)
        self._opened[index] = group

    def start(self, epoch: int, positions: dict[Any, int]) -> None:
        """Let batches of this epoch in."""
        for index, group in self._opened.items():
            group.start(epoch, {tp.partition: at for tp, at in positions.items() if group_of(tp.partition) == index})
        self.opened = True

    async def finish(self) -> None:
        """Commit everything folded."""
        await asyncio.gather(*(group.finish() for group in self._opened.values()))

    async def submit(self, batch: Batch) -> None:
        """Hand a batch to its group; dropped if the group is gone, since its next owner reads it."""
        group = self._opened.get(group_of(batch.tp.partition))
        if group is not None:
            await group.submit(batch)

    def asking(self) -> set[Any]:
        """Partitions whose group asks the registry."""
        source = self.stage.source.name
        return {partition_of(source, p) for group in self._opened.values() if group.asking for p in group.partitions}

    def committed_positions(self) -> dict[Any, int]:
        """What the changelog holds, by partition; partitions without a position left out."""
        return {
            partition_of(self.stage.source.name, number): partition.committed
            for group in self._opened.values()
            for number, partition in group.partitions.items()
            if partition.committed is not None
        }

    def emit_rejected(self, tp: Any, offset: int, letter: DeadLetterRecord) -> None:
        """Log a dead letter."""
        self.emit(
            events.RecordRejected(
                letter.reason,
                letter.exception,
                letter.message,
                tp.topic,
                tp.partition,
                offset,
                trace_id_in(letter.headers),
            )
        )

    def measure_lag(self, unread: dict[int, int], told_at: dict[int, float], now: float) -> None:
        """Emit each partition's lag. `unread`: records that the consumer has not taken yet; `told_at`: when the broker
        last told how far the partition goes; `now`. Times in seconds."""
        for group in self._opened.values():
            for number, partition in group.partitions.items():
                lag = partition.lag(unread.get(number, 0), now, told_at.get(number))
                self.emit(events.LagMeasured(number, *lag))
