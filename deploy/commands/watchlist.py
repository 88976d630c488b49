"""`border watchlist`: the plates that someone with authority asked to be told of, and those that meet them wrongly.

A change is a ReferenceChange in every partition of the passages topic, all in one transaction: it applies from its
place in each log, and a command that fails half-way has changed nothing.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson
from cyclopts import App
from rich.console import Console
from rich.table import Column, Table

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.reference_changes import additions, change_now, publish
from deploy.watchlist_file import FileContent, Listed, read_entries, read_suppression
from schemas.records import ChangeKind, WatchlistEntry, WatchlistSuppression
from schemas.topics import VEHICLES_CHANGELOG
from streams.console.log_reader import LogReader
from streams.core.vehicles.watchlist import PREFIX, SUPPRESSION_PREFIX

app = App(name="watchlist", help="Add, remove, import, suppress and list watchlist entries.")


@app.command
def add(
    file: Path, *, broker: str | None = None, registry_url: str | None = None, state_directory: str | None = None
) -> int:
    """Add one entry: a JSON file with the fields of a WatchlistEntry.

    Examples:

        border watchlist add entry.json

    Parameters
    ----------
    file
        JSON with entry_id, plate, list_kind, reason, legal_basis, priority, audience, valid_from_at, valid_until_at,
        entered_by, approved_by; optional jurisdiction, case_number and warning_markers. Times in ISO 8601 or
        microseconds.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    entries, bad, _ = read_entries(file)
    if bad or len(entries) != 1:
        raise UserError(bad[0].text(file) if bad else f"{file} has {len(entries)} entries; `import` takes several")
    connection = connect(broker, registry_url, state_directory)
    publish(additions(entries), connection.broker, connection.codec)
    print(f"added {entries[0].entry_id}")
    return 0


@app.command(name="import")
def import_(
    file: Path,
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Add the entries of a CSV or JSON file; bad rows are reported by line and the good ones kept.

    Exits 1 if there was a bad row. Repeated rows are ignored and counted. Entries are replaced by their id, so an
    import can be repeated.

    Examples:

        border watchlist import stolen.csv
        border watchlist import trace-linked.jsonl --json

    Parameters
    ----------
    file
        CSV with a header of field names (.csv; several warning markers in one column with blanks between), a JSON
        array (.json), or one JSON object a line.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    content = read_entries(file)
    if content.entries:
        connection = connect(broker, registry_url, state_directory)
        publish(additions(content.entries), connection.broker, connection.codec)
    report(file, content, json)
    return 1 if content.bad else 0


@app.command
def remove(
    entry_id: str,
    *,
    by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Remove an entry.

    Examples:

        border watchlist remove stolen-2026-0173 --by analyst-7

    Parameters
    ----------
    entry_id
        id of the entry.
    by
        id of the person who removes it.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    change = change_now(ChangeKind.WATCHLIST_REMOVE, by, watchlist_entry_id=entry_id)
    connection = connect(broker, registry_url, state_directory)
    publish([change], connection.broker, connection.codec)
    print(f"removed {entry_id}")
    return 0


@app.command(name="suppress")
def suppress_(
    file: Path, *, broker: str | None = None, registry_url: str | None = None, state_directory: str | None = None
) -> int:
    """Let a plate that meets the watchlist wrongly hit nothing, or not one entry, until a time.

    It is for a plate that people have confirmed, against images, not to be the listed one. Names a reason, an end, who
    entered it and, another person, who approved it.

    Examples:

        border watchlist suppress not-that-car.json

    Parameters
    ----------
    file
        JSON with suppression_id, plate (as it is read), reason, valid_until_at, entered_by, approved_by; optional
        entry_id (else no entry is hit) and jurisdiction. The time in ISO 8601 or microseconds.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    suppression = read_suppression(file)
    change = change_now(ChangeKind.WATCHLIST_SUPPRESS, suppression.entered_by, watchlist_suppression=suppression)
    connection = connect(broker, registry_url, state_directory)
    publish([change], connection.broker, connection.codec)
    print(f"suppressed {suppression.suppression_id}")
    return 0


@app.command
def unsuppress(
    suppression_id: str,
    *,
    by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """End a suppression before its time: the plate hits again.

    Examples:

        border watchlist unsuppress not-that-car --by analyst-7

    Parameters
    ----------
    suppression_id
        id of the suppression.
    by
        id of the person who ends it.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    change = change_now(ChangeKind.WATCHLIST_UNSUPPRESS, by, watchlist_suppression_id=suppression_id)
    connection = connect(broker, registry_url, state_directory)
    publish([change], connection.broker, connection.codec)
    print(f"unsuppressed {suppression_id}")
    return 0


@app.command(name="list")
def list_(
    *,
    suppressed: Flag = False,
    reveal: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the entries that the vehicles stage holds, or the suppressions.

    Examples:

        border watchlist list
        border watchlist list --json --reveal
        border watchlist list --suppressed

    Parameters
    ----------
    suppressed
        list suppressions instead of entries.
    reveal
        show plates, which are masked otherwise.
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
    held: Sequence[WatchlistEntry | WatchlistSuppression]
    if suppressed:
        held = values_held(connection, SUPPRESSION_PREFIX, WatchlistSuppression)
    else:
        held = values_held(connection, PREFIX, WatchlistEntry)
    shown = [value if reveal else msgspec.structs.replace(value, plate="•" * len(value.plate)) for value in held]
    if json:
        for value in shown:
            print(orjson.dumps(msgspec.to_builtins(value)).decode())
        return 0
    whole_id = Column("id", no_wrap=True)  # for `remove`
    if suppressed:
        table = Table(whole_id, "plate", "issuer", "not entry", "reason", "until", "entered by", "approved by")
    else:
        what = ("plate", "issuer", "kind", "warnings", "priority", "valid until", "entered by", "approved by")
        table = Table(whole_id, *what)
    for value in shown:
        table.add_row(*cells_of(value))
    Console().print(table)
    return 0


def cells_of(value: WatchlistEntry | WatchlistSuppression) -> tuple[str, ...]:
    """A row of the table of `list`."""
    until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(value.valid_until_at // 1_000_000))
    issuer = value.jurisdiction or "any"
    if isinstance(value, WatchlistSuppression):
        what = (value.suppression_id, value.plate, issuer, value.entry_id or "any", value.reason)
        return (*what, until, value.entered_by, value.approved_by)
    kind, warnings = (text.lower().replace("_", " ") for text in (value.list_kind, ", ".join(value.warning_markers)))
    what = (value.entry_id, value.plate, issuer, kind, warnings)
    return (*what, str(value.priority), until, value.entered_by, value.approved_by)


def values_held(connection: Connection, prefix: bytes, kind: type[Listed]) -> list[Listed]:
    """What the state of the vehicles stage's first partition, which like every other holds all, has under a prefix."""
    held: dict[bytes, Any] = {}
    topics = [VEHICLES_CHANGELOG.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.partition == 0 and record.key and record.key.startswith(prefix):
                held[record.key] = record.value
    return [msgspec.msgpack.decode(value, type=kind) for _, value in sorted(held.items()) if value]


def report(file: Path, content: FileContent, json: bool) -> None:
    """What an import did."""
    added, duplicates = len(content.entries), content.duplicates
    if json:
        rows = [{"line": row.line, "problem": row.problem} for row in content.bad]
        print(orjson.dumps({"added": added, "duplicates": duplicates, "bad_rows": rows}).decode())
        return
    print(f"added {added} entries from {file}" + (f", ignored {duplicates} repeated rows" if duplicates else ""))
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for row in content.bad:
        errors.print(row.text(file), markup=False)
