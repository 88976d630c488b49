"""Rankings, calibrations and their intervals, against examples computed by hand and laws that must hold."""

import numpy as np
import pytest

from deploy.evaluation.metrics import (
    RED_SHARES,
    brier,
    found_by_kind,
    plate_draws,
    probabilities,
    ranking,
    recalibrations,
    red_portions,
    reliability,
)
from deploy.evaluation.pooling import Pool, apart, figure_of


def recall(
    scores: np.ndarray, weights: np.ndarray, is_loaded: np.ndarray, ties: np.ndarray | None = None
) -> list[float]:
    """Recall at RED_SHARES of passages of one plate each."""
    order = ranking(scores, np.arange(len(scores), dtype=float) if ties is None else ties)
    plates = np.arange(len(scores))
    rows = np.flatnonzero(is_loaded)
    kinds = np.ones((1, len(rows)))
    found = found_by_kind(order, weights, plates, plate_draws(len(scores), 0, 1), kinds, rows)
    return [float(one) for one in found.found[0, 0] / found.loaded[0, 0]]


def test_the_highest_scores_are_red_until_the_share_is_reached() -> None:
    # Ten passages of weight 1: 10 % is the first, 5 % half of it.
    weights = np.ones(10)
    portions = red_portions(ranking(np.arange(10.0), np.zeros(10)), weights, (0.05, 0.1, 0.25), np.array([9, 8, 7]))
    assert portions.tolist() == [[0.5, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.5]]


def test_weights_count_as_many_passages() -> None:
    # 100 in all: the loaded passage of weight 1 stands behind an empty one of weight 4, so at 5 % it is just red.
    weights = np.array([4.0, 1.0, 95.0])
    assert recall(np.array([3.0, 2.0, 1.0]), weights, np.array([False, True, False])) == [0.0, 0.0, 1.0, 1.0]


def test_a_passage_of_weight_k_is_worth_k_passages() -> None:
    random = np.random.default_rng(3)
    scores, loaded = random.normal(size=200), random.random(200) < 0.1
    weights = random.integers(1, 6, 200)
    ties = random.random(200)
    again = [np.repeat(one, weights) for one in (scores, loaded, ties)]
    weighted = recall(scores, weights.astype(float), loaded, ties)
    repeated = recall(again[0], np.ones(len(again[0])), again[1], again[2])
    assert weighted == pytest.approx(repeated, abs=1e-12)


def test_a_perfect_ranking_finds_all_loads_that_fit() -> None:
    loaded = np.arange(1000) < 40  # 4 % of the traffic
    found = recall(loaded.astype(float), np.ones(1000), loaded)
    assert found == pytest.approx([0.25, 0.5, 1.0, 1.0])


def test_equal_scores_are_red_at_random() -> None:
    random = np.random.default_rng(5)
    loaded = np.arange(20_000) < 4_000
    found = recall(np.zeros(20_000), np.ones(20_000), loaded, random.random(20_000))
    # Lift 1 within three standard errors: sqrt(0.01 * 0.99 / 4000) is 0.0016, and 0.0047 at 10 %.
    for share, one in zip(RED_SHARES, found, strict=True):
        assert one == pytest.approx(share, abs=3 * (share / 4000) ** 0.5)


def test_a_plate_is_drawn_as_a_whole() -> None:
    draws = plate_draws(50, 20, 7)
    assert draws[0].tolist() == [1] * 50
    assert (draws.sum(axis=1) == 50).all()
    assert len(np.unique(draws[1:], axis=0)) == 20
    assert (plate_draws(50, 20, 7) == draws).all()


def coverage(by_plate: bool) -> float:
    """How often an interval holds the true recall at 10 % of scores that are a plate's own."""
    held, trials = 0, 100
    for trial in range(trials):
        random = np.random.default_rng(trial)
        plates = np.repeat(np.arange(600), 4)
        loaded = (np.arange(600) < 120)[plates]
        # N(0, 1) and, loaded, N(1, 1): the top tenth is above c with 0.8 * P(z > c) + 0.2 * P(z > c - 1) = 0.1, so c is
        # 1.5375 and the recall P(z > 0.5375) = 0.2955.
        scores = (random.normal(size=600) + (np.arange(600) < 120))[plates]
        of = plates if by_plate else np.arange(len(plates))
        rows = np.flatnonzero(loaded)
        order = ranking(scores, random.random(len(plates)))
        draws = plate_draws(int(of.max()) + 1, 200, trial)
        found = found_by_kind(order, np.ones(len(plates)), of, draws, np.ones((1, len(rows))), rows)
        figure = figure_of(0.0, found.found[1:, 0, 3] / found.loaded[1:, 0])
        held += figure.low <= 0.2955 <= figure.high
    return held / trials


