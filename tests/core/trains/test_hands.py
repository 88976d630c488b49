"""What a person found at a car: of which car it is, and what it answers."""

import msgspec
import pytest

from schemas.records import CarScan, CarState, CoverageReason, HandInspectionResult, ScanDecision, ScanQuality, Severity
from tests.core.trains.builders import (
    SECOND,
    START,
    Portal,
    Rolling,
    Seen,
    cars,
    changed,
    consist,
    freight,
    hand,
    released,
    without,
)

R = CoverageReason
NOBODY = Rolling("NONE", 1, tags=(None, None))
"""A car of which no tag is read; scale and scanner see it."""


def cleared_by_hand(told: Seen) -> list[str]:
    return sorted(name for name, one in told.standing().items() if one.state is CarState.CLEARED_BY_HAND)


def test_an_inspection_of_a_number_and_a_place_clears_one_car_though_each_names_another() -> None:
    listed = freight(20)
    track = [*without(listed, 9), NOBODY]
    told = Seen().take(consist(listed), *Portal().read(track), hand(listed[9].number, place=len(track)), released())
    assert cleared_by_hand(told) == [f"TTGX {listed[9].number}"]
    assert not told.train().covered
    told.take(hand(place=len(track)))
    assert told.train().covered


def test_what_a_person_found_at_a_number_and_a_place_stands_at_both() -> None:
    listed = freight(20)
    track = [*without(listed, 9), NOBODY]
    contraband = HandInspectionResult.CONTRABAND
    told = Seen().take(
        consist(listed), *Portal().read(track), hand(listed[9].number, place=len(track), result=contraband)
    )
    opened = sorted(name for name, one in told.standing().items() if R.CONTRABAND in one.reasons)
    assert opened == ["R1.1017@89", f"TTGX {listed[9].number}"]


@pytest.mark.parametrize(("place", "state"), [(10, CarState.CLEARED_BY_HAND), (16, CarState.OPEN)])
def test_a_number_clears_a_car_that_is_only_inferred_unless_the_place_is_another_car(
    place: int, state: CarState
) -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, tags=(None, None))))
    told.take(hand(listed[9].number, place=place))
    assert told.standing()[f"TTGX {listed[9].number}"].state is state


@pytest.mark.parametrize("number", [None, 999_999])
def test_contraband_at_a_place_stands_at_a_car_whose_number_nobody_read(number: int | None) -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, tags=(None, None))))
    told.take(hand(number, place=10, result=HandInspectionResult.CONTRABAND))
    assert R.CONTRABAND in told.standing()[f"TTGX {listed[9].number}"].reasons


def test_a_place_is_counted_from_the_head_though_the_tail_came_first_and_the_list_late() -> None:
    listed = freight(20)
    train = [*listed[:5], NOBODY, *listed[5:]]
    for place, cleared in ((6, ["R1.1017@69"]), (18, [f"TTGX {listed[16].number}"])):
        told = Seen().take(*Portal().read(train[::-1]), hand(place=place))
        assert cleared_by_hand(told) == []
        told.take(consist(listed, at=START + 6000 * SECOND), released())
        assert cleared_by_hand(told) == cleared
        assert told.train().covered is (place == 6)


def test_a_place_clears_nothing_while_it_is_not_known_which_end_was_the_head() -> None:
    listed = cars(2)
    for track in ([*listed, NOBODY], [NOBODY, *listed]):
        told = Seen().take(consist(listed), *Portal().read(track), hand(place=track.index(NOBODY) + 1), released())
        assert (cleared_by_hand(told), told.train().covered) == ([], False)
        assert told.fold.counters["inspections_of_no_car"] == 1


def test_a_place_clears_nothing_behind_axles_that_may_be_one_car_or_two() -> None:
    listed = freight(20)
    lost = Rolling("NONE", 2, axles=8, tags=(None, None), weighed=False, scan=False)
    told = Seen().take(consist(listed), *Portal().read([*listed[:5], lost, *listed[5:15], NOBODY, *listed[15:]]))
    for place in (17, 18):
        told.take(hand(place=place))
    assert cleared_by_hand(told) == []


def test_a_place_is_that_of_the_pass_before_it_was_counted_whatever_comes_first_into_the_log() -> None:
    listed = freight(20)
    readings = Portal().read([*listed[:5], NOBODY, *listed[5:]])
    again = Portal(number=1018, start=START + 7200 * SECOND).read([*listed[:12], NOBODY, *listed[12:]])
    counted = hand(place=6)
    for log in ([*readings, counted], [counted, *readings, *again], [*readings, *again, counted]):
        told = Seen().take(consist(listed), *log)
        assert cleared_by_hand(told) == ["R1.1017@25"]


