"""X-ray units' results in lanes, as JSON or XML: one mapping for both.

Spec: threat detection reports (TDR) with the names and codes of DICOS (NEMA IIC 1), in the elements of
`producers.dicos`. The elements of a lane's scan:

    ScanID          of the unit, 1 to 56 visible characters                 reading_id, with Revision
    Revision        from 1; a higher one brings the operator's decision     1 if it is left out
    ObservedAt      ISO 8601 with its zone: when the vehicle was scanned    observed_at
    LaneID          `2301/01`, compared with the device's, or, of a unit that
                    roams, with its assignment's                            may be left out
    DeviceID        compared with the device's, or with the option          may be left out
    UnitID          of a mobile unit; of one that roams compared as its
                    DeviceID is                                             unit_id; the device's id if left out
    ScanQuality     Good, Degraded or Bad (NIEM)                            Bad if the machine aborted
    ImageURI, ImageSHA256                                                   where the image is; never pixels
    OperatingMode   must be what the configuration has                      may be left out
    TDR[]           TDRType, AlarmDecision, AbortReason, PTO[]: AssessmentProbability 0 to 1, Ability; other elements of
                    DICOS in a report (ThreatCategory, AssessmentFlag, Mass ...) are passed over

In JSON the elements are the members of an object: a list stands for an element that is repeated.

    {"ScanID": "S17", "ObservedAt": "2026-11-30T10:58:07Z", "ScanQuality": "Good",
     "TDR": [{"TDRType": "Machine", "AlarmDecision": "Clear", "PTO": [{"AssessmentProbability": 0.02}]}]}
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

from msgspec import Meta

from producers.dicos import (
    CHILDREN_MAX,
    DEPTH_MAX,
    RESULT,
    RESULTS,
    Broken,
    Element,
    ReportError,
    scan_values,
    scans_of_xml,
)
from producers.formats.documents import Fields, decode_json, items_in, text_in, time_in
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
    shown_name,
)
from schemas.records import OperatingMode, ScanDecision, ScanQuality, SensorRole, XrayScan

FIELDS: Final = {
    "ScanID": "scan_id",
    "Revision": "revision",
    "LaneID": "lane_id",
    "DeviceID": "device_id",
    "UnitID": "unit_id",
    "ObservedAt": "observed_at",
    "ScanQuality": "scan_quality",
    "ImageURI": "image_uri",
    "ImageSHA256": "image_sha256",
    "OperatingMode": "operating_mode",
}
ELEMENTS: Final = {name: element for element, name in FIELDS.items()}
QUALITIES: Final = {quality.value: quality for quality in ScanQuality if quality is not ScanQuality.UNKNOWN}
REVISION_MAX: Final = 1_000
XRAY: Final = frozenset({SensorRole.XRAY})


class XrayOptions(Options, frozen=True, kw_only=True):
    """What one unit calls itself."""

    reported_device_id: Annotated[str, Meta(min_length=1, max_length=56, pattern=r"^[!-~]+\Z")] | None = None
    """Its own name in its reports, where that is not its device_id; another one is refused."""


def parse_xml(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One XML document."""
    return items_of(scans_of_xml(payload), device, received_at, lambda scan: f"line {scan.line}")


def parse_json(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One JSON document: a scan, a list of scans, or an object with ScanResults."""
    try:
        value = decode_json(payload)
        if isinstance(value, dict) and RESULTS in value:
            value = value[RESULTS]
        told = list(items_in(value, "")) if isinstance(value, list) else [(value, "")]
    except Refused as refused:
        return [refused.rejection]
    items = list[Item]()
    for one, at in told:
        try:
            items += items_of(iter([element_of(RESULT, one, at)]), device, received_at, lambda _, at=at: at)  # type: ignore[misc]
        except Refused as refused:
            items.append(refused.rejection)
    return items or [Rejection(Reason.MALFORMED, "holds no scan")]


def element_of(name: str, value: Any, at: str, depth: int = 0) -> Element:
    """A JSON object as an element; numbers and booleans are texts in it, as in XML. Raises Refused."""
    element = Element(name, 1)
    if not isinstance(value, dict):
        if isinstance(value, list | None):
            raise Refused(Reason.MALFORMED, "must be a text, a number or an object", at)
        element.text = text_in(value if isinstance(value, str) else str(value), at) if value != "" else ""
        return element
    if depth == DEPTH_MAX - 1:
        raise Refused(Reason.MALFORMED, f"more than {DEPTH_MAX} objects within each other", at)
    for key, inner in value.items():
        place = f"{at}.{shown_name(key)}" if at else shown_name(key)
        several = list(items_in(inner, place)) if isinstance(inner, list) else [(inner, place)]
        for one, where in several:
            if len(element.children) == CHILDREN_MAX:
                raise Refused(Reason.TOO_LARGE, f"an object of more than {CHILDREN_MAX} members", at)
            if one is not None:
                element.children.append(element_of(key, one, where, depth + 1))
    return element


def items_of(
    scans: Iterator[Element | Broken], device: Device, received_at: int, place_of: Callable[[Element | Broken], str]
) -> list[Item]:
    """Each scan's reading; one that is wrong does not take the others with it."""
    items = list[Item]()
    for scan in scans:
        place = place_of(scan)
        if len(items) == ITEMS_MAX:
            text = f"more than {ITEMS_MAX:,} scans at once, and nothing from here on was read; send it in parts"
            return [*items, Rejection(Reason.TOO_LARGE, text, place)]
        if isinstance(scan, Broken):
            items.append(Rejection(Reason.MALFORMED, scan.text, place))
            continue
        try:
            items.append(reading_of(scan, device, received_at))
        except ReportError as error:
            reason = Reason.MISSING_FIELD if "missing" in error.text else Reason.MALFORMED
            items.append(Rejection(reason, error.text, f"{place} {error.field}".strip()))
        except Refused as refused:
            items.append(refused.rejection._replace(at=f"{place} {refused.rejection.at}".strip()))
    return items or [Rejection(Reason.MALFORMED, "holds no scan")]


def reading_of(scan: Element, device: Device, received_at: int) -> XrayScan:
    """The record of a scan. Raises Refused and ReportError."""
    fields = Fields({ELEMENTS.get(name, name): value for name, value in scan_values(scan, FIELDS).items()})
    check_device(fields, device)
    revision_text = fields.text_or_none("Revision") or "1"
    if not revision_text.isascii() or not revision_text.isdigit() or not 1 <= int(revision_text[:9]) <= REVISION_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"must be a whole number, 1 to {REVISION_MAX}", "Revision")
    quality = QUALITIES.get(fields.text("ScanQuality").upper())
    if quality is None:
        raise Refused(Reason.MALFORMED, "must be Good, Degraded or Bad", "ScanQuality")
    if quality is ScanQuality.GOOD and fields.has("abort_reason"):
        raise Refused(Reason.OUT_OF_RANGE, "a scan that was aborted is not Good", "ScanQuality")
    return XrayScan(
        reading_id=numbered_id(device, fields.text("ScanID"), int(revision_text)),
        lane_id=(fields.text_or_none("LaneID") or "") if device.roams else device.place,
        device_id=device.device_id,
        observed_at=time_in(fields.text("ObservedAt"), "ObservedAt"),
        received_at=received_at,
        operating_mode=device.operating_mode,
        direction=device.direction,
        unit_id=device.device_id if device.roams else fields.text_or_none("UnitID") or device.device_id,
        machine_decision=ScanDecision(fields.text("machine_decision")),
        machine_probability=fields.number_or_none("machine_probability"),
        operator_decision=ScanDecision(fields.text_or_none("operator_decision") or "UNKNOWN"),
        scan_quality=quality,
        shielding_indicator=fields.boolean_or_none("shielding_indicator"),
        image_uri=fields.text_or_none("ImageURI"),
        image_sha256=fields.text_or_none("ImageSHA256"),
    )


