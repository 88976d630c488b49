"""What is kept of a reading."""

from typing import Final

import msgspec

from schemas.records import CarScan, CarTagRead, CarWeighing, HandInspection, ScanDecision, TrainConsist
from streams.core.trains.identities import identity_of
from streams.core.trains.state import Hand, Listed, Scanned, Tag, Weighed

# Readings of one scan: its revisions.
REVISIONS_KEPT: Final = 8


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
    if before is not None and before.revision >= scan.revision:  # late, or a second report under one number
        return msgspec.structs.replace(before, reading_ids=(*ids, scan.reading_id)[-REVISIONS_KEPT:])
    is_alarm = ScanDecision.ALARM in (scan.machine_decision, scan.operator_decision)
    return Scanned(
        scan.scan_id,
        scan.revision,
        (*ids, scan.reading_id)[-REVISIONS_KEPT:],
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
    )


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
    )


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


def pinned(hand: Hand, at: tuple[str, int] | None) -> Hand:
    """A hand inspection with the pass and axle of the car at its place."""
    return hand if at is None else msgspec.structs.replace(hand, pass_id=at[0], at_axle=at[1])
