"""`border evaluate`: how good the scores are, or how often the join is right, by the simulator's truth."""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from deploy.errors import UserError
from deploy.evaluation.join import ASSIGNED_RIGHT_MIN, NO_FAULT, SPLIT_OR_MERGED_MAX, JoinTally, evaluate_seed
from deploy.evaluation.oversight.budget import budget_error
from deploy.evaluation.oversight.coverage import interval_coverage
from deploy.evaluation.oversight.integrity import Oversight, evaluate_integrity
from deploy.evaluation.page import page_of
from deploy.evaluation.processes import JobFailed, run_all
from deploy.evaluation.rail.figures import evaluate_rail
from deploy.evaluation.rail.figures import show as show_rail
from deploy.evaluation.run import RunOptions
from deploy.evaluation.scores import Grid, RunFailed, evaluate_scores
from deploy.evaluation.screen import show
from deploy.new_file import check_new_file, new_file
from deploy.options import Count, CountOrNone, Flag, Positive, Seed, scenario_named
from deploy.stages import load_rule_set, rule_set_text
from producers.simulator import Scenario, with_stop

MONTHS: Final = 2_000  # simulated for the coverage of intervals: half a percent off at most
THIN: Final = 50  # of the evaluation of scores: all smugglers, and one ordinary vehicle in so many


def evaluate(
    *,
    days: Count = 60,
    worlds: Count = 5,
    seeds: Count = 3,
    first_seed: Seed | None = None,
    first_world: Seed | None = None,
    thin: Count | None = None,
    inbound: Flag = False,
    rule_set: Path | None = None,
    inspection_minutes: Positive = 20.0,
    html: Path | None = None,
    join: Flag = False,
    scenario: str | None = None,
    stop_seconds: Positive | None = None,
    minutes: Positive | None = None,
    oversight: Flag = False,
    officers: Count = 800,
    insiders: CountOrNone = 2,
    rail: Flag = False,
    json: Flag = False,
) -> int:
    """Score simulated borders offline and compare with the truth: does a red light find more than the lot does?

    All smugglers are kept and one ordinary vehicle in so many, weighted accordingly; a quarter of the days fill
    histories and are not judged. Reports lift over the random arm, precision and recall by load and method, baselines,
    calibration, what each evidence is worth, cost and fairness, with 95 % intervals. Companions of a convoy are no part
    of it, since thinned traffic has no queue: `python -m tests.core.convoys.measure` measures them.

    --join: the join of readings into passages instead. assigned_right_ratio (readings in the right FINAL passage)
    must reach 0.995, split_or_merged_ratio (vehicles without one passage of their own) within 0.003; else status 1.

    --oversight: what watches the officers and the lights instead. One world of --days: insiders among officers, whose
    friends come while they stand in a lane, and take that lane; prints insiders, found and false_findings. Found is
    who is named for what he did for his friends; every other finding is false. Insiders are corrupt from the first
    day. And budget_error: of reds against their budget, at most 1 in the worst hours of any port. interval_coverage:
    how often the 95 % interval of a month's violation rate covers the truth. About half an hour of a core.

    --rail: trains instead. Every car of a list and of a track must end in one state, no train may be told to be covered
    that was not, and of added, missing, swapped and unscanned cars 99 % must be named: the right car for the right
    reason, before any person was at the train; else status 1. About ten minutes of two cores for 30 days and 5 seeds.

    Examples:

        border evaluate --days 60 --seeds 5 --worlds 20 --html report.html
        border evaluate --join --seeds 1 --first-seed 7 --minutes 30
        border evaluate --oversight --officers 800 --insiders 2 --days 60 --json
        border evaluate --rail --days 30 --seeds 5 --json

    Parameters
    ----------
    days
        simulated days of each world.
    worlds
        worlds to draw.
    seeds
        seeds of each world, or with --join in all.
    first_seed
        the first seed, the others follow it. Default: drawn anew, so that nobody tunes to it.
    first_world
        the first world's seed, the others follow it. Default: as first_seed.
    thin
        keep one ordinary vehicle in so many. Default: 50, with --oversight 1.
    inbound
        with the inbound feed: who comes back north is seen too, and is history of those who go south.
    rule_set
        rule set (TOML) to score with. Default: the platform's own.
    inspection_minutes
        what one inspection takes, for the cost of a seizure.
    html
        file for a page with plots; an existing one is not overwritten.
    join
        measure the join instead.
    scenario
        with --join, the simulated world. Default: rush-hour.
    stop_seconds
        with --join, mean stop at the light, for a world that the join was not tuned on.
    minutes
        with --join, simulated minutes of arrivals of each seed. Default: 60.
    oversight
        measure the integrity tests instead.
    officers
        with --oversight, officers of all ports together.
    insiders
        with --oversight, corrupt ones among them, at ports that staff at least five car lanes.
    rail
        measure the coverage of trains instead.
    json
        print one line of JSON.
    """
    first = random.randrange(1 << 31) if first_seed is None else first_seed
    if rail:
        if join or oversight or html is not None or rule_set is not None or inbound:
            raise UserError("--join, --oversight, --html, --rule-set and --inbound are of other evaluations")
        return evaluate_trains(days, seeds, first, json)
    if oversight:
        if join or html is not None or rule_set is not None or inbound:
            raise UserError("--join, --html, --rule-set and --inbound are of other evaluations; leave --oversight out")
        return evaluate_oversight(Oversight(officers, insiders, days, first, thin or 1), json)
    if join:
        if html is not None or rule_set is not None or inbound:
            raise UserError("--html, --rule-set and --inbound are of the evaluation of scores; leave --join out")
        return evaluate_join(scenario or "rush-hour", stop_seconds, first, seeds, minutes or 60.0, json)
    if (scenario, stop_seconds, minutes) != (None, None, None):
        raise UserError("--scenario, --stop-seconds and --minutes are of the evaluation of the join; give --join")
    grid = Grid(first if first_world is None else first_world, worlds, first, seeds, days, thin or THIN, inbound)
    return evaluate_worlds(grid, rule_set, inspection_minutes, html, json)


