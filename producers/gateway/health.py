"""Which devices live, and which are blind: traffic passes, and they see none of it.

A device is held against its own past only. While it worked, so many of its readings came with each reading of the other
devices of its lane; if by that share several are due and none has come, it is blind, at whatever hour and however much
traffic there is. A terminal that is used for one vehicle in fifty is given fifty times as long as a loop.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

# Readings that are due, with none come, until a device is called blind: by chance once in e^8 = 3,000 times that many
# readings of the others [assumed that vehicles come independently; a lane that is opened in between is not].
DUE_WHEN_BLIND: Final = 8.0
# A device's share is of about its last so many readings, so that it follows the season and not the hour.
REMEMBERED_READINGS: Final = 500.0
# Fewer than these tell no share yet.
READINGS_MIN: Final = 20.0
# Its usual rate is over about a day, the rate now over about ten minutes.
USUAL_SECONDS: Final = 86_400.0
NOW_SECONDS: Final = 600.0


class Rate:
    """Readings a second, those of longer ago counting less and less: bounded memory, and no window's edge."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._rate, self._at = seconds, 0.0, 0.0
        self._since: float | None = None

    def count(self, at: float) -> None:
        """A reading has come, at a time of a monotonic clock in seconds."""
        self._rate = self._decayed(at) + 1.0 / self._seconds
        self._at = at
        if self._since is None:
            self._since = at

    def now(self, at: float) -> float:
        """The rate at a time, in readings a second; of a short past it is made up for what is not known."""
        if self._since is None:
            return 0.0
        known = 1.0 - math.exp(-max(at - self._since, 1.0) / self._seconds)
        return self._decayed(at) / known

    def _decayed(self, at: float) -> float:
        return self._rate * math.exp(-max(at - self._at, 0.0) / self._seconds)


class DeviceHealth:
    """What is known of one device; times in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.seen_at: float | None = None
        self.usual, self.recent = Rate(USUAL_SECONDS), Rate(NOW_SECONDS)
        self._own = self._others = 0.0
        self._others_since = 0.0

    def reading(self, at: float) -> None:
        """It told something of a vehicle."""
        self.seen_at = at
        self.usual.count(at)
        self.recent.count(at)
        kept = 1.0 - 1.0 / REMEMBERED_READINGS
        self._own = self._own * kept + 1.0
        # While it was silent longer than it ever is, what passed says nothing of its share.
        if not self.is_blind:
            self._others = self._others * kept + self._others_since
        self._others_since = 0.0

    def heartbeat(self, at: float) -> None:
        """It told that it lives, which a camera behind a dirty pane does too."""
        self.seen_at = at

    def other_reading(self) -> None:
        """Another device of its lane told something of a vehicle."""
        self._others_since += 1.0

    @property
    def is_blind(self) -> bool:
        """Whether several of its readings are due, and none has come."""
        if self._own < READINGS_MIN or not self._others:
            return False
        return self._others_since * self._own / self._others >= DUE_WHEN_BLIND


class Health:
    """All devices of a site, by their ids; `lanes` is where each stands."""

    def __init__(self, lanes: Mapping[str, str]) -> None:
        self.devices = {device_id: DeviceHealth() for device_id in lanes}
        beside: dict[str, list[str]] = {}
        for device_id, lane in lanes.items():
            beside.setdefault(lane, []).append(device_id)
        self._others = {
            device_id: [self.devices[other] for other in beside[lane] if other != device_id]
            for device_id, lane in lanes.items()
        }

    def reading(self, device_id: str, at: float) -> None:
        """A device told something of a vehicle."""
        self.devices[device_id].reading(at)
        for other in self._others[device_id]:
            other.other_reading()

    def heartbeat(self, device_id: str, at: float) -> None:
        """A device told that it lives."""
        self.devices[device_id].heartbeat(at)

    def blind(self) -> Iterable[str]:
        """Ids of the devices that are blind now."""
        return [device_id for device_id, health in self.devices.items() if health.is_blind]
