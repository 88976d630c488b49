"""Counts and shares that add up over trains, ports and seeds. Cars of a train hang together: intervals know."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from streams.core.estimates.intervals import Interval, proportion

EXAMPLES_MAX: Final = 40


@dataclass
class Share:
    """Hits of cases, gathered train by train."""

    trains: int = 0
    hits: int = 0
    cases: int = 0
    hits_squared: int = 0
    hits_by_cases: int = 0
    cases_squared: int = 0

    def add(self, hits: int, cases: int) -> None:
        """One train's; nothing if it has no cases."""
        if cases:
            self.merge(Share(1, hits, cases, hits * hits, hits * cases, cases * cases))

    def merge(self, other: "Share") -> None:
        """Add what another one has gathered."""
        self.trains += other.trains
        self.hits += other.hits
        self.cases += other.cases
        self.hits_squared += other.hits_squared
        self.hits_by_cases += other.hits_by_cases
        self.cases_squared += other.cases_squared

    @property
    def ratio(self) -> float | None:
        """Hits of cases; None without cases."""
        return self.hits / self.cases if self.cases else None

    @property
    def interval(self) -> Interval:
        """95 % interval of the ratio: mid-P with as many independent cases as the trains' spread says these are worth.

        The spread is that of a ratio of sums over trains (linearised); with hits or misses only nothing is known of it,
        and each train counts as one case.
        """
        if not self.cases:
            return proportion(0, 0)
        ratio = self.hits / self.cases
        worth = float(self.trains)
        if 0 < self.hits < self.cases and self.trains > 1:
            spread = self.hits_squared - 2 * ratio * self.hits_by_cases + ratio * ratio * self.cases_squared
            at_most = ratio * (1 - ratio) * self.cases**2 / max(spread, 1e-6)
            worth = min(max(at_most, 1.0), float(self.cases))
        return proportion(ratio * worth, worth)

    def as_figures(self) -> dict[str, Any]:
        """Ratio, interval and counts."""
        interval = self.interval
        return {
            "ratio": None if self.ratio is None else round(self.ratio, 5),
            "low": round(interval.low, 5),
            "high": round(interval.high, 5),
            "hits": self.hits,
            "cases": self.cases,
        }


@dataclass
class Tally:
    """What was found in some trains."""

    counts: Counter[str] = field(default_factory=Counter)
    shares: dict[str, Share] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of folding

    def share(self, name: str, hits: int, cases: int) -> None:
        """One train's hits of cases."""
        self.shares.setdefault(name, Share()).add(hits, cases)

    def example(self, text: str) -> None:
        """Something to look into; a few are kept."""
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(text)

    def merge(self, other: "Tally") -> None:
        """Add what another one has gathered."""
        self.counts.update(other.counts)
        for name, share in other.shares.items():
            self.shares.setdefault(name, Share()).merge(share)
        self.examples = [*self.examples, *other.examples][:EXAMPLES_MAX]
        self.seconds += other.seconds

    def of(self, name: str) -> Share:
        """A share, an empty one if nothing was gathered."""
        return self.shares.get(name, Share())
