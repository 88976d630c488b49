"""Who crosses at one simulated port, shift by shift: regulars at their hours and in their lanes, strangers, friends.

Kinds, shares and rates are the simulator's (`producers/simulator/population.py`). Whoever has fixed hours also has a
favourite lane. Friends of an insider come only while he stands in a car lane, and take that lane.
"""

import bisect
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from deploy.evaluation.oversight.officers import FIRST_SHIFT_HOUR, HOUR, SHIFT_HOURS, PortOfficers
from producers.simulator.actors import Actor
from producers.simulator.population import HABITS, Habit
from producers.simulator.traffic import DAILY_COUNTS_2023, HOUR_FACTORS
from schemas.records import LaneMode
from streams.core.rotation import DrawnDuty

MINUTE: Final = 60_000_000
FIXED_HOURS: Final = frozenset({Actor.COMMUTER, Actor.SCHOOL_RUN, Actor.BUS})
# A commuter's minute varies by this much from day to day [assumed]: a standard deviation.
HOUR_SPREAD_MINUTES: Final = 10.0
# Of the crossings of one with a favourite lane, those in it if it is open [assumed, high: a habit must accuse nobody].
FAVOURITE_RATIO: Final = 0.9

# Vehicles of an insider, and how often each comes on a day on which he stands in a car lane [assumed]: one to two and a
# half times a week. Those of the simulator's smuggling worlds come once in two weeks to once in four days; fewer than
# about ten meetings in sixty days cannot be told from chance among so many pairs.
FRIENDS_PER_INSIDER: Final = 5
FRIEND_PER_DUTY_DAY: Final = (1 / 5, 1 / 2)
# Of a friend's crossings, those in the insider's lane; else he was moved, or the friend was sent elsewhere [assumed].
FRIEND_IN_LANE_RATIO: Final = 0.95


class Crossed(NamedTuple):
    """One vehicle at the light. `friend_of`: the insider whose friend it is."""

    at: int
    lane_id: str
    mode: LaneMode
    token: str
    friend_of: str | None = None


class Regular(NamedTuple):
    """A vehicle with a habit: the local minutes at which it comes if they are fixed, and its favourite lane."""

    token: str
    minutes: tuple[float, ...]
    lane: int | None


class Regulars(NamedTuple):
    """All regulars of one habit at a port. `trips` a day on which it comes, `active`: the share of such days."""

    habit: Habit
    vehicles: list[Regular]
    trips: int
    active: float


