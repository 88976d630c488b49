"""`border inspect`, `border override` and `border assign`: what officers do, told to the log of their lane."""

from typing import Literal

from deploy.errors import UserError
from deploy.officer_records import inspection_of, now, place_of, send, time_of
from deploy.options import Count, Positive, Several
from schemas.records import (
    Exam,
    InspectionResolution,
    Light,
    OfficerAssignment,
    Override,
    OverrideReason,
    ReferralReason,
)
from streams.console.inspection_report import FieldError, InspectionReport


def inspect(
    passage: str,
    *,
    officer: Several[str],
    resolution: InspectionResolution | None = None,
    minutes: Positive | None = None,
    ended: str | None = None,
    found: Several[str] | None = None,
    exam: Several[Exam] | None = None,
    exam_missed: Several[Exam] | None = None,
    referral: ReferralReason = ReferralReason.UNKNOWN,
    revision: Count | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell that a secondary inspection begins, or with --resolution how it ended.

    Ended, it says how long it took, what was found and which examinations were done: one that the selection policy
    mandates and nobody tells as done is missing. A correction takes a higher --revision. Officers are numbers, never
    names.

    Examples:

        border inspect 2301/03/1042 --officer 4711
        border inspect 2301/03/1042 --officer 4711 --resolution NOTHING_SUSPICIOUS_FOUND --minutes 18 --exam VISUAL
        border inspect 2301/03/1042 --officer 4711 --resolution WEAPONS --minutes 95 \
            --found RIFLE:AR-1234,calibre=5.56x45mm,manufacturer=Colt --found AMMUNITION=400 --exam-missed CANINE

    Parameters
    ----------
    passage
        its id, as alerts and the board show it.
    officer
        number of an inspecting officer; may be given several times.
    resolution
        what it came to; without it the inspection goes on.
    minutes
        how long it took, needed with --resolution.
    ended
        when it ended, if not just now, ISO 8601 with its zone: corrections of another day need it.
    found
        RIFLE, PISTOL:serial number or AMMUNITION=rounds, and behind it ,calibre=TEXT and ,manufacturer=TEXT as marked;
        may be given several times.
    exam
        an examination that was done; may be given several times.
    exam_missed
        one that should have been and was not.
    referral
        why the vehicle was referred, as the inspector was told; without it, as it was selected.
    revision
        1 when it begins, 2 when it ends, more for corrections.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    report = InspectionReport(
        passage_id=passage,
        officer_ids=tuple(officer),
        resolution=resolution,
        minutes=minutes,
        ended=ended,
        found=tuple(found or ()),
        exams=tuple(exam or ()),
        exams_missed=tuple(exam_missed or ()),
        referral_reason=referral,
        revision=revision,
    )
    try:
        inspection = inspection_of(report)
    except FieldError as error:
        raise UserError(str(error)) from error
    send(inspection, broker, registry_url, state_directory)
    what = "began" if resolution is None else "ended"
    print(f"told of {passage}: the inspection {what} (revision {inspection.revision}; only a higher one corrects it)")
    return 0


def override(
    passage: str,
    light: Literal["RED", "GREEN"],
    *,
    officer: str,
    reason: OverrideReason,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell that an officer changed a vehicle's light, and why.

    Examples:

        border override 2301/03/1042 GREEN --officer 4711 --reason EMERGENCY_VEHICLE
        border override 2301/03/1042 RED --officer 4711 --reason INSPECTOR_SUSPICION

    Parameters
    ----------
    passage
        its id, as alerts and the board show it.
    light
        what the officer made of it.
    officer
        number of the officer, never a name.
    reason
        one of a closed list, since free text may name people.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    place, at = place_of(passage), now()
    said = Override(
        override_id=f"{passage} {officer} {at}",
        **place,
        officer_id=officer,
        light=Light(light),
        reason=reason,
        overridden_at=at,
        received_at=at,
    )
    send(said, broker, registry_url, state_directory)
    print(f"{passage}: {light} by {officer}, {reason}")
    return 0


def assign(
    lane: str,
    officer: str,
    *,
    begins: str,
    ends: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell which officer has a lane in which hours, at most two days before. A repeat of lane and start replaces it.

    Examples:

        border assign 2301/03 4711 --begins 2026-11-24T14:00Z --ends 2026-11-24T14:30Z

    Parameters
    ----------
    lane
        port and lane.
    officer
        number of the officer, never a name.
    begins
        start of the duty, ISO 8601 with its zone.
    ends
        end of the duty, excluded; at most 24 hours later.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    from_at = time_of(begins)
    assignment = OfficerAssignment(
        assignment_id=f"{lane} {from_at}",
        officer_id=officer,
        lane_id=lane,
        port_code=lane.partition("/")[0],
        from_at=from_at,
        until_at=time_of(ends),
        received_at=now(),
    )
    send(assignment, broker, registry_url, state_directory)
    print(f"{lane}: {officer} from {begins} until {ends}")
    return 0
