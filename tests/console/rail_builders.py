"""Coverage of a train at Laredo, by car."""

from typing import Any

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
from streams.console.rail_visits import Visits

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
VISIT = "2304/R1/1017"
KEY = (OperatingMode.OPERATIONAL, VISIT)
ENTERED = 20_000 * DAY + 18 * HOUR  # noon at Laredo, six hours behind UTC


def car(place: int, state: CarState = CarState.CLEARED, **fields: Any) -> CarCoverage:
    """The car at this place of the list, seen there unless it is expected or missing."""
    unseen = state in (CarState.EXPECTED, CarState.MISSING)
    values: dict[str, Any] = {
        "coverage_id": f"{VISIT}/L{place}",
        "visit_id": VISIT,
        "port_code": "2304",
        "track_id": "2304/R1",
        "train_id": "T1",
        "revision": 1,
        "decided_at": ENTERED + place * SECOND,
        "operating_mode": OperatingMode.OPERATIONAL,
        "consist_position": place,
        "track_position": None if unseen else place,
        "kind": EquipmentKind.CAR,
        "mark": "TTGX",
        "number": 100_000 + place,
        "state": state,
        "discrepancy": ConsistDiscrepancy.NONE,
        "action": CoverageAction.NONE,
        "scanned_well": state is CarState.CLEARED,
        "explanation": "as listed",
    }
    return CarCoverage(**(values | fields))


def added(track_position: int, **fields: Any) -> CarCoverage:
    """A car that is on no list."""
    values: dict[str, Any] = {
        "coverage_id": f"{VISIT}/A{track_position}",
        "consist_position": None,
        "track_position": track_position,
        "discrepancy": ConsistDiscrepancy.ADDED,
        "reasons": (CoverageReason.NOT_ON_CONSIST,),
        "action": CoverageAction.IDENTIFY,
    }
    return car(1, CarState.OPEN, **(values | fields))


def opened(place: int, *reasons: CoverageReason, **fields: Any) -> CarCoverage:
    """A car that was seen and is not cleared."""
    return car(place, CarState.OPEN, reasons=reasons, action=CoverageAction.HAND_INSPECTION, **fields)


def train(revision: int = 1, **fields: Any) -> TrainCoverage:
    """A train of ten cars that has passed, all scanned well."""
    values: dict[str, Any] = {
        "visit_id": VISIT,
        "port_code": "2304",
        "track_id": "2304/R1",
        "train_id": "T1",
        "revision": revision,
        "decided_at": ENTERED + HOUR,
        "operating_mode": OperatingMode.OPERATIONAL,
        "entered_at": ENTERED,
        "left_at": ENTERED + HOUR,
        "consist_revision": 1,
        "backwards": False,
        "cars_expected": 10,
        "cars_seen": 10,
        "cars_scanned_well": 10,
        "cars_cleared": 10,
        "cars_open": 0,
        "cars_missing": 0,
        "cars_added": 0,
        "cars_out_of_sequence": 0,
        "coverable": True,
        "covered": True,
        "readings_count": 50,
    }
    return TrainCoverage(**(values | fields))


def seen(*records: object) -> Visits:
    """What is known after these records."""
    visits = Visits()
    for record in records:
        visits.see(record)
    return visits
