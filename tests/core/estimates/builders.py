"""Outcomes of one port, ticks, and what the fold makes of them."""

from typing import Any

import msgspec

from schemas.records import (
    Arm,
    ArmEstimate,
    Contribution,
    Estimate,
    FairnessGroup,
    InspectionResolution,
    LaneMode,
    Light,
    OperatingMode,
    Outcome,
    OutcomeState,
    PlateFormat,
    PlateIssuer,
    ReferralReason,
    Tick,
)
from schemas.topics import LANE_DECISIONS
from streams.core.estimates.stage import EstimatesFold
from streams.core.stage import Output, Record

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 3600 * SECOND
FIRST = 20_700
LANE = "2301/03"
FOUND = {"firearms": 1, "resolution": InspectionResolution.WEAPONS}


def passed(number: int = 1, day: float = 0.5, **fields: Any) -> Outcome:
    """A green that passed, `day` days after the first midnight."""
    at = round((FIRST + day) * DAY)
    lane_id = fields.get("lane_id", LANE)
    values = {
        "passage_id": f"{lane_id}/{number}",
        "lane_id": lane_id,
        "port_code": lane_id.partition("/")[0],
        "lane_mode": LaneMode.PASSENGER,
        "operating_mode": OperatingMode.OPERATIONAL,
        "revision": 1,
        "state": OutcomeState.PASSED,
        "selected_at": at,
        "light": Light.GREEN,
        "final_light": Light.GREEN,
        "referral_reason": ReferralReason.NONE,
        "random_draw": False,
        "risk_over_threshold": False,
        "must_refer": False,
        "propensity": 0.05,
        "random_key_id": "2301:day",
        "rule_set_version": "2026-11-test",
        "overrides": 0,
        "resolution": InspectionResolution.UNKNOWN,
        "firearms": 0,
        "magazines": 0,
        "rounds": 0,
        "closed_at": at + 15 * MINUTE,
    }
    return Outcome(**(values | fields))


def red(number: int = 1, day: float = 0.5, **fields: Any) -> Outcome:
    """A red that nobody inspected."""
    values = {
        "state": OutcomeState.NOT_INSPECTED,
        "light": Light.RED,
        "final_light": Light.RED,
    }
    return passed(number, day, **(values | fields))


def drawn(number: int = 1, day: float = 0.5, **fields: Any) -> Outcome:
    """A red by lot that nobody inspected."""
    return red(number, day, **({"random_draw": True, "referral_reason": ReferralReason.RANDOM} | fields))


def inspected(said: Outcome, minutes: int = 20, officers: int = 2, **fields: Any) -> Outcome:
    """The same, inspected from 5 minutes after the light."""
    assert said.selected_at is not None
    values = {
        "state": OutcomeState.INSPECTED,
        "inspection_ids": ("i",),
        "inspection_officer_ids": tuple(f"officer-{n}" for n in range(officers)),
        "inspection_started_at": said.selected_at + 5 * MINUTE,
        "inspection_ended_at": said.selected_at + (5 + minutes) * MINUTE,
        "resolution": InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
        "closed_at": said.selected_at + (5 + minutes) * MINUTE,
    }
    return msgspec.structs.replace(said, **(values | fields))


def revised(said: Outcome, revision: int = 2, **fields: Any) -> Outcome:
    return msgspec.structs.replace(said, revision=revision, **fields)


def with_evidence(said: Outcome, *names: str) -> Outcome:
    return msgspec.structs.replace(said, evidence=tuple(Contribution(name=name, log_odds=1.0) for name in names))


def grouped(issuer: PlateIssuer = PlateIssuer.US_TX, hour: int | None = 12) -> FairnessGroup:
    return FairnessGroup(issuer=issuer, plate_format=PlateFormat.ISSUERS, local_hour=hour)


def tick(day: float, source: int = 0) -> Tick:
    return Tick(source_topic=LANE_DECISIONS.name, source_partition=source, watermark_at=round((FIRST + day) * DAY))


def record(value: msgspec.Struct) -> Record:
    return Record(getattr(value, "port_code", "0").encode(), value, (FIRST + 400) * DAY)


def advance(fold: EstimatesFold, *values: msgspec.Struct) -> list[Estimate]:
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    return [output.value for output in outputs if isinstance(output.value, Estimate)]


def month(*outcomes: Outcome) -> Estimate:
    """The one estimate of outcomes within the first 30 days."""
    (told,) = advance(EstimatesFold({}), tick(0), *outcomes, tick(31))
    return told


def arm(estimate: Estimate, wanted: Arm) -> ArmEstimate:
    (found,) = [one for one in estimate.groups[0].arms if one.arm is wanted]
    return found
