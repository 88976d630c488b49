"""Whom a red light burdens: false-red and hit rates by issuer, plate style, port and hour of day.

The random arm refers everyone alike: what it finds in a group is the group's own share of loads, which its `lot_rate`
is. A red light is fair to a group if those of it that carry nothing are referred no more often than others that carry
nothing, or if so, the hits show why. Intervals of rates are each for itself; what is called a disparity is decided in
`disparities.py`, where all groups are compared at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from deploy.evaluation.disparities import FAMILY_ERROR, comparison_of, moments_of
from deploy.evaluation.judged import DIMENSIONS, Judged
from deploy.evaluation.metrics import Floats, Integers, ranking, red_portions
from deploy.evaluation.pooling import Figure, Pool, rounded
from streams.core.disparities import DISPARITY_FACTOR, EVENTS_MIN, Comparison, disparate
from streams.core.estimates.intervals import Interval

RED_SHARE: Final = 0.10
# Where reds are counted: at the rule set's own threshold, and with a tenth of the traffic red.
POINTS: Final = ("at_threshold", "at_0.10_red")


@dataclass(frozen=True)
class GroupCounts:
    """One dimension's groups: weights by replicate and group, at POINTS where it matters."""

    labels: tuple[str, ...]
    plates: Floats  # by group: how many different plates
    traffic: Floats
    loaded: Floats
    red: tuple[Floats, ...]
    red_loaded: tuple[Floats, ...]
    moments: tuple[Floats, ...]  # for comparisons, of the estimate: by side, moment and group


def count_groups(judged: Judged, draws: Integers) -> dict[str, GroupCounts]:
    """Weights of every group in every replicate."""
    every = np.arange(len(judged.weights))
    order = ranking(judged.log_odds, judged.ties)
    rows: dict[str, list[Floats]] = {dimension: [] for dimension in DIMENSIONS}
    for drawn in draws:
        weighed = judged.weights * drawn[judged.plates]
        red = (weighed * judged.is_red, weighed * red_portions(order, weighed, (RED_SHARE,), every)[:, 0])
        columns = (weighed, weighed * judged.is_loaded, *red, *[one * judged.is_loaded for one in red])
        for dimension in DIMENSIONS:
            count = len(judged.labels[dimension])
            counted = [np.bincount(judged.members[dimension], column, count) for column in columns]
            rows[dimension].append(np.array(counted))
    empty = judged.weights * ~judged.is_loaded
    portions = (judged.is_red, red_portions(order, judged.weights, (RED_SHARE,), every)[:, 0])
    counts = {}
    for dimension, listed in rows.items():
        members, count = judged.members[dimension], len(judged.labels[dimension])
        traffic, loaded, *others = np.array(listed).transpose(1, 0, 2)
        pairs = np.unique(np.column_stack([judged.members[dimension], judged.plates]), axis=0)
        counts[dimension] = GroupCounts(
            labels=judged.labels[dimension],
            plates=np.bincount(pairs[:, 0], minlength=len(judged.labels[dimension])).astype(float),
            traffic=traffic,
            loaded=loaded,
            red=tuple(others[: len(POINTS)]),
            red_loaded=tuple(others[len(POINTS) :]),
            moments=tuple(moments_of(judged.plates, members, count, empty, empty * one) for one in portions),
        )
    return counts


def fairness_of(runs: Sequence[Mapping[str, GroupCounts]], pool: Pool) -> dict[str, Any]:
    """Rates by dimension and group with intervals, over all runs."""
    rates = {}
    for dimension in DIMENSIONS:
        counts = [run[dimension] for run in runs]
        rates[dimension] = {label: rates_of(counts, label, pool) for label in labels_of(runs, dimension)}
    return rates


def labels_of(runs: Sequence[Mapping[str, GroupCounts]], dimension: str) -> list[str]:
    """The groups of a dimension in any of the runs."""
    return sorted({label for run in runs for label in run[dimension].labels})


def rates_of(counts: Sequence[GroupCounts], label: str, pool: Pool) -> dict[str, Any]:
    """The rates of one group."""
    traffic, loaded = stacked(counts, label, "traffic"), stacked(counts, label, "loaded")
    plates = sum(float(one.plates[one.labels.index(label)]) for one in counts if label in one.labels)
    rates: dict[str, Any] = {
        "passages": round(float(traffic[:, 0].sum())),
        "lot_rate": pool.ratio(loaded, traffic, plates).as_json(),
    }
    for number, point in enumerate(POINTS):
        red, hits = stacked(counts, label, "red", number), stacked(counts, label, "red_loaded", number)
        rates[point] = {
            "false_red_rate": pool.ratio(red - hits, traffic - loaded, plates).as_json(),
            "hit_rate": pool.ratio(hits, red).as_json(),
        }
    return rates


def disparities_of(runs: Sequence[Mapping[str, GroupCounts]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The disparities among all groups, and how they were looked for."""
    comparisons: dict[tuple[str, str, str], Comparison] = {}
    too_few = 0
    for dimension in DIMENSIONS:
        for label in labels_of(runs, dimension):
            for number, point in enumerate(POINTS):
                compared = comparison_of([own for run in runs for own in moments_in(run[dimension], label, number)])
                if compared is not None and compared.is_worth_making:
                    comparisons[dimension, label, point] = compared
                else:
                    too_few += 1
    disparities = []
    for (dimension, label, point), compared in comparisons.items():
        found = disparate(compared, len(comparisons), FAMILY_ERROR)
        if found is not None:
            own, others = found
            disparities.append(
                {
                    "dimension": dimension,
                    "group": label,
                    "point": point,
                    "ratio": rounded(compared.own.rate / compared.others.rate),
                    "false_red_rate": figure_of(own).as_json(),
                    "others_false_red_rate": figure_of(others).as_json(),
                    "red_plates": round(compared.own.events, 1),
                }
            )
    return disparities, {
        "comparisons": len(comparisons),
        "too_few_red_plates": too_few,
        "red_plates_min": EVENTS_MIN,
        "ratio_min": DISPARITY_FACTOR,
        "family_error": FAMILY_ERROR,
        "correction": "Bonferroni",
    }


def figure_of(interval: Interval) -> Figure:
    """An interval as evaluation tells it."""
    assert interval.rate is not None  # what was compared has a rate
    return Figure(interval.rate, interval.low, interval.high)


def moments_in(counts: GroupCounts, label: str, number: int) -> list[Floats]:
    """A group's moments in a run, if it has the group."""
    return [counts.moments[number][:, :, counts.labels.index(label)]] if label in counts.labels else []


def stacked(counts: Sequence[GroupCounts], label: str, name: str, number: int | None = None) -> Floats:
    """A count of one group by run and replicate; a run without the group has none of it."""
    own = []
    for one in counts:
        values = getattr(one, name) if number is None else getattr(one, name)[number]
        own.append(values[:, one.labels.index(label)] if label in one.labels else np.zeros(len(values)))
    return np.array(own)
