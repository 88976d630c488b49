"""CloudEvents: records in the contract's shape, from a device that may send them, of its own lane."""

from typing import Any

import msgspec
import pytest

from producers.formats.reading_format import Reason, Rejection
from schemas.records import CarTagRead, Heartbeat, LaneEvent, PlateRead, SensorRole, Weighing, XrayScan
from tests.producers.formats.samples import (
    OBSERVED_AT,
    TAG,
    device_for,
    one_reading,
    one_rejection,
    read,
)
from tests.producers.formats.samples import (
    event as event_of,
)

WEIGHING = {"gross_weight_kg": 1774.5, "scale_type": "TYPE_I"}
PLATE = {"candidates": [{"plate": "tst 4821", "confidence": 0.9}], "jurisdiction": "US-TX"}


def event(data: Any = None, kind: str = "Weighing", **changes: Any) -> bytes:
    return event_of(WEIGHING if data is None else data, kind, **changes)


def test_an_event_is_the_record_in_its_data() -> None:
    reading = one_reading("cloudevents", event())
    assert isinstance(reading, Weighing)
    assert (reading.gross_weight_kg, reading.observed_at, reading.lane_id) == (1774.5, OBSERVED_AT, "2301/01")


@pytest.mark.parametrize("time", [OBSERVED_AT + 5, "2026-11-30T10:58:07.250005Z", "2026-11-30T11:58:07.250005+01:00"])
def test_the_datas_own_time_is_the_observation(time: object) -> None:
    assert one_reading("cloudevents", event(WEIGHING | {"observed_at": time})).observed_at == OBSERVED_AT + 5


def test_an_id_is_of_source_and_id_together() -> None:
    ids = [
        one_reading("cloudevents", event(**changes)).reading_id
        for changes in ({}, {"id": "1735"}, {"source": "/other"}, {"data": WEIGHING | {"speed_mps": 3.0}})
    ]
    assert len(set(ids)) == 3 and ids[0] == ids[3]


def test_plates_are_written_as_the_contract_has_them() -> None:
    device = device_for("cloudevents", sensor=SensorRole.REAR_CAMERA)
    reading = one_reading("cloudevents", event(PLATE, "PlateRead"), device)
    assert isinstance(reading, PlateRead)
    assert (reading.candidates[0].plate, reading.image_source) == ("TST4821", "REAR_PLATE")


def test_a_batch_is_read_whole_and_one_bad_event_spoils_no_other() -> None:
    batch = b"[" + b",".join((event(), event(specversion="0.3"), event(id="1735"))) + b"]"
    first, second, third = read("cloudevents", batch)
    assert isinstance(first, Weighing) and isinstance(third, Weighing)
    assert isinstance(second, Rejection) and second[::2] == (Reason.UNSUPPORTED, "[1].specversion")


def test_beside_a_track_cars_are_told() -> None:
    device = device_for("cloudevents", lane_id=None, track_id="2304/R1", sensor=SensorRole.UNKNOWN)
    reading = one_reading("cloudevents", event(TAG, "CarTagRead"), device)
    assert isinstance(reading, CarTagRead) and (reading.port_code, reading.track_id) == ("2304", "2304/R1")
    assert one_rejection("cloudevents", event(), device).reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("role", "kind", "data"),
    [
        ("SCALE", "PlateRead", PLATE),
        ("FRONT_CAMERA", "Weighing", WEIGHING),
        ("XRAY", "LaneEvent", {"kind": "LEFT"}),
        ("ENTRY_LOOP", "LaneEvent", {"kind": "OFFICER_ASSIGNED", "officer_id": "officer-7"}),
        ("TERMINAL", "LaneEvent", {"kind": "AT_LIGHT"}),
    ],
)
def test_a_device_sends_what_its_role_can_see(role: str, kind: str, data: dict[str, Any]) -> None:
    device = device_for("cloudevents", sensor=SensorRole(role))
    assert one_rejection("cloudevents", event(data, kind), device).reason is Reason.UNSUPPORTED


