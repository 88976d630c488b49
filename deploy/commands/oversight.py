"""`border schedule`, `border require` and `border findings`: what officers are tested against, and what comes of it."""

import re
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
import orjson
from confluent_kafka import KafkaException
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.connection import connect
from deploy.errors import UserError
from deploy.officer_records import MICROSECONDS, now, send_all, time_of
from deploy.options import Flag, Several
from deploy.port_publication import Held, held_ports, port_in_force
from deploy.reference_changes import (
    OutcomeUnknown,
    patiently,
    reason_of,
    transactional_producer,
    write_everywhere,
)
from deploy.settings import load_settings
from deploy.stages import load_random_keys
from schemas.records import Finding, OfficerAssignment, OversightRequirement
from schemas.topics import FINDINGS, LANES_CHANGELOG, OUTCOMES
from streams.console.log_reader import LogReader
from streams.core.integrity.validation import check_requirement
from streams.core.random_draw import commitment_of
from streams.core.rotation import DrawnDuty, Shift, draw_rotation, rotation_key
from streams.core.stage import Rejected

SHIFT: Final = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)=([^=]+)")


def schedule(
    port: str,
    *,
    day: str,
    shift: Several[str],
    lane: Several[str] | None = None,
    publish: Flag = False,
    own: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Draw by lot which officer of a shift has which lane, anew every 30 to 60 minutes; with --publish, tell the log.

    The lots come from the port's key of that day, so the same shift gives the same rotation; nobody without the
    platform's secret can foresee it. The SHA-256 of that key is printed to be kept, and what --json prints: with both,
    `border keys audit-rotation` checks the duties when the key is revealed. Lanes that other officers serve, say those
    of another bridge, are drawn by a command of their own. Officers are numbers, never names.
    With --publish at most two days before; the same shift with other officers replaces it.

    Examples:

        border schedule 2303 --day 2026-11-25 --shift 14:00-22:00=4711,4712,4713 --lane 2303/01 --lane 2303/02
        border schedule 2301 --day 2026-11-25 --shift 22:00-06:00=12,13,14,15,16 --lane 2301/01 --publish

    Parameters
    ----------
    port
        code of the port.
    day
        UTC date on which the shift begins.
    shift
        hours in UTC and the officers' numbers; may be given several times.
    lane
        a lane to staff; may be given several times. Default: all of the port.
    publish
        write the duties to the log of their lanes.
    own
        take the port's lanes as they come with the platform; without --publish this needs no network. Default: as they
        were published last.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where the master secret stands, and a local platform keeps its state.
    """
    held = Held({}, []) if own else held_ports(connect(broker, registry_url, state_directory), [LANES_CHANGELOG])
    known = port_in_force(port, held)
    if known is None:
        raise UserError(f"{port!r} is no port; `border ports list` shows them")
    lanes = tuple(lane or [one.lane_id for one in known.lanes])
    unknown = sorted(set(lanes) - {one.lane_id for one in known.lanes})
    if unknown:
        raise UserError(f"{unknown[0]!r} is no lane of {port}")
    keys = load_random_keys(load_settings(state_directory=state_directory).random_secret_path)
    shifts = [shift_of(text, day, lanes) for text in shift]
    try:
        duties = [d for one in shifts for d in draw_rotation(rotation_key(keys, port, one.from_at), one)]
    except ValueError as error:
        raise UserError(str(error)) from error
    digest = commitment_of(rotation_key(keys, port, shifts[0].from_at))
    if json:
        told = {"key_sha256": digest, "drawings": [one._asdict() for one in shifts]}
        print(orjson.dumps(told | {"duties": [duty._asdict() for duty in duties]}).decode())
    else:
        show_schedule(port, day, duties, digest)
    if publish:
        at = now()
        send_all([assignment_of(duty, port, at) for duty in duties], broker, registry_url, state_directory)
        print(f"told of {len(duties)} duties", file=sys.stderr)
    return 0


def shift_of(text: str, day: str, lanes: tuple[str, ...]) -> Shift:
    """`14:00-22:00=4711,4712` on a day. Raises UserError for another text."""
    match = SHIFT.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} is no shift; it is written 14:00-22:00=4711,4712")
    try:
        begins = datetime.combine(date.fromisoformat(day), datetime.strptime(match[1], "%H:%M").time(), UTC)
        ends = datetime.combine(begins.date(), datetime.strptime(match[2], "%H:%M").time(), UTC)
    except ValueError:
        raise UserError(
            f"{day} {match[1]} to {match[2]} are no times; write --day 2026-11-25 and 14:00-22:00"
        ) from None
    if ends <= begins:
        ends += timedelta(days=1)
    officers = tuple([name.strip() for name in match[3].split(",")])
    if not all(officers):
        raise UserError(f"{text!r} has an officer without a number")
    return Shift(int(begins.timestamp()) * MICROSECONDS, int(ends.timestamp()) * MICROSECONDS, officers, lanes)


def assignment_of(duty: DrawnDuty, port: str, received_at: int) -> OfficerAssignment:
    """A drawn duty as a record."""
    return OfficerAssignment(
        assignment_id=duty.assignment_id,
        officer_id=duty.officer_id,
        lane_id=duty.lane_id,
        port_code=port,
        from_at=duty.from_at,
        until_at=duty.until_at,
        received_at=received_at,
    )


def show_schedule(port: str, day: str, duties: list[DrawnDuty], digest: str) -> None:
    """The duties as a table: a line for each block, a column for each lane."""
    lanes = sorted({duty.lane_id for duty in duties})
    table = Table(title=f"{port}, {day}, UTC")
    for heading in ("from", "until", *lanes):
        table.add_column(heading)
    by_block: dict[tuple[int, int], dict[str, str]] = {}
    for duty in duties:
        by_block.setdefault((duty.from_at, duty.until_at), {})[duty.lane_id] = duty.officer_id
    for (from_at, until_at), officers in sorted(by_block.items()):
        cells = clock(from_at), clock(until_at), *[officers.get(lane, "") for lane in lanes]
        table.add_row(*map(Text, cells))  # an officer's number is no markup
    Console().print(table)
    print(f"SHA-256 of the day's key: {digest}")


def clock(at: int) -> str:
    """Hours and minutes UTC."""
    return datetime.fromtimestamp(at / MICROSECONDS, UTC).strftime("%H:%M")


def require(
    rule_set: str,
    *,
    by: str,
    valid_from: str | None = None,
    policy: str | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell which rule set, and policy, must be in force at every port from a time on: another one becomes a finding.

    At most 32 are kept in force or to come; one more is a dead letter, `too_many`, and changes nothing.

    Examples:

        border require 2026-11-a --by 31
        border require 2026-12-a --by 31 --valid-from 2026-12-01T06:00Z --policy winter

    Parameters
    ----------
    rule_set
        version of the rule set.
    by
        number of the person who requires it, never a name.
    valid_from
        from when on, ISO 8601 with its zone. Default: now.
    policy
        version of the selection policy. Default: any.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    at = now()
    requirement = OversightRequirement(
        requirement_id=str(uuid.uuid4()),
        rule_set_version=rule_set,
        policy_version=policy,
        valid_from_at=at if valid_from is None else time_of(valid_from),
        required_by=by,
        received_at=at,
    )
    try:
        check_requirement(requirement, at)
    except Rejected as error:
        raise UserError(str(error)) from error
    connection = connect(broker, registry_url, state_directory)
    producer = transactional_producer(connection.broker, f"border-require-{uuid.uuid4()}")
    message = requirement.requirement_id.encode(), connection.codec.encode(requirement)
    try:
        patiently(producer.init_transactions)
        write_everywhere(producer, OUTCOMES, [message])
    except OutcomeUnknown as error:
        raise UserError(
            f"it is not known whether the requirement was written: {error}; to repeat it is safe"
        ) from error
    except KafkaException as error:
        raise UserError(f"the requirement was not written: {reason_of(error)}") from error
    print(f"required: rule set {rule_set}, policy {policy or 'any'}")
    return 0


def findings(
    *,
    auditor: str,
    port: str | None = None,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Print the findings of the integrity stage at their last revision, for auditors.

    A finding is a question, never a verdict. Who may read them the broker decides (streams/README.md): grant Read on
    border.findings.v1 to the auditors alone. Each reading writes one line to standard error, for a log of the reader's
    own: he can drop it, and what nobody can drop is the broker's authorisation log.

    Examples:

        border findings --auditor 31
        border findings --auditor 31 --port 2301 --json

    Parameters
    ----------
    auditor
        number of who reads them, never a name.
    port
        of this port only.
    json
        one line of JSON for each finding.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if not auditor.strip():
        raise UserError("give the number of who reads them in --auditor")
    connection = connect(broker, registry_url, state_directory)
    last: dict[str, Finding] = {}
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [FINDINGS.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Finding) and port in (None, value.port_code):
                known = last.get(value.finding_id)
                if known is None or value.revision > known.revision:
                    last[value.finding_id] = value
    # Before anything is shown: whoever keeps standard error has it even if the reader stops here.
    note = {"event": "findings_read", "auditor": auditor, "port": port, "findings": len(last), "read_at": now()}
    print(orjson.dumps(note).decode(), file=sys.stderr, flush=True)
    ordered = sorted(last.values(), key=lambda finding: (finding.found_at, finding.finding_id))
    if json:
        for finding in ordered:
            print(orjson.dumps(msgspec.to_builtins(finding)).decode())
    else:
        show_findings(ordered)
    return 0


def show_findings(ordered: list[Finding]) -> None:
    """The findings as a table."""
    table = Table(title="Findings: questions, not verdicts")
    for heading in ("found", "port", "kind", "what", "odds against chance", "passages"):
        table.add_column(heading)
    for finding in ordered:
        when = datetime.fromtimestamp(finding.found_at / MICROSECONDS, UTC).strftime("%Y-%m-%d %H:%M")
        odds = "" if finding.log_e_value is None else f"at least e^{finding.log_e_value:.1f}"
        mode = "" if finding.operating_mode == "OPERATIONAL" else f" ({finding.operating_mode})"
        cells = when, finding.port_code, f"{finding.kind}{mode}", finding.message, odds, "\n".join(finding.passages)
        table.add_row(*map(Text, cells))  # what looks like rich's markup is none
    Console().print(table)
