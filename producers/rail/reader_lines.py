"""What a wayside AEI reader says, one line for each tag read.

    observed_at               sequence pass axles_passed tag
    2026-11-30T10:58:07.250Z  0001     3    17           9EA488C030426A179000000000000331

    observed_at               sequence pass axles_passed group type mark number side  length_dm axles bearing platform
    2026-11-30T10:58:07.250Z  0001     3    17           19    1    UP   123456 Left  161       4     1       0

Fields stand apart by blanks, so that columns may be padded. The second form is that of readers which decode tags
themselves: the record of the AI4100 manual (2015, p. 39), where the platform is told of rail cars only. `pass` and
`axles_passed` come from the portal's controller, which every device of a portal shares. Such a reader passes on what
fits its checks and keeps the bits to itself; `tag_hex` is then what these fields give, owner's bits zero.

A file may also hold tags alone, 32 hexadecimal digits a line; `#` begins a comment. Nothing here raises for what a line
holds: a bad one is a LineProblem with the column where it goes wrong, and the lines around it stand.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from producers.rail.aei import DecodedTag, Tag, TagError, decode_tag, encode_tag
from schemas.records import CarTagRead, OperatingMode, TagSide

# The longest form is 110 characters; more is no reader's line.
LINE_LENGTH_MAX: Final = 256
FIELD: Final = re.compile(r"[^ \t]+")
DIGITS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
# Passes of decades; axles as the stage bounds those of a train.
SEQUENCE_MAX: Final = 999_999_999
AXLES_PASSED_MAX: Final = 4_096
# As the stage bounds them; a tag has room for four times that.
CAR_LENGTH_DM_MAX: Final = 1_100
YEARS: Final = (2000, 2099)
SIDES: Final = {"LEFT": TagSide.LEFT, "RIGHT": TagSide.RIGHT}
BARE_FIELDS: Final = 1
HEX_FIELDS: Final = 5
DECODED_FIELDS: Final = (12, 13)  # without and with the platform
DECIMETRES: Final = 10
MICROSECONDS: Final = 1_000_000


class LineProblem(NamedTuple):
    """A line that was not taken: where and why, with what to do."""

    line: int
    """From 1."""

    column: int
    """From 1, in characters."""

    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.text}"


class TagRead(NamedTuple):
    """One tag read, and where it was in the train; a tag alone has no time and place."""

    line: int
    decoded: DecodedTag
    observed_at: int | None = None
    """By the reader's clock, microseconds UTC."""

    sequence: int | None = None
    pass_number: int | None = None
    axles_passed: int | None = None


class Reader(NamedTuple):
    """Which reader its lines come from."""

    track_id: str
    """Port and track, `2304/R1`."""

    device_id: str
    operating_mode: OperatingMode = OperatingMode.OPERATIONAL


class _Wrong(Exception):
    """A field that does not fit; `column` from 1."""

    def __init__(self, column: int, text: str) -> None:
        super().__init__(text)
        self.column = column


class _Field(NamedTuple):
    column: int
    text: str


def read_lines(text: str) -> Iterator[TagRead | LineProblem]:
    """Each line's tag, or why it has none, in order; blank lines and comments are passed over."""
    for number, line in enumerate(text.split("\n"), 1):
        read = read_line(number, line.rstrip("\r"))
        if read is not None:
            yield read


def read_line(number: int, line: str) -> TagRead | LineProblem | None:
    """The tag of a line, which is the file's `number`th; None for a blank line or a comment."""
    if len(line) > LINE_LENGTH_MAX:
        return LineProblem(
            number, LINE_LENGTH_MAX + 1, f"longer than {LINE_LENGTH_MAX} characters; no reader's line is"
        )
    fields = [_Field(match.start() + 1, match.group()) for match in FIELD.finditer(line)]
    if not fields or fields[0].text.startswith("#"):
        return None
    try:
        if len(fields) == BARE_FIELDS:
            return TagRead(number, tag_of(fields[0]))
        if len(fields) != HEX_FIELDS and len(fields) not in DECODED_FIELDS:
            shapes = f"{BARE_FIELDS} (a tag), {HEX_FIELDS} (with its bits) or {' or '.join(map(str, DECODED_FIELDS))}"
            raise _Wrong(fields[-1].column, f"the line ends with its field {len(fields)}; it has {shapes} fields")
        decoded = tag_of(fields[4]) if len(fields) == HEX_FIELDS else fields_of(fields[4:])
        if decoded.tag.length_dm > CAR_LENGTH_DM_MAX:
            raise _Wrong(fields[4].column, f"no car is longer than {CAR_LENGTH_DM_MAX} dm, so bits were misread")
        return TagRead(
            number,
            decoded,
            observed_at=time_of(fields[0]),
            sequence=count_of("the sequence", fields[1], 0, SEQUENCE_MAX),
            pass_number=count_of("the pass", fields[2], 0, SEQUENCE_MAX),
            axles_passed=count_of("the count of axles", fields[3], 0, AXLES_PASSED_MAX),
        )
    except _Wrong as wrong:
        return LineProblem(number, wrong.column, str(wrong))


