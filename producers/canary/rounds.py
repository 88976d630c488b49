"""When which port's canary drives: each once an interval, at an offset of its own, so that they do not come at once."""

import math
from collections.abc import Sequence

from schemas.layout import LaneLayout


class Rounds:
    """Lanes and when each is due. Times are a steady clock's seconds."""

    def __init__(self, interval: float, start: float) -> None:
        self._interval = interval
        self._start = start
        self._lanes: list[LaneLayout] = []
        self._due: list[float] = []

    def use(self, lanes: Sequence[LaneLayout], now: float) -> None:
        """Drive in these lanes from now on, spread evenly over the interval in their order."""
        if list(lanes) == self._lanes:
            return
        self._lanes = list(lanes)
        offsets = [self._start + self._interval * index / len(lanes) for index in range(len(lanes))]
        self._due = [self._next(offset, now) for offset in offsets]

    def due(self, now: float) -> list[LaneLayout]:
        """Lanes whose time has come, each once, however long nobody asked: what was missed is not made up for."""
        came = [index for index, at in enumerate(self._due) if at <= now]
        for index in came:
            self._due[index] = self._next(self._due[index] + self._interval, now)
        return [self._lanes[index] for index in came]

    def _next(self, at: float, now: float) -> float:
        """The first of at, at + interval, ... that has not passed."""
        return at + max(0, math.ceil((now - at) / self._interval)) * self._interval
