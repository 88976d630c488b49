"""The smugglers of a world: as many loaded crossings as its base rate says, by vehicles whose habits are ordinary.

First-timers, bulk and ammunition come as visitors do, once or twice; ants as commuters and shoppers do.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from producers.simulator.actors import Actor
from producers.simulator.duty import OFFICER_BLOCK_SECONDS, Duty
from producers.simulator.effort import Effort
from producers.simulator.evaluation_world import US, World
from producers.simulator.itineraries import DAY, SECOND_VISIT_RATIO, Calendar, commute, now_and_then, shop, visit
from producers.simulator.loads import Contraband
from producers.simulator.population import (
    VISITORS_OF_SEVERAL_PORTS,
    Member,
    Traveller,
    Trip,
    member_of,
    members_of,
    ordinary,
    other_ports,
    residents,
    trips_of,
)
from producers.simulator.smuggling import (
    MODE_SHARES,
    SCOUT_LEAD_SECONDS,
    draw_contraband,
    draw_full_load,
    loaded_shares,
)
from producers.simulator.vehicles import Vehicle
from schemas.layout import load_ports
from schemas.records import LaneMode

ANT_COMMUTER_RATIO: Final = 0.2  # the other ants come as shoppers do
# A load is as likely on any visitor's crossing, and who comes twice has two of them: otherwise a plate seen for the
# second time would be less of a smuggler's than chance.
LOADED_SECOND_RATIO: Final = 2 * SECOND_VISIT_RATIO / (1 + SECOND_VISIT_RATIO)
CONVOYS_PER_DAY: Final = (1 / 20, 1 / 5)
INSIDER_PER_DAY: Final = (1 / 14, 1 / 4)
CORRUPT_RATIO: Final = 0.0025  # of officers (CBP pub. 3285-0723); at least one in a world
FRIENDS_PER_OFFICER: Final = 3
# Of ants, bulk and ammunition [assumed]: the plate of an ordinary vehicle that goes on crossing itself, or one that
# was made for another class of vehicle. A first-timer drives an everyday car with its own plate.
CLONED_RATIO: Final = 0.03
SWAPPED_RATIO: Final = 0.02


class Smugglers:
    """Makes the smuggling vehicles of one world."""

    def __init__(self, world: World, seed: int, effort: Effort) -> None:
        self._world, self._seed, self._effort = world, seed, effort
        self.owners: set[str] = set()  # identities of the households of which a plate was cloned, after `all`
        self._residents = residents(world)
        self._duties = {code: Duty(seed, load_ports()[code]) for code in world.ports}
        officers = [
            (code, name)
            for code, duty in self._duties.items()
            if world.daily(code, LaneMode.PASSENGER)
            for name in duty.officers()
        ]
        count = max(1, round(CORRUPT_RATIO * len(officers)))
        self._corrupt = Random(f"{seed} corrupt").sample(officers, count)

    def all(self) -> Iterator[Traveller]:
        """Every smuggling vehicle with its crossings, until there are as many loads as the base rate says."""
        makers: dict[Actor, Callable[[Random, Actor, str], list[Traveller]]] = {
            Actor.CONVOY_LOAD: self._convoy,
            Actor.INSIDER: self._insider,
        }
        world = self._world
        shares = loaded_shares(world.ant_share, world.load_mean_guns)
        for actor, share in shares.items():
            random = Random(f"{self._seed} smugglers {actor}")
            # Rounded at random, so that short windows have their share on average.
            left = int(world.passages * world.smuggling_ratio * share + random.random())
            number = 0
            while left > 0:
                number += 1
                for traveller in makers.get(actor, self._alone)(random, actor, f"{actor.lower()} {number}"):
                    trips = []
                    for trip in traveller.trips:
                        kept = trip if trip.contraband is None or left > 0 else trip._replace(contraband=None)
                        left -= kept.contraband is not None
                        trips.append(kept)
                    if trips:
                        yield Traveller(traveller.member, trips)

    def _alone(self, random: Random, actor: Actor, identity: str) -> list[Traveller]:
        """One vehicle: a first-timer, an ant, bulk or ammunition."""
        world = self._world
        mode = self._mode(random, actor)
        home = self._home(random, mode)
        calendar = Calendar(world.local_days(home), world.weekday(home))
        ant = actor is Actor.ANT
        if ant:
            times = (commute if random.random() < ANT_COMMUTER_RATIO else shop)(random, calendar)
        else:
            times = visit(random, calendar, mode, LOADED_SECOND_RATIO)
        several = world.ant_several_ports_ratio if ant else VISITORS_OF_SEVERAL_PORTS
        ports = other_ports(world, home, mode) if random.random() < several else ()
        member = self._disguised(random, member_of(self._seed, identity, actor, mode, home, 1))
        trips = trips_of(world, random, member, times, ports)
        if ant:
            loads = [draw_contraband(random, actor, world.load_mean_guns, world.ant_loaded_ratio) for _ in trips]
            return [Traveller(member, self._load(random, trips, loads))]
        loaded = random.randrange(len(trips)) if trips else 0
        only = draw_full_load(random, actor, world.load_mean_guns)
        return [
            Traveller(member, self._load(random, trips, [only if i == loaded else None for i in range(len(trips))]))
        ]

    def _convoy(self, random: Random, actor: Actor, identity: str) -> list[Traveller]:
        """A scout, and a load that follows it in minutes, across ports."""
        world, mode = self._world, LaneMode.PASSENGER
        home = self._home(random, mode)
        calendar = Calendar(world.local_days(home), world.weekday(home))
        times = now_and_then(random, calendar, *CONVOYS_PER_DAY, mode)
        load = member_of(self._seed, f"{identity} load", actor, mode, home, 1)
        scout = member_of(self._seed, f"{identity} scout", Actor.CONVOY_SCOUT, mode, home, 1)
        load, scout = replace(load, companion=scout.identity), replace(scout, companion=load.identity)
        trips = trips_of(world, random, load, times, other_ports(world, home, mode))
        loads = [draw_contraband(random, actor, world.load_mean_guns) for _ in trips]
        following = self._load(random, trips, loads)
        ahead = [
            Trip(trip.at - random.uniform(*SCOUT_LEAD_SECONDS), scout, trip.port_code, random.random())
            for trip in following
        ]
        return [Traveller(scout, [trip for trip in ahead if trip.at >= 0.0]), Traveller(load, following)]

    def _insider(self, random: Random, actor: Actor, identity: str) -> list[Traveller]:
        """A vehicle that crosses only where and when its officer stands in a passenger lane."""
        world, mode = self._world, LaneMode.PASSENGER
        home, officer = random.choice(self._corrupt)
        calendar = Calendar(world.local_days(home), world.weekday(home))
        member = member_of(self._seed, identity, actor, mode, home, 1)
        trips = []
        for time in now_and_then(random, calendar, *INSIDER_PER_DAY, mode):
            at = world.midnight(home) + int(time // DAY) * DAY + 8 * 3600 + random.random() * OFFICER_BLOCK_SECONDS
            for _ in range(12 * 3600 // OFFICER_BLOCK_SECONDS):  # from 8 to 20 h
                lane_id = self._duties[home].lane_of(officer, world.start_at / US + at)
                if lane_id in self._cars(home) and 0.0 <= at < world.seconds:
                    load = draw_contraband(random, actor, world.load_mean_guns)
                    trips.append(Trip(at, member, home, 0.0, load, lane_id))
                    break
                at += OFFICER_BLOCK_SECONDS
        return [Traveller(member, sorted(trips, key=lambda trip: trip.at))]

    def _load(self, random: Random, trips: list[Trip], loads: list[Contraband | None]) -> list[Trip]:
        """The trips with their loads; a loaded one may avoid a port where much is inspected now."""
        world, loaded = self._world, []
        for trip, load in zip(trips, loads, strict=True):
            code = trip.port_code
            if load is not None and self._effort.surges(code, trip.at) and random.random() < world.deterrence:
                calm = [
                    other
                    for other in other_ports(world, code, trip.member.mode)
                    if not self._effort.surges(other, trip.at)
                ]
                code = random.choice(calm) if calm else code
            loaded.append(trip._replace(port_code=code, contraband=load))
        return loaded

    def _disguised(self, random: Random, member: Member) -> Member:
        """Some drive with a plate that is not the car's."""
        kind = random.random()
        if member.actor is Actor.FIRST_TIMER or kind > CLONED_RATIO + SWAPPED_RATIO:
            return member
        if kind < CLONED_RATIO:
            return replace(member, vehicle=with_plate_of(member.vehicle, self._owner_of_clone(member.identity)))
        other = LaneMode.TRUCK if member.mode is not LaneMode.TRUCK else LaneMode.PASSENGER
        donor = member_of(self._seed, f"{member.identity} plate", member.actor, other, member.home, 1)
        return replace(member, vehicle=with_plate_of(member.vehicle, donor.vehicle))

    def _owner_of_clone(self, identity: str) -> Vehicle:
        """One of all the ordinary vehicles that cross, kept or not: a world that is thinned has no more clones of the
        few that are left, and the same smuggler clones the same plate in it."""
        random, counts = Random(f"{self._seed} clone {identity}"), [one.households for one in self._residents]
        while True:
            of_habit = random.choices(self._residents, counts)[0]
            household = of_habit.household(random.randrange(of_habit.households))
            crossing = members_of(self._world, self._seed, household, 1)
            if crossing:
                self.owners.add(household.identity)
                return random.choice(crossing).member.vehicle

    def _mode(self, random: Random, actor: Actor) -> LaneMode:
        shares = MODE_SHARES.get(actor)
        if shares is None:
            return LaneMode.PASSENGER
        mode = random.choices(tuple(shares), tuple(shares.values()))[0]
        return mode if any(self._world.daily(code, mode) for code in self._world.ports) else LaneMode.PASSENGER

    def _home(self, random: Random, mode: LaneMode) -> str:
        return random.choices(self._world.ports, [self._world.daily(code, mode) for code in self._world.ports])[0]

    def _cars(self, code: str) -> frozenset[str | None]:
        return frozenset(lane.lane_id for lane in load_ports()[code].lanes if lane.mode is LaneMode.PASSENGER)


def with_plate_of(vehicle: Vehicle, donor: Vehicle) -> Vehicle:
    """The vehicle with another's plate."""
    return replace(vehicle, plate=donor.plate, jurisdiction=donor.jurisdiction, plate_style=donor.plate_style)


def travellers(world: World, seed: int) -> Iterator[Traveller]:
    """Every kept vehicle of a world with all its southbound trips: the ordinary ones first, then the smugglers."""
    smugglers = Smugglers(world, seed, Effort(world, seed))
    smuggling = list(smugglers.all())
    yield from ordinary(world, seed, frozenset(smugglers.owners))
    yield from smuggling
