"""A device of each format, as `border sensor new` writes it, and samples of what devices send. Synthetic throughout."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from producers.formats import FORMATS
from producers.formats.reading_format import Device, Item, Reading, Rejection
from producers.site import parse_site
from producers.site.writing import SITE, device_template
from schemas.records import SensorRole

NOW = int(datetime(2026, 11, 30, 10, 58, 40, tzinfo=UTC).timestamp()) * 1_000_000
"""By the gateway's clock, microseconds: shortly after the samples."""

OBSERVED_AT = int(datetime(2026, 11, 30, 10, 58, 7, tzinfo=UTC).timestamp()) * 1_000_000 + 250_000

GROUP = (
    b'{"data_type":"alpr_group","version":2,"epoch_start":1796036287250,"epoch_end":1796036288100,"camera_id":3,'
    b'"best_uuid":"2301-cam1-17","best_plate_number":"TST4821","best_plate":{"plate":"TST4821","confidence":92.5},'
    b'"best_region":"us-tx","best_region_confidence":80,"candidates":[{"plate":"TST4821","confidence":92.5},'
    b'{"plate":"TST4B21","confidence":70}]}'
)
ALIVE = b'{"data_type":"heartbeat","timestamp":1796036287250,"video_streams":[{"camera_id":3,"is_streaming":true}]}'
RAIL_XML = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<ScanResults>
 <ScanResult>
  <ScanID>S17</ScanID><Revision>1</Revision><TrackID>2304/R1</TrackID><DeviceID>rail-scan-1</DeviceID>
  <PassNumber>3</PassNumber><ObservedAt>2026-11-30T10:58:09Z</ObservedAt>
  <ScanStartedAt>2026-11-30T10:58:00Z</ScanStartedAt><ScanEndedAt>2026-11-30T10:58:09Z</ScanEndedAt>
  <FirstAxle>17</FirstAxle><LastAxle>20</LastAxle><ScanQuality>GOOD</ScanQuality>
  <TDR><TDRType>Machine</TDRType><AlarmDecision>Clear</AlarmDecision>
   <PTO><AssessmentProbability>0.02</AssessmentProbability><Ability>NoInterference</Ability></PTO></TDR>
 </ScanResult>