def evaluate_trains(days: int, seeds: int, first: int, json: bool) -> int:
    """The evaluation of rail; exit status 1 if a bar is missed."""
    try:
        result = evaluate_rail(days, seeds, first)
    except JobFailed as failure:
        raise UserError(f"the evaluation failed: {failure.reason}") from failure
    if json:
        print(orjson.dumps(result).decode())
    else:
        show_rail(result)
    return 1 if result["missed"] else 0


def evaluate_oversight(world: Oversight, json: bool) -> int:
    """The evaluation of the integrity tests and of the budgets of red lights."""
    started = time.monotonic()
    try:
        result = evaluate_integrity(world) | {
            "budget_error": round(budget_error(world.seed), 3),
            "interval_coverage": round(interval_coverage(MONTHS, world.seed), 4),
        }
    except ValueError as error:
        raise UserError(str(error)) from error
    except JobFailed as failure:
        raise UserError(f"the evaluation failed: {failure.reason}") from failure
    show_oversight(result | {"seconds": round(time.monotonic() - started, 1)}, json)
    return 0


def show_oversight(result: dict[str, Any], json: bool) -> None:
    """The figures as a table, or as a line of JSON."""
    if json:
        print(orjson.dumps(result).decode())
        return
    table = Table(title="Oversight", show_header=False)
    for name, value in result.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    Console().print(table)


def evaluate_worlds(grid: Grid, rule_set: Path | None, minutes: float, html: Path | None, json: bool) -> int:
    """The evaluation of scores. A page that could not be written is told before it begins, since a run takes minutes;
    one that cannot be written any more is told after the figures, which it must not take along."""
    if html is not None:
        check_new_file(html)
    result = scores(grid, rule_set, minutes)
    if json:
        print(orjson.dumps(result).decode(), flush=True)
    else:
        show(result)
    if html is not None:
        write_page(html, result)
    return 0


def write_page(path: Path, result: dict[str, Any]) -> None:
    """Write the page. Raises UserError if that fails."""
    try:
        with new_file(path) as part:
            part.write_text(page_of(result), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} could not be written: {error.strerror}; the figures are above") from error


