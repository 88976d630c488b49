"""What a case keeps of a selection and of an inspection."""

import hashlib

import msgspec

from schemas.codec import body_of
from schemas.records import FoundItem, FoundKind, Inspection, Selection
from streams.core.light.questions import at_light
from streams.core.outcomes.state import Grouped, Inspected, Selected
from streams.core.outcomes.validation import FIREARMS


def selected_of(selection: Selection) -> Selected:
    """What a case keeps of a selection."""
    said = selection.fairness_group
    return Selected(
        selection.selected_at,
        at_light(selection),
        selection.light,
        selection.referral_reason,
        selection.random_draw,
        selection.risk_over_threshold,
        selection.must_refer,
        selection.propensity,
        selection.threshold_log_odds,
        selection.log_odds,
        selection.random_key_id,
        selection.rule_set_version,
        selection.lane_mode,
        selection.policy_version,
        selection.vehicle_token,
        None if said is None else Grouped(said.issuer, said.plate_format, said.local_hour),
        selection.mandated_exams,
    )


def inspected_of(inspection: Inspection) -> Inspected:
    """What a case keeps of an inspection."""
    return Inspected(
        inspection.inspection_id,
        inspection.revision,
        inspection.started_at,
        inspection.ended_at,
        inspection.officer_ids,
        inspection.resolution,
        count_of(inspection.found, FIREARMS),
        count_of(inspection.found, frozenset({FoundKind.MAGAZINE})),
        count_of(inspection.found, frozenset({FoundKind.AMMUNITION})),
        inspection.referral_reason,
        tuple([record.exam for record in inspection.exams if record.done]),
        tuple([record.exam for record in inspection.exams if not record.done]),
        digest_of(inspection),
    )


def digest_of(inspection: Inspection) -> bytes:
    """What tells two reports apart, 16 bytes. A terminal that repeats one may stamp another receipt on it."""
    content = body_of(msgspec.structs.replace(inspection, received_at=0))
    return hashlib.blake2b(content, digest_size=16).digest()


def count_of(found: tuple[FoundItem, ...], kinds: frozenset[FoundKind]) -> int:
    """How many things of these kinds were found."""
    return sum([item.count for item in found if item.kind in kinds])
