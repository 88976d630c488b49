"""Who and what serves which lane when: officers and mobile X-ray units, from the seed alone."""

from random import Random
from typing import Final

from schemas.layout import LaneLayout, Port
from schemas.records import LaneMode

OFFICER_BLOCK_SECONDS: Final = 2700  # between the half hour and the hour that officers stay in a lane
OFFICERS_PER_LANE: Final = 4
XRAY_BLOCK_SECONDS: Final = 7200  # a mobile unit stays in a lane this long
# Share of lanes that have a unit at a time, and of their vehicles that it scans: 2 % of cars, 15 % of trucks in all.
XRAY_SHARES: Final = {LaneMode.PASSENGER: (0.08, 0.25), LaneMode.BUS: (0.1, 0.5), LaneMode.TRUCK: (0.2, 0.75)}


class Duty:
    """The rosters of one port. Asked in about the order of time, since only the present blocks are remembered."""

    def __init__(self, seed: int, port: Port) -> None:
        self._seed, self._port = seed, port
        self._officers: tuple[int, list[int]] = (-1, [])
        self._units: dict[LaneMode, tuple[int, dict[str, str]]] = {}
        self._index = {lane.lane_id: index for index, lane in enumerate(port.lanes)}

    def officer(self, lane_id: str, at_seconds: float) -> str:
        """The officer in a lane at a time (seconds UTC); nobody is in two lanes at once."""
        block = int(at_seconds // OFFICER_BLOCK_SECONDS)
        if block != self._officers[0]:
            self._officers = block, self._roster(block)
        return self._name(self._officers[1][self._index[lane_id]])

    def officers(self) -> list[str]:
        """Every officer of the port."""
        return [self._name(number) for number in range(OFFICERS_PER_LANE * len(self._port.lanes))]

    def lane_of(self, officer: str, at_seconds: float) -> str | None:
        """The lane in which an officer serves at a time, if any."""
        for index, number in enumerate(self._roster(int(at_seconds // OFFICER_BLOCK_SECONDS))):
            if self._name(number) == officer:
                return self._port.lanes[index].lane_id
        return None

    def unit(self, layout: LaneLayout, at_seconds: float, effort: float = 1.0) -> str | None:
        """The X-ray unit that serves a lane at a time, if any; `effort` multiplies how many lanes have one."""
        block, mode = int(at_seconds // XRAY_BLOCK_SECONDS), layout.mode
        known = self._units.get(mode)
        if known is None or known[0] != block:
            lanes = [lane.lane_id for lane in self._port.lanes if lane.mode is mode]
            schedule = Random(f"{self._seed} units {self._port.code} {mode} {block}")
            count = int(len(lanes) * XRAY_SHARES[mode][0] * effort + schedule.random())
            served = schedule.sample(lanes, min(count, len(lanes)))
            units = {lane: f"{self._port.code}-{mode.lower()}-xray-{i}" for i, lane in enumerate(served, 1)}
            known = self._units[mode] = block, units
        return known[1].get(layout.lane_id)

    def _roster(self, block: int) -> list[int]:
        lanes = len(self._port.lanes)
        return Random(f"{self._seed} officers {self._port.code} {block}").sample(
            range(OFFICERS_PER_LANE * lanes), lanes
        )

    def _name(self, number: int) -> str:
        return f"officer-{self._port.code}-{number:03d}"