def scores(grid: Grid, rule_set: Path | None, inspection_minutes: float) -> dict[str, Any]:
    """The figures. Raises UserError for a rule set that is none, and for a world that fails."""
    file = "" if rule_set is None else str(rule_set)
    rules, text = load_rule_set(file), rule_set_text(file)
    started = time.monotonic()
    minutes = grid.expected_seconds / 60
    Console(stderr=True).print(f"{len(grid.runs)} runs, about {minutes:.1f} minutes on two cores", highlight=False)
    more = "" if rule_set is None else f" --rule-set {rule_set}"
    more += f" --inspection-minutes {inspection_minutes:g}"
    try:
        result = evaluate_scores(grid, RunOptions(text), inspection_minutes, more)
    except RunFailed as failure:
        raise UserError(str(failure)) from failure
    return result | {
        "rule_set_version": rules.version,
        "seconds": round(time.monotonic() - started, 1),
        "command": grid.command(more),
    }


def evaluate_join(scenario: str, stop_seconds: float | None, first: int, seeds: int, minutes: float, json: bool) -> int:
    """The evaluation of the join; exit status 1 below a target."""
    world = world_of(scenario, stop_seconds)
    started = time.monotonic()
    jobs = range(first, first + seeds)
    title, work = f"seeds {first} to {first + seeds - 1}", partial(join_one, world, minutes * 60)
    options = f"--scenario {scenario}" + ("" if stop_seconds is None else f" --stop-seconds {stop_seconds:g}")
    options += f" --minutes {minutes:g}"
    try:
        tallies = dict(zip(jobs, run_all(work, jobs, minutes, title, "simulated minutes"), strict=True))
    except JobFailed as failure:
        seed, count = (first, seeds) if failure.number is None else (jobs[failure.number], 1)
        command = f"border evaluate --join {options} --seeds {count} --first-seed {seed}"
        what = "the evaluation" if failure.number is None else f"seed {seed}"
        raise UserError(f"{what} failed: {failure.reason}\nrepeat it: {command}") from failure
    total = JoinTally()
    for tally in tallies.values():
        total.merge(tally)
    result = total.as_figures() | {
        "scenario": scenario,
        "stop_seconds": world.service_seconds,
        "minutes": minutes,
        "seeds": list(tallies),
        "seconds": round(time.monotonic() - started, 1),
        "repeat_failing_seeds": commands_of_failing(tallies, options),
    }
    if json:
        print(orjson.dumps(result).decode())
    else:
        show_join(total, result)
    return 0 if total.good else 1


def join_one(scenario: Scenario, seconds: float, seed: int, report: Callable[[float], None]) -> JoinTally:
    """In a process: one seed."""
    return evaluate_seed(scenario, seed, seconds, lambda _count, done: report(done / 60))


def world_of(scenario: str, stop_seconds: float | None) -> Scenario:
    """The scenario of this name, with another mean stop at the light if one is given."""
    world = scenario_named(scenario)
    try:
        return world if stop_seconds is None else with_stop(world, stop_seconds)
    except ValueError as error:
        raise UserError(str(error)) from error


def commands_of_failing(tallies: Mapping[int, JoinTally], options: str) -> list[str]:
    """The commands that repeat the seeds below a target, one by one."""
    return [
        f"border evaluate --join {options} --seeds 1 --first-seed {seed}"
        for seed, tally in tallies.items()
        if not tally.good
    ]


def show_join(total: JoinTally, result: dict[str, Any]) -> None:
    """The figures as a table."""
    table = Table(title=f"Join on {result['scenario']}, {result['minutes']:g} minutes, seeds {result['seeds']}")
    table.add_column("fault")
    shares = (total.assigned_right, total.assigned_right_at_light, total.split_or_merged, total.with_a_wrong_reading)
    for heading in ("right at FINAL", "right at the light", "split or merged", "with a wrong reading"):
        table.add_column(heading, justify="right")
    faults = sorted(fault for fault in total.assigned_right.of if fault not in ("", NO_FAULT))
    for fault in ("", NO_FAULT, *faults):
        ratios = [f"{share.ratio(fault):.4f} of {share.of[fault]:,}" if share.of[fault] else "-" for share in shares]
        table.add_row(fault or "all", *ratios)
    table.add_row("target", f">= {ASSIGNED_RIGHT_MIN}", "", f"<= {SPLIT_OR_MERGED_MAX}", "")
    Console().print(table)
    for command in result["repeat_failing_seeds"]:
        print(f"below target: {command}")
