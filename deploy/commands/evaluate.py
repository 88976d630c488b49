"""`border evaluate`: how good the scores are, or how often the join is right, by the simulator's truth."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from deploy.errors import UserError
from deploy.evaluation.join import ASSIGNED_RIGHT_MIN, NO_FAULT, SPLIT_OR_MERGED_MAX, JoinTally, evaluate_seed
from deploy.evaluation.page import page_of
from deploy.evaluation.processes import run_all
from deploy.evaluation.run import RunOptions
from deploy.evaluation.scores import Grid, RunFailed, evaluate_scores
from deploy.evaluation.screen import show
from deploy.new_file import new_file
from deploy.options import Count, Flag, Positive, Seed, scenario_named
from deploy.stages import load_rule_set, rule_set_text
from producers.simulator import Scenario, with_stop


def evaluate(
    *,
    days: Count = 60,
    worlds: Count = 5,
    seeds: Count = 3,
    first_seed: Seed | None = None,
    first_world: Seed | None = None,
    thin: Count = 50,
    rule_set: Path | None = None,
    inspection_minutes: Positive = 20.0,
    html: Path | None = None,
    join: Flag = False,
    scenario: str | None = None,
    stop_seconds: Positive | None = None,
    minutes: Positive | None = None,
    json: Flag = False,
) -> int:
    """Score simulated borders offline and compare with the truth: does a red light find more than the lot does?

    All smugglers are kept and one ordinary vehicle in so many, weighted accordingly; a quarter of the days fill
    histories and are not judged. Reports lift over the random arm, precision and recall by load and method, baselines,
    calibration, what each evidence is worth, cost and fairness, with 95 % intervals.

    --join: the join of readings into passages instead. assigned_right_ratio (readings in the right FINAL passage)
    must reach 0.995, split_or_merged_ratio (vehicles without one passage of their own) within 0.003; else status 1.

    Examples:

        border evaluate --days 60 --seeds 5 --worlds 20 --html report.html
        border evaluate --join --seeds 1 --first-seed 7 --minutes 30

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
        keep one ordinary vehicle in so many.
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
    json
        print one line of JSON.
    """
    first = random.randrange(1 << 31) if first_seed is None else first_seed
    if join:
        if html is not None or rule_set is not None:
            raise UserError("--html and --rule-set are of the evaluation of scores; leave --join out")
        return evaluate_join(scenario or "rush-hour", stop_seconds, first, seeds, minutes or 60.0, json)
    if (scenario, stop_seconds, minutes) != (None, None, None):
        raise UserError("--scenario, --stop-seconds and --minutes are of the evaluation of the join; give --join")
    grid = Grid(first if first_world is None else first_world, worlds, first, seeds, days, thin)
    return evaluate_worlds(grid, rule_set, inspection_minutes, html, json)


def evaluate_worlds(grid: Grid, rule_set: Path | None, minutes: float, html: Path | None, json: bool) -> int:
    """The evaluation of scores."""
    with new_page(html) as write_page:
        result = scores(grid, rule_set, minutes)
        write_page(result)
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result)
    return 0


@contextmanager
def new_page(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What writes the page, told at once if it could not: a run takes minutes."""
    if path is None:
        yield lambda _result: None
        return
    with new_file(path) as part:
        try:
            part.touch()
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}") from error

        def write(result: dict[str, Any]) -> None:
            part.write_text(page_of(result))

        yield write


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
    tallies = dict(zip(jobs, run_all(work, jobs, minutes, title, "simulated minutes"), strict=True))
    total = JoinTally()
    for tally in tallies.values():
        total.merge(tally)
    options = f"--scenario {scenario}" + ("" if stop_seconds is None else f" --stop-seconds {stop_seconds:g}")
    result = total.as_figures() | {
        "scenario": scenario,
        "stop_seconds": world.service_seconds,
        "minutes": minutes,
        "seeds": list(tallies),
        "seconds": round(time.monotonic() - started, 1),
        "repeat_failing_seeds": commands_of_failing(tallies, f"{options} --minutes {minutes:g}"),
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
