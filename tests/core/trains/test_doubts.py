"""What speaks against a car stands until a person clears it, whoever else says that it is clear."""

import msgspec
import pytest

from schemas.records import (
    CarScan,
    CarState,
    CarWeighing,
    ConsistDiscrepancy,
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
    ScanDecision,
    ScanQuality,
)
from tests.core.trains.builders import SECOND, START, Portal, Rolling, Seen, changed, consist, freight, hand, released

R = CoverageReason


def test_a_locomotive_on_no_list_is_an_added_car_until_a_person_cleared_it() -> None:
    listed = freight(6)
    gun = Rolling("GUNX", 666_666, EquipmentKind.LOCOMOTIVE, scan=False)
    told = Seen().take(consist(listed), *Portal().read([*listed[:4], gun, *listed[4:]]))
    one = told.standing()["GUNX 666666"]
    assert (one.state, one.discrepancy, one.reasons[0]) == (CarState.OPEN, ConsistDiscrepancy.ADDED, R.NOT_ON_CONSIST)
    assert (told.train().covered, told.train().cars_added, told.train().cars_open) == (False, 1, 1)
    told.take(hand(666_666, mark="GUNX"))
    assert told.standing()["GUNX 666666"].state is CarState.CLEARED_BY_HAND
    assert told.train().covered


def test_a_locomotive_with_an_alarm_contraband_or_broken_seals_is_not_exempt() -> None:
    listed = freight(6)
    alarm = changed(listed, 0, scan=True, operator=ScanDecision.ALARM)
    contraband = hand(listed[0].number, mark="UP", result=HandInspectionResult.CONTRABAND)
    broken = hand(listed[0].number, mark="UP", seals_intact=False)
    for readings, reason in (
        (Portal().read(alarm), R.SCAN_ALARM),
        ([*Portal().read(listed), contraband], R.CONTRABAND),
        ([*Portal().read(listed), broken], R.SEAL_CONTRADICTS),
        ([*Portal().read(listed[1:]), released(), contraband], R.CONTRABAND),
    ):
        told = Seen().take(consist(listed), *readings)
        one = told.standing()[f"UP {listed[0].number}"]
        assert (one.state, one.reasons) == (CarState.OPEN, (reason,))
        assert not told.train().covered


@pytest.mark.parametrize("kind", [EquipmentKind.UNKNOWN, EquipmentKind.CAR])
def test_a_listed_locomotive_is_one_only_by_tags_of_locomotives(kind: EquipmentKind) -> None:
    listed = freight(6)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 1, kind=kind)))
    assert told.standing()[f"UP {listed[1].number}"].state is CarState.OPEN
    assert not told.train().covered


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"operator_decision": ScanDecision.ALARM}, R.SCAN_ALARM),
        ({"operator_decision": ScanDecision.UNKNOWN}, R.SCAN_UNDECIDED),
        ({"scan_quality": ScanQuality.BAD}, R.SCAN_UNUSABLE),
        ({"abort_reason": "TIMEOUT"}, R.SCAN_UNUSABLE),
        ({"shielding_indicator": True}, R.SHIELDED),
    ],
)
@pytest.mark.parametrize("reading_id", ["other", ""])
def test_of_two_reports_of_a_scan_under_one_revision_the_worse_stands(
    reading_id: str, change: dict[str, object], reason: CoverageReason
) -> None:
    """Though both have one id: it is made of device, scan and revision."""
    listed = freight(6)
    readings = Portal().read(listed)
    cleared = next(one for one in readings if isinstance(one, CarScan) and one.revision == 2)
    worse = msgspec.structs.replace(cleared, reading_id=reading_id or cleared.reading_id, **change)
    both = [one for one in readings if one is not cleared]
    states = []
    for pair in ((cleared, worse), (worse, cleared), (worse, cleared, worse)):
        told = Seen().take(consist(listed), *both, *pair)
        states.append(told.standing()[f"TTGX {listed[2].number}"])
        assert reason in states[-1].reasons
        assert not told.train().covered
    assert {one.reasons for one in states} == {states[0].reasons}


