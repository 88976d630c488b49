"""How soon one vehicle can go south again, through the same port or another: what no vehicle beats is two vehicles.

The bound is low on purpose: the straight line at a speed that no road there allows, and between two passages of one
port the way back north through its queue. Whoever is faster did not drive.
"""

import math
from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Final

from schemas.layout import Port

EARTH_RADIUS_KM: Final = 6371.0

# Texas allows 137 km/h (85 mph) on its fastest road; the straight line is shorter than any road.
SPEED_MAX_KMH: Final = 140.0

# South through the gate, round, north through inspection and south again. Northbound waits are tens of minutes; ten is
# what an empty port at night may take [assumed].
ROUND_TRIP_SECONDS: Final = 600


class TravelTimes:
    """Shortest times between southbound passages at two ports."""

    def __init__(self, ports: Mapping[str, Port]) -> None:
        self._ports = ports
        pairs = combinations_with_replacement(ports, 2)
        self.seconds_longest = max([self.seconds_min(one, other) for one, other in pairs], default=0)

    def seconds_min(self, one: str, other: str) -> int:
        """Shortest time between passages at two ports, by their codes; 0 if one of them is not known."""
        if one == other:
            return ROUND_TRIP_SECONDS
        here, there = self._ports.get(one), self._ports.get(other)
        if here is None or there is None:
            return 0
        return int(kilometres_between(here, there) / SPEED_MAX_KMH * 3600)


def kilometres_between(one: Port, other: Port) -> float:
    """The straight line between two ports (haversine)."""
    latitude, other_latitude = math.radians(one.latitude_deg), math.radians(other.latitude_deg)
    east = math.radians(other.longitude_deg) - math.radians(one.longitude_deg)
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
