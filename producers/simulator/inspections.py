"""What secondary inspection finds: what a real operator would have, where the truth is not.

The random arm of a world: vehicles drawn by lot, more of them on days of a surge, whatever their light said. Rates are
to be learned from these alone.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final, NamedTuple

from producers.simulator.effort import Effort
from producers.simulator.evaluation_world import US, World
from producers.simulator.loads import Contraband
from producers.simulator.measurements import scan, unit_of
from producers.simulator.truth import CrossingTruth, SimulatedCrossing
from schemas.records import Direction

RANDOM_RATIO: Final = 0.01  # of crossings on an ordinary day [assumed]: a tenth of what the fiscal light sends over
# Chance that an inspection finds a load: one gun on the body or in a panel is missed more often than a trunk of them.
# No published rates; GAO-19-658 finds covert tests not analysed [assumed].
SINGLE_FOUND, HEAP_FOUND = 0.7, 0.95
HEAP_KG: Final = 17.0  # five guns
INSPECTION_SECONDS: Final = (300.0, 1500.0)


class SimulatedInspection(NamedTuple):
    """One inspection of one crossing: lane and number name it, `weight` is the crossing's."""

    lane_id: str
    number: int
    at: int  # microseconds UTC, when the result is entered
    found: bool
    weight: int


def inspect(seed: int, truth: CrossingTruth, weight: int) -> SimulatedInspection:
    """What an inspection of this crossing finds. Nothing is found where nothing is."""
    random = Random(f"{seed} inspection {truth.lane_id} {truth.number}")
    at = truth.entered_at + int(US * random.uniform(*INSPECTION_SECONDS))
    found = truth.contraband is not None and random.random() < sensitivity(truth.contraband)
    return SimulatedInspection(truth.lane_id, truth.number, at, found, weight)


def sensitivity(contraband: Contraband) -> float:
    """Chance that an inspection finds this load."""
    return HEAP_FOUND if contraband.weight_kg >= HEAP_KG else SINGLE_FOUND


def inspections_of(world: World, seed: int, crossings: Iterable[SimulatedCrossing]) -> Iterator[SimulatedInspection]:
    """The inspections of vehicles drawn by lot among these southbound crossings, one for each drawn, in their order.

    The lot is drawn by the crossing and the effort at its port then, never by what the vehicle is.
    """
    effort = Effort(world, seed)
    for crossing in crossings:
        truth = crossing.truth
        if truth.direction is Direction.NORTHBOUND:
            continue
        ratio = RANDOM_RATIO * effort.at(truth.port_code, (truth.entered_at - world.start_at) / US)
        if Random(f"{seed} lot {truth.lane_id} {truth.number}").random() < ratio:
            yield inspect(seed, truth, crossing.weight)


def scans_of_stand_ins(
    seed: int, crossing: SimulatedCrossing, unit_id: str, propensity: float
) -> Iterator[dict[str, Any]]:
    """What a unit says of those vehicles, drawn by a lot of this propensity, that a scanned one stands for.

    An empty vehicle's scan depends on the unit alone, so that each is drawn anew: the kept one's answer told fifty
    times would be one inspection counted as fifty. Only ordinary vehicles stand for others, and they carry nothing.
    """
    truth = crossing.truth
    random = Random(f"{seed} stand-ins {truth.lane_id} {truth.number}")
    for _ in range(crossing.weight - 1):
        if random.random() < propensity:
            yield scan(random, None, unit_of(seed, unit_id))
