"""What the devices of a simulated lane say: each simulated reading in the words of one that a crossing really has.

    ENTRY, STOP_LINE, EXIT loops    loop_line      a line for each vehicle, HB for a heartbeat
    FRONT_CAMERA                    openalpr       knows no hash of an image, and milliseconds
    REAR_CAMERA                     camera_json
    SCALE                           scale_line
    XRAY                            xray_json
    TERMINAL                        cloudevents    officers and loads, for which no device has a format of its own
    a monitor beside the rear camera, the scale and the X-ray unit    cloudevents: their heartbeats, which their
                                    formats have no word for

Pure: a reading in, its words out: a line, or what stands in a document. `options_of` are those that they are made for.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import xor
from typing import Any, Final

import msgspec

from producers.emulators.speech import iso
from producers.simulator.truth import SensorReading
from schemas.records import (
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    PlateRead,
    ScaleType,
    ScanDecision,
    ScanQuality,
    SensorRole,
    Weighing,
    XrayScan,
)

MILLISECOND: Final = 1_000  # in microseconds
CLOUDEVENTS: Final = "cloudevents"
FORMATS_OF_ROLES: Final[Mapping[SensorRole, str]] = {
    SensorRole.ENTRY_LOOP: "loop_line",
    SensorRole.STOP_LINE_LOOP: "loop_line",
    SensorRole.EXIT_LOOP: "loop_line",
    SensorRole.FRONT_CAMERA: "openalpr",
    SensorRole.REAR_CAMERA: "camera_json",
    SensorRole.SCALE: "scale_line",
    SensorRole.XRAY: "xray_json",
    SensorRole.TERMINAL: CLOUDEVENTS,
}
# Formats that have a word for a heartbeat; beside a device of another one stands a monitor.
WITH_HEARTBEAT: Final = frozenset({"loop_line", "openalpr", CLOUDEVENTS})
ROLES_OF_EVENTS: Final[Mapping[LaneEventKind, SensorRole]] = {
    LaneEventKind.ENTERED: SensorRole.ENTRY_LOOP,
    LaneEventKind.BACKED_OUT: SensorRole.ENTRY_LOOP,
    LaneEventKind.AT_LIGHT: SensorRole.STOP_LINE_LOOP,
    LaneEventKind.LEFT: SensorRole.EXIT_LOOP,
}
QUALITIES: Final = {ScanQuality.GOOD: "Good", ScanQuality.DEGRADED: "Degraded", ScanQuality.BAD: "Bad"}
# What the configuration tells, so that no device needs to say it.
OF_CONFIGURATION: Final = ("reading_id", "lane_id", "device_id", "received_at", "operating_mode", "direction", "sensor")


def role_of(reading: SensorReading) -> SensorRole:
    """Which of a lane's devices a reading is of."""
    if isinstance(reading, PlateRead):
        return SensorRole.FRONT_CAMERA if reading.image_source is ImageSource.FRONT_PLATE else SensorRole.REAR_CAMERA
    if isinstance(reading, Weighing):
        return SensorRole.SCALE
    if isinstance(reading, XrayScan):
        return SensorRole.XRAY
    if isinstance(reading, LaneEvent):
        return ROLES_OF_EVENTS.get(reading.kind, SensorRole.TERMINAL)
    return reading.sensor


def format_of(reading: SensorReading) -> str | None:
    """The format in which a reading is said; None for a gateway's own heartbeat, which it makes itself."""
    name = FORMATS_OF_ROLES.get(role_of(reading))
    return CLOUDEVENTS if name and isinstance(reading, Heartbeat) and name not in WITH_HEARTBEAT else name


def count_of(reading: SensorReading) -> tuple[str, str]:
    """The boot of a simulated device, and its count since: the end of a simulated reading's id."""
    _, boot, count = reading.reading_id.rsplit("-", 2)
    return boot, count


def loop_line(reading: SensorReading) -> bytes:
    """A loop card's line."""
    if isinstance(reading, Heartbeat):
        state = "HB" if reading.status.value == "OPERATING" else "FAULT"
    else:
        assert isinstance(reading, LaneEvent)
        state = "REVERSE" if reading.kind is LaneEventKind.BACKED_OUT else "ON"
    return f"{iso(reading.observed_at, 'microseconds')}  {'/'.join(count_of(reading))}  1  {state}".encode()


