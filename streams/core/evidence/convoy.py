"""The vehicle keeps crossing together with another one, or with one whose plate was met on a watchlist.

Whether the two travel together is not certain: with a prior chance of a pair and the likelihood ratio of its joint
crossings (`streams/core/convoys/companions.py`) it is so with a probability p. Smugglers drive with a scout or in pairs
more often than others do, but most who keep company are families and colleagues: a companion weighs
ln(p * exp(weight) + 1 - p), which is little. Of a companion's hit a share is inherited, once and for weeks. Both are of
one group, whose bound in the rule set keeps company from referring anyone by itself.
"""

from schemas.records import Evidence
from streams.core.evidence.odds import if_it_holds, probability_of
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_history import SECOND
from streams.core.vehicle_state import Companion


def convoy(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the closest companion; several are one convoy."""
    if not subject.companions:
        return None
    closest = max(subject.companions, key=lambda companion: companion.log_likelihood_ratio)
    probability = probability_of_company(closest, rules)
    return Evidence(
        name="convoy",
        group="company",
        log_odds=if_it_holds(probability, rules.convoys.companion_log_odds),
        explanation=f"crossed within 3 minutes of the same other vehicle {closest.joint_crossings} times, more than a "
        "common habit explains; families and colleagues do so too",
        reading_ids=subject.readings_of(*CAMERAS),
    )


def associate_of_hit(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the heaviest hit that a companion had lately."""
    now_s, inherited = subject.at // SECOND, 0.0
    for companion in subject.companions:
        if companion.hit_until_s > now_s:
            involved = probability_of_company(companion, rules) * rules.convoys.involved_share
            inherited = max(inherited, if_it_holds(involved, companion.hit_log_odds))
    if inherited <= 0.0:
        return None
    return Evidence(
        name="associate_of_hit",
        group="company",
        log_odds=inherited,
        explanation="a vehicle that it keeps crossing with was met on a watchlist within the last weeks; that says "
        "nothing of its own plate",
        reading_ids=subject.readings_of(*CAMERAS),
    )


def probability_of_company(companion: Companion, rules: RuleSet) -> float:
    """Probability that the two travel together."""
    return probability_of(rules.convoys.pair_prior_log_odds + companion.log_likelihood_ratio)
