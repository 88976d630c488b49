"""The report as one HTML page that needs nothing else: no network, no script, a table beside every plot."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from deploy.evaluation.summary import SHARES
from deploy.evaluation.svg import Point, Row, intervals, reliability

STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h2 { margin-top: 3rem; } svg { width: 100%; max-width: 760px; height: auto; font: 12px system-ui, sans-serif; }
table { border-collapse: collapse; font-size: 14px; margin: 1rem 0; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .2rem .7rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; } code { font-size: 14px; overflow-wrap: anywhere; }
.alert { border-left: 4px solid #9a4a00; padding-left: .8rem; }
"""
LIFT_RED: Final = "0.10"
RECALL_RED: Final = "0.05"
NAMES: Final = {"random": "random light", "weight_only": "weight only", "watchlist_only": "watchlist only"}


def page_of(result: Mapping[str, Any]) -> str:
    """The page of a summary."""
    sections = (
        lift_section, load_section, actor_section, cost_section, calibration_section, ablation_section,
        fairness_section, world_section,
    )  # fmt: skip
    body = "".join(section(result) for section in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of the score</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Evaluation of the score</h1>{introduction(result)}{body}</main></body></html>\n"
    )


def introduction(result: Mapping[str, Any]) -> str:
    """What was done, and how to read it."""
    lift = figure(result["lift_at_red"][LIFT_RED])
    return (
        f"<p>{len(result['worlds'])} simulated worlds, rule set {escape(result['rule_set_version'])}: "
        f"{result['passages']:,} passages judged, which stand for {result['traffic']:,.0f}; {result['loaded']:,.0f} of "
        f"them carried guns or ammunition. At 10 % red the score finds {lift} times what the random arm finds.</p>"
        f"<p>X-ray rates learned from a burn-in's inspections were in force in {result['runs_with_learned_rates']} of "
        f"{result['runs']} runs; elsewhere the inspections of a unit were too few.</p>"
        "<p>Brackets are 95 % intervals over worlds, seeds and plates. A red light is a referral to a person; red and "
        "empty is what it costs.</p>"
        f"{''.join(f'<p>{escape(note)}</p>' for note in result['not_evaluated'].values())}"
        f"<p>Repeat: <code>{escape(result['command'])}</code></p>"
    )


def lift_section(result: Mapping[str, Any]) -> str:
    """The score against the baselines."""
    series = {"full score": result["lift_at_red"]} | {
        NAMES.get(name, name): one["lift_at_red"] for name, one in result["baselines"].items()
    }
    rows = [
        row_of(f"{float(share):.0%} red, {name}", lifts[share], name != "full score")
        for share in SHARES
        for name, lifts in series.items()
    ]
    plot = intervals(
        "Lift over the random arm", "At each share of red, the score and the baselines.", rows, "lift", 1.0
    )
    cells = [[name, *[figure(lifts[share]) for share in SHARES]] for name, lifts in series.items()]
    cells += [
        [f"full above {NAMES.get(name, name)}, in pairs", *[figure(one["full_lift_above"][share]) for share in SHARES]]
        for name, one in result["baselines"].items()
    ]
    for label, key in (("precision", "precision_at_red"), ("recall", "recall_at_red")):
        cells.append([f"{label} of the full score", *[figure(result[key][share]) for share in SHARES]])
    return section("Lift", plot, table("Lift, precision and recall", ["", *by_red()], cells))


def load_section(result: Mapping[str, Any]) -> str:
    """Recall by size of the load."""
    single = result["single_gun_first_timers"]
    rows = result["recall_by_load"] | {"single-gun first-timers": single}
    return recall_section("Recall by load", "guns, or rounds alone", rows) + f"<p>{escape(single['note'])}</p>"


def actor_section(result: Mapping[str, Any]) -> str:
    """Recall by method of smuggling."""
    return recall_section("Recall by method", "how the load is carried", result["recall_by_actor"])


def recall_section(title: str, kind: str, recalls: Mapping[str, Any]) -> str:
    """Recall of kinds of loads, with the plot at RECALL_RED."""
    rows = [row_of(f"{name} ({one['loaded'] or 0:,.0f})", one["at_red"][RECALL_RED]) for name, one in recalls.items()]
    share = float(RECALL_RED)
    plot = intervals(title, f"Recall at {share:.0%} red; the dashed line is the random arm.", rows, "recall", share)
    cells = [
        [name, f"{one['loaded'] or 0:,.0f}", *[figure(one["at_red"][red]) for red in SHARES]]
        for name, one in recalls.items()
    ]
    return section(title, plot, table(f"{title}: {kind}", ["", "loaded", *by_red()], cells))


def cost_section(result: Mapping[str, Any]) -> str:
    """What it costs."""
    columns = {"rule set's threshold": result["operating_point"]} | {
        f"{float(share):.0%} red": one for share, one in result["cost_at_red"].items()
    }
    names = ("reds_per_day", "seizures_per_1000_referrals", "inspector_minutes_per_seizure")
    rows = [row_of(label, one[names[1]]) for label, one in columns.items()]
    plot = intervals("Seizures per 1,000 referrals", "If an inspection finds what is there.", rows, "seizures")
    cells = [[name.replace("_", " "), *[figure(one[name]) for one in columns.values()]] for name in names]
    cells.append(
        ["red share", figure(result["operating_point"]["red_share"]), *[f"{float(red):.0%}" for red in SHARES]]
    )
    caption = f"Cost, at {result['inspection_minutes']:g} minutes an inspection"
    return section("Delay and cost", plot, table(caption, ["", *columns], cells))


