"""What the estimates stage refuses of an outcome: what would corrupt a count or overflow a bound."""

from schemas.records import OperatingMode, Outcome
from streams.core.outcomes.state import INSPECTIONS_MAX
from streams.core.outcomes.validation import COUNT_MAX, EVIDENCE_MAX, OFFICERS_MAX, check_group, check_id
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_not_ahead, check_time
from streams.core.vehicle_history import lane_of


def check_outcome(outcome: Outcome, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if key != outcome.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    if not 0 < len(outcome.passage_id) <= ID_LENGTH_MAX or lane_of(outcome.passage_id) != outcome.lane_id:
        raise Rejected("impossible_value", "passage_id must begin with the lane_id")
    if not outcome.port_code or outcome.lane_id.partition("/")[0] != outcome.port_code:
        raise Rejected("impossible_value", "lane_id must begin with the port_code")
    if outcome.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    if outcome.revision < 1:
        raise Rejected("impossible_value", "revision must be at least 1")
    _check_selection(outcome, appended_at)
    _check_inspection(outcome)
    check_time("closed_at", outcome.closed_at)
    check_not_ahead("closed_at", outcome.closed_at, appended_at)


def _check_selection(outcome: Outcome, appended_at: int) -> None:
    check_time("selected_at", outcome.selected_at)
    if outcome.selected_at is not None:
        check_not_ahead("selected_at", outcome.selected_at, appended_at)
    # A comparison with NaN is false, so NaN is refused too.
    if outcome.random_draw and (outcome.propensity is None or not 0.0 < outcome.propensity <= 1.0):
        raise Rejected("impossible_value", "what the lot drew has a propensity above 0, to 1")
    check_group(outcome.fairness_group)
    for name, text in (
        ("rule_set_version", outcome.rule_set_version),
        ("policy_version", outcome.policy_version or ""),
    ):
        if len(text) > ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"{name} has over {ID_LENGTH_MAX} characters")
    if len(outcome.evidence) > EVIDENCE_MAX:
        raise Rejected("impossible_value", f"an outcome has at most {EVIDENCE_MAX} lines of evidence")
    for said in outcome.evidence:
        check_id("the name of evidence", said.name)


def _check_inspection(outcome: Outcome) -> None:
    if len(outcome.inspection_officer_ids) > INSPECTIONS_MAX * OFFICERS_MAX:
        raise Rejected(
            "impossible_value", f"a passage has at most {INSPECTIONS_MAX * OFFICERS_MAX} inspecting officers"
        )
    check_time("inspection_started_at", outcome.inspection_started_at)
    check_time("inspection_ended_at", outcome.inspection_ended_at)
    started_at, ended_at = outcome.inspection_started_at, outcome.inspection_ended_at
    if ended_at is not None and (started_at is None or ended_at < started_at):
        raise Rejected("impossible_value", "an inspection ends after it starts")
    for count in (outcome.firearms, outcome.magazines, outcome.rounds):
        if not 0 <= count <= COUNT_MAX * INSPECTIONS_MAX:
            raise Rejected("impossible_value", f"an inspection finds 0 to {COUNT_MAX} things")
