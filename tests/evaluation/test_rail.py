"""The judge of trains passes what is right and fails what is not; a small evaluation meets the bars."""

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from msgspec.structs import replace
from pytest import approx, mark

from deploy.evaluation.rail.figures import figures, missed
from deploy.evaluation.rail.judge import Judge, is_clearable
from deploy.evaluation.rail.portal_run import PortJob, PortRun
from deploy.evaluation.rail.tally import Share, Tally
from producers.simulator.rail import RAIL_2023, RailWorld, TrainTruth
from producers.simulator.rail.truth import CarTruth, Image, Inspected
from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
    OperatingMode,
)
from streams.core.trains import TrainsStage

SEED = 20_261
R = CoverageReason
Change = Callable[[TrainTruth, CarCoverage, CarTruth], CarCoverage | None]
"""What is said of a car instead; None: nothing."""


@cache
def trains() -> tuple[TrainTruth, ...]:
    """Ten days of El Paso: about 35 trains with their lists, without those whose list is never told."""
    found = {item.train.train_id: item.train for item in RailWorld(SEED, seconds=10 * 86_400, ports=["2402"])}
    return tuple(train for train in found.values() if train.lists)


def truly_said(train: TrainTruth) -> Iterator[tuple[CarCoverage, CarTruth]]:
    """Coverage as it should be of every car."""
    listed = train.list_at(train.settled_at)
    assert listed is not None
    places = {car: place for place, car in enumerate(listed, 1)}
    for number, car in enumerate({car: None for car in [*listed, *train.equipment] if car.axles}):
        state, discrepancy, reasons = CarState.CLEARED, ConsistDiscrepancy.NONE, list[CoverageReason]()
        if car.track_position is None:
            state, discrepancy, reasons = CarState.MISSING, ConsistDiscrepancy.MISSING, [R.NOT_SEEN]
        elif car.kind is not EquipmentKind.CAR:
            state = CarState.EXEMPT
        else:
            if {"swapped", "moved"} & set(car.anomalies):
                discrepancy = ConsistDiscrepancy.OUT_OF_SEQUENCE
            if car not in places:
                discrepancy, reasons = ConsistDiscrepancy.ADDED, [R.NOT_ON_CONSIST]
            if any(image.decided_at is not None and not image.operator_clear for image in car.images):
                reasons.append(R.SCAN_ALARM)
            if not any(image.usable and image.operator_clear for image in car.images):
                reasons.append(R.SCAN_UNUSABLE if car.images else R.NOT_SCANNED)
            if "loaded_empty" in car.anomalies:
                reasons.append(R.LOAD_CONTRADICTS)
            state = CarState.OPEN if reasons else state
        yield (
            CarCoverage(
                coverage_id=f"{train.visit_id}:{number}",
                visit_id=train.visit_id,
                port_code=train.port_code,
                revision=1,
                decided_at=train.left_at,
                operating_mode=OperatingMode.SIMULATED,
                consist_position=places.get(car),
                track_position=car.track_position,
                kind=car.kind,
                mark=car.mark if car.tags_read or car in places else None,
                number=car.number if car.tags_read or car in places else None,
                state=state,
                discrepancy=discrepancy,
                reasons=tuple(reasons),
                action=CoverageAction.NONE,
                scanned_well=False,
                explanation="",
            ),
            car,
        )


def judged(change: Change = lambda _train, coverage, _car: coverage) -> Tally:
    """What the judge finds where every car is told as `change` has it."""
    tally = Tally()
    for train in trains():
        told = [change(train, coverage, car) for coverage, car in truly_said(train)]
        cars = {one.coverage_id: one for one in told if one is not None}
        Judge(tally, "test").judge(train, cars, train.settled_at)
    return tally


def test_what_is_right_passes() -> None:
    tally = judged()
    # Nobody let a train go here.
    assert [text.partition(",")[0] for text in missed(tally)] == ["falsely_uncovered of nothing"]
    assert tally.counts["trains"] > 25
    for kind in ("added", "missing", "swapped", "unscanned", "moved", "loaded_empty", "alarmed", "unusable"):
        share = tally.of(f"named {kind}")
        assert share.hits == share.cases > 0, kind
    assert tally.of("falsely named").hits == 0 and tally.of("falsely named").cases > 3_000
    assert tally.of("falsely open").hits == 0 and tally.of("falsely open").cases > 2_500
    assert tally.counts["falsely_missing"] == 0


