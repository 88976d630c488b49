"""Rates learned from inspections: which ones count, what the prior holds, and what is proposed."""

import random

import pytest

from schemas.records import ScanDecision, ScanQuality
from streams.core.learned_rates import DrawnScan, LearnedRates, learned_rates, proposed_rates_text
from streams.core.rule_set import parse_rule_set
from streams.core.rule_set_lint import lint
from tests.core.vehicles.builders import RULES, default_text

UNIT = "2301/03/xray"
ALARM, CLEAR, UNKNOWN = ScanDecision.ALARM, ScanDecision.CLEAR, ScanDecision.UNKNOWN


def inspection(
    machine: ScanDecision = ALARM,
    operator: ScanDecision = UNKNOWN,
    found: bool = True,
    *,
    inspected: bool = True,
    quality: ScanQuality = ScanQuality.GOOD,
) -> DrawnScan:
    return DrawnScan(UNIT, machine, operator, quality, inspected, found and inspected)


def learned(scans: list[DrawnScan]) -> dict[str, LearnedRates]:
    return {one.detector: one for one in learned_rates(scans, RULES.xray)}


def year(seed: int, hit_rate: float, false_alarm_rate: float, skipped: float) -> list[DrawnScan]:
    """3,000 scans of drawn vehicles, one in five with a gun; of those that the software cleared some are skipped."""
    draw, made = random.Random(seed), []
    for _ in range(3_000):
        gun = draw.random() < 0.2
        alarm = draw.random() < (hit_rate if gun else false_alarm_rate)
        inspected = alarm or draw.random() >= skipped
        made.append(inspection(ALARM if alarm else CLEAR, found=gun, inspected=inspected))
    return made


def test_the_posterior_is_prior_and_inspections_together() -> None:
    # Prior 0.90 worth 50: 45 alarms of 50. With 30 alarms of 40 inspections: 75 of 90.
    rate = learned([inspection(ALARM)] * 30 + [inspection(CLEAR)] * 10)["machine"].hit
    assert (rate.rate, rate.inspections, rate.learned) == (pytest.approx(75 / 90), 40, True)
    assert 0.74 < rate.low < 75 / 90 < rate.high < 0.91  # about 1.96 * sqrt(0.83 * 0.17 / 91) = 0.077 either side


def test_too_few_inspections_leave_the_prior() -> None:
    few = learned([inspection(CLEAR)] * 19)["machine"]
    assert few.hit.rate == pytest.approx(0.90) and few.hit.inspections == 19 and not few.hit.learned
    assert few.false_alarm.rate == pytest.approx(0.06) and few.false_alarm.inspections == 0
    assert proposed_rates_text([few]) == ""


@pytest.mark.parametrize("skipped", [0.0, 0.25, 0.6])
def test_vehicles_that_are_skipped_for_their_answer_do_not_bias_what_is_learned(skipped: float) -> None:
    scans = year(seed=5, hit_rate=0.8, false_alarm_rate=0.06, skipped=skipped)
    rates = learned(scans)["machine"]
    assert rates.hit.low < 0.8 < rates.hit.high and rates.hit.high - rates.hit.low < 0.12
    assert rates.false_alarm.low < 0.06 < rates.false_alarm.high
    empty = [one for one in scans if one.inspected and not one.found]
    naive = sum(one.machine_decision is ALARM for one in empty) / len(empty)
    assert skipped < 0.25 or naive > rates.false_alarm.high  # counting all alike finds more alarms than there are


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(60):
        rate = learned(year(seed, hit_rate=0.9, false_alarm_rate=0.06, skipped=0.25))["machine"].false_alarm
        held += rate.low < 0.06 < rate.high
    assert held >= 53  # 57 expected; fewer than 53 comes by chance once in 60


def test_those_inspected_stand_for_the_skipped_ones_of_their_answer() -> None:
    # 60 alarms, all inspected; of 940 cleared ones 705, each of which stands for 4 / 3: worth 1,000 / (4 / 3) = 750.
    cleared = [inspection(CLEAR, found=False, inspected=number % 4 > 0) for number in range(940)]
    rate = learned([inspection(ALARM, found=False)] * 60 + cleared)["machine"].false_alarm
    assert (rate.inspections, rate.effective) == (765, pytest.approx(750))
    assert rate.rate == pytest.approx((0.06 * 50 + 0.06 * 750) / 800)


def test_nothing_is_learned_where_nobody_looked_at_one_answer() -> None:
    scans = [inspection(ALARM, found=False)] * 40 + [inspection(CLEAR, inspected=False)] * 400
    rates = learned(scans)["machine"]
    assert not rates.false_alarm.learned and rates.false_alarm.rate == pytest.approx(0.06)
    hits = [inspection(ALARM)] * 40
    told = proposed_rates_text(learned([*hits, *scans]).values())
    assert told == "" and learned([inspection(inspected=False)] * 50) == {}


def test_the_analyst_is_counted_after_each_answer_of_the_software() -> None:
    rates = learned(
        [inspection(ALARM, ALARM)] * 30 + [inspection(CLEAR, CLEAR)] * 40 + [inspection(UNKNOWN, ALARM)] * 50
    )
    counted = {name: one.hit.inspections for name, one in rates.items()}
    assert counted == {"machine": 70, "operator_after_alarm": 30, "operator_after_clear": 40, "operator": 50}


def test_a_scan_that_says_nothing_teaches_nothing() -> None:
    assert learned([inspection(quality=ScanQuality.BAD)] * 100) == {}


def test_a_proposal_is_a_part_of_a_rule_set_that_passes_the_lint() -> None:
    empty = [inspection(CLEAR, found=False)] * 950 + [inspection(ALARM, found=False)] * 50
    proposal = proposed_rates_text(learned(empty).values())
    assert "from 1000 inspections and the prior" in proposal and "0 inspections are too few" in proposal
    text = default_text() + "\n" + proposal
    rates = parse_rule_set(text).xray.devices[UNIT].machine[ScanQuality.GOOD]
    assert rates.false_alarm_rate == pytest.approx((0.06 * 50 + 50) / 1050, rel=1e-3)  # 0.0505
    assert rates.hit_rate == pytest.approx(0.9)
    assert lint(text) == []


def test_a_detector_that_does_not_tell_guns_from_none_is_not_proposed() -> None:
    blind = [inspection(ALARM, found=False)] * 5000 + [inspection(CLEAR, found=True)] * 5000
    proposal = proposed_rates_text(learned(blind).values())
    assert "nothing to propose" in proposal and "hit_rate =" not in proposal
    assert parse_rule_set(default_text() + "\n" + proposal).xray.devices == {} and "[xray" not in proposal


def test_a_units_name_cannot_break_out_of_its_table() -> None:
    odd = 'unit"]\n[xray\\'
    rates = learned_rates([DrawnScan(odd, CLEAR, UNKNOWN, ScanQuality.GOOD, True, False)] * 30, RULES.xray)
    assert odd in parse_rule_set(default_text() + "\n" + proposed_rates_text(rates)).xray.devices
