"""Judges one train: what of it should have been named, and what was.

Judged strictly, when the portal and the railroad have said their last word and no person has been at the train yet:
right is the right car (its place on the list; for what is on none its mark and number, or its place on the track if no
tag of it was read right) with the right discrepancy or reason, and once.

| named | the car is | its coverage must say |
|---|---|---|
| added | on the track, on no list | OPEN, ADDED, NOT_ON_CONSIST |
| missing | listed, not on the track | MISSING, MISSING, at its place on the list |
| swapped, moved | listed, elsewhere on the track | OUT_OF_SEQUENCE, at its place on the track; of two neighbours both |
| unscanned | without any image; those of an outage apart | OPEN, NOT_SCANNED |
| unusable | with images of a part, aborted or bad ones only | OPEN, for want of a scan or of a decision |
| loaded_empty | listed empty, with a load | OPEN, LOAD_CONTRADICTS or WEIGHT_CONTRADICTS |
| alarmed | shown by an image on which an operator raised an alarm | OPEN, SCAN_ALARM |

A stage that opens or names every car would have all of these right, so the other direction is judged too:

| false | what is said | of which |
|---|---|---|
| named | ADDED, MISSING, OUT_OF_SEQUENCE or MISIDENTIFIED of equipment that is not, or of none that there is | all |
| open | not CLEARED | cars that all readings clear: see `is_clearable` |
| cleared | CLEARED, by scan or by hand, or EXEMPT, and it was not by what had reached the log, or no more | all |
"""

from collections.abc import Mapping, Sequence
from typing import Final

from deploy.evaluation.rail.tally import Tally
from producers.simulator.rail.truth import CarTruth, Inspected, TrainTruth
from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
    TrainCoverage,
)

OUT_OF_PLACE: Final = ("swapped", "moved")
NAMED_KINDS: Final = ("added", "missing", "swapped", "unscanned")
"""What the bar of named cars is of."""

# An outage leaves dozens of cars of one train without an image: among the others they would be most.
OTHER_KINDS: Final = ("outage", "moved", "unusable", "loaded_empty", "alarmed")
UNUSABLE: Final = frozenset(
    {
        CoverageReason.SCAN_UNUSABLE,
        CoverageReason.SCAN_SHARED,
        CoverageReason.NOT_SCANNED,
        CoverageReason.SCAN_UNDECIDED,
    }
)
CONTRADICTS: Final = frozenset({CoverageReason.LOAD_CONTRADICTS, CoverageReason.WEIGHT_CONTRADICTS})
UNFINISHED: Final = (CarState.UNKNOWN, CarState.EXPECTED)
CLEARED_STATES: Final = (CarState.CLEARED, CarState.CLEARED_BY_HAND)
CLOSED_STATES: Final = (*CLEARED_STATES, CarState.EXEMPT)
AXLELESS: Final = (EquipmentKind.END_OF_TRAIN_DEVICE,)
NOTHING_THERE: Final = "NOTHING_THERE"
UNTOLD: Final = "UNTOLD"


class Said:
    """The latest coverage of a train's cars, found by place."""

    def __init__(self, cars: Mapping[str, CarCoverage]) -> None:
        self.cars = cars
        self.by_list: dict[int, list[CarCoverage]] = {}
        self.by_track: dict[int, list[CarCoverage]] = {}
        self.unlisted: list[CarCoverage] = []
        for one in cars.values():
            if one.consist_position is None:
                self.unlisted.append(one)
            else:
                self.by_list.setdefault(one.consist_position, []).append(one)
            if one.track_position is not None:
                self.by_track.setdefault(one.track_position, []).append(one)


