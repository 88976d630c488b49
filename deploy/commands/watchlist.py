"""`border watchlist`: the plates that someone with authority asked to be told of, and those that meet them wrongly.

A change is a ReferenceChange in every partition of the passages topic, all in one transaction: it applies from its
place in each log. An import of many is several transactions, each whole; one that is broken off can be repeated.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import orjson
from cyclopts import App
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from deploy.commands.accept import accept
from deploy.commands.hits import hits
from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.reference_changes import additions, change_now, publish
from deploy.watchlist_file import FileContent, read_entries, read_suppression
from deploy.watchlist_held import values_held
from schemas.records import ChangeKind, WatchlistEntry, WatchlistSuppression
from streams.core.vehicles.watchlist import PREFIX, SUPPRESSION_PREFIX

# More is not read from a table, and a table of 100,000 takes more than a minute to lay out.
TABLE_ROWS_MAX: Final = 1_000

app = App(name="watchlist", help="Add, remove, import, suppress and list watchlist entries; count hits.")
app.command(accept)
app.command(hits)


@app.command
def add(
    file: Path, *, broker: str | None = None, registry_url: str | None = None, state_directory: str | None = None
) -> int:
    """Add one entry: a JSON file with the fields of a WatchlistEntry.

    Examples:

        border watchlist add entry.json

    An entry:

        {"entry_id": "stolen-2026-0173", "plate": "ABC1234",
         "list_kind": "STOLEN", "priority": 10, "audience": "officers",
         "reason": "stolen in May", "legal_basis": "order 7",
         "valid_from_at": "2026-06-01", "valid_until_at": "2099-06-01",
         "entered_by": "analyst-7", "approved_by": "chief-2"}

    Parameters
    ----------
    file
        JSON with entry_id, plate, list_kind (STRAW_PURCHASER_LINKED, TRACE_LINKED, STOLEN, WANTED, INTELLIGENCE, or
        TEST for drills), reason, legal_basis, priority (0 to 100, the lowest first), audience (who is told of a hit:
        names with blanks between, such as "officers ops-center"), valid_from_at, valid_until_at, entered_by,
        approved_by (another person); optional jurisdiction (US-TX; without one any), case_number and warning_markers
        (ARMED, VIOLENT, FLED_BEFORE, EXPLOSIVES, HAZARDOUS_LOAD, CHILD_ON_BOARD). Times in ISO 8601 or microseconds
        since 1970; an entry that has ended is refused.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    entries, bad, _ = read_entries(file)
    if bad or len(entries) != 1:
        raise UserError(
            bad[0].text(file) if bad else f"{file} has {len(entries)} entries; `add` takes one, `import` many"
        )
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

    All rows are checked, and bad ones reported, before anything is written. Exits 1 if there was a bad row. Repeated
    rows are ignored and counted. Entries are replaced by their id, so an import can be repeated.

    Examples:

        border watchlist import stolen.csv
        border watchlist import trace-linked.jsonl --json

    Parameters
    ----------
    file
        CSV in UTF-8 with a header of field names (.csv; several warning markers in one column with blanks between), a
        JSON array (.json), or one JSON object a line (.jsonl, .ndjson, a pipe). `border watchlist add --help` shows an
        entry and its fields.
    json
        print one line of JSON: `entries` in the file, `added` of them for certain, `duplicates`, `bad_rows`.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    content = read_with_spinner(file, json)
    total, added = len(content.entries), 0

    def count(written: int) -> None:
        nonlocal added
        added = written
        bar.update(task, completed=written)

    columns = (TextColumn("adding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = Console(stderr=True)
    hidden = json or not terminal.is_terminal  # into a file a bar would be an empty line
    try:
        if total:
            connection = connect(broker, registry_url, state_directory)
            with Progress(*columns, console=terminal, disable=hidden, transient=True) as bar:
                task = bar.add_task("", total=total)
                publish(additions(content.entries), connection.broker, connection.codec, count)
    finally:  # said also when it fails or is broken off
        if json:
            rows = [{"line": row.line, "problem": row.problem} for row in content.bad]
            said = {"entries": total, "added": added, "duplicates": content.duplicates, "bad_rows": rows}
            print(orjson.dumps(said).decode())
    if not json:
        ignored = f", ignored {content.duplicates:,} repeated rows" if content.duplicates else ""
        left_out = f", left out {len(content.bad):,} bad rows" if content.bad else ""
        print(f"added {added:,} entries from {file}{ignored}{left_out}")
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
    print(f"the removal of {entry_id} is written; `border watchlist list` shows what is left")
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
        entry_id (else no entry is hit) and jurisdiction. The time in ISO 8601 or microseconds
        since 1970, and not passed.
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
    print(f"the end of {suppression_id} is written; `border watchlist list --suppressed` shows what is left")
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
    """List the entries that the vehicles stage holds, or the suppressions: the first 1,000 as a table, all with --json.

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
    rows = [cells_of(value) for value in shown[:TABLE_ROWS_MAX]]
    whole_id = Column("id", min_width=max((len(row[0]) for row in rows), default=0))  # for `remove`
    if suppressed:
        table = Table(whole_id, "plate", "issuer", "not entry", "reason", "until", "entered by", "approved by")
    else:
        what = ("plate", "issuer", "kind", "warnings", "priority", "valid until", "entered by", "approved by")
        table = Table(whole_id, *what)
    for row in rows:
        table.add_row(*map(Text, row))  # what looks like rich's markup is none
    Console().print(table)
    if len(shown) > len(rows):
        print(f"the first {len(rows):,} of {len(shown):,}; --json prints all")
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


def read_with_spinner(file: Path, quiet: bool) -> FileContent:
    """What a file holds, its bad rows shown unless `quiet`. Raises UserError if it holds neither good nor bad ones."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (SpinnerColumn(), TextColumn("reading"), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=quiet or not errors.is_terminal, transient=True) as progress:
        progress.add_task("", total=None)
        content = read_entries(file)
    for row in () if quiet else content.bad:
        errors.print(row.text(file), markup=False)
    if not content.entries and not content.bad:
        raise UserError(f"{file} holds no entry, so nothing was added")
    return content
