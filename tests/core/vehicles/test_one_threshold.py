"""One threshold decides the light, says what an alert of risk means, and bounds what a near match weighs."""

import re
from typing import Any

import pytest

from schemas.records import Alert, AlertKind, Light, PassageState, Score, Selection
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.vehicles.stage import VehiclesFold
from tests.core.vehicles.builders import (
    RULES,
    add,
    advance,
    candidates,
    default_text,
    entry,
    final,
    fold,
    outputs_of,
    passage,
)
from tests.core.vehicles.test_thresholds import put, threshold


def rules_referring_from(log_odds: float) -> RuleSet:
    text, replaced = re.subn(r"(?m)^threshold_log_odds = -5.0$", f"threshold_log_odds = {log_odds}", default_text())
    assert replaced == 1
    return parse_rule_set(text)


def light_and_alerts(folding: VehiclesFold, **fields: Any) -> tuple[Selection, list[Alert]]:
    outputs = advance(folding, passage(**fields))
    (selection,) = outputs_of(outputs, Selection)
    return selection, outputs_of(outputs, Alert)


def test_a_green_vehicle_under_a_raised_threshold_is_no_alert_though_the_rule_sets_is_reached() -> None:
    folding = fold(rules=rules_referring_from(-9.0))  # whom nobody knows has -7.7
    _, without_policy = light_and_alerts(folding, number=1)
    put(folding, threshold(5.0))
    selection, under_policy = light_and_alerts(folding, number=2, plate="XYZ9876")
    assert [one.kind for one in without_policy] == [AlertKind.RISK]
    assert (selection.light, under_policy) == (Light.GREEN, [])


def test_whoever_is_referred_for_the_risk_under_a_lowered_threshold_has_an_alert() -> None:
    folding = fold()
    put(folding, threshold(-20.0))
    selection, (alert,) = light_and_alerts(folding)
    assert (selection.light, selection.risk_over_threshold, alert.kind) == (Light.RED, True, AlertKind.RISK)
    assert "over the threshold for referral" in alert.summary and "after its light" not in alert.summary


def test_of_vehicles_with_just_the_thresholds_score_those_are_told_of_whom_the_lot_refers() -> None:
    folding = fold()
    score = light_and_alerts(folding)[0].log_odds
    put(folding, threshold(round(score, 3), share_at_threshold=0.3))
    for number in range(2, 102):
        selection, alerts = light_and_alerts(folding, number=number)
        assert bool(alerts) is selection.risk_over_threshold
        again = advance(folding, passage(number, revision=2))
        assert not outputs_of(again, Alert)


@pytest.mark.parametrize(("at_light", "since"), [(5.0, -20.0), (-20.0, 5.0)], ids=["lowered", "raised"])
def test_a_threshold_that_moves_after_the_light_says_nothing_of_who_stood_at_it(at_light: float, since: float) -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    put(folding, threshold(at_light))
    light_and_alerts(folding)
    put(folding, threshold(since))
    for key, change in folding.take_changes().items():
        assert change is not None
        stored[key] = change
    for one in (folding, fold(stored)):  # nor after a restart
        assert not outputs_of(advance(one, passage(revision=2), final(revision=3)), Alert)


def test_a_vehicle_that_stops_at_the_light_again_is_held_against_the_threshold_of_then() -> None:
    folding = fold()
    put(folding, threshold(5.0))
    light_and_alerts(folding)
    put(folding, threshold(-20.0))
    selection, (alert,) = light_and_alerts(folding, revision=2, state=PassageState.AT_LIGHT)
    assert (selection.threshold_log_odds, alert.kind) == (-20.0, AlertKind.RISK)


def test_a_green_vehicle_whose_later_readings_reach_its_threshold_is_told_of_as_such() -> None:
    folding = fold()
    put(folding, threshold(-7.65))
    selection, none = light_and_alerts(folding, gross_weight_kg=None)
    (alert,) = outputs_of(advance(folding, passage(revision=2, gross_weight_kg=2400.0)), Alert)  # -7.56
    assert (selection.light, none, alert.kind) == (Light.GREEN, [], AlertKind.RISK)
    assert "over the threshold for referral, by what came after its light" in alert.summary


@pytest.mark.parametrize(("policys", "most"), [(-6.5, -6.5), (-3.0, -5.0), (-20.0, RULES.prior_log_odds)])
def test_a_near_match_alone_weighs_no_more_than_a_routine_referral_under_any_policy(
    policys: float, most: float
) -> None:
    text = re.sub(r"TRACE_LINKED = { log_odds = 3.7", "TRACE_LINKED = { log_odds = 9.9", default_text())
    assert text != default_text()
    folding = fold(rules=parse_rule_set(text))
    put(folding, threshold(policys))
    read = candidates(ABC1284=0.5, ABC1234=0.45)
    outputs = advance(folding, add(entry()), passage(1, "ABC1284", gross_weight_kg=None, **read))
    (score,) = outputs_of(outputs, Score)
    assert score.evidence[0].name == "watchlist_near"
    assert score.log_odds == pytest.approx(most, abs=1e-9)  # nothing else is evidence
