"""The sequential test of how a plate crosses: honest habits seldom reach the alarm, a courier's mostly do."""

import math
from random import Random

import pytest

from schemas.records import LaneMode
from streams.core.evidence.ant_traffic import Sign, _log_beta_binomial, ant_traffic, signs_of
from streams.core.evidence.past import OwnWeighings, Past
from streams.core.rule_set import BetaLaw
from streams.core.vehicle_state import PassedBy
from tests.core.vehicles.builders import RULES
from tests.core.vehicles.subjects import DAY_S, HOUR_S, START_S, TYPE_I, subject

ALARM = RULES.ant_traffic[LaneMode.PASSENGER].false_alarm_ratio


def crossings(draw: Random, ports: tuple[str, ...], times: list[int], weight_kg: float = 1800.0) -> list[PassedBy]:
    return [
        PassedBy(
            at_s, f"{draw.choice(ports)}/{draw.randrange(1, 9):02d}/{n}", round(draw.gauss(weight_kg, 110)), TYPE_I, 2
        )
        for n, at_s in enumerate(sorted(times))
    ]


def commuter(draw: Random) -> list[PassedBy]:
    """Home from work at about the same hour on five days a week, for 60 days."""
    hour = draw.uniform(13, 20)
    times = [
        START_S - (60 - day) * DAY_S + int((hour + draw.gauss(0, 0.4)) * HOUR_S) for day in range(60) if day % 7 < 5
    ]
    return crossings(draw, ("2301",), [time for time in times if draw.random() < 0.9])


def taxi(draw: Random) -> list[PassedBy]:
    """Three or four trips on most days, at any hour."""
    times = [START_S - draw.randrange(30 * DAY_S) for _ in range(draw.randrange(40, 90))]
    return crossings(draw, ("2301",), times)


def shopper(draw: Random) -> list[PassedBy]:
    """Every week or two, at any hour of the day."""
    times = [
        START_S - draw.randrange(1, 60) * DAY_S + draw.randrange(14 * HOUR_S) for _ in range(draw.randrange(4, 12))
    ]
    return crossings(draw, ("2301",), times)


def courier(draw: Random) -> list[PassedBy]:
    """Every two to four days, at any hour, through three ports, some days twice."""
    times = [START_S - draw.randrange(60) * DAY_S + draw.randrange(18 * HOUR_S) for _ in range(draw.randrange(16, 30))]
    return crossings(draw, ("2301", "2305", "2309"), times)


def reaches_alarm(past: list[PassedBy]) -> bool:
    """Whether the test is ever over the alarm while the crossings come one by one."""
    for known in range(4, len(past)):
        now, before = past[known], tuple(past[max(0, known - 40) : known])
        seen = subject(before, lane_id=now.passage_id.rpartition("/")[0])
        seen.at = now.at_s * 1_000_000
        said = ant_traffic(seen, RULES)
        if said is not None and "over the alarm" in said.explanation:
            return True
    return False


@pytest.mark.parametrize("habit", [commuter, shopper])
def test_honest_habits_reach_the_alarm_no_oftener_than_stated(habit: object) -> None:
    draw = Random(5)
    alarms = sum(reaches_alarm(habit(draw)) for _ in range(200))  # type: ignore[operator]
    assert alarms <= 3 * ALARM * 200  # 12: with a true 2 % more than that is a one in 10,000 chance


def test_a_taxi_is_no_courier_though_it_has_no_hours() -> None:
    draw = Random(6)
    assert sum(reaches_alarm(taxi(draw)) for _ in range(100)) <= 6


def test_most_couriers_who_shop_around_reach_the_alarm() -> None:
    draw = Random(7)
    assert sum(reaches_alarm(courier(draw)) for _ in range(100)) >= 60


def test_a_rate_drawn_from_the_honest_law_seldom_brings_its_ratio_over_the_bound() -> None:
    # Ville's inequality, for one sign and its two laws: at most one in 50 ever reaches 50.
    law = RULES.ant_traffic[LaneMode.PASSENGER].signs["other_port"]
    draw, over = Random(8), 0
    for _ in range(1000):
        rate, shown, reached = draw.betavariate(law.ordinary.a, law.ordinary.b), 0, False
        for number in range(1, 41):
            shown += draw.random() < rate
            sign = Sign(shown, number)
            ratio = _log_beta_binomial(sign, law.courier) - _log_beta_binomial(sign, law.ordinary)
            reached = reached or ratio >= math.log(50)
        over += reached
    assert over <= 40


def test_a_beta_binomial_law_is_a_probability_over_all_orders() -> None:
    law = BetaLaw(a=0.9, b=2.1)
    total = sum(math.comb(6, k) * math.exp(_log_beta_binomial(Sign(k, 6), law)) for k in range(7))
    assert total == pytest.approx(1.0)


def signs(passed: list[PassedBy]) -> dict[str, Sign]:
    """Signs of passages of which the last is the present one."""
    before, now = Past(passed[:-1]), passed[-1]
    return signs_of(before, OwnWeighings(passed[:-1], RULES.weight), now.at_s, now.passage_id.partition("/")[0])


def test_the_signs_are_counted_as_the_rule_set_says() -> None:
    at = START_S - START_S % DAY_S  # midnight
    past = [
        PassedBy(at + 17 * HOUR_S, "2301/03/1"),
        PassedBy(at + DAY_S + 17 * HOUR_S + 900, "2301/04/2"),
        PassedBy(at + DAY_S + 20 * HOUR_S, "2305/01/3"),  # another port and hour, three hours later
        PassedBy(at + 2 * DAY_S + 15 * HOUR_S, "2301/90/4", inbound=True),
        PassedBy(at + 2 * DAY_S + 16 * HOUR_S + 2700, "2301/03/5"),  # in the country for less than two hours
    ]
    seen = signs(past)
    counts = {name: (sign.shown, sign.of) for name, sign in seen.items()}
    assert counts == {
        "other_port": (1, 3), "other_hour": (1, 2), "short_return": (1, 3), "heavy": (0, 0), "short_stay": (1, 1),
    }  # fmt: skip


def test_times_of_day_are_compared_round_midnight() -> None:
    at = START_S - START_S % DAY_S
    past = [PassedBy(at + day * DAY_S + (600, -600)[day % 2], "2301/03/1") for day in range(4)]
    sign = signs(past)["other_hour"]
    assert (sign.shown, sign.of) == (0, 2)


def test_too_few_crossings_make_no_habit() -> None:
    assert ant_traffic(subject(tuple(crossings(Random(1), ("2301",), [START_S - DAY_S]))), RULES) is None
    assert ant_traffic(subject(lane_mode=LaneMode.BUS), RULES) is None
