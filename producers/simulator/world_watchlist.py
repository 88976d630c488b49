"""The watchlist of a world: few smugglers, more of those wanted for something else, and most who never cross."""

from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Final

from producers.simulator.actors import SMUGGLERS
from producers.simulator.evaluation_world import World
from producers.simulator.plates import FACING_STATES, issue_plate
from producers.simulator.smugglers import travellers
from producers.simulator.truth import list_entry
from producers.simulator.vehicles import MEXICAN_PLATE_RATIO
from schemas.layout import load_ports
from schemas.records import ListKind, WatchlistEntry

ENTRIES: Final = 10_000
# Share of smuggling vehicles on each kind: together 11 %, under the 15 % that are the most anyone hopes for [assumed].
SMUGGLERS_LISTED: Final = {
    ListKind.STRAW_PURCHASER_LINKED: 0.035,
    ListKind.TRACE_LINKED: 0.03,
    ListKind.INTELLIGENCE: 0.025,
    ListKind.WANTED: 0.01,
    ListKind.STOLEN: 0.01,
}
# Share of ordinary vehicles: 0.2 % of all that are seen, mostly stolen or wanted; links and tips are wrong too.
ORDINARY_LISTED: Final = {
    ListKind.STOLEN: 0.0008,
    ListKind.WANTED: 0.0004,
    ListKind.INTELLIGENCE: 0.0004,
    ListKind.STRAW_PURCHASER_LINKED: 0.0002,
    ListKind.TRACE_LINKED: 0.0002,
}


def world_watchlist(world: World, seed: int) -> list[WatchlistEntry]:
    """About 10,000 entries: the listed vehicles of the world, filled up with plates that cross nowhere in it."""
    entries: dict[tuple[str, str], WatchlistEntry] = {}
    for plate, jurisdiction, kind in chain(_listed(world, seed), _absent(world, seed)):
        if len(entries) == ENTRIES:
            break
        entries.setdefault((plate, jurisdiction), list_entry(len(entries) + 1, plate, jurisdiction, kind))
    return list(entries.values())


def _listed(world: World, seed: int) -> Iterator[tuple[str, str, ListKind]]:
    for traveller in travellers(world, seed):
        member = traveller.member
        shares = SMUGGLERS_LISTED if member.actor in SMUGGLERS else ORDINARY_LISTED
        draw = Random(f"{seed} listed {member.identity}").random()
        for kind, share in shares.items():
            draw -= share
            if draw < 0.0:
                yield member.vehicle.plate, member.vehicle.jurisdiction, kind
                break


def _absent(world: World, seed: int) -> Iterator[tuple[str, str, ListKind]]:
    """Plates of vehicles that do not come, or of which the thinned world keeps none."""
    random = Random(f"{seed} absent")
    states = [load_ports()[code].state for code in world.ports]
    kinds, shares = tuple(ORDINARY_LISTED), tuple(ORDINARY_LISTED.values())
    while True:
        state = random.choice(states)
        jurisdiction = random.choice(FACING_STATES[state]) if random.random() < MEXICAN_PLATE_RATIO else state
        yield issue_plate(random, jurisdiction, truck=False), jurisdiction, random.choices(kinds, shares)[0]
