"""Scan reports of rail portals as XML after DICOS (`producers.dicos`). The elements of a train's scan:

ScanID, Revision, TrackID, DeviceID, PassNumber, ObservedAt, ScanStartedAt, ScanEndedAt, FirstAxle, LastAxle,
ScanQuality, LoadedIndicator, ImageURI, ImageSHA256, OperatingMode
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from producers.dicos import Broken, Element, ReportError, scan_values, scans_of_xml
from producers.rail.scan_report import ScanReport, report_of_values

FIELDS: Final = {
    "ScanID": "scan_id",
    "Revision": "revision",
    "TrackID": "track_id",
    "DeviceID": "device_id",
    "PassNumber": "pass_number",
    "ObservedAt": "observed_at",
    "ScanStartedAt": "scan_started_at",
    "ScanEndedAt": "scan_ended_at",
    "FirstAxle": "first_axle",
    "LastAxle": "last_axle",
    "ScanQuality": "scan_quality",
    "LoadedIndicator": "loaded_indicator",
    "ImageURI": "image_uri",
    "ImageSHA256": "image_sha256",
    "OperatingMode": "operating_mode",
}
ELEMENTS: Final = {name: element for element, name in FIELDS.items()}


class Told(NamedTuple):
    """A scan's report, or why it is none."""

    line: int
    report: ScanReport | None
    problem: str = ""


def xml_reports(data: bytes) -> Iterator[Told]:
    """Each scan's report, or why it is none, up to where the file is no XML."""
    for scan in scans_of_xml(data):
        yield Told(scan.line, None, scan.text) if isinstance(scan, Broken) else told(scan)


def told(scan: Element) -> Told:
    """A scan's report, or why it is none, with the line of what is wrong."""
    try:
        return Told(scan.line, report_of_values(scan_values(scan, FIELDS)))
    except ReportError as error:
        element = ELEMENTS.get(error.field, error.field)
        lines = [child.line for child in scan.children if child.name == element]
        return Told(lines[-1] if lines else scan.line, None, str(error))
