"""From the spool to Kafka: everything, in order, and removed from disk only when Kafka has acknowledged it.

    lane queue ─┬─ young ─► lane.readings     the light waits for it
                └─ old ───► lane.backlog      history and coverage, never the light
    rail queue ───────────► rail.readings

What is old. Readings of a lane that Kafka has not taken within BACKLOG_SECONDS are backlog, whatever kept it: after an
outage, or after a start with a full spool, the young ones go to the lane's topic at once, and the old ones apart. The
boundary is a position: all up to it goes to the backlog's topic, all behind it to the lane's.

1. Nothing is on its way to the lane's topic, and the first that would be is too old (or came back too old).
2. The boundary is moved on, on disk, before anything is sent by it: it never goes back, so after a kill no reading
   that a lane's topic has got others behind is sent there again.
3. The young ones behind it go on; the old ones are sent in the order of their positions.

So either topic gets a lane's readings in their order. After a kill those that were on their way are sent again, with
the ids that they had: whoever reads leaves out what it has.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException

from producers.gateway.frames import Frames
from producers.gateway.intake import LANE_QUEUE, RAIL_QUEUE, US, now_us
from producers.gateway.outlet import Outlet
from producers.gateway.telemetry import GatewayTelemetry
from producers.spool.entries import Kept
from producers.spool.errors import SpoolFull
from producers.spool.spool import Spool
from schemas.topics import LANE_BACKLOG, LANE_READINGS, RAIL_READINGS, Topic

# A vehicle is at the light for some seconds, and has left the lane after 10: what comes later cannot change its light
# [assumed]. Far more, and the light's stage would work through the past first; less, and a leader's election of some
# seconds would send readings to the backlog that the light still waits for.
BACKLOG_SECONDS: Final = 10.0

PAGE: Final = 500
END: Final = 1 << 62
BACKLOG_MARK: Final = "backlog"
# How often what is on its way is looked at for what has grown old.
WATCH_SECONDS: Final = 0.5
# What came back is sent again after this long.
RETRY_SECONDS: Final = 0.5
# At the end, what is on its way is waited for so long.
FLUSH_SECONDS: Final = 5.0


class Delivery:
    """Delivers a spool. `run` until it is cancelled, then `close`."""

    def __init__(
        self,
        spool: Spool,
        broker: str,
        frames: Frames,
        telemetry: GatewayTelemetry,
        clock: Callable[[], int] = now_us,
        backlog_seconds: float = BACKLOG_SECONDS,
    ) -> None:
        self._spool, self._frames, self._telemetry, self._now = spool, frames, telemetry, clock
        self._backlog_us = int(backlog_seconds * US)
        self._boundary, self._moved = 0, asyncio.Event()
        self._resume: dict[str, int] = {}
        self._live = self._outlet(broker, LANE_READINGS, LANE_QUEUE)
        self._old = self._outlet(broker, LANE_BACKLOG, LANE_QUEUE)
        self._rail = self._outlet(broker, RAIL_READINGS, RAIL_QUEUE)

    def _outlet(self, broker: str, topic: Topic, queue: str) -> Outlet:
        def settled(done: list[Kept]) -> None:
            self._telemetry.delivered(topic.name, done, self._now())
            self._spool.acknowledge(queue, [kept.position for kept in done])

        def returned(back: list[Kept], error: str) -> None:
            first = min(kept.position for kept in back) - 1
            self._resume[topic.name] = min(first, self._resume.get(topic.name, first))
            self._telemetry.returned(len(back), error)

        return Outlet(broker, topic, settled, returned, self._telemetry.sample_ratio)

    async def run(self) -> None:
        """Deliver until cancelled. Raises SpoolError if the disk fails."""
        self._boundary = await self._spool.mark(LANE_QUEUE, BACKLOG_MARK)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliver_live())
            tasks.create_task(self._deliver_backlog())
            tasks.create_task(self._deliver_rail())
            tasks.create_task(self._watch())

    async def close(self) -> None:
        """Wait a little for what is on its way, and stop."""
        outlets = self._live, self._old, self._rail
        await asyncio.gather(*(outlet.flush(FLUSH_SECONDS) for outlet in outlets))
        await asyncio.gather(*(outlet.close() for outlet in outlets))

    async def _deliver_live(self) -> None:
        outlet, after = self._live, self._boundary
        while True:
            if outlet.topic.name in self._resume:
                after = max(await self._resumed(outlet), self._boundary)
            last = self._spool.counts[LANE_QUEUE].last
            page = await self._spool.read(LANE_QUEUE, after, END, PAGE)
            if not page:
                after = await self._grown(LANE_QUEUE, max(after, last), outlet)
                continue
            if self._is_old(page[0]):
                after = await self._split(outlet, page[0].position)
                continue
            for kept in page:
                if self._is_old(kept) or not await self._send(outlet, kept):
                    break
                after = kept.position

    async def _deliver_backlog(self) -> None:
        outlet, after = self._old, 0
        while True:
            if outlet.topic.name in self._resume:
                after = await self._resumed(outlet)
            up_to = self._boundary
            page = await self._spool.read(LANE_QUEUE, after, up_to, PAGE)
            if not page:
                await self._until(lambda up_to=up_to: self._boundary > up_to, outlet, self._moved)  # type: ignore[misc]
                continue
            for kept in page:
                if not await self._send(outlet, kept):
                    break
                after = kept.position

    async def _deliver_rail(self) -> None:
        outlet, after = self._rail, 0
        while True:
            if outlet.topic.name in self._resume:
                after = await self._resumed(outlet)
            last = self._spool.counts[RAIL_QUEUE].last
            page = await self._spool.read(RAIL_QUEUE, after, END, PAGE)
            if not page:
                after = await self._grown(RAIL_QUEUE, max(after, last), outlet)
            for kept in page:
                if not await self._send(outlet, kept):
                    break
                after = kept.position

    def _is_old(self, kept: Kept) -> bool:
        return kept.accepted_at < self._now() - self._backlog_us

    async def _split(self, outlet: Outlet, first_old: int) -> int:
        """Move the boundary behind all that is too old, from the first of them on; returns it."""
        while outlet.in_flight:
            outlet.changed.clear()
            await outlet.changed.wait()
        if outlet.topic.name in self._resume:
            # What came back meanwhile is in front of it; whether that is old is looked at again.
            return max(await self._resumed(outlet), self._boundary)
        found = await self._spool.position_before(LANE_QUEUE, self._now() - self._backlog_us)
        boundary = max(found, first_old)
        try:
            await self._spool.set_mark(LANE_QUEUE, BACKLOG_MARK, boundary)
        except SpoolFull as error:  # the write that meets a full disk frees the reserve: the next one has room
            self._telemetry.outage("disk", str(error))
            await asyncio.sleep(RETRY_SECONDS)
            return first_old - 1
        self._telemetry.split(boundary - self._boundary)
        self._boundary = boundary
        self._moved.set()
        return boundary

    async def _send(self, outlet: Outlet, kept: Kept) -> bool:
        """Hand a reading over once there is room for it. False if something came back, or it could not be sent."""
        frame = self._frames.known(outlet.topic, kept.schema)
        if frame is None:
            frame = await self._frames.ask(outlet.topic, kept.schema)
        while not outlet.has_room:
            outlet.changed.clear()
            await outlet.changed.wait()
        if outlet.topic.name in self._resume:
            return False
        try:
            outlet.send(kept, frame)
        except (KafkaException, BufferError) as error:
            self._telemetry.returned(1, type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            return False
        return True

    async def _resumed(self, outlet: Outlet) -> int:
        """Wait until all that was on its way is settled or back; the position behind which to go on."""
        while outlet.in_flight:
            outlet.changed.clear()
            await outlet.changed.wait()
        await asyncio.sleep(RETRY_SECONDS)
        return self._resume.pop(outlet.topic.name)

    async def _grown(self, queue: str, after: int, outlet: Outlet) -> int:
        """Wait until a queue has got something behind a position, up to which nothing is left; returns the position."""
        count = self._spool.counts[queue]
        await self._until(lambda: count.last > after, outlet, count.grown)
        return after

    async def _until(self, condition: Callable[[], bool], outlet: Outlet, event: asyncio.Event) -> None:
        """Wait until there is more to send, which the event tells of, or something came back."""
        while True:
            event.clear()
            outlet.changed.clear()
            if condition() or outlet.topic.name in self._resume:
                return
            waits = [asyncio.create_task(one.wait()) for one in (event, outlet.changed)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def _watch(self) -> None:
        """Recall from the lane's outlet what has grown old there: the broker is away."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            oldest = next(iter(self._live.in_flight.values()), None)
            if oldest is not None and self._is_old(oldest):
                self._live.recall()
