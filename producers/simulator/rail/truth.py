"""What really happened to each train and car, kept aside from every reading: it goes to a file, never to a topic."""

from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import msgspec

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    EquipmentKind,
    HandInspection,
    HandInspectionResult,
    TrainConsist,
    TrainEvent,
)

RailReading = TrainConsist | TrainEvent | CarTagRead | CarWeighing | CarScan | HandInspection


class Image(NamedTuple):
    """One image that shows a car. Microseconds UTC; `reported_at`: when the software's decision reached the log,
    `decided_at`: the operator's; None if it never did."""

    scan_id: str
    pass_number: int
    usable: bool
    """Good or degraded, of the whole car, and good if it is shared."""
    shared: bool
    operator_clear: bool
    machine_clear: bool
    reported_at: int
    decided_at: int | None

    def doubted_at(self, by: int) -> int | None:
        """Since when it speaks against its cars, of what had reached the log by a time; None if it does not. An
        operator's alarm does, and the software's until an operator has called it off."""
        if self.decided_at is not None and self.decided_at <= by:
            return None if self.operator_clear else self.decided_at
        return None if self.machine_clear or self.reported_at > by else self.reported_at


class Inspected(NamedTuple):
    """A hand inspection, when it reached the log (microseconds UTC), and whether it names the car's number, its place
    on the track, or both."""

    at: int
    result: HandInspectionResult
    seals_intact: bool | None
    by_number: bool
    by_place: bool


@dataclass(slots=True, eq=False)
class CarTruth:
    """One piece of equipment. Cars have an identity of their own: two of the same number stay two."""

    kind: EquipmentKind
    mark: str
    number: int
    car_type: str
    axles: int  # 0 for an end-of-train device
    length_m: float
    short: bool
    loaded: bool
    gross_weight_kg: float
    listed_loaded: bool
    declared_gross_weight_kg: float
    commodity_code: str | None
    seals: tuple[str, ...] = ()
    tagged: bool = True
    flipped: bool = False  # B end last
    anomalies: tuple[str, ...] = ()
    list_position: int | None = None
    """Place on the list in force when the train had passed, from 1; None if it is not on it."""
    track_position: int | None = None
    """Place among what has axles, from 1 as it passed; None if it is not in the train, or has none."""
    first_axle: int = 0
    tags_lost: int = 0  # over all passes
    tags_misread: int = 0
    tags_misled: int = 0  # of the misread ones, those whose check bits fit all the same
    tags_doubted: int = 0  # right, but their check bits do not fit
    tags_read: int = 0  # right ones, and their check bits fit
    read_in: list[int] = field(default_factory=list)
    """Numbers of the passes in which a tag was read right."""
    weighed: int = 0
    weighed_wrong: bool = False  # merged with another, or far off
    load_misjudged: bool = False  # an image's load indicator is wrong
    shielded: bool = False
    scanner_out: bool = False  # in a pass of which it has no image
    images: list[Image] = field(default_factory=list)
    inspected: list[Inspected] = field(default_factory=list)

    @property
    def last_axle(self) -> int:
        """Number in the train of the last axle."""
        return self.first_axle + self.axles - 1

    def cleared_at(self, listed: bool, by: int) -> int | None:
        """When it was cleared, of all that had reached the log by a time (microseconds UTC); None if it was not, or is
        no more.

        By scan only if it is on the list: an added car takes a person, whatever its image shows. Contraband or a
        broken seal that a person found stands for good, an alarm until a person has looked into the car after it.
        """
        seen = [one for one in self.inspected if one.at <= by]
        if any(one.result is HandInspectionResult.CONTRABAND or one.seals_intact is False for one in seen):
            return None
        times = [one.at for one in seen if one.result is HandInspectionResult.CLEARED]
        doubts = [at for image in self.images if (at := image.doubted_at(by)) is not None]
        if doubts:
            times = [at for at in times if at > max(doubts)]
        elif listed:
            decided = [one.decided_at for one in self.images if one.usable and one.operator_clear]
            times += [at for at in decided if at is not None and at <= by]
        return min(times, default=None)


