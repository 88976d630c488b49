"""Who crosses: the kinds of ordinary vehicles and of smugglers. Pedestrians and rail are out of scope.

Truth only: what a vehicle is stands in no reading. A straw purchaser's or a traced gun's plate is not a kind of its
own: the watchlist links it to a smuggling vehicle of any kind.
"""

from enum import StrEnum
from typing import Final


class Actor(StrEnum):
    """What a vehicle does at the border."""

    COMMUTER = "COMMUTER"  # works or studies across the border, once or twice a day
    TAXI = "TAXI"  # taxis, ride-share, cross-border workers: three or four times a day
    SCHOOL_RUN = "SCHOOL_RUN"  # twice on every school day
    SHOPPER = "SHOPPER"  # weekly to monthly
    VISITOR = "VISITOR"  # once or twice
    FREIGHT = "FREIGHT"  # drayage between the yards of both sides, several times a day
    LONG_HAUL = "LONG_HAUL"
    BUS = "BUS"
    FIRST_TIMER = "FIRST_TIMER"  # an everyday car with a load, once
    ANT = "ANT"  # comes again and again for weeks, loaded on some crossings
    BULK = "BULK"  # six guns or more
    AMMUNITION = "AMMUNITION"  # rounds alone, and heavy
    CONVOY_SCOUT = "CONVOY_SCOUT"  # looks whether the lane is clear, carries nothing
    CONVOY_LOAD = "CONVOY_LOAD"  # minutes behind its scout
    INSIDER = "INSIDER"  # always in the lane of one officer


SMUGGLERS: Final = frozenset(
    {
        Actor.FIRST_TIMER,
        Actor.ANT,
        Actor.BULK,
        Actor.AMMUNITION,
        Actor.CONVOY_SCOUT,
        Actor.CONVOY_LOAD,
        Actor.INSIDER,
    }
)
