"""Values that are each of one plate and hold until one time, stored under a prefix and found by plate.

The index is changed with each value, and what was changed since the last batch is put back one by one: a list of a
million must neither be read again for one record that failed nor pause for one that is added.
"""

from collections.abc import MutableMapping
from itertools import islice
from typing import Final, Generic, TypeVar

import msgspec

from schemas.records import WatchlistEntry, WatchlistSuppression
from streams.core.keyed_state import KeyedState
from streams.core.plates import normalise_plate
from streams.core.plates.near_match import NearMatchIndex
from streams.core.stage import Rejected

Kept = TypeVar("Kept", bound=WatchlistEntry | WatchlistSuppression)

HOUR: Final = 3600 * 1_000_000


class KeptByPlate(Generic[Kept]):
    """Values by id, with the index of their plates and the hours in which they end."""

    def __init__(
        self, stored: MutableMapping[bytes, bytes], prefix: bytes, kind: type[Kept], most: int, what: str
    ) -> None:
        """`most` of `what` are held; more are refused, never dropped."""
        self.index = NearMatchIndex()
        self._most = most
        self._what = what
        self._prefix = prefix
        decode = msgspec.msgpack.Decoder(kind).decode
        self._states: KeyedState[Kept] = KeyedState(stored, msgspec.msgpack.encode, decode)
        self._by_hour: dict[int, dict[bytes, None]] = {}
        self._touched: dict[bytes, None] = {}  # since the last take_changes
        self._count = 0
        for key in sorted([key for key in stored if key.startswith(prefix)]):
            self._list(key, decode(stored[key]))

    def key_of(self, value_id: str) -> bytes:
        """The key under which a value is stored."""
        return self._prefix + value_id.encode()

    def get(self, key: bytes) -> Kept | None:
        """A value by the key that the index holds; None if there is none."""
        return self._states.get(key)

    def put(self, key: bytes, value: Kept) -> bool:
        """Keep a value instead of what stood under its key; False if the very same stood there. Raises Rejected
        `watchlist_full`."""
        before = self._states.get(key)
        if before == value:
            return False
        if before is None and self._count >= self._most:
            raise Rejected("watchlist_full", f"a watchlist has at most {self._most} {self._what}")
        self.remove(key)
        self._touched[key] = None
        self._states.put(key, value)
        self._list(key, value)
        return True

    def remove(self, key: bytes) -> bool:
        """Keep a value no longer; False if there is none."""
        value = self._states.get(key)
        if value is None:
            return False
        self._touched[key] = None
        self._unlist(key, value)
        self._states.remove(key)
        return True

    def sweep(self, at: int, at_most: int) -> int:
        """Remove up to so many values that ended in an hour before this lane time; returns how many."""
        removed = 0
        for hour in sorted([hour for hour in self._by_hour if hour < at // HOUR]):
            for key in list(islice(self._by_hour[hour], at_most - removed)):
                removed += self.remove(key)
        return removed

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded values changed since the last call."""
        self._touched.clear()
        return self._states.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        for key in self._touched:
            value = self._states.get(key)
            if value is not None:
                self._unlist(key, value)
        self._states.roll_back()
        for key in self._touched:
            value = self._states.get(key)
            if value is not None:
                self._list(key, value)
        self._touched.clear()

    # A key stands in the hour of its value exactly if the value is listed, so that both may be repeated after a
    # record that failed between two steps.

    def _list(self, key: bytes, value: Kept) -> None:
        hour = self._by_hour.setdefault(value.valid_until_at // HOUR, {})
        if key not in hour:
            hour[key] = None
            self.index.add(normalise_plate(value.plate), key)
            self._count += 1

    def _unlist(self, key: bytes, value: Kept) -> None:
        hour = self._by_hour.get(value.valid_until_at // HOUR)
        if hour is None or key not in hour:
            return
        del hour[key]
        if not hour:
            del self._by_hour[value.valid_until_at // HOUR]
        self.index.remove(normalise_plate(value.plate), key)
        self._count -= 1
