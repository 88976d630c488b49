"""Event time to wall time: the only place of the simulator with a clock.

simulated readings ─► wait until due ─► stamp with the time it is now ─► publisher
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, TypeVar

import msgspec

from producers.simulator.rail.truth import RailItem, RailReading
from producers.simulator.truth import SimulatedReading

US: Final = 1_000_000
# Waits are cut to this, so that Ctrl-C and delivery reports are never far away.
WAIT_SECONDS_MAX: Final = 0.2
# A repetition comes within 3 s; at 600 readings/s that is 1,800 readings.
REPEATS_REMEMBERED: Final = 10_000


# Times of a device or gateway in the readings of rail.
TIME_FIELDS: Final = ("observed_at", "received_at", "scan_started_at", "scan_ended_at")


class Due(Protocol):
    """Something that is to be handed over at a time."""

    @property
    def due_at_us(self) -> int:
        """Simulated time, microseconds UTC."""


Item = TypeVar("Item", bound=Due)


def now_us() -> int:
    """The wall clock, microseconds UTC."""
    return time.time_ns() // 1000


def paced(readings: Iterable[Item], speed: float, while_waiting: Callable[[], None] | None = None) -> Iterator[Item]:
    """Yield each reading when it is due: `speed` simulated seconds a second, 0 for as fast as it goes.

    Times in the readings stay simulated. Raises ValueError for a negative speed.
    """
    if speed < 0:
        raise ValueError(f"speed {speed:g} is negative; 1 is real time, 0 as fast as it goes")
    if speed == 0:
        yield from readings
        return
    started, first = time.monotonic(), None
    for item in readings:
        first = item.due_at_us if first is None else first
        due = started + (item.due_at_us - first) / US / speed
        while (wait := due - time.monotonic()) > 0:
            if while_waiting is not None:
                while_waiting()
            time.sleep(min(wait, WAIT_SECONDS_MAX))
        yield item


def live(
    readings: Iterable[SimulatedReading], while_waiting: Callable[[], None] | None = None
) -> Iterator[SimulatedReading]:
    """In real time, with all times moved to now: `received_at` is when the reading is handed over.

    `observed_at` keeps its distance to `received_at`, so clock errors and late readings stay what they were. A repeated
    reading is the same content again, so it keeps the times of its first copy.
    """
    stamped: dict[str, SimulatedReading] = {}  # readings whose repetition may still come
    for item in paced(readings, 1.0, while_waiting):
        reading = item.reading
        if "repeated" in item.faults:
            earlier = stamped.get(reading.reading_id)
            if earlier is not None:
                yield earlier._replace(faults=item.faults)
                continue
        now = now_us()
        moved = msgspec.structs.replace(
            reading, received_at=now, observed_at=now - (reading.received_at - reading.observed_at)
        )
        again = item._replace(due_at_us=now, reading=moved)
        stamped[reading.reading_id] = again
        if len(stamped) > REPEATS_REMEMBERED:
            del stamped[next(iter(stamped))]
        yield again


def live_rail(
    items: Iterable[RailItem], speed: float, while_waiting: Callable[[], None] | None = None
) -> Iterator[RailItem]:
    """`speed` simulated seconds a second, from now on: all times are moved, and drawn together as the world runs.

    A repetition has the times of its first copy, so it stays the same record. `train` keeps simulated times.
    """
    first, started_at = 0, 0
    for item in paced(items, speed, while_waiting):
        if not first:
            first, started_at = item.due_at_us, now_us()
        at = moved_time(item.due_at_us, first, started_at, speed)
        yield item._replace(due_at_us=at, reading=moved(item.reading, first, started_at, speed))


def moved(reading: RailReading, from_at: int, to_at: int, speed: float) -> RailReading:
    """The reading with its times moved so that `from_at` becomes `to_at`, and later ones come so much faster."""
    times = {
        name: moved_time(getattr(reading, name), from_at, to_at, speed)
        for name in TIME_FIELDS
        if hasattr(reading, name)
    }
    return msgspec.structs.replace(reading, **times)


def moved_time(at: int, from_at: int, to_at: int, speed: float) -> int:
    """The time moved likewise, microseconds UTC."""
    return to_at + int((at - from_at) / speed)
