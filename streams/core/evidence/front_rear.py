"""Front and rear plate disagree.

Mostly a misread: with a disagreement rate m by misreading and a share s of smugglers with a plate that is not the
car's, the likelihood ratio is (s + (1 - s) * m) / m, little above 1. It weighs as little as it should.
"""

from schemas.records import Evidence
from streams.core.evidence.odds import beside_errors
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet


def front_rear_disagreement(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of two plates on one vehicle; None if they agree or one was not read."""
    if subject.passage.front_rear_agree is not False:
        return None
    misread, swapped = rules.plates.misread_disagreement_rate, rules.plates.swapped_plate_rate
    return Evidence(
        name="front_rear_disagreement",
        group="plate",
        log_odds=beside_errors(swapped, misread),
        explanation=f"front and rear plates disagree; misreading alone does that in {misread:.0%} of vehicles",
        reading_ids=subject.readings_of(*CAMERAS),
    )
