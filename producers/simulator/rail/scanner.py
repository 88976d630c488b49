"""The scanner of a portal: which images it takes of a train, what the software says, and what people decide later."""

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from msgspec.structs import replace

from producers.simulator.rail.portal import US, Emit, Leg, Pass
from producers.simulator.rail.scenario import DeviceRates
from producers.simulator.rail.truth import CarTruth, Image
from schemas.records import CarScan, EquipmentKind, OperatingMode, ScanDecision, ScanQuality

OPERATOR_SECONDS: Final = (5.0, 60.0)
ALARM_PROBABILITY: Final = (0.5, 0.99)
CLEAR_PROBABILITY: Final = (0.0, 0.4)
INCOMPLETE: Final = "IncompleteScan"  # DICOS AbortReason


class Taken(NamedTuple):
    """An image: the cars of which it shows something, and its axles."""

    cars: tuple[CarTruth, ...]
    first_axle: int
    last_axle: int
    leg: Leg
    aborted: bool

    def shows_whole(self, car: CarTruth) -> bool:
        """Whether it shows all of a car; one that ends inside the second of two shows the first."""
        return not self.aborted and self.first_axle <= car.first_axle and self.last_axle >= car.last_axle


class Scanner:
    """The scanner of one track."""

    def __init__(self, port_code: str, track_id: str, rates: DeviceRates) -> None:
        self.port_code, self.track_id, self._rates = port_code, track_id, rates

    def scan(self, random: Random, one: Pass, cars: list[CarTruth], emit: Emit) -> None:
        """Emit the images of a pass and the decisions on them; what is true of them is kept at the cars."""
        for number, taken in enumerate(self._taken(random, one, cars), 1):
            self._report(random, one, number, taken, emit)

    def _taken(self, random: Random, one: Pass, cars: list[CarTruth]) -> Iterator[Taken]:
        rates = self._rates
        for group in groups_of(random, rates, cars):
            first, last = group[0].first_axle, group[-1].last_axle
            if group[0].track_position is not None and group[0].track_position - 1 in one.outage:
                for car in group:
                    car.scanner_out = True
                continue
            if any("unscanned" in car.anomalies for car in group):
                continue
            for leg in one.legs:
                if not leg.forward or leg.to_axle < first or leg.from_axle >= last:
                    continue  # the beam is off on the way back
                if random.random() < rates.scan_missing_ratio:
                    continue
                begin, end = max(first, leg.from_axle + 1), min(last, leg.to_axle)
                whole = (begin, end) == (first, last)
                if whole and random.random() < rates.scan_aborted_ratio:
                    end, whole = random.randint(first, last - 1), False
                elif whole and random.random() < rates.scan_cut_ratio:
                    end -= random.randint(1, 2)
                shown = tuple(car for car in group if car.first_axle <= end and car.last_axle >= begin)
                yield Taken(shown, begin, end, leg, aborted=not whole)

    def _report(self, random: Random, one: Pass, number: int, taken: Taken, emit: Emit) -> None:
        rates, draw = self._rates, random.random
        cars, at = taken.cars, taken.leg.at(taken.last_axle)
        quality = self._quality(random, taken)
        shielded = any(car.loaded for car in cars) and draw() < rates.shielded_ratio
        contraband = any("contraband" in car.anomalies for car in cars)
        alarm = draw() < (rates.machine_hit_ratio if contraband else rates.machine_false_alarm_ratio)
        scan_id = f"{self.track_id}/scan/{one.number}-{number}"
        scan = CarScan(
            reading_id=f"{scan_id}-1",
            port_code=self.port_code,
            track_id=self.track_id,
            device_id=f"{self.track_id}/scanner",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            pass_number=one.number,
            scan_id=scan_id,
            revision=1,
            scan_started_at=taken.leg.at(taken.first_axle - 1),
            scan_ended_at=at,
            first_axle=taken.first_axle,
            last_axle=taken.last_axle,
            machine_decision=ScanDecision.ALARM if alarm else ScanDecision.CLEAR,
            machine_probability=round(random.uniform(*(ALARM_PROBABILITY if alarm else CLEAR_PROBABILITY)), 3),
            operator_decision=ScanDecision.UNKNOWN,
            scan_quality=quality,
            abort_reason=INCOMPLETE if taken.aborted else None,
            loaded_indicator=self._loaded(random, cars, quality),
            shielding_indicator=shielded,
            image_uri=f"rail-images://{scan_id}",
            image_sha256=hashlib.sha256(scan_id.encode()).hexdigest(),
        )
        reported_at = emit(at, scan)
        decision = self._operator(random, contraband, alarm)
        told_at: int | None = None
        if not taken.aborted and draw() >= rates.operator_silent_ratio:
            decided_at = at + int(US * random.uniform(*OPERATOR_SECONDS))
            told_at = emit(decided_at, replace(scan, reading_id=f"{scan_id}-2", revision=2, operator_decision=decision))
        shared = len(cars) > 1
        good = quality is ScanQuality.GOOD or (quality is ScanQuality.DEGRADED and not shared)
        clear = told_at is not None and decision is ScanDecision.CLEAR
        for car in cars:
            car.shielded = car.shielded or shielded
            whole = good and taken.shows_whole(car)
            car.images.append(Image(scan_id, one.number, whole, shared, clear, not alarm, reported_at, told_at))

    def _quality(self, random: Random, taken: Taken) -> ScanQuality:
        roll = random.random()
        if taken.aborted or roll < self._rates.scan_bad_ratio:
            return ScanQuality.BAD
        degraded = roll < self._rates.scan_bad_ratio + self._rates.scan_degraded_ratio
        return ScanQuality.DEGRADED if degraded else ScanQuality.GOOD

    def _loaded(self, random: Random, cars: tuple[CarTruth, ...], quality: ScanQuality) -> bool | None:
        """Whether the software sees a load, if it tells."""
        if quality is ScanQuality.BAD or random.random() < self._rates.loaded_indicator_missing_ratio:
            return None
        loaded = any(car.loaded for car in cars)
        if random.random() >= self._rates.loaded_indicator_wrong_ratio:
            return loaded
        for car in cars:
            car.load_misjudged = True
        return not loaded

    def _operator(self, random: Random, contraband: bool, alarm: bool) -> ScanDecision:
        rates = self._rates
        if contraband:
            ratio = rates.operator_keeps_hit_ratio if alarm else rates.operator_sees_ratio
        else:
            ratio = rates.operator_keeps_false_alarm_ratio if alarm else rates.operator_own_alarm_ratio
        return ScanDecision.ALARM if random.random() < ratio else ScanDecision.CLEAR


def groups_of(random: Random, rates: DeviceRates, cars: list[CarTruth]) -> Iterator[tuple[CarTruth, ...]]:
    """What is imaged together: each car alone, but for pairs of short ones. Crewed locomotives never."""
    at = 0
    while at < len(cars):
        car = cars[at]
        at += 1
        if car.kind is not EquipmentKind.CAR:
            continue
        following = cars[at] if at < len(cars) else None
        if car.short and following is not None and following.short and random.random() < rates.shared_image_ratio:
            at += 1
            yield car, following
        else:
            yield (car,)