def test_a_train_is_not_covered_while_what_a_person_found_is_at_a_car_that_is_not_known() -> None:
    listed = freight(20)
    contraband = HandInspectionResult.CONTRABAND
    for finding in (
        hand(place=40, result=contraband),
        hand(999_999, result=contraband),
        hand(place=3, at=START - 600 * SECOND, seals_intact=False),
    ):
        told = Seen().take(consist(listed), *Portal().read(listed), finding, released())
        assert not told.train().covered
        assert "a person found something at a car that is not known" in told.alerts[-1].summary
        gone = msgspec.structs.replace(
            finding,
            reading_id="corrected",
            revision=2,
            number=listed[4].number,
            mark="TTGX",
            result=HandInspectionResult.CLEARED,
            seals_intact=None,
        )
        assert told.take(gone).train().covered


BEFORE = START - 600 * SECOND


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"operator": ScanDecision.ALARM}, CarState.OPEN),
        ({"operator": ScanDecision.UNKNOWN, "machine": ScanDecision.ALARM}, CarState.OPEN),
        ({"operator": ScanDecision.UNKNOWN}, CarState.OPEN),
        ({"shielded": True}, CarState.OPEN),
        ({"gross_kg": 18_000.0}, CarState.OPEN),
        ({"tags": (None, None)}, CarState.OPEN),
        ({"tags": (("TTGX", 100_959), ("GATX", 55_221))}, CarState.OPEN),
        ({"scan": False}, CarState.CLEARED_BY_HAND),
        ({"quality": ScanQuality.BAD}, CarState.CLEARED_BY_HAND),
    ],
)
def test_an_inspection_from_before_the_pass_answers_only_what_it_covered(
    change: dict[str, object], state: CarState
) -> None:
    listed = freight(20)
    name = f"TTGX {listed[9].number}"
    told = Seen().take(consist(listed), hand(listed[9].number, at=BEFORE), *Portal().read(changed(listed, 9, **change)))
    assert told.standing()[name].state is state
    assert told.train().covered is (state is CarState.CLEARED_BY_HAND)
    told.take(hand(listed[9].number, inspection_id="after"))
    assert told.standing()[name].state is CarState.CLEARED_BY_HAND
    assert told.train().covered


def test_an_alarm_that_is_raised_after_an_inspection_stands_though_the_image_is_older() -> None:
    listed = freight(20)
    name = f"TTGX {listed[9].number}"
    readings = Portal().read(changed(listed, 9, operator=ScanDecision.UNKNOWN))
    told = Seen().take(consist(listed), *readings, hand(listed[9].number))
    assert told.standing()[name].state is CarState.CLEARED_BY_HAND
    shot = next(one for one in readings if isinstance(one, CarScan) and one.scan_id.endswith(" 9 scan"))
    alarm = msgspec.structs.replace(
        shot, reading_id="alarm", revision=2, operator_decision=ScanDecision.ALARM, received_at=START + 6000 * SECOND
    )
    assert told.take(alarm).standing()[name].reasons == (R.SCAN_ALARM,)
    assert (told.alerts[-1].severity, told.train().covered) == (Severity.SEVERE, False)
    told.take(hand(listed[9].number, inspection_id="after", at=START + 6600 * SECOND))
    assert told.train().covered


def test_a_car_that_a_person_saw_before_the_train_passed_without_it_is_missing() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), hand(listed[9].number, at=BEFORE), *Portal().read(without(listed, 9)))
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.MISSING
    told.take(hand(listed[9].number, inspection_id="after"))
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.CLEARED_BY_HAND


def test_what_an_earlier_inspection_answered_stays_answered_in_a_pass_after_it_that_has_no_doubt() -> None:
    listed = freight(20)
    again = Portal(number=1018, start=START + 7200 * SECOND).read(changed(listed, 9, tags=(None, None)))
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, operator=ScanDecision.ALARM)))
    told.take(hand(listed[9].number), *again)
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.CLEARED_BY_HAND


def test_a_terminal_whose_clock_runs_ahead_answers_nothing_that_came_after_its_word() -> None:
    listed = freight(20)
    early = hand(listed[9].number, at=BEFORE)
    ahead = msgspec.structs.replace(early, observed_at=START + 24 * 3600 * SECOND)
    told = Seen().take(consist(listed), ahead, *Portal().read(changed(listed, 9, operator=ScanDecision.ALARM)))
    assert told.standing()[f"TTGX {listed[9].number}"].reasons == (R.SCAN_ALARM,)
