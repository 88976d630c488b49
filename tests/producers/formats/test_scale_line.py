"""Scales' lines: fields in the configuration's order, units converted, checksums held, columns told."""

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.reading_format import Reason
from producers.site import SiteError
from schemas.records import ScaleType, Weighing
from tests.producers.formats.samples import OBSERVED_AT, device_for, one_reading, one_rejection, read

PLAIN = 'scale_type = "TYPE_II"\nfields = ["sequence", "time", "gross_weight", "axle_count", "axles"]\n'
TIME = b"2026-11-30T10:58:07.250Z"
LINE = b"17," + TIME + b",1774,2,970,2.8,804"


def weighing(line: bytes, options: str = PLAIN) -> Weighing:
    reading = one_reading("scale_line", line, device_for("scale_line", options))
    assert isinstance(reading, Weighing)
    return reading


def test_a_line_is_a_weighing() -> None:
    reading = weighing(LINE)
    assert (reading.gross_weight_kg, reading.axle_loads_kg, reading.axle_spacings_m) == (1774.0, (970.0, 804.0), (2.8,))
    assert (reading.observed_at, reading.scale_type) == (OBSERVED_AT, ScaleType.TYPE_II)
    assert reading.reading_id == "scale-line-1/17"


@pytest.mark.parametrize(
    ("unit", "text", "kilograms"),
    [
        ("kg", b"1774.5", 1774.5),
        ("10 kg", b"177", 1770.0),
        ("100 kg", b"17.7", 1770.0),
        ("t", b"1.7745", 1774.5),
        ("lb", b"3911", 1774.0),  # 3,911 x 0.45359237 = 1,773.99976
        ("100 lb", b"39", 1769.01),  # 3,900 x 0.45359237 = 1,769.010243
        ("kip", b"3.911", 1774.0),
        ("kN", b"17.4", 1774.306),  # 17,400 / 9.80665 = 1,774.30621
    ],
)
def test_weights_have_a_unit(unit: str, text: bytes, kilograms: float) -> None:
    options = f'scale_type = "TYPE_I"\nfields = ["time", "gross_weight"]\nweight_unit = "{unit}"'
    assert weighing(TIME + b"," + text, options).gross_weight_kg == kilograms


@pytest.mark.parametrize(
    ("unit", "text", "metres"),
    [
        ("m", b"2.8", 2.8), ("dm", b"28", 2.8), ("cm", b"280", 2.8), ("mm", b"2800", 2.8), ("ft", b"9.2", 2.8042),
        ("0.1 ft", b"92", 2.8042), ("in", b"110", 2.794),
    ],
)  # fmt: skip
def test_spacings_have_a_unit(unit: str, text: bytes, metres: float) -> None:
    line = LINE.replace(b",2.8,", b"," + text + b",")
    assert weighing(line, PLAIN + f'length_unit = "{unit}"').axle_spacings_m == (metres,)


@pytest.mark.parametrize(
    ("unit", "text", "speed"),
    [("m/s", b"4", 4.0), ("km/h", b"18", 5.0), ("0.1 km/h", b"180", 5.0), ("mph", b"10", 4.4704)],
)
def test_speeds_have_a_unit(unit: str, text: bytes, speed: float) -> None:
    options = f'scale_type = "TYPE_I"\nfields = ["time", "gross_weight", "speed"]\nspeed_unit = "{unit}"'
    assert weighing(TIME + b",1774," + text, options).speed_mps == speed


def test_the_checksum_is_that_of_nmea() -> None:
    options = PLAIN + 'checksum = "xor"'
    digits = f"*{reduce(xor, LINE):02x}".encode()
    assert weighing(LINE + digits, options).gross_weight_kg == 1774.0
    device = device_for("scale_line", options)
    assert "checksum does not fit" in one_rejection("scale_line", LINE.replace(b"1774", b"1775") + digits, device).text
    assert "must end with *" in one_rejection("scale_line", LINE, device).text


@pytest.mark.parametrize(
    ("name", "separator"), [("comma", b","), ("semicolon", b";"), ("bar", b"|"), ("tab", b"\t"), ("blank", b"   ")]
)
def test_fields_stand_apart_by_a_separator(name: str, separator: bytes) -> None:
    line = LINE.replace(b",", separator)
    assert weighing(line, PLAIN + f'separator = "{name}"').axle_loads_kg == (970.0, 804.0)


