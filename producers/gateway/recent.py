"""The last readings and rejections of each device, in memory, for whoever stands before it: `border sensor tap`."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from producers.formats.reading_format import Item, Rejection

# Of each device. What passes between two questions and is more is not shown; it is kept all the same.
RECENT_MAX: Final = 100


class RecentItem(NamedTuple):
    """One reading that is on disk, or one rejection."""

    number: int
    """Counts the items of all devices since the gateway's start, from 1."""

    item: Item

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        if isinstance(self.item, Rejection):
            return {"number": self.number, "rejection": self.item._asdict()}
        told = {"type": type(self.item).__name__, **msgspec.to_builtins(self.item)}
        return {"number": self.number, "reading": told}


class Recent:
    """The last items by device; for the loop's thread alone."""

    def __init__(self, device_ids: Iterable[str]) -> None:
        self.last = 0
        self._items = {device_id: deque[RecentItem](maxlen=RECENT_MAX) for device_id in device_ids}

    def add(self, device_id: str, items: Iterable[Item]) -> None:
        """Remember these, in their order."""
        for item in items:
            self.last += 1
            self._items[device_id].append(RecentItem(self.last, item))

    def after(self, device_id: str, number: int) -> list[RecentItem]:
        """What came of a device behind a number, as far as it is remembered."""
        return [one for one in self._items[device_id] if one.number > number]
