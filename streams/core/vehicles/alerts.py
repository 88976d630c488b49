"""What a person must act on: one incident per passage, told again only when something changed.

| kind | raised when | severity |
|---|---|---|
| WATCHLIST_HIT | the plate meets an entry exactly | EXTREME if must-refer, else SEVERE to priority 50, then MODERATE |
| XRAY_ALARM | software or analyst raised an alarm on a usable scan | SEVERE if the analyst did, else MODERATE |
| RISK | the score is over the threshold that decided the light | SEVERE from 50 % probability, else MODERATE |
| WATCHLIST_HIT | the plate meets an entry nearly: it may be a misread of that plate | MODERATE |
| PATTERN | the test of how the plate crosses reaches its alarm, first within the year that it counts | MODERATE |

The first kind that applies, in this order, names the alert; its evidence shows the others. Whatever names it, an alert
of a vehicle that meets an entry, exactly or nearly, tells of the entry, and that a person must confirm the match
against the image before anyone acts on it; that person's word is a HitConfirmation. A plate on several lists has one
alert, by the most urgent entry. A pattern is told in the same way, with the rate at which the test is wrong: it is for
an analyst, and refers nobody by itself. Consumers go by the highest revision.

An alert is for the entry's audience if there were none without the entry: no X-ray alarm, no pattern, no risk over the
threshold by what else is known. Else it is for all, and all see the entry: nobody must miss an alarm since the plate
is on somebody's list. Whoever was told of an incident is told what becomes of it, so what follows is for them too,
until it is called off.

That threshold is the one of the passage's Selection, whatever the policy has moved it to since; what was given no light
under its plate's key is held against the threshold in force. So whoever was referred for the risk has an alert, and a
vehicle at a green light has one only if what came after the light makes its risk.

The incident is told once, as MINOR, that its alert no longer stands

- when the plate behind it is withdrawn (RETRACTED);
- when nothing is left to alert of: the entry was removed, suppressed or has ended, later readings read otherwise, the
  alarm was cleared, the risk fell. Whatever applies later is raised anew.

An entry that is removed while its vehicle is in the lane is noticed at the passage's next revision. That is soon
enough, since every passage has a FINAL one, minutes later at most; no index of open alerts by entry is kept for it.
After that the incident is in the hands of whoever compares image and entry, and finds the entry gone.
"""

import math
from typing import Any, Final

from schemas.records import (
    Alert,
    AlertKind,
    Light,
    ListKind,
    MatchKind,
    Passage,
    ScanDecision,
    ScanQuality,
    Score,
    Severity,
    WatchlistEntry,
)
from streams.core.evidence.ant_traffic import reaches_alarm, stated_rate
from streams.core.evidence.odds import probability_of
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_state import OpenPassage, Threshold
from streams.core.vehicles.decisions import is_must_refer, is_referred

# A list entry of priority 0 to 50 is severe: the half of the scale that its owner called urgent.
PRIORITY_SEVERE_MAX: Final = 50

# A risk alert is as serious as a hit when it is as likely true as not.
PROBABILITY_SEVERE: Final = 0.5

# A change of the odds by less than a factor of 1.65 is not news; more of them would train people to ignore alerts.
NEWS_LOG_ODDS: Final = 0.5

# Group of the evidence that an entry is.
WATCHLIST: Final = "watchlist"

# Why an alert of a kind is called off.
WITHDRAWN: Final = {
    AlertKind.WATCHLIST_HIT: "the plate meets no entry of a watchlist any more",
    AlertKind.XRAY_ALARM: "no X-ray alarm stands any more",
    AlertKind.RISK: "the risk is no longer over the threshold for referral",
    AlertKind.PATTERN: "its crossings have not the pattern of a courier's",
}


def shows_pattern(subject: Subject, score: Score, rules: RuleSet, last: OpenPassage) -> bool:
    """Whether an alert of this revision has to tell that the vehicle crosses as couriers do."""
    return last.pattern if subject.counted else reaches_alarm(subject, score.evidence, rules)


