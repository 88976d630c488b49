"""Evidence: each number against its arithmetic, and what must never be evidence."""

import math
from pathlib import Path

import pytest

from schemas.records import PassageState, ScanDecision, ScanQuality, Score
from streams.core import evidence as evidence_package
from streams.core.evidence import EVIDENCE
from streams.core.evidence.front_rear import front_rear_disagreement
from streams.core.evidence.impossible_travel import impossible_travel
from streams.core.evidence.plate_class import plate_class
from streams.core.evidence.repetition import repetition
from streams.core.evidence.watchlist import watchlist_exact
from streams.core.evidence.xray import xray_machine, xray_operator
from streams.core.rule_set import FORBIDDEN_EVIDENCE, parse_rule_set
from tests.core.vehicles.builders import (
    RULES,
    SECOND,
    START,
    advance,
    default_text,
    entry,
    fold,
    outputs_of,
    passage,
    xray_alarm,
)
from tests.core.vehicles.subjects import DAY_S, HOUR_S, daily, passed, subject


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


def test_how_often_a_plate_came_is_told_by_windows_and_weighs_little() -> None:
    past = tuple(passed(days * DAY_S + HOUR_S, lane_id=f"230{1 + days % 2}/03") for days in (80, 40, 20, 2, 1, 0))
    said = repetition(subject(past), RULES)
    assert said and "1 in 24 h, 3 in 72 h, 4 in 30 days, 6 in 90 days, through 2 ports and 2 lanes" in said.explanation
    assert all(abs(math.log(band.smuggling_share / band.ordinary_share)) < 0.6 for band in RULES.repetition)


def test_a_plate_that_was_elsewhere_sooner_than_one_vehicle_can_be_is_on_two() -> None:
    laredo_hour_ago, half_an_hour_north = passed(HOUR_S, lane_id="2304/01"), passed(HOUR_S // 2)
    twin = impossible_travel(subject((laredo_hour_ago,)), RULES)  # 270 km to Brownsville
    # 1 + 0.01 * 0.2 / 0.0007
    assert twin and twin.log_odds == pytest.approx(math.log(1.0 + 0.002 / 0.0007)) and "port 2304" in twin.explanation
    assert impossible_travel(subject((passed(300),)), RULES)  # five minutes are no way round
    assert not impossible_travel(subject((laredo_hour_ago,), inbound=(half_an_hour_north,)), RULES)
    assert not impossible_travel(subject((passed(3 * HOUR_S, lane_id="2304/01"),)), RULES)


def test_a_cars_plate_on_a_truck_speaks_and_a_pickup_seen_as_a_car_does_not() -> None:
    cars = (passed(2 * DAY_S), passed(DAY_S, vehicle_class=3))
    said = plate_class(subject(cars, vehicle_class=9), RULES)
    assert said and said.log_odds == pytest.approx(math.log((0.02 + 0.98 * 0.01) / 0.01))
    assert not plate_class(subject(cars, vehicle_class=2), RULES)
    assert not plate_class(subject(cars[:1], vehicle_class=9), RULES)


def test_a_group_is_held_to_its_bounds_by_a_line_of_its_own() -> None:
    bounds = "xray = { log_odds_min = -2.3, log_odds_max = 5.3 }"
    assert bounds in default_text()
    narrow = parse_rule_set(default_text().replace(bounds, "xray = { log_odds_min = -2.3, log_odds_max = 2.0 }"))
    (score,) = outputs_of(advance(fold(rules=narrow), passage(**xray_alarm())), Score)
    cap = score.evidence[-1]
    alone = math.fsum(said.log_odds for said in score.evidence if said.group == "xray" and said is not cap)
    assert cap.name == "xray_cap" and alone + cap.log_odds == pytest.approx(2.0)
    assert cap.reading_ids == next(said for said in score.evidence if said.name == "xray_machine").reading_ids
    assert score.log_odds == pytest.approx(
        math.fsum([score.prior_log_odds, *[said.log_odds for said in score.evidence]]), abs=1e-9
    )


def test_nothing_about_people_or_the_issuer_is_evidence() -> None:
    names = {rule.__name__ for rule in EVIDENCE}
    assert len(names) == len(EVIDENCE) > 0
    assert not [word for word in FORBIDDEN_EVIDENCE for name in names if word in name]
    for path in Path(evidence_package.__path__[0]).glob("*.py"):
        code = "\n".join(line for line in path.read_text().splitlines() if "passage." in line or "subject." in line)
        assert not [word for word in FORBIDDEN_EVIDENCE if word in code]


def test_the_same_passage_scores_the_same_whoever_issued_its_plate() -> None:
    for rule in EVIDENCE:
        said = [rule(subject(daily((1600, 1600)), jurisdiction=issuer), RULES) for issuer in ("US-TX", "MX-TAM", None)]
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
        ("share = 0.42", "share = 0.40", "add up to 1"),
        ("ordinary_share = 0.35", "ordinary_share = 0.30", "add up to 1"),
        ("crossings_max = 12", "crossings_max = 3", "rise from band to band"),
        ("payload_mean_kg = 180.0", "payload_mean_kg = inf", "payload_mean_kg"),
        ("a = 2.2, b = 1.8", "a = 1e308, b = 1.8", "signs"),
        ("plate = { log_odds_min = 0.0, log_odds_max = 2.0 }", "", "groups lacks plate"),
        ("[ant_traffic.PASSENGER.signs]", "[ant_traffic.PASSENGER.signs]\nodd = 1", "odd"),
        (f'version = "{RULES.version}"', "version = [", "not a rule set"),
        ("random_propensity = 0.05", "", "random_propensity"),
    ],
)
def test_a_faulty_rule_set_is_refused_with_the_fault_named(was: str, now: str, message: str) -> None:
    text = default_text()
    assert was in text
    with pytest.raises(ValueError, match=message):
        parse_rule_set(text.replace(was, now))


def test_who_turned_back_in_another_lane_of_the_port_is_told_of_within_the_hour() -> None:
    def said_after(seconds: int, **turned: object) -> list[str]:
        folding = fold()
        came = passage(1, at_light_at=None, state=PassageState.FINAL, **turned)
        advance(folding, came)
        outputs = advance(folding, passage(2, at=START + seconds * SECOND))
        (score,) = outputs_of(outputs, Score)
        return [said.explanation for said in score.evidence if said.name == "lane_switch" and said.log_odds == 0.0]

    elsewhere = {"lane_id": "2301/04"}
    assert said_after(600, **elsewhere) == ["the plate turned back in lane 2301/04 within the hour before"]
    assert said_after(3601, **elsewhere) == []
    assert said_after(600) == []  # the same lane: it only moved its place in the queue
    assert said_after(600, lane_id="2302/04", port_code="2302") == []
    assert said_after(600, **elsewhere, left_at=START) == []
