"""What cannot be a record of the policy stage's input, and becomes a dead letter."""

import math
from typing import Final

from schemas.records import ChangeKind, LaneMode, Outcome, ReferenceChange, SecondaryStaffing, Selection
from streams.core.people import are_two_people
from streams.core.selection_policy import SelectionPolicy, parse_policy
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_not_ahead, check_time

INSPECTORS_MAX: Final = 1000.0

# Who tells how many are there tells it for a week at most: more is a slip of the pen.
STAFFING_SECONDS_MAX: Final = 7 * 24 * 3600
SECOND: Final = 1_000_000


def check_selection(selection: Selection, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    if key != selection.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    if not math.isfinite(selection.log_odds):
        raise Rejected("impossible_value", "log_odds must be finite")


def check_outcome(outcome: Outcome, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    if key != outcome.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    check_time("selected_at", outcome.selected_at)


def check_staffing(staffing: SecondaryStaffing, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if key != staffing.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    for name, text in (("staffing_id", staffing.staffing_id), ("told_by", staffing.told_by)):
        if not 0 < len(text) <= ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"{name} must have 1 to {ID_LENGTH_MAX} characters")
    if staffing.lane_mode is LaneMode.UNKNOWN:
        raise Rejected("impossible_value", "lane_mode is UNKNOWN")
    if not 0.0 <= staffing.inspectors <= INSPECTORS_MAX:  # refuses NaN too
        raise Rejected("impossible_value", f"inspectors must lie in 0 to {INSPECTORS_MAX:.0f}")
    check_time("from_at", staffing.from_at)
    check_time("until_at", staffing.until_at)
    check_time("received_at", staffing.received_at)
    if not 0 < staffing.until_at - staffing.from_at <= STAFFING_SECONDS_MAX * SECOND:
        raise Rejected("impossible_value", "until_at must be after from_at, by a week at most")
    check_not_ahead("received_at", staffing.received_at, appended_at)


def check_policy_change(change: ReferenceChange) -> tuple[str, SelectionPolicy]:
    """The text and policy of a change. Raises Rejected `unknown_change` or `impossible_value`."""
    if change.kind is not ChangeKind.SELECTION_POLICY:
        raise Rejected("unknown_change", "this kind of reference change does not belong here")
    if change.selection_policy_text is None:
        raise Rejected("impossible_value", "SELECTION_POLICY needs selection_policy_text")
    try:
        policy = parse_policy(change.selection_policy_text)
    except ValueError as error:
        raise Rejected("impossible_value", str(error)) from error
    if not are_two_people(change.changed_by, change.approved_by):
        raise Rejected("impossible_value", "a selection policy must be approved by a second person")
    if policy.version != change.selection_policy_version:
        raise Rejected("impossible_value", "selection_policy_version is not the version in selection_policy_text")
    return change.selection_policy_text, policy