def calibration_section(result: Mapping[str, Any]) -> str:
    """Predicted against observed."""
    one = result["calibration"]
    points = [
        Point(row["predicted"], row["observed"]["value"], row["observed"]["low"], row["observed"]["high"])
        for row in one["reliability"]
        if None not in (row["predicted"], *row["observed"].values()) and row["predicted"] and row["observed"]["value"]
    ]
    plot = reliability("Calibration", "Slices of the traffic by score, on logarithmic axes.", points)
    cells = [
        [
            f"{row['from']:.1%} to {row['to']:.1%}",
            f"{row['predicted'] or 0:.2e}",
            figure(row["observed"], "{:.2e}"),
            f"{row['loaded'] or 0:,.0f}",
        ]
        for row in one["reliability"]
    ]
    told = (
        f"<p>Slope {figure(one['slope'])}, intercept {figure(one['intercept'])}; right are 1 and 0. Brier "
        f"score {one['brier']:.4g}, of the base rate told of everyone {one['brier_of_base_rate']:.4g}.</p>"
    )
    heads = ["traffic by score, lowest first", "predicted", "observed", "loaded"]
    return section("Calibration", plot, told + table("Reliability", heads, cells))


def ablation_section(result: Mapping[str, Any]) -> str:
    """What each evidence is worth."""
    entries = result["ablation"].items()
    rows = [row_of(name, one["lost"], name.startswith("group ")) for name, one in entries]
    title = "Lift at 10 % red lost without each evidence"
    plot = intervals(title, "Groups are squares. Below zero: the score is better without it.", rows, "lift lost", 0.0)
    cells = [[name, one["group"], figure(one["lift"]), figure(one["lost"])] for name, one in entries]
    return section("Evidence", plot, table(title, ["", "group", "lift without", "lost"], cells))


def fairness_section(result: Mapping[str, Any]) -> str:
    """False-red rates by group."""
    told = "".join(f'<p class="alert">{escape(disparity_text(one))}</p>' for one in result["disparities"])
    parts = [told or "<p>No disparity.</p>", f"<p>{escape(disparity_test_text(result['disparity_test']))}</p>"]
    for dimension, groups in result["fairness"].items():
        name = dimension.replace("_", " ")
        rows = [row_of(group, one["at_0.10_red"]["false_red_rate"]) for group, one in groups.items()]
        title = f"False-red rate by {name}, 10 % red"
        parts.append(f"<figure>{intervals(title, 'Red and empty among the empty.', rows, 'rate', 0.1)}</figure>")
        cells = [
            [
                group,
                f"{one['passages']:,}",
                *[
                    figure(one[point][rate])
                    for point in ("at_threshold", "at_0.10_red")
                    for rate in ("false_red_rate", "hit_rate")
                ],
                figure(one["lot_rate"]),
            ]
            for group, one in groups.items()
        ]
        heads = ["", "passages", "false red at threshold", "hits", "false red at 10 %", "hits", "hits of the lot"]
        parts.append(table(f"By {name}", heads, cells))
    return f"<section><h2>Fairness</h2>{''.join(parts)}</section>"


def disparity_test_text(one: Mapping[str, Any]) -> str:
    """How disparities were looked for, in words."""
    return (
        f"{one['comparisons']} comparisons of a group's false-red rate with all others' in the same worlds; "
        f"{one['too_few_red_plates']} more were not made, for fewer than {one['red_plates_min']} red plates. A "
        f"disparity is a ratio of {one['ratio_min']:g} or more either way with intervals apart, which hold for all "
        f"comparisons together at {1.0 - one['family_error']:.0%} ({one['correction']}); it is of these worlds."
    )


def disparity_text(one: Mapping[str, Any]) -> str:
    """A disparity in words."""
    ratio = "" if one["ratio"] is None else f" ({one['ratio']:g} times)"
    return (
        f"{one['dimension'].replace('_', ' ')} {one['group']}, {one['point'].replace('_', ' ')}: false-red rate "
        f"{figure(one['false_red_rate'])} against {figure(one['others_false_red_rate'])} of all others{ratio}"
    )


def world_section(result: Mapping[str, Any]) -> str:
    """World by world."""
    worlds = sorted(result["worlds"], key=lambda world: world["lift_at_red"][LIFT_RED]["value"])
    rows = [row_of(world["name"], world["lift_at_red"][LIFT_RED]) for world in worlds]
    plot = intervals("Lift at 10 % red by world", "Worst first.", rows, "lift", 1.0)
    cells = [
        [
            world["name"],
            *[figure(world["lift_at_red"][share]) for share in SHARES],
            f"{world['calibration_slope'] or float('nan'):.2f}",
            ", ".join(f"{key} {value}" for key, value in world["parameters"].items()),
        ]
        for world in worlds
    ]
    heads = ["", *[f"lift at {name}" for name in by_red()], "slope", "drawn as"]
    return section("Worlds", plot, table("Every world", heads, cells))


def section(title: str, plot: str, rest: str) -> str:
    """A section with its plot first."""
    return f"<section><h2>{escape(title)}</h2><figure>{plot}</figure>{rest}</section>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names the rows."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def by_red() -> list[str]:
    """Headings of the shares of red."""
    return [f"{float(share):.0%} red" for share in SHARES]


def row_of(label: str, one: Mapping[str, float | None], other: bool = False) -> Row:
    """An estimate as a row of a plot."""
    return Row(label, one["value"], one["low"], one["high"], other)


def figure(one: Mapping[str, float | None], form: str = "{:.3g}") -> str:
    """An estimate with its interval, `1.2 [1.0, 1.4]`; a dash for what could not be measured."""
    shown: Callable[[float | None], str] = lambda number: "-" if number is None else form.format(number)  # noqa: E731
    if one["value"] is None:
        return "-"
    return f"{shown(one['value'])} [{shown(one['low'])}, {shown(one['high'])}]"