def check_device(fields: Fields, device: Device) -> None:
    """Raises Refused for the scan of another unit, lane or mode."""
    options = device.options
    assert isinstance(options, XrayOptions)
    known_as = options.reported_device_id or device.device_id
    if not device.roams and fields.text_or_none("LaneID") not in (None, device.lane_id):
        raise Refused(Reason.WRONG_LANE, f"must be {device.lane_id}", "LaneID")
    for name in ("DeviceID", "UnitID") if device.roams else ("DeviceID",):
        if fields.text_or_none(name) not in (None, known_as):
            text = f"must be {known_as}; set reported_device_id if the unit has another name for itself"
            raise Refused(Reason.WRONG_DEVICE, text, name)
    mode = fields.text_or_none("OperatingMode")
    if mode is not None and mode.upper() not in (OperatingMode.OPERATIONAL, device.operating_mode):
        text = f"is not {device.operating_mode}, as the site's configuration has it"
        raise Refused(Reason.OUT_OF_RANGE, text, "OperatingMode")


TEMPLATE: Final = """\
# reported_device_id = "XR-17"   # what the unit calls itself, if that is not its device_id
"""
JSON_EXAMPLE: Final = b"""\
{"ScanID": "S17", "Revision": 1, "LaneID": "2301/01", "UnitID": "mobile-3", "ObservedAt": "2026-11-30T10:58:07.250Z",
 "ScanQuality": "Good", "ImageURI": "image:xray/S17",
 "TDR": [{"TDRType": "Machine", "AlarmDecision": "Alarm",
          "PTO": [{"AssessmentProbability": 0.81, "ThreatCategory": "ProhibitedItem", "Ability": "NoInterference"}]},
         {"TDRType": "Operator", "AlarmDecision": "Clear"}]}
"""
XML_EXAMPLE: Final = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<ScanResults>
 <ScanResult>
  <ScanID>S17</ScanID><Revision>1</Revision><LaneID>2301/01</LaneID><UnitID>mobile-3</UnitID>
  <ObservedAt>2026-11-30T10:58:07.250Z</ObservedAt><ScanQuality>Good</ScanQuality><ImageURI>image:xray/S17</ImageURI>
  <TDR><TDRType>Machine</TDRType><AlarmDecision>Alarm</AlarmDecision>
   <PTO><AssessmentProbability>0.81</AssessmentProbability><ThreatCategory>ProhibitedItem</ThreatCategory>
    <Ability>NoInterference</Ability></PTO></TDR>
  <TDR><TDRType>Operator</TDRType><AlarmDecision>Clear</AlarmDecision></TDR>
 </ScanResult>
</ScanResults>
"""
SPECIFICATION: Final = "threat detection reports with the names and codes of DICOS (NEMA IIC 1); elements in xray.py"

XRAY_JSON: Final = ReadingFormat(
    name="xray_json",
    title="X-ray units' results with DICOS's names (JSON)",
    specification=SPECIFICATION,
    framing=Framing.DOCUMENT,
    content_types=("application/json",),
    options_type=XrayOptions,
    template=TEMPLATE,
    example=JSON_EXAMPLE,
    parse=parse_json,
    sensors=XRAY,
)
XRAY_XML: Final = ReadingFormat(
    name="xray_xml",
    title="X-ray units' results with DICOS's names (XML)",
    specification=SPECIFICATION,
    framing=Framing.DOCUMENT,
    content_types=("application/xml", "text/xml"),
    options_type=XrayOptions,
    template=TEMPLATE,
    example=XML_EXAMPLE,
    parse=parse_xml,
    sensors=XRAY,
)
