"""Scan results: JSON and XML give the same scans; a bad one says why and where, and spoils no other."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.rail import scan_files
from producers.rail.scan_files import json_line_of, read_scans
from schemas.records import CarScan, OperatingMode, ScanDecision, ScanQuality

NOW = 1_796_036_300_000_000
LINE = (
    b'{"scan_id":"S17","revision":1,"track_id":"2304/R1","device_id":"2304-R1-XRAY-1","pass_number":3,'
    b'"observed_at":"2026-11-30T10:58:09Z","scan_started_at":"2026-11-30T10:58:00Z",'
    b'"scan_ended_at":"2026-11-30T04:58:09.5-06:00","first_axle":17,"last_axle":20,"scan_quality":"GOOD",'
    b'"machine_decision":"CLEAR","machine_probability":0.25,"shielding_indicator":false}'
)
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<ScanResults>
 <ScanResult>
  <ScanID>S17</ScanID><Revision>1</Revision><TrackID>2304/R1</TrackID><DeviceID>2304-R1-XRAY-1</DeviceID>
  <PassNumber>3</PassNumber><ObservedAt>2026-11-30T10:58:09Z</ObservedAt>
  <ScanStartedAt>2026-11-30T10:58:00Z</ScanStartedAt><ScanEndedAt>2026-11-30T10:58:09.5Z</ScanEndedAt>
  <FirstAxle>17</FirstAxle><LastAxle>20</LastAxle><ScanQuality>GOOD</ScanQuality>
  <TDR><TDRType>Machine</TDRType><AlarmDecision>Clear</AlarmDecision>
   <PTO><AssessmentProbability>0.01</AssessmentProbability><Ability>NoInterference</Ability></PTO>
   <PTO><AssessmentProbability>0.25</AssessmentProbability></PTO></TDR>
 </ScanResult>
</ScanResults>
"""
OPERATOR = b"<TDR><TDRType>Operator</TDRType><AlarmDecision>Alarm</AlarmDecision></TDR>"
visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
microseconds = st.integers(946_684_800_000_000, 4_102_444_799_999_999)


@st.composite
def scans(draw: st.DrawFn) -> CarScan:
    aborted = draw(st.none() | visible)
    bad = [ScanQuality.BAD, ScanQuality.DEGRADED]
    first, started = draw(st.integers(1, 4_000)), draw(st.integers(946_684_800_000_000, 4_000_000_000_000_000))
    device, scan_id, revision = draw(visible), draw(visible), draw(st.integers(1, 1_000))
    return CarScan(
        reading_id=f"{device}/{scan_id}/{revision}",
        port_code="2304",
        track_id="2304/R1",
        device_id=device,
        observed_at=draw(microseconds),
        received_at=NOW,
        operating_mode=draw(st.sampled_from([OperatingMode.OPERATIONAL, OperatingMode.SIMULATED])),
        pass_number=draw(st.integers(0, 1_000_000_000)),
        scan_id=scan_id,
        revision=revision,
        scan_started_at=started,
        scan_ended_at=started + draw(st.integers(0, 3_600_000_000)),
        first_axle=first,
        last_axle=first + draw(st.integers(0, 40)),
        machine_decision=draw(st.sampled_from(ScanDecision)),
        machine_probability=draw(st.none() | st.floats(0, 1)),
        operator_decision=draw(st.sampled_from(ScanDecision)),
        scan_quality=draw(st.sampled_from(bad if aborted else [ScanQuality.GOOD, *bad])),
        abort_reason=aborted,
        loaded_indicator=draw(st.none() | st.booleans()),
        shielding_indicator=draw(st.none() | st.booleans()),
        image_uri=draw(st.none() | visible),
        image_sha256=draw(st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True)),
    )


@given(scans())
def test_any_scan_comes_back_from_its_line(scan: CarScan) -> None:
    assert read_scans(json_line_of(scan), NOW) == ([scan], [], 0)


def test_json_and_xml_give_the_same_scan() -> None:
    (from_json,), problems, _ = read_scans(LINE, NOW)
    assert not problems
    assert read_scans(XML, NOW) == ([from_json], [], 0)
    assert (from_json.reading_id, from_json.port_code) == ("2304-R1-XRAY-1/S17/1", "2304")
    assert from_json.scan_ended_at - from_json.scan_started_at == 9_500_000
    assert (from_json.machine_probability, from_json.operator_decision) == (0.25, ScanDecision.UNKNOWN)


