"""Readers' lines: both forms give readings, and a bad line says where it goes wrong and spoils no other."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.rail.aei import Tag, encode_tag
from producers.rail.reader_lines import LineProblem, Reader, TagRead, line_of, read_line, read_lines, reading_of
from schemas.records import EquipmentKind, OperatingMode, TagSide
from tests.producers.rail.test_aei import tags

HEX = "9EA488C030426A179000000000000331"  # IOCC 3088, right side, 10.6 m, 4 axles
car_tags = tags.map(lambda tag: tag._replace(length_dm=tag.length_dm % 1_101))
READER = Reader("2304/R1", "2304-R1-AEI-1", OperatingMode.SIMULATED)
OBSERVED_AT = int(datetime(2026, 11, 30, 10, 58, 7, 250_000, UTC).timestamp() * 1_000_000)
WITH_BITS = f"2026-11-30T10:58:07.250Z 0001 3 17 {HEX}"
DECODED = "2026-11-30T10:58:07.250Z  0001     3    17           19    1    UP   123456 Left  161       4     1       7"


def read_of(line: str) -> TagRead:
    read = read_line(1, line)
    assert isinstance(read, TagRead), read
    return read


def test_a_line_with_bits_is_a_reading() -> None:
    reading = reading_of(read_of(WITH_BITS), READER, OBSERVED_AT + 5)
    assert (reading.reading_id, reading.port_code, reading.track_id) == ("2304-R1-AEI-1/3/1", "2304", "2304/R1")
    assert (reading.observed_at, reading.received_at) == (OBSERVED_AT, OBSERVED_AT + 5)
    assert (reading.pass_number, reading.axle_count) == (3, 17)
    assert (reading.mark, reading.number, reading.tag_side) == ("IOCC", 3088, TagSide.RIGHT)
    assert (reading.equipment_kind, reading.length_m, reading.axles) == (EquipmentKind.CAR, 10.6, 4)
    assert (reading.check_passed, reading.tag_hex, reading.operating_mode) == (True, HEX, OperatingMode.SIMULATED)


def test_a_line_of_decoded_fields_is_a_reading_too() -> None:
    tag = read_of(DECODED).decoded.tag
    assert (tag.mark, tag.number, tag.side, tag.length_dm) == ("UP", 123456, TagSide.LEFT, 161)
    assert (tag.axles, tag.bearing_code, tag.platform_code, tag.tag_type) == (4, 1, 7, 1)
    without_platform = read_of(DECODED.rsplit(maxsplit=1)[0])
    assert without_platform.decoded.tag == tag._replace(platform_code=0)


def test_a_misread_tag_is_told_and_not_trusted() -> None:
    reading = reading_of(read_of(WITH_BITS.replace("9EA488C03", "9EA488C13")), READER, OBSERVED_AT)
    assert not reading.check_passed
    assert reading.number != 3088


def test_the_same_line_again_is_the_same_reading() -> None:
    first, again = (reading_of(read_of(WITH_BITS), READER, OBSERVED_AT) for _ in range(2))
    assert first == again


@given(car_tags, st.integers(946_684_800_000_000, 4_102_444_799_999_999), st.integers(0, 4_096), st.integers(0, 999))
def test_any_reading_comes_back_from_its_line(tag: Tag, observed_at: int, axles: int, sequence: int) -> None:
    read = TagRead(1, read_of(encode_tag(tag)).decoded, observed_at, sequence, 12, axles)
    reading = reading_of(read, READER, observed_at)
    assert reading_of(read_of(line_of(reading, sequence)), READER, observed_at) == reading


def test_a_bad_line_spoils_no_other() -> None:
    read = list(read_lines(f"# portal 1\r\n{HEX}\r\n\r\nnonsense\n{WITH_BITS}\n"))
    assert [one.line for one in read] == [2, 4, 5]
    assert [isinstance(one, LineProblem) for one in read] == [False, True, False]
    assert str(read[1]).startswith("4:1: a tag is 128 bits")


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        (WITH_BITS.replace("Z", ""), 1, "with its zone"),
        (WITH_BITS.replace("2026-11", "2026-13"), 1, "ISO 8601"),
        (WITH_BITS.replace("0001", "one"), 26, "the sequence"),
        (WITH_BITS.replace(" 3 ", " -3 "), 31, "the pass"),
        (WITH_BITS.replace(" 17 ", " 4097 "), 33, "the count of axles"),
        (WITH_BITS[:-1], 36, "32 hexadecimal digits"),
        (WITH_BITS + " 7", 69, "it has 1 .* fields"),
        (DECODED.replace("Left ", "Front"), DECODED.index("Left") + 1, "Left or Right"),
        (DECODED.replace("UP   ", "1    "), DECODED.index("UP") + 1, "a mark"),
        (DECODED.replace("123456", "999999999999"), DECODED.index("123456") + 1, "the number"),
        (DECODED.replace(" 161 ", " 1101 "), DECODED.index("19 ") + 1, "no car is longer"),
        (WITH_BITS.replace("2026", "1970"), 1, "2000 to 2099"),
        (WITH_BITS.replace("2026", "9999").replace("Z", "-23:59"), 1, "2000 to 2099"),
        ("9" * 300, 257, "longer than"),
        ("٣" * 32, 1, "hexadecimal"),
    ],
)
def test_a_bad_line_says_where(line: str, column: int, problem: str) -> None:
    found = read_line(7, line)
    assert isinstance(found, LineProblem)
    assert re.search(problem, found.text)
    assert (found.line, found.column) == (7, column)


def test_a_tag_alone_has_no_place_in_a_train() -> None:
    with pytest.raises(ValueError, match="no place"):
        reading_of(read_of(HEX), READER, OBSERVED_AT)
