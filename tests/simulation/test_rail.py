"""The simulated rail has the rates that it claims, its truth agrees with its readings, and a seed gives one world."""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TypeVar

from msgspec import Struct
from pytest import approx, mark, raises

from producers.pacing import moved
from producers.rail.aei import decode_tag
from producers.rail.write_418 import TRAIN_LETTERS_MAX
from producers.simulator.rail import RAIL_2023, RailItem, RailWorld, TrainTruth, pace_for
from producers.simulator.rail.names import next_train_id, train_id_of
from producers.simulator.rail.portal import Leg
from producers.simulator.rail.scanner import Taken
from producers.simulator.rail.scenario import RAIL_TRAFFIC_2023
from producers.simulator.rail.world import DEFAULT_START_AT
from schemas.records import (
    CarCoverage,
    CarScan,
    CarState,
    CarTagRead,
    CarWeighing,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    HandInspection,
    OperatingMode,
    ScanDecision,
    ScanQuality,
    TrainConsist,
    TrainCoverage,
    TrainEvent,
    TrainEventKind,
)

Reading = TypeVar("Reading", bound=Struct)
DAY = 86_400.0
SEED = 20_231


@cache
def items() -> tuple[RailItem, ...]:
    """Twenty days at Nogales and Brownsville: about 98 trains and 50,000 readings."""
    return tuple(RailWorld(SEED, seconds=20 * DAY, ports=["2604", "2301"]))


def trains() -> list[TrainTruth]:
    return list({item.train.train_id: item.train for item in items()}.values())


def once(kind: type[Reading]) -> list[tuple[Reading, TrainTruth]]:
    """Readings of a kind with their train, repetitions left out."""
    return [(item.reading, item.train) for item in items() if isinstance(item.reading, kind) and not item.repeated]


def test_a_seed_gives_one_world_and_a_port_alone_is_the_same_as_among_others() -> None:
    alone = [item.reading for item in RailWorld(5, seconds=2 * DAY, ports=["2507"])]
    among = [i.reading for i in RailWorld(5, seconds=2 * DAY, ports=["2402", "2507"]) if i.reading.port_code == "2507"]
    assert len(alone) > 100 and alone == among
    assert alone != [item.reading for item in RailWorld(6, seconds=2 * DAY, ports=["2507"])]


def test_a_port_without_rail_is_refused() -> None:
    with raises(ValueError, match="port 2305 has no rail portal"):
        RailWorld(ports=["2305"])


def test_trains_and_cars_are_those_of_2023() -> None:
    assert sum(one.trains for one in RAIL_TRAFFIC_2023.values()) == 10_625
    assert RAIL_TRAFFIC_2023["2304"].trains_a_day == approx(12.10, abs=0.005)
    assert RAIL_TRAFFIC_2023["2304"].cars_a_train == approx(120.4)
    seen = list({i.train.train_id: i.train for i in RailWorld(3, seconds=30 * DAY, ports=["2301"])}.values())
    assert len(seen) == approx(30 * 896 / 365, abs=3 * 74**0.5)  # Poisson: 74 trains, three sigma
    cars = [sum(one.kind is EquipmentKind.CAR for one in train.equipment) for train in seen]
    assert sum(cars) / len(cars) == approx(103.9, rel=0.12)  # a train's sigma is 0.3, so 3.5 % of the mean
    assert min(cars) < 80 and max(cars) > 140
    loaded = [one.listed_loaded for train in seen for one in train.equipment if one.kind is EquipmentKind.CAR]
    assert sum(loaded) / len(loaded) == approx(76_770 / 93_095, abs=0.06)  # the empty ones northbound


def test_every_record_comes_in_order_is_simulated_and_unique_but_for_repetitions() -> None:
    assert [i.due_at_us for i in items()] == sorted(i.due_at_us for i in items())
    assert {item.reading.operating_mode for item in items()} == {OperatingMode.SIMULATED}
    first = [item.reading for item in items() if not item.repeated]
    by_id = {reading.reading_id: reading for reading in first}
    assert len(by_id) == len(first)
    again = [item.reading for item in items() if item.repeated]
    assert len(again) / len(first) == approx(0.01, abs=0.003) and all(one == by_id[one.reading_id] for one in again)