def openalpr(reading: SensorReading) -> bytes:
    """OpenALPR's result of one image, or its agent's heartbeat."""
    if isinstance(reading, Heartbeat):
        streaming = reading.status.value == "OPERATING"
        told: dict[str, Any] = {"timestamp": reading.observed_at // MILLISECOND}
        return encoded(told | {"data_type": "heartbeat", "video_streams": [{"is_streaming": streaming}]})
    assert isinstance(reading, PlateRead)
    candidates = [{"plate": one.plate, "confidence": percent(one.confidence)} for one in reading.candidates]
    result: dict[str, Any] = {"plate_index": 0, "candidates": candidates} | (candidates[0] if candidates else {})
    if reading.jurisdiction is not None:
        result["region"] = reading.jurisdiction.lower()
        if reading.jurisdiction_confidence is not None:
            result["region_confidence"] = percent(reading.jurisdiction_confidence)
    told = {"version": 2, "data_type": "alpr_results", "epoch_time": reading.observed_at // MILLISECOND}
    return encoded(told | {"uuid": "/".join(count_of(reading)), "results": [result] if candidates else []})


def camera_json(reading: SensorReading) -> bytes:
    """One event of a camera that has JSON of its own."""
    assert isinstance(reading, PlateRead)
    boot, count = count_of(reading)
    plates = [{"text": one.plate, "score": percent(one.confidence)} for one in reading.candidates]
    event: dict[str, Any] = {"id": int(count), "boot": boot, "when": iso(reading.observed_at, "microseconds")}
    event |= {"plate": plates[0] if plates else {"text": "", "score": 0}, "others": plates[1:]}
    event |= {"state": reading.jurisdiction, "picture": reading.image_uri, "hash": reading.image_sha256}
    if reading.jurisdiction_confidence is not None:
        event["state_score"] = percent(reading.jurisdiction_confidence)
    return encoded(event)


def scale_line(reading: SensorReading) -> bytes:
    """A scale's line with its checksum."""
    assert isinstance(reading, Weighing)
    axles = [f"{reading.axle_loads_kg[0]:.1f}"] if reading.axle_loads_kg else []
    for spacing, load in zip(reading.axle_spacings_m, reading.axle_loads_kg[1:], strict=True):
        axles += [f"{spacing:.2f}", f"{load:.1f}"]
    speed = "" if reading.speed_mps is None else f"{reading.speed_mps:.2f}"
    numbers = [f"{reading.gross_weight_kg:.1f}", speed, str(reading.vehicle_class or 0)]
    head = ["WIM", *count_of(reading), iso(reading.observed_at, "microseconds")]
    body = ",".join([*head, *numbers, str(len(reading.axle_loads_kg)), *axles])
    return f"{body}*{reduce(xor, body.encode()):02X}".encode()


def xray_json(reading: SensorReading) -> bytes:
    """An X-ray unit's report of one scan."""
    assert isinstance(reading, XrayScan)
    threat: dict[str, Any] = {}
    if reading.machine_probability is not None:
        threat["AssessmentProbability"] = reading.machine_probability
    if reading.shielding_indicator is not None:
        threat["Ability"] = "Shield" if reading.shielding_indicator else "NoInterference"
    machine = {"TDRType": "Machine", "AlarmDecision": reading.machine_decision.capitalize(), "PTO": [threat]}
    reports: list[dict[str, Any]] = [machine]
    if reading.operator_decision is not ScanDecision.UNKNOWN:
        reports.append({"TDRType": "Operator", "AlarmDecision": reading.operator_decision.capitalize()})
    told = {
        "ScanID": "/".join(count_of(reading)),
        "Revision": 1,
        "LaneID": reading.lane_id,
        "UnitID": reading.unit_id,
        "ObservedAt": iso(reading.observed_at, "microseconds"),
        "ScanQuality": QUALITIES[reading.scan_quality],
        "ImageURI": reading.image_uri,
        "ImageSHA256": reading.image_sha256,
        "TDR": reports,
    }
    return encoded({name: value for name, value in told.items() if value is not None})


def cloudevents(reading: SensorReading) -> bytes:
    """The record itself, without what the gateway knows."""
    fields = msgspec.to_builtins(reading)
    data = {name: value for name, value in fields.items() if name not in OF_CONFIGURATION and value is not None}
    told = {
        "specversion": "1.0",
        "id": "/".join(count_of(reading)),
        "source": f"/lanes/{reading.lane_id}/{role_of(reading).lower()}",
        "type": f"border.v1.{type(reading).__name__}",
        "datacontenttype": "application/json",
        "data": data,
    }
    return encoded(told)


SAYS: Final[Mapping[str, Callable[[SensorReading], bytes]]] = {
    one.__name__: one for one in (loop_line, openalpr, camera_json, scale_line, xray_json, cloudevents)
}


def document(name: str, words: Iterable[bytes]) -> bytes:
    """Several readings in one document of a format, as they are posted."""
    listed = b"[" + b",".join(words) + b"]"
    return b'{"events":' + listed + b"}" if name == "camera_json" else listed


def options_of(name: str, lane_id: str, role: SensorRole, scale_type: ScaleType) -> str:
    """The [devices.options] for which the words above are made."""
    if name == "openalpr":
        image = f"image:{lane_id}/{role.lower().replace('_', '-')}/{{uuid}}.jpg"
        return f'unreadable_when_empty = true\nimage_uri = "{image}"'
    if name == "camera_json":
        return CAMERA_OPTIONS
    return SCALE_OPTIONS.replace("TYPE", scale_type) if name == "scale_line" else ""


CAMERA_OPTIONS: Final = """\
readings = "events"
plate = "plate.text"
confidence = "plate.score"
candidates = "others"
candidate_plate = "text"
candidate_confidence = "score"
time = "when"
session = "boot"
sequence = "id"
jurisdiction = "state"
jurisdiction_confidence = "state_score"
image_uri = "picture"
image_sha256 = "hash\""""
SCALE_OPTIONS: Final = """\
scale_type = "TYPE"
start = "WIM"
checksum = "xor"
fields = ["session", "sequence", "time", "gross_weight", "speed", "vehicle_class", "axle_count", "axles"]"""


def percent(share: float) -> float:
    """A confidence as devices write it, without what a factor leaves behind the last digit."""
    return round(share * 100, 7)


def encoded(told: Mapping[str, Any]) -> bytes:
    """JSON on one line."""
    return json.dumps(told, separators=(",", ":")).encode()
