"""When vehicles come to a lane, and who comes: owners with their habits."""

from collections.abc import Iterator
from random import Random
from typing import Final

from producers.simulator.scenario import Scenario
from producers.simulator.traffic import HOUR_FACTORS, MONTH_FACTORS, UTC_OFFSET_HOURS
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


class Arrivals:
    """A Poisson stream by hour. Lanes of a port open with its traffic, the first ones all day."""

    def __init__(self, scenario: Scenario, seed: int, port: Port, layout: LaneLayout, start_at: int) -> None:
        self._scenario, self._port, self._layout = scenario, port, layout
        self._random = Random(f"{seed} arrivals {layout.lane_id}")
        self._start = start_at / US
        self._offset = UTC_OFFSET_HOURS[port.state] * HOUR
        same_mode = [lane.lane_id for lane in port.lanes if lane.mode is layout.mode]
        self._index, self._lanes = same_mode.index(layout.lane_id), len(same_mode)
        self._daily = scenario.daily_counts[port.code].of(layout.mode)
        self._met = 0

    def hourly(self, local_seconds: float) -> float:
        """Vehicles an hour that come to this lane in the hour of this local time; 0 while the lane is closed."""
        scenario = self._scenario
        if scenario.headway_seconds is not None:
            long = self._layout.mode is not LaneMode.PASSENGER
            return HOUR / scenario.headway_seconds / (LONG_VEHICLE_HEADWAYS if long else 1.0)
        factors = HOUR_FACTORS[self._layout.mode]
        factor = factors[int(local_seconds // HOUR) % 24]
        lanes_open = max(1, round(self._lanes * min(1.0, 0.15 + 1.05 * factor / max(factors))))
        if self._index >= lanes_open:
            return 0.0
        month = month_of(int(local_seconds // DAY))
        per_day = self._daily * MONTH_FACTORS[self._layout.mode][month - 1] * factor
        return per_day / 24 / lanes_open

    def until(self, seconds: float) -> Iterator[tuple[float, str]]:
        """(seconds since start, identity of the vehicle), in order."""
        random, hour_start = self._random, 0.0
        while hour_start < seconds:
            local = self._start + hour_start + self._offset
            hour_end = min(seconds, hour_start + HOUR - local % HOUR)
            hourly = self.hourly(local)
            if hourly > 0:
                commuters = self._commuters(int(local // HOUR) % 24, hourly)
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
        return iter([commuter_identity(self._layout.lane_id, hour, number) for number in numbers])

    def _who(self, commuters: Iterator[str]) -> str:
        random, lane_id = self._random, self._layout.lane_id
        self._met += 1
        if self._scenario.distinct_plates:
            return f"{lane_id} new {self._met}"
        kind = random.random()
        if self._layout.mode is LaneMode.PASSENGER:
            if kind < COMMUTER_SHARE:
                commuter = next(commuters, None)
                if commuter is not None:
                    return commuter
            if kind < COMMUTER_SHARE + SHOPPER_SHARE:
                pool = int(self._daily * SHOPPERS_PER_DAILY_CAR) + 1
                return f"{self._port.code} shopper {random.randrange(pool)}"
        elif kind < 0.7:
            # Drayage and lines: the same tractors cross several times a day, mostly through their own lane.
            pool = int(self._daily / self._lanes / SHUTTLE_TRIPS_A_DAY) + 1
            return f"{lane_id} shuttle {random.randrange(pool)}"
        return f"{self._port.code} {self._layout.mode.value.lower()} rare {random.randrange(RARE_POOL)}"


def month_of(day: int) -> int:
    """Month 1 to 12 of a day counted from 1970-01-01 (proleptic Gregorian, Howard Hinnant's civil-from-days)."""
    shifted = day + 719_468
    day_of_era = shifted % 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    return month_from_march + 3 if month_from_march < 10 else month_from_march - 9
