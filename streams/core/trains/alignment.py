"""Which car on the track is which car of the list: anchors by identity, dynamic programming between them.

    exact identities   ─► pairs of a car seen and a car listed whose identity its tags say, and no other car's as well
    longest increasing
      subsequence      ─► the pairs that keep the list's order, forwards or backwards, whichever has more: the anchors;
                          the other pairs are out of sequence
    between anchors    ─► cars seen and listed that are in no pair: the alignment of least cost, in negative
                          logarithms of likelihoods from the rates below
    what is left       ─► the same identity elsewhere is the same car, out of sequence; the rest is added or missing

A pair keeps the order only if every longest subsequence has it: of two neighbours that changed places either may have
moved, so both are named. A table is kept with its rows, of which a new car adds one and a changed car recomputes
those from its own; in most trains there is nothing for it to do.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from streams.core.trains.identities import is_near
from streams.core.trains.state import Listed

# One tag is not read; AEI sites are held to 98 % and better [assumed from the simulator].
TAG_LOST: Final = 0.02
# One tag is read with one character changed, to one of about 150 others.
MISREAD: Final = 0.01
MISREADS: Final = 150
# A listed car is not in the train, or one in the train is not listed [assumed]: once in ten trains.
CHANGED: Final = 0.001
# A tag of another car than the one that carries it [assumed].
WRONG_TAG: Final = 1e-7
# Identities in use: what a tag that is on no list says by chance.
IDENTITIES: Final = 1e7
# The scale or the list is wrong about the number of axles, or about a length of over a metre [assumed].
WRONG_AXLES: Final = 0.001
WRONG_LENGTH: Final = 0.01
LENGTH_M: Final = 1.0

LOST_COST: Final = -math.log(TAG_LOST)
NEAR_COST: Final = -math.log(MISREAD / MISREADS)
WRONG_COST: Final = -math.log(WRONG_TAG)
CHANGED_COST: Final = -math.log(CHANGED)
IDENTITY_COST: Final = math.log(IDENTITIES)
AXLES_COST: Final = -math.log(WRONG_AXLES)
LENGTH_COST: Final = -math.log(WRONG_LENGTH)
SIDES_OF_CAR: Final = 2
# Which end came first is known of so many pairs in one order, if no more than half as many stand in the other; two cars
# that changed places look like two that came tail first.
DIRECTED_MIN: Final = 3

# Cells of one table. A whole train of which no tag was read has 400 x 400; more is left without a pair, which is open.
CELLS_MAX: Final = 200_000

NONE: Final = -1


# Claims with sides, hints, axles, length: what an alignment goes by.
EvidenceKey = tuple[tuple[tuple[str, int], ...], tuple[str, ...], int, float]


class Evidence:
    """What a car on the track says of itself. `claims`: identities of checked tags with the number of sides that say
    so; `hints`: identities of tags whose check bits do not fit. Compared as a whole by `key`."""

    def __init__(self, claims: dict[str, int], hints: Sequence[str], axles: int, length_m: float) -> None:
        self.claims = claims
        self.hints = tuple(hints)
        self.axles = axles
        self.length_m = length_m
        self.key: EvidenceKey = (tuple(claims.items()), self.hints, axles, length_m)


class Listing:
    """A list of equipment that is looked up by identity; of an identity that is listed twice the first place counts."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self.listed = tuple(listed)
        self.place_of: dict[str, int] = {}
        for place, one in enumerate(listed):
            self.place_of.setdefault(one.identity, place)


class Alignment:
    """`place_of[n]`: place on the list, from 0, of the n-th car seen, NONE if it has none; `by_tags[n]`: its tags say
    so, and no other car's as well; `in_order[n]`: it keeps the list's order."""

    def __init__(self, count: int) -> None:
        self.place_of = [NONE] * count
        self.by_tags = [False] * count
        self.in_order = [False] * count
        self.backwards = False
        self.along = 0
        """Pairs in the longest run that keeps the order in which the train is taken to pass."""
        self.against = 0
        """Those in the longest run of the other order."""

    @property
    def is_directed(self) -> bool:
        """Whether it is known which end of the train came first."""
        return self.along >= DIRECTED_MIN and self.along >= 2 * self.against


