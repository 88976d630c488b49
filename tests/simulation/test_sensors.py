"""The error laws of plates and scales, and the law of the queue."""

from random import Random

import pytest

from producers.simulator import FaultRates, Scenario, simulate
from producers.simulator.kinematics import drive
from producers.simulator.plates import MEXICAN_LETTERS, issue_plate, misread
from producers.simulator.traffic import DAILY_COUNTS_2023
from schemas.records import PlateRead, ScaleType, Weighing

SEED = 7


def test_mexican_plates_have_no_i_o_or_q() -> None:
    random = Random(SEED)
    plates = {issue_plate(random, "MX-TAM", truck) for truck in (False, True) for _ in range(2000)}
    assert len(plates) > 3900  # not one plate again and again
    assert set("".join(plates)) <= set(MEXICAN_LETTERS + "0123456789")


def test_62_percent_of_single_errors_change_the_length() -> None:
    random, trials = Random(SEED), 20_000
    # Of wrong plates 74 % have one error, of which 62 % insert or delete: 0.459 change the length by one error alone.
    # 26 % have two: length changes unless both substitute (0.38^2) or one inserts and one deletes (2 x 0.31^2):
    # 1 - 0.1444 - 0.1922 = 0.6634, so 0.1725 more. A misread equal to the plate loses its last sign: under 1 %.
    changed = sum(len(misread(random, "ABC1234")) != 7 for _ in range(trials))
    assert changed / trials == pytest.approx(0.74 * 0.62 + 0.26 * 0.6634, abs=0.02)


def test_a_misread_is_never_the_plate() -> None:
    random = Random(SEED)
    assert all(misread(random, "AAA1111") != "AAA1111" for _ in range(5000))


def test_seven_percent_of_plate_reads_are_wrong_and_say_so_in_the_truth() -> None:
    read = wrong = 0
    for item in simulate("rush-hour", seed=SEED, seconds=1800):
        if isinstance(item.reading, PlateRead) and item.reading.candidates and item.passage is not None:
            read += 1
            is_wrong = item.reading.candidates[0].plate != item.passage.vehicle.plate
            assert is_wrong == ("misread" in item.faults)
            wrong += is_wrong
    # 5,000 reads at 7 %: sigma 18, 5 sigma is 1.8 percentage points.
    assert read > 4000
    assert wrong / read == pytest.approx(0.07, abs=0.018)


def test_scales_are_as_rough_as_their_astm_type_allows() -> None:
    scenario = Scenario("scales", {"2504": DAILY_COUNTS_2023["2504"]}, FaultRates(), headway_seconds=12.0)
    errors: dict[ScaleType, list[float]] = {}
    for item in simulate(scenario, seed=SEED, seconds=900):
        if isinstance(item.reading, Weighing) and item.passage is not None:
            error = item.reading.gross_weight_kg / item.passage.gross_weight_kg - 1
            errors.setdefault(item.reading.scale_type, []).append(error)
            assert sum(item.reading.axle_loads_kg) == pytest.approx(item.reading.gross_weight_kg, abs=0.5)
            assert len(item.reading.axle_spacings_m) == len(item.reading.axle_loads_kg) - 1
    # Tolerance / 1.96, and a lane's bias of about 0.01 beside it: sqrt(0.051^2 + 0.01^2) = 0.052.
    for scale_type, sigma in ((ScaleType.TYPE_I, 0.052), (ScaleType.TYPE_III, 0.032)):
        found = errors[scale_type]
        assert len(found) > 500
        assert (sum(e * e for e in found) / len(found)) ** 0.5 == pytest.approx(sigma, rel=0.15)


def test_a_free_vehicle_waits_only_for_the_light() -> None:
    path = drive(100.0, 5.0, 4.0, 30, 48, None, 0, 0.0)
    assert path.front_at(30.0) == pytest.approx(106.0)  # 30 m at 5 m/s
    assert path.front_at(38.0) == pytest.approx(111.6)  # 4 s at the light, 8 m more
    assert not path.stood


def test_a_follower_stands_behind_the_vehicle_at_the_light() -> None:
    ahead = drive(0.0, 5.0, 20.0, 30, 48, None, 0, 0.0)  # at the line from 6 s to 26 s
    path = drive(2.0, 5.0, 4.0, 30, 48, ahead, 7, 1.0)
    assert path.front_at(23.0) == pytest.approx(7.0)  # a length and a gap behind, one reaction later
    assert path.front_at(24.0) == pytest.approx(27.2)  # moves when the one ahead has moved: 26 + 0.2 + 1
    assert path.stood


def test_vehicles_never_overlap() -> None:
    random, ahead, length = Random(SEED), None, 0.0
    for number in range(300):
        spacing = int(length + 3)
        path = drive(number * 5.0, random.uniform(3, 6), random.uniform(2, 6), 30, 48, ahead, spacing, 1.0)
        if ahead is not None:
            for metre in range(48 - spacing):
                # When this front reaches a metre, the one ahead has gone by it with its whole length.
                assert path.front_at(metre) >= ahead.front_at(metre + spacing)
        ahead, length = path, random.uniform(4, 6)
