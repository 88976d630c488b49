"""Lines of text that may be hostile: fields with their columns, and numbers in them."""

import re
from typing import Final, NamedTuple

from producers.formats.reading_format import Reason, Refused

# Python's own numbers know underscores, infinities and hexadecimals; a device's number is none of these.
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
DECIMAL: Final = re.compile(r"[+-]?([0-9]{1,17}(\.[0-9]{0,9})?|\.[0-9]{1,9})", re.ASCII)
BLANKS: Final = re.compile(r"[^ \t]+")


class Column(NamedTuple):
    """A field of a line."""

    column: int
    """From 1, in characters."""

    text: str
    """Without the blanks around it."""

    @property
    def at(self) -> str:
        """Its place."""
        return f"column {self.column}"


def text_of_line(line: bytes) -> str:
    """A line's text. Raises Refused for what is no visible ASCII, blank or tab."""
    for place, byte in enumerate(line):
        if not (32 <= byte <= 126 or byte == 9):
            text = "must be ASCII; look at the serial line's speed and parity"
            raise Refused(Reason.MALFORMED, text, f"column {place + 1}")
    return line.decode("ascii")


def columns_of(text: str, separator: str) -> list[Column]:
    """The fields of a line; a blank as separator stands for any number of blanks and tabs."""
    if separator == " ":
        return [Column(match.start() + 1, match.group()) for match in BLANKS.finditer(text)]
    columns, at = list[Column](), 0
    for part in text.split(separator):
        columns.append(Column(at + 1 + len(part) - len(part.lstrip()), part.strip()))
        at += len(part) + len(separator)
    return columns


def whole_of(column: Column, what: str) -> int:
    """A whole number. Raises Refused."""
    if not WHOLE.fullmatch(column.text):
        raise Refused(Reason.MALFORMED, f"{what} must be a whole number", column.at)
    return int(column.text)


def decimal_of(column: Column, what: str) -> float:
    """A number. Raises Refused."""
    if not DECIMAL.fullmatch(column.text):
        raise Refused(Reason.MALFORMED, f"{what} must be a number, with a point", column.at)
    return float(column.text)