def alert_of(
    subject: Subject, score: Score, rules: RuleSet, light: Light, last: OpenPassage, pattern: bool
) -> Alert | None:
    """The alert of one revision, MINOR if it calls the last one off; None if there is nothing to say or nothing new."""
    told = _kind_and_severity(subject, score, rules, pattern)
    if told is None:
        if not is_over(last, score):
            return None
        kind, summary = AlertKind(last.alert_kind), _calling_off(subject, AlertKind(last.alert_kind), score)
        return _alert(subject, score, kind, Severity.MINOR, light, summary, last.alert_audience or None)
    kind, severity = told
    listed = _listed(subject)
    audience = _audience(subject, score, rules, last, pattern)
    before = last.alert_kind, last.alert_severity, last.alert_entry_id, last.alert_audience, last.pattern
    is_same = before == (kind, severity, listed.entry_id if listed else "", audience or "", pattern)
    if is_same and abs(last.alert_log_odds - score.log_odds) < NEWS_LOG_ODDS:
        return None
    courier = f"; {_pattern_words(subject, rules)}" if pattern else ""
    summary = _summary(subject, kind, score, light, audience) + courier
    return _alert(subject, score, kind, severity, light, summary, audience)


def is_over(last: OpenPassage, score: Score) -> bool:
    """Whether an alert stands that must be called off, now that none applies.

    A risk that was all there was to tell must have fallen by what is news: around the threshold it would come and go.
    """
    if last.alert_kind == AlertKind.RISK and not last.alert_entry_id:
        return last.alert_log_odds - score.log_odds >= NEWS_LOG_ODDS
    return bool(last.alert_kind)


def withdrawal_of(passage: Passage, last: OpenPassage, rules: RuleSet) -> Alert:
    """Tells an alert's incident that the plate behind it was a misread. The evidence went with the plate."""
    return Alert(
        **_incident(passage),
        alert_id=f"{passage.passage_id}:{passage.revision}:withdrawn",
        kind=AlertKind(last.alert_kind),
        severity=Severity.MINOR,
        light=Light(last.light or "UNKNOWN"),
        summary="later readings show another plate; what was said of this passage under the earlier one is withdrawn",
        match=MatchKind.NONE,
        list_kind=ListKind.UNKNOWN,
        confirmation_required=False,
        prior_log_odds=rules.prior_log_odds,
        log_odds=rules.prior_log_odds,
        probability=probability_of(rules.prior_log_odds),
        rule_set_version=rules.version,
        audience=last.alert_audience or None,
    )


def _incident(passage: Passage) -> dict[str, Any]:
    """What every alert of a passage says alike."""
    return {
        "incident_id": passage.passage_id,
        "passage_id": passage.passage_id,
        "lane_id": passage.lane_id,
        "port_code": passage.port_code,
        "passage_number": passage.passage_number,
        "revision": passage.revision,
        "raised_at": passage.watermark_at,
        "operating_mode": passage.operating_mode,
        "images": passage.images,
    }


def _kind_and_severity(
    subject: Subject, score: Score, rules: RuleSet, pattern: bool
) -> tuple[AlertKind, Severity] | None:
    hit, passage = subject.hit, subject.passage
    if hit is not None:
        if is_must_refer(hit.list_kind, rules):
            return AlertKind.WATCHLIST_HIT, Severity.EXTREME
        severe = hit.priority <= PRIORITY_SEVERE_MAX
        return AlertKind.WATCHLIST_HIT, Severity.SEVERE if severe else Severity.MODERATE
    if _has_xray_alarm(passage):
        operator = passage.xray_operator_decision is ScanDecision.ALARM
        return AlertKind.XRAY_ALARM, Severity.SEVERE if operator else Severity.MODERATE
    if _is_over(subject, score.log_odds, rules):
        severe = score.probability >= PROBABILITY_SEVERE
        return AlertKind.RISK, Severity.SEVERE if severe else Severity.MODERATE
    if subject.near is not None:
        return AlertKind.WATCHLIST_HIT, Severity.MODERATE
    return (AlertKind.PATTERN, Severity.MODERATE) if pattern else None


def _has_xray_alarm(passage: Passage) -> bool:
    alarms = passage.xray_operator_decision, passage.xray_machine_decision
    return ScanDecision.ALARM in alarms and passage.xray_scan_quality is not ScanQuality.BAD


def _is_over(subject: Subject, log_odds: float, rules: RuleSet) -> bool:
    return is_referred(log_odds, subject.threshold or Threshold(rules.selection.threshold_log_odds))


def _audience(subject: Subject, score: Score, rules: RuleSet, last: OpenPassage, pattern: bool) -> str | None:
    """Whom an alert is for; None: for all. What was told of an incident to some is told on to them."""
    listed = _listed(subject)
    if listed is None or pattern or _has_xray_alarm(subject.passage):
        return None
    by_entry = math.fsum([said.log_odds for said in score.evidence if said.group == WATCHLIST])
    if _is_over(subject, score.log_odds - by_entry, rules):
        return None
    if not last.alert_kind:
        return listed.audience
    if not last.alert_audience:
        return None
    told = last.alert_audience.casefold().split()
    return " ".join([last.alert_audience, *[name for name in listed.audience.split() if name.casefold() not in told]])


