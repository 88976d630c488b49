"""X12 interchanges: bytes to transaction sets, each whole and counted, with the place of everything that is wrong.

    ISA              delimiters and control number           one interchange, of several in a file
      GS             sender, group control number            groups
        ST ... SE    a transaction set: segments counted in SE01
      GE             transaction sets counted
    IEA              groups counted

A set whose own count and control number fit is whole, whatever is wrong around it; one whose do not is lost, alone.
Where an interchange breaks off, reading goes on at the next ISA. Nothing raises for what a file holds.

Written here, since no kept library does this: pyx12 4.0 (2026) is made for HIPAA, knows no 418, refuses the release
00703 that railroads send, and gives no bytes; ansi-x12 0.2 (2026, alpha) reads what write_418 writes, but stops at the
first fault of an interchange, so that one bad train would lose all, and gives no offsets either; badx12 (2018) and
linuxforhealth-x12 (2022) are not kept. What is left of a general parser is this tokenizer.
"""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

# A train of 300 cars takes 60 kB; a day of all trains of the border is under 5 MB.
FILE_BYTES_MAX: Final = 8_000_000
# The longest segment of a 418 is under 400 bytes; one that is longer lost its terminator.
SEGMENT_BYTES_MAX: Final = 2_000
# A train of 300 cars has 3,000 segments, and the border 40 trains a day.
SEGMENTS_PER_SET_MAX: Final = 20_000
SETS_MAX: Final = 5_000
# A file with more is no X12 file, and nobody reads on.
PROBLEMS_MAX: Final = 1_000

# X12 has room for 10 letters in BAX06; a sender that needs more is understood all the same.
TRAIN_LENGTH_MAX: Final = 32

