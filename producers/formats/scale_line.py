"""Scales that write a line of text for each vehicle, in an order and in units that the configuration tells.

Spec: none is common to scales; this is the shape that their serial outputs share. With the template's options:

    WIM,0001734,2026-11-30T10:58:07.250Z,31900,13.1,9,5,5440,4.39,7710,1.31,7710,9.75,5520,1.25,5520*78
        sequence time                    gross speed class axles, then load, spacing, load ...              checksum

    sequence      the device's own count; with session (a boot) before it if the count begins again      reading_id
    time          ISO 8601 with its zone, or a count of s, ms or us since 1970, UTC                       observed_at
    gross_weight, axle_loads, axle_spacings, speed                                       converted by the units' options
    axle_count    how many loads (and one fewer spacings) stand in the line
    axles         loads and spacings by turns, front first; axle_loads and axle_spacings stand for runs of one kind
    vehicle_class FHWA 1 to 13; 0 or nothing is unknown
    lane, device  compared with the options' values
    ignored       anything

The checksum is that of NMEA 0183: the exclusive or of all characters before `*` in two hexadecimal digits.
Without a sequence the id is a hash of the line, so the time must tell two vehicles apart.
"""

from collections.abc import Iterator
from functools import reduce
from operator import xor
from typing import Annotated, Final, Literal

from msgspec import Meta

from producers.formats.bounds import AXLES_MAX
from producers.formats.columns import Column, columns_of, decimal_of, text_of_line, whole_of
from producers.formats.documents import counted_time, time_in
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
from producers.formats.units import (
    LengthUnit,
    SpeedUnit,
    TimeUnit,
    WeightUnit,
    length_m,
    speed_mps,
    weight_kg,
)
from producers.formats.weighings import SCALES, ScaleTypeName, weighing_of

SEPARATORS: Final = {"comma": ",", "semicolon": ";", "bar": "|", "tab": "\t", "blank": " "}
FieldName = Literal[
    "sequence", "session", "time", "gross_weight", "axle_count", "axles", "axle_loads", "axle_spacings", "speed",
    "vehicle_class", "lane", "device", "ignored",
]  # fmt: skip
OF_AXLES: Final = frozenset({"axles", "axle_loads", "axle_spacings"})


class ScaleLineOptions(Options, frozen=True, kw_only=True):
    """The shape of one scale's lines."""

    scale_type: ScaleTypeName
    """ASTM E1318 type of the scale, which sets its tolerance."""

    fields: Annotated[tuple[FieldName, ...], Meta(min_length=2, max_length=40)]
    separator: Literal["comma", "semicolon", "bar", "tab", "blank"] = "comma"
    start: Annotated[str, Meta(max_length=20, pattern=r"^[!-~]*\Z")] = ""
    """What a line begins with, a field of its own; other lines are refused."""

    checksum: Literal["none", "xor"] = "none"
    time_unit: TimeUnit = "iso"
    weight_unit: WeightUnit = "kg"
    length_unit: LengthUnit = "m"
    speed_unit: SpeedUnit = "m/s"
    lane: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    """What the field lane must say."""

    device: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    """What the field device must say."""

    def problems(self) -> Iterator[tuple[str, str]]:
        for name in sorted(set(self.fields) - {"ignored"}):
            if self.fields.count(name) > 1:
                yield "fields", f"{name} stands twice"
        if "time" not in self.fields:
            yield "fields", "time is missing; a weight of no time fits no vehicle"
        if "gross_weight" not in self.fields and not {"axles", "axle_loads"} & set(self.fields):
            yield "fields", "there is no weight: gross_weight, axle_loads or axles"
        if OF_AXLES & set(self.fields) and "axle_count" not in self.fields:
            yield "fields", "axles need an axle_count, which tells how many there are"
        places = [place for place, name in enumerate(self.fields) if name in OF_AXLES]
        if places and "axle_count" in self.fields and self.fields.index("axle_count") > places[0]:
            yield "fields", "axle_count must stand before the axles"
        if "axles" in self.fields and {"axle_loads", "axle_spacings"} & set(self.fields):
            yield "fields", "axles is loads and spacings by turns; leave out axle_loads and axle_spacings"
        if "session" in self.fields and "sequence" not in self.fields:
            yield "fields", "a session without a sequence numbers nothing"
        for name in ("lane", "device"):
            if (name in self.fields) != (getattr(self, name) is not None):
                yield name, f"the field {name} and its value here go together"


def parse(line: bytes, device: Device, received_at: int) -> list[Item]:
    """One line."""
    try:
        options = device.options
        assert isinstance(options, ScaleLineOptions)
        text = text_of_line(line)
        if options.checksum == "xor":
            text = checked(text)
        columns = columns_of(text, SEPARATORS[options.separator])
        if options.start:
            if columns[0].text != options.start:
                raise Refused(Reason.UNSUPPORTED, f"a line must begin with {options.start}", "column 1")
            columns = columns[1:]
        return [reading_of(text, columns, device, options, received_at)]
    except Refused as refused:
        return [refused.rejection]


