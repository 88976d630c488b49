"""Vehicles' weights as the Federal Highway Administration collects them.

Spec: Weight (W) record of FHWA's Traffic Monitoring Guide since 2013, in English units: its fixed columns (as github
kellystuard/FHWA.TMAS, WeightData.cs, has them from the guide), which the edition of 2022 calls the historical format;
or the same fields in the same order with `|` between them, as chapter 7 of 2013 allows. Neither the record of 2001, in
tenths of a metric ton, nor the individual vehicle records of 2022, which tell the second, are read here.

    columns  field                          unit, range
    1        record type                    W
    2-3      state                          FIPS code; compared with the option
    4-9      station                        six characters, zeros in front; compared with the option
    10       direction of travel            1 north, 2 north-east ... 8 north-west; compared with the option
    11       lane of travel                 1 the right one, to 9; compared with the option
    12-21    year, month, day, hour         YYYYMMDDHH by the station's standard time: the hour in which it passed
    22-23    vehicle class                  FHWA 1 to 13, 14 and 15 of the state's own; m and d: no vehicle, see below
    24-26    open                           of the state; here nothing, a speed in mph or a count (option `open`)
    27-32    total weight                   lb
    33-34    axles                          1 to 13, to 25 between bars
    35-      weight, spacing, weight ...    lb in 5 columns, tenths of a foot in 4

The record tells the hour only. So it can be read as the vehicle passes, when the gateway's clock is its time, and not
later: a record of another hour than the gateway's (but for two minutes around it) is rejected
with CLOCK, since no vehicle could be found for it. Id: the count of `open = "sequence"` within the hour; else a hash of
the whole record, and then two vehicles of one hour that are alike to the pound and the tenth of a foot are one.

A record of class m (data of an hour are missing) or d (there are data, and no truck) has no vehicle: it is rejected as
UNSUPPORTED; heartbeats say whether a scale is alive.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta

from producers.formats.bounds import CLASSES_MAX
from producers.formats.columns import Column, columns_of, text_of_line, whole_of
from producers.formats.reading_format import (
    Device,
    Framing,
    Item,
    Options,
    ReadingFormat,
    Reason,
    Refused,
    content_id,
    numbered_id,
)
from producers.formats.units import length_m, speed_mps, weight_kg
from producers.formats.weighings import SCALES, ScaleTypeName, weighing_of

BAR: Final = "|"
# Column from 1 and width of what stands before the axles.
FIXED: Final = (
    (1, 1), (2, 2), (4, 6), (10, 1), (11, 1), (12, 4), (16, 2), (18, 2), (20, 2), (22, 2), (24, 3), (27, 6), (33, 2),
)  # fmt: skip
BEFORE_AXLES: Final = len(FIXED)
AXLES_FROM: Final = 35
WEIGHT_WIDTH, SPACING_WIDTH = 5, 4
AXLES_MAX: Final = 13
AXLES_BETWEEN_BARS_MAX: Final = 25
STATE_CLASSES: Final = (14, 15)
HOUR_SECONDS: Final = 3_600
# A record may come this much outside its hour: the vehicle's way over the scale, the line, and two clocks.
HOUR_SLACK_SECONDS: Final = 120
SEQUENCE_MAX: Final = 999
MICROSECONDS: Final = 1_000_000


class TmgWeightOptions(Options, frozen=True, kw_only=True):
    """How a station's records are read."""

    scale_type: ScaleTypeName
    """ASTM E1318 type of the scale, which sets its tolerance."""

    utc_offset_hours: Annotated[float, Meta(ge=-12, le=14)]
    """The station's standard time, in which its records are."""

    state: Annotated[str, Meta(pattern=r"^[0-9]{2}\Z")] | None = None
    station: Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,15}\Z")] | None = None
    direction_code: Annotated[int, Meta(ge=0, le=9)] | None = None
    lane_code: Annotated[int, Meta(ge=0, le=9)] | None = None
    open: Literal["ignored", "speed_mph", "sequence"] = "ignored"


class Record(NamedTuple):
    """A record's fields, as columns of its line."""

    before_axles: list[Column]
    axles: list[Column]
    """Weight, spacing, weight and so on."""