def test_tags_are_lost_and_misread_as_often_as_is_claimed_and_their_bits_say_what_the_record_says() -> None:
    reads = once(CarTagRead)
    cars = [car for train in trains() for car in train.equipment]
    lost, misread = sum(car.tags_lost for car in cars), sum(car.tags_misread for car in cars)
    assert len(reads) == misread + sum(car.tags_read + car.tags_doubted for car in cars) > 15_000
    assert lost / (lost + len(reads)) == approx(0.02, abs=0.004)  # 20,000 tags: sigma 0.001
    assert misread / len(reads) == approx(0.01, abs=0.003)
    known = {(train.train_id, car.mark, car.number) for train in trains() for car in train.equipment}
    wrong = [read for read, train in reads if (train.train_id, read.mark, read.number) not in known]
    assert 0.9 * misread <= len(wrong) <= misread  # a few hit a neighbour of their series
    # Two check bits count ones: a changed character alters their number by a multiple of four in some cases.
    assert 0.1 < sum(read.check_passed for read in wrong) / len(wrong) < 0.5
    for read, _ in reads[:3_000]:
        tag = decode_tag(read.tag_hex)
        assert (tag.tag.mark, tag.tag.number, tag.tag.side, tag.tag.axles) == (
            read.mark, read.number, read.tag_side, read.axles,
        )  # fmt: skip
        assert tag.tag.kind is read.equipment_kind and tag.tag.length_dm / 10 == approx(read.length_m)


def test_a_reading_lies_within_its_car() -> None:
    for read, train in once(CarTagRead):
        cars = {(car.mark, car.number): car for car in train.equipment if car.axles}
        car = cars.get((read.mark, read.number))
        if car is not None and car.tags_misread == 0 and len(train.anomalies) == 0:
            assert car.first_axle - 1 <= read.axle_count <= car.last_axle + 1
    starts = {train.train_id: {car.first_axle: car for car in train.on_track()} for train in trains()}
    errors, merged = [], 0
    for weighing, train in once(CarWeighing):
        car = starts[train.train_id][weighing.first_axle]
        assert len(weighing.axle_spacings_m) == len(weighing.axle_loads_kg) - 1
        assert sum(weighing.axle_loads_kg) == approx(weighing.gross_weight_kg, abs=1.0)
        if len(weighing.axle_loads_kg) != car.axles:
            merged += 1
            assert car.weighed_wrong and len(weighing.axle_loads_kg) > car.axles
        elif not car.weighed_wrong:
            errors.append(weighing.gross_weight_kg / car.gross_weight_kg - 1)
    assert 0 < merged < 20
    # 0.4 %, and each axle's share of up to 3 %, a uniform law's 1.7 %, over four axles: 0.87 %; together 0.95 %.
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 == approx(0.0095, abs=0.0015)


def test_images_and_decisions_are_those_that_the_truth_has() -> None:
    scans = once(CarScan)
    first = [scan for scan, _ in scans if scan.revision == 1]
    decided = {scan.scan_id: scan for scan, _ in scans if scan.revision == 2}
    by_quality = Counter(scan.scan_quality for scan in first)
    assert by_quality[ScanQuality.GOOD] / len(first) == approx(0.955, abs=0.012)
    assert all(scan.operator_decision is ScanDecision.UNKNOWN for scan in first)
    assert all(scan.abort_reason is None or scan.scan_quality is ScanQuality.BAD for scan in first)
    alarms = sum(scan.machine_decision is ScanDecision.ALARM for scan in first)
    assert alarms / len(first) == approx(0.03, abs=0.008)
    taken, usable = {scan.scan_id: scan for scan in first}, 0
    for train in trains():
        for car in train.on_track():
            assert car.kind is EquipmentKind.CAR or not car.images  # crewed
            for image in car.images:
                revision = decided.get(image.scan_id)
                assert (revision is None) is (image.decided_at is None)
                clear = revision is not None and revision.operator_decision is ScanDecision.CLEAR
                assert image.operator_clear is clear
                usable += image.usable
                told = taken[image.scan_id]
                whole = told.first_axle <= car.first_axle and car.last_axle <= told.last_axle
                good = told.scan_quality is ScanQuality.GOOD or (
                    told.scan_quality is ScanQuality.DEGRADED and not image.shared
                )
                assert image.usable is (whole and good and told.abort_reason is None)
                if revision is not None and image.usable:
                    assert revision.first_axle <= car.first_axle and car.last_axle <= revision.last_axle
                    assert revision.received_at == image.decided_at
    assert usable > 0.9 * len(first)
    waits = [decided[scan.scan_id].scan_ended_at for scan in first if scan.scan_id in decided]
    assert len(waits) > 0.99 * sum(scan.abort_reason is None for scan in first)


