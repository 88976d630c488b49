"""Files of scan results: XML (`scan_xml`), or JSON with one object a line; to CarScan records.

    {"scan_id": "2304-R1-X/3/17", "revision": 1, "track_id": "2304/R1", "device_id": "2304-R1-XRAY-1", "pass_number": 3,
     "observed_at": "2026-11-30T10:58:09Z", "scan_started_at": "2026-11-30T10:58:00Z",
     "scan_ended_at": "2026-11-30T10:58:09Z", "first_axle": 17, "last_axle": 20, "scan_quality": "GOOD",
     "machine_decision": "CLEAR", "machine_probability": 0.02}

(one line, folded here). The rest of ScanReport's fields may be left out: the operator's decision comes with revision 2.
A bad scan is a ScanProblem with its line, and the scans around it stand.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from producers.dicos import ReportError
from producers.rail.scan_report import ScanReport, report_of_json, report_of_scan, scan_of
from producers.rail.scan_xml import Told, xml_reports
from schemas.records import CarScan

# A train has 150 images of two revisions, 600 bytes each; a day of a port is under 5 MB.
FILE_BYTES_MAX: Final = 16_000_000
LINE_BYTES_MAX: Final = 8_192
PROBLEMS_MAX: Final = 1_000
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
SEND_AGAIN: Final = "this scan was not taken, have it sent again"


class ScanProblem(NamedTuple):
    """A scan that was not taken, where and why, and what to do."""

    line: int
    """From 1."""

    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class Scans(NamedTuple):
    """What a file holds, in its order."""

    scans: list[CarScan]
    problems: list[ScanProblem]
    repeats: int
    """Scans that repeat an earlier one of the file, which are ignored."""


def read_scans(data: bytes, received_at: int) -> Scans:
    """The scans of a file, XML if it begins with `<`, else JSON; `received_at` microseconds UTC.

    Nothing raises for what the file holds.
    """
    problems = list[ScanProblem]()
    if len(data) > FILE_BYTES_MAX:
        text = f"{len(data):,} bytes, at most {FILE_BYTES_MAX:,} are read; split the file"
        return Scans([], [ScanProblem(1, text)], 0)
    body = data.removeprefix(BYTE_ORDER_MARK)
    found, repeats = dict[str, ScanReport](), 0
    for line, report, problem in xml_reports(body) if body.lstrip()[:1] == b"<" else json_reports(body):
        if report is not None:
            identity = f"{report.device_id} {report.scan_id} {report.revision}"
            if found.setdefault(identity, report) == report:
                repeats += found[identity] is not report
                continue
            problem = "its revision of this scan stands above with other values; a change needs a higher revision"
        problems.append(ScanProblem(line, f"{problem}; {SEND_AGAIN}"))
        if len(problems) == PROBLEMS_MAX:
            problems.append(ScanProblem(line, "too many problems; from here on nothing was read"))
            break
    if not found and not problems:
        problems.append(ScanProblem(1, "the file holds no scan"))
    return Scans([scan_of(report, received_at) for report in found.values()], problems, repeats)


def json_reports(data: bytes) -> Iterator[Told]:
    """Each line's report, or why it is none; blank lines are passed over."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > LINE_BYTES_MAX:
            yield Told(number, None, f"longer than {LINE_BYTES_MAX:,} bytes")
        elif line.strip():
            try:
                yield Told(number, report_of_json(line))
            except ReportError as error:
                yield Told(number, None, str(error))


def json_line_of(scan: CarScan) -> bytes:
    """A scan as its scanner's line, without the line's end."""
    return msgspec.json.encode(report_of_scan(scan))
