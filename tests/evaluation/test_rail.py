"""The judge of trains passes what is right and fails what is not; a small evaluation meets the bars."""

import dataclasses
from collections.abc import Callable, Iterator, MutableMapping
from functools import cache

from msgspec.structs import replace
from pytest import approx, mark

from deploy.evaluation.rail.figures import figures, missed
from deploy.evaluation.rail.judge import Judge, is_clean
from deploy.evaluation.rail.portal_run import PortJob, PortRun
from deploy.evaluation.rail.tally import Share, Tally
from producers.simulator.rail import RAIL_2023, RailWorld, TrainTruth
from producers.simulator.rail.truth import CarTruth
from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    OperatingMode,
    TrainCoverage,
)
from streams.core.stage import Fold, Output, Record
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
    assert missed(tally) == [] and tally.counts["trains"] > 25
    for kind in ("added", "missing", "swapped", "unscanned", "moved", "loaded_empty", "alarmed", "unusable"):
        share = tally.of(f"named {kind}")
        assert share.hits == share.cases > 0, kind
    assert tally.of("falsely named").hits == 0 and tally.of("falsely named").cases > 2_000
    assert tally.counts["falsely_missing"] == 0


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

    def tenth_missing(_: TrainTruth, one: CarCoverage, car: CarTruth) -> CarCoverage:
        wrong = replace(one, state=CarState.MISSING, discrepancy=ConsistDiscrepancy.MISSING, reasons=(R.NOT_SEEN,))
        return wrong if car.track_position == 10 and car.list_position is not None else one

    tally = judged(tenth_missing)
    clean = sum(
        is_clean(car, dict.fromkeys(t.listed, 1)) for t in trains() for car in t.equipment if car.track_position == 10
    )
    assert tally.of("falsely named").hits == clean > 20
    assert tally.counts["falsely_missing"] >= clean


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


class Boastful:
    """The trains stage, but for every train it says at once that it is covered."""

    name, source, changelog = TrainsStage.name, TrainsStage.source, TrainsStage.changelog

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        return BoastfulFold(TrainsStage().open(partition, stored))


class BoastfulFold:
    """Says what its fold says, and `covered`."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self.counters, self.take_changes, self.roll_back = fold.counters, fold.take_changes, fold.roll_back

    def advance(self, record: Record, outputs: list[Output]) -> None:
        said: list[Output] = []
        self._fold.advance(record, said)
        for output in said:
            if isinstance(output.value, TrainCoverage):
                output.value = replace(output.value, covered=True)
            outputs.append(output)


def test_the_stage_meets_the_bars_in_some_days_of_a_port() -> None:
    tally = PortRun(PortJob("2604", 3, 5), TrainsStage()).run()
    assert missed(tally) == [], tally.examples
    assert tally.counts["trains"] > 6 and tally.of("named").cases > 3
    result = figures(tally)
    assert result["scanned_well_by_port"]["2604"]["ratio"] == approx(0.97, abs=0.03)
    # What the platform says of itself is what is true.
    assert result["told_scanned_well"]["ratio"] == approx(result["scanned_well"]["ratio"], abs=0.01)
    assert result["falsely_missing"] == result["wrong_track"] == result["backwards_wrong"] == 0


def test_a_claim_to_be_covered_that_is_false_is_found_at_whatever_revision() -> None:
    tally = PortRun(PortJob("2507", 3, 3), Boastful()).run()
    assert tally.counts["falsely_covered"] > 10
    assert any("falsely_covered" in text for text in missed(tally))


def test_a_train_that_comes_again_may_be_called_covered_before_it_does() -> None:
    often = dataclasses.replace(RAIL_2023.trains, again_ratio=1.0)
    well = dataclasses.replace(RAIL_2023.devices, scan_bad_ratio=0.0, scan_aborted_ratio=0.0, scan_missing_ratio=0.0)
    scenario = dataclasses.replace(RAIL_2023, trains=often, devices=well)
    run = PortRun(PortJob("2507", 5, 6), TrainsStage(), scenario)
    tally = run.run()
    assert missed(tally, strict=False) == [], tally.examples
    assert tally.counts["covered before it came again"] > 0
