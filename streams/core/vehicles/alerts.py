"""What a person must act on: one incident per passage, told again only when something changed.

| kind | raised when | severity |
|---|---|---|
| WATCHLIST_HIT | the plate meets an entry exactly | EXTREME if must-refer, else SEVERE to priority 50, then MODERATE |
| XRAY_ALARM | software or analyst raised an alarm on a usable scan | SEVERE if the analyst did, else MODERATE |
| RISK | the score reaches the threshold | SEVERE from 50 % probability, else MODERATE |
| WATCHLIST_HIT | the plate meets an entry nearly: it may be a misread of that plate | MODERATE |

The first kind that applies, in this order, names the alert; its evidence shows the others. Whatever names it, an alert
of a vehicle that meets an entry, exactly or nearly, tells of the entry, and that a person must confirm the match
against the image before anyone acts on it. When the plate behind an
alert is withdrawn (RETRACTED) the incident is told so once, as MINOR. Consumers go by the highest revision.
"""

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
from streams.core.evidence.odds import probability_of
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_state import OpenPassage
from streams.core.vehicles.decisions import is_must_refer

# A list entry of priority 0 to 50 is severe: the half of the scale that its owner called urgent.
PRIORITY_SEVERE_MAX: Final = 50

# A risk alert is as serious as a hit when it is as likely true as not.
PROBABILITY_SEVERE: Final = 0.5

# A change of the odds by less than a factor of 1.65 is not news; more of them would train people to ignore alerts.
NEWS_LOG_ODDS: Final = 0.5


def alert_of(subject: Subject, score: Score, rules: RuleSet, light: Light, last: OpenPassage | None) -> Alert | None:
    """The alert of one revision; None if there is nothing to say or nothing new since the last one."""
    told = _kind_and_severity(subject, score, rules)
    if told is None:
        return None
    kind, severity = told
    listed = _listed(subject)
    entry_id = listed.entry_id if listed else ""
    if (
        last is not None
        and (last.alert_kind, last.alert_severity, last.alert_entry_id) == (kind, severity, entry_id)
        and abs(last.alert_log_odds - score.log_odds) < NEWS_LOG_ODDS
    ):
        return None
    return _alert(subject, score, kind, severity, light)


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


def _kind_and_severity(subject: Subject, score: Score, rules: RuleSet) -> tuple[AlertKind, Severity] | None:
    hit, passage = subject.hit, subject.passage
    if hit is not None:
        if is_must_refer(hit.list_kind, rules):
            return AlertKind.WATCHLIST_HIT, Severity.EXTREME
        severe = hit.priority <= PRIORITY_SEVERE_MAX
        return AlertKind.WATCHLIST_HIT, Severity.SEVERE if severe else Severity.MODERATE
    operator = passage.xray_operator_decision is ScanDecision.ALARM
    if (operator or passage.xray_machine_decision is ScanDecision.ALARM) and (
        passage.xray_scan_quality is not ScanQuality.BAD
    ):
        return AlertKind.XRAY_ALARM, Severity.SEVERE if operator else Severity.MODERATE
    if score.log_odds >= rules.selection.threshold_log_odds:
        severe = score.probability >= PROBABILITY_SEVERE
        return AlertKind.RISK, Severity.SEVERE if severe else Severity.MODERATE
    return None if subject.near is None else (AlertKind.WATCHLIST_HIT, Severity.MODERATE)


def _listed(subject: Subject) -> WatchlistEntry | None:
    """The entry that the plate meets, exactly or nearly."""
    return subject.near.entry if subject.hit is None and subject.near is not None else subject.hit


def _summary(subject: Subject, kind: AlertKind, score: Score) -> str:
    """One sentence for the person who acts, never with a plate."""
    where = f"vehicle {subject.passage.passage_number} in lane {subject.passage.lane_id}"
    risk = f"risk {score.probability:.1%}"
    if kind is AlertKind.XRAY_ALARM:
        words = f"X-ray alarm; {risk}"
    elif kind is AlertKind.RISK:
        words = f"{risk}, over the threshold for referral"
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
    return f"{where}: {said}; a person must confirm the plate against the image before anyone acts; {words}"


def _alert(subject: Subject, score: Score, kind: AlertKind, severity: Severity, light: Light) -> Alert:
    passage, listed = subject.passage, _listed(subject)
    match = MatchKind.EXACT if subject.hit else MatchKind.NEAR if listed else MatchKind.NONE
    probability = subject.near.probability if subject.near else subject.plate_probability
    return Alert(
        **_incident(passage),
        alert_id=f"{passage.passage_id}:{passage.revision}",
        kind=kind,
        severity=severity,
        light=light,
        summary=_summary(subject, kind, score),
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
    )
