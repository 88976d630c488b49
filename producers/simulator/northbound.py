"""The optional inbound feed: every trip south is followed by one north, after a stay in Mexico."""

from collections.abc import Iterator
from random import Random
from typing import Final

from producers.simulator.actors import Actor
from producers.simulator.evaluation_world import HOUR, World
from producers.simulator.population import Traveller, Trip

# Mean hours of a stay [assumed]: who works or goes to school in the north sleeps in the south.
STAY_HOURS: Final = {
    Actor.COMMUTER: 13.0,
    Actor.SCHOOL_RUN: 3.0,
    Actor.TAXI: 1.0,
    Actor.SHOPPER: 5.0,
    Actor.VISITOR: 48.0,
    Actor.FREIGHT: 1.5,
    Actor.LONG_HAUL: 30.0,
    Actor.BUS: 8.0,
}
VISITORS: Final = frozenset({Actor.FIRST_TIMER, Actor.BULK, Actor.AMMUNITION})
STAY_SPREAD: Final = 0.4  # sigma of the logarithm
STAY_OF_GAP_MAX: Final = 0.8  # of the time to the next trip south, which cannot be made from the south


def with_returns(world: World, seed: int, traveller: Traveller) -> Iterator[Trip]:
    """A vehicle's trips south and, after each, the one back; without what was carried south."""
    member = traveller.member
    random = Random(f"{seed} stays {member.identity}")
    # A smuggler stays as the one whose habit it has, an ant for less.
    like = Actor.VISITOR if member.actor in VISITORS else Actor.SHOPPER
    mean = STAY_HOURS.get(member.actor, STAY_HOURS[like])
    if member.actor is Actor.ANT:
        mean *= world.ant_stay_ratio
    for trip, following in zip(traveller.trips, [*traveller.trips[1:], None], strict=True):
        yield trip
        stay = mean * HOUR * random.lognormvariate(0.0, STAY_SPREAD)
        if following is not None:
            stay = min(stay, STAY_OF_GAP_MAX * (following.at - trip.at))
        if trip.at + stay < world.seconds:
            yield Trip(trip.at + stay, member, trip.port_code, random.random(), northbound=True)
