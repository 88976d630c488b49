"""What the integrity stage refuses: what would corrupt a count or overflow a bound."""

from typing import Final

from schemas.records import OfficerAssignment, OperatingMode, Outcome, OversightRequirement, Selection, SensorRole
from streams.core.outcomes.state import INSPECTIONS_MAX
from streams.core.outcomes.validation import (
    OFFICERS_MAX,
    SECOND,
    check_duty,
    check_id,
    check_received,
    check_selection,
)
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_not_ahead, check_time
from streams.core.vehicle_history import lane_of

# A rule set may be required so long before it is in force; later ones are slips of a year.
REQUIRED_AHEAD_SECONDS_MAX: Final = 366 * 24 * 3600
SENSORS_MAX: Final = len(SensorRole)
INSPECTORS_MAX: Final = OFFICERS_MAX * INSPECTIONS_MAX


def check_place(record: Outcome | Selection, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value` if port, lane, passage and key are not of one place."""
    if key != record.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    if not 0 < len(record.passage_id) <= ID_LENGTH_MAX or lane_of(record.passage_id) != record.lane_id:
        raise Rejected("impossible_value", "passage_id must begin with the lane_id")
    if record.lane_id.partition("/")[0] != record.port_code:
        raise Rejected("impossible_value", "lane_id must begin with the port_code")
    if ":" in record.port_code:  # it ends there in the keys of states
        raise Rejected("impossible_value", "port_code must hold no colon")
    if record.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")


def check_outcome(outcome: Outcome, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    check_place(outcome, key)
    if outcome.revision < 1:
        raise Rejected("impossible_value", "revision must be at least 1")
    check_time("selected_at", outcome.selected_at)
    check_time("inspection_started_at", outcome.inspection_started_at)
    check_time("inspection_ended_at", outcome.inspection_ended_at)
    check_received(outcome.closed_at, appended_at)
    if outcome.selected_at is not None:
        check_not_ahead("selected_at", outcome.selected_at, appended_at)
    if len(outcome.inspection_officer_ids) > INSPECTORS_MAX:
        raise Rejected("impossible_value", f"an outcome has at most {INSPECTORS_MAX} inspecting officers")
    for officer_id in (outcome.officer_on_duty_id, outcome.override_officer_id, *outcome.inspection_officer_ids):
        if officer_id is not None:
            check_id("an officer's id", officer_id)
    if outcome.vehicle_token is not None:
        check_id("vehicle_token", outcome.vehicle_token)


def check_selected(selection: Selection, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    check_place(selection, key)
    check_selection(selection)
    check_not_ahead("selected_at", selection.selected_at, appended_at)
    if len(selection.silent_sensors) > SENSORS_MAX:
        raise Rejected("impossible_value", f"a lane has at most {SENSORS_MAX} sensors")


def check_assignment(assignment: OfficerAssignment, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if key != assignment.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    check_duty(assignment, appended_at)


def check_requirement(requirement: OversightRequirement, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`."""
    check_id("requirement_id", requirement.requirement_id)
    check_id("rule_set_version", requirement.rule_set_version)
    check_id("required_by", requirement.required_by)
    if requirement.policy_version is not None:
        check_id("policy_version", requirement.policy_version)
    check_time("valid_from_at", requirement.valid_from_at)
    check_received(requirement.received_at, appended_at)
    if requirement.valid_from_at > requirement.received_at + REQUIRED_AHEAD_SECONDS_MAX * SECOND:
        raise Rejected("impossible_value", "valid_from_at is over a year ahead")
