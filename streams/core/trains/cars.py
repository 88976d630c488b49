"""What one car comes to: its state, why, and what somebody has to do about it.

| reason, most urgent first | when | action |
|---|---|---|
| CONTRABAND | a hand inspection found some | HAND_INSPECTION |
| SCAN_ALARM | an analyst raised an alarm on an image that shows any of the car | HAND_INSPECTION |
| SEAL_CONTRADICTS | seals broken, or others than listed | HAND_INSPECTION |
| SHIELDED | part of the image could not be penetrated | HAND_INSPECTION |
| LOAD_CONTRADICTS | listed empty, but heavy or seen loaded; listed loaded, but light or seen empty | HAND_INSPECTION |
| WEIGHT_CONTRADICTS | the scale and the declared weight differ by more than both may err | HAND_INSPECTION |
| NOT_ON_CONSIST | on no list | IDENTIFY |
| TAGS_DISAGREE | its tags say different cars, and no misread explains it | IDENTIFY |
| IDENTITY_UNKNOWN | no tag says surely who it is, or where it begins and ends is not sure | IDENTIFY |
| NO_CONSIST | there is no list to hold it against | IDENTIFY |
| NOT_SEEN | listed, and the train has passed without it | FIND |
| SCAN_UNUSABLE, SCAN_SHARED, NOT_SCANNED | no image of the whole car that can be decided on | RESCAN |
| SCAN_UNDECIDED | no analyst has decided, or the software's alarm waits for one | OPERATOR_DECISION |

A car is CLEARED only if nothing of this stands: its own tags say that it is the listed one, its axles are certain, a
usable image shows all of them, and an analyst cleared that image. The analyst's word counts, not the software's, whose
alarms are what analysts are there for. A listed locomotive is EXEMPT by its own tags, one on no list is not; neither is
one with an alarm, contraband or contradicting seals. A person at the car clears what a scan leaves open, but neither
broken seals nor what another person found. Nothing that is inferred from a car's place clears it.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from schemas.records import (
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
    LoadState,
    ScanDecision,
    ScanQuality,
)
from streams.core.trains.car import Car
from streams.core.trains.state import Hand, Listed, Scanned

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

READING_IDS_MAX: Final = 16
DIGEST_BYTES: Final = 8

_R = CoverageReason
ACTIONS: Final = {
    _R.CONTRABAND: CoverageAction.HAND_INSPECTION,
    _R.SCAN_ALARM: CoverageAction.HAND_INSPECTION,
    _R.SEAL_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.SHIELDED: CoverageAction.HAND_INSPECTION,
    _R.LOAD_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.WEIGHT_CONTRADICTS: CoverageAction.HAND_INSPECTION,
    _R.NOT_ON_CONSIST: CoverageAction.IDENTIFY,
    _R.TAGS_DISAGREE: CoverageAction.IDENTIFY,
    _R.IDENTITY_UNKNOWN: CoverageAction.IDENTIFY,
    _R.NO_CONSIST: CoverageAction.IDENTIFY,
    _R.NOT_SEEN: CoverageAction.FIND,
    _R.SCAN_UNUSABLE: CoverageAction.RESCAN,
    _R.SCAN_SHARED: CoverageAction.RESCAN,
    _R.NOT_SCANNED: CoverageAction.RESCAN,
    _R.SCAN_UNDECIDED: CoverageAction.OPERATOR_DECISION,
}
URGENCY: Final = {reason: rank for rank, reason in enumerate(ACTIONS)}
SCAN_REASONS: Final = frozenset({_R.SCAN_UNUSABLE, _R.SCAN_SHARED, _R.NOT_SCANNED, _R.SCAN_UNDECIDED})
# What a person who looks into a car and clears it leaves standing.
NOT_BY_HAND: Final = frozenset({_R.CONTRABAND, _R.SEAL_CONTRADICTS})


class Sighting:
    """A car on the track in one pass. `place`: on the list, from 0, -1 if on none; `number`: from 1 as the cars passed;
    `certain`: its own tags say who it is and its axles are sure; `disagree`: its tags say different cars; `was_due`: it
    is past the scanner; `shared`: ids of scans that show other cars too."""

    def __init__(self, car: Car, place: int, number: int, certain: bool, disagree: bool, in_order: bool) -> None:
        self.car = car
        self.place = place
        self.number = number
        self.certain = certain
        self.disagree = disagree
        self.in_order = in_order
        self.was_due = False
        self.shared: frozenset[str] = frozenset()

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


class Decision:
    """What a car comes to."""

    def __init__(
        self, kind: EquipmentKind, state: CarState, discrepancy: ConsistDiscrepancy, reasons: Sequence[CoverageReason]
    ) -> None:
        self.kind = kind
        self.state = state
        self.discrepancy = discrepancy
        self.reasons = tuple(sorted(set(reasons), key=_urgency))
        self.action = ACTIONS[self.reasons[0]] if self.reasons else CoverageAction.NONE
        self.identity = ""
        self.position: int | None = None
        self.number: int | None = None
        self.scanned_well = False
        self.usable = False
        self.due = False
        self.seen = False
        self.settled = False
        self.weight_kg: float | None = None
        self.declared_kg: float | None = None
        self.reading_ids: tuple[str, ...] = ()
        self.images: tuple[tuple[str, str], ...] = ()
        self.note = ""

    @property
    def rest(self) -> bytes:
        """A digest of what else is told of it: where it is, what it weighs, what that rests on."""
        told = f"{self.number} {self.position} {self.weight_kg} {self.identity} {self.kind} {self.reading_ids}"
        return hashlib.blake2b(told.encode(), digest_size=DIGEST_BYTES).digest()

    @property
    def said(self) -> str:
        """What of it is news when it changes."""
        reasons = ",".join(self.reasons)
        return f"{self.state} {self.discrepancy} {self.action} {self.scanned_well} {reasons}"


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


def decide_listed(
    listed: Listed, identity: str, sightings: Sequence[Sighting], hands: Sequence[Hand], passed: bool
) -> Decision:
    """What a listed car comes to. `passed`: the whole train has."""
    if not sightings:
        return _unseen(listed, identity, hands, passed)
    certain = [one for one in sightings if one.certain]
    counted = certain or sightings
    scanning = Scanning(counted)
    discrepancy = ConsistDiscrepancy.NONE
    reasons: list[CoverageReason] = []
    if any(one.disagree for one in sightings):
        reasons.append(_R.TAGS_DISAGREE)
    elif not certain:
        reasons.append(_R.IDENTITY_UNKNOWN)
    if certain:
        reasons += scanning.doubts([one for one in sightings if not one.certain])
    else:
        if any(one.car.claims and listed.identity not in one.car.claims for one in sightings):
            discrepancy = ConsistDiscrepancy.MISIDENTIFIED
    if discrepancy is ConsistDiscrepancy.NONE and not any(one.in_order for one in counted):
        discrepancy = ConsistDiscrepancy.OUT_OF_SEQUENCE
    if listed.kind is EquipmentKind.LOCOMOTIVE and certain:
        made = _exempt(listed.kind, discrepancy, [*reasons, *scanning.alarms], hands, listed.seals)
    else:
        reasons += scanning.reasons
        reasons += contradictions(listed, sightings, scanning.loads)
        made = _with_hands(listed.kind, discrepancy, reasons, hands, listed.seals)
    made.weight_kg = weight_of(counted)
    if _R.WEIGHT_CONTRADICTS in made.reasons and listed.declared_kg:
        made.weight_kg = max([(abs(one - listed.declared_kg), one) for one in weights_of(sightings)])[1]
    return _filled(made, identity, sightings, scanning, hands, listed)


def decide_unlisted(identity: str, sightings: Sequence[Sighting], hands: Sequence[Hand], has_consist: bool) -> Decision:
    """What a car comes to that is on no list. `identity`: empty if its tags do not say it surely."""
    scanning = Scanning(sightings)
    kinds = {kind for one in sightings for kind in one.car.kinds}
    discrepancy = ConsistDiscrepancy.ADDED if has_consist else ConsistDiscrepancy.UNKNOWN
    sides = max([sides.bit_count() for one in sightings for sides in one.car.claims.values()], default=0)
    settled = sides > 1 or any(one.was_due for one in sightings)
    is_locomotive = kinds == {EquipmentKind.LOCOMOTIVE} and identity and all(one.car.sure for one in sightings)
    if is_locomotive and sides > 1 and not has_consist:
        made = _exempt(EquipmentKind.LOCOMOTIVE, discrepancy, scanning.alarms, hands, ())
    else:
        reasons = [_R.NOT_ON_CONSIST if has_consist else _R.NO_CONSIST, *scanning.reasons]
        if any(one.disagree for one in sightings):
            reasons.append(_R.TAGS_DISAGREE)
        if not identity or not all(one.car.sure for one in sightings):
            reasons.append(_R.IDENTITY_UNKNOWN)
        kind = kinds.pop() if len(kinds) == 1 else EquipmentKind.UNKNOWN
        made = _with_hands(kind, discrepancy, reasons, hands, ())
    made.settled = settled
    made.weight_kg = weight_of(sightings)
    return _filled(made, identity, sightings, scanning, hands, None)


def _exempt(
    kind: EquipmentKind,
    discrepancy: ConsistDiscrepancy,
    found: list[CoverageReason],
    hands: Sequence[Hand],
    seals: Sequence[str],
) -> Decision:
    """What need not be scanned is exempt unless somebody found something at it nevertheless."""
    made = _with_hands(kind, discrepancy, found, hands, seals)
    return made if made.state is CarState.OPEN else Decision(kind, CarState.EXEMPT, discrepancy, ())


def _unseen(listed: Listed, identity: str, hands: Sequence[Hand], passed: bool) -> Decision:
    if listed.kind is not EquipmentKind.CAR:
        made = _exempt(listed.kind, ConsistDiscrepancy.NONE, [], hands, listed.seals)
    elif not passed:
        made = Decision(listed.kind, CarState.EXPECTED, ConsistDiscrepancy.NONE, ())
    elif any(hand.result is not HandInspectionResult.NOT_COMPLETED for hand in hands):  # a person saw it
        made = _with_hands(listed.kind, ConsistDiscrepancy.NONE, [_R.NOT_SCANNED], hands, listed.seals)
    else:
        made = Decision(listed.kind, CarState.MISSING, ConsistDiscrepancy.MISSING, [_R.NOT_SEEN])
    made.identity = identity
    made.position = listed.position
    made.declared_kg = listed.declared_kg
    made.reading_ids = tuple([hand.reading_id for hand in hands])[:READING_IDS_MAX]
    return made


def _with_hands(
    kind: EquipmentKind,
    discrepancy: ConsistDiscrepancy,
    reasons: list[CoverageReason],
    hands: Sequence[Hand],
    seals: Sequence[str],
) -> Decision:
    """The state, by what scans leave open and what people found at the car."""
    state = CarState.CLEARED
    results = {hand.result for hand in hands}
    if HandInspectionResult.CLEARED in results:
        reasons, state = [], CarState.CLEARED_BY_HAND
    if HandInspectionResult.CONTRABAND in results:
        reasons = [*reasons, _R.CONTRABAND]
    if any(_seals_contradict(hand, seals) for hand in hands):
        reasons = [*reasons, _R.SEAL_CONTRADICTS]
    return Decision(kind, CarState.OPEN if reasons else state, discrepancy, reasons)


def _seals_contradict(hand: Hand, listed: Sequence[str]) -> bool:
    if hand.seals_intact is False:
        return True
    return bool(listed and hand.seals) and set(listed) != set(hand.seals)


def _filled(
    made: Decision,
    identity: str,
    sightings: Sequence[Sighting],
    scanning: Scanning,
    hands: Sequence[Hand],
    listed: Listed | None,
) -> Decision:
    made.identity = identity
    made.seen = True
    made.scanned_well = scanning.well
    made.usable = scanning.usable
    made.due = any(one.was_due for one in sightings)
    made.images = tuple(scanning.images)
    made.number = sightings[0].number
    if made.state is CarState.OPEN and not made.due and made.action is CoverageAction.RESCAN:
        made.action = CoverageAction.NONE  # it has not come to the scanner yet
    if listed is not None:
        made.position = listed.position
        made.declared_kg = listed.declared_kg
        made.settled = True
    ids: list[str] = []
    for one in sightings:
        car = one.car
        ids += [tag.reading_id for tag in car.tags]
        ids += [weighed.reading_id for weighed in car.weighings]
        for scanned in car.scans:
            ids += scanned.reading_ids
    ids += [hand.reading_id for hand in hands]
    made.reading_ids = tuple(ids[:READING_IDS_MAX])
    return made


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


def _urgency(reason: CoverageReason) -> int:
    return URGENCY[reason]


def _best(reason: CoverageReason) -> int:
    """Of several images of a car the best one tells what is left to do."""
    return -URGENCY[reason]
