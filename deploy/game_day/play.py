"""One breakage after the other: until nothing fires, break, wait for its alert, let it last, mend, wait for silence."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from deploy.errors import UserError
from deploy.game_day.breakages import Breakage
from deploy.game_day.ground import Ground
from deploy.game_day.verdict import Played, Telling
from deploy.game_day.watch import Fired, alerts_of_objectives, stated_seconds

POLL_SECONDS: Final = 1.0
# Broken for so long after its alert at least, for Alertmanager to be told of all.
LASTS_SECONDS: Final = 45.0
# From the start until every target is scraped, and no start is taken for a fault any more. A camera has to have seen
# enough vehicles before it can be missed; that takes eight minutes at a vehicle every 12 s.
BEGIN_SECONDS: Final = 900.0
# Quiet for so long is over: rules are looked at every 10 s.
QUIET_SECONDS: Final = 30.0

Say = Callable[[str], None]


def play(ground: Ground, breakages: Iterable[Breakage], say: Say) -> Iterator[Played]:
    """Play them in turn. Raises UserError if one cannot begin: something fires, or there is no traffic."""
    lingering = frozenset[Fired]()
    budgets = alerts_of_objectives()
    for breakage in breakages:
        say(f"{breakage.name}: waiting until it can begin")
        wait_until_it_can_begin(ground, breakage, budgets)
        played = Played(breakage, stated_seconds(breakage.alert), lingering=lingering)
        before = ground.ended()
        break_and_mend(ground, played, say)
        played.ended = ground.ended() - before
        lingering |= {one for one in played.first_seen if one.name in budgets}
        yield played


def wait_until_it_can_begin(ground: Ground, breakage: Breakage, budgets: Iterable[str]) -> None:
    """Until nothing but budgets fires, its own alert does not stir, all is scraped and vehicles have come."""
    until = time.monotonic() + BEGIN_SECONDS
    calm_since = time.monotonic()
    while True:
        firing = [one for one in ground.watch.firing() if one.name not in budgets]
        own = [one for one in ground.watch.stirring() if breakage.is_told_by(one)]
        if firing or own or not ground.is_whole() or not breakage.may_begin(ground):
            calm_since = time.monotonic()
        if time.monotonic() - calm_since >= QUIET_SECONDS:
            return
        if time.monotonic() > until:
            fires = ", ".join(map(str, firing or own)) or "not all is up, or no vehicles come"
            raise UserError(f"{breakage.name} could not begin within {BEGIN_SECONDS:.0f} s: {fires}")
        pause(ground)


def break_and_mend(ground: Ground, played: Played, say: Say) -> None:
    """Break, wait for the alert, leave it broken for a while, mend, wait for silence."""
    breakage, started = played.breakage, time.monotonic()
    telling = Telling(played, started)

    def look() -> frozenset[Fired]:
        firing = ground.watch.firing()
        for one in firing:
            played.first_seen.setdefault(one, time.monotonic() - started)
        telling.note(ground.watch.told())
        return firing

    def own_fires() -> bool:
        return any(map(breakage.is_told_by, look()))

    say(f"{breakage.name}: {breakage.what}")
    with breakage.broken(ground):
        while played.fired_seconds is None and time.monotonic() - started < 2 * played.stated_seconds:
            pause(ground)
            if own_fires():
                played.fired_seconds = time.monotonic() - started
        until = max(time.monotonic() + LASTS_SECONDS, started + breakage.lasts_seconds)
        while time.monotonic() < until:
            pause(ground)
            played.lasted = own_fires()
        mended = time.monotonic()
        played.mended_seconds = mended - started
    say(f"{breakage.name}: mended, waiting until nothing fires")
    played.over_seconds = silent_after(ground, look, played, mended)


def silent_after(ground: Ground, look: Callable[[], frozenset[Fired]], played: Played, mended: float) -> float | None:
    """Seconds from the mend until nothing fired any more but budgets; None if that took far longer than allowed."""
    budgets, quiet_since = alerts_of_objectives(), None
    while time.monotonic() - mended < 3 * played.breakage.over_within_seconds:
        firing = [one for one in look() if one.name not in budgets]
        if firing:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_SECONDS:
            return quiet_since - mended
        pause(ground)
    return None


def pause(ground: Ground) -> None:
    """A moment, in which what has ended is started again."""
    ground.tend()
    time.sleep(POLL_SECONDS)
