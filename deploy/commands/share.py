"""`border share`: agreements with other agencies, the service that keeps them, who asked what; and the agency's side.

agreement.toml ─► two people ─► border.agreements.v1 ─► `border share serve` ◄─► agencies ─► border.sharing.v1
"""

import hashlib
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.commands.share_agency import app as agency_app
from deploy.commands.share_requests import app as requests_app
from deploy.commands.share_serve import serve
from deploy.connection import connect
from deploy.options import Flag
from deploy.sharing_records import (
    load_agreement,
    publish_agreement,
    published_agreements,
    sharing_log,
    withdraw_agreement,
)
from deploy.sharing_test import tested
from schemas.records import SharingRequest
from streams.core.sharing.agreement import parse_agreement

app = App(
    name="share", help="Agreements with other agencies: list, test, publish, serve; who asked; the agency's side."
)
app.command(serve)
app.command(requests_app)
app.command(agency_app)


@app.command(name="list")
def list_agreements(
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List agencies with the agreement in force: what is shared of which vehicles, and what they asked today.

    Examples:

        border share list
        border share list --json

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
    connection = connect(broker, registry_url, state_directory)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight.date().isoformat()
    asked: dict[str, dict[str, int]] = {}
    for request in sharing_log(connection, int(midnight.timestamp() * 1000)):
        if isinstance(request, SharingRequest):
            counts = asked.setdefault(request.agency_id, {})
            name = "refused" if request.refused else request.kind.lower()
            counts[name] = counts.get(name, 0) + 1
    rows = []
    for version in published_agreements(connection).values():
        standing = standing_of(version.text, version.withdrawn, today)
        rows.append(standing | {"asked_today": asked.get(version.agency_id, {})})
    if json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return 0
    table = Table("agency", "version", "standing", "until", "shared", "requests today")
    for row in rows:
        requests = ", ".join(f"{name} {count}" for name, count in row["asked_today"].items()) or "-"
        cells = row["agency"], row["version"], row["standing"], row["valid_until"], "\n".join(row["shared"]), requests
        table.add_row(*[Text(cell) for cell in cells])
    Console().print(table)
    return 0


def standing_of(text: str, withdrawn: bool, today: str) -> dict[str, Any]:
    """A published agreement, as JSON."""
    agreement = parse_agreement(text)
    standing = "in force"
    if withdrawn:
        standing = "withdrawn"
    elif not agreement.valid_from <= today <= agreement.valid_until:
        standing = "not yet" if today < agreement.valid_from else "ended"
    return {
        "agency": agreement.agency,
        "name": agreement.name,
        "version": agreement.version,
        "standing": standing,
        "valid_until": agreement.valid_until,
        "shared": [
            f"{one.dataset} of {one.vehicles} vehicles at {', '.join(one.ports)}: {', '.join(one.fields)}"
            for one in agreement.datasets
        ],
    }


@app.command
def test(file: Path, *, on: Path | None = None, json: Flag = False) -> int:
    """Check an agreement without a network: what it shares and what it never can, and how long all plates would take.

    With --on a capture it shows how many rows each dataset would tell, and the first of them. Exits 1 if it is none.

    Examples:

        border share test deploy/examples/agreement-matamoros.toml
        border share test mine.toml --on passages.avro --json

    Parameters
    ----------
    file
        agreement (TOML).
    on
        records from `border capture` or `border replay --out`.
    json
        print one line of JSON.
    """
    _, agreement = load_agreement(file)
    result = tested(agreement, on)
    if json:
        print(orjson.dumps(result).decode())
        return 0
    table = Table("dataset", "vehicles", "ports", "told", "kept", "rows" if on else "", title=f"{agreement.name}")
    for row in result["datasets"]:
        cells = row["dataset"], row["vehicles"], ", ".join(row["ports"]), ", ".join(row["fields"])
        table.add_row(*[Text(cell) for cell in cells], f"{row['retention_days']} days", str(row.get("rows", "")))
    Console().print(table)
    for sentence in result["notes"]:
        print(sentence)
    for row in result["datasets"]:
        if row.get("first"):
            print(f"{row['dataset']} of {row['vehicles']} vehicles, the first: {orjson.dumps(row['first']).decode()}")
    return 0


@app.command
def publish(
    file: Path,
    *,
    by: str,
    approved_by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Publish an agreement and put it in force. Two people are needed; no restart is.

    Examples:

        border share publish mine.toml --by liaison-3 --approved-by counsel-1

    Parameters
    ----------
    file
        agreement (TOML).
    by
        id of the person who publishes it.
    approved_by
        id of the second person, who approved it.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    text, agreement = load_agreement(file)
    publish_agreement(text, agreement, by, approved_by, connect(broker, registry_url, state_directory))
    print(f"version {agreement.version} of {agreement.agency} is in force from here on")
    return 0


@app.command
def withdraw(
    agency: str,
    *,
    by: str,
    approved_by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """End an agreement: from here on the agency is told nothing. Two people are needed.

    Examples:

        border share withdraw MX-MATAMOROS --by liaison-3 --approved-by counsel-1

    Parameters
    ----------
    agency
        the agency's id.
    by
        id of the person who ends it.
    approved_by
        id of the second person, who approved that.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    version = withdraw_agreement(agency, by, approved_by, connect(broker, registry_url, state_directory))
    print(f"version {version} of {agency} is withdrawn")
    return 0


@app.command
def credential(agency: str, *, json: Flag = False) -> int:
    """Make a credential for an agency: it gets the first line, its agreement the second. Shown once, kept nowhere.

    Examples:

        border share credential MX-MATAMOROS

    Parameters
    ----------
    agency
        the agency's id.
    json
        print one line of JSON.
    """
    secret = secrets.token_urlsafe(32)
    made = {"credential": f"{agency}:{secret}", "credential_sha256": hashlib.sha256(secret.encode()).hexdigest()}
    print(orjson.dumps(made).decode() if json else "\n".join(f"{name}  {value}" for name, value in made.items()))
    return 0