class Judge:
    """Judges trains into a tally."""

    def __init__(self, tally: Tally, where: str) -> None:
        self._tally, self._where = tally, where

    def judge(self, train: TrainTruth, cars: Mapping[str, CarCoverage], now_at: int) -> None:
        """One train, by the cars that are told of and not withdrawn."""
        said, listed = Said(cars), train.list_at(now_at)
        places = {} if listed is None else {car: place for place, car in enumerate(listed, 1)}
        on_track = train.on_track()
        every = {car: None for car in [*places, *on_track] if car.kind is EquipmentKind.CAR}  # in order
        self._tally.counts["trains"] += 1
        self._tally.counts["cars"] += sum(car.kind is EquipmentKind.CAR for car in on_track)
        self._tally.counts["one_state_violations"] += self._violations(train, said, places)
        found = {car: coverage_of(car, said, places) for car in every}
        for kind in (*NAMED_KINDS, *OTHER_KINDS):
            wanted = [car for car in every if is_of_kind(kind, car, places)]
            right = [car for car in wanted if is_named(kind, car, found[car])]
            self._tally.share(f"named {kind}", len(right), len(wanted))
            if kind in NAMED_KINDS:
                self._tally.share("named", len(right), len(wanted))
            for car in wanted:
                if car not in right:
                    self._note(train, f"not named as {kind}", car, found[car])
        self._false_names(train, said, places)
        self._false_opens(train, found, places)
        self.judge_cleared(train, cars, now_at)
        seen = [car for car in on_track if car.kind is EquipmentKind.CAR]
        well = [car for car in seen if any(one.usable and one.decided_at is not None for one in car.images)]
        self._tally.share(f"scanned well {train.port_code}", len(well), len(seen))
        self._tally.share("scanned well", len(well), len(seen))
        self._tally.share(
            "told scanned well",
            sum(one.scanned_well for one in cars.values() if one.kind is not EquipmentKind.LOCOMOTIVE),
            len(seen),
        )
        self._tally.counts["open"] += sum(one.state is CarState.OPEN for one in cars.values())

    def _violations(self, train: TrainTruth, said: Said, places: Mapping[CarTruth, int]) -> int:
        """Cars of the list and of the track with no state, several, or one that is none after the train has passed."""
        count = 0
        for car, place in places.items():
            if car.axles:
                count += abs(len(said.by_list.get(place, ())) - 1)
        on_track = train.on_track()
        for place in range(1, len(on_track) + 1):
            count += abs(len(said.by_track.get(place, ())) - 1)
        for place, more in said.by_track.items():
            count += len(more) if place > len(on_track) else 0
        count += sum(len(more) for place, more in said.by_list.items() if place > len(places))
        count += sum(one.track_position is None and one.kind not in AXLELESS for one in said.unlisted)
        count += sum(one.state in UNFINISHED for one in said.cars.values())
        if count:
            self._tally.example(f"{self._where} {train.train_id}: {count} violations of one state")
        return count

    def _false_names(self, train: TrainTruth, said: Said, places: Mapping[CarTruth, int]) -> None:
        """What is told of equipment that is not so, and of equipment that there is not."""
        listed, on_track = list(places), train.on_track()
        named = cases = 0
        for one in said.cars.values():
            car = truth_of(one, listed, on_track)
            if one.kind in AXLELESS or (car is not None and not car.axles):
                continue
            cases += 1
            name = false_name(one, car, places)
            named += bool(name)
            self._tally.counts["falsely_missing"] += name == CarState.MISSING
            if name:
                self._tally.counts[f"falsely named {name}"] += 1
                self._note(train, "falsely named", car, [one])
        self._tally.share("falsely named", named, cases)

    def _false_opens(
        self, train: TrainTruth, found: Mapping[CarTruth, Sequence[CarCoverage]], places: Mapping[CarTruth, int]
    ) -> None:
        """Cars that all readings clear and that are not told to be cleared, by what is said against them."""
        clearable = [car for car in found if is_clearable(car, places)]
        false = [car for car in clearable if {one.state for one in found[car]} != {CarState.CLEARED}]
        for car in false:
            told = found[car]
            reasons: set[str] = {reason for one in told for reason in one.reasons}
            for reason in reasons or {one.state for one in told} or {UNTOLD}:
                self._tally.counts[f"falsely open {reason}"] += 1
            self._note(train, "falsely open", car, told)
        self._tally.share("falsely open", len(false), len(clearable))

    def judge_cleared(self, train: TrainTruth, cars: Mapping[str, CarCoverage], now_at: int) -> None:
        """Cars that are told to be cleared, by scan or by hand, or to need no scan, and are not by what is true at a
        time, or stand elsewhere than what was told of."""
        # A later list moves places that are not told again, so that here a car is found by its number first.
        on_track, listed = train.on_track(), set(train.list_at(now_at) or ())
        by_number = {(car.mark, car.number): car for car in on_track}
        for one in cars.values():
            if one.state not in CLOSED_STATES or (one.kind in AXLELESS and one.track_position is None):
                continue
            car = by_number.get((one.mark or "", one.number or 0))
            if car is None and one.consist_position is None:
                car = truth_of(one, (), on_track)
            if car is not None and car.kind is not EquipmentKind.CAR:
                continue
            if car is None or not self._is_cleared(one, car, car in listed, now_at):
                self._tally.counts["falsely_cleared"] += 1
                self._note(train, "falsely cleared", car, [one])

    def _is_cleared(self, one: CarCoverage, car: CarTruth, listed: bool, now_at: int) -> bool:
        if one.state is CarState.EXEMPT or (one.state is CarState.CLEARED and not listed):
            return False
        is_there = one.track_position in (None, car.track_position)
        return is_there and car.cleared_at(listed, now_at) is not None

    def judge_release(
        self, train: TrainTruth, signed: TrainCoverage, cars: Mapping[str, CarCoverage], now_at: int
    ) -> None:
        """A train that is let go uncovered though it could be covered, by what is said against its cars."""
        if not could_be_covered(train, now_at):
            return
        self._tally.share("falsely uncovered", not signed.covered, 1)
        against = [one for one in cars.values() if one.state not in CLOSED_STATES]
        if signed.covered:
            return
        reasons: set[str] = {reason for one in against for reason in one.reasons}
        for reason in reasons or {one.state for one in against} or {UNTOLD}:
            self._tally.counts[f"falsely uncovered {reason}"] += 1
        text = f"{self._where} {train.train_id}: let go, falsely uncovered at revision {signed.revision}"
        self._tally.example(f"{text}: {text_of(against)}")

    def _note(self, train: TrainTruth, what: str, car: CarTruth | None, told: Sequence[CarCoverage]) -> None:
        if car is None:
            self._tally.example(f"{self._where} {train.train_id}: {what}: no car at all: {text_of(told)}")
            return
        place = f"track {car.track_position}, list {car.list_position}"
        tags = f"tags {car.tags_read} read, {car.tags_lost} lost, {car.tags_misread} misread"
        self._tally.example(
            f"{self._where} {train.train_id}: {what}: {car.mark} {car.number} ({car.car_type}, {place}, {tags}, "
            f"{','.join(car.anomalies) or 'nothing wrong'}): {text_of(told)}"
        )


