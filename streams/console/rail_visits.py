"""Trains as they stand, from the coverage topic, whatever order its records come in.

    CarCoverage, TrainCoverage ─► Visits.see(record) ─► a Visit for each train ─► days_of: by port and day

Of each train and car the highest revision counts. A list that came before its train is a visit of its own
(`2304/T:<train id>`), which is not shown once the train has been seen on a track.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    OperatingMode,
    TrainCoverage,
)
from streams.core.trains.reasons import URGENCY

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR


@dataclass
class Visit:
    """One train at one port: the newest word on it and on each of its cars."""

    visit_id: str
    port_code: str
    operating_mode: OperatingMode
    train: TrainCoverage | None = None
    cars: dict[str, CarCoverage] = field(default_factory=dict)
    told_at: int = 0
    """Gateway time of the newest reading that decided anything of it, microseconds."""

    @property
    def key(self) -> tuple[OperatingMode, str]:
        """What it is found by."""
        return self.operating_mode, self.visit_id

    @property
    def train_id(self) -> str | None:
        """The train, where it is known."""
        return None if self.train is None else self.train.train_id

    @property
    def track_id(self) -> str | None:
        """The track, once the train was seen on one."""
        return None if self.train is None else self.train.track_id

    @property
    def is_released(self) -> bool:
        """Whether it was let go."""
        return self.train is not None and self.train.released_at is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of it: what passed belongs to another visit, or the list's train came."""
        train = self.train
        return train is None or not (
            train.train_id or train.cars_expected or train.cars_seen or train.cars_missing or self.in_order()
        )

    def in_order(self) -> list[CarCoverage]:
        """Its cars as they passed; one that was not seen stands where the list has it. Withdrawn ones are none."""
        cars = [car for car in self.cars.values() if car.state is not CarState.WITHDRAWN]
        backwards = self.train is not None and self.train.backwards
        # Of those seen where they were listed: place on the list, place on the track.
        anchors = sorted(
            (car.consist_position, car.track_position)
            for car in cars
            if car.consist_position is not None
            and car.track_position is not None
            and car.discrepancy is not ConsistDiscrepancy.OUT_OF_SEQUENCE
        )
        if backwards:
            anchors.reverse()

        def place(car: CarCoverage) -> tuple[int, int, int, str]:
            if car.track_position is not None:
                return car.track_position, 0, 0, car.coverage_id
            listed = car.consist_position or 0
            before = 0
            for position, track_position in anchors:
                if (position > listed) if backwards else (position < listed):
                    before = track_position
                else:
                    break
            return before, 1, -listed if backwards else listed, car.coverage_id

        return sorted(cars, key=place)

    def to_do(self) -> list[CarCoverage]:
        """Cars that must not leave yet, most urgent first; those still to come are not among them."""
        left = [car for car in self.in_order() if car.state in (CarState.OPEN, CarState.MISSING, CarState.UNKNOWN)]
        last = len(URGENCY)
        return sorted(left, key=lambda car: min((URGENCY.get(one, 0) for one in car.reasons), default=last))


