"""How fast guns come from the counter to a recovery, and what that says of who bought them first.

Time-to-crime is the recovery minus the first retail purchase, in whole days. Of guns traced for the whole United
States 8 % are recovered within three months and 54 % within three years (smokinggun.org on ATF's figures of 2022).
Nobody publishes the law for guns recovered in Mexico. Theirs was slower where it is known: of 19,600 traced in 2006 to
2010 three or more years had passed for 15,995 (an ATF document in NSSF v. Jones, by freebeacon.com, 2012-02-15), so
the national law takes fewer purchasers for fast ones than it would be right to, not more.

Traces come in the order of recovery, so the short times come first: of twenty guns bought in one week and recovered
by the national law, one or two are recovered within the first quarter, and nothing can be seen of the others yet. So
both laws are cut off at what could be seen by the day of the look (right truncation, Lagakos, Barraj and De Gruttola
1988), and each gun's ratio of likelihoods is

    f(t | t <= a, STRAW_SHARES) / f(t | t <= a, NATIONAL_SHARES)    t: its time to crime, a: days since its purchase

A young purchase says nothing: up to SHORT_DAYS every ratio is 1. What speaks is that nothing came later. The ratios of
all guns multiply. On any one day the product is 1 on average for a purchaser whose guns follow the national law, each
for itself, however many were bought and whenever; so it has reached 100 with a probability of at most 1 in 100
(Markov's inequality). That it ever reaches 100 has no such proof: it is measured, in the order of arrival and with a
look on every day of five years (`python -m tests.core.traces.measure_arrivals`). Guns that were recovered before
traces were kept, or whose trace has expired, are missing; what is left of their purchase has the longer times, which
speak for the purchaser.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

# Bounds of the classes in days: a quarter and three years. ATF takes under three years for an indicator, which more
# than half of all traced guns are; a quarter of a year is what sets few purchasers apart.
SHORT_DAYS: Final = 91
MIDDLE_DAYS: Final = 1_096

# Shares of traced guns by class: under SHORT_DAYS, under MIDDLE_DAYS, later. A wrong one makes the bound above wrong.
NATIONAL_SHARES: Final = (0.08, 0.46, 0.46)

# The same for someone who buys to have it smuggled [assumed]: nobody publishes it. If it is wrong, more traces are
# needed until the product shows it; the bound on false alarms holds all the same.
STRAW_SHARES: Final = (0.50, 0.40, 0.10)

# Inside a class both laws have one shape: even in the first two; in the last what is beyond it falls with this mean,
# which gives the national mean of 6.34 years [assumed]. Guns come sooner than that: within a year nearly 25 % of those
# of 2017 to 2021, of which 46 % came within three years (cheddar.com on the Justice Department's report), where this
# law has 21 % and 54 %. The more of the second class come early, the fewer of those seen are short, so the product
# is 1 on average or less.
LATER_DAYS_MEAN: Final = 9.1 * 365.25

# A recovery counts this long after it: by then the traces of what was recovered before it have come too [assumed].
# If they come later, the times seen are shorter than the law that is cut off has them.
TOLD_DAYS: Final = 91

# Sum of logarithms at which times alone are a reason, and at which they are one together with a multiple sale.
RATIO_ALONE: Final = 100
RATIO_WITH_MULTIPLE_SALE: Final = 10
LOG_RATIO_ALONE: Final = math.log(RATIO_ALONE)
LOG_RATIO_WITH_MULTIPLE_SALE: Final = math.log(RATIO_WITH_MULTIPLE_SALE)

# One gun's ratio is at most 0.50 / 0.08, so fewer never reach 10.
GUNS_MIN: Final = 2

LOG_RATIOS: Final = tuple(
    [math.log(straw / national) for straw, national in zip(STRAW_SHARES, NATIONAL_SHARES, strict=True)]
)


def class_of(days: int) -> int:
    """0 for a short time to crime, 1 for a middle, 2 for a long one."""
    return 0 if days < SHORT_DAYS else 1 if days < MIDDLE_DAYS else 2


def share_within(shares: Sequence[float], days: int) -> float:
    """Share of guns whose time to crime is so many days or fewer."""
    short, middle, later = shares
    counted = days + 1  # day 0 is one
    if counted <= SHORT_DAYS:
        return short * counted / SHORT_DAYS
    if counted <= MIDDLE_DAYS:
        return short + middle * (counted - SHORT_DAYS) / (MIDDLE_DAYS - SHORT_DAYS)
    return short + middle + later * -math.expm1(-(counted - MIDDLE_DAYS) / LATER_DAYS_MEAN)


def log_ratio_of(purchases_and_recoveries: Iterable[tuple[int, int]], seen_until: int) -> float:
    """Sum over guns of the logarithm of their ratio, on a day up to which recoveries are known; none may be later.

    Each gun is its day of purchase and of recovery; what was bought together and recovered together is one load or one
    theft, so it counts once.
    """
    return math.fsum(
        [
            LOG_RATIOS[class_of(recovered - bought)]
            + math.log(share_within(NATIONAL_SHARES, seen_until - bought))
            - math.log(share_within(STRAW_SHARES, seen_until - bought))
            for bought, recovered in set(purchases_and_recoveries)
        ]
    )
