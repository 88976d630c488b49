"""How far a device's clock is from the gateway's, from nothing but the readings.

A reading takes time to come: received - observed = delay - skew, and a delay is never negative. The least difference of
some seconds is thus the skew, give or take the shortest delay; the median of the last such minima is not moved by a
buffer that a device empties after a cut, nor by one wrong time. Times in microseconds UTC.
"""

from collections import deque
from statistics import median
from typing import Final

US: Final = 1_000_000
# Of each of these the least difference is taken: long enough that at a busy lane one reading of it came at once.
SLICE_US: Final = 10 * US
# Minima that the median is over: five minutes of traffic. A clock that was set right is told as right two and a half
# minutes later.
SLICES: Final = 30
# With fewer nobody is called behind: what a device had kept while the gateway was away comes first, and is old. Only
# slices with a reading count: a minute of steady traffic, and as long as it takes of a device that speaks seldom.
SLICES_MIN: Final = 6


class DeviceClock:
    """One device's clock. Bounded: 30 numbers."""

    def __init__(self) -> None:
        self._minima: deque[int] = deque(maxlen=SLICES)
        self._slice = -1

    def observe(self, observed_at: int, received_at: int) -> None:
        """A reading has come."""
        difference, part = received_at - observed_at, received_at // SLICE_US
        if part != self._slice:
            self._slice = part
            self._minima.append(difference)
        elif difference < self._minima[-1]:
            self._minima[-1] = difference

    @property
    def ahead_seconds(self) -> float:
        """How far it is ahead of the gateway's, as far as is known; 0 before that."""
        ahead = -median(self._minima) / US if self._minima else 0.0
        return 0.0 if ahead < 0.0 and len(self._minima) < SLICES_MIN else ahead
