"""Policies, selections and ticks of one port, and what comes of them."""

from typing import Any

import msgspec

from schemas.partitioning import partition_of
from schemas.records import (
    ChangeKind,
    InspectionResolution,
    LaneMode,
    Light,
    Outcome,
    OutcomeState,
    ReferenceChange,
    ReferralReason,
    SecondaryStaffing,
    Selection,
    SelectionThreshold,
    Tick,
)
from schemas.topics import LANE_DECISIONS, OUTCOMES
from streams.core.policy.stage import PolicyFold
from streams.core.stage import Output, Record
from streams.core.vehicles.decisions import is_over
from tests.core.outcomes.builders import at, selection

PORT = "2301"
PARTITION = partition_of(PORT.encode(), OUTCOMES.partitions)

POLICY = """
version = "policy-1"

[[budgets]]
port_code = "2301"
lane_mode = "PASSENGER"
random_propensity = 0.02
minutes_per_inspection = 20.0
shifts = [{ from_hour_utc = 0.0, inspectors = 6.0 }]
"""  # 18 reds an hour


def change(text: str = POLICY, version: str = "policy-1", **fields: Any) -> ReferenceChange:
    values: dict[str, Any] = {
        "change_id": "c1",
        "kind": ChangeKind.SELECTION_POLICY,
        "changed_by": "a-1",
        "approved_by": "b-2",
        "changed_at": at(0),
        "selection_policy_version": version,
        "selection_policy_text": text,
    }
    return ReferenceChange(**(values | fields))


def chosen(
    number: int,
    log_odds: float,
    threshold: float | None,
    seconds: float,
    share: float | None = None,
    lot: float = 0.0,
    **fields: Any,
) -> Selection:
    """The selection of a vehicle that was not drawn, by a threshold."""
    over = threshold is not None and is_over(log_odds, threshold, share, lot)
    values: dict[str, Any] = {
        "light": Light.RED if over else Light.GREEN,
        "referral_reason": ReferralReason.ATS_RECOMMENDATION if over else ReferralReason.NONE,
        "random_draw": False,
        "risk_over_threshold": over,
        "log_odds": log_odds,
        "policy_version": "policy-1",
    }
    return selection(number, seconds=seconds, **(values | fields))


def outcome(said: Selection, state: OutcomeState, revision: int = 1, **fields: Any) -> Outcome:
    """What became of a selected vehicle."""
    values: dict[str, Any] = {name: getattr(said, name) for name in Outcome.__struct_fields__ if hasattr(said, name)}
    green = state in (OutcomeState.PASSED, OutcomeState.RELEASED)
    values |= {
        "revision": revision,
        "state": state,
        "final_light": Light.GREEN if green else Light.RED,
        "overrides": 0,
        "resolution": InspectionResolution.UNKNOWN,
        "firearms": 0,
        "magazines": 0,
        "rounds": 0,
        "closed_at": said.selected_at,
    }
    return Outcome(**(values | fields))


def staffing(inspectors: float, from_seconds: float, until_seconds: float, **fields: Any) -> SecondaryStaffing:
    values: dict[str, Any] = {
        "staffing_id": "s1",
        "port_code": PORT,
        "lane_mode": LaneMode.PASSENGER,
        "inspectors": inspectors,
        "from_at": at(from_seconds),
        "until_at": at(until_seconds),
        "told_by": "officer-1",
        "received_at": at(0),
    }
    return SecondaryStaffing(**(values | fields))


def tick(seconds: float, source: int = 0) -> Tick:
    return Tick(source_topic=LANE_DECISIONS.name, source_partition=source, watermark_at=at(seconds))


def record(value: msgspec.Struct) -> Record:
    return Record(getattr(value, "port_code", PORT).encode(), value, at(10_000_000))


def told(fold: PolicyFold, *values: msgspec.Struct) -> list[SelectionThreshold]:
    """What records make the stage tell the first partition of the passages."""
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    return [output.value for output in outputs if output.partition == 0]  # type: ignore[misc]
