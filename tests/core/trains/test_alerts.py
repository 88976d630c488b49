"""How often people are told: once for what stands, and not for each car of a train that has another list."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from schemas.records import AlertKind, CarScan, CoverageReason, ScanDecision, Severity
from tests.core.trains.builders import SECOND, START, Portal, Seen, changed, consist, freight, released, without

R = CoverageReason


def of_cars(told: Seen) -> list[tuple[str, Severity]]:
    return [(one.incident_id, one.severity) for one in told.alerts if one.kind is AlertKind.CAR_NOT_CLEARED]


def test_missing_cars_are_told_one_by_one_once_they_are_few() -> None:
    listed = freight(30)
    told = Seen().take(consist(listed), *Portal().read(listed[:20]))
    assert (told.train().cars_missing, of_cars(told)) == (12, [])
    told.take(consist(listed[:28], revision=2, at=START + 2400 * SECOND))
    names = [f"2304/R1/1017/TTGX {one.number}" for one in listed[20:28]]
    assert sorted(of_cars(told)) == [(name, Severity.MODERATE) for name in sorted(names)]
    told.take(consist(listed, revision=3, at=START + 2500 * SECOND))
    assert (told.train().cars_missing, len(of_cars(told))) == (12 - 2 + 2, 8)
    told.take(*Portal(number=1018, start=START + 3600 * SECOND).read(listed))
    # Ten were left when the second pass had shown two; in the end all twelve incidents are over.
    assert (told.train().covered, len(of_cars(told))) == (True, 24)
    assert set(dict(of_cars(told)).values()) == {Severity.MINOR}


def test_cars_on_no_list_are_told_with_the_train_beyond_ten() -> None:
    track = freight(60)
    told = Seen().take(consist(track[:22]), *Portal().read(track), released())
    assert told.train().cars_added == 40
    assert len(of_cars(told)) == 10
    assert (told.alerts[-1].kind, told.alerts[-1].severity) == (AlertKind.RELEASED_UNCOVERED, Severity.EXTREME)
    assert "40 are on no list" in told.alerts[-1].summary
    told.take(consist(track[:57], revision=2, at=START + 7300 * SECOND))
    standing = {name for name, one in told.standing().items() if R.NOT_ON_CONSIST in one.reasons}
    last = dict(of_cars(told))
    assert {name.removeprefix("2304/R1/1017/") for name, one in last.items() if one != Severity.MINOR} == standing
    assert len(standing) == 5


def test_an_alarm_on_one_of_many_cars_on_no_list_is_told() -> None:
    track = changed(freight(60), 50, operator=ScanDecision.ALARM)
    told = Seen().take(consist(track[:22]), *Portal().read(track))
    assert (f"2304/R1/1017/TTGX {track[50].number}", Severity.SEVERE) in of_cars(told)


def in_batches(readings: list[Any], cars_in_batch: int) -> list[Any]:
    """Images come in batches of so many cars."""
    span = cars_in_batch * 8_500_000
    made = [
        msgspec.structs.replace(one, received_at=START + ((one.received_at - START) // span + 1) * span)
        if isinstance(one, CarScan)
        else one
        for one in readings
    ]
    return sorted(made, key=lambda one: one.received_at)


@pytest.mark.parametrize("cars_in_batch", [4, 20, 25])
def test_images_that_come_late_make_one_incident_of_the_scanner(cars_in_batch: int) -> None:
    listed = freight(100)
    told = Seen().take(consist(listed), *in_batches(Portal().read(listed), cars_in_batch))
    said = [one.severity for one in told.alerts if one.kind is AlertKind.TRAIN_NOT_COVERABLE]
    assert said == ([] if cars_in_batch < 13 else [Severity.SEVERE, Severity.MINOR])
    assert told.train().covered


def test_a_scanner_that_fails_again_in_a_second_pass_is_told_again() -> None:
    listed = freight(60)
    blind = [replace(one, scan=False) if 20 <= n < 40 else one for n, one in enumerate(listed)]
    told = Seen().take(consist(listed), *Portal().read(blind))
    told.take(*Portal(number=1018, start=START + 3600 * SECOND).read(listed))
    added = [replace(one, number=700_000 + n, scan=False) for n, one in enumerate(listed[10:20])]
    told.take(*Portal(number=1019, start=START + 7200 * SECOND).read([*listed, *added]))
    said = [one.severity for one in told.alerts if one.kind is AlertKind.TRAIN_NOT_COVERABLE]
    assert said == [Severity.SEVERE, Severity.MINOR, Severity.SEVERE]


def test_a_car_of_many_on_no_list_with_a_lesser_doubt_is_told_once_for_that() -> None:
    track = freight(60)
    own = track[50].mark, track[50].number
    track = changed(track, 50, tags=(own, ("GATX", 55_221)))
    portal = Portal().read(track)
    told = Seen().take(consist(track[:22]), *portal, consist(track[:23], revision=2, at=START + 3600 * SECOND))
    said = [(name, severity) for name, severity in of_cars(told) if severity is not Severity.SEVERE]
    assert [severity for _, severity in said].count(Severity.MODERATE) == 1


def test_an_alarm_on_a_car_that_is_on_no_list_is_told_with_its_image() -> None:
    """The incident was as severe before, for a doubt that papers may answer."""
    track = changed(freight(12), 5, operator=ScanDecision.UNKNOWN)
    readings = Portal().read(track)
    told = Seen().take(consist(without(track, 5)), *readings)
    name = f"2304/R1/1017/TTGX {track[5].number}"
    assert of_cars(told) == [(name, Severity.SEVERE)]
    shot = next(one for one in readings if isinstance(one, CarScan) and one.scan_id.endswith(" 5 scan"))
    word = {"operator_decision": ScanDecision.ALARM, "image_uri": "s3://images/5", "image_sha256": "0" * 64}
    for revision in (2, 3):
        told.take(msgspec.structs.replace(shot, reading_id=f"word {revision}", revision=revision, **word))
    assert of_cars(told) == [(name, Severity.SEVERE)] * 2
    assert [one.uri for one in told.alerts[-1].images] == ["s3://images/5"]
    assert "an analyst raised an alarm" in told.alerts[-1].summary
