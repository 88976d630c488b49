"""How much each agency has asked for, by hour and by day (UTC)."""

from collections import Counter
from typing import Final

from schemas.records import SharingRequestKind
from streams.core.random_draw import DAY_MICROSECONDS
from streams.sharing.store import HOUR_MICROSECONDS, SharingStore

HOURS_PER_DAY: Final = DAY_MICROSECONDS // HOUR_MICROSECONDS


class Limits:
    """Counts of this hour and day. In memory, begun from what is in the log: one service counts for each log.

    A clock that is set back begins no hour anew.
    """

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._items: Counter[tuple[str, SharingRequestKind, int]] = Counter()
        self._hour = 0

    def load(self, store: SharingStore, now: int) -> None:
        """What earlier services allowed today."""
        first = now // DAY_MICROSECONDS * HOURS_PER_DAY
        rows = store.query("SELECT agency_id, kind, hour, requests, items FROM asked WHERE hour >= ?", (first,))
        for agency_id, kind, hour, requests, items in rows:
            self._hour = max(self._hour, hour)
            self._requests[agency_id, hour] += requests
            self._items[agency_id, SharingRequestKind(kind), hour // HOURS_PER_DAY] += items

    def request(self, agency_id: str, now: int) -> int:
        """Count one request; returns how many there were this hour."""
        hour = self._advanced(now)
        self._requests[agency_id, hour] += 1
        return self._requests[agency_id, hour]

    def take(self, agency_id: str, kind: SharingRequestKind, items: int, most: int, now: int) -> bool:
        """Count items of this day; False, and nothing is counted, if they were too many."""
        key = agency_id, kind, self._advanced(now) // HOURS_PER_DAY
        if self._items[key] + items > most:
            return False
        self._items[key] += items
        return True

    def taken(self, agency_id: str, kind: SharingRequestKind, now: int) -> int:
        """Items of this day."""
        return self._items[agency_id, kind, self._advanced(now) // HOURS_PER_DAY]

    def _advanced(self, now: int) -> int:
        """The hour, which never goes back; what is over is forgotten."""
        hour = now // HOUR_MICROSECONDS
        if hour > self._hour:
            self._hour, day = hour, hour // HOURS_PER_DAY
            self._requests = Counter({key: count for key, count in self._requests.items() if key[1] >= hour})
            self._items = Counter({key: count for key, count in self._items.items() if key[2] >= day})
        return self._hour
