"""How much an excess weight speaks for a hidden load: one formula for every reference the weight is held against.

With an excess x over its reference, of standard deviation s, and loads of mass m_i with shares q_i,

    likelihood ratio = (e/R + (1 - e) * sum q_i N(x; m_i, s)) / (e/R + (1 - e) * N(x; 0, s))

where a share e of weighings is worthless, anything within a range R. The physics decides: 17 kg of rifles under the
82 kg sigma of a Type I scale on a 1,600 kg car gives a ratio of about 1, and 240 kg of ammunition does not.
"""

import math

from streams.core.rule_set import WeightRules

_SQRT_2_PI = math.sqrt(2.0 * math.pi)


def excess_log_odds(excess_kg: float, sigma_kg: float, rules: WeightRules) -> float:
    """Log of the likelihood ratio of an excess weight; both arguments in kg, sigma above 0."""
    worthless = rules.gross_error_share / rules.gross_error_range_kg
    sound = (1.0 - rules.gross_error_share) / (sigma_kg * _SQRT_2_PI)
    with_load = math.fsum(
        [load.share * math.exp(-0.5 * ((excess_kg - load.load_kg) / sigma_kg) ** 2) for load in rules.loads]
    )
    without = math.exp(-0.5 * (excess_kg / sigma_kg) ** 2)
    return math.log((worthless + sound * with_load) / (worthless + sound * without))
