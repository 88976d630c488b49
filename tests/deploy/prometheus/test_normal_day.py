"""A normal day: traffic by the simulator's hours, a little of everything that goes wrong each day, and no alert."""

from bisect import bisect
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import accumulate
from math import exp
from pathlib import Path
from random import Random

import pytest

from producers.simulator.traffic import DAILY_COUNTS_2023, HOUR_FACTORS
from schemas.records import LaneMode
from tests.deploy.prometheus.series import Clock, Level, Rate, normal
from tests.deploy.prometheus.tools import RULES, run_rule_tests

STEP_SECONDS = 30
STEPS = 24 * 3600 // STEP_SECONDS
SEED = 20_231_130

# Once a day a worker is started anew, as a deployment does: away for a scrape, reading its state back in the next.
RESTARTED, RESTART_STEP = "vehicles", 10 * 120


def poisson(random: Random, mean: float) -> int:
    """How many come."""
    shares, share = [], exp(-mean)
    for number in range(int(mean * 3) + 20):
        shares.append(share)
        share *= mean / (number + 1)
    return bisect(list(accumulate(shares)), random.random())


def vehicles(random: Random) -> list[int]:
    """Cars at Brownsville in each step of the day."""
    factors = HOUR_FACTORS[LaneMode.PASSENGER]
    a_step = DAILY_COUNTS_2023["2301"].of(LaneMode.PASSENGER) / STEPS
    return [poisson(random, a_step * factors[step * STEP_SECONDS // 3600]) for step in range(STEPS)]


def some(random: Random, of: list[int], ratio: float) -> list[int]:
    """Of each step's vehicles those that something happens to."""
    return [sum(random.random() < ratio for _ in range(number)) for number in of]


def day() -> dict[str, list[float]]:
    """Samples of what has a course of its own over the day, by pattern of the series."""
    random = Random(SEED)
    cars = vehicles(random)
    by_lot = some(random, cars, 0.0015)
    slow = some(random, cars, 0.002)
    red = some(random, cars, 0.03)
    quick = [number - late for number, late in zip(cars, slow, strict=True)]
    selected = [number - lots for number, lots in zip(cars, by_lot, strict=True)]
    # A lane that is closed by night is silent for five hours, and by day for a minute or two.
    asleep = [300 + 30.0 * step if 120 <= step < 720 else random.uniform(1, 120) for step in range(STEPS)]
    return {
        "border_selection_seconds_bucket*": sums(quick),
        "border_selection_seconds_count*": sums(cars),
        'border_light_answers_total*"fallback"*': sums(by_lot),
        'border_light_answers_total*"selection"*': sums(selected),
        "border_light_answer_seconds_*": sums(cars),
        'border_port_reds_total*"OPERATIONAL"*': sums(red),
        'border_port_reds_withdrawn_total*"OPERATIONAL"*': sums([0] * STEPS),
        'border_port_reds_allowed_total*"OPERATIONAL"*': sums([number * 0.03 for number in cars]),
        'border_dead_letters_total*"lanes"*"impossible_value"*': sums(some(random, cars, 0.0005)),
        'border_late_readings_total*"lanes"*"yes"*': sums(some(random, cars, 0.003)),
        'border_gateway_silence_seconds*"2304-wtb"*"scale-1"*': [value / 10 for value in asleep],
        'border_lag_seconds*"0"*': [random.expovariate(10) for _ in range(STEPS)],
        "border_light_silence_seconds*": [random.uniform(0, 12) for _ in range(STEPS)],
    }


def sums(counts: list[int] | list[float]) -> list[float]:
    """A counter."""
    return list(accumulate(counts, initial=0.0))[1:]


def series() -> Iterator[dict[str, str]]:
    """Promtool's series of the day."""
    own = day()
    unused = set(own)
    for name, shape in normal().items():
        found = [pattern for pattern in own if fnmatchcase(name, pattern)]
        unused -= set(found)
        if found:
            words = [f"{value:.4f}" for value in own[found[0]]]
        elif isinstance(shape, (Rate, Clock)):
            slope = 1.0 if isinstance(shape, Clock) else shape.per_second
            words = [f"{slope * STEP_SECONDS * step:.4f}" for step in range(STEPS)]
        else:
            assert isinstance(shape, Level)
            words = [f"{shape.value}"] * STEPS
        if f'stage="{RESTARTED}"' in name and 'job="stage"' in name:
            words = restarted(name, words)
        yield {"series": name, "values": " ".join(words)}
    assert unused == set()


def restarted(name: str, words: list[str]) -> list[str]:
    """The same of a worker that is started anew: its counters begin at 0."""
    at = RESTART_STEP
    if name.startswith("up{"):
        return [*words[:at], "0", *words[at + 1 :]]
    if name.startswith(("border_ready{", "border_lag_")):
        not_yet = "0" if name.startswith("border_ready{") else "_"
        return [*words[:at], "stale", not_yet, *words[at + 2 :]]
    if "_total{" in name or "_count{" in name or "_bucket{" in name:
        return [*words[:at], "stale", *(f"{float(word) - float(words[at]):.4f}" for word in words[at + 1 :])]
    return [*words[:at], "stale", *words[at + 1 :]]


@pytest.mark.timeout(600)  # promtool takes a minute and a half of processor for it
def test_nothing_fires_all_day(tmp_path: Path) -> None:
    fired = 'count_over_time(ALERTS{alertstate="firing",alertname!="DeadMansSwitch"}[1d])'
    always = 'count_over_time(ALERTS{alertstate="firing",alertname="DeadMansSwitch"}[1d])'
    last = 24 * 60 - 1
    switch = '{alertname="DeadMansSwitch",alertstate="firing",severity="none"}'
    test = {
        "interval": f"{STEP_SECONDS}s",
        "input_series": list(series()),
        "promql_expr_test": [
            {"expr": fired, "eval_time": f"{last}m", "exp_samples": []},
            # So it is known that a whole day was looked at.
            {"expr": always, "eval_time": f"{last}m", "exp_samples": [{"labels": switch, "value": last + 1}]},
        ],
    }
    run_rule_tests(tmp_path, [RULES / "objectives.yml", RULES / "symptoms.yml"], "1m", [test])
