"""Evidence: each number against its arithmetic, and what must never be evidence."""

import math
from pathlib import Path
from typing import Any

import pytest

from schemas.records import LaneMode, ScanDecision, ScanQuality
from streams.core import evidence as evidence_package
from streams.core.evidence import EVIDENCE
from streams.core.evidence.declared_load import declared_against_measured
from streams.core.evidence.excess_weight import excess_log_odds
from streams.core.evidence.front_rear import front_rear_disagreement
from streams.core.evidence.subject import Subject
from streams.core.evidence.watchlist import watchlist_exact
from streams.core.evidence.weight_history import weight_against_own_history
from streams.core.evidence.xray import xray_machine, xray_operator
from streams.core.rule_set import FORBIDDEN_EVIDENCE, parse_rule_set
from streams.core.vehicle_state import PassedBy
from tests.core.vehicles.builders import DAY, RULES, SECOND, START, default_text, entry, passage


def subject(earlier_kg: tuple[int, ...] = (), hit: Any = None, probability: float = 1.0, **fields: Any) -> Subject:
    earlier = tuple(
        PassedBy((START - (n + 5) * DAY) // SECOND, f"2301/03/{n}", weight_kg) for n, weight_kg in enumerate(earlier_kg)
    )
    return Subject(passage(99, **fields), START, earlier, hit, probability)


def test_five_rifles_cannot_be_seen_and_twenty_thousand_rounds_can() -> None:
    scale_kg = 0.051 * 1600.0  # 82 kg: sigma of a Type I scale on a car, without any other spread
    assert abs(excess_log_odds(17.0, scale_kg, RULES.weight)) < 0.15
    assert excess_log_odds(240.0, scale_kg, RULES.weight) > 0.9


def test_no_single_weighing_says_more_than_its_gross_errors_allow() -> None:
    assert all(abs(excess_log_odds(kg, 122.0, RULES.weight)) < 3.0 for kg in range(-20_000, 20_000, 50))


def test_own_history_narrows_with_the_root_of_its_number_towards_one_weighing() -> None:
    few = weight_against_own_history(subject((1600, 1600), gross_weight_kg=1840.0), RULES)
    many = weight_against_own_history(subject((1600,) * 40, gross_weight_kg=1840.0), RULES)
    # hypot(0.051 * 1600, 90) = 121.5 kg; times sqrt(1 + 1/2) = 149, times sqrt(1 + 1/40) = 123
    assert few and "149 kg" in few.explanation
    assert many and "123 kg" in many.explanation and many.log_odds > few.log_odds


def test_the_xray_weighs_by_its_rates_and_a_bad_scan_says_nothing() -> None:
    alarm = subject(xray_machine_decision=ScanDecision.ALARM, xray_scan_quality=ScanQuality.GOOD)
    clear = subject(xray_operator_decision=ScanDecision.CLEAR, xray_scan_quality=ScanQuality.GOOD)
    bad = subject(xray_machine_decision=ScanDecision.ALARM, xray_scan_quality=ScanQuality.BAD)
    machine, operator = xray_machine(alarm, RULES), xray_operator(clear, RULES)
    assert machine and machine.log_odds == pytest.approx(math.log(0.90 / 0.06))
    assert operator and operator.log_odds == pytest.approx(math.log(0.30 / 0.98))
    assert xray_machine(bad, RULES) is None and xray_operator(alarm, RULES) is None


def test_a_doubtful_reading_of_a_listed_plate_weighs_less() -> None:
    sure, doubtful = (watchlist_exact(subject(hit=entry(), probability=p), RULES) for p in (1.0, 0.3))
    assert sure and sure.log_odds == pytest.approx(3.7)
    assert doubtful and doubtful.log_odds == pytest.approx(math.log(0.3 * math.exp(3.7) + 0.7))


def test_a_disagreement_of_plates_weighs_little() -> None:
    said = front_rear_disagreement(subject(front_rear_agree=False), RULES)
    assert said and said.log_odds == pytest.approx(math.log((0.02 + 0.98 * 0.19) / 0.19))
    assert front_rear_disagreement(subject(front_rear_agree=None), RULES) is None


def test_a_truck_is_weighed_against_its_tare_and_declaration() -> None:
    truck = {"lane_mode": LaneMode.TRUCK, "vehicle_class": 9, "declared_load_kg": 10_000.0}
    as_declared = declared_against_measured(subject(gross_weight_kg=25_000.0, **truck), RULES)
    heavier = declared_against_measured(subject(gross_weight_kg=25_400.0, **truck), RULES)
    assert as_declared and heavier and heavier.log_odds > as_declared.log_odds
    assert "+400 kg" in heavier.explanation
    assert declared_against_measured(subject(gross_weight_kg=25_000.0), RULES) is None


def test_nothing_about_people_or_the_issuer_is_evidence() -> None:
    names = {rule.__name__ for rule in EVIDENCE}
    assert len(names) == len(EVIDENCE) == 9
    assert not [word for word in FORBIDDEN_EVIDENCE for name in names if word in name]
    for path in Path(evidence_package.__path__[0]).glob("*.py"):
        code = "\n".join(line for line in path.read_text().splitlines() if "passage." in line or "subject." in line)
        assert not [word for word in FORBIDDEN_EVIDENCE if word in code]


def test_the_same_passage_scores_the_same_whoever_issued_its_plate() -> None:
    for rule in EVIDENCE:
        said = [rule(subject((1600, 1600), jurisdiction=issuer), RULES) for issuer in ("US-TX", "MX-TAM", None)]
        assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("name", sorted(FORBIDDEN_EVIDENCE))
def test_a_rule_set_with_forbidden_evidence_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        parse_rule_set(default_text() + f"\n[{name}]\nlog_odds = 1.0\n")


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("hit_rate = 0.90", "hit_rate = 1.5", "hit_rate"),
        ("prior_log_odds = -7.7", "prior_log_odds = nan", "finite"),
        ("share = 0.47", "share = 0.40", "add up to 1"),
        ('version = "2026-11-default-1"', "version = [", "not a rule set"),
        ("random_propensity = 0.05", "", "random_propensity"),
    ],
)
def test_a_faulty_rule_set_is_refused_with_the_fault_named(was: str, now: str, message: str) -> None:
    text = default_text()
    assert was in text
    with pytest.raises(ValueError, match=message):
        parse_rule_set(text.replace(was, now))
