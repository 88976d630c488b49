"""Rail portals' scan results, JSON or XML.

Spec: threat detection reports after DICOS (NEMA), in the two shapes of `producers.rail.scan_files`: a JSON object a
line, or XML. A document is XML if it begins with `<`. Id: the portal's scan and its revision, so that the operator's
decision, which comes later with a higher revision, is a reading of its own.
"""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from producers.formats.reading_format import (
    ITEMS_MAX,
    Device,
    Framing,
    Item,
    Options,
    ReadingFormat,
    Reason,
    Refused,
    Rejection,
    numbered_id,
)
from producers.rail.scan_files import BYTE_ORDER_MARK, json_reports
from producers.rail.scan_report import ScanReport, scan_of
from producers.rail.scan_xml import xml_reports
from schemas.records import CarScan, OperatingMode

# Values and names that the reader of reports quotes: a camera that posts here must not have its plates told.
QUOTED_INPUT: Final = re.compile(r"(Invalid enum value|unknown field) ['`].*['`]")


class RailScanOptions(Options, frozen=True, kw_only=True):
    """What one portal calls itself."""

    reported_device_id: Annotated[str, Meta(min_length=1, max_length=56, pattern=r"^[!-~]+\Z")] | None = None
    """Its own name in its reports, where that is not its device_id; another one is refused."""


def parse(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One file or body."""
    body = payload.removeprefix(BYTE_ORDER_MARK)
    items = list[Item]()
    for line, report, problem in xml_reports(body) if body.lstrip()[:1] == b"<" else json_reports(body):
        if len(items) == ITEMS_MAX:
            text = f"more than {ITEMS_MAX:,} scans at once, and nothing from here on was read; send it in parts"
            return [*items, Rejection(Reason.TOO_LARGE, text, f"line {line}")]
        if report is None:
            items.append(Rejection(Reason.MALFORMED, QUOTED_INPUT.sub(r"\1", problem), f"line {line}"))
            continue
        try:
            items.append(reading_of(report, device, received_at))
        except Refused as refused:
            items.append(refused.rejection._replace(at=f"line {line} {refused.rejection.at}"))
    return items or [Rejection(Reason.MALFORMED, "holds no scan; send a JSON object a line, or XML")]


def reading_of(report: ScanReport, device: Device, received_at: int) -> CarScan:
    """The record of a report. Raises Refused for one of another portal, track or mode."""
    options = device.options
    assert isinstance(options, RailScanOptions)
    if report.track_id != device.track_id:
        raise Refused(Reason.WRONG_LANE, f"must be {device.track_id}", "track_id")
    known_as = options.reported_device_id or device.device_id
    if report.device_id != known_as:
        text = f"must be {known_as}; set reported_device_id if the portal has another name for itself"
        raise Refused(Reason.WRONG_DEVICE, text, "device_id")
    if report.operating_mode not in (OperatingMode.OPERATIONAL, device.operating_mode):
        text = f"is not {device.operating_mode}, as the site's configuration has it"
        raise Refused(Reason.OUT_OF_RANGE, text, "operating_mode")
    return msgspec.structs.replace(
        scan_of(report, received_at),
        reading_id=numbered_id(device, report.scan_id, report.revision),
        device_id=device.device_id,
        operating_mode=device.operating_mode,
    )


TEMPLATE: Final = """\
# reported_device_id = "2304-R1-XRAY-1"    # what the portal calls itself, if that is not its device_id
"""
EXAMPLE: Final = (
    b'{"scan_id":"S17","revision":1,"track_id":"2304/R1","device_id":"rail-scan-1","pass_number":3,'
    b'"observed_at":"2026-11-30T10:58:09Z","scan_started_at":"2026-11-30T10:58:00Z",'
    b'"scan_ended_at":"2026-11-30T10:58:09Z","first_axle":17,"last_axle":20,"scan_quality":"GOOD",'
    b'"machine_decision":"CLEAR","machine_probability":0.02,"shielding_indicator":false}\n'
)

RAIL_SCAN: Final = ReadingFormat(
    name="rail_scan",
    title="rail portals' scan results (JSON lines or XML)",
    specification="threat detection reports after DICOS (NEMA IIC 1), shapes of producers/rail/scan_files.py",
    framing=Framing.DOCUMENT,
    content_types=("application/json", "application/x-ndjson", "application/xml", "text/xml"),
    options_type=RailScanOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    on_track=True,
)
