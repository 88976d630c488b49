"""The records against the schemas they are generated from."""

import typing

import msgspec

from schemas import records
from schemas.generate import load_schemas, render


def test_records_and_wire_are_what_the_schemas_say() -> None:
    for path, source in render().items():
        assert path.read_text() == source, "run: python -m schemas.generate"


def test_every_schema_has_a_record_type() -> None:
    assert [t.__name__ for t in records.RECORD_TYPES] == sorted(load_schemas())


def test_every_reading_has_both_clocks_and_says_why_it_exists() -> None:
    common = {"reading_id", "lane_id", "device_id", "observed_at", "received_at", "operating_mode", "direction"}
    for reading in (records.PlateRead, records.Weighing, records.XrayScan, records.LaneEvent, records.Heartbeat):
        assert common <= set(typing.get_type_hints(reading))


def test_no_record_holds_pixels() -> None:
    holding_bytes = {
        record.__name__
        for record in records.RECORD_TYPES
        for field in msgspec.structs.fields(record)
        if field.type is bytes
    }
    assert holding_bytes == set()
