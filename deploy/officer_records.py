"""What officers tell, as records of their lane: checked as the stage will check it, written and acknowledged."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec

from deploy.connection import Connection, connect
from deploy.errors import UserError
from producers.publisher import DELIVERY_TIMEOUT_SECONDS, DeliveryError, Publisher
from schemas.records import (
    Exam,
    ExamRecord,
    FoundItem,
    FoundKind,
    HitConfirmation,
    Inspection,
    InspectionResolution,
    OfficerAssignment,
    OperatingMode,
    Override,
)
from schemas.topics import LANE_DECISIONS, Topic
from streams.console.inspection_report import FieldError, InspectionReport
from streams.core.outcomes import validation
from streams.core.stage import Rejected

MICROSECONDS: Final = 1_000_000
# A month: longer than any vehicle was searched for; what is over it is a slip.
MINUTES_MAX: Final = 43_200
REVISION_MAX: Final = 1_000_000
NUMBER: Final = re.compile("0|[1-9][0-9]{0,17}")
# Only a comma before such a name parts: makers have commas in theirs.
MARK: Final = re.compile(",(calibre|manufacturer)=")

OfficerRecord = Override | Inspection | OfficerAssignment | HitConfirmation


def now() -> int:
    """This machine's clock, microseconds."""
    return time.time_ns() // 1000


def send(record: OfficerRecord, broker: str | None, registry_url: str | None, state_directory: str | None) -> None:
    """Write one record to its lane's decisions. Raises UserError if it is refused or the broker did not take it."""
    send_all([record], broker, registry_url, state_directory)


def send_all(
    records: Sequence[OfficerRecord], broker: str | None, registry_url: str | None, state_directory: str | None
) -> None:
    """Write records to their lanes' decisions, none if one is refused. Raises UserError as `send` does."""
    for record in records:
        check(record)
    write(records, connect(broker, registry_url, state_directory))


def check(record: OfficerRecord) -> None:
    """As the stage will. Raises UserError if it would refuse it."""
    key = record.lane_id.encode()
    try:
        if isinstance(record, OfficerAssignment):
            validation.check_assignment(record, key, now())
        else:
            validation.check_place(record, key)
            if isinstance(record, Override):
                validation.check_override(record, now())
            elif isinstance(record, HitConfirmation):
                validation.check_confirmation(record, now())
            else:
                validation.check_inspection(record, now())
    except Rejected as error:
        raise UserError(str(error)) from error


def write(
    records: Sequence[msgspec.Struct],
    connection: Connection,
    delivery_seconds: float = DELIVERY_TIMEOUT_SECONDS,
    topic: Topic = LANE_DECISIONS,
) -> None:
    """Write checked records and wait until they are stored. Raises UserError if the broker did not take them."""
    try:
        with Publisher(
            connection.broker, connection.codec, topic, delivery_timeout_seconds=delivery_seconds
        ) as publisher:
            for record in records:
                publisher.publish(record)
    except DeliveryError as error:
        raise UserError(
            f"{error}; whether it was written is not known: `border tail {topic.name} --from-beginning` shows it"
        ) from error


def inspection_of(report: InspectionReport) -> Inspection:
    """The record of a report, checked as the stage will check it. Raises FieldError naming what is wrong."""
    with named("passage_id"):
        place = place_of(report.passage_id)
    received_at = now()
    at = received_at
    if report.ended is not None:
        with named("ended"):
            at = time_of(report.ended)
    over = report.resolution is not None
    if over and report.minutes is None:
        raise FieldError("minutes", "a resolution needs the minutes: how long the inspection took")
    if report.minutes is not None and not 0.0 < report.minutes <= MINUTES_MAX:
        raise FieldError("minutes", f"an inspection takes over 0 and at most {MINUTES_MAX} minutes")
    if report.revision is not None and not 1 <= report.revision <= REVISION_MAX:
        raise FieldError("revision", f"a revision is 1 to {REVISION_MAX}")
    told = report.found or report.exams or report.exams_missed or report.minutes or report.ended
    if not over and told:
        raise FieldError("resolution", "what was found, examined and how long it took is told with a resolution")
    with named("found"):
        found = tuple([found_item(text) for text in report.found])
    with named("exams"):
        exams = exams_of(report.exams, report.exams_missed)
    inspection = Inspection(
        inspection_id=f"{report.passage_id} inspection",
        **place,
        revision=report.revision or (2 if over else 1),
        referral_reason=report.referral_reason,
        started_at=at - round((report.minutes or 0.0) * 60 * MICROSECONDS),
        ended_at=at if over else None,
        officer_ids=report.officer_ids,
        resolution=report.resolution or InspectionResolution.UNKNOWN,
        found=found,
        exams=exams,
        received_at=received_at,
    )
    with named("report"):
        check(inspection)
    return inspection


