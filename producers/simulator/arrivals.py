"""When vehicles come to a lane, and who comes: owners with their habits."""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from producers.simulator.actors import Actor
from producers.simulator.duty import Duty
from producers.simulator.scenario import Scenario
from producers.simulator.smuggling import SCOUT_LEAD_SECONDS, crossings_per_load, loaded_shares
from producers.simulator.traffic import HOUR_FACTORS, MONTH_FACTORS, lanes_open, month_of
from producers.simulator.truth import commuter_identity
from schemas.layout import LaneLayout, Port
from schemas.records import LaneMode

US: Final = 1_000_000
HOUR: Final = 3600
DAY: Final = 86_400
COMMUTER_SHARE: Final = 0.4  # of the passages of a passenger lane; the rest are shoppers and rare crossers
SHOPPER_SHARE: Final = 0.35
COMMUTE_RATIO: Final = 0.7  # a commuter crosses on 5 of 7 days
SHOPPERS_PER_DAILY_CAR: Final = 7  # a shopper comes about every three weeks
RARE_POOL: Final = 10_000_000
SHUTTLE_TRIPS_A_DAY: Final = 6
LONG_VEHICLE_HEADWAYS: Final = 3.0  # a truck or bus keeps its lane as long as three cars
SHUTTLES: Final = {LaneMode.BUS: Actor.BUS, LaneMode.TRUCK: Actor.FREIGHT}
RARE: Final = {LaneMode.PASSENGER: Actor.VISITOR, LaneMode.BUS: Actor.BUS, LaneMode.TRUCK: Actor.LONG_HAUL}
# Who works in the north goes there in the morning, so many hours before he goes home (after 13 hours in the south, see
# `northbound.py`); freight runs both ways at the same hours [assumed].
NORTH_EARLIER_HOURS: Final = {LaneMode.PASSENGER: 11, LaneMode.BUS: 0, LaneMode.TRUCK: 0}
LANE_ANT_SHARE: Final = 0.35  # of loads, as in the default world of the evaluation
LANE_LOAD_MEAN_GUNS: Final = 5.2  # of the seizures
ANT_DAYS: Final = 4  # an ant comes about every four days [assumed], so that a run of some days meets it again
IN_ROTATION: Final = 50  # vehicles of a lane, where each is to cross so often and no more
INSIDER_RATIO: Final = 0.5  # of the smugglers in a bribed officer's lane, the officer's own [assumed]


class Who(NamedTuple):
    """Who comes: which vehicle, and what it does at the border."""

    identity: str
    actor: Actor


