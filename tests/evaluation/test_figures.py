"""The figures of judged passages: fairness, ablation, ties; on passages written by hand."""

from typing import Any

import numpy as np
import pytest

from deploy.evaluation.fairness import disparities_of, fairness_of
from deploy.evaluation.figures import ALL, FULL, SINGLE_GUN_FIRST_TIMERS, Figures, measure
from deploy.evaluation.judged import DIMENSIONS, Judged
from deploy.evaluation.pooling import Pool

COUNT = 6000


def judged(**fields: Any) -> Judged:
    """One plate a passage; a third of the plates are of MX-TAM; one passage in 100 is loaded, and nothing is red."""
    random = np.random.default_rng(1)
    is_loaded = np.arange(COUNT) % 100 == 0
    loaded = int(is_loaded.sum())
    values: dict[str, Any] = {
        "weights": np.ones(COUNT),
        "plates": np.arange(COUNT),
        "log_odds": random.normal(-7.0, 1.0, COUNT),
        "is_loaded": is_loaded,
        "is_red": np.zeros(COUNT, dtype=bool),
        "ties": random.random(COUNT),
        "baselines": {"random": random.random(COUNT)},
        "evidence": {},
        "groups": {},
        "bounds": {},
        "loads": ("1",) * loaded,
        "actors": ("FIRST_TIMER",) * loaded,
        "labels": dict.fromkeys(DIMENSIONS, ("only",)) | {"jurisdiction": ("MX-TAM", "US-TX")},
        "members": {dimension: np.zeros(COUNT, dtype=np.int64) for dimension in DIMENSIONS}
        | {"jurisdiction": np.minimum(np.arange(COUNT) % 3, 1)},
    }
    return Judged(**values | fields)


def fairness(one: Judged) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    figures = measure(one, 100, 1)
    return fairness_of([figures.fairness], Pool(["world"])), disparities_of([figures.fairness])[0]


def red_where(rate: np.ndarray, seed: int = 2) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).random(COUNT) < rate)


def test_equal_rates_are_no_disparity_and_intervals_hold_them() -> None:
    held, worlds = 0, 20
    for seed in range(worlds):
        rates, disparities = fairness(judged(is_red=red_where(np.full(COUNT, 0.05), seed)))
        assert not disparities
        for group in ("MX-TAM", "US-TX"):
            rate = rates["jurisdiction"][group]["at_threshold"]["false_red_rate"]
            held += rate["low"] < 0.05 < rate["high"]
    assert held >= 34  # of 40, of which 38 are expected: three standard errors of 1.4


def test_a_group_that_is_referred_twice_as_often_is_told_with_what_is_of_the_others() -> None:
    of_tamaulipas = np.arange(COUNT) % 3 == 0
    _, disparities = fairness(judged(is_red=red_where(np.where(of_tamaulipas, 0.10, 0.05))))
    told = {(one["dimension"], one["group"], one["point"]): one for one in disparities}
    assert set(told) == {("jurisdiction", "MX-TAM", "at_threshold"), ("jurisdiction", "US-TX", "at_threshold")}
    one = told["jurisdiction", "MX-TAM", "at_threshold"]
    assert one["ratio"] == pytest.approx(2.0, abs=0.4)
    assert one["false_red_rate"]["low"] > one["others_false_red_rate"]["high"]


def test_loaded_vehicles_are_no_false_reds() -> None:
    rates, _ = fairness(judged(is_red=np.arange(COUNT) % 100 == 0))
    group = rates["jurisdiction"]["US-TX"]
    assert group["at_threshold"]["false_red_rate"]["value"] == 0.0
    assert group["at_threshold"]["hit_rate"]["value"] == 1.0
    assert group["lot_rate"]["value"] == pytest.approx(0.01)


