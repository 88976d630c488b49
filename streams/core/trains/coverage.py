"""What is told of a car and of a train, as records."""

from typing import Final

from schemas.records import (
    CarCoverage,
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    OperatingMode,
    TrainCoverage,
)
from streams.core.trains.cars import Decision
from streams.core.trains.identities import mark_of, number_of, shown
from streams.core.trains.state import Pass, Train, Visit
from streams.core.trains.visits import VisitView

_R = CoverageReason
WHY: Final = {
    _R.CONTRABAND: "a hand inspection found contraband",
    _R.SCAN_ALARM: "an analyst raised an alarm on its image",
    _R.SEAL_CONTRADICTS: "its seals are broken or not those listed",
    _R.SHIELDED: "part of its image could not be penetrated",
    _R.LOAD_CONTRADICTS: "it is listed as loaded and seems empty, or the other way round",
    _R.WEIGHT_CONTRADICTS: "its weight is not the declared one",
    _R.NOT_ON_CONSIST: "it is on no list",
    _R.TAGS_DISAGREE: "its tags say different cars",
    _R.PASS_MIXED: "two trains came under the number of its pass, or its axles were counted anew",
    _R.SPAN_UNKNOWN: "it has the axles of two cars, and neither scale nor list says that it is one",
    _R.IDENTITY_UNKNOWN: "no tag says surely who it is or where it begins and ends",
    _R.NO_CONSIST: "there is no list of this train",
    _R.NOT_SEEN: "the train has passed without it",
    _R.SCAN_UNUSABLE: "its image cannot be used or shows only a part",
    _R.SCAN_SHARED: "its image shows other cars too and is not good enough",
    _R.NOT_SCANNED: "no image shows it",
    _R.SCAN_UNDECIDED: "no analyst has decided on its image",
}
TO_DO: Final = {
    CoverageAction.NONE: "nothing to do yet",
    CoverageAction.RESCAN: "scan it again",
    CoverageAction.OPERATOR_DECISION: "an analyst has to decide",
    CoverageAction.IDENTIFY: "somebody has to read its number",
    CoverageAction.HAND_INSPECTION: "somebody has to look into it",
    CoverageAction.FIND: "find out where it is",
    CoverageAction.UNKNOWN: "",
}
STATES: Final = {
    CarState.CLEARED: "cleared by scan",
    CarState.CLEARED_BY_HAND: "cleared by hand",
    CarState.EXEMPT: "not to be scanned",
    CarState.EXPECTED: "not seen yet",
    CarState.MISSING: "missing",
    CarState.OPEN: "not cleared",
    CarState.WITHDRAWN: "no car of this train after all, by later readings",
}
TONNE_KG: Final = 1_000.0


class Told:
    """What every record of a visit says alike. `at`: gateway time of the reading that decides."""

    def __init__(self, visit_id: str, port_code: str, mode: OperatingMode, visit: Visit, train: Train | None) -> None:
        self.visit_id = visit_id
        self.port_code = port_code
        self.mode = mode
        self.track_id = track_of(visit.pass_ids[0]) if visit.pass_ids else None
        if self.track_id is None and "/T:" not in visit_id:
            self.track_id = track_of(visit_id)
        self.train_id = None if train is None else train.train_id
        self.at = 0


def track_of(pass_id: str) -> str:
    """The track of a pass, `2304/R1`."""
    port, _, rest = pass_id.partition("/")
    return f"{port}/{rest.partition('/')[0]}"


def car_of(told: Told, name: str, revision: int, one: Decision | None) -> CarCoverage:
    """The record of one car; None for one that is withdrawn."""
    if one is None:
        one = Decision(EquipmentKind.UNKNOWN, CarState.WITHDRAWN, ConsistDiscrepancy.NONE, ())
    identity = one.identity
    return CarCoverage(
        coverage_id=f"{told.visit_id}/{name}",
        visit_id=told.visit_id,
        port_code=told.port_code,
        track_id=told.track_id,
        train_id=told.train_id,
        revision=revision,
        decided_at=told.at,
        operating_mode=told.mode,
        consist_position=one.position,
        track_position=one.number,
        kind=one.kind,
        mark=mark_of(identity) if identity else None,
        number=number_of(identity) if identity else None,
        state=one.state,
        discrepancy=one.discrepancy,
        reasons=one.reasons,
        action=one.action,
        scanned_well=one.scanned_well,
        weight_kg=one.weight_kg,
        declared_gross_weight_kg=one.declared_kg,
        explanation=explanation_of(one),
        reading_ids=one.reading_ids,
    )


