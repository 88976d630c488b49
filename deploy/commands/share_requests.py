"""`border share requests`: what other agencies asked, and the plates that a person here tells them or does not."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import orjson
from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.sharing_records import SharingLog, sharing_log
from schemas.records import Reidentification, ReidentificationState, SharingRequest
from streams.core.people import are_two_people
from streams.sharing.admission import SharingRecord
from streams.sharing.requests import NotLogged

app = App(name="requests", help="What other agencies asked: list it; approve or refuse that a plate is told.")


@app.command(name="list")
def list_requests(
    *,
    agency: str | None = None,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List every request of other agencies, answered or refused: who asked what for which case, never a plate.

    Examples:

        border share requests list
        border share requests list --agency MX-MATAMOROS --json

    Parameters
    ----------
    agency
        of this agency only.
    json
        print one JSON object a line.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    records = sharing_log(connect(broker, registry_url, state_directory))
    found = [one for one in records if isinstance(one, SharingRequest) and agency in (None, one.agency_id)]
    found.sort(key=lambda one: (one.asked_at, one.request_id))
    if json:
        for one in found:
            print(orjson.dumps(msgspec.to_builtins(one)).decode())
        return 0
    table = Table("asked (UTC)", "agency", "agreement", "kind", "items", "purpose", "case", "refused")
    for one in found:
        cells = clock(one.asked_at), one.agency_id, one.agreement_version, one.kind.lower(), str(one.item_count)
        table.add_row(*[Text(cell) for cell in (*cells, one.purpose or "", one.case_number or "", one.refused or "")])
    Console().print(table)
    return 0


@app.command
def plates(
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the requests for a plate behind a record, with what the agency was told of it and what became of each.

    Examples:

        border share requests plates

    Parameters
    ----------
    json
        print one JSON object a line.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    found = standing(sharing_log(connect(broker, registry_url, state_directory)))
    if json:
        for one in found.values():
            print(orjson.dumps(msgspec.to_builtins(one)).decode())
        return 0
    table = Table("id", "asked (UTC)", "agency", "purpose", "case", "legal basis", "record", "state", "by")
    for one in found.values():
        told = f"{one.dataset} {one.record_told}"
        cells = one.reidentification_id, clock(one.asked_at), one.agency_id, one.purpose, one.case_number
        table.add_row(
            *[Text(cell) for cell in (*cells, one.legal_basis, told, one.state.lower(), one.decided_by or "")]
        )
    Console().print(table)
    return 0


@app.command
def approve(
    reidentification_id: str,
    *,
    by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Let an agency be told the plate behind one record. The agency asked, a person here approves: two parties.

    Examples:

        border share requests approve 5d0c… --by liaison-3

    Parameters
    ----------
    reidentification_id
        as `border share requests plates` shows it.
    by
        id of the person who approves.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    return decide(reidentification_id, ReidentificationState.APPROVED, by, None, broker, registry_url, state_directory)


@app.command
def refuse(
    reidentification_id: str,
    *,
    by: str,
    reason: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Refuse that an agency is told a plate.

    Examples:

        border share requests refuse 5d0c… --by liaison-3 --reason "no case number of a court"

    Parameters
    ----------
    reidentification_id
        as `border share requests plates` shows it.
    by
        id of the person who refuses.
    reason
        what the agency is told.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    return decide(reidentification_id, ReidentificationState.REFUSED, by, reason, broker, registry_url, state_directory)


def decide(
    reidentification_id: str,
    state: ReidentificationState,
    by: str,
    reason: str | None,
    broker: str | None,
    registry_url: str | None,
    state_directory: str | None,
) -> int:
    """Write a decision. Raises UserError if there is nothing to decide."""
    connection = connect(broker, registry_url, state_directory)
    asked = standing(sharing_log(connection)).get(reidentification_id)
    if asked is None:
        raise UserError("there is no such request; `border share requests plates` lists them")
    if asked.state is not ReidentificationState.ASKED:
        raise UserError(f"it was {asked.state.lower()} by {asked.decided_by} already; the first decision counts")
    if not are_two_people(by, asked.agency_id):
        raise UserError("give the id of the person who decides in --by; an agency does not decide itself")
    decided = msgspec.structs.replace(
        asked, state=state, decided_by=by, reason=reason, decided_at=time.time_ns() // 1000
    )
    try:
        SharingLog(connection.broker, connection.codec).write(decided)
    except NotLogged as error:
        raise UserError(f"{error}; whether it was written is not known; to decide again is safe") from error
    print(f"{reidentification_id}: {state.lower()}")
    return 0


def standing(records: Iterable[SharingRecord]) -> dict[str, Reidentification]:
    """Requests for plates by id, each with the first decision."""
    found: dict[str, Reidentification] = {}
    for one in records:
        if isinstance(one, Reidentification):
            known = found.get(one.reidentification_id)
            if known is None or known.state is ReidentificationState.ASKED:
                found[one.reidentification_id] = one
    return found


def clock(at: int) -> str:
    """A time of the log, UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
