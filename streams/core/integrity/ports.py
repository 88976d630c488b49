"""Ports in their operating modes: lanes known, vehicles and officers under test, versions told of."""

from typing import Final

import msgspec

from schemas.records import LaneMode, OperatingMode
from streams.core.integrity.rule_sets import TOLD_MAX
from streams.core.integrity.state import DAY_SECONDS, PORT, PortState
from streams.core.integrity.timed import TimedStates

# A port that is silent for longer than any of its counts is kept is forgotten with them.
KEPT_SECONDS: Final = 91 * DAY_SECONDS
# Lanes of one port; the largest has 61. The officers of others are not told apart by lane mode, so not tested.
LANES_MAX: Final = 256


def over_s_of(port: PortState) -> int:
    """When a port is forgotten."""
    return port.touched_s + KEPT_SECONDS


class Ports:
    """The ports of one partition."""

    def __init__(self, states: TimedStates[PortState]) -> None:
        self._states = states

    def get(self, mode: OperatingMode, port_code: str) -> PortState | None:
        """A port as it is known, if it is."""
        return self._states.get(_key(mode, port_code))

    def touch(self, mode: OperatingMode, port_code: str, lane_id: str, lane_mode: LaneMode, now_s: int) -> bool:
        """A vehicle was in a lane: whether the lane is new, or for another mode than before."""
        key, today_s = _key(mode, port_code), now_s - now_s % DAY_SECONDS
        port = self._states.get(key)
        if port is None:
            port = PortState(today_s + KEPT_SECONDS, today_s)
        is_new = lane_mode is not LaneMode.UNKNOWN and port.lanes.get(lane_id) is not lane_mode
        is_new = is_new and (lane_id in port.lanes or len(port.lanes) < LANES_MAX)
        if is_new or today_s > port.touched_s or self._states.get(key) is None:
            lanes = port.lanes | {lane_id: lane_mode} if is_new else port.lanes
            touched_s = max(port.touched_s, today_s)
            self._states.put(key, msgspec.structs.replace(port, lanes=lanes, touched_s=touched_s))
        return is_new

    def test_vehicle(self, mode: OperatingMode, port_code: str, more: int) -> None:
        """So many vehicles more are under test."""
        port = self.get(mode, port_code)
        if port is not None:
            tested = max(0, port.vehicles_tested + more)
            self._states.put(_key(mode, port_code), msgspec.structs.replace(port, vehicles_tested=tested))

    def test_officer(self, mode: OperatingMode, port_code: str, test: str, more: int) -> None:
        """So many officers more are under this test."""
        port = self.get(mode, port_code)
        if port is not None:
            tested = port.officers_tested | {test: max(0, port.officers_tested.get(test, 0) + more)}
            self._states.put(_key(mode, port_code), msgspec.structs.replace(port, officers_tested=tested))

    def officers_tested(self, mode: OperatingMode, port_code: str, test: str) -> int:
        """How many officers are under this test."""
        port = self.get(mode, port_code)
        return 0 if port is None else port.officers_tested.get(test, 0)

    def tell(self, mode: OperatingMode, port_code: str, version: str) -> bool:
        """Remember that a port was told of a version; whether it was not told before."""
        port = self.get(mode, port_code)
        if port is None or version in port.versions_told:
            return False
        told = (*port.versions_told, version)[-TOLD_MAX:]
        self._states.put(_key(mode, port_code), msgspec.structs.replace(port, versions_told=told))
        return True


def _key(mode: OperatingMode, port_code: str) -> bytes:
    return PORT + f"{mode}:{port_code}".encode()
