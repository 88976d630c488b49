"""`border evaluate`: how often the join is right, by the simulator's truth."""

import multiprocessing
import random
import signal
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Annotated, Any, Final

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.errors import UserError
from deploy.evaluation.join import ASSIGNED_RIGHT_MIN, NO_FAULT, SPLIT_OR_MERGED_MAX, JoinTally, evaluate_seed
from deploy.options import Count, Positive, Seed, scenario_named
from producers.simulator import Scenario, with_stop

PROCESSES: Final = 2
PROGRESS_EVERY_SECONDS: Final = 0.2

_done_seconds: "SynchronizedArray[float] | None" = None  # of a process of the pool, by its initializer


def evaluate(
    *,
    join: Annotated[bool, Parameter(negative=())] = False,
    scenario: str = "rush-hour",
    stop_seconds: Positive | None = None,
    seeds: Count = 3,
    first_seed: Seed | None = None,
    minutes: Positive = 60.0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Fold simulated readings offline and compare with the truth; exit status 1 below a target.

    --join: assigned_right_ratio (readings in the right FINAL passage) must reach 0.995 and split_or_merged_ratio
    (vehicles without one passage of their own) stay within 0.003, over all seeds together.

    Examples:

        border evaluate --join --json
        border evaluate --join --seeds 1 --first-seed 7 --minutes 30
        border evaluate --join --stop-seconds 10

    Parameters
    ----------
    join: measure the join of readings into passages, the one thing there is to evaluate now.
    scenario: simulated world.
    stop_seconds: mean stop at the light, for a world that the join was not tuned on; vehicles come as lanes pass them.
    seeds: worlds to simulate.
    first_seed: the first one's seed, the others follow it. Default: drawn anew, so that nobody tunes to it.
    minutes: simulated minutes of arrivals of each world.
    json: print one line of JSON.
    """
    if not join:
        raise UserError("nothing to evaluate; give --join")
    world = world_of(scenario, stop_seconds)
    first = random.randrange(1 << 31) if first_seed is None else first_seed
    started = time.monotonic()
    tallies = run(world, range(first, first + seeds), minutes * 60)
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
        show(total, result)
    return 0 if total.good else 1


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


def run(scenario: Scenario, seeds: range, seconds: float) -> dict[int, JoinTally]:
    """One tally per seed, in processes, under a progress bar on stderr."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}"), TimeElapsedColumn()
    context = get_context("spawn")  # a fork would copy the bar's thread's locks
    done_seconds = context.Array("d", len(seeds))
    pool = ProcessPoolExecutor(min(PROCESSES, len(seeds)), context, share_progress, (done_seconds,))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"seeds {seeds[0]} to {seeds[-1]}", total=seconds * len(seeds), what="")
        try:
            futures = [pool.submit(evaluate_one, scenario, seed, seconds, n) for n, seed in enumerate(seeds)]
            waiting = set(futures)
            while waiting:
                finished, waiting = wait(waiting, PROGRESS_EVERY_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    future.result()  # a failure ends the others too
                minutes = sum(done_seconds[:]) / 60
                progress.update(task, completed=minutes * 60, what=f"{minutes:.0f} simulated minutes")
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return {seed: future.result() for seed, future in zip(seeds, futures, strict=True)}


def share_progress(done_seconds: "SynchronizedArray[float]") -> None:
    """In a process of the pool: where it says how far each seed has got. Ctrl-C is the parent's to answer."""
    global _done_seconds
    _done_seconds = done_seconds
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def evaluate_one(scenario: Scenario, seed: int, seconds: float, number: int) -> JoinTally:
    """In a process of the pool: one seed, the `number`th."""
    assert _done_seconds is not None
    shared = _done_seconds

    def report(_count: int, done: float) -> None:
        shared[number] = min(done, seconds)

    tally = evaluate_seed(scenario, seed, seconds, report)
    shared[number] = seconds
    return tally


def show(total: JoinTally, result: dict[str, Any]) -> None:
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
