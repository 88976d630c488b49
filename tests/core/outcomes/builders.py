"""Decisions, overrides and inspections of one lane, and ticks that move its time."""

from typing import Any

import msgspec

from schemas.records import (
    Evidence,
    FairnessGroup,
    HitConfirmation,
    HitConfirmationReason,
    Inspection,
    InspectionResolution,
    LaneMode,
    Light,
    LightAnswer,
    LightAnswerReason,
    OfficerAssignment,
    OperatingMode,
    Outcome,
    Override,
    OverrideReason,
    PlateFormat,
    PlateIssuer,
    ReferralReason,
    Score,
    Selection,
    Tick,
)
from schemas.topics import PASSAGES
from streams.core.light.questions import FALLBACK_REASONS
from streams.core.outcomes.stage import OutcomesFold
from streams.core.stage import Output, Record

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
LANE = "2301/03"
PRIOR = -7.7


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def place(number: int, lane_id: str = LANE) -> dict[str, Any]:
    return {
        "passage_id": f"{lane_id}/{number}",
        "lane_id": lane_id,
        "port_code": lane_id.partition("/")[0],
        "operating_mode": OperatingMode.OPERATIONAL,
    }


def selection(number: int = 1, light: Light = Light.RED, seconds: float = 0.0, **fields: Any) -> Selection:
    values = place(number) | {
        "lane_mode": LaneMode.PASSENGER,
        "passage_number": number,
        "selected_at": at(seconds),
        "light": light,
        "referral_reason": ReferralReason.RANDOM if light is Light.RED else ReferralReason.NONE,
        "random_draw": light is Light.RED,
        "risk_over_threshold": False,
        "must_refer": False,
        "propensity": 0.05,
        "threshold_log_odds": -5.0,
        "log_odds": PRIOR + 1.5,
        "random_key_id": "2301-2026-09-21",
        "rule_set_version": "2026-11-test",
        "fairness_group": FairnessGroup(
            issuer=PlateIssuer.US_TX, plate_format=PlateFormat.ISSUERS, local_hour=number % 24
        ),
    }
    return Selection(**(values | fields))


def score(number: int = 1, seconds: float = 0.0, log_odds: float = 1.5, **fields: Any) -> Score:
    evidence = Evidence(name="gross_weight", group="weight", log_odds=log_odds, explanation="heavy", reading_ids=("r",))
    values = place(number) | {
        "revision": 1,
        "scored_at": at(seconds),
        "prior_log_odds": PRIOR,
        "evidence": (evidence,),
        "log_odds": PRIOR + log_odds,
        "probability": 0.002,
        "rule_set_version": "2026-11-test",
    }
    return Score(**(values | fields))


def override(number: int = 1, light: Light = Light.GREEN, seconds: float = 20.0, **fields: Any) -> Override:
    values = place(number) | {
        "override_id": f"override-{number}-{light}",
        "officer_id": "officer-7",
        "light": light,
        "reason": OverrideReason.SECONDARY_FULL,
        "overridden_at": at(seconds),
        "received_at": at(seconds),
    }
    return Override(**(values | fields))


def confirmation(number: int = 1, confirmed: bool = False, seconds: float = 60.0, **fields: Any) -> HitConfirmation:
    values = place(number) | {
        "confirmation_id": f"confirmation-{number}-{seconds}",
        "confirmed": confirmed,
        "reason": HitConfirmationReason.SEEN_ON_VEHICLE if confirmed else HitConfirmationReason.MISREAD,
        "officer_id": "officer-7",
        "compared_at": at(seconds),
        "received_at": at(seconds),
    }
    return HitConfirmation(**(values | fields))


def inspection(
    number: int = 1, started: float = 300.0, ended: float | None = 1500.0, revision: int = 1, **fields: Any
) -> Inspection:
    values = place(number) | {
        "inspection_id": f"inspection-{number}",
        "revision": revision,
        "referral_reason": ReferralReason.RANDOM,
        "started_at": at(started),
        "ended_at": None if ended is None else at(ended),
        "officer_ids": ("officer-9",),
        "resolution": InspectionResolution.UNKNOWN if ended is None else InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
        "received_at": at(started if ended is None else ended),
    }
    return Inspection(**(values | fields))


def assignment(officer_id: str, from_seconds: float, until_seconds: float, **fields: Any) -> OfficerAssignment:
    values = {
        "assignment_id": f"{officer_id} {from_seconds}",
        "officer_id": officer_id,
        "lane_id": LANE,
        "port_code": "2301",
        "from_at": at(from_seconds),
        "until_at": at(until_seconds),
        "received_at": at(min(0.0, from_seconds)),
    }
    return OfficerAssignment(**(values | fields))


def answer(
    number: int | None = 1,
    light: Light = Light.RED,
    seconds: float = 1.0,
    reason: LightAnswerReason = LightAnswerReason.SELECTION,
    **fields: Any,
) -> LightAnswer:
    by_lot = reason in FALLBACK_REASONS
    values = place(number or 0) | {
        "answer_id": f"{LANE} {at(seconds)}",
        "passage_number": number,
        "light": light,
        "fallback": by_lot,
        "reason": reason,
        "propensity": 0.1 if by_lot else None,
        "random_key_id": "2301:2026-09-21" if by_lot else None,
        "asked_at": at(seconds),
        "answered_at": at(seconds),
        "controller_id": "controller-3",
    }
    if number is None:
        values |= {"passage_id": None, "at_light_reading_id": "reading-1"}
    return LightAnswer(**(values | fields))


def tick(seconds: float, source: int = 0) -> Tick:
    return Tick(source_topic=PASSAGES.name, source_partition=source, watermark_at=at(seconds))


def record(value: msgspec.Struct, appended: float | None = None) -> Record:
    key = getattr(value, "lane_id", LANE).encode()
    return Record(key, value, at(10_000_000) if appended is None else at(appended))


def advance(fold: OutcomesFold, *values: msgspec.Struct) -> list[Outcome]:
    """The outcomes that come of records; what is sent on to the port is left out."""
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    return [output.value for output in outputs if isinstance(output.value, Outcome)]
