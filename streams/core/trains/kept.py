"""What is kept of a reading."""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    HandInspection,
    HandInspectionResult,
    ScanDecision,
    ScanQuality,
    TrainConsist,
)
from streams.core.trains.identities import identity_of
from streams.core.trains.state import Hand, Listed, Scanned, Tag, Weighed

# Readings of one scan: its revisions.
REVISIONS_KEPT: Final = 8

# Worst first.
DECISIONS: Final = (ScanDecision.ALARM, ScanDecision.UNKNOWN, ScanDecision.CLEAR)
QUALITIES: Final = (ScanQuality.BAD, ScanQuality.UNKNOWN, ScanQuality.DEGRADED, ScanQuality.GOOD)
LOADS: Final = (True, False, None)
RESULTS: Final = (
    HandInspectionResult.CONTRABAND,
    HandInspectionResult.UNKNOWN,
    HandInspectionResult.NOT_COMPLETED,
    HandInspectionResult.CLEARED,
)
SEALS_INTACT: Final = (False, None, True)

Grade = TypeVar("Grade")


def tag_of(read: CarTagRead) -> Tag:
    """What is kept of a tag's read."""
    return Tag(
        read.reading_id,
        read.axle_count,
        read.tag_side,
        read.equipment_kind,
        identity_of(read.mark, read.number),
        read.axles,
        read.length_m,
        read.check_passed,
    )


def weighed_of(weighing: CarWeighing) -> Weighed:
    """What is kept of a weighing."""
    return Weighed(weighing.reading_id, weighing.first_axle, len(weighing.axle_loads_kg), weighing.gross_weight_kg)


def scanned_of(scan: CarScan, before: Scanned | None) -> Scanned:
    """What is kept of a scan; of its image only where it shows an alarm, for the alert."""
    ids = before.reading_ids if before is not None else ()
    ids = ids if scan.reading_id in ids else (*ids, scan.reading_id)[-REVISIONS_KEPT:]
    if before is not None and before.revision > scan.revision:  # late
        return msgspec.structs.replace(before, reading_ids=ids)
    is_alarm = ScanDecision.ALARM in (scan.machine_decision, scan.operator_decision)
    made = Scanned(
        scan.scan_id,
        scan.revision,
        ids,
        scan.first_axle,
        scan.last_axle,
        scan.machine_decision,
        scan.operator_decision,
        scan.scan_quality,
        scan.abort_reason is not None,
        scan.loaded_indicator,
        scan.shielding_indicator is True,
        (scan.image_uri or "") if is_alarm else "",
        (scan.image_sha256 or "") if is_alarm else "",
        scan.scan_ended_at,
        scan.received_at,
    )
    return made if before is None or before.revision < made.revision else worse_scan(before, made)


def says_the_same(before: Scanned, scanned: Scanned) -> bool:
    """Whether a scan is as it was before a reading that has the id of an earlier one: that id is made of device, scan
    and revision, so it tells a repetition only if nothing that it says is new."""
    told = msgspec.structs.replace(scanned, reading_ids=before.reading_ids, reported_at=before.reported_at)
    return told == before


def worse_scan(one: Scanned, other: Scanned) -> Scanned:
    """What two reports of one scan under one revision come to, whichever came first: the worse of each. If they do not
    agree on what the image shows, it is of use only for an alarm."""
    is_at_odds = (one.first, one.last) != (other.first, other.last)
    is_at_odds |= one.loaded is not None and other.loaded is not None and one.loaded is not other.loaded
    image_uri, image_sha256 = max((one.image_uri, one.image_sha256), (other.image_uri, other.image_sha256))
    return msgspec.structs.replace(
        other,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        machine=worst_of(DECISIONS, one.machine, other.machine),
        operator=worst_of(DECISIONS, one.operator, other.operator),
        quality=worst_of(QUALITIES, one.quality, other.quality),
        aborted=one.aborted or other.aborted or is_at_odds,
        loaded=worst_of(LOADS, one.loaded, other.loaded),
        shielded=one.shielded or other.shielded,
        image_uri=image_uri,
        image_sha256=image_sha256,
        ended_at=max(one.ended_at, other.ended_at),
        reported_at=max(one.reported_at, other.reported_at),
    )


def worst_of(order: Sequence[Grade], one: Grade, other: Grade) -> Grade:
    """The one that comes first."""
    return one if order.index(one) <= order.index(other) else other


def hand_of(inspection: HandInspection) -> Hand:
    """What is kept of a hand inspection."""
    identity = ""
    if inspection.mark is not None and inspection.number is not None:
        identity = identity_of(inspection.mark, inspection.number)
    return Hand(
        inspection.inspection_id,
        inspection.revision,
        inspection.reading_id,
        identity,
        inspection.place or 0,
        inspection.result,
        inspection.seals_intact,
        inspection.seals,
        min(inspection.observed_at, inspection.received_at),  # a clock that runs ahead answers nothing to come
    )


def hands_with(hands: Sequence[Hand], hand: Hand) -> tuple[Hand, ...]:
    """A train's hand inspections with one more. Of one inspection the highest revision counts; of several reports under
    one revision the worse for each car, whichever came first, and one that names several cars clears none."""
    others: list[Hand] = []
    same: list[Hand] = []
    for other in hands:
        if other.inspection_id != hand.inspection_id:
            others.append(other)
        elif other.revision > hand.revision:
            return tuple(hands)
        elif other.revision == hand.revision:
            if (other.identity, other.place) == (hand.identity, hand.place):
                hand = worse_hand(other, hand)
            else:
                same.append(other)
    same.append(hand)
    if len(same) > 1:
        same = [
            msgspec.structs.replace(one, result=worst_of(RESULTS, one.result, HandInspectionResult.NOT_COMPLETED))
            for one in same
        ]
    return tuple(sorted([*others, *same], key=_by_car))


def worse_hand(one: Hand, other: Hand) -> Hand:
    """What two reports of one inspection of one car come to; the earlier one answers less."""
    return msgspec.structs.replace(
        one,
        reading_id=min(one.reading_id, other.reading_id),
        result=worst_of(RESULTS, one.result, other.result),
        seals_intact=worst_of(SEALS_INTACT, one.seals_intact, other.seals_intact),
        seals=tuple(sorted({*one.seals, *other.seals})) if one.seals != other.seals else one.seals,
        observed_at=min(one.observed_at, other.observed_at),
    )


def _by_car(hand: Hand) -> tuple[str, str, int]:
    return hand.inspection_id, hand.identity, hand.place


def listed_of(consist: TrainConsist) -> tuple[Listed, ...]:
    """What is kept of a list."""
    return tuple(
        [
            Listed(
                one.position,
                one.kind,
                one.mark,
                one.number,
                identity_of(one.mark, one.number),
                one.load_state,
                one.declared_gross_weight_kg,
                one.axle_count or 0,
                one.length_m or 0.0,
                one.seals,
            )
            for one in consist.equipment
        ]
    )
