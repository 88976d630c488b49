"""Watchlist files: CSV with a header of field names, a JSON array, or one JSON object a line.

Good rows and bad ones are told apart; no message holds a plate.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import orjson

from deploy.errors import UserError
from schemas.records import ChangeKind, ReferenceChange, WatchlistEntry, WatchlistSuppression
from streams.core.stage import Rejected
from streams.core.vehicles.validation import check_change

QUOTED: Final = re.compile(r"'.*'", re.DOTALL)
BETWEEN_ITEMS: Final = re.compile(r"[\s,]*")

Listed = TypeVar("Listed", WatchlistEntry, WatchlistSuppression)


class BadRow(NamedTuple):
    """A row that was not taken, and why; never with its plate."""

    line: int
    problem: str

    def text(self, file: Path) -> str:
        """`file:line: problem`."""
        return f"{file}:{self.line}: {self.problem}"


class FileContent(NamedTuple):
    """What a file of entries holds; `duplicates` counts rows that repeat an earlier one, which are ignored."""

    entries: list[WatchlistEntry]
    bad: list[BadRow]
    duplicates: int


def read_entries(file: Path) -> FileContent:
    """Entries of a file and its bad rows. An id that comes again with other values is bad.

    Raises UserError if the file cannot be read.
    """
    entries: dict[str, WatchlistEntry] = {}
    bad, duplicates = [], 0
    for line, row in rows_of(file):
        try:
            entry = entry_of(row)
            if entries.get(entry.entry_id, entry) != entry:
                raise ValueError(f"entry_id {entry.entry_id} stands in an earlier row with other values")
            duplicates += entry.entry_id in entries
            entries[entry.entry_id] = entry
        except (ValueError, Rejected) as error:
            bad.append(BadRow(line, str(error)))
    return FileContent(list(entries.values()), bad, duplicates)


def read_suppression(file: Path) -> WatchlistSuppression:
    """The suppression in a JSON file. Raises UserError that names what is wrong."""
    try:
        row = parsed(text_of(file))
        suppression = record_of(row, WatchlistSuppression)
        change = ReferenceChange(
            change_id="",
            kind=ChangeKind.WATCHLIST_SUPPRESS,
            changed_by="",
            changed_at=0,
            watchlist_suppression=suppression,
        )
        check_change(change)
    except (ValueError, Rejected) as error:
        raise UserError(f"{file}: {error}") from error
    return suppression


def text_of(file: Path) -> str:
    """A file's text. Raises UserError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {file}: {error}") from error


def rows_of(file: Path) -> Iterator[tuple[int, Any]]:
    """Line number and fields of each row; fields is a text if the row is not one."""
    text = text_of(file)
    if file.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines())
        for row in reader:
            yield reader.line_num, {name: value for name, value in row.items() if value not in ("", None)}
        return
    if file.suffix.lower() == ".json":
        yield from items_of(text)
        return
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            yield line, parsed(content)


def items_of(text: str) -> Iterator[tuple[int, Any]]:
    """Line number and value of the one object of a JSON text, or of each in its array, up to where it is no JSON."""
    if not text.lstrip().startswith("["):
        yield 1, parsed(text)
        return
    decoder, line, counted, at = json.JSONDecoder(), 1, 0, text.index("[") + 1
    while True:
        at = BETWEEN_ITEMS.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing at all, too
        if text.startswith("]", at):
            return
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            yield line, None
            return
        yield line, value


def parsed(text: str) -> Any:
    """A JSON value, or None if the text is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def entry_of(row: Any) -> WatchlistEntry:
    """A row's entry. Raises ValueError or Rejected, which name the field that is wrong."""
    entry = record_of(row, WatchlistEntry)
    if not 0 <= entry.priority <= 100:
        raise ValueError("priority must lie in 0 to 100")
    change = ReferenceChange(
        change_id="", kind=ChangeKind.WATCHLIST_ADD, changed_by="", changed_at=0, watchlist_entry=entry
    )
    check_change(change)  # what the stage would refuse is refused here, where someone reads it
    return entry


def record_of(row: Any, kind: type[Listed]) -> Listed:
    """A row's record. Raises ValueError, which names the field that is wrong."""
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if any(name not in kind.__struct_fields__ for name in row):
        # Never its name: of a file without a header that is a value, which may be a plate.
        known = ", ".join(kind.__struct_fields__)
        raise ValueError("more values than columns" if None in row else f"unknown field; there are {known}")
    values = dict(row)
    for name in ("valid_from_at", "valid_until_at"):
        if isinstance(values.get(name), str):
            values[name] = microseconds(name, values[name])
    if isinstance(values.get("warning_markers"), str):  # one column of a CSV
        values["warning_markers"] = values["warning_markers"].replace(";", " ").split()
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        # Without the value, which stands in it between quotation marks: columns may have been mixed up.
        raise ValueError(QUOTED.sub("…", str(error))) from None


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
