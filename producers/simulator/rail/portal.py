"""A portal on a track: what its readers, scale and scanner say as a train passes, at the axle where it passes them.

    legs of the train's motion ─► tags as their axle passes, weights and images as a whole car has passed

Order of the devices along the track makes no difference: each stamps the axle count of its own place. A train that
backs up is read again on its way back and on its way on; what it stopped in gives an image of a part, and no weight.
"""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple

from producers.simulator.rail.scenario import DeviceRates
from producers.simulator.rail.tags import ROLLER_BEARING, identity_in, misread_text, tag_text
from producers.simulator.rail.truth import CarTruth, RailReading, TrainTruth
from schemas.records import (
    CarTagRead,
    CarWeighing,
    EquipmentKind,
    OperatingMode,
    TagSide,
    TrainEvent,
    TrainEventKind,
)

US: Final = 1_000_000
SPEEDS_MPS: Final = (1.79, 2.24)  # 4 to 5 mph
TURN_SECONDS: Final = (20.0, 120.0)  # standing before it goes the other way
OUTAGE_CARS_MIN: Final = 5
BOGIE_M: Final = 1.78  # between the axles of a truck
OUTLIER: Final = (0.1, 0.2)

Emit = Callable[[int, RailReading], int]
"""Takes the true time of a reading, and the reading; returns when it reaches the log. Microseconds UTC."""


class Leg(NamedTuple):
    """Motion between two axle counts: up is forward. `begins_at` microseconds UTC."""

    from_axle: int
    to_axle: int
    begins_at: int
    us_per_axle: float

    @property
    def forward(self) -> bool:
        """Whether the count goes up."""
        return self.to_axle >= self.from_axle

    def at(self, axle: int) -> int:
        """When the count reaches an axle of the leg."""
        return self.begins_at + int(abs(axle - self.from_axle) * self.us_per_axle)


class Pass(NamedTuple):
    """One pass of a train: its number, its legs, and the places (of `on_track`) that the scanner is out for."""

    number: int
    legs: tuple[Leg, ...]
    outage: range

    @property
    def ends_at(self) -> int:
        """When the tail has left."""
        return self.legs[-1].at(self.legs[-1].to_axle)


def plan_pass(random: Random, rates: DeviceRates, train: TrainTruth, number: int, at: int, backs_up: float) -> Pass:
    """How the train moves, and whether the scanner fails."""
    cars = train.on_track()
    axles = cars[-1].last_axle
    length = sum(car.length_m for car in train.equipment)
    us_per_axle = length / random.uniform(*SPEEDS_MPS) / axles * US
    turns = [0]
    if random.random() < backs_up and axles > 80:
        stop = random.randint(40, axles - 8)
        turns += [stop, random.randint(max(4, stop - 60), stop - 1)]
    turns.append(axles)
    legs = []
    for begin, end in pairwise(turns):
        leg = Leg(begin, end, at, us_per_axle)
        legs.append(leg)
        at = leg.at(end) + int(US * random.uniform(*TURN_SECONDS))
    outage = range(0)
    if random.random() < rates.outage_ratio:
        begin = 0 if random.random() < 0.3 else random.randrange(len(cars))
        outage = range(begin, len(cars) if random.random() < 0.5 else min(len(cars), begin + OUTAGE_CARS_MIN + 30))
    return Pass(number, tuple(legs), outage)


