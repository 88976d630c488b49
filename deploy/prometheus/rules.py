"""Rules of Prometheus from objectives and symptoms.

objective ─► an error ratio for each window ─► an alert for each severity, two pairs of windows in it
symptom   ─► an alert
"""

import textwrap
from collections.abc import Sequence
from typing import Final

from deploy.prometheus.watching import BURNS, WINDOWS, Burn, Objective, Record, Symptom, Symptoms
from deploy.prometheus.yaml_text import Value
from deploy.stages import STAGE_NAMES
from streams.core.convoys.stage import ConvoysStage
from streams.core.estimates.stage import EstimatesStage
from streams.core.integrity.stage import IntegrityStage
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.stage import PolicyStage
from streams.core.traces.stage import TracesStage
from streams.core.trains import TrainsStage
from streams.core.vehicles import VehiclesStage

# What each stage reads, as the names of topics in `border_outputs_total`.
SOURCES: Final = {
    stage.name: stage.source.name
    for stage in (
        LanesStage,
        BacklogStage,
        VehiclesStage,
        ConvoysStage,
        OutcomesStage,
        PolicyStage,
        EstimatesStage,
        IntegrityStage,
        TracesStage,
        TrainsStage,
    )
}


def objective_rules(objectives: Sequence[Objective], runbooks: str) -> Value:
    """The document of rules/objectives.yml."""
    groups: list[Value] = []
    for one in objectives:
        groups.append({"name": f"objective-{one.name}", "rules": [*_ratios(one), *_burns(one, runbooks)]})
    return {"groups": groups}


def _ratios(one: Objective) -> list[Value]:
    labels: dict[str, Value] = {"objective": one.name}
    rules: list[Value] = []
    if one.share is not None:
        share = f"{'_'.join(one.level)}:{one.metric}_good:ratio"
        rules.append({"record": share, "expr": one.share, "labels": labels})
        ratio = f"1 - avg_over_time({share}[$window])"
    elif one.bad is not None:
        ratio = f"({one.bad.strip()})\n/ {_stripped(one.total)}"
    else:
        ratio = f"1 -\n({_stripped(one.good)})\n/ {_stripped(one.total)}"
    for window in WINDOWS:
        rules.append({"record": one.errors + window, "expr": ratio.replace("$window", window), "labels": labels})
    left = f"1 - avg_over_time({one.errors}1h[{one.window_days}d]) / (1 - {one.target})"
    name = f"{'_'.join(one.level)}:{one.metric}_budget_left:ratio{one.window_days}d"
    rules.append({"record": name, "expr": left, "labels": labels})
    return rules


def _burns(one: Objective, runbooks: str) -> list[Value]:
    rules: list[Value] = []
    for severity in ("page", "ticket"):
        pairs = [_burning(one, burn) for burn in BURNS if burn.severity == severity]
        rules.append(
            {
                "alert": one.alert,
                "expr": "\nor\n".join(pairs),
                "labels": {"severity": severity, "owner": one.owner},
                "annotations": _annotations(one, runbooks),
            }
        )
    return rules


def _burning(one: Objective, burn: Burn) -> str:
    """That the budget burns too fast in both of a burn's windows, and of enough errors."""
    bound = f"> {burn.pace(one.window_days)} * (1 - {one.target})"
    # A window that is less than half full says nothing: a platform's first minutes would be all of its hour.
    half = f"{one.errors}{burn.long} offset {burn.hours * 30}m"
    parts = [f"{one.errors}{burn.long} {bound}", f"{one.errors}{burn.short} {bound}", half]
    if one.least_errors:
        errors = _stripped(one.bad) or f"{_stripped(one.total)}\n- {_stripped(one.good)}"
        parts.append(f"{burn.hours * 3600} * ({errors}) >= {one.least_errors}".replace("$window", burn.long))
    return "(\n" + textwrap.indent("\nand ignoring (objective)\n".join(parts), "  ") + "\n)"


def symptom_rules(symptoms: Symptoms, runbooks: str) -> Value:
    """The document of rules/symptoms.yml: costly recording rules in groups of their own."""
    groups: list[Value] = []
    for interval in sorted({one.interval or "" for one in symptoms.record}):
        rules: list[Value] = [_recording(one) for one in symptoms.record if (one.interval or "") == interval]
        head: dict[str, Value] = {"name": "recordings"}
        if interval:
            head = {"name": f"recordings-{interval}", "interval": interval}
        groups.append(head | {"rules": rules})
    groups.append({"name": "symptoms", "rules": [_alert(one, runbooks) for one in symptoms.alert]})
    return {"groups": groups}


def _recording(one: Record) -> Value:
    return {"record": one.name, "expr": expanded(one.expr)}


def _alert(one: Symptom, runbooks: str) -> Value:
    return {
        "alert": one.name,
        "expr": expanded(one.expr),
        "for": one.lasts,
        **({"keep_firing_for": one.keep_firing_for} if one.keep_firing_for else {}),
        "labels": {"severity": one.severity},
        "annotations": _annotations(one, runbooks),
    }


def _annotations(one: Objective | Symptom, runbooks: str) -> Value:
    name = one.alert if isinstance(one, Objective) else one.name
    return {
        "summary": one.summary,
        "description": one.description,
        "runbook_url": f"{runbooks}#{name.lower()}",
    }


def expanded(expr: str) -> str:
    """An expression with one of its own for each stage in place of `$each_stage` and `$inputs`."""
    each_stage = [f'sum by (stage) (absent(up{{job="stage",stage="{name}"}}))' for name in STAGE_NAMES]
    inputs = [
        f'label_replace(sum(rate(border_outputs_total{{topic="{SOURCES[name]}"}}[1m])), "stage", "{name}", "", "")'
        for name in STAGE_NAMES
    ]
    return expr.strip().replace("$each_stage", "\nor\n".join(each_stage)).replace("$inputs", "\nor\n".join(inputs))


def _stripped(text: str | None) -> str:
    return (text or "").strip()
