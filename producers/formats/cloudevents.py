"""Readings that are shaped as the contract's records already, in CloudEvents.

Spec: CloudEvents 1.0.2, JSON event format, structured mode (`application/cloudevents+json`, one object) and batch mode
(`application/cloudevents-batch+json`, a list).

    specversion       "1.0"
    id, source        together unique: reading_id is a hash of both
    type              "border.v1." and the record's name: PlateRead, Weighing, XrayScan, LaneEvent, Heartbeat; beside a
                      track CarTagRead, CarWeighing, CarScan. A device of one role sends what that role can see
    time              RFC 3339: observed_at, if the data have none
    datacontenttype   "application/json", or left out
    data              the record's fields in the contract's units; observed_at RFC 3339 or microseconds UTC. reading_id,
                      received_at and what the configuration tells may be left out; lane_id, device_id, operating_mode,
                      direction and sensor are compared with it, the others' values are not taken
    data_base64       not taken: Avro has its own way

Other attributes and extensions are passed over, as the specification wants it.
"""

from typing import Any, Final, cast

import msgspec

from producers.formats.documents import Fields, decode_json, items_in, time_in
from producers.formats.plates import IMAGE_SOURCES, plate_text
from producers.formats.reading_format import (
    Device,
    Framing,
    Item,
    Reading,
    ReadingFormat,
    Reason,
    Refused,
    Rejection,
    content_id,
    shown_name,
)
from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    PlateRead,
    SensorRole,
    Weighing,
    XrayScan,
)

VERSION: Final = "1.0"
PREFIX: Final = "border.v1."
LOOP_KINDS: Final = (LaneEventKind.ENTERED, LaneEventKind.AT_LIGHT, LaneEventKind.LEFT, LaneEventKind.BACKED_OUT)
# What a role can see: a scale's key must not bring in plates.
TYPES: Final[dict[SensorRole, tuple[type[msgspec.Struct], ...]]] = {
    SensorRole.FRONT_CAMERA: (PlateRead, Heartbeat),
    SensorRole.REAR_CAMERA: (PlateRead, Heartbeat),
    SensorRole.SCALE: (Weighing, Heartbeat),
    SensorRole.XRAY: (XrayScan, Heartbeat),
    SensorRole.ENTRY_LOOP: (LaneEvent, Heartbeat),
    SensorRole.STOP_LINE_LOOP: (LaneEvent, Heartbeat),
    SensorRole.EXIT_LOOP: (LaneEvent, Heartbeat),
    SensorRole.TERMINAL: (LaneEvent, Heartbeat),
    SensorRole.UNKNOWN: (CarTagRead, CarWeighing, CarScan),  # beside a track
}
LANE_SENSORS: Final = frozenset(TYPES) - {SensorRole.UNKNOWN}
OWN_TIMES: Final = ("observed_at", "scan_started_at", "scan_ended_at")


