"""JSON that may be hostile: decoded whole, then taken field by field, each refusal with the place of what is wrong."""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from producers.formats.reading_format import ITEMS_MAX, Reason, Refused
from producers.formats.units import TIME_MICROSECONDS, TimeUnit

# RFC 3339 and its ISO 8601 kin, with a zone; weeks, ordinals and bare dates no device means.
TIME_TEXT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?:([Zz])|([+-])(\d{2}):?(\d{2}))", re.ASCII
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
# Whole numbers beyond it are no counts and no times, and floats no longer hold them exactly.
WHOLE_MAX: Final = 1 << 53
TEXT_MAX: Final = 1_024
_DECODER: Final = msgspec.json.Decoder()
Value = TypeVar("Value")


class _Twice(Exception):
    pass


def _no_key_twice(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Twice


def decode_json(payload: bytes) -> Any:
    """The value in UTF-8 JSON. Raises Refused for NaN, lone surrogates, values nested too deep, a key said twice."""
    try:
        value = _DECODER.decode(payload)
        # Decoders take the last of two values or the first one: what a reading says must not depend on which.
        json.loads(payload, object_pairs_hook=_no_key_twice)
    except _Twice:
        raise Refused(Reason.MALFORMED, "an object says one key twice; each may stand once") from None
    except RecursionError:
        raise Refused(Reason.MALFORMED, "values within values, too deep to read") from None
    except UnicodeDecodeError as error:
        raise Refused(Reason.MALFORMED, "not UTF-8", f"byte {error.start + 1}") from None
    except (msgspec.DecodeError, ValueError) as error:
        place = re.search(r"\(byte (\d+)\)", str(error))
        where = f"byte {int(place.group(1)) + 1}" if place else ""
        raise Refused(Reason.MALFORMED, "not JSON; send one whole document in UTF-8", where) from None
    return value


class Fields:
    """One JSON object, and where it stands in its document."""

    def __init__(self, value: Any, at: str = "") -> None:
        if not isinstance(value, dict):
            raise Refused(Reason.MALFORMED, "must be an object, with a field for each value", at)
        self.value: dict[str, Any] = value
        self.at = at

    def place(self, name: str) -> str:
        """Where a field stands."""
        return f"{self.at}.{name}" if self.at else name

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self.value.get(name) is not None

    def needed(self, name: str) -> Any:
        """A field's value. Raises Refused if there is none."""
        value = self.value.get(name)
        if value is None:
            raise Refused(Reason.MISSING_FIELD, "is missing; without it this is no reading", self.place(name))
        return value

    def text(self, name: str) -> str:
        """A text, not empty. Raises Refused."""
        return text_in(self.needed(name), self.place(name))

    def text_or_none(self, name: str) -> str | None:
        """A text; None if it is missing, null or empty. Raises Refused."""
        return self.text(name) if self.value.get(name) not in (None, "") else None

    def number(self, name: str) -> float:
        """A finite number. Raises Refused."""
        return number_in(self.needed(name), self.place(name))

    def number_or_none(self, name: str) -> float | None:
        """A finite number; None if it is missing or null. Raises Refused."""
        return self.number(name) if self.has(name) else None

    def whole(self, name: str) -> int:
        """A whole number, whether 3 or 3.0. Raises Refused."""
        return whole_in(self.needed(name), self.place(name))

    def whole_or_none(self, name: str) -> int | None:
        """A whole number; None if it is missing or null. Raises Refused."""
        return self.whole(name) if self.has(name) else None

    def boolean_or_none(self, name: str) -> bool | None:
        """True or false; None if it is missing or null. Raises Refused."""
        value = self.value.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise Refused(Reason.MALFORMED, "must be true or false", self.place(name))

    def items(self, name: str) -> Iterator[tuple[Any, str]]:
        """Each item of a list, with its place; none if it is missing. Raises Refused for no list or too long a one."""
        value = self.value.get(name)
        return iter(()) if value is None else items_in(value, self.place(name))


def items_in(value: Any, at: str) -> Iterator[tuple[Any, str]]:
    """Each item of a list, with its place. Raises Refused for no list or too long a one."""
    if not isinstance(value, list):
        raise Refused(Reason.MALFORMED, "must be a list", at)
    if len(value) > ITEMS_MAX:
        raise Refused(Reason.TOO_LARGE, f"more than {ITEMS_MAX:,} items at once; send it in parts", at)
    return ((item, f"{at}[{place}]") for place, item in enumerate(value))


def text_in(value: Any, at: str) -> str:
    """A text, not empty. Raises Refused."""
    if not isinstance(value, str):
        raise Refused(Reason.MALFORMED, "must be a text", at)
    if not 0 < len(value) <= TEXT_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"must have 1 to {TEXT_MAX:,} characters", at)
    return value


def number_in(value: Any, at: str) -> float:
    """A finite number. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Reason.MALFORMED, "must be a number", at)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Refused(Reason.OUT_OF_RANGE, "is larger than any number that is meant", at)
    return number


def whole_in(value: Any, at: str) -> int:
    """A whole number. Raises Refused."""
    number = number_in(value, at)
    if not number.is_integer() or abs(number) > WHOLE_MAX:
        raise Refused(Reason.OUT_OF_RANGE, "must be a whole number", at)
    return int(number)


def counted_time(number: float, unit: TimeUnit, at: str) -> int:
    """Microseconds UTC of a count of seconds or parts of them since 1970. Raises Refused."""
    microseconds = number * TIME_MICROSECONDS[unit]
    if not abs(microseconds) <= WHOLE_MAX:
        raise Refused(Reason.OUT_OF_RANGE, "is a time of another age; look at its unit", at)
    return round(microseconds)


def time_in(text: str, at: str) -> int:
    """Microseconds UTC of an ISO 8601 time with its zone; what is beyond a microsecond is cut. Raises Refused."""
    match = TIME_TEXT.fullmatch(text)
    try:
        if match is None:
            raise ValueError("no time")
        year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = match.groups()
        offset = timedelta() if zulu else timedelta(hours=int(hours), minutes=int(minutes))
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        since = local - EPOCH - (-offset if sign == "-" else offset)
    except (ValueError, OverflowError):
        text = "must be an ISO 8601 time with its zone, as 2026-11-30T10:58:07.250Z"
        raise Refused(Reason.MALFORMED, text, at) from None
    return since // MICROSECOND + int((fraction or "0").ljust(6, "0")[:6])
