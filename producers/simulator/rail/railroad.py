"""What the railroad says of its trains: the list before, a corrected one, and the word that a train has come."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from producers.simulator.rail.names import next_train_id
from producers.simulator.rail.scenario import TrainRates
from producers.simulator.rail.truth import CarTruth, RailReading, TrainTruth
from schemas.records import (
    ConsistEquipment,
    LoadState,
    OperatingMode,
    TrainConsist,
    TrainEvent,
    TrainEventKind,
)

US: Final = 1_000_000
MINUTE: Final = 60
HOUR: Final = 3600
LIST_AHEAD_SECONDS: Final = (0.5 * HOUR, 6.0 * HOUR)
CORRECTED_AHEAD_SECONDS: Final = (10.0 * MINUTE, 0.4 * HOUR)
LATE_SECONDS: Final = (-10.0 * MINUTE, 40.0 * MINUTE)  # after the train has left
CORRECTED_AFTER_SECONDS: Final = (20.0 * MINUTE, 60.0 * MINUTE)  # once the train has settled
ARRIVAL_AHEAD_SECONDS: Final = (5.0 * MINUTE, 20.0 * MINUTE)
WRONG_CARS_MAX: Final = 3  # left out of a list that is corrected
WEIGHT_LISTED_RATIO: Final = 0.95
SIZES_LISTED_RATIO: Final = 0.8  # of lists: axles and lengths
DEVICE_LISTED_RATIO: Final = 0.7

Emit = Callable[[int, RailReading], int]


class Railroad:
    """The railroads at one port. Nothing is said before `start_at`, microseconds UTC."""

    AHEAD_SECONDS_MAX: Final = int(LIST_AHEAD_SECONDS[1])

    def __init__(self, port_code: str, start_at: int) -> None:
        self._port_code, self._start_at = port_code, start_at

    def announce(self, random: Random, rates: TrainRates, train: TrainTruth, emit: Emit) -> int:
        """The list and its correction, and the arrival; returns when the last of them reaches the log."""
        last = self._arrival(random, rates, train, emit)
        ahead = max(self._start_at, train.arrives_at - int(US * random.uniform(*LIST_AHEAD_SECONDS)))
        if train.consist == "never":
            return last
        if train.consist == "late":
            ahead = train.left_at + int(US * random.uniform(*LATE_SECONDS))
        if train.consist == "corrected":
            left_out = set(random.sample(range(len(train.listed)), random.randint(1, WRONG_CARS_MAX)))
            wrong = [car for place, car in enumerate(train.listed) if place not in left_out]
            self._tell_list(random, train, 1, wrong, ahead, emit)
            ahead = train.arrives_at - int(US * random.uniform(*CORRECTED_AHEAD_SECONDS))
            return max(last, self._tell_list(random, train, 2, train.listed, ahead, emit))
        return max(last, self._tell_list(random, train, 1, train.listed, ahead, emit))

    def correct_after(self, random: Random, rates: TrainRates, train: TrainTruth, emit: Emit) -> None:
        """The list as the train is, once people have asked what became of a missing or an added car."""
        asked = any(one.kind in ("added", "missing") for one in train.anomalies)
        if not asked or not train.lists or random.random() >= rates.corrected_after_ratio:
            return
        cars = list(reversed(train.equipment)) if train.tail_first else train.equipment
        at = train.settled_at + int(US * random.uniform(*CORRECTED_AFTER_SECONDS))
        self._tell_list(random, train, len(train.lists) + 1, cars, at, emit)

    def _arrival(self, random: Random, rates: TrainRates, train: TrainTruth, emit: Emit) -> int:
        roll = random.random()
        if roll < rates.arrival_untold_ratio:
            train.arrival = "untold"
            return 0
        train_id, track_id = train.train_id, train.track_id
        if roll < rates.arrival_untold_ratio + rates.arrival_wrong_ratio:
            track, number = track_id[:-1], int(track_id[-1])
            if random.random() < 0.5:
                train.arrival, track_id = "wrong track", f"{track}{3 - number if number < 3 else 1}"
            else:
                train.arrival, train_id = "wrong train", next_train_id(train_id)
        at = max(self._start_at, train.entered_at - int(US * random.uniform(*ARRIVAL_AHEAD_SECONDS)))
        event = TrainEvent(
            reading_id=f"{train.train_id}-arrived",
            port_code=self._port_code,
            track_id=track_id,
            device_id=f"{self._port_code}/dispatcher",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            kind=TrainEventKind.ARRIVED,
            train_id=train_id,
        )
        return emit(at, event)

    def _tell_list(
        self, random: Random, train: TrainTruth, revision: int, cars: Sequence[CarTruth], at: int, emit: Emit
    ) -> int:
        devices = random.random() < DEVICE_LISTED_RATIO
        sizes = random.random() < SIZES_LISTED_RATIO
        told = [car for car in cars if car.axles or devices]
        consist = TrainConsist(
            reading_id=f"{train.train_id}-list-{revision}",
            port_code=self._port_code,
            train_id=train.train_id,
            revision=revision,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            railroad=train.railroad,
            equipment=tuple(
                [
                    as_listed(car, position, sizes, random.random() < WEIGHT_LISTED_RATIO)
                    for position, car in enumerate(told, 1)
                ]
            ),
        )
        told_at = emit(at, consist)
        train.lists.append((told_at, revision, tuple(told)))
        return told_at


def as_listed(car: CarTruth, position: int, sizes: bool, weight: bool) -> ConsistEquipment:
    """A car as its list has it."""
    is_car = car.commodity_code is not None or car.car_type not in ("locomotive", "end-of-train device")
    state = LoadState.LOADED if car.listed_loaded else LoadState.EMPTY
    return ConsistEquipment(
        position=position,
        kind=car.kind,
        mark=car.mark,
        number=car.number,
        load_state=state if is_car else LoadState.UNKNOWN,
        commodity_code=car.commodity_code,
        declared_gross_weight_kg=car.declared_gross_weight_kg if weight and is_car else None,
        axle_count=car.axles if sizes and car.axles else None,
        length_m=car.length_m if sizes and car.axles else None,
        seals=car.seals,
    )
