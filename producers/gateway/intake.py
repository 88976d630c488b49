"""What every way in shares: bytes of a known device to readings on disk, or to reasons why not.

    bytes ─► the device's format ─► its clock ─► of its own lane? ─► spool ─► acknowledged
                                                 └ of a mobile unit: by its assignment

The order in which `begin` is called is the order in the spool.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from producers.formats import FORMATS
from producers.formats.reading_format import Device, Framing, Item, Reading, ReadingFormat, Reason, Rejection
from producers.gateway.assignments import Assignments, Change, Order
from producers.gateway.clocks import DeviceClock
from producers.gateway.health import Health
from producers.gateway.recent import Recent
from producers.gateway.telemetry import GatewayTelemetry
from producers.site import Clock, Site, SiteDevice
from producers.spool.entries import Entry
from producers.spool.errors import SpoolFull
from producers.spool.spool import Spool
from schemas.codec import body_of
from schemas.records import Direction, Heartbeat, OperatingMode
from schemas.topics import LANE_READINGS, RAIL_READINGS

US: Final = 1_000_000
# The spool's queues. The first one's readings may go to the lane's topic or to the backlog's, as old as they are.
LANE_QUEUE: Final = LANE_READINGS.name
RAIL_QUEUE: Final = RAIL_READINGS.name
QUEUES: Final = (LANE_QUEUE, RAIL_QUEUE)


def now_us() -> int:
    """The gateway's clock, microseconds UTC."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Taken:
    """What became of some bytes. `accepted` ids in their order, once `Pending.done` is; rejections in theirs."""

    accepted: tuple[str, ...]
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True)
class Pending:
    """Bytes that were read; wait for `done` before anybody is told that the readings are kept. It raises SpoolFull."""

    taken: Taken
    done: "asyncio.Future[None]"


