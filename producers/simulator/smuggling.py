"""How smugglers load: which of them carries how much on which share of its crossings. Shared by lanes and worlds."""

from random import Random
from typing import Final

from producers.simulator.actors import Actor
from producers.simulator.loads import (
    AMMUNITION_ONLY_RATIO,
    Contraband,
    bulk_share,
    draw_ammunition,
    draw_bulk,
    draw_load,
)
from schemas.records import LaneMode

CONVOY_RATIO: Final = 0.06  # of loads [assumed]
INSIDER_RATIO: Final = 0.02  # of loads [assumed]: 0.25 % of officers are corrupt, and who has one uses him
SCOUT_LEAD_SECONDS: Final = (60.0, 300.0)  # that a scout is ahead of its load
ANT_LOADED_RATIO: Final = 0.25
# Share of a smuggler's crossings with a load; an ant's is the world's.
LOADED_RATIO: Final = {
    Actor.FIRST_TIMER: 1.0,
    Actor.BULK: 1.0,
    Actor.AMMUNITION: 1.0,
    Actor.CONVOY_LOAD: 0.7,
    Actor.INSIDER: 0.5,
    Actor.ANT: ANT_LOADED_RATIO,
}
# Bulk and ammunition by truck or bus; all other smugglers drive cars [assumed after the cases of seizures].
MODE_SHARES: Final = {
    Actor.BULK: {LaneMode.PASSENGER: 0.7, LaneMode.TRUCK: 0.25, LaneMode.BUS: 0.05},
    Actor.AMMUNITION: {LaneMode.PASSENGER: 0.85, LaneMode.TRUCK: 0.15},
}
TRUNK_RATIO: Final = 0.6  # of loads in cars: in the trunk; the others under seats and in panels [assumed]


def loaded_shares(ant_share: float, load_mean_guns: float, mode: LaneMode | None = None) -> dict[Actor, float]:
    """Shares of the loaded crossings by smuggler, of all lanes or of those of one mode; they add up to 1."""
    shares = {
        Actor.ANT: ant_share,
        Actor.CONVOY_LOAD: CONVOY_RATIO,
        Actor.INSIDER: INSIDER_RATIO,
        Actor.AMMUNITION: AMMUNITION_ONLY_RATIO,
        Actor.BULK: (1 - AMMUNITION_ONLY_RATIO) * bulk_share(load_mean_guns),
    }
    shares[Actor.FIRST_TIMER] = 1 - sum(shares.values())
    if mode is None:
        return shares
    by_car = {LaneMode.PASSENGER: 1.0}
    of_mode = {actor: share * MODE_SHARES.get(actor, by_car).get(mode, 0.0) for actor, share in shares.items()}
    total = sum(of_mode.values())
    return {actor: share / total for actor, share in of_mode.items() if share}


def crossings_per_load(actor: Actor) -> float:
    """Crossings of this smuggler's vehicle for one with a load."""
    return 1.0 / LOADED_RATIO[actor]


def draw_contraband(
    random: Random, actor: Actor, load_mean_guns: float, ant_loaded_ratio: float = ANT_LOADED_RATIO
) -> Contraband | None:
    """What this vehicle carries on one crossing; nothing on most."""
    if actor not in LOADED_RATIO:
        return None
    ratio = ant_loaded_ratio if actor is Actor.ANT else LOADED_RATIO[actor]
    return draw_full_load(random, actor, load_mean_guns) if random.random() < ratio else None


def draw_full_load(random: Random, actor: Actor, load_mean_guns: float) -> Contraband:
    """What this smuggler carries when it carries something."""
    if actor is Actor.AMMUNITION:
        return draw_ammunition(random)
    if actor is Actor.BULK:
        return draw_bulk(random, load_mean_guns)
    return draw_load(random, load_mean_guns)


def stow(random: Random, contraband: Contraband | None) -> tuple[float, float]:
    """Weight of a load and how much of it is in the trunk, kg."""
    if contraband is None:
        return 0.0, 0.0
    weight = contraband.weight_kg
    return weight, weight if random.random() < TRUNK_RATIO else 0.0