def test_a_terminal_tells_of_officers_and_loads() -> None:
    device = device_for("cloudevents", sensor=SensorRole.TERMINAL)
    data = {"kind": "LOAD_DECLARED", "declared_load_kg": 800.0}
    assert isinstance(one_reading("cloudevents", event(data, "LaneEvent"), device), LaneEvent)
    missing = one_rejection("cloudevents", event({"kind": "LOAD_DECLARED"}, "LaneEvent"), device)
    assert missing[::2] == (Reason.OUT_OF_RANGE, "declared_load_kg")


def test_a_device_is_alive_in_its_own_role_only() -> None:
    reading = one_reading("cloudevents", event({"status": "OPERATING"}, "Heartbeat"))
    assert isinstance(reading, Heartbeat) and reading.sensor is SensorRole.SCALE
    other = event({"status": "OPERATING", "sensor": "XRAY"}, "Heartbeat")
    assert one_rejection("cloudevents", other).reason is Reason.WRONG_DEVICE


@pytest.mark.parametrize(
    ("payload", "reason", "at"),
    [
        (event(id=None), Reason.MISSING_FIELD, "id"),
        (event(source=None), Reason.MISSING_FIELD, "source"),
        (event(time=None), Reason.MISSING_FIELD, "time"),
        (event(kind="Outcome"), Reason.UNSUPPORTED, "type"),
        (event(datacontenttype="application/avro"), Reason.UNSUPPORTED, "datacontenttype"),
        (event(data_base64="AA=="), Reason.UNSUPPORTED, "data_base64"),
        (event(WEIGHING | {"lane_id": "2301/02"}), Reason.WRONG_LANE, "data.lane_id"),
        (event(WEIGHING | {"device_id": "other"}), Reason.WRONG_DEVICE, "data.device_id"),
        (event(WEIGHING | {"operating_mode": "TEST"}), Reason.WRONG_DEVICE, "data.operating_mode"),
        (event(WEIGHING | {"colour": 1}), Reason.MALFORMED, "data.colour"),
        (event({"scale_type": "TYPE_I"}), Reason.MISSING_FIELD, "data.gross_weight_kg"),
        (event(WEIGHING | {"gross_weight_kg": "1774"}), Reason.MALFORMED, "data.gross_weight_kg"),
        (event(WEIGHING | {"gross_weight_kg": -1}), Reason.OUT_OF_RANGE, "gross_weight_kg"),
        (event(WEIGHING | {"scale_type": "TST4821"}), Reason.MALFORMED, "data.scale_type"),
        (event(WEIGHING | {"observed_at": 10**30}), Reason.OUT_OF_RANGE, "observed_at"),
        (event([]), Reason.MALFORMED, "data"),
        (b"[]", Reason.MALFORMED, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(payload: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("cloudevents", payload)
    assert (rejection.reason, rejection.at) == (reason, at)
    assert "TST4821" not in str(rejection)


def test_a_unit_that_roams_tells_its_lane_or_leaves_it_to_the_gateway() -> None:
    unit = device_for("cloudevents", sensor=SensorRole.XRAY)
    roaming = msgspec.structs.replace(unit, lane_id=None, roams=("2301/01", "2301/02"))
    data = {
        "unit_id": unit.device_id, "machine_decision": "CLEAR", "operator_decision": "UNKNOWN", "scan_quality": "GOOD",
    }  # fmt: skip
    told = one_reading("cloudevents", event(data | {"lane_id": "2301/02"}, "XrayScan"), roaming)
    silent = one_reading("cloudevents", event(data, "XrayScan"), roaming)
    assert isinstance(told, XrayScan) and isinstance(silent, XrayScan)
    assert (told.lane_id, silent.lane_id) == ("2301/02", "")
    assert told.reading_id == silent.reading_id
    for device in (unit, roaming):
        refused = one_rejection("cloudevents", event(data | {"assignment_id": "mobile-3/1"}, "XrayScan"), device)
        assert refused.at.endswith("data.assignment_id") and "the gateway's to say" in refused.text
