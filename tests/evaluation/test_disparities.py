"""Disparities are told from chance: none among shuffled labels, a true one is found, few red plates prove nothing."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import pytest

from deploy.evaluation.disparities import FAMILY_ERROR, Moment, comparison_of, moments_of
from streams.core.disparities import EVENTS_MIN, Comparison, disparate
from streams.core.small_counts import rate_interval, t_quantile

PLATES: Final = 4000
# Shares of the plates in each of 16 groups, of which the least are of a handful of plates.
GROUPS: Final = 16
SHARES: Final = np.array([1.0 / (1 + group) for group in range(GROUPS)]) / sum(1.0 / (1 + g) for g in range(GROUPS))


class Traffic:
    """Passages of one run: most plates come once or twice, some every day, and each has a propensity of its own."""

    def __init__(self, seed: int, rate: float = 0.10) -> None:
        self.random = np.random.default_rng(seed)
        crossings = np.where(self.random.random(PLATES) < 0.2, self.random.integers(5, 21, PLATES), 1)
        self.plates = np.repeat(np.arange(PLATES), crossings)
        # Beta with this mean and a clustering as strong as that of the score: a plate is often red or hardly ever.
        self.of_plate = self.random.beta(2.0 * rate, 2.0 * (1.0 - rate), PLATES)
        self.weights = np.full(len(self.plates), 50.0)
        self.labels = self.random.choice(GROUPS, PLATES, p=SHARES)
        self.red = self.weights * (self.random.random(len(self.plates)) < self.of_plate[self.plates])

    def moments(self, by_plate: np.ndarray) -> np.ndarray:
        return moments_of(self.plates, by_plate[self.plates], GROUPS, self.weights, self.red)


def compare(moments: list[np.ndarray]) -> list[Comparison]:
    """The comparisons that are worth making, over runs."""
    made = [comparison_of([one[:, :, group] for one in moments]) for group in range(GROUPS)]
    return [one for one in made if one is not None and one.is_worth_making]


def told(comparisons: list[Comparison]) -> int:
    return sum(disparate(one, len(comparisons), FAMILY_ERROR) is not None for one in comparisons)


def false_alarms(families: int, tells: Callable[[list[Comparison]], int]) -> int:
    """In how many of so many families of comparisons, labels shuffled among plates, any disparity is told."""
    runs = [Traffic(seed) for seed in (1,)]
    return sum(
        tells(compare([run.moments(run.random.permutation(run.labels)) for run in runs])) > 0 for _ in range(families)
    )


def test_among_shuffled_labels_a_disparity_is_told_no_oftener_than_stated() -> None:
    families = 300
    sigma = math.sqrt(FAMILY_ERROR * (1.0 - FAMILY_ERROR) * families)
    assert false_alarms(families, told) <= FAMILY_ERROR * families + 2.0 * sigma


def test_without_a_level_for_many_comparisons_chance_would_be_told() -> None:
    def uncorrected(comparisons: list[Comparison]) -> int:
        return sum(disparate(one, 1, FAMILY_ERROR) is not None for one in comparisons)

    assert false_alarms(100, uncorrected) > 100 * FAMILY_ERROR


def with_disparity(ratio: float) -> list[Comparison]:
    """Four runs in which the plates of group 2 are red `ratio` times as often as the others."""
    runs = []
    for seed in range(4):
        traffic = Traffic(seed)
        more = traffic.labels == 2
        again = traffic.random.random(len(traffic.plates)) < (ratio - 1.0) * traffic.of_plate[traffic.plates]
        traffic.red = np.where(more[traffic.plates] & again, traffic.weights, traffic.red)
        runs.append(traffic.moments(traffic.labels))
    return compare(runs)


def test_a_group_referred_one_and_a_half_times_as_often_is_found_and_no_other() -> None:
    comparisons = with_disparity(1.5)
    found = [one for one in comparisons if disparate(one, len(comparisons), FAMILY_ERROR) is not None]
    assert len(comparisons) == GROUPS and len(found) == 1
    assert found[0].own.rate / found[0].others.rate == pytest.approx(1.5, abs=0.15)


def test_twice_the_rate_of_fewer_than_twenty_red_plates_is_not_compared() -> None:
    def group_of(plates: int) -> Comparison | None:
        """So many plates of a hundred, all of one passage and red, against a tenth of 1,000 others."""
        count = 1000 + plates
        members = (np.arange(count) >= 1000).astype(np.int64)
        red = (np.arange(count) % 10 == 0) | (members == 1)
        return comparison_of([moments_of(np.arange(count), members, 2, np.ones(count), red.astype(float))[:, :, 1]])

    few, enough = group_of(EVENTS_MIN - 1), group_of(EVENTS_MIN)
    assert few is not None and not few.is_worth_making
    assert enough is not None and enough.is_worth_making and disparate(enough, 100, FAMILY_ERROR) is not None


def test_a_group_that_is_never_red_is_compared_for_what_it_would_be_at_the_others_rate() -> None:
    members = np.arange(2000) % 2
    red = ((members == 0) & (np.arange(2000) % 10 == 0)).astype(float)  # 200 of 1,000, and none of 1,000
    spared = comparison_of([moments_of(np.arange(2000), members, 2, np.ones(2000), red)[:, :, 1]])
    assert spared is not None and spared.is_worth_making and spared.events == pytest.approx(200.0)
    told_apart = disparate(spared, 100, FAMILY_ERROR)
    assert told_apart is not None and told_apart[0].rate == 0.0 and told_apart[0].high < told_apart[1].low


def test_one_plate_that_crosses_all_day_is_one_plate() -> None:
    plates = np.concatenate([np.arange(1000), np.full(1000, 1000)])
    members = (plates == 1000).astype(np.int64)
    red = (np.arange(2000) % 10 == 0).astype(float)
    lone = comparison_of([moments_of(plates, members, 2, np.ones(2000), red)[:, :, 1]])
    assert lone is not None and lone.events == pytest.approx(1.0) and not lone.is_worth_making


def test_a_group_is_compared_with_others_of_the_runs_that_have_it() -> None:
    # Everything is red twice as often in the second run, whose traffic the group lacks: nothing differs in the first.
    def run(red_every: int, groups: int) -> np.ndarray:
        plates = np.arange(3000)
        red = (plates // groups % red_every == 0).astype(float)
        return moments_of(plates, plates % groups, groups, np.ones(3000), red)

    alone = comparison_of([run(10, 2)[:, :, 1]])
    beside = comparison_of([run(10, 2)[:, :, 1], np.stack([np.zeros(5), run(5, 1)[0, :, 0]])])
    assert alone is not None and alone == beside and alone.own.rate == alone.others.rate == 0.1


def test_moments_of_others_are_what_is_left_of_every_plate() -> None:
    # Plate 0 has weights 2 and 1 in group 0 (the 2 is red) and 3 in group 1 (red); plate 1 has 5 in group 1.
    plates, members = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    empty, red = np.array([2.0, 1.0, 3.0, 5.0]), np.array([2.0, 0.0, 3.0, 0.0])
    moments = moments_of(plates, members, 2, empty, red)
    assert moments[0, :, 0].tolist() == moments[1, :, 1].tolist() == [3.0, 2.0, 9.0, 6.0, 4.0]
    assert moments[1, :, 0].tolist() == moments[0, :, 1].tolist() == [8.0, 3.0, 34.0, 9.0, 9.0]
    assert [one.name for one in Moment] == ["EMPTY", "RED", "EMPTY_SQUARED", "EMPTY_RED", "RED_SQUARED"]


def test_intervals_are_those_of_the_tables() -> None:
    # Student's t: 12.706 for one degree of freedom at 2.5 %, 2.093 for 19; Clopper and Pearson: 5 of 50 is 0.0333 to
    # 0.2181 at 95 %.
    assert t_quantile(0.025, 1.0) == pytest.approx(12.706, abs=1e-3)
    assert t_quantile(0.025, 19.0) == pytest.approx(2.093, abs=1e-3)
    assert rate_interval(0.1, 50.0, 1e6, 0.025) == pytest.approx((0.0333, 0.2181), abs=1e-4)
    assert rate_interval(0.0, 50.0, 1e6, 0.025) == pytest.approx((0.0, 0.0711), abs=1e-4)
