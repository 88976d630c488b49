"""TMG's W records: columns or bars, pounds and tenths of a foot, and an hour that must be now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.reading_format import Reason
from schemas.records import ScaleType, Weighing
from tests.producers.formats.samples import NOW, device_for, one_reading, one_rejection, read

OPTIONS = 'scale_type = "TYPE_III"\nutc_offset_hours = -6\n'
DEVICE = device_for("tmg_weight")
HOUR = 3_600_000_000
COLUMNS = (
    b"W48002301512026113004"  # W, Texas, station 002301, south, right lane, 04 h at UTC-6
    b"09017072000"  # class 9, open 017, 72,000 lb
    b"05"
    b"12000 144" b"17000  43" b"17000 320" b"13000  41" b"13000"  # lb and tenths of a foot
)  # fmt: skip
BARS = b"W|48|002301|5|1|2026|11|30|04|9|17|72000|5|12000|144|17000|43|17000|320|13000|41|13000"


def weighing(line: bytes, options: str = OPTIONS, received_at: int = NOW) -> Weighing:
    reading = one_reading("tmg_weight", line, device_for("tmg_weight", options), received_at)
    assert isinstance(reading, Weighing)
    return reading


def test_columns_are_pounds_and_tenths_of_a_foot() -> None:
    reading = weighing(COLUMNS)
    assert reading.gross_weight_kg == 32_658.651  # 72,000 x 0.45359237 = 32,658.65064
    assert reading.axle_loads_kg == (5_443.108, 7_711.07, 7_711.07, 5_896.701, 5_896.701)
    assert reading.axle_spacings_m == (4.3891, 1.3106, 9.7536, 1.2497)  # 14.4 ft x 0.3048 = 4.38912 m
    assert (reading.vehicle_class, reading.scale_type, reading.speed_mps) == (9, ScaleType.TYPE_III, None)
    assert reading.observed_at == reading.received_at == NOW


def test_bars_say_the_same() -> None:
    columns, bars = weighing(COLUMNS), weighing(BARS)
    assert (columns.gross_weight_kg, columns.axle_loads_kg) == (bars.gross_weight_kg, bars.axle_loads_kg)
    assert columns.axle_spacings_m == bars.axle_spacings_m and columns.vehicle_class == bars.vehicle_class


def test_the_open_field_is_a_speed_if_the_configuration_says_so() -> None:
    assert weighing(COLUMNS, OPTIONS + 'open = "speed_mph"').speed_mps == 7.5997  # 17 mph x 0.44704


def test_the_open_field_may_count_the_vehicles_of_an_hour() -> None:
    options = OPTIONS + 'open = "sequence"'
    assert weighing(COLUMNS, options).reading_id == "tmg-weight-1/2026113004/017"
    alike = COLUMNS.replace(b"017072", b"018072")
    assert weighing(alike, options).reading_id == "tmg-weight-1/2026113004/018"


def test_without_a_count_the_id_is_of_the_whole_record() -> None:
    other = COLUMNS.replace(b"12000 144", b"12000 145")
    assert weighing(COLUMNS).reading_id == weighing(COLUMNS, received_at=NOW + HOUR // 100).reading_id
    assert weighing(COLUMNS).reading_id != weighing(other).reading_id


@pytest.mark.parametrize(
    ("later", "taken"),
    [
        (0, True),
        (HOUR // 60, True),
        (3 * HOUR // 60, True),
        (4 * HOUR // 60, False),
        (-HOUR, True),
        (-HOUR - HOUR // 60, False),
        (24 * HOUR, False),
    ],
)
def test_a_record_must_be_of_this_hour(later: int, taken: bool) -> None:
    # NOW is 04:58:40 at UTC-6: the hour ends 80 s later, and two minutes of slack lie on either side of it.
    items = read("tmg_weight", COLUMNS, DEVICE, NOW + later)
    assert [getattr(item, "reason", None) for item in items] == [None if taken else Reason.CLOCK]


@pytest.mark.parametrize("letter", [b" m", b" d", b"M "])
def test_a_record_of_no_vehicle_is_no_reading(letter: bytes) -> None:
    line = COLUMNS[:21] + letter + COLUMNS[23:]
    assert one_rejection("tmg_weight", line).reason is Reason.UNSUPPORTED


def test_the_states_own_classes_leave_the_class_open() -> None:
    assert weighing(COLUMNS[:21] + b"15" + COLUMNS[23:]).vehicle_class is None
    assert weighing(COLUMNS[:21] + b"  " + COLUMNS[23:]).vehicle_class is None


@pytest.mark.parametrize(
    ("line", "reason", "at"),
    [
        (b"C" + COLUMNS[1:], Reason.UNSUPPORTED, "column 1"),
        (COLUMNS[:30], Reason.MALFORMED, "column 31"),
        (COLUMNS[:32] + b"14" + COLUMNS[34:], Reason.OUT_OF_RANGE, "column 33"),
        (COLUMNS[:32] + b"06" + COLUMNS[34:], Reason.MALFORMED, "column 76"),  # the fifth spacing is not there
        (COLUMNS + b"  41 9000", Reason.MALFORMED, "column 76"),
        (COLUMNS[:34] + b"12x00" + COLUMNS[39:], Reason.MALFORMED, "column 35"),
        (COLUMNS.replace(b"072000", b"720000"), Reason.OUT_OF_RANGE, ""),  # the axles do not add up
        (COLUMNS.replace(b"20261130", b"20261131"), Reason.MALFORMED, "column 12"),
        (BARS.rpartition(b"|")[0], Reason.MALFORMED, "column 42"),
        (BARS.replace(b"|17000|43", b"|-17000|43"), Reason.OUT_OF_RANGE, ""),
        (COLUMNS + b"\xc3\xb1", Reason.MALFORMED, "column 76"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(line: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("tmg_weight", line, DEVICE)
    assert (rejection.reason, rejection.at) == (reason, at)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ('state = "06"', Reason.WRONG_DEVICE),
        ('station = "2302"', Reason.WRONG_DEVICE),
        ("direction_code = 1", Reason.WRONG_LANE),
        ("lane_code = 2", Reason.WRONG_LANE),
    ],
)
def test_another_stations_or_lanes_records_are_refused(option: str, reason: Reason) -> None:
    assert one_rejection("tmg_weight", COLUMNS, device_for("tmg_weight", OPTIONS + option)).reason is reason
    same = 'state = "48"\nstation = "2301"\ndirection_code = 5\nlane_code = 1'
    assert weighing(COLUMNS, OPTIONS + same)


@given(st.lists(st.tuples(st.integers(0, 99_999), st.integers(0, 999)), min_size=1, max_size=13))
def test_any_axles_come_back_from_both_forms(axles: list[tuple[int, int]]) -> None:
    total = sum(load for load, _ in axles)
    before = f"W4800230151202611300402   {total:6d}{len(axles):2d}"
    pairs = "".join(f"{load:5d}{away:4d}" for load, away in axles)[:-4]
    bars = "|".join(str(one) for pair in axles for one in pair).rpartition("|")[0]
    fixed = read("tmg_weight", (before + pairs).encode(), DEVICE)
    barred = read("tmg_weight", f"W|48|2301|5|1|2026|11|30|4|2||{total}|{len(axles)}|{bars}".encode(), DEVICE)
    told = [getattr(item, "axle_loads_kg", item) for item in fixed]
    assert told == [getattr(item, "axle_loads_kg", item) for item in barred]
    if total * 0.45359237 <= 200_000:
        assert told == [tuple(round(load * 0.45359237, 3) for load, _ in axles)]
