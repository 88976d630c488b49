"""Files of records that people hand over: CSV with a header of field names, a JSON array, or one JSON object a line.

Good rows and bad ones are told apart; no message holds a value of a row, which may be a plate or a serial number.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_args

import msgspec

from deploy.errors import UserError
from streams.core.times import TIME_MAX, TIME_MIN

JSON_BLANKS: Final = " \t\r\n"
BETWEEN_ITEMS: Final = re.compile(rf"[{JSON_BLANKS},]*")
KINDS: Final = (".csv", ".json", ".jsonl", ".ndjson")
DATE_DIGITS: Final = 8  # a date without dashes
INTEGER_DIGITS_MAX: Final = 18  # 64 bits hold them, and microseconds of 2100 have 16
TIMES: Final = "times are ISO 8601, as 2026-12-31 or 2026-12-31T08:00Z, or microseconds since 1970, as 1798675200000000"
TOO_DEEP: Final = "not an entry: values within values, too deep to read"

Kind = TypeVar("Kind", bound=msgspec.Struct)


def unchanged(_values: dict[str, Any]) -> None:
    """Prepares nothing."""


@dataclass(frozen=True)
class Shape(Generic[Kind]):
    """How a record stands in a file."""

    kind: type[Kind]
    prepare: Callable[[dict[str, Any]], None] = unchanged
    """Makes a file's values the record's, in place, for instance a list of a CSV's column. Raises ValueError."""

    filled: Mapping[str, Any] = field(default_factory=dict)
    """Fields that no file may hold, with their values."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Values of fields that a file need not hold."""

    @property
    def names(self) -> tuple[str, ...]:
        """Fields that a file may hold."""
        return tuple([name for name in self.kind.__struct_fields__ if name not in self.filled])

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that a file must hold."""
        given = self.filled.keys() | self.defaults.keys()
        fields = msgspec.structs.fields(self.kind)
        return tuple([field.name for field in fields if field.required and field.name not in given])


class BadRow(NamedTuple):
    """A row that was not taken, and why; never with a value of it."""

    line: int
    problem: str

    def text(self, file: Path) -> str:
        """`file:line: problem`."""
        return f"{file}:{self.line}: {self.problem}"


class Row(NamedTuple):
    """What stands in a row, or why it is none."""

    line: int
    fields: Any = None
    problem: str = ""


def text_of(file: Path) -> str:
    """A file's text. Raises UserError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text (at byte {error.start}); save it as UTF-8") from error
    except (OSError, ValueError) as error:  # ValueError: no system takes a name with a zero byte
        raise UserError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def rows_of(file: Path, shape: Shape[Any]) -> Iterator[Row]:
    """The rows of a file, as its name's ending says. Raises UserError if it cannot be read."""
    kind = file.suffix.lower()
    if kind not in ("", *KINDS):  # a pipe has none
        raise UserError(f"{file}: what is in it is told by its name; it must end in {', '.join(KINDS)}")
    text = text_of(file)
    if kind == ".csv":
        return csv_rows(text, shape)
    if kind == ".json":
        return json_items(text)
    # Not splitlines: to JSON, U+2028 and its like are letters.
    lines = enumerate(text.split("\n"), 1)
    return (json_row(line, content) for line, content in lines if content.strip())


def csv_rows(text: str, shape: Shape[Any]) -> Iterator[Row]:
    """Rows of a CSV by their first line; a header that is wrong is the only one."""
    # Strict, since a quotation mark that nobody closes would otherwise take the rows behind it into its field.
    reader, header = csv.reader(io.StringIO(text, newline=""), strict=True), list[str]()
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader, None)
        except csv.Error as error:
            lost = f"; lines {line} to {reader.line_num} are lost to it" if reader.line_num > line else ""
            yield Row(line, problem=f"not a row of CSV: {error}{lost}")
            continue
        if values is None:
            return
        if header and values:
            fields = {name: value for name, value in zip(header, values, strict=False) if value}
            problem = "more values than columns" if any(values[len(header) :]) else ""
            yield Row(line, fields, problem)
        elif values:
            problem = header_problem(values, shape)
            if problem:
                yield Row(line, problem=problem)
                return
            header = values


def header_problem(header: list[str], shape: Shape[Any]) -> str:
    """What is wrong with the names of a CSV's columns; never a name: without a header they are values, even plates."""
    missing = [name for name in shape.required if name not in header]
    problem = ""
    if any(name not in shape.names for name in header):
        problem = "unknown column; columns stand between commas, and may be " + ", ".join(shape.names)
    elif len(set(header)) < len(header):
        problem = "a column stands twice"
    elif missing:
        problem = f"no column {', '.join(missing)}"
    return problem and f"{problem}; nothing was read"


