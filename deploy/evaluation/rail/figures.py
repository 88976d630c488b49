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
    "digests_missing",
    "digests_wrong",
    "release_alerts_wrong",
)

# At most these shares, or a stage that opens and names everything would pass. Each false name and each car that is open
# for nothing sends a person along the train: one car in a thousand is one train in ten, which people can bear beside
# the five to seven cars a train that are open with reason. Much less cannot be asked: a moved car of which one tag is
# lost has one tag alone for its identity, and is open.
FALSELY_NAMED_MAX: Final = 0.001
FALSELY_OPEN_MAX: Final = 0.001
# By the release people have settled most of these; a train held or let go under an alert for nothing is one in fifty.
FALSELY_UNCOVERED_MAX: Final = 0.02
AT_MOST: Final = {
    "falsely_named": FALSELY_NAMED_MAX,
    "falsely_open": FALSELY_OPEN_MAX,
    "falsely_uncovered": FALSELY_UNCOVERED_MAX,
}


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
    for name, most in AT_MOST.items():
        ratio = tally.of(name.replace("_", " ")).ratio
        if strict and (ratio is None or ratio > most):
            said.append(f"{name} {'of nothing' if ratio is None else f'{ratio:.5f}'}, at most {most} is allowed")
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
        **{name: tally.of(name.replace("_", " ")).as_figures() for name in AT_MOST},
        "falsely_named_for": counted(tally, "falsely named "),
        "falsely_open_for": counted(tally, "falsely open "),
        "falsely_uncovered_for": counted(tally, "falsely uncovered "),
        "covered": tally.of("covered").as_figures(),
        "scanned_well": tally.of("scanned well").as_figures(),
        "told_scanned_well": tally.of("told scanned well").as_figures(),
        "scanned_well_by_port": {code: tally.of(f"scanned well {code}").as_figures() for code in ports},
        "open_per_train": round(counts["open"] / trains, 2),
        "coverages_per_train": round(counts["coverages"] / trains, 1),
        "alerts_per_train": {name: round(number / trains, 3) for name, number in counted(tally, "alerts ").items()},
        "bars": {"named_ratio": {"at_least": NAMED_MIN}}
        | {name: {"at_most": 0} for name in NEVER}
        | {name: {"at_most": most} for name, most in AT_MOST.items()},
    }


def counted(tally: Tally, prefix: str) -> dict[str, int]:
    """Counts whose names begin so, by the rest of their names, in order."""
    names = sorted(name for name in tally.counts if name.startswith(prefix))
    return {name.removeprefix(prefix): tally.counts[name] for name in names}


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
    shares |= {name.replace("_", " "): result[name] for name in AT_MOST} | {
        "trains covered when let go": result["covered"]
    }
    shares |= {"scanned well": result["scanned_well"], "told to be scanned well": result["told_scanned_well"]}
    shares |= {f"scanned well at {code}": share for code, share in result["scanned_well_by_port"].items()}
    for name, share in shares.items():
        if share["cases"]:
            interval = f"{share['low']:.4f} to {share['high']:.4f}"
            table.add_row(name, f"{share['ratio']:.4f}", interval, f"{share['cases']:,}")
    console.print(table)
    numbers = Table(show_header=False)
    for name in ("named_ratio", *NEVER, "falsely_missing", "wrong_track", "open_per_train", "readings_per_second"):
        numbers.add_row(name, str(result[name]))
    for of in ("falsely_named_for", "falsely_open_for", "falsely_uncovered_for", "alerts_per_train"):
        for name, number in result[of].items():
            numbers.add_row(f"{of.removesuffix('_for').replace('_', ' ')}: {name}", str(number))
    console.print(numbers)
    for text in (*result["missed"], *result["repeat_failing_seeds"], *result["examples"][:5]):
        print(text)
