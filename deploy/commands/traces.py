"""`border traces`: traces, reports of multiple sales and links into the log; the report; suggestions for people.

file ─► every row checked ─► border.traces.v1, in transactions ─► TRACES ─► border.suggestions.v1 ─► a person
                                        └► report
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import orjson
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.connection import connect
from deploy.errors import UserError
from deploy.new_file import check_new_file, new_file
from deploy.options import Count, Flag, Seed
from deploy.suggestions import Standing, standing_suggestions
from deploy.trace_file import TraceFile, TraceKind, TraceRecord, line_of, publish_records, read_records
from deploy.trace_page import page_of, show
from deploy.trace_report import report_of
from deploy.trace_texts import Language
from deploy.write_progress import write_progress
from producers.simulator.traces import simulate_traces
from schemas.records import Link, MultipleSale, OperatingMode, Trace
from schemas.topics import TRACES
from streams.console.log_reader import LogReader
from streams.console.privacy import mask_plate

Share = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
TABLE_ROWS_MAX: Final = 1_000

app = App(name="traces", help="Load firearm traces, report where guns come from, list suggestions for the watchlist.")


@app.command
def load(
    file: Path,
    *,
    kind: TraceKind = TraceKind.TRACE,
    skip_bad: Flag = False,
    dry_run: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Load a CSV or JSON file of traces, of reports of multiple sales or of links. Nothing is written if a row is bad.

    All rows are checked, and bad ones told by line, before anything is written; --skip-bad writes the good ones all
    the same. Exits 1 if there was a bad row. A file may be loaded again: a record changes only by a higher revision,
    with withdrawn true if it was made in error. A trace of the wrong purchaser is withdrawn
    under that one, then loaded at a higher revision under the right one.

    Examples:

        border traces load traces.csv --dry-run
        border traces load multiple-sales.jsonl --kind multiple-sale
        border traces load links.csv --kind link

    A trace, a report and a link:

        {"trace_id": "T1", "result": "PURCHASER_FOUND", "purchaser_id": "P7", "firearm_category": "RIFLE",
         "purchased_at": "2026-03-02", "recovered_at": "2026-05-11", "dealer_state_code": "US-TX",
         "dealer_city_name": "Laredo", "recovery_region_code": "MX-TAM"}
        {"report_id": "R1", "purchaser_id": "P7", "form": "RIFLES",
         "sales": [{"sold_at": "2026-03-02", "firearm_count": 3}]}
        {"link_id": "L1", "purchaser_id": "P7", "plate": "TST0001", "source": "registration record",
         "case_number": "C1", "legal_basis": "order 7", "valid_until_at": "2026-12-31"}

    Parameters
    ----------
    file
        CSV in UTF-8 with a header of field names (.csv; sales in one column, 2026-03-02=2 2026-03-04=1), a JSON array
        (.json), or one JSON object a line (.jsonl, .ndjson, a pipe). Purchasers are numbers, never names.
    kind
        what the file holds.
    skip_bad
        write the good rows though there are bad ones.
    dry_run
        check the file and write nothing.
    json
        print one line of JSON: `records` in the file, `written` of them for certain, `duplicates`, `bad_rows`.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    content = read_records(file, kind, time.time_ns() // 1_000)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for row in () if json else content.bad:
        errors.print(row.text(file), markup=False)
    if not content.records and not content.bad:
        raise UserError(f"{file} holds no record, so nothing was written")
    written = 0
    try:
        if content.records and not dry_run and (skip_bad or not content.bad):
            connection = connect(broker, registry_url, state_directory)
            with write_progress(len(content.records), errors, hidden=json) as show:

                def count(done: int) -> None:
                    nonlocal written
                    written = done
                    show(done)

                publish_records(content.records, connection.broker, connection.codec, count)
    finally:  # said also when it fails or is broken off
        if json:
            rows = [{"line": row.line, "problem": row.problem} for row in content.bad]
            said = {"records": len(content.records), "written": written, "duplicates": content.duplicates}
            print(orjson.dumps(said | {"bad_rows": rows}).decode())
    if not json:
        print(told_of(content, written, dry_run))
    return 1 if content.bad else 0


def told_of(content: TraceFile, written: int, dry_run: bool) -> str:
    """What was done, in a sentence."""
    good, bad = len(content.records), len(content.bad)
    ignored = f", {content.duplicates:,} repeated rows" if content.duplicates else ""
    if dry_run:
        return f"{good:,} good records{ignored}, {bad:,} bad rows; nothing was written"
    if bad and not written:
        return f"{good:,} good records{ignored}, {bad:,} bad rows; nothing was written: mend them, or give --skip-bad"
    return f"wrote {written:,} records{ignored}" + (f", left out {bad:,} bad rows" if bad else "")


@app.command
def report(
    *,
    language: Language = Language.EN,
    mode: OperatingMode = OperatingMode.OPERATIONAL,
    html: Path | None = None,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Report how far traces came, times to crime, firearms, and the states and cities that supply most.

    Made from the traces in the log, of each its last revision. Counts below 5 are not told alone. A share of firearms
    traced to the United States is one of those submitted and successfully traced, and is shown beside that of all.

    Examples:

        border traces report
        border traces report --language es --html rastreo.html
        border traces report --mode SIMULATED --json

    Parameters
    ----------
    language
        en or es.
    mode
        OPERATIONAL, or SIMULATED, TEST or EXERCISE for those of a drill.
    html
        also write this page; it needs no network.
    json
        print one line of JSON instead of tables.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if mode is OperatingMode.UNKNOWN:
        raise UserError("there are no traces of mode UNKNOWN; take OPERATIONAL, SIMULATED, TEST or EXERCISE")
    if html is not None:
        check_new_file(html)
    connection = connect(broker, registry_url, state_directory)
    records: list[TraceRecord] = []
    topics = [TRACES.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            if isinstance(received.log_record.value, Trace | MultipleSale | Link):
                records.append(received.log_record.value)
    result = report_of(records, mode)
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result, language)
    if html is not None:
        try:
            with new_file(html) as part:
                part.write_text(page_of(result, language), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{html} could not be written: {error.strerror}") from error
    return 0


@app.command
def suggestions(
    *,
    reveal: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List suggestions for the watchlist: those open, those that people accepted, and entries whose basis has gone.

    A suggestion is no entry. `border watchlist accept` makes one of it, by two people; an entry whose suggestion was
    withdrawn or has changed since is marked, and a person removes it.

    Examples:

        border traces suggestions
        border traces suggestions --json --reveal

    Parameters
    ----------
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
    found = standing_suggestions(connect(broker, registry_url, state_directory))
    if not reveal:
        found = [replace(one, suggestion=masked(one)) for one in found]
    if json:
        for one in found:
            values = msgspec.to_builtins(one.suggestion)
            print(orjson.dumps({"standing": one.standing} | values).decode())
        return 0
    # Whole ids, for `accept` and `remove`.
    whole_id = Column("id", min_width=max((len(one.suggestion.suggestion_id) for one in found), default=0))
    table = Table(whole_id, "standing", "mode", "plate", "case", "until", "reasons")
    for one in found[:TABLE_ROWS_MAX]:
        table.add_row(*map(Text, cells_of(one)))  # what looks like rich's markup is none
    Console().print(table)
    if len(found) > TABLE_ROWS_MAX:
        print(f"the first {TABLE_ROWS_MAX:,} of {len(found):,}; --json prints all")
    return 0


def masked(one: Standing) -> Any:
    """Its suggestion with the plate masked."""
    return msgspec.structs.replace(one.suggestion, plate=mask_plate(one.suggestion.plate))


def cells_of(one: Standing) -> tuple[str, ...]:
    """A row of the table."""
    said = one.suggestion
    until = datetime.fromtimestamp(said.valid_until_at / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
    reasons = "; ".join(reason.explanation for reason in said.reasons)
    mode = said.operating_mode.lower()
    return said.suggestion_id, one.standing.value, mode, said.plate, said.case_number, until, reasons


@app.command
def simulate(
    directory: Path, *, purchasers: Count = 2_000, straw_share: Share = 0.03, seed: Seed = 1, json: Flag = False
) -> int:
    """Write simulated traces, reports of multiple sales and links as files for `border traces load`, and the truth.

    Straw purchasers are hidden among honest ones, whose guns take the national time to crime. Every record is marked
    SIMULATED, so that none of it mixes with what is real.

    Examples:

        border traces simulate traces-1 --seed 1
        border traces load traces-1/traces.jsonl

    Parameters
    ----------
    directory
        a new directory for traces.jsonl, multiple-sales.jsonl, links.jsonl and truth.jsonl.
    purchasers
        how many purchasers of traced firearms.
    straw_share
        share of them who buy for others.
    seed
        the same seed gives the same files.
    json
        print one line of JSON.
    """
    world = simulate_traces(seed, purchasers, straw_share)
    files: dict[str, Iterable[Any]] = {
        "traces": map(line_of, world.traces),
        "multiple-sales": map(line_of, world.multiple_sales),
        "links": map(line_of, world.links),
        "truth": [{"straw_purchaser_id": straw_id} for straw_id in sorted(world.straw_ids)],
    }
    counts = {}
    try:
        directory.mkdir(parents=True)
        for name, rows in files.items():
            lines = [orjson.dumps(row) for row in rows]
            (directory / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
            counts[name] = len(lines)
    except FileExistsError:
        raise UserError(f"{directory} exists; give another name") from None
    except OSError as error:
        raise UserError(f"{directory} cannot be written: {error.strerror}") from error
    print(orjson.dumps(counts).decode() if json else ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    return 0
