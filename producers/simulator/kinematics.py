"""How vehicles move through a lane: a queue that keeps its order, after Newell's car-following rule.

A vehicle follows the path of the one ahead, `spacing_m` behind and `reaction_seconds` later, unless it is slower by
itself; at the stop line it waits for the light. Positions are whole metres from the entry loop, so a vehicle that has
to stand does so at one of them, and a path is the list of times at which the front bumper first reaches each metre.
"""

from dataclasses import dataclass
from typing import Final

# Below this a delay within one metre is rolling; above it the vehicle stood.
STANDING_SECONDS: Final = 1.5


@dataclass(slots=True)
class Path:
    """`reached_at[m]`: seconds at which the front bumper first is at metre m; beyond the end it drives on freely."""

    reached_at: list[float]
    speed_mps: float
    stood: bool

    def front_at(self, place_m: float) -> float:
        """When the front bumper is at a place. Between two metres the vehicle is taken to have just set off."""
        times = self.reached_at
        upper = int(place_m) if place_m == int(place_m) else int(place_m) + 1
        if upper >= len(times):
            return times[-1] + (place_m - len(times) + 1) / self.speed_mps
        return max(times[upper] - (upper - place_m) / self.speed_mps, times[max(upper - 1, 0)])


def drive(
    arrival: float,
    speed_mps: float,
    service_seconds: float,
    stop_line_m: int,
    end_m: int,
    ahead: Path | None,
    spacing_m: int,
    reaction_seconds: float,
) -> Path:
    """The path of a vehicle that wants to enter at `arrival` behind `ahead`, whose front is `spacing_m` further on."""
    step = 1.0 / speed_mps
    stood = False
    if ahead is None:
        reached = [arrival + step * metre for metre in range(end_m + 1)]
        for metre in range(stop_line_m + 1, end_m + 1):
            reached[metre] += service_seconds
        return Path(reached, speed_mps, False)
    # limits[m]: earliest time that the vehicle ahead allows this one to be at metre m
    limits = ahead.reached_at[spacing_m:]
    missing = end_m + 1 - len(limits)
    if missing > 0:
        last, ahead_step = ahead.reached_at[-1], 1.0 / ahead.speed_mps
        beyond = max(0, spacing_m - len(ahead.reached_at) + 1)
        limits = limits + [last + ahead_step * (beyond + metre) for metre in range(1, missing + 1)]
    time = max(arrival, limits[0] + reaction_seconds)
    reached = [time]
    append = reached.append
    standing = step + STANDING_SECONDS
    for metre in range(1, end_m + 1):
        free = time + step
        time = limits[metre] + reaction_seconds
        if time < free:
            time = free
        elif metre <= stop_line_m and time - free > standing - step:
            stood = True
        append(time)
        if metre == stop_line_m:
            time += service_seconds
    return Path(reached, speed_mps, stood)
