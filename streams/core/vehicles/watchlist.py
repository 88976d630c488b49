"""The watchlist as one partition holds it: all of it, since a plate's partition is not known to who enters it."""

import heapq
from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.records import ListKind, OperatingMode, WatchlistEntry
from streams.core.keyed_state import KeyedState
from streams.core.plates import normalise_plate
from streams.core.rule_set import RuleSet
from streams.core.stage import Rejected
from streams.core.vehicles.decisions import is_must_refer

PREFIX: Final = b"watchlist:"

# Entries that one partition holds; 1 M is the size of national stolen-vehicle lists. More is refused, never dropped.
ENTRIES_MAX: Final = 1_000_000

_DECODER: Final = msgspec.msgpack.Decoder(WatchlistEntry)

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
    """Entries by id, and their ids by plate. Entries change rarely, so a roll-back rebuilds the index."""

    def __init__(self, stored: MutableMapping[bytes, bytes], entries_max: int = ENTRIES_MAX) -> None:
        self._stored = stored
        self._entries_max = entries_max
        self._states: KeyedState[WatchlistEntry] = KeyedState(stored, msgspec.msgpack.encode, _DECODER.decode)
        self._changed = False
        self._entries: dict[str, WatchlistEntry] = {}
        self._by_plate: dict[str, tuple[str, ...]] = {}
        self._expiring: list[tuple[int, str]] = []  # heap of (valid_until_at, entry id); removed ones are skipped
        self._load()

    def add(self, entry: WatchlistEntry) -> None:
        """Add an entry; one with the same id is replaced. Raises Rejected `watchlist_full`."""
        if len(self._entries) >= self._entries_max and entry.entry_id not in self._entries:
            raise Rejected("watchlist_full", f"a watchlist has at most {self._entries_max} entries")
        self.remove(entry.entry_id)
        self._states.put(PREFIX + entry.entry_id.encode(), entry)
        self._index(entry)
        self._changed = True

    def remove(self, entry_id: str) -> bool:
        """Remove an entry; False if there is none."""
        entry = self._entries.pop(entry_id, None)
        if entry is None:
            return False
        plate = normalise_plate(entry.plate)
        ids = tuple([other for other in self._by_plate[plate] if other != entry_id])
        if ids:
            self._by_plate[plate] = ids
        else:
            del self._by_plate[plate]
        self._states.remove(PREFIX + entry_id.encode())
        self._changed = True
        return True

    def match(
        self, plate: str, jurisdiction: str | None, at: int, mode: OperatingMode, rules: RuleSet
    ) -> WatchlistEntry | None:
        """The most urgent entry of exactly this plate that is valid at a lane time; None if there is none.

        What must be referred comes before any priority: an entry of low priority still turns the light red. An entry
        without an issuer meets any, and so does a plate whose issuer was not read: a person confirms the hit
        anyway. A TEST entry meets tests and exercises only, so a drill never turns a traveller's light red.
        """
        ids = self._by_plate.get(plate)
        if ids is None:
            return None
        live = mode is OperatingMode.OPERATIONAL
        hits = [
            entry
            for entry in map(self._entries.__getitem__, ids)
            if entry.valid_from_at <= at < entry.valid_until_at
            and (jurisdiction is None or entry.jurisdiction is None or same_issuer(entry.jurisdiction, jurisdiction))
            and not (live and entry.list_kind is ListKind.TEST)
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

    def sweep(self, at: int, at_most: int) -> int:
        """Remove up to so many entries that are no longer valid at a lane time; returns how many were removed."""
        removed = 0
        while removed < at_most and self._expiring and self._expiring[0][0] <= at:
            until, entry_id = heapq.heappop(self._expiring)
            entry = self._entries.get(entry_id)
            if entry is not None and entry.valid_until_at == until:
                self.remove(entry_id)
                removed += 1
        return removed

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded entries changed since the last call."""
        self._changed = False
        return self._states.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        self._states.roll_back()
        if self._changed:
            self._changed = False
            self._load()

    def _load(self) -> None:
        self._entries, self._by_plate, self._expiring = {}, {}, []
        for key in sorted(key for key in self._stored if key.startswith(PREFIX)):
            self._index(_DECODER.decode(self._stored[key]))

    def _index(self, entry: WatchlistEntry) -> None:
        self._entries[entry.entry_id] = entry
        heapq.heappush(self._expiring, (entry.valid_until_at, entry.entry_id))
        plate = normalise_plate(entry.plate)
        self._by_plate[plate] = (*self._by_plate.get(plate, ()), entry.entry_id)


def same_issuer(one: str, other: str) -> bool:
    """Whether two texts name one issuer: US-TX, us-tx and US TX do."""
    return one == other or normalise_plate(one) == normalise_plate(other)
