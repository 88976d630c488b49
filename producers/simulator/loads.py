"""What smugglers carry: sizes of loads after seizures, reweighted to the mean of a world.

UNODC, US-Mexico border seizures 2016-17: nearly half of the loads are one gun, 60 to 70 % fewer than six, all but the
largest fewer than 20. Large loads are easier to find, so what is smuggled is smaller: worlds run from a mean of 2.5
guns to the 5.2 of the seizures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Contraband:
    """What a smuggler carries on one passage. Truth only."""

    guns: int
    rounds: int

    @property
    def weight_kg(self) -> float:
        """3.4 kg a gun with its magazines, 12 g a round of mixed calibres."""
        return 3.4 * self.guns + 0.012 * self.rounds


@dataclass(frozen=True, slots=True)
class Band:
    """Loads of `low` to `high` guns, each as likely; `share` of the seizures."""

    share: float
    low: int
    high: int

    @property
    def mean(self) -> float:
        """Mean number of guns."""
        return (self.low + self.high) / 2


# Of loads with guns. Together with the ammunition-only loads, single guns are half of all loads within 3 points.
SINGLE_GUN_RATIO: Final = 0.53
BANDS: Final = (Band(0.18, 2, 5), Band(0.22, 6, 11), Band(0.12, 12, 19), Band(0.01, 20, 60))
BULK_GUNS_MIN: Final = 6
# Half of the loads of six guns or more are a bulk smuggler's, who does nothing else; the others are anyone's [assumed].
BULK_RATIO: Final = 0.5
ROUNDS_PER_GUN_MAX: Final = 100  # 22 weapons came with 1,480 rounds: 67 each
# Thousands of rounds of an ammunition-only load: mean and sigma of the logarithm of the cases known (1,400; 2,399;
# 6,380; 41,000 rounds: 1.7 and 1.5), with a smaller spread since the largest made the news because it was.
AMMUNITION_LOG_THOUSANDS: Final = (1.7, 1.2)
ROUNDS_MIN, ROUNDS_MAX = 500, 45_000  # less is no load of its own; more is beyond a car's 540 kg
AMMUNITION_ONLY_RATIO: Final = 0.10  # of loads [assumed]: "common", but no source counts them


@cache
def band_shares(mean_guns: float) -> tuple[float, ...]:
    """Probability of one gun and of each band, for loads with guns of this mean.

    The bands keep the order of the seizures and are tilted by exp(tilt * guns), the least change that gives the mean.
    """
    low, high = -2.0, 2.0
    for _ in range(60):
        tilt = (low + high) / 2
        weights = [band.share * exp(tilt * band.mean) for band in BANDS]
        mean = sum(weight * band.mean for weight, band in zip(weights, BANDS, strict=True)) / sum(weights)
        if SINGLE_GUN_RATIO + (1 - SINGLE_GUN_RATIO) * mean < mean_guns:
            low = tilt
        else:
            high = tilt
    rest = (1 - SINGLE_GUN_RATIO) / sum(weights)
    return (SINGLE_GUN_RATIO, *[weight * rest for weight in weights])


def bulk_share(mean_guns: float) -> float:
    """Share of the loads with guns that are a bulk smuggler's."""
    return BULK_RATIO * sum(band_shares(mean_guns)[2:])


def draw_bulk(random: Random, mean_guns: float) -> Contraband:
    """A bulk smuggler's load: six guns or more."""
    return _with_guns(random, BANDS[1:], band_shares(mean_guns)[2:])


def draw_load(random: Random, mean_guns: float) -> Contraband:
    """Anyone else's load with guns, so that together with the bulk loads the law is that of `band_shares`."""
    single, few, *large = band_shares(mean_guns)
    shares = (single, few, *[share * (1 - BULK_RATIO) for share in large])
    return _with_guns(random, (Band(0.0, 1, 1), *BANDS), shares)


def draw_ammunition(random: Random) -> Contraband:
    """An ammunition-only load."""
    rounds = int(1000 * random.lognormvariate(*AMMUNITION_LOG_THOUSANDS))
    return Contraband(0, min(max(rounds, ROUNDS_MIN), ROUNDS_MAX))


def _with_guns(random: Random, bands: Sequence[Band], shares: Sequence[float]) -> Contraband:
    band = random.choices(bands, shares)[0]
    guns = random.randint(band.low, band.high)
    return Contraband(guns, random.randint(0, ROUNDS_PER_GUN_MAX) * guns)
