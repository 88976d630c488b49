"""Every objective, by promtool: its alerts fire as fast as its budget burns; one that could not is refused."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from deploy.prometheus.rules import objective_rules
from deploy.prometheus.watching import BURNS, WINDOWS, Objective, load_objectives, load_routing, wrong_with
from deploy.prometheus.yaml_text import to_yaml
from tests.deploy.prometheus.series import named
from tests.deploy.prometheus.tools import RULES, run_rule_tests

OBJECTIVES = {one.name: one for one in load_objectives()}
STEP_MINUTES = 2
EVALUATION = "30m"  # what a window began with is looked up half of it ago, and an hour is the shortest
HISTORY_HOURS = 72
EVENTS_PER_SECOND = 10.0

# Of objectives on counters: the series of what is measured, and of all; `errors` tells which of the two kinds it is.
COUNTERS: Mapping[str, tuple[str, str]] = {
    "decision-freshness": (
        named("border_selection_seconds_bucket", job="exporter", mode="OPERATIONAL", le="0.25"),
        named("border_selection_seconds_count", job="exporter", mode="OPERATIONAL"),
    ),
    "completeness": (
        named("border_dead_letters_total", job="stage", stage="lanes", reason="undecodable"),
        named("border_records_total", job="stage", stage="lanes", topic="border.lane.readings.v1"),
    ),
    "light-availability": (
        named("border_light_answers_total", job="light", port="2301", kind="selection"),
        named("border_light_answers_total", job="light", port="2301", kind="fallback"),
    ),
    "light-promptness": (
        named("border_light_answer_seconds_bucket", job="light", kind="selection", le="1.25"),
        named("border_light_answer_seconds_count", job="light", kind="selection"),
    ),
    "gateway-delivery": (
        named("border_gateway_delivery_seconds_bucket", site="2301-bota", topic="border.lane.readings.v1", le="1.0"),
        named("border_gateway_delivery_seconds_count", site="2301-bota", topic="border.lane.readings.v1"),
    ),
}
LEVELS = {"job": "exporter", "stage": "lanes", "site": "2301-bota", "port": "2304"}


def rules_of(one: Objective, directory: Path) -> Path:
    """Its part of rules/objectives.yml: days of all objectives' rules would take minutes."""
    path = directory / "objective.yml"
    path.write_text(to_yaml(objective_rules((one,), load_routing().runbooks)))
    return path


def labels_of(one: Objective) -> dict[str, str]:
    """Labels of its budget in these tests."""
    labels = {label: LEVELS[label] for label in one.level}
    if one.name.startswith("light-"):
        labels["job"] = "light"
    return labels


def series_of(one: Objective, stretches: tuple[tuple[float, int], ...]) -> list[dict[str, str]]:
    """What is measured, with so great a share of errors for so many hours, one stretch behind the other."""
    if one.share is not None:
        name = named(f"{'_'.join(one.level)}:{one.metric}_good:ratio", **labels_of(one), objective=one.name)
        levels = [f"{1 - errors:.9f}+0x{hours * 60 // STEP_MINUTES - 1}" for errors, hours in stretches]
        return [{"series": name, "values": " ".join(levels)}]
    measured, all_of_it = COUNTERS[one.name]
    others_are_errors = one.name == "light-availability"  # its kinds of answers are all there are
    shares = {measured: [errors if one.bad else 1 - errors for errors, _ in stretches]}
    shares[all_of_it] = [errors if others_are_errors else 1.0 for errors, _ in stretches]
    return [
        {"series": name, "values": counter([(share, hours) for share, (_, hours) in zip(of, stretches, strict=True)])}
        for name, of in shares.items()
    ]


def counter(stretches: list[tuple[float, int]]) -> str:
    """Promtool's notation of a counter with these shares of all events."""
    words, value = [], 0.0
    for share, hours in stretches:
        steps = hours * 60 // STEP_MINUTES
        slope = share * EVENTS_PER_SECOND * STEP_MINUTES * 60
        words.append(f"{value:.6f}+{slope:.6f}x{steps - 1}")
        value += slope * steps
    return " ".join(words)


