"""Reds of a simulated day stay within what the inspectors can take; one that did not would be seen."""

import pytest

from deploy.evaluation.oversight.budget import HOUR, Job, errors_of, policy_text, worst_window
from producers.simulator.traffic import DAILY_COUNTS_2023
from producers.simulator.world import DEFAULT_START_AT
from schemas.records import LaneMode
from streams.core.selection_policy import Budget, Shift, parse_policy

JUDGED = DEFAULT_START_AT // 1_000_000 + 4 * HOUR
BUDGET = Budget(
    port_code="2301",
    lane_mode=LaneMode.PASSENGER,
    random_propensity=0.02,
    minutes_per_inspection=20.0,
    shifts=(Shift(from_hour_utc=0.0, inspectors=4.0),),  # 12 an hour, 48 in four
)


def test_every_ports_policy_of_the_evaluation_is_one() -> None:
    for port_code, counts in DAILY_COUNTS_2023.items():
        if not any(counts):
            continue  # nobody has counted there, so nothing is simulated
        policy = parse_policy(policy_text(port_code))
        assert {budget.port_code for budget in policy.budgets} <= {port_code}


def test_reds_as_budgeted_are_no_error_and_a_rush_of_them_is() -> None:
    even = [JUDGED + second for second in range(0, 24 * HOUR, 300)]
    assert worst_window(BUDGET, even).error < 0.05
    rush = [*even, *[JUDGED + 10 * HOUR + minute * 60 for minute in range(48)]]
    worst = worst_window(BUDGET, sorted(rush))
    assert (worst.reds, worst.budget) == (96, pytest.approx(48.0))
    assert worst.error == pytest.approx(48 / (2.5 * 48**0.5))
    assert worst_window(BUDGET, []).error == pytest.approx(48 / (2.5 * 48**0.5))


def test_a_ports_day_with_rush_hours_keeps_to_its_budgets() -> None:
    errors = errors_of(Job("2403", 4))
    assert {one.lane_mode for one in errors} == {LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK}
    cars = errors[0]
    assert cars.budget > 2.0
    assert max(one.error for one in errors) <= 1.0, errors
