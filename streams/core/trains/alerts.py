"""What a person must act on in a train: one incident per car, one per train that cannot be covered, one per release.

| kind | raised when | severity |
|---|---|---|
| CAR_NOT_CLEARED | a hand inspection found contraband | EXTREME |
| CAR_NOT_CLEARED | an analyst raised an alarm | SEVERE |
| CAR_NOT_CLEARED | a car is on no list, by both of its tags or past the scanner | SEVERE |
| CAR_NOT_CLEARED | shielding; weight, load or seals against the list; tags disagree; a car is missing | MODERATE |
| TRAIN_NOT_COVERABLE | five cars in a row have passed the scanner without a usable image | SEVERE |
| RELEASED_UNCOVERED | the train was let go, and a car is added, missing, or an alarm or contraband stands | EXTREME |
| RELEASED_UNCOVERED | the train was let go, and a car is open for any other reason | SEVERE |

A car that only waits, for its scan, for an analyst or for somebody who reads its number, has no alert: it stands in its
coverage with what is to be done, a train has a hundred of them at a time, and none may leave anyway. Nor have the cars
of a train without a list for being on none, since they all are, or those missing or on no list beyond ten of a train:
its release tells how many, and those that are left when they are ten or fewer are told after all. An incident is told
again when its severity changes or an analyst raises an alarm besides, and once as MINOR when it no longer stands: the
analyst or a person cleared the car, it was found, later images cover the train. A release stands as it was; its
incident is told as MINOR when all that was open has been cleared since.
"""

from collections.abc import Sequence
from typing import Final

from schemas.records import (
    Alert,
    AlertKind,
    CarState,
    CoverageReason,
    ImageReference,
    ImageSource,
    Severity,
)
from streams.core.trains.cars import Decision
from streams.core.trains.coverage import Told, explanation_of
from streams.core.trains.state import Raised
from streams.core.trains.visits import Counts, VisitView
from streams.core.unweighed_alert import unweighed_alert

_R = CoverageReason
EXTREME_REASONS: Final = frozenset({_R.CONTRABAND})
SEVERE_REASONS: Final = frozenset({_R.SCAN_ALARM, _R.NOT_ON_CONSIST})
MODERATE_REASONS: Final = frozenset(
    {
        _R.SHIELDED,
        _R.WEIGHT_CONTRADICTS,
        _R.LOAD_CONTRADICTS,
        _R.SEAL_CONTRADICTS,
        _R.TAGS_DISAGREE,
        _R.NOT_SEEN,
    }
)
# A train that lacks more, or has more on no list, has been cut in two, or another list: one incident of the train, not
# one for each car.
OF_ONE_REASON_MAX: Final = 10
GRAVE_REASONS: Final = frozenset({_R.CONTRABAND, _R.SCAN_ALARM})
OPEN_STATES: Final = frozenset({CarState.OPEN, CarState.MISSING})


def summed_of(counts: Counts) -> tuple[CoverageReason, ...]:
    """Reasons that too many cars of a train have for an incident of each."""
    made = (
        (_R.NOT_ON_CONSIST, counts.added > OF_ONE_REASON_MAX),
        (_R.NOT_SEEN, counts.missing > OF_ONE_REASON_MAX),
    )
    return tuple([reason for reason, is_summed in made if is_summed])


def severity_of(one: Decision | None, raised: Raised, summed: Sequence[CoverageReason]) -> str:
    """Severity of a car's alert, empty if it needs none. `summed`: reasons that are told with the train; an incident
    that was raised for one before stands."""
    reasons = frozenset(one.reasons) if one is not None and one.state in OPEN_STATES else frozenset()
    severity = severity_for(reasons)
    return severity if severity == raised.severity else severity_for(reasons - frozenset(summed))


def severity_for(reasons: frozenset[CoverageReason]) -> str:
    """Severity of the gravest reason, empty if none needs an alert."""
    if reasons & EXTREME_REASONS:
        return Severity.EXTREME
    if reasons & SEVERE_REASONS:
        return Severity.SEVERE
    return Severity.MODERATE if reasons & MODERATE_REASONS else ""


def is_alarmed(one: Decision | None) -> bool:
    """Whether an analyst's alarm stands at a car."""
    return one is not None and one.state in OPEN_STATES and _R.SCAN_ALARM in one.reasons


