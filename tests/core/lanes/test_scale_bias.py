"""The bias of a lane's scale: learned slowly from its cars, told from their mix, and carried by its passages."""

import math
from random import Random

import pytest

from producers.simulator.measurements import drift
from schemas.codec import body_of
from schemas.records import Passage, PassageState, Weighing
from streams.core.lanes import state as lane_state
from streams.core.lanes.scale_bias import BIAS_SIGMA, TELLING_SIGMA, ScaleBias
from tests.core.lanes.builders import SCALE, STATE_KEY, Car, LaneRun, heartbeat, reading, readings_of

TOLD_AFTER = 27_000


def weighing(draw: Random, bias: float, pickups: float = 0.33, size: float = 1.0) -> Weighing:
    """A car or pickup on a Type I scale with a bias, one in eight taken for the other."""
    pickup = draw.random() < pickups
    kg = (2200.0 if pickup else 1600.0) * size * max(0.6, draw.gauss(1.0, 0.155)) + max(60.0, draw.gauss(170.0, 89.0))
    taken_for = pickup != (draw.random() < 0.12)
    kg *= 1.0 + bias + draw.gauss(0.0, 0.051)
    made = reading(SCALE, "one", 0.0, gross_weight_kg=kg, vehicle_class=3 if taken_for else 2)
    assert isinstance(made, Weighing)
    return made


def test_what_a_lane_has_always_been_is_its_traffic_and_no_bias() -> None:
    # The lanes of the two mixes differ by 4 % on scales that are right.
    ratios = []
    for pickups, size in ((0.15, 0.99), (0.6, 1.01)):
        draw, scale = Random(4), ScaleBias()
        for _ in range(TOLD_AFTER):
            scale.learn(weighing(draw, 0.0, pickups, size))
        ratios.append(scale.ratio)
    assert all(ratio is not None and abs(ratio) < 1.5 * TELLING_SIGMA for ratio in ratios), ratios


def test_what_comes_and_goes_is_the_scale() -> None:
    draw, scale = Random(5), ScaleBias()
    for _ in range(30_000):
        scale.learn(weighing(draw, 0.0, 0.6, 1.01))
    before = scale.ratio
    for _ in range(4_000):
        scale.learn(weighing(draw, 0.03, 0.6, 1.01))
    after = scale.ratio
    assert before is not None and after is not None and after - before > 0.012


def test_a_correction_is_better_than_none_on_lanes_of_any_mix() -> None:
    corrected = uncorrected = 0.0
    for seed in range(12):
        draw, scale, bias = Random(seed), ScaleBias(), 0.0
        pickups, size = draw.uniform(0.15, 0.6), draw.gauss(1.0, 0.01)
        for number in range(50_000):
            bias = drift(draw, bias)
            scale.learn(weighing(draw, bias, pickups, size))
            if number > TOLD_AFTER and number % 4_000 == 0:
                assert scale.ratio is not None
                corrected += (scale.ratio - bias) ** 2
                uncorrected += bias**2
    assert corrected < uncorrected, (corrected, uncorrected)


def test_nothing_is_said_before_enough_cars_have_passed() -> None:
    draw, scale, told = Random(1), ScaleBias(), []
    for _ in range(TOLD_AFTER):
        scale.learn(weighing(draw, 0.02))
        told.append(scale.ratio is not None)
    assert told.index(True) > 20_000 and told[-1]


def test_the_uncertainty_stays_above_none_since_a_scale_wanders() -> None:
    draw, scale = Random(1), ScaleBias()
    for _ in range(60_000):
        scale.learn(weighing(draw, 0.0))
    assert 0.3 * BIAS_SIGMA < math.sqrt(scale.variance) < TELLING_SIGMA


def test_trucks_and_gross_errors_teach_nothing() -> None:
    scale = ScaleBias()
    scale.learn(reading(SCALE, "truck", 0.0, gross_weight_kg=30_000.0, vehicle_class=9))
    scale.learn(reading(SCALE, "wheel", 0.0, gross_weight_kg=400.0, vehicle_class=2))
    scale.learn(reading(SCALE, "none", 0.0, gross_weight_kg=0.0, vehicle_class=2))
    scale.learn(reading(SCALE, "no class", 0.0, vehicle_class=None))
    assert scale.fields() == ScaleBias().fields()


def test_an_estimate_beyond_reason_is_no_correction() -> None:
    assert ScaleBias(0.5, variance=1e-6).ratio is None and ScaleBias(-0.5, variance=1e-6).ratio is None


def told_of(*cars: Car) -> list[float | None]:
    """The bias that FINAL passages carry in a lane whose scale is known to weigh 2 % too much."""
    stored: dict[bytes, bytes] = {}
    first = LaneRun(stored)
    first.send(*readings_of([Car("before", 0.0)]))
    first.fold.take_changes()
    (key,) = [key for key, value in stored.items() if value[:1] == lane_state.VERSION]
    lane = lane_state.decode(stored[key])
    lane.scale_bias = ScaleBias(math.log(1.02), 0.0, 1e-5, 0.0, 1e-5)
    run = LaneRun({**stored, key: lane_state.encode(lane)})
    run.send(*readings_of(cars))
    return [passage.scale_bias_ratio for passage in run.finish().passages(PassageState.FINAL)[1:]]


def test_passages_carry_what_is_known_of_their_scale() -> None:
    assert told_of(Car("one", 60.0)) == [pytest.approx(0.02, abs=0.002)]
    assert told_of(Car("one", 60.0, missing=(SCALE,))) == [None]
    run = LaneRun()
    run.send(*readings_of([Car("unknown", 0.0)]))
    assert [p.scale_bias_ratio for p in run.finish().passages(PassageState.FINAL)] == [None]


def final_passages(restarts: bool) -> list[bytes]:
    """Of two cars in a lane whose bias is known; the second is weighed while the first stands at the light."""
    lane = lane_state.LaneState("SIMULATED")
    lane.scale_bias = ScaleBias(0.02, 0.0, TELLING_SIGMA**2 / 2)
    stored, outputs = {STATE_KEY: lane_state.encode(lane)}, []
    run = LaneRun(stored)
    for one in (*readings_of([Car("one", 0.0, "ABC1234"), Car("two", 5.0, "XYZ9876")]), heartbeat(3600.0)):
        outputs += run.send(one)
        if restarts:
            run.fold.take_changes()
            run = LaneRun(stored)
    passages = [output.value for output in outputs if isinstance(output.value, Passage)]
    return [body_of(passage) for passage in passages if passage.state is PassageState.FINAL]


def test_a_passage_says_the_bias_of_its_time_whether_its_worker_was_restarted_or_not() -> None:
    assert len(final_passages(False)) == 2
    assert final_passages(False) == final_passages(True)