ISA_BYTES: Final = 106
# Where an ISA has its element separators: its elements have fixed widths.
ISA_SEPARATORS: Final = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
ISA_COMPONENT: Final = 104
ISA_TERMINATOR: Final = 105
BETWEEN: Final = b"\r\n\t \x00\x1a"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
NAME: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)
COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
NO_DELIMITERS: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .")
SEND_AGAIN: Final = "ask the sender to send it again"


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file, where, what it cost and what to do. Never holds what an element holds."""

    segment: str
    """Its name, empty where there is none."""

    ordinal: int
    """Its place in the interchange, ISA being 1; 0 outside of one."""

    offset: int
    """Its first byte in the file, from 0."""

    element: int
    """The element, from 1; 0 for the whole segment."""

    text: str
    train: str = ""
    """The train it is of, if that is known."""

    lost: bool = False
    """Whether something was not taken: the train, or what the text says."""

    def __str__(self) -> str:
        name = f"{self.segment}{self.element:02}" if self.element else self.segment
        place = f"byte {self.offset}" + (f", segment {self.ordinal} {name}" if self.segment else "")
        return f"{place}: {f'train {self.train}: ' if self.train else ''}{self.text}"


class Segment(NamedTuple):
    """One segment."""

    name: str
    elements: tuple[str, ...]
    ordinal: int
    offset: int

    def element(self, number: int) -> str:
        """Element `number`, from 1, without padding; empty if it is not there."""
        return self.elements[number - 1].strip() if number <= len(self.elements) else ""

    def problem(self, element: int, text: str, train: str = "", lost: bool = False) -> Problem:
        """A problem of this segment."""
        return Problem(self.name, self.ordinal, self.offset, element, text, train, lost)


class TransactionSet(NamedTuple):
    """A whole transaction set with what encloses it."""

    interchange: Segment
    group: Segment
    segments: tuple[Segment, ...]
    """ST to SE."""

    content: bytes
    """Its bytes, ST to SE."""


@dataclass
class Interchanges:
    """What a file holds."""

    sets: list[TransactionSet] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Delimiters(NamedTuple):
    """What parts segments, elements and components, as the ISA says."""

    element: bytes
    component: bytes
    terminator: bytes


def read_interchanges(data: bytes) -> Interchanges:
    """All whole transaction sets of a file, and what is wrong with the rest."""
    found = Interchanges()
    if len(data) > FILE_BYTES_MAX:
        text = f"{len(data):,} bytes, at most {FILE_BYTES_MAX:,} are read; split it between interchanges"
        found.problems.append(Problem("", 0, 0, 0, text, lost=True))
        return found
    at = skip_blanks(data, len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0)
    if at == len(data):
        found.problems.append(Problem("", 0, 0, 0, "the file is empty", lost=True))
    while at < len(data) and len(found.problems) < PROBLEMS_MAX:
        delimiters = delimiters_at(data, at)
        if delimiters is None:
            where = next_isa(data, at + 1)
            text = "here an ISA of 106 bytes should begin, its delimiters all different and none a letter or digit"
            lost = f"{where - at:,} bytes up to the next ISA" if where < len(data) else "the rest of the file"
            found.problems.append(Problem("", 0, at, 0, f"{text}; {lost} were not read; {SEND_AGAIN}", lost=True))
            at = where
        else:
            at = skip_blanks(data, _Interchange(data, at, delimiters, found).read())
    if len(found.problems) >= PROBLEMS_MAX:
        found.problems.append(Problem("", 0, at, 0, "too many problems; from here on nothing was read", lost=True))
    return found


def delimiters_at(data: bytes, at: int) -> Delimiters | None:
    """The delimiters of an ISA that begins at a byte; None if none does."""
    isa = data[at : at + ISA_BYTES]
    if len(isa) < ISA_BYTES or not isa.startswith(b"ISA"):
        return None
    separator = isa[ISA_SEPARATORS[0]]
    if any(isa[place] != separator for place in ISA_SEPARATORS):
        return None
    chosen = {separator, isa[ISA_COMPONENT], isa[ISA_TERMINATOR]}
    if len(chosen) < len(Delimiters._fields) or chosen & NO_DELIMITERS or isa.count(separator) != len(ISA_SEPARATORS):
        return None
    return Delimiters(bytes([separator]), isa[ISA_COMPONENT:ISA_TERMINATOR], isa[ISA_TERMINATOR:])


def is_isa(data: bytes, at: int) -> bool:
    """Whether an ISA begins at a byte."""
    return data.startswith(b"ISA", at) and delimiters_at(data, at) is not None


def next_isa(data: bytes, at: int) -> int:
    """Where the next ISA begins, the end of the file if there is none."""
    while (at := data.find(b"ISA", at)) >= 0:
        if is_isa(data, at):
            return at
        at += 1
    return len(data)


def skip_blanks(data: bytes, at: int) -> int:
    """The first byte from `at` that is no blank, line end or filling."""
    while at < len(data) and data[at] in BETWEEN:
        at += 1
    return at


class _Interchange:
    """Reads one interchange into what was found."""

    def __init__(self, data: bytes, at: int, delimiters: Delimiters, found: Interchanges) -> None:
        self.data = data
        self.at = at + ISA_BYTES
        self.delimiters = delimiters
        self.separator = delimiters.element.decode("latin-1")
        self.found = found
        self.ordinal = 1
        elements = data[at : at + ISA_TERMINATOR].decode("latin-1").split(self.separator)
        self.interchange = Segment(elements[0], tuple(elements[1:]), 1, at)
        self.group: Segment | None = None
        self.groups = 0
        self.sets = 0
        """Begun in the group."""

        self.open: list[Segment] = []
        """Segments of the transaction set that is being read."""

        self.passing_over = False
        """Until the next set begins: what is wrong here was told."""

    def read(self) -> int:
        """Read it to its end; returns the byte behind it."""
        while len(self.found.problems) < PROBLEMS_MAX:
            if is_isa(self.data, skip_blanks(self.data, self.at)):
                self.break_off("the next interchange begins here, without an IEA before it")
                break
            segment = self.next_segment()
            if segment is None:
                break
            if segment.name == "IEA":
                self.end_interchange(segment)
                break
            self.take(segment)
        return self.at

    def next_segment(self) -> Segment | None:
        """The next segment that has something in it; None at the end of the data, which is a problem here."""
        while True:
            start = skip_blanks(self.data, self.at)
            end = self.data.find(self.delimiters.terminator, start)
            if end < 0:
                self.break_off("the file ends without an IEA" if start == len(self.data) else "a segment has no end")
                self.at = next_isa(self.data, start)
                return None
            self.at = end + 1
            if end > start:
                break
        self.ordinal += 1
        if end - start > SEGMENT_BYTES_MAX:
            return Segment("", (), self.ordinal, start)
        name, *elements = self.data[start:end].rstrip(b"\r\n").decode("latin-1").split(self.separator)
        return Segment(name, tuple(elements), self.ordinal, start)

    def take(self, segment: Segment) -> None:
        """One segment between ISA and IEA."""
        if segment.name == "GS":
            self.lose_open(segment, "a group begins before the set has its SE")
            if self.group is not None:
                self.tell(segment.problem(0, f"a group begins before the last has its GE; {SEND_AGAIN}"))
            self.group, self.groups, self.sets, self.passing_over = segment, self.groups + 1, 0, False
        elif segment.name == "GE":
            self.lose_open(segment, "the group ends before the set has its SE")
            self.end_group(segment)
        elif segment.name == "ST":
            self.lose_open(segment, "another set begins before it has its SE")
            self.sets += 1
            self.open, self.passing_over = [segment], False
        elif self.open:
            self.take_inner(segment)
        elif not self.passing_over:
            text = f"no transaction set is open here; what comes before the next was passed over, {SEND_AGAIN}"
            self.tell(segment._replace(name=shown(segment.name)).problem(0, text))
            self.passing_over = True

    def take_inner(self, segment: Segment) -> None:
        """One segment behind an ST."""
        if segment.name == "SE":
            self.end_set(segment)
        elif not NAME.fullmatch(segment.name):
            text = f"a segment without a name of two or three letters and digits, or above {SEGMENT_BYTES_MAX:,} bytes"
            self.lose_open(segment, text)
        elif len(self.open) == SEGMENTS_PER_SET_MAX:
            self.lose_open(segment, f"more than {SEGMENTS_PER_SET_MAX:,} segments are no train")
        else:
            self.open.append(segment)

    def end_set(self, end: Segment) -> None:
        """SE: the set is whole if it has as many segments as it says, and the same control number."""
        begin, segments = self.open[0], (*self.open, end)
        if self.group is None:
            self.lose_open(begin, "it stands in no group (GS)")
        elif len(self.found.sets) == SETS_MAX:
            self.lose_open(begin, f"a file of more than {SETS_MAX:,} transaction sets is not read on")
        elif number(end.element(1)) != len(segments):
            self.lose_open(end, f"SE01 must be the count of its segments, which is {len(segments)}", 1)
        elif end.element(2) != begin.element(2) or not begin.element(2):
            self.lose_open(end, "SE02 must be the control number of its ST02", 2)
        else:
            content = self.data[begin.offset : self.at]
            self.found.sets.append(TransactionSet(self.interchange, self.group, segments, content))
            self.open, self.passing_over = [], False

    def end_group(self, end: Segment) -> None:
        """GE: its counts are told if they do not fit; a set that counts itself is whole all the same."""
        if self.group is None:
            self.tell(end.problem(0, f"a group ends that has not begun; {SEND_AGAIN}"))
        else:
            if number(end.element(1)) != self.sets:
                self.tell(end.problem(1, f"the group holds {self.sets} transaction sets, not as many as GE01 says"))
            if end.element(2) != self.group.element(6):
                self.tell(end.problem(2, "GE02 must be the control number of its GS06"))
        self.group = None

    def end_interchange(self, end: Segment) -> None:
        """IEA: as end_group."""
        self.lose_open(end, "the interchange ends before the set has its SE")
        if self.group is not None:
            self.tell(end.problem(0, f"the interchange ends before its group has its GE; {SEND_AGAIN}"))
        if number(end.element(1)) != self.groups:
            self.tell(end.problem(1, f"the interchange holds {self.groups} groups, not as many as IEA01 says"))
        if end.element(2) != self.interchange.element(13):
            self.tell(end.problem(2, "IEA02 must be the control number of its ISA13"))

    def break_off(self, text: str) -> None:
        """The interchange ends without its IEA."""
        last = Segment("", (), self.ordinal + 1, min(self.at, len(self.data)))
        self.lose_open(last, "the interchange breaks off before the set has its SE")
        self.tell(last.problem(0, f"{text}; {SEND_AGAIN}", lost=True))

    def lose_open(self, where: Segment, text: str, element: int = 0) -> None:
        """The set that is being read is not taken, if there is one."""
        if self.open:
            train = train_of(self.open)
            what = where._replace(name=shown(where.name)).problem(element, f"{text}; it was not taken, {SEND_AGAIN}")
            self.tell(Problem(what.segment, what.ordinal, what.offset, element, what.text, train, lost=True))
            self.open, self.passing_over = [], True

    def tell(self, problem: Problem) -> None:
        """Add a problem, as far as there may be more."""
        if len(self.found.problems) < PROBLEMS_MAX:
            self.found.problems.append(problem)


def number(text: str) -> int:
    """A count; -1 for what is none."""
    return int(text) if COUNT.fullmatch(text) else -1


def shown(name: str) -> str:
    """A segment's name as it may be shown: what is none may be anything."""
    return name if NAME.fullmatch(name) else "?"


def train_of(segments: list[Segment] | tuple[Segment, ...]) -> str:
    """What a person knows the train by, as far as it can be shown: BAX06 of a 418."""
    for segment in segments[:3]:
        if segment.name == "BAX":
            name = segment.element(6)[:TRAIN_LENGTH_MAX]
            return "".join(letter for letter in name if letter.isascii() and letter.isprintable())
    return ""