def coverage_of(car: CarTruth, said: Said, places: Mapping[CarTruth, int]) -> list[CarCoverage]:
    """What is said of a car: by its place on the list, or by its identity or place on the track if it is on none."""
    if car in places:
        return said.by_list.get(places[car], [])
    if car.tags_read:
        return [one for one in said.unlisted if (one.mark, one.number) == (car.mark, car.number)]
    return [one for one in said.unlisted if one.track_position == car.track_position]


def is_of_kind(kind: str, car: CarTruth, places: Mapping[CarTruth, int]) -> bool:
    """Whether a car should be named so."""
    seen = car.track_position is not None
    if kind == "added":
        return bool(places) and seen and car not in places
    if kind == "missing":
        return not seen
    if kind in OUT_OF_PLACE:
        return kind in car.anomalies and car in places
    if kind == "unscanned":
        return seen and not car.images and not car.scanner_out
    if kind == "outage":
        return seen and not car.images and car.scanner_out
    if kind == "unusable":
        return bool(car.images) and not any(one.usable for one in car.images) and not is_alarmed(car)
    if kind == "alarmed":
        return is_alarmed(car)
    return kind in car.anomalies and car in places


def is_named(kind: str, car: CarTruth, told: Sequence[CarCoverage]) -> bool:
    """Whether it is, and once."""
    if len(told) != 1:
        return False
    one = told[0]
    if kind == "missing":
        is_it = (one.mark, one.number) == (car.mark, car.number)
        return is_it and one.state is CarState.MISSING and one.discrepancy is ConsistDiscrepancy.MISSING
    if kind in OUT_OF_PLACE:
        return one.discrepancy is ConsistDiscrepancy.OUT_OF_SEQUENCE and one.track_position == car.track_position
    reasons = set(one.reasons)
    if one.state is not CarState.OPEN:
        return False
    if kind == "added":
        return one.discrepancy is ConsistDiscrepancy.ADDED and CoverageReason.NOT_ON_CONSIST in reasons
    if kind in ("unscanned", "outage"):
        return CoverageReason.NOT_SCANNED in reasons
    if kind == "alarmed":
        return CoverageReason.SCAN_ALARM in reasons
    return bool(reasons & (UNUSABLE if kind == "unusable" else CONTRADICTS))


