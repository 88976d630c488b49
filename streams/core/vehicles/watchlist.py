"""The watchlist as one partition holds it: all of it, since a plate's partition is not known to who enters it.

    best reading is a listed plate                   EXACT   probability of that reading
    another candidate is a listed plate              NEAR    probability of that candidate
    best reading is one error from a listed plate    NEAR    Bayes, see plates/match_probability.py

An entry matches from valid_from_at until valid_until_at, swept or not: by the lane's time, or by the partition's where
its lane is behind that. A suppression takes a read plate out of the matches, since a person has found that they are
wrong.
"""

from collections.abc import MutableMapping, Sequence
from typing import Final

from schemas.records import (
    ChangeKind,
    ListKind,
    OperatingMode,
    PlateCandidate,
    ReferenceChange,
    WatchlistEntry,
    WatchlistSuppression,
)
from streams.core.evidence.subject import NearHit
from streams.core.plates import normalise_plate
from streams.core.plates.match_probability import match_probability
from streams.core.rule_set import RuleSet
from streams.core.vehicles.decisions import is_must_refer
from streams.core.vehicles.kept import KeptByPlate

PREFIX: Final = b"watchlist:"
SUPPRESSION_PREFIX: Final = b"suppression:"

# Entries that one partition holds; 1 M is the size of national stolen-vehicle lists. More is refused, never dropped.
ENTRIES_MAX: Final = 1_000_000
# Each was entered and approved by people who looked at an image.
SUPPRESSIONS_MAX: Final = 100_000

# Below this a near match is none: nine wrong alerts for a right one are what a person can still be asked to look at
# [assumed]. It leaves 36 false hits a day of a list of 10,000 at the whole border, of 1,176.
NEAR_PROBABILITY_MIN: Final = 0.1

# Which kind is named when a plate is on several lists of equal priority: the more urgent first.
_URGENCY: Final = (
    ListKind.WANTED,
    ListKind.STRAW_PURCHASER_LINKED,
    ListKind.TRACE_LINKED,
    ListKind.INTELLIGENCE,
    ListKind.STOLEN,
    ListKind.TEST,
    ListKind.UNKNOWN,
)