def test_an_interval_of_95_percent_holds_the_truth_as_often() -> None:
    assert coverage(by_plate=True) > 0.88  # 0.95 less three standard errors of 100 trials, 0.022 each


def test_drawing_passages_rather_than_plates_would_be_too_sure() -> None:
    assert coverage(by_plate=False) < 0.82  # half as wide as it should be: 0.67, and three standard errors of 0.047


def test_right_probabilities_have_slope_1_and_intercept_0() -> None:
    random = np.random.default_rng(11)
    log_odds = random.normal(-3.0, 1.5, 40_000)
    loaded = random.random(40_000) < probabilities(log_odds)
    plates = np.arange(40_000)
    fitted = recalibrations(log_odds, np.ones(40_000), loaded, plates, plate_draws(40_000, 30, 1))
    intercept, slope = fitted[0]
    assert slope == pytest.approx(1.0, abs=0.06) and intercept == pytest.approx(0.0, abs=0.15)
    low, high = np.percentile(fitted[1:, 1], (2.5, 97.5))
    assert low < 1.0 < high and high - low < 0.1


@pytest.mark.parametrize(("factor", "shift"), [(2.0, 0.0), (0.5, 1.0)])
def test_what_is_too_sure_or_shifted_shows_in_slope_and_intercept(factor: float, shift: float) -> None:
    random = np.random.default_rng(12)
    log_odds = random.normal(-2.0, 1.0, 60_000)
    loaded = random.random(60_000) < probabilities(log_odds)
    said = factor * log_odds + shift  # so the truth is said / factor - shift / factor
    fitted = recalibrations(said, np.ones(60_000), loaded, np.arange(60_000), plate_draws(60_000, 0, 1))
    assert fitted[0].tolist() == pytest.approx([-shift / factor, 1 / factor], abs=0.08)


def test_a_recalibration_of_nothing_is_not_a_number() -> None:
    fitted = recalibrations(
        np.array([1.0, 2.0]), np.ones(2), np.zeros(2, dtype=bool), np.arange(2), plate_draws(2, 0, 1)
    )
    assert np.isnan(fitted).all()


def test_the_brier_score_of_an_example() -> None:
    # Probabilities 0.5 and 0.8 (log-odds 0 and ln 4), weights 3 and 1, the second loaded: (3 * 0.25 + 0.04) / 4.
    score, of_base_rate = brier(np.array([0.0, np.log(4.0)]), np.array([3.0, 1.0]), np.array([False, True]))
    assert score == pytest.approx(0.1975)
    assert of_base_rate == pytest.approx(0.25 * 0.75)


def test_the_reliability_table_holds_all_traffic_in_slices_of_the_scores() -> None:
    log_odds, loaded = np.linspace(-5.0, 0.0, 1000), np.arange(1000) >= 900
    table = reliability(log_odds, np.zeros(1000), np.ones(1000), loaded, np.arange(1000), plate_draws(1000, 0, 1))[0]
    assert table[:, 0].tolist() == [100.0] * 9 + [90.0, 9.0, 1.0]
    assert table[:, 1].sum() == pytest.approx(probabilities(log_odds).sum())
    assert table[:, 2].tolist() == [0.0] * 9 + [90.0, 9.0, 1.0]