def test_an_image_of_two_cars_that_ends_inside_the_second_shows_the_first_as_a_whole() -> None:
    first, second = [car for car in trains()[0].on_track() if car.kind is EquipmentKind.CAR][:2]
    leg = Leg(0, second.last_axle, 0, 1.0)
    cut = Taken((first, second), first.first_axle, second.last_axle - 1, leg, aborted=False)
    assert cut.shows_whole(first) and not cut.shows_whole(second)
    assert not cut._replace(aborted=True).shows_whole(first)
    assert not cut._replace(first_axle=first.first_axle + 1).shows_whole(first)


def test_anomalies_are_where_the_truth_has_them() -> None:
    kinds = Counter(anomaly.kind for train in trains() for anomaly in train.anomalies)
    assert set(kinds) == {
        "added",
        "missing",
        "swapped",
        "moved",
        "unscanned",
        "contraband",
        "seal_broken",
        "loaded_empty",
    }
    for train in trains():
        on_list, on_track = set(train.listed), set(train.equipment)
        added = {car for one in train.anomalies if one.kind == "added" for car in one.cars}
        missing = {car for one in train.anomalies if one.kind == "missing" for car in one.cars}
        assert on_track - on_list == added and on_list - on_track == missing
        assert all(car.track_position is None for car in missing)
        assert all((car.list_position is None) is (car in added or train.consist == "never") for car in on_track)
        if not any(one.kind in ("added", "missing", "swapped", "moved") for one in train.anomalies):
            passed = list(reversed(train.equipment)) if train.tail_first else train.equipment
            assert passed == train.listed
        for one in train.anomalies:
            if one.kind == "unscanned":
                assert not one.cars[0].images
        assert len({car for one in train.anomalies for car in one.cars}) == sum(len(o.cars) for o in train.anomalies)


def test_a_list_is_what_the_train_was_to_be() -> None:
    told: dict[str, list[TrainConsist]] = {}
    for consist, train in once(TrainConsist):
        told.setdefault(train.train_id, []).append(consist)
    kinds = Counter(train.consist for train in trains())
    assert kinds["in time"] > 0.8 * len(trains()) and {"late", "never", "corrected"} & set(kinds)
    for train in trains():
        lists = sorted(told.get(train.train_id, []), key=lambda one: one.revision)
        assert len(lists) == len(train.lists) and bool(lists) is (train.consist != "never")
        if lists:
            in_force = train.list_at(train.settled_at)
            assert in_force is not None
            held = next(one for one, (_, _, cars) in zip(lists, train.lists, strict=True) if cars == in_force)
            assert [(one.mark, one.number) for one in held.equipment] == [(car.mark, car.number) for car in in_force]
            assert {car.mark for car in in_force} <= {car.mark for car in train.listed}


def test_trains_back_up_come_tail_first_and_come_again() -> None:
    assert any(train.tail_first for train in trains())
    assert any(weighing.speed_mps < 0 for weighing, _ in once(CarWeighing))
    events = once(TrainEvent)
    assert {event.kind for event, _ in events} == {
        kind for kind in TrainEventKind if kind is not TrainEventKind.UNKNOWN
    }
    left = [(event, train) for event, train in events if event.kind is TrainEventKind.PORTAL_LEFT]
    assert all(event.axle_count == train.on_track()[-1].last_axle for event, train in left)
    assert len(left) == sum(len(train.pass_numbers) for train in trains())
    often = replace(RAIL_2023, trains=replace(RAIL_2023.trains, again_ratio=0.5))
    passes = {i.train: i.train.pass_numbers for i in RailWorld(8, seconds=2 * DAY, ports=["2304"], scenario=often)}
    assert {len(numbers) for numbers in passes.values()} == {1, 2}


