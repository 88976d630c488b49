"""Scan reports as XML after DICOS.

    <ScanResults><ScanResult>
      <ScanID/> <Revision/> <TrackID/> <DeviceID/> <PassNumber/> <ObservedAt/> <ScanStartedAt/> <ScanEndedAt/>
      <FirstAxle/> <LastAxle/> <ScanQuality/> <LoadedIndicator/> <ImageURI/> <ImageSHA256/> <OperatingMode/>
      <TDR> <TDRType>Machine</TDRType> <AlarmDecision>Clear</AlarmDecision> <AbortReason/>
        <PTO> <AssessmentProbability>0.02</AssessmentProbability> <Ability>NoInterference</Ability> </PTO> </TDR>
      <TDR> <TDRType>Operator</TDRType> <AlarmDecision>Clear</AlarmDecision> </TDR>
    </ScanResult></ScanResults>

or one ScanResult alone. Threat detection reports (TDR), their types, decisions and abilities have DICOS's names (NEMA;
from github Auxilia-tech/pyDICOS, MIT). DICOS itself is binary and knows no train, so the elements around them are ours.
A scan has one machine report and at most one operator's; other types, ground truth among them, are not read. The
probability is the highest of the machine's potential threat objects (PTO); an object of either report with the ability
Shield is a region that could not be penetrated.

The input is hostile: a document type, and with it every entity, is refused by the parser, which is the standard
library's expat; depth, elements and texts are bounded, and the encoding is UTF-8 whatever a file says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat

from producers.rail.scan_report import ReportError, ScanReport, report_of_values
from schemas.records import ScanDecision, ScanQuality

RESULTS: Final = "ScanResults"
RESULT: Final = "ScanResult"
DEPTH_MAX: Final = 6
TEXT_MAX: Final = 1_024
CHILDREN_MAX: Final = 500  # of one element: a scan with more objects is no scan
CHUNK_BYTES: Final = 65_536

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
# DICOS's software says Clear, its standard NO_ALARM.
DECISIONS: Final = {
    "ALARM": ScanDecision.ALARM,
    "CLEAR": ScanDecision.CLEAR,
    "NO_ALARM": ScanDecision.CLEAR,
    "UNKNOWN": ScanDecision.UNKNOWN,
}
MACHINE: Final = "MACHINE"
OPERATOR: Final = "OPERATOR"
SHIELD: Final = "SHIELD"
NOT_SHIELDED: Final = "NOINTERFERENCE"


class Told(NamedTuple):
    """A scan's report, or why it is none."""

    line: int
    report: ScanReport | None
    problem: str = ""


class _Refused(Exception):
    """What no file may hold."""


@dataclass
class _Element:
    name: str
    line: int
    text: str = ""
    children: list["_Element"] = field(default_factory=list)

    def one(self, name: str) -> "_Element | None":
        """Its child of this name, if there is one. Raises ReportError if there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise ReportError("stands twice", name)
        return found[0] if found else None

    def all(self, name: str) -> list["_Element"]:
        """Its children of this name."""
        return [child for child in self.children if child.name == name]


def xml_reports(data: bytes) -> Iterator[Told]:
    """Each scan's report, or why it is none, up to where the file is no XML."""
    reader = _Reader()
    try:
        for start in range(0, len(data), CHUNK_BYTES):
            reader.parser.Parse(data[start : start + CHUNK_BYTES], False)
            yield from reader.take()
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, _Refused) as error:
        yield from reader.take()
        what = "not XML" if isinstance(error, expat.ExpatError) else str(error)
        place = f"column {reader.parser.CurrentColumnNumber + 1}"
        yield Told(reader.parser.CurrentLineNumber, None, f"{what}, at {place}; nothing from here on was read")
    else:
        yield from reader.take()