def test_a_mean_over_runs_is_as_unsure_as_its_worlds_differ() -> None:
    worlds = [number // 2 for number in range(20)]  # two seeds of each of ten worlds
    values = np.repeat(np.array(worlds, dtype=float)[:, None], 11, axis=1)
    figure = Pool(worlds).mean(values)
    assert figure.value == 4.5
    # The standard deviation of ten worlds, 3.03, over the root of ten is 0.957; Student's t for nine degrees is 2.262.
    assert figure.low == pytest.approx(4.5 - 2.166, abs=1e-3) and figure.high == pytest.approx(4.5 + 2.166, abs=1e-3)


class Worlds:
    """Runs whose loads, and what is found of them, vary with the world and the seed, and are counts besides."""

    RECALL, WORLD_SIGMA = 0.30, 0.05

    def __init__(self, seed: int, worlds: int, seeds: int, replicates: int = 50) -> None:
        random = np.random.default_rng(seed)
        self.worlds = [world for world in range(worlds) for _ in range(seeds)]
        of_world = self.RECALL + self.WORLD_SIGMA * random.normal(size=worlds)
        mean_loads = random.uniform(100.0, 400.0, worlds)
        loads = random.poisson(np.repeat(mean_loads, seeds)).astype(float)
        recall = np.repeat(of_world, seeds)
        found = random.binomial(loads.astype(np.int64), recall)
        again = random.binomial(loads.astype(np.int64), found / loads, (replicates, len(loads)))
        self.found = np.column_stack([found, again.T]).astype(float)
        self.loads = np.repeat(loads[:, None], replicates + 1, axis=1)


@pytest.mark.parametrize(("worlds", "seeds"), [(2, 1), (3, 2), (5, 3), (20, 5)])
def test_an_interval_over_worlds_holds_the_truth_as_often_as_it_says_with_few_of_them(worlds: int, seeds: int) -> None:
    trials, of_mean, of_ratio = 600, 0, 0
    for trial in range(trials):
        drawn = Worlds(trial, worlds, seeds)
        pool = Pool(drawn.worlds)
        mean, ratio = pool.mean(drawn.found / drawn.loads), pool.ratio(drawn.found, drawn.loads)
        of_mean += mean.low <= Worlds.RECALL <= mean.high
        of_ratio += ratio.low <= Worlds.RECALL <= ratio.high
    # Three standard errors of 600 trials: 0.0089 each.
    assert of_mean / trials == pytest.approx(0.95, abs=0.027)
    assert of_ratio / trials == pytest.approx(0.95, abs=0.027)


def test_an_interval_is_never_narrower_than_plates_alone_make_it() -> None:
    # Two worlds that agree by chance, each with a standard deviation of 0.1 over its replicates: 0.1 / sqrt(2) * 1.96.
    replicates = np.tile([0.4, 0.6], 100)
    figure = Pool([1, 2]).mean(np.array([[0.5, *replicates], [0.5, *replicates]]))
    assert figure == pytest.approx((0.5, 0.5 - 0.1386, 0.5 + 0.1386), abs=1e-4)


def test_what_only_one_world_has_is_as_unsure_as_its_runs_differ() -> None:
    found = np.repeat(np.array([0.0, 0.0, 10.0, 20.0])[:, None], 3, axis=1)
    there = np.repeat(np.array([0.0, 0.0, 100.0, 100.0])[:, None], 3, axis=1)
    figure = Pool([1, 1, 2, 2]).ratio(found, there)
    # 0.10 and 0.20 are 0.05 from their mean; t for one degree is 12.7, which would go below nothing.
    assert figure == pytest.approx((0.15, 0.0, 0.15 + 12.706 * 0.05), abs=1e-3)


def test_one_run_is_as_unsure_as_its_replicates() -> None:
    values = np.array([[0.5, *np.linspace(0.0, 1.0, 200)]])
    figure = Pool(["only"]).mean(values)
    assert figure.value == 0.5 and figure.low == pytest.approx(0.025, abs=0.02)


def test_what_no_run_could_measure_is_not_a_number_and_null_in_json() -> None:
    figure = Pool(["only"]).ratio(np.zeros((1, 3)), np.zeros((1, 3)))
    assert figure.as_json() == {"value": None, "low": None, "high": None}
    assert not apart(figure, figure)


def test_paired_differences_are_surer_than_the_two_alone() -> None:
    random = np.random.default_rng(1)
    common = random.normal(size=(1, 201))
    pool = Pool(["only"])
    difference = pool.mean(common + 0.1 - common)
    assert difference.low > 0.0
    assert not apart(pool.mean(common), pool.mean(common + 0.1))