def test_people_open_what_they_are_told_and_let_a_covered_train_go() -> None:
    world = RailWorld(SEED, seconds=DAY, ports=["2604"])
    inspected: list[HandInspection] = []
    train: TrainTruth | None = None
    for item in world:
        if isinstance(item.reading, TrainEvent) and item.reading.kind is TrainEventKind.PORTAL_LEFT and train is None:
            train = item.train
            world.tell(coverage_of(train))
        if train is not None and isinstance(item.reading, HandInspection) and item.train is train and not item.repeated:
            inspected.append(item.reading)
            world.tell(covered(train))
    assert train is not None and train.released_at is not None
    car = train.on_track()[9]
    named = [one for one in inspected if (one.mark, one.number) == (car.mark, car.number) or one.place == 10]
    assert named and [seen.at for seen in car.inspected] == [one.received_at for one in named]
    assert train.released_at - inspected[0].received_at < 15 * 60 * 1_000_000


def coverage_of(train: TrainTruth) -> CarCoverage:
    return CarCoverage(
        coverage_id=f"{train.visit_id}:any", visit_id=train.visit_id, port_code=train.port_code, revision=1,
        decided_at=train.left_at, operating_mode=OperatingMode.SIMULATED, track_position=10, kind=EquipmentKind.CAR,
        state=CarState.OPEN, discrepancy=ConsistDiscrepancy.NONE, reasons=(CoverageReason.SCAN_ALARM,),
        action=CoverageAction.HAND_INSPECTION, scanned_well=False, explanation="to be opened",
    )  # fmt: skip


def covered(train: TrainTruth) -> TrainCoverage:
    return TrainCoverage(
        visit_id=train.visit_id, port_code=train.port_code, revision=2, decided_at=train.left_at,
        operating_mode=OperatingMode.SIMULATED, backwards=False, cars_expected=0, cars_seen=0, cars_scanned_well=0,
        cars_cleared=0, cars_open=0, cars_missing=0, cars_added=0, cars_out_of_sequence=0, coverable=True, covered=True,
        readings_count=1,
    )  # fmt: skip


@mark.parametrize("rate", [0.5, 25.0])
def test_a_rate_is_about_met(rate: float) -> None:
    pace = pace_for(rate)
    seconds = 2 * DAY  # at least 150 trains
    count = sum(1 for _ in RailWorld(4, seconds=seconds, busier=pace.busier))
    assert count / (seconds / pace.speed) == approx(rate, rel=0.25)


def test_live_times_are_moved_and_drawn_together_and_a_repetition_stays_the_same() -> None:
    scan = next(scan for scan, _ in once(CarScan) if scan.revision == 2)
    live = moved(scan, scan.scan_started_at, 1_700_000_000_000_000, 10.0)
    assert isinstance(live, CarScan) and live.scan_started_at == 1_700_000_000_000_000
    assert live.received_at - live.scan_started_at == (scan.received_at - scan.scan_started_at) // 10
    assert moved(scan, scan.scan_started_at, 1_700_000_000_000_000, 10.0) == live


def test_a_trains_id_fits_into_a_list_and_no_other_port_run_or_train_has_it() -> None:
    ids = [train_id_of(code, run, number) for code in ("2301", "2304") for run in (0, 1) for number in (1, 2, 46_655)]
    assert len(set(ids)) == len(ids) and {len(one) for one in ids} == {TRAIN_LETTERS_MAX} == {10}
    assert {len(train.train_id) for train in trains()} == {10} and len({t.train_id for t in trains()}) == len(trains())
    assert next_train_id(train_id_of("2304", 7, 35)) == train_id_of("2304", 7, 36)
    later = RailWorld(SEED, DEFAULT_START_AT + 600_000_000, seconds=20 * DAY, ports=["2604", "2301"])
    assert {item.train.train_id for item in later}.isdisjoint(train.train_id for train in trains())


def test_a_trains_id_that_cannot_be_written_says_why() -> None:
    with raises(ValueError, match="simulate a shorter time"):
        train_id_of("2304", 0, 46_656)
    with raises(ValueError, match="four digits"):
        train_id_of("23A4", 0, 1)
