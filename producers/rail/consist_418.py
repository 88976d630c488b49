"""EDI X12 418, Rail Advance Interchange Consist: a railroad's list of a train's cars, before the train comes.

    ISA09 10  date and time                   sent_at, by the sender's clock: which of its lists is newer
    ISA13   control number                    the list's revision: a sender counts it up, and may begin anew
    ISA15   P production, T test              operating mode
    GS02    sender                            railroad
    BAX02   type of consist                   train lists: T train, Y interchanged, L information, D, J, P
    BAX06   train                             train_id; without it there is no train to list
    BAX13   purpose, from release 7030 on     whole lists only: original, replacement, corrected
    W1      block                             not kept; W2 stand in the train's order, head first
    W201 02 mark and number                   of what rolls; a container or trailer rides on the car listed before it
    W203    commodity                         STCC
    W204    what it is                        LO locomotive, ET end-of-train device, what rides, else a car
    W205    status                            loaded or empty
    W206    net weight                        short tons
    REF, N9 SN, and M7                        seals
    LH1 03  UN or NA number                   hazardous materials
    MEA     WT G, T, N; PD LN; CT AXL         weights, length, axles

Segments and elements: kasoftware.com and stedi.com (releases 3040 to 8030), AAR's guide for 8010; codes of W204 and
W205: elements 40 and 578; a sample by CN (2018) whose BAX and W2 are read as sent. The 418 itself has net tons and
nothing else of a car's weight, shape or axles. MEA is what its sister, the 160, has for them; a railroad that agrees
may send it in the car's loop, the simulator does, and `AXL` is our word [assumed]. A gross weight is told as such, or
is net and tare if both are.

What is wrong with a car's identity or with the count loses that train, and no other of the file; what is wrong with a
weight, seal or the like leaves that out. Either is a Problem with its place. No list of changes is taken: what it
leaves out would be missing cars.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, NoReturn

from producers.rail.aei import MARK_TEXT, NUMBER_MAX
from producers.rail.x12 import TRAIN_LENGTH_MAX, Problem, Segment, TransactionSet, number, read_interchanges, train_of
from schemas.records import ConsistEquipment, EquipmentKind, LoadState, OperatingMode, TrainConsist

# The stage's own bounds; the longest trains have 300 cars.
EQUIPMENT_MAX: Final = 400
# Of one car, with all that rides on it: what is above is no list of seals.
DETAILS_MAX: Final = 16
AXLES_MAX: Final = 32
KG_MAX: Final = 1_500_000.0  # the heaviest flat cars carry 800 t
MICROSECONDS: Final = 1_000_000
FIRST_YEAR: Final = 2000
SMALLEST: Final = 0.001  # of a weight or length that is told at all
LENGTH_M_MAX: Final = 110.0  # an articulated car of five units has 80

LISTS_OF_A_TRAIN: Final = frozenset("TYLDJP")
WHOLE_LISTS: Final = frozenset({"", "00", "05", "06", "07", "14", "15", "18", "20", "22", "41", "49", "77", "CO"})
LOADED: Final = frozenset({"L", "LI", "LO", "AC", "AH"})
EMPTY: Final = frozenset({"E", "W", "AA", "AB", "AI", "AJ", "AL"})
# What rides on a car: containers, trailers, chassis, generator sets. An unlisted code is taken for a car, which must be
# seen, rather than for a load that need not be.
RIDING: Final = frozenset(
    {"20", "2B", "40", "4B", "AC", "AL", "AT", "BK", "CB", "CC", "CD", "CG", "CH", "CI", "CJ", "CK", "CL", "CM", "CN"}
    | {"CQ", "CS", "CT", "CU", "CV", "CW", "CX", "CZ", "DD", "DF", "DT", "FF", "FH", "FN", "FR", "FS", "FT", "GS"}
    | {"HB", "HV", "LS", "OT", "RT", "SL", "TF", "TI", "TL", "TW"}
)

SHORT_TON_KG: Final = 907.18474
KG_PER: Final[Mapping[str, float]] = {"KG": 1.0, "LB": 0.45359237, "TN": SHORT_TON_KG}
M_PER: Final[Mapping[str, float]] = {"MR": 1.0, "CM": 0.01, "FT": 0.3048, "IN": 0.0254}
DECIMAL: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{0,20})?", re.ASCII)
EQUIPMENT_NUMBER: Final = re.compile(r"0*([0-9]{1,6})", re.ASCII)
COMMODITY: Final = re.compile(r"[0-9]{2,7}", re.ASCII)
SEAL: Final = re.compile(r"[!-~]([ -~]{0,28}[!-~])?", re.ASCII)
UN_NUMBER: Final = re.compile(r"(UN|NA)[0-9]{4}", re.ASCII)
NAME: Final = re.compile(r"[!-~]([ -~]{0,13}[!-~])?", re.ASCII)
SEND_CORRECTED: Final = "the train was not taken, have the railroad send it corrected"
DIGEST_DIGITS: Final = 12


class Consists(NamedTuple):
    """What a file holds: lists of trains, and what is wrong with the rest, in the file's order."""

    trains: list[TrainConsist]
    problems: list[Problem]


