"""Crossings of a world: repeatable, in order, thinned without bias, and what vehicles of each kind do."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise
from statistics import mean, pstdev

import pytest

from producers.simulator.actors import SMUGGLERS, Actor
from producers.simulator.crossings import SimulatedCrossing, World, crossings, draw_world
from producers.simulator.effort import Effort
from producers.simulator.population import Traveller, ordinary, residents
from producers.simulator.smugglers import Smugglers, travellers
from schemas.codec import body_of
from schemas.layout import load_lanes
from schemas.records import Direction, Weighing
from tests.simulation.evaluated_worlds import SEED, WORLDS, seen

US = 1_000_000
DAY = 86_400
SMALL = World(ports=("2408", "2406"), days=14, keep_one_in=1)  # Santa Teresa and Columbus: 3,500 vehicles a day


@cache
def population(index: int) -> tuple[Traveller, ...]:
    return tuple(travellers(WORLDS[index], SEED))


@cache
def week() -> tuple[SimulatedCrossing, ...]:
    return tuple(crossings(World(days=7, keep_one_in=100), SEED))


def of(*actors: Actor) -> list[Traveller]:
    return [one for one in population(0) if one.member.actor in actors]


def test_the_same_seed_gives_the_same_crossings_and_another_seed_others() -> None:
    world = World(days=2, keep_one_in=100)
    first, again, other = (list(crossings(world, seed)) for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert {one.truth.vehicle.plate for one in first}.isdisjoint(one.truth.vehicle.plate for one in other)


def test_crossings_come_in_order_of_entry_and_their_readings_in_order_of_receipt() -> None:
    entered = [one.truth.entered_at for one in week()]
    assert all(earlier <= later for earlier, later in pairwise(entered))
    lanes = load_lanes()
    numbers: Counter[str] = Counter()
    for one in week():
        received = [reading.received_at for reading in one.readings]
        assert received == sorted(received)
        assert {reading.lane_id for reading in one.readings} <= {one.truth.lane_id}
        numbers[one.truth.lane_id] += 1
        assert one.truth.number == numbers[one.truth.lane_id]
        assert one.truth.lane_id in lanes and one.truth.lane_id.startswith(one.truth.port_code)


def test_weights_of_a_thinned_world_reproduce_the_whole() -> None:
    plates: Counter[tuple[Actor, str]] = Counter()
    for one in crossings(SMALL, SEED):
        plates[one.truth.actor, one.truth.vehicle.identity] += 1
    thinned: dict[tuple[Actor, str], list[SimulatedCrossing]] = defaultdict(list)
    one_in = 5
    for crossing in crossings(World(ports=SMALL.ports, days=SMALL.days, keep_one_in=one_in), SEED):
        thinned[crossing.truth.actor, crossing.truth.vehicle.identity].append(crossing)
    for key, kept in thinned.items():
        if key[0] not in SMUGGLERS:
            assert plates[key] == len(kept)  # with all its crossings or not at all
            assert {one.weight for one in kept} in ({one_in}, {1})  # an owner of a cloned plate stands for itself
    for actor in Actor:
        counts = [count for key, count in plates.items() if key[0] is actor]
        weighted = sum(one.weight for key, kept in thinned.items() if key[0] is actor for one in kept)
        if actor in SMUGGLERS:
            assert weighted == sum(counts), actor
        else:
            # Each vehicle is drawn with 1/k: variance k - 1 times its count squared; companions are drawn together.
            sigma = (2 * (one_in - 1) * sum(count * count for count in counts)) ** 0.5
            assert abs(weighted - sum(counts)) <= 5 * sigma, actor


def owners(world: World, seed: int) -> dict[str, int]:
    """Weight of every ordinary vehicle of a household of which a smuggler cloned a plate, by identity."""
    smugglers = Smugglers(world, seed, Effort(world, seed))
    assert list(smugglers.all())
    return {
        one.member.identity: one.member.weight
        for one in travellers(world, seed)
        if one.member.identity.removesuffix(" companion") in smugglers.owners
    }


def test_owners_of_cloned_plates_are_the_same_in_a_thinned_world_and_stand_for_themselves() -> None:
    found = 0
    for seed in range(2):
        whole, thinned = (
            owners(World(ports=SMALL.ports, days=20, keep_one_in=one_in, smuggling_ratio=1 / 50), seed)
            for one_in in (1, 20)
        )
        assert whole == thinned and set(whole.values()) <= {1}
        found += len(whole)
    assert found > 10


def test_thinned_ordinary_plates_weigh_in_expectation_as_many_as_there_are_whoever_is_kept_for_certain() -> None:
    one_in, ratios = 10, []
    world = World(ports=("2406",), days=10, keep_one_in=one_in)
    # One household in five is certain, many more than have their plate cloned, so that a wrong weight shows.
    certain = frozenset(
        of_habit.household(number).identity
        for of_habit in residents(world)
        for number in range(0, of_habit.households, 5)
    )
    for seed in range(8):
        number = sum(1 for _ in ordinary(replace(world, keep_one_in=1), seed))
        ratios.append(sum(one.member.weight for one in ordinary(world, seed, certain)) / number)
    error = pstdev(ratios) / len(ratios) ** 0.5
    assert abs(mean(ratios) - 1.0) <= 3 * error < 0.1  # at ten times their weight, the certain ones would make it 2.8


def test_a_world_has_the_crossings_of_its_ports_counts() -> None:
    expected = SMALL.passages
    total = sum(1 for _ in crossings(SMALL, SEED))
    # Habits are drawn, so that their sum varies by 1 to 2 %; weekdays and the ends of the window by as much.
    assert total == pytest.approx(expected, rel=0.08)


def test_commuters_come_five_days_in_seven() -> None:
    counts = [len(one.trips) for one in of(Actor.COMMUTER)]
    once = [count for count in counts if count <= 43]
    # 60 days x 5/7 x 0.93 = 40 for those who cross once a day.
    assert mean(once) == pytest.approx(39, abs=3)
    assert 0.05 < sum(count > 60 for count in counts) / len(counts) < 0.4  # who crosses twice a day
    assert mean(len(one.trips) for one in of(Actor.TAXI)) == pytest.approx(60 * 6 / 7 * 3.5, rel=0.1)


def test_some_ordinary_vehicles_use_several_ports_and_ants_more_of_them() -> None:
    def several(travellers: Sequence[Traveller]) -> float:
        frequent = [one for one in travellers if len(one.trips) >= 5]
        return sum(len({trip.port_code for trip in one.trips}) > 1 for one in frequent) / len(frequent)

    ordinary, ants = several(of(Actor.COMMUTER, Actor.SHOPPER)), several(of(Actor.ANT))
    assert 0.05 < ordinary < ants < 0.6


def test_companions_keep_crossing_together_whether_family_or_convoy() -> None:
    by_identity = {one.member.identity: one for one in population(0)}
    gaps: dict[bool, list[float]] = {False: [], True: []}
    for one in population(0):
        other = by_identity.get(one.member.companion or "")
        if other is not None:
            gaps[one.member.actor in SMUGGLERS] += [
                min(abs(trip.at - beside.at) for beside in other.trips) for trip in one.trips
            ]
    # Families make 8 of 10 crossings together, convoys all.
    assert len(gaps[False]) > 1000 and sum(gap <= 240 for gap in gaps[False]) / len(gaps[False]) > 0.7
    assert len(gaps[True]) > 100 and sum(60 <= gap <= 300 for gap in gaps[True]) / len(gaps[True]) > 0.95
    loads = [one for one in of(Actor.CONVOY_LOAD) if len(one.trips) > 3]
    assert any(len({trip.port_code for trip in one.trips}) > 1 for one in loads)


def test_insiders_always_meet_the_same_officer() -> None:
    officers = defaultdict(set)
    for one in seen(0):
        if one.truth.actor is Actor.INSIDER:
            officers[one.truth.vehicle.identity].add(one.officer_id)
    assert len(officers) >= 3
    assert all(len(met) == 1 for met in officers.values())


def test_some_smugglers_show_the_plate_of_a_vehicle_that_goes_on_crossing() -> None:
    shown = defaultdict(set)
    for one in seen(0):
        shown[one.truth.vehicle.plate, one.truth.vehicle.jurisdiction].add(one.truth.vehicle.identity)
    cloned = [identities for identities in shown.values() if len(identities) > 1]
    smuggling = {one.member.identity for one in population(0) if one.member.actor in SMUGGLERS}
    # 3 % of about 700 ants, bulk and ammunition: 22, sigma 5.
    assert 3 <= len(cloned) <= 50
    assert all(identities & smuggling for identities in cloned)


def test_plates_are_counted_so_far_and_in_all() -> None:
    so_far: Counter[tuple[str, str]] = Counter()
    in_all = {}
    for one in week():
        plate = one.truth.vehicle.plate, one.truth.vehicle.jurisdiction
        so_far[plate] += 1
        assert one.truth.plate_crossings_so_far == so_far[plate]
        in_all[plate] = one.truth.plate_crossings
    assert in_all == dict(so_far)


def test_a_car_varies_less_between_its_trips_than_cars_do() -> None:
    gross = defaultdict(list)
    curb = {}
    for one in seen(0):
        if one.truth.actor is Actor.COMMUTER:
            gross[one.truth.vehicle.identity].append(one.truth.gross_weight_kg)
            curb[one.truth.vehicle.identity] = one.truth.vehicle.curb_weight_kg
    within = mean(pstdev(weights) for weights in gross.values() if len(weights) > 10)
    between = pstdev([mean(weights) - curb[identity] for identity, weights in gross.items()])
    # 55 kg, less what the least payload of 60 kg cuts off; 70 kg the same way.
    assert within == pytest.approx(53, abs=4)
    assert between == pytest.approx(66, abs=8)


def test_the_inbound_feed_gives_every_trip_south_one_north_without_its_load() -> None:
    world = World(days=10, keep_one_in=100, inbound=True)
    trips: dict[str, list[SimulatedCrossing]] = defaultdict(list)
    for one in crossings(world, SEED):
        trips[one.truth.vehicle.identity].append(one)
    north, south = Direction.NORTHBOUND, Direction.SOUTHBOUND
    for made in trips.values():
        directions = [one.truth.direction for one in made]
        assert directions == [(south, north)[index % 2] for index in range(len(made))]
        for one in made:
            assert {reading.direction for reading in one.readings} <= {one.truth.direction}
            if one.truth.direction is north:
                assert one.truth.contraband is None and one.officer_id is None
                assert "/N" in one.truth.lane_id
    south_only = list(crossings(World(days=10, keep_one_in=100), SEED))
    assert len(south_only) == sum(one.truth.direction is south for made in trips.values() for one in made)


def test_the_truth_is_in_no_reading() -> None:
    words = [actor.lower().replace("_", "-").encode() for actor in Actor if actor is not Actor.BUS and len(actor) > 3]
    for one in islice(week(), 3000):
        for reading in one.readings:
            body = body_of(reading).lower()
            assert one.truth.vehicle.identity.lower().encode() not in body
            assert not [word for word in (*words, b"smuggl", b"contraband", b"loaded") if word in body]


def test_readings_of_all_sensors_miss_now_and_then() -> None:
    weighed = sum(any(isinstance(reading, Weighing) for reading in one.readings) for one in week())
    assert weighed / len(week()) == pytest.approx(0.97, abs=0.01)  # 3 % missing


def test_worlds_are_drawn_over_the_ranges_of_the_sources() -> None:
    worlds = [draw_world(seed) for seed in range(200)]
    assert len({world.ports for world in worlds}) == 3
    for name, low, high in (
        ("load_mean_guns", 2.5, 5.2),
        ("misread_ratio", 0.05, 0.20),
        ("smuggling_ratio", 1 / 2200, 1 / 1000),
    ):
        values = [getattr(world, name) for world in worlds]
        assert low <= min(values) < low + 0.1 * (high - low) and high - 0.1 * (high - low) < max(values) <= high


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"load_mean_guns": 9.0}, "outside 2.5 to 5.2"),
        ({"ant_share": 0.9}, "outside 0 to 0.5"),
        ({"ports": ("9999",)}, "no port '9999'"),
        ({"days": 0}, "a day"),
        ({"ports": ("2410",)}, "no cars cross at 2410"),
    ],
)
def test_a_world_outside_the_sources_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        World(**wrong)  # type: ignore[arg-type]
