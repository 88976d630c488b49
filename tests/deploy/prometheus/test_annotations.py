"""What people on call read: every annotation as Prometheus itself makes it of a fault, with nothing missing in it.

promtool is asked for alerts that are said not to fire, and tells, of those that do, labels and annotations. What a
template names and an alert lacks is no error to Prometheus: it leaves a gap, so gaps are looked for too.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import msgspec
import orjson
import pytest

from deploy.prometheus.rules import objective_rules, symptom_rules
from deploy.prometheus.watching import DEAD_MANS_SWITCH, Objective, Symptom, Symptoms, load_routing, load_symptoms
from deploy.prometheus.yaml_text import to_yaml
from tests.deploy.prometheus.faults import FAULTS, Fault
from tests.deploy.prometheus.series import STEP_SECONDS, Level, normal, with_fault
from tests.deploy.prometheus.test_objectives import EVALUATION, HISTORY_HOURS, OBJECTIVES, STEP_MINUTES, series_of
from tests.deploy.prometheus.tools import tool

SYMPTOMS = load_symptoms()
ALERTS = {one.name: one for one in SYMPTOMS.alert}
RUNBOOKS = load_routing().runbooks
TOLD = re.compile(r"Labels:\{(.*)\}\n\s*Annotations:\{(.*)\}\n")
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')
# A space before a full stop stands in no sentence of ours; nor does one twice, or at an end.
WRONG = re.compile(r"<no value>|<error|\{\{|%!|\bNaN\b|\bInf\b|\$labels|  | [.,:;)]|^ | $")


class Told(NamedTuple):
    """One alert that fires."""

    labels: dict[str, str]
    annotations: dict[str, str]


def told(directory: Path, rules: object, case: dict[str, object], alert: str, eval_time: str) -> list[Told]:
    """The alerts of a name that fire at a time."""
    (directory / "rules.yml").write_text(to_yaml(rules))  # type: ignore[arg-type]
    asked = {"eval_time": eval_time, "alertname": alert, "exp_alerts": []}
    test = case | {"alert_rule_test": [asked]}
    interval = EVALUATION if alert not in ALERTS else f"{STEP_SECONDS}s"
    document = {"rule_files": ["rules.yml"], "evaluation_interval": interval, "tests": [test]}
    (directory / "tests.yml").write_bytes(orjson.dumps(document))
    command = [tool("promtool"), "test", "rules", str(directory / "tests.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    found = TOLD.findall(done.stdout + done.stderr)
    assert found, f"{alert} does not fire: {done.stdout}{done.stderr}"
    return [Told(*({name: json.loads(text) for name, text in PAIR.findall(part)} for part in one)) for one in found]


def of_fault(directory: Path, fault: Fault, alert: Symptom) -> list[Told]:
    """What an alert says of a fault as soon as it has to be there. Recordings, and no alert besides it."""
    before, steps = (
        seconds // STEP_SECONDS for seconds in (fault.before_seconds, fault.within_seconds or alert.within_seconds)
    )
    series = with_fault(normal(), fault.change, (before, steps + 2, 1))
    case: dict[str, object] = {"interval": f"{STEP_SECONDS}s", "input_series": series}
    rules = symptom_rules(Symptoms(SYMPTOMS.record, (alert,)), RUNBOOKS)
    return told(directory, rules, case, alert.name, f"{(before + steps) * STEP_SECONDS}s")


def check(found: list[Told]) -> None:
    """That each says everything that it was made to say."""
    for one in found:
        assert set(one.annotations) == {"summary", "description", "runbook_url"}
        assert one.annotations["runbook_url"] == f"{RUNBOOKS}#{one.labels['alertname'].lower()}"
        assert [text for text in one.annotations.values() if WRONG.search(text) or not text] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.alert} {fault.name}".strip())
def test_an_alert_on_a_symptom_says_all_that_it_is_made_to(fault: Fault, tmp_path: Path) -> None:
    check(of_fault(tmp_path, fault, ALERTS[fault.alert]))


@pytest.mark.parametrize("one", OBJECTIVES.values(), ids=OBJECTIVES)
def test_an_alert_on_an_objective_says_all_that_it_is_made_to(one: Objective, tmp_path: Path) -> None:
    budget = 1 - one.target
    series = series_of(one, ((0.2 * budget, HISTORY_HOURS), (16 * budget, 2)))
    case: dict[str, object] = {"interval": f"{STEP_MINUTES}m", "input_series": series}
    check(told(tmp_path, objective_rules((one,), RUNBOOKS), case, one.alert, f"{HISTORY_HOURS * 60 + 60}m"))


def test_the_dead_mans_switch_says_all_that_it_is_made_to(tmp_path: Path) -> None:
    check(of_fault(tmp_path, Fault(DEAD_MANS_SWITCH, {}, {}), ALERTS[DEAD_MANS_SWITCH]))


@pytest.mark.parametrize(
    "wrong",
    [
        "Stage {{ $labels.nothing }} stands still",
        "{{ .Nothing }} of it",
        "A tenth of {{ $labels.nothing }}.",
        "{{ $labels.site | humanizeDuration }}",
    ],
)
def test_a_template_that_leaves_a_gap_or_fails_is_found(wrong: str, tmp_path: Path) -> None:
    fault = Fault("GatewaySpoolDamaged", {}, {'border_gateway_damaged*"2301-bota"*': Level(2)})
    alert = msgspec.structs.replace(ALERTS["GatewaySpoolDamaged"], summary=wrong)
    with pytest.raises(AssertionError):
        check(of_fault(tmp_path, fault, alert))
