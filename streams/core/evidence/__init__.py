"""Evidence: named, signed, additive contributions to the risk of a passage, one file per kind.

The literal list is the order in which they stand in a score. Nothing that a vehicle's people are or where its plate
was issued is evidence.
"""

from typing import Final

from streams.core.evidence.ant_traffic import ant_traffic
from streams.core.evidence.axle_balance import axle_balance
from streams.core.evidence.convoy import associate_of_hit, convoy
from streams.core.evidence.declared_load import declared_against_measured
from streams.core.evidence.front_rear import front_rear_disagreement
from streams.core.evidence.gross_weight import gross_weight
from streams.core.evidence.impossible_travel import impossible_travel
from streams.core.evidence.lane_switch import lane_switch
from streams.core.evidence.plate_class import plate_class
from streams.core.evidence.repetition import repetition
from streams.core.evidence.subject import EvidenceRule
from streams.core.evidence.watchlist import watchlist_exact, watchlist_near
from streams.core.evidence.xray import xray_machine, xray_operator, xray_shielding

EVIDENCE: Final[tuple[EvidenceRule, ...]] = (
    watchlist_exact,
    watchlist_near,
    gross_weight,
    axle_balance,
    declared_against_measured,
    xray_machine,
    xray_operator,
    xray_shielding,
    repetition,
    ant_traffic,
    lane_switch,
    convoy,
    associate_of_hit,
    front_rear_disagreement,
    impossible_travel,
    plate_class,
)