def car_alert_of(
    told: Told, name: str, raised: Raised, one: Decision | None, summed: Sequence[CoverageReason]
) -> Alert | None:
    """The alert of a car, MINOR if it calls the last one off; None if there is nothing to say or nothing new.
    `summed`: reasons that are told with the train."""
    severity = severity_of(one, raised, summed)
    if severity == raised.severity and (raised.alarmed or not is_alarmed(one)):
        return None
    if one is None:
        words = "this is no car of the train after all, by later readings"
    elif severity:
        words = explanation_of(one)
    else:
        words = f"{explanation_of(one)}; what was said of it before is withdrawn"
    images: tuple[ImageReference, ...] = ()
    if one is not None:
        images = tuple(
            [ImageReference(uri=uri, sha256=digest, source=ImageSource.UNKNOWN) for uri, digest in one.images]
        )
    return alert_of(
        told,
        f"{told.visit_id}/{name}",
        AlertKind.CAR_NOT_CLEARED,
        raised.revision + 1,
        Severity(severity or Severity.MINOR),
        words,
        images,
    )


def coverable_alert_of(told: Told, raised: Raised, view: VisitView) -> Alert | None:
    """The alert that the scanner has failed, or that later images cover the train; None if nothing changed. It is not
    called off while the train moves: if images come late, the next cars are without one again."""
    if view.is_coverable is not bool(raised.severity) or (view.is_coverable and view.is_moving):
        return None
    if view.is_coverable:
        words = "the cars that were without a usable image have one now, or are cleared"
        severity = Severity.MINOR
    else:
        words = (
            f"{view.counts.blind} cars have passed the scanner without a usable image, five or more of them in a row: "
            "the scanner has failed, and the train must stop and be scanned again"
        )
        severity = Severity.SEVERE
    revision = raised.revision + 1
    incident_id = f"{told.visit_id} not coverable"
    return alert_of(told, incident_id, AlertKind.TRAIN_NOT_COVERABLE, revision, severity, words)


def release_alert_of(told: Told, raised: Raised, view: VisitView) -> Alert | None:
    """The alert of a train that was let go uncovered, or that it is covered since; None if nothing changed."""
    severity = ""
    if not view.is_covered:
        counts = view.counts
        is_grave = (
            counts.missing
            or counts.added
            or any(not GRAVE_REASONS.isdisjoint(one.reasons) for one in view.decisions.values())
        )
        severity = Severity.EXTREME if is_grave else Severity.SEVERE
    if severity == raised.severity or (not raised.revision and not severity):
        return None
    incident_id = f"{told.visit_id} released"
    words = release_words(view) if severity else "all that was open when it was let go has been cleared since"
    shown = Severity(severity or Severity.MINOR)
    return alert_of(told, incident_id, AlertKind.RELEASED_UNCOVERED, raised.revision + 1, shown, words)


def release_words(view: VisitView) -> str:
    """What was open at the release, in numbers."""
    counts = view.counts
    if view.list is None:
        return (
            f"let go without a list: {counts.seen} cars seen, {counts.scanned_well} scanned well, none held against it"
        )
    if not view.passes:
        return f"let go though it was never seen at a portal: {counts.missing} cars listed"
    words = (
        f"let go uncovered: of {counts.seen} cars seen {counts.open} are not cleared, {counts.added} are on no list, "
        f"{counts.scanned_well} were scanned well; {counts.missing} listed cars were not seen"
    )
    if view.is_found_elsewhere:
        words += "; a person found something at a car that is not known"
    if not all(one.is_one_train for one in view.passes):
        words += "; two trains came under the number of one pass, or its axles were counted anew"
    if not all(one.is_whole or one.is_backed_out for one in view.passes):
        words += "; the portal's count of axles does not show that these are all of its cars"
    return words


def alert_of(
    told: Told,
    incident_id: str,
    kind: AlertKind,
    revision: int,
    severity: Severity,
    words: str,
    images: tuple[ImageReference, ...] = (),
) -> Alert:
    """An alert of a train or car; it weighs nothing, so it has neither odds nor evidence."""
    number = told.visit_id.rpartition("/")[2]
    train = f"train {told.train_id}" if told.train_id else "a train that is not known yet"
    return unweighed_alert(
        kind,
        incident_id,
        revision,
        severity,
        f"{train} on {told.track_id or 'no track'}: {words}",
        told.at,
        told.port_code,
        told.mode,
        told.track_id or "",
        told.visit_id,
        int(number) if number.isdigit() else 0,
        images=images,
    )
