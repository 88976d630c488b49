"""Why a car is not cleared, most urgent first, and what somebody has to do about it; the table is in `cars`."""

from typing import Final

from schemas.records import CoverageAction, CoverageReason

_R = CoverageReason
ACTIONS: Final = {
    _R.CONTRABAND: CoverageAction.HAND_INSPECTION,
    _R.SCAN_ALARM: CoverageAction.HAND_INSPECTION,
    _R.SEAL_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.SHIELDED: CoverageAction.HAND_INSPECTION,
    _R.LOAD_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.WEIGHT_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.NOT_ON_CONSIST: CoverageAction.IDENTIFY,
    _R.TAGS_DISAGREE: CoverageAction.IDENTIFY,
    _R.PASS_MIXED: CoverageAction.RESCAN,
    _R.SPAN_UNKNOWN: CoverageAction.RESCAN,
    _R.IDENTITY_UNKNOWN: CoverageAction.IDENTIFY,
    _R.NO_CONSIST: CoverageAction.IDENTIFY,
    _R.NOT_SEEN: CoverageAction.FIND,
    _R.SCAN_UNUSABLE: CoverageAction.RESCAN,
    _R.SCAN_SHARED: CoverageAction.RESCAN,
    _R.NOT_SCANNED: CoverageAction.RESCAN,
    _R.SCAN_UNDECIDED: CoverageAction.OPERATOR_DECISION,
}
URGENCY: Final = {reason: rank for rank, reason in enumerate(ACTIONS)}
SCAN_REASONS: Final = frozenset({_R.SCAN_UNUSABLE, _R.SCAN_SHARED, _R.NOT_SCANNED, _R.SCAN_UNDECIDED})
# What an inspection from before a pass answers of it: that there is no image to decide on, or no list. An alarm, a
# weight or a doubt who the car is came after it, and what is undecided an analyst decides.
ANSWERED_BEFORE: Final = frozenset({_R.NOT_SCANNED, _R.SCAN_UNUSABLE, _R.SCAN_SHARED, _R.NOT_ON_CONSIST, _R.NO_CONSIST})


def urgency_of(reason: CoverageReason) -> int:
    """Its rank, from 0."""
    return URGENCY[reason]
