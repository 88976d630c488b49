"""From a case to its outcome, and when the outcome is written.

| what is known | is written | as |
|---|---|---|
| green | OVERRIDE_SECONDS after the last word on the light | PASSED |
| red | with the end of the inspection | INSPECTED |
| red, no inspection | INSPECTION_SECONDS after the last word on the light | NOT_INSPECTED |
| red, made green by an officer, no inspection | OVERRIDE_SECONDS after it | RELEASED |
| an inspection that never ends | LONGEST_SECONDS after it began | as without it |
| no selection | SELECTION_SECONDS after what came | INSPECTED or UNKNOWN |

Red and green are what the vehicle was given: the lot's light where the light server had to fall back on it.
What comes later makes a revision, for as long as the case is kept.
"""

from typing import Final

from schemas.records import (
    Contribution,
    Exam,
    FairnessGroup,
    InspectionResolution,
    LaneMode,
    Light,
    Outcome,
    OutcomeState,
    ReferralReason,
)
from streams.core.outcomes.state import SECOND, Case, Inspected, Roster, Selected, mode_and_passage
from streams.core.vehicle_history import lane_of, port_of

# An officer overrides while the vehicle stands there or rolls to secondary; terminals and links may be slow.
OVERRIDE_SECONDS: Final = 15 * 60

# A vehicle waits for secondary for half an hour on a usual day, and at a rush hours; four and it has gone [assumed].
INSPECTION_SECONDS: Final = 4 * 3600

# To unload a truck and search it takes half a day; an inspection open for longer was never closed [assumed].
LONGEST_SECONDS: Final = 12 * 3600

# The selection of an inspected vehicle is written before its light; if it is not here, its stage has fallen behind.
SELECTION_SECONDS: Final = 3600

# How long a written case is kept for corrections: an inspection report is completed on the next shift, a seizure's over
# a week [assumed]. A green passage that nobody looked at has nothing to correct, but its inspection may be reported a
# day late; the second day is for what began on the first.
KEPT_SECONDS: Final = 7 * 24 * 3600
KEPT_GREEN_SECONDS: Final = 48 * 3600
REPORTED_SECONDS: Final = 24 * 3600

# Which resolution stands for several inspections of one vehicle: the first of these that one of them came to.
_GRAVEST: Final = (
    InspectionResolution.WEAPONS,
    InspectionResolution.EXPLOSIVES,
    InspectionResolution.OTHER_THREAT,
    InspectionResolution.NARCOTICS,
    InspectionResolution.HUMAN_SMUGGLING,
    InspectionResolution.BANNED_SUBSTANCES,
    InspectionResolution.OTHER_SUSPICIOUS_MATERIAL_FOUND,
    InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
    InspectionResolution.UNKNOWN,
)


def state_of(case: Case) -> OutcomeState:
    """How a passage ended, as far as it is known."""
    if case.is_inspected:
        return OutcomeState.INSPECTED
    if case.selected is None:
        return OutcomeState.UNKNOWN
    if case.final_light is Light.RED:
        return OutcomeState.NOT_INSPECTED
    return OutcomeState.RELEASED if case.light_given is Light.RED else OutcomeState.PASSED


def is_awaited(case: Case) -> bool:
    """Whether more is on its way: the end of an inspection, or the score that follows each selection."""
    if case.selected is not None and case.evidence is None:
        return True
    return case.is_open


def is_complete(case: Case) -> bool:
    """Whether nothing is waited for: the outcome can be written at once."""
    return case.is_inspected and case.selected is not None and not is_awaited(case)


def due_s_of(case: Case) -> int:
    """Second at which a case is written, or, once all of it is, forgotten."""
    touched_s = case.touched_at // SECOND
    if case.told:
        plain = not case.inspections and not case.overrides and case.final_light is Light.GREEN
        return touched_s + (KEPT_GREEN_SECONDS if plain else KEPT_SECONDS)
    for inspected in case.inspections:
        if inspected.ended_at is None:
            return inspected.started_at // SECOND + LONGEST_SECONDS
    if case.selected is None:
        return touched_s + SELECTION_SECONDS
    if case.is_inspected:
        return touched_s + SELECTION_SECONDS  # its score is on the way
    return touched_s + (INSPECTION_SECONDS if case.final_light is Light.RED else OVERRIDE_SECONDS)


