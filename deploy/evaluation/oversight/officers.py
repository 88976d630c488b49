"""Officers of a simulated border: who works when, how careful each is, and which of them can be bought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from producers.simulator.traffic import DAILY_COUNTS_2023, lanes_open
from schemas.layout import Port, load_ports
from schemas.records import LaneMode
from streams.core.random_draw import RandomKeys
from streams.core.rotation import DrawnDuty, Shift, draw_rotation, rotation_key

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
SHIFT_HOURS: Final = 8
PART_HOURS: Final = 2  # lanes open and close with the hour; the rotation is drawn for so long at once
FIRST_SHIFT_HOUR: Final = 6  # local: 6 to 14, 14 to 22, 22 to 6
# Of officers on each of the three shifts [assumed], as the traffic is.
SHIFT_SHARES: Final = (0.4, 0.4, 0.2)
WORKING_DAYS: Final = 5  # of seven
# Of the officers on duty, those in lanes; the others are in secondary or at rest [assumed].
IN_LANES_RATIO: Final = 0.85
OFFICERS_PER_PORT_MIN: Final = 8

# Mean shares of red lights, or inspections, in which an honest officer slips, and how officers differ: the coefficient
# of variation of a Gamma law [assumed]. Nobody publishes them.
SKIPPED_RATIO: Final = 0.02
OVERRIDDEN_RATIO: Final = 0.03
SHORT_RATIO: Final = 0.02
EXAM_MISSED_RATIO: Final = 0.05
OFFICERS_DIFFER: Final = 0.3


@dataclass(frozen=True)
class Habits:
    """How often an officer slips, as ratios."""

    skips: float
    overrides: float
    shortens: float
    misses: float


@dataclass(frozen=True)
class PortOfficers:
    """The officers of one port."""

    port: Port
    names: tuple[str, ...]
    seed: int
    corrupt: tuple[str, ...] = ()
    habits: Mapping[str, Habits] = field(default_factory=dict)

    def present(self, shift_number: int) -> list[str]:
        """Who works a shift, numbered from 0, three a day."""
        day, kind = divmod(shift_number, 3)
        return [
            name
            for index, name in enumerate(self.names)
            if shift_of(index, len(self.names)) == kind and (day + 3 * index) % 7 < WORKING_DAYS
        ]

    def duties(self, keys: RandomKeys, shift_number: int, start_at: int) -> list[DrawnDuty]:
        """The rotation of a shift that begins at a time; lanes for which nobody is left stay closed."""
        on_shift = tuple(self.present(shift_number))
        drawn: list[DrawnDuty] = []
        for hour in range(0, SHIFT_HOURS, PART_HOURS):
            local_hour = (FIRST_SHIFT_HOUR + SHIFT_HOURS * (shift_number % 3) + hour) % 24
            lanes = staffed(self.port, local_hour, int(len(on_shift) * IN_LANES_RATIO))
            if lanes:
                from_at = start_at + hour * HOUR
                shift = Shift(from_at, from_at + PART_HOURS * HOUR, on_shift, lanes)
                drawn += draw_rotation(rotation_key(keys, self.port.code, from_at), shift)
        return drawn


def shift_of(index: int, count: int) -> int:
    """Which of the three shifts the officer of this index has."""
    place = (index + 0.5) / count
    return 0 if place < SHIFT_SHARES[0] else 1 if place < SHIFT_SHARES[0] + SHIFT_SHARES[1] else 2


def staffed(port: Port, local_hour: int, officers: int) -> tuple[str, ...]:
    """The lanes that have an officer: those that traffic opens, as far as officers go, each mode's first one first."""
    wanted: dict[LaneMode, list[str]] = {}
    for mode in (LaneMode.PASSENGER, LaneMode.TRUCK, LaneMode.BUS):
        lanes = [lane.lane_id for lane in port.lanes if lane.mode is mode]
        if lanes and DAILY_COUNTS_2023[port.code].of(mode):
            wanted[mode] = lanes[: lanes_open(mode, len(lanes), local_hour * 3600.0)]
    # Lanes in the order in which each mode has had the smallest part of what it wants.
    ranked = sorted(
        (place / len(lanes), mode, lane) for mode, lanes in wanted.items() for place, lane in enumerate(lanes)
    )
    return tuple([lane for _, _, lane in ranked[: max(officers, 0)]])


def allotted(officers: int) -> dict[str, int]:
    """How many officers each port has, by its lanes: the largest remainders, and a few at the smallest."""
    lanes = {port.code: len(port.lanes) for port in load_ports().values() if port.lanes}
    counts = {
        code: max(OFFICERS_PER_PORT_MIN, int(officers * count / sum(lanes.values()))) for code, count in lanes.items()
    }
    for code in sorted(lanes, key=lambda one: (-lanes[one], one)):
        counts[code] = max(OFFICERS_PER_PORT_MIN, counts[code] + officers - sum(counts.values()))
        if sum(counts.values()) == officers:
            break
    return counts


def car_lanes_staffed(port: Port, officers: int) -> int:
    """Car lanes with an officer at the busiest hour of the first shift."""
    on_shift = int(officers * SHIFT_SHARES[0] * WORKING_DAYS / 7 * IN_LANES_RATIO)
    modes = {lane.lane_id: lane.mode for lane in port.lanes}
    return max(
        sum(modes[lane] is LaneMode.PASSENGER for lane in staffed(port, hour, on_shift))
        for hour in range(FIRST_SHIFT_HOUR, FIRST_SHIFT_HOUR + SHIFT_HOURS)
    )


def habits_of(random: Random) -> Habits:
    """An honest officer's."""

    def differing() -> float:
        shape = 1.0 / OFFICERS_DIFFER**2
        return random.gammavariate(shape, 1.0 / shape)

    return Habits(
        skips=SKIPPED_RATIO * differing(),
        overrides=OVERRIDDEN_RATIO * differing(),
        shortens=SHORT_RATIO * differing(),
        misses=EXAM_MISSED_RATIO * differing(),
    )


def make_officers(seed: int, officers: int, insiders: int, insider_lanes_min: int) -> list[PortOfficers]:
    """The officers of all ports. Insiders are drawn among those of ports that staff so many car lanes.

    Raises ValueError if there are fewer officers than the ports need, or none who could be an insider.
    """
    counts = allotted(officers)
    if sum(counts.values()) != officers:
        raise ValueError(f"{len(counts)} ports need at least {OFFICERS_PER_PORT_MIN * len(counts)} officers")
    random, ports = Random(f"{seed} officers"), load_ports()
    names = {code: tuple([f"{code}-{number:03d}" for number in range(count)]) for code, count in counts.items()}
    bribable = [
        name
        for code, count in counts.items()
        if car_lanes_staffed(ports[code], count) >= insider_lanes_min
        for name in names[code]
    ]
    if len(bribable) < insiders:
        raise ValueError(f"only {len(bribable)} officers serve at ports with {insider_lanes_min} car lanes staffed")
    corrupt = set(random.sample(bribable, insiders))
    return [
        PortOfficers(
            port=ports[code],
            names=of_port,
            seed=seed,
            corrupt=tuple([name for name in of_port if name in corrupt]),
            habits={name: habits_of(random) for name in of_port},
        )
        for code, of_port in names.items()
    ]
