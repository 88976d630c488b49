"""The spool as the gateway's loop sees it: a thread of its own writes, so that a slow disk holds up nobody else.

    put ─► gathered for `group_seconds` at most ─► one transaction, one sync ─► every future of them is done
    read ◄── pages, while nothing is written
    acknowledge ─► removed with the next transaction, or after REMOVE_SECONDS

Groups are what makes it fast: a sync costs milliseconds, whether one reading waits for it or a thousand.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from producers.spool.entries import Entry, Held, Kept
from producers.spool.errors import SpoolError, SpoolFull
from producers.spool.store import SpoolStore

# Readings of one transaction; more wait for the next one.
GROUP_READINGS_MAX: Final = 2_000
# Readings that wait for the disk: more are refused, for memory is bounded whatever the disk does.
WAITING_MAX: Final = 20_000
# What Kafka has is removed so long after at the latest; until then a kill would have it sent again.
REMOVE_SECONDS: Final = 0.2
# A full disk is looked at again so often.
ROOM_SECONDS: Final = 0.5
# With nothing else to do, some free room is given back to the disk so often.
IDLE_SECONDS: Final = 0.05


@dataclass
class _Waiting:
    entries: Sequence[Entry]
    done: "asyncio.Future[None]"


@dataclass
class _Call:
    function: Callable[[], Any]
    done: "asyncio.Future[Any]"


@dataclass
class QueueCount:
    """What a queue holds now, as far as the loop knows."""

    readings: int
    last: int
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with every reading more; whoever waits for one clears it."""


def runs_of(positions: Iterable[int]) -> list[tuple[int, int]]:
    """Positions as runs (first, last) without gaps, rising."""
    runs: list[tuple[int, int]] = []
    for position in sorted(positions):
        if runs and position == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], position
        else:
            runs.append((position, position))
    return runs


