"""Intervals of rates that rest on few hits. All are two-sided 95 % intervals.

An exact interval (Clopper and Pearson 1934) promises at least its level, and for 0 to 3 hits keeps far more: it is too
wide to be of use. Wald's is empty for no hits. Mid-P intervals (Lancaster 1961, Berry and Armitage 1995) count half of
the probability of what was seen, and cover close to their level on average over rates. At a single small rate no
interval can: with 0.01 hits expected, none is seen in 99 of 100 months, and what covers the truth then covers it in 99.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from streams.core.beta import beta_probability
from streams.core.gamma import gamma_probability

# What is left out on either side.
TAIL: Final = 0.025

# Halvings of a bracket: 2^-40 of it is finer than any number of inspections can tell.
HALVINGS: Final = 40


@dataclass(frozen=True)
class Interval:
    """A rate that was seen, and between what the true one lies; no cases: no rate, and anything may be."""

    rate: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """A ratio of two rates; none if nothing was seen of the second, and then no upper end."""

    ratio: float | None
    low: float
    high: float | None


@dataclass(frozen=True)
class WeightedHits:
    """Hits of unequal weight, as shares of all cases, whose weights add up to 1.

    `rate`: sum of the hits' weights; `variance`: sum of their squares; `weight_max`: the heaviest of any case.
    """

    rate: float
    variance: float
    weight_max: float


NOTHING: Final = Interval(None, 0.0, 1.0)


@lru_cache(maxsize=4096)  # most groups of a port have no hits, and many the same few inspections in several arms
def proportion(hits: float, cases: float) -> Interval:
    """Hits of so many cases, which all count the same: binomial mid-P interval (Agresti and Gottard 2005).

    Of cases that hang together, the numbers of independent ones that they are worth, which need not be whole.

    Its ends are quantiles of an even mixture of the two Beta distributions whose quantiles are Clopper and Pearson's.
    """
    if cases == 0:
        return NOTHING
    misses = cases - hits

    def mixed(x: float) -> float:
        """P(more hits than seen) and half of P(as many), at a rate."""
        as_many = beta_probability(x, hits, misses + 1.0) if hits else 1.0
        more = beta_probability(x, hits + 1.0, misses) if misses else 0.0
        return 0.5 * (as_many + more)

    low = _halved(mixed, TAIL, 0.0, hits / cases) if hits else 0.0
    high = _halved(mixed, 1.0 - TAIL, hits / cases, 1.0) if misses else 1.0
    return Interval(hits / cases, low, high)


@lru_cache(maxsize=4096)
def weighted_rate(hits: WeightedHits) -> Interval:
    """A rate of rare events from cases of unequal weight: mid-P gamma interval (Fay and Kim 2017).

    Its ends are quantiles of an even mixture of two Gamma distributions (Fay and Feuer 1997): one with the mean and
    variance of what was seen, one with those of what one hit more would make, of the heaviest weight. The mean weight
    in its place (Tiwari, Clegg and Zou 2006) was tried: where violations gather at the hours of the lowest propensity
    it covered as few as 58 % of months. With equal weights it is the mid-P interval of a Poisson count.
    """
    more = hits.rate + hits.weight_max
    spread = hits.variance + hits.weight_max * hits.weight_max
    upper_shape, upper_scale = more * more / spread, spread / more
    seen = hits.rate > 0.0
    lower_shape = hits.rate * hits.rate / hits.variance if seen else 0.0
    lower_scale = hits.variance / hits.rate if seen else 1.0

    def mixed(x: float) -> float:
        at_most = gamma_probability(x / lower_scale, lower_shape) if seen else 1.0
        return 0.5 * (at_most + gamma_probability(x / upper_scale, upper_shape))

    low = _halved(mixed, TAIL, 0.0, hits.rate) if seen else 0.0
    # Ten standard deviations above the mean of the wider one: beyond any quantile asked for.
    far = more + 10.0 * math.sqrt(spread)
    high = _halved(mixed, 1.0 - TAIL, hits.rate, far)
    return Interval(hits.rate, low, min(high, 1.0))


def ratio_of(first: Interval, second: Interval) -> Ratio:
    """How many times the second rate the first is: its logarithm's interval from theirs (MOVER, Zou and Donner 2008).

    It takes the two to be independent. If nothing was seen of one, the end that is left comes of the worst of both,
    and covers more than its level.
    """
    if not first.rate or not second.rate:
        low = first.low / second.high if second.high else 0.0
        high = first.high / second.low if second.low else None
        seen = first.rate is not None and second.rate
        return Ratio(0.0 if seen else None, low, high)
    ratio = first.rate / second.rate
    down = math.hypot(math.log(first.rate / first.low), math.log(second.high / second.rate))
    up = math.hypot(math.log(first.high / first.rate), math.log(second.rate / second.low))
    return Ratio(ratio, ratio * math.exp(-down), ratio * math.exp(up))


def _halved(probability: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a rising function reaches a probability inside a bracket."""
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if probability(middle) < target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
