"""A train as it is, the list that the railroad makes of it, and what is wrong between the two.

yard ─► equipment in order ─► the list ─► anomalies: the train departs from the list, or something is in a car
"""

import math
from random import Random
from typing import Final

from producers.simulator.rail.fleet import Yard
from producers.simulator.rail.names import train_id_of
from producers.simulator.rail.scenario import AnomalyRates, RailScenario, RailTraffic
from producers.simulator.rail.truth import Anomaly, CarTruth, TrainTruth
from schemas.records import EquipmentKind

CARS_SIGMA: Final = 0.3  # of the logarithm of a train's cars [assumed]
CARS_MIN: Final = 5
CARS_MAX: Final = 220  # EDI 418 lists at most 400
DISTRIBUTED_RATIO: Final = 0.35  # of trains of 60 cars or more: power in the middle or at the rear [assumed]
DEVICE_RATIO: Final = 0.9  # of trains without power at the rear [assumed]
BLOCK_CARS: Final = (3, 8)
NEIGHBOUR_SWAP_RATIO: Final = 0.2
LOADED_EMPTY_RATIO: Final = (0.15, 0.9)  # of what the car may carry
RAILROADS: Final = {"2301": "KCSM", "2303": "UP", "2304": "KCSM", "2402": "BNSF", "2507": "UP", "2604": "UP"}


def make_train(random: Random, scenario: RailScenario, port_code: str, run: int, number: int, at: int) -> TrainTruth:
    """The train and its list, anomalies in it; where and when it passes is not decided here.

    `run` and `number` make its id; `at` is when it arrives, microseconds UTC.
    """
    traffic, railroad = scenario.traffic[port_code], RAILROADS.get(port_code, "UP")
    yard = Yard(random, traffic.loaded_share_southbound)
    listed = composition(random, yard, cars_of(random, traffic), railroad)
    train = TrainTruth(
        train_id=train_id_of(port_code, run, number),
        port_code=port_code,
        railroad=railroad,
        arrives_at=at,
        equipment=list(listed),
        listed=listed,
        anomalies=[],
        tail_first=random.random() < scenario.trains.tail_first_ratio,
    )
    roll = random.random()
    late, never, corrected = (
        scenario.trains.consist_late_ratio,
        scenario.trains.consist_never_ratio,
        scenario.trains.consist_corrected_ratio,
    )
    if roll < late + never + corrected:
        train.consist = "late" if roll < late else "never" if roll < late + never else "corrected"
    inject(random, scenario.anomalies, yard, train)
    place(train)
    return train


def cars_of(random: Random, traffic: RailTraffic) -> int:
    """Cars of a train: log-normal about the port's mean."""
    drawn = traffic.cars_a_train * math.exp(random.gauss(-(CARS_SIGMA**2) / 2, CARS_SIGMA))
    return min(max(round(drawn), CARS_MIN), CARS_MAX)


def composition(random: Random, yard: Yard, cars: int, railroad: str) -> list[CarTruth]:
    """Two to four locomotives, cars, and a device at the end."""
    locomotives = random.choice((2, 2, 3, 3, 4))
    spread = random.random() < DISTRIBUTED_RATIO and cars >= 60
    elsewhere = 0 if not spread else 1 if locomotives == 2 else random.randint(1, 2)
    middle = random.randint(0, 1) if elsewhere == 1 else elsewhere // 2
    train = [yard.locomotive() for _ in range(locomotives - elsewhere)]
    at = cars // 2 + random.randint(-5, 5)
    for place in range(cars):
        if place == at:
            train += [yard.locomotive() for _ in range(middle)]
        train.append(yard.next_car())
    train += [yard.locomotive() for _ in range(elsewhere - middle)]
    if elsewhere == middle and random.random() < DEVICE_RATIO:
        train.append(yard.end_of_train_device(railroad))
    return train


