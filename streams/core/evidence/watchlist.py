"""The plate is on a watchlist, read exactly or nearly.

The kind's weight is the log of P(listed | smuggler) / P(listed | ordinary) from the rule set. If the plate is a
misread, the vehicle is an ordinary draw, so with a match that is right with probability p the likelihood ratio is
p * exp(weight) + 1 - p.

A near match alone never weighs more than a routine referral: with the prior it reaches the threshold and no more, the
rule set's or the one that the selection policy has moved it down to. One that was moved up is out of its reach, or
near matches would rise with it and spend a budget that has just become scarce. Only other evidence lifts such a vehicle
above those that were just referred, and no kind must be referred for it.
"""

from schemas.records import Evidence, ListKind
from streams.core.evidence.odds import if_it_holds
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
        log_odds=if_it_holds(probability, rule.log_odds),
        explanation=f"the plate is listed as {_named(kind)}; it was read right with probability {probability:.2f}",
        reading_ids=subject.readings_of(*CAMERAS),
    )


def watchlist_near(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a near hit; None without one or for a kind that the rule set does not weigh."""
    near = subject.near
    if near is None:
        return None
    rule = rules.watchlist.get(near.entry.list_kind)
    if rule is None:
        return None
    referred_from = rules.selection.threshold_log_odds
    if subject.threshold is not None:
        referred_from = min(referred_from, subject.threshold.log_odds)
    routine = max(0.0, referred_from - rules.prior_log_odds)
    return Evidence(
        name="watchlist_near",
        group="watchlist",
        log_odds=min(if_it_holds(near.probability, rule.log_odds), routine),
        explanation=f"the plate may be a misread of one listed as {_named(near.entry.list_kind)}, with probability "
        f"{near.probability:.2f}",
        reading_ids=subject.readings_of(*CAMERAS),
    )


def _named(kind: ListKind) -> str:
    return kind.lower().replace("_", " ")
