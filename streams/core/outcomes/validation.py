"""What the outcomes stage refuses of officers' records: what would corrupt a case or overflow a bound."""

from typing import Final

from schemas.layout import is_canary_lane
from schemas.records import (
    FairnessGroup,
    FoundItem,
    FoundKind,
    HitConfirmation,
    HitConfirmationReason,
    Inspection,
    InspectionResolution,
    Light,
    LightAnswer,
    LightAnswerReason,
    OfficerAssignment,
    OperatingMode,
    Override,
    OverrideReason,
    Score,
    Selection,
)
from streams.core.light.questions import FALLBACK_REASONS
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import AHEAD_OF_BROKER_MAX, check_not_ahead, check_time
from streams.core.vehicle_history import lane_of

SECOND: Final = 1_000_000
HOURS: Final = 24
EVIDENCE_MAX: Final = 64
OFFICERS_MAX: Final = 16
EXAMS_MAX: Final = 16
# The largest seizure on record at this border filled a truck with tens of thousands of rounds.
FOUND_MAX: Final = 1_000
COUNT_MAX: Final = 10_000_000
# A duty is a shift at most, and is told at most two days before: more would push those of today out of the roster.
DUTY_SECONDS_MAX: Final = 24 * 3600
AHEAD_SECONDS_MAX: Final = 48 * 3600

FIREARMS: Final = frozenset(
    {FoundKind.PISTOL, FoundKind.REVOLVER, FoundKind.RIFLE, FoundKind.SHOTGUN, FoundKind.OTHER_FIREARM}
)

# Why a match is confirmed; every other reason rejects it.
CONFIRMING: Final = frozenset({HitConfirmationReason.IMAGE_SHOWS_LISTED_PLATE, HitConfirmationReason.SEEN_ON_VEHICLE})

Joined = Selection | Score | Override | Inspection | LightAnswer | HitConfirmation


def check_place(record: Joined, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value` if lane, port, passage and key are not of one vehicle."""
    check_lane(record, key)
    passage_id = record.passage_id or ""
    if not 0 < len(passage_id) <= ID_LENGTH_MAX or lane_of(passage_id) != record.lane_id:
        raise Rejected("impossible_value", "passage_id must begin with the lane_id")


def check_lane(record: Joined, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value` if lane, port and key are not one, or the world is unknown."""
    if key != record.lane_id.encode():
        raise Rejected("wrong_key", "the record's key is not its lane_id")
    if record.lane_id.partition("/")[0] != record.port_code:
        raise Rejected("impossible_value", "lane_id must begin with the port_code")
    if record.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    check_not_canary(record.lane_id)


def check_not_canary(lane_id: str) -> None:
    """Raises Rejected `impossible_value` for what somebody says of the canary's lane, where nobody stands."""
    if is_canary_lane(lane_id):
        raise Rejected("impossible_value", "lane 00 is the canary's: no vehicle, officer or light stands there")


def check_selection(selection: Selection) -> None:
    """Raises Rejected `impossible_value`."""
    if selection.light not in (Light.RED, Light.GREEN):
        raise Rejected("impossible_value", "light must be RED or GREEN")
    check_time("selected_at", selection.selected_at)
    if len(selection.mandated_exams) > EXAMS_MAX:
        raise Rejected("impossible_value", f"more than {EXAMS_MAX} mandated exams")
    # A comparison with NaN is false, so NaN is refused too.
    if not 0.0 <= selection.propensity <= 1.0:
        raise Rejected("impossible_value", "propensity must lie in 0 to 1")
    check_group(selection.fairness_group)
    for name, text in (
        ("random_key_id", selection.random_key_id),
        ("rule_set_version", selection.rule_set_version),
        ("policy_version", selection.policy_version or ""),
        ("vehicle_token", selection.vehicle_token or ""),
    ):
        if len(text) > ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"{name} has over {ID_LENGTH_MAX} characters")


def check_group(group: FairnessGroup | None) -> None:
    """Raises Rejected `impossible_value`."""
    if group is not None and group.local_hour is not None and not 0 <= group.local_hour < HOURS:
        raise Rejected("impossible_value", "local_hour must lie in 0 to 23")


def check_score(score: Score) -> None:
    """Raises Rejected `impossible_value`."""
    if len(score.evidence) > EVIDENCE_MAX:
        raise Rejected("impossible_value", f"a score has at most {EVIDENCE_MAX} lines of evidence")
    for said in score.evidence:
        check_id("the name of evidence", said.name)


