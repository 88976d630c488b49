"""Which train a pass is: the tags decide, what people said of arrivals only where the tags leave it open.

    identities of cars that its checked tags say ─► votes, one for each train whose list has the identity
    most votes, at least two, at least a quarter ─► that train; one vote is enough for a train that arrived on the track
    equal votes                                  ─► the one that arrived on the track, then the one that was let go
                                                    after the pass began, then the one whose list came last
    none, and eight cars read                    ─► a train without a list: the one that arrived on the track, if any
    none, and most of the cars of such a train's pass    ─► that train, come again
    none, and the train gone with fewer read     ─► the one that arrived on the track, with a list or without

Locomotives have no vote: they come back with the next train. A train that was released before a pass began is not that
pass's, even if it has the same cars, nor is it the next one's under that id; nor that of a train whose list came half a
day after, or whose visit began a day after: what was scanned a week ago covers nothing today. The choice is made anew
with each identity that is read, so it depends on what was read and not on the order; a train that was let go keeps its
passes.
"""

from typing import Final

import msgspec

from streams.core.trains.state import HOUR, SECOND, Pass, Train, Visit
from streams.core.trains.store import LEFT, OTHER, Store

VOTES_MIN: Final = 2
# Less of its cars on the list, and the pass is another train that has borrowed some.
SHARE_MIN: Final = 0.25
# So many cars read of which no list knows enough: the train has none, or none yet.
IDENTITIES_MIN: Final = 8
# A train that comes through again this long after its first pass is still the same visit [assumed].
VISIT_SPAN: Final = 24 * HOUR
# A list that comes so long after a pass began is another train's [assumed]: its cars could be back from Mexico.
LATE_SPAN: Final = 12 * HOUR
# An arrival says something of a pass that begins so long after it, or so little before by another clock [assumed].
ARRIVAL_SPAN: Final = 24 * HOUR
ARRIVAL_SLACK: Final = 600 * SECOND