class LostTrain(Exception):
    """A train that cannot be taken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass
class Car:
    """A piece of equipment while its loop is read."""

    segment: Segment
    kind: EquipmentKind
    mark: str
    number: int
    load_state: LoadState
    commodity_code: str | None
    net_kg: float | None
    weights_kg: dict[str, float] = field(default_factory=dict)
    """Gross (G), tare (T) and net (N)."""

    axle_count: int | None = None
    length_m: float | None = None
    seals: list[str] = field(default_factory=list)
    hazardous_materials: list[str] = field(default_factory=list)

    def gross_kg(self) -> float | None:
        """Of car and load; None if it is neither told nor the sum of two that are."""
        net = self.weights_kg.get("N", self.net_kg)
        tare = self.weights_kg.get("T")
        return self.weights_kg.get("G", None if net is None or tare is None else net + tare)


def read_consists(
    data: bytes, port_code: str, received_at: int, operating_mode: OperatingMode | None = None
) -> Consists:
    """The trains of a file of interchanges for one port; `received_at` microseconds UTC by the gateway's clock.

    The operating mode is what the interchange says, production or test, if none is given; what is marked as a test is
    never taken for real. Nothing raises for what the file holds.
    """
    found = read_interchanges(data)
    problems, trains = found.problems, dict[tuple[str, int, int | None], TrainConsist]()
    refused = set[tuple[str, int, int | None]]()
    for each in found.sets:
        try:
            train = _Train(each, problems).read(port_code, received_at, operating_mode)
        except LostTrain as lost:
            problems.append(lost.problem)
            continue
        identity = (train.train_id, train.revision, train.sent_at)
        if identity in refused or trains.get(identity, train).equipment != train.equipment:
            text = f"another list of it stands in the same interchange; {SEND_CORRECTED}"
            problems.append(each.segments[0].problem(0, text, train.train_id, lost=True))
            trains.pop(identity, None)
            refused.add(identity)
        elif identity not in trains:
            trains[identity] = train
    return Consists(list(trains.values()), sorted(problems, key=lambda problem: problem.offset))


class _Train:
    """Reads one transaction set."""

    def __init__(self, of: TransactionSet, problems: list[Problem]) -> None:
        self.of = of
        self.problems = problems
        self.train_id = train_of(of.segments)
        self.cars: list[Car] = []
        self.listed: set[tuple[str, int]] = set()
        self.riding = False
        """Whether the last W2 was of something that rides on the last car."""

    def read(self, port_code: str, received_at: int, given: OperatingMode | None) -> TrainConsist:
        """The list. Raises LostTrain."""
        interchange, group, begin = self.of.interchange, self.of.group, self.of.segments[0]
        if begin.element(1) != "418":
            self.lose(begin, 1, "it is no 418 (rail advance interchange consist); only those are read")
        mode = self.mode(interchange, given)
        railroad = group.element(2)
        if not NAME.fullmatch(railroad):
            self.lose(group, 2, "the sender has no name of 1 to 15 letters")
        self.check_beginning(self.of.segments[1])
        for segment in self.of.segments[2:-1]:
            self.take(segment)
        if not self.cars:
            self.lose(begin, 0, "it lists no equipment")
        control = "/".join([interchange.element(13), group.element(6), begin.element(2)])
        digest = hashlib.sha256(self.of.content).hexdigest()[:DIGEST_DIGITS]
        return TrainConsist(
            # With the digest, since a sender whose count began anew must not be taken for one that repeats itself.
            reading_id=f"418/{railroad}/{control}/{digest}",
            port_code=port_code,
            train_id=self.train_id,
            revision=max(1, number(interchange.element(13))),
            sent_at=sent_at_of(interchange),
            received_at=received_at,
            operating_mode=mode,
            railroad=railroad,
            equipment=tuple([equipment_of(place, car) for place, car in enumerate(self.cars, 1)]),
        )

    def mode(self, interchange: Segment, given: OperatingMode | None) -> OperatingMode:
        """The operating mode."""
        told = {"P": OperatingMode.OPERATIONAL, "T": OperatingMode.TEST}.get(interchange.element(15))
        if told is None or number(interchange.element(13)) < 0:
            self.lose(interchange, 15 if told is None else 13, "the interchange must be P or T, with a number in ISA13")
        if given is OperatingMode.OPERATIONAL and told is not OperatingMode.OPERATIONAL:
            self.lose(interchange, 15, "the interchange says that it is a test, so it is not loaded as operational")
        return given or told

    def check_beginning(self, beginning: Segment) -> None:
        """BAX."""
        if beginning.name != "BAX":
            self.lose(beginning, 0, "BAX must follow ST")
        if beginning.element(2) not in LISTS_OF_A_TRAIN:
            self.lose(beginning, 2, "this type of consist is not the list of a train that comes")
        if not self.train_id or self.train_id != beginning.element(6):
            self.lose(beginning, 6, f"the train has no name of 1 to {TRAIN_LENGTH_MAX} letters")
        if beginning.element(13) not in WHOLE_LISTS:
            text = "it cancels or changes a list; only whole lists are taken, so have it replaced (05) by a whole one"
            self.lose(beginning, 13, text)

    def take(self, segment: Segment) -> None:
        """A segment behind BAX."""
        if segment.name == "W2":
            self.take_equipment(segment)
        elif not self.cars:
            return  # of no car
        elif segment.name in ("REF", "N9") and segment.element(1) == "SN":
            self.add(segment, 2, self.cars[-1].seals, SEAL, "a seal's number")
        elif segment.name == "M7":
            for place in range(1, 5):
                if segment.element(place):
                    self.add(segment, place, self.cars[-1].seals, SEAL, "a seal's number")
        elif segment.name == "LH1" and segment.element(3):
            self.add(segment, 3, self.cars[-1].hazardous_materials, UN_NUMBER, "UN or NA and four digits")
        elif segment.name == "MEA":
            self.measure(segment)

    def take_equipment(self, segment: Segment) -> None:
        """W2."""
        status, what = segment.element(5), segment.element(4)
        load_state = LoadState.LOADED if status in LOADED else LoadState.EMPTY if status in EMPTY else LoadState.UNKNOWN
        commodity = segment.element(3) or None
        if commodity is not None and not COMMODITY.fullmatch(commodity):
            self.leave_out(segment, 3, "a commodity is an STCC of two to seven digits")
            commodity = None
        net_kg = self.quantity(segment, 6, SHORT_TON_KG, KG_MAX, least=0.0) if segment.element(6) else None
        self.riding = what in RIDING
        if self.riding:
            self.load_car(segment, load_state, commodity)
            return
        mark, digits = segment.element(1), EQUIPMENT_NUMBER.fullmatch(segment.element(2))
        if not MARK_TEXT.fullmatch(mark):
            self.lose(segment, 1, "a mark has two to four letters A to Z")
        if digits is None:
            self.lose(segment, 2, f"a number is 0 to {NUMBER_MAX}")
        kinds = {"LO": EquipmentKind.LOCOMOTIVE, "ET": EquipmentKind.END_OF_TRAIN_DEVICE}
        kind = kinds.get(what, EquipmentKind.CAR)
        car = Car(segment, kind, mark, int(digits.group(1)), load_state, commodity, net_kg)
        if (car.mark, car.number) in self.listed:
            self.lose(segment, 2, "the same equipment is listed twice")
        if len(self.cars) == EQUIPMENT_MAX:
            self.lose(segment, 0, f"more than {EQUIPMENT_MAX:,} pieces of equipment")
        self.cars.append(car)
        self.listed.add((car.mark, car.number))

    def load_car(self, segment: Segment, load_state: LoadState, commodity: str | None) -> None:
        """What rides on the last car makes it loaded, and its commodity is the car's, if that has none."""
        if not self.cars:
            self.lose(segment, 4, "a container or trailer comes before any car; one rides on the car listed before it")
        car = self.cars[-1]
        if load_state is LoadState.LOADED:
            car.load_state = load_state
        car.commodity_code = car.commodity_code or commodity

    def measure(self, segment: Segment) -> None:
        """MEA of a car; one of what rides on it is not the car's."""
        car, kind = self.cars[-1], (segment.element(1), segment.element(2))
        if self.riding:
            return
        if kind[0] == "WT" and kind[1] in ("G", "T", "N"):
            value = self.measured(segment, KG_PER, KG_MAX, 0.0 if kind[1] == "N" else SMALLEST)
            if value is not None:
                car.weights_kg[kind[1]] = value
        elif kind == ("PD", "LN"):
            car.length_m = self.measured(segment, M_PER, LENGTH_M_MAX)
        elif kind == ("CT", "AXL"):
            axles = number(segment.element(3))
            if 1 <= axles <= AXLES_MAX:
                car.axle_count = axles
            else:
                self.leave_out(segment, 3, f"axles are 1 to {AXLES_MAX}")

    def measured(
        self, segment: Segment, units: Mapping[str, float], most: float, least: float = SMALLEST
    ) -> float | None:
        """MEA03 in our unit; None, and told, if it is none."""
        unit = units.get(segment.element(4))
        if unit is None:
            self.leave_out(segment, 4, f"the unit is one of {', '.join(units)}")
            return None
        return self.quantity(segment, 3, unit, most, least)

    def quantity(self, segment: Segment, element: int, unit: float, most: float, least: float) -> float | None:
        """An element's number times a unit; None, and told, if it is none or beyond all bounds."""
        text = segment.element(element)
        value = float(text) * unit if DECIMAL.fullmatch(text) else -1.0
        if not least <= value <= most:
            self.leave_out(segment, element, f"a number is wanted, in kilograms or metres {least:g} to {most:g}")
            return None
        return value

    def add(self, segment: Segment, element: int, to: list[str], form: re.Pattern[str], what: str) -> None:
        """Add an element to a car's list, once; told and left out if it has not that form."""
        text = segment.element(element)
        if not form.fullmatch(text):
            self.leave_out(segment, element, f"{what} is wanted")
        elif len(to) == DETAILS_MAX:
            self.leave_out(segment, element, f"more than {DETAILS_MAX} of one car")
        elif text not in to:
            to.append(text)

    def leave_out(self, segment: Segment, element: int, text: str) -> None:
        """Tell of an element that was left out; the train is taken."""
        self.problems.append(segment.problem(element, f"{text}; this was left out, the train was taken", self.train_id))

    def lose(self, segment: Segment, element: int, text: str) -> NoReturn:
        """Raises LostTrain."""
        raise LostTrain(segment.problem(element, f"{text}; {SEND_CORRECTED}", self.train_id, lost=True))


def sent_at_of(interchange: Segment) -> int | None:
    """Date and time of an ISA, in microseconds as if it were UTC; None if it has none that can be."""
    try:
        sent = datetime.strptime(interchange.element(9) + interchange.element(10), "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(sent.timestamp()) * MICROSECONDS if sent.year >= FIRST_YEAR else None


def equipment_of(position: int, car: Car) -> ConsistEquipment:
    """A piece of equipment at its place in the train."""
    return ConsistEquipment(
        position=position,
        kind=car.kind,
        mark=car.mark,
        number=car.number,
        load_state=car.load_state,
        commodity_code=car.commodity_code,
        declared_gross_weight_kg=car.gross_kg(),
        axle_count=car.axle_count,
        length_m=car.length_m,
        seals=tuple(car.seals),
        hazardous_materials=tuple(car.hazardous_materials),
    )
