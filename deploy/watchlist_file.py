"""Watchlist files: entries in a file of records, and one suppression in a JSON file; no message holds a plate."""

import time
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from deploy.errors import UserError
from deploy.record_files import TIMES, BadRow, Row, Shape, expected, json_row, record_of, rows_of, text_of
from schemas.records import ChangeKind, ListKind, ReferenceChange, WatchlistEntry, WatchlistSuppression
from streams.core.stage import Rejected
from streams.core.vehicles.validation import check_change

Listed = TypeVar("Listed", WatchlistEntry, WatchlistSuppression)


def split_markers(values: dict[str, Any]) -> None:
    """Warning markers of one column of a CSV."""
    if isinstance(values.get("warning_markers"), str):
        values["warning_markers"] = values["warning_markers"].replace(";", " ").split()


ENTRY: Final = Shape(WatchlistEntry, split_markers)
SUPPRESSION: Final = Shape(WatchlistSuppression)


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
    first_lines: dict[str, int] = {}
    bad, duplicates = [], 0
    for row in rows_of(file, ENTRY):
        try:
            entry = entry_of(row)
            if entries.get(entry.entry_id, entry) != entry:
                # Not the id itself: of columns that were mixed up it may be the plate.
                raise ValueError(f"its entry_id stands in line {first_lines[entry.entry_id]} with other values")
            duplicates += entry.entry_id in entries
            entries[entry.entry_id] = entry
            first_lines.setdefault(entry.entry_id, row.line)
        except (ValueError, Rejected) as error:
            bad.append(BadRow(row.line, str(error)))
    return FileContent(list(entries.values()), bad, duplicates)


def read_suppression(file: Path) -> WatchlistSuppression:
    """The suppression in a JSON file. Raises UserError that names what is wrong."""
    try:
        suppression = record_of(json_row(1, text_of(file)), SUPPRESSION)
        change = ReferenceChange(
            change_id="",
            kind=ChangeKind.WATCHLIST_SUPPRESS,
            changed_by="",
            changed_at=0,
            watchlist_suppression=suppression,
        )
        check_change(change)
        check_not_ended(suppression)
    except (ValueError, Rejected) as error:
        raise UserError(f"{file}: {error}") from error
    return suppression


def entry_of(row: Row) -> WatchlistEntry:
    """A row's entry. Raises ValueError or Rejected, which name the field that is wrong."""
    entry = record_of(row, ENTRY)
    if entry.list_kind is ListKind.UNKNOWN:
        raise ValueError(f"list_kind is not {expected(ListKind)}")
    if not 0 <= entry.priority <= 100:
        raise ValueError("priority must lie in 0 to 100")
    change = ReferenceChange(
        change_id="", kind=ChangeKind.WATCHLIST_ADD, changed_by="", changed_at=0, watchlist_entry=entry
    )
    check_change(change)  # what the stage would refuse is refused here, where someone reads it
    check_not_ended(entry)
    return entry


def check_not_ended(listed: WatchlistEntry | WatchlistSuppression) -> None:
    """Raises ValueError for what would never be in force: whoever adds it expects it to be."""
    if listed.valid_until_at <= time.time_ns() // 1_000:
        raise ValueError(f"valid_until_at has passed; {TIMES}")
