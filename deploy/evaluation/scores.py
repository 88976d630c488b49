"""The evaluation of scores: worlds times seeds in processes, and all of them together as one result."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from deploy.evaluation.processes import PROCESSES, JobFailed, run_all
from deploy.evaluation.run import Run, RunOptions, evaluate_run
from deploy.evaluation.summary import summarise
from producers.simulator.crossings import draw_world

# Of one process, measured on the machine that MEASURED.md's figures are of: simulated, folded and measured.
SECONDS_PER_PASSAGE: Final = 0.0006
PASSAGES_PER_DAY: Final = 65_000  # of a world of four or five ports, before thinning


class RunFailed(Exception):
    """A world could not be evaluated; `command` repeats it alone, or all of them where nobody knows which it was."""

    def __init__(self, what: str, command: str, reason: str) -> None:
        super().__init__(f"{what} failed: {reason}\nrepeat it: {command}")
        self.command = command


@dataclass(frozen=True)
class Grid:
    """Which worlds and seeds. Every world has the same seeds, so that one of them can be repeated alone."""

    first_world: int
    worlds: int
    first_seed: int
    seeds: int
    days: int
    keep_one_in: int
    inbound: bool = False

    @property
    def runs(self) -> list[tuple[int, int]]:
        """World and seed of each run."""
        worlds = range(self.first_world, self.first_world + self.worlds)
        return [(world, seed) for world in worlds for seed in range(self.first_seed, self.first_seed + self.seeds)]

    @property
    def expected_seconds(self) -> float:
        """Stated before it begins."""
        passages = self.days * PASSAGES_PER_DAY / self.keep_one_in
        rounds = -(-len(self.runs) // PROCESSES)
        return rounds * passages * SECONDS_PER_PASSAGE

    def command(self, more: str = "") -> str:
        """The command that gives the same again."""
        return (
            f"border evaluate --days {self.days} --worlds {self.worlds} --first-world {self.first_world} "
            f"--seeds {self.seeds} --first-seed {self.first_seed} --thin {self.keep_one_in}"
            f"{' --inbound' if self.inbound else ''}{more}"
        )

    def alone(self, number: int) -> "Grid":
        """One run of it."""
        world, seed = self.runs[number]
        return replace(self, first_world=world, worlds=1, first_seed=seed, seeds=1)


@dataclass(frozen=True)
class Job:
    """One run, as it is handed to a process."""

    world_seed: int
    seed: int
    days: int
    keep_one_in: int
    inbound: bool
    options: RunOptions


def evaluate_scores(grid: Grid, options: RunOptions, inspection_minutes: float, more: str = "") -> dict[str, Any]:
    """Every run, summarised. Raises RunFailed for the first that fails."""
    jobs = [Job(world, seed, grid.days, grid.keep_one_in, grid.inbound, options) for world, seed in grid.runs]
    title = f"{grid.worlds} worlds, {grid.seeds} seeds each"
    try:
        runs = run_all(work, jobs, grid.days, title, "simulated days")
    except JobFailed as failure:
        if failure.number is None:
            raise RunFailed("the evaluation", grid.command(more), failure.reason) from failure
        world, seed = grid.runs[failure.number]
        command = grid.alone(failure.number).command(more)
        raise RunFailed(f"world {world} with seed {seed}", command, failure.reason) from failure
    return summarise(runs, inspection_minutes)


def work(job: Job, report: Callable[[float], None]) -> Run:
    """In a process: one run."""
    drawn = draw_world(job.world_seed)
    world = replace(drawn, days=job.days, keep_one_in=job.keep_one_in, inbound=job.inbound)
    return evaluate_run(world, job.world_seed, job.seed, job.options, report)
