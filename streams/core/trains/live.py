"""Passes and visits as they stand, made from their rows when needed and kept up from then on; and what is told.

A view is never more than its rows say: whether it was made anew or kept up, it tells the same.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from schemas.records import Alert, CoverageReason, OperatingMode, TrainEvent
from schemas.topics import ALERTS, RAIL_COVERAGE
from streams.core.stage import Output
from streams.core.trains.alerts import car_alert_of, coverable_alert_of, is_alarmed, release_alert_of, summed_of
from streams.core.trains.audit import cars_sha256, readings_sha256
from streams.core.trains.car import Change
from streams.core.trains.coverage import (
    Told,
    car_of,
    entered_of,
    expected_of,
    left_of,
    said_of,
    train_of,
)
from streams.core.trains.cutting import Cutting
from streams.core.trains.passes import PassView
from streams.core.trains.state import Pass, Raised, ToldCar, Train, Visit
from streams.core.trains.store import OTHER, WITHDRAWN, Store, unseen_id_of
from streams.core.trains.validation import RailReading
from streams.core.trains.visits import VisitView

# Views kept between batches: a train of 110 cars takes 300 kB and 10 ms to make, and a port has one or two that move.
VIEWS_MAX: Final = 64


class Live:
    """The views of one partition."""

    def __init__(self, store: Store, counters: dict[str, int]) -> None:
        self._store = store
        self._counters = counters
        self._passes: dict[str, PassView] = {}
        self._visits: dict[str, VisitView] = {}

    def bound(self) -> None:
        """Between batches: keep no more than so many views."""
        if len(self._passes) > VIEWS_MAX or len(self._visits) > VIEWS_MAX:
            self.forget()

    def forget(self) -> None:
        """A change was rolled back or rows were forgotten: rows are what stands."""
        self._passes.clear()
        self._visits.clear()

    def forget_visit(self, mode: str, visit_id: str) -> None:
        """A train's row changed, if only in what was counted of it: the view of its visit is made anew."""
        self._visits.pop(f"{mode}:{visit_id}", None)

    def pass_view(self, key: str, pass_id: str) -> PassView:
        """The view of a pass, by its row's key."""
        view = self._passes.get(key)
        if view is None:
            passing = self._store.passing(key)
            cutting = Cutting()
            tags, weighings, scans = self._store.readings_of(key)
            cutting.read(tags, weighings, scans, -1 if passing is None else passing.left_axles)
            view = self._passes[key] = PassView(pass_id, cutting)
            if passing is not None:
                view.note(passing)
            if passing is not None and passing.visit_id:
                self._visits.pop(f"{key.partition(':')[0]}:{passing.visit_id}", None)
        return view

    def visit_view(self, key: str) -> VisitView:
        """The view of a visit, by its row's key."""
        view = self._visits.get(key)
        if view is None:
            mode, _, visit_id = key.partition(":")
            visit = self._store.visit(key) or Visit()
            passes = [self.pass_view(f"{mode}:{pass_id}", pass_id) for pass_id in visit.pass_ids]
            train = self._store.train(visit.train_key) if visit.train_key else None
            consist = self._store.consist(visit.train_key) if visit.train_key else None
            view = self._visits[key] = VisitView(visit_id, passes, train, consist)
            view.is_overfull = visit.overfull
        return view

    def visit_of_train(self, mode: str, train_key: str) -> VisitView:
        """The view of the visit that a train is."""
        train = self._store.train(train_key)
        return self.visit_view(f"{mode}:{train.visit_id if train is not None else ''}")

    def open_unseen(self, mode: str, port_code: str, train_key: str, train: Train) -> str:
        """Give a train that was not seen yet a visit, and keep it; the visit's id. One that was signed off, or is
        another train's of the same id, stays what it is."""
        visit_id = unseen_id_of(port_code, train.train_id)
        before = self._store.visit(f"{mode}:{visit_id}")
        while before is not None and (before.signed or before.train_key not in ("", train_key)):
            visit_id += OTHER
            before = self._store.visit(f"{mode}:{visit_id}")
        visit = msgspec.structs.replace(before or Visit(), train_key=train_key)
        self._store.put_visit(f"{mode}:{visit_id}", visit)
        self._store.put_train(train_key, msgspec.structs.replace(train, visit_id=visit_id))
        return visit_id

    def tell_pass(
        self, value: RailReading, visit_id: str, view: PassView, changed: Change | None, outputs: list[Output]
    ) -> None:
        """Tell what changed with a reading of a pass."""
        if changed is None or isinstance(value, TrainEvent):
            self.rebuild(value, visit_id, outputs)
            return
        key = f"{value.operating_mode}:{visit_id}"
        known = self._visits.get(key)
        if known is None or view not in known.passes:
            self.rebuild(value, visit_id, outputs)
            return
        self._tell(value, key, known, known.update(view, changed), outputs)

    def rebuild(self, value: RailReading, visit_id: str, outputs: list[Output]) -> None:
        """Make a visit anew from its rows, for what concerns all of its cars, and tell what changed."""
        key = f"{value.operating_mode}:{visit_id}"
        self._visits.pop(key, None)
        view = self.visit_view(key)
        names = set(view.decisions)
        names.update([car.name for car in self._store.told_cars(key)])
        self._tell(value, key, view, sorted(names), outputs)

    def _tell(self, value: RailReading, key: str, view: VisitView, names: Sequence[str], outputs: list[Output]) -> None:
        """Write what changed of cars, and of the train if that changes."""
        visit = self._store.visit(key) or Visit()
        mode = OperatingMode(value.operating_mode)
        told = Told(view.visit_id, value.port_code, mode, visit, view.train)
        told.at = value.received_at
        is_final = view.train is not None and view.train.released_at > 0 and not visit.signed
        summed = summed_of(view.counts)
        no_more = frozenset(visit.summed) - frozenset(summed)
        if no_more:  # cars that are left are few enough to be told one by one
            left = [name for name, one in view.decisions.items() if not no_more.isdisjoint(one.reasons)]
            view.refresh(left)  # where they are now
            names = sorted({*names, *left})
        for name in names:
            self._tell_car(key, told, view, name, is_final, summed, outputs)
        passes = [self._store.passing(f"{mode}:{pass_id}") or Pass(0, 0) for pass_id in visit.pass_ids]
        after = msgspec.structs.replace(visit, summed=summed) if summed != visit.summed else visit
        after = self._tell_train(key, told, view, after, passes, outputs)
        if visit.pass_ids or visit.train_key:
            after = self._tell_incidents(told, view, after, outputs)
        if after != visit:
            self._store.put_visit(key, after)

    def _tell_car(
        self,
        key: str,
        told: Told,
        view: VisitView,
        name: str,
        is_final: bool,
        summed: Sequence[CoverageReason],
        outputs: list[Output],
    ) -> None:
        """`is_final`: with what is no news by itself, so that what is signed off is all that is known."""
        one = view.decisions.get(name)
        before = self._store.told_of(key, name)
        said = one.said if one is not None else WITHDRAWN
        rest = one.rest if one is not None else b""
        after = before or ToldCar(name, 0, WITHDRAWN, b"")
        if said != after.said or (is_final and before is not None and rest != before.rest):
            after = msgspec.structs.replace(after, revision=after.revision + 1, said=said, rest=rest)
            record = car_of(told, name, after.revision, one)
            outputs.append(Output(RAIL_COVERAGE, told.port_code.encode(), record, None, True))
            self._count(f"cars_{(one.state if one is not None else WITHDRAWN).lower()}")
        alert = car_alert_of(told, name, after.raised, one, summed)
        if alert is not None:
            raised = msgspec.structs.replace(self._raise(alert, outputs), alarmed=is_alarmed(one))
            after = msgspec.structs.replace(after, raised=raised)
        if after is not before and after.revision:
            self._store.put_told(key, after)

    def _tell_train(
        self, key: str, told: Told, view: VisitView, visit: Visit, passes: list[Pass], outputs: list[Output]
    ) -> Visit:
        said = said_of(view, told, entered_of(passes), left_of(passes), expected_of(view))
        if said == visit.said or (not visit.said and not visit.pass_ids and not visit.train_key):
            return visit
        train = view.train
        is_signing = train is not None and train.released_at > 0 and not visit.signed
        digests: tuple[str | None, str | None] = (None, None)
        if is_signing and train is not None:
            chains = [train.chain, *[one.chain for one in passes]]
            cars = [
                (f"{view.visit_id}/{car.name}", car.revision, car.said.partition(" ")[0])
                for car in self._store.told_cars(key)
            ]
            digests = readings_sha256(chains), cars_sha256(cars)
            self._count("trains_released_covered" if view.is_covered else "trains_released_uncovered")
        revision = visit.revision + 1
        record = train_of(view, told, revision, passes, *digests)
        outputs.append(Output(RAIL_COVERAGE, told.port_code.encode(), record, None, True))
        return msgspec.structs.replace(visit, revision=revision, said=said, signed=visit.signed or is_signing)

    def _tell_incidents(self, told: Told, view: VisitView, visit: Visit, outputs: list[Output]) -> Visit:
        alert = coverable_alert_of(told, visit.coverable, view)
        if alert is not None:
            visit = msgspec.structs.replace(visit, coverable=self._raise(alert, outputs))
        if visit.signed:
            alert = release_alert_of(told, visit.released, view)
            if alert is not None:
                visit = msgspec.structs.replace(visit, released=self._raise(alert, outputs))
        return visit

    def _raise(self, alert: Alert, outputs: list[Output]) -> Raised:
        outputs.append(Output(ALERTS, alert.incident_id.encode(), alert, None, True))
        ends = alert.severity == "MINOR"
        self._count(f"alerts_{alert.kind.lower()}{'_over' if ends else ''}")
        return Raised(alert.revision, "" if ends else alert.severity)

    def _count(self, event: str) -> None:
        self._counters[event] = self._counters.get(event, 0) + 1
