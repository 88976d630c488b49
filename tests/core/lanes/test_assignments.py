"""Mobile X-ray units: a scan is of the vehicle that stood there, and of no lane that its unit is not assigned to."""

import random
from typing import Any

import msgspec
import pytest

from schemas.container import LogRecord
from schemas.layout import load_lanes
from schemas.partitioning import partition_of
from schemas.records import (
    Direction,
    OperatingMode,
    Passage,
    PassageState,
    ScanDecision,
    ScanQuality,
    SensorRole,
    UnitAssignment,
    XrayScan,
)
from schemas.topics import LANE_READINGS
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.lanes.assignments import ASSIGNMENTS_MAX, NEAR_ASSIGNMENT
from streams.core.lanes.state import decode
from streams.core.replay import Chain, compare
from streams.core.stage import Output, Record, Rejected
from tests.core.crashes import folded_through_crashes
from tests.core.lanes.builders import (
    KEY,
    LANE,
    PLACES_M,
    SECOND,
    START,
    STATE_KEY,
    USUAL_MPS,
    Car,
    LaneRun,
    heartbeat,
    readings_of,
)

UNIT = "mobile-3"
DAY_SECONDS = NEAR_ASSIGNMENT // SECOND


def assigned(name: str = "a1", begins: float = -600.0, ends: float | None = None, **fields: Any) -> UnitAssignment:
    """The unit stands in the lane from and until these seconds."""
    values: dict[str, Any] = {
        "assignment_id": f"{UNIT}/{name}",
        "revision": 1,
        "unit_id": UNIT,
        "port_code": "2301",
        "lane_id": LANE,
        "from_at": START + round(begins * SECOND),
        "until_at": None if ends is None else START + round(ends * SECOND),
        "assigned_by": "engineer-7",
        "received_at": START + round(begins * SECOND),
        "operating_mode": OperatingMode.SIMULATED,
    }
    return UnitAssignment(**(values | fields))


def scan(name: str, seconds: float, assignment: str | None = "a1", **fields: Any) -> XrayScan:
    """What the unit saw at a time; an alarm, so that it is seen which vehicle got it."""
    at = START + round(seconds * SECOND)
    values: dict[str, Any] = {
        "reading_id": f"{UNIT}/{name}",
        "lane_id": LANE,
        "device_id": UNIT,
        "observed_at": at,
        "received_at": at + SECOND // 10,
        "operating_mode": OperatingMode.SIMULATED,
        "direction": Direction.SOUTHBOUND,
        "unit_id": UNIT,
        "machine_decision": ScanDecision.ALARM,
        "operator_decision": ScanDecision.UNKNOWN,
        "scan_quality": ScanQuality.GOOD,
        "assignment_id": None if assignment is None else f"{UNIT}/{assignment}",
    }
    return XrayScan(**(values | fields))


def finals(run: LaneRun) -> list[Passage]:
    return run.finish().passages(PassageState.FINAL)


def reason_of(run: LaneRun, one: Any) -> str:
    """Why it is refused; nothing may have changed."""
    run.fold.take_changes()
    with pytest.raises(Rejected) as caught:
        run.send(one)
    assert run.fold.take_changes() == {}
    return caught.value.reason


def at_xray(car: Car) -> float:
    """When a car that nothing holds up is where the mobile unit stands."""
    return car.enters + PLACES_M[SensorRole.XRAY] / USUAL_MPS


def test_a_scan_of_an_assigned_unit_is_of_the_vehicle_that_stood_before_it() -> None:
    cars = [Car(f"car{number}", 9.0 * number, f"ABC123{number}") for number in range(4)]
    scanned = scan("s1", at_xray(cars[2]))
    readings = [*readings_of(cars), scanned]
    run = LaneRun()
    run.send(assigned(), *sorted(readings, key=lambda one: one.received_at))
    found = {passage.plate: passage for passage in finals(run)}
    assert [passage.xray_machine_decision for _, passage in sorted(found.items())] == [
        ScanDecision.UNKNOWN, ScanDecision.UNKNOWN, ScanDecision.ALARM, ScanDecision.UNKNOWN,
    ]  # fmt: skip
    assert found["ABC1232"].xray_unit_id == UNIT
    assert scanned.reading_id in [one.reading_id for one in found["ABC1232"].readings]
    assert run.fold.counters["unit_assignments"] == 1
    assert "scans_of_unknown_assignments" not in run.fold.counters


def test_a_scan_that_contradicts_what_the_lane_was_told_is_refused() -> None:
    run = LaneRun()
    run.send(assigned("a1", 0.0, 60.0), assigned("a2", 100.0, 100.0, received_at=START))
    assert reason_of(run, scan("early", -1.0)) == "not_assigned"
    assert reason_of(run, scan("other", 5.0, unit_id="mobile-4")) == "not_assigned"
    assert reason_of(run, scan("withdrawn", 100.0, "a2")) == "not_assigned"
    assert reason_of(run, scan("long", 5.0, "a" * 129)) == "impossible_value"
    run.send(scan("good", 5.0))
    # Its clock is ahead: it was told while the assignment held, and what comes of it later is of the same scan.
    run.send(scan("ahead", 70.0))


