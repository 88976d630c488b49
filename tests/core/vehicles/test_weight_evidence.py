"""Weights: what one weighing, a past of weighings, an axle and a declaration can and cannot say."""

import math

import pytest

from schemas.records import LaneMode, ScaleType
from streams.core.evidence.axle_balance import axle_balance
from streams.core.evidence.declared_load import declared_against_measured
from streams.core.evidence.excess_weight import Normal, share_log_odds, weight_log_odds
from streams.core.evidence.gross_weight import gross_weight
from tests.core.vehicles.builders import RULES
from tests.core.vehicles.subjects import HOUR_S, daily, passed, subject

CLASS_2_KG = 1780.0  # 1,600 empty and 180 of people and fuel


def weight_of(past_kg: tuple[int, ...], measured_kg: float, **fields: object) -> float:
    said = gross_weight(subject(daily(past_kg), gross_weight_kg=measured_kg, **fields), RULES)
    assert said is not None
    return said.log_odds


def test_five_rifles_cannot_be_seen_and_twenty_thousand_rounds_can() -> None:
    scale_kg = 0.051 * 1600.0  # 82 kg: sigma of a Type I scale on a car, without any other spread
    rifles, rounds = ([Normal(1.0, kg, scale_kg)] for kg in (17.0, 240.0))
    assert abs(weight_log_odds(rifles, RULES.weight)) < 0.15
    assert weight_log_odds(rounds, RULES.weight) > 0.9


def test_no_single_weighing_says_more_than_its_gross_errors_allow() -> None:
    assert all(abs(weight_of((1700,) * 10, float(kg))) < 3.0 for kg in range(50, 20_000, 50))


def test_a_past_of_weighings_narrows_what_the_class_leaves_open() -> None:
    texts = []
    for number in (0, 1, 4, 40):
        said = gross_weight(subject(daily((1780,) * number), gross_weight_kg=2020.0), RULES)
        assert said
        texts.append(int(said.explanation.rpartition("of ")[2].split()[0]))
    # One weighing: hypot(0.051 * 1780, 65) = 112 kg; of an own mean known exactly no more is left.
    assert texts == sorted(texts, reverse=True) and texts[0] > 300 and 111 <= texts[-1] <= 116
    odds = [weight_of((1780,) * number, 2020.0) for number in (0, 1, 4, 40)]
    assert odds == sorted(odds) and odds[0] < 0.1 and odds[-1] > 0.5


def test_what_came_north_without_it_tells_a_first_timers_load_of_ammunition() -> None:
    # 41,000 rounds, 490 kg: against the class 320 kg and more are open, against the way north 1.41 * 112 kg.
    north = (passed(6 * HOUR_S, 1780, "2301/N03"),)
    alone, compared = (
        gross_weight(subject(inbound=inbound, gross_weight_kg=CLASS_2_KG + 490.0), RULES) for inbound in ((), north)
    )
    assert alone and compared and "its 1 earlier weighing (1 northbound)" in compared.explanation
    assert alone.log_odds < 0.2 and compared.log_odds > 1.2
    heavy_both_ways = gross_weight(
        subject(inbound=(passed(6 * HOUR_S, 2270, "2301/N03"),), gross_weight_kg=2270.0), RULES
    )
    assert heavy_both_ways and heavy_both_ways.log_odds < 0.1


def test_a_trucks_axle_groups_cannot_show_a_load_so_that_there_is_no_such_evidence() -> None:
    # ASTM E1318-09 Type I: 15 % of an axle group's load at 95 %. A tandem carries 43 % of an empty five-axle truck.
    total_kg, share, heaviest_kg = 15_000.0, 0.43, 490.0
    sigma = share * (1.0 - share) * math.sqrt(2.0) * 0.15 / 1.96
    moves = [load.load_kg * (1.0 - share) / (total_kg + load.load_kg) for load in RULES.weight.loads]
    assert max(moves) == pytest.approx(heaviest_kg * 0.57 / 15_490.0) and sigma == pytest.approx(0.0265, abs=1e-4)
    # Had all trucks the same balance, and all loads of guns lain on that group.
    assert share_log_odds(max(moves), sigma, moves, RULES.weight) < 0.03
    assert max(share_log_odds(step / 10 * sigma, sigma, moves, RULES.weight) for step in range(-40, 41)) < 0.2
    truck = subject(lane_mode=LaneMode.TRUCK, vehicle_class=9, axle_loads_kg=(5000.0, 5000.0, 5000.0))
    assert axle_balance(truck, RULES) is None


