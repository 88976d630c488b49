"""The result of an evaluation as tables on a screen."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.evaluation.page import LIFT_RED, NAMES, by_red, disparity_test_text, disparity_text, figure
from deploy.evaluation.summary import SHARES


def show(result: Mapping[str, Any]) -> None:
    """Lift, recall by kind, evidence, and in lines what else must be known."""
    console = Console()
    console.print(lift_table(result), recall_table(result), evidence_table(result))
    calibration, point, worst = result["calibration"], result["operating_point"], result["worst_world"]
    lines = [
        f"calibration: slope {figure(calibration['slope'])}, intercept {figure(calibration['intercept'])}, Brier "
        f"{calibration['brier']:.4g} (base rate alone {calibration['brier_of_base_rate']:.4g})",
        f"at the rule set's threshold: red share {figure(point['red_share'])}, {figure(point['reds_per_day'])} reds a "
        f"day and world, {figure(point['seizures_per_1000_referrals'])} seizures per 1,000 referrals, "
        f"{figure(point['inspector_minutes_per_seizure'])} inspector minutes each",
        f"worst world: {worst['name']}, lift at 10 % red {figure(worst['lift_at_red'][LIFT_RED])}",
        f"learned X-ray rates in force in {result['runs_with_learned_rates']} of {result['runs']} runs",
        result["single_gun_first_timers"]["note"],
        *[f"not evaluated: {note}" for note in result["not_evaluated"].values()],
        f"fairness: {disparity_test_text(result['disparity_test'])}",
        *[f"disparity: {disparity_text(one)}" for one in result["disparities"]],
        f"repeat: {result['command']}",
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False)


def lift_table(result: Mapping[str, Any]) -> Table:
    """The score against the baselines."""
    table = table_of(
        f"Lift over the random arm: {len(result['worlds'])} worlds, {result['passages']:,} passages for "
        f"{result['traffic']:,.0f}, {result['loaded']:,.0f} loaded; 95 % intervals",
        *by_red(),
    )
    table.add_row("full score", *[figure(result["lift_at_red"][share]) for share in SHARES])
    for name, one in result["baselines"].items():
        table.add_row(NAMES.get(name, name), *[figure(one["lift_at_red"][share]) for share in SHARES])
        above = [figure(one["full_lift_above"][share]) + (" *" if one["beaten"][share] else "") for share in SHARES]
        table.add_row("  full above it", *above)
    table.add_row("precision", *[figure(result["precision_at_red"][share]) for share in SHARES])
    table.caption = "* better than the baseline, in pairs"
    return table


def recall_table(result: Mapping[str, Any]) -> Table:
    """Recall by load and by method."""
    table = table_of("Recall", "loaded", *by_red())
    kinds = {"all": {"loaded": result["loaded"], "at_red": result["recall_at_red"]}}
    kinds |= result["recall_by_load"] | {"single-gun first-timers": result["single_gun_first_timers"]}
    for kind, one in (kinds | result["recall_by_actor"]).items():
        table.add_row(kind, f"{one['loaded'] or 0:,.0f}", *[figure(one["at_red"][share]) for share in SHARES])
    return table


def evidence_table(result: Mapping[str, Any]) -> Table:
    """What each evidence is worth."""
    table = table_of("Evidence: lift at 10 % red", "group", "without it", "lost")
    for name, one in result["ablation"].items():
        table.add_row(name, one["group"], figure(one["lift"]), figure(one["lost"]))
    return table


def table_of(title: str, *headings: str) -> Table:
    """A table whose first column names the rows."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
