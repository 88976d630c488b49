"""When which key is due, that is, when a part of its state expires: hours, each with its keys, rebuilt at the start
from the first bytes of the stored states.

A key stands in one hour, the earliest that was noted. When its hour is swept and it has been used since, it moves to
its present hour: over 400 days a plate that crosses daily is looked at 8 times, a weekly one, whose passages all grow
old enough to expire, 46 times for 58 crossings. Being late is harmless to outputs: what has expired never counts,
swept or not. What is stored depends on no hour noted: a state is changed once its own has come (`has_come`).
"""

from collections.abc import Iterable
from typing import Final

HOUR_SECONDS: Final = 3600


class Hour:
    """Keys that are due by the begin of an hour; some have moved to an earlier one since."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.keys: list[bytes] = []


class ExpiryIndex:
    """Keys by the hour in which they are due. Memory is a dict entry and a list place per key; keys and hours are
    shared, not copied."""

    def __init__(self, due: Iterable[tuple[bytes, int]]) -> None:
        """`due`: keys with when they are due, in seconds since 1970."""
        self._hours: dict[int, Hour] = {}
        self._hour_of: dict[bytes, Hour] = {}
        for key, due_s in due:
            self.note(key, due_s)

    def note(self, key: bytes, due_s: int) -> None:
        """A key is due by then; does nothing if it is noted for no later."""
        number = _hour_after(due_s)
        standing = self._hour_of.get(key)
        if standing is not None and standing.number <= number:
            return
        hour = self._hours.get(number)
        if hour is None:
            hour = self._hours[number] = Hour(number)
        hour.keys.append(key)
        self._hour_of[key] = hour

    def due(self, now_s: int, at_most: int) -> list[bytes]:
        """Up to so many keys whose hour has come, taken out of the index. The rest comes with the next call."""
        due: list[bytes] = []
        now_hour = now_s // HOUR_SECONDS
        for number in sorted([number for number in self._hours if number <= now_hour]):
            hour = self._hours[number]
            while hour.keys and len(due) < at_most:
                key = hour.keys.pop()
                if self._hour_of.get(key) is hour:
                    del self._hour_of[key]
                    due.append(key)
            if not hour.keys:
                del self._hours[number]
            if len(due) == at_most:
                break
        return due


def has_come(due_s: int, now_s: int) -> bool:
    """Whether the hour has come in which a key that is due by then is swept."""
    return _hour_after(due_s) <= now_s // HOUR_SECONDS


def _hour_after(due_s: int) -> int:
    return due_s // HOUR_SECONDS + 1
