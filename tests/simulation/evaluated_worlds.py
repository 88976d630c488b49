"""Whole worlds of 60 days for the tests, each simulated once a run."""

from functools import cache
from typing import NamedTuple

from producers.simulator.crossings import CrossingTruth, World, crossings, draw_world
from schemas.records import PlateRead, Weighing, XrayScan

SEED = 20260101
WORLDS = (World(), draw_world(101), draw_world(102))


class Seen(NamedTuple):
    """One crossing without its readings: what is true, and what a few of the sensors said."""

    truth: CrossingTruth
    weight: int
    officer_id: str | None
    scanned: bool
    gross_weight_kg: float | None
    rear_axle_share: float | None
    confidences: tuple[float, ...]  # of the best candidate of each plate read


@cache
def seen(index: int) -> tuple[Seen, ...]:
    """The crossings of one of the worlds."""
    result = []
    for crossing in crossings(WORLDS[index], SEED):
        weighed = next((reading for reading in crossing.readings if isinstance(reading, Weighing)), None)
        reads = [reading for reading in crossing.readings if isinstance(reading, PlateRead) and reading.candidates]
        result.append(
            Seen(
                crossing.truth,
                crossing.weight,
                crossing.officer_id,
                any(isinstance(reading, XrayScan) for reading in crossing.readings),
                weighed.gross_weight_kg if weighed else None,
                weighed.axle_loads_kg[-1] / weighed.gross_weight_kg if weighed else None,
                tuple([read.candidates[0].confidence for read in reads]),
            )
        )
    return tuple(result)
