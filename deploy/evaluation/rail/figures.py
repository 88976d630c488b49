"""The evaluation of rail as a whole: runs in processes, bars, the result as JSON and as tables."""

import time
from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.evaluation.processes import run_all
from deploy.evaluation.rail.judge import NAMED_KINDS, OTHER_KINDS
from deploy.evaluation.rail.portal_run import PortJob, PortRun
from deploy.evaluation.rail.tally import Tally
from producers.simulator.rail import RAIL_2023
from streams.core.trains import TrainsStage

NAMED_MIN: Final = 0.99
# What must never happen, in no train of the evaluation.
NEVER: Final = (
    "one_state_violations",
    "falsely_covered",
    "falsely_cleared",
    "dead_letters",
    "not_signed_off",
)


def evaluate_rail(days: int, seeds: int, first_seed: int) -> dict[str, Any]:
    """The figures. Raises JobFailed if a run fails."""
    started = time.monotonic()
    busiest = sorted(RAIL_2023.traffic, key=lambda code: -RAIL_2023.traffic[code].trains)
    jobs = [PortJob(code, seed, days) for code in busiest for seed in range(first_seed, first_seed + seeds)]
    title = f"{len(jobs)} runs"
    tallies = run_all(run_port, jobs, float(days), title, "days of a port")
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    failing = sorted({job.seed for job, tally in zip(jobs, tallies, strict=True) if missed(tally, strict=False)})
    return figures(total) | {
        "days": days,
        "seeds": list(range(first_seed, first_seed + seeds)),
        "seconds": round(time.monotonic() - started, 1),
        "missed": missed(total),
        "repeat_failing_seeds": [f"border evaluate --rail --days {days} --seeds 1 --first-seed {n}" for n in failing],
        "examples": total.examples,
    }


def run_port(job: PortJob, report: Callable[[float], None]) -> Tally:
    """In a process: one port with one seed."""
    return PortRun(job, TrainsStage()).run(report)


def missed(tally: Tally, strict: bool = True) -> list[str]:
    """The bars that are missed, in words. Of one run, `strict` false, ratios are too uncertain to tell."""
    said = [f"{name} {tally.counts[name]:,}" for name in NEVER if tally.counts[name]]
    ratio = tally.of("named").ratio
    if strict and (ratio is None or ratio < NAMED_MIN):
        said.append(
            f"named_ratio {'of nothing' if ratio is None else f'{ratio:.4f}'}, at least {NAMED_MIN} is asked for"
        )
    return said


def figures(tally: Tally) -> dict[str, Any]:
    """Everything that was measured; ratios with 95 % intervals, which know that cars of a train hang together."""
    counts, trains = tally.counts, max(tally.counts["trains"], 1)
    named = tally.of("named").ratio
    ports = [code for code in RAIL_2023.traffic if tally.of(f"scanned well {code}").cases]
    return {
        "trains": counts["trains"],
        "cars": counts["cars"],
        "readings": counts["readings"],
        "readings_per_second": round(counts["readings"] / tally.seconds) if tally.seconds else None,
        "named_ratio": None if named is None else round(named, 5),
        **{name: counts[name] for name in NEVER},
        "falsely_missing": counts["falsely_missing"],
        "wrong_track": counts["wrong_track"],
        "backwards_wrong": counts["backwards_wrong"],
        "named": {kind: tally.of(f"named {kind}").as_figures() for kind in (*NAMED_KINDS, *OTHER_KINDS, "seal_broken")},
        "falsely_named": tally.of("falsely named").as_figures(),
        "falsely_named_for": {
            name.removeprefix("falsely named "): number
            for name, number in sorted(counts.items())
            if name.startswith("falsely named ")
        },
        "covered": tally.of("covered").as_figures(),
        "scanned_well": tally.of("scanned well").as_figures(),
        "told_scanned_well": tally.of("told scanned well").as_figures(),
        "scanned_well_by_port": {code: tally.of(f"scanned well {code}").as_figures() for code in ports},
        "open_per_train": round(counts["open"] / trains, 2),
        "coverages_per_train": round(counts["coverages"] / trains, 1),
        "alerts_per_train": {
            name.removeprefix("alerts "): round(number / trains, 3)
            for name, number in sorted(counts.items())
            if name.startswith("alerts ")
        },
    }


def show(result: dict[str, Any]) -> None:
    """The figures as tables, and what they miss."""
    console = Console()
    title = (
        f"Rail, {result['days']} days, seeds {result['seeds']}: {result['trains']:,} trains, {result['cars']:,} cars"
    )
    table = Table(title=title)
    for heading in ("share of cars or trains", "ratio", "95 % interval", "of"):
        table.add_column(heading, justify="left" if heading.startswith("share") else "right")
    shares = {f"named: {kind.replace('_', ' ')}": share for kind, share in result["named"].items()}
    shares |= {"falsely named": result["falsely_named"], "trains covered when let go": result["covered"]}
    shares |= {"scanned well": result["scanned_well"], "told to be scanned well": result["told_scanned_well"]}
    shares |= {f"scanned well at {code}": share for code, share in result["scanned_well_by_port"].items()}
    for name, share in shares.items():
        if share["cases"]:
            interval = f"{share['low']:.4f} to {share['high']:.4f}"
            table.add_row(name, f"{share['ratio']:.4f}", interval, f"{share['cases']:,}")
    console.print(table)
    counted = Table(show_header=False)
    for name in ("named_ratio", *NEVER, "falsely_missing", "wrong_track", "open_per_train", "readings_per_second"):
        counted.add_row(name, str(result[name]))
    for name, number in (result["falsely_named_for"] | result["alerts_per_train"]).items():
        counted.add_row(name, str(number))
    console.print(counted)
    for text in (*result["missed"], *result["repeat_failing_seeds"], *result["examples"][:5]):
        print(text)
