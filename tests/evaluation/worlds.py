"""A small world for the tests of the evaluation, and what the stage says in it."""

from dataclasses import replace
from functools import cache
from importlib import resources

from deploy.evaluation.decisions import Decided
from deploy.evaluation.run import decided
from producers.simulator.crossings import World, draw_world

SEED = 7


def default_text() -> str:
    return (resources.files("streams.core.rule_sets") / "default.toml").read_text()


def small_world(days: int) -> World:
    return replace(draw_world(SEED), days=days, keep_one_in=400)


@cache
def week() -> tuple[Decided, ...]:
    return tuple(decided(small_world(7), SEED, default_text()))
