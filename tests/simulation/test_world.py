"""The simulated world: repeatable, ordered, as busy as its table, and silent about the truth."""

from collections import Counter
from functools import cache
from io import BytesIO
from itertools import pairwise
from json import loads

import pytest

from producers.simulator import FaultRates, Scenario, SimulatedReading, find_scenario, simulate, watchlist
from producers.simulator.actors import SMUGGLERS, Actor
from producers.simulator.traffic import DAILY_COUNTS_2023, HOUR_FACTORS, MONTH_FACTORS
from producers.simulator.truth import TruthWriter
from producers.simulator.world import DEFAULT_START_AT
from schemas.codec import body_of
from schemas.layout import load_lanes, load_ports
from schemas.records import Heartbeat, LaneEvent, LaneEventKind, LaneMode, PlateRead, XrayScan

SEED = 20231002
DAY = 86_400
US = 1_000_000


@cache
def rush_hour(seconds: float = 1800, seed: int = SEED) -> tuple[SimulatedReading, ...]:
    return tuple(simulate("rush-hour", seed=seed, seconds=seconds))


def repeat_with(seed: int) -> str:
    return f"repeat with: border simulate rush-hour --seed {seed} --seconds 1800 --out day.avro --truth truth.jsonl"


def bytes_of(readings: tuple[SimulatedReading, ...]) -> list[bytes]:
    return [body_of(item.reading) for item in readings]


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = tuple(simulate("rush-hour", seed=SEED, seconds=1800))
    assert bytes_of(again) == bytes_of(rush_hour()), repeat_with(SEED)


def test_another_seed_gives_another_world() -> None:
    assert set(bytes_of(rush_hour(300))).isdisjoint(
        {body_of(i.reading) for i in rush_hour(300, SEED + 1) if i.truth is not None}
    )


def test_a_port_does_not_depend_on_which_others_are_simulated() -> None:
    alone = [i.reading for i in simulate("border-2023", seed=SEED, seconds=300, ports=["2301"])]
    among = [i.reading for i in simulate("border-2023", seed=SEED, seconds=300, ports=["2301", "2504", "2604"])]
    assert alone == [reading for reading in among if reading.lane_id.startswith("2301/")]


def test_readings_come_in_the_order_in_which_they_are_due() -> None:
    for name in ("rush-hour", "border-2023", "matamoros-2009"):
        due = [item.due_at_us for item in simulate(name, seed=SEED, seconds=300)]
        assert due and all(earlier <= later for earlier, later in pairwise(due)), name


def test_a_first_copy_is_due_when_the_gateway_received_it_and_a_repetition_is_the_same_content_later() -> None:
    first = {}
    for item in rush_hour():
        if "repeated" in item.faults:
            assert item.reading == first[item.reading.reading_id]
            assert item.due_at_us > item.reading.received_at
        else:
            assert item.due_at_us == item.reading.received_at
            assert item.reading.reading_id not in first
            first[item.reading.reading_id] = item.reading


def test_every_lane_of_a_reading_stands_in_the_layout() -> None:
    lanes = load_lanes()
    assert {item.reading.lane_id for item in simulate("border-2023", seed=SEED, seconds=120)} <= set(lanes)


def test_vehicles_of_a_lane_enter_and_reach_the_light_in_the_order_of_their_numbers() -> None:
    # Only loops, and by the device's own time: rush-hour loops have no clock error.
    for kind in (LaneEventKind.ENTERED, LaneEventKind.AT_LIGHT, LaneEventKind.LEFT):
        seen: dict[str, list[tuple[int, int]]] = {}
        for item in rush_hour():
            if isinstance(item.reading, LaneEvent) and item.reading.kind is kind and item.truth is not None:
                seen.setdefault(item.reading.lane_id, []).append((item.truth, item.reading.observed_at))
        assert seen
        for passages in seen.values():
            times = [at for _, at in sorted(passages)]
            assert all(earlier <= later for earlier, later in pairwise(times)), repeat_with(SEED)


def test_a_rush_hour_has_a_vehicle_every_12_seconds_in_each_lane() -> None:
    passages = {(i.reading.lane_id, i.truth) for i in rush_hour() if i.truth is not None}
    lanes = len({lane for lane, _ in passages})
    # 18 lanes x 1,800 s / 12 s = 2,700 expected, Poisson sigma 52: 5 sigma is 260.
    assert lanes == 18
    assert abs(len(passages) - 2700) < 260, repeat_with(SEED)