def test_a_scan_past_the_gateway_is_refused_where_the_unit_is_known_to_roam() -> None:
    run = LaneRun()
    run.send(scan("before anything is known", 0.0, None))
    run.send(assigned("a1", 10.0, 60.0))
    assert reason_of(run, scan("before", 9.0, None)) == "not_assigned"
    run.send(scan("meanwhile", 30.0, None))
    assert reason_of(run, scan("behind", 61.0, None)) == "not_assigned"
    run.send(scan("another unit", 62.0, None, unit_id="portal-1"))
    run.send(scan("come to stay", 61.0 + DAY_SECONDS, None))


def test_a_scan_of_an_assignment_that_went_by_the_other_topic_is_taken_and_counted() -> None:
    run = LaneRun()
    run.send(assigned("a1", 0.0, 60.0), scan("s1", 100.0, "a2"))
    assert run.fold.counters["scans_of_unknown_assignments"] == 1
    backlog, outputs = BacklogStage(load_lanes()).open(0, {}), list[Output]()
    for one in (assigned("a1", 0.0, 60.0), scan("s1", 10.0), scan("s2", 100.0, "a2")):
        backlog.advance(Record(KEY, one, one.received_at), outputs)
    assert backlog.counters["scans_of_unknown_assignments"] == 1


def test_the_highest_revision_holds_however_often_and_late_the_others_come() -> None:
    run = LaneRun()
    first, ended = assigned("a1", 0.0), assigned("a1", 0.0, 60.0, revision=2)
    run.send(ended, first, ended)
    assert run.fold.counters == {"unit_assignments": 1, "repeated_unit_assignments": 2}
    assert reason_of(run, scan("behind", 61.0, None)) == "not_assigned"


def test_a_lane_remembers_so_many_assignments_and_its_state_keeps_them() -> None:
    stored: dict[bytes, bytes] = {}
    run = LaneRun(stored)
    run.send(*(assigned(f"a{number}", float(number), number + 0.5) for number in range(ASSIGNMENTS_MAX + 5)))
    changes = run.fold.take_changes()
    stays = decode(changes[STATE_KEY] or b"").stays
    assert list(stays) == [f"{UNIT}/a{number}" for number in range(5, ASSIGNMENTS_MAX + 5)]
    assert stays[f"{UNIT}/a5"] == (UNIT, 1, START + 5 * SECOND, START + 5_500_000)


@pytest.mark.parametrize(
    "fields",
    [
        {"port_code": "2302"},
        {"assignment_id": ""},
        {"unit_id": "u" * 129},
        {"assigned_by": ""},
        {"from_at": 0},
        {"until_at": START - 601 * SECOND},
        {"revision": 0},
        {"operating_mode": OperatingMode.UNKNOWN},
    ],
)
def test_what_cannot_be_an_assignment_is_refused(fields: dict[str, Any]) -> None:
    assert reason_of(LaneRun(), assigned(**fields)) == "impossible_value"


def test_an_assignment_under_another_lanes_key_or_from_the_future_is_refused() -> None:
    run, outputs = LaneRun(), list[Output]()
    told = assigned()
    for key, appended_at, reason in (
        (b"2301/04", told.received_at, "wrong_key"),
        (KEY, told.received_at - 400 * SECOND, "clock_ahead"),
    ):
        with pytest.raises(Rejected) as caught:
            run.fold.advance(Record(key, told, appended_at), outputs)
        assert caught.value.reason == reason
    elsewhere = msgspec.structs.replace(told, lane_id="2301/77")
    assert reason_of(run, elsewhere) == "unknown_lane"


def shift() -> list[Any]:
    """Four cars, each scanned, and the unit's way in and out, as they arrive."""
    cars = [Car(f"car{number}", 9.0 * number, f"ABC123{number}") for number in range(4)]
    readings = [*readings_of(cars), *(scan(car.name, at_xray(car)) for car in cars)]
    ended = assigned("a1", -600.0, 60.0, revision=2, received_at=START + 60 * SECOND)
    return [assigned(), *sorted([*readings, ended], key=lambda one: one.received_at), heartbeat(3_600.0)]


def test_a_log_with_assignments_proves_itself() -> None:
    partition = partition_of(KEY, LANE_READINGS.partitions)
    given = [
        LogRecord(LANE_READINGS.name, partition, offset, one.received_at, KEY, one)
        for offset, one in enumerate(shift())
    ]
    chain = Chain([LanesStage(load_lanes())])
    log = [*given, *(written for record in given for written in chain.advance(record))]
    proof = compare([LanesStage(load_lanes())], log)
    assert proof.good and proof.total.expected > 4
    # A stage that had not seen the hand-over would have let in what the unit is said to see afterwards.
    late = scan("late", 61.0, None)
    refused = LogRecord(LANE_READINGS.name, partition, len(given), late.received_at, KEY, late)
    assert compare([LanesStage(load_lanes())], [*log, refused]).replays[0].dead_letters == {"not_assigned": 1}


def test_crashes_and_roll_backs_change_nothing() -> None:
    log = [Record(KEY, one, one.received_at) for one in shift()]
    stage, stored, outputs = LanesStage(load_lanes()), dict[bytes, bytes](), list[Output]()
    straight = stage.open(0, stored)
    for record in log:
        straight.advance(record, outputs)
    stored |= {key: state for key, state in straight.take_changes().items() if state is not None}
    written, committed = folded_through_crashes(lambda state: stage.open(0, state), log, random.Random(4), 5)
    assert written == [output.value for output in outputs] != []
    assert committed == stored
    assert decode(stored[STATE_KEY]).stays
