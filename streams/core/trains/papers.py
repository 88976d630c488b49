"""What people say of a train, by its id: its list, that it came or was let go, what they found at its cars.

An id is a train's until it was let go; then it may be the next train's, which makes room for itself:

    a list            ─► a correction, unless most of its cars are others than the train had, or it comes a day later
    an arrival        ─► the next train, if it says that it came after the release
    another release   ─► the next train's if a pass that began since on its track is nobody's, or a day later; else
                         the same said again
"""

from typing import Final

import msgspec

from schemas.records import EquipmentKind, HandInspection, TrainConsist, TrainEvent, TrainEventKind
from streams.core.stage import Output, Rejected
from streams.core.trains.audit import chained
from streams.core.trains.binding import Binder
from streams.core.trains.kept import hand_of, hands_with, listed_of
from streams.core.trains.live import Live
from streams.core.trains.settling import Settling
from streams.core.trains.state import EVENTS_MAX, HANDS_MAX, HOUR, Consist, Train
from streams.core.trains.store import Store, port_key_of

# A list or a release that comes so long after the release of its train is of the next train under the same id.
CORRECTION_SPAN: Final = 24 * HOUR
# A list that corrects another has at least so many of the cars that the train had [assumed].
CORRECTION_SHARE: Final = 0.5

# Between an id and the time of its release in the key of a train that made room for the next; no id has one.
BEFORE: Final = "\x1f"

Paper = TrainConsist | TrainEvent | HandInspection


