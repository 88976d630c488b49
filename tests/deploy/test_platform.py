"""The local platform with real processes: what runs, what is refused, what is left after a kill."""

import io
import json
import os
import socket
import subprocess
import urllib.request
from pathlib import Path

import avro.io
import avro.schema
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from deploy.errors import UserError
from deploy.local.artifacts import read_lock
from deploy.local.platform import LocalPlatform
from deploy.local.processes import choose_port
from deploy.local.state import prepare_directory, take_lock, wipe
from deploy.local.topics import ensure_topics
from schemas.codec import without_logical_types
from schemas.generate import load_schemas
from schemas.topics import LANE_READINGS, TOPICS, Topic
from tests.schemas.sample_records import sample_records

pytestmark = pytest.mark.integration


def test_every_topic_of_the_catalogue_is_there_with_its_settings(platform: LocalPlatform) -> None:
    admin = AdminClient({"bootstrap.servers": platform.broker})
    resources = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in TOPICS]
    futures = admin.describe_configs(resources)
    for resource, future in futures.items():
        topic = next(topic for topic in TOPICS if topic.name == resource.name)
        actual = {name: entry.value for name, entry in future.result().items()}
        assert topic.config.items() <= actual.items()


def test_making_the_topics_again_changes_nothing(platform: LocalPlatform) -> None:
    assert ensure_topics(platform.broker) == []


def test_a_topic_with_another_partition_count_is_refused_with_the_remedy(platform: LocalPlatform) -> None:
    with pytest.raises(UserError, match="12 partitions, the catalogue says 5"):
        ensure_topics(platform.broker, [Topic(LANE_READINGS.name, "lane_id", (), partitions=5)])


def test_kafkas_own_console_consumer_and_the_apache_avro_library_read_what_we_wrote(platform: LocalPlatform) -> None:
    topic = Topic("console-consumer", "lane_id", (), partitions=1)
    ensure_topics(platform.broker, [topic])
    record = next(r for r in sample_records(seed=22, each=1) if type(r).__name__ == "Heartbeat")
    producer = Producer({"bootstrap.servers": platform.broker, "partitioner": "murmur2_random"})
    producer.produce(topic.name, platform.codec.encode(record), key=b"2301/01")
    producer.flush(10)
    command = platform.kafka.java(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        *("--bootstrap-server", platform.broker, "--topic", topic.name, "--from-beginning", "--max-messages", "1"),
        *("--formatter-property", "print.key=true", "--timeout-ms", "20000"),
    )
    key, _, value = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.partition(b"\t")
    assert key == b"2301/01"
    schema = avro.schema.parse(json.dumps(without_logical_types(load_schemas()["Heartbeat"])))
    framed = value.removesuffix(b"\n")
    assert framed == platform.codec.encode(record)
    read = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(framed[5:])))
    assert read["reading_id"] == record.reading_id  # type: ignore[attr-defined]


def test_a_port_in_use_is_named_with_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port} is in use by pid {os.getpid()} .*--kafka-port"):
            choose_port(port, "--kafka-port")


def test_a_proxy_in_the_environment_is_not_asked_for_this_machine(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setattr(urllib.request, "_opener", None)  # the default one, made of the environment at its first use
    assert platform.registry.is_ready()


def test_a_second_run_in_the_same_directory_is_refused(platform: LocalPlatform) -> None:
    with pytest.raises(UserError, match=f"in use by pid {os.getpid()}"):
        take_lock(platform.directory)


def test_a_directory_that_is_not_ours_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("precious")
    with pytest.raises(UserError, match="not a border state directory"):
        prepare_directory(tmp_path)
    with pytest.raises(UserError, match="nothing was removed"):
        wipe(tmp_path)
    assert (tmp_path / "holiday.jpg").exists()


def test_wiping_removes_a_state_directory(tmp_path: Path) -> None:
    prepare_directory(tmp_path / "state")
    wipe(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot keep state in .*file"):
        prepare_directory(tmp_path / "file")


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(UserError, match=f"--kafka-port {port} is no port"):
        choose_port(port, "--kafka-port")


def test_the_lock_names_a_digest_for_every_file() -> None:
    artifacts = read_lock()
    assert len(artifacts) > 50
    assert len({artifact.file_name for artifact in artifacts}) == len(artifacts)
