"""The passages of a run that are judged, as columns: what was said of each at the light, and what is true of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from deploy.evaluation.metrics import Booleans, Floats, Integers
from producers.simulator.truth import CrossingTruth, SimulatedCrossing
from schemas.layout import load_ports
from schemas.records import LaneMode, Passage, Score, Selection
from streams.core.rule_set import RuleSet

LOADS: Final = ("1", "2-5", "6-11", "12-19", "20+", "ammunition")
GUNS_MOST: Final = (1, 5, 11, 19)  # of all bands but the last
DIMENSIONS: Final = ("jurisdiction", "plate_style", "port", "hour_of_day")
SINGLE_GUN_FIRST_TIMER: Final = "single-gun first-timer"
FIRST_TIMER: Final = "FIRST_TIMER"
HOUR: Final = 3600
US: Final = 1_000_000


@dataclass(frozen=True)
class Judged:
    """One row a passage. A passage that asked for no light has the log-odds -inf: nobody could refer it."""

    weights: Floats
    plates: Integers
    log_odds: Floats
    is_loaded: Booleans
    is_red: Booleans  # by risk or list, at the rule set's threshold; the lot left aside
    ties: Floats  # drawn at random
    baselines: Mapping[str, Floats]
    evidence: Mapping[str, tuple[Integers, Floats]]  # by name: rows that have it, and its log-odds there
    groups: Mapping[str, str]  # of evidence, by name
    bounds: Mapping[str, tuple[float, float]]  # of the sum of a group
    loads: tuple[str, ...]  # of the loaded passages, in order
    actors: tuple[str, ...]  # the same
    labels: Mapping[str, tuple[str, ...]]  # by dimension of fairness: its groups
    members: Mapping[str, Integers]  # the same: each passage's group

    def without(self, names: set[str]) -> Floats:
        """The log-odds as they would be without evidence of these names, each group's bounds applied anew.

        The bound of a group is a line of its own, `GROUP_cap`; without it the group is not bound.
        """
        scores = self.log_odds.copy()
        for group in {self.groups[name] for name in names}:
            cap = f"{group}_cap"
            members = [name for name, its in self.groups.items() if its == group]
            low, high = self.bounds.get(group, (-np.inf, np.inf))
            left = self._sum([name for name in members if name not in names and name != cap])
            scores += (left if cap in names else np.clip(left, low, high)) - self._sum(members)
        return scores

    def _sum(self, names: Iterable[str]) -> Floats:
        """The sum of some evidence, by passage."""
        total = np.zeros(len(self.weights))
        for name in names:
            rows, log_odds = self.evidence[name]
            total[rows] += log_odds  # evidence of a name stands once in a score
        return total


@dataclass
class JudgedBuilder:
    """Gathers what is judged, passage by passage."""

    weights: list[int] = field(default_factory=list)
    plates: list[int] = field(default_factory=list)
    log_odds: list[float] = field(default_factory=list)
    loaded: list[bool] = field(default_factory=list)
    red: list[bool] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)
    evidence: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    group_of: dict[str, list[str]] = field(default_factory=lambda: {dimension: [] for dimension in DIMENSIONS})
    _plate_numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, crossing: SimulatedCrossing, score: Score, selection: Selection, excess: float) -> None:
        """A passage that asked for its light; `excess` is what its weight alone says."""
        row = len(self.weights)
        self._add(crossing, score.log_odds, selection.risk_over_threshold or selection.must_refer, excess)
        for said in score.evidence:
            rows, log_odds = self.evidence.setdefault(said.name, ([], []))
            rows.append(row)
            log_odds.append(said.log_odds)
            self.groups[said.name] = said.group

    def add_unseen(self, crossing: SimulatedCrossing) -> None:
        """A vehicle that the stop line did not see, so that no light was asked for."""
        self._add(crossing, float("-inf"), False, float("-inf"))

    def _add(self, crossing: SimulatedCrossing, log_odds: float, is_red: bool, excess: float) -> None:
        truth = crossing.truth
        plate = truth.vehicle.plate, truth.vehicle.jurisdiction
        self.weights.append(crossing.weight)
        self.plates.append(self._plate_numbers.setdefault(plate, len(self._plate_numbers)))
        self.log_odds.append(log_odds)
        self.red.append(is_red)
        self.excess.append(excess)
        self.loaded.append(truth.contraband is not None)
        if truth.contraband is not None:
            self.loads.append(load_of(truth))
            self.actors.append(str(truth.actor))
        for dimension, group in groups_of(truth).items():
            self.group_of[dimension].append(group)

    def columns(self, rules: RuleSet, seed: int) -> Judged:
        """Everything gathered; `seed` draws the order of ties and the random baseline."""
        generator = np.random.default_rng(seed)
        count = len(self.weights)
        listed = np.zeros(count)
        for name, (rows, log_odds) in self.evidence.items():
            if self.groups[name] == "watchlist":
                np.add.at(listed, rows, log_odds)
        labels = {dimension: tuple(sorted(set(groups))) for dimension, groups in self.group_of.items()}
        return Judged(
            weights=np.array(self.weights, dtype=float),
            plates=np.array(self.plates, dtype=np.int64),
            log_odds=np.array(self.log_odds),
            is_loaded=np.array(self.loaded, dtype=bool),
            is_red=np.array(self.red, dtype=bool),
            ties=generator.random(count),
            baselines={
                "random": generator.random(count),
                "weight_only": np.array(self.excess),
                "watchlist_only": listed,
            },
            evidence={name: (np.array(rows), np.array(said)) for name, (rows, said) in self.evidence.items()},
            groups=self.groups,
            bounds={group: (rule.log_odds_min, rule.log_odds_max) for group, rule in rules.groups.items()},
            loads=tuple(self.loads),
            actors=tuple(self.actors),
            labels=labels,
            members={
                dimension: np.searchsorted(np.array(labels[dimension]), np.array(groups))
                for dimension, groups in self.group_of.items()
            },
        )


def load_of(truth: CrossingTruth) -> str:
    """The band of a load; rounds without a gun are a band of their own."""
    assert truth.contraband is not None
    guns = truth.contraband.guns
    if not guns:
        return "ammunition"
    return LOADS[sum(guns > most for most in GUNS_MOST)]


def groups_of(truth: CrossingTruth) -> dict[str, str]:
    """The groups of a crossing, by dimension of fairness, by the truth: a misread issuer must not hide a disparity."""
    offset = int(load_ports()[truth.port_code].utc_offset_hours * HOUR)
    hour = (truth.entered_at // US + offset) // HOUR % 24
    groups = (truth.vehicle.jurisdiction, str(truth.vehicle.plate_style), truth.port_code, f"{hour:02d}")
    return dict(zip(DIMENSIONS, groups, strict=True))


def weight_excess(passage: Passage, rules: RuleSet) -> float:
    """The pilot's measure of 2009: weight above the register's for the class, -inf without a weighing or a class.

    In standard deviations of the class, and less what a truck declared: in kilograms every truck would come before
    any car, and the baseline would be a straw man. A truck that declared nothing has no weight to be expected.
    """
    register = rules.weight.classes.get(str(passage.vehicle_class))
    if passage.gross_weight_kg is None or register is None:
        return float("-inf")
    payload_kg: float | None = rules.weight.payload_mean_kg
    if passage.lane_mode is not LaneMode.PASSENGER:
        payload_kg = passage.declared_load_kg
    if payload_kg is None:
        return float("-inf")
    return (passage.gross_weight_kg - register.mean_kg - payload_kg) / register.sigma_kg
