"""The plate went south elsewhere a moment ago, sooner than one vehicle can: two vehicles bear it.

Mostly it is a misread that met another vehicle's plate. With a share m of passages of known plates that look impossible
by misreading and a share s of smugglers who drive with a copy of someone's plate, of which a share c meets its owner's
passage, the likelihood ratio is (s * c + m) / m. It says nothing about which of the two vehicles is the owner's.
"""

import math

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_history import SECOND, port_of


def impossible_travel(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a plate in two places at once; None if one vehicle could have done it."""
    at_s, here = subject.at // SECOND, subject.passage.port_code
    if subject.past().came_north_s:
        return None  # it came back north in between; what it did before that is no contradiction
    for passed in reversed(subject.passed):
        gap_s = at_s - passed.at_s
        there = port_of(passed.passage_id)
        least_s = subject.travel.seconds_min(here, there)
        if gap_s < least_s:
            plates = rules.plates
            log_odds = math.log1p(plates.cloned_plate_rate * plates.clone_meets_owner_ratio / plates.twin_misread_rate)
            where = "through this port" if there == here else f"through port {there}"
            return Evidence(
                name="impossible_travel",
                group="plate",
                log_odds=log_odds,
                explanation=f"the plate went south {where} {gap_s / 60:.0f} minutes before; one vehicle needs at least "
                f"{least_s / 60:.0f}",
                reading_ids=subject.readings_of(*CAMERAS),
            )
        if gap_s > subject.travel.seconds_longest:
            return None
    return None
