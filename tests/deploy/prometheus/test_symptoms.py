"""Every alert on a symptom, by promtool: quiet before the fault, there within its stated time, over after the mend."""

from pathlib import Path

import pytest

from deploy.prometheus.watching import DEAD_MANS_SWITCH, load_symptoms
from tests.deploy.prometheus.faults import FAULTS, Fault, Fired
from tests.deploy.prometheus.series import STEP_SECONDS, Level, normal, with_fault
from tests.deploy.prometheus.tools import RULES, run_rule_tests

ALERTS = {one.name: one for one in load_symptoms().alert}
LAST_SECONDS = 60  # how long a fault goes on once its alert has to be there, if it says nothing else
FIRING = 'ALERTS{alertstate="firing"}'


def expected(*fired: tuple[str, Fired]) -> list[dict[str, object]]:
    """Samples of exactly these alerts, and of the dead man's switch, which always fires."""
    samples = []
    for name, labels in ((DEAD_MANS_SWITCH, {}), *fired):
        all_labels = {"alertname": name, "alertstate": "firing", "severity": ALERTS[name].severity, **labels}
        text = ",".join(f'{key}="{value}"' for key, value in all_labels.items())
        samples.append({"labels": f"ALERTS{{{text}}}", "value": 1})
    return samples


def at(seconds: int, *fired: tuple[str, Fired]) -> dict[str, object]:
    return {"expr": FIRING, "eval_time": f"{seconds}s", "exp_samples": expected(*fired)}


def case_of(fault: Fault) -> dict[str, object]:
    """Promtool's test of one fault."""
    own, before = (fault.alert, fault.labels), fault.before_seconds
    within = before + (fault.within_seconds or ALERTS[fault.alert].within_seconds)
    end = before + fault.minutes * 60 if fault.minutes else within + LAST_SECONDS
    over = end + fault.over_after_seconds
    stretches = before // STEP_SECONDS, (end - before) // STEP_SECONDS, (over - end) // STEP_SECONDS + 1
    return {
        "name": f"{fault.alert}: {fault.name}",
        "interval": f"{STEP_SECONDS}s",
        "input_series": with_fault(normal(), fault.change, stretches),
        "promql_expr_test": [
            at(before - STEP_SECONDS),
            at(within, own, *fault.also),
            at(end - STEP_SECONDS, own, *fault.also, *fault.later),
            at(over),
        ],
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.alert} {fault.name}".strip())
def test_a_fault_fires_its_alert_in_time_with_its_consequences_alone_and_the_mend_ends_them(
    fault: Fault, tmp_path: Path
) -> None:
    run_rule_tests(tmp_path, [RULES / "symptoms.yml"], f"{STEP_SECONDS}s", [case_of(fault)])


def test_every_alert_has_a_fault_that_fires_it() -> None:
    assert {fault.alert for fault in FAULTS} == set(ALERTS) - {DEAD_MANS_SWITCH}


def test_a_test_of_a_fault_that_does_not_happen_fails(tmp_path: Path) -> None:
    nothing = Fault("GatewaySpoolDamaged", {"site": "2301-bota"}, {"border_gateway_damaged*": Level(0)})
    with pytest.raises(AssertionError, match="GatewaySpoolDamaged"):
        run_rule_tests(tmp_path, [RULES / "symptoms.yml"], f"{STEP_SECONDS}s", [case_of(nothing)])
