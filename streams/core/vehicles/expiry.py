"""When which key expires: hours of expiry, each with its keys, rebuilt from the first bytes of the stored states.

A key stands in one hour only. When its hour is swept and it has been used since, it moves to its present hour, so a
daily crossing costs nothing here. Being late is harmless: what has expired never counts, swept or not.
"""

from collections.abc import Iterable
from typing import Final

HOUR_SECONDS: Final = 3600


class ExpiryIndex:
    """Keys by the hour of their expiry. Memory is a set entry and a list place per key; keys are shared, not copied."""

    def __init__(self, expiries: Iterable[tuple[bytes, int]]) -> None:
        """`expiries`: keys with their expiry in seconds since 1970."""
        self._keys_by_hour: dict[int, list[bytes]] = {}
        self._listed: set[bytes] = set()
        for key, expires_s in expiries:
            self.note(key, expires_s)

    def __contains__(self, key: bytes) -> bool:
        return key in self._listed

    def note(self, key: bytes, expires_s: int) -> None:
        """A key has an expiry now; does nothing if it stands in the index already."""
        if key not in self._listed:
            self._listed.add(key)
            hour = expires_s // HOUR_SECONDS + 1
            self._keys_by_hour.setdefault(hour, []).append(key)

    def due(self, now_s: int, at_most: int) -> list[bytes]:
        """Up to so many keys whose hour has come, taken out of the index. The rest comes with the next call."""
        due: list[bytes] = []
        now_hour = now_s // HOUR_SECONDS
        for hour in sorted([hour for hour in self._keys_by_hour if hour <= now_hour]):
            keys = self._keys_by_hour[hour]
            while keys and len(due) < at_most:
                due.append(keys.pop())
            if not keys:
                del self._keys_by_hour[hour]
            if len(due) == at_most:
                break
        self._listed.difference_update(due)
        return due
