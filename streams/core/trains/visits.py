"""One visit as it stands: the decision of each of its cars, and what they add up to.

    passes' sightings, list, hand inspections ─► Decision by the car's name ─► counts

What was sighted in any pass counts, so a train that comes through again is better covered, never worse.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Final

import msgspec

from schemas.records import CarState, ConsistDiscrepancy, HandInspectionResult
from streams.core.trains.car import Change
from streams.core.trains.cars import Decision, decide_listed, decide_unlisted
from streams.core.trains.identities import shown
from streams.core.trains.passes import PassView, TrainList
from streams.core.trains.sightings import Sighting
from streams.core.trains.state import Consist, Hand, Train

# So many cars in a row without a usable image, all past the scanner: it has failed. By chance, at one image in 20 bad
# [assumed], a train of 110 cars has such a run once in 30,000.
RUN_MIN: Final = 5

CLEAR_STATES: Final = frozenset({CarState.CLEARED, CarState.CLEARED_BY_HAND, CarState.EXEMPT})


class Counts:
    """What a visit's cars add up to."""

    def __init__(self) -> None:
        self.seen = 0
        self.scanned_well = 0
        self.cleared = 0
        self.open = 0
        self.missing = 0
        self.expected = 0
        """Listed, and the train has not passed."""
        self.added = 0
        self.out_of_sequence = 0
        self.blind = 0
        """Past the scanner without a usable image."""

    def add(self, one: Decision, by: int) -> None:
        """Count a car, or with -1 take it out."""
        if one.state is CarState.EXEMPT:
            return
        if one.state is CarState.EXPECTED:
            self.expected += by
        elif one.state is CarState.MISSING:
            self.missing += by
        if one.seen:
            self.seen += by
            self.scanned_well += by * one.scanned_well
            self.cleared += by * (one.state in CLEAR_STATES)
            self.open += by * (one.state is CarState.OPEN)
            self.added += by * (one.discrepancy is ConsistDiscrepancy.ADDED)
            self.out_of_sequence += by * (one.discrepancy is ConsistDiscrepancy.OUT_OF_SEQUENCE)
            self.blind += by * (one.due and not one.usable)