def outcome_of(key: bytes, case: Case, roster: Roster, closed_at: int) -> Outcome:
    """The outcome of a case at its present revision."""
    mode, passage_id = mode_and_passage(key)
    lane_id = lane_of(passage_id)
    selected, last = case.selected, case.overrides[-1] if case.overrides else None
    return Outcome(
        passage_id=passage_id,
        lane_id=lane_id,
        port_code=port_of(passage_id),
        lane_mode=selected.lane_mode if selected else LaneMode.UNKNOWN,
        operating_mode=mode,
        revision=case.revision,
        state=state_of(case),
        selected_at=selected.selected_at if selected else None,
        light=selected.light if selected else Light.UNKNOWN,
        final_light=case.final_light,
        referral_reason=selected.referral_reason if selected else ReferralReason.UNKNOWN,
        random_draw=selected is not None and selected.random_draw,
        risk_over_threshold=selected is not None and selected.risk_over_threshold,
        must_refer=selected is not None and selected.must_refer,
        propensity=selected.propensity if selected else None,
        threshold_log_odds=selected.threshold_log_odds if selected else None,
        log_odds=selected.log_odds if selected else None,
        random_key_id=selected.random_key_id if selected else "",
        rule_set_version=selected.rule_set_version if selected else "",
        policy_version=selected.policy_version if selected else None,
        vehicle_token=selected.vehicle_token if selected else None,
        evidence=tuple([Contribution(name=name, log_odds=weight) for name, weight in case.evidence or ()]),
        overrides=case.overridden,
        override_reason=last.reason if last else None,
        override_officer_id=last.officer_id if last else None,
        officer_on_duty_id=roster.officer_at(selected.selected_at) if selected else None,
        inspection_ids=tuple([one.inspection_id for one in case.inspections]),
        inspection_started_at=min([one.started_at for one in case.inspections], default=None),
        inspection_ended_at=_ended_at(case.inspections) if case.is_inspected and not case.is_open else None,
        inspection_officer_ids=tuple(dict.fromkeys([o for one in case.inspections for o in one.officer_ids])),
        resolution=_resolution(case.inspections),
        firearms=sum([one.firearms for one in case.inspections]),
        magazines=sum([one.magazines for one in case.inspections]),
        rounds=sum([one.rounds for one in case.inspections]),
        exams_missing=_exams_missing(case),
        closed_at=closed_at,
        shown_light=case.shown.light if case.shown else None,
        fallback=case.lot is not None,
        fairness_group=_group_of(selected),
        inspection_reason=_inspection_reason(case),
        hit_confirmed=case.compared.confirmed if case.compared else None,
        hit_confirmation_reason=case.compared.reason if case.compared else None,
        light_given=case.light_given if case.light_given is not Light.UNKNOWN else None,
    )


def _exams_missing(case: Case) -> tuple[Exam, ...]:
    """What was mandated, by the policy or by the officers' own word, and done in none of the vehicle's inspections.

    The policy's mandate is the selection's, whatever reason the officers give: else who would leave one out would name
    a reason that mandates nothing. Where the lot gave the light, nobody was shown the selection, and it mandates
    nothing: the officers could not know.
    """
    if not case.is_inspected:
        return ()
    mandated = list(case.selected.mandated_exams) if case.selected is not None and case.lot is None else []
    mandated += [exam for one in case.inspections for exam in one.exams_missed]
    done = {exam for one in case.inspections for exam in one.exams_done}
    return tuple([exam for exam in dict.fromkeys(mandated) if exam not in done])


def _inspection_reason(case: Case) -> ReferralReason | None:
    """Why it was inspected: as the officers say, or as the light does."""
    if not case.inspections:
        return None
    for one in case.inspections:
        if one.referral_reason not in (ReferralReason.UNKNOWN, ReferralReason.NONE):  # nobody inspects for no reason
            return one.referral_reason
    if case.light_given is Light.GREEN:
        return ReferralReason.INSPECTOR_SUSPICION  # a light that does not refer leaves no other
    if case.lot is not None:
        return ReferralReason.RANDOM
    return case.selected.referral_reason if case.selected is not None else None


def _group_of(selected: Selected | None) -> FairnessGroup | None:
    kept = selected.fairness_group if selected else None
    if kept is None:
        return None
    return FairnessGroup(issuer=kept.issuer, plate_format=kept.plate_format, local_hour=kept.local_hour)


def _ended_at(inspections: tuple[Inspected, ...]) -> int:
    return max([one.ended_at or 0 for one in inspections])


def _resolution(inspections: tuple[Inspected, ...]) -> InspectionResolution:
    found = {one.resolution for one in inspections}
    for resolution in _GRAVEST:
        if resolution in found:
            return resolution
    return InspectionResolution.UNKNOWN
