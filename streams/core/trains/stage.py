"""The trains stage as a fold over one partition of the rail readings, keyed by port.

    CarTagRead, CarWeighing, CarScan  ─► the stretch of their pass, which is cut into cars and aligned with the list
    TrainEvent PORTAL_ENTERED, _LEFT  ─► the pass; behind its last axle nothing more comes
    TrainConsist                      ─► the train's list at the highest revision; passes nobody knew may be its own
    TrainEvent ARRIVED, RELEASED      ─► the train: a prior for its track; the record that is signed off
    HandInspection                    ─► the train: what a person found at a car
    a car that changed  ─► CarCoverage, and an Alert if a person must act at once
    counts that changed ─► TrainCoverage; at the release one with digests, and an Alert if it is not covered

There are no ticks: time is the gateway's on the readings. It decides only what is forgotten, and that a list or a pass
belongs to a train that was let go before; what a train comes to depends on its readings, not on their order or number.
"""

from collections.abc import MutableMapping

import msgspec

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    HandInspection,
    TrainConsist,
    TrainEvent,
    TrainEventKind,
)
from schemas.topics import RAIL_READINGS, TRAINS_CHANGELOG
from streams.core import stage_events
from streams.core.keyed_state import check_version
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.trains.audit import chained
from streams.core.trains.binding import Binder
from streams.core.trains.car import Change
from streams.core.trains.kept import says_the_same, scanned_of, tag_of, weighed_of
from streams.core.trains.live import Live
from streams.core.trains.papers import Papers
from streams.core.trains.passes import PassView
from streams.core.trains.settling import Settling
from streams.core.trains.state import (
    EVENTS_MAX,
    PASS_SPAN,
    SCANS_MAX,
    STRETCH_AXLES,
    TAGS_MAX,
    VERSION,
    WEIGHINGS_MAX,
    Pass,
    Scans,
    Stretch,
)
from streams.core.trains.store import Store, chunk_of, port_key_of
from streams.core.trains.validation import AtPortal, check_record


class TrainsStage:
    """The stage; it needs nothing from outside the log."""

    name = "trains"
    source = RAIL_READINGS
    changelog = TRAINS_CHANGELOG
    events = stage_events.TRAINS

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return TrainsFold(stored)