def json_row(line: int, text: str) -> Row:
    """The one value of a JSON text."""
    try:
        return Row(line, DECODER.decode(text))
    except json.JSONDecodeError as error:
        return Row(line, problem=f"not JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        return Row(line, problem=TOO_DEEP)


def json_items(text: str) -> Iterator[Row]:
    """The one object of a JSON text, or each in its array, up to where it is no JSON."""
    if not text.lstrip(JSON_BLANKS).startswith("["):
        only = json_row(1, text)
        if only.problem:
            only = only._replace(problem=only.problem + "; one object a line goes into a file that ends in .jsonl")
        yield only
        return
    line, counted, at = 1, 0, text.index("[") + 1
    while True:
        at = BETWEEN_ITEMS.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing at all, too
        line, counted = line + text.count("\n", counted, at), at
        if text.startswith("]", at):
            if text[at + 1 :].strip(JSON_BLANKS):
                yield Row(line, problem="there is more behind the end of the array, which was not read")
            return
        try:
            value, at = DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            what = f"not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else TOO_DEEP
            yield Row(line, problem=f"{what}; nothing from here on was read")
            return
        yield Row(line, value)


def unique(pairs: list[tuple[str, Any]]) -> Any:
    """The object of some pairs. One that names a field twice is none: readers differ on which value holds."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else REPEATED


def integer(digits: str) -> int:
    """An integer of JSON. One beyond every bound is cut to what still is: Python may refuse to read all of it."""
    return int(digits[:INTEGER_DIGITS_MAX])


REPEATED: Final = object()
DECODER: Final = json.JSONDecoder(object_pairs_hook=unique, parse_int=integer)


def record_of(row: Row, shape: Shape[Kind]) -> Kind:
    """A row's record. Raises ValueError, which names the fields that are wrong."""
    if row.problem:
        raise ValueError(row.problem)
    if row.fields is REPEATED:
        raise ValueError("a field stands twice")
    if not isinstance(row.fields, dict):
        raise ValueError("not a JSON object")
    if any(name not in shape.names for name in row.fields):
        # Never its name, which may be a plate.
        raise ValueError(f"unknown field; there are {', '.join(shape.names)}")
    values = {**shape.defaults, **row.fields, **shape.filled}
    for one in msgspec.structs.fields(shape.kind):
        if one.name.endswith("_at") and one.name in row.fields and (one.required or values[one.name] is not None):
            values[one.name] = microseconds(one.name, values[one.name])
    shape.prepare(values)
    try:
        return msgspec.convert(values, shape.kind, strict=False)
    except msgspec.ValidationError:
        raise ValueError("; ".join(problems_of(values, shape.kind))) from None


def problems_of(values: dict[str, Any], kind: type[msgspec.Struct]) -> Iterator[str]:
    """What is wrong with each field. It is told from the fields' names alone, never from a decoder's message, which
    quotes the value: where columns were mixed up that is a plate."""
    for one in msgspec.structs.fields(kind):
        if one.name in values:
            try:
                msgspec.convert(values[one.name], one.type, strict=False)
            except msgspec.ValidationError:
                yield f"{one.name} is not {expected(one.type)}"
        elif one.required:
            yield f"{one.name} is missing"


def expected(kind: Any) -> str:
    """What a field of this type holds, for a person. UNKNOWN is what this version makes of a newer one's value, and
    says nothing."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(value for value in kind if value != 'UNKNOWN')}"
    items = [item for item in get_args(kind) if isinstance(item, type) and issubclass(item, StrEnum)]
    if items:
        return expected(items[0]).replace("one of", "one or more of")
    return {int: "a whole number", bool: "true or false"}.get(kind, "text")


def microseconds(name: str, value: Any) -> int:
    """A time in ISO 8601 (UTC if it names no zone) or as microseconds.

    A number is microseconds only from 2000 to 2100: seconds and milliseconds would else be some time in January 1970,
    and a date of eight digits is one of ISO 8601. Python's reader takes thirteen digits for a date with an hour.
    """
    text = str(value) if type(value) is int else value
    is_number = isinstance(text, str) and text.isascii() and text.isdigit()
    if is_number and len(text) <= INTEGER_DIGITS_MAX and TIME_MIN <= int(text) < TIME_MAX:
        return int(text)
    try:
        if not isinstance(text, str) or (is_number and len(text) != DATE_DIGITS):
            raise ValueError("no date")
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is no time; {TIMES}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000)
