"""A rule set's own examples: run through the real stage, told apart by what came of them."""

import msgspec
import pytest

from schemas.layout import load_ports
from schemas.records import LaneMode, Light
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import Example, RuleSet, parse_rule_set
from streams.core.rule_set_examples import ExampleResult, run_example, run_examples
from streams.core.vehicles import VehiclesStage
from tests.core.vehicles.builders import RULES, default_text


def run(rules: RuleSet = RULES, **fields: object) -> ExampleResult:
    return run_example(
        VehiclesStage(rules, RandomKeys(bytes(32)), load_ports()),
        msgspec.convert({"name": "x", "expect": {}} | fields, Example),
    )


@pytest.mark.parametrize("result", run_examples(RULES, load_ports()), ids=lambda result: result.name)
def test_an_example_of_the_platforms_own_rule_set_holds(result: ExampleResult) -> None:
    assert not result.problems, result.score


def test_the_platforms_own_rule_set_has_a_dozen_examples_with_names_of_their_own() -> None:
    assert len(RULES.examples) >= 12
    assert len({example.name for example in RULES.examples}) == len(RULES.examples)


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ({"log_odds_min": -3.0}, "log-odds -7.70, expected at least -3.00"),
        ({"log_odds_max": -9.0}, "log-odds -7.70, expected at most -9.00"),
        ({"light": "RED"}, "GREEN, expected RED"),
        ({"present": ["xray_machine"]}, "no xray_machine"),
        ({"absent": ["xray_machines"]}, "there is no evidence 'xray_machines'"),
    ],
)
def test_what_is_not_as_expected_is_said(expect: dict[str, object], problem: str) -> None:
    [said] = run(expect=expect).problems
    assert problem in said


def test_evidence_that_must_be_absent_is_said() -> None:
    assert run(xray_machine="ALARM", expect={"absent": ["xray_machine"]}).problems == ["xray_machine was not expected"]


def test_the_lot_decides_nothing_in_an_example() -> None:
    all_drawn = parse_rule_set(default_text().replace("random_propensity = 0.05", "random_propensity = 0.999"))
    assert run(all_drawn).light is Light.GREEN


def test_earlier_crossings_are_what_the_stage_would_remember() -> None:
    history = [{"hours_ago": 24.0, "times": 3, "weight_kg": 1700.0}, {"hours_ago": 12.0, "lane_id": "2301/04"}]
    result = run(weight_kg=1700.0, earlier=history)
    assert result.score is not None
    said = {one.name: one.explanation for one in result.score.evidence}
    assert "and its 3 earlier weighings" in said["gross_weight"]
    assert "crossings: 1 in 24 h, 3 in 72 h, 4 in 30 days" in said["repetition"]


def test_an_entry_of_another_plate_is_no_exact_hit() -> None:
    listed = {"kind": "WANTED", "plate": "XYZ9876"}
    assert not run(listed=listed, expect={"absent": ["watchlist_exact"], "light": "GREEN"}).problems


def test_a_truck_is_weighed_with_what_it_declares() -> None:
    truck = {"lane_mode": LaneMode.TRUCK, "vehicle_class": 9, "weight_kg": 29_000.0, "declared_load_kg": 10_000.0}
    assert not run(**truck, expect={"present": ["declared_against_measured"]}).problems


def test_a_passage_that_cannot_be_is_a_problem_not_a_crash() -> None:
    [problem] = run(weight_kg=1e9).problems
    assert "gross_weight_kg" in problem


def test_an_unknown_field_of_an_example_is_refused() -> None:
    with pytest.raises(ValueError, match="weight_lb"):
        parse_rule_set(default_text() + '\n[[examples]]\nname = "x"\nweight_lb = 1.0\nexpect = {}\n')
