"""Fetched records for tests of folding, made without a broker."""

from typing import Any

from aiokafka import ConsumerRecord

from deploy.chaos.stages import TestTopology
from schemas.codec import Codec
from schemas.records import RECORD_TYPES, Direction, LaneEvent, LaneEventKind, OperatingMode

CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))
TOPOLOGY = TestTopology("unit")
COUNTS, SUMS = TOPOLOGY.stages


def event(lane_id: str, **changes: Any) -> LaneEvent:
    """A lane event that the contract allows."""
    fields: dict[str, Any] = {
        "reading_id": "r1",
        "lane_id": lane_id,
        "device_id": "loop",
        "observed_at": 1_000_000,
        "received_at": 1_000_000,
        "operating_mode": OperatingMode.TEST,
        "direction": Direction.SOUTHBOUND,
        "kind": LaneEventKind.ENTERED,
    }
    return LaneEvent(**fields | changes)


def fetched(
    offset: int, key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()
) -> "ConsumerRecord[Any, Any]":
    """A record as aiokafka hands it over."""
    return ConsumerRecord(TOPOLOGY.readings.name, 0, offset, 1_700, 1, key, value, None, 0, 0, headers)


def good(offset: int, lane_id: str) -> "ConsumerRecord[Any, Any]":
    """A well-formed reading of this lane."""
    return fetched(offset, lane_id.encode(), CODEC.encode(event(lane_id)))
