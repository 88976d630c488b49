"""Watchlist files: CSV with a header of field names, or one JSON object a line; good rows and bad ones told apart."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson

from deploy.errors import UserError
from schemas.records import ChangeKind, ReferenceChange, WatchlistEntry
from streams.core.stage import Rejected
from streams.core.vehicles.validation import check_change


class BadRow(NamedTuple):
    """A row that was not taken, and why; never with its plate."""

    line: int
    problem: str

    def text(self, file: Path) -> str:
        """`file:line: problem`."""
        return f"{file}:{self.line}: {self.problem}"


def read_entries(file: Path) -> tuple[list[WatchlistEntry], list[BadRow]]:
    """Entries of a file and its bad rows. Exact duplicates are ignored; an id that comes again otherwise is bad.

    Raises UserError if the file cannot be read.
    """
    entries: dict[str, WatchlistEntry] = {}
    bad = []
    for line, row in rows_of(file):
        try:
            entry = entry_of(row)
            if entries.get(entry.entry_id, entry) != entry:
                raise ValueError(f"entry_id {entry.entry_id} stands in an earlier row with other values")
            entries[entry.entry_id] = entry
        except (ValueError, Rejected) as error:
            bad.append(BadRow(line, str(error)))
    return list(entries.values()), bad


def rows_of(file: Path) -> Iterator[tuple[int, Any]]:
    """Line number and fields of each row; fields is a text if the row is not one."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {file}: {error}") from error
    if file.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines())
        for row in reader:
            yield reader.line_num, {name: value for name, value in row.items() if value not in ("", None)}
        return
    if file.suffix.lower() == ".json":
        yield 1, parsed(text)
        return
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            yield line, parsed(content)


def parsed(text: str) -> Any:
    """A JSON value, or None if the text is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def entry_of(row: Any) -> WatchlistEntry:
    """A row's entry. Raises ValueError or Rejected, which name the field that is wrong."""
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    unknown = [str(name) for name in row if name not in WatchlistEntry.__struct_fields__]
    if unknown:
        raise ValueError(f"unknown field {unknown[0]}" if None not in row else "more values than columns")
    values = dict(row)
    for name in ("valid_from_at", "valid_until_at"):
        if isinstance(values.get(name), str):
            values[name] = microseconds(name, values[name])
    entry = msgspec.convert(values, WatchlistEntry, strict=False)  # ValidationError is a ValueError
    if not 0 <= entry.priority <= 100:
        raise ValueError("priority must lie in 0 to 100")
    change = ReferenceChange(
        change_id="", kind=ChangeKind.WATCHLIST_ADD, changed_by="", changed_at=0, watchlist_entry=entry
    )
    check_change(change)  # what the stage would refuse is refused here, where someone reads it
    return entry


def microseconds(name: str, text: str) -> int:
    """A time in ISO 8601 (UTC if it names no zone) or as microseconds."""
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name} is neither ISO 8601 nor microseconds") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000)