def test_the_operators_report_stands_beside_the_machines() -> None:
    (scan,), _, _ = read_scans(XML.replace(b"</TDR>", b"</TDR>" + OPERATOR), NOW)
    assert (scan.machine_decision, scan.operator_decision) == (ScanDecision.CLEAR, ScanDecision.ALARM)


def test_a_shielded_region_of_either_report_is_told() -> None:
    shield = OPERATOR.replace(b"</TDR>", b"<PTO><Ability>Shield</Ability></PTO></TDR>")
    (scan,), _, _ = read_scans(XML.replace(b"</TDR>", b"</TDR>" + shield), NOW)
    assert scan.shielding_indicator is True
    (scan,), _, _ = read_scans(XML.replace(b"<Ability>NoInterference</Ability>", b""), NOW)
    assert scan.shielding_indicator is None


def test_an_aborted_scan_is_bad_unless_its_quality_is_told() -> None:
    aborted = XML.replace(b"</AlarmDecision>", b"</AlarmDecision><AbortReason>IncompleteScan</AbortReason>")
    (scan,), _, _ = read_scans(aborted.replace(b"<ScanQuality>GOOD</ScanQuality>", b""), NOW)
    assert (scan.scan_quality, scan.abort_reason) == (ScanQuality.BAD, "IncompleteScan")
    _, (problem,), _ = read_scans(aborted, NOW)
    assert "aborted is not GOOD" in problem.text


def test_ground_truth_does_not_come_into_the_log() -> None:
    truth = OPERATOR.replace(b"Operator", b"GroundTruth")
    assert read_scans(XML.replace(b"</TDR>", b"</TDR>" + truth), NOW) == read_scans(XML, NOW)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b'"CLEAR"', b'"PROBABLY"', "machine_decision: Invalid enum value"),
        (b":17", b':"17"', "first_axle: Expected `int`"),
        (b":17", b":21", "last_axle: must be first_axle or"),
        (b":20", b":81", "last_axle: must be first_axle or"),
        (b":17", b":0", "first_axle"),
        (b"0.25", b"1.25", "machine_probability"),
        (b"58:09Z", b"58:09", "observed_at: .* timezone"),
        (b"2026-11-30T10:58:09Z", b"1926-11-30T10:58:09Z", "observed_at: must lie in 2000"),
        (b"10:58:00Z", b"10:58:10Z", "scan_ended_at"),
        (b"10:58:00Z", b"09:58:00Z", "scan_ended_at"),
        (b'"GOOD"', b'"UNKNOWN"', "scan_quality"),
        (b"2304/R1", b"2304/01", "track_id"),
        (b'"pass_number":3,', b"", "missing required field `pass_number`"),
        (b'"pass_number"', b'"pass"', "unknown field `pass`"),
        (b'"revision":1,', b'"revision":1,"revision":2,', "a field stands twice"),
        (b'"S17"', b'"S 17"', "scan_id"),
        (b'"S17"', b'"\xff"', "not JSON"),
        (b"}", b"", "not JSON"),
        (b'"machine_probability"', '"\u009b2J"'.encode(), "unknown field `\\?2J`"),
        (b'"CLEAR"', b'"\\u001b[2J"', r"'\\x1b\[2J'"),  # nothing that a terminal obeys
    ],
)
def test_a_bad_line_says_why(old: bytes, new: bytes, text: str) -> None:
    assert LINE.count(old) == 1 or old in (b"58:09Z", b"10:58:00Z")
    found, (problem,), _ = read_scans(b"\n" + LINE.replace(old, new), NOW)
    assert not found and problem.line == 2
    with pytest.raises(ValueError, match=text):
        raise ValueError(problem.text)


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        (b"<FirstAxle>17", b"<FirstAxle>x", 7, "first_axle: Expected `int`"),
        (b"<FirstAxle>17", b"<FirstAxle>21", 7, "last_axle: must be"),
        (b"<FirstAxle>17</FirstAxle>", b"", 3, "missing required field `first_axle`"),
        (b"<FirstAxle>", b"<FirstAxle>1</FirstAxle><FirstAxle>", 7, "FirstAxle: stands twice"),
        (b"<FirstAxle>17</FirstAxle>", b"<Axle>17</Axle>", 7, "Axle: there is no such element"),
        (b">Machine<", b">Operator<", 8, "the machine's report is missing"),
        (b"</TDR>", b"</TDR>" + OPERATOR + OPERATOR, 10, "one report of the machine"),
        (b">Clear<", b">Perhaps<", 3, "AlarmDecision: must be"),
        (b"0.25", b"nan", 3, "AssessmentProbability: must be"),
        (b"0.25", b"2", 3, "AssessmentProbability: must be"),
        (b"0.25", b"low", 3, "AssessmentProbability: must be"),
    ],
)
def test_a_bad_scan_of_xml_says_why_and_spoils_no_other(old: bytes, new: bytes, line: int, text: str) -> None:
    assert XML.count(old) == 1
    one = XML[XML.index(b" <ScanResult>") : XML.index(b"</ScanResults>")]
    found, (problem,), _ = read_scans(XML.replace(old, new).replace(b"</ScanResults>", one + b"</ScanResults>"), NOW)
    assert len(found) == 1
    assert text in problem.text and problem.line == line