def checked(text: str) -> str:
    """A line without its checksum. Raises Refused if it does not fit."""
    body, star, digits = text.rpartition("*")
    if not star or len(digits) != 2:
        raise Refused(Reason.MALFORMED, "the line must end with * and a checksum of two digits", f"column {len(text)}")
    if f"{reduce(xor, body.encode('ascii'), 0):02X}" != digits.upper():
        text = "the checksum does not fit, so characters were lost or changed; look at the serial line"
        raise Refused(Reason.MALFORMED, text, f"column {len(body) + 1}")
    return body


def reading_of(text: str, columns: list[Column], device: Device, options: ScaleLineOptions, received_at: int) -> Item:
    """The reading of a line. Raises Refused."""
    one, runs = sorted_out(columns, options)
    for name, value in (("lane", options.lane), ("device", options.device)):
        if value is not None and one[name].text != value:
            reason = Reason.WRONG_LANE if name == "lane" else Reason.WRONG_DEVICE
            raise Refused(reason, f"the {name} must be {value}", one[name].at)
    loads = runs.get("axle_loads", []) or runs.get("axles", [])[::2]
    spacings = runs.get("axle_spacings", []) or runs.get("axles", [])[1::2]
    numbers = [one[name].text for name in ("session", "sequence") if name in one]
    gross, speed = one.get("gross_weight"), one.get("speed")
    has_speed = speed is not None and speed.text
    return weighing_of(
        device,
        numbered_id(device, *numbers) if numbers else content_id(device, text),
        time_of(one["time"], options.time_unit),
        received_at,
        gross_weight_kg=weight_kg(decimal_of(gross, "the gross weight"), options.weight_unit) if gross else None,
        axle_loads_kg=tuple([weight_kg(decimal_of(load, "an axle's load"), options.weight_unit) for load in loads]),
        axle_spacings_m=tuple([length_m(decimal_of(away, "a spacing"), options.length_unit) for away in spacings]),
        speed_mps=speed_mps(decimal_of(speed, "the speed"), options.speed_unit) if speed and has_speed else None,
        vehicle_class=class_of(one.get("vehicle_class")),
        scale_type=options.scale_type,
    )


def sorted_out(columns: list[Column], options: ScaleLineOptions) -> tuple[dict[str, Column], dict[str, list[Column]]]:
    """A line's fields by name, and its runs of axles. Raises Refused if there are more or fewer."""
    one: dict[str, Column] = {}
    runs: dict[str, list[Column]] = {}
    axles, at = 0, 0
    for name in options.fields:
        if name in OF_AXLES:
            count = {"axles": max(0, 2 * axles - 1), "axle_loads": axles, "axle_spacings": max(0, axles - 1)}[name]
            runs[name] = columns[at : at + count]
            if len(runs[name]) < count:
                raise Refused(Reason.MALFORMED, f"{axles} axles need more fields than the line has", columns[-1].at)
            at += count
            continue
        if at >= len(columns):
            raise Refused(Reason.MISSING_FIELD, f"the line ends before its {name}", columns[-1].at if columns else "")
        one[name] = columns[at]
        if name == "axle_count":
            axles = whole_of(columns[at], "the number of axles")
            if not 0 <= axles <= AXLES_MAX:
                raise Refused(Reason.OUT_OF_RANGE, f"the number of axles must be 0 to {AXLES_MAX}", columns[at].at)
        at += 1
    if at < len(columns):
        raise Refused(Reason.MALFORMED, "there are more fields than the configuration tells", columns[at].at)
    return one, runs


def time_of(column: Column, unit: TimeUnit) -> int:
    """Microseconds UTC. Raises Refused."""
    if unit == "iso":
        return time_in(column.text, column.at)
    return counted_time(decimal_of(column, "the time"), unit, column.at)


def class_of(column: Column | None) -> int | None:
    """FHWA's class; None for nothing or 0. Raises Refused."""
    if column is None or not column.text:
        return None
    return whole_of(column, "the class") or None


TEMPLATE: Final = """\
scale_type = "TYPE_I"          # ASTM E1318: TYPE_I to TYPE_IV; it sets the tolerance
start = "WIM"                  # what a line begins with; "" if it begins with its first field
separator = "comma"            # comma, semicolon, bar, tab, blank
checksum = "xor"               # none, or xor: *hh at the end of a line, as in NMEA 0183
# sequence, session, time, gross_weight, axle_count, axles (loads and spacings by turns), axle_loads, axle_spacings,
# speed, vehicle_class, lane, device, ignored; each once, in the order of the line
fields = ["sequence", "time", "gross_weight", "speed", "vehicle_class", "axle_count", "axles"]
time_unit = "iso"              # iso (with its zone), or s, ms, us since 1970
weight_unit = "kg"             # kg, 10 kg, 100 kg, t, lb, 100 lb, kip, kN
length_unit = "m"              # m, dm, cm, mm, ft, 0.1 ft, in
speed_unit = "m/s"             # m/s, km/h, 0.1 km/h, mph
"""
EXAMPLE: Final = (
    b"WIM,0001734,2026-11-30T10:58:07.250Z,31900,13.1,9,5,5440,4.39,7710,1.31,7710,9.75,5520,1.25,5520*78\n"
)

SCALE_LINE: Final = ReadingFormat(
    name="scale_line",
    title="scales that write a line of text, fields and units in the options",
    specification="none is common; fields, separator, checksum (NMEA 0183) and units stand in the options",
    framing=Framing.LINES,
    content_types=("text/plain",),
    options_type=ScaleLineOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=SCALES,
)