@pytest.mark.parametrize(
    ("fault", "ratio"), [("late", 0.02), ("repeated", 0.01), ("missing", 0.03), ("tailgater", 0.005)]
)
def test_faults_come_at_the_rates_of_the_scenario(fault: str, ratio: float) -> None:
    items = [i for i in rush_hour(3600) if i.passage is not None and i.passage.number is not None]
    passages = {(i.reading.lane_id, i.truth): i.passage for i in items if i.passage is not None}
    firsts = [i for i in items if "repeated" not in i.faults]
    if fault == "missing":
        # A tailgater that a loop took for part of the car ahead is not a lost reading.
        lost = sum(len(p.missing_sensors) for p in passages.values() if "tailgater" not in p.faults)
        hits, trials = lost, len(firsts) + lost
    elif fault == "tailgater":
        hits, trials = sum(fault in p.faults for p in passages.values()), len(passages)
    elif fault == "repeated":
        hits, trials = len(items) - len(firsts), len(firsts)
    else:
        hits, trials = sum(fault in i.faults for i in firsts), len(firsts)
    # Binomial: sigma = sqrt(n p (1 - p)); 5 sigma misses a right program once in 1.7 million.
    assert abs(hits - trials * ratio) < 5 * (trials * ratio * (1 - ratio)) ** 0.5, repeat_with(SEED)


def test_late_readings_are_late_by_at_most_five_seconds() -> None:
    late = [i for i in rush_hour() if "late" in i.faults and isinstance(i.reading, LaneEvent)]
    delays = [(i.reading.received_at - i.reading.observed_at) / US for i in late]
    assert delays and max(delays) <= 5.04  # and 40 ms of ordinary delay
    assert max(delays) > 3


def test_rush_hour_cameras_are_off_by_0_3_seconds_either_way() -> None:
    # Over the stop line nothing is off; a camera's offset shows against the delay of 60 to 180 ms.
    offsets = Counter()
    for item in rush_hour():
        if isinstance(item.reading, PlateRead) and not {"late"} & set(item.faults):
            behind = (item.reading.received_at - item.reading.observed_at) / US
            offsets["ahead" if behind < 0 else "behind"] += 1
            assert -0.3 + 0.06 <= behind + 1e-6 <= -0.3 + 0.19 or 0.3 + 0.06 <= behind + 1e-6 <= 0.3 + 0.19
    assert offsets["ahead"] and offsets["behind"]


def test_a_day_of_the_pilot_has_the_cars_of_its_table() -> None:
    scenario = find_scenario("matamoros-2009")
    start = DEFAULT_START_AT - 15 * 3600 * US  # 01:00 on 2 October in Texas, so that 23 h of it and an hour follow
    quiet = Scenario("pilot", scenario.daily_counts, modes=(LaneMode.PASSENGER,), device_heartbeat_seconds=86_400)
    passages = {(i.reading.lane_id, i.truth) for i in simulate(quiet, SEED, start, DAY) if i.truth is not None}
    # 15,104 a day x October's 1.02 = 15,406; sigma 124, 5 sigma 620.
    expected = 15_104 * MONTH_FACTORS[LaneMode.PASSENGER][9]
    assert abs(len(passages) - expected) < 5 * expected**0.5


def test_hour_factors_keep_the_day() -> None:
    for factors in HOUR_FACTORS.values():
        assert len(factors) == 24
        assert sum(factors) / 24 == pytest.approx(1.0)


def test_there_are_28_ports_and_every_counted_one_has_lanes() -> None:
    assert set(load_ports()) == set(DAILY_COUNTS_2023)
    assert len(DAILY_COUNTS_2023) == 28
    for code, counts in DAILY_COUNTS_2023.items():
        modes = {lane.mode for lane in load_ports()[code].lanes}
        assert (counts.cars is not None) == (LaneMode.PASSENGER in modes), code


@pytest.mark.parametrize("rate", [25, 250, 600])
def test_a_rate_gives_about_that_many_readings_a_second(rate: float) -> None:
    seconds = 90
    end = DEFAULT_START_AT + seconds * US
    count = sum(
        item.due_at_us < end and item.due_at_us > DEFAULT_START_AT + 30 * US
        for item in simulate("border-2023", seed=SEED, seconds=seconds, rate=rate)
    )
    assert count / (seconds - 30) == pytest.approx(rate, rel=0.15)


def test_a_rate_beyond_the_lanes_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 18 lanes can pass"):
        simulate("rush-hour", rate=600)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known: matamoros-2009"):
        simulate("matamoros")
    with pytest.raises(ValueError, match="has no port '9999'"):
        simulate("rush-hour", ports=["9999"])


def test_the_truth_is_in_no_reading() -> None:
    scenario = Scenario("smugglers", {"2301": DAILY_COUNTS_2023["2301"]}, headway_seconds=12.0, smuggling_ratio=0.2)
    items = list(simulate(scenario, seed=SEED, seconds=900))
    loads = [i.passage.contraband for i in items if i.passage is not None and i.passage.contraband is not None]
    assert loads  # there is a truth to hide
    words = (b"smuggl", b"contraband", b"truth", b"gun", b"commuter", b"tailgat", b"misread", b"backed_out")
    for item in items:
        body = body_of(item.reading)
        assert not [word for word in words if word in body]
        if item.passage is not None:
            assert item.passage.vehicle.identity.encode() not in body


