"""The wire codec, with the Apache `avro` library as the independent reader of our bytes."""

import io
import json
import random
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import avro.io
import avro.schema
import fastavro
import msgspec
import pytest

from schemas import records
from schemas.codec import (
    FRAME,
    OUR_SCHEMAS,
    RECORD_TYPES,
    Codec,
    UndecodableError,
    UnknownSchemaError,
    body_of,
    without_logical_types,
)
from schemas.generate import load_schemas
from tests.schemas.sample_records import sample_records

SCHEMAS = load_schemas()
CODEC = Codec({record_type: number for number, record_type in enumerate(RECORD_TYPES.values(), 1)})
TICK = records.Tick(source_topic="border.lane.readings.v1", source_partition=3, watermark_at=1_700_000_000_000_000)


def as_apache_sees_it(record: msgspec.Struct) -> object:
    """The record read back by the Apache library, times as integers."""
    schema = avro.schema.parse(json.dumps(without_logical_types(SCHEMAS[type(record).__name__])))
    return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(body_of(record))))


def body_by_fastavro(record: msgspec.Struct) -> bytes:
    """The body as fastavro writes it from the schema."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, OUR_SCHEMAS[type(record)], msgspec.to_builtins(record, builtin_types=(bytes,)))
    return out.getvalue()


def read_by_fastavro(record_type: type[msgspec.Struct], body: bytes) -> msgspec.Struct:
    """The record as fastavro reads it by the schema."""
    schema = OUR_SCHEMAS[record_type]
    return msgspec.convert(fastavro.schemaless_reader(io.BytesIO(body), schema, None), record_type)


def verdict(read: Callable[..., msgspec.Struct], *arguments: object) -> msgspec.Struct | None:
    """What a reader makes of bytes, None if it refuses them."""
    try:
        return read(*arguments)
    except Exception:  # fastavro raises whatever its C code meets in hostile bytes
        return None


def test_every_record_comes_back_as_it_was() -> None:
    for record in sample_records(seed=1, each=50):
        assert CODEC.decode(CODEC.encode(record)) == record


def test_the_apache_library_reads_our_bytes_alike() -> None:
    for record in sample_records(seed=2, each=10):
        assert msgspec.convert(as_apache_sees_it(record), type(record)) == record


def test_fastavro_writes_the_same_bytes() -> None:
    for record in sample_records(seed=4, each=100):
        assert body_of(record) == body_by_fastavro(record)


def test_of_hostile_bytes_only_those_that_fastavro_reads_alike_are_read() -> None:
    draw = random.Random(5)
    verdicts = Counter[bool]()
    for record in sample_records(seed=5, each=40):
        body = CODEC.encode(record)
        for _ in range(10):
            hostile = bytearray(body)
            for _ in range(draw.randrange(1, 4)):
                hostile[draw.randrange(5, len(body))] = draw.choice((0, 1, 2, 3, 127, 128, 255, draw.randrange(256)))
            value = bytes(hostile[: draw.randrange(5, len(body) + 1)] if draw.random() < 0.3 else hostile)
            ours, theirs = verdict(CODEC.decode, value), verdict(read_by_fastavro, type(record), value[5:])
            verdicts[ours is None] += 1
            if ours is not None:
                assert repr(ours) == repr(theirs)  # by text, since NaN is not equal to itself
    assert min(verdicts[True], verdicts[False]) > 500


@pytest.mark.parametrize("value", [0, -1, 63, 64, -64, -65, 1 << 31, (1 << 63) - 1, -(1 << 63)])
def test_longs_of_every_length_come_back(value: int) -> None:
    tick = msgspec.structs.replace(TICK, watermark_at=value)
    assert body_of(tick) == body_by_fastavro(tick)
    assert CODEC.decode(CODEC.encode(tick)) == tick


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1])
def test_a_long_beyond_64_bits_is_not_written(value: int) -> None:
    with pytest.raises(OverflowError):
        CODEC.encode(msgspec.structs.replace(TICK, watermark_at=value))


@pytest.mark.parametrize("number", [b"\xff" * 9 + b"\x02", b"\xff" * 10 + b"\x01", b"\x80" * 1000 + b"\x00"])
def test_a_long_beyond_64_bits_is_not_read(number: bytes) -> None:
    frame = CODEC.encode(TICK)[:5]
    with pytest.raises(UndecodableError):
        CODEC.decode(frame + b"\x02x" + b"\x06" + number)


def test_an_array_in_blocks_with_their_sizes_is_read() -> None:
    read = next(record for record in sample_records(3, 1) if isinstance(record, records.Passage))
    loads = msgspec.structs.replace(read, axle_loads_kg=(1.0, 2.0, 3.0), axle_spacings_m=())
    one_block = b"\x06" + struct.pack("<3d", 1, 2, 3) + b"\x00"
    blocks = b"\x03\x20" + struct.pack("<2d", 1, 2) + b"\x02" + struct.pack("<d", 3) + b"\x00"
    value = CODEC.encode(loads)
    assert value.count(one_block) == 1
    assert CODEC.decode(value.replace(one_block, blocks)) == loads


def test_the_apache_library_agrees_on_canonical_forms_and_fingerprints() -> None:
    for schema in SCHEMAS.values():
        # The Apache library keeps {"type": "long"} where a logical type stood, so both get the schema without them.
        theirs = avro.schema.parse(json.dumps(without_logical_types(schema)))
        parsed = fastavro.parse_schema(schema)
        canonical = fastavro.schema.to_parsing_canonical_form(parsed)
        assert json.loads(canonical) == json.loads(theirs.canonical_form)
        assert fastavro.schema.fingerprint(theirs.canonical_form, "SHA-256") == theirs.fingerprint("sha256").hex()


def test_a_frame_starts_with_zero_and_the_schema_id() -> None:
    identifier = list(RECORD_TYPES.values()).index(records.Tick) + 1
    assert CODEC.encode(TICK)[:5] == b"\0" + identifier.to_bytes(4, "big")


@pytest.mark.parametrize("cut", range(1, len(CODEC.encode(TICK))))
def test_a_truncated_value_is_undecodable(cut: int) -> None:
    with pytest.raises(UndecodableError):
        CODEC.decode(CODEC.encode(TICK)[:cut])


@pytest.mark.parametrize("value", [None, b"", b"\0\0\0", b"{not avro}", b"\1\0\0\0\1abc"])
def test_what_has_no_frame_is_refused_with_that_reason(value: bytes | None) -> None:
    with pytest.raises(UndecodableError) as refusal:
        CODEC.decode(value)
    assert refusal.value.reason == "not_framed"


def test_bytes_after_the_body_are_refused() -> None:
    with pytest.raises(UndecodableError) as refusal:
        CODEC.decode(CODEC.encode(TICK) + b"x")
    assert refusal.value.reason == "trailing_bytes"


def test_an_unknown_schema_id_is_named() -> None:
    with pytest.raises(UnknownSchemaError) as refusal:
        CODEC.decode(b"\0\0\1\0\0abc")
    assert refusal.value.schema_id == 65536


def test_a_megabyte_of_zeros_ends_as_undecodable_not_as_a_crash() -> None:
    with pytest.raises(UndecodableError):
        CODEC.decode(CODEC.encode(TICK)[:5] + bytes(1_000_000))


def test_an_array_that_claims_a_quadrillion_items_ends_as_undecodable() -> None:
    plate_read = next(record for record in sample_records(3, 1) if isinstance(record, records.PlateRead))
    frame = CODEC.encode(plate_read)[:5]
    with pytest.raises(UndecodableError):
        CODEC.decode(frame + b"\x00\x00\x00\x02\x02\x02\x02\x02" + b"\xfe\xff\xff\xff\xff\xff\xff\x03")


def test_a_newer_writer_with_one_more_optional_field_is_read() -> None:
    newer = json.loads(json.dumps(SCHEMAS["Tick"]))
    newer["fields"].append({"name": "note", "type": ["null", "string"], "default": None, "doc": "New."})
    codec = Codec({records.Tick: 1})
    codec.add_schema(77, json.dumps(newer))
    body = io.BytesIO()
    fastavro.schemaless_writer(
        body, fastavro.parse_schema(without_logical_types(newer)), {**msgspec.to_builtins(TICK), "note": "x"}
    )
    assert codec.decode(b"\0" + (77).to_bytes(4, "big") + body.getvalue()) == TICK


def test_a_schema_that_is_not_ours_is_refused() -> None:
    with pytest.raises(UndecodableError) as refusal:
        CODEC.add_schema(5, '{"type": "record", "name": "Foreign", "fields": []}')
    assert refusal.value.reason == "foreign_schema"


def nested(depth: int) -> str:
    """The JSON of a Tick with a field of records in records."""
    records = "".join(f'{{"type": "record", "name": "R{n}", "fields": [{{"name": "f", "type": ' for n in range(depth))
    return f'{{"type": "record", "name": "border.v1.Tick", "fields": [{{"name": "x", "type": {records}"int"' + "}]}" * (
        depth + 1
    )


def holding_itself(through: str) -> str:
    """The JSON of a Tick with a field that is a Tick again."""
    tick = load_schemas()["Tick"]
    inner: Any = ["null", "border.v1.Tick"]
    if through in ("record", "error"):
        inner = {"type": through, "name": "Other", "fields": [{"name": "next", "type": inner}]}
    elif through == "array":
        inner = {"type": "array", "items": inner}
    elif through == "map":
        inner = {"type": "map", "values": "border.v1.Tick"}
    return json.dumps(tick | {"fields": [*tick["fields"], {"name": "next", "type": inner}]})


@pytest.mark.parametrize(
    "schema_json",
    [
        nested(2_000),
        nested(100_000),
        "null",
        "[]",
        "{",
        *map(holding_itself, ("union", "record", "error", "array", "map")),
    ],
    ids=[
        "deep",
        "deeper",
        "null",
        "union",
        "no-json",
        "itself",
        "itself-by-record",
        "itself-by-error",
        "itself-by-array",
        "itself-by-map",
    ],
)
def test_whatever_a_registry_holds_as_a_schema_is_refused_and_raises_nothing_else(schema_json: str) -> None:
    codec = Codec({})
    with pytest.raises(UndecodableError) as refusal:
        codec.add_schema(5, schema_json)
    assert refusal.value.reason == "foreign_schema"
    with pytest.raises(UnknownSchemaError):
        codec.decode(FRAME.pack(0, 5) + b"x")
