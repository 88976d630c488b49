"""The stage's rows by key, and what is forgotten of them."""

import zlib
from collections.abc import Callable, Iterator, MutableMapping
from typing import Final

import msgspec

from schemas.records import OperatingMode
from streams.core.keyed_state import KeyedState
from streams.core.trains.state import (
    CHUNKS,
    HOUR,
    PORT_PASSES_MAX,
    PORT_TRAINS_MAX,
    Consist,
    Pass,
    Port,
    Raised,
    Rows,
    Scanned,
    Scans,
    Stretch,
    Tag,
    ToldCar,
    ToldCars,
    Train,
    Visit,
    Weighed,
    encode,
)

# How long trains and passes are kept: what an analyst or an officer says later finds them so long [assumed].
KEPT: Final = 10 * 24 * HOUR

# Rows decoded at a time, of each kind. A train of 110 cars has 14 stretches and 16 chunks of scans.
DECODED_MAX: Final = 4_096

# Cars of which it is remembered in one chunk what was told; withdrawn ones go first.
TOLD_MAX: Final = 128
WITHDRAWN: Final = "WITHDRAWN"

# Behind the id of a visit whose first pass was another train's after all, while the one without it goes on.
OTHER: Final = "+"

# Between a train's key and a visit's id in the key of what was known of the train when it left that visit for another
# one; no id has it.
LEFT: Final = "\x1e"