def tag_of(field: _Field) -> DecodedTag:
    """The tag of a field of bits."""
    try:
        return decode_tag(field.text)
    except TagError as error:
        raise _Wrong(
            field.column, f"{error}; leave the line out, the tag on the other side may have been read"
        ) from None


def fields_of(fields: list[_Field]) -> DecodedTag:
    """The tag that a reader has decoded: group, type, mark, number, side, length, axles, bearing, platform."""
    group, tag_type, mark, number, side, length, axles, bearing = fields[:8]
    if side.text.upper() not in SIDES:
        raise _Wrong(side.column, "the side is Left or Right")
    tag = Tag(
        equipment_group=count_of("the equipment group", group, 0, 31),
        mark=mark.text,
        number=count_of("the number", number, 0, 999_999),
        side=SIDES[side.text.upper()],
        length_dm=count_of("the length", length, 0, 4_095),
        axles=count_of("the axles", axles, 1, 32),
        bearing_code=count_of("the bearing", bearing, 0, 7),
        platform_code=count_of("the platform", fields[8], 0, 15) if len(fields) > 8 else 0,
        tag_type=count_of("the tag type", tag_type, 0, 3),
    )
    try:
        return decode_tag(encode_tag(tag))
    except TagError as error:  # the mark, since all others were bounded above
        raise _Wrong(mark.column, str(error)) from None


def count_of(what: str, field: _Field, least: int, most: int) -> int:
    """A field's whole number."""
    value = int(field.text) if DIGITS.fullmatch(field.text) else -1
    if not least <= value <= most:
        raise _Wrong(field.column, f"{what} is a whole number, {least} to {most}")
    return value


def time_of(field: _Field) -> int:
    """A field's time in microseconds UTC."""
    try:
        moment = datetime.fromisoformat(field.text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        if not YEARS[0] <= moment.astimezone(UTC).year <= YEARS[1]:
            raise ValueError("a broken clock")
        seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        text = f"the time is ISO 8601 with its zone, as 2026-11-30T10:58:07.250Z, {YEARS[0]} to {YEARS[1]}"
        raise _Wrong(field.column, text) from None
    return round(seconds * MICROSECONDS)


def reading_of(read: TagRead, reader: Reader, received_at: int) -> CarTagRead:
    """The record of a tag read at a portal; `received_at` microseconds UTC by the gateway's clock.

    The id is made from device, pass and sequence, so that a line sent again is a repetition. Raises ValueError for a
    tag alone, which has no place in a train.
    """
    if read.observed_at is None or read.sequence is None or read.pass_number is None or read.axles_passed is None:
        raise ValueError("a tag alone has no time and no place in a train")
    tag = read.decoded.tag
    return CarTagRead(
        reading_id=f"{reader.device_id}/{read.pass_number}/{read.sequence}",
        port_code=reader.track_id.partition("/")[0],
        track_id=reader.track_id,
        device_id=reader.device_id,
        observed_at=read.observed_at,
        received_at=received_at,
        operating_mode=reader.operating_mode,
        pass_number=read.pass_number,
        axle_count=read.axles_passed,
        equipment_kind=tag.kind,
        mark=tag.mark,
        number=tag.number,
        tag_side=tag.side,
        length_m=tag.length_dm / DECIMETRES,
        axles=tag.axles,
        bearing_code=tag.bearing_code,
        platform_code=tag.platform_code,
        check_passed=read.decoded.check_passed,
        tag_hex=read.decoded.tag_hex,
    )


def line_of(read: CarTagRead, sequence: int) -> str:
    """A reading as its reader's line with the bits; `sequence` is the reader's count."""
    moment = datetime.fromtimestamp(read.observed_at // MICROSECONDS, UTC).replace(
        microsecond=read.observed_at % MICROSECONDS
    )
    time = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f"{time} {sequence:04} {read.pass_number} {read.axle_count} {read.tag_hex}"