@pytest.mark.parametrize(
    ("hostile", "text"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><ScanResults/>', "a document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><ScanResults/>', "a document type"),
        (b"<ScanResults>&x;</ScanResults>", "not XML"),
        (b"<ScanResult>" + b"<a>" * 9, "more than 6 elements within"),
        (b"<ScanResult>" + b"<a/>" * 501, "more than 500 elements"),
        (b"<ScanResult><ScanID>" + b"a" * 1_025, "more than 1,024 characters"),
        (b"<html></html>", "the first element must be"),
        (b"<ScanResults><TDR/></ScanResults>", "must hold ScanResult only"),
        (b"<ScanResults> nonsense </ScanResults>", "a text between scans"),
        (b"<ScanResults>", "not XML"),
        (b"<", "not XML"),
        ("<?xml version='1.0' encoding='utf-16'?><ScanResults>é".encode("utf-16"), "not JSON"),
    ],
)
def test_hostile_xml_is_refused(hostile: bytes, text: str) -> None:
    found, problems, _ = read_scans(hostile, NOW)
    assert not found
    assert text in problems[0].text


def test_a_file_holds_any_number_of_scans() -> None:
    one = XML[XML.index(b" <ScanResult>") : XML.index(b"</ScanResults>")]
    many = [one.replace(b"S17", b"S%d" % number) for number in range(2_000)]
    found, problems, _ = read_scans(b"<ScanResults>\n\n" + b"\n".join(many) + b"</ScanResults>", NOW)
    assert [scan.scan_id for scan in found] == [f"S{number}" for number in range(2_000)]
    assert not problems


def test_a_scan_may_show_many_objects_however_it_is_indented() -> None:
    threat = b"\n          <PTO><AssessmentProbability>0.5</AssessmentProbability></PTO>"
    (scan,), problems, _ = read_scans(XML.replace(b"</TDR>", threat * 400 + b"</TDR>"), NOW)
    assert not problems and scan.machine_probability == 0.5


def test_what_stands_before_broken_xml_is_kept() -> None:
    found, (problem,), _ = read_scans(XML.replace(b"</ScanResults>", b" <ScanResult><ScanID>"), NOW)
    assert [scan.scan_id for scan in found] == ["S17"]
    assert "nothing from here on" in problem.text


def test_a_repeated_scan_counts_once_and_a_changed_one_not_at_all() -> None:
    found, problems, repeats = read_scans(LINE + b"\n" + LINE + b"\r\n\n", NOW)
    assert (len(found), problems, repeats) == (1, [], 1)
    found, (problem,), _ = read_scans(LINE + b"\n" + LINE.replace(b"0.25", b"0.5"), NOW)
    assert [scan.machine_probability for scan in found] == [0.25]
    assert "higher revision" in problem.text and problem.line == 2
    found, problems, _ = read_scans(LINE + b"\n" + LINE.replace(b'"revision":1', b'"revision":2'), NOW)
    assert [scan.revision for scan in found] == [1, 2] and not problems


def test_files_and_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "holds no scan" in read_scans(b"\n\n", NOW).problems[0].text
    assert "longer than" in read_scans(b" " * 9_000, NOW).problems[0].text
    assert "too many problems" in read_scans(b"x\n" * 2_000, NOW).problems[-1].text
    monkeypatch.setattr(scan_files, "FILE_BYTES_MAX", 10)
    assert "at most 10" in read_scans(LINE, NOW).problems[0].text


def test_every_field_of_a_scan_is_told() -> None:
    told = set(msgspec.json.decode(json_line_of(read_scans(LINE, NOW).scans[0])))
    assert told == set(CarScan.__struct_fields__) - {"reading_id", "port_code", "received_at"}