def _listed(subject: Subject) -> WatchlistEntry | None:
    """The entry that the plate meets, exactly or nearly."""
    return subject.near.entry if subject.hit is None and subject.near is not None else subject.hit


def _calling_off(subject: Subject, kind: AlertKind, score: Score) -> str:
    withdrawn = f"{WITHDRAWN[kind]}; what was said of this passage before is withdrawn"
    return f"{_where(subject)}: {withdrawn}; risk {score.probability:.1%}"


def _pattern_words(subject: Subject, rules: RuleSet) -> str:
    rate = stated_rate(rules.ant_traffic[subject.passage.lane_mode])
    return (
        f"this vehicle crosses as couriers do, and so do within a year at most about {rate} of the honest ones that "
        "come back: for an analyst to look into, it refers nobody"
    )


def _where(subject: Subject) -> str:
    return f"vehicle {subject.passage.passage_number} in lane {subject.passage.lane_id}"


def _summary(subject: Subject, kind: AlertKind, score: Score, light: Light, audience: str | None) -> str:
    """One sentence for the person who acts, never with a plate."""
    where, risk = _where(subject), f"risk {score.probability:.1%}"
    if kind is AlertKind.XRAY_ALARM:
        words = f"X-ray alarm; {risk}"
    elif kind is AlertKind.RISK:
        words = f"{risk}, over the threshold for referral"
        if light is Light.GREEN:
            words += ", by what came after its light"
    else:
        words = risk
    listed = _listed(subject)
    if listed is None:
        return f"{where}: {words}"
    as_what = listed.list_kind.lower().replace("_", " ")
    said = f"the plate reads as one listed as {as_what}"
    if subject.near is not None:
        said = f"the plate may be a misread of one listed as {as_what}, with probability {subject.near.probability:.0%}"
    if listed.warning_markers:
        said += f"; warning: {', '.join(listed.warning_markers).lower().replace('_', ' ')}"
    told = f"for {', '.join(audience.split()) if audience else 'all'}"
    return f"{where}: {said}; a person must confirm the plate against the image before anyone acts; {words}; {told}"


def _alert(
    subject: Subject,
    score: Score,
    kind: AlertKind,
    severity: Severity,
    light: Light,
    summary: str,
    audience: str | None,
) -> Alert:
    """`audience`: whom it is for; None: for all."""
    passage, listed = subject.passage, _listed(subject)
    match = MatchKind.EXACT if subject.hit else MatchKind.NEAR if listed else MatchKind.NONE
    probability = subject.near.probability if subject.near else subject.plate_probability
    return Alert(
        **_incident(passage),
        alert_id=f"{passage.passage_id}:{passage.revision}",
        kind=kind,
        severity=severity,
        light=light,
        summary=summary,
        plate=passage.plate,
        jurisdiction=passage.jurisdiction,
        plate_candidates=passage.plate_candidates,
        match=match,
        match_probability=probability if listed else None,
        list_kind=listed.list_kind if listed else ListKind.UNKNOWN,
        watchlist_entry_id=listed.entry_id if listed else None,
        case_number=listed.case_number if listed else None,
        legal_basis=listed.legal_basis if listed else None,
        warning_markers=listed.warning_markers if listed else (),
        confirmation_required=listed is not None,
        prior_log_odds=score.prior_log_odds,
        evidence=score.evidence,
        log_odds=score.log_odds,
        probability=score.probability,
        rule_set_version=score.rule_set_version,
        audience=audience,
        listing_reason=listed.reason if listed else None,
    )


def with_alert(opened: OpenPassage, alert: Alert, expires_s: int, pattern: bool) -> OpenPassage:
    """What is remembered of a passage that an alert was raised on; `pattern`: it told of one."""
    return OpenPassage(
        opened.passage_id,
        expires_s,
        opened.light,
        alert.kind,
        alert.severity,
        alert.watchlist_entry_id or "",
        alert.log_odds,
        opened.light_revision,
        threshold=opened.threshold,
        pattern=pattern,
        alert_audience=alert.audience or "",
    )


def without_alert(opened: OpenPassage) -> OpenPassage:
    """What is remembered of a passage whose alert was called off."""
    return OpenPassage(
        opened.passage_id,
        opened.expires_s,
        opened.light,
        light_revision=opened.light_revision,
        threshold=opened.threshold,
    )