def test_a_busy_border_has_as_many_loads_as_the_scenario_says_and_smugglers_of_every_kind() -> None:
    ratio = 0.02  # so many that an hour has some of every kind
    scenario = Scenario("smugglers", DAILY_COUNTS_2023, headway_seconds=12.0, smuggling_ratio=ratio)
    passages = {}
    for item in simulate(scenario, seed=SEED, seconds=1800, ports=["2301", "2304", "2504"]):
        if item.passage is not None:
            passages[item.reading.lane_id, item.truth] = item.passage
    loaded = [one for one in passages.values() if one.contraband is not None]
    # Binomial: 5 sigma.
    expected = ratio * len(passages)
    assert abs(len(loaded) - expected) < 5 * expected**0.5, repeat_with(SEED)
    assert {one.actor for one in passages.values()} >= SMUGGLERS
    assert {one.actor for one in loaded} <= SMUGGLERS - {Actor.CONVOY_SCOUT}


def test_a_convoys_load_comes_minutes_behind_its_scout_in_the_lane() -> None:
    scenario = Scenario("smugglers", {"2301": DAILY_COUNTS_2023["2301"]}, headway_seconds=12.0, smuggling_ratio=0.02)
    entered: dict[str, list[tuple[Actor, int]]] = {}
    for item in simulate(scenario, seed=SEED, seconds=3600):
        passage = item.passage
        if passage is not None and passage.actor in (Actor.CONVOY_SCOUT, Actor.CONVOY_LOAD):
            convoy = entered.setdefault(passage.vehicle.identity.rpartition(" ")[0], [])
            if (passage.actor, passage.entered_at) not in convoy:
                convoy.append((passage.actor, passage.entered_at))
    pairs = [
        (load - scout) / US
        for met in entered.values()
        for (first, scout), (second, load) in pairwise(sorted(met, key=lambda one: one[1]))
        if (first, second) == (Actor.CONVOY_SCOUT, Actor.CONVOY_LOAD)
    ]
    assert pairs and sum(60 <= gap <= 400 for gap in pairs) / len(pairs) > 0.8  # and some time in the queue


def test_the_truth_file_says_who_crossed_and_with_what() -> None:
    scenario = Scenario("smugglers", {"2301": DAILY_COUNTS_2023["2301"]}, headway_seconds=12.0, smuggling_ratio=0.2)
    out = BytesIO()
    with TruthWriter(out) as writer:
        for item in simulate(scenario, seed=SEED, seconds=300):
            writer.write(item)
    passages = [line["passage"] for line in map(loads, out.getvalue().splitlines()) if "passage" in line]
    assert {one["actor"] for one in passages} >= {"COMMUTER", "SHOPPER", "VISITOR", "ANT", "FIRST_TIMER"}
    assert any(one["contraband"] and one["contraband"]["guns"] for one in passages)


def test_a_day_of_a_closed_lane_is_not_kept_in_memory() -> None:
    # Boards a lane that no vehicle ever comes to: its heartbeats must come one by one, not at the end.
    scenario = Scenario("empty", {"2602": DAILY_COUNTS_2023["2602"]._replace(cars=0.0, buses=0.0, trucks=0.0)})
    readings = simulate(scenario, seed=SEED, seconds=30 * DAY)
    first = [next(readings) for _ in range(50)]
    assert all(isinstance(item.reading, Heartbeat | LaneEvent) for item in first)
    assert first[-1].due_at_us - DEFAULT_START_AT < 60 * US


@pytest.mark.parametrize("crossings", [1, 3])
def test_each_vehicle_of_a_bench_crosses_as_often_as_asked(crossings: int) -> None:
    scenario = Scenario(
        "bench", {"2301": DAILY_COUNTS_2023["2301"]}, FaultRates(), headway_seconds=4.0, crossings_per_vehicle=crossings
    )
    passages = {(p.lane_id, p.number): p for i in simulate(scenario, SEED, seconds=2400) if (p := i.passage)}
    counts = Counter(p.vehicle.identity for p in passages.values())
    assert max(counts.values()) == crossings
    # All but those in rotation when the time was over: at most 50 of each of 18 lanes.
    assert sum(count == crossings for count in counts.values()) >= len(counts) - 18 * 50 > 500


def test_commuters_of_the_watchlist_do_cross() -> None:
    scenario = find_scenario("rush-hour")
    listed = {entry.plate for entry in watchlist(scenario, SEED)}
    crossed = {i.passage.vehicle.plate for i in rush_hour(3600) if i.passage is not None}
    # 18 lanes have one listed commuter for this hour, and 7 of 10 commuters come: about 12 of them.
    assert 5 <= len(listed & crossed) <= 18, repeat_with(SEED)


def test_x_ray_scans_two_cars_in_a_hundred() -> None:
    # Units move between lanes every 2 h, so a day over all ports; each lane-block is one draw: tolerance wide.
    scanned, passages = set(), set()
    for item in simulate("border-2023", seed=SEED, seconds=6 * 3600, ports=["2504"]):
        if item.truth is not None:
            passages.add((item.reading.lane_id, item.truth))
            if isinstance(item.reading, XrayScan):
                scanned.add((item.reading.lane_id, item.truth))
    assert len(scanned) / len(passages) == pytest.approx(0.02, abs=0.012)