def parse(line: bytes, device: Device, received_at: int) -> list[Item]:
    """One record."""
    try:
        options = device.options
        assert isinstance(options, TmgWeightOptions)
        text = text_of_line(line)
        record = between_bars(text) if BAR in text else in_columns(text)
        return [reading_of(record, device, options, received_at)]
    except Refused as refused:
        return [refused.rejection]


def in_columns(text: str) -> Record:
    """The fields of a record of fixed columns. Raises Refused."""
    if text[:1] != "W":
        raise Refused(Reason.UNSUPPORTED, "the record type must be W", "column 1")
    if len(text) < AXLES_FROM - 1:
        what = f"the record ends within its fields; it has {AXLES_FROM - 1} columns before its axles"
        raise Refused(Reason.MALFORMED, what, f"column {len(text) + 1}")
    before = [column_of(text, at, width) for at, width in FIXED]
    axles = count_of(before[-1], AXLES_MAX)
    if len(text) < AXLES_FROM - 1 + axles * WEIGHT_WIDTH + (axles - 1) * SPACING_WIDTH:
        raise Refused(Reason.MALFORMED, f"the record ends before its {axles} axles", f"column {len(text) + 1}")
    fields, at = list[Column](), AXLES_FROM
    for place in range(2 * axles - 1):
        width = SPACING_WIDTH if place % 2 else WEIGHT_WIDTH
        fields.append(column_of(text, at, width))
        at += width
    if text[at - 1 :].strip(" 0"):
        raise Refused(Reason.MALFORMED, f"there is more than {axles} axles need", f"column {at}")
    return Record(before, fields)


def column_of(text: str, at: int, width: int) -> Column:
    """A field of a number of columns."""
    return Column(at, text[at - 1 : at - 1 + width].strip())


def between_bars(text: str) -> Record:
    """The fields of a record between bars. Raises Refused."""
    columns = columns_of(text, BAR)
    if columns[0].text != "W":
        raise Refused(Reason.UNSUPPORTED, "the record type must be W", "column 1")
    if len(columns) < BEFORE_AXLES:
        what = f"the record ends with its field {len(columns)}; it has {BEFORE_AXLES} before its axles"
        raise Refused(Reason.MALFORMED, what, columns[-1].at)
    axles = count_of(columns[BEFORE_AXLES - 1], AXLES_BETWEEN_BARS_MAX)
    fields = columns[BEFORE_AXLES:]
    while fields and not fields[-1].text:
        fields.pop()
    if len(fields) != 2 * axles - 1:
        what = f"{axles} axles have {2 * axles - 1} weights and spacings, and there are {len(fields)}"
        raise Refused(Reason.MALFORMED, what, columns[BEFORE_AXLES - 1].at)
    return Record(columns[:BEFORE_AXLES], fields)


def count_of(column: Column, most: int) -> int:
    """The number of axles. Raises Refused."""
    axles = whole_of(column, "the number of axles")
    if not 1 <= axles <= most:
        raise Refused(Reason.OUT_OF_RANGE, f"the number of axles must be 1 to {most}", column.at)
    return axles


def reading_of(record: Record, device: Device, options: TmgWeightOptions, received_at: int) -> Item:
    """The reading of a record. Raises Refused."""
    _, state, station, direction, lane, *date, class_, open_, total, _ = record.before_axles
    check_station(options, state, station, direction, lane)
    hour = hour_of(date, options)
    if not -HOUR_SLACK_SECONDS <= (received_at - hour) / MICROSECONDS <= HOUR_SECONDS + HOUR_SLACK_SECONDS:
        text = "is of another hour than now, and tells no minute; send records as vehicles pass, by standard time"
        raise Refused(Reason.CLOCK, text, date[0].at)
    loads = tuple([weight_kg(whole_of(one, "an axle's weight"), "lb") for one in record.axles[::2]])
    spacings = tuple([length_m(whole_of(one, "a spacing"), "0.1 ft") for one in record.axles[1::2]])
    said = [column.text for column in (*record.before_axles, *record.axles)]
    stamp = "".join(column.text.zfill(2) for column in date)
    has_speed = options.open == "speed_mph" and open_.text
    sequence = sequence_of(open_) if options.open == "sequence" else None
    return weighing_of(
        device,
        content_id(device, *said) if sequence is None else numbered_id(device, stamp, f"{sequence:03d}"),
        received_at,
        received_at,
        gross_weight_kg=weight_kg(whole_of(total, "the total weight"), "lb"),
        axle_loads_kg=loads,
        axle_spacings_m=spacings,
        speed_mps=speed_mps(whole_of(open_, "the speed in the open field"), "mph") if has_speed else None,
        vehicle_class=class_of(class_),
        scale_type=options.scale_type,
    )