def test_the_page_names_every_bar_and_what_is_asked() -> None:
    page = (Path(__file__).parents[2] / "streams" / "README.md").read_text()
    section = page.partition("\n## Rail\n")[2].partition("\n## ")[0]
    for name, bar in figures(Tally())["bars"].items():
        after = section.partition(f"`{name}`")[2]
        assert after, f"the section on rail of streams/README.md does not name {name}"
        limit = bar.get("at_least", bar.get("at_most"))
        assert not limit or str(limit) in after.partition(";")[0].partition(". ")[0], name


def cleared(coverage: CarCoverage) -> CarCoverage:
    return replace(coverage, state=CarState.CLEARED, discrepancy=ConsistDiscrepancy.NONE, reasons=())


def is_added(_: TrainTruth, car: CarTruth) -> bool:
    return "added" in car.anomalies


@mark.parametrize(
    ("kind", "instead"),
    [
        ("added", lambda one: replace(one, discrepancy=ConsistDiscrepancy.NONE)),
        ("added", lambda one: replace(one, mark="AAA")),
        ("added", lambda one: replace(one, reasons=(R.IDENTITY_UNKNOWN,))),
        ("added", lambda _: None),
        ("missing", lambda one: replace(one, state=CarState.OPEN)),
        ("missing", lambda one: replace(one, number=1)),
        ("missing", lambda one: replace(one, consist_position=one.consist_position + 1)),
        ("swapped", lambda one: replace(one, discrepancy=ConsistDiscrepancy.NONE)),
        ("swapped", lambda one: replace(one, track_position=one.track_position + 1)),
        ("unscanned", lambda one: replace(one, reasons=(R.SCAN_UNDECIDED,))),
        ("unscanned", cleared),
    ],
)
def test_what_is_named_wrongly_or_not_at_all_is_no_hit(kind: str, instead: Callable[..., CarCoverage | None]) -> None:
    def change(_: TrainTruth, coverage: CarCoverage, car: CarTruth) -> CarCoverage | None:
        of_kind = kind in car.anomalies and (kind != "added" or (car.tagged and car.tags_read > 0))
        return instead(coverage) if of_kind else coverage

    share = judged(change).of(f"named {kind}")
    assert share.cases > 0 and share.hits < share.cases
    assert "named_ratio" in " ".join(missed(judged(change)))


