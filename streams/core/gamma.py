"""Probabilities of the Gamma distribution: what is left open about a count of rare events.

The regularised incomplete gamma function comes from its power series below the mean (DLMF 8.11.4) and from its
continued fraction above (DLMF 8.9.2, modified Lentz). Within 1e-11 of the closed forms for whole shapes up to 1e4,
which the tests hold it to.
"""

import math
from typing import Final

# Both converge in about the root of the shape; nobody counts a hundred million seizures.
TERMS_MAX: Final = 100_000
PRECISION: Final = 1e-15
_TINY: Final = 1e-300


def gamma_probability(x: float, shape: float) -> float:
    """P(X <= x) for X of Gamma(shape) with scale 1; shape above 0."""
    if x <= 0.0:
        return 0.0
    log_front = shape * math.log(x) - x - math.lgamma(shape)
    if log_front < -700.0:  # what a double cannot hold: far out on either side
        return 0.0 if x < shape else 1.0
    if x < shape + 1.0:
        return math.exp(log_front) * _series(x, shape)
    return 1.0 - math.exp(log_front) * _fraction(x, shape)


def _series(x: float, shape: float) -> float:
    """1 / a + x / (a (a + 1)) + x^2 / (a (a + 1) (a + 2)) + ..."""
    term = total = 1.0 / shape
    for number in range(1, TERMS_MAX):
        term *= x / (shape + number)
        total += term
        if term < total * PRECISION:
            break
    return total


def _fraction(x: float, shape: float) -> float:
    """1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ...)))"""
    base = x + 1.0 - shape
    above, below = 1.0 / _TINY, 1.0 / base
    value = below
    for number in range(1, TERMS_MAX):
        step = -number * (number - shape)
        base += 2.0
        below = 1.0 / _not_zero(step * below + base)
        above = _not_zero(base + step / above)
        value *= below * above
        if abs(below * above - 1.0) < PRECISION:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
