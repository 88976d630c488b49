"""Evidence: named, signed, additive contributions to the risk of a passage, one file per kind.

The literal list is the order in which they stand in a score. Nothing that a vehicle's people are or where its plate
was issued is evidence.
"""

from typing import Final

from streams.core.evidence.crossings import crossings_24h, crossings_72h
from streams.core.evidence.declared_load import declared_against_measured
from streams.core.evidence.front_rear import front_rear_disagreement
from streams.core.evidence.subject import EvidenceRule
from streams.core.evidence.watchlist import watchlist_exact
from streams.core.evidence.weight_class import weight_against_class
from streams.core.evidence.weight_history import weight_against_own_history
from streams.core.evidence.xray import xray_machine, xray_operator

EVIDENCE: Final[tuple[EvidenceRule, ...]] = (
    watchlist_exact,
    weight_against_class,
    weight_against_own_history,
    declared_against_measured,
    xray_machine,
    xray_operator,
    crossings_24h,
    crossings_72h,
    front_rear_disagreement,
)