class VisitView:
    """One visit, kept up as its passes change."""

    def __init__(self, visit_id: str, passes: Sequence[PassView], train: Train | None, consist: Consist | None) -> None:
        self.visit_id = visit_id
        self.passes = list(passes)
        self.decisions: dict[str, Decision] = {}
        self.counts = Counts()
        self.train = train
        self.consist = consist
        self._held: dict[str, list[Hand]] = {}
        self.is_overfull = False
        """Whether passes of it are told of elsewhere."""
        self.is_found_elsewhere = False
        """Whether a person found what must not leave at a car that is not known."""
        self.list = None if consist is None else TrainList(consist.listed)
        self._devices = dict(self.list.devices) if self.list is not None else {}
        for one in self.passes:
            one.hold_against(self.list)
        self._unknown = self._told_elsewhere()
        self.refresh(self.names())

    @property
    def has_passed(self) -> bool:
        """Whether the end of the train was seen once, or it was let go."""
        return self.passed_at is not None

    @property
    def passed_at(self) -> int | None:
        """When the last pass began of which the end was seen; 0 if the train was let go without one, None before."""
        is_over = self.train is not None and self.train.released_at > 0
        return max([one.began_at for one in self.passes if one.has_left], default=0 if is_over else None)

    @property
    def is_moving(self) -> bool:
        """Whether a pass of it has not come to its end, and it was not let go."""
        return not all(one.has_left or one.is_backed_out for one in self.passes) and not (
            self.train and self.train.released_at
        )

    @property
    def is_told(self) -> bool:
        """Whether its cars are told of: not before it was seen or let go."""
        return bool(self.passes) or (self.train is not None and self.train.released_at > 0)

    @property
    def is_covered(self) -> bool:
        """Whether every car, listed or seen, is cleared or exempt, and the cars seen make up the whole train."""
        counts = self.counts
        return (
            self.list is not None
            and not self.is_overfull
            and not self.is_found_elsewhere
            and not counts.open
            and not counts.missing
            and not counts.expected
            and self._is_whole()
            and all(one.state in CLEAR_STATES for one in self.decisions.values())
        )

    def _is_whole(self) -> bool:
        """Whether passes that each show a whole train show all that was seen; one that went back shows none."""
        whole = [one for one in self.passes if one.is_whole]
        if len(whole) == len(self.passes):
            return bool(whole)
        shown = {self._unknown.get(name, name) for one in whole for name in one.names}
        return all(one.is_whole or one.is_backed_out for one in self.passes) and all(
            name in shown for name, one in self.decisions.items() if one.seen
        )

    @property
    def is_coverable(self) -> bool:
        """Whether the scanner works, as far as the train shows: no run of cars without a usable image."""
        if self.counts.blind < RUN_MIN:
            return True
        for one in self.passes:
            run = 0
            for name in one.names:
                decision = self.decisions.get(name)
                if decision is None or decision.state is CarState.EXEMPT:
                    continue
                run = run + 1 if decision.due and not decision.usable else 0
                if run >= RUN_MIN:
                    return False
        return True

    def _told_elsewhere(self) -> dict[str, str]:
        """Cars without an identity that are told under their name of another pass, by name."""
        made = unknown_of(self.passes)
        if self.list is None and len(self.passes) > 1:
            # With a list its places say who they are; without one no train is covered, so a wrong guess covers none.
            read = read_in_others(self.passes)
            made = {own: read.get(first, first) for own, first in made.items()}
            made |= {own: name for own, name in read.items() if own not in made}
        return made

    def names(self) -> set[str]:
        """All names that a decision may stand under."""
        names = set(self.decisions)
        if self.list is not None and self.is_told:
            names.update(self.list.names)
            names.update(self._devices)
        for one in self.passes:
            names.update(one.names)
        return names

    def update(self, view: PassView, change: Change) -> list[str]:
        """Take in what changed in a pass; names of cars whose decision says something else, in order."""
        names = view.update(change)
        if len(self.passes) > 1:
            before, self._unknown = self._unknown, self._told_elsewhere()
            for own in before.keys() | self._unknown.keys():
                if own in names or before.get(own) != self._unknown.get(own):
                    names.update([own, before.get(own, own), self._unknown.get(own, own)])
        return self.refresh(names)

    def refresh(self, names: Iterable[str]) -> list[str]:
        """Decide on cars anew; names of those whose decision says something else, in order."""
        before_hands, hands = self._held, self._hands()
        self._held = hands
        moved = [name for name in hands.keys() | before_hands.keys() if hands.get(name) != before_hands.get(name)]
        changed: list[str] = []
        for name in sorted({*names, *moved}):
            made = self._decide(name, hands.get(name, ()))
            before = self.decisions.get(name)
            if before is not None:
                self.counts.add(before, -1)
            if made is None:
                if before is not None:
                    del self.decisions[name]
                    changed.append(name)
                continue
            self.decisions[name] = made
            self.counts.add(made, 1)
            if before is None or before.said != made.said:
                changed.append(name)
        return changed

    def _decide(self, name: str, hands: Sequence[Hand]) -> Decision | None:
        sightings: list[Sighting] = []
        if name in self._unknown:
            return None  # it is told under its name of another pass
        own_names = [name, *[own for own, first in self._unknown.items() if first == name]]
        for one in self.passes:
            sighting = None
            for own in own_names:
                sighting = sighting or one.sightings.get(own)
            if sighting is not None:
                sightings.append(sighting)
        if self.list is not None:
            place = self.list.place_of_name.get(name)
            listed = self.list.aligned[place] if place is not None else self._devices.get(name)
            if listed is not None:
                if not self.is_told:
                    return None
                return decide_listed(listed, listed.identity, sightings, hands, self.passed_at)
        if not sightings:
            return None
        if "@" in name:
            identity = next((hand.identity for hand in hands if hand.identity), "")
        else:
            identity = next(one.identity_of(one.sightings[name].car) for one in self.passes if name in one.sightings)
        made = decide_unlisted(identity, sightings, hands, self.list is not None)
        return made if made.settled else None

    def _hands(self) -> dict[str, list[Hand]]:
        """Hand inspections by the names that they are of. One clears no more than one car; what else a person found is
        held against every car that may be meant."""
        made: dict[str, list[Hand]] = {}
        if self.train is None:
            return made
        self.is_found_elsewhere = False
        for hand in self.train.hands:
            names = self.names_of(hand)
            self.is_found_elsewhere |= not names and speaks_against(hand)
            cleared, *others = names or [""]
            if cleared:
                made.setdefault(cleared, []).append(hand)
            for name in others:
                made.setdefault(name, []).append(without_clearing(hand))
        return made

    def names_of(self, hand: Hand) -> list[str]:
        """Whom a hand inspection is of, first the one that it clears, empty if it clears none: the car with the number,
        or the one at the place if nothing says who that is. A listed car that is only inferred from its place is
        cleared by its number alone, and not if the place that is named too is another car's."""
        own = shown(hand.identity) if hand.identity else ""
        is_listed = self.list is not None and (own in self.list.place_of_name or own in self._devices)
        sighted = [one.sightings[own] for one in self.passes if own in one.sightings]
        at_place, is_inferred = self._at_place_of(hand)
        if not own or not (is_listed or sighted):
            if not at_place:
                return []
            is_meant = "@" in at_place or not (own or is_inferred)
            return [at_place] if is_meant else ["", at_place]
        if at_place in ("", own) or any(one.certain for one in sighted):
            return [own]
        if not sighted:
            return [own, at_place] if "@" in at_place else [own]
        return ["", own, at_place]

    def _at_place_of(self, hand: Hand) -> tuple[str, bool]:
        """The name of the car at the place that an inspection names, empty if it names none or that cannot be known,
        and whether the car is a listed one that is only inferred from its place. A place was counted in the train as it
        came last before."""
        begun = [one for one in self.passes if one.began_at <= hand.observed_at] if hand.place else []
        if begun:
            last = max(begun, key=_begin)
            car = last.at_place(hand.place)
            if car is not None:
                name = last.names[last.cutting.index_of(car)]
                sighting = last.sightings[name]
                return self._unknown.get(name, name), sighting.place >= 0 and not sighting.certain
        return "", False