class Binder:
    """Finds trains for passes; the index of identities is made from the lists, and made again when one changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index: dict[str, dict[str, list[str]]] = {}

    def forget(self) -> None:
        """A list changed, or a change was rolled back."""
        self._index.clear()

    def index_of(self, port_key: str) -> dict[str, list[str]]:
        """Keys of a port's trains by the identities on their lists."""
        index = self._index.get(port_key)
        if index is None:
            index = self._index[port_key] = {}
            for train_key, _ in self._store.port(port_key).trains:
                if LEFT in train_key:
                    continue  # it is another visit now
                consist = self._store.consist(train_key)
                for listed in consist.listed if consist is not None else ():
                    keys = index.setdefault(listed.identity, [])
                    if train_key not in keys:
                        keys.append(train_key)
        return index

    def train_of(self, port_key: str, track_id: str, passing: Pass, identities: set[str]) -> str:
        """The key of the train whose list speaks for itself, empty if none does."""
        index = self.index_of(port_key)
        votes: dict[str, int] = {}
        for identity in identities:
            for key in index.get(identity, ()):
                votes[key] = votes.get(key, 0) + 1
        best: tuple[int, bool, bool, int, str] | None = None
        for key, count in votes.items():
            train, consist = self._store.train(key), self._store.consist(key)
            if train is None or consist is None or is_over(train, passing):
                continue
            if consist.first_at > passing.first_at + LATE_SPAN or self._came_later(port_key, train, passing):
                continue
            arrived = has_arrived(train, track_id, passing)
            if (count < VOTES_MIN and not arrived) or count < SHARE_MIN * len(identities):
                continue
            rank = (count, arrived, train.released_at > 0, consist.first_at, key)
            if best is None or rank > best:
                best = rank
        return "" if best is None else best[4]

    def _came_later(self, port_key: str, train: Train, passing: Pass) -> bool:
        """Whether a train's visit began so long after a pass that this is of an earlier one."""
        mode = port_key.partition(":")[0]
        visit = self._store.visit(f"{mode}:{train.visit_id}") if train.visit_id else None
        first = self._store.passing(f"{mode}:{visit.pass_ids[0]}") if visit is not None and visit.pass_ids else None
        return first is not None and first.first_at > passing.first_at + VISIT_SPAN

    def arrived_on(self, port_key: str, track_id: str, passing: Pass, may_be_listed: bool) -> str:
        """The key of a train that arrived on a track and is no other visit, empty if there is none."""
        best: tuple[int, str] | None = None
        for key, _ in self._store.port(port_key).trains:
            train = self._store.train(key)
            if train is None or is_over(train, passing):
                continue
            if self._store.consist(key) is not None and not may_be_listed:
                continue
            if train.visit_id not in ("", passing.visit_id) and not train.visit_id.partition("/")[2].startswith("T:"):
                continue
            if has_arrived(train, track_id, passing):
                rank = (-abs(train.arrived_at - passing.first_at), key)
                if best is None or rank > best:
                    best = rank
        return "" if best is None else best[1]

    def visit_for(self, mode: str, pass_id: str, passing: Pass, train_key: str) -> str:
        """The id of the visit that a pass belongs to, if it is a train's, or nobody's for an empty key."""
        store = self._store
        train = store.train(train_key) if train_key else None
        if train is not None and train.visit_id:
            visit = store.visit(f"{mode}:{train.visit_id}")
            if visit is not None and visit.pass_ids:
                if pass_id in visit.pass_ids:
                    return train.visit_id
                first = store.passing(f"{mode}:{visit.pass_ids[0]}")
                if first is not None and abs(passing.first_at - first.first_at) <= VISIT_SPAN:
                    return train.visit_id
        if passing.visit_id:
            own = store.visit(f"{mode}:{passing.visit_id}")
            if own is not None and own.pass_ids == (pass_id,):
                return passing.visit_id
        taken = store.visit(f"{mode}:{pass_id}")
        if taken is not None and taken.pass_ids:
            return f"{pass_id}{OTHER}"
        return pass_id

    def join(self, mode: str, pass_id: str, visit_id: str, train_key: str) -> None:
        """Put a pass into a visit of a train, and take it out of the one that it was in."""
        store = self._store
        key = f"{mode}:{pass_id}"
        passing = store.passing(key)
        if passing is None:
            return
        if passing.visit_id and passing.visit_id != visit_id:
            old_key = f"{mode}:{passing.visit_id}"
            old = store.visit(old_key)
            if old is not None:
                left = tuple([one for one in old.pass_ids if one != pass_id])
                store.put_visit(old_key, msgspec.structs.replace(old, pass_ids=left))
                if not left:
                    self._leave(mode, passing.visit_id, old)
        visit_key = f"{mode}:{visit_id}"
        visit = store.visit(visit_key) or Visit()
        if visit.train_key and visit.train_key != train_key:
            self._leave(mode, visit_id, visit)
        pass_ids = tuple(sorted({*visit.pass_ids, pass_id}, key=_order))
        store.put_visit(visit_key, msgspec.structs.replace(visit, train_key=train_key, pass_ids=pass_ids))
        store.put_pass(key, msgspec.structs.replace(passing, visit_id=visit_id))
        train = store.train(train_key) if train_key else None
        if train is not None and train.visit_id != visit_id:
            unseen_key = f"{mode}:{train.visit_id}"
            unseen = store.visit(unseen_key) if train.visit_id else None
            if unseen is not None and not unseen.pass_ids:
                store.put_visit(unseen_key, msgspec.structs.replace(unseen, train_key=""))
            store.put_train(train_key, msgspec.structs.replace(train, visit_id=visit_id))

    def _leave(self, mode: str, visit_id: str, visit: Visit) -> None:
        """A visit is no train's any more."""
        store = self._store
        train = store.train(visit.train_key) if visit.train_key else None
        if train is not None and train.visit_id == visit_id:
            store.put_train(visit.train_key, msgspec.structs.replace(train, visit_id=""))
        visit_key = f"{mode}:{visit_id}"
        now = store.visit(visit_key)
        if now is not None:
            store.put_visit(visit_key, msgspec.structs.replace(now, train_key=""))


def is_over(train: Train, passing: Pass) -> bool:
    """Whether a train was released before a pass began, or that before the one before it under its id was."""
    return 0 < train.released_received_at < passing.first_at or passing.first_at <= train.released_before


def has_arrived(train: Train, track_id: str, passing: Pass) -> bool:
    """Whether people said that a train arrived where and about when a pass was."""
    return train.arrived_track_id == track_id and -ARRIVAL_SLACK <= passing.first_at - train.arrived_at <= ARRIVAL_SPAN


def _order(pass_id: str) -> tuple[str, int]:
    track_id, _, number = pass_id.rpartition("/")
    return track_id, int(number)
