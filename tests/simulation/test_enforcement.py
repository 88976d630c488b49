"""Enforcement in a world: effort that surges, X-ray units that differ, inspections that miss some loads."""

from random import Random

import pytest

from producers.simulator.crossings import World, crossings, inspections_of
from producers.simulator.effort import SURGE, Effort
from producers.simulator.inspections import inspect, sensitivity
from producers.simulator.loads import Contraband
from producers.simulator.measurements import XrayUnit, hit_rate, scan, unit_of
from schemas.records import ScanDecision

SEED = 20260101
DAY = 86_400
USUAL = XrayUnit(1.0, 1.0)


def test_effort_is_about_one_and_ten_times_that_in_a_surge() -> None:
    calm, surge = [], []
    for seed in range(20):
        world = World(days=60)
        effort = Effort(world, seed)
        for code in world.ports:
            for day in range(world.days):
                at = float(day * DAY)
                (surge if effort.surges(code, at) else calm).append(effort.at(code, at))
    assert sum(calm) / len(calm) == pytest.approx(1.0, abs=0.05)
    assert sum(surge) / len(surge) == pytest.approx(SURGE, rel=0.1)
    # Two surges a year of three weeks: 42 of 365 days.
    assert len(surge) / (len(surge) + len(calm)) == pytest.approx(42 / 365, abs=0.05)


def test_relative_effort_leaves_the_shares_of_the_window() -> None:
    world = World(days=60)
    effort = Effort(world, SEED)
    for code in world.ports:
        assert sum(effort.relative(code, float(day * DAY)) for day in range(60)) / 60 == pytest.approx(1.0)


def alarms(load: Contraband | None, unit: XrayUnit = USUAL, scans: int = 4000) -> float:
    random = Random(SEED)
    return sum(scan(random, load, unit)["machine_decision"] is ScanDecision.ALARM for _ in range(scans)) / scans


def test_one_gun_is_harder_to_see_by_x_ray_than_twenty_and_a_clean_car_alarms_at_the_printed_rate() -> None:
    one, five, twenty = (alarms(Contraband(guns, 0)) for guns in (1, 5, 20))
    assert alarms(None) == pytest.approx(0.06, abs=0.015)  # Jaccard et al.
    assert 0.6 < one < five < twenty < 0.96
    assert hit_rate(0.7, 0.95, Contraband(0, 20_000)) > hit_rate(0.7, 0.95, Contraband(0, 1000))


def test_x_ray_units_differ_and_stay_what_they_are() -> None:
    units = [unit_of(SEED, f"2301-passenger-xray-{number}") for number in range(200)]
    assert len(set(units)) == 200
    assert unit_of(SEED, "2301-passenger-xray-3") == units[3]
    assert 0.4 < min(unit.false_alarms for unit in units) < 0.8 < 1.3 < max(unit.false_alarms for unit in units)


def test_an_inspection_finds_nothing_where_nothing_is_and_misses_some_loads() -> None:
    found, expected, clean = 0, 0.0, 0
    for crossing in crossings(World(days=20, keep_one_in=200), SEED):
        result = inspect(SEED, crossing.truth, crossing.weight)
        assert result.at > crossing.truth.entered_at
        if crossing.truth.contraband is None:
            clean += 1
            assert not result.found
        else:
            found += result.found
            expected += sensitivity(crossing.truth.contraband)
    assert clean > 1000
    # About 780 loads of which some 0.8 are found: sigma 11.
    assert found == pytest.approx(expected, abs=60)


def test_the_lot_is_drawn_by_effort_and_not_by_what_a_vehicle_is() -> None:
    world = World(days=20, keep_one_in=50)
    effort = Effort(world, SEED)
    made = list(crossings(world, SEED))
    drawn = {(one.lane_id, one.number): one for one in inspections_of(world, SEED, made)}
    for smuggler in (False, True):
        group = [one.truth for one in made if one.truth.smuggler is smuggler]
        expected = [0.01 * effort.at(truth.port_code, (truth.entered_at - world.start_at) / 1e6) for truth in group]
        hits = sum((truth.lane_id, truth.number) in drawn for truth in group)
        # Poisson: 5 sigma.
        assert abs(hits - sum(expected)) <= 5 * sum(expected) ** 0.5
