"""Intervals against what they are defined by, and against known tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.estimates.intervals import NOTHING, Interval, WeightedHits, proportion, ratio_of, weighted_rate


def mid_p_above(hits: int, cases: int, rate: float) -> float:
    """P(more) and half of P(as many) of a binomial."""
    chances = [math.comb(cases, k) * rate**k * (1 - rate) ** (cases - k) for k in range(cases + 1)]
    return math.fsum(chances[hits + 1 :]) + 0.5 * chances[hits]


@given(cases=st.integers(1, 60), data=st.data())
def test_the_ends_of_a_proportion_leave_out_a_fortieth_each_by_mid_p(cases: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, cases))
    interval = proportion(hits, cases)
    assert interval.low <= hits / cases <= interval.high
    if hits:
        assert mid_p_above(hits, cases, interval.low) == pytest.approx(0.025, abs=1e-8)
    if hits < cases:
        assert mid_p_above(hits, cases, interval.high) == pytest.approx(0.975, abs=1e-8)


def test_no_hits_of_some_cases_and_all_of_them_mirror_each_other() -> None:
    # 0.5 * 1 + 0.5 * (1 - (1 - p)^n) = 0.975, so p = 1 - 0.05^(1/n)
    none, all_of_them = proportion(0, 50), proportion(50, 50)
    assert (none.rate, none.low, none.high) == (0.0, 0.0, pytest.approx(1 - 0.05**0.02, abs=1e-9))
    assert (all_of_them.rate, all_of_them.low, all_of_them.high) == (1.0, pytest.approx(0.05**0.02, abs=1e-9), 1.0)


def test_no_cases_say_nothing() -> None:
    assert proportion(0, 0) == NOTHING == Interval(None, 0.0, 1.0)


@pytest.mark.parametrize("hits", [0, 1, 2, 3, 10, 60])
def test_equal_weights_give_mid_p_limits_of_a_poisson_count(hits: int) -> None:
    def mid_p(expected: float) -> float:
        chances = [math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(hits + 1)]
        return 1.0 - math.fsum(chances[:hits]) - 0.5 * chances[hits]

    one = 1 / 4_000
    interval = weighted_rate(WeightedHits(hits * one, hits * one * one, one))
    assert mid_p(interval.high / one) == pytest.approx(0.975, abs=1e-8)
    if hits:
        assert mid_p(interval.low / one) == pytest.approx(0.025, abs=1e-8)
    else:
        assert (interval.low, interval.high / one) == (0.0, pytest.approx(-math.log(0.05)))


def test_heavier_weights_are_more_careful_and_no_rate_is_above_one() -> None:
    equal = weighted_rate(WeightedHits(3e-3, 3e-6, 1e-3))
    uneven = weighted_rate(WeightedHits(3e-3, 5e-6, 2e-3))
    assert uneven.low < equal.low < equal.high < uneven.high
    assert weighted_rate(WeightedHits(0.9, 0.81, 0.9)).high == 1.0


def test_a_ratio_lies_between_the_worst_of_both() -> None:
    lift = ratio_of(Interval(0.02, 0.01, 0.04), Interval(0.001, 0.0005, 0.002))
    assert lift.ratio == pytest.approx(20.0)
    # ln 2 on each side of both: exp(-+ sqrt(2) ln 2)
    assert (lift.low, lift.high) == (pytest.approx(20 * 2 ** -math.sqrt(2)), pytest.approx(20 * 2 ** math.sqrt(2)))


def test_a_ratio_to_nothing_has_no_upper_end_and_one_of_nothing_is_none() -> None:
    nothing_seen = ratio_of(Interval(0.02, 0.01, 0.04), Interval(0.0, 0.0, 0.002))
    assert (nothing_seen.ratio, nothing_seen.low, nothing_seen.high) == (None, pytest.approx(5.0), None)
    none_found = ratio_of(Interval(0.0, 0.0, 0.01), Interval(0.001, 0.0005, 0.002))
    assert (none_found.ratio, none_found.low, none_found.high) == (0.0, 0.0, pytest.approx(20.0))
    assert ratio_of(NOTHING, Interval(0.001, 0.0005, 0.002)).ratio is None
