"""What people tell of trains, as records of the rail readings, and what the log knows of a train.

rail.coverage ─► visits_of ─► the train that is meant ─► a person's word ─► rail.readings ─► TRAINS
"""

import re
import time
from collections.abc import Sequence
from typing import Any, Final

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.officer_records import now, time_of, write
from schemas.records import HandInspection, HandInspectionResult, OperatingMode, TrainEvent, TrainEventKind
from schemas.topics import RAIL_COVERAGE, RAIL_READINGS
from streams.console.log_reader import LogReader
from streams.console.rail_visits import Visit, Visits
from streams.core.stage import Rejected
from streams.core.trains.validation import check_record

# How far back trains are looked for that stand at a port: a list comes hours before its train, and one that waits in
# the yard for longer than this is asked for with --days.
DAYS_BACK: Final = 3.0
DAY_MS: Final = 24 * 3600 * 1000
TRACK: Final = re.compile(r"([^/\s]+)/([^/\s]+)")
CAR: Final = re.compile(r"([A-Za-z]{2,4})\s*([0-9]{1,6})")
DEVICE: Final = "border rail"

PersonsWord = TrainEvent | HandInspection


def visits_of(connection: Connection, days: float = DAYS_BACK) -> Visits:
    """Trains of the last days as the coverage topic tells them."""
    visits = Visits()
    with coverage_reader(connection, days) as reader:
        for received in reader.read_to_end():
            visits.see(received.log_record.value)
    return visits


def coverage_reader(connection: Connection, days: float, fetch_wait_ms: int = 100) -> LogReader:
    """Coverage of the last days."""
    since_ms = int(time.time() * 1000) - round(days * DAY_MS)
    return LogReader(
        connection.broker,
        connection.registry_url,
        connection.codec,
        [RAIL_COVERAGE.name],
        from_beginning=False,
        since_ms=since_ms,
        fetch_wait_ms=fetch_wait_ms,
    )


def newest_visit(visits: Visits, port_code: str, train_id: str, mode: OperatingMode) -> Visit | None:
    """The newest visit of a train at a port: one that was not let go first, as an id may be used again, and seen ones
    before those that are only listed; None if there is none."""
    same = [
        one
        for one in visits.current()
        if (one.port_code, one.train_id, one.operating_mode) == (port_code, train_id, mode)
    ]
    return max(same, key=lambda one: (not one.is_released, one.track_id is not None, one.told_at), default=None)


def port_of(track_id: str) -> str:
    """The port of a track. Raises UserError for a text that is none."""
    found = TRACK.fullmatch(track_id)
    if found is None:
        raise UserError(f"{track_id!r} is no track; it is PORT/TRACK, for instance 2304/R1")
    return found[1]


def car_of(text: str) -> tuple[str, int]:
    """Mark and number as painted, `TTGX 123456`. Raises UserError for another text."""
    found = CAR.fullmatch(text.strip())
    if found is None:
        raise UserError(f"{text!r} is no car; write its mark and number as painted, for instance 'TTGX 123456'")
    return found[1].upper(), int(found[2])


def event_of(
    kind: TrainEventKind, track_id: str, train_id: str, mode: OperatingMode, at: str | None, officer_id: str | None
) -> TrainEvent:
    """ARRIVED or RELEASED as a person tells it, checked as the stage will. Raises UserError for what cannot be."""
    told_at = now()
    event = TrainEvent(
        reading_id=f"{train_id} {kind} {told_at}",
        **place_of(track_id, mode, told_at, at),
        kind=kind,
        train_id=train_id,
        officer_id=officer_id,
    )
    check(event)
    return event


def inspection_of(
    track_id: str,
    train_id: str,
    mode: OperatingMode,
    officer_id: str,
    result: HandInspectionResult,
    *,
    car: str | None,
    place: int | None,
    seals_intact: bool | None,
    seals: Sequence[str],
    at: str | None,
    revision: int,
) -> HandInspection:
    """A person's inspection of one car, named as painted, by its place, or both. Raises UserError for what is neither.

    The id is the officer's of that car and train: a correction takes a higher revision, and another officer's word
    stands beside it.
    """
    if car is None and place is None:
        raise UserError("name the car by --car as painted on it, by --place, or both")
    mark, number = car_of(car) if car is not None else (None, None)
    which = f"{mark} {number}" if car is not None else f"place {place}"
    told_at = now()
    inspection = HandInspection(
        reading_id=f"{train_id} {which} {revision} {told_at}",
        **place_of(track_id, mode, told_at, at),
        train_id=train_id,
        mark=mark,
        number=number,
        place=place,
        inspection_id=f"{train_id} {which} {officer_id}",
        revision=revision,
        officer_id=officer_id,
        result=result,
        seals_intact=seals_intact,
        seals=tuple(seals),
    )
    check(inspection)
    return inspection


def place_of(track_id: str, mode: OperatingMode, told_at: int, at: str | None) -> dict[str, Any]:
    """What every word of a person says of place, time and world."""
    return {
        "port_code": port_of(track_id),
        "track_id": track_id,
        "device_id": DEVICE,
        "observed_at": told_at if at is None else time_of(at),
        "received_at": told_at,
        "operating_mode": mode,
    }


def check(record: PersonsWord) -> None:
    """As the stage will. Raises UserError if it would refuse it."""
    try:
        check_record(record, record.port_code.encode(), now())
    except Rejected as error:
        raise UserError(str(error)) from error


def send(record: PersonsWord, connection: Connection) -> None:
    """Write a checked word and wait until it is stored. Raises UserError if the broker did not take it."""
    write([record], connection, topic=RAIL_READINGS)