def test_a_pickup_taken_for_a_car_is_no_load() -> None:
    # 2,380 kg is what a pickup weighs: a car of it would carry 600 kg.
    assert weight_of((), 2380.0) < 0.8
    assert abs(weight_of((2380,) * 6, 2380.0)) < 0.3


def test_one_gross_error_in_the_past_moves_nothing() -> None:
    assert weight_of((1780, 1780, 1780, 1780, 4000), 1800.0) == pytest.approx(weight_of((1780,) * 4, 1800.0), abs=0.01)


def test_a_better_scale_says_more() -> None:
    rough, fine = (weight_of((1780,) * 20, 2020.0, scale_type=kind) for kind in (ScaleType.TYPE_I, ScaleType.TYPE_III))
    assert fine > rough


def test_the_lanes_bias_is_taken_off() -> None:
    assert weight_of((1780,) * 20, 1780.0 * 1.05, scale_bias_ratio=0.05) == pytest.approx(
        weight_of((1780,) * 20, 1780.0)
    )


def test_trucks_and_buses_have_no_weight_of_their_own() -> None:
    assert gross_weight(subject(lane_mode=LaneMode.TRUCK, vehicle_class=9), RULES) is None
    assert gross_weight(subject(scale_type=ScaleType.UNKNOWN), RULES) is None
    assert gross_weight(subject(gross_weight_kg=None), RULES) is None


def test_the_weight_of_a_class_that_no_register_knows_says_nothing() -> None:
    assert gross_weight(subject(vehicle_class=14), RULES) is None


@pytest.mark.parametrize("measured_kg", [0.0, 1e-9, 200_000.0])
def test_an_absurd_weight_is_a_number_and_bounded(measured_kg: float) -> None:
    assert abs(weight_of((100, 100, 100), measured_kg)) < 5.0


def test_only_bulk_shows_on_the_rear_axle() -> None:
    def odds(load_kg: float) -> float:
        front, rear = 0.56 * CLASS_2_KG + 0.1 * load_kg, 0.44 * CLASS_2_KG + 0.9 * load_kg
        said = axle_balance(subject(axle_loads_kg=(front, rear)), RULES)
        assert said is not None
        return said.log_odds

    assert abs(odds(17.0)) < 0.05
    assert odds(17.0) < odds(95.0) < odds(240.0) < odds(490.0)
    assert 0.05 < odds(240.0) < 1.0


def test_the_balance_of_anything_but_two_axles_is_not_judged() -> None:
    assert axle_balance(subject(axle_loads_kg=(900.0, 700.0, 300.0)), RULES) is None
    assert axle_balance(subject(axle_loads_kg=(0.0, 0.0)), RULES) is None
    assert axle_balance(subject(axle_loads_kg=(900.0, 700.0), vehicle_class=9), RULES) is None


def test_a_truck_is_weighed_against_its_tare_and_declaration() -> None:
    truck = {"lane_mode": LaneMode.TRUCK, "vehicle_class": 9, "declared_load_kg": 10_000.0}
    as_declared = declared_against_measured(subject(gross_weight_kg=25_000.0, **truck), RULES)
    heavier = declared_against_measured(subject(gross_weight_kg=25_400.0, **truck), RULES)
    assert as_declared and heavier and heavier.log_odds > as_declared.log_odds
    assert "+400 kg" in heavier.explanation
    assert declared_against_measured(subject(gross_weight_kg=25_000.0), RULES) is None
    assert math.isfinite(heavier.log_odds)
