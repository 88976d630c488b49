"""The simulator is as hard as the border: every number that would make detection easy, held to what the sources say.

Counts are weighted: a kept ordinary vehicle stands for 50. `repeat_with` names the world and the seed.
"""

from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise
from statistics import median

import pytest

from producers.simulator.actors import SMUGGLERS, Actor
from producers.simulator.crossings import world_watchlist
from producers.simulator.loads import SINGLE_GUN_RATIO
from producers.simulator.smugglers import travellers
from tests.simulation.evaluated_worlds import SEED, WORLDS, Seen, seen

pytestmark = pytest.mark.parametrize("world", range(len(WORLDS)))
TRUCK_CLASS_MIN = 5  # FHWA; 4 is a bus
DAY = 86_400_000_000


def repeat_with(world: int) -> str:
    return f"repeat with: crossings({WORLDS[world]}, {SEED})"


def loads_of(world: int) -> list[Seen]:
    return [one for one in seen(world) if one.truth.contraband is not None]


def weight_of(crossings: list[Seen]) -> int:
    return sum(one.weight for one in crossings)


def test_one_crossing_in_1000_to_2200_is_loaded(world: int) -> None:
    loads, passages = len(loads_of(world)), WORLDS[world].passages
    expected = passages * WORLDS[world].smuggling_ratio
    # Six shares are each rounded at random: at most 6 off.
    assert abs(loads - expected) <= 6, repeat_with(world)
    assert 1000 - 5 <= passages / loads <= 2200 + 15


def test_at_most_15_percent_of_smuggling_vehicles_are_listed(world: int) -> None:
    listed = {(entry.plate, entry.jurisdiction) for entry in world_watchlist(WORLDS[world], SEED)}
    assert 9_900 <= len(listed) <= 10_000
    hits: dict[bool, list[bool]] = defaultdict(list)
    for traveller in travellers(WORLDS[world], SEED):
        vehicle = traveller.member.vehicle
        smuggles = traveller.member.actor in SMUGGLERS
        hits[smuggles].append((vehicle.plate, vehicle.jurisdiction) in listed)
    assert 0.05 <= sum(hits[True]) / len(hits[True]) <= 0.15, repeat_with(world)
    # 0.2 % of about 12,000 kept vehicles: 24, sigma 5.
    assert 0.0003 <= sum(hits[False]) / len(hits[False]) <= 0.0045, repeat_with(world)


def test_40_percent_of_smuggling_trips_are_by_plates_seen_three_times_or_fewer(world: int) -> None:
    loads = loads_of(world)
    assert sum(one.truth.plate_crossings <= 3 for one in loads) / len(loads) >= 0.40, repeat_with(world)


def test_half_of_all_loads_are_a_single_gun(world: int) -> None:
    guns = [one.truth.contraband.guns for one in loads_of(world) if one.truth.contraband is not None]
    with_guns = [count for count in guns if count]
    # Binomial sigma of 1,500 loads is 1.3 points.
    assert guns.count(1) / len(guns) == pytest.approx(0.5, abs=0.06), repeat_with(world)
    assert guns.count(1) / len(with_guns) == pytest.approx(SINGLE_GUN_RATIO, abs=0.05), repeat_with(world)


def test_loads_have_the_mean_of_the_world(world: int) -> None:
    guns = [one.truth.contraband.guns for one in loads_of(world) if one.truth.contraband is not None]
    guns = [count for count in guns if count]
    # Sigma of one load is 4 to 7 guns, of 1,500 loads' mean 0.1 to 0.2.
    assert sum(guns) / len(guns) == pytest.approx(WORLDS[world].load_mean_guns, abs=0.7), repeat_with(world)


def test_two_percent_of_cars_and_15_percent_of_trucks_are_scanned(world: int) -> None:
    trucks = [one for one in seen(world) if one.truth.vehicle.vehicle_class >= TRUCK_CLASS_MIN]
    cars = [one for one in seen(world) if one.truth.vehicle.vehicle_class < 4]
    for vehicles, ratio, tolerance in ((cars, 0.02, 0.006), (trucks, 0.15, 0.04)):
        scanned = weight_of([one for one in vehicles if one.scanned])
        assert scanned / weight_of(vehicles) == pytest.approx(ratio, abs=tolerance), repeat_with(world)


def test_a_third_of_the_ordinary_vehicles_present_cross_as_often_as_ants_at_as_short_intervals(world: int) -> None:
    # Of the vehicles present in the lanes: each counts as often as it stands there, as a score meets it. Most plates of
    # a window are visitors', so of plates it is fewer: 0.1 of all and 0.2 of those that come back.
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    kind: dict[tuple[str, str], Seen] = {}
    for one in seen(world):
        key = one.truth.vehicle.identity, one.truth.actor
        times[key].append(one.truth.entered_at)
        kind[key] = one

    def interval(entered: list[int]) -> float:
        return median(later - earlier for earlier, later in pairwise(entered)) if len(entered) > 1 else float("inf")

    ants = [entered for key, entered in times.items() if kind[key].truth.actor is Actor.ANT]
    often, short = median(map(len, ants)), median(map(interval, ants))
    present = as_often = 0
    for key, entered in times.items():
        if not kind[key].truth.smuggler:
            present += kind[key].weight * len(entered)
            if len(entered) >= often and interval(entered) <= short:
                as_often += kind[key].weight * len(entered)
    assert often >= 4 and short <= 15 * DAY  # ants do come again and again
    assert as_often / present >= 1 / 3, repeat_with(world)


def distance(first: list[float], second: list[float]) -> float:
    """Kolmogorov-Smirnov distance, in units that only one pair of equal laws in a thousand exceeds."""
    first, second = sorted(first), sorted(second)
    gap = max(
        abs(bisect_right(first, at) / len(first) - bisect_right(second, at) / len(second)) for at in {*first, *second}
    )
    return gap / (1.95 * ((len(first) + len(second)) / (len(first) * len(second))) ** 0.5)


def test_sensors_tell_a_first_timer_with_one_gun_from_a_visitor_by_nothing_but_a_few_kilograms(world: int) -> None:
    first_timers = [
        one
        for one in loads_of(world)
        if one.truth.actor is Actor.FIRST_TIMER and one.truth.contraband and one.truth.contraband.guns == 1
    ]
    visitors = [one for one in seen(world) if one.truth.actor is Actor.VISITOR]
    assert len(first_timers) > 200 and len(visitors) > 2000

    def load_kg(one: Seen) -> float:
        return one.truth.contraband.weight_kg if one.truth.contraband else 0.0

    measured = {
        "weight": lambda one: [] if one.gross_weight_kg is None else [one.gross_weight_kg - load_kg(one)],
        "axles": lambda one: [] if one.rear_axle_share is None else [one.rear_axle_share],
        "confidence": lambda one: list(one.confidences),
        "hour": lambda one: [one.truth.entered_at / DAY % 1.0],
        "weekday": lambda one: [one.truth.entered_at // DAY % 7],
        "crossings": lambda one: [one.truth.plate_crossings],
        "crossings so far": lambda one: [one.truth.plate_crossings_so_far],
        "scanned": lambda one: [float(one.scanned)],
    }
    for name, law in measured.items():
        laws = [[value for one in group for value in law(one)] for group in (first_timers, visitors)]
        assert distance(*laws) < 1.0, f"{name}: {repeat_with(world)}"
