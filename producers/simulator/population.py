"""The ordinary vehicles of a world and when they cross: who is kept is kept with all its crossings.

A household is kept or not as a whole. Those whose plate a smuggler has cloned are kept for certain, and stand for
themselves alone; all others are one in so many and stand for so many. So every kind of vehicle has the weight of its
number, owners of cloned plates as well.

Shares are of a mode's southbound crossings and [assumed]: no source counts plates. Of the vehicles present in the
lanes more than a third come as often as ants do, which is what makes repetition weak evidence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from random import Random
from typing import Final, NamedTuple

from producers.simulator.actors import Actor
from producers.simulator.evaluation_world import World
from producers.simulator.itineraries import (
    ATTENDANCE,
    LINE_DAYS_RATIO,
    SECOND_VISIT_RATIO,
    SHOPPING_PER_DAY,
    Calendar,
    commute,
    mean_rate,
    now_and_then,
    school_run,
    shift,
    shop,
    visit,
)
from producers.simulator.loads import Contraband
from producers.simulator.vehicles import Vehicle, make_vehicle
from schemas.layout import load_ports
from schemas.records import LaneMode

Itinerary = Callable[[Random, Calendar], list[float]]
HAUL_PER_DAY: Final = (1 / 40, 1 / 5)
LINE_TRIPS: Final = (1, 2)
TAXI_TRIPS: Final = (3, 4)
DRAYAGE_TRIPS: Final = (2, 6)
WEEK_RATIO: Final = 5 / 7
COMPANION_RATIO: Final = 0.8  # of the crossings of a pair that travels together, those made together
COMPANION_GAP_SECONDS: Final = (5.0, 240.0)
OTHER_PORT_RATIO: Final = 0.3  # of the crossings of one who uses several ports
VISITORS_OF_SEVERAL_PORTS: Final = 0.3
LANE_HABIT_RATIO: Final = 0.5  # of the crossings that are in the driver's usual lane


@dataclass(frozen=True, slots=True)
class Member:
    """One vehicle of a world. `weight`: how many such vehicles it stands for."""

    identity: str
    actor: Actor
    mode: LaneMode
    vehicle: Vehicle
    home: str  # port code
    weight: int
    companion: str | None = None  # identity of the vehicle that it travels with


class Trip(NamedTuple):
    """One crossing to come: seconds since the start of the window, and where. `lane` 0 to 1 picks an open lane."""

    at: float
    member: Member
    port_code: str
    lane: float
    contraband: Contraband | None = None
    lane_id: str | None = None  # of an insider's friend
    northbound: bool = False


class Traveller(NamedTuple):
    """A vehicle with all its crossings in the window, in order of time."""

    member: Member
    trips: list[Trip]


@dataclass(frozen=True)
class Habit:
    """A kind of ordinary vehicle: its share of a mode's crossings, its law of time and what that gives a vehicle."""

    actor: Actor
    mode: LaneMode
    share: float
    itinerary: Itinerary
    per_day: float = 0.0  # crossings of one vehicle
    per_window: float = 0.0  # the same in the whole window, of those who come once or twice
    companions: float = 0.0  # share of vehicles with a companion: family, colleagues, trucks of a firm
    several_ports: float = 0.0

    def crossings(self, days: int) -> float:
        """Expected crossings of one vehicle and its companion in so many days."""
        return (self.per_day * days + self.per_window) * (1 + self.companions * COMPANION_RATIO)


def _shifts(low_high: tuple[int, int], mode: LaneMode) -> tuple[Itinerary, float]:
    low, high = low_high
    return lambda random, calendar: shift(random, calendar, low, high, mode), LINE_DAYS_RATIO * (low + high) / 2


CAR, BUS, TRUCK = LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK
WORKED: Final = WEEK_RATIO * ATTENDANCE
HABITS: Final = (
    Habit(Actor.COMMUTER, CAR, 0.26, commute, WORKED, companions=0.10, several_ports=0.05),
    Habit(Actor.COMMUTER, CAR, 0.09, lambda r, c: commute(r, c, 2), 2 * WORKED, several_ports=0.05),
    Habit(Actor.TAXI, CAR, 0.05, *_shifts(TAXI_TRIPS, CAR), several_ports=0.1),
    Habit(Actor.SCHOOL_RUN, CAR, 0.05, school_run, 2 * WORKED),
    Habit(Actor.SHOPPER, CAR, 0.35, shop, mean_rate(*SHOPPING_PER_DAY), companions=0.03, several_ports=0.2),
    Habit(
        Actor.VISITOR, CAR, 0.20, visit, per_window=1 + SECOND_VISIT_RATIO, companions=0.03,
        several_ports=VISITORS_OF_SEVERAL_PORTS,
    ),
    Habit(Actor.BUS, BUS, 0.7, *_shifts(LINE_TRIPS, BUS)),
    Habit(
        Actor.BUS, BUS, 0.3, lambda r, c: visit(r, c, BUS), per_window=1 + SECOND_VISIT_RATIO,
        several_ports=VISITORS_OF_SEVERAL_PORTS,
    ),
    Habit(Actor.FREIGHT, TRUCK, 0.7, *_shifts(DRAYAGE_TRIPS, TRUCK), companions=0.05, several_ports=0.1),
    Habit(
        Actor.LONG_HAUL, TRUCK, 0.3, lambda r, c: now_and_then(r, c, *HAUL_PER_DAY, TRUCK), mean_rate(*HAUL_PER_DAY),
        several_ports=0.4,
    ),
)  # fmt: skip