class Anomaly(NamedTuple):
    """Something wrong that was put into a train. `cars`: those that must be named; of a swap both."""

    kind: str
    cars: tuple[CarTruth, ...]


def visit_of(visit_id: str) -> str:
    """Track and pass in a visit's id, behind which stands the train if the pass was taken for another one's before."""
    return "/".join(visit_id.split("/")[:3])


@dataclass(slots=True, eq=False)
class TrainTruth:
    """One train at one port. Times in microseconds UTC."""

    train_id: str
    port_code: str
    railroad: str
    arrives_at: int
    equipment: list[CarTruth]
    """On the track, in the order of passing."""
    listed: list[CarTruth]
    """As the railroad lists it, head first; cars that are not in the train too."""
    anomalies: list[Anomaly]
    tail_first: bool
    track_id: str = ""
    pass_numbers: list[int] = field(default_factory=list)
    consist: str = "in time"  # or late, corrected, never
    arrival: str = "told"  # or untold, wrong track, wrong train
    entered_at: int = 0
    passed_at: int = 0
    """When its tail had left the portal for the first time."""
    left_at: int = 0
    """The same for the last time."""
    settled_at: int = 0
    """When the last reading of the portal, and the list if there is one, had reached the log; repeats apart."""
    released_at: int | None = None
    lists: list[tuple[int, int, tuple[CarTruth, ...]]] = field(default_factory=list)
    """When a list reached the log, its revision, its equipment in order."""

    @property
    def visit_id(self) -> str:
        """The visit as the platform names it, unless it took the train for another one before: see `visit_of`."""
        return f"{self.track_id}/{self.pass_numbers[0]}"

    def on_track(self) -> list[CarTruth]:
        """Everything with axles, in order of passing."""
        return [car for car in self.equipment if car.axles]

    def list_at(self, at: int) -> tuple[CarTruth, ...] | None:
        """The list of the highest revision that had reached the log; None if there was none."""
        known = [(revision, cars) for told_at, revision, cars in self.lists if told_at <= at]
        return max(known, key=lambda one: one[0])[1] if known else None


class RailItem(NamedTuple):
    """A reading and when it reaches the log. `train`: whose it is; `repeated`: a second delivery of the same."""

    due_at_us: int
    reading: RailReading
    train: TrainTruth
    repeated: bool = False


class RailTruthWriter:
    """Writes a JSON line for each train once it is released, and for the others at the end. A context manager."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._encode = msgspec.json.Encoder().encode
        self._open: dict[str, TrainTruth] = {}

    def write(self, item: RailItem) -> None:
        """Take note of a reading's train."""
        train = item.train
        if isinstance(item.reading, TrainEvent) and train.released_at is not None:
            if self._open.pop(train.train_id, None) is not None:
                self._write(train)
        elif train.released_at is None:
            self._open[train.train_id] = train

    def __enter__(self) -> "RailTruthWriter":
        return self

    def __exit__(self, *_: object) -> None:
        for train in self._open.values():
            self._write(train)
        self._open.clear()

    def _write(self, train: TrainTruth) -> None:
        self._out.write(self._encode(as_line(train)) + b"\n")


def as_line(train: TrainTruth) -> dict[str, Any]:
    """A train as it is written: cars by their place on the track or on the list, since two may share a number."""
    return {
        "train_id": train.train_id,
        "port_code": train.port_code,
        "track_id": train.track_id,
        "pass_numbers": train.pass_numbers,
        "tail_first": train.tail_first,
        "consist": train.consist,
        "arrival": train.arrival,
        "entered_at": train.entered_at,
        "left_at": train.left_at,
        "released_at": train.released_at,
        "equipment": train.equipment,
        "missing": [car for car in train.listed if car.track_position is None and car.axles],
        "anomalies": [
            {"kind": one.kind, "cars": [f"{car.mark} {car.number}" for car in one.cars]} for one in train.anomalies
        ],
    }
