"""The world of rail: ports with their trains, merged by the time at which readings reach the log.

    arrivals ─► train and list ─► passes through a portal ─► gateway ─► a heap by time ─► readings, truth aside
                                        what the platform says ─► tell ─► people at the yard ─┘

A port is drawn from its own seed and a train from its own, so a port alone is the same as among others.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from operator import itemgetter
from random import Random
from typing import Final, NamedTuple

from producers.simulator.rail.gateway import Gateway
from producers.simulator.rail.officers import Yard
from producers.simulator.rail.portal import Portal, plan_pass
from producers.simulator.rail.railroad import Railroad
from producers.simulator.rail.scanner import Scanner
from producers.simulator.rail.scenario import RAIL_2023, RailScenario
from producers.simulator.rail.trains import make_train
from producers.simulator.rail.truth import RailItem, RailReading, TrainTruth, visit_of
from schemas.records import CarCoverage, EquipmentKind, TrainCoverage, TrainEventKind

US: Final = 1_000_000
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
DEFAULT_START_AT: Final = 1_696_280_400_000_000  # 2023-10-02T21:00Z, as that of the lanes
HEADWAY_SECONDS: Final = (5.0 * MINUTE, 15.0 * MINUTE)  # between two trains on a track [assumed]
AGAIN_SECONDS: Final = (10.0 * MINUTE, 30.0 * MINUTE)  # to pull a train back for a second pass [assumed]
AGAIN_CARS_MIN: Final = 10
# The first pass of a run is numbered by the time of its start, so that no two runs share a pass.
PASS_NUMBER_SECONDS: Final = 600


# A car's tags, weight and image with its decision, as simulated.
READINGS_PER_CAR: Final = 5.2
BUSY_RATIO: Final = 0.6  # of a track's time in use; beyond it trains queue
PASS_SECONDS: Final = 22.0 * MINUTE  # a train of 108 cars at 4.5 mph, and the headway


class Pace(NamedTuple):
    """How to give some readings a second: so many times the traffic there was, so many simulated seconds a second."""

    busier: float
    speed: float


def pace_for(rate: float, ports: Sequence[str] | None = None, scenario: RailScenario = RAIL_2023) -> Pace:
    """More trains first; when the tracks are in use as far as they can be, time runs faster."""
    traffic = [scenario.traffic[code] for code in ports or scenario.traffic]
    natural = sum(one.trains_a_day * one.cars_a_train for one in traffic) * READINGS_PER_CAR / DAY
    busier_max = min(BUSY_RATIO * DAY * one.tracks / PASS_SECONDS / one.trains_a_day for one in traffic)
    busier = min(max(rate / natural, 1.0), busier_max)
    return Pace(busier, max(1.0, rate / (natural * busier)))


class RailWorld:
    """Some ports of a scenario for some time. Iterate over it for the readings in the order of the log, and `tell` it
    after each what the platform says: people act on that. One seed and one platform give one world."""

    def __init__(
        self,
        seed: int = 1,
        start_at: int = DEFAULT_START_AT,
        seconds: float = DAY,
        ports: Sequence[str] | None = None,
        scenario: RailScenario = RAIL_2023,
        busier: float = 1.0,
        people_speed: float = 1.0,
    ) -> None:
        """`start_at` microseconds UTC; trains arrive during `seconds`, `busier` times as many as there were.

        `people_speed`: how many times as fast as real ones the people at the yard work.

        Raises ValueError for a port without rail.
        """
        codes = sorted(ports or scenario.traffic)
        for code in codes:
            if code not in scenario.traffic:
                raise ValueError(f"port {code} has no rail portal; there are {', '.join(scenario.traffic)}")
        self._ports = {
            code: PortOfRail(scenario, seed, code, start_at, seconds, busier, people_speed) for code in codes
        }

    def __iter__(self) -> Iterator[RailItem]:
        return heapq.merge(*(port.items() for port in self._ports.values()), key=itemgetter(0))

    def tell(self, said: CarCoverage | TrainCoverage) -> None:
        """What the platform says in consequence of the last reading."""
        port = self._ports.get(said.port_code)
        if port is not None:
            port.tell(said)


class PortOfRail:
    """One port: its tracks, its trains, what is still to come."""

    def __init__(
        self,
        scenario: RailScenario,
        seed: int,
        code: str,
        start_at: int,
        seconds: float,
        busier: float,
        people_speed: float,
    ) -> None:
        self._people_speed = people_speed
        self._scenario, self._seed, self._code = scenario, seed, code
        self._start_at, self._end_at = start_at, start_at + int(seconds * US)
        self._random = Random(f"{seed} rail {code}")
        self._mean_headway = DAY / (scenario.traffic[code].trains_a_day * busier)
        self._gateway = Gateway(f"{seed} rail {code}", scenario.delivery)
        self._railroad = Railroad(code, start_at)
        tracks = [f"{code}/R{number}" for number in range(1, scenario.traffic[code].tracks + 1)]
        self._free_at = dict.fromkeys(tracks, start_at)
        self._pass_numbers = {track: count(start_at // US // PASS_NUMBER_SECONDS + 1) for track in tracks}
        self._order = count()
        self._heap: list[tuple[int, int, RailItem | Callable[[int], None]]] = []
        self._held: dict[str, Yard] = {}  # by train
        self._train_of_visit: dict[str, str] = {}
        self._now_at = start_at

    def items(self) -> Iterator[RailItem]:
        """Readings in the order of the log."""
        number, next_at = 0, self._next_arrival(self._start_at)
        while True:
            # A train's first word, its list, comes hours before it: by then it must have been made.
            while next_at < self._end_at and (
                not self._heap or self._heap[0][0] >= next_at - Railroad.AHEAD_SECONDS_MAX * US
            ):
                number += 1
                self._make(number, next_at)
                next_at = self._next_arrival(next_at)
            if not self._heap:
                return
            self._now_at, _, due = heapq.heappop(self._heap)
            if isinstance(due, RailItem):
                yield due
            else:
                due(self._now_at)

    def tell(self, said: CarCoverage | TrainCoverage) -> None:
        """Pass on what the platform says to the people at the train."""
        # By the train if the platform knows it: a visit's id may be that of a pass it was first taken for.
        yard = self._held.get(said.train_id or self._train_of_visit.get(visit_of(said.visit_id), ""))
        if yard is not None:
            yard.tell(said, self._now_at)

    def _next_arrival(self, at: int) -> int:
        return at + int(US * self._random.expovariate(1.0 / self._mean_headway))

    def _push(self, at: int, due: RailItem | Callable[[int], None]) -> None:
        heapq.heappush(self._heap, (at, next(self._order), due))

    def _emitter(self, random: Random, train: TrainTruth) -> Callable[[int, RailReading], int]:
        """What takes a train's readings to the log; returns when they get there."""

        def deliver(at: int, reading: RailReading, repeated: bool) -> None:
            self._push(at, RailItem(at, reading, train, repeated))

        def emit(at: int, reading: RailReading) -> int:
            return self._gateway.pass_on(random, at, reading, deliver)

        return emit

    def _make(self, number: int, arrives_at: int) -> None:
        """Make a train with all that devices and its railroad will say of it."""
        random = Random(f"{self._seed} rail {self._code} train {number}")
        rates = self._scenario.trains
        run = self._start_at // US // PASS_NUMBER_SECONDS
        train = make_train(random, self._scenario, self._code, run, number, arrives_at)
        train.track_id = min(self._free_at, key=lambda track: self._free_at[track])
        train.entered_at = max(arrives_at, self._free_at[train.track_id])
        emit = self._emitter(random, train)
        settled_at = self._pass(random, train, train.entered_at, emit)
        unscanned = sum(not car.images for car in train.on_track() if car.kind is EquipmentKind.CAR)
        again = rates.again_after_outage_ratio if unscanned >= AGAIN_CARS_MIN else rates.again_ratio
        if random.random() < again:
            at = train.left_at + int(US * random.uniform(*AGAIN_SECONDS))
            settled_at = max(settled_at, self._pass(random, train, at, emit))
        train.settled_at = max(settled_at, self._railroad.announce(random, rates, train, emit))
        self._free_at[train.track_id] = train.left_at + int(US * random.uniform(*HEADWAY_SECONDS))
        self._railroad.correct_after(random, rates, train, emit)
        self._held = {train_id: yard for train_id, yard in self._held.items() if not yard.is_gone}
        self._train_of_visit = {
            visit_id: train_id for visit_id, train_id in self._train_of_visit.items() if train_id in self._held
        }
        self._train_of_visit[train.visit_id] = train.train_id
        self._held[train.train_id] = Yard(random, rates, train, self._push, emit, self._people_speed)

    def _pass(self, random: Random, train: TrainTruth, at: int, emit: Callable[[int, RailReading], int]) -> int:
        """One pass through the portal; returns when the last of it reaches the log."""
        devices, track_id = self._scenario.devices, train.track_id
        number = next(self._pass_numbers[track_id])
        train.pass_numbers.append(number)
        one = plan_pass(random, devices, train, number, at, self._scenario.trains.backs_up_ratio)
        last = 0

        def noted(at: int, reading: RailReading) -> int:
            nonlocal last
            told_at = emit(at, reading)
            last = max(last, told_at)
            return told_at

        portal, scanner = Portal(self._code, track_id, devices), Scanner(self._code, track_id, devices)
        cars = train.on_track()
        noted(at, portal.controller_event(TrainEventKind.PORTAL_ENTERED, one, at, None))
        for leg_number in range(len(one.legs)):
            for car in train.equipment:
                portal.tags(random, one, leg_number, car, noted, cars[-1].last_axle if not train.tail_first else 0)
        portal.weighings(random, one, cars, noted)
        scanner.scan(random, one, cars, noted)
        train.left_at = one.ends_at
        train.passed_at = train.passed_at or train.left_at
        noted(train.left_at, portal.controller_event(TrainEventKind.PORTAL_LEFT, one, one.ends_at, cars[-1].last_axle))
        return last
