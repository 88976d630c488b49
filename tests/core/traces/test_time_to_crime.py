"""What times to crime say of a purchaser, as guns come to light in the order of recovery."""

import math
from itertools import pairwise

import pytest

from streams.core.traces.time_to_crime import (
    MIDDLE_DAYS,
    NATIONAL_SHARES,
    SHORT_DAYS,
    STRAW_SHARES,
    log_ratio_of,
    share_within,
)
from tests.core.traces.measure_arrivals import shares_reached


def test_shares_are_of_all_guns() -> None:
    for shares in (NATIONAL_SHARES, STRAW_SHARES):
        assert sum(shares) == pytest.approx(1.0)
        assert share_within(shares, SHORT_DAYS - 1) == pytest.approx(shares[0])
        assert share_within(shares, MIDDLE_DAYS - 1) == pytest.approx(shares[0] + shares[1])
        assert share_within(shares, 100_000) == pytest.approx(1.0)


@pytest.mark.parametrize("seen_until", [0, 1, 90, 91, 92, 400, 1_095, 1_096, 2_000])
def test_on_any_day_a_gun_under_the_national_law_has_a_ratio_of_one_on_average(seen_until: int) -> None:
    within = [share_within(NATIONAL_SHARES, days) for days in range(seen_until + 1)]
    chances = [within[0], *[later - before for before, later in pairwise(within)]]
    ratios = [math.exp(log_ratio_of([(0, days)], seen_until)) for days in range(seen_until + 1)]
    expected = sum(chance * ratio for chance, ratio in zip(chances, ratios, strict=True)) / within[-1]
    assert expected == pytest.approx(1.0)


def test_a_young_purchase_says_nothing_and_while_nothing_comes_short_times_say_more_each_day() -> None:
    assert log_ratio_of([(0, 3), (1, 20), (2, 60)], SHORT_DAYS - 1) == pytest.approx(0.0)
    sums = [log_ratio_of([(0, 3), (1, 20)], day) for day in range(20, 4_000)]
    assert all(later >= before - 1e-12 for before, later in pairwise(sums))
    assert sums[-1] < 2 * math.log(6.25)


@pytest.mark.parametrize("within_days", [5, 365])
@pytest.mark.parametrize("guns", [2, 3, 5, 8, 10, 15, 20, 40])
def test_in_the_order_of_arrival_honest_purchasers_reach_the_ratios_no_more_often_than_is_said(
    guns: int, within_days: int
) -> None:
    with_sale, alone = shares_reached(guns, within_days, runs=2_000, seed=5)
    assert alone < 0.01 and with_sale < 0.07
