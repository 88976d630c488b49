"""The X-ray scan (DICOS: one machine and one operator report per scan) as likelihood ratios.

An alarm weighs hit rate / false-alarm rate, a clearance (1 - hit rate) / (1 - false-alarm rate), at the rates of the
scan's quality and of its unit. Software and analyst are not independent given the truth, since the analyst sees what
the software marked: his rates are those after its answer, which makes the product of the two the ratio of both answers
together.

Where a region could not be penetrated a share h of the guns lies behind it, and for those a scan answers as for an
empty vehicle: a ratio L becomes (1 - h) * L + h, whatever it is of. Shielding itself weighs by its own two rates; that
it was looked for and not found weighs too.
"""

import math
from collections.abc import Mapping
from typing import Final

from schemas.records import Evidence, ScanDecision, ScanQuality, SensorRole
from streams.core.evidence.subject import Subject
from streams.core.rule_set import DetectorRates, RuleSet, ShieldingRates, XrayDevice

# What a unit without a table of its own has.
_AS_ALL_UNITS: Final = XrayDevice()


def xray_machine(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the detection software's decision."""
    decision = subject.passage.xray_machine_decision
    rates = _machine_rates(subject, rules)
    if rates is None:
        return None
    ratio = _behind_shielding(_ratio(decision, rates), subject, rules)
    return _evidence(subject, "xray_machine", "software", decision, rates, math.log(ratio))


def xray_operator(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the image analyst's decision, given the software's."""
    passage, xray = subject.passage, rules.xray
    decision = passage.xray_operator_decision
    if decision is ScanDecision.UNKNOWN:
        return None
    device, quality = _device(subject, rules), passage.xray_scan_quality
    machine = _machine_rates(subject, rules)
    if machine is None:
        rates = _rates(device.operator, xray.operator, quality)
        who, before = "analyst", 1.0
    elif passage.xray_machine_decision is ScanDecision.ALARM:
        rates = _rates(device.operator_after_alarm, xray.operator_after_alarm, quality)
        who, before = "analyst, after an alarm of the software,", _ratio(ScanDecision.ALARM, machine)
    else:
        rates = _rates(device.operator_after_clear, xray.operator_after_clear, quality)
        who, before = "analyst, after the software found nothing,", _ratio(ScanDecision.CLEAR, machine)
    if rates is None:
        return None
    both = _behind_shielding(before * _ratio(decision, rates), subject, rules)
    log_odds = math.log(both / _behind_shielding(before, subject, rules))
    return _evidence(subject, "xray_operator", who, decision, rates, log_odds)


def xray_shielding(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a region that could not be penetrated, or of none on a scan that looked for one."""
    shielded, quality = subject.passage.xray_shielding_indicator, subject.passage.xray_scan_quality
    # The lists of qualities say which scans can be used.
    if shielded is None or not (quality in rules.xray.machine or quality in rules.xray.operator):
        return None
    rates = _shielding_rates(subject, rules)
    log_odds = math.log(_ratio(ScanDecision.ALARM if shielded else ScanDecision.CLEAR, rates))
    seen = "shows a region" if shielded else "shows no region"
    return Evidence(
        name="xray_shielding",
        group="xray",
        log_odds=log_odds,
        explanation=f"the scan {seen} that could not be penetrated; {rates.hit_rate:.0%} of vehicles with guns have "
        f"one, {rates.false_alarm_rate:.0%} of others",
        reading_ids=subject.readings_of(SensorRole.XRAY),
    )


def _device(subject: Subject, rules: RuleSet) -> XrayDevice:
    unit = subject.passage.xray_unit_id
    return _AS_ALL_UNITS if unit is None else rules.xray.devices.get(unit, _AS_ALL_UNITS)


def _rates(
    own: Mapping[ScanQuality, DetectorRates], common: Mapping[ScanQuality, DetectorRates], quality: ScanQuality
) -> DetectorRates | None:
    return own.get(quality) or common.get(quality)


def _machine_rates(subject: Subject, rules: RuleSet) -> DetectorRates | None:
    """Rates of the software's answer; None if it gave none that can be used."""
    if subject.passage.xray_machine_decision is ScanDecision.UNKNOWN:
        return None
    return _rates(_device(subject, rules).machine, rules.xray.machine, subject.passage.xray_scan_quality)


def _shielding_rates(subject: Subject, rules: RuleSet) -> ShieldingRates:
    return _device(subject, rules).shielding or rules.xray.shielding


def _ratio(decision: ScanDecision, rates: DetectorRates) -> float:
    if decision is ScanDecision.ALARM:
        return rates.hit_rate / rates.false_alarm_rate
    return (1.0 - rates.hit_rate) / (1.0 - rates.false_alarm_rate)


def _behind_shielding(ratio: float, subject: Subject, rules: RuleSet) -> float:
    """A likelihood ratio of the scan's answers, less what lies behind a region that could not be penetrated."""
    if subject.passage.xray_shielding_indicator is not True:
        return ratio
    hidden = _shielding_rates(subject, rules).hidden_share
    return (1.0 - hidden) * ratio + hidden


def _evidence(
    subject: Subject, name: str, who: str, decision: ScanDecision, rates: DetectorRates, log_odds: float
) -> Evidence:
    said = "raised an alarm" if decision is ScanDecision.ALARM else "found nothing"
    shielded = subject.passage.xray_shielding_indicator is True
    less = "; part of the vehicle could not be seen" if shielded else ""
    return Evidence(
        name=name,
        group="xray",
        log_odds=log_odds,
        explanation=f"the X-ray {who} {said} on a {subject.passage.xray_scan_quality.lower()} scan; hit rate "
        f"{rates.hit_rate:.0%}, false alarms {rates.false_alarm_rate:.1%}{less}",
        reading_ids=subject.readings_of(SensorRole.XRAY),
    )
