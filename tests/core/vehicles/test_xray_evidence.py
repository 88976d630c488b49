"""X-ray evidence: what two answers weigh together, what shielding hides, and a unit's own rates."""

import itertools
import math
from typing import Any

import pytest

from schemas.records import Evidence, ScanDecision, ScanQuality
from streams.core.evidence.subject import Subject
from streams.core.evidence.xray import xray_machine, xray_operator, xray_shielding
from streams.core.rule_set import RuleSet, parse_rule_set
from tests.core.vehicles.builders import RULES, default_text
from tests.core.vehicles.subjects import subject

ALARM, CLEAR, UNKNOWN = ScanDecision.ALARM, ScanDecision.CLEAR, ScanDecision.UNKNOWN


def scanned(machine: ScanDecision = UNKNOWN, operator: ScanDecision = UNKNOWN, **fields: Any) -> Subject:
    values = {"xray_machine_decision": machine, "xray_operator_decision": operator} | fields
    return subject(**{"xray_scan_quality": ScanQuality.GOOD} | values)


def said(scan: Subject, rules: RuleSet = RULES) -> list[Evidence]:
    return [one for rule in (xray_machine, xray_operator, xray_shielding) if (one := rule(scan, rules))]


def log_odds(scan: Subject, rules: RuleSet = RULES) -> float:
    return math.fsum(one.log_odds for one in said(scan, rules))


@pytest.mark.parametrize(
    ("machine", "operator", "with_gun", "without"),
    [
        (ALARM, ALARM, 0.90 * 0.75, 0.06 * 0.20),
        (ALARM, CLEAR, 0.90 * 0.25, 0.06 * 0.80),
        (CLEAR, ALARM, 0.10 * 0.25, 0.94 * 0.0085),
        (CLEAR, CLEAR, 0.10 * 0.75, 0.94 * 0.9915),
        (UNKNOWN, ALARM, 0.70, 0.02),
        (ALARM, UNKNOWN, 0.90, 0.06),
    ],
)
def test_two_answers_weigh_as_their_chance_together(
    machine: ScanDecision, operator: ScanDecision, with_gun: float, without: float
) -> None:
    assert log_odds(scanned(machine, operator)) == pytest.approx(math.log(with_gun / without))


def test_two_alarms_weigh_less_than_two_that_know_nothing_of_each_other() -> None:
    apart = log_odds(scanned(machine=ALARM)) + log_odds(scanned(operator=ALARM))
    assert log_odds(scanned(ALARM, ALARM)) < apart - 2.0  # odds of 56 against 525


@pytest.mark.parametrize("quality", [ScanQuality.GOOD, ScanQuality.DEGRADED])
def test_the_analysts_rates_after_the_software_make_up_his_rates_alone(quality: ScanQuality) -> None:
    xray = RULES.xray
    machine, alone = xray.machine[quality], xray.operator[quality]
    after_alarm, after_clear = xray.operator_after_alarm[quality], xray.operator_after_clear[quality]
    for rate in ("hit_rate", "false_alarm_rate"):
        marked = getattr(machine, rate)
        mixed = marked * getattr(after_alarm, rate) + (1.0 - marked) * getattr(after_clear, rate)
        assert mixed == pytest.approx(getattr(alone, rate), abs=0.002)


@pytest.mark.parametrize(("machine", "operator"), list(itertools.product((ALARM, CLEAR, UNKNOWN), repeat=2)))
def test_shielding_makes_a_vehicle_more_suspect_and_a_clearance_worth_less(
    machine: ScanDecision, operator: ScanDecision
) -> None:
    open_, shielded = (scanned(machine, operator, xray_shielding_indicator=seen) for seen in (None, True))
    answers = [math.fsum(e.log_odds for e in said(s) if e.name != "xray_shielding") for s in (open_, shielded)]
    assert log_odds(shielded) >= log_odds(open_)
    assert abs(answers[1]) <= abs(answers[0])
    if machine is CLEAR and operator is CLEAR:
        # Half of the guns are out of sight: (1 - 0.5) * 0.0805 + 0.5, instead of 0.0805.
        assert answers[1] == pytest.approx(math.log(0.5 * (0.10 * 0.75) / (0.94 * 0.9915) + 0.5))


def test_that_no_shielding_was_found_weighs_too() -> None:
    assert log_odds(scanned(xray_shielding_indicator=True)) == pytest.approx(math.log(0.10 / 0.05))
    assert log_odds(scanned(xray_shielding_indicator=False)) == pytest.approx(math.log(0.90 / 0.95))
    assert not said(scanned())


def test_a_bad_scan_says_nothing_at_all() -> None:
    assert not said(scanned(ALARM, ALARM, xray_scan_quality=ScanQuality.BAD, xray_shielding_indicator=True))


def test_a_unit_has_its_own_rates_where_they_are_given_and_those_of_all_units_elsewhere() -> None:
    own = parse_rule_set(
        default_text()
        + '\n[xray.devices."2301/03/xray".machine]\nGOOD = { hit_rate = 0.80, false_alarm_rate = 0.02 }\n'
        + '[xray.devices."2301/03/xray".shielding]\nhit_rate = 0.2\nfalse_alarm_rate = 0.1\nhidden_share = 0.9\n'
    )
    here, elsewhere = (scanned(ALARM, xray_unit_id=unit) for unit in ("2301/03/xray", "2301/04/xray"))
    degraded = scanned(ALARM, xray_unit_id="2301/03/xray", xray_scan_quality=ScanQuality.DEGRADED)
    assert log_odds(here, own) == pytest.approx(math.log(0.80 / 0.02))
    assert log_odds(elsewhere, own) == pytest.approx(math.log(0.90 / 0.06))
    assert log_odds(degraded, own) == pytest.approx(math.log(0.70 / 0.10))
    shielded = scanned(ALARM, xray_unit_id="2301/03/xray", xray_shielding_indicator=True)
    assert log_odds(shielded, own) == pytest.approx(math.log(0.2 / 0.1) + math.log(0.1 * 40.0 + 0.9))


def test_a_detector_whose_alarms_would_clear_a_vehicle_is_refused() -> None:
    text = default_text().replace(
        "hit_rate = 0.90, false_alarm_rate = 0.06", "hit_rate = 0.05, false_alarm_rate = 0.06"
    )
    with pytest.raises(ValueError, match="hit_rate must be above false_alarm_rate"):
        parse_rule_set(text)