def check_station(options: TmgWeightOptions, state: Column, station: Column, direction: Column, lane: Column) -> None:
    """Raises Refused for the record of another station or lane."""
    if options.state is not None and state.text != options.state:
        raise Refused(Reason.WRONG_DEVICE, f"the state must be {options.state}", state.at)
    if options.station is not None and station.text.lstrip("0") != options.station.lstrip("0"):
        raise Refused(Reason.WRONG_DEVICE, f"the station must be {options.station}", station.at)
    if options.direction_code is not None and whole_of(direction, "the direction") != options.direction_code:
        raise Refused(Reason.WRONG_LANE, f"the direction must be {options.direction_code}", direction.at)
    if options.lane_code is not None and whole_of(lane, "the lane") != options.lane_code:
        raise Refused(Reason.WRONG_LANE, f"the lane must be {options.lane_code}", lane.at)


def hour_of(date: list[Column], options: TmgWeightOptions) -> int:
    """When the hour of a record begins, microseconds UTC. Raises Refused."""
    year, month, day, hour = (whole_of(one, "the date") for one in date)
    try:
        local = datetime(year, month, day, hour, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(Reason.MALFORMED, "the date must be YYYYMMDDHH", date[0].at) from None
    since = local - datetime(1970, 1, 1, tzinfo=UTC) - timedelta(hours=options.utc_offset_hours)
    return since // timedelta(microseconds=1)


def sequence_of(column: Column) -> int:
    """A vehicle's count within its hour. Raises Refused."""
    sequence = whole_of(column, "the count in the open field")
    if not 0 <= sequence <= SEQUENCE_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"the count must be 0 to {SEQUENCE_MAX}", column.at)
    return sequence


def class_of(column: Column) -> int | None:
    """FHWA's class; None for the state's own. Raises Refused for a record of no vehicle."""
    if column.text.lower() in ("m", "d"):
        text = "a record of class m or d is of no vehicle; it says whether an hour has data"
        raise Refused(Reason.UNSUPPORTED, text, column.at)
    if not column.text:
        return None
    number = whole_of(column, "the class")
    if number in STATE_CLASSES:
        return None
    if not 1 <= number <= CLASSES_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"the class must be 1 to {STATE_CLASSES[-1]}", column.at)
    return number


TEMPLATE: Final = """\
scale_type = "TYPE_I"          # ASTM E1318: TYPE_I to TYPE_IV; it sets the tolerance
utc_offset_hours = -6          # the station's standard time, in which its records are
# state = "48"                 # FIPS code; a record of another one is refused, as with the next three
# station = "002301"
# direction_code = 5           # 1 north, 3 east, 5 south, 7 west
# lane_code = 1                # 1 is the right lane
# open = "sequence"            # columns 24-26: "ignored", "speed_mph", or "sequence", a count within the hour for ids
"""
EXAMPLE: Final = (
    b"W48002301512026113004090170720000512000014417000004317000032013000004113000\n"
    b"W|48|002301|5|1|2026|11|30|04|02|018|3910|2|2140|92|1770\n"
)

TMG_WEIGHT: Final = ReadingFormat(
    name="tmg_weight",
    title="weights as FHWA's Traffic Monitoring Guide has them (W records)",
    specification="FHWA Traffic Monitoring Guide, editions of 2013 to 2022: weight record, columns or bars",
    framing=Framing.LINES,
    content_types=("text/plain",),
    options_type=TmgWeightOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=SCALES,
)
