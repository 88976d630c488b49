"""What people tell of trains, what they are shown of them, and what is refused before anything is asked."""

import signal
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.commands.rail_people import why_not
from deploy.demo import log_of
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.local.supervisor import border_command
from deploy.rail_audit import cars_digest, digest_difference, first_difference, newest_cars, signed_off
from deploy.rail_records import car_of, inspection_of, newest_visit, port_of
from producers.publisher import Publisher
from schemas.container import ContainerWriter, LogRecord
from schemas.partitioning import partition_of
from schemas.records import (
    CarCoverage,
    CarScan,
    CarState,
    CarTagRead,
    CoverageReason,
    HandInspection,
    HandInspectionResult,
    OperatingMode,
    ScanDecision,
    TrainCoverage,
    TrainEvent,
    TrainEventKind,
)
from schemas.topics import RAIL_COVERAGE, RAIL_READINGS
from streams.core.replay import StageReplay, placed
from streams.core.trains import TrainsStage
from tests.console.rail_builders import ENTERED, HOUR, VISIT, car, opened, seen, train
from tests.core.trains.builders import SECOND, START, TRAIN, Portal, Rolling, changed, consist, freight, released
from tests.support import eventually

NOWHERE = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
INSPECT = ["rail", "inspect", "2304/R1", "T1", "--officer", "1", "--result"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rail", "arrive", "2304", "T1"], "'2304' is no track"),
        (["rail", "arrive", "2304/R1/7", "T1"], "is no track"),
        (["rail", "arrive", "2304/R1", "T1", "--at", "noon"], "is no time"),
        (["rail", "arrive", "2304/R1", "T1", "--at", "2026-01-01T00:00"], "no time zone"),
        (["rail", "release", "R1", "T1", "--officer", "1"], "is no track"),
        ([*INSPECT, "cleared"], "name the car by --car"),
        ([*INSPECT, "cleared", "--car", "123456"], "is no car"),
        ([*INSPECT, "cleared", "--car", "TTGX 1234567"], "is no car"),
        ([*INSPECT, "unknown", "--place", "3"], "result is UNKNOWN"),
        ([*INSPECT, "cleared", "--place", "9999"], "place must lie in"),
        ([*INSPECT, "cleared", "--place", "3", "--seal", ""], "seals"),
        (["rail", "release", "2304/R1", "T1", "--officer", ""], "officer_id must have"),
        (["rail", "arrive", "2304/R1", "T1", "--at", "2126-01-01T00:00Z"], "observed_at must lie in"),
        (["rail", "audit"], "--train or its visit"),
        (["rail", "audit", "--train", "T1", "--visit", VISIT], "--train or its visit"),
        (["rail", "audit", "/nowhere/all.avro", "--train", "T1"], "cannot read /nowhere/all.avro"),
        (["watch", "--json"], "--json needs --rail"),
        (["watch", "--rail", "--reveal"], "--rail shows no plates"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = any(one.endswith(".avro") for one in arguments)
    assert main(arguments if files else [*arguments, *NOWHERE]) == 1
    assert message in capsys.readouterr().err


def test_a_car_is_named_as_it_is_painted() -> None:
    assert car_of(" ttgx 000123 ") == car_of("TTGX123") == ("TTGX", 123)
    assert port_of("MX-370/R1") == "MX-370"
    with pytest.raises(UserError, match="is no car"):
        car_of("T 1")


def test_of_two_officers_at_one_car_neither_overrules_the_other() -> None:
    first, second = [
        inspection_of(
            "2304/R1",
            "T1",
            OperatingMode.OPERATIONAL,
            officer_id,
            result,
            car="TTGX 5",
            place=None,
            seals_intact=None,
            seals=(),
            at=None,
            revision=1,
        )
        for officer_id, result in (("1", HandInspectionResult.CLEARED), ("2", HandInspectionResult.CONTRABAND))
    ]
    assert first.inspection_id != second.inspection_id


def test_why_a_train_must_not_go() -> None:
    def why(**fields: object) -> str:
        return why_not(newest_visit(seen(train(**fields)), "2304", "T1", OperatingMode.OPERATIONAL), "2304/R1")

    assert why() == ""
    assert why(covered=False, cars_open=3, cars_missing=1) == "3 cars are open and 1 missing"
    assert "scanner is taken to have failed" in why(covered=False, coverable=False)
    assert why(covered=False, consist_revision=None) == "there is no list of it"
    assert "has not shown one whole train" in why(covered=False)
    assert why(released_at=ENTERED) == "it was released before"
    assert why(track_id="2304/R2") == "it was seen on 2304/R2"
    assert why(track_id=None) == "it was not seen on any track"
    assert (
        why(train_id="T2") == why(operating_mode=OperatingMode.EXERCISE) == "the log of these days knows nothing of it"
    )


def test_of_a_train_that_was_here_before_the_newest_visit_is_meant() -> None:
    later = train(visit_id="2304/R1/1099", decided_at=ENTERED + 9 * HOUR)
    for told in ([train(), later], [later, train()]):
        found = newest_visit(seen(*told), "2304", "T1", OperatingMode.OPERATIONAL)
        assert found is not None and found.visit_id == "2304/R1/1099"


def test_of_trains_of_one_id_the_one_that_was_not_let_go_is_meant() -> None:
    gone = train(released_at=ENTERED + HOUR, decided_at=ENTERED + 9 * HOUR)
    later = train(visit_id="2304/R1/1099", decided_at=ENTERED + 2 * HOUR)
    found = newest_visit(seen(gone, later), "2304", "T1", OperatingMode.OPERATIONAL)
    assert found is not None and found.visit_id == "2304/R1/1099"


def test_the_first_difference_between_log_and_fold_is_told_in_words() -> None:
    held = [car(1), car(2, CarState.OPEN), train()]
    assert first_difference(held, list(held)) == ""
    assert "the log lacks it" in first_difference(held[:2], held)
    assert "its readings do not give it" in first_difference(held, held[:2])
    said = first_difference(held, [car(1), car(2), train()])
    assert "car 2304/R1/1017/L2" in said and "state is OPEN in the log and CLEARED by its readings" in said
    assert "where its readings give" in first_difference(held, [car(1), train(), car(2, CarState.OPEN)])


def test_the_digest_that_was_signed_must_be_that_of_the_cars_as_they_stood_then() -> None:
    cars = [car(1, CarState.OPEN), car(2), car(1, revision=2)]
    signed = train(2, released_at=ENTERED, cars_sha256=cars_digest(newest_cars(cars)))
    later = [car(2, CarState.OPEN, revision=2), train(3, released_at=ENTERED)]
    assert digest_difference([train(), *cars, signed, *later]) == ""
    assert "cars_sha256 that was signed" in digest_difference([*cars[:2], signed, *later])
    assert "cars_sha256 that was signed" in digest_difference([*cars[::-1], signed])


def test_what_is_audited_is_the_newest_sign_off_and_none_is_an_error() -> None:
    def log(*told: TrainCoverage) -> list[LogRecord]:
        return [LogRecord(RAIL_COVERAGE.name, 0, n, 0, b"2304", one) for n, one in enumerate(told)]

    signed = {"released_at": ENTERED, "cars_sha256": "0"}
    first = train(**signed)
    second = train(visit_id="2304/R1/1099", decided_at=ENTERED + 9 * HOUR, **signed)
    elsewhere = train(visit_id="2303/R1/4", port_code="2303", **signed)
    assert signed_off(log(second, first, train(3, released_at=ENTERED)), None, "T1", None) == second
    assert signed_off(log(first, second), None, "T1", None).visit_id == "2304/R1/1099"
    assert signed_off(log(first, second), None, None, VISIT).visit_id == VISIT
    assert signed_off(log(first, elsewhere), "2303", "T1", None).visit_id == "2303/R1/4"
    with pytest.raises(UserError, match="signed off at 2303, 2304"):
        signed_off(log(first, elsewhere), None, "T1", None)
    with pytest.raises(UserError, match="was not released"):
        signed_off(log(train()), None, "T1", None)
    with pytest.raises(UserError, match="knows no train T9"):
        signed_off(log(first), None, "T9", None)


def test_a_capture_without_the_train_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "all.avro"
    with ContainerWriter(file) as writer:
        writer.write(LogRecord(RAIL_COVERAGE.name, 0, 0, ENTERED, b"2304", train()))
    assert main(["rail", "audit", str(file), "--train", "T1"]) == 1
    assert "train T1 was not released" in capsys.readouterr().err


@pytest.fixture
def at(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def tell(platform: LocalPlatform, *told: msgspec.Struct) -> None:
    """Coverage as the stage would tell it."""
    with Publisher(platform.broker, platform.codec, RAIL_COVERAGE) as publisher:
        for one in told:
            publisher.publish(one)


def at_port(port_code: str, *told: CarCoverage | TrainCoverage) -> list[CarCoverage | TrainCoverage]:
    """The same of a port of the test's own, decided now."""
    now, track_id = time.time_ns() // 1000, f"{port_code}/R1"
    visit_id = f"{track_id}/1017"
    moved = []
    for one in told:
        changes: dict[str, object] = {"port_code": port_code, "track_id": track_id, "visit_id": visit_id}
        if isinstance(one, CarCoverage):
            changes["coverage_id"] = one.coverage_id.replace(VISIT, visit_id)
        moved.append(msgspec.structs.replace(one, decided_at=now, **changes))
    return moved


def written(platform: LocalPlatform, port_code: str) -> list[object]:
    records = log_of(platform, [RAIL_READINGS.name])
    return [record.value for record in records if getattr(record.value, "port_code", None) == port_code]


def printed(capsys: pytest.CaptureFixture[str], *command: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main([*command]) == 0
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.integration
def test_what_people_tell_is_in_the_log_of_their_port(platform: LocalPlatform, at: list[str]) -> None:
    assert main(["rail", "arrive", "9101/R1", "T1", "--at", "2020-11-24T14:00Z", *at]) == 0
    named = ["--car", "ttgx 123", "--seal", "A1", "--seal", "A2", "--no-seals-intact", "--revision", "2"]
    assert main(["rail", "inspect", "9101/R1", "T1", "--officer", "7", "--result", "cleared", *named, *at]) == 0
    by_place = ["--place", "17", "--mode", "simulated"]
    assert main(["rail", "inspect", "9101/R1", "T1", "--officer", "7", "--result", "contraband", *by_place, *at]) == 0
    arrived, first, second = written(platform, "9101")
    assert isinstance(arrived, TrainEvent) and arrived.kind is TrainEventKind.ARRIVED
    assert (arrived.train_id, arrived.track_id, arrived.observed_at) == ("T1", "9101/R1", 1_606_226_400_000_000)
    assert isinstance(first, HandInspection) and isinstance(second, HandInspection)
    assert (first.mark, first.number, first.place) == ("TTGX", 123, None)
    assert (first.seals, first.seals_intact, first.revision) == (("A1", "A2"), False, 2)
    assert (second.mark, second.number, second.place, second.seals_intact) == (None, None, 17, None)
    assert (second.result, second.operating_mode) == (HandInspectionResult.CONTRABAND, OperatingMode.SIMULATED)


@pytest.mark.integration
def test_a_train_with_an_open_car_is_released_only_uncovered(
    platform: LocalPlatform, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    release = ["rail", "release", "9102/R1", "T1", "--officer", "4711", *at]
    assert main(release) == 1 and "the log of these days knows nothing of it" in capsys.readouterr().err
    left = opened(2, CoverageReason.SCAN_ALARM)
    tell(platform, *at_port("9102", train(1, covered=False, cars_open=1), car(1), left))
    assert main(release) == 1
    said = capsys.readouterr().err
    assert "1 cars are open" in said and "scan alarm → inspect by hand" in said
    assert written(platform, "9102") == []
    assert main([*release, "--uncovered"]) == 0
    assert "not covered: 1 cars are open" in capsys.readouterr().out
    tell(platform, *at_port("9102", train(2)))
    assert main(release) == 0
    assert "by 4711, covered" in capsys.readouterr().out
    for event in written(platform, "9102"):
        assert isinstance(event, TrainEvent) and event.kind is TrainEventKind.RELEASED
        assert (event.train_id, event.track_id, event.officer_id) == ("T1", "9102/R1", "4711")


@pytest.mark.integration
def test_status_and_watch_tell_of_trains_as_people_and_as_json(
    platform: LocalPlatform, at: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    one = train(covered=False, cars_open=1, cars_scanned_well=9)
    tell(platform, *at_port("9103", one, car(1), opened(2, CoverageReason.SHIELDED)))
    status = ["rail", "status", "--port", "9103", *at]
    snapshot, day = printed(capsys, *status, "--json")
    assert (snapshot["track_id"], snapshot["strip"], snapshot["covered"]) == ("9103/R1", "CO", False)
    assert (day["port_code"], day["cars"], day["scanned_well_ratio"]) == ("9103", 10, 0.9)
    assert main(status) == 0
    text = capsys.readouterr().out
    assert "9103/R1" in text and "90.0 %" in text
    lines = printed(capsys, "watch", "--rail", "--json", "--seconds", "2", *at)
    assert [line["strip"] for line in lines if line["port_code"] == "9103"] == ["CO"]
    assert main(["watch", "--rail", "--seconds", "1", *at]) == 0
    assert "9103/R1  train T1" in capsys.readouterr().out
    assert main(["rail", "status", "--port", "9199", *at]) == 0
    assert "no train at 9199" in capsys.readouterr().out


@pytest.mark.integration
def test_prometheus_reads_the_share_of_cars_scanned_well(platform: LocalPlatform, at: list[str]) -> None:
    now = time.time_ns() // 1000
    (one,) = at_port("9104", train(cars_scanned_well=8, covered=False, entered_at=now, left_at=now))
    tell(platform, one)
    command = border_command("exporter", "--port", "0", *at)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1].rstrip(";")
            wanted = 'border_rail_scanned_well_ratio{day="today",mode="OPERATIONAL",port="9104"} 0.8'
            eventually(lambda: wanted in urllib.request.urlopen(url).read().decode(), 30, "the gauge")
        finally:
            process.send_signal(signal.SIGTERM)


def folded(readings: list[Any]) -> list[LogRecord]:
    """The readings and what the stage makes of them, as the log holds both."""
    replay, log = StageReplay(TrainsStage()), list[LogRecord]()
    for offset, reading in enumerate(readings):
        key = reading.port_code.encode()
        partition = partition_of(key, RAIL_READINGS.partitions)
        given = LogRecord(RAIL_READINGS.name, partition, offset, reading.received_at, key, reading)
        log += [given, *[placed(output, len(log), reading.received_at) for output in replay.advance(given)]]
    return log


@pytest.fixture
def log() -> list[LogRecord]:
    """Of a train of five cars, one of which was not scanned, that was let go; an operator's word comes later."""
    rolling = changed(changed(freight(5), 4, scan=False), 5, operator=ScanDecision.UNKNOWN)
    *readings, late = [*Portal().read(rolling), undecided_scan_decided(rolling)]
    return folded([consist(rolling), *readings, released(), late])


def undecided_scan_decided(rolling: Sequence[Rolling]) -> CarScan:
    """The word on the image of the car in sixth place, after the release."""
    (shot,) = [one for one in Portal().read(rolling) if isinstance(one, CarScan) and one.first_axle == 25]
    at = START + 9_000 * SECOND
    told = {"reading_id": "late word", "revision": 2, "received_at": at, "operator_decision": ScanDecision.CLEAR}
    return msgspec.structs.replace(shot, **told)


def audited(log: list[LogRecord], directory: Path) -> int:
    """Exit status of the audit of a capture."""
    file = directory / "all.avro"
    with ContainerWriter(file) as writer:
        for record in log:
            writer.write(record)
    return main(["rail", "audit", str(file), "--train", TRAIN])


def test_an_honest_log_passes_the_audit(
    log: list[LogRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(log, tmp_path) == 0
    said = capsys.readouterr().out
    assert "NOT covered" in said and "are what the readings give" in said and "cars_sha256" in said


def test_an_honest_log_in_which_cars_were_withdrawn_passes_the_audit(tmp_path: Path) -> None:
    """A car on no list has no name of its own until its tags come."""
    rolling = freight(6)
    readings = Portal().read([*rolling[:4], Rolling("GUNX", 777777), *rolling[4:]])
    late = [one for one in readings if isinstance(one, CarTagRead) and one.mark == "GUNX"]
    log = folded([consist(rolling), *[one for one in readings if one not in late], *late, released()])
    assert any(is_car(record, CarState.WITHDRAWN) for record in log)
    assert audited(log, tmp_path) == 0


def is_car(record: LogRecord, state: CarState) -> bool:
    return isinstance(record.value, CarCoverage) and record.value.state is state


def tampered(log: list[LogRecord], how: str) -> list[LogRecord]:
    """The log with one record changed, missing, put in, or moved."""
    opened_at = max(n for n, record in enumerate(log) if is_car(record, CarState.OPEN))
    signed_at = max(n for n, record in enumerate(log) if getattr(record.value, "cars_sha256", None))
    tag_at = next(n for n, record in enumerate(log) if isinstance(record.value, CarTagRead))
    if how == "a car made clear":
        cleared = msgspec.structs.replace(log[opened_at].value, state=CarState.CLEARED, reasons=())  # type: ignore[type-var]
        return [*log[:opened_at], log[opened_at]._replace(value=cleared), *log[opened_at + 1 :]]
    if how == "a train made covered":
        covered = msgspec.structs.replace(log[signed_at].value, covered=True)  # type: ignore[type-var]
        return [*log[:signed_at], log[signed_at]._replace(value=covered), *log[signed_at + 1 :]]
    if how == "a car left out":
        return [*log[:opened_at], *log[opened_at + 1 :]]
    if how == "a car told twice":
        return [*log, log[opened_at]]
    assert how == "a reading left out"
    return [*log[:tag_at], *log[tag_at + 1 :]]


@pytest.mark.parametrize(
    ("how", "difference"),
    [
        ("a car made clear", "state is CLEARED in the log and OPEN by its readings"),
        ("a train made covered", "covered is True in the log and False by its readings"),
        ("a car left out", "where its readings give"),
        ("a car told twice", "its readings do not give it"),
        ("a reading left out", "in the log and"),
    ],
)
def test_the_audit_finds_what_was_tampered_with(
    how: str, difference: str, log: list[LogRecord], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(tampered(log, how), tmp_path) == 1
    said = capsys.readouterr().out
    assert "DIFFERS: " in said and difference in said
