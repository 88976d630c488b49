"""What the trains stage refuses: what would corrupt a train's state or overflow a bound. No message holds a value."""

from math import isfinite
from typing import Final

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    EquipmentKind,
    HandInspection,
    HandInspectionResult,
    OperatingMode,
    TrainConsist,
    TrainEvent,
    TrainEventKind,
)
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_not_ahead, check_time
from streams.core.trains.cutting import SCAN_AXLES_MAX
from streams.core.vehicles.validation import UNSEEN

# EDI 418 lists at most 400 pieces of equipment (loop W2).
EQUIPMENT_MAX: Final = 400
# 400 pieces of equipment, articulated ones among them.
AXLES_MAX: Final = 4_096
CAR_AXLES_MAX: Final = 32
NUMBER_MAX: Final = 999_999
MARK_LETTERS_MAX: Final = 4
SEALS_MAX: Final = 16
TEXT_LENGTH_MAX: Final = 512
REVISION_MAX: Final = (1 << 31) - 1
PASS_MAX: Final = (1 << 53) - 1
# A long articulated car; more is no car.
LENGTH_M_MAX: Final = 110.0
# The heaviest flat cars carry 800 t.
WEIGHT_KG_MAX: Final = 1_500_000.0

RailReading = TrainConsist | TrainEvent | CarTagRead | CarWeighing | CarScan | HandInspection
AtPortal = CarTagRead | CarWeighing | CarScan


