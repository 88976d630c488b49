"""Every evidence that a score may hold, by name, with one line for who reads it: `border rules show --evidence`.

Closed: a test fails for evidence that is not described here, and for a description without evidence.
"""

from collections.abc import Mapping
from typing import Final, get_args

from streams.core.rule_set import GroupName

CAP: Final = "Evidence of this group rests on one cause; what its sum exceeds the rule set's bounds by is taken back."

EVIDENCE_CATALOGUE: Final[Mapping[str, str]] = {
    "watchlist_exact": "The plate, as it was read, is on a watchlist.",
    "watchlist_near": "The plate may be a misreading of one that is on a watchlist.",
    "gross_weight": "A car is heavier than its class and its own earlier weighings let expect.",
    "axle_balance": "A car's rear axle carries more than its share.",
    "declared_against_measured": "A truck is heavier than its tare and what it declares.",
    "xray_machine": "The X-ray's detection software raised an alarm, or found nothing.",
    "xray_operator": "The X-ray's analyst raised an alarm, or found nothing, given what the software said.",
    "xray_shielding": "A region of the X-ray scan could not be penetrated, or all of it could.",
    "repetition": "How often the plate came south in 30 days.",
    "ant_traffic": "How the plate crosses, passage by passage, compared with couriers and with those who come back.",
    "lane_switch": "The plate turned back in another lane of the port within the hour before.",
    "front_rear_disagreement": "Front and rear plate are not the same.",
    "impossible_travel": "The plate was elsewhere sooner than one vehicle can be.",
    "convoy": "The plate keeps crossing together with another one, more than a common habit explains.",
    "associate_of_hit": "A vehicle that it keeps crossing with was met on a watchlist lately.",
    "plate_class": "The plate was on a vehicle of another size before.",
} | {f"{group}_cap": CAP for group in get_args(GroupName)}