def is_alarmed(car: CarTruth) -> bool:
    """Whether an operator raised an alarm on an image of it."""
    return any(one.decided_at is not None and not one.operator_clear for one in car.images)


def truth_of(one: CarCoverage, listed: Sequence[CarTruth], on_track: Sequence[CarTruth]) -> CarTruth | None:
    """Whose coverage it is: that of the car at its place on the list, or on the track if it names none on the list;
    None if there is no such place."""
    cars, place = (on_track, one.track_position) if one.consist_position is None else (listed, one.consist_position)
    return None if place is None or not 1 <= place <= len(cars) else cars[place - 1]


def false_name(one: CarCoverage, car: CarTruth | None, places: Mapping[CarTruth, int]) -> str:
    """What a coverage calls its car and it is not, NOTHING_THERE for a coverage of none; empty if that is all true."""
    if car is None:
        return NOTHING_THERE
    said, seen = one.discrepancy, car.track_position is not None
    if CarState.MISSING in (one.state, said) and seen:
        return CarState.MISSING
    if said is ConsistDiscrepancy.ADDED and (car in places or not places or not seen):
        return said
    if said is ConsistDiscrepancy.OUT_OF_SEQUENCE and not (car in places and set(OUT_OF_PLACE) & set(car.anomalies)):
        return said
    if said is ConsistDiscrepancy.MISIDENTIFIED and not car.tags_misread:
        return said
    return ""


def is_clearable(car: CarTruth, places: Mapping[CarTruth, int]) -> bool:
    """Whether a car is listed and seen, and all that devices and people said of it is right and clears it: a tag read
    and none misread with check bits that fit, its weight and load as listed, a usable image decided clear, no alarm.
    What no device can see, as contraband that nobody noticed, makes no difference."""
    return (
        car in places
        and car.kind is EquipmentKind.CAR
        and car.track_position is not None
        and "loaded_empty" not in car.anomalies
        and car.tags_read > 0
        and not car.tags_misled
        and not (car.weighed_wrong or car.load_misjudged or car.shielded)
        # Of an image from a pass in which nothing said whose it is, nothing may be concluded.
        and any(one.usable and one.operator_clear and one.pass_number in car.read_in for one in car.images)
        and all(one.operator_clear or (one.decided_at is None and one.machine_clear) for one in car.images)
    )


def is_truly_covered(train: TrainTruth, now_at: int) -> bool:
    """Whether every listed and every seen car was truly cleared by a time, and the train had passed."""
    listed = train.list_at(now_at)
    if listed is None or train.passed_at > now_at:
        return False
    if any(car.track_position is None for car in listed if car.kind is EquipmentKind.CAR):
        return False
    cars = [car for car in train.on_track() if car.kind is EquipmentKind.CAR]
    return all(car.cleared_at(car in listed, now_at) is not None for car in cars)


def could_be_covered(train: TrainTruth, now_at: int) -> bool:
    """Whether it was truly covered by a time, and whatever devices got wrong of a car a person has settled since."""
    places = {car: place for place, car in enumerate(train.list_at(now_at) or (), 1)}
    cars = [car for car in train.on_track() if car.kind is EquipmentKind.CAR]
    return is_truly_covered(train, now_at) and all(
        is_clearable(car, places) or any(one.at <= now_at and clears(one, car, places) for one in car.inspected)
        for car in cars
    )


def clears(one: Inspected, car: CarTruth, places: Mapping[CarTruth, int]) -> bool:
    """Whether an inspection clears its car and says which one that is: by a number that a list or a tag has, or by the
    place of a car that is not merely inferred from its place on the list."""
    is_known = car.tags_read > 0
    told = (one.by_number and (is_known or car in places)) or (one.by_place and (is_known or car not in places))
    return one.result is HandInspectionResult.CLEARED and told


def text_of(told: Sequence[CarCoverage]) -> str:
    """What was said, in short."""
    return (
        " and ".join(
            f"{one.coverage_id} track {one.track_position} {one.mark} {one.number} {one.state} {one.discrepancy} "
            f"{','.join(one.reasons)}"
            for one in told
        )
        or "nothing said"
    )
