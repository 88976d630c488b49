"""People at the yard: they follow what the platform asks of each car, look into seals by lot, and let trains go.

    coverage of a car that is open ─► tell ─► its inspection, one after another, as long as the train is held
    coverage of a train            ─► tell ─► released soon once it is covered; else when patience is at its end

Told nothing, they inspect nothing but seals and let every train go: then it leaves uncovered.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from producers.simulator.rail.scenario import TrainRates
from producers.simulator.rail.truth import CarTruth, Inspected, TrainTruth
from schemas.records import (
    CarCoverage,
    CarState,
    HandInspection,
    HandInspectionResult,
    OperatingMode,
    TrainCoverage,
    TrainEvent,
    TrainEventKind,
)

US: Final = 1_000_000
MINUTE: Final = 60
# All [assumed]; nobody publishes them.
WALK_SECONDS: Final = (5.0 * MINUTE, 15.0 * MINUTE)  # from the settled train to the first car
INSPECTION_SECONDS: Final = (40.0, 120.0)  # from one car to the next, three teams at work
RELEASE_SECONDS: Final = (2.0 * MINUTE, 10.0 * MINUTE)  # once it is covered
PATIENCE_SECONDS: Final = (1.5 * 60 * MINUTE, 4.0 * 60 * MINUTE)
EARLY_SECONDS: Final = (5.0 * MINUTE, 20.0 * MINUTE)
FOUND_RATIO: Final = 0.95  # of contraband in an inspected car
NOT_COMPLETED_RATIO: Final = 0.02
UNPAINTED_RATIO: Final = 0.01  # number not legible: the car is named by its place
BROKEN_SEAL_LOOKED_AT_RATIO: Final = 0.5  # by lot, high so that it is measured
SEAL_LOOKED_AT_RATIO: Final = 0.01
TRIES_MAX: Final = 2
OFFICERS: Final = 8  # of a port's yard

CLOSED: Final = (CarState.CLEARED, CarState.CLEARED_BY_HAND, CarState.EXEMPT, CarState.WITHDRAWN)
Plan = Callable[[int, Callable[[int], None]], None]
"""Takes a time in microseconds UTC and what happens then, which is told the time."""
Say = Callable[[int, HandInspection | TrainEvent], int]
"""Takes a time and what is said; returns when it reaches the log."""


class Yard:
    """One held train and the people at it."""

    def __init__(
        self, random: Random, rates: TrainRates, train: TrainTruth, plan: Plan, say: Say, speed: float
    ) -> None:
        """`speed`: how many times as fast as real ones they work; a demo lasts minutes."""
        self._random, self._train, self._plan, self._say, self._speed = random, train, plan, say, speed
        self._open: dict[str, CarCoverage] = {}
        self._tries: dict[str, int] = {}
        self._inspections = 0
        self._seals: list[CarTruth] = []
        self._leaving = False
        early = random.random() < rates.released_early_ratio
        plan(self._after(train.settled_at, EARLY_SECONDS if early else PATIENCE_SECONDS), self._release)
        plan(self._after(train.settled_at, WALK_SECONDS), self._walk)

    @property
    def is_gone(self) -> bool:
        """Whether the train has been let go."""
        return self._train.released_at is not None

    def tell(self, said: CarCoverage | TrainCoverage, now_at: int) -> None:
        """What the platform says of a car or of the train."""
        if isinstance(said, CarCoverage):
            if said.state in CLOSED:
                self._open.pop(said.coverage_id, None)
            else:
                self._open[said.coverage_id] = said
            return
        if said.covered and now_at > self._train.settled_at and not self._leaving:
            self._leaving = True
            self._plan(self._after(now_at, RELEASE_SECONDS), self._release)

    def _after(self, at: int, seconds: tuple[float, float]) -> int:
        return at + int(US * self._random.uniform(*seconds) / self._speed)

    def _release(self, at: int) -> None:
        """Let the train go, covered or not."""
        if self.is_gone:
            return
        event = TrainEvent(
            reading_id=f"{self._train.train_id}-released",
            port_code=self._train.port_code,
            track_id=self._train.track_id,
            device_id=f"{self._train.port_code}/yard-terminal",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            kind=TrainEventKind.RELEASED,
            train_id=self._train.train_id,
            officer_id=self._officer(),
        )
        self._train.released_at = self._say(at, event)

    def _walk(self, at: int) -> None:
        """Along the train, to choose whose seals to look at; then from car to car."""
        for car in self._train.on_track():
            broken = "seal_broken" in car.anomalies
            ratio = BROKEN_SEAL_LOOKED_AT_RATIO if broken else SEAL_LOOKED_AT_RATIO if car.seals else 0.0
            if ratio and self._random.random() < ratio:
                self._seals.append(car)
        self._go_on(at)

    def _go_on(self, at: int) -> None:
        """The next open car, and again a while later as long as the train is here."""
        if self.is_gone:
            return
        car, is_unknown = (self._seals.pop(), False) if self._seals else self._next_open()
        if car is not None:
            self._inspect(at, car, is_unknown)
        self._plan(self._after(at, INSPECTION_SECONDS), self._go_on)

    def _next_open(self) -> tuple[CarTruth | None, bool]:
        """The next car that the platform asks for and that can be found, and whether the platform does not know who it
        is; none is tried for ever."""
        for coverage_id, coverage in self._open.items():
            tries, car = self._tries.get(coverage_id, 0), self._car_of(coverage)
            if car is not None and tries < TRIES_MAX:
                self._tries[coverage_id] = tries + 1
                return car, coverage.mark is None
        return None, False

    def _car_of(self, coverage: CarCoverage) -> CarTruth | None:
        """The car that is meant, where it stands; None for one that cannot be found."""
        cars = self._train.on_track()
        if coverage.track_position is not None and coverage.track_position <= len(cars):
            return cars[coverage.track_position - 1]
        for car in cars:
            if (car.mark, car.number) == (coverage.mark, coverage.number):
                return car
        return None

    def _inspect(self, at: int, car: CarTruth, is_unknown: bool) -> None:
        """Open a car and tell what was in it; of one that the platform does not know, also where it stands, since
        nothing else says whose the number is."""
        random, train = self._random, self._train
        self._inspections += 1
        result = HandInspectionResult.CLEARED
        if "contraband" in car.anomalies and random.random() < FOUND_RATIO:
            result = HandInspectionResult.CONTRABAND
        elif random.random() < NOT_COMPLETED_RATIO:
            result = HandInspectionResult.NOT_COMPLETED
        intact = None if not car.seals else "seal_broken" not in car.anomalies
        # Of a train that came tail first people could count from either end, so they name numbers.
        unpainted = not train.tail_first and random.random() < UNPAINTED_RATIO
        placed = unpainted or (is_unknown and not train.tail_first)
        inspection_id = f"{train.train_id}-inspection-{self._inspections}"
        inspection = HandInspection(
            reading_id=f"{inspection_id}-1",
            port_code=train.port_code,
            track_id=train.track_id,
            device_id=f"{train.port_code}/yard-terminal",
            observed_at=at,
            received_at=at,
            operating_mode=OperatingMode.SIMULATED,
            train_id=train.train_id,
            mark=None if unpainted else car.mark,
            number=None if unpainted else car.number,
            place=car.track_position if placed else None,
            inspection_id=inspection_id,
            revision=1,
            officer_id=self._officer(),
            result=result,
            seals_intact=intact,
            seals=car.seals if intact else (),
        )
        car.inspected.append(Inspected(self._say(at, inspection), result, intact, not unpainted, placed))

    def _officer(self) -> str:
        return f"{self._train.port_code}-{self._random.randint(1, OFFICERS):02d}"
