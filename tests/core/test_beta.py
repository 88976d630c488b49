"""The Beta distribution against its closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.beta import beta_probability, beta_quantile

PROBABILITIES = (0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.999)


@pytest.mark.parametrize("p", PROBABILITIES)
def test_quantiles_with_a_closed_form(p: float) -> None:
    assert beta_quantile(p, 1.0, 1.0) == pytest.approx(p, abs=1e-12)  # uniform
    assert beta_quantile(p, 0.5, 0.5) == pytest.approx(math.sin(0.5 * math.pi * p) ** 2, abs=1e-10)  # arcsine law
    for n in (3.0, 400.0, 1e5):
        assert beta_quantile(p, n, 1.0) == pytest.approx(p ** (1.0 / n), abs=1e-9)  # the largest of n uniform ones
        assert beta_quantile(p, 1.0, n) == pytest.approx(-math.expm1(math.log1p(-p) / n), abs=1e-9)


@given(successes=st.integers(0, 60), failures=st.integers(0, 60), x=st.floats(0.01, 0.99, allow_nan=False))
def test_whole_parameters_give_binomial_tails(successes: int, failures: int, x: float) -> None:
    # I_x(a, b) = P(Binomial(a + b - 1, x) >= a)
    a, b = successes + 1, failures + 1
    n = a + b - 1
    tail = math.fsum(math.comb(n, k) * x**k * (1.0 - x) ** (n - k) for k in range(a, n + 1))
    assert beta_probability(x, float(a), float(b)) == pytest.approx(tail, abs=1e-10)


@given(a=st.floats(0.5, 3e4), b=st.floats(0.5, 3e4), p=st.floats(0.01, 0.99))
def test_a_quantile_is_the_inverse_of_the_probability(a: float, b: float, p: float) -> None:
    assert beta_probability(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-6)
