"""The X-ray scan's two decisions (DICOS: one machine and one operator report per scan) as likelihood ratios.

An alarm weighs ln(hit rate / false-alarm rate), a clearance ln((1 - hit rate) / (1 - false-alarm rate)), with the
rates of the scan's quality. The analyst looks at the picture that the software marked, so the two share a group.
"""

import math
from collections.abc import Mapping

from schemas.records import Evidence, ScanDecision, ScanQuality, SensorRole
from streams.core.evidence.subject import Subject
from streams.core.rule_set import DetectorRates, RuleSet


def xray_machine(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the detection software's decision."""
    return _decision(subject, "xray_machine", "software", subject.passage.xray_machine_decision, rules.xray.machine)


def xray_operator(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the image analyst's decision."""
    return _decision(subject, "xray_operator", "analyst", subject.passage.xray_operator_decision, rules.xray.operator)


def _decision(
    subject: Subject, name: str, who: str, decision: ScanDecision, rates_by_quality: Mapping[ScanQuality, DetectorRates]
) -> Evidence | None:
    if decision is ScanDecision.UNKNOWN:
        return None
    quality = subject.passage.xray_scan_quality
    rates = rates_by_quality.get(quality)
    if rates is None:
        return None
    if decision is ScanDecision.ALARM:
        log_odds, said = math.log(rates.hit_rate / rates.false_alarm_rate), "raised an alarm"
    else:
        log_odds, said = math.log((1.0 - rates.hit_rate) / (1.0 - rates.false_alarm_rate)), "found nothing"
    return Evidence(
        name=name,
        group="xray",
        log_odds=log_odds,
        explanation=f"the X-ray {who} {said} on a {quality.lower()} scan; hit rate {rates.hit_rate:.0%}, false alarms "
        f"{rates.false_alarm_rate:.0%}",
        reading_ids=subject.readings_of(SensorRole.XRAY),
    )
