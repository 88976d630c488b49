"""One breakage after the other, each held against what the rules promise."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.errors import UserError
from deploy.game_day.breakages import Breakage
from deploy.game_day.ground import Ground
from deploy.game_day.watch import Fired, consequences_of, stated_seconds

POLL_SECONDS: Final = 1.0
# Broken for so long after its alert, for consequences to come and for Alertmanager to be told of all.
LASTS_SECONDS: Final = 45.0
# From the start until every target is scraped, and no start is taken for a fault any more.
CALM_SECONDS: Final = 300.0
# A camera has to have seen enough vehicles before it can be missed; eight minutes at a vehicle every 12 s.
BEGIN_SECONDS: Final = 900.0
# Quiet for so long is over: rules are looked at every 10 s.
QUIET_SECONDS: Final = 30.0

Say = Callable[[str], None]


@dataclass
class Played:
    """What one breakage led to; times in seconds from it, or from its mend."""

    breakage: Breakage
    stated_seconds: int
    fired_seconds: float | None = None
    over_seconds: float | None = None
    first_seen: dict[Fired, float] = field(default_factory=dict)
    told: frozenset[Fired] = frozenset()
    """What nothing silences while it is broken."""

    lingering: frozenset[str] = frozenset()
    """Consequences of what was broken before: budgets are of hours."""

    @property
    def strangers(self) -> list[str]:
        """Alerts that have nothing to do with it."""
        allowed = {self.breakage.alert, *self.breakage.also, *consequences_of(self.breakage.alert), *self.lingering}
        return sorted(str(one) for one in self.first_seen if one.name not in allowed)

    @property
    def unsilenced(self) -> list[str]:
        """Consequences that people are told of beside their cause."""
        own = {self.breakage.alert, *self.breakage.also, *self.lingering}
        return sorted(str(one) for one in self.told if one.name not in own)

    @property
    def good(self) -> bool:
        """The right alert in time, it and its consequences alone, and silence after the mend."""
        return (
            self.fired_seconds is not None
            and self.fired_seconds <= self.stated_seconds
            and self.over_seconds is not None
            and self.over_seconds <= self.breakage.over_within_seconds
            and not self.strangers
            and not self.unsilenced
        )

    def as_json(self) -> dict[str, Any]:
        """Its part of what `--json` prints."""
        return {
            "breakage": self.breakage.name,
            "alert": self.breakage.alert,
            "stated_seconds": self.stated_seconds,
            "fired_seconds": None if self.fired_seconds is None else round(self.fired_seconds),
            "over_within_seconds": self.breakage.over_within_seconds,
            "over_seconds": None if self.over_seconds is None else round(self.over_seconds),
            "seen": {str(one): round(seconds) for one, seconds in self.first_seen.items()},
            "told": sorted(map(str, self.told)),
            "strangers": self.strangers,
            "unsilenced": self.unsilenced,
            "good": self.good,
        }


def play(ground: Ground, breakages: Iterable[Breakage], say: Say) -> Iterator[Played]:
    """Play them in turn. Raises UserError if the platform does not become calm before the first."""
    say("waiting until all is scraped and nothing fires")
    if calm_after(ground, CALM_SECONDS, lambda _: None, needs_all_up=True) is None:
        fires = ", ".join(map(str, ground.watch.firing())) or "not every target is up"
        raise UserError(f"the platform was not calm within {CALM_SECONDS:.0f} s of its start: {fires}")
    lingering = frozenset[str]()
    for breakage in breakages:
        say(f"{breakage.name}: waiting until it can begin")
        until = time.monotonic() + BEGIN_SECONDS
        while not breakage.may_begin(ground):
            if time.monotonic() > until:
                raise UserError(f"{breakage.name} could not begin within {BEGIN_SECONDS:.0f} s: no vehicles come")
            pause(ground)
        played = Played(breakage, stated_seconds(breakage.alert), lingering=lingering)
        break_and_mend(ground, played, say)
        lingering |= consequences_of(breakage.alert)
        yield played


def break_and_mend(ground: Ground, played: Played, say: Say) -> None:
    """Break, wait for the alert, leave it broken for a while, mend, wait for silence."""
    breakage, started = played.breakage, time.monotonic()

    def see(firing: Iterable[Fired]) -> None:
        for one in firing:
            played.first_seen.setdefault(one, time.monotonic() - started)

    say(f"{breakage.name}: {breakage.what}")
    with breakage.broken(ground):
        while played.fired_seconds is None and time.monotonic() - started < 2 * played.stated_seconds:
            pause(ground)
            firing = ground.watch.firing()
            see(firing)
            if any(one.is_about(breakage.alert, breakage.labels) for one in firing):
                played.fired_seconds = time.monotonic() - started
        until = time.monotonic() + LASTS_SECONDS
        while time.monotonic() < until:
            pause(ground)
            see(ground.watch.firing())
        played.told = ground.watch.told()
    say(f"{breakage.name}: mended, waiting until nothing fires")
    played.over_seconds = calm_after(ground, 3 * breakage.over_within_seconds, see)


def calm_after(
    ground: Ground, seconds_max: float, see: Callable[[Iterable[Fired]], None], needs_all_up: bool = False
) -> float | None:
    """Seconds from now until nothing fired any more, None if that took longer than allowed."""
    started, quiet_since = time.monotonic(), None
    while time.monotonic() - started < seconds_max:
        firing = ground.watch.firing()
        see(firing)
        if firing or (needs_all_up and not ground.watch.are_all_up()):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_SECONDS:
            return quiet_since - started
        pause(ground)
    return None


def pause(ground: Ground) -> None:
    """A moment, in which what has ended is started again."""
    ground.tend()
    time.sleep(POLL_SECONDS)
