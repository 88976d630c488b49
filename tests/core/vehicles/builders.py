"""Passages, ticks and changes for the tests of the vehicles stage; every plate is synthetic."""

import hashlib
import random
from collections.abc import Iterator
from importlib import resources
from typing import Any

from schemas.layout import load_ports
from schemas.records import (
    Association,
    ChangeKind,
    Direction,
    ImageReference,
    ImageSource,
    LaneMode,
    ListKind,
    OperatingMode,
    Passage,
    PassageState,
    PlateCandidate,
    ReadingReference,
    ReferenceChange,
    ScaleType,
    ScanDecision,
    ScanQuality,
    SensorRole,
    Tick,
    WatchlistEntry,
    WatchlistSuppression,
)
from schemas.topics import LANE_READINGS
from streams.core.convoys.companions import COMPANY_SECONDS
from streams.core.plates import key_of
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Output, Record
from streams.core.vehicles.stage import VehiclesFold, VehiclesStage

SECOND = 1_000_000
DAY = 24 * 3600 * SECOND
START = 1_790_000_000 * SECOND
SECRET = b"a secret of a test, 32 bytes long"


def default_text() -> str:
    return (resources.files("streams.core.rule_sets") / "default.toml").read_text()


RULES: RuleSet = parse_rule_set(default_text())


def passage(
    number: int = 1, plate: str | None = "ABC1234", at: int = START, revision: int = 1, **fields: Any
) -> Passage:
    """A car on a Type I scale; `at` is the time at the light."""
    lane_id = fields.pop("lane_id", "2301/03")
    passage_id = f"{lane_id}/{number}"
    values: dict[str, Any] = {
        "passage_id": passage_id,
        "lane_id": lane_id,
        "port_code": "2301",
        "passage_number": number,
        "revision": revision,
        "state": PassageState.AT_LIGHT if revision == 1 else PassageState.UPDATED,
        "lane_mode": LaneMode.PASSENGER,
        "direction": Direction.SOUTHBOUND,
        "operating_mode": OperatingMode.OPERATIONAL,
        "entered_at": at - 20 * SECOND,
        "at_light_at": at,
        "at_light_received_at": at,
        "at_light_reading_id": f"{passage_id}/light",
        "watermark_at": at + (revision - 1) * 10 * SECOND,
        "plate_key": key_of(plate, passage_id),
        "plate": plate,
        "jurisdiction": "US-TX" if plate else None,
        "plate_candidates": (PlateCandidate(plate=plate, confidence=0.95),) if plate else (),
        "front_rear_agree": True if plate else None,
        "gross_weight_kg": 1800.0,
        "scale_type": ScaleType.TYPE_I,
        "vehicle_class": 2,
        "xray_machine_decision": ScanDecision.UNKNOWN,
        "xray_operator_decision": ScanDecision.UNKNOWN,
        "xray_scan_quality": ScanQuality.UNKNOWN,
        "images": (
            ImageReference(uri=f"image:{number}", sha256="ab" * 32, source=ImageSource.FRONT_PLATE),
            ImageReference(uri=f"image:{number}r", sha256="cd" * 32, source=ImageSource.REAR_PLATE),
        ),
        "readings": tuple(
            ReadingReference(reading_id=f"{passage_id}/{sensor}", sensor=sensor, observed_at=at - 10 * SECOND)
            for sensor in (
                SensorRole.ENTRY_LOOP,
                SensorRole.FRONT_CAMERA,
                SensorRole.REAR_CAMERA,
                SensorRole.SCALE,
                SensorRole.STOP_LINE_LOOP,
            )
        ),
        "join_probability": 0.99,
        "first_reading_digest": hashlib.sha256(passage_id.encode()).hexdigest(),
    }
    return Passage(**values | fields)


def final(number: int = 1, plate: str | None = "ABC1234", at: int = START, **fields: Any) -> Passage:
    return passage(number, plate, at, **{"revision": 2, "state": PassageState.FINAL} | fields)


def candidates(**read: float) -> dict[str, Any]:
    """Fields of a passage whose plate is the first of these."""
    return {"plate_candidates": tuple(PlateCandidate(plate=p, confidence=c) for p, c in read.items())}


def xray_alarm(**fields: Any) -> dict[str, Any]:
    return {
        "xray_machine_decision": ScanDecision.ALARM,
        "xray_operator_decision": ScanDecision.ALARM,
        "xray_scan_quality": ScanQuality.GOOD,
    } | fields


def entry(entry_id: str = "entry-1", plate: str = "ABC1234", **fields: Any) -> WatchlistEntry:
    values: dict[str, Any] = {
        "entry_id": entry_id,
        "plate": plate,
        "jurisdiction": "US-TX",
        "list_kind": ListKind.TRACE_LINKED,
        "reason": "linked to a trace",
        "legal_basis": "order 7",
        "priority": 10,
        "audience": "outbound officers",
        "valid_from_at": START - DAY,
        "valid_until_at": START + 30 * DAY,
        "entered_by": "analyst-1",
        "approved_by": "analyst-2",
    }
    return WatchlistEntry(**values | fields)


