"""X-ray results: JSON and XML say the same, decisions have DICOS's words, and hostile documents are refused."""

import json
from typing import Any

import msgspec
import pytest

from producers.formats.reading_format import Reason, Rejection
from producers.formats.xray import JSON_EXAMPLE, XML_EXAMPLE
from schemas.records import ScanDecision, ScanQuality, XrayScan
from tests.producers.formats.samples import OBSERVED_AT, device_for, one_reading, one_rejection, read


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(JSON_EXAMPLE) | changes).encode()


def scan(payload: bytes, **options: Any) -> XrayScan:
    reading = one_reading("xray_json", payload, device_for("xray_json", **options))
    assert isinstance(reading, XrayScan)
    return reading


def machine(decision: str = "Clear", **more: Any) -> dict[str, Any]:
    return {"TDRType": "Machine", "AlarmDecision": decision} | more


def test_json_and_xml_say_the_same() -> None:
    reading = one_reading("xray_xml", XML_EXAMPLE)
    assert isinstance(reading, XrayScan)
    as_json = msgspec.structs.replace(reading, reading_id="xray-json-1/S17/1", device_id="xray-json-1")
    assert as_json == scan(JSON_EXAMPLE)


def test_a_result_is_a_scan() -> None:
    reading = scan(JSON_EXAMPLE)
    assert (reading.machine_decision, reading.operator_decision) == (ScanDecision.ALARM, ScanDecision.CLEAR)
    assert (reading.machine_probability, reading.shielding_indicator) == (0.81, False)
    assert (reading.unit_id, reading.observed_at, reading.scan_quality) == ("mobile-3", OBSERVED_AT, ScanQuality.GOOD)


@pytest.mark.parametrize(
    ("word", "decision"),
    [("Alarm", "ALARM"), ("CLEAR", "CLEAR"), ("NO_ALARM", "CLEAR"), ("Unknown", "UNKNOWN")],
)
def test_decisions_have_dicos_words(word: str, decision: str) -> None:
    assert scan(changed(TDR=[machine(word)])).machine_decision == decision


def test_a_report_alone_needs_no_list() -> None:
    assert scan(changed(TDR=machine())).operator_decision is ScanDecision.UNKNOWN


def test_the_probability_is_the_highest_and_any_shield_counts() -> None:
    objects = [{"AssessmentProbability": 0.2, "Ability": "NoInterference"}, {"AssessmentProbability": 0.7}]
    operator = {"TDRType": "Operator", "AlarmDecision": "Clear", "PTO": [{"Ability": "Shield"}]}
    reading = scan(changed(TDR=[machine(PTO=objects), operator]))
    assert (reading.machine_probability, reading.shielding_indicator) == (0.7, True)


def test_an_aborted_scan_is_bad_and_never_good() -> None:
    aborted = [machine("Unknown", AbortReason="IncompleteScan")]
    assert scan(changed(TDR=aborted, ScanQuality=None)).scan_quality is ScanQuality.BAD
    assert one_rejection("xray_json", changed(TDR=aborted)).reason is Reason.OUT_OF_RANGE


def test_a_revision_is_a_reading_of_its_own() -> None:
    assert scan(changed(Revision=2)).reading_id == "xray-json-1/S17/2"
    assert scan(changed(Revision=None)).reading_id == "xray-json-1/S17/1"


def test_a_fixed_unit_is_known_by_its_device() -> None:
    assert scan(changed(UnitID=None)).unit_id == "xray-json-1"


def test_a_batch_is_read_whole_and_one_bad_scan_spoils_no_other() -> None:
    good = json.loads(JSON_EXAMPLE)
    for batch in ([good, {"ScanID": "S18"}, good], {"ScanResults": [good, {"ScanID": "S18"}, good]}):
        first, second, third = read("xray_json", json.dumps(batch).encode())
        assert isinstance(first, XrayScan) and isinstance(third, XrayScan)
        assert isinstance(second, Rejection) and second.at == "[1] TDR"


@pytest.mark.parametrize(
    ("changes", "reason", "at"),
    [
        ({"LaneID": "2301/02"}, Reason.WRONG_LANE, "LaneID"),
        ({"DeviceID": "xr-2"}, Reason.WRONG_DEVICE, "DeviceID"),
        ({"OperatingMode": "TEST"}, Reason.OUT_OF_RANGE, "OperatingMode"),
        ({"ScanID": None}, Reason.MISSING_FIELD, "ScanID"),
        ({"ScanID": "a b"}, Reason.OUT_OF_RANGE, ""),
        ({"ObservedAt": "2026-11-30T10:58:07"}, Reason.MALFORMED, "ObservedAt"),
        ({"ScanQuality": "Fine"}, Reason.MALFORMED, "ScanQuality"),
        ({"Revision": 1.5}, Reason.OUT_OF_RANGE, "Revision"),
        ({"TDR": []}, Reason.MISSING_FIELD, "TDR"),
        ({"TDR": [machine("Maybe")]}, Reason.MALFORMED, "AlarmDecision"),
        ({"TDR": [machine(), machine()]}, Reason.MALFORMED, "TDR"),
        ({"TDR": [machine(PTO=[{"AssessmentProbability": 1.01}])]}, Reason.MALFORMED, "AssessmentProbability"),
        ({"Colour": "red"}, Reason.MALFORMED, "Colour"),
        ({"ImageURI": "x" * 513}, Reason.OUT_OF_RANGE, "image_uri"),
        ({"ImageSHA256": "XY"}, Reason.OUT_OF_RANGE, "image_sha256"),
    ],
)
def test_what_is_wrong_is_told_with_its_element(changes: dict[str, Any], reason: Reason, at: str) -> None:
    rejection = one_rejection("xray_json", changed(**changes))
    assert (rejection.reason, rejection.at) == (reason, at)


def test_a_unit_may_have_another_name_for_itself() -> None:
    assert scan(changed(DeviceID="XR-17"), options='reported_device_id = "XR-17"')


def test_a_document_type_is_refused_with_every_entity() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + XML_EXAMPLE.partition(b"?>")[2]
    rejection = one_rejection("xray_xml", bomb)
    assert rejection.reason is Reason.MALFORMED and "document type" in rejection.text


def test_what_stands_before_the_break_is_read() -> None:
    first, second = read("xray_xml", XML_EXAMPLE.replace(b"</ScanResults>", b"<ScanResult><ScanID>"))
    assert isinstance(first, XrayScan)
    assert isinstance(second, Rejection) and second.at.startswith("line ")


def test_a_unit_that_roams_tells_its_lane_or_leaves_it_to_the_gateway_and_is_known_by_its_device() -> None:
    fixed = device_for("xray_json", options='reported_device_id = "mobile-3"')
    roaming = msgspec.structs.replace(fixed, lane_id=None, roams=("2301/01", "2301/02"))
    told = one_reading("xray_json", changed(LaneID="2301/02"), roaming)
    silent = one_reading("xray_json", changed(LaneID=None, UnitID=None), roaming)
    assert isinstance(told, XrayScan) and isinstance(silent, XrayScan)
    assert (told.lane_id, silent.lane_id) == ("2301/02", "")
    assert told.unit_id == silent.unit_id == roaming.device_id
    assert told.reading_id == silent.reading_id == scan(JSON_EXAMPLE).reading_id  # whichever lane it is in
    refused = one_rejection("xray_json", changed(UnitID="mobile-4"), roaming)
    assert (refused.reason, refused.at) == (Reason.WRONG_DEVICE, "UnitID")
