"""How much a measured quantity speaks for a hidden load: one formula for every reference that it is held against.

What is measured (a weight, an axle's share) has, without a load, a density that is a mixture of normal ones; a load of
mass m_i, one of several with shares q_i, moves it by a known amount d_i. With the densities f and the moved ones f_i

    likelihood ratio = (e/R + (1 - e) * sum q_i f_i(x)) / (e/R + (1 - e) * f(x))

where a share e of measurements is worthless, anything within a range R. The physics decides: 17 kg of rifles under the
82 kg sigma of a Type I scale on a 1,600 kg car gives a ratio of about 1, and 240 kg of ammunition does not.
"""

import math
from typing import Final

from streams.core.rule_set import WeightRules

_SQRT_2_PI: Final = math.sqrt(2.0 * math.pi)


class Normal:
    """A component of a mixture: its share, and how far what was measured lies above its mean."""

    def __init__(self, share: float, excess: float, sigma: float) -> None:
        self.share = share
        self.excess = excess
        self.sigma = sigma

    def density(self, moved: float) -> float:
        """Share times density at the excess, with the mean moved up."""
        z = (self.excess - moved) / self.sigma
        return self.share / (self.sigma * _SQRT_2_PI) * math.exp(-0.5 * z * z)


def weight_log_odds(parts: list[Normal], rules: WeightRules) -> float:
    """Log of the likelihood ratio of an excess weight in kg."""
    without = with_load = 0.0
    for part in parts:
        without += part.density(0.0)
        for load in rules.loads:
            with_load += load.share * part.density(load.load_kg)
    return _log_ratio(with_load, without, rules, rules.gross_error_range_kg)


def share_log_odds(excess: float, sigma: float, moves: list[float], rules: WeightRules) -> float:
    """Log of the likelihood ratio of an axle's share above its usual one; `moves` by load, as in the rules."""
    part = Normal(1.0, excess, sigma)
    with_load = 0.0
    for load, moved in zip(rules.loads, moves, strict=True):
        with_load += load.share * part.density(moved)
    return _log_ratio(with_load, part.density(0.0), rules, 1.0)  # a share is anything between 0 and 1


def _log_ratio(with_load: float, without: float, rules: WeightRules, gross_error_range: float) -> float:
    worthless = rules.gross_error_share / gross_error_range
    sound = 1.0 - rules.gross_error_share
    return math.log((worthless + sound * with_load) / (worthless + sound * without))