class Portal:
    """The readers and the scale of one track. The scanner has a file of its own, since people decide on its images."""

    def __init__(self, port_code: str, track_id: str, rates: DeviceRates) -> None:
        self.port_code, self.track_id, self._rates = port_code, track_id, rates

    def controller_event(self, kind: TrainEventKind, one: Pass, at: int, axle_count: int | None) -> TrainEvent:
        """PORTAL_ENTERED or PORTAL_LEFT."""
        return TrainEvent(
            reading_id=f"{self.track_id}/{one.number}-{'in' if kind is TrainEventKind.PORTAL_ENTERED else 'out'}",
            port_code=self.port_code,
            track_id=self.track_id,
            device_id=f"{self.track_id}/controller",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            kind=kind,
            pass_number=one.number,
            axle_count=axle_count,
        )

    def tags(self, random: Random, one: Pass, leg_number: int, car: CarTruth, emit: Emit, axles: int) -> None:
        """Both tags of a car, where they pass in a leg. Those of a device at the end pass with the last axle."""
        if not car.tagged:
            return
        leg = one.legs[leg_number]
        low, high = sorted((leg.from_axle, leg.to_axle))
        draw = random.random
        for side in (TagSide.LEFT, TagSide.RIGHT):
            count = tag_axle(car, side, axles)
            if not low < count <= high and not (count == 0 and low == 0):
                continue
            if draw() < self._rates.tag_lost_ratio:
                car.tags_lost += 1
                continue
            mark, number, passed = car.mark, car.number, draw() >= self._rates.right_check_fails_ratio
            text = tag_text(car, side)
            if draw() < self._rates.tag_misread_ratio:
                text = misread_text(random, car, side)
                mark, number, passed = identity_in(text)
                car.tags_misread += 1
                car.tags_misled += passed
            elif not passed:
                car.tags_doubted += 1
            else:
                car.tags_read += 1
                car.read_in.append(one.number)
            at = leg.at(count)
            if draw() < self._rates.axle_off_by_one_ratio:
                count = max(0, count + (1 if draw() < 0.5 else -1))
            device_id = f"{self.track_id}/aei-{'left' if (side is TagSide.LEFT) != car.flipped else 'right'}"
            reading = CarTagRead(
                reading_id=f"{device_id}/{one.number}-{leg_number}-{car.track_position or 'end'}-{side}",
                port_code=self.port_code,
                track_id=self.track_id,
                device_id=device_id,
                observed_at=at,
                received_at=at,
                operating_mode=OperatingMode.SIMULATED,
                pass_number=one.number,
                axle_count=count,
                equipment_kind=car.kind,
                mark=mark,
                number=number,
                tag_side=side,
                length_m=car.length_m,
                axles=max(car.axles, 1),
                bearing_code=ROLLER_BEARING,
                platform_code=0,
                check_passed=passed,
                tag_hex=text,
            )
            emit(at, reading)

    def weigh(self, random: Random, one: Pass, leg_number: int, cars: list[CarTruth], emit: Emit) -> None:
        """What the scale takes for one car: one as a rule, two if it merges them."""
        leg = one.legs[leg_number]
        first = cars[0]
        loads: list[float] = []
        for car in cars:
            car.weighed += 1
            error = 1.0 + random.gauss(0.0, self._rates.scale_sigma)
            if random.random() < self._rates.scale_outlier_ratio:
                error += random.uniform(*OUTLIER) * (1 if random.random() < 0.5 else -1)
                car.weighed_wrong = True
            share = car.gross_weight_kg * error / car.axles
            loads += [round(share * random.uniform(0.97, 1.03), -1) for _ in range(car.axles)]
        spacings = spacings_of(cars)
        at = leg.at(cars[-1].last_axle if leg.forward else first.first_axle - 1)
        speed = sum(car.length_m for car in cars) / (sum(car.axles for car in cars) * leg.us_per_axle / US)
        if not leg.forward:
            loads.reverse()
            spacings.reverse()
        emit(
            at,
            CarWeighing(
                reading_id=f"{self.track_id}/scale/{one.number}-{leg_number}-{first.track_position}",
                port_code=self.port_code,
                track_id=self.track_id,
                device_id=f"{self.track_id}/scale",
                observed_at=at,
                received_at=at,
                operating_mode=OperatingMode.SIMULATED,
                pass_number=one.number,
                first_axle=first.first_axle,
                axle_loads_kg=tuple(loads),
                axle_spacings_m=tuple(spacings),
                gross_weight_kg=round(sum(loads), 1),
                speed_mps=round(speed if leg.forward else -speed, 2),
            ),
        )

    def weighings(self, random: Random, one: Pass, cars: list[CarTruth], emit: Emit) -> None:
        """The scale over all legs: what passes it as a whole, forward or backward."""
        for leg_number, leg in enumerate(one.legs):
            low, high = sorted((leg.from_axle, leg.to_axle))
            waiting: list[CarTruth] = []
            for car in cars:
                if car.first_axle <= low or car.last_axle > high:
                    waiting.clear()
                    continue
                waiting.append(car)
                if len(waiting) == 1 and random.random() < self._rates.weighing_merged_ratio:
                    continue  # taken together with the next
                if len(waiting) > 1:
                    for merged in waiting:
                        merged.weighed_wrong = True
                elif random.random() < self._rates.weighing_missing_ratio:
                    waiting.clear()
                    continue
                self.weigh(random, one, leg_number, waiting, emit)
                waiting = []


def tag_axle(car: CarTruth, side: TagSide, axles: int) -> int:
    """Axles that have passed when a tag is strongest: a quarter into the car and a quarter before its end.

    A car's two tags stand diagonally; which comes first depends on its end in front.
    """
    if not car.axles:
        return axles
    inset = max(1, car.axles // 4 + 1)
    first_comes_first = (side is TagSide.LEFT) != car.flipped
    return car.first_axle - 1 + (inset if first_comes_first else max(inset, car.axles - inset + 1))


def spacings_of(cars: list[CarTruth]) -> list[float]:
    """Metres between successive axles: trucks of two (a locomotive's of three), and the rest of the length between."""
    spacings: list[float] = []
    for car in cars:
        if spacings:
            spacings.append(round(2 * 1.7, 2))  # over the couplers
        a_truck = 3 if car.kind is EquipmentKind.LOCOMOTIVE else 2
        trucks = max(1, car.axles // a_truck)
        between = (car.length_m - 3.4 - trucks * (a_truck - 1) * BOGIE_M) / max(1, trucks - 1)
        for axle in range(1, car.axles):
            spacings.append(round(BOGIE_M if axle % a_truck else max(between, 1.5), 2))
    return spacings