def test_a_group_in_which_nobody_was_red_is_not_called_certain() -> None:
    rare = judged(is_red=red_where(np.full(COUNT, 0.02)) & (np.arange(COUNT) >= 30))
    rare.members["hour_of_day"][:30] = 1
    labels = dict(rare.labels) | {"hour_of_day": ("17", "03")}
    rates, disparities = fairness(judged(is_red=rare.is_red, labels=labels, members=rare.members))
    rate = rates["hour_of_day"]["03"]["at_threshold"]["false_red_rate"]
    # Wilson: 1.96^2 / (30 + 1.96^2) = 0.114, which none of 30 may well be.
    assert rate["value"] == 0.0 and rate["high"] == pytest.approx(0.1135, abs=0.001)
    assert not disparities


def with_evidence(judged_without: Judged) -> Judged:
    """Two lines of one group, held to 3 together, on the loaded passages alone."""
    rows = np.flatnonzero(judged_without.is_loaded)
    lines = {"one": 2.5, "two": 2.0, "weight_cap": -1.5, "other": 1.0}
    scores = judged_without.log_odds.copy()
    scores[rows] += sum(lines.values())
    return judged(
        log_odds=scores,
        evidence={name: (rows, np.full(len(rows), log_odds)) for name, log_odds in lines.items()},
        groups={"one": "weight", "two": "weight", "weight_cap": "weight", "other": "other"},
        bounds={"weight": (-1.0, 3.0)},
    )


def test_evidence_taken_away_is_taken_from_the_score_with_its_groups_bound_applied_anew() -> None:
    bare = judged()
    full, row = with_evidence(bare), 0
    without = {name: float(full.without({name})[row] - bare.log_odds[row]) for name in full.evidence}
    assert without == pytest.approx({"one": 3.0, "two": 3.5, "weight_cap": 5.5, "other": 3.0})
    assert float(full.without({"one", "two", "weight_cap"})[row] - bare.log_odds[row]) == pytest.approx(1.0)
    assert (full.without({"one"})[1:100] == full.log_odds[1:100]).all()


def test_evidence_that_nobody_has_changes_nothing() -> None:
    full = with_evidence(judged())
    nothing = {"absent": (np.empty(0, dtype=np.int64), np.empty(0))}
    absent = judged(
        log_odds=full.log_odds,
        evidence=dict(full.evidence) | nothing,
        groups=dict(full.groups) | {"absent": "none"},
        bounds=full.bounds,
    )
    assert (absent.without({"absent"}) == absent.log_odds).all()
    figures = measure(absent, 20, 1)
    full_found = figures.found[FULL][:, 0]
    assert (figures.found_without["absent"] == full_found).all()
    assert (figures.found_without["group weight"][0] < full_found[0]).any()


def test_a_passage_without_a_light_is_never_found() -> None:
    unseen = judged()
    unseen.log_odds[unseen.is_loaded] = float("-inf")
    figures: Figures = measure(unseen, 20, 1)
    assert figures.kinds[0] == ALL and figures.kinds[-1] == SINGLE_GUN_FIRST_TIMERS
    assert figures.loaded[0, 0] == 60.0 and (figures.found[FULL][:, 0] == 0.0).all()


def test_a_flat_score_is_as_good_as_the_random_light() -> None:
    loaded = np.arange(COUNT) % 10 == 0
    many = {"is_loaded": loaded, "loads": ("1",) * 600, "actors": ("ANT",) * 600}
    figures = measure(judged(log_odds=np.zeros(COUNT), **many), 200, 1)
    lift = figures.found[FULL][:, 0] / figures.loaded[:, :1] / np.array([0.01, 0.02, 0.05, 0.10])
    low, high = np.percentile(lift[1:], (2.5, 97.5), axis=0)
    assert (low <= 1.0).all() and (high >= 1.0).all()


def test_nothing_loaded_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="give more days"):
        measure(judged(is_loaded=np.zeros(COUNT, dtype=bool), loads=(), actors=()), 10, 1)