def explanation_of(one: Decision) -> str:
    """One sentence for the person who acts on it."""
    words = f"{where_of(one)} is {STATES.get(one.state, 'not known')}"
    if one.discrepancy is ConsistDiscrepancy.OUT_OF_SEQUENCE:
        words += ", out of the list's order"
    elif one.discrepancy is ConsistDiscrepancy.MISIDENTIFIED:
        words += ", and its tags do not say what the list does"
    if not one.reasons:
        return words
    words += ": " + ", ".join([WHY[reason] for reason in one.reasons])
    if CoverageReason.WEIGHT_CONTRADICTS in one.reasons or CoverageReason.LOAD_CONTRADICTS in one.reasons:
        words += f" (measured {tonnes(one.weight_kg)}, declared {tonnes(one.declared_kg)})"
    return f"{words}; {TO_DO[one.action]}"


def where_of(one: Decision) -> str:
    """`car TTGX 123, 17th on the track`."""
    words = f"car {shown(one.identity)}" if one.identity else "a car without a certain number"
    if one.number is not None:
        words += f", place {one.number} on the track"
    elif one.position is not None:
        words += f", place {one.position} on the list"
    return words


def tonnes(weight_kg: float | None) -> str:
    """`61.2 t`."""
    return "unknown" if weight_kg is None else f"{weight_kg / TONNE_KG:.1f} t"


def said_of(view: VisitView, told: Told, entered_at: int | None, left_at: int | None, cars_expected: int) -> str:
    """What of a train is news when it changes."""
    counts = view.counts
    parts = (
        told.train_id,
        told.track_id,
        entered_at is None,
        left_at is None,
        view.train.released_at if view.train is not None else 0,
        view.consist.revision if view.consist is not None else 0,
        is_backwards(view),
        cars_expected,
        counts.seen,
        counts.scanned_well,
        counts.cleared,
        counts.open,
        counts.missing,
        counts.added,
        counts.out_of_sequence,
        view.is_coverable,
        view.is_covered,
    )
    return " ".join([str(part) for part in parts])


def is_backwards(view: VisitView) -> bool:
    """Whether the train passed tail first, the first time."""
    return bool(view.passes) and view.passes[0].alignment.backwards


def train_of(
    view: VisitView,
    told: Told,
    revision: int,
    passes: list[Pass],
    readings_sha256: str | None,
    cars_sha256: str | None,
) -> TrainCoverage:
    """The record of a train; signed off if it has digests."""
    train, counts = view.train, view.counts
    released_at = train.released_at if train is not None else 0
    return TrainCoverage(
        visit_id=told.visit_id,
        port_code=told.port_code,
        track_id=told.track_id,
        train_id=told.train_id,
        revision=revision,
        decided_at=told.at,
        operating_mode=told.mode,
        entered_at=entered_of(passes),
        left_at=left_of(passes),
        released_at=released_at or None,
        released_by_officer_id=train.released_by if train is not None and released_at else None,
        consist_revision=None if view.consist is None else view.consist.revision,
        backwards=is_backwards(view),
        cars_expected=expected_of(view),
        cars_seen=counts.seen,
        cars_scanned_well=counts.scanned_well,
        cars_cleared=counts.cleared,
        cars_open=counts.open,
        cars_missing=counts.missing,
        cars_added=counts.added,
        cars_out_of_sequence=counts.out_of_sequence,
        coverable=view.is_coverable,
        covered=view.is_covered,
        readings_count=sum([one.readings_count for one in passes]) + (0 if train is None else train.readings_count),
        readings_sha256=readings_sha256,
        cars_sha256=cars_sha256,
    )


def expected_of(view: VisitView) -> int:
    """Cars on the list, without locomotives and devices."""
    return 0 if view.list is None else view.list.cars


def entered_of(passes: list[Pass]) -> int | None:
    """When the head of the train came first."""
    return min([one.entered_at for one in passes if one.entered_at is not None], default=None)


def left_of(passes: list[Pass]) -> int | None:
    """When its tail left last."""
    return max([one.left_at for one in passes if one.left_at is not None], default=None)
