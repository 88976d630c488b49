"""What an emulated device says: its reading of a number and a time, in its format. All synthetic.

The values are of no vehicle, and suit the options in a format's own template; what counts is that each number is one
reading, and that the same number and time are the same bytes.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Final

from producers.formats.reading_format import Device

US: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at: int, digits: str = "milliseconds") -> str:
    """A time in microseconds UTC as devices write it."""
    time = EPOCH + timedelta(microseconds=at)
    return time.isoformat(timespec=digits).replace("+00:00", "Z")


def plate_of(number: int) -> str:
    """A plate of no vehicle."""
    return f"TST{number % 10_000:04}"


def openalpr(device: Device, number: int, at: int) -> bytes:
    """OpenALPR's result of one image."""
    plate = {"plate": plate_of(number), "confidence": 93.5}
    result = plate | {"plate_index": 0, "region": "us-tx", "region_confidence": 87, "candidates": [plate]}
    told = {
        "version": 2,
        "data_type": "alpr_results",
        "epoch_time": at // 1000,
        "uuid": f"{device.device_id}-{number}",
        "camera_id": 3,
        "results": [result],
    }
    return json.dumps(told).encode()


def camera_json(device: Device, number: int, at: int) -> bytes:
    """A camera's own JSON, as the template's mapping reads it."""
    event = {"id": number, "boot": "b1", "when": iso(at), "plate": {"text": plate_of(number), "score": 91.0}}
    return json.dumps({"events": [event]}).encode()


def scale_line(device: Device, number: int, at: int) -> bytes:
    """A scale's line with its checksum."""
    first, second = 900 + number % 400, 700 + number % 300
    body = f"WIM,{number:07},{iso(at)},{first + second},4.1,2,2,{first},2.80,{second}"
    return f"{body}*{reduce(xor, body.encode()):02X}".encode()


def tmg_weight(device: Device, number: int, at: int) -> bytes:
    """A weight record with separators; its count is the hour's, and its time is to the hour."""
    local = datetime.fromtimestamp(at / US - 6 * 3600, UTC)
    first = 2_000 + number % 5_000
    return f"W|48|002301|5|1|{local:%Y|%m|%d|%H}|02|{number % 1000:03}|{first + 1770}|2|{first}|92|1770".encode()


def loop_line(device: Device, number: int, at: int) -> bytes:
    """A loop card's line: a vehicle has come."""
    return f"{iso(at)}  {number:07}  1  ON".encode()


def xray_json(device: Device, number: int, at: int) -> bytes:
    """A report of one scan, clear."""
    told = {
        "ScanID": f"S{number}",
        "Revision": 1,
        "UnitID": device.device_id,
        "ObservedAt": iso(at),
        "ScanQuality": "Good",
        "TDR": [{"TDRType": "Machine", "AlarmDecision": "Clear"}],
    }
    if device.place:  # a unit that roams need not know where it stands
        told["LaneID"] = device.place
    return json.dumps(told).encode()


def xray_xml(device: Device, number: int, at: int) -> bytes:
    """The same in XML, on one line."""
    lane = f"<LaneID>{device.place}</LaneID>" if device.place else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ScanResults><ScanResult>'
        f"<ScanID>S{number}</ScanID><Revision>1</Revision>{lane}"
        f"<UnitID>{device.device_id}</UnitID><ObservedAt>{iso(at)}</ObservedAt><ScanQuality>Good</ScanQuality>"
        "<TDR><TDRType>Machine</TDRType><AlarmDecision>Clear</AlarmDecision></TDR></ScanResult></ScanResults>"
    ).encode()


def aei_line(device: Device, number: int, at: int) -> bytes:
    """A reader's line with a tag in hexadecimal; the axle counts the readings."""
    return f"{iso(at)} {number:07} 3 {number % 900} 9EA488C030426A179000000000000331".encode()


def rail_scan(device: Device, number: int, at: int) -> bytes:
    """A portal's report of one car, clear."""
    told = {
        "scan_id": f"S{number}",
        "revision": 1,
        "track_id": device.place,
        "device_id": device.device_id,
        "pass_number": 3,
        "observed_at": iso(at),
        "scan_started_at": iso(at - 9 * US),
        "scan_ended_at": iso(at),
        "first_axle": 17,
        "last_axle": 20,
        "scan_quality": "GOOD",
        "machine_decision": "CLEAR",
        "machine_probability": 0.02,
        "shielding_indicator": False,
    }
    return json.dumps(told).encode()


def cloudevents(device: Device, number: int, at: int) -> bytes:
    """A reading in the contract's own shape."""
    data = {"gross_weight_kg": 1774.5 + number % 100, "speed_mps": 4.1, "scale_type": "TYPE_I"}
    told = {
        "specversion": "1.0",
        "id": str(number),
        "source": f"/devices/{device.device_id}",
        "type": "border.v1.Weighing",
        "time": iso(at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(told).encode()


SPEECH: Final[Mapping[str, Callable[[Device, int, int], bytes]]] = {
    one.__name__: one
    for one in (
        openalpr,
        camera_json,
        tmg_weight,
        scale_line,
        xray_json,
        xray_xml,
        loop_line,
        aei_line,
        rail_scan,
        cloudevents,
    )
}