class Arrivals:
    """A Poisson stream by hour. Lanes of a port open with its traffic, the first ones all day.

    In a northbound lane the same vehicles come, hours earlier, and nobody smuggles. Each lane is drawn from its own
    seeds, so a vehicle may come north twice running, as it may go south twice.
    """

    def __init__(
        self, scenario: Scenario, seed: int, port: Port, layout: LaneLayout, start_at: int, duty: Duty
    ) -> None:
        self._scenario, self._port, self._layout = scenario, port, layout
        self._random = Random(f"{seed} arrivals {layout.lane_id}")
        self._start = start_at / US
        self._offset = int(port.utc_offset_hours * HOUR)
        same_way = port.northbound_lanes if layout.is_northbound else port.lanes
        same_mode = [lane.lane_id for lane in same_way if lane.mode is layout.mode]
        self._index, self._lanes = same_mode.index(layout.lane_id), len(same_mode)
        south = [lane.lane_id for lane in port.lanes if lane.mode is layout.mode] or same_mode
        self._home_lane_id = south[self._index % len(south)]  # of those who keep to a lane
        self._earlier_hours = NORTH_EARLIER_HOURS[layout.mode] if layout.is_northbound else 0
        self._daily = scenario.daily_counts[port.code].of(layout.mode)
        self._met = 0
        self._duty = duty
        self._smuggling = Random(f"{seed} smuggling {layout.lane_id}")
        shares = loaded_shares(LANE_ANT_SHARE, LANE_LOAD_MEAN_GUNS, layout.mode)
        # A convoy is one arrival, of its scout; the load follows by itself.
        self._smugglers = {actor: share * crossings_per_load(actor) for actor, share in shares.items()}
        self._smuggler_ratio = scenario.smuggling_ratio * sum(self._smugglers.values())
        if scenario.crossings_per_vehicle or layout.is_northbound:
            self._smuggler_ratio = 0.0  # their habits are others, or they have delivered
        self._followers: list[tuple[float, Who]] = []

    def hourly(self, local_seconds: float) -> float:
        """Vehicles an hour that come to this lane in the hour of this local time; 0 while the lane is closed."""
        scenario = self._scenario
        if scenario.headway_seconds is not None:
            long = self._layout.mode is not LaneMode.PASSENGER
            return HOUR / scenario.headway_seconds / (LONG_VEHICLE_HEADWAYS if long else 1.0)
        local_seconds += self._earlier_hours * HOUR
        factors = HOUR_FACTORS[self._layout.mode]
        factor = factors[int(local_seconds // HOUR) % 24]
        open_lanes = lanes_open(self._layout.mode, self._lanes, local_seconds)
        if self._index >= open_lanes:
            return 0.0
        month = month_of(int(local_seconds // DAY))
        per_day = self._daily * MONTH_FACTORS[self._layout.mode][month - 1] * factor
        return per_day / 24 / open_lanes

    def until(self, seconds: float) -> Iterator[tuple[float, Who]]:
        """(seconds since start, who), in order."""
        for time, who in self._ordinary_until(seconds):
            while self._followers and self._followers[0][0] <= time:
                yield self._followers.pop(0)
            if self._smuggling.random() < self._smuggler_ratio:
                who = self._smuggler(time)
            yield time, who

    def _smuggler(self, time: float) -> Who:
        """A smuggler instead of the one who would have come; of a convoy the scout, and the load minutes later."""
        random, port, lane_id = self._smuggling, self._port.code, self._layout.lane_id
        actor = random.choices(tuple(self._smugglers), tuple(self._smugglers.values()))[0]
        self._met += 1
        officer = self._duty.officer(lane_id, self._start + time)
        if officer == self._duty.officers()[0] and random.random() < INSIDER_RATIO:
            return Who(f"{officer} friend {random.randrange(3)}", Actor.INSIDER)
        if actor is Actor.ANT:
            pool = int(self._daily * self._scenario.smuggling_ratio * self._smugglers[actor] * ANT_DAYS) + 1
            return Who(f"{port} ant {random.randrange(pool)}", actor)
        if actor is Actor.CONVOY_LOAD:
            pool = int(self._daily * self._scenario.smuggling_ratio) + 1
            name = f"{port} convoy {random.randrange(pool)}"
            self._followers.append((time + random.uniform(*SCOUT_LEAD_SECONDS), Who(f"{name} load", actor)))
            self._followers.sort()
            return Who(f"{name} scout", Actor.CONVOY_SCOUT)
        # Another run is another time: its first-timers are others.
        return Who(f"{lane_id} {actor.lower()} {self._start:.0f} {self._met}", actor)

    def _in_rotation(self, crossings: int) -> str:
        """Who comes when each vehicle comes so often: IN_ROTATION of them in turn, then as many others."""
        rotation, place = divmod(self._met - 1, IN_ROTATION * crossings)
        return f"{self._layout.lane_id} new {rotation * IN_ROTATION + place % IN_ROTATION}"

    def _ordinary_until(self, seconds: float) -> Iterator[tuple[float, Who]]:
        random, hour_start = self._random, 0.0
        while hour_start < seconds:
            local = self._start + hour_start + self._offset
            hour_end = min(seconds, hour_start + HOUR - local % HOUR)
            hourly = self.hourly(local)
            if hourly > 0:
                commuters = self._commuters((int(local // HOUR) + self._earlier_hours) % 24, hourly)
                time = hour_start + random.expovariate(hourly / HOUR)
                while time < hour_end:
                    yield time, self._who(commuters)
                    time += random.expovariate(hourly / HOUR)
            hour_start = hour_end

    def _commuters(self, hour: int, hourly: float) -> Iterator[str]:
        """The commuters of this lane and hour in the order in which they come today, each at most once."""
        share = COMMUTER_SHARE if self._layout.mode is LaneMode.PASSENGER else 0.0
        numbers = list(range(int(hourly * share / COMMUTE_RATIO) + 1))
        self._random.shuffle(numbers)
        return iter([commuter_identity(self._home_lane_id, hour, number) for number in numbers])

    def _who(self, commuters: Iterator[str]) -> Who:
        random, lane_id = self._random, self._home_lane_id
        self._met += 1
        if self._scenario.crossings_per_vehicle:
            return Who(self._in_rotation(self._scenario.crossings_per_vehicle), Actor.VISITOR)
        kind = random.random()
        if self._layout.mode is LaneMode.PASSENGER:
            if kind < COMMUTER_SHARE:
                commuter = next(commuters, None)
                if commuter is not None:
                    return Who(commuter, Actor.COMMUTER)
            if kind < COMMUTER_SHARE + SHOPPER_SHARE:
                pool = int(self._daily * SHOPPERS_PER_DAILY_CAR) + 1
                return Who(f"{self._port.code} shopper {random.randrange(pool)}", Actor.SHOPPER)
        elif kind < 0.7:
            # Drayage and lines: the same tractors cross several times a day, mostly through their own lane.
            pool = int(self._daily / self._lanes / SHUTTLE_TRIPS_A_DAY) + 1
            return Who(f"{lane_id} shuttle {random.randrange(pool)}", SHUTTLES[self._layout.mode])
        mode = self._layout.mode
        return Who(f"{self._port.code} {mode.value.lower()} rare {random.randrange(RARE_POOL)}", RARE[mode])
