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
| PASS_MIXED | two trains came under its pass's number, or its axles were counted anew | RESCAN |
| SPAN_UNKNOWN | it has the axles of two cars, and neither scale nor list says that it is one | RESCAN |
| IDENTITY_UNKNOWN | no tag says surely who it is, or where it begins and ends is not sure | IDENTIFY |
| NO_CONSIST | there is no list to hold it against | IDENTIFY |
| NOT_SEEN | listed, and the train has passed without it | FIND |
| SCAN_UNUSABLE, SCAN_SHARED, NOT_SCANNED | no image of the whole car that can be decided on | RESCAN |
| SCAN_UNDECIDED | no analyst has decided, or the software's alarm waits for one | OPERATOR_DECISION |

A car is CLEARED only if nothing of this stands: its own tags say that it is the listed one, its axles are certain, a
usable image shows all of them, and an analyst cleared that image. The analyst's word counts, not the software's, whose
alarms are what analysts are there for. A listed locomotive is EXEMPT by its own tags, one on no list is not; neither is
one with an alarm, contraband or contradicting seals. A person at the car clears what a scan leaves open, but neither
broken seals nor what another person found, nor an alarm that was reported, shielding that was imaged, or a pass that
began after the inspection: of that it answers only what it did cover, that there is no good image or no list. Nothing
that is inferred from a car's place clears it.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from schemas.records import (
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
)
from streams.core.trains.reasons import ACTIONS, ANSWERED_BEFORE, urgency_of
from streams.core.trains.sightings import (
    Scanning,
    Sighting,
    contradictions,
    reported_after,
    undivided,
    weight_of,
    weights_of,
)
from streams.core.trains.state import Hand, Listed

READING_IDS_MAX: Final = 16
DIGEST_BYTES: Final = 8

_R = CoverageReason


class Decision:
    """What a car comes to."""

    def __init__(
        self, kind: EquipmentKind, state: CarState, discrepancy: ConsistDiscrepancy, reasons: Sequence[CoverageReason]
    ) -> None:
        self.kind = kind
        self.state = state
        self.discrepancy = discrepancy
        self.reasons = tuple(sorted(set(reasons), key=urgency_of))
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


def decide_listed(
    listed: Listed, identity: str, sightings: Sequence[Sighting], hands: Sequence[Hand], passed_at: int | None
) -> Decision:
    """What a listed car comes to. `passed_at`: when the whole train began to pass, 0 if it was let go unseen, None if
    it has not passed."""
    if not sightings:
        return _unseen(listed, identity, hands, passed_at)
    certain = certain_of(listed, sightings)
    counted = certain or sightings
    discrepancy = ConsistDiscrepancy.NONE
    if not certain and any(one.car.claims and listed.identity not in one.car.claims for one in sightings):
        discrepancy = ConsistDiscrepancy.MISIDENTIFIED
    elif not any(one.in_order for one in counted):
        discrepancy = ConsistDiscrepancy.OUT_OF_SEQUENCE
    is_exempt = listed.kind is EquipmentKind.LOCOMOTIVE and bool(certain)
    scanning, reasons = _found(listed, sightings, is_exempt)
    standing = _unanswered(reasons, sightings, hands, lambda later: _found(listed, later, is_exempt)[1])
    made = _with_hands(listed.kind, discrepancy, reasons, standing, hands, listed.seals)
    if is_exempt and made.state is not CarState.OPEN:
        made = Decision(listed.kind, CarState.EXEMPT, discrepancy, ())
    made.weight_kg = weight_of(counted)
    if _R.WEIGHT_CONTRADICTS in made.reasons and listed.declared_kg:
        made.weight_kg = max([(abs(one - listed.declared_kg), one) for one in weights_of(sightings)])[1]
    return _filled(made, identity, sightings, scanning, hands, listed)


def certain_of(listed: Listed, sightings: Sequence[Sighting]) -> list[Sighting]:
    """Sightings that are certainly the listed car. Images of a pass that was two trains may be another car's; of what
    need not be scanned there are none."""
    is_car = listed.kind is EquipmentKind.CAR
    return [one for one in sightings if one.certain and not (one.is_mixed and is_car)]


def _found(listed: Listed, sightings: Sequence[Sighting], is_exempt: bool) -> tuple[Scanning, list[CoverageReason]]:
    """What speaks against a listed car. What need not be scanned is open only if somebody found something at it."""
    certain = certain_of(listed, sightings)
    scanning = Scanning(certain or sightings)
    reasons: list[CoverageReason] = []
    if any(one.disagree for one in sightings):
        reasons.append(_R.TAGS_DISAGREE)
    elif not certain:
        reasons.append(_R.IDENTITY_UNKNOWN)
    if certain:
        reasons += scanning.doubts([one for one in sightings if one not in certain])
    else:
        reasons += undivided(sightings)
    if is_exempt:
        return scanning, [*reasons, *scanning.alarms]
    return scanning, [*reasons, *scanning.reasons, *contradictions(listed, sightings, scanning.loads)]