class Household(NamedTuple):
    """A vehicle near a port with a habit, and the one that it keeps crossing with if there is one."""

    home: str
    habit: Habit
    identity: str


@dataclass(frozen=True)
class Residents:
    """All households near a port with one habit, kept or not."""

    home: str
    habit: Habit
    name: str
    households: int

    def household(self, number: int) -> Household:
        """One of them."""
        return Household(self.home, self.habit, f"{self.name} {number}")


def residents(world: World) -> list[Residents]:
    """The households of a world, by port and habit."""
    found = []
    for code in world.ports:
        days = world.local_days(code)
        for number, habit in enumerate(HABITS):
            daily = world.daily(code, habit.mode) * habit.share
            count = round(daily * days / habit.crossings(days))
            found.append(Residents(code, habit, f"{code} {habit.actor.lower()} {number}", count))
    return found


def ordinary(world: World, seed: int, certain: frozenset[str] = frozenset()) -> Iterator[Traveller]:
    """The kept ordinary vehicles that cross in the window, companions one after the other.

    `certain` are identities of households that are kept whatever the draw.
    """
    for of_habit in residents(world):
        for number in range(of_habit.households):
            household = of_habit.household(number)
            if household.identity in certain:
                yield from members_of(world, seed, household, 1)
            elif _is_kept(household.identity, world.keep_one_in, seed):
                yield from members_of(world, seed, household, world.keep_one_in)


def _is_kept(identity: str, one_in: int, seed: int) -> bool:
    """Whether a household is one in so many, by its hash, so that it is kept whatever else changes."""
    return one_in == 1 or hash_of(f"{seed} kept {identity}") % one_in == 0


def hash_of(text: str) -> int:
    """A number that looks random and is the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def members_of(world: World, seed: int, household: Household, weight: int) -> list[Traveller]:
    """The vehicles of a household that cross in the window."""
    home, habit, identity = household
    random = Random(f"{seed} habits {identity}")
    calendar = Calendar(world.local_days(home), world.weekday(home))
    times = habit.itinerary(random, calendar)
    ports = other_ports(world, home, habit.mode) if random.random() < habit.several_ports else ()
    head = member_of(seed, identity, habit.actor, habit.mode, home, weight)
    accompanied = random.random() < habit.companions
    if accompanied:
        head = replace(head, companion=f"{identity} companion")
    trips = trips_of(world, random, head, times, ports)
    members = [Traveller(head, trips)]
    if accompanied:
        second = member_of(seed, f"{identity} companion", habit.actor, habit.mode, home, weight)
        second = replace(second, companion=identity)
        members.append(Traveller(second, accompany(world, random, second, trips)))
    return [member for member in members if member.trips]


def accompany(world: World, random: Random, member: Member, trips: list[Trip]) -> list[Trip]:
    """Most of another's trips, seconds to minutes behind it, in whatever lane."""
    together = [
        Trip(trip.at + random.uniform(*COMPANION_GAP_SECONDS), member, trip.port_code, random.random())
        for trip in trips
        if random.random() < COMPANION_RATIO
    ]
    return [trip for trip in together if trip.at < world.seconds]


def member_of(seed: int, identity: str, actor: Actor, mode: LaneMode, home: str, weight: int) -> Member:
    """A vehicle that lives near a port."""
    vehicle = make_vehicle(seed, identity, mode, load_ports()[home].state)
    return Member(identity, actor, mode, vehicle, home, weight)


def other_ports(world: World, home: str, mode: LaneMode) -> tuple[str, ...]:
    """The other ports of the world that have lanes for this mode."""
    return tuple([code for code in world.ports if code != home and world.daily(code, mode) > 0])


def trips_of(world: World, random: Random, member: Member, times: list[float], ports: tuple[str, ...]) -> list[Trip]:
    """Trips at these local times, mostly through the home port and the usual lane."""
    midnight, usual = world.midnight(member.home), random.random()
    trips = []
    for time in times:
        at = midnight + time
        code = random.choice(ports) if ports and random.random() < OTHER_PORT_RATIO else member.home
        lane = usual if random.random() < LANE_HABIT_RATIO else random.random()
        if 0.0 <= at < world.seconds:
            trips.append(Trip(at, member, code, lane))
    return trips
