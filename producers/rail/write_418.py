"""A railroad's side of the 418, for simulated trains and for tests: lists as an interchange that `consist_418` reads.

What the 418 has no place for goes into MEA, as described there.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from producers.rail.consist_418 import SEAL
from producers.rail.x12 import Delimiters
from schemas.records import ConsistEquipment, EquipmentKind, LoadState, OperatingMode, TrainConsist

USUAL: Final = Delimiters(b"*", b">", b"~")
REPETITION: Final = "^"
BLOCK_EQUIPMENT_MAX: Final = 400
CONTROL_NUMBER_MAX: Final = 999_999_999
NAME_LENGTH_MAX: Final = 15
# BAX06 has room for so many (stedi.com, release 3050); a longer one would be cut off or refused by who is strict.
TRAIN_LETTERS_MAX: Final = 10
# A station that no railroad has: the record does not tell which is meant.
STATION: Final = "000000"
MICROSECONDS: Final = 1_000_000
KINDS: Final = {
    EquipmentKind.LOCOMOTIVE: "LO",
    EquipmentKind.CAR: "RR",
    EquipmentKind.END_OF_TRAIN_DEVICE: "ET",
}
STATUS: Final = {LoadState.LOADED: "L", LoadState.EMPTY: "E", LoadState.UNKNOWN: ""}


def interchange_of(trains: Sequence[TrainConsist], sent_at: int, delimiters: Delimiters = USUAL) -> bytes:
    """An interchange of lists that have one railroad, revision and operating mode; `sent_at` microseconds UTC.

    The revision is its control number. Raises ValueError for what an interchange cannot hold.
    """
    if not trains or len({(train.railroad, train.revision, train.operating_mode) for train in trains}) > 1:
        raise ValueError("an interchange holds lists of one railroad, one revision and one operating mode")
    first, sent = trains[0], datetime.fromtimestamp(sent_at / MICROSECONDS, UTC)
    if not 1 <= first.revision <= CONTROL_NUMBER_MAX or not 1 <= len(first.railroad) <= NAME_LENGTH_MAX:
        raise ValueError(
            f"a revision is 1 to {CONTROL_NUMBER_MAX}, a railroad's name has 1 to {NAME_LENGTH_MAX} letters"
        )
    control, blank = f"{first.revision:09}", " " * 10
    usage = "P" if first.operating_mode is OperatingMode.OPERATIONAL else "T"
    component, sender, receiver = delimiters.component.decode("latin-1"), f"{first.railroad:15}", f"{'BORDER':15}"
    day, minute = sent.strftime("%y%m%d"), sent.strftime("%H%M")
    parties = ("00", blank, "00", blank, "ZZ", sender, "ZZ", receiver)
    segments = [
        ("ISA", *parties, day, minute, REPETITION, "00703", control, "0", usage, component),
        ("GS", "IC", first.railroad, "BORDER", sent.strftime("%Y%m%d"), minute, str(first.revision), "X", "007030"),
    ]
    for count, train in enumerate(trains, 1):
        set_control = f"{count:04}"
        body = [("ST", "418", set_control), *segments_of(train, sent)]
        segments += [*body, ("SE", str(len(body) + 1), set_control)]
    segments += [("GE", str(len(trains)), str(first.revision)), ("IEA", "1", control)]
    return b"".join(written(segment, delimiters) for segment in segments)


def written(segment: Sequence[str], delimiters: Delimiters) -> bytes:
    """A segment's bytes. Raises ValueError if an element has a delimiter in it, other than ISA's own."""
    elements = [element.encode("ascii") for element in segment]
    inside = elements[1:-1] if segment[0] == "ISA" else elements
    if any(delimiter in element for element in inside for delimiter in delimiters):
        raise ValueError(f"an element of {segment[0]} has a delimiter in it")
    return delimiters.element.join(elements) + delimiters.terminator


def segments_of(train: TrainConsist, sent: datetime) -> Iterator[tuple[str, ...]]:
    """A list from BAX to its last car. Raises ValueError for a name that BAX06 cannot hold."""
    if not 1 <= len(train.train_id) <= TRAIN_LETTERS_MAX:
        raise ValueError(
            f"train {train.train_id!r} has a name of {len(train.train_id)} letters, and BAX06 of a 418 holds 1 to "
            f"{TRAIN_LETTERS_MAX}: name it by a shorter one"
        )
    day, minute = sent.strftime("%Y%m%d"), sent.strftime("%H%M")
    purpose = "00" if train.revision == 1 else "05"
    yield ("BAX", STATION, "T", "139", day, minute, train.train_id, *[""] * 6, purpose)
    for index, equipment in enumerate(train.equipment):
        if index % BLOCK_EQUIPMENT_MAX == 0:
            yield ("W1", f"BLOCK{index // BLOCK_EQUIPMENT_MAX + 1}")
        yield from equipment_segments(equipment)


def equipment_segments(one: ConsistEquipment) -> Iterator[tuple[str, ...]]:
    """A piece of equipment. Raises ValueError for what cannot be told."""
    if one.kind not in KINDS or any(not SEAL.fullmatch(seal) for seal in one.seals):
        raise ValueError("equipment is a locomotive, a car or an end-of-train device; seals are printable text")
    status = STATUS[one.load_state]
    if one.kind is EquipmentKind.LOCOMOTIVE and one.load_state is LoadState.UNKNOWN:
        status = "O"
    yield ("W2", one.mark, str(one.number), one.commodity_code or "", KINDS[one.kind], status)
    for seal in one.seals:
        yield ("REF", "SN", seal)
    if one.declared_gross_weight_kg is not None:
        yield ("MEA", "WT", "G", decimal(one.declared_gross_weight_kg), "KG")
    if one.length_m is not None:
        yield ("MEA", "PD", "LN", decimal(one.length_m), "MR")
    if one.axle_count is not None:
        yield ("MEA", "CT", "AXL", str(one.axle_count))
    if one.hazardous_materials:
        yield ("LS", "LH1")
        for material in one.hazardous_materials:
            yield ("LH1", "CA", "1", material)
        yield ("LE", "LH1")


def decimal(value: float) -> str:
    """All digits of a number, without an exponent, which X12 does not know."""
    return format(Decimal(repr(value)), "f")
