"""`border rail arrive`, `inspect` and `release`: what people tell of trains."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Count, Flag, Positive, Several
from deploy.rail_records import DAYS_BACK, event_of, inspection_of, newest_visit, port_of, send, visits_of
from schemas.records import CarCoverage, HandInspectionResult, OperatingMode, TrainEventKind
from streams.console.rail_strip import open_line
from streams.console.rail_visits import Visit

OPEN_SHOWN: Final = 10


def arrive(
    track: str,
    train: str,
    *,
    at: str | None = None,
    mode: OperatingMode = OperatingMode.OPERATIONAL,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell which train comes on which track. It is a hint: what the cars' tags say decides.

    Examples:

        border rail arrive 2304/R1 MLDTX105-30
        border rail arrive 2304/R1 MLDTX105-30 --at 2026-11-30T13:05-06:00

    Parameters
    ----------
    track
        port and track.
    train
        the railroad's id of the train, as in its list.
    at
        when, if not just now, ISO 8601 with its zone.
    mode
        the world it is of: that of a drill or a simulation is its own.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    event = event_of(TrainEventKind.ARRIVED, track, train, mode, at, None)
    send(event, connect(broker, registry_url, state_directory))
    print(f"told: train {train} has arrived on {track}")
    return 0


def inspect(
    track: str,
    train: str,
    *,
    officer: str,
    result: HandInspectionResult,
    car: str | None = None,
    place: Count | None = None,
    seal: Several[str] | None = None,
    seals_intact: bool | None = None,
    at: str | None = None,
    revision: Count = 1,
    mode: OperatingMode = OperatingMode.OPERATIONAL,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell how the inspection of one car by hand ended. A correction takes a higher --revision. Officers are numbers.

    Examples:

        border rail inspect 2304/R1 MLDTX105-30 --officer 4711 --car "TTGX 123456" --result CLEARED --seals-intact
        border rail inspect 2304/R1 MLDTX105-30 --officer 4711 --place 17 --result CONTRABAND --seal A1001

    Parameters
    ----------
    track
        port and track.
    train
        the railroad's id of the train.
    officer
        number of the inspecting officer, never a name.
    result
        CLEARED, NOT_COMPLETED or CONTRABAND.
    car
        mark and number as painted on the car.
    place
        its place in the train, counted from 1 at the head: which car is meant if it has no number. It
        is the place in the last pass before.
    seal
        number of a seal found on it; may be given several times.
    seals_intact
        whether all seals were whole and those listed; `--no-seals-intact` if not, neither if nobody looked.
    at
        when it ended, if not just now, ISO 8601 with its zone.
    revision
        1, and more for each correction.
    mode
        the world it is of: that of a drill or a simulation is its own.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    inspection = inspection_of(
        track,
        train,
        mode,
        officer,
        result,
        car=car,
        place=place,
        seals_intact=seals_intact,
        seals=seal or (),
        at=at,
        revision=revision,
    )
    send(inspection, connect(broker, registry_url, state_directory))
    which = car if car is not None else f"place {place}"
    print(f"told of {which} of train {train}: {result} (revision {revision}; only a higher one corrects it)")
    if car is None:
        print("a place counts only if the list tells which end was the head and every car up to it is certainly one:")
        print("if it stays open, inspect it again with --car as painted on it")
    return 0


def release(
    track: str,
    train: str,
    *,
    officer: str,
    uncovered: Flag = False,
    days: Positive = DAYS_BACK,
    at: str | None = None,
    mode: OperatingMode = OperatingMode.OPERATIONAL,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Let a train go. The log is asked first: one with a car that is not cleared is refused without --uncovered.

    With --uncovered it is released all the same, and that is a high alert. What is decided after the log was asked
    counts too: the signed-off record says whether the train was covered when it was released.

    Examples:

        border rail release 2304/R1 MLDTX105-30 --officer 4711
        border rail release 2304/R1 MLDTX105-30 --officer 4711 --uncovered

    Parameters
    ----------
    track
        port and track.
    train
        the railroad's id of the train.
    officer
        number of the officer who lets it go, never a name.
    uncovered
        release it though not every car is cleared.
    days
        how far back the log is asked: more for a train that has stood in the yard for longer.
    at
        when, if not just now, ISO 8601 with its zone.
    mode
        the world it is of: that of a drill or a simulation is its own.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    event = event_of(TrainEventKind.RELEASED, track, train, mode, at, officer)
    connection = connect(broker, registry_url, state_directory)
    visit = newest_visit(visits_of(connection, days), port_of(track), train, mode)
    why = why_not(visit, track)
    if why:
        show_open(visit)
        if not uncovered:
            raise UserError(f"train {train} is not released: {why}; --uncovered releases it all the same")
    send(event, connection)
    print(f"released: train {train} on {track} by {officer}{', not covered: ' + why if why else ', covered'}")
    return 0


def why_not(visit: Visit | None, track: str) -> str:
    """Why a train must not go; empty if it may."""
    if visit is None or visit.train is None:
        return "the log of these days knows nothing of it"
    train = visit.train
    if train.released_at is not None:
        return "it was released before"
    if train.track_id != track:
        return f"it was seen on {train.track_id}" if train.track_id else "it was not seen on any track"
    if train.covered:
        return ""
    failed = "" if train.coverable else ", and the scanner is taken to have failed"
    if train.cars_open or train.cars_missing:
        return f"{train.cars_open} cars are open and {train.cars_missing} missing{failed}"
    if train.consist_revision is None:
        return f"there is no list of it{failed}"
    return f"the portal has not shown one whole train, or something was found at a car that it did not show{failed}"


def show_open(visit: Visit | None) -> None:
    """The most urgent of the cars that are in the way, on standard error."""
    left: Sequence[CarCoverage] = visit.to_do() if visit is not None else ()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for car in left[:OPEN_SHOWN]:
        console.print(open_line(car))
    if len(left) > OPEN_SHOWN:
        console.print(f"and {len(left) - OPEN_SHOWN} more: border rail status --json")