def decide_unlisted(identity: str, sightings: Sequence[Sighting], hands: Sequence[Hand], has_consist: bool) -> Decision:
    """What a car comes to that is on no list. `identity`: empty if its tags do not say it surely."""
    kinds = {kind for one in sightings for kind in one.car.kinds}
    discrepancy = ConsistDiscrepancy.ADDED if has_consist else ConsistDiscrepancy.UNKNOWN
    sides = max([sides.bit_count() for one in sightings for sides in one.car.claims.values()], default=0)
    is_sure = bool(identity) and all(one.car.sure for one in sightings)
    is_exempt = kinds == {EquipmentKind.LOCOMOTIVE} and is_sure and sides > 1 and not has_consist
    is_exempt = is_exempt and not undivided(sightings)
    kind = next(iter(kinds)) if len(kinds) == 1 else EquipmentKind.UNKNOWN

    def found(some: Sequence[Sighting]) -> tuple[Scanning, list[CoverageReason]]:
        scanning = Scanning(some)
        if is_exempt:
            return scanning, scanning.alarms
        reasons = [_R.NOT_ON_CONSIST if has_consist else _R.NO_CONSIST, *scanning.reasons]
        if any(one.disagree for one in some):
            reasons.append(_R.TAGS_DISAGREE)
        if not is_sure:
            reasons.append(_R.IDENTITY_UNKNOWN)
        reasons += undivided(some)
        return scanning, reasons

    scanning, reasons = found(sightings)
    standing = _unanswered(reasons, sightings, hands, lambda later: found(later)[1])
    made = _with_hands(kind, discrepancy, reasons, standing, hands, ())
    if is_exempt and made.state is not CarState.OPEN:
        made = Decision(kind, CarState.EXEMPT, discrepancy, ())
    made.settled = sides > 1 or any(one.was_due for one in sightings)
    made.weight_kg = weight_of(sightings)
    return _filled(made, identity, sightings, scanning, hands, None)


def _unanswered(
    reasons: Sequence[CoverageReason],
    sightings: Sequence[Sighting],
    hands: Sequence[Hand],
    reasons_of: Callable[[Sequence[Sighting]], list[CoverageReason]],
) -> list[CoverageReason]:
    """What the last inspection that cleared a car does not answer: what passes that began after it say against it, but
    for what it did cover, what was found since on images from before, and that there may be a second car."""
    if not hands:
        return list(reasons)
    cleared_at = max([hand.observed_at for hand in hands if hand.result is HandInspectionResult.CLEARED], default=None)
    if cleared_at is None:
        return list(reasons)
    later = [one for one in sightings if one.began_at > cleared_at]
    said = [one for one in reasons_of(later) if one not in ANSWERED_BEFORE] if later else []
    hidden = [one for one in reasons if one is _R.SPAN_UNKNOWN]  # a person looked into one car, and there may be two
    return [*hidden, *[one for one in (*said, *reported_after(sightings, cleared_at)) if one in reasons]]


def _unseen(listed: Listed, identity: str, hands: Sequence[Hand], passed_at: int | None) -> Decision:
    """What a listed car comes to that no pass shows. A person who saw it since the train passed knows where it is."""
    found = [
        hand
        for hand in hands
        if hand.result is HandInspectionResult.CONTRABAND
        or (hand.result is HandInspectionResult.CLEARED and passed_at is not None and hand.observed_at >= passed_at)
    ]
    if listed.kind is not EquipmentKind.CAR:
        made = _with_hands(listed.kind, ConsistDiscrepancy.NONE, [], [], hands, listed.seals)
        if made.state is not CarState.OPEN:
            made = Decision(listed.kind, CarState.EXEMPT, ConsistDiscrepancy.NONE, ())
    elif passed_at is None:
        made = Decision(listed.kind, CarState.EXPECTED, ConsistDiscrepancy.NONE, ())
    elif found:
        made = _with_hands(listed.kind, ConsistDiscrepancy.NONE, [_R.NOT_SCANNED], [], hands, listed.seals)
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
    reasons: Sequence[CoverageReason],
    standing: Sequence[CoverageReason],
    hands: Sequence[Hand],
    seals: Sequence[str],
) -> Decision:
    """The state, by what scans leave open and what people found at the car. `standing`: what an inspection that cleared
    it does not answer."""
    state = CarState.CLEARED
    results = {hand.result for hand in hands}
    if HandInspectionResult.CLEARED in results:
        reasons, state = standing, CarState.CLEARED_BY_HAND
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