class TrainsFold:
    """One partition: its ports' trains, passes and visits."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "a train's state")
        self._store = Store(stored)
        self._binder = Binder(self._store)
        self._live = Live(self._store, self.counters)
        self._settling = Settling(self._store, self._binder, self._live, self.counters)
        self._papers = Papers(self._store, self._binder, self._live, self._settling, self.counters)
        self._store.on_forgotten = self._forget_views

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if not isinstance(value, (CarTagRead, CarWeighing, CarScan, TrainEvent, TrainConsist, HandInspection)):
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {RAIL_READINGS.name}")
        check_record(value, record.key, record.appended_at)
        if isinstance(value, TrainConsist):
            self._papers.advance_consist(value, outputs)
        elif isinstance(value, HandInspection):
            self._papers.advance_hand(value, outputs)
        elif isinstance(value, TrainEvent):
            if value.kind in (TrainEventKind.ARRIVED, TrainEventKind.RELEASED):
                self._papers.advance_train(value, outputs)
            else:
                self._advance_portal(value, outputs)
        else:
            self._advance_reading(value, outputs)

    @property
    def watermark_at(self) -> int:
        """None: each port of a partition has a time of its own."""
        return 0

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded rows changed since the last call, None for a removed key."""
        self._live.bound()
        return self._store.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._store.roll_back()
        self._forget_views()

    def _forget_views(self) -> None:
        self._live.forget()
        self._binder.forget()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _pass_of(self, value: AtPortal | TrainEvent, pass_id: str) -> Pass:
        """The pass of a reading; a new one is kept only by `_note`. Raises Rejected `late`."""
        mode = value.operating_mode
        passing = self._store.passing(f"{mode}:{pass_id}")
        if passing is None:
            now_at = self._store.port(port_key_of(mode, value.port_code)).now_at
            if value.received_at < now_at - PASS_SPAN:
                raise Rejected("late", "it is of a pass that is not known and more than three days ago")
            return Pass(value.received_at, value.received_at)
        if value.received_at > passing.first_at + PASS_SPAN or value.received_at < passing.last_at - PASS_SPAN:
            raise Rejected("late", "it is more than three days from the other readings of its pass")
        return passing

    def _note(self, value: AtPortal | TrainEvent, pass_id: str, passing: Pass, stretches: int) -> Pass:
        """Count a reading into its pass."""
        mode = value.operating_mode
        port_key = port_key_of(mode, value.port_code)
        key = f"{mode}:{pass_id}"
        if not passing.readings_count:
            self._store.note_time(port_key, value.received_at)
            self._store.add_pass(port_key, pass_id, value.received_at)
        read_last_at = passing.read_last_at
        if not isinstance(value, TrainEvent):
            at = value.scan_ended_at if isinstance(value, CarScan) else value.observed_at
            read_last_at = max(read_last_at, at)
        after = msgspec.structs.replace(
            passing,
            first_at=min(passing.first_at, value.received_at),
            last_at=max(passing.last_at, value.received_at),
            stretches=max(passing.stretches, stretches),
            readings_count=passing.readings_count + 1,
            chain=chained(passing.chain, value.reading_id),
            read_last_at=read_last_at,
        )
        self._store.put_pass(key, after)
        return after

    def _advance_reading(self, value: AtPortal, outputs: list[Output]) -> None:
        pass_id = f"{value.track_id}/{value.pass_number}"
        key = f"{value.operating_mode}:{pass_id}"
        passing = self._pass_of(value, pass_id)
        if isinstance(value, CarScan):
            self._advance_scan(value, key, pass_id, passing, outputs)
            return
        axle = value.axle_count if isinstance(value, CarTagRead) else value.first_axle
        number = axle // STRETCH_AXLES
        stretch = self._store.stretch(key, number)
        if is_known(stretch, value.reading_id):
            self._count("readings_repeated")
            return
        view: PassView | None = None
        if isinstance(value, CarTagRead):
            if len(stretch.tags) >= TAGS_MAX:
                raise Rejected("too_many", f"more than {TAGS_MAX} tags within {STRETCH_AXLES} axles")
            view = self._live.pass_view(key, pass_id)
            tag = tag_of(value)
            after = Stretch((*stretch.tags, tag), stretch.weighings)
            changed = view.cutting.add_tag(tag)
            is_new = view.knows(tag)
        else:
            if len(stretch.weighings) >= WEIGHINGS_MAX:
                raise Rejected("too_many", f"more than {WEIGHINGS_MAX} weighings within {STRETCH_AXLES} axles")
            view = self._live.pass_view(key, pass_id)
            weighed = weighed_of(value)
            after = Stretch(stretch.tags, (*stretch.weighings, weighed))
            changed = view.cutting.add_weighed(weighed)
            is_new = False
        self._store.put_stretch(key, number, after)
        passing = self._note(value, pass_id, passing, number + 1)
        self._tell_pass(value, pass_id, passing, view, changed, is_new, outputs)

    def _advance_scan(self, value: CarScan, key: str, pass_id: str, passing: Pass, outputs: list[Output]) -> None:
        chunk = chunk_of(value.scan_id)
        scans = self._store.scans_of(key, chunk).scans
        before = None
        for scanned in scans:
            if scanned.scan_id == value.scan_id:
                before = scanned
        scanned = scanned_of(value, before)
        if before is not None and value.reading_id in before.reading_ids and says_the_same(before, scanned):
            self._count("readings_repeated")
            return
        if before is None and len(scans) >= SCANS_MAX:
            raise Rejected("too_many", f"more than {SCANS_MAX} scans in a sixteenth of a pass")
        view = self._live.pass_view(key, pass_id)
        others = tuple([one for one in scans if one.scan_id != value.scan_id])
        self._store.put_scans(key, chunk, Scans((*others, scanned)))
        changed = view.cutting.add_scan(scanned, before)
        passing = self._note(value, pass_id, passing, 0)
        self._tell_pass(value, pass_id, passing, view, changed, False, outputs)

    def _advance_portal(self, event: TrainEvent, outputs: list[Output]) -> None:
        pass_id = f"{event.track_id}/{event.pass_number}"
        key = f"{event.operating_mode}:{pass_id}"
        passing = self._pass_of(event, pass_id)
        if event.reading_id in passing.events:
            self._count("readings_repeated")
            return
        view = self._live.pass_view(key, pass_id)
        passing = msgspec.structs.replace(passing, events=(*passing.events, event.reading_id)[-EVENTS_MAX:])
        changed: Change | None = None
        if event.kind is TrainEventKind.PORTAL_ENTERED:
            passing = entered(passing, event.observed_at)
        else:
            before, passing = passing, left(passing, event.observed_at, event.axle_count or 0)
            if passing.left_axles > before.left_axles:
                changed = view.cutting.leave(passing.left_axles)
        passing = self._note(event, pass_id, passing, 0)
        self._tell_pass(event, pass_id, passing, view, changed, True, outputs)

    def _tell_pass(
        self,
        value: AtPortal | TrainEvent,
        pass_id: str,
        passing: Pass,
        view: PassView,
        changed: Change | None,
        may_bind: bool,
        outputs: list[Output],
    ) -> None:
        """Find whose pass it is, if the reading may tell, and tell what changed."""
        if view.note(passing):
            changed = None  # all of its cars look different
        is_told = False
        if may_bind or not passing.visit_id:
            is_told = self._settling.bind(value, pass_id, passing, view, outputs)
        if passing.visit_id and not is_told:
            self._live.tell_pass(value, passing.visit_id, view, changed, outputs)


def entered(passing: Pass, at: int) -> Pass:
    """The pass of a train of which the controller told the head."""
    first_at = at if passing.entered_at is None else min(passing.entered_at, at)
    return msgspec.structs.replace(passing, entered_at=first_at, entered_last_at=max(passing.entered_last_at, at))


def left(passing: Pass, at: int, axles: int) -> Pass:
    """The pass of a train of which the controller told the end. The most axles count: fewer would hide cars."""
    if passing.left_at is None:
        return msgspec.structs.replace(passing, left_at=at, left_first_at=at, left_axles=axles, left_least=axles)
    return msgspec.structs.replace(
        passing,
        left_at=max(passing.left_at, at),
        left_first_at=min(passing.left_first_at, at),
        left_axles=max(passing.left_axles, axles),
        left_least=min(passing.left_least, axles),
    )


def is_known(stretch: Stretch, reading_id: str) -> bool:
    """Whether a reading has come before."""
    if any(tag.reading_id == reading_id for tag in stretch.tags):
        return True
    return any(weighed.reading_id == reading_id for weighed in stretch.weighings)
