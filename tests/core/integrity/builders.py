"""Outcomes, selections and drawn duties of one port, and ticks that move its time."""

from typing import Any

import msgspec

from schemas.records import (
    Finding,
    InspectionResolution,
    LaneMode,
    Light,
    OfficerAssignment,
    OperatingMode,
    Outcome,
    OutcomeState,
    OversightRequirement,
    ReferralReason,
    Selection,
    Tick,
)
from schemas.topics import FINDINGS, LANE_DECISIONS
from streams.core.integrity.cases import SETTLED_SECONDS
from streams.core.integrity.stage import IntegrityFold
from streams.core.rotation import ROTATION_PREFIX
from streams.core.stage import Output, Record

SECOND = 1_000_000
HOUR = 3600
DAY = 24 * HOUR
START = 1_790_000_000 * SECOND
PORT = "2301"
OFFICERS = tuple(f"officer-{number}" for number in range(6))
PEERS = OFFICERS[:5]
BAD = OFFICERS[5]
SETTLED = SETTLED_SECONDS + 2 * DAY


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def lane(number: int) -> str:
    """The lane of a number, 99 for 0: lane 00 is the canary's."""
    return f"{PORT}/{number or 99:02d}"


def place(lane_number: int, passage: str) -> dict[str, Any]:
    return {
        "passage_id": f"{lane(lane_number)}/{passage}",
        "lane_id": lane(lane_number),
        "port_code": PORT,
        "lane_mode": LaneMode.PASSENGER,
        "operating_mode": OperatingMode.OPERATIONAL,
        "referral_reason": ReferralReason.NONE,
        "random_draw": False,
        "risk_over_threshold": False,
        "must_refer": False,
        "random_key_id": "",
        "rule_set_version": "2026-11",
    }


def selection(lane_number: int, passage: str, seconds: float, **fields: Any) -> Selection:
    values = place(lane_number, passage) | {
        "passage_number": 1,
        "selected_at": at(seconds),
        "light": Light.GREEN,
        "propensity": 0.05,
        "threshold_log_odds": -5.0,
        "log_odds": -7.0,
    }
    return Selection(**(values | fields))


def outcome(lane_number: int, passage: str, seconds: float, **fields: Any) -> Outcome:
    values = place(lane_number, passage) | {
        "revision": 1,
        "state": OutcomeState.PASSED,
        "selected_at": at(seconds),
        "light": Light.GREEN,
        "final_light": Light.GREEN,
        "overrides": 0,
        "resolution": InspectionResolution.UNKNOWN,
        "firearms": 0,
        "magazines": 0,
        "rounds": 0,
        "closed_at": at(seconds + 900),
    }
    values |= fields
    return Outcome(**({"light_given": values["light"]} | values))


def red(lane_number: int, passage: str, seconds: float, officer_id: str, **fields: Any) -> Outcome:
    """A red light, inspected for 20 minutes unless told otherwise."""
    inspected = {
        "light": Light.RED,
        "final_light": Light.RED,
        "state": OutcomeState.INSPECTED,
        "officer_on_duty_id": officer_id,
        "inspection_ids": ("i",),
        "inspection_officer_ids": (officer_id,),
        "inspection_started_at": at(seconds + 60),
        "inspection_ended_at": at(seconds + 1260),
        "closed_at": at(seconds + 1260),
    }
    return outcome(lane_number, passage, seconds, **(inspected | fields))


def not_inspected(lane_number: int, passage: str, seconds: float, officer_id: str, **fields: Any) -> Outcome:
    values = {
        "state": OutcomeState.NOT_INSPECTED,
        "inspection_ids": (),
        "inspection_officer_ids": (),
        "inspection_started_at": None,
        "inspection_ended_at": None,
    }
    return red(lane_number, passage, seconds, officer_id, **(values | fields))


def duty(
    lane_number: int,
    officer_id: str,
    from_s: float,
    until_s: float,
    prefix: str = ROTATION_PREFIX,
    drawing: str = "1-drawn",
) -> Any:
    return OfficerAssignment(
        assignment_id=f"{prefix}{lane(lane_number)} {from_s} {drawing}",
        officer_id=officer_id,
        lane_id=lane(lane_number),
        port_code=PORT,
        from_at=at(from_s),
        until_at=at(until_s),
        received_at=at(from_s - HOUR),
    )


def block(officers: tuple[str, ...], from_s: float, prefix: str = ROTATION_PREFIX, seconds: float = HOUR) -> list[Any]:
    """One block of a rotation: the officers in the lanes 0, 1, … in this order."""
    return [duty(number, name, from_s, from_s + seconds, prefix) for number, name in enumerate(officers)]


def requirement(version: str, seconds: float, **fields: Any) -> OversightRequirement:
    values = {
        "requirement_id": f"require {version}",
        "rule_set_version": version,
        "valid_from_at": at(seconds),
        "required_by": "auditor-1",
        "received_at": at(seconds),
    }
    return OversightRequirement(**(values | fields))


def tick(seconds: float, source: int = 0) -> Tick:
    return Tick(source_topic=LANE_DECISIONS.name, source_partition=source, watermark_at=at(seconds))


def record(value: msgspec.Struct) -> Record:
    return Record(PORT.encode(), value, at(1_000 * DAY))


def advance(fold: IntegrityFold, *values: msgspec.Struct) -> list[Finding]:
    """The findings that come of records."""
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    assert all(output.topic is FINDINGS and output.key == PORT.encode() for output in outputs)
    return [output.value for output in outputs if isinstance(output.value, Finding)]


def with_peers() -> IntegrityFold:
    """A fold in which five officers have inspected 40 red lights each, as they should."""
    fold = IntegrityFold({})
    for number in range(200):
        advance(fold, red(1, f"peer-{number}", 60.0 * number, PEERS[number % 5]))
    assert advance(fold, tick(SETTLED)) == []
    return fold


def settled(fold: IntegrityFold, *outcomes: Any) -> list[Any]:
    """The findings of outcomes once all reports are in."""
    assert advance(fold, *outcomes) == []
    return advance(fold, tick(20 * DAY))
