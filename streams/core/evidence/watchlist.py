"""The plate is on a watchlist, read exactly.

The kind's weight is the log of P(listed | smuggler) / P(listed | ordinary) from the rule set. If the plate is a
misread, the vehicle is an ordinary draw, so with a reading that is right with probability p the likelihood ratio is
p * exp(weight) + 1 - p.
"""

import math

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet


def watchlist_exact(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of an exact hit; None without one or for a kind that the rule set does not weigh."""
    if subject.hit is None:
        return None
    kind = subject.hit.list_kind
    rule = rules.watchlist.get(kind)
    if rule is None:
        return None
    probability = subject.plate_probability
    return Evidence(
        name="watchlist_exact",
        group="watchlist",
        log_odds=math.log(probability * math.exp(rule.log_odds) + 1.0 - probability),
        explanation=f"the plate is listed as {kind.lower().replace('_', ' ')}; it was read right with probability "
        f"{probability:.2f}",
        reading_ids=subject.readings_of(*CAMERAS),
    )
