"""The test of a pair, step by step and on traffic that is not thinned."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.convoys.companions import (
    EARLIER_MIN,
    HABIT_CLOSE,
    HABIT_NEAR,
    THRESHOLD,
    UNIFORM_CLOSE,
    UNIFORM_NEAR,
    Company,
    Traveller,
    company_of,
    habits_of,
)
from tests.core.convoys.measure import LEVELS, measure
from tests.core.convoys.traffic import CONVOY, DAY_S, SPOUSES, START_S, Traffic, crossing

HOUR_S = 3600


def traveller(plate: str, trips: list[tuple[int, str]]) -> Traveller:
    at_s, port = trips[-1]
    return Traveller(crossing(plate, at_s, trips[:-1], port_code=port))


def pair(gaps_s: Iterable[int], odd_hours: bool = True, ports: tuple[str, ...] = ("2301",)) -> Company:
    """Two vehicles, one behind the other by these gaps, once a day."""
    one, other = [], []
    for day, gap_s in enumerate(gaps_s):
        at_s = START_S + day * DAY_S + (day * 5 % 24 * HOUR_S if odd_hours else 7 * HOUR_S)
        port = ports[day % len(ports)]
        one.append((at_s, port))
        other.append((at_s + gap_s, port))
    return company_of(traveller("AAA0001", one), traveller("BBB0002", other))


def test_the_first_meeting_opens_a_test_and_weighs_nothing() -> None:
    company = pair([30])
    assert (company.log_likelihood_ratio, company.joint_crossings) == (0.0, 1)


def test_a_second_meeting_weighs_its_likelihood_ratio() -> None:
    # One crossing before, at another hour: the chance of a habit is (0 + 1) / (1 + 2).
    near, close = (UNIFORM_NEAR + (HABIT_NEAR - UNIFORM_NEAR) / 3, UNIFORM_CLOSE + (HABIT_CLOSE - UNIFORM_CLOSE) / 3)
    assert pair([30, 60]).log_likelihood_ratio == pytest.approx(math.log(0.50 / near))
    assert pair([30, 61]).log_likelihood_ratio == pytest.approx(math.log(0.35 / close))
    apart = pair([30, 30, 181]).log_likelihood_ratio - pair([30, 30]).log_likelihood_ratio
    assert -1.9 < apart < -1.6  # ln(0.15 / 0.92) = -1.8


def test_crossing_in_the_same_hour_apart_closes_a_test_and_a_meeting_opens_another() -> None:
    assert pair([30, 1800]).joint_crossings == 0
    again = pair([30, 1800, 30, 30])
    assert again.joint_crossings == 2 and again.log_likelihood_ratio > 0.0


def test_hours_in_which_only_one_crosses_say_nothing() -> None:
    alone = [(START_S - day * DAY_S, "2301") for day in range(20, 0, -1)]
    trips = [(START_S + day * DAY_S + day * 5 * HOUR_S, "2301") for day in range(6)]
    with_others = company_of(traveller("AAA0001", alone + trips), traveller("BBB0002", trips))
    assert with_others.joint_crossings == company_of(traveller("A", trips), traveller("B", trips)).joint_crossings == 6


def test_two_ports_at_the_same_minute_are_no_meeting() -> None:
    one = traveller("AAA0001", [(START_S, "2301"), (START_S + DAY_S, "2301")])
    other = traveller("BBB0002", [(START_S, "2304"), (START_S + DAY_S, "2304")])
    assert company_of(one, other).joint_crossings == 0


def test_odd_hours_and_other_ports_weigh_more_than_a_habit() -> None:
    habit, odd, ports = pair([40] * 8, odd_hours=False), pair([40] * 8), pair([40] * 8, False, ("2301", "2302", "2304"))
    assert habit.log_likelihood_ratio < ports.log_likelihood_ratio
    assert habit.log_likelihood_ratio < odd.log_likelihood_ratio


def test_a_habit_survives_the_change_of_the_clocks() -> None:
    summer = [START_S + day * DAY_S + 7 * HOUR_S for day in range(20)]
    winter = START_S + 20 * DAY_S + 8 * HOUR_S
    assert habits_of([*summer, winter], ["2301"] * 21)[-1] == pytest.approx(21 / 22)


def test_midnight_does_not_divide_a_habit() -> None:
    before, after = START_S - 600, START_S + DAY_S + 600
    assert habits_of([before, after], ["2301"] * 2) == [1 / 2, 2 / 3]


def test_no_plate_with_fewer_crossings_before_can_be_a_companion() -> None:
    """What the vehicles stage does not tell of is nothing that this test could find."""
    company = Company()
    for _ in range(EARLIER_MIN):
        company.add(0, 0.0)  # EARLIER_MIN - 1 before this one, at the best of likelihood ratios
    assert company.log_likelihood_ratio < THRESHOLD


trips = st.lists(st.tuples(st.integers(0, 30 * 60), st.sampled_from(["2301", "2302"])), min_size=1, max_size=40)


@given(trips, trips)
def test_a_pair_is_the_same_whoever_is_named_first(one: list[tuple[int, str]], other: list[tuple[int, str]]) -> None:
    first, second = (
        traveller(plate, sorted((START_S + at * 60, port) for at, port in each))
        for plate, each in (("AAA0001", one), ("BBB0002", other))
    )
    here, there = company_of(first, second), company_of(second, first)
    assert (here.log_likelihood_ratio, here.joint_crossings) == (there.log_likelihood_ratio, there.joint_crossings)
    assert here.log_likelihood_ratio >= 0.0


@given(st.floats(0.0, 1.0))
def test_every_step_expects_at_most_one_under_strangers(habit: float) -> None:
    """The likelihood ratio is a martingale, which Ville's inequality needs."""
    near = UNIFORM_NEAR + habit * (HABIT_NEAR - UNIFORM_NEAR)
    close = UNIFORM_CLOSE + habit * (HABIT_CLOSE - UNIFORM_CLOSE)
    expected = 0.0
    for probability, gap_s in ((near, 60), (close, 180), (1.0 - near - close, 181)):
        company = Company()
        company.log_likelihood_ratio, company.joint_crossings = 10.0, 1
        company.add(gap_s, habit)
        expected += probability * math.exp(company.log_likelihood_ratio - 10.0)
    assert expected == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seed", "world"),
    [
        (11, Traffic(11)),
        (12, Traffic(12)),
        # Everybody aims at one minute with the spread that the test assumes: the hardest traffic that it promises for.
        (13, Traffic(13, commuters=100, habits=1, spread_s=420.0)),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_in_traffic_strangers_stay_within_the_stated_rate_and_companions_are_found(seed: int, world: Traffic) -> None:
    found, command = measure(world.crossings()), f"python -m tests.core.convoys.measure 1 {seed}"
    assert found.meetings > 10_000, command
    for level in LEVELS:
        allowed = found.meetings / level
        assert found.reached[level] <= allowed + 3.0 * math.sqrt(allowed), (level, command)
    # A scout and its load at odd hours, and spouses who commute, which a habit nearly explains.
    assert found.joint_crossings[frozenset(CONVOY)] <= 10, command
    assert found.joint_crossings[frozenset(SPOUSES)] <= 16, command
