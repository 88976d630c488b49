"""The figures of one run, from its judged passages: a row for each replicate, the first of which is the estimate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from deploy.evaluation.fairness import GroupCounts, count_groups
from deploy.evaluation.judged import FIRST_TIMER, LOADS, Judged
from deploy.evaluation.metrics import (
    Floats,
    Integers,
    brier,
    found_by_kind,
    plate_draws,
    ranking,
    recalibrations,
    reliability,
)

ALL: Final = "all"
FULL: Final = "full"
SINGLE_GUN_FIRST_TIMERS: Final = "single-gun first-timers"
GROUP: Final = "group "  # before the name of a group among the ablations


@dataclass(frozen=True)
class Figures:
    """What a run found, in weights of traffic."""

    passages: int  # judged, as simulated; `traffic` is what they stand for
    traffic: Floats
    kinds: tuple[str, ...]  # of loaded passages: ALL, loads, actors, SINGLE_GUN_FIRST_TIMERS
    plates: Floats  # by kind: how many different plates
    loaded: Floats  # by kind
    found: Mapping[str, Floats]  # by ranking, FULL or a baseline's name: by kind and share of red
    found_without: Mapping[str, Floats]  # by evidence or GROUP: of all loaded, by share of red
    groups: Mapping[str, str]  # of evidence
    red: Floats  # at or over the rule set's threshold, or on a list that must be referred
    red_loaded: Floats
    recalibration: Floats  # intercept and slope
    reliability: Floats  # by slice: traffic, expected and observed loaded
    brier: tuple[float, float]  # and the base rate's
    fairness: Mapping[str, GroupCounts]  # by dimension


def measure(judged: Judged, replicates: int, seed: int) -> Figures:
    """Measure what was judged. Raises ValueError if nothing was, or no passage was loaded."""
    if not judged.is_loaded.any():
        raise ValueError("no loaded passage was judged; give more days")
    draws = plate_draws(int(judged.plates.max()) + 1, replicates, seed)
    kinds, belongs = kinds_of(judged)
    loaded_rows = np.flatnonzero(judged.is_loaded)

    def find(scores: Floats, which: Floats) -> tuple[Floats, Floats]:
        order = ranking(scores, judged.ties)
        return found_by_kind(order, judged.weights, judged.plates, draws, which, loaded_rows)

    found, loaded = {}, np.empty(0)
    for name, scores in {FULL: judged.log_odds, **judged.baselines}.items():
        found[name], loaded = find(scores, belongs)
    red = by_replicate(judged.weights * judged.is_red, judged.plates, draws)
    seen = np.isfinite(judged.log_odds)
    columns = (judged.weights[seen], judged.is_loaded[seen], judged.plates[seen], draws)
    return Figures(
        passages=len(judged.weights),
        traffic=by_replicate(judged.weights, judged.plates, draws),
        kinds=kinds,
        plates=np.array([len(np.unique(judged.plates[loaded_rows[row > 0.0]])) for row in belongs], dtype=float),
        loaded=loaded,
        found=found,
        found_without={
            label: find(judged.without(names), belongs[:1])[0][:, 0] for label, names in ablations(judged).items()
        },
        groups=judged.groups,
        red=red,
        red_loaded=by_replicate(judged.weights * (judged.is_red & judged.is_loaded), judged.plates, draws),
        recalibration=recalibrations(judged.log_odds[seen], *columns),
        reliability=reliability(judged.log_odds[seen], judged.ties[seen], *columns),
        brier=brier(judged.log_odds[seen], judged.weights[seen], judged.is_loaded[seen]),
        fairness=count_groups(judged, draws),
    )


def by_replicate(weights: Floats, plates: Integers, draws: Integers) -> Floats:
    """Sum of weights in every replicate."""
    return np.asarray(draws @ np.bincount(plates, weights, draws.shape[1]))


def kinds_of(judged: Judged) -> tuple[tuple[str, ...], Floats]:
    """Names of the kinds of loaded passages, and a row for each: 1 where a loaded passage is of it."""
    actors = sorted(set(judged.actors))
    rows = [[True] * len(judged.loads)]
    rows += [[load == band for load in judged.loads] for band in LOADS]
    rows += [[actor == one for actor in judged.actors] for one in actors]
    pairs = zip(judged.actors, judged.loads, strict=True)
    rows.append([actor == FIRST_TIMER and load == LOADS[0] for actor, load in pairs])
    return (ALL, *LOADS, *actors, SINGLE_GUN_FIRST_TIMERS), np.array(rows, dtype=float)


def ablations(judged: Judged) -> dict[str, set[str]]:
    """What is taken away, by label: each evidence, each bound of a group, and each group whole."""
    singles = {name: {name} for name in sorted(judged.evidence)}
    groups = {
        GROUP + group: {name for name, its in judged.groups.items() if its == group}
        for group in sorted(set(judged.groups.values()))
    }
    return singles | groups
