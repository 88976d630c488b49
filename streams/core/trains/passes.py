"""One pass as it is seen: its cars, the place of each on the list, and which of them are certain.

    Cutting ─► cars ─► evidence ─► Aligner ─► Sighting by the car's name

The name is what a car's coverage is told under, behind the visit's id: mark and number if its tags say them or the list
gives it that place, so that it stays when a list comes late or is corrected; else track, pass and first axle.
"""

from collections.abc import Sequence
from typing import Final

from schemas.records import EquipmentKind
from streams.core.trains.alignment import NONE, Aligner, Alignment, Evidence, EvidenceKey, Listing
from streams.core.trains.car import AXLES_OF_TWO, Car, Change
from streams.core.trains.cutting import Cutting
from streams.core.trains.identities import is_near, shown
from streams.core.trains.sightings import Sighting
from streams.core.trains.state import Listed, Pass, Tag

# The scanner stands within so many cars behind the tag readers [assumed]: what is further on without an image has been
# missed.
SCANNER_CARS: Final = 8

SIDES_OF_CAR: Final = 2

_NO_KEY: Final[EvidenceKey] = ((), (), 0, 0.0)


class TrainList:
    """A list as passes are held against it. `aligned`: what has axles; `cars`: how many of it are cars; `names`:
    as told; `devices`: end-of-train devices, which hang on the last car."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self.aligned: list[Listed] = []
        self.names: list[str] = []
        self.devices: list[tuple[str, Listed]] = []
        names: set[str] = set()
        for one in listed:
            name = shown(one.identity)
            if name in names:
                name = f"{name} #{one.position}"
            names.add(name)
            if one.kind is EquipmentKind.END_OF_TRAIN_DEVICE:
                self.devices.append((name, one))
            else:
                self.aligned.append(one)
                self.names.append(name)
        self.cars = len([one for one in self.aligned if one.kind is EquipmentKind.CAR])
        self.place_of_name = {name: place for place, name in enumerate(self.names)}
        self.listing = Listing(self.aligned)


class PassView:
    """One pass against one list, or none."""

    def __init__(self, pass_id: str, cutting: Cutting) -> None:
        self.pass_id = pass_id
        self.short_id = pass_id.partition("/")[2].replace("/", ".")
        """Track and number, `R1.1017`; a visit may have passes of one number on several tracks."""
        self.cutting = cutting
        self.is_one_train = True
        """See `Pass`."""
        self.began_at = 0
        """See `Pass`."""
        self.identities: set[str] = set()
        """Identities of cars that checked tags say: what tells which train it is."""
        for tags in cutting.tags.values():
            for tag in tags:
                self.knows(tag)
        self.list: TrainList | None = None
        self.alignment = Alignment(0)
        self.sightings: dict[str, Sighting] = {}
        self.names: list[str] = []
        self._aligner: Aligner | None = None
        self._keys: list[EvidenceKey] = []
        self._due = 0
        self._counted: int | None = None

    @property
    def has_left(self) -> bool:
        """Whether the controller told the end of the train."""
        return self.cutting.end > 0

    @property
    def is_backed_out(self) -> bool:
        """Whether the train went back as it came: no axle is left behind, so the pass shows no train, whole or not."""
        return self.is_one_train and self.cutting.end == 0

    @property
    def is_whole(self) -> bool:
        """Whether it is one train's, its cars make up all axles that the controller counted, and no reading tells of
        more."""
        cars = self.cutting.cars
        return (
            self.has_left
            and self.is_one_train
            and self.cutting.top <= self.cutting.end
            and bool(cars)
            and cars[-1].last == self.cutting.end
        )

    @property
    def counted(self) -> int:
        """How many cars from the head can be counted: up to the first that may be more than one, or a part of one. Not
        any while it is not known which end was the head, or the pass does not show one whole train."""
        if not self.is_whole or not self.alignment.is_directed:
            return 0
        if self._counted is None:
            cars = self.cutting.cars
            count, step, at = 0, -1 if self.alignment.backwards else 1, len(cars) - 1 if self.alignment.backwards else 0
            while count < len(cars) and self._is_one(at):
                count, at = count + 1, at + step
            self._counted = count
        return self._counted

    def at_place(self, place: int) -> Car | None:
        """The car at a place counted from the head of the train, None where that cannot be counted."""
        if not 0 < place <= self.counted:
            return None
        return self.cutting.cars[-place if self.alignment.backwards else place - 1]

    def _is_one(self, place: int) -> bool:
        """Whether a car is certainly one: it begins and ends for certain, or its neighbours do and it has too few axles
        for two."""
        cars = self.cutting.cars
        if cars[place].exact:
            return not self._is_span(place)
        beside = [cars[n] for n in (place - 1, place + 1) if 0 <= n < len(cars)]
        return cars[place].axles < AXLES_OF_TWO and all(car.exact for car in beside)

    def _is_span(self, place: int) -> bool:
        """Whether a car has the axles of two, and neither the scale nor the list says that it is one: tags say what was
        once written into them, and a car without tags may hide behind another's."""
        car, at = self.cutting.cars[place], self.alignment.place_of[place]
        if car.axles < AXLES_OF_TWO or car.firm:
            return False
        return at == NONE or self.list is None or self.list.aligned[at].axles != car.axles

    def note(self, passing: Pass) -> bool:
        """Take in what its row says of it as a whole; whether that changes anything."""
        before = self.is_one_train, self.began_at
        self.is_one_train, self.began_at = passing.is_one_train, passing.began_at
        return before != (self.is_one_train, self.began_at)

    def knows(self, tag: Tag) -> bool:
        """Take in what a tag says of the train; whether that is new."""
        if not tag.checked or tag.kind is not EquipmentKind.CAR or tag.identity in self.identities:
            return False
        self.identities.add(tag.identity)
        return True

    def hold_against(self, listed: TrainList | None) -> None:
        """Set the list, and align and sight all cars against it."""
        self.list = listed
        self._aligner = None if listed is None else Aligner(listed.listing)
        self._begin()

    def _begin(self) -> None:
        cars = self.cutting.cars
        self._due = self._due_now()
        self._counted = None
        self._keys = [evidence_of(car).key for car in cars]
        self._align()

    def update(self, change: Change) -> set[str]:
        """Align again if the cars that changed ask for it; names of cars whose sighting changed."""
        cars, keys = self.cutting.cars, self._keys
        before_due, self._due = self._due, self._due_now()
        before = list(keys)
        self._counted = None
        keys[change.place : change.place + change.removed] = [_NO_KEY] * change.made
        for place in change.touched:
            keys[place] = evidence_of(cars[place]).key
        for place in range(change.place, change.place + change.made):
            if keys[place] is _NO_KEY:
                keys[place] = evidence_of(cars[place]).key
        dirty: set[str] = set()
        if self._stands(before, change):
            for place in self._seen_with(change.touched):
                self._sight(place, dirty)
            if len(keys) > len(before) and len(keys) > 1:
                self._sight(len(keys) - 2, dirty)  # it may have a neighbour now
        else:
            old = self.sightings
            self._align()
            for name, sighting in self.sightings.items():
                other = old.get(name)
                if other is None or not sighting.is_same(other):
                    dirty.add(name)
            dirty.update([name for name in old if name not in self.sightings])
            dirty.update([self.names[place] for place in change.touched])
        for place in range(min(before_due, self._due), min(max(before_due, self._due), len(cars))):
            name = self.names[place]
            self.sightings[name].was_due = place < self._due
            dirty.add(name)
        return dirty

    def _seen_with(self, touched: Sequence[int]) -> set[int]:
        """Places of cars that changed, and of those that share an image with one."""
        places = set(touched)
        for place in touched:
            for scanned in self.cutting.cars[place].scans:
                places.update(self.cutting.shown_by(scanned))
        return places

    def _due_now(self) -> int:
        """How many cars have passed the scanner."""
        count = len(self.cutting.cars)
        return count if self.has_left else max(count - SCANNER_CARS, 0)

    def _stands(self, before: list[EvidenceKey], change: Change) -> bool:
        """Whether the alignment stands, but for a car that was added at the end, which is added to it."""
        keys, alignment = self._keys, self.alignment
        added = len(keys) - len(before)
        if added not in (0, 1) or (added and change.place + change.made != len(keys)):
            return False
        for place in {*change.touched, *range(change.place, change.place + change.made)}:
            if place < len(before):
                name, car = self.names[place], self.cutting.cars[place]
                if not is_as_good(before[place], keys[place], alignment.by_tags[place]):
                    return False
                if "@" in name and name != self._place_name(car):
                    return False
        if not added:
            return True
        evidence = evidence_of(self.cutting.cars[-1])
        if self._aligner is None or self.list is None or not self._aligner.extend(alignment, evidence):
            return False
        self.names.append(self.list.names[alignment.place_of[-1]])
        return True

    def _align(self) -> None:
        cars = self.cutting.cars
        if self._aligner is None:
            self.alignment = Alignment(len(cars))
        else:
            self.alignment = self._aligner.align([evidence_of(car) for car in cars])
        self.names = self._names()
        self.sightings = {}
        for place in range(len(cars)):
            self._sight(place, None)

    def _sight(self, place: int, dirty: set[str] | None) -> None:
        name = self.names[place]
        self.sightings[name] = self._sighting(place, self._due)
        if dirty is not None:
            dirty.add(name)

    def _names(self) -> list[str]:
        """A name for each car; an identity that is listed elsewhere, or that two cars claim, names none."""
        names: list[str] = []
        used = set(self.list.names) if self.list is not None else set()
        for car, place in zip(self.cutting.cars, self.alignment.place_of, strict=True):
            if place != NONE and self.list is not None:
                names.append(self.list.names[place])
                continue
            identity = self.identity_of(car)
            name = shown(identity) if identity else ""
            if not name or name in used:
                name = self._place_name(car)
            used.add(name)
            names.append(name)
        return names

    def _place_name(self, car: Car) -> str:
        return f"{self.short_id}@{car.first}"

    def identity_of(self, car: Car) -> str:
        """The identity that most of its tags' sides say, empty if there is none or several."""
        best, most, is_alone = "", 0, True
        for identity, sides in car.claims.items():
            count = min(sides.bit_count(), SIDES_OF_CAR)
            if count > most:
                best, most, is_alone = identity, count, True
            elif count == most:
                is_alone = False
        return best if is_alone else ""

    def _sighting(self, place: int, due: int) -> Sighting:
        car = self.cutting.cars[place]
        listed_place = self.alignment.place_of[place]
        certain, disagree = self._certainty(place)
        made = Sighting(car, listed_place, place + 1, certain, disagree, self.alignment.in_order[place])
        made.was_due = place < due
        made.began_at = self.began_at
        made.is_span = self._is_span(place)
        made.is_mixed = not self.is_one_train
        made.shared = frozenset([one.scan_id for one in car.scans if len(self.cutting.shown_by(one)) > 1])
        return made

    def _certainty(self, place: int) -> tuple[bool, bool]:
        """Whether a car is certainly the listed one at its place, and whether its tags say different cars."""
        car, alignment, listed = self.cutting.cars[place], self.alignment, self.list
        at = alignment.place_of[place]
        own = listed.aligned[at].identity if listed is not None and at != NONE else self.identity_of(car)
        sides = car.claims.get(own, 0).bit_count()
        for identity in car.claims:
            if identity == own:
                continue
            if sides >= SIDES_OF_CAR and self._is_beside(identity, place):
                continue  # both of its tags say it, and the third is a neighbour's
            if not is_near(identity, own) or car.claims[identity].bit_count() >= SIDES_OF_CAR:
                return False, True
            other = NONE if listed is None else listed.listing.place_of.get(identity, NONE)
            if other != NONE and not self._is_elsewhere(other, place):
                return False, True
        if listed is not None and any(
            identity in listed.listing.place_of and not self._is_elsewhere(listed.listing.place_of[identity], place)
            for identity in car.carried
        ):
            return False, True
        if listed is None or at == NONE or not alignment.by_tags[place] or not car.sure or not sides:
            return False, False
        if self._is_span(place):
            return False, False
        one = listed.aligned[at]
        if listed.listing.place_of[one.identity] != at or (one.axles and one.axles != car.axles):
            return False, False
        if not is_of_kind(car, one):
            return False, True
        return sides >= SIDES_OF_CAR or alignment.in_order[place] or self._has_neighbour(place, at), False

    def _is_beside(self, identity: str, place: int) -> bool:
        """Whether a tag of the car before or behind says an identity."""
        cars = self.cutting.cars
        return any(identity in cars[n].claims for n in (place - 1, place + 1) if 0 <= n < len(cars))

    def _is_elsewhere(self, other: int, place: int) -> bool:
        """Whether another car on the track is a listed one by its own tags."""
        for n, at in enumerate(self.alignment.place_of):
            if at == other:
                return n != place and self.alignment.by_tags[n]
        return False

    def _has_neighbour(self, place: int, at: int) -> bool:
        """Whether the car before or behind it is its neighbour on the list too, by its own tags."""
        alignment = self.alignment
        for n in (place - 1, place + 1):
            if 0 <= n < len(alignment.place_of) and alignment.by_tags[n] and abs(alignment.place_of[n] - at) == 1:
                return True
        return False