def check_override(override: Override, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`."""
    check_id("override_id", override.override_id)
    check_id("officer_id", override.officer_id)
    if override.light not in (Light.RED, Light.GREEN):
        raise Rejected("impossible_value", "light must be RED or GREEN")
    if override.reason is OverrideReason.UNKNOWN:
        raise Rejected("impossible_value", "an override needs a reason")
    check_time("overridden_at", override.overridden_at)
    check_received(override.received_at, appended_at)
    check_not_after_receipt("overridden_at", override.overridden_at, override.received_at)


def check_confirmation(said: HitConfirmation, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`."""
    check_id("confirmation_id", said.confirmation_id)
    check_id("officer_id", said.officer_id)
    if said.reason is HitConfirmationReason.UNKNOWN:
        raise Rejected("impossible_value", "a confirmation or rejection needs a reason")
    if said.confirmed is not (said.reason in CONFIRMING):
        raise Rejected("impossible_value", f"{said.reason} is no reason to {'confirm' if said.confirmed else 'reject'}")
    check_time("compared_at", said.compared_at)
    check_received(said.received_at, appended_at)
    check_not_after_receipt("compared_at", said.compared_at, said.received_at)


def check_inspection(inspection: Inspection, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`."""
    check_id("inspection_id", inspection.inspection_id)
    if inspection.revision < 1:
        raise Rejected("impossible_value", "revision must be at least 1")
    check_time("started_at", inspection.started_at)
    if inspection.ended_at is None:
        if inspection.resolution is not InspectionResolution.UNKNOWN:
            raise Rejected("impossible_value", "an inspection that has not ended has no resolution")
    else:
        check_time("ended_at", inspection.ended_at)
        if inspection.ended_at < inspection.started_at:
            raise Rejected("impossible_value", "ended_at must not be before started_at")
        if inspection.resolution is InspectionResolution.UNKNOWN:
            raise Rejected("impossible_value", "an inspection that has ended needs a resolution")
    if not 0 < len(inspection.officer_ids) <= OFFICERS_MAX:
        raise Rejected("impossible_value", f"an inspection needs 1 to {OFFICERS_MAX} officers")
    for officer_id in inspection.officer_ids:
        check_id("officer_ids", officer_id)
    if len(inspection.exams) > EXAMS_MAX or len(inspection.found) > FOUND_MAX:
        raise Rejected("impossible_value", f"more than {EXAMS_MAX} exams or {FOUND_MAX} found items")
    for item in inspection.found:
        check_found(item)
    # Outcomes add them up in 32 bits.
    if sum([item.count for item in inspection.found]) > COUNT_MAX:
        raise Rejected("impossible_value", f"an inspection finds at most {COUNT_MAX} things")
    check_received(inspection.received_at, appended_at)
    check_not_after_receipt("started_at", inspection.started_at, inspection.received_at)
    if inspection.ended_at is not None:
        check_not_after_receipt("ended_at", inspection.ended_at, inspection.received_at)


def check_answer(answer: LightAnswer, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if answer.passage_id is not None:
        check_place(answer, key)
    else:
        check_lane(answer, key)
        if len(key) > ID_LENGTH_MAX or answer.at_light_reading_id is None:
            raise Rejected("impossible_value", "an answer needs a passage_id or the reading that was asked by")
    check_id("answer_id", answer.answer_id)
    for name, text in (("at_light_reading_id", answer.at_light_reading_id), ("controller_id", answer.controller_id)):
        if text is not None:
            check_id(name, text)
    if answer.light not in (Light.RED, Light.GREEN):
        raise Rejected("impossible_value", "light must be RED or GREEN")
    if answer.reason is LightAnswerReason.UNKNOWN or answer.fallback is not (answer.reason in FALLBACK_REASONS):
        raise Rejected("impossible_value", "a fallback, and nothing else, has a reason of one")
    if answer.fallback:
        # A comparison with NaN is false, so NaN is refused too.
        if answer.propensity is None or not 0.0 <= answer.propensity <= 1.0:
            raise Rejected("impossible_value", "the propensity of a lot must lie in 0 to 1")
        check_id("random_key_id", answer.random_key_id or "")
    elif answer.propensity is not None or answer.random_key_id is not None:
        raise Rejected("impossible_value", "what is no fallback was not drawn")
    check_time("asked_at", answer.asked_at)
    check_time("answered_at", answer.answered_at)
    check_not_ahead("answered_at", answer.answered_at, appended_at)


def check_found(item: FoundItem) -> None:
    """Raises Rejected `impossible_value`."""
    if item.kind is FoundKind.UNKNOWN or not 0 < item.count <= COUNT_MAX:
        raise Rejected("impossible_value", f"a found item needs a kind and a count of 1 to {COUNT_MAX}")
    if item.serial_number is not None and (item.count != 1 or len(item.serial_number) > ID_LENGTH_MAX):
        raise Rejected("impossible_value", f"a serial number has at most {ID_LENGTH_MAX} characters and is of one item")
    for name, text in (("calibre", item.calibre), ("manufacturer", item.manufacturer)):
        if text is not None:
            check_id(name, text)


def check_assignment(assignment: OfficerAssignment, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if key != assignment.lane_id.encode():
        raise Rejected("wrong_key", "the record's key is not its lane_id")
    check_duty(assignment, appended_at)


def check_duty(assignment: OfficerAssignment, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`, whatever the record's key is."""
    lane_id = assignment.lane_id
    port_code, _, lane = lane_id.partition("/")
    if port_code != assignment.port_code or not lane or "/" in lane or len(lane_id.encode()) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", "lane_id must be the port_code, a slash and a lane")
    check_not_canary(lane_id)
    check_id("assignment_id", assignment.assignment_id)
    check_id("officer_id", assignment.officer_id)
    check_time("from_at", assignment.from_at)
    check_time("until_at", assignment.until_at)
    if not 0 < assignment.until_at - assignment.from_at <= DUTY_SECONDS_MAX * SECOND:
        raise Rejected("impossible_value", "a duty ends after it begins and within 24 hours")
    check_received(assignment.received_at, appended_at)
    if assignment.from_at > assignment.received_at + AHEAD_SECONDS_MAX * SECOND:
        raise Rejected("impossible_value", "a duty is told at most 48 hours before it begins")


def check_id(name: str, text: str) -> None:
    """Raises Rejected `impossible_value` for an id that is empty or too long."""
    if not 0 < len(text) <= ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"{name} must have 1 to {ID_LENGTH_MAX} characters")


def check_received(received_at: int, appended_at: int) -> None:
    """Raises Rejected `impossible_value` or `clock_ahead`."""
    check_time("received_at", received_at)
    check_not_ahead("received_at", received_at, appended_at)


def check_not_after_receipt(name: str, at: int, received_at: int) -> None:
    """Raises Rejected `clock_ahead` for a terminal whose clock would keep its deadlines from ever coming."""
    if at > received_at + AHEAD_OF_BROKER_MAX:
        raise Rejected("clock_ahead", f"{name} is more than 5 minutes after received_at")
