"""The law of loads: the seizures' bands, tilted to the mean of a world."""

from random import Random

import pytest

from producers.simulator.actors import Actor
from producers.simulator.loads import BANDS, SINGLE_GUN_RATIO, band_shares, bulk_share, draw_ammunition
from producers.simulator.smuggling import draw_full_load, loaded_shares
from schemas.records import LaneMode

SEED = 7
MEANS = (2.5, 3.6, 5.2)


def guns_of_all_smugglers(mean_guns: float, loads: int) -> list[int]:
    """Loads with guns as a world draws them: bulk smugglers' and everyone else's."""
    random, bulk = Random(SEED), bulk_share(mean_guns)
    actors = [Actor.BULK if random.random() < bulk else Actor.ANT for _ in range(loads)]
    return [draw_full_load(random, actor, mean_guns).guns for actor in actors]


@pytest.mark.parametrize("mean_guns", MEANS)
def test_loads_have_the_mean_of_the_world_and_half_are_one_gun(mean_guns: float) -> None:
    guns = guns_of_all_smugglers(mean_guns, 30_000)
    # A load's sigma is at most 7 guns, so that of the mean of 30,000 is 0.04: 5 sigma is 0.2.
    assert sum(guns) / len(guns) == pytest.approx(mean_guns, abs=0.2)
    assert guns.count(1) / len(guns) == pytest.approx(SINGLE_GUN_RATIO, abs=0.015)


def test_at_the_mean_of_the_seizures_the_bands_are_those_of_the_seizures() -> None:
    # UNODC: 0.47 one gun, then 0.18, 0.22, 0.12, 0.01. Ours has 0.53 singles and shifts the others up by a tenth.
    for share, band in zip(band_shares(5.2)[1:], BANDS, strict=True):
        assert share == pytest.approx(band.share, abs=0.05)


@pytest.mark.parametrize("mean_guns", MEANS)
def test_bulk_smugglers_carry_six_guns_or_more(mean_guns: float) -> None:
    random = Random(SEED)
    assert min(draw_full_load(random, Actor.BULK, mean_guns).guns for _ in range(2000)) >= 6


def test_ammunition_loads_are_heavy_and_fit_the_known_cases() -> None:
    random = Random(SEED)
    rounds = sorted(draw_ammunition(random).rounds for _ in range(20_000))
    # exp(1.7) = 5.5 thousand is the median; the cases run from 1,400 to 41,000 rounds.
    assert rounds[len(rounds) // 2] == pytest.approx(5474, rel=0.05)
    assert rounds[len(rounds) // 10] < 1400 < 41_000 < rounds[-1] <= 45_000


@pytest.mark.parametrize("mode", [None, LaneMode.PASSENGER, LaneMode.TRUCK, LaneMode.BUS])
def test_shares_of_smugglers_add_up_to_one(mode: LaneMode | None) -> None:
    for ants in (0.25, 0.45):
        for mean_guns in MEANS:
            shares = loaded_shares(ants, mean_guns, mode)
            assert sum(shares.values()) == pytest.approx(1.0)
            assert min(shares.values()) > 0.0