def check_record(record: RailReading, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if key != record.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    check_id("port_code", record.port_code)
    check_id("reading_id", record.reading_id)
    if record.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    check_time("received_at", record.received_at)
    check_not_ahead("received_at", record.received_at, appended_at)
    if isinstance(record, TrainConsist):
        check_consist(record)
        return
    check_time("observed_at", record.observed_at)
    port, slash, track = record.track_id.partition("/")
    if port != record.port_code or not slash or not track or "/" in track or len(record.track_id) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", "track_id must be the port_code, a slash and a track")
    if not record.track_id.isprintable() or ":" in record.track_id:
        raise Rejected("impossible_value", "track_id holds a colon or what nobody sees")
    if isinstance(record, TrainEvent):
        check_event(record)
    elif isinstance(record, HandInspection):
        check_hand(record)
    else:
        check_at_portal(record)


def check_at_portal(record: AtPortal) -> None:
    """Raises Rejected `impossible_value`."""
    check_pass(record.pass_number)
    if isinstance(record, CarTagRead):
        check_between("axle_count", record.axle_count, 0, AXLES_MAX)
        check_identity(record.mark, record.number)
        check_between("axles", record.axles, 1, CAR_AXLES_MAX)
        check_real("length_m", record.length_m, LENGTH_M_MAX)
        return
    check_between("first_axle", record.first_axle, 1, AXLES_MAX)
    if isinstance(record, CarWeighing):
        check_between("axles weighed", len(record.axle_loads_kg), 1, CAR_AXLES_MAX)
        check_real("gross_weight_kg", record.gross_weight_kg, WEIGHT_KG_MAX)
        return
    check_between("last_axle", record.last_axle, record.first_axle, record.first_axle + SCAN_AXLES_MAX - 1)
    check_id("scan_id", record.scan_id)
    check_between("revision", record.revision, 1, REVISION_MAX)
    for name, text in (("image_uri", record.image_uri), ("image_sha256", record.image_sha256)):
        if text is not None and len(text) > TEXT_LENGTH_MAX:
            raise Rejected("impossible_value", f"{name} has over {TEXT_LENGTH_MAX} characters")


def check_consist(consist: TrainConsist) -> None:
    """Raises Rejected `impossible_value`."""
    check_train_id(consist.train_id)
    check_between("revision", consist.revision, 1, REVISION_MAX)
    if consist.sent_at is not None:
        check_time("sent_at", consist.sent_at)
    check_between("pieces of equipment", len(consist.equipment), 1, EQUIPMENT_MAX)
    for place, one in enumerate(consist.equipment):
        if one.position <= 0 or (place and one.position <= consist.equipment[place - 1].position):
            raise Rejected("impossible_value", "positions must rise from the head, from 1")
        check_identity(one.mark, one.number)
        if one.kind is EquipmentKind.UNKNOWN:
            raise Rejected("impossible_value", "kind is UNKNOWN")
        if one.axle_count is not None:
            check_between("axle_count", one.axle_count, 0, CAR_AXLES_MAX)
        if one.length_m is not None:
            check_real("length_m", one.length_m, LENGTH_M_MAX)
        if one.declared_gross_weight_kg is not None:
            check_real("declared_gross_weight_kg", one.declared_gross_weight_kg, WEIGHT_KG_MAX)
        check_seals(one.seals)


def check_event(event: TrainEvent) -> None:
    """Raises Rejected `impossible_value`."""
    if event.kind is TrainEventKind.UNKNOWN:
        raise Rejected("impossible_value", "kind is UNKNOWN")
    if event.kind in (TrainEventKind.PORTAL_ENTERED, TrainEventKind.PORTAL_LEFT):
        if event.pass_number is None:
            raise Rejected("impossible_value", "the portal's controller must tell the pass_number")
        check_pass(event.pass_number)
        if event.kind is TrainEventKind.PORTAL_LEFT:
            if event.axle_count is None:
                raise Rejected("impossible_value", "PORTAL_LEFT needs an axle_count")
            check_between("axle_count", event.axle_count, 0, AXLES_MAX)
        return
    check_train_id(event.train_id or "")
    if event.kind is TrainEventKind.RELEASED:
        check_id("officer_id", event.officer_id or "")


def check_hand(hand: HandInspection) -> None:
    """Raises Rejected `impossible_value`."""
    check_train_id(hand.train_id)
    check_id("inspection_id", hand.inspection_id)
    check_id("officer_id", hand.officer_id)
    check_between("revision", hand.revision, 1, REVISION_MAX)
    if hand.result is HandInspectionResult.UNKNOWN:
        raise Rejected("impossible_value", "result is UNKNOWN")
    if (hand.mark is None) is not (hand.number is None) or (hand.mark is None and hand.place is None):
        raise Rejected("impossible_value", "a car is named by mark and number, by place or by both")
    if hand.mark is not None and hand.number is not None:
        check_identity(hand.mark, hand.number)
    if hand.place is not None:
        check_between("place", hand.place, 1, AXLES_MAX)
    check_seals(hand.seals)


def check_identity(mark: str, number: int) -> None:
    """Raises Rejected `impossible_value`."""
    if not 1 <= len(mark) <= MARK_LETTERS_MAX or not mark.isascii() or not mark.isalnum() or mark != mark.upper():
        raise Rejected("impossible_value", f"mark must have 1 to {MARK_LETTERS_MAX} upper-case letters")
    check_between("number", number, 0, NUMBER_MAX)


def check_seals(seals: tuple[str, ...]) -> None:
    """Raises Rejected `impossible_value`."""
    if len(seals) > SEALS_MAX or any(not 0 < len(seal) <= ID_LENGTH_MAX for seal in seals):
        raise Rejected("impossible_value", f"more than {SEALS_MAX} seals, or one of no or over {ID_LENGTH_MAX} letters")


def check_pass(number: int) -> None:
    """Raises Rejected `impossible_value`."""
    check_between("pass_number", number, 0, PASS_MAX)


def check_train_id(text: str) -> None:
    """Raises Rejected `impossible_value` for an id that cannot be part of a key or a sentence."""
    check_id("train_id", text)
    if not text.isprintable() and UNSEEN.search(text):
        raise Rejected("impossible_value", "train_id holds an end of a line or a control character")


def check_id(name: str, text: str) -> None:
    """Raises Rejected `impossible_value`."""
    if not 0 < len(text) <= ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"{name} must have 1 to {ID_LENGTH_MAX} characters")


def check_between(name: str, count: int, least: int, greatest: int) -> None:
    """Raises Rejected `impossible_value`."""
    if not least <= count <= greatest:
        raise Rejected("impossible_value", f"{name} must lie in {least} to {greatest}")


def check_real(name: str, value: float, greatest: float) -> None:
    """Raises Rejected `impossible_value`, for NaN too."""
    if not isfinite(value) or not 0.0 <= value <= greatest:
        raise Rejected("impossible_value", f"{name} must lie in 0 to {greatest:g}")