</ScanResults>
"""

SAMPLES: dict[str, tuple[bytes, ...]] = {name: (form.example,) for name, form in FORMATS.items()}
SAMPLES["openalpr"] += (GROUP, ALIVE)
SAMPLES["rail_scan"] += (RAIL_XML,)


def event(data: dict[str, Any], kind: str, **changes: Any) -> bytes:
    """A record as a CloudEvent; an attribute that is None is left out."""
    attributes = {
        "specversion": "1.0", "id": "1734", "source": "/scale", "type": f"border.v1.{kind}",
        "time": "2026-11-30T10:58:07.250Z", "data": data,
    }  # fmt: skip
    return json.dumps({name: value for name, value in (attributes | changes).items() if value is not None}).encode()


TAG = {
    "pass_number": 3, "axle_count": 17, "equipment_kind": "CAR", "mark": "IOCC", "number": 3088, "tag_side": "LEFT",
    "length_m": 10.6, "axles": 4, "bearing_code": 1, "check_passed": True,
    "tag_hex": "9EA488C030426A179000000000000331",
}  # fmt: skip
CAR = {
    "pass_number": 3, "first_axle": 17, "axle_loads_kg": [20_000.0, 21_000.0], "axle_spacings_m": [1.8],
    "gross_weight_kg": 41_000.0, "speed_mps": 2.1,
}  # fmt: skip
SCAN = {
    "pass_number": 3, "scan_id": "S17", "revision": 1, "scan_started_at": "2026-11-30T10:58:00Z",
    "scan_ended_at": "2026-11-30T10:58:07Z", "first_axle": 17, "last_axle": 20, "machine_decision": "CLEAR",
    "machine_probability": 0.02, "operator_decision": "UNKNOWN", "scan_quality": "GOOD", "abort_reason": None,
}  # fmt: skip
PLATE = {
    "candidates": [{"plate": "TST4821", "confidence": 0.9}, {"plate": "TST4B21", "confidence": 0.1}],
    "jurisdiction": "US-TX", "jurisdiction_confidence": 0.8, "image_uri": "image:front/1", "image_sha256": "ab" * 32,
}  # fmt: skip
XRAY = {"unit_id": "mobile-3", "machine_decision": "CLEAR", "operator_decision": "UNKNOWN", "scan_quality": "GOOD"}


def device_for(name: str, options: str = "", **changes: Any) -> Device:
    """The device of a format's template; `options` as TOML in place of the template's."""
    text = SITE + device_template(FORMATS[name])
    if options:
        text = text.partition("[devices.options]")[0] + f"[devices.options]\n{options}\n"
    device = parse_site(text, Path("site.toml"), check_keys=False).devices[0].device
    return msgspec.structs.replace(device, **changes)


class Case(NamedTuple):
    """What a device sends, and the device."""

    sample: bytes
    device: Device


def cases_of(name: str) -> tuple[Case, ...]:
    """A format's samples, and more of them under other options or from other roles."""
    plain = tuple(Case(sample, device_for(name)) for sample in SAMPLES[name])
    if name == "openalpr":
        options = 'image_uri = "image:{uuid}"\nunreadable_when_empty = true\ncamera_id = 3'
        return (*plain, Case(SAMPLES[name][0], device_for(name, options)))
    if name == "camera_json":
        options = 'plate = "p[0].t"\nconfidence = "c"\ntime = "t"\ntime_unit = "ms"\nconfidence_unit = "share"'
        return (*plain, Case(b'{"p": [{"t": "TST4821"}], "c": 0.5, "t": 1796036287250}', device_for(name, options)))
    if name == "tmg_weight":
        options = 'scale_type = "TYPE_I"\nutc_offset_hours = -6\nopen = "%s"\nlane_code = 1'
        return plain + tuple(
            Case(SAMPLES[name][0], device_for(name, options % one)) for one in ("sequence", "speed_mph")
        )
    if name == "scale_line":
        options = (
            'scale_type = "TYPE_III"\nseparator = "blank"\ntime_unit = "us"\nweight_unit = "lb"\nlength_unit = "ft"\n'
            'fields = ["session", "sequence", "time", "axle_count", "axle_loads", "axle_spacings", "speed", "ignored"]'
        )
        line = b"b7 17 1796036287250000 3 2000 1500 1500 9.2 4.1 8.5 ok\n"
        return (*plain, Case(line, device_for(name, options)))
    if name == "loop_line":
        return (*plain, Case(b"1796036287.25,-,A,ON\n", device_for(name, 'separator = "comma"\ntime_unit = "s"')))
    if name == "cloudevents":
        track: dict[str, Any] = {"lane_id": None, "track_id": "2304/R1", "sensor": SensorRole.UNKNOWN}
        told: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
            (PLATE, "PlateRead", {"sensor": SensorRole.FRONT_CAMERA}),
            (XRAY, "XrayScan", {"sensor": SensorRole.XRAY}),
            ({"kind": "ENTERED"}, "LaneEvent", {"sensor": SensorRole.ENTRY_LOOP}),
            ({"kind": "LOAD_DECLARED", "declared_load_kg": 800}, "LaneEvent", {"sensor": SensorRole.TERMINAL}),
            (TAG, "CarTagRead", track),
            (CAR, "CarWeighing", track),
            (SCAN, "CarScan", track),
        ]
        return plain + tuple(Case(event(data, kind), device_for(name, **changes)) for data, kind, changes in told)
    return plain


def read(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> list[Item]:
    """What a format makes of a payload."""
    return FORMATS[name].read(payload, device or device_for(name), received_at)


def one_reading(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> Reading:
    """The only item of a payload, which must be a reading."""
    (item,) = read(name, payload, device, received_at)
    assert not isinstance(item, Rejection), item
    return item


def one_rejection(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> Rejection:
    """The only item of a payload, which must be a rejection."""
    (item,) = read(name, payload, device, received_at)
    assert isinstance(item, Rejection), item
    return item
