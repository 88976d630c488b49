"""Rates learned from inspections: which ones count, what the prior holds, and what is proposed."""

import random

import pytest

from schemas.records import ScanDecision, ScanQuality
from streams.core.learned_rates import Inspection, LearnedRates, Sample, learned_rates, proposed_rates_text
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
    random_draw: bool = True,
    propensity: float = 0.05,
    quality: ScanQuality = ScanQuality.GOOD,
) -> Inspection:
    return Inspection(UNIT, machine, operator, quality, propensity, random_draw, found)


def learned(inspections: list[Inspection], sample: Sample = Sample.RANDOM_ONLY) -> dict[str, LearnedRates]:
    return {one.detector: one for one in learned_rates(inspections, RULES.xray, sample)}


def year(seed: int, hit_rate: float, false_alarm_rate: float) -> list[Inspection]:
    """30,000 scans, one in five with a gun; alarms are all inspected, of the others one in ten by lot."""
    draw, made = random.Random(seed), []
    for _ in range(30_000):
        gun, lot = draw.random() < 0.2, draw.random() < 0.1
        alarm = draw.random() < (hit_rate if gun else false_alarm_rate)
        if alarm or lot:
            chance = 1.0 if alarm else 0.1
            made.append(inspection(ALARM if alarm else CLEAR, found=gun, random_draw=lot, propensity=chance))
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


@pytest.mark.parametrize("sample", list(Sample))
def test_selection_by_the_alarm_itself_does_not_bias_what_is_learned(sample: Sample) -> None:
    inspections = year(seed=5, hit_rate=0.8, false_alarm_rate=0.03)
    naive = sum(i.machine_decision is ALARM for i in inspections if i.found) / sum(i.found for i in inspections)
    assert naive > 0.95  # counting all alike finds what was selected for
    rates = learned(inspections, sample)["machine"]
    assert rates.hit.low < 0.8 < rates.hit.high and rates.hit.high - rates.hit.low < 0.10
    assert rates.false_alarm.low < 0.03 < rates.false_alarm.high


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(60):
        rate = learned(year(seed, hit_rate=0.9, false_alarm_rate=0.06), Sample.BY_PROPENSITY)["machine"].hit
        held += rate.low < 0.9 < rate.high
    assert held >= 53  # 57 expected; fewer than 53 comes by chance once in 60


def test_unequal_weights_count_as_fewer_inspections() -> None:
    mixed = [inspection(propensity=1.0, random_draw=False)] * 600 + [inspection(CLEAR, propensity=0.05)] * 30
    rate = learned(mixed, Sample.BY_PROPENSITY)["machine"].hit
    # 600 * 1 + 30 * 20 = 1,200 vehicles stood for, each 20th of which a lot would have brought.
    assert rate.inspections == 630 and rate.effective == pytest.approx(60)


def test_what_was_referred_for_its_risk_does_not_count_among_the_random_ones() -> None:
    assert learned([inspection(random_draw=False)] * 100) == {}


def test_the_analyst_is_counted_after_each_answer_of_the_software() -> None:
    rates = learned(
        [inspection(ALARM, ALARM)] * 30 + [inspection(CLEAR, CLEAR)] * 40 + [inspection(UNKNOWN, ALARM)] * 50
    )
    counted = {name: one.hit.inspections for name, one in rates.items()}
    assert counted == {"machine": 70, "operator_after_alarm": 30, "operator_after_clear": 40, "operator": 50}


def test_a_scan_that_says_nothing_teaches_nothing() -> None:
    assert learned([inspection(quality=ScanQuality.BAD)] * 100) == {}


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1, float("nan")])
def test_an_impossible_propensity_is_refused(propensity: float) -> None:
    with pytest.raises(ValueError, match="propensity"):
        learned([inspection(propensity=propensity)])


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


def test_a_units_name_cannot_break_out_of_its_table() -> None:
    odd = 'unit"]\n[xray\\'
    rates = learned_rates([Inspection(odd, CLEAR, UNKNOWN, ScanQuality.GOOD, 1.0, True, False)] * 30, RULES.xray)
    assert odd in parse_rule_set(default_text() + "\n" + proposed_rates_text(rates)).xray.devices
