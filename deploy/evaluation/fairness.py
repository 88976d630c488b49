"""Whom a red light burdens: false-red and hit rates by issuer, plate style, port and hour of day.

The random arm refers everyone alike: what it finds in a group is the group's own share of loads, which its `lot_rate`
is. A red light is fair to a group if those of it that carry nothing are referred no more often than others that carry
nothing, or if so, the hits show why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from deploy.evaluation.judged import DIMENSIONS, Judged
from deploy.evaluation.metrics import Floats, Integers, ranking, red_portions
from deploy.evaluation.pooling import Figure, Pool, apart

RED_SHARE: Final = 0.10
# Where reds are counted: at the rule set's own threshold, and with a tenth of the traffic red.
POINTS: Final = ("at_threshold", "at_0.10_red")
# A false-red rate this many times that of all others, or as many times below, is told if the intervals are apart.
# Four fifths is the rule of thumb of US employment law (29 CFR 1607.4 D) for shares that differ; its inverse is 1.25.
DISPARITY_FACTOR: Final = 1.25


@dataclass(frozen=True)
class GroupCounts:
    """One dimension's groups: weights by replicate and group, at POINTS where it matters."""

    labels: tuple[str, ...]
    plates: Floats  # by group: how many different plates
    traffic: Floats
    loaded: Floats
    red: tuple[Floats, ...]
    red_loaded: tuple[Floats, ...]


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
    counts = {}
    for dimension, listed in rows.items():
        traffic, loaded, *others = np.array(listed).transpose(1, 0, 2)
        pairs = np.unique(np.column_stack([judged.members[dimension], judged.plates]), axis=0)
        counts[dimension] = GroupCounts(
            labels=judged.labels[dimension],
            plates=np.bincount(pairs[:, 0], minlength=len(judged.labels[dimension])).astype(float),
            traffic=traffic,
            loaded=loaded,
            red=tuple(others[: len(POINTS)]),
            red_loaded=tuple(others[len(POINTS) :]),
        )
    return counts


def fairness_of(runs: Sequence[Mapping[str, GroupCounts]], pool: Pool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Rates by dimension and group with intervals, and the disparities among them, over all runs."""
    rates: dict[str, Any] = {}
    disparities: list[dict[str, Any]] = []
    for dimension in DIMENSIONS:
        counts = [run[dimension] for run in runs]
        rates[dimension] = {}
        for label in sorted({label for one in counts for label in one.labels}):
            rates[dimension][label], found = rates_of(counts, label, pool)
            disparities += [{"dimension": dimension, "group": label} | one for one in found]
    return rates, disparities


def rates_of(counts: Sequence[GroupCounts], label: str, pool: Pool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rates of one group and the disparities against all others."""
    traffic, loaded = stacked(counts, label, "traffic"), stacked(counts, label, "loaded")
    plates = sum(float(one.plates[one.labels.index(label)]) for one in counts if label in one.labels)
    other_plates = sum(float(one.plates.sum()) for one in counts) - plates
    rates: dict[str, Any] = {
        "passages": round(float(traffic[0][:, 0].sum())),
        "lot_rate": pool.ratio(loaded[0], traffic[0], plates).as_json(),
    }
    disparities = []
    for number, point in enumerate(POINTS):
        red, hits = stacked(counts, label, "red", number), stacked(counts, label, "red_loaded", number)
        own = pool.ratio(red[0] - hits[0], traffic[0] - loaded[0], plates)
        others = pool.ratio(red[1] - hits[1], traffic[1] - loaded[1], other_plates)
        told = {"false_red_rate": own.as_json(), "others_false_red_rate": others.as_json()}
        rates[point] = told | {"hit_rate": pool.ratio(hits[0], red[0]).as_json()}
        if differs(own, others):
            ratio = float(f"{own.value / others.value:.3g}") if others.value else None
            disparities.append({"point": point, "ratio": ratio} | told)
    return rates, disparities


def differs(one: Figure, others: Figure) -> bool:
    """Whether a rate is DISPARITY_FACTOR times another or more, either way, with intervals apart."""
    far = one.value > DISPARITY_FACTOR * others.value or others.value > DISPARITY_FACTOR * one.value
    return far and apart(one, others)


def stacked(counts: Sequence[GroupCounts], label: str, name: str, number: int | None = None) -> tuple[Floats, Floats]:
    """A count of one group and of all others, by run and replicate; a run without the group has none of it."""
    own, others = [], []
    for one in counts:
        values = getattr(one, name) if number is None else getattr(one, name)[number]
        mine = values[:, one.labels.index(label)] if label in one.labels else np.zeros(len(values))
        own.append(mine)
        others.append(values.sum(axis=1) - mine)
    return np.array(own), np.array(others)