def test_loads_and_spacings_may_stand_in_runs() -> None:
    fields = '["session", "sequence", "time", "axle_count", "axle_loads", "axle_spacings", "ignored"]'
    reading = weighing(b"b7,1," + TIME + b",3,1000,700,700,3.1,1.2,ok", f'scale_type = "TYPE_I"\nfields = {fields}')
    assert (reading.axle_loads_kg, reading.axle_spacings_m) == ((1000.0, 700.0, 700.0), (3.1, 1.2))
    assert reading.gross_weight_kg == 2400.0  # the sum, since it is not told
    assert reading.reading_id == "scale-line-1/b7/1"


def test_without_a_sequence_the_id_is_of_the_line() -> None:
    options = 'scale_type = "TYPE_I"\nfields = ["time", "gross_weight"]'
    ids = [weighing(TIME + weight, options).reading_id for weight in (b",1774", b",1775", b",1774")]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize(
    ("line", "reason", "at"),
    [
        (b"17," + TIME, Reason.MISSING_FIELD, "column 4"),
        (LINE.replace(b"1774", b"1774 kg"), Reason.MALFORMED, "column 29"),
        (LINE.replace(b"1774", b"NaN"), Reason.MALFORMED, "column 29"),
        (LINE.replace(b"1774", b"1_774"), Reason.MALFORMED, "column 29"),
        (LINE.replace(b"1774", b"17740"), Reason.OUT_OF_RANGE, ""),  # the axles do not add up
        (LINE.replace(b",2,", b",3,"), Reason.MALFORMED, "column 44"),
        (LINE.replace(b",2,", b",33,"), Reason.OUT_OF_RANGE, "column 34"),
        (LINE + b",9", Reason.MALFORMED, "column 48"),
        (LINE.replace(TIME, b"10:58:07"), Reason.MALFORMED, "column 4"),
        (LINE.replace(b"17,2026", b"1 7,2026"), Reason.OUT_OF_RANGE, ""),
        (LINE.replace(b"2.8", b"280"), Reason.OUT_OF_RANGE, "axle_spacings_m"),
        (LINE.replace(b"970", b"-970"), Reason.OUT_OF_RANGE, ""),
        (LINE.replace(b"970", b"9\x0070"), Reason.MALFORMED, "column 37"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(line: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("scale_line", line, device_for("scale_line", PLAIN))
    assert (rejection.reason, rejection.at) == (reason, at)


def test_another_scales_lines_are_refused() -> None:
    options = 'scale_type = "TYPE_I"\nfields = ["lane", "time", "gross_weight"]\nlane = "L1"'
    assert weighing(b"L1," + TIME + b",1774", options)
    device = device_for("scale_line", options)
    assert one_rejection("scale_line", b"L2," + TIME + b",1774", device)[::2] == (Reason.WRONG_LANE, "column 1")


@pytest.mark.parametrize(
    ("options", "key", "text"),
    [
        (PLAIN.replace('"time", ', ""), "fields", "time is missing"),
        (PLAIN.replace('"gross_weight", "axle_count", "axles"', '"speed"'), "fields", "there is no weight"),
        (PLAIN.replace('"axle_count", "axles"', '"axles", "axle_count"'), "fields", "must stand before"),
        (PLAIN.replace('"axle_count", ', ""), "fields", "need an axle_count"),
        (PLAIN.replace('"sequence"', '"time"'), "fields", "time stands twice"),
        (PLAIN.replace('"sequence"', '"session"'), "fields", "without a sequence"),
        (PLAIN + 'lane = "L1"', "lane", "go together"),
        (PLAIN + 'weight_unit = "stone"', "weight_unit", "stone"),
        (PLAIN.replace('"sequence"', '"weight"'), "fields[0]", "weight"),
        ("fields = []", "scale_type", "is missing"),
    ],
)
def test_options_that_do_not_hold_are_told_at_the_start(options: str, key: str, text: str) -> None:
    with pytest.raises(SiteError) as error:
        device_for("scale_line", options)
    told = [one.text for one in error.value.problems if one.key == f"devices[0] scale-line-1.options.{key}"]
    assert any(text in one for one in told), error.value.problems


DEVICE = device_for("scale_line", PLAIN)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 5_000)), min_size=1, max_size=10))
def test_any_axles_come_back(axles: list[tuple[int, int]]) -> None:
    pairs = [text for load, away in axles for text in (str(load), f"{away / 100:.2f}")][:-1]
    total = sum(load for load, _ in axles)
    line = f"1,2026-11-30T10:58:07Z,{total},{len(axles)},{','.join(pairs)}".encode()
    (item,) = read("scale_line", line, DEVICE)
    assert isinstance(item, Weighing)
    assert item.axle_loads_kg == tuple(float(load) for load, _ in axles)
    assert item.axle_spacings_m == tuple(away / 100 for _, away in axles[:-1])