def firing(one: Objective, minutes: int, *severities: str) -> dict[str, object]:
    """That its alerts of exactly these severities fire then."""
    samples = []
    for severity in severities:
        labels = {"alertname": one.alert, "alertstate": "firing", "severity": severity, "owner": one.owner}
        labels |= {"objective": one.name} | labels_of(one)
        samples.append({"labels": named("ALERTS", **labels), "value": 1})
    return {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{minutes}m", "exp_samples": samples}


def case(
    one: Objective, what: str, stretches: tuple[tuple[float, int], ...], *checks: dict[str, object]
) -> dict[str, object]:
    return {
        "name": f"{one.name}: {what}",
        "interval": f"{STEP_MINUTES}m",
        "input_series": series_of(one, stretches),
        "promql_expr_test": list(checks),
    }


def cases_of(one: Objective) -> list[dict[str, object]]:
    """Budgets that burn 16, 7, 3.5, 1.2 and 0.8 times as fast as they may."""
    budget, start = 1 - one.target, HISTORY_HOURS * 60
    usual = (0.2 * budget, HISTORY_HOURS)
    return [
        case(
            one,
            "16 times for two hours pages within one, and is over ten minutes after its end",
            (usual, (16 * budget, 2), (0.2 * budget, 1)),
            firing(one, start - 30),
            firing(one, start + 30),
            firing(one, start + 60, "page"),
            firing(one, start + 150),
        ),
        case(
            one,
            "7 times pages after six hours",
            (usual, (7 * budget, 7)),
            firing(one, start + 180),
            firing(one, start + 390, "page"),
        ),
        case(
            one,
            "3.5 times is a ticket after a day",
            (usual, (3.5 * budget, 25)),
            firing(one, start + 240),
            firing(one, start + 24 * 60, "ticket"),
        ),
        case(one, "1.2 times for three days is a ticket", ((1.2 * budget, 73),), firing(one, start, "ticket")),
        case(one, "0.8 times is within the budget", ((0.8 * budget, 73),), firing(one, start)),
    ]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_pages_or_asks_for_a_ticket_as_fast_as_its_budget_burns(name: str, tmp_path: Path) -> None:
    run_rule_tests(tmp_path, [rules_of(OBJECTIVES[name], tmp_path)], EVALUATION, cases_of(OBJECTIVES[name]))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_window_and_what_is_left_of_the_budget_are_recorded(name: str, tmp_path: Path) -> None:
    one = OBJECTIVES[name]
    errors = 0.5 * (1 - one.target)
    labels = {**labels_of(one), "objective": one.name}
    checks = [
        {
            "expr": f"round({one.errors}{window}, 0.000001)",
            "eval_time": "2h",
            "exp_samples": [{"labels": named("", **labels), "value": round(errors, 6)}],
        }
        for window in WINDOWS
    ]
    left = f"{'_'.join(one.level)}:{one.metric}_budget_left:ratio{one.window_days}d"
    half = [{"labels": named("", **labels), "value": 0.5}]
    checks.append({"expr": f"round({left}, 0.001)", "eval_time": "2h", "exp_samples": half})
    tests = [case(one, "half of it", ((errors, 3),), *checks)]
    run_rule_tests(tmp_path, [rules_of(one, tmp_path)], EVALUATION, tests)


def test_the_first_minutes_of_a_platform_are_not_taken_for_its_hour(tmp_path: Path) -> None:
    one = OBJECTIVES["lag"]
    young = case(one, "ten minutes old", ((1.0, 1),), firing(one, 20), firing(one, 40, "page"))
    run_rule_tests(tmp_path, [rules_of(one, tmp_path)], "2m", [young])


def test_nine_bad_records_of_a_stage_that_has_few_wake_nobody_and_ten_do(tmp_path: Path) -> None:
    one = OBJECTIVES["completeness"]
    quiet, noisy = named("", stage="traces"), named("", stage="lanes")
    series = {}
    for labels, bad in ((quiet, 9), (noisy, 12)):
        inside = labels[1:-1]
        # All within ten minutes, of as many records; a rate over an hour that they do not fill says a little more.
        rises = f"0+0x59 {bad / 5}+{bad / 5}x4 {bad}+0x60"
        series[f"border_records_total{{{inside}}}"] = rises
        series[f'border_dead_letters_total{{{inside},reason="undecodable"}}'] = rises
    test = {
        "interval": f"{STEP_MINUTES}m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (stage) (ALERTS{alertstate="firing",severity="page"})',
                "eval_time": "128m",
                "exp_samples": [{"labels": noisy, "value": 1}],
            }
        ],
    }
    run_rule_tests(tmp_path, [rules_of(one, tmp_path)], "2m", [test])


