"""A car as it was sighted in a pass, and what its images and weighings come to."""

from collections.abc import Sequence
from typing import Final

from schemas.records import CoverageReason, LoadState, ScanDecision, ScanQuality
from streams.core.trains.car import Car
from streams.core.trains.reasons import SCAN_REASONS, urgency_of
from streams.core.trains.state import Listed, Scanned

# Coupled-in-motion weights of one car are allowed three times the static tolerance of 0.2 % (NIST Handbook 44, section
# 2.20, T.N.3.6): a scale that is in order errs by no more.
SCALE_TOLERANCE: Final = 0.006
# What shippers declare: rounded, with a tare from a table [assumed]. Less would contradict honest cars every day.
DECLARED_TOLERANCE: Final = 0.10
DECLARED_TOLERANCE_KG: Final = 5_000.0
# By axle: empty cars weigh 5.5 to 11 t an axle (tank cars and autoracks the most), full ones up to 32.4 t (286,000 lb
# on four axles) [assumed where it is between].
EMPTY_AXLE_KG_MAX: Final = 13_000.0
LOADED_AXLE_KG_MIN: Final = 5_000.0

_R = CoverageReason


class Sighting:
    """A car on the track in one pass. `place`: on the list, from 0, -1 if on none; `number`: from 1 as the cars passed;
    `certain`: its own tags say who it is and its axles are sure; `disagree`: its tags say different cars; `was_due`: it
    is past the scanner; `shared`: ids of scans that show other cars too; `began_at`: when the pass began; `is_span`:
    it has the axles of two cars, and neither scale nor list says that it is one; `is_mixed`: two trains came under the
    number of its pass."""

    def __init__(self, car: Car, place: int, number: int, certain: bool, disagree: bool, in_order: bool) -> None:
        self.car = car
        self.place = place
        self.number = number
        self.certain = certain
        self.disagree = disagree
        self.in_order = in_order
        self.was_due = False
        self.shared: frozenset[str] = frozenset()
        self.began_at = 0
        self.is_span = False
        self.is_mixed = False

    def is_same(self, other: "Sighting") -> bool:
        """Whether a decision on it would be the same as on another."""
        return (
            self.car is other.car
            and self.place == other.place
            and self.certain is other.certain
            and self.disagree is other.disagree
            and self.in_order is other.in_order
            and self.shared == other.shared
        )


class Scanning:
    """What a car's scans come to. One that shows a part of the car clears nothing, and an alarm on it is one."""

    def __init__(self, sightings: Sequence[Sighting]) -> None:
        self.reasons: list[CoverageReason] = []
        self.well = False
        self.usable = False
        self.loads: set[bool] = set()
        """Whether images of this car alone show a load; a part of it may show one, not that there is none."""
        self.images: list[tuple[str, str]] = []
        problems: set[CoverageReason] = set()
        shielded = False
        for sighting in sightings:
            car = sighting.car
            for scanned in car.scans:
                is_whole = scanned.first <= car.first and scanned.last >= car.last
                is_shared = scanned.scan_id in sighting.shared
                shielded |= scanned.shielded
                if scanned.loaded is not None and not is_shared and (scanned.loaded or (is_whole and scanned.usable)):
                    self.loads.add(scanned.loaded)
                if scanned.operator is ScanDecision.ALARM:
                    self.reasons.append(_R.SCAN_ALARM)
                    if scanned.image_uri:
                        self.images.append((scanned.image_uri, scanned.image_sha256))
                    self.usable |= is_whole and scanned.usable
                    self.well |= is_whole and scanned.usable
                elif scanned.machine is ScanDecision.ALARM and scanned.operator is not ScanDecision.CLEAR:
                    self.reasons.append(_R.SCAN_UNDECIDED)
                    self.usable |= is_whole and scanned.usable
                elif not is_whole:
                    problems.add(_R.SCAN_UNUSABLE)
                else:
                    problem = self._plain(scanned, is_shared)
                    if problem is not None:
                        problems.add(problem)
        if shielded:
            self.reasons.append(_R.SHIELDED)
        if not self.well and not self.reasons:
            if not problems:
                problems.add(_R.NOT_SCANNED)
            self.reasons.append(sorted(problems, key=_best)[0])

    @property
    def alarms(self) -> list[CoverageReason]:
        """What opens even what need not be scanned."""
        return [reason for reason in self.reasons if reason is _R.SCAN_ALARM]

    def doubts(self, uncertain: Sequence[Sighting]) -> list[CoverageReason]:
        """What sightings in other passes say against a car that may be this one: alarms and shielding, and, as it may
        be another car at its place, all that an image of its own leaves open."""
        reasons: list[CoverageReason] = []
        for one in uncertain:
            own = Scanning([one])
            self.images += own.images
            self.loads |= own.loads
            if not own.well and one.was_due:
                reasons += [_R.IDENTITY_UNKNOWN, *own.reasons]
            reasons += [reason for reason in own.reasons if reason not in SCAN_REASONS]
        return reasons

    def _plain(self, scanned: Scanned, is_shared: bool) -> CoverageReason | None:
        """What is wrong with an image of a whole car on which nobody raised an alarm."""
        if not scanned.usable:
            return _R.SCAN_UNUSABLE
        if is_shared and scanned.quality is not ScanQuality.GOOD:
            return _R.SCAN_SHARED
        self.usable = True
        if scanned.operator is not ScanDecision.CLEAR:
            return _R.SCAN_UNDECIDED
        self.well = True
        return None


