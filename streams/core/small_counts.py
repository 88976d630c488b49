"""Intervals that hold where there is little to count: Student's t, Clopper and Pearson's, Wilson's for none."""

import math
from functools import lru_cache
from statistics import NormalDist

from streams.core.beta import beta_quantile


def rate_interval(rate: float, cases: float, degrees: float, tail: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a rate seen in so many effective cases, `tail` left out on either side."""
    cases = effective_cases(cases, degrees, tail)
    hits = rate * cases
    low = beta_quantile(tail, hits, cases - hits + 1.0) if hits else 0.0
    high = beta_quantile(1.0 - tail, hits + 1.0, cases - hits) if hits < cases else 1.0
    return low, high


def effective_cases(cases: float, degrees: float, tail: float) -> float:
    """As few cases as give the interval the width that Student's t asks for, where the normal's is what it would have
    (Korn and Graubard 1998)."""
    return float(cases * (NormalDist().inv_cdf(1.0 - tail) / t_quantile(tail, degrees)) ** 2)


def exact_interval(hits: int, cases: int, tail: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of so many independent cases, `tail` left out on either side."""
    low = beta_quantile(tail, hits, cases - hits + 1.0) if hits else 0.0
    return low, beta_quantile(1.0 - tail, hits + 1.0, cases - hits) if hits < cases else 1.0


@lru_cache(maxsize=4096)  # the same level and degrees for most groups of a port
def t_quantile(tail: float, degrees: float) -> float:
    """What Student's t exceeds with this probability: its square over degrees is a ratio of Beta's."""
    below = beta_quantile(2.0 * tail, 0.5 * degrees, 0.5)
    return math.sqrt(degrees * (1.0 - below) / below)


def none_of(count: float, z: float) -> float:
    """Upper end of Wilson's interval, `z` standard deviations wide, for none of so many cases."""
    return z * z / (count + z * z)