def inject(random: Random, rates: AnomalyRates, yard: Yard, train: TrainTruth) -> None:
    """Put anomalies into a train, each at cars of its own. Those that need a list only if there is one."""
    has_list = train.consist != "never"
    free = [car for car in train.equipment if car.kind is EquipmentKind.CAR]
    random.shuffle(free)
    if has_list and random.random() < rates.added:
        add_car(random, rates, yard, train)
    if has_list and random.random() < rates.missing:
        car = free.pop()
        train.equipment.remove(car)
        note(train, "missing", car)
    if has_list and random.random() < rates.swapped:
        swap(random, train, free)
    if has_list and random.random() < rates.moved:
        move_block(random, train, free)
    for kind in ("unscanned", "contraband", "seal_broken", "loaded_empty"):
        if random.random() >= getattr(rates, kind):
            continue
        able = [car for car in free if fits(kind, car, has_list)]
        if able:
            car = able[0]
            free.remove(car)
            note(train, kind, car)
            if kind == "loaded_empty":
                car.loaded = True
                car.gross_weight_kg *= 1.0 + 2.5 * random.uniform(*LOADED_EMPTY_RATIO)


def fits(kind: str, car: CarTruth, has_list: bool) -> bool:
    """Whether a car can have this wrong."""
    if kind == "seal_broken":
        return bool(car.seals) and has_list
    if kind == "loaded_empty":
        return not car.loaded and has_list
    # What shares an image is unscanned in pairs, which the portal makes happen by itself.
    return kind != "unscanned" or not car.short


def note(train: TrainTruth, kind: str, *cars: CarTruth) -> None:
    """Write an anomaly down at the train and at its cars."""
    train.anomalies.append(Anomaly(kind, cars))
    for car in cars:
        car.anomalies += (kind,)


def add_car(random: Random, rates: AnomalyRates, yard: Yard, train: TrainTruth) -> None:
    """A car that is on no list, between two others or at the end of the cars."""
    car = yard.next_car()
    car.tagged = random.random() >= rates.added_without_tags_ratio
    cars = [at for at, other in enumerate(train.equipment) if other.kind is EquipmentKind.CAR]
    train.equipment.insert(random.choice(cars) + random.randint(0, 1), car)
    note(train, "added", car)


def swap(random: Random, train: TrainTruth, free: list[CarTruth]) -> None:
    """Two cars in each other's place: neighbours, or four places apart and more.

    Of two that are closer nobody can say which moved: a b c as c b a may have kept any one of the three.
    """
    places = {car: at for at, car in enumerate(train.equipment)}
    neighbours = random.random() < NEIGHBOUR_SWAP_RATIO
    first = free.pop()
    for other in free:
        apart = abs(places[first] - places[other])
        if apart == 1 if neighbours else apart >= 4:
            free.remove(other)
            a, b = places[first], places[other]
            train.equipment[a], train.equipment[b] = other, first
            note(train, "swapped", first, other)
            return
    free.insert(0, first)


def move_block(random: Random, train: TrainTruth, free: list[CarTruth]) -> None:
    """Some cars in a row that ride elsewhere, further away than the block is long, and in their order."""
    size = random.randint(*BLOCK_CARS)
    able = set(free)
    starts = [
        at for at in range(len(train.equipment) - size) if all(car in able for car in train.equipment[at : at + size])
    ]
    if not starts:
        return
    at = random.choice(starts)
    block = train.equipment[at : at + size]
    rest = train.equipment[:at] + train.equipment[at + size :]
    places = [
        place
        for place in range(1, len(rest))
        if abs(place - at) > size + 1
        and rest[place].kind is EquipmentKind.CAR
        and rest[place - 1].kind is EquipmentKind.CAR
    ]
    if not places:
        return
    to = random.choice(places)
    train.equipment = [*rest[:to], *block, *rest[to:]]
    for car in block:
        free.remove(car)
    note(train, "moved", *block)


def place(train: TrainTruth) -> None:
    """Number what is listed and what passes; a train that comes tail first passes in reverse."""
    if train.tail_first:
        train.equipment.reverse()
    if train.consist != "never":
        for position, car in enumerate(train.listed, 1):
            car.list_position = position
    axle = 1
    for position, car in enumerate(train.on_track(), 1):
        car.track_position, car.first_axle = position, axle
        axle += car.axles
