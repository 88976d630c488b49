"""What one breakage led to, held against what the rules promise."""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.game_day.breakages import Breakage
from deploy.game_day.watch import Fired, alerts_of_objectives, consequences, explained

# A page is told 10 s after its alert, and Alertmanager hears of a cause some seconds after Prometheus has it.
TOLD_SECONDS: Final = 20.0


@dataclass
class Played:
    """What one breakage led to; times in seconds from it, or from its mend."""

    breakage: Breakage
    stated_seconds: int
    fired_seconds: float | None = None
    lasted: bool = False
    """Whether its alert still fired when it was about to be mended."""

    mended_seconds: float | None = None
    over_seconds: float | None = None
    first_seen: dict[Fired, float] = field(default_factory=dict)
    first_told: dict[Fired, float] = field(default_factory=dict)
    """Of what nothing silenced for TOLD_SECONDS, from when on."""

    lingering: frozenset[Fired] = frozenset()
    """Alerts on budgets that were seen before: what has used a budget up is over long before they are."""

    ended: Counter[str] = field(default_factory=Counter)
    """How often each process ended meanwhile and was started again."""

    @property
    def own(self) -> list[Fired]:
        """Its alert, and what tells of the same fault by another way."""
        also = self.breakage.also
        return [
            one for one in self.first_seen if self.breakage.is_told_by(one) or any(one.is_about(*what) for what in also)
        ]

    @property
    def strangers(self) -> list[str]:
        """Alerts that have nothing to do with it."""
        allowed = explained(self.own, self.first_seen, consequences()) | self.lingering
        return sorted(str(one) for one in self.first_seen if one not in allowed)

    @property
    def unsilenced(self) -> list[str]:
        """What people were told of beside it once it fired; a consequence may be seen before its cause.

        After the mend budgets that it used may be told of: their windows outlast it, and what silences them does not.
        """
        own = {*self.own, *self.lingering}
        fired = self.fired_seconds or 0.0
        mended = math.inf if self.mended_seconds is None else self.mended_seconds
        budgets = alerts_of_objectives()
        told = {one: at for one, at in self.first_told.items() if one not in own and at > fired}
        return sorted(str(one) for one, at in told.items() if at <= mended or one.name not in budgets)

    @property
    def is_told(self) -> bool:
        """Whether people were told of its alert."""
        return any(map(self.breakage.is_told_by, self.first_told))

    def wrong(self) -> list[str]:
        """What was not as it has to be: the alert in time, told, alone with what follows, silence after the mend."""
        found = [f"not a consequence: {one}" for one in self.strangers]
        found += [f"told beside its cause: {one}" for one in self.unsilenced]
        if self.fired_seconds is None or self.fired_seconds > self.stated_seconds:
            found.append("its alert came too late or not at all")
        elif not self.lasted:
            found.append("its alert was over before the mend")
        if not self.is_told:
            found.append("nobody was told of it")
        if self.over_seconds is None or self.over_seconds > self.breakage.over_within_seconds:
            found.append("not silent in time after the mend")
        return found

    def as_json(self) -> dict[str, Any]:
        """Its part of what `--json` prints."""
        wrong = self.wrong()
        return {
            "breakage": self.breakage.name,
            "alert": self.breakage.alert,
            "stated_seconds": self.stated_seconds,
            "fired_seconds": None if self.fired_seconds is None else round(self.fired_seconds),
            "mended_seconds": None if self.mended_seconds is None else round(self.mended_seconds),
            "over_within_seconds": self.breakage.over_within_seconds,
            "over_seconds": None if self.over_seconds is None else round(self.over_seconds),
            "seen": {str(one): round(seconds) for one, seconds in self.first_seen.items()},
            "told": {str(one): round(seconds) for one, seconds in self.first_told.items()},
            "ended": dict(self.ended),
            "wrong": wrong,
            "good": not wrong,
        }


class Telling:
    """Notes what Alertmanager does not silence for TOLD_SECONDS at a stretch."""

    def __init__(self, played: Played, started: float) -> None:
        self._played, self._started = played, started
        self._since: dict[Fired, float] = {}

    def note(self, told: Iterable[Fired]) -> None:
        """What is not silenced now."""
        now = time.monotonic()
        self._since = {one: self._since.get(one, now) for one in told}
        for one, since in self._since.items():
            if now - since >= TOLD_SECONDS:
                self._played.first_told.setdefault(one, since - self._started)