class Papers:
    """The trains of one partition."""

    def __init__(self, store: Store, binder: Binder, live: Live, settling: Settling, counters: dict[str, int]) -> None:
        self._store = store
        self._binder = binder
        self._live = live
        self._settling = settling
        self._counters = counters

    def advance_consist(self, value: TrainConsist, outputs: list[Output]) -> None:
        """Fold a list."""
        mode = value.operating_mode
        port_key = port_key_of(mode, value.port_code)
        key = f"{port_key}/{value.train_id}"
        self._store.note_time(port_key, value.received_at)
        before = self._store.consist(key)
        train = self._store.train(key)
        if train is not None and value.reading_id in train.reading_ids:
            self._count("readings_repeated")
            return
        if train is not None and not self._is_of_same(value, train, before):
            self._renew(port_key, key, train)
            before = train = None
        if train is not None and before is not None and value.revision <= before.revision:
            self._note(value, key, train)
            return
        first_at = value.received_at if before is None else min(before.first_at, value.received_at)
        consist = Consist(value.reading_id, value.revision, first_at, value.received_at, listed_of(value))
        self._store.put_consist(key, consist)
        self._binder.forget()
        self._note(value, key, train or Train(value.train_id))
        self._settling.rebind(value, port_key, outputs)
        self._tell(value, key, outputs)

    def _is_of_same(self, value: TrainConsist, train: Train, before: Consist | None) -> bool:
        """Whether a list is of the train that is known, though that may have been let go before the list came."""
        if not 0 < train.released_received_at < value.received_at:
            return True
        if before is not None and value.revision <= before.revision:
            return False
        if value.received_at > train.released_received_at + CORRECTION_SPAN:
            return False
        known = {one.identity for one in before.listed} if before is not None else set[str]()
        if train.visit_id:
            for view in self._live.visit_view(f"{value.operating_mode}:{train.visit_id}").passes:
                known |= view.identities
        listed = [one.identity for one in listed_of(value) if one.kind is EquipmentKind.CAR]
        same = len([one for one in listed if one in known])
        return not known or same >= CORRECTION_SHARE * len(listed)

    def advance_train(self, event: TrainEvent, outputs: list[Output]) -> None:
        """Fold an arrival or a release."""
        port_key = port_key_of(event.operating_mode, event.port_code)
        key = f"{port_key}/{event.train_id}"
        train = self._store.train(key)
        if train is not None and event.reading_id in train.reading_ids:
            self._count("readings_repeated")
            return
        is_renewed = train is not None and self._is_of_next(event, train)
        if is_renewed and train is not None:
            self._renew(port_key, key, train)
            train = None
        train = train or Train(event.train_id or "")
        if event.kind is TrainEventKind.ARRIVED:
            if event.observed_at >= train.arrived_at:
                train = msgspec.structs.replace(train, arrived_track_id=event.track_id, arrived_at=event.observed_at)
        elif not train.released_at:
            train = msgspec.structs.replace(
                train,
                released_at=event.observed_at,
                released_by=event.officer_id or "",
                released_received_at=event.received_at,
                released_track_id=event.track_id,
            )
        else:
            self._count("released_again")
        self._note(event, key, train)
        if is_renewed and self._store.consist(key) is not None:
            self._settling.rebind(event, port_key, outputs)
        self._settling.seek(event, key, outputs)
        self._tell(event, key, outputs)

    def _is_of_next(self, event: TrainEvent, train: Train) -> bool:
        """Whether an arrival or a release is of the next train under the id of one that was let go."""
        if not 0 < train.released_received_at < event.received_at:
            return False
        if event.received_at > train.released_received_at + CORRECTION_SPAN:
            return True
        if event.kind is TrainEventKind.ARRIVED:
            return event.observed_at > train.released_at
        return self._settling.is_nobodys_since(event, train.released_received_at)

    def advance_hand(self, value: HandInspection, outputs: list[Output]) -> None:
        """Fold a hand inspection. Raises Rejected `too_many`."""
        port_key = port_key_of(value.operating_mode, value.port_code)
        key = f"{port_key}/{value.train_id}"
        train = self._store.train(key) or Train(value.train_id)
        if value.reading_id in train.reading_ids or any(one.reading_id == value.reading_id for one in train.hands):
            self._count("readings_repeated")
            return
        hands = hands_with(train.hands, hand_of(value))
        if hands == train.hands:
            self._note(value, key, train)
            return
        if len(hands) > HANDS_MAX:
            raise Rejected("too_many", f"a train has at most {HANDS_MAX} hand inspections")
        self._note(value, key, msgspec.structs.replace(train, hands=hands))
        self._tell(value, key, outputs)
        visit = self._live.visit_of_train(str(value.operating_mode), key)
        if visit.has_passed and not any(visit.names_of(hand_of(value))):
            self._count("inspections_of_no_car")

    def _renew(self, port_key: str, key: str, train: Train) -> None:
        """Make room for the next train under an id; the one that was let go stays where its visit finds it. A list that
        came since may be the next one's: it is both's."""
        consist = self._store.consist(key)
        self._store.move_train(port_key, key, f"{key}{BEFORE}{train.released_received_at}")
        if consist is not None and consist.received_at > train.released_received_at:
            self._store.put_consist(key, msgspec.structs.replace(consist, first_at=consist.received_at))
        self._binder.forget()
        self._live.forget()

    def _note(self, value: Paper, key: str, train: Train) -> None:
        """Count a reading into its train, which is kept."""
        port_key = port_key_of(value.operating_mode, value.port_code)
        if not train.readings_count:
            self._store.note_time(port_key, value.received_at)
            self._store.add_train(port_key, key, value.received_at)
        after = msgspec.structs.replace(
            train,
            readings_count=train.readings_count + 1,
            chain=chained(train.chain, value.reading_id),
            reading_ids=(*train.reading_ids, value.reading_id)[-EVENTS_MAX:],
        )
        self._store.put_train(key, after)

    def _tell(self, value: Paper, key: str, outputs: list[Output]) -> None:
        """Tell what a train comes to by new papers; under an id of its own as long as it was not seen."""
        train = self._store.train(key)
        if train is None:
            return
        if not train.visit_id:
            unseen_id = self._live.open_unseen(str(value.operating_mode), value.port_code, key, train)
            train = msgspec.structs.replace(train, visit_id=unseen_id)
        self._live.rebuild(value, train.visit_id, outputs)

    def _count(self, event: str) -> None:
        self._counters[event] = self._counters.get(event, 0) + 1
