"""What the interval of the violation rate promises, kept by months that go through the stage itself."""

import math

import numpy as np
import pytest

from deploy.evaluation.oversight.coverage import (
    KINDS,
    Cell,
    Kind,
    coverage_by_cell,
    estimate_of_month,
    interval_coverage,
)


def test_the_interval_covers_the_truth_in_about_95_of_100_months() -> None:
    # 2,000 months lie in 0.935 to 0.985 (`python -m tests.core.estimates.measure 2000 1`, minutes); a fifth of them
    # has a standard error of 0.008.
    assert 0.935 <= interval_coverage(384, seed=1) <= 0.985 + 0.016


def test_a_seed_says_which_months_there_are() -> None:
    first, again, other = (coverage_by_cell(48, seed) for seed in (7, 7, 8))
    assert first == again
    assert [cell.months for cell in other] == [1] * 48


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_the_rate_is_right_on_average_whoever_is_skipped_and_whenever_more_are_drawn(kind: Kind) -> None:
    cell = Cell(2_000, 0.05, 1 / 100, kind)
    rates = []
    for month in range(30):
        detected = estimate_of_month(cell, np.random.default_rng((5, month))).groups[0].violation.detected
        assert detected.rate is not None
        rates.append(detected.rate)
    error = np.std(rates, ddof=1) / math.sqrt(len(rates))
    assert abs(np.mean(rates) - cell.rate) < 4 * error
