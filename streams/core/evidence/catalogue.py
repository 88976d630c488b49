"""Every evidence that a score may hold, by name, with one line for who reads it: `border rules show --evidence`.

Closed: a test fails for evidence that is not described here, and for a description without evidence.
"""

from collections.abc import Mapping
from typing import Final

EVIDENCE_CATALOGUE: Final[Mapping[str, str]] = {
    "watchlist_exact": "The plate, as it was read, is on a watchlist.",
    "weight_against_class": "A car is heavier than its class, for want of earlier weighings of its own.",
    "weight_against_own_history": "A car is heavier than in its own earlier weighings.",
    "declared_against_measured": "A truck is heavier than its tare and what it declares.",
    "xray_machine": "The X-ray's detection software raised an alarm, or found nothing.",
    "xray_operator": "The X-ray's analyst raised an alarm, or found nothing, given what the software said.",
    "xray_shielding": "A region of the X-ray scan could not be penetrated, or all of it could.",
    "crossings_24h": "The plate came through more often in the last 24 hours than vehicles that come back do.",
    "crossings_72h": "The same for 24 to 72 hours ago.",
    "front_rear_disagreement": "Front and rear plate are not the same.",
}