def weights_of(sightings: Sequence[Sighting]) -> list[float]:
    """A car's weighings in kg."""
    return [weighed.gross_kg for one in sightings for weighed in one.car.weighings]


def weight_of(sightings: Sequence[Sighting]) -> float | None:
    """Mean of a car's weighings in kg, None without any."""
    weights = weights_of(sightings)
    return sum(weights) / len(weights) if weights else None


def contradictions(listed: Listed, sightings: Sequence[Sighting], loads: set[bool]) -> list[CoverageReason]:
    """What any weighing or image says against the list: another one that agrees with it takes nothing back."""
    made: list[CoverageReason] = []
    empty, loaded = listed.load_state is LoadState.EMPTY, listed.load_state is LoadState.LOADED
    if (empty and True in loads) or (loaded and False in loads):
        made.append(_R.LOAD_CONTRADICTS)
    for one in sightings:
        for weight_kg in weights_of([one]):
            by_axle_kg = weight_kg / one.car.axles
            if (empty and by_axle_kg > EMPTY_AXLE_KG_MAX) or (loaded and by_axle_kg < LOADED_AXLE_KG_MIN):
                made.append(_R.LOAD_CONTRADICTS)
            declared_kg = listed.declared_kg or weight_kg
            tolerance_kg = SCALE_TOLERANCE * weight_kg + max(DECLARED_TOLERANCE * declared_kg, DECLARED_TOLERANCE_KG)
            if abs(weight_kg - declared_kg) > tolerance_kg:
                made.append(_R.WEIGHT_CONTRADICTS)
    return made


def undivided(sightings: Sequence[Sighting]) -> list[CoverageReason]:
    """Why what was sighted may be more than one car, or another train's, in every pass."""
    reasons: list[CoverageReason] = []
    if sightings and all(one.is_span for one in sightings):
        reasons.append(_R.SPAN_UNKNOWN)
    if sightings and all(one.is_mixed for one in sightings):
        reasons.append(_R.PASS_MIXED)
    return reasons


def reported_after(sightings: Sequence[Sighting], at: int) -> list[CoverageReason]:
    """What images say against a car that was not known at a time: alarms reported since, shielding on images taken
    since."""
    made: list[CoverageReason] = []
    for scanned in [one for sighting in sightings for one in sighting.car.scans]:
        if scanned.reported_at > at:
            if scanned.operator is ScanDecision.ALARM:
                made.append(_R.SCAN_ALARM)
            elif scanned.machine is ScanDecision.ALARM and scanned.operator is not ScanDecision.CLEAR:
                made.append(_R.SCAN_UNDECIDED)
        if scanned.ended_at > at and scanned.shielded:
            made.append(_R.SHIELDED)
    return made


def _best(reason: CoverageReason) -> int:
    """Of several images of a car the best one tells what is left to do."""
    return -urgency_of(reason)
