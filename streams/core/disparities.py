"""A rate of one group against that of all others, told apart from chance: what both sides come to, however counted.

cases and events of a group, of its others ─► Side, Side ─► Comparison ─► one interval a side ─► a disparity, or none

Evaluation counts by plate against the truth (`deploy/evaluation/disparities.py`), the estimates stage by parts of the
vehicles and by what inspections found (`estimates/fairness.py`).

- Whoever crosses again and again is judged alike each time, so a rate is worth as many independent cases as would vary
  as much as it does, vehicles being drawn.
- A group is compared if EVENTS_MIN independent events were seen in it, or would have been at the others' rate.
- Intervals are Clopper and Pearson's of the effective number of cases (Korn and Graubard 1998), which hold for small
  counts; the effective number is lowered by Student's t for as few degrees of freedom as the variance is known with.
- Their level is Bonferroni's: the family's error over the number of comparisons. That both sides' intervals are apart
  is asked besides, so the chance of any false disparity is below it.
"""

import math
from dataclasses import dataclass
from typing import Final

from streams.core.estimates.intervals import Interval
from streams.core.small_counts import rate_interval

# A rate this many times that of the others, or as many times below, is told if the intervals are apart. Four fifths is
# the rule of thumb of US employment law (29 CFR 1607.4 D) for shares that differ; its inverse is 1.25.
DISPARITY_FACTOR: Final = 1.25
# With fewer, one event more or less moves the rate by over a twentieth, and a variance is known to a third at best.
EVENTS_MIN: Final = 20


@dataclass(frozen=True)
class Side:
    """A group or its others. `variance`: of the weight of the events, vehicles being drawn; `events`: worth so many
    independent ones; `degrees_max`: of freedom, at most, that the way of counting knows the variance with."""

    cases: float
    rate: float
    variance: float
    events: float
    degrees_max: float = math.inf

    @property
    def weight_per_case(self) -> float:
        """How many cases are worth one independent case; there must be events, and cases without."""
        return self.variance / (self.cases * self.rate * (1.0 - self.rate))


@dataclass(frozen=True)
class Comparison:
    """A group's rate against that of all others. `events`: of the group, or how many independent ones there would be
    at the others' rate if that is more."""

    own: Side
    others: Side
    events: float

    @property
    def is_worth_making(self) -> bool:
        """Whether there are enough events on both sides, and cases without one."""
        return min(self.events, self.others.events) >= EVENTS_MIN and self.others.rate < 1.0

    @property
    def is_far(self) -> bool:
        """Whether one rate is DISPARITY_FACTOR times the other or more."""
        low, high = sorted((self.own.rate, self.others.rate))
        return high > DISPARITY_FACTOR * low

    def intervals(self, comparisons: int, family_error: float) -> tuple[Interval, Interval]:
        """The group's rate and the others', at the level of so many comparisons."""
        tail = family_error / comparisons / 2.0
        # A group of which nobody or everybody is an event shows no variance: its vehicles are taken to vary as the
        # others do.
        weight = self.own.weight_per_case if self.own.variance else self.others.weight_per_case
        own, others = self.own, self.others
        return (
            _interval(own.rate, own.cases / weight, min(self.events - 1.0, own.degrees_max), tail),
            _interval(
                others.rate,
                others.cases / others.weight_per_case,
                min(others.events - 1.0, others.degrees_max),
                tail,
            ),
        )


def disparate(comparison: Comparison, comparisons: int, family_error: float) -> tuple[Interval, Interval] | None:
    """Both rates with their intervals if they are a disparity among so many comparisons."""
    if not comparison.is_far:
        return None
    own, others = comparison.intervals(comparisons, family_error)
    return (own, others) if own.low > others.high or others.low > own.high else None


def _interval(rate: float, cases: float, degrees: float, tail: float) -> Interval:
    return Interval(rate, *rate_interval(rate, cases, degrees, tail))