def is_of_kind(car: Car, listed: Listed) -> bool:
    """Whether the tags that say who a car is say the listed kind too. A locomotive is never scanned, so nothing but
    tags of locomotives makes one."""
    kinds = {tag.kind for tag in car.tags if tag.checked and tag.identity == listed.identity}
    if listed.kind is EquipmentKind.LOCOMOTIVE:
        return kinds == {EquipmentKind.LOCOMOTIVE}
    return listed.kind in kinds or EquipmentKind.UNKNOWN in kinds


def is_as_good(before: EvidenceKey, now: EvidenceKey, by_tags: bool) -> bool:
    """Whether a car's evidence aligns it as before: the same, or one more side that says the listed identity."""
    if before == now:
        return True
    claimed, claims = before[0], now[0]
    return (
        by_tags and len(claimed) == len(claims) == 1 and claimed[0][0] == claims[0][0] and claimed[0][1] <= claims[0][1]
    )


def evidence_of(car: Car) -> Evidence:
    """What a car says of itself, kept with the car."""
    if car.evidence is None:
        claims = {identity: min(sides.bit_count(), SIDES_OF_CAR) for identity, sides in sorted(car.claims.items())}
        hints = [tag.identity for tag in car.tags if not tag.checked]
        lengths = [tag.length_m for tag in car.tags if tag.checked and tag.identity in car.claims]
        car.evidence = Evidence(claims, hints, car.axles, lengths[0] if lengths else 0.0)
    return car.evidence
