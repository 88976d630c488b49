"""How soon one vehicle can go south again, through the same port or another: what no vehicle beats is two vehicles.

The bound is low on purpose: the straight line at a speed that no road there allows, and between two passages of one
port the way back north through its queue. Whoever is faster did not drive.
"""

import math
from collections.abc import Mapping
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
        self._places = {
            code: (math.radians(port.latitude_deg), math.radians(port.longitude_deg)) for code, port in ports.items()
        }
        self.seconds_longest = max([self.seconds_min(one, other) for one in ports for other in ports], default=0)

    def seconds_min(self, one: str, other: str) -> int:
        """Shortest time between passages at two ports, by their codes; 0 if one of them is not known."""
        if one == other:
            return ROUND_TRIP_SECONDS
        here, there = self._places.get(one), self._places.get(other)
        if here is None or there is None:
            return 0
        kilometres = _great_circle_km(here[0], here[1], there[0], there[1])
        return int(kilometres / SPEED_MAX_KMH * 3600)


def _great_circle_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Haversine distance; arguments in radians."""
    half = (
        math.sin((other_latitude - latitude) / 2) ** 2
        + math.cos(latitude) * math.cos(other_latitude) * math.sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