class Aligner:
    """Aligns one pass, again and again as it grows, against one list."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._tables: dict[tuple[int, ...], Table] = {}
        self._claimed: dict[str, int] = {}

    def extend(self, made: Alignment, evidence: Evidence) -> bool:
        """Add one more car at the end of an alignment just made, if that changes nothing of the others': its one
        identity is listed, no other car claims it, and it comes after all of them in the train's direction. False, and
        nothing is done, if that is not so."""
        if len(evidence.claims) != 1 or not made.place_of or not (made.in_order[-1] and made.by_tags[-1]):
            return False
        identity = next(iter(evidence.claims))
        place = self._listing.place_of.get(identity, NONE)
        if place == NONE or self._claimed.get(identity):
            return False
        if made.backwards:
            if place >= min(made.place_of) or NONE in made.place_of:
                return False
        elif place <= max(made.place_of):
            return False
        self._claimed[identity] = 1
        made.place_of.append(place)
        made.by_tags.append(True)
        made.in_order.append(True)
        made.along += 1
        return True

    def align(self, seen: Sequence[Evidence]) -> Alignment:
        """The alignment of the cars seen, in the order in which they passed."""
        made = Alignment(len(seen))
        self._pair(seen, made)
        pairs = [n for n, place in enumerate(made.place_of) if place != NONE]
        self._order(pairs, made)
        if len(pairs) < len(seen):
            self._between(seen, made)
            self._elsewhere(seen, made)
        return made

    def _pair(self, seen: Sequence[Evidence], made: Alignment) -> None:
        """Pair cars whose tags say one listed identity, if no other car says it as often."""
        place_of = self._listing.place_of
        best: dict[int, tuple[int, int]] = {}  # place on the list to sides that say it and the car seen; NONE: several
        claimed: dict[str, int] = {}
        for n, evidence in enumerate(seen):
            for identity, sides in evidence.claims.items():
                claimed[identity] = claimed.get(identity, 0) + 1
                place = place_of.get(identity, NONE)
                if place == NONE:
                    continue
                other = best.get(place)
                if other is None or sides > other[0]:
                    best[place] = sides, n
                elif sides == other[0]:
                    best[place] = sides, NONE
        self._claimed = claimed
        own: dict[int, tuple[int, int]] = {}  # car seen to sides and place; NONE: its tags say two listed cars
        for place, (sides, n) in best.items():
            if n != NONE:
                before = own.get(n)
                if before is None or sides > before[0]:
                    own[n] = sides, place
                elif sides == before[0]:
                    own[n] = sides, NONE
        for n, (_, place) in own.items():
            made.place_of[n] = place
            made.by_tags[n] = place != NONE

    def _order(self, pairs: Sequence[int], made: Alignment) -> None:
        """Which pairs keep the order, and which way the train runs."""
        places = [made.place_of[n] for n in pairs]
        if not places:
            return
        forwards, backwards = longest(places), longest([-place for place in places])
        length = max(forwards, default=0), max(backwards, default=0)
        count = len(self._listing.listed)
        made.backwards = length[1] > length[0] or (length[1] == length[0] and places[0] * 2 >= count > 1)
        made.along, made.against = max(length), min(length)
        last = count - 1
        for n, kept in zip(
            pairs, in_every([last - place for place in places] if made.backwards else places), strict=True
        ):
            made.in_order[n] = kept

    def _between(self, seen: Sequence[Evidence], made: Alignment) -> None:
        """Align what is in no pair between the anchors; behind the last one the rest of the list may still come."""
        count = len(self._listing.listed)
        taken = [False] * count
        for place in made.place_of:
            if place != NONE:
                taken[place] = True
        step = -1 if made.backwards else 1
        at = count - 1 if made.backwards else 0  # the next place that may come
        loose: list[int] = []
        tables: dict[tuple[int, ...], Table] = {}
        for n in range(len(seen) + 1):
            is_end = n == len(seen)
            if not is_end and not made.in_order[n]:
                if made.place_of[n] == NONE:
                    loose.append(n)
                continue
            until = (NONE if made.backwards else count) if is_end else made.place_of[n]
            if loose:
                places = tuple([place for place in range(at, until, step) if not taken[place]])
                if places:
                    table = self._tables.get(places) or Table([self._listing.listed[place] for place in places])
                    tables[places] = table
                    chosen = table.align([seen[one] for one in loose], is_end)
                    for one, choice in zip(loose, chosen, strict=True):
                        if choice != NONE:
                            made.place_of[one] = places[choice]
                            made.in_order[one] = True
                loose = []
            at = until + step
        self._tables = tables

    def _elsewhere(self, seen: Sequence[Evidence], made: Alignment) -> None:
        """Give cars that are left a listed car that is left and whose identity they say, the first one each."""
        taken = set(made.place_of)
        for n, evidence in enumerate(seen):
            if made.place_of[n] != NONE:
                continue
            for identity in evidence.claims:
                place = self._listing.place_of.get(identity, NONE)
                if place != NONE and place not in taken:
                    made.place_of[n] = place
                    taken.add(place)
                    break


class Table:
    """The table of one stretch of the list: row n is the least cost of n cars seen against the first m listed."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self._listed = list(listed)
        self._seen: list[Evidence] = []
        self._rows: list[list[float]] = [[CHANGED_COST * m for m in range(len(listed) + 1)]]
        self._matches: list[list[float]] = []

    def align(self, seen: Sequence[Evidence], is_end: bool) -> list[int]:
        """For each car seen its place in the stretch, or NONE. `is_end`: listed cars behind the last may yet come."""
        if len(seen) * len(self._listed) > CELLS_MAX:
            return [NONE] * len(seen)
        same = 0
        while same < min(len(seen), len(self._seen)) and seen[same].key == self._seen[same].key:
            same += 1
        del self._seen[same:], self._rows[same + 1 :], self._matches[same:]
        for evidence in seen[same:]:
            self._add(evidence)
        return self._trace(is_end)

    def _add(self, evidence: Evidence) -> None:
        before, added = self._rows[-1], added_cost(evidence)
        row, matches = [before[0] + added], [0.0]
        left = row[0]
        for m, listed in enumerate(self._listed):
            match = before[m] + match_cost(evidence, listed)
            matches.append(match)
            left = min(match, before[m + 1] + added, left + CHANGED_COST)
            row.append(left)
        self._seen.append(evidence)
        self._rows.append(row)
        self._matches.append(matches)

    def _trace(self, is_end: bool) -> list[int]:
        """The way back of least cost; of equal ones the one that pairs, and that leaves cars out towards the tail."""
        n, last = len(self._seen), self._rows[-1]
        m = last.index(min(last)) if is_end else len(self._listed)
        chosen = [NONE] * n
        while n > 0:
            row = self._rows[n]
            if m > 0 and row[m] == self._matches[n - 1][m]:
                n, m = n - 1, m - 1
                chosen[n] = m
            elif m > 0 and row[m] == row[m - 1] + CHANGED_COST:
                m -= 1
            else:
                n -= 1
        return chosen