class PortCrossings:
    """The crossings of one port. Shifts are to be asked for in order, each once."""

    def __init__(self, officers: PortOfficers, seed: int, thin: int) -> None:
        self._port = officers.port
        self._random = Random(f"{seed} crossings {self._port.code}")
        self._officers = officers
        self._lanes = {mode: [lane.lane_id for lane in self._port.lanes if lane.mode is mode] for mode in LaneMode}
        self._strangers = 0
        self._mode_of = {lane.lane_id: lane.mode for lane in self._port.lanes}
        self._groups = [self._regulars(habit, thin) for habit in HABITS if habit.per_day and self._lanes[habit.mode]]
        self._once = [
            (habit.mode, habit.share * DAILY_COUNTS_2023[self._port.code].of(habit.mode) / thin)
            for habit in HABITS
            if not habit.per_day and self._lanes[habit.mode]
        ]
        self._weights = {mode: shift_weights(factors) for mode, factors in HOUR_FACTORS.items()}
        self._friends = {
            name: [self._random.uniform(*FRIEND_PER_DUTY_DAY) for _ in range(FRIENDS_PER_INSIDER)]
            for name in officers.corrupt
        }

    def of_shift(self, number: int, start_at: int, duties: Sequence[DrawnDuty]) -> list[Crossed]:
        """The crossings of a shift by time, in lanes that have an officer."""
        open_lanes = OpenLanes(duties, self._mode_of)
        crossed = list[Crossed]()
        for group in self._groups:
            crossed += self._of_group(group, number, start_at, open_lanes)
        for mode, per_day in self._once:
            weights = self._weights[mode][number % 3]
            for _ in range(whole(self._random, per_day * sum(weights))):
                self._strangers += 1
                at = start_at + self._minute(weights)
                lane_id = open_lanes.any_of(self._random, mode, at)
                if lane_id is not None:
                    crossed.append(Crossed(at, lane_id, mode, f"stranger-{self._strangers}"))
        crossed += self._of_friends(duties)
        return sorted(crossed)

    def _regulars(self, habit: Habit, thin: int) -> Regulars:
        random, lanes = self._random, self._lanes[habit.mode]
        count = whole(random, habit.share * DAILY_COUNTS_2023[self._port.code].of(habit.mode) / habit.per_day / thin)
        trips = max(1, round(habit.per_day))
        has_hours = habit.actor in FIXED_HOURS
        weights = HOUR_FACTORS[habit.mode]
        vehicles = []
        for number in range(count):
            hours = random.choices(range(24), weights, k=trips) if has_hours else ()
            minutes = tuple([60.0 * hour + 60.0 * random.random() for hour in hours])
            lane = random.randrange(len(lanes)) if has_hours else None
            vehicles.append(Regular(f"{habit.actor.lower()}-{habit.share}-{number}", minutes, lane))
        return Regulars(habit, vehicles, trips, min(1.0, habit.per_day / trips))

    def _of_group(self, group: Regulars, number: int, start_at: int, lanes: "OpenLanes") -> list[Crossed]:
        random, mode, crossed = self._random, group.habit.mode, list[Crossed]()
        first = (60 * (FIRST_SHIFT_HOUR + SHIFT_HOURS * (number % 3))) % 1440
        if group.vehicles and group.vehicles[0].minutes:
            favourites = self._lanes[mode]
            for vehicle in group.vehicles:
                for usual in vehicle.minutes:
                    into = (usual - first) % 1440
                    if into < 60 * SHIFT_HOURS and random.random() < group.active:
                        into = min(max(into + random.gauss(0.0, HOUR_SPREAD_MINUTES), 0.0), 60 * SHIFT_HOURS - 0.1)
                        at = start_at + int(into * MINUTE)
                        favourite = favourites[vehicle.lane or 0] if random.random() < FAVOURITE_RATIO else None
                        lane_id = lanes.one_of(random, mode, at, favourite)
                        if lane_id is not None:
                            crossed.append(Crossed(at, lane_id, mode, vehicle.token))
            return crossed
        weights = self._weights[mode][number % 3]
        expected = len(group.vehicles) * group.trips * group.active * sum(weights)
        for _ in range(whole(random, expected)):
            at = start_at + self._minute(weights)
            lane_id = lanes.any_of(random, mode, at)
            if lane_id is not None:
                crossed.append(Crossed(at, lane_id, mode, random.choice(group.vehicles).token))
        return crossed

    def _of_friends(self, duties: Sequence[DrawnDuty]) -> list[Crossed]:
        """Friends come within a block in which their insider has a car lane."""
        random, crossed = self._random, list[Crossed]()
        for name, rates in self._friends.items():
            own = [d for d in duties if d.officer_id == name and self._mode_of[d.lane_id] is LaneMode.PASSENGER]
            for friend, rate in enumerate(rates):
                if not own or random.random() >= rate:
                    continue
                duty = random.choice(own)
                at = random.randrange(duty.from_at, duty.until_at)
                lane_id = duty.lane_id
                if random.random() >= FRIEND_IN_LANE_RATIO:
                    lane_id = OpenLanes(duties, self._mode_of).any_of(random, LaneMode.PASSENGER, at) or lane_id
                crossed.append(Crossed(at, lane_id, LaneMode.PASSENGER, f"friend-{name}-{friend}", name))
        return crossed

    def _minute(self, weights: Sequence[float]) -> int:
        """A time within a shift, microseconds, as the hours' weights have it."""
        hour = self._random.choices(range(SHIFT_HOURS), weights)[0]
        return hour * HOUR + int(self._random.random() * HOUR)


class OpenLanes:
    """Which lanes have an officer when, in one shift."""

    def __init__(self, duties: Sequence[DrawnDuty], modes: Mapping[str, LaneMode]) -> None:
        blocks: dict[int, dict[LaneMode, list[str]]] = {}
        for duty in duties:
            blocks.setdefault(duty.from_at, {}).setdefault(modes[duty.lane_id], []).append(duty.lane_id)
        self._starts = sorted(blocks)
        self._blocks = [blocks[start] for start in self._starts]

    def any_of(self, random: Random, mode: LaneMode, at: int) -> str | None:
        """An open lane of a mode at a time; None if there is none."""
        return self.one_of(random, mode, at, None)

    def one_of(self, random: Random, mode: LaneMode, at: int, favourite: str | None) -> str | None:
        """The favourite lane if it is open, else any."""
        place = bisect.bisect_right(self._starts, at) - 1
        lanes = self._blocks[place].get(mode) if place >= 0 else None
        if not lanes:
            return None
        return favourite if favourite in lanes else random.choice(lanes)


def shift_weights(factors: Sequence[float]) -> list[list[float]]:
    """The share of a day's vehicles in each hour of its three shifts."""
    hours = [(FIRST_SHIFT_HOUR + hour) % 24 for hour in range(24)]
    shares = [factors[hour] / sum(factors) for hour in hours]
    return [shares[start : start + SHIFT_HOURS] for start in range(0, 24, SHIFT_HOURS)]


def whole(random: Random, expected: float) -> int:
    """A whole number with this mean, with the spread of a Poisson law where it is large enough for a normal one."""
    return max(0, int(expected + random.gauss(0.0, expected**0.5) + random.random())) if expected > 0.0 else 0
