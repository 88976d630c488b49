"""The Gamma distribution against its closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.gamma import gamma_probability


@given(x=st.floats(0.0, 200.0), shape=st.integers(1, 150))
def test_whole_shapes_give_poisson_tails(x: float, shape: int) -> None:
    # P(Gamma(k) <= x) = P(Poisson(x) >= k)
    below = math.fsum(math.exp(-x + k * math.log(x) - math.lgamma(k + 1)) for k in range(shape)) if x else 1.0
    assert gamma_probability(x, float(shape)) == pytest.approx(1.0 - below, abs=1e-11)


@given(x=st.floats(1e-6, 30.0))
def test_a_shape_of_a_half_gives_the_error_function(x: float) -> None:
    assert gamma_probability(x, 0.5) == pytest.approx(math.erf(math.sqrt(x)), abs=1e-12)


def test_shapes_of_thousands_give_poisson_tails() -> None:
    for shape, x in ((10_000, 9_800.0), (10_000, 10_000.0), (10_000, 10_200.0)):
        below = math.fsum(math.exp(-x + k * math.log(x) - math.lgamma(k + 1)) for k in range(shape))
        assert gamma_probability(x, float(shape)) == pytest.approx(1.0 - below, abs=1e-9)


def test_far_out_it_is_nothing_or_everything() -> None:
    assert gamma_probability(0.0, 3.0) == 0.0
    assert gamma_probability(-1.0, 3.0) == 0.0
    assert gamma_probability(1e4, 3.0) == 1.0
    assert gamma_probability(1.0, 1e4) == 0.0