@dataclass
class Visits:
    """All that were told of. `see` takes records in any order, and the same one twice."""

    visits: dict[tuple[OperatingMode, str], Visit] = field(default_factory=dict)
    """By operating mode, each of which is a world of its own, and visit."""

    newest_at: int = 0

    def see(self, record: object) -> Visit | None:
        """Take in one record: the visit that it changed; None if it tells nothing new or is no coverage."""
        if not isinstance(record, (CarCoverage, TrainCoverage)):
            return None
        key = record.operating_mode, record.visit_id
        visit = self.visits.get(key)
        if visit is None:
            visit = self.visits[key] = Visit(record.visit_id, record.port_code, record.operating_mode)
        if isinstance(record, TrainCoverage):
            if visit.train is not None and visit.train.revision >= record.revision:
                return None
            visit.train = record
        else:
            known = visit.cars.get(record.coverage_id)
            if known is not None and known.revision >= record.revision:
                return None
            visit.cars[record.coverage_id] = record
        visit.told_at = max(visit.told_at, record.decided_at)
        self.newest_at = max(self.newest_at, record.decided_at)
        return visit

    def forget(self, before_at: int) -> None:
        """Forget what was last told of before a time, in microseconds."""
        for key in [key for key, visit in self.visits.items() if visit.told_at < before_at]:
            del self.visits[key]

    def current(self) -> list[Visit]:
        """By port and track: trains that were seen, without lists whose train has come since."""
        seen = {(one.port_code, one.operating_mode, one.train_id): one.told_at for one in self._seen()}
        return sorted(
            (
                one
                for one in self.visits.values()
                if not one.is_empty
                and (
                    one.track_id is not None
                    or seen.get((one.port_code, one.operating_mode, one.train_id), -1) < one.told_at
                )
            ),
            key=lambda one: (one.port_code, one.track_id or "~", one.told_at, one.visit_id),
        )

    def _seen(self) -> Iterator[Visit]:
        """In the order of their last word."""
        on_track = [one for one in self.visits.values() if one.track_id is not None and not one.is_empty]
        yield from sorted(on_track, key=lambda one: one.told_at)

    def on_tracks(self) -> list[Visit]:
        """Of each track the train that is on it: the newest one, until it is released."""
        newest: dict[tuple[str | None, OperatingMode], Visit] = {}
        for visit in self._seen():
            newest[visit.track_id, visit.operating_mode] = visit
        return sorted(
            (one for one in newest.values() if not one.is_released), key=lambda one: (one.track_id or "", one.visit_id)
        )

    def expected(self) -> list[Visit]:
        """Trains that are listed and were not seen yet."""
        return [one for one in self.current() if one.track_id is None and not one.is_released]


class DayKey(NamedTuple):
    """A port's day by its standard time, as days since 1970."""

    port_code: str
    operating_mode: OperatingMode
    day: int


@dataclass
class DayCounts:
    """Trains that have passed or were released on one day, and their cars. Locomotives and devices are not counted."""

    trains: int = 0
    trains_covered: int = 0
    trains_not_coverable: int = 0
    trains_released_uncovered: int = 0
    cars: int = 0
    """To account for: seen, or listed and not seen."""

    cars_seen: int = 0
    cars_scanned_well: int = 0
    cars_cleared: int = 0
    cars_open: int = 0
    cars_missing: int = 0
    cars_added: int = 0

    @property
    def scanned_well_ratio(self) -> float | None:
        """Cars with a usable scan and a decision, per car to account for: one that nobody saw was not scanned."""
        return self.cars_scanned_well / self.cars if self.cars else None

    def add(self, train: TrainCoverage) -> None:
        """Count one train."""
        self.trains += 1
        self.trains_covered += train.covered
        self.trains_not_coverable += not train.coverable
        self.trains_released_uncovered += train.released_at is not None and not train.covered
        # Of a train that was let go unseen the list tells how many there were.
        self.cars += max(train.cars_seen + train.cars_missing, train.cars_expected)
        self.cars_seen += train.cars_seen
        self.cars_scanned_well += train.cars_scanned_well
        self.cars_cleared += train.cars_cleared
        self.cars_open += train.cars_open
        self.cars_missing += train.cars_missing
        self.cars_added += train.cars_added


def local_day(at: int, utc_offset_hours: float) -> int:
    """The day of a time in microseconds, by a port's standard time."""
    return (at + round(utc_offset_hours * HOUR)) // DAY


def days_of(visits: Iterable[Visit], utc_offset_hours: Mapping[str, float]) -> dict[DayKey, DayCounts]:
    """Counts by port and day, oldest first; a train counts on the day on which its head entered the portal, once its
    tail has left it or it was released. A port whose offset is not known has UTC's days."""
    days: dict[DayKey, DayCounts] = {}
    for visit in visits:
        train = visit.train
        if train is None or (train.left_at is None and train.released_at is None):
            continue
        at = train.entered_at or train.left_at or train.released_at or train.decided_at
        day = local_day(at, utc_offset_hours.get(train.port_code, 0.0))
        days.setdefault(DayKey(train.port_code, train.operating_mode, day), DayCounts()).add(train)
    return dict(sorted(days.items(), key=lambda item: (item[0].day, item[0].port_code, item[0].operating_mode)))
