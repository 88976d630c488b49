"""From evidence to a score, and from a score and a lot to a light."""

import math

from schemas.records import Light, ListKind, ReferralReason, Score, Selection
from streams.core.evidence import EVIDENCE
from streams.core.evidence.groups import group_caps
from streams.core.evidence.odds import probability_of
from streams.core.evidence.subject import Subject
from streams.core.random_draw import RandomKeys, uniform_draw
from streams.core.rule_set import RuleSet


def score_of(subject: Subject, rules: RuleSet) -> Score:
    """The risk of one revision: prior plus the sum of all evidence, the groups' bounds among it."""
    passage = subject.passage
    evidence = [said for said in [rule(subject, rules) for rule in EVIDENCE] if said is not None]
    evidence += group_caps(evidence, rules)
    log_odds = math.fsum([rules.prior_log_odds, *[said.log_odds for said in evidence]])
    return Score(
        passage_id=passage.passage_id,
        lane_id=passage.lane_id,
        port_code=passage.port_code,
        revision=passage.revision,
        operating_mode=passage.operating_mode,
        scored_at=passage.watermark_at,
        prior_log_odds=rules.prior_log_odds,
        evidence=tuple(evidence),
        log_odds=log_odds,
        probability=probability_of(log_odds),
        rule_set_version=rules.version,
    )


def select(subject: Subject, score: Score, rules: RuleSet, random_keys: RandomKeys) -> Selection:
    """The light of a passage, final once made.

    The lot is drawn first and from the passage alone, so it stays independent of the score: it is the only unbiased
    sample of the traffic. The three causes are logged apart; the reason names the first that holds, in the order
    must_refer, random_draw, risk_over_threshold.
    """
    passage = subject.passage
    propensity = rules.propensity_at(passage.port_code)
    key_id, key = random_keys.key_of(passage.port_code, subject.at)
    random_draw = uniform_draw(key, passage.passage_id, passage.first_reading_digest) < propensity
    must_refer = subject.hit is not None and is_must_refer(subject.hit.list_kind, rules)
    over = score.log_odds >= rules.selection.threshold_log_odds
    if must_refer:
        reason = ReferralReason.US_INTELLIGENCE
    elif random_draw:
        reason = ReferralReason.RANDOM
    elif over:
        reason = ReferralReason.ATS_RECOMMENDATION
    else:
        reason = ReferralReason.NONE
    return Selection(
        passage_id=passage.passage_id,
        lane_id=passage.lane_id,
        port_code=passage.port_code,
        passage_number=passage.passage_number,
        at_light_reading_id=passage.at_light_reading_id,
        at_light_received_at=passage.at_light_received_at,
        selected_at=passage.watermark_at,
        operating_mode=passage.operating_mode,
        light=Light.GREEN if reason is ReferralReason.NONE else Light.RED,
        referral_reason=reason,
        random_draw=random_draw,
        risk_over_threshold=over,
        must_refer=must_refer,
        propensity=propensity,
        threshold_log_odds=rules.selection.threshold_log_odds,
        log_odds=score.log_odds,
        random_key_id=key_id,
        rule_set_version=rules.version,
    )


def is_must_refer(kind: ListKind, rules: RuleSet) -> bool:
    """Whether a list kind turns the light red outside any budget."""
    rule = rules.watchlist.get(kind)
    return rule is not None and rule.must_refer