def without_clearing(hand: Hand) -> Hand:
    """What a hand inspection says against a car."""
    if hand.result is not HandInspectionResult.CLEARED:
        return hand
    return msgspec.structs.replace(hand, result=HandInspectionResult.NOT_COMPLETED)


def speaks_against(hand: Hand) -> bool:
    """Whether a person found something that must not leave."""
    return hand.result is HandInspectionResult.CONTRABAND or hand.seals_intact is False


def _begin(view: PassView) -> tuple[int, str]:
    return view.began_at, view.pass_id


def unknown_of(passes: Sequence[PassView]) -> dict[str, str]:
    """Cars without an identity in later passes of a train, by name, with their names in an earlier one.

    Such a car is the one at the same distance from a car with an identity, before it or behind it.
    """
    made: dict[str, str] = {}
    known: dict[tuple[str, int], str] = {}
    for view in passes if len(passes) > 1 else ():
        names = view.names[::-1] if view.alignment.backwards else view.names
        own: dict[tuple[str, int], str] = {}
        taken: set[str] = set()
        for name, marks in marks_of(names):
            for mark in marks:
                first = known.get(mark, "")
                if first and first not in taken:
                    made[name] = first
                    taken.add(first)
                    break
            for mark in marks:
                own[mark] = made.get(name, name)
        for mark, name in own.items():
            known.setdefault(mark, name)
    return made


def read_in_others(passes: Sequence[PassView]) -> dict[str, str]:
    """Cars without an identity in one pass, by name, with the identity that another pass reads at the same distance
    from the same car; of a train without a list, whose passes show by their cars which way each went."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    first = {name: place for place, name in enumerate(passes[0].names)}
    rows = [list(view.names) if goes_as(view.names, first) else list(view.names)[::-1] for view in passes]
    places = [{name: place for place, name in enumerate(row)} for row in rows]
    for number, row in enumerate(rows):
        for name, marks in marks_of(row):
            for other, (near, distance) in product(range(len(rows)), marks):
                at = places[other].get(near, len(rows[other])) + distance
                read = rows[other][at] if other != number and 0 <= at < len(rows[other]) else "@"
                if "@" not in read and read not in places[number] and read not in taken:
                    made[name] = read
                    taken.add(read)
                    break
    return made


def goes_as(names: Sequence[str], first: Mapping[str, int]) -> bool:
    """Whether a pass shows cars in the order of the first pass, and not backwards."""
    places = [first[name] for name in names if name in first and "@" not in name]
    return 2 * sum(one < two for one, two in pairwise(places)) >= len(places) - 1


def marks_of(names: Sequence[str]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Cars without an identity, each with the nearest cars that have one, and how far behind (or before, negative)."""
    made: list[tuple[str, list[tuple[str, int]]]] = []
    for place, name in enumerate(names):
        if "@" not in name:
            continue
        marks: list[tuple[str, int]] = []
        for step in (-1, 1):
            at = place + step
            while 0 <= at < len(names) and "@" in names[at]:
                at += step
            if 0 <= at < len(names):
                marks.append((names[at], place - at))
        made.append((name, marks))
    return made
