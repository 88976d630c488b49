"""What people say of a train, by its id: its list, that it came or was let go, what they found at its cars.

An id is a train's until it was let go; then it may be the next train's, which makes room for itself:

    a list            ─► a correction, unless most of its cars are others than the train had, or it comes a day later
    an arrival        ─► the next train, if it says that it came after the release
    another release   ─► the next train's if a pass that began since on its track is nobody's, or a day later; else
                         the same said again
"""

import hashlib
from typing import Final

import msgspec

from schemas.records import EquipmentKind, HandInspection, TrainConsist, TrainEvent, TrainEventKind
from streams.core.stage import Output, Rejected
from streams.core.trains.audit import chained
from streams.core.trains.binding import Binder
from streams.core.trains.kept import hand_of, hands_with, listed_of
from streams.core.trains.live import Live
from streams.core.trains.settling import Settling
from streams.core.trains.state import HANDS_MAX, HOUR, PAPERS_MAX, Consist, Train
from streams.core.trains.store import Store, port_key_of

# A list or a release that comes so long after the release of its train is of the next train under the same id.
CORRECTION_SPAN: Final = 24 * HOUR
# A list that corrects another has at least so many of the cars that the train had, or of those that were read if they
# are fewer [assumed].
CORRECTION_SHARE: Final = 0.5

# Between an id and the time of its release in the key of a train that made room for the next; no id has one.
BEFORE: Final = "\x1f"

# A railroad's local time may be ahead of UTC by so much.
SENT_AHEAD_MAX: Final = 14 * HOUR

ID_BYTES: Final = 8

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
        if self._is_repeated(value, train):
            return
        if train is not None and not self._is_of_same(value, train, before):
            before, train = None, self._renew(port_key, key, train)
        if train is not None and before is not None and not is_newer(value, before):
            self._count("lists_superseded")
            self._note(value, key, train)
            return
        first_at = value.received_at if before is None else min(before.first_at, value.received_at)
        consist = Consist(
            value.reading_id, value.revision, first_at, value.received_at, sent_at_of(value), listed_of(value)
        )
        self._store.put_consist(key, consist)
        self._binder.forget()
        self._note(value, key, train or Train(value.train_id))
        self._settling.rebind(value, port_key, outputs)
        self._tell(value, key, outputs)

    def _is_of_same(self, value: TrainConsist, train: Train, before: Consist | None) -> bool:
        """Whether a list is of the train that is known, though that may have been let go before the list came."""
        if not 0 < train.released_received_at < value.received_at:
            return True
        if before is not None and not is_newer(value, before):
            return bool(
                sent_at_of(value) and before.sent_at
            )  # an older list that comes late; else a count that began anew
        if value.received_at > train.released_received_at + CORRECTION_SPAN:
            return False
        known = set[str]()
        if before is not None:
            known = {one.identity for one in before.listed if one.kind is EquipmentKind.CAR}
        if train.visit_id:
            for view in self._live.visit_view(f"{value.operating_mode}:{train.visit_id}").passes:
                known |= view.identities
        listed = [one.identity for one in listed_of(value) if one.kind is EquipmentKind.CAR]
        same = len([one for one in listed if one in known])
        return same >= CORRECTION_SHARE * min(len(listed), len(known))

    def advance_train(self, event: TrainEvent, outputs: list[Output]) -> None:
        """Fold an arrival or a release."""
        port_key = port_key_of(event.operating_mode, event.port_code)
        key = f"{port_key}/{event.train_id}"
        train = self._store.train(key)
        if self._is_repeated(event, train):
            return
        is_renewed = train is not None and self._is_of_next(event, train)
        if is_renewed and train is not None:
            train = self._renew(port_key, key, train)
        train = train or Train(event.train_id or "")
        at = told_at(event)
        if event.kind is TrainEventKind.ARRIVED:
            if at >= train.arrived_at:
                train = msgspec.structs.replace(train, arrived_track_id=event.track_id, arrived_at=at)
        elif not train.released_at:
            train = msgspec.structs.replace(
                train,
                released_at=at,
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
            return told_at(event) > train.released_at
        return self._settling.is_nobodys_since(event, train.released_received_at)

    def advance_hand(self, value: HandInspection, outputs: list[Output]) -> None:
        """Fold a hand inspection. Raises Rejected `too_many`."""
        port_key = port_key_of(value.operating_mode, value.port_code)
        key = f"{port_key}/{value.train_id}"
        train = self._store.train(key) or Train(value.train_id)
        if self._is_repeated(value, train):
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

    def _is_repeated(self, value: Paper, train: Train | None) -> bool:
        """Whether a reading has come before; it is counted."""
        is_repeated = train is not None and digest_of(value.reading_id) in train.reading_ids
        if is_repeated:
            self._count("readings_repeated")
        return is_repeated

    def _renew(self, port_key: str, key: str, train: Train) -> Train:
        """Make room for the next train under an id, which is returned; the one that was let go stays where its visit
        finds it. A list that came since may be the next one's: it is both's."""
        consist = self._store.consist(key)
        self._store.move_train(port_key, key, f"{key}{BEFORE}{train.released_received_at}")
        if consist is not None and consist.received_at > train.released_received_at:
            self._store.put_consist(key, msgspec.structs.replace(consist, first_at=consist.received_at))
        self._binder.forget()
        self._live.forget()
        return Train(train.train_id, reading_ids=train.reading_ids, released_before=train.released_received_at)

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
            reading_ids=(*train.reading_ids, digest_of(value.reading_id))[-PAPERS_MAX:],
        )
        self._store.put_train(key, after)
        self._live.forget_visit(str(value.operating_mode), after.visit_id)

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


def is_newer(value: TrainConsist, before: Consist) -> bool:
    """Whether a list counts instead of another of its train: by when it was sent, if both say so, since a sender's
    count of interchanges may begin anew; else, and within the minute, by that count."""
    sent_at = sent_at_of(value)
    if sent_at and before.sent_at and sent_at != before.sent_at:
        return sent_at > before.sent_at
    return value.revision > before.revision


def sent_at_of(value: TrainConsist) -> int:
    """When a list was sent, 0 if that is not known: a clock that runs ahead must not shut out all lists behind it."""
    sent_at = value.sent_at or 0
    return sent_at if sent_at <= value.received_at + SENT_AHEAD_MAX else 0


def told_at(event: TrainEvent) -> int:
    """When what is told happened, by the terminal's clock, but not after its word came."""
    return min(event.observed_at, event.received_at)


def digest_of(reading_id: str) -> bytes:
    """What is kept of a reading's id."""
    return hashlib.blake2b(reading_id.encode(), digest_size=ID_BYTES).digest()