def test_a_car_with_two_states_or_none_and_one_that_is_not_there_are_violations() -> None:
    def nothing_of_the_third(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage | None:
        return None if car.track_position == 3 else one

    # It lacks at its place on the track and, unless it is on no list, at that on the list.
    count = judged(nothing_of_the_third).counts["one_state_violations"]
    assert len(trains()) < count <= 2 * len(trains())
    assert "one_state_violations" in missed(judged(nothing_of_the_third))[0]

    def still_expected(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        return replace(one, state=CarState.EXPECTED) if car.track_position == 5 else one

    assert judged(still_expected).counts["one_state_violations"] == len(trains())

    def twice(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        return replace(one, track_position=3) if car.track_position == 4 else one

    assert judged(twice).counts["one_state_violations"] == 2 * len(trains())  # two third ones, no fourth


def test_a_car_cleared_that_was_not_is_found_and_one_named_for_nothing_too() -> None:
    def all_cleared(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        return cleared(one) if car.kind is EquipmentKind.CAR else one

    assert judged(all_cleared).counts["falsely_cleared"] > 30

    def exempted(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        if "contraband" not in car.anomalies:
            return one
        return replace(one, state=CarState.EXEMPT, kind=EquipmentKind.LOCOMOTIVE, reasons=())

    found = [car for train in trains() for car in train.on_track() if "contraband" in car.anomalies]
    assert judged(exempted).counts["falsely_cleared"] == len(found) > 0

    def in_anothers_place(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        return replace(one, track_position=12) if car.track_position == 11 and one.state is CarState.CLEARED else one

    assert judged(in_anothers_place).counts["falsely_cleared"] > 20

    def tenth_missing(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        wrong = replace(one, state=CarState.MISSING, discrepancy=ConsistDiscrepancy.MISSING, reasons=(R.NOT_SEEN,))
        return wrong if car.track_position == 10 and car.list_position is not None else one

    tally = judged(tenth_missing)
    tenth = [(train, car) for train in trains() for car in train.equipment if car.track_position == 10]
    listed = [car for train, car in tenth if car in (train.list_at(train.settled_at) or ())]
    assert tally.of("falsely named").hits == tally.counts["falsely_missing"] == len(listed) > 20
    clearable = [car for train, car in tenth if is_clearable(car, dict.fromkeys(train.listed, 1))]
    assert tally.of("falsely open").hits == len(clearable) > 20
    assert tally.counts["falsely open NOT_SEEN"] == len(clearable)


@mark.parametrize(
    ("name", "instead"),
    [
        ("ADDED", lambda one: replace(one, discrepancy=ConsistDiscrepancy.ADDED)),
        ("MISSING", lambda one: replace(one, discrepancy=ConsistDiscrepancy.MISSING)),
        ("OUT_OF_SEQUENCE", lambda one: replace(one, discrepancy=ConsistDiscrepancy.OUT_OF_SEQUENCE)),
        ("MISIDENTIFIED", lambda one: replace(one, discrepancy=ConsistDiscrepancy.MISIDENTIFIED)),
        ("NOTHING_THERE", lambda one: replace(one, consist_position=9_999, track_position=None)),
    ],
)
def test_a_car_in_each_train_named_what_it_is_not_misses_the_bar(
    name: str, instead: Callable[[CarCoverage], CarCoverage]
) -> None:
    def change(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        return instead(one) if car.track_position == 20 and not (car.anomalies or car.tags_misread) else one

    tally = judged(change)
    assert tally.counts[f"falsely named {name}"] == tally.of("falsely named").hits > 15
    assert [text for text in missed(tally) if text.startswith("falsely_named")], missed(tally)
    assert (tally.counts["one_state_violations"] > 0) is (name == "NOTHING_THERE")


def test_a_stage_that_opens_every_car_misses_the_bar_by_the_reasons_that_it_gives() -> None:
    def opened(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        if one.state is not CarState.CLEARED:
            return one
        return replace(one, state=CarState.OPEN, reasons=(R.IDENTITY_UNKNOWN,))

    tally = judged(opened)
    share = tally.of("falsely open")
    assert share.hits == share.cases == tally.counts["falsely open IDENTITY_UNKNOWN"] > 2_500
    # All else is right: without this bar it would pass.
    assert [text.partition(" ")[0] for text in missed(tally)] == ["falsely_open", "falsely_uncovered"]
    assert figures(tally)["falsely_open_for"] == {"IDENTITY_UNKNOWN": share.hits}


def test_cars_of_which_nothing_is_told_are_open_for_nothing_too() -> None:
    def untold(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage | None:
        return None if car.track_position == 30 else one

    assert judged(untold).counts["falsely open UNTOLD"] > 15


def seen(at: int, result: HandInspectionResult, intact: bool | None = None) -> Inspected:
    return Inspected(at, result, intact, by_number=True, by_place=False)


def image(decided_at: int | None, clear: bool, machine_clear: bool = True, usable: bool = True) -> Image:
    return Image("scan", 1, usable, False, clear, machine_clear, reported_at=5, decided_at=decided_at)


H = HandInspectionResult


@mark.parametrize(
    ("images", "inspected", "by", "cleared_at"),
    [
        ([image(10, True)], [], 9, None),
        ([image(10, True)], [], 10, 10),
        ([image(10, True), image(20, False)], [], 19, 10),
        ([image(10, True), image(20, False)], [], 20, None),  # an alarm comes later
        ([image(10, True), image(20, False)], [seen(30, H.CLEARED)], 30, 30),
        ([image(10, True), image(20, False)], [seen(15, H.CLEARED)], 30, None),  # nobody looked since the alarm
        ([image(10, True), image(None, False, machine_clear=False)], [], 20, None),  # nobody decided on the software's
        ([image(10, True, machine_clear=False)], [], 10, 10),
        ([image(10, True)], [seen(30, H.CONTRABAND)], 29, 10),
        ([image(10, True)], [seen(30, H.CONTRABAND)], 30, None),
        ([image(10, True)], [seen(30, H.CONTRABAND), seen(40, H.CLEARED)], 50, None),
        ([image(10, True)], [seen(30, H.NOT_COMPLETED, intact=False)], 30, None),
        ([image(10, True)], [seen(30, H.NOT_COMPLETED)], 30, 10),
        ([image(10, True, usable=False)], [], 30, None),
    ],
)
def test_what_clears_a_car_does_so_no_more_once_an_alarm_or_contraband_is_known(
    images: list[Image], inspected: list[Inspected], by: int, cleared_at: int | None
) -> None:
    car = dataclasses.replace(trains()[0].on_track()[10], images=images, inspected=inspected)
    assert car.cleared_at(True, by) == cleared_at


def test_a_car_that_stays_cleared_after_contraband_was_found_in_it_is_falsely_cleared() -> None:
    train = trains()[0]
    told = {one.coverage_id: (one, car) for one, car in truly_said(train) if one.state is CarState.CLEARED}
    cars = {name: one for name, (one, _) in told.items()}
    _, car = next(iter(told.values()))
    tally = Tally()
    judge = Judge(tally, "test")
    judge.judge_cleared(train, cars, train.settled_at)
    assert tally.counts["falsely_cleared"] == 0
    car.inspected.append(seen(train.settled_at + 1, H.CONTRABAND))
    try:
        judge.judge_cleared(train, cars, train.settled_at)
        assert tally.counts["falsely_cleared"] == 0  # nobody knew
        judge.judge_cleared(train, cars, train.settled_at + 1)
    finally:
        car.inspected.clear()
    assert tally.counts["falsely_cleared"] == 1 and "falsely_cleared 1" in missed(tally)


def test_an_interval_knows_that_cars_of_a_train_hang_together() -> None:
    apart, together = Share(), Share()
    for train in range(100):
        apart.add(90, 100)
        together.add(100 if train % 10 else 0, 100)
    assert apart.ratio == together.ratio == approx(0.9)
    assert apart.interval.high - apart.interval.low < 0.02
    # One train in ten is all wrong: as good as 100 cases, whose interval is about 0.83 to 0.95.
    assert together.interval.low == approx(0.83, abs=0.01) and together.interval.high == approx(0.95, abs=0.01)
    none = Share()
    for _ in range(100):
        none.add(0, 100)
    assert none.interval.high == approx(0.0295, abs=0.002)  # three in a hundred trains, not in ten thousand cars


def test_the_stage_meets_the_bars_in_some_days_of_a_port() -> None:
    tally = PortRun(PortJob("2604", 3, 5), TrainsStage()).run()
    assert missed(tally) == [], tally.examples
    assert tally.counts["trains"] > 6 and tally.of("named").cases > 3
    result = figures(tally)
    assert result["scanned_well_by_port"]["2604"]["ratio"] == approx(0.97, abs=0.03)
    # What the platform says of itself is what is true.
    assert result["told_scanned_well"]["ratio"] == approx(result["scanned_well"]["ratio"], abs=0.01)
    assert result["falsely_missing"] == result["wrong_track"] == result["backwards_wrong"] == 0


def test_a_train_that_comes_again_may_be_called_covered_before_it_does() -> None:
    often = dataclasses.replace(RAIL_2023.trains, again_ratio=1.0)
    well = dataclasses.replace(RAIL_2023.devices, scan_bad_ratio=0.0, scan_aborted_ratio=0.0, scan_missing_ratio=0.0)
    scenario = dataclasses.replace(RAIL_2023, trains=often, devices=well)
    run = PortRun(PortJob("2507", 5, 6), TrainsStage(), scenario)
    tally = run.run()
    assert missed(tally, strict=False) == [], tally.examples
    assert tally.counts["covered before it came again"] > 0
