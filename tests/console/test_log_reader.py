"""The reader of topics against the real broker and registry."""

import json
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema

from deploy.local.platform import LocalPlatform
from schemas.codec import FRAME, body_of
from schemas.generate import load_schemas
from schemas.records import Tick
from schemas.registry import RegistryClient, load_codec
from schemas.topics import VEHICLES_CHANGELOG, Topic
from streams.console.log_reader import LogReader, Received

pytestmark = pytest.mark.integration

TICK = Tick(source_topic="any", source_partition=3, watermark_at=1_000_000)


def register(platform: LocalPlatform, subject: str, schema: object) -> int:
    return int(RegistryClient(platform.registry_url).register_schema(subject, Schema(json.dumps(schema), "AVRO")))


def newer_tick() -> bytes:
    """A Tick as a newer writer would frame it, behind its schema id: one more optional field, which is null."""
    return body_of(TICK) + b"\x00"


def newer_schema() -> object:
    schema = load_schemas()["Tick"]
    new_field = {"name": "note", "type": ["null", "string"], "default": None, "doc": "What the writer adds."}
    return schema | {"fields": [*schema["fields"], new_field]}


def written(platform: LocalPlatform, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": platform.broker})
    for value in values:
        producer.produce(topic, value, b"key", partition=0)
    assert producer.flush(30) == 0


def read_all(platform: LocalPlatform, topic: str) -> tuple[list[Received], LogReader]:
    codec = load_codec(platform.registry_url)
    with LogReader(platform.broker, platform.registry_url, codec, [topic], from_beginning=True) as reader:
        return list(reader.read_to_end()), reader


def test_a_schema_that_the_codec_does_not_know_is_learnt_from_the_registry(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic(partitions=1)
    schema_id = register(platform, f"{topic.name}-border.v1.Tick", newer_schema())
    written(platform, topic.name, FRAME.pack(0, schema_id) + newer_tick(), platform.codec.encode(TICK))
    received, reader = read_all(platform, topic.name)
    assert [one.log_record.value for one in received] == [TICK, TICK]
    assert reader.undecoded_note == ""


def test_what_cannot_be_decoded_is_handed_over_as_its_bytes_and_counted(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic(partitions=1)
    foreign = register(platform, f"{topic.name}-foreign", {"type": "record", "name": "Foreign", "fields": []})
    values = [FRAME.pack(0, 1_999_999), FRAME.pack(0, foreign), FRAME.pack(0, 1_999_999), b"", b"no frame"]
    written(platform, topic.name, *values)
    received, reader = read_all(platform, topic.name)
    assert [one.log_record.value for one in received] == values
    assert reader.undecoded.total() == 5
    assert reader.undecoded_note.startswith("5 records could not be decoded: foreign_schema 1, not_framed 2, ")


def test_a_topic_of_raw_bytes_is_never_decoded(platform: LocalPlatform) -> None:
    written(platform, VEHICLES_CHANGELOG.name, FRAME.pack(0, 1_999_998) + b"state")
    received, reader = read_all(platform, VEHICLES_CHANGELOG.name)
    assert FRAME.pack(0, 1_999_998) + b"state" in [one.log_record.value for one in received]
    assert not reader.undecoded


def test_what_has_come_is_told_at_once_however_long_the_reader_would_wait(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic(partitions=1)
    codec = load_codec(platform.registry_url)
    with LogReader(platform.broker, platform.registry_url, codec, [topic.name], from_beginning=True) as reader:
        assert list(reader.read_to_end()) == []
        written(platform, topic.name, platform.codec.encode(TICK))
        began = time.monotonic()
        while not reader.read(timeout_seconds=60.0):  # the end of a partition that is told ends a wait too
            assert time.monotonic() < began + 30
        assert time.monotonic() < began + 30