def add(listed: WatchlistEntry) -> ReferenceChange:
    return ReferenceChange(
        change_id=f"add-{listed.entry_id}",
        kind=ChangeKind.WATCHLIST_ADD,
        changed_by="analyst-1",
        changed_at=START,
        watchlist_entry=listed,
    )


def remove(entry_id: str) -> ReferenceChange:
    return ReferenceChange(
        change_id=f"remove-{entry_id}",
        kind=ChangeKind.WATCHLIST_REMOVE,
        changed_by="analyst-1",
        changed_at=START,
        watchlist_entry_id=entry_id,
    )


def suppression(suppression_id: str = "not-that-car", plate: str = "ABC1234", **fields: Any) -> WatchlistSuppression:
    values: dict[str, Any] = {
        "suppression_id": suppression_id,
        "plate": plate,
        "reason": "another car of the same plate, seen in three images",
        "valid_until_at": START + 10 * DAY,
        "entered_by": "analyst-1",
        "approved_by": "analyst-2",
    }
    return WatchlistSuppression(**values | fields)


def suppress(suppressed: WatchlistSuppression) -> ReferenceChange:
    return ReferenceChange(
        change_id=f"suppress-{suppressed.suppression_id}",
        kind=ChangeKind.WATCHLIST_SUPPRESS,
        changed_by="analyst-1",
        changed_at=START,
        watchlist_suppression=suppressed,
    )


def unsuppress(suppression_id: str) -> ReferenceChange:
    return ReferenceChange(
        change_id=f"unsuppress-{suppression_id}",
        kind=ChangeKind.WATCHLIST_UNSUPPRESS,
        changed_by="analyst-1",
        changed_at=START,
        watchlist_suppression_id=suppression_id,
    )


def rule_set_change(text: str, version: str, approved_by: str | None = "analyst-2") -> ReferenceChange:
    return ReferenceChange(
        change_id=f"rules-{version}",
        kind=ChangeKind.RULE_SET,
        changed_by="analyst-1",
        changed_at=START,
        rule_set_version=version,
        rule_set_text=text,
        approved_by=approved_by,
    )


def association(plate: str = "ABC1234", other: str = "XYZ9876", at: int = START, **fields: Any) -> Association:
    """Tells that a plate crossed at this time with another one for the seventh time."""
    values: dict[str, Any] = {
        "plate_key": key_of(plate, ""),
        "plate": plate,
        "jurisdiction": "US-TX",
        "operating_mode": OperatingMode.OPERATIONAL,
        "other_plate": other,
        "other_jurisdiction": "US-TX",
        "passage_id": "2301/03/1",
        "log_likelihood_ratio": 14.0,
        "joint_crossings": 7,
        "expires_at": at + COMPANY_SECONDS * SECOND,
    }
    return Association(**values | fields)


def of_hit(at: int, entry_id: str = "listed-other", log_odds: float = 3.7) -> dict[str, Any]:
    """Fields of an association that tells of a hit."""
    return {"hit_log_odds": log_odds, "hit_at": at, "hit_entry_id": entry_id}


def tick(source: int, at: int) -> Tick:
    return Tick(source_topic=LANE_READINGS.name, source_partition=source, watermark_at=at)


def record(value: Any) -> Record:
    key = value.plate_key.encode() if isinstance(value, Passage | Association) else b""
    return Record(key, value, START)


def fold(stored: dict[bytes, bytes] | None = None, rules: RuleSet = RULES) -> VehiclesFold:
    stage = VehiclesStage(rule_set=rules, random_keys=RandomKeys(SECRET), ports=load_ports())
    opened = stage.open(0, {} if stored is None else stored)
    assert isinstance(opened, VehiclesFold)
    return opened


def advance(folding: VehiclesFold, *values: Any) -> list[Output]:
    outputs: list[Output] = []
    for value in values:
        folding.advance(record(value), outputs)
    return outputs


def outputs_of(outputs: list[Output], record_type: type) -> list[Any]:
    return [output.value for output in outputs if isinstance(output.value, record_type)]


def synthetic_log(seed: int, vehicles: int, days: int = 1) -> Iterator[Passage]:
    """At the light and FINAL of each vehicle, in order of time; plates are distinct unless they come again."""
    draw = random.Random(seed)
    for number in range(vehicles):
        plate = "".join(draw.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=3)) + f"{draw.randrange(10000):04d}"
        at = START + number * days * DAY // max(vehicles, 1)
        weight_kg = draw.gauss(1800.0, 250.0)
        yield passage(number, plate, at, gross_weight_kg=weight_kg)
        yield final(number, plate, at, gross_weight_kg=weight_kg)