def match_cost(evidence: Evidence, listed: Listed) -> float:
    """Cost of a car seen being a listed one: each of its two tags is read, lost, misread or another car's. Two that
    agree are not misread: cars of one fleet have neighbouring numbers, so that is another car, or the list is wrong."""
    cost, sides_read = 0.0, 0
    for identity, sides in evidence.claims.items():
        sides_read += sides
        if identity != listed.identity:
            if sides < SIDES_OF_CAR and is_near(identity, listed.identity):
                cost += NEAR_COST
            else:
                cost += WRONG_COST + IDENTITY_COST
    cost += LOST_COST * max(SIDES_OF_CAR - sides_read, 0)
    if listed.axles and evidence.axles != listed.axles:
        cost += AXLES_COST
    if listed.length_m and evidence.length_m and abs(evidence.length_m - listed.length_m) > LENGTH_M:
        cost += LENGTH_COST
    if evidence.hints and listed.identity in evidence.hints:
        cost -= LOST_COST
    return cost


def added_cost(evidence: Evidence) -> float:
    """Cost of a car seen being on no list."""
    cost, sides_read = CHANGED_COST, 0
    for place, sides in enumerate(evidence.claims.values()):
        sides_read += sides
        cost += IDENTITY_COST if place == 0 else NEAR_COST
    return cost + LOST_COST * max(SIDES_OF_CAR - sides_read, 0)


def longest(values: Sequence[int]) -> list[int]:
    """For each value the length of the longest increasing subsequence that ends with it."""
    tails: list[int] = []
    lengths = []
    for value in values:
        if not tails or value > tails[-1]:
            tails.append(value)
            lengths.append(len(tails))
            continue
        place = bisect_left(tails, value)
        tails[place] = value
        lengths.append(place + 1)
    return lengths


def in_every(values: Sequence[int]) -> list[bool]:
    """For each value whether every longest increasing subsequence has it."""
    ending = longest(values)
    beginning = longest([-value for value in reversed(values)])
    beginning.reverse()
    length = max(ending, default=0)
    counts = [0] * (length + 1)
    for end, begin in zip(ending, beginning, strict=True):
        if end + begin - 1 == length:
            counts[end] += 1
    return [end + begin - 1 == length and counts[end] == 1 for end, begin in zip(ending, beginning, strict=True)]
