"""Simulated trains for the broker: at every partition one after another, in a time that goes faster.

Laredo, simulated ◄─► the trains stage, offline: people at the yard act on what it says
        └► times moved to now ─► Laredo, and a twin of it for each other partition ─► publisher
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from deploy.rail_simulation import told
from producers.pacing import US, WAIT_SECONDS_MAX, moved, now_us
from producers.simulator.rail import RAIL_2023, RailReading, RailScenario, RailWorld
from producers.simulator.rail.scenario import RailTraffic
from producers.simulator.rail.world import DEFAULT_START_AT
from schemas.partitioning import partition_of
from schemas.records import TrainConsist, TrainEvent, TrainEventKind
from schemas.topics import RAIL_READINGS
from streams.core.stage import Stage

DAY_SECONDS: Final = 86_400.0
RUN_APART: Final = 10 * 86_400 * US
SEEDS_APART: Final = 1_000

PORT: Final = "2304"
# As many trains as its two tracks can take, one after another; of 40 cars, so that a run of minutes sees lists,
# inspections and releases of several.
BUSIER: Final = 12.0
TRAINS_A_YEAR: Final = 4_415
SHORT_TRAINS: Final = dataclasses.replace(
    RAIL_2023, traffic={PORT: RailTraffic(TRAINS_A_YEAR, 21 * TRAINS_A_YEAR, 19 * TRAINS_A_YEAR, tracks=2)}
)
# People need minutes for a car; a run lasts minutes.
PEOPLE_SPEED: Final = 20.0


def rail_readings(
    stage: Stage, seed: int, days: float, scenario: RailScenario = SHORT_TRAINS, busier: float = BUSIER
) -> Iterator[RailReading]:
    """Laredo's readings in the order in which they reach the log, in simulated time; people at the yard included.

    Portals count passes by the time of the start, so runs of different seeds on one broker share no pass.
    """
    start_at = DEFAULT_START_AT + seed % SEEDS_APART * RUN_APART
    seconds = days * DAY_SECONDS
    world = RailWorld(seed, start_at, seconds, [PORT], scenario, busier, PEOPLE_SPEED)
    return (item.reading for item in told(world, world, stage))


def twins_of(port_code: str) -> list[str]:
    """Codes under which a port's trains pass too: one for each partition but its own."""
    held, found = {partition_of(port_code.encode(), RAIL_READINGS.partitions)}, list[str]()
    for number in range(10_000):
        code = f"{number:04}"
        partition = partition_of(code.encode(), RAIL_READINGS.partitions)
        if partition not in held:
            held.add(partition)
            found.append(code)
    return found


def at_port(reading: RailReading, port_code: str) -> RailReading:
    """The reading as another port would have told it."""
    changes: dict[str, str] = {"port_code": port_code}
    if not isinstance(reading, TrainConsist):
        changes["track_id"] = f"{port_code}/{reading.track_id.partition('/')[2]}"
    return msgspec.structs.replace(reading, **changes)


def at_speed(
    readings: Iterator[RailReading],
    speed: float,
    twins: Sequence[str],
    goes_on: Callable[[], bool],
    while_waiting: Callable[[], None],
) -> Iterator[RailReading]:
    """Each reading, and the same at its port's twins, when it is due, `speed` simulated seconds a second.

    Now is when the first train enters a portal; what was told before comes at once, with times before now.
    """
    early: list[RailReading] = []
    for reading in readings:
        early.append(reading)
        if isinstance(reading, TrainEvent) and reading.kind is TrainEventKind.PORTAL_ENTERED:
            break
    first_at, started_at, started = early[-1].received_at, now_us(), time.monotonic()
    for one in early:
        yield from everywhere(moved(one, first_at, started_at, speed), twins)
    for reading in readings:
        due = started + (reading.received_at - first_at) / US / speed
        while goes_on() and (wait := due - time.monotonic()) > 0:
            while_waiting()
            time.sleep(min(wait, WAIT_SECONDS_MAX))
        if not goes_on():
            return
        yield from everywhere(moved(reading, first_at, started_at, speed), twins)


def everywhere(reading: RailReading, twins: Sequence[str]) -> Iterator[RailReading]:
    """The reading, and the same at other ports."""
    yield reading
    for code in twins:
        yield at_port(reading, code)