def parse(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One event, or a batch of them; one that is wrong does not take the others with it."""
    try:
        value = decode_json(payload)
        told = list(items_in(value, "")) if isinstance(value, list) else [(value, "")]
    except Refused as refused:
        return [refused.rejection]
    items = list[Item]()
    for event, at in told:
        try:
            items.append(reading_of(Fields(event, at), device, received_at))
        except Refused as refused:
            items.append(refused.rejection)
    return items or [Rejection(Reason.MALFORMED, "a batch without an event")]


def reading_of(event: Fields, device: Device, received_at: int) -> Reading:
    """The reading of an event. Raises Refused."""
    if event.text("specversion") != VERSION:
        raise Refused(Reason.UNSUPPORTED, f"must be {VERSION}", event.place("specversion"))
    types = {f"{PREFIX}{one.__name__}": one for one in TYPES[device.sensor]}
    record_type = types.get(event.text("type"))
    if record_type is None:
        raise Refused(Reason.UNSUPPORTED, f"must be one of {', '.join(types)} for this device", event.place("type"))
    if event.has("data_base64"):
        raise Refused(Reason.UNSUPPORTED, "send the record as JSON in data", event.place("data_base64"))
    content_type = event.text_or_none("datacontenttype")
    if content_type is not None and content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(Reason.UNSUPPORTED, "must be application/json", event.place("datacontenttype"))
    data = Fields(event.needed("data"), event.place("data"))
    values = values_of(data, record_type, device)
    values["reading_id"] = content_id(device, "cloudevent", event.text("source"), event.text("id"))
    values["received_at"] = received_at
    if not data.has("observed_at"):
        values["observed_at"] = time_in(event.text("time"), event.place("time"))
    reading = converted(values, record_type, data)
    check_role(reading, device, data)
    return reading


def values_of(data: Fields, record_type: type[msgspec.Struct], device: Device) -> dict[str, Any]:
    """A record's fields: the device's own from the configuration, which those told must equal. Raises Refused."""
    known = record_type.__struct_fields__
    for name in data.value:
        if name not in known:
            raise Refused(Reason.MALFORMED, f"{record_type.__name__} has no such field", data.place(shown_name(name)))
    values = {name: value for name, value in data.value.items() if value is not None}
    lane_id = values.get("lane_id", "") if device.roams else device.lane_id
    own: dict[str, Any] = {
        "device_id": device.device_id,
        "lane_id": lane_id,
        "track_id": device.track_id,
        "port_code": device.place.partition("/")[0],
        "operating_mode": device.operating_mode.value,
        "direction": device.direction.value,
        "sensor": device.sensor.value,
        "assignment_id": None,  # the gateway's word
    }
    if record_type is PlateRead:
        own["image_source"] = IMAGE_SOURCES.get(device.sensor, ImageSource.UNKNOWN).value
    for name, value in own.items():
        if name in known:
            if values.get(name, value) != value:
                reason = Reason.WRONG_LANE if name in ("lane_id", "track_id", "port_code") else Reason.WRONG_DEVICE
                text = "is the gateway's to say; leave it out"
                if value is not None:
                    text = f"must be {value}, as the site's configuration has it"
                raise Refused(reason, text, data.place(name))
            values[name] = value
    for name in OWN_TIMES:
        if isinstance(values.get(name), str):
            values[name] = time_in(values[name], data.place(name))
    return values


def converted(values: dict[str, Any], record_type: type[msgspec.Struct], data: Fields) -> Reading:
    """The record of its fields. Raises Refused, without the value, which may be a plate."""
    try:
        reading: Any = msgspec.convert(values, record_type)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`")
        if text.startswith("Object missing required field"):
            missing = text.split("`")[1]
            name = f"{field}.{missing}" if field else missing
            raise Refused(Reason.MISSING_FIELD, "is missing", data.place(name)) from None
        shown = text.replace("`", "") if text.startswith("Expected") else "has a value that this field does not know"
        raise Refused(Reason.MALFORMED, shown, data.place(field)) from None
    if isinstance(reading, PlateRead):
        plates = [msgspec.structs.replace(one, plate=plate_text(one.plate)) for one in reading.candidates]
        reading = msgspec.structs.replace(reading, candidates=tuple(plates))
    return cast(Reading, reading)


def check_role(reading: Reading, device: Device, data: Fields) -> None:
    """Raises Refused for what this device cannot know."""
    if isinstance(reading, LaneEvent) and (device.sensor is SensorRole.TERMINAL) == (reading.kind in LOOP_KINDS):
        text = "a loop tells of vehicles, a terminal of officers and loads"
        raise Refused(Reason.UNSUPPORTED, text, data.place("kind"))


TEMPLATE: Final = """\
# Nothing to set: the record says everything, in the contract's units.
"""
EXAMPLE: Final = b"""\
[{"specversion": "1.0", "id": "1734", "source": "/lanes/2301/01/scale", "type": "border.v1.Weighing",
  "time": "2026-11-30T10:58:07.250Z", "datacontenttype": "application/json",
  "data": {"gross_weight_kg": 1774.5, "axle_loads_kg": [970.5, 804.0], "axle_spacings_m": [2.8], "speed_mps": 4.1,
           "scale_type": "TYPE_I", "vehicle_class": 2}},
 {"specversion": "1.0", "id": "1735", "source": "/lanes/2301/01/scale", "type": "border.v1.Heartbeat",
  "time": "2026-11-30T10:58:30Z", "data": {"status": "OPERATING"}}]
"""

CLOUDEVENTS: Final = ReadingFormat(
    name="cloudevents",
    title="readings in the contract's own shape, in CloudEvents (JSON)",
    specification="CloudEvents 1.0.2, JSON event format, structured and batch mode",
    framing=Framing.DOCUMENT,
    content_types=("application/cloudevents+json", "application/cloudevents-batch+json", "application/json"),
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=LANE_SENSORS,
    on_track=True,
)