def share_is(expr: str, series: Mapping[str, str], expected: float | None, tmp_path: Path, **labels: str) -> None:
    """That a share is recorded with this value ten minutes in, or is not."""
    samples = [] if expected is None else [{"labels": named(expr, **labels), "value": expected}]
    test = {
        "interval": "10s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": expr, "eval_time": "10m", "exp_samples": samples}],
    }
    run_rule_tests(tmp_path, [RULES / "objectives.yml", RULES / "symptoms.yml"], "10s", [test])


LAG = named("border_lag_seconds", job="stage", stage="lanes", partition="0")
OTHER_LAG = named("border_lag_seconds", job="stage", stage="lanes", partition="1")
UP = named("up", job="stage", instance="127.0.0.1:9101", stage="lanes")


@pytest.mark.parametrize(
    ("series", "good"),
    [
        ({UP: "1x60", LAG: "0.1x60", OTHER_LAG: "9.9x60"}, 1),
        ({UP: "1x60", LAG: "0.1x60", OTHER_LAG: "10.1x60"}, 0),
        ({UP: "0x60"}, 0),
        ({UP: "1x60"}, 0),
    ],
    ids=["fresh", "one partition behind", "stopped", "recovering"],
)
def test_a_stage_is_in_time_only_while_it_works_and_no_partition_is_behind(
    series: dict[str, str], good: float, tmp_path: Path
) -> None:
    share_is("stage:border_lag_good:ratio", series, good, tmp_path, stage="lanes", objective="lag")


def test_a_day_without_trains_uses_nothing_of_the_rail_budget(tmp_path: Path) -> None:
    cars = named("border_rail_cars", port="2304", mode="OPERATIONAL", day="today", count="all")
    share_is("port:border_rail_coverage_good:ratio", {cars: "0x60"}, None, tmp_path)


def test_cars_of_a_drill_use_nothing_of_the_rail_budget(tmp_path: Path) -> None:
    ratio = {
        named("border_rail_scanned_well_ratio", port="2304", mode=mode, day="today"): value
        for mode, value in (("OPERATIONAL", "1x60"), ("EXERCISE", "0.2x60"))
    }
    name = "port:border_rail_coverage_good:ratio"
    share_is(name, ratio, 1, tmp_path, port="2304", objective="rail-coverage")


def test_one_silent_device_of_four_is_a_quarter_of_its_sites_errors(tmp_path: Path) -> None:
    silent = {
        named("border_gateway_silence_seconds", job="gateway", site="2301-bota", device=f"camera-{number}"): values
        for number, values in enumerate(("40x60", "300x60", "3500x60", "3700x60"))
    }
    name = "site:border_device_heard_good:ratio"
    share_is(name, silent, 0.75, tmp_path, site="2301-bota", objective="devices-heard")


def test_budgets_of_thirty_days_burn_at_the_paces_of_the_workbook() -> None:
    assert [burn.pace(30) for burn in BURNS] == [14.4, 6.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"target": 0.9}, "above 0.931"),  # errors of 100 % would be 10 times the pace, never 14.4 times
        ({"target": 1.0}, "below 1"),
        ({"total": None}, "it needs either"),
        ({"bad": "x[$window]"}, "it needs either"),
        ({"share": "x"}, "it needs either"),
        ({"share": "x", "good": None, "total": None}, "`least_errors` counts events"),
        ({"good": "sum(rate(x[5m]))"}, "`good` names no $window"),
    ],
)
def test_an_objective_that_could_not_work_is_refused(change: dict[str, object], reason: str) -> None:
    one = OBJECTIVES["light-availability"]
    assert wrong_with(one) == ""
    assert reason in wrong_with(msgspec.structs.replace(one, **change))


def test_a_file_that_does_not_hold_is_refused_with_its_name_and_the_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[objective]]\nname = "x"\nowner = 3\n')
    with pytest.raises(ValueError, match=r"mine.toml: Expected `str`, got `int` - at `\$.objective\[0\].owner`"):
        load_objectives(path)
