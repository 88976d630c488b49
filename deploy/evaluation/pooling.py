"""Figures over several runs, each a world with a seed, with 95 % intervals.

A draw takes as many worlds as there are, with replacement, of each as many of its seeds, and of each run one of its
replicates. What plates of one run do by chance is thus counted within a run and again between runs: intervals are a
little wider than they need be, never narrower. With one world they say nothing about other worlds.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from deploy.evaluation.metrics import Floats, Integers

DRAWS: Final = 2000
LOW, HIGH = 2.5, 97.5
Z: Final = 1.96


class Figure(NamedTuple):
    """An estimate with its 95 % interval; NaN where nothing was there to measure."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float | None]:
        """Rounded to five digits; JSON has no NaN, so None."""
        return {name: rounded(number) for name, number in self._asdict().items()}


def rounded(number: float) -> float | None:
    """Five significant digits; None for NaN."""
    return float(f"{number:.5g}") if np.isfinite(number) else None


class Pool:
    """Draws runs and their replicates once, so that all figures are of the same draws and can be compared in pairs."""

    def __init__(self, worlds: Sequence[Any], replicates: int, seed: int) -> None:
        """`worlds`: the world of each run, as many runs of each; `replicates` of each run besides its estimate."""
        generator = np.random.default_rng(seed)
        runs_of: dict[Any, list[int]] = {}
        for run, world in enumerate(worlds):
            runs_of.setdefault(world, []).append(run)
        runs: Integers = np.array(list(runs_of.values()))  # a row a world, a column a seed
        worlds_drawn = generator.integers(0, runs.shape[0], (DRAWS, runs.shape[0], 1))
        seeds_drawn = generator.integers(0, runs.shape[1], (DRAWS, *runs.shape))
        self._runs = runs[worlds_drawn, seeds_drawn].reshape(DRAWS, -1)
        self._replicates: Integers = generator.integers(1, replicates + 1, self._runs.shape)

    def ratio(self, above: Floats, below: Floats, plates: float = np.inf) -> Figure:
        """Sum over sum of two columns by run and replicate.

        Where there was none of it, no replicate has one either and would make the interval [0, 0]: then it ends where
        Wilson's does for none of so many `plates`.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = self._drawn(above).sum(axis=1) / self._drawn(below).sum(axis=1)
            figure = figure_of(float(above[:, 0].sum() / below[:, 0].sum()), drawn)
        if figure.value == 0.0:
            return figure._replace(high=max(figure.high, none_of(plates)))
        return figure

    def mean(self, values: Floats) -> Figure:
        """Mean over runs of a column by run and replicate; runs that could not measure it are left out."""
        if not np.isfinite(values[:, 0]).any():
            return Figure(np.nan, np.nan, np.nan)
        with np.errstate(invalid="ignore"):
            drawn = np.ma.masked_invalid(self._drawn(values)).mean(axis=1).filled(np.nan)
        return figure_of(float(np.nanmean(values[:, 0])), drawn)

    def _drawn(self, values: Floats) -> Floats:
        return np.asarray(values[self._runs, self._replicates])


def figure_of(value: float, drawn: Floats) -> Figure:
    """An estimate with the percentiles of its draws."""
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Figure(value, np.nan, np.nan)
    low, high = np.percentile(known, (LOW, HIGH))
    return Figure(value, float(low), float(high))


def none_of(count: float) -> float:
    """Upper end of Wilson's 95 % interval for none of so many cases."""
    return float(Z**2 / (count + Z**2))


def apart(one: Figure, other: Figure) -> bool:
    """Whether two intervals do not meet."""
    return one.low > other.high or other.low > one.high
