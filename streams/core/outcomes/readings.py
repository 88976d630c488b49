"""Whose AT_LIGHT reading is whose, and lots that were drawn on a reading before anybody knew.

    Selection of a reading   ─► a lot that waits for it goes to its passage; the reading stays known
    lot on a reading         ─► its passage, if the selection is here; else it waits for it
    a day and an hour later  ─► forgotten

Selections of an outage come when the stages work again, and lots when the light server reaches the broker again:
either may be hours behind the other.
"""

from collections.abc import MutableMapping
from typing import Final

from schemas.records import LightAnswer, OperatingMode, Selection
from streams.core.deadlines import Deadlines
from streams.core.keyed_state import KeyedState
from streams.core.outcomes.lights import DUE_STEP_SECONDS
from streams.core.outcomes.outcome import REPORTED_SECONDS
from streams.core.outcomes.state import (
    READING_PREFIX,
    SECOND,
    AtLight,
    Shown,
    decode_at_light,
    due_of,
    encode_at_light,
)
from streams.core.stage import ID_LENGTH_MAX

# Readings known at once, of one partition: several days of its southbound traffic, 30 MB. Of more, those soonest due
# go: somebody asks for vehicles that are not there.
READINGS_MAX: Final = 100_000

# Forgotten per tick, so that the fold of a tick stays short after time has jumped.
DUE_MAX: Final = 2_000

# Later than any second of the 32 bits that deadlines are stored in.
EVER_S: Final = 2**32


class Readings:
    """Readings of one partition by mode, lane and id."""

    def __init__(self, stored: MutableMapping[bytes, bytes], readings_max: int = READINGS_MAX) -> None:
        due = [(due_of(state), key) for key, state in stored.items() if key.startswith(READING_PREFIX)]
        self._readings: KeyedState[AtLight] = KeyedState(stored, encode_at_light, decode_at_light)
        self._deadlines = Deadlines(due)
        self._readings_max = readings_max
        self._count = self._count_kept = len(due)

    def select(self, selection: Selection) -> AtLight | None:
        """The reading is this passage's; returns what was known of it, if a lot that was drawn on it waits."""
        reading_id = selection.at_light_reading_id
        if not reading_id or len(reading_id) > ID_LENGTH_MAX:
            return None
        key = reading_key(selection.operating_mode, selection.lane_id, reading_id)
        before = self._readings.get(key)
        if before is not None and before.passage_id is not None:
            return None
        self._keep(key, before, AtLight(due_s_of(selection.selected_at), selection.passage_id))
        return before

    def passage_of(self, lot: LightAnswer) -> str | None:
        """Whose the reading is that a lot was drawn on. If that is not known, the lot waits for it."""
        key = reading_key(lot.operating_mode, lot.lane_id, lot.at_light_reading_id or "")
        before = self._readings.get(key)
        if before is not None:
            if before.passage_id is not None:
                return before.passage_id
            if before.lot is not None and lot.answered_at <= before.lot.answered_at:
                return None
        drawn = Shown(lot.answered_at, lot.light)
        self._keep(key, before, AtLight(due_s_of(lot.answered_at), None, drawn, lot.reason))
        return None

    def forget(self, now_s: int) -> None:
        """Forget what is due, DUE_MAX at most."""
        for _ in range(DUE_MAX):
            taken = self._deadlines.take(now_s)
            if taken is None:
                return
            self._drop(*taken)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        self._count_kept = self._count
        return self._readings.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._readings.roll_back()
        self._deadlines.roll_back()
        self._count = self._count_kept

    def _keep(self, key: bytes, before: AtLight | None, after: AtLight) -> None:
        if before is None:
            self._count += 1
        if before is None or before.due_s != after.due_s:
            self._deadlines.note(after.due_s, key)
        self._readings.put(key, after)
        while self._count > self._readings_max:
            taken = self._deadlines.take(EVER_S)
            if taken is None:
                raise AssertionError("a reading has no deadline")
            self._drop(*taken)

    def _drop(self, due_s: int, key: bytes) -> None:
        known = self._readings.get(key)
        if known is not None and known.due_s == due_s:
            self._readings.remove(key)
            self._count -= 1


def reading_key(mode: OperatingMode, lane_id: str, reading_id: str) -> bytes:
    """Modes are worlds of their own, and a reading's id is its lane's."""
    return READING_PREFIX + f"{mode}:{lane_id}:{reading_id}".encode()


def due_s_of(at: int) -> int:
    """When a reading of a time is forgotten: a day later, when nobody may report of an unknown passage any more.

    To the hour, so that a lot that is told again does not move it each time.
    """
    return (at // SECOND + REPORTED_SECONDS) // DUE_STEP_SECONDS * DUE_STEP_SECONDS + DUE_STEP_SECONDS