class Spool:
    """A spool and its thread. Make it within a running loop, and `close` it before the loop ends.

    `pinned` is what it held at the start of the copies that stay.
    `failed` is set, and `failure` says why, once the disk can no longer be trusted: end the process then.
    `group_readings_max` is the readings of one transaction; 1 makes each `put` one by itself.
    `observe` is told the readings of each transaction and the seconds that it took, in the spool's thread.
    """

    def __init__(
        self,
        store: SpoolStore,
        queues: Sequence[str],
        group_seconds: float,
        observe: Callable[[int, float], None] = lambda _readings, _seconds: None,
        group_readings_max: int = GROUP_READINGS_MAX,
    ) -> None:
        self.failed = asyncio.Event()
        self.failure: SpoolError | None = None
        self.used_bytes, self.is_full, self.damaged = store.used_bytes(), store.is_full, store.damaged()
        self.pinned = store.pinned()
        self._store, self._observe = store, observe
        self._group_seconds, self._group_max = group_seconds, group_readings_max
        self._loop = asyncio.get_running_loop()
        held: dict[str, Held] = {queue: store.held(queue) for queue in queues}
        self.counts = {queue: QueueCount(found.readings, found.last) for queue, found in held.items()}
        self.oldest_at: dict[str, int | None] = {queue: found.oldest_at for queue, found in held.items()}
        self._wake = threading.Condition()
        self._appends: list[_Waiting] = []
        self._waiting, self._first_at = 0, 0.0
        self._removed: dict[str, list[int]] = {queue: [] for queue in queues}
        self._remove_at: float | None = None
        self._calls: list[_Call] = []
        self._in_hand: list[asyncio.Future[Any]] = []
        self._room_at = 0.0
        self._give_back_at: float | None = time.monotonic()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def put(self, entries: Sequence[Entry]) -> "asyncio.Future[None]":
        """Have these kept, all or none, in the order of the calls; the future is done when they are on disk.

        Raises SpoolFull, or SpoolError if the spool has failed, at once or from the future.
        """
        waiting = _Waiting(entries, self._loop.create_future())
        if not entries:
            waiting.done.set_result(None)
            return waiting.done
        with self._wake:
            self._raise_failure()
            if self._waiting + len(entries) > WAITING_MAX:
                raise SpoolFull("the disk is slower than the readings come; send again later")
            if not self._appends:
                self._first_at = time.monotonic()
            self._appends.append(waiting)
            self._waiting += len(entries)
            self._wake.notify()
        return waiting.done

    async def append(self, entries: Sequence[Entry]) -> None:
        """Keep these, all or none; on return they are on disk. Raises as `put` does."""
        await self.put(entries)

    async def read(self, queue: str, after: int, up_to: int, limit: int) -> list[Kept]:
        """As SpoolStore.read, without what was acknowledged before. Empty only if there is nothing more."""

        def of_thread() -> list[Kept]:
            place, left = after, list[Kept]()
            while not left and (page := self._store.read(queue, place, up_to, limit)):
                with self._wake:
                    gone = set(self._removed[queue])
                left = [kept for kept in page if kept.position not in gone]
                place = page[-1].position
            if (damaged := self._store.damaged()) != self.damaged:
                self._tell(self._put_apart, queue, damaged - self.damaged)
                self.damaged = damaged
            return left

        found: list[Kept] = await self._call(of_thread)
        return found

    async def position_before(self, queue: str, accepted_at: int) -> int:
        """As SpoolStore.position_before."""
        found: int = await self._call(lambda: self._store.position_before(queue, accepted_at))
        return found

    async def set_mark(self, queue: str, name: str, position: int) -> None:
        """As SpoolStore.set_mark."""
        await self._call(lambda: self._store.set_mark(queue, name, position))

    async def mark(self, queue: str, name: str) -> int:
        """As SpoolStore.mark."""
        found: int = await self._call(lambda: self._store.mark(queue, name))
        return found

    def acknowledge(self, queue: str, positions: Sequence[int]) -> None:
        """Kafka has these: they are removed soon, or sent again after a kill before that. Cheap."""
        if not positions:
            return
        self.counts[queue].readings -= len(positions)
        with self._wake:
            self._removed[queue].extend(positions)
            if self._remove_at is None:
                self._remove_at = time.monotonic() + REMOVE_SECONDS
                self._wake.notify()

    async def close(self) -> None:
        """Write what waits, and give the file free."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)

    def _raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def _call(self, function: Callable[[], Any]) -> Any:
        call = _Call(function, self._loop.create_future())
        with self._wake:
            self._raise_failure()
            self._calls.append(call)
            self._wake.notify()
        return await call.done

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except SpoolError as error:
            self._fail(error)
        except Exception as error:  # of the interpreter or SQLite: nothing may be acknowledged after it
            self._fail(SpoolError(f"the spool's thread failed: {type(error).__name__}: {error}"))
        finally:
            self._store.close()

    def _step(self) -> bool:
        with self._wake:
            while (wait := self._seconds_to_wait()) > 0:
                self._wake.wait(wait)
            calls, self._calls = self._calls, []
            now = time.monotonic()
            group = self._take_group(now)
            remove_due = self._remove_at is not None and (now >= self._remove_at or group or self._stopping)
            removed = {queue: list(positions) for queue, positions in self._removed.items()} if remove_due else {}
            ends = self._stopping and not (calls or self._appends)
        self._in_hand = [call.done for call in calls] + [waiting.done for waiting in group]
        for call in calls:
            self._answer(call)
        if remove_due:
            self._remove(removed)
        if group:
            self._commit(group)
        elif not (calls or remove_due):
            more = self._store.give_back()
            self._give_back_at = time.monotonic() + IDLE_SECONDS if more else None
        return not ends

    def _seconds_to_wait(self) -> float:
        if self._calls or self._stopping:
            return 0.0
        now, until = time.monotonic(), float("inf")
        if self._appends:
            full = self._waiting >= self._group_max
            until = now if full else self._first_at + self._group_seconds
        if self._remove_at is not None:
            until = min(until, self._remove_at)
        if self._give_back_at is not None:
            until = min(until, self._give_back_at)
        return min(until - now, threading.TIMEOUT_MAX)

    def _take_group(self, now: float) -> list[_Waiting]:
        due = self._stopping or self._waiting >= self._group_max or now >= self._first_at + self._group_seconds
        if not self._appends or not due:
            return []
        group, readings = list[_Waiting](), 0
        while self._appends and (not group or readings + len(self._appends[0].entries) <= self._group_max):
            group.append(self._appends.pop(0))
            readings += len(group[-1].entries)
        self._waiting -= readings
        return group

    def _answer(self, call: _Call) -> None:
        try:
            result = call.function()
        except SpoolFull as error:
            self.is_full = True
            self._tell(_failing, [call.done], error)
        else:
            self._tell(_resolving, [call.done], result)

    def _commit(self, group: list[_Waiting]) -> None:
        entries = [entry for waiting in group for entry in waiting.entries]
        started = time.monotonic()
        try:
            if self._store.is_full and started < self._room_at:
                raise SpoolFull(f"the disk of {self._store.file} is full; send again later")
            self._store.append(entries)
        except SpoolFull as error:
            if self._store.is_full and started >= self._room_at:
                self._room_at = time.monotonic() + ROOM_SECONDS
            self._tell(_failing, [waiting.done for waiting in group], error)
        else:
            self._observe(len(entries), time.monotonic() - started)
            self._tell(self._committed, group, entries)
        self.used_bytes, self.is_full = self._store.used_bytes(), self._store.is_full

    def _committed(self, group: list[_Waiting], entries: list[Entry]) -> None:
        for entry in entries:
            count = self.counts[entry.queue]
            count.readings += 1
            count.last += 1
            count.grown.set()
        for queue in self.oldest_at:
            if self.oldest_at[queue] is None:
                self.oldest_at[queue] = next((entry.accepted_at for entry in entries if entry.queue == queue), None)
        _resolving([waiting.done for waiting in group], None)

    def _put_apart(self, queue: str, readings: int) -> None:
        self.counts[queue].readings -= readings

    def _remove(self, removed: dict[str, list[int]]) -> None:
        try:
            for queue, positions in removed.items():
                if positions:
                    self._store.remove(queue, runs_of(positions))
        except SpoolFull:  # tried again, unless this is the end: what is removed twice is no harm
            with self._wake:
                self._remove_at = None if self._stopping else time.monotonic() + ROOM_SECONDS
            self.is_full = True
            return
        oldest = {queue: self._store.oldest_at(queue) for queue, positions in removed.items() if positions}
        with self._wake:
            for queue, positions in removed.items():
                del self._removed[queue][: len(positions)]
            self._remove_at = time.monotonic() + REMOVE_SECONDS if any(self._removed.values()) else None
            self._give_back_at = time.monotonic() + IDLE_SECONDS
        if self._store.is_full:
            self._store.make_room()
        self.used_bytes, self.is_full = self._store.used_bytes(), self._store.is_full
        self._tell(self.oldest_at.update, oldest)

    def _fail(self, error: SpoolError) -> None:
        with self._wake:
            self.failure = error
            left = self._in_hand + [waiting.done for waiting in self._appends] + [call.done for call in self._calls]
            self._appends, self._calls = [], []
        self._tell(_failing, left, error)
        self._tell(self.failed.set)

    def _tell(self, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop has ended, and nobody waits
            pass


def _resolving(futures: "Sequence[asyncio.Future[Any]]", result: object) -> None:
    for future in futures:
        if not future.done():
            future.set_result(result)


def _failing(futures: "Sequence[asyncio.Future[Any]]", error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