class Intake:
    """Takes what devices send. For the loop's thread alone."""

    def __init__(
        self, site: Site, spool: Spool, telemetry: GatewayTelemetry, clock: Callable[[], int] = now_us
    ) -> None:
        self.site, self.telemetry = site, telemetry
        self._spool, self._now, self._limits = spool, clock, site.clock
        self._formats: dict[str, ReadingFormat] = {
            one.device.device_id: FORMATS[one.device.format] for one in site.devices
        }
        self._clocks = {device_id: DeviceClock() for device_id in self._formats}
        self._started = time.monotonic()
        self._wrong: set[str] = set()
        self.recent = Recent(self._formats)
        # A unit that roams is nobody's neighbour: whom it scans, people decide.
        self.health = Health({one.device.device_id: one.device.place or one.device.device_id for one in site.devices})
        self.assignments = Assignments((one.device for one in site.devices), spool.pinned)
        self._changing: set[asyncio.Task[None]] = set()

    def framing(self, device: Device) -> Framing:
        """How a device's output is cut into what is read at once."""
        return self._formats[device.device_id].framing

    def begin(self, device: Device, payload: bytes) -> Pending:
        """Read some bytes of a device and have their readings kept. Raises SpoolFull; SpoolError if the disk fails."""
        self.assignments.check_settled(device)
        received_at, accepted, rejections = self._now(), list[Reading](), list[Rejection]()
        for item in self._formats[device.device_id].read(payload, device, received_at):
            checked = self._checked(item, device, received_at)
            if isinstance(checked, Rejection):
                rejections.append(checked)
                self.telemetry.rejected(device.device_id, checked.reason)
            else:
                accepted.append(checked)
        self.recent.add(device.device_id, rejections)
        try:
            entries = [entry_of(reading) for reading in accepted]
            if device.roams:
                pins = map(self.assignments.pin_of, accepted)
                entries = [entry._replace(pin=pin) for entry, pin in zip(entries, pins, strict=True)]
            done = self._spool.put(entries)
        except SpoolFull:
            self.telemetry.full()
            raise
        if accepted:
            done.add_done_callback(lambda future: self._kept(device, accepted, future))
        return Pending(Taken(tuple(reading.reading_id for reading in accepted), tuple(rejections)), done)

    async def take(self, device: Device, payload: bytes) -> Taken:
        """As `begin`; on return the readings are on disk."""
        pending = self.begin(device, payload)
        await pending.done
        return pending.taken

    async def assign(self, unit_id: str, order: Order) -> Change:
        """Carry out an order; on return its records are on disk. Raises Unassignable, SpoolFull, SpoolError."""
        change = self.assignments.change(unit_id, order, self._now())
        if change.records:
            # On its own, for who asked may go meanwhile: what is on disk must be in force.
            task = asyncio.create_task(self._keep(change, self.assignments.begin(change)))
            self._changing.add(task)
            task.add_done_callback(self._changing.discard)
            await asyncio.shield(task)
        return change

    async def _keep(self, change: Change, entries: list[Entry]) -> None:
        is_kept = False
        try:
            await self._spool.append(entries)
            is_kept = True
        except SpoolFull:
            self.telemetry.full()
            raise
        finally:
            self.assignments.end(change, is_kept)

    def _checked(self, item: Item, device: Device, received_at: int) -> Item:
        if isinstance(item, Rejection):
            return item
        if item.observed_at - received_at > self._limits.refuse_seconds * US:
            ahead = (item.observed_at - received_at) / US
            text = f"observed {ahead:,.0f} s ahead of the gateway's clock; set the device's clock (refuse_seconds)"
            return Rejection(Reason.CLOCK, text, "observed_at")
        if device.roams and item.device_id == device.device_id:
            return self.assignments.placed(item, device)
        if item.device_id != device.device_id or place_of(item) != device.place:
            return Rejection(Reason.WRONG_LANE, f"a reading of another lane or device; this one has {device.place}")
        return item

    def _kept(self, device: Device, readings: Sequence[Reading], done: "asyncio.Future[None]") -> None:
        if done.cancelled():
            return
        if done.exception() is not None:
            self.telemetry.full()
            return
        device_id, at = device.device_id, time.monotonic()
        self.recent.add(device_id, readings)
        clock = self._clocks[device_id]
        for reading in readings:
            clock.observe(reading.observed_at, reading.received_at)
            if isinstance(reading, Heartbeat):
                self.health.heartbeat(device_id, at)
            else:
                self.health.reading(device_id, at)
        self.telemetry.accepted(device_id, len(readings), device_id in self._wrong)
        self.telemetry.kept(readings, self._now())

    def keep_own(self, readings: Sequence[Heartbeat]) -> None:
        """Have the gateway's own heartbeats kept, if there is room: more will come."""
        try:
            done = self._spool.put([entry_of(reading) for reading in readings])
        except SpoolFull:
            return
        done.add_done_callback(lambda future: None if future.cancelled() else future.exception())

    def tell(self) -> None:
        """Bring the metrics of devices and spool up to date."""
        now, now_at = time.monotonic(), self._now()
        limits: Clock = self._limits
        for device_id, health in self.health.devices.items():
            ahead = self._clocks[device_id].ahead_seconds
            is_wrong = abs(ahead) > limits.skew_flag_seconds
            (self._wrong.add if is_wrong else self._wrong.discard)(device_id)
            silence = now - (self._started if health.seen_at is None else health.seen_at)
            self.telemetry.device(device_id, ahead, is_wrong, silence, health.usual.now(now), health.recent.now(now))
        self.telemetry.blind(self.health.blind())
        oldest = {queue: 0.0 if at is None else (now_at - at) / US for queue, at in self._spool.oldest_at.items()}
        kept = {queue: count.readings for queue, count in self._spool.counts.items()}
        spool = self._spool
        self.telemetry.spool(spool.used_bytes, spool.is_full, spool.damaged, kept, oldest)


def place_of(reading: Reading) -> str:
    """The lane or track that a reading is of."""
    return str(getattr(reading, "lane_id", None) or getattr(reading, "track_id", ""))


def entry_of(reading: Reading) -> Entry:
    """A reading as the spool keeps it, under the key of its topic."""
    lane_id = getattr(reading, "lane_id", None)
    queue, key = (LANE_QUEUE, str(lane_id)) if lane_id else (RAIL_QUEUE, str(getattr(reading, RAIL_READINGS.key)))
    return Entry(queue, key, type(reading).__name__, reading.reading_id, body_of(reading), reading.received_at)


def lanes_to_beat(devices: Sequence[SiteDevice]) -> list[tuple[str, OperatingMode, Direction]]:
    """Every lane of the site, in each mode and direction that a device of it has.

    Of a unit that roams all of its lanes: one that it has left needs the time too, or its last vehicles would stay.
    """
    found = {
        (lane_id, one.device.operating_mode, one.device.direction): None
        for one in devices
        for lane_id in (*one.device.roams, one.device.lane_id)
        if lane_id is not None
    }
    return list(found)
