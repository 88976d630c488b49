"""How often honest purchasers reach the ratios of a suggestion, looked at on every day as their guns come to light.

    python -m tests.core.traces.measure_arrivals [runs] [first seed]

All guns of a purchaser are bought within some days, each takes the simulator's national time to crime, and those that
are recovered within the time that traces are kept are traced. Nothing else is known of the others.
"""

import json
import math
import sys
from random import Random

from producers.simulator.traces import honest_days
from streams.core.traces.stage import TRACE_KEPT_DAYS
from streams.core.traces.time_to_crime import RATIO_ALONE, RATIO_WITH_MULTIPLE_SALE, SHORT_DAYS, log_ratio_of

GUNS = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40)

# Bought within a week as by a multiple sale, and over a year.
BOUGHT_WITHIN_DAYS = (5, 365)

# The last day on which a gun that was recovered within SHORT_DAYS still counts.
LAST_DAY = TRACE_KEPT_DAYS + SHORT_DAYS


def highest_log_ratio(guns: list[tuple[int, int]], last_day: int = LAST_DAY) -> float:
    """The highest sum of any day's look. While nothing is recovered it only rises with time, so it is highest on a day
    of a recovery, on the one before, or at the end."""
    days = sorted({recovered for _, recovered in guns if recovered <= last_day})
    looks = [*days, *[day - 1 for day in days[1:]], last_day]
    return max([log_ratio_of([gun for gun in guns if gun[1] <= look], look) for look in looks])


def shares_reached(guns: int, within_days: int, runs: int, seed: int) -> tuple[float, float]:
    """Shares of purchasers of so many guns who ever reach RATIO_WITH_MULTIPLE_SALE, and RATIO_ALONE."""
    draw = Random(f"arrivals {seed} {guns} {within_days}")
    reached = [0, 0]
    for _ in range(runs):
        bought = [draw.randrange(within_days) for _ in range(guns)]
        highest = highest_log_ratio([(day, day + honest_days(draw)) for day in bought])
        reached[0] += highest >= math.log(RATIO_WITH_MULTIPLE_SALE)
        reached[1] += highest >= math.log(RATIO_ALONE)
    return reached[0] / runs, reached[1] / runs


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    runs, seed = [*numbers, *(20_000, 1)[len(numbers) :]]
    for within_days in BOUGHT_WITHIN_DAYS:
        for guns in GUNS:
            with_sale, alone = shares_reached(guns, within_days, runs, seed)
            line = {"guns": guns, "bought_within_days": within_days, "reach_10": with_sale, "reach_100": alone}
            print(json.dumps(line), flush=True)
