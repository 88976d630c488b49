"""How often strangers are taken for companions, and how soon companions are found.

    python -m tests.core.convoys.measure [seeds] [first seed] [commuters] [habits] [spread, s]     # 40 days each

A meeting is a comparison of two vehicles within three minutes of each other. The bound says that at most one meeting of
strangers in A carries the sum to ln(A).
"""

import math
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.records import Crossing
from streams.core.convoys.companions import THRESHOLD, Traveller, company_of
from streams.core.convoys.stage import KEPT_SECONDS, neighbours_of
from tests.core.convoys.traffic import CONVOY, SPOUSES, Traffic

LEVELS = (20.0, 100.0, 1_000.0, math.exp(THRESHOLD))
PAIRS = {frozenset(SPOUSES), frozenset(CONVOY)}


@dataclass
class Measured:
    """What one world gave."""

    meetings: int = 0
    reached: Counter[float] = field(default_factory=Counter)
    """Pairs of strangers whose sum ever reached ln(level)."""

    joint_crossings: dict[frozenset[str], int] = field(default_factory=dict)
    """True pairs: joint crossings until they were found."""


def measure(crossings: Iterable[Crossing]) -> Measured:
    """Compare as the stage does, with every sum looked at and not only those over the threshold."""
    found, highest = Measured(), dict[frozenset[str], float]()
    kept: list[Traveller] = []
    for one in crossings:
        arrived = Traveller(one)
        kept = [other for other in kept if other.at_s > arrived.at_s - KEPT_SECONDS]
        at_port = [other for other in kept if other.crossing.port_code == one.port_code]
        for neighbour in neighbours_of(arrived, at_port):
            company, pair = company_of(arrived, neighbour), frozenset((one.plate, neighbour.crossing.plate))
            if pair in PAIRS:
                if company.established:
                    found.joint_crossings.setdefault(pair, company.joint_crossings)
                continue
            found.meetings += 1
            highest[pair] = max(highest.get(pair, 0.0), company.log_likelihood_ratio)
        kept.append(arrived)
    for ratio in highest.values():
        found.reached.update(level for level in LEVELS if ratio >= math.log(level))
    return found


def main() -> None:
    given = sys.argv[1:]
    seeds, first, commuters, habits, spread_s = map(int, given + ["3", "1", "300", "12", "600"][len(given) :])
    for seed in range(first, first + seeds):
        world = Traffic(seed, commuters=commuters, habits=habits, spread_s=spread_s, occasional=300)
        found = measure(world.crossings())
        rates = ", ".join(f"1/{level:,.0f}: {found.reached[level]} <= {found.meetings / level:.1f}" for level in LEVELS)
        companions = ", ".join(f"{'+'.join(sorted(pair))} {n}" for pair, n in found.joint_crossings.items())
        print(f"seed {seed}: {found.meetings:,} meetings of strangers; {rates}; joint crossings to find {companions}")


if __name__ == "__main__":
    main()