@contextmanager
def named(field: str) -> Iterator[None]:
    """What a person must mend, with the field where it stands."""
    try:
        yield
    except UserError as error:
        raise FieldError(field, str(error)) from error


def place_of(passage_id: str) -> dict[str, Any]:
    """What every record of a passage says of its place and world, from its id (`2301/03/1042`, of a drill
    `2301/03/EXERCISE/7`). Raises UserError if it is none."""
    port_code, *lane, number = passage_id.split("/") if "/" in passage_id else ("", "")
    mode = OperatingMode.OPERATIONAL
    # Those of real travellers have none in their ids.
    if len(lane) == 2 and lane[1] in list(OperatingMode) and lane[1] != OperatingMode.OPERATIONAL:
        mode = OperatingMode(lane.pop())
    if not port_code or len(lane) != 1 or not lane[0] or not NUMBER.fullmatch(number):
        raise UserError(f"{passage_id!r} is no passage; it is PORT/LANE/NUMBER, for instance 2301/03/1042")
    return {
        "passage_id": passage_id,
        "lane_id": f"{port_code}/{lane[0]}",
        "port_code": port_code,
        "operating_mode": mode,
    }


def time_of(text: str) -> int:
    """Microseconds of an ISO 8601 time with its zone. Raises UserError for another text."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} is no time; it is written 2026-11-24T14:00Z") from None
    if at.tzinfo is None:
        raise UserError(f"{text!r} has no time zone; add Z for UTC, or an offset such as -06:00")
    return int(at.timestamp() * MICROSECONDS)


def found_item(text: str) -> FoundItem:
    """`RIFLE`, `AMMUNITION=400` or `PISTOL:serial number`, and behind it what is marked on it, in any order:
    `,calibre=5.56x45 mm,manufacturer=Colt`. Raises UserError for another text."""
    what, *marked = MARK.split(text)
    marks = dict(zip(marked[::2], [mark.strip() for mark in marked[1::2]], strict=True))
    if 2 * len(marks) < len(marked) or "" in marks.values():
        raise UserError(f"{text!r} says a calibre or manufacturer twice, or names none")
    # The first sign tells which it is: a serial number may hold the other.
    sign = next((one for one in what if one in ":="), "")
    kind, _, rest = what.partition(sign) if sign else (what, "", "")
    serial_number = (rest.strip() or None) if sign == ":" else None
    count = rest if sign == "=" else "1"
    known = [one for one in FoundKind if one is not FoundKind.UNKNOWN]
    if kind.upper() not in known:
        raise UserError(f"{kind!r} is no kind of found item; the kinds are {', '.join(known)}")
    if not NUMBER.fullmatch(count):
        raise UserError(f"{count!r} is no number; write for instance AMMUNITION=400")
    return FoundItem(kind=FoundKind(kind.upper()), count=int(count), serial_number=serial_number, **marks)


def exams_of(done: Sequence[Exam], missed: Sequence[Exam]) -> tuple[ExamRecord, ...]:
    """Mandated examinations, done and not. Raises UserError if one is both."""
    both = set(done) & set(missed)
    if both:
        raise UserError(f"{min(both)} cannot be both done and missed")
    return tuple([ExamRecord(exam=exam, done=exam in done) for exam in dict.fromkeys([*done, *missed])])
