"""Betting against honesty: e-values that may be looked at after every case.

Under the hypothesis a case turns out as an event with a probability of at most p0, whatever came before. A bet with
tilt w multiplies the capital by w / (1 - p0 + p0 w) at an event and by 1 / (1 - p0 + p0 w) otherwise: 1 in the mean if
the probability is p0, less if it is below. So the capital is a supermartingale, and by Ville's inequality the chance
that it *ever* reaches c is at most 1 / c, however often one looks (Shafer, Shen, Vereshchagin and Vovk 2011; Ramdas,
Grünwald, Vovk and Shafer 2023). The bet is best if events have w times the odds that the hypothesis allows, so two are
held, half the capital on each.

What is not tested alone is corrected for (see `log_threshold`). Capital is kept as whole thousandths of its logarithm,
rounded down: it never tells more than there is, and any machine adds it up to the same.
"""

import math
from typing import Final

MILLI: Final = 1_000

# Expected false findings per port and 90 days. A quarter on pairs, a quarter on officers with several vehicles, a tenth
# on each of the five comparisons with peers: 0.01 in all, at 28 ports one in about ten months. A smaller one finds
# insiders later.
ALPHA_MEETINGS: Final = 0.0025
ALPHA_FRIENDS: Final = 0.0025
ALPHA_COMPARISON: Final = 0.001

# The correction is for at least so many, since the first tested would have the lowest threshold: more, and what a small
# port can find comes later; fewer, and its first weeks have more chances than said.
VEHICLES_TESTED_MIN: Final = 500
OFFICERS_TESTED_MIN: Final = 20

# Both capitals under one hundredth: this bet is lost, and what begins anew is a further test.
LOST_MILLI: Final = -4_605

# The half of the capital that the better bet began with.
HALF_MILLI: Final = math.ceil(MILLI * math.log(2.0))


def tilted(p0: float, tilt: float) -> tuple[int, int]:
    """What an event and what none adds to the logarithm of the capital, in thousandths."""
    mean = math.log(1.0 - p0 + p0 * tilt)
    return math.floor(MILLI * (math.log(tilt) - mean)), math.floor(-MILLI * mean)


def capital(small: int, large: int) -> int:
    """Of two bets that began with one half each: a lower bound of their sum's logarithm, in thousandths."""
    return max(small, large) - HALF_MILLI


def log_threshold(alpha: float, tested: int, tested_min: int, share: float = 1.0) -> int:
    """Logarithm, in thousandths, that a capital has to reach.

    alpha is spent in equal parts on the tested ones (at least `tested_min`), so that all together give at most alpha
    false findings in the mean while their number stays as it is; while it grows from `tested_min` to n, at most
    alpha (1 + ln(n / tested_min)). `share` is what one test has of its part.
    """
    return math.ceil(MILLI * math.log(max(tested, tested_min) / (alpha * share)))
