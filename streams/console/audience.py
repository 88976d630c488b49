"""Whom an alert is shown to.

    watchlist entry ─► `audience`, names with blanks between ─► its alerts ─► each place shows those for its own names

An alert that there would be without an entry is for everybody. It is a matter of who is told, not of who could read:
whoever may read the topic can read all of it. The light is the same for all.
"""

from collections.abc import Sequence

from schemas.records import Alert


def names_in(text: str) -> frozenset[str]:
    """The names in an audience, however they are written."""
    return frozenset(text.casefold().split())


def is_for(alert: Alert, audiences: frozenset[str]) -> bool:
    """Whether an alert is for one of these audiences; without any, every alert is."""
    return not audiences or alert.audience is None or not audiences.isdisjoint(names_in(alert.audience))


def shown_audiences(wanted: Sequence[str], may_see: str) -> frozenset[str]:
    """What is shown: those wanted, else all that may be seen here; none: everything.

    Raises ValueError if one is wanted that may not be seen here.
    """
    allowed, chosen = names_in(may_see), names_in(" ".join(wanted))
    if allowed and not chosen <= allowed:
        raise ValueError(f"alerts for {', '.join(sorted(chosen - allowed))} may not be shown here")
    return chosen or allowed
