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
"""

from collections.abc import Mapping, Sequence
from typing import Final

from deploy.evaluation.rail.tally import Tally
from producers.simulator.rail.truth import CarTruth, TrainTruth
from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    CoverageReason,
    EquipmentKind,
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
        self._false(train, found, places)
        self._cleared(train, said, places, now_at)
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
        count += sum(one.state in UNFINISHED for one in said.cars.values())
        if count:
            self._tally.example(f"{self._where} {train.train_id}: {count} violations of one state")
        return count

    def _false(
        self, train: TrainTruth, found: Mapping[CarTruth, Sequence[CarCoverage]], places: Mapping[CarTruth, int]
    ) -> None:
        """Cars of which nothing is wrong, and what they are named for all the same."""
        clean = named = missing = 0
        for car, told in found.items():
            if car.track_position is not None and any(one.state is CarState.MISSING for one in told):
                missing += 1
                self._note(train, "falsely missing", car, told)
            if not is_clean(car, places):
                continue
            clean += 1
            wrong = [one for one in told if one.state is not CarState.CLEARED or one.discrepancy is not NOTHING]
            if wrong:
                named += 1
                for reason in {*wrong[0].reasons, wrong[0].discrepancy} - {NOTHING}:
                    self._tally.counts[f"falsely named {reason}"] += 1
                self._note(train, "falsely named", car, told)
        self._tally.share("falsely named", named, clean)
        self._tally.counts["falsely_missing"] += missing

    def _cleared(self, train: TrainTruth, said: Said, places: Mapping[CarTruth, int], now_at: int) -> None:
        """Cars that are told to be cleared, and are not by what is true."""
        cars = {place: car for car, place in places.items()}
        for one in said.cars.values():
            if one.state is not CarState.CLEARED or one.kind is not EquipmentKind.CAR:
                continue
            car = None if one.consist_position is None else cars.get(one.consist_position)
            if car is None or car.track_position is None or not is_cleared(car, True, now_at):
                self._tally.counts["falsely_cleared"] += 1
                self._tally.example(f"{self._where} {train.train_id}: falsely cleared {text_of([one])}")

    def _note(self, train: TrainTruth, what: str, car: CarTruth, told: Sequence[CarCoverage]) -> None:
        place = f"track {car.track_position}, list {car.list_position}"
        tags = f"tags {car.tags_read} read, {car.tags_lost} lost, {car.tags_misread} misread"
        self._tally.example(
            f"{self._where} {train.train_id}: {what}: {car.mark} {car.number} ({car.car_type}, {place}, {tags}, "
            f"{','.join(car.anomalies) or 'nothing wrong'}): {text_of(told)}"
        )


NOTHING: Final = ConsistDiscrepancy.NONE


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


def is_clean(car: CarTruth, places: Mapping[CarTruth, int]) -> bool:
    """Whether nothing is wrong with a car and all devices saw it as it is: a name for it is a false one."""
    return (
        car in places
        and car.track_position is not None
        and not set(car.anomalies) - {"seal_broken"}  # which nobody has looked at yet
        and car.tags_read > 0
        and not car.tags_misread
        and car.weighed > 0
        and not (car.weighed_wrong or car.load_misjudged or car.shielded)
        # Of an image from a pass in which nothing said whose it is, nothing may be concluded.
        and any(one.usable and one.operator_clear and one.pass_number in car.read_in for one in car.images)
        and all(one.operator_clear or (one.decided_at is None and one.machine_clear) for one in car.images)
    )


def is_cleared(car: CarTruth, listed: bool, now_at: int) -> bool:
    """Whether all that clears a car had reached the log by a time."""
    cleared_at = car.cleared_at(listed)
    return cleared_at is not None and cleared_at <= now_at


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
