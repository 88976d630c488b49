"""From evidence to a score, and from a score and a lot to a light."""

import math

from schemas.layout import Port
from schemas.records import Exam, Light, ListKind, Passage, ReferralReason, Score, Selection, SelectionThreshold
from streams.core.evidence import EVIDENCE
from streams.core.evidence.groups import group_caps
from streams.core.evidence.odds import probability_of
from streams.core.evidence.subject import Subject
from streams.core.plates import normalise_plate
from streams.core.random_draw import RandomKeys, uniform_draws
from streams.core.rule_set import RuleSet
from streams.core.vehicle_state import Threshold
from streams.core.vehicle_tokens import VehicleTokens
from streams.core.vehicles.fairness_groups import fairness_group_of


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


def threshold_for(
    passage: Passage, at: int, rules: RuleSet, policy: SelectionThreshold | None, random_keys: RandomKeys
) -> Threshold:
    """From which score a passage is referred: the selection policy's word where it has one, else the rule set's."""
    if policy is None or policy.threshold_log_odds is None:
        return Threshold(rules.selection.threshold_log_odds)
    if policy.share_at_threshold is None:
        return Threshold(policy.threshold_log_odds)
    key = random_keys.key_of(passage.port_code, at)[1]
    among_equals = uniform_draws(key, passage.passage_id, passage.first_reading_digest)[1]
    return Threshold(policy.threshold_log_odds, policy.share_at_threshold, among_equals)


def select(
    subject: Subject,
    score: Score,
    rules: RuleSet,
    threshold: Threshold,
    policy: SelectionThreshold | None,
    random_keys: RandomKeys,
    tokens: VehicleTokens,
    port: Port | None = None,
) -> Selection:
    """The light of a passage, final once made.

    The lot is drawn first and from the passage alone, so it stays independent of the score: it is the only unbiased
    sample of the traffic. The three causes are logged apart; the reason names the first that holds, in the order
    must_refer, random_draw, risk_over_threshold. The propensity is the selection policy's where one holds, else the
    rule set's; the port's file is asked where neither says anything of the port. Whom lights burden is counted by
    groups that are noted last and that nothing before them has seen.
    """
    passage = subject.passage
    token = None if passage.plate is None else tokens.token_of(normalise_plate(passage.plate), passage.watermark_at)
    propensity = rules.propensity_at(passage.port_code, None if port is None else port.random_propensity)
    if policy is not None:
        assert policy.random_propensity is not None  # else the threshold would have been refused
        propensity = policy.random_propensity
    key_id, key = random_keys.key_of(passage.port_code, subject.at)
    random_draw = uniform_draws(key, passage.passage_id, passage.first_reading_digest)[0] < propensity
    must_refer = subject.hit is not None and is_must_refer(subject.hit.list_kind, rules)
    over = is_referred(score.log_odds, threshold)
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
        lane_mode=passage.lane_mode,
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
        threshold_log_odds=threshold.log_odds,
        share_at_threshold=threshold.share,
        log_odds=score.log_odds,
        random_key_id=key_id,
        rule_set_version=rules.version,
        policy_version=policy.policy_version if policy is not None else None,
        vehicle_token=token,
        silent_sensors=passage.silent_sensors,
        fairness_group=fairness_group_of(passage, port),
        mandated_exams=mandated_exams(policy, reason),
    )


def is_referred(log_odds: float, threshold: Threshold) -> bool:
    """Whether a vehicle with this score is referred for its risk."""
    return is_over(log_odds, threshold.log_odds, threshold.share, threshold.lot)


def mandated_exams(policy: SelectionThreshold | None, reason: ReferralReason) -> tuple[Exam, ...]:
    """What an inspection must hold if this selection is the light that is shown. A green vehicle is inspected then if
    an officer suspects it, and for no other reason. Where the dead-man rule's lot gives the light, nothing is mandated.
    """
    if policy is None:
        return ()
    sought = ReferralReason.INSPECTOR_SUSPICION if reason is ReferralReason.NONE else reason
    for mandate in policy.mandates:
        if mandate.referral_reason is sought:
            return mandate.exams
    return ()


def is_over(log_odds: float, threshold_log_odds: float, share_at_threshold: float | None, lot: float) -> bool:
    """Whether a score is referred. Without scales many vehicles have the same one: with a share, those whose score is
    the threshold to the thousandth are referred by lot (in [0, 1)), so that a budget is not spent on all of them."""
    if share_at_threshold is None:
        return log_odds >= threshold_log_odds
    above = round(1000.0 * log_odds) - round(1000.0 * threshold_log_odds)
    return above > 0 or (above == 0 and lot < share_at_threshold)


def verify_selection(key: bytes, first_reading_digest: str, selection: Selection) -> bool:
    """Whether both lots of a selection are what the day's key gives: the random arm's, and, where a share of those with
    just the threshold's score was referred, that among equals. The auditor's check of one passage."""
    drawn, among_equals = uniform_draws(key, selection.passage_id, first_reading_digest)
    if (drawn < selection.propensity) is not selection.random_draw:
        return False
    threshold, share = selection.threshold_log_odds, selection.share_at_threshold
    return share is None or is_over(selection.log_odds, threshold, share, among_equals) is selection.risk_over_threshold


def is_must_refer(kind: ListKind, rules: RuleSet) -> bool:
    """Whether a list kind turns the light red outside any budget."""
    rule = rules.watchlist.get(kind)
    return rule is not None and rule.must_refer
