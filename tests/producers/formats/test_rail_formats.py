"""Beside a track: tags' lines and portals' scans are of the configured track and device, or refused."""

import json
from typing import Any

import pytest

from producers.formats.rail_scan import EXAMPLE as SCAN
from producers.formats.reading_format import Reason, Rejection
from schemas.records import CarScan, CarTagRead, OperatingMode
from tests.producers.formats.samples import OBSERVED_AT, RAIL_XML, device_for, one_reading, one_rejection, read

TAG = b"2026-11-30T10:58:07.250Z 0001 3 17 9EA488C030426A179000000000000331"


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(SCAN) | changes).encode()


def test_a_tags_line_is_a_read_of_its_reader() -> None:
    reading = one_reading("aei_line", TAG)
    assert isinstance(reading, CarTagRead)
    assert (reading.mark, reading.number, reading.pass_number, reading.axle_count) == ("IOCC", 3088, 3, 17)
    assert (reading.reading_id, reading.observed_at) == ("aei-line-1/3/1", OBSERVED_AT)
    assert reading.length_m == 10.6  # 106 decimetres


@pytest.mark.parametrize(
    ("line", "reason", "at"),
    [
        (b"9EA488C030426A179000000000000331", Reason.MISSING_FIELD, "column 1"),
        (TAG.replace(b" 17 ", b" 5000 "), Reason.MALFORMED, "column 33"),
        (TAG[:-1], Reason.MALFORMED, "column 36"),
        (TAG.replace(b"Z", b""), Reason.MALFORMED, "column 1"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(line: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("aei_line", line)
    assert (rejection.reason, rejection.at) == (reason, at)


def test_json_and_xml_give_the_same_scan() -> None:
    from_json, from_xml = one_reading("rail_scan", SCAN), one_reading("rail_scan", RAIL_XML)
    assert isinstance(from_json, CarScan)
    assert from_json == from_xml


def test_a_scan_is_known_by_the_sites_device_and_mode() -> None:
    device = device_for("rail_scan", 'reported_device_id = "2304-R1-XRAY-1"', operating_mode=OperatingMode.SIMULATED)
    reading = one_reading("rail_scan", changed(device_id="2304-R1-XRAY-1"), device)
    assert (reading.device_id, reading.reading_id) == ("rail-scan-1", "rail-scan-1/S17/1")
    assert reading.operating_mode is OperatingMode.SIMULATED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"track_id": "2304/R2"}, Reason.WRONG_LANE),
        ({"device_id": "rail-scan-2"}, Reason.WRONG_DEVICE),
        ({"operating_mode": "TEST"}, Reason.OUT_OF_RANGE),
        ({"first_axle": 0}, Reason.MALFORMED),
        ({"scan_quality": "FINE"}, Reason.MALFORMED),
    ],
)
def test_what_is_wrong_with_a_scan_is_told(changes: dict[str, Any], reason: Reason) -> None:
    rejection = one_rejection("rail_scan", changed(**changes))
    assert rejection.reason is reason and rejection.at.startswith("line 1")


def test_what_a_camera_posts_here_by_mistake_is_not_quoted() -> None:
    for payload in (changed(scan_quality="TST4821"), changed(TST4821=1)):
        assert "TST4821" not in str(one_rejection("rail_scan", payload))


def test_one_bad_scan_spoils_no_other() -> None:
    first, second, third = read("rail_scan", SCAN + b"{}\n" + changed(revision=2))
    assert isinstance(first, CarScan) and isinstance(second, Rejection) and isinstance(third, CarScan)
    assert second.at == "line 2"
