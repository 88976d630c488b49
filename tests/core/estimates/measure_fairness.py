"""`python -m tests.core.estimates.measure_fairness [MONTHS] [SEED]`: how often chance is told, and true differences."""

import sys
import time
from collections.abc import Iterator

from streams.core.disparities import disparate
from streams.core.estimates.fairness import FAMILY_ERROR, comparisons_of
from tests.core.estimates.burdens import Burden, month_of

UNLIKE = {"red_factors": {"US_CA": 2.0}, "hit_factors": {"US_CA": 0.5}}
WORLDS = {
    "even, 6,000 vehicles, commuters red always or never": Burden(),
    "even, each passage for itself": Burden(alike=1_000.0),
    "even, commuters get another pseudonym within the month": Burden(pseudonyms=2),
    "the same, vehicles more alike": Burden(pseudonyms=2, alike=0.5),
    "even, one red in three carries": Burden(hit_rate=0.3),
    "one issuer twice as often, 6,000 vehicles": Burden(**UNLIKE),
    "the same, vehicles less alike": Burden(alike=20.0, **UNLIKE),
    "the same, 30,000 vehicles, another pseudonym within the month": Burden(vehicles=30_000, pseudonyms=2, **UNLIKE),
    "the same, 30,000 vehicles": Burden(vehicles=30_000, **UNLIKE),
}


def told_in(burden: Burden, seeds: range) -> Iterator[tuple[int, set[str]]]:
    """Comparisons of each month, and the groups told."""
    for seed in seeds:
        made = comparisons_of(month_of(burden, seed), burden.pseudonyms)
        yield (
            len(made),
            {f"{name} {one}" for (name, one), c in made.items() if disparate(c, len(made), FAMILY_ERROR)},
        )


def main(months: int, seed: int) -> None:
    for name, burden in WORLDS.items():
        began, even = time.monotonic(), not burden.red_factors
        here = range(seed, seed + (months if even else max(1, months // 10)))
        told = list(told_in(burden, here))
        loud = sum(bool(groups - {"i:US_CA FALSE_RED"}) for _, groups in told)
        found = "" if even else f"; the issuer is told in {sum('i:US_CA FALSE_RED' in groups for _, groups in told)}"
        print(
            f"{name}: {len(told)} months of {sum(n for n, _ in told) / len(told):.0f} comparisons, chance told in "
            f"{loud}{found} ({time.monotonic() - began:.0f} s)"
        )


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]] or [600, 1])
