"""Puts passes into visits when something tells whose they are: a tag, a list that comes late, a release.

a new identity, the end of the train  ─► bind: that pass
a list                                ─► rebind: passes that nobody knew, or whose train knows few of their cars
an arrival, a release                 ─► seek: the last pass on the track that is nobody's
"""

import msgspec

from schemas.records import TrainConsist, TrainEvent, TrainEventKind
from streams.core.stage import Output
from streams.core.trains.binding import IDENTITIES_MIN, LATE_SPAN, VISIT_SPAN, Binder, has_arrived, is_over
from streams.core.trains.live import Live
from streams.core.trains.passes import PassView
from streams.core.trains.state import PASS_SPAN, PASSES_MAX, Pass, Visit
from streams.core.trains.store import LEFT, Store, port_key_of
from streams.core.trains.validation import RailReading


class Settling:
    """The passes of one partition."""

    def __init__(self, store: Store, binder: Binder, live: Live, counters: dict[str, int]) -> None:
        self._store = store
        self._binder = binder
        self._live = live
        self._counters = counters

    def bind(self, value: RailReading, pass_id: str, passing: Pass, view: PassView, outputs: list[Output]) -> bool:
        """Put a pass into the visit of the train that it is, as far as is known. True if that is another than before:
        all of its cars are told of, and those of the visit that it leaves."""
        mode = value.operating_mode
        visit = self._store.visit(f"{mode}:{passing.visit_id}") if passing.visit_id else None
        if visit is not None and visit.train_key and (visit.signed or LEFT in visit.train_key):
            return False
        port_key = port_key_of(mode, value.port_code)
        track_id = pass_id.rpartition("/")[0]
        train_key = self._binder.train_of(port_key, track_id, passing, view.identities)
        if not train_key:
            is_few = len(view.identities) < IDENTITIES_MIN
            if is_few and not view.has_left and not passing.visit_id:
                return False  # too early to say that no list knows it
            train_key = self._binder.arrived_on(port_key, track_id, passing, is_few)
            train_key = train_key or self._listless(mode, passing) or self._come_again(port_key, pass_id, passing, view)
        return self._bind_to(value, pass_id, passing, train_key, outputs)

    def _listless(self, mode: str, passing: Pass) -> str:
        """The train without a list that a pass is already taken for, by what people said when they let it go."""
        visit = self._store.visit(f"{mode}:{passing.visit_id}") if passing.visit_id else None
        if visit is None or not visit.train_key or self._store.consist(visit.train_key) is not None:
            return ""
        return visit.train_key

    def _come_again(self, port_key: str, pass_id: str, passing: Pass, view: PassView) -> str:
        """The train without a list that a pass shows again: half of the cars whose tags were read were in it before."""
        mode = port_key.partition(":")[0]
        for train_key, _ in reversed(self._store.port(port_key).trains):
            train = self._store.train(train_key)
            if train is None or LEFT in train_key or not train.visit_id or is_over(train, passing):
                continue
            if self._store.consist(train_key) is not None:
                continue
            visit = self._store.visit(f"{mode}:{train.visit_id}")
            for other_id in visit.pass_ids if visit is not None and not visit.signed else ():
                other = self._store.passing(f"{mode}:{other_id}")
                if other_id == pass_id or other is None or abs(other.first_at - passing.first_at) > VISIT_SPAN:
                    continue
                known = self._live.pass_view(f"{mode}:{other_id}", other_id).identities
                same = len(known & view.identities)
                if same >= IDENTITIES_MIN and 2 * same >= len(view.identities):
                    return train_key
        return ""

    def _bind_to(self, value: RailReading, pass_id: str, passing: Pass, train_key: str, outputs: list[Output]) -> bool:
        """Put a pass into a train's visit, or nobody's for an empty key."""
        mode = value.operating_mode
        visit_id = self._binder.visit_for(mode, pass_id, passing, train_key)
        visit = self._store.visit(f"{mode}:{visit_id}")
        if passing.visit_id == visit_id and visit is not None and visit.train_key == train_key:
            return False
        if visit is not None and len(visit.pass_ids) >= PASSES_MAX and pass_id not in visit.pass_ids:
            return self._refuse(value, pass_id, passing, visit_id, visit, outputs)
        left = {passing.visit_id, visit_id}
        train = self._store.train(train_key) if train_key else None
        if train is not None:
            left.add(train.visit_id)
            port_key = port_key_of(mode, value.port_code)
            before = self._store.visit(f"{mode}:{train.visit_id}") if train.visit_id != visit_id else None
            if before is not None and before.pass_ids:
                self._store.leave_visit(port_key, train_key)
            self._store.add_train(port_key, train_key, passing.first_at)
        robbed = self._robbed(mode, passing, visit_id, train_key)
        self._binder.join(mode, pass_id, visit_id, train_key)
        self._count("passes_bound")
        for one in robbed:
            other = self._store.train(one)
            if other is not None and not other.visit_id:  # it is to be seen yet
                left.add(self._live.open_unseen(mode, value.port_code, one, other))
        for one in sorted(left - {""}):
            self._live.rebuild(value, one, outputs)
        return True

    def _refuse(
        self, value: RailReading, pass_id: str, passing: Pass, visit_id: str, visit: Visit, outputs: list[Output]
    ) -> bool:
        """Tell of a pass for which a visit has no room on its own, as nobody's; the visit is never covered again."""
        if not visit.overfull:
            self._count("visits_overfull")
            key = f"{value.operating_mode}:{visit_id}"
            self._store.put_visit(key, msgspec.structs.replace(visit, overfull=True))
            self._live.rebuild(value, visit_id, outputs)
        is_told = self._bind_to(value, pass_id, passing, "", outputs)
        if is_told:
            self._count("passes_beyond_bound")
        return is_told

    def _robbed(self, mode: str, passing: Pass, visit_id: str, train_key: str) -> list[str]:
        """Keys of trains that a pass was taken for, and may lose it."""
        keys: list[str] = []
        for one in (passing.visit_id, visit_id):
            visit = self._store.visit(f"{mode}:{one}") if one else None
            if visit is None or visit.train_key in keys:
                continue
            if visit.train_key and visit.train_key != train_key:
                keys.append(visit.train_key)
        return keys

    def rebind(self, value: TrainConsist | TrainEvent, port_key: str, outputs: list[Output]) -> None:
        """Ask again whose passes they are of which nobody knew, or not well: the new list may be theirs."""
        mode = value.operating_mode
        for pass_id, _ in self._store.port(port_key).passes:
            passing = self._store.passing(f"{mode}:{pass_id}")
            if passing is None or passing.first_at < value.received_at - LATE_SPAN:
                continue
            visit = self._store.visit(f"{mode}:{passing.visit_id}") if passing.visit_id else None
            train = self._store.train(visit.train_key) if visit is not None and visit.train_key else None
            if train is not None and train.train_id != value.train_id and not self._is_poor(mode, passing):
                continue
            view = self._live.pass_view(f"{mode}:{pass_id}", pass_id)
            self.bind(value, pass_id, passing, view, outputs)

    def _is_poor(self, mode: str, passing: Pass) -> bool:
        """Whether a pass's train may be another's: half of its cars are on no list."""
        view = self._live.visit_view(f"{mode}:{passing.visit_id}")
        return view.list is None or view.counts.added * 2 > view.counts.seen

    def is_nobodys_since(self, event: TrainEvent, since: int) -> bool:
        """Whether a pass on an event's track, that began after a time, is no train's."""
        mode = event.operating_mode
        for pass_id, _ in self._store.port(port_key_of(mode, event.port_code)).passes:
            passing = self._store.passing(f"{mode}:{pass_id}")
            if passing is None or pass_id.rpartition("/")[0] != event.track_id or passing.first_at <= since:
                continue
            visit = self._store.visit(f"{mode}:{passing.visit_id}") if passing.visit_id else None
            if visit is None or not visit.train_key:
                return True
        return False

    def seek(self, event: TrainEvent, key: str, outputs: list[Output]) -> None:
        """Look for the pass of a train that no tags told of: the last one on its track that is nobody's. Of a train
        that arrives it is one that came after; of one with a list few cars' tags were read, else they speak against it,
        unless people let it go."""
        mode = event.operating_mode
        train = self._store.train(key)
        if train is None:
            return
        is_released = event.kind is TrainEventKind.RELEASED
        is_listed = self._store.consist(key) is not None
        if train.visit_id and "/T:" not in train.visit_id:
            return
        for pass_id, _ in reversed(self._store.port(port_key_of(mode, event.port_code)).passes):
            passing = self._store.passing(f"{mode}:{pass_id}")
            if passing is None or pass_id.rpartition("/")[0] != event.track_id:
                continue
            if passing.first_at > event.received_at or passing.first_at < event.received_at - PASS_SPAN:
                continue
            visit = self._store.visit(f"{mode}:{passing.visit_id}") if passing.visit_id else None
            if visit is None or visit.train_key or not (is_released or has_arrived(train, event.track_id, passing)):
                return
            view = self._live.pass_view(f"{mode}:{pass_id}", pass_id)
            if is_released or not is_listed or len(view.identities) < IDENTITIES_MIN:
                self._bind_to(event, pass_id, passing, key, outputs)
            return

    def _count(self, event: str) -> None:
        self._counters[event] = self._counters.get(event, 0) + 1
