"""When a lane's light falls back on the lot, and when it shows selections again: one incident, told twice.

    by lot       ─► the lane is dark ─► Alert LIGHT_FALLBACK, once, however many vehicles follow
    by selection ─► it was dark      ─► the same incident, MINOR: it is over

An override tells nothing of whether selections come, so it neither begins nor ends one.
"""

from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.records import (
    Alert,
    AlertKind,
    LightAnswer,
    LightAnswerReason,
    Severity,
)
from streams.core.deadlines import Deadlines
from streams.core.keyed_state import KeyedState
from streams.core.outcomes.state import DARK_PREFIX, SECOND, Dark, decode_dark, due_of, encode_dark
from streams.core.unweighed_alert import unweighed_alert

# How long a lane is remembered after its last lot, so that an old answer that is delivered again tells nothing anew. A
# light that nobody has asked for a week is out of use.
KEPT_SECONDS: Final = 7 * 24 * 3600

# The times of a lane's last answers, by which one that is delivered again is known, whatever clock steps back: a server
# that is killed delivers again those in flight, of one lane seldom more than one.
RECENT_MAX: Final = 16

# Deadlines are kept to the hour, so that a dark lane moves its own once an hour and not with every vehicle.
DUE_STEP_SECONDS: Final = 3600


class DarkLanes:
    """Lanes of one partition whose lights were answered by lot."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        self._lanes: KeyedState[Dark] = KeyedState(stored, encode_dark, decode_dark)
        self._deadlines = Deadlines(
            (due_of(state), key) for key, state in stored.items() if key.startswith(DARK_PREFIX)
        )

    def see(self, answer: LightAnswer) -> Alert | None:
        """Take in one answer, each lane's in the order in which they were given; what comes again changes nothing."""
        key = DARK_PREFIX + f"{answer.operating_mode}:{answer.lane_id}".encode()
        before = self._lanes.get(key)
        if before is not None and answer.answered_at in before.recent_at:
            return None
        if answer.fallback:
            return self._drawn(key, before, answer)
        if before is None or answer.reason is not LightAnswerReason.SELECTION:
            return None
        recent_at = (*before.recent_at, answer.answered_at)[-RECENT_MAX:]
        self._lanes.put(key, msgspec.structs.replace(before, recent_at=recent_at, is_open=False))
        if not before.is_open:
            return None
        ends = f"{ENDS}; vehicles answered by lot meanwhile: {before.fallbacks}"
        return alert_of(answer, before.incident_id, 2, Severity.MINOR, ends)

    def forget(self, now_s: int) -> None:
        """Forget lanes whose time has come."""
        while (taken := self._deadlines.take(now_s)) is not None:
            due_s, key = taken
            dark = self._lanes.get(key)
            if dark is not None and dark.due_s == due_s:
                self._lanes.remove(key)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        return self._lanes.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._lanes.roll_back()
        self._deadlines.roll_back()

    def _drawn(self, key: bytes, before: Dark | None, answer: LightAnswer) -> Alert | None:
        at = answer.answered_at
        due_s = (at // SECOND + KEPT_SECONDS) // DUE_STEP_SECONDS * DUE_STEP_SECONDS + DUE_STEP_SECONDS
        if before is None or before.due_s != due_s:
            self._deadlines.note(due_s, key)
        vehicle = answer.passage_id or answer.at_light_reading_id or ""
        recent_at = (*(before.recent_at if before is not None else ()), at)[-RECENT_MAX:]
        if before is not None and before.is_open:
            fallbacks = before.fallbacks + (vehicle != before.vehicle)
            self._lanes.put(key, Dark(due_s, before.incident_id, recent_at, fallbacks, vehicle, True))
            return None
        incident_id = f"{answer.lane_id} {answer.operating_mode} light {at}"
        self._lanes.put(key, Dark(due_s, incident_id, recent_at, 1, vehicle, True))
        return alert_of(answer, incident_id, 1, Severity.SEVERE, BEGINS)


BEGINS: Final = "no selection came in time, and the light is drawn by lot; officers decide until selections come again"
ENDS: Final = "the light shows selections again"


def alert_of(answer: LightAnswer, incident_id: str, revision: int, severity: Severity, what: str) -> Alert:
    """The alert of a lane's light; it weighs no vehicle."""
    return unweighed_alert(
        AlertKind.LIGHT_FALLBACK,
        incident_id,
        revision,
        severity,
        f"lane {answer.lane_id}: {what}",
        answer.answered_at,
        answer.port_code,
        answer.operating_mode,
        answer.lane_id,
        answer.passage_id or "",
        answer.passage_number or 0,
        answer.light,
    )