class Watchlist:
    """Entries and suppressions, both by plate."""

    def __init__(self, stored: MutableMapping[bytes, bytes], entries_max: int = ENTRIES_MAX) -> None:
        self._entries: KeptByPlate[WatchlistEntry] = KeptByPlate(stored, PREFIX, WatchlistEntry, entries_max, "entries")
        self._suppressions: KeptByPlate[WatchlistSuppression] = KeptByPlate(
            stored, SUPPRESSION_PREFIX, WatchlistSuppression, SUPPRESSIONS_MAX, "suppressions"
        )

    def advance(self, change: ReferenceChange) -> bool:
        """Fold a change that was found complete; False if it changes nothing. Raises Rejected `watchlist_full`."""
        if change.kind is ChangeKind.WATCHLIST_ADD and change.watchlist_entry is not None:
            return self.add(change.watchlist_entry)
        if change.kind is ChangeKind.WATCHLIST_REMOVE and change.watchlist_entry_id is not None:
            return self.remove(change.watchlist_entry_id)
        if change.kind is ChangeKind.WATCHLIST_SUPPRESS and change.watchlist_suppression is not None:
            return self.suppress(change.watchlist_suppression)
        return change.watchlist_suppression_id is not None and self.unsuppress(change.watchlist_suppression_id)

    def add(self, entry: WatchlistEntry) -> bool:
        """Add an entry; one with the same id is replaced. False if the very same is held. Raises Rejected
        `watchlist_full`."""
        return self._entries.put(self._entries.key_of(entry.entry_id), entry)

    def remove(self, entry_id: str) -> bool:
        """Remove an entry; False if there is none."""
        return self._entries.remove(self._entries.key_of(entry_id))

    def suppress(self, suppression: WatchlistSuppression) -> bool:
        """Add a suppression; one with the same id is replaced. False if the very same is held. Raises Rejected
        `watchlist_full`."""
        return self._suppressions.put(self._suppressions.key_of(suppression.suppression_id), suppression)

    def unsuppress(self, suppression_id: str) -> bool:
        """Remove a suppression; False if there is none."""
        return self._suppressions.remove(self._suppressions.key_of(suppression_id))

    def match(
        self, plate: str, jurisdiction: str | None, at: int, mode: OperatingMode, rules: RuleSet
    ) -> WatchlistEntry | None:
        """The most urgent entry of exactly this plate that is valid at a lane time; None if there is none.

        What must be referred comes before any priority: an entry of low priority still turns the light red. An entry
        without an issuer meets any, and so does a plate whose issuer was not read: a person confirms the hit
        anyway. A TEST entry meets tests and exercises only, so a drill never turns a traveller's light red.
        """
        keys = self._entries.index.exact(plate)
        return self._most_urgent(keys, plate, jurisdiction, at, mode, rules) if keys else None

    def still_meets(self, entry_id: str, plate: str, jurisdiction: str | None, at: int, mode: OperatingMode) -> bool:
        """Whether an entry that a plate met exactly is still held and still meets it at a lane time."""
        entry = self._entries.get(self._entries.key_of(entry_id))
        return (
            entry is not None
            and normalise_plate(entry.plate) == plate
            and self._applies(entry, plate, jurisdiction, at, mode)
        )

    def near_match(
        self,
        plate: str,
        candidates: Sequence[PlateCandidate],
        jurisdiction: str | None,
        seen_before: bool,
        at: int,
        mode: OperatingMode,
        rules: RuleSet,
    ) -> NearHit | None:
        """The entry that a vehicle, read as a plate that is on no list, most probably is; None below the least chance.

        `seen_before`: this very reading has crossed before, so it is somebody's plate.
        """
        index = self._entries.index
        if not len(index):
            return None
        chances: dict[str, float] = {}
        probability, left_open = 0.0, 1.0
        for candidate in candidates:
            read = normalise_plate(candidate.plate)
            left_open -= candidate.confidence
            if read == plate:
                probability = candidate.confidence
            elif candidate.confidence >= NEAR_PROBABILITY_MIN and index.exact(read):
                chances[read] = candidate.confidence
        if left_open > 0.0:
            for listed in index.one_error_away(plate):
                if listed not in chances:
                    chances[listed] = match_probability(
                        plate, probability, left_open, listed, jurisdiction, seen_before
                    )
        for listed, chance in sorted(chances.items(), key=lambda item: (-item[1], item[0])):
            if chance < NEAR_PROBABILITY_MIN:
                break
            entry = self._most_urgent(index.exact(listed), plate, jurisdiction, at, mode, rules)
            if entry is not None:
                return NearHit(entry, chance)
        return None

    def sweep(self, at: int, at_most: int) -> int:
        """Remove up to so many entries and suppressions that are no longer valid at a lane time; returns how many."""
        removed = self._entries.sweep(at, at_most)
        return removed + self._suppressions.sweep(at, at_most - removed)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded entries and suppressions changed since the last call."""
        return self._entries.take_changes() | self._suppressions.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        self._entries.roll_back()
        self._suppressions.roll_back()

    def _most_urgent(
        self,
        keys: tuple[bytes, ...],
        read: str,
        jurisdiction: str | None,
        at: int,
        mode: OperatingMode,
        rules: RuleSet,
    ) -> WatchlistEntry | None:
        """Of entries of one plate the most urgent that applies to a read."""
        hits = [
            entry
            for entry in map(self._entries.get, keys)
            if entry is not None and self._applies(entry, read, jurisdiction, at, mode)
        ]
        if not hits:
            return None
        return min(
            hits,
            key=lambda hit: (
                not is_must_refer(hit.list_kind, rules),
                hit.priority,
                _URGENCY.index(hit.list_kind),
                hit.entry_id,
            ),
        )

    def _applies(
        self, entry: WatchlistEntry, read: str, jurisdiction: str | None, at: int, mode: OperatingMode
    ) -> bool:
        """Whether an entry, whose plate is met, is valid, for this issuer and this mode, and not suppressed."""
        return (
            entry.valid_from_at <= at < entry.valid_until_at
            and (jurisdiction is None or entry.jurisdiction is None or same_issuer(entry.jurisdiction, jurisdiction))
            and not (mode is OperatingMode.OPERATIONAL and entry.list_kind is ListKind.TEST)
            and not self._is_suppressed(entry.entry_id, read, jurisdiction, at)
        )

    def _is_suppressed(self, entry_id: str, read: str, jurisdiction: str | None, at: int) -> bool:
        """Whether somebody has found that this read is not that entry. One for an issuer needs it to be read."""
        for key in self._suppressions.index.exact(read):
            found = self._suppressions.get(key)
            if (
                found is not None
                and at < found.valid_until_at
                and (found.entry_id is None or found.entry_id == entry_id)
                and (
                    found.jurisdiction is None
                    or (jurisdiction is not None and same_issuer(found.jurisdiction, jurisdiction))
                )
            ):
                return True
        return False


def same_issuer(one: str, other: str) -> bool:
    """Whether two texts name one issuer: US-TX, us-tx and US TX do."""
    return one == other or normalise_plate(one) == normalise_plate(other)
