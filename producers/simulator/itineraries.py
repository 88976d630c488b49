"""When a vehicle crosses: laws of time in seconds of the port's own day 0, in order of time.

All are [assumed]: nobody publishes how often a plate crosses. They are the habits that a reader at any commuter port
sees: people go home in the afternoon, five days in seven; shops are visited weekly to monthly.
"""

from itertools import accumulate
from math import exp, log
from random import Random
from typing import Final, NamedTuple

from producers.simulator.traffic import HOUR_FACTORS
from schemas.records import LaneMode

HOUR: Final = 3600
DAY: Final = 86_400
ATTENDANCE: Final = 0.93  # of working days: the others are leave, illness, a lift with a colleague
OFFICE_WEEK_RATIO: Final = 0.8  # Monday to Friday; the others work on five other days of the week
PUNCTUALITY_SECONDS: Final = 1200.0
SHIFT_HOURS: Final = 10
SHOPPING_PER_DAY: Final = (1 / 30, 2 / 7)  # monthly to twice a week; as many in each octave
SHORTEST_GAP_SECONDS: Final = 1800.0  # to be south again: over, turn, and back through the queue
SECOND_VISIT_RATIO: Final = 0.3
LINE_DAYS_RATIO: Final = 6 / 7

_CUMULATIVE: Final = {mode: tuple(accumulate(factors)) for mode, factors in HOUR_FACTORS.items()}


class Calendar(NamedTuple):
    """The days to fill: how many, and which weekday (Monday 0) the first is."""

    days: int
    first_weekday: int


def time_of_day(random: Random, mode: LaneMode) -> float:
    """Seconds after midnight, as busy as the lanes of this mode."""
    hour = random.choices(range(24), cum_weights=_CUMULATIVE[mode])[0]
    return (hour + random.random()) * HOUR


def commute(random: Random, calendar: Calendar, per_day: int = 1) -> list[float]:
    """Five days in seven, at a time of its own; a second crossing a day some hours after the first."""
    usual = [time_of_day(random, LaneMode.PASSENGER)]
    if per_day > 1:
        first = min(usual[0], 16.0 * HOUR)
        usual = [first, first + random.uniform(3.0, 7.5) * HOUR]
    working = set(range(5)) if random.random() < OFFICE_WEEK_RATIO else set(random.sample(range(7), 5))
    times = []
    for day in range(calendar.days):
        if (calendar.first_weekday + day) % 7 in working and random.random() < ATTENDANCE:
            times += [day * DAY + max(0.0, at + random.gauss(0.0, PUNCTUALITY_SECONDS)) for at in usual]
    return sorted(times)


def school_run(random: Random, calendar: Calendar) -> list[float]:
    """Back from the school across the border, in the morning and in the afternoon of Monday to Friday."""
    usual = (random.gauss(8.0, 0.4) * HOUR, random.gauss(15.0, 0.7) * HOUR)
    return [
        day * DAY + at + random.gauss(0.0, PUNCTUALITY_SECONDS)
        for day in range(calendar.days)
        if (calendar.first_weekday + day) % 7 < 5 and random.random() < ATTENDANCE
        for at in usual
    ]


def shift(random: Random, calendar: Calendar, trips_low: int, trips_high: int, mode: LaneMode) -> list[float]:
    """Several crossings in a shift, six days in seven: taxis, drayage, bus lines."""
    start = min(time_of_day(random, mode), 13.9 * HOUR)
    times = []
    for day in range(calendar.days):
        if random.random() < LINE_DAYS_RATIO:
            trips = random.randint(trips_low, trips_high)
            part = SHIFT_HOURS * HOUR / trips
            times += [day * DAY + start + part * (trip + 0.8 * random.random()) for trip in range(trips)]
    return times


def now_and_then(random: Random, calendar: Calendar, low: float, high: float, mode: LaneMode) -> list[float]:
    """At a rate of its own between `low` and `high` a day, without memory."""
    rate = exp(random.uniform(log(low), log(high)))
    times = []
    at = random.expovariate(rate)
    while at < calendar.days:
        times.append(int(at) * DAY + time_of_day(random, mode))
        at += random.expovariate(rate)
    times.sort()
    return [at for index, at in enumerate(times) if index == 0 or at - times[index - 1] >= SHORTEST_GAP_SECONDS]


def shop(random: Random, calendar: Calendar) -> list[float]:
    """Weekly to monthly."""
    return now_and_then(random, calendar, *SHOPPING_PER_DAY, LaneMode.PASSENGER)


def visit(
    random: Random, calendar: Calendar, mode: LaneMode = LaneMode.PASSENGER, second_ratio: float = SECOND_VISIT_RATIO
) -> list[float]:
    """Once, or once more within a week; at the end of the window the second visit is at its beginning."""
    first = random.randrange(calendar.days)
    days = {first}
    if random.random() < second_ratio:
        days.add((first + random.randint(1, 6)) % calendar.days)
    return [day * DAY + time_of_day(random, mode) for day in sorted(days)]


def mean_rate(low: float, high: float) -> float:
    """Mean of a rate with as many vehicles in each octave."""
    return (high - low) / log(high / low)