def test_two_reports_of_a_scan_that_show_other_axles_or_loads_clear_nothing() -> None:
    listed = freight(6)
    readings = Portal().read(listed)
    cleared = next(one for one in readings if isinstance(one, CarScan) and one.revision == 2)
    for change in ({"last_axle": cleared.last_axle + 4}, {"loaded_indicator": False}):
        other = msgspec.structs.replace(cleared, reading_id="other", **change)
        for pair in ((cleared, other), (other, cleared)):
            told = Seen().take(consist(listed), *[one for one in readings if one is not cleared], *pair)
            assert R.SCAN_UNUSABLE in told.standing()[f"TTGX {listed[2].number}"].reasons
            assert not told.train().covered


def test_of_two_reports_of_an_inspection_under_one_revision_the_worse_stands() -> None:
    listed = freight(6)
    undecided = changed(listed, 4, operator=ScanDecision.UNKNOWN)
    cleared = hand(listed[4].number)
    contraband = msgspec.structs.replace(cleared, reading_id="other", result=HandInspectionResult.CONTRABAND)
    broken = msgspec.structs.replace(cleared, reading_id="other", seals_intact=False)
    for worse, reason in ((contraband, R.CONTRABAND), (broken, R.SEAL_CONTRADICTS)):
        for pair in ((cleared, worse), (worse, cleared)):
            told = Seen().take(consist(listed), *Portal().read(undecided), *pair)
            assert reason in told.standing()[f"TTGX {listed[4].number}"].reasons
            assert not told.train().covered
            told.take(msgspec.structs.replace(cleared, reading_id="corrected", revision=2))
            assert told.train().covered


def test_an_inspection_that_names_two_cars_under_one_revision_clears_neither() -> None:
    listed = freight(6)
    track = changed(changed(listed, 4, scan=False), 5, scan=False)
    one = hand(listed[4].number, inspection_id="one")
    other = msgspec.structs.replace(one, reading_id="other", number=listed[5].number)
    for pair in ((one, other), (other, one)):
        told = Seen().take(consist(listed), *Portal().read(track), *pair)
        assert told.train().cars_open == 2


def test_a_contradiction_or_shielding_stands_though_another_image_or_weighing_has_none() -> None:
    listed = freight(6)
    name = f"TTGX {listed[4].number}"
    for change, reason in (
        ({"loaded": False}, R.LOAD_CONTRADICTS),
        ({"gross_kg": 18_000.0}, R.LOAD_CONTRADICTS),
        ({"gross_kg": 95_000.0}, R.WEIGHT_CONTRADICTS),
        ({"shielded": True, "quality": ScanQuality.BAD}, R.SHIELDED),
        ({"shielded": True, "operator": ScanDecision.ALARM}, R.SHIELDED),
    ):
        told = Seen().take(consist(listed, declared_gross_weight_kg=80_000.0))
        told.take(*Portal().read(changed(listed, 4, **change)))
        told.take(*Portal(number=1018, start=START + 2400 * SECOND).read(listed))
        assert reason in told.standing()[name].reasons
        assert told.take(hand(listed[4].number)).standing()[name].state is CarState.CLEARED_BY_HAND
        assert told.train().covered


def test_the_weighing_that_contradicts_is_the_one_that_is_told() -> None:
    listed = freight(6)
    readings = Portal().read(changed(listed, 4, gross_kg=95_000.0))
    weighed = next(one for one in readings if isinstance(one, CarWeighing) and one.gross_weight_kg == 95_000.0)
    again = msgspec.structs.replace(weighed, reading_id="again", gross_weight_kg=72_000.0)
    for pair in ((weighed, again), (again, weighed)):
        rest = [one for one in readings if one is not weighed]
        told = Seen().take(consist(listed, declared_gross_weight_kg=80_000.0), *rest, *pair)
        one = told.standing()[f"TTGX {listed[4].number}"]
        assert (one.reasons, one.weight_kg) == ((R.WEIGHT_CONTRADICTS,), 95_000.0)


def test_a_part_of_a_car_that_is_shielded_opens_it_though_an_image_of_all_of_it_is_clear() -> None:
    listed = freight(6)
    readings = Portal().read(listed)
    cleared = next(one for one in readings if isinstance(one, CarScan) and one.revision == 2)
    part = msgspec.structs.replace(
        cleared, reading_id="part", scan_id="part", first_axle=cleared.first_axle + 1, shielding_indicator=True
    )
    told = Seen().take(consist(listed), *readings, part)
    assert told.standing()[f"TTGX {listed[2].number}"].reasons == (R.SHIELDED,)
