"""One run: a world with a seed, folded and measured. What it returns is small enough to keep a hundred of.

world, seed ─► crossings ─► decisions ─► judged passages ─► figures, by replicate
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from deploy.evaluation.decisions import Decided, VehiclesOfWorld, decisions
from deploy.evaluation.figures import Figures, measure
from deploy.evaluation.judged import JudgedBuilder, weight_excess
from deploy.evaluation.learning import inspections, with_learned_rates
from deploy.evaluation.passages import revisions
from producers.simulator.crossings import World, crossings
from producers.simulator.inspections import inspect
from producers.simulator.world_watchlist import world_watchlist
from schemas.layout import load_lanes
from schemas.records import Direction, PassageState
from streams.core.rule_set import parse_rule_set

DAY: Final = 86_400_000_000
REPLICATES: Final = 200
REPORT_EVERY: Final = 1_000  # decisions


@dataclass(frozen=True)
class RunOptions:
    """What is the same for every run. A quarter of the days are a burn-in: histories fill, rates are learned."""

    rule_set_text: str
    replicates: int = REPLICATES


@dataclass(frozen=True)
class Run:
    """What a run found, and of what."""

    world: World
    world_seed: int
    seed: int
    days_judged: int
    alerts: int
    learned: bool  # whether the burn-in's inspections were enough for rates of a unit's own
    figures: Figures
    seconds: float


def burn_in_days(days: int) -> int:
    """Days of a world that are not judged."""
    return days // 4


def judged_from(world: World) -> int:
    """When judging begins, microseconds UTC."""
    return world.start_at + burn_in_days(world.days) * DAY


def decided(world: World, seed: int, rule_set_text: str) -> Iterator[Decided]:
    """Everything that the vehicles stage says in a world, burn-in and all."""

    def is_found(said: Decided) -> bool:
        crossing = said.revision.crossing
        return inspect(seed, crossing.truth, crossing.weight).found

    def learn(scanned: list[Decided]) -> str | None:
        return with_learned_rates(rule_set_text, inspections(scanned, is_found, seed))

    stage = VehiclesOfWorld(parse_rule_set(rule_set_text))
    stage.list_plates(world_watchlist(world, seed), world.start_at)
    yield from decisions(stage, revisions(crossings(world, seed), load_lanes()), judged_from(world), learn)


def evaluate_run(
    world: World, world_seed: int, seed: int, options: RunOptions, report: Callable[[float], None] = lambda _days: None
) -> Run:
    """Simulate, fold and measure; `report` is told how many days are done."""
    started, drawn_from = time.monotonic(), seed_of(world_seed, seed)
    builder, alerts, versions = judge(world, drawn_from, options.rule_set_text, report)
    rules = parse_rule_set(options.rule_set_text)
    return Run(
        world=world,
        world_seed=world_seed,
        seed=seed,
        days_judged=world.days - burn_in_days(world.days),
        alerts=alerts,
        learned=versions != {rules.version},
        figures=measure(builder.columns(rules, drawn_from), options.replicates, drawn_from),
        seconds=time.monotonic() - started,
    )


def seed_of(world_seed: int, seed: int) -> int:
    """What a run is drawn from. By the seed alone, two worlds with the same ports would share most of their vehicles,
    and intervals over worlds would be too narrow."""
    return int.from_bytes(blake2b(f"{world_seed} {seed}".encode(), digest_size=8).digest())


def judge(
    world: World, seed: int, rule_set_text: str, report: Callable[[float], None]
) -> tuple[JudgedBuilder, int, set[str]]:
    """The judged passages of a world, how many alerts there were among them, and which rule sets were in force."""
    builder, rules, begins, alerts = JudgedBuilder(), parse_rule_set(rule_set_text), judged_from(world), 0
    versions: set[str] = set()
    for count, said in enumerate(decided(world, seed, rule_set_text)):
        if count % REPORT_EVERY == 0:
            report((said.revision.at - world.start_at) / DAY)
        passage, crossing = said.revision.passage, said.revision.crossing
        if crossing.truth.entered_at < begins or passage.direction is Direction.NORTHBOUND:
            continue
        alerts += len(said.alerts)
        if said.selection is not None and said.score is not None:
            builder.add(crossing, said.score, said.selection, weight_excess(passage, rules))
            versions.add(said.score.rule_set_version)
        elif passage.state is PassageState.FINAL and passage.at_light_reading_id is None:
            builder.add_unseen(crossing)
    return builder, alerts, versions
