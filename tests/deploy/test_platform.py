"""The local platform with real processes: what runs, what is refused, what is left after a kill."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import avro.io
import avro.schema
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from deploy.errors import UserError
from deploy.local.artifacts import read_lock
from deploy.local.platform import LocalPlatform
from deploy.local.processes import choose_port, start_time_of
from deploy.local.state import prepare_directory, take_lock, wipe
from deploy.local.topics import ensure_topics
from schemas.codec import without_logical_types
from schemas.generate import load_schemas
from schemas.registry import RegistryUnavailable, fetch_schema, load_codec
from schemas.topics import LANE_READINGS, TOPICS, Topic
from tests.schemas.sample_records import sample_records
from tests.support import eventually

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


def test_ids_looked_up_are_the_ids_registered(platform: LocalPlatform) -> None:
    looked_up = load_codec(platform.registry_url)
    for record in sample_records(seed=21, each=1):
        try:
            encoded = platform.codec.encode(record)
        except KeyError:  # stands in no topic on its own
            continue
        assert looked_up.encode(record) == encoded


def test_an_id_that_the_registry_does_not_know_is_none(platform: LocalPlatform) -> None:
    assert fetch_schema(platform.registry_url, 99_999) is None


def test_a_registry_that_does_not_answer_is_named_and_is_no_answer() -> None:
    with pytest.raises(RegistryUnavailable, match=r"127\.0\.0\.1:1"):
        fetch_schema("http://127.0.0.1:1/apis/ccompat/v7", 1)


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
        *("--value-deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer"),
        *("--formatter-property", "print.key=true", "--timeout-ms", "20000"),
    )
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert shown.startswith("2301/01")
    value = platform.codec.encode(record)
    schema = avro.schema.parse(json.dumps(without_logical_types(load_schemas()["Heartbeat"])))
    read = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(value[5:])))
    assert read["reading_id"] == record.reading_id  # type: ignore[attr-defined]


def test_a_port_in_use_is_named_with_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port} is in use by pid {os.getpid()} .*--kafka-port"):
            choose_port(port, "--kafka-port")


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


def test_kill_9_of_border_up_leaves_no_orphans(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "deploy",
        "up",
        "--no-stages",
        "--kafka-port",
        "0",
        "--registry-port",
        "0",
        "--json",
    ]
    up = subprocess.Popen([*command, "--state-directory", str(tmp_path / "state")], stdout=subprocess.PIPE, text=True)
    try:
        assert up.stdout is not None
        assert "broker" in up.stdout.readline()
        processes = json.loads((tmp_path / "state" / "processes-platform.json").read_text())
        assert {entry["name"] for entry in processes} == {"kafka", "registry"}
        assert all(start_time_of(entry["pid"]) == entry["start_time"] for entry in processes)
    finally:
        up.send_signal(signal.SIGKILL)
        up.wait()
    eventually(
        lambda: all(start_time_of(entry["pid"]) != entry["start_time"] for entry in processes), what="the end of both"
    )


def test_the_lock_names_a_digest_for_every_file() -> None:
    artifacts = read_lock()
    assert len(artifacts) > 50
    assert len({artifact.file_name for artifact in artifacts}) == len(artifacts)
