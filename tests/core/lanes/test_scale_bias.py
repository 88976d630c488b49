"""The bias of a lane's scale: learned slowly from its cars, and carried by its passages."""

from random import Random

import pytest

from schemas.records import PassageState, Weighing
from streams.core.lanes.scale_bias import BIAS_MAX, TELLING_SIGMA, ScaleBias
from tests.core.lanes.builders import SCALE, Car, LaneRun, reading, readings_of


def weighing(draw: Random, bias: float, vehicle_class: int = 2) -> Weighing:
    """A car of class 2 among others, on a Type I scale with a bias."""
    kg = 1780.0 * max(0.6, draw.gauss(1.0, 0.17)) * (1.0 + bias + draw.gauss(0.0, 0.051))
    made = reading(SCALE, "one", 0.0, gross_weight_kg=kg, vehicle_class=vehicle_class)
    assert isinstance(made, Weighing)
    return made


def learned(seed: int, bias: float, cars: int = 3000, **fields: int) -> ScaleBias:
    draw, scale = Random(seed), ScaleBias()
    for _ in range(cars):
        scale.learn(weighing(draw, bias, **fields))
    return scale


def test_thousands_of_cars_tell_two_lanes_apart_that_no_single_car_does() -> None:
    # Two seeds of cars spread by 18 %: the mean of 3,000 is known to 0.3 %, the filter, which forgets, to 0.7 %.
    for seed in range(5):
        high, low = learned(seed, 0.03).ratio, learned(seed + 100, -0.03).ratio
        assert high is not None and low is not None and high - low == pytest.approx(0.06, abs=0.035)


def test_nothing_is_said_before_enough_cars_have_passed() -> None:
    assert learned(1, 0.02, cars=200).ratio is None
    assert learned(1, 0.02, cars=1000).ratio is not None


def test_the_uncertainty_stays_above_none_since_a_scale_wanders() -> None:
    assert 0.3 * TELLING_SIGMA < learned(1, 0.0, cars=20_000).variance ** 0.5 < TELLING_SIGMA


def test_trucks_and_gross_errors_teach_nothing() -> None:
    scale = ScaleBias()
    scale.learn(reading(SCALE, "truck", 0.0, gross_weight_kg=30_000.0, vehicle_class=9))
    scale.learn(reading(SCALE, "wheel", 0.0, gross_weight_kg=400.0, vehicle_class=2))
    scale.learn(reading(SCALE, "none", 0.0, gross_weight_kg=0.0, vehicle_class=2))
    scale.learn(reading(SCALE, "no class", 0.0, vehicle_class=None))
    assert (scale.log_bias, scale.variance) == (ScaleBias().log_bias, ScaleBias().variance)


def test_an_estimate_beyond_reason_is_no_correction() -> None:
    assert ScaleBias(0.5, 1e-6).ratio is None and ScaleBias(-0.5, 1e-6).ratio is None


def test_passages_carry_what_is_known_of_their_scale() -> None:
    run = LaneRun()
    run.send(*readings_of([Car(f"car-{n}", 12.0 * n) for n in range(700)]))
    final = run.passages(PassageState.FINAL)
    assert final[0].scale_bias_ratio is None
    # Every car weighs 1,500 kg here where 1,780 are usual; the filter moves towards what it must take for a bias.
    told = [passage.scale_bias_ratio for passage in final if passage.scale_bias_ratio is not None]
    assert told and all(-BIAS_MAX <= ratio < -0.02 for ratio in told)
    unweighed = LaneRun()
    unweighed.send(*readings_of([Car(f"car-{n}", 12.0 * n, missing=(SCALE,) if n == 650 else ()) for n in range(660)]))
    assert [p.scale_bias_ratio for p in unweighed.passages() if p.gross_weight_kg is None] == [None, None]
