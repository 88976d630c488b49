"""Log-odds, and the two mixtures that several kinds of evidence come down to."""

import math


def probability_of(log_odds: float) -> float:
    """1 / (1 + exp(-log_odds)), without overflow."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def if_it_holds(probability: float, log_odds: float) -> float:
    """Weight of what weighs `log_odds` if something holds, which it does with a probability, and nothing if not."""
    return math.log(probability * math.exp(log_odds) + 1.0 - probability)


def beside_errors(share: float, error_rate: float) -> float:
    """Weight of what a share of smugglers always show, and anyone else by an error of this rate."""
    return math.log((share + (1.0 - share) * error_rate) / error_rate)