class _Reader:
    """Makes reports of the parser's events."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse_doctype
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.path: list[_Element] = []
        self.done: list[Told] = []

    def take(self) -> list[Told]:
        """What was completed since the last call."""
        done, self.done = self.done, []
        return done

    def refuse_doctype(self, *_: object) -> NoReturn:
        raise _Refused("a document type, which no scanner's file has")

    def begin(self, name: str, _attributes: object) -> None:
        depth = len(self.path)
        if depth == DEPTH_MAX:
            raise _Refused(f"more than {DEPTH_MAX} elements within each other")
        if depth == 0 and name not in (RESULTS, RESULT):
            raise _Refused(f"the first element must be {RESULTS} or {RESULT}")
        if depth == 1 and self.path[0].name == RESULTS and name != RESULT:
            raise _Refused(f"{RESULTS} must hold {RESULT} only")
        element = _Element(name, self.parser.CurrentLineNumber)
        if depth and self.path[-1].name != RESULTS:
            if len(self.path[-1].children) == CHILDREN_MAX:
                raise _Refused(f"an element of more than {CHILDREN_MAX} elements")
            self.path[-1].children.append(element)
        self.path.append(element)

    def text(self, text: str) -> None:
        if not self.path or not text.strip():  # blanks between elements are without number
            return
        element = self.path[-1]
        if element.name == RESULTS:
            raise _Refused(f"a text between scans, where {RESULTS} holds {RESULT} only")
        if len(element.text) + len(text) > TEXT_MAX:
            raise _Refused(f"a text of more than {TEXT_MAX:,} characters")
        element.text += text

    def end(self, name: str) -> None:
        element = self.path.pop()
        if name == RESULT and (not self.path or self.path[-1].name == RESULTS):
            self.done.append(told(element))


def told(scan: _Element) -> Told:
    """A scan's report, or why it is none, with the line of what is wrong."""
    try:
        return Told(scan.line, report_of_values(values_of(scan)))
    except ReportError as error:
        element = ELEMENTS.get(error.field, error.field)
        lines = [child.line for child in scan.children if child.name == element]
        return Told(lines[-1] if lines else scan.line, None, str(error))


def values_of(scan: _Element) -> dict[str, object]:
    """A report's fields. Raises ReportError."""
    values: dict[str, object] = {}
    for child in scan.children:
        name = FIELDS.get(child.name)
        if name is None and child.name != "TDR":
            raise ReportError("there is no such element in a ScanResult", shown(child.name))
        if name in values:
            raise ReportError("stands twice", child.name)
        if name is not None and child.text.strip():
            values[name] = child.text.strip()
    reports: dict[str, _Element] = {}
    for report in scan.all("TDR"):
        kind = text_of(report, "TDRType").upper()
        if kind in reports and kind in (MACHINE, OPERATOR):
            raise ReportError("a scan has one report of the machine and one of the operator", "TDR")
        reports[kind] = report
    if MACHINE not in reports:
        raise ReportError("the machine's report is missing", "TDR")
    values["machine_decision"] = decision_of(reports[MACHINE])
    if OPERATOR in reports:
        values["operator_decision"] = decision_of(reports[OPERATOR])
    probabilities = [text_of(threat, "AssessmentProbability") for threat in reports[MACHINE].all("PTO")]
    values["machine_probability"] = highest([text for text in probabilities if text])
    abort = text_of(reports[MACHINE], "AbortReason")
    if abort:
        values["abort_reason"] = abort
        values.setdefault("scan_quality", ScanQuality.BAD.value)
    threats = [threat for kind in (MACHINE, OPERATOR) if kind in reports for threat in reports[kind].all("PTO")]
    abilities = {text_of(threat, "Ability").upper() for threat in threats}
    if abilities & {SHIELD, NOT_SHIELDED}:
        values["shielding_indicator"] = SHIELD in abilities
    return values


def text_of(element: _Element, name: str) -> str:
    """The text of a child, empty if there is none."""
    child = element.one(name)
    return "" if child is None else child.text.strip()


def decision_of(report: _Element) -> str:
    """AlarmDecision. Raises ReportError."""
    decision = DECISIONS.get(text_of(report, "AlarmDecision").upper())
    if decision is None:
        raise ReportError("must be Alarm, Clear or Unknown", "AlarmDecision")
    return decision.value


def highest(texts: list[str]) -> float | None:
    """The highest of some probabilities, None of none. Raises ReportError."""
    try:
        values = [float(text) for text in texts]
    except ValueError:
        raise ReportError("must be a number from 0 to 1", "AssessmentProbability") from None
    if any(not 0 <= value <= 1 for value in values):  # a NaN neither is nor is not
        raise ReportError("must be a number from 0 to 1", "AssessmentProbability")
    return max(values, default=None)


def shown(name: str) -> str:
    """An element's name as it may be shown."""
    return name if name.isascii() and name.isalnum() and len(name) <= 40 else "?"