class Store:
    """All rows of one partition. Keys are texts that begin with their operating mode: `OPERATIONAL:2304/R1/17`."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        self.on_forgotten: Callable[[], None] | None = None
        """Called when a train or a pass is forgotten: what was made from its rows must not stand."""
        self.ports: KeyedState[Port] = KeyedState(stored, encode, lambda row: Rows.port.decode(memoryview(row)[1:]))
        self.trains: KeyedState[Train] = KeyedState(stored, encode, lambda row: Rows.train.decode(memoryview(row)[1:]))
        self.consists: KeyedState[Consist] = KeyedState(
            stored, encode, lambda row: Rows.consist.decode(memoryview(row)[1:])
        )
        self.passes: KeyedState[Pass] = KeyedState(
            stored, encode, lambda row: Rows.passing.decode(memoryview(row)[1:]), DECODED_MAX
        )
        self.stretches: KeyedState[Stretch] = KeyedState(
            stored, encode, lambda row: Rows.stretch.decode(memoryview(row)[1:]), DECODED_MAX
        )
        self.scans: KeyedState[Scans] = KeyedState(
            stored, encode, lambda row: Rows.scans.decode(memoryview(row)[1:]), DECODED_MAX
        )
        self.visits: KeyedState[Visit] = KeyedState(stored, encode, lambda row: Rows.visit.decode(memoryview(row)[1:]))
        self.told: KeyedState[ToldCars] = KeyedState(
            stored, encode, lambda row: Rows.told.decode(memoryview(row)[1:]), DECODED_MAX
        )

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded rows changed since the last call, None for a removed key."""
        changes = self.ports.take_changes() | self.trains.take_changes() | self.consists.take_changes()
        changes |= self.passes.take_changes() | self.stretches.take_changes() | self.scans.take_changes()
        return changes | self.visits.take_changes() | self.told.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self.ports.roll_back()
        self.trains.roll_back()
        self.consists.roll_back()
        self.passes.roll_back()
        self.stretches.roll_back()
        self.scans.roll_back()
        self.visits.roll_back()
        self.told.roll_back()

    def port(self, key: str) -> Port:
        """A port's trains and passes; none at first."""
        return self.ports.get(b"a:" + key.encode()) or Port()

    def put_port(self, key: str, port: Port) -> None:
        """Keep them."""
        self.ports.put(b"a:" + key.encode(), port)

    def train(self, key: str) -> Train | None:
        """A train, None if it was never heard of."""
        return self.trains.get(b"t:" + key.encode())

    def put_train(self, key: str, train: Train) -> None:
        """Keep a train."""
        self.trains.put(b"t:" + key.encode(), train)

    def consist(self, key: str) -> Consist | None:
        """A train's list, None if none has come."""
        return self.consists.get(b"l:" + key.encode())

    def put_consist(self, key: str, consist: Consist) -> None:
        """Keep a list."""
        self.consists.put(b"l:" + key.encode(), consist)

    def passing(self, key: str) -> Pass | None:
        """A pass, None before its first reading."""
        return self.passes.get(b"p:" + key.encode())

    def put_pass(self, key: str, passing: Pass) -> None:
        """Keep a pass."""
        self.passes.put(b"p:" + key.encode(), passing)

    def stretch(self, key: str, number: int) -> Stretch:
        """A stretch of a pass; empty at first."""
        return self.stretches.get(f"o:{key}:{number}".encode()) or Stretch()

    def put_stretch(self, key: str, number: int, stretch: Stretch) -> None:
        """Keep a stretch."""
        self.stretches.put(f"o:{key}:{number}".encode(), stretch)

    def scans_of(self, key: str, chunk: int) -> Scans:
        """A chunk of a pass's scans; empty at first."""
        return self.scans.get(f"s:{key}:{chunk}".encode()) or Scans()

    def put_scans(self, key: str, chunk: int, scans: Scans) -> None:
        """Keep a chunk."""
        self.scans.put(f"s:{key}:{chunk}".encode(), scans)

    def readings_of(self, key: str) -> tuple[list[Tag], list[Weighed], list[Scanned]]:
        """All that is kept of a pass."""
        passing = self.passing(key)
        tags: list[Tag] = []
        weighings: list[Weighed] = []
        scans: list[Scanned] = []
        for number in range(passing.stretches if passing is not None else 0):
            stretch = self.stretch(key, number)
            tags += stretch.tags
            weighings += stretch.weighings
        for chunk in range(CHUNKS):
            scans += self.scans_of(key, chunk).scans
        return tags, weighings, scans

    def visit(self, key: str) -> Visit | None:
        """A visit, None if there is none."""
        return self.visits.get(b"v:" + key.encode())

    def put_visit(self, key: str, visit: Visit) -> None:
        """Keep a visit."""
        self.visits.put(b"v:" + key.encode(), visit)

    def told_of(self, key: str, name: str) -> ToldCar | None:
        """What was told of a visit's car last."""
        chunk = self.told.get(f"c:{key}:{chunk_of(name)}".encode())
        if chunk is not None:
            for car in chunk.cars:
                if car.name == name:
                    return car
        return None

    def put_told(self, key: str, car: ToldCar) -> None:
        """Keep what was told of a car."""
        chunk_key = f"c:{key}:{chunk_of(car.name)}".encode()
        chunk = self.told.get(chunk_key) or ToldCars()
        cars = [other for other in chunk.cars if other.name != car.name]
        if len(cars) >= TOLD_MAX:
            cars = [other for other in cars if not other.said.startswith(WITHDRAWN)]
        self.told.put(chunk_key, ToldCars((*cars, car)))

    def told_cars(self, key: str) -> Iterator[ToldCar]:
        """All cars of a visit that stand as told, without those that were withdrawn."""
        for number in range(CHUNKS):
            chunk = self.told.get(f"c:{key}:{number}".encode())
            for car in chunk.cars if chunk is not None else ():
                if not car.said.startswith(WITHDRAWN):
                    yield car

    def note_time(self, port_key: str, at: int) -> None:
        """The port's time, which never goes back; to the hour, so that not every reading writes it."""
        port = self.port(port_key)
        if at // HOUR > port.now_at // HOUR:
            self.put_port(port_key, msgspec.structs.replace(port, now_at=at))
            self._forget_old(port_key)

    def add_pass(self, port_key: str, pass_id: str, at: int) -> None:
        """One more pass of a port; beyond the bound the oldest is forgotten."""
        port = self.port(port_key)
        self.put_port(port_key, msgspec.structs.replace(port, passes=(*port.passes, (pass_id, at))))
        if len(port.passes) >= PORT_PASSES_MAX:
            self._forget_pass(port_key, min(port.passes, key=_age))

    def add_train(self, port_key: str, train_key: str, at: int) -> None:
        """One more train of a port, or a younger age of one; beyond the bound the oldest is forgotten."""
        port = self.port(port_key)
        at = max([at, *[born_at for key, born_at in port.trains if key == train_key]])
        others = tuple([one for one in port.trains if one[0] != train_key])
        self.put_port(port_key, msgspec.structs.replace(port, trains=(*others, (train_key, at))))
        if len(others) >= PORT_TRAINS_MAX:
            self._forget_train(port_key, min(others, key=_age))

    def move_train(self, port_key: str, train_key: str, to_key: str) -> None:
        """Put a train and its list under another key, where its visit finds them."""
        train, consist = self.train(train_key), self.consist(train_key)
        if train is None:
            return
        port = self.port(port_key)
        trains = tuple([(to_key if key == train_key else key, at) for key, at in port.trains])
        self.put_port(port_key, msgspec.structs.replace(port, trains=trains))
        self.put_train(to_key, train)
        self.trains.remove(b"t:" + train_key.encode())
        if consist is not None:
            self.put_consist(to_key, consist)
            self.consists.remove(b"l:" + train_key.encode())
        mode = port_key.partition(":")[0]
        visit_key = f"{mode}:{train.visit_id}"
        visit = self.visit(visit_key) if train.visit_id else None
        if visit is not None:
            self.put_visit(visit_key, msgspec.structs.replace(visit, train_key=to_key))

    def leave_visit(self, port_key: str, train_key: str) -> None:
        """Part a train from the visit that it is, which keeps the train's papers as they are: what people say from now
        on is not of that visit."""
        train, consist = self.train(train_key), self.consist(train_key)
        if train is None:
            return
        at = max([born_at for key, born_at in self.port(port_key).trains if key == train_key], default=0)
        self.move_train(port_key, train_key, f"{train_key}{LEFT}{train.visit_id}")
        self.put_train(train_key, msgspec.structs.replace(train, visit_id=""))
        if consist is not None:
            self.put_consist(train_key, consist)
        self.add_train(port_key, train_key, at)

    def _forget_old(self, port_key: str) -> None:
        port = self.port(port_key)
        for one in port.passes:
            if one[1] < port.now_at - KEPT:
                self._forget_pass(port_key, one)
        for one in port.trains:
            if one[1] < port.now_at - KEPT:
                self._forget_train(port_key, one)

    def _forget_pass(self, port_key: str, one: tuple[str, int]) -> None:
        mode = port_key.partition(":")[0]
        key = f"{mode}:{one[0]}"
        passing = self.passing(key)
        for number in range(passing.stretches if passing is not None else 0):
            self.stretches.remove(f"o:{key}:{number}".encode())
        for chunk in range(CHUNKS):
            self.scans.remove(f"s:{key}:{chunk}".encode())
        self.passes.remove(b"p:" + key.encode())
        for visit_id in (one[0], one[0] + OTHER):  # visits that it was taken for before
            left_over = self.visit(f"{mode}:{visit_id}")
            if left_over is not None and not left_over.pass_ids:
                self._forget_visit(f"{mode}:{visit_id}")
        if passing is not None and passing.visit_id:
            visit_key = f"{mode}:{passing.visit_id}"
            visit = self.visit(visit_key)
            if visit is not None:
                left = tuple([pass_id for pass_id in visit.pass_ids if pass_id != one[0]])
                self.put_visit(visit_key, msgspec.structs.replace(visit, pass_ids=left))
                if not left:
                    self._forget_visit(visit_key)
        port = self.port(port_key)
        passes = tuple([other for other in port.passes if other != one])
        self.put_port(port_key, msgspec.structs.replace(port, passes=passes))
        self._tell_forgotten()

    def _forget_train(self, port_key: str, one: tuple[str, int]) -> None:
        train = self.train(one[0])
        if train is not None:
            self._forget_unseen(port_key, one[0], train)
        self.trains.remove(b"t:" + one[0].encode())
        self.consists.remove(b"l:" + one[0].encode())
        port = self.port(port_key)
        trains = tuple([other for other in port.trains if other != one])
        self.put_port(port_key, msgspec.structs.replace(port, trains=trains))
        self._tell_forgotten()

    def _forget_unseen(self, port_key: str, train_key: str, train: Train) -> None:
        """Forget what was told of a train before it was seen. While others of its id are known its visits count on, as
        the next one's: a reader takes a lower revision for an old one."""
        mode, _, port_code = port_key.partition(":")
        others = [self.train(key) for key, _ in self.port(port_key).trains if key != train_key]
        is_last = not any(other is not None and other.train_id == train.train_id for other in others)
        key = f"{mode}:{unseen_id_of(port_code, train.train_id)}"
        while (unseen := self.visit(key)) is not None:
            if is_last or unseen.train_key == train_key:
                self._forget_visit(key)
            if not is_last and unseen.train_key == train_key:
                told = Raised(unseen.coverable.revision), Raised(unseen.released.revision)
                self.put_visit(key, Visit(revision=unseen.revision, coverable=told[0], released=told[1]))
            key += OTHER

    def _tell_forgotten(self) -> None:
        if self.on_forgotten is not None:
            self.on_forgotten()

    def _forget_visit(self, visit_key: str) -> None:
        """A train that is still to be let go is as if it were not seen: its release must not pass in silence."""
        train_key = (self.visit(visit_key) or Visit()).train_key
        train = self.train(train_key)
        if train is not None and train.visit_id == visit_key.partition(":")[2] and not train.released_at:
            self.put_train(train_key, msgspec.structs.replace(train, visit_id=""))
        self.visits.remove(b"v:" + visit_key.encode())
        for number in range(CHUNKS):
            self.told.remove(f"c:{visit_key}:{number}".encode())


def chunk_of(name: str) -> int:
    """In which chunk a scan or a car is kept: spread evenly, and the same everywhere."""
    return zlib.crc32(name.encode()) % CHUNKS


def unseen_id_of(port_code: str, train_id: str) -> str:
    """The id of a train's visit before it was seen."""
    return f"{port_code}/T:{train_id}"


def port_key_of(mode: OperatingMode, port_code: str) -> str:
    """Where a port is kept."""
    return f"{mode}:{port_code}"


def _age(one: tuple[str, int]) -> int:
    return one[1]
