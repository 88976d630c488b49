"""Threat detection reports after DICOS, from XML or from a tree like it: what rail portals and lanes' units share.

    <ScanResults><ScanResult>
      <ScanID/> ...                                   fields of the scan, which differ from scanner to scanner
      <TDR> <TDRType>Machine</TDRType> <AlarmDecision>Clear</AlarmDecision> <AbortReason/>
        <PTO> <AssessmentProbability>0.02</AssessmentProbability> <Ability>NoInterference</Ability> </PTO> </TDR>
      <TDR> <TDRType>Operator</TDRType> <AlarmDecision>Clear</AlarmDecision> </TDR>
    </ScanResult></ScanResults>

or one ScanResult alone. Threat detection reports (TDR), their types, decisions and abilities have DICOS's names (NEMA;
from github Auxilia-tech/pyDICOS, MIT). DICOS itself is binary and knows neither train nor lane, so the elements around
them are ours. A scan has one machine report and at most one operator's; other types, ground truth among them, are not
read. The probability is the highest of the machine's potential threat objects (PTO); an object of either report with
the ability Shield is a region that could not be penetrated.

The input is hostile: a document type, and with it every entity, is refused by the parser, which is the standard
library's expat; depth, elements and texts are bounded, and the encoding is UTF-8 whatever a file says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat

from schemas.records import ScanDecision, ScanQuality

RESULTS: Final = "ScanResults"
RESULT: Final = "ScanResult"
REPORT: Final = "TDR"
DEPTH_MAX: Final = 6
TEXT_MAX: Final = 1_024
CHILDREN_MAX: Final = 500  # of one element: a scan with more objects is no scan
CHUNK_BYTES: Final = 65_536

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


class ReportError(ValueError):
    """Not a scan's report, and why; `field` is the one that is wrong, if it is one."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(f"{field}: {text}" if field else text)
        self.field = field
        self.text = text


@dataclass
class Element:
    """One element: its name, the line that it begins in, its text and what stands in it."""

    name: str
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def one(self, name: str) -> "Element | None":
        """Its child of this name, if there is one. Raises ReportError if there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise ReportError("stands twice", name)
        return found[0] if found else None

    def all(self, name: str) -> list["Element"]:
        """Its children of this name."""
        return [child for child in self.children if child.name == name]

    def text_of(self, name: str) -> str:
        """The text of a child, empty if there is none. Raises ReportError if there are several."""
        child = self.one(name)
        return "" if child is None else child.text.strip()


class Broken(NamedTuple):
    """Where a file stops being one that can be read, and why."""

    line: int
    text: str


class Refused(Exception):
    """What no file may hold."""


def scans_of_xml(data: bytes) -> Iterator[Element | Broken]:
    """Each ScanResult, up to where the file is no XML."""
    reader = _Reader()
    try:
        for start in range(0, len(data), CHUNK_BYTES):
            reader.parser.Parse(data[start : start + CHUNK_BYTES], False)
            yield from reader.take()
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, Refused) as error:
        yield from reader.take()
        what = "not XML" if isinstance(error, expat.ExpatError) else str(error)
        place = f"column {reader.parser.CurrentColumnNumber + 1}"
        yield Broken(reader.parser.CurrentLineNumber, f"{what}, at {place}; nothing from here on was read")
    else:
        yield from reader.take()


class _Reader:
    """Makes elements of the parser's events."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse_doctype
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.path: list[Element] = []
        self.done: list[Element] = []

    def take(self) -> list[Element]:
        """What was completed since the last call."""
        done, self.done = self.done, []
        return done

    def refuse_doctype(self, *_: object) -> NoReturn:
        raise Refused("a document type, which no scanner's file has")

    def begin(self, name: str, _attributes: object) -> None:
        depth = len(self.path)
        if depth == DEPTH_MAX:
            raise Refused(f"more than {DEPTH_MAX} elements within each other")
        if depth == 0 and name not in (RESULTS, RESULT):
            raise Refused(f"the first element must be {RESULTS} or {RESULT}")
        if depth == 1 and self.path[0].name == RESULTS and name != RESULT:
            raise Refused(f"{RESULTS} must hold {RESULT} only")
        element = Element(name, self.parser.CurrentLineNumber)
        if depth and self.path[-1].name != RESULTS:
            if len(self.path[-1].children) == CHILDREN_MAX:
                raise Refused(f"an element of more than {CHILDREN_MAX} elements")
            self.path[-1].children.append(element)
        self.path.append(element)

    def text(self, text: str) -> None:
        if not self.path or not text.strip():  # blanks between elements are without number
            return
        element = self.path[-1]
        if element.name == RESULTS:
            raise Refused(f"a text between scans, where {RESULTS} holds {RESULT} only")
        if len(element.text) + len(text) > TEXT_MAX:
            raise Refused(f"a text of more than {TEXT_MAX:,} characters")
        element.text += text

    def end(self, name: str) -> None:
        element = self.path.pop()
        if name == RESULT and (not self.path or self.path[-1].name == RESULTS):
            self.done.append(element)


def field_values(scan: Element, fields: Mapping[str, str]) -> dict[str, object]:
    """Texts of a scan's own fields, by their names; empty ones are left out. Raises ReportError for unknown ones."""
    values: dict[str, object] = {}
    for child in scan.children:
        name = fields.get(child.name)
        if name is None and child.name != REPORT:
            raise ReportError(f"there is no such element in a {RESULT}", shown(child.name))
        if name in values:
            raise ReportError("stands twice", child.name)
        if name is not None and child.text.strip():
            values[name] = child.text.strip()
    return values


def threat_values(scan: Element) -> dict[str, object]:
    """What the reports of a scan say: decisions, probability, and, if they tell it, abort and shielding.

    Raises ReportError.
    """
    values: dict[str, object] = {}
    reports: dict[str, Element] = {}
    for report in scan.all(REPORT):
        kind = report.text_of("TDRType").upper()
        if kind in reports and kind in (MACHINE, OPERATOR):
            raise ReportError("a scan has one report of the machine and one of the operator", REPORT)
        reports[kind] = report
    if MACHINE not in reports:
        raise ReportError("the machine's report is missing", REPORT)
    values["machine_decision"] = decision_of(reports[MACHINE])
    if OPERATOR in reports:
        values["operator_decision"] = decision_of(reports[OPERATOR])
    probabilities = [threat.text_of("AssessmentProbability") for threat in reports[MACHINE].all("PTO")]
    values["machine_probability"] = highest([text for text in probabilities if text])
    abort = reports[MACHINE].text_of("AbortReason")
    if abort:
        values["abort_reason"] = abort
    threats = [threat for kind in (MACHINE, OPERATOR) if kind in reports for threat in reports[kind].all("PTO")]
    abilities = {threat.text_of("Ability").upper() for threat in threats}
    if abilities & {SHIELD, NOT_SHIELDED}:
        values["shielding_indicator"] = SHIELD in abilities
    return values


def scan_values(scan: Element, fields: Mapping[str, str]) -> dict[str, object]:
    """A scan's fields and what its reports say; an aborted scan is BAD if it does not say so. Raises ReportError."""
    values = field_values(scan, fields) | threat_values(scan)
    if "abort_reason" in values:
        values.setdefault("scan_quality", ScanQuality.BAD.value)
    return values


def decision_of(report: Element) -> str:
    """AlarmDecision. Raises ReportError."""
    decision = DECISIONS.get(report.text_of("AlarmDecision").upper())
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
    return name if name.isascii() and name.isalpha() and len(name) <= 40 else "?"  # letters and digits may be a plate
