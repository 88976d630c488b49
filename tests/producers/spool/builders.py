"""Readings to keep, and spools to keep them in."""

import json
import random
from pathlib import Path
from typing import Any

from producers.spool.entries import Entry
from producers.spool.store import SpoolStore
from schemas.codec import body_of
from schemas.generate import load_schemas
from schemas.records import Direction, OperatingMode, ScaleType, Weighing

LANES = "border.lane.readings.v1"
RAIL = "border.rail.readings.v1"
QUEUES = (LANES, RAIL)
SCHEMAS = {"Weighing": json.dumps(load_schemas()["Weighing"])}
ROOM = 1 << 30


def store_in(directory: Path, **options: Any) -> SpoolStore:
    """A spool of both queues with 1 GiB of room, unless the options say otherwise."""
    return SpoolStore(directory, QUEUES, SCHEMAS, **({"bytes_max": ROOM} | options))


def entry(number: int, lane: str = "2301/01", queue: str = LANES) -> Entry:
    """The reading of this number, of 100 to 200 bytes by the number alone; accepted so many milliseconds after 1970."""
    axles = random.Random(number).randrange(2, 6)
    record = Weighing(
        reading_id=f"scale-{lane}/{number}",
        lane_id=lane,
        device_id=f"scale-{lane}",
        observed_at=number * 1000,
        received_at=number * 1000,
        operating_mode=OperatingMode.TEST,
        direction=Direction.SOUTHBOUND,
        gross_weight_kg=1_500.0 * axles,
        axle_loads_kg=(1_500.0,) * axles,
        axle_spacings_m=(2.5,) * (axles - 1),
        speed_mps=3.0,
        scale_type=ScaleType.TYPE_II,
    )
    return Entry(queue, lane, "Weighing", record.reading_id, body_of(record), number * 1000)


def ids(store: SpoolStore, queue: str = LANES) -> list[str]:
    """Ids of all that a queue holds, in order."""
    return [kept.reading_id for kept in store.read(queue, 0, 1 << 60, 1 << 30)]
