"""Cuts a pass into cars by its axles, and gives each car its tags, weighings and scans.

    weighings  ─► ranges of axles that the scale took for one car; where two overlap the more frequent one, and neither
                  is sure; one that tags and images part into several cars is no car, but a gap
    gaps       ─► tags of one identity, with the axles that the tag says, one car after the other; scans say where one
                  begins if tags leave it open; what is left holds cars without tags: one per scan, else every
                  four axles one [assumed: four of five North American cars have four]
    each car   ─► its tags: those strongest while its own axles passed; one at the edge, a wheel early or late, goes to
                  the neighbour that it fits; its scans: those that show any of its axles

A car of three axles or more that was weighed, and whose weighing overlaps no other, is firm: what lies before it and
behind it is cut without regard to each other. So a reading cuts anew only from the firm car before it to the firm car
behind it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from schemas.records import EquipmentKind
from streams.core.trains.car import ROLLING, SIDES, Car, Change
from streams.core.trains.identities import is_near
from streams.core.trains.state import Scanned, Tag, Weighed

# Axles of a car whose tags and weighing are missing [assumed].
USUAL_AXLES: Final = 4
# Axles of a weighed car in which a tag beside it is looked for. A shorter one is not firm: what is cut before it would
# depend on what lies behind it.
BESIDE_AXLES: Final = 3
# Longest image: several short cars, or an articulated one. Bounds the search for images that show a car.
SCAN_AXLES_MAX: Final = 64


class Cutting:
    """The cars of one pass, kept up as readings come; any order of the same readings makes the same cars."""

    def __init__(self) -> None:
        self.cars: list[Car] = []
        self.end = -1
        """Axles of the whole train, once it has left; -1 before, 0 if it went back as it came."""
        self.tags: dict[int, list[Tag]] = {}
        self.weighings: dict[int, list[Weighed]] = {}
        self.scans: dict[int, list[Scanned]] = {}
        self.top = 0
        """The last axle that any reading knows of."""
        self._scan_axles = 1

    def read(self, tags: Iterable[Tag], weighings: Iterable[Weighed], scans: Iterable[Scanned], end: int) -> None:
        """Take in what is stored of a pass, and cut it whole."""
        for tag in tags:
            self._keep_tag(tag)
        for weighed in weighings:
            self._keep_weighed(weighed)
        for scanned in scans:
            self._keep_scan(scanned)
        self.end = end
        self.cars = []
        self._recut(1, max(self.top, self.end, 1) + 1, True)

    def add_tag(self, tag: Tag) -> Change:
        """One more tag."""
        self._keep_tag(tag)
        return self._recut(tag.axle - 1, tag.axle + 1, True)

    def add_weighed(self, weighed: Weighed) -> Change:
        """One more weighing."""
        self._keep_weighed(weighed)
        return self._recut(weighed.first, weighed.first + weighed.axles - 1, True)

    def add_scan(self, scanned: Scanned, before: Scanned | None) -> Change:
        """A scan, or a later revision of one."""
        first, last = scanned.first, scanned.last
        if before is not None:
            self.scans[before.first] = [one for one in self.scans[before.first] if one.scan_id != scanned.scan_id]
            if before.last != scanned.last:
                self.top = self._top()
            first, last = min(first, before.first), max(last, before.last)
        self._keep_scan(scanned)
        return self._recut(first, last, False)

    def leave(self, end: int) -> Change:
        """The train has left with so many axles; all of its cars may change."""
        self.end = end
        return self._recut(1, max(self.top, end) + 1, True)

    def index_of(self, car: Car) -> int:
        """Place of a car among the cars, from 0."""
        return bisect_left(self.cars, car.first, key=_first)

    def shown_by(self, scanned: Scanned) -> range:
        """Places of the cars that lie wholly or in part within a scan."""
        low = bisect_left(self.cars, scanned.first, key=_last)
        return range(low, bisect_right(self.cars, scanned.last, key=_first))

    def _keep_tag(self, tag: Tag) -> None:
        tags = self.tags.setdefault(tag.axle, [])
        tags.append(tag)
        tags.sort(key=_by_reading)
        if tag.kind is not EquipmentKind.END_OF_TRAIN_DEVICE:
            self.top = max(self.top, tag.axle)

    def _keep_weighed(self, weighed: Weighed) -> None:
        weighings = self.weighings.setdefault(weighed.first, [])
        weighings.append(weighed)
        weighings.sort(key=_weighed_id)
        self.top = max(self.top, weighed.first + weighed.axles - 1)

    def _keep_scan(self, scanned: Scanned) -> None:
        scans = self.scans.setdefault(scanned.first, [])
        scans.append(scanned)
        scans.sort(key=_scan_id)
        self.top = max(self.top, scanned.last)
        self._scan_axles = max(self._scan_axles, scanned.last - scanned.first + 1)

    def _top(self) -> int:
        tags = [
            tag.axle for tags in self.tags.values() for tag in tags if tag.kind is not EquipmentKind.END_OF_TRAIN_DEVICE
        ]
        weighed = [one.first + one.axles - 1 for weighings in self.weighings.values() for one in weighings]
        scanned = [one.last for scans in self.scans.values() for one in scans]
        return max([0, *tags, *weighed, *scanned])

    def _recut(self, first: int, last: int, has_tags: bool) -> Change:
        """Cut anew what may depend on axles first to last. `has_tags`: what their cars' tags are may change too."""
        cars = self.cars
        low = bisect_left(cars, first, key=_last)
        while low > 0 and not (cars[low - 1].firm and cars[low - 1].last < first):
            low -= 1
        high = bisect_right(cars, last, key=_first)
        while high < len(cars) and not (cars[high].firm and cars[high].first > last):
            high += 1
        begin = cars[low - 1].last + 1 if low else 1
        is_open = high == len(cars)
        until = max(self.top, self.end) if is_open else cars[high].first - 1
        made = self._cut(begin, until, is_open and self.end <= 0)
        before = {car.first: car for car in cars[low:high]}
        direct: set[int] = set()
        for n, car in enumerate(made):
            old = before.get(car.first)
            if old is not None and old.is_cut_as(car):
                made[n] = old
                if car.first > last or car.last < first:
                    continue
            direct.add(low + n)
        is_same = len(before) == len(made) and all(car.first in before for car in made)
        cars[low:high] = made
        touched = set(direct)
        if has_tags or not is_same:
            # Tags at an edge are given to one of two neighbours by what both have.
            ends = direct if is_same else direct | {low - 1, low, low + len(made) - 1, low + len(made)}
            for place in ends:
                for other in (place - 1, place, place + 1):
                    if 0 <= other < len(cars) and (other == place or self._has_edge(min(place, other))):
                        touched.add(other)
        for place in touched:
            self._attach(place)
        return Change(low, high - low, len(made), sorted(touched))

    def _has_edge(self, place: int) -> bool:
        """Whether tags were read where a car and the one behind it meet."""
        last = self.cars[place].last
        return bool(self.tags.get(last) or self.tags.get(last + 1))

    def _cut(self, begin: int, until: int, is_open: bool) -> list[Car]:
        """Cars of the axles begin to until; behind an open end more of the train may come."""
        made: list[Car] = []
        at = begin
        for first, axles, is_alone in self._ranges(begin, until):
            if first > at:
                made += self._fill(at, first - 1, False)
            is_firm = is_alone and axles >= BESIDE_AXLES
            made += self._parted(first, axles) or [Car(first, first + axles - 1, is_firm, is_alone)]
            at = first + axles
        if at <= until:
            made += self._fill(at, until, is_open)
        return made

    def _parted(self, first: int, axles: int) -> list[Car]:
        """The cars that one weighing took for one, if tags and images agree on that; empty if they do not."""
        tags = [tag for axle in range(first, first + axles) for tag in self.tags.get(axle, ())]
        own = [tag for tag in tags if tag.kind in ROLLING] or tags
        says = [tag.axles for tag in own if tag.checked and tag.kind is not EquipmentKind.END_OF_TRAIN_DEVICE]
        if not says or max(says) >= axles:
            return []
        made = self._fill(first, first + axles - 1, False)
        return made if len(made) > 1 and not any(car.blank for car in made) else []

    def _ranges(self, begin: int, until: int) -> list[tuple[int, int, bool]]:
        """Weighings as ranges (first axle, axles, whether no other overlaps), in order and apart from each other."""
        counts: dict[tuple[int, int], int] = {}
        for axle in range(begin, until + 1):
            for weighed in self.weighings.get(axle, ()):
                key = weighed.first, weighed.axles
                counts[key] = counts.get(key, 0) + 1
        if not counts:
            return []
        ranges = sorted(counts)
        if all(ranges[n][0] + ranges[n][1] <= ranges[n + 1][0] for n in range(len(ranges) - 1)):
            return [(first, axles, True) for first, axles in ranges]
        lasts = [first + axles - 1 for first, axles in ranges]
        reached = [0, *accumulate(lasts, max)]  # how far the ranges before each one reach
        alone = {
            one: reached[n] < one[0] and (n + 1 == len(ranges) or lasts[n] < ranges[n + 1][0])
            for n, one in enumerate(ranges)
        }
        chosen: list[tuple[int, int, bool]] = []  # in order and apart, so that each has but two that it may overlap
        for first, axles in sorted(ranges, key=lambda one: (-counts[one], one)):
            place = bisect_left(chosen, (first, axles, False))
            before_last = chosen[place - 1][0] + chosen[place - 1][1] - 1 if place else 0
            if before_last < first and (place == len(chosen) or first + axles <= chosen[place][0]):
                chosen.insert(place, (first, axles, alone[first, axles]))
        return chosen

    def _fill(self, begin: int, until: int, is_open: bool) -> list[Car]:
        """Cars of axles that were not weighed, by tags and scans."""
        made: list[Car] = []
        at = begin
        starts = [axle for axle in range(begin, until + 1) if self.scans.get(axle)]
        is_exact = True
        for low, high, axles in self._clusters(begin, until):
            if high < at:
                continue  # tags of a car that stands already
            choices = [first for first in (at, *starts) if at <= first and first - 2 < low and high <= first + axles]
            first = choices[0] if choices else max(at, high - axles + 1)
            last = first + axles - 1
            if not choices or (last > until and not is_open):
                is_exact = False
                last = max(first, min(last, until)) if not is_open else last
            if first > at:
                made += self._blanks(at, first - 1)
                is_exact = False
            made.append(Car(first, last, False, self._is_scanned_as(first, last)))
            at = last + 1
        if is_open:
            made += self._scanned_behind(at, until)
        elif at <= until:
            made += self._blanks(at, until)
        elif is_exact:
            for car in made:
                car.exact = True
        return made

    def _is_scanned_as(self, first: int, last: int) -> bool:
        return any(one.last == last for one in self.scans.get(first, ()))

    def _scanned_behind(self, at: int, until: int) -> list[Car]:
        """Behind the last tag of a train that still moves only what was scanned is known to be a car."""
        last = max([one.last for axle in range(at, until + 1) for one in self.scans.get(axle, ())], default=0)
        return self._blanks(at, last) if last >= at else []

    def _blanks(self, begin: int, until: int) -> list[Car]:
        """Cars of which no tag is known: one for each scan, and of four axles between them."""
        made: list[Car] = []
        at = begin
        while at <= until:
            lasts = [one.last for one in self.scans.get(at, ()) if one.last <= until]
            next_start = at + 1
            while next_start <= until and not self.scans.get(next_start):
                next_start += 1
            if lasts:
                last = min(lasts)
            else:
                whole = (next_start - at) % USUAL_AXLES == 0
                last = at + USUAL_AXLES - 1 if whole else next_start - 1
            made.append(Car(at, last, False, False, blank=not lasts))
            at = last + 1
        return made

    def _clusters(self, begin: int, until: int) -> list[tuple[int, int, int]]:
        """Tags of one car each: the least and the greatest axle at which they were read, and the car's axles."""
        groups: list[tuple[list[Tag], int]] = []  # tags, sides
        for axle in range(begin if begin > 1 else 0, until + 1):
            for tag in self.tags.get(axle, ()):
                if tag.kind is EquipmentKind.END_OF_TRAIN_DEVICE or self._is_neighbours(tag, begin, until):
                    continue
                for place in range(len(groups) - 1, max(len(groups) - 4, -1), -1):
                    tags, sides = groups[place]
                    if is_of_one_car(tags, sides, tag):
                        tags.append(tag)
                        groups[place] = tags, sides | SIDES[tag.side]
                        break
                else:
                    groups.append(([tag], SIDES[tag.side]))
        made: list[tuple[int, int, int]] = []
        others: list[tuple[int, int, int]] = []
        for tags, _ in groups:
            axles = sorted([(not tag.checked, tag.axles) for tag in tags])[0][1]
            cluster = max(min([tag.axle for tag in tags]), 1), max([tag.axle for tag in tags]), axles
            (made if any(tag.kind in ROLLING for tag in tags) else others).append(cluster)
        carried = [one for one in others if any(is_carried(one, other) for other in made)]
        return sorted([*made, *[one for one in others if one not in carried]]) if others else made

    def _is_neighbours(self, tag: Tag, begin: int, until: int) -> bool:
        """Whether a tag at the edge of a gap is one of the weighed car beside it, a wheel late or early."""
        beside = begin - 1 if tag.axle == begin else until + 1 if tag.axle == until else 0
        if beside < 1:
            return False
        step = -1 if beside < begin else 1
        axles = range(beside, beside + step * BESIDE_AXLES, step)
        return any(other.identity == tag.identity for axle in axles for other in self.tags.get(axle, ()))

    def _attach(self, place: int) -> None:
        """Give a car its tags, weighings and scans."""
        car = self.cars[place]
        tags = []
        before = self.cars[place - 1] if place else None
        behind = self.cars[place + 1] if place + 1 < len(self.cars) else None
        is_first, is_last = before is None, behind is None
        for axle in range(0 if is_first else car.first, car.last + (2 if is_last else 1)):
            for tag in self.tags.get(axle, ()):
                if axle == car.first and before is not None and self._belongs(tag, car, before):
                    continue
                if axle == car.last and behind is not None and self._belongs(tag, car, behind):
                    continue
                tags.append(tag)
        if before is not None:
            tags += [tag for tag in self.tags.get(before.last, ()) if self._belongs(tag, before, car)]
        if behind is not None:
            tags += [tag for tag in self.tags.get(behind.first, ()) if self._belongs(tag, behind, car)]
        tags.sort(key=_by_axle)
        weighings = [one for one in self.weighings.get(car.first, ()) if one.axles == car.axles]
        car.weighings = weighings
        car.with_tags(tags)
        scans = []
        for axle in range(max(car.first - self._scan_axles + 1, 1), car.last + 1):
            for scanned in self.scans.get(axle, ()):
                if scanned.last >= car.first:
                    scans.append(scanned)
        car.scans = scans

    def _belongs(self, tag: Tag, own: Car, other: Car) -> bool:
        """Whether a tag at a car's edge is one of the other car beside it."""
        of_own = [one for axle in range(own.first, own.last + 1) for one in self.tags.get(axle, ()) if one is not tag]
        of_other = [one for axle in range(other.first, other.last + 1) for one in self.tags.get(axle, ())]
        own_same = any(one.identity == tag.identity for one in of_own)
        if any(one.identity == tag.identity for one in of_other):
            return not own_same
        if own_same or tag.kind is EquipmentKind.END_OF_TRAIN_DEVICE:
            return False
        of_own, of_other = [[one for one in some if one.kind in ROLLING] for some in (of_own, of_other)]
        taken = any(one.side is tag.side and one.identity != tag.identity for one in of_own)
        return taken and not any(one.side is tag.side for one in of_other)


def is_carried(tags: tuple[int, int, int], car: tuple[int, int, int]) -> bool:
    """Whether tags of no railway kind were read while a car passed that has tags of its own."""
    low, high, axles = car
    return high - axles < tags[0] and tags[1] < low + axles


def is_of_one_car(tags: Sequence[Tag], sides: int, tag: Tag) -> bool:
    """Whether a tag is one more of the same car: the same identity, or its other side misread."""
    if abs(tag.axle - tags[-1].axle) > tag.axles + 1:
        return False
    if any(one.identity == tag.identity for one in tags):
        return True
    return (
        not sides & SIDES[tag.side]
        and tag.axle - tags[-1].axle <= 1
        and any(is_near(one.identity, tag.identity) for one in tags)
    )


def _first(car: Car) -> int:
    return car.first


def _last(car: Car) -> int:
    return car.last


def _by_reading(tag: Tag) -> str:
    return tag.reading_id


def _by_axle(tag: Tag) -> tuple[int, str]:
    return tag.axle, tag.reading_id


def _weighed_id(weighed: Weighed) -> str:
    return weighed.reading_id


def _scan_id(scanned: Scanned) -> str:
    return scanned.scan_id
