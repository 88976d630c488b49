"""Keys by the second at which something is due, in one order that neither restarts nor batches change.

A key may stand here several times, for deadlines that were moved since: whoever takes one out compares it with the
state's own.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush


class Deadlines:
    """A queue of (second, key), the earliest first and equal ones by key."""

    def __init__(self, due: Iterable[tuple[int, bytes]]) -> None:
        """`due`: seconds since 1970, with their keys."""
        self._queue = list(due)
        heapify(self._queue)
        self._taken: list[tuple[int, bytes]] = []

    def note(self, due_s: int, key: bytes) -> None:
        """Something of a key is due at a second."""
        heappush(self._queue, (due_s, key))

    def take(self, now_s: int) -> tuple[int, bytes] | None:
        """The earliest that is due at a time, taken out; None if there is none."""
        if not self._queue or self._queue[0][0] > now_s:
            return None
        taken = heappop(self._queue)
        self._taken.append(taken)
        return taken

    def accept(self) -> None:
        """What was taken out stays out."""
        self._taken.clear()

    def roll_back(self) -> None:
        """Put back what was taken out since the last accept."""
        for taken in self._taken:
            heappush(self._queue, taken)
        self._taken.clear()
