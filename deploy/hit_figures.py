"""What people said of watchlist hits, counted from outcomes: of each passage its highest revision."""

from collections import Counter
from typing import Any, Final, NamedTuple

from schemas.records import HitConfirmationReason, OperatingMode, Outcome
from streams.core.estimates.intervals import proportion

# How the plate met the list when the light was selected, by the evidence that says so.
MATCHES: Final = {"watchlist_exact": "exact", "watchlist_near": "near"}
LATER: Final = "later"


class Hit(NamedTuple):
    """One passage that met a list."""

    revision: int
    mode: OperatingMode
    match: str
    confirmed: bool | None
    reason: HitConfirmationReason | None


class HitFigures:
    """Hits among outcomes. `since_at`: older ones are left out, microseconds by the outcomes' own time."""

    def __init__(self, since_at: int) -> None:
        self._since_at = since_at
        self._hits: dict[tuple[OperatingMode, str], Hit] = {}

    def see(self, outcome: Outcome) -> None:
        """Take in one outcome; a hit that a later stop took away is none."""
        key = (outcome.operating_mode, outcome.passage_id)
        before = self._hits.get(key)
        if outcome.closed_at < self._since_at or (before is not None and before.revision > outcome.revision):
            return
        met = [MATCHES[said.name] for said in outcome.evidence if said.name in MATCHES]
        if not met and outcome.hit_confirmed is None:
            self._hits.pop(key, None)
            return
        match = met[0] if met else LATER
        said = outcome.hit_confirmed, outcome.hit_confirmation_reason
        self._hits[key] = Hit(outcome.revision, outcome.operating_mode, match, *said)

    def rows(self) -> list[dict[str, Any]]:
        """Counts by world and match, with the share of misreads among those that somebody compared (95 % interval)."""
        groups: dict[tuple[str, str], list[Hit]] = {}
        for hit in self._hits.values():
            groups.setdefault((hit.mode.value, hit.match), []).append(hit)
        return [row(mode, match, group) for (mode, match), group in sorted(groups.items())]


def row(mode: str, match: str, group: list[Hit]) -> dict[str, Any]:
    """The counts of one group."""
    rejected = Counter(hit.reason.value for hit in group if hit.confirmed is False and hit.reason is not None)
    confirmed = sum(hit.confirmed is True for hit in group)
    compared = confirmed + rejected.total()
    misread = proportion(rejected[HitConfirmationReason.MISREAD.value], compared)
    return {
        "operating_mode": mode,
        "match": match,
        "hits": len(group),
        "confirmed": confirmed,
        "rejected": dict(sorted(rejected.items())),
        "no_word": len(group) - compared,
        "misread_share": {"seen": misread.rate, "low": misread.low, "high": misread.high},
    }
