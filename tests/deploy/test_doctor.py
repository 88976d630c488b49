"""`border doctor` against a real broker and a real registry in which something is broken."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from confluent_kafka.schema_registry import Schema
from rich.console import Console

from deploy.cli import main
from deploy.doctor import broker, clock, contract
from deploy.doctor.broker import BrokerFound, describe_broker
from deploy.doctor.check import Check, Level
from deploy.doctor.contract import RegistryFound, describe_registry
from deploy.local import apicurio
from deploy.local.artifacts import provide_software
from deploy.local.kafka import READY_TIMEOUT_SECONDS, Kafka
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child, free_port, wait_until_ready
from deploy.settings import load_settings
from schemas.generate import load_schemas
from schemas.records import Tick
from schemas.registry import COMPATIBILITY, RegistryClient, register_all
from schemas.topics import TOPICS, Topic, subjects

pytestmark = pytest.mark.integration

NOWHERE = "127.0.0.1:1"
SECONDS_MAX = 20.0
"""Of a doctor whose broker or registry does not answer, on a busy machine; 3 s and 6 s are its own deadlines."""


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Check]]:
    """Exit status, and the checks by name."""
    status = main(["doctor", "--json", *arguments])
    checks = orjson.loads(capsys.readouterr().out)["checks"]
    return status, {check["name"]: Check(**check | {"level": Level(check["level"])}) for check in checks}


def described(platform: LocalPlatform, *topics: Topic) -> BrokerFound:
    found = describe_broker(platform.broker, topics)
    assert found is not None
    return found


def test_a_platform_as_it_should_be_fails_in_nothing(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    status, checks = told(capsys, *addresses, "--state-directory", str(tmp_path))
    assert [check for check in checks.values() if check.level is Level.FAIL] == []
    assert status == 0
    assert {f"topic {topic.name}" for topic in TOPICS} | {f"schema {name}" for name in subjects()} <= set(checks)


def test_no_record_is_written_by_looking(platform: LocalPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    log = platform.directory / "kafka"

    def sizes() -> dict[str, int]:
        return {str(file): file.stat().st_size for file in log.glob("border.*/*.log")}

    before = sizes()
    told(capsys, "--broker", platform.broker, "--registry-url", platform.registry_url)
    assert before and sizes() == before


def test_a_dead_address_is_told_in_seconds_and_the_other_checks_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    started = time.monotonic()
    addresses = ("--broker", NOWHERE, "--registry-url", f"http://{NOWHERE}/apis/ccompat/v7")
    status, checks = told(capsys, *addresses, "--state-directory", str(tmp_path))
    assert time.monotonic() - started < SECONDS_MAX
    assert status == 1
    assert checks["broker answers"].level is checks["registry answers"].level is Level.FAIL
    assert checks["topic"].level is checks["schema"].level is Level.WARN
    assert checks["version Python"].level is Level.OK


def test_a_registry_that_is_stopped_is_told_in_seconds_and_the_broker_is_looked_at_all_the_same(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = next(child.process for child in platform.children if child.name == apicurio.NAME)
    addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    registry.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        status, checks = told(capsys, *addresses, "--state-directory", str(tmp_path))
        assert time.monotonic() - started < SECONDS_MAX
    finally:
        registry.send_signal(signal.SIGCONT)
    assert status == 1
    assert checks["registry answers"].level is Level.FAIL
    assert checks[f"topic {TOPICS[0].name}"].level is Level.OK


def test_a_topic_that_is_not_there_fails_with_the_command_that_makes_it(platform: LocalPlatform) -> None:
    (check,) = topic_checks(platform, Topic("doctor-never-made", "any", ()))
    assert (check.level, check.found, check.mend) == (Level.FAIL, "is not there", "border topics --create")


def topic_checks(platform: LocalPlatform, *topics: Topic) -> list[Check]:
    """Of these topics alone."""
    checks = broker.check_topics(described(platform, *topics), topics)
    names = {f"topic {topic.name}" for topic in topics}
    return [check for check in checks if check.name in names]


def test_a_topic_with_another_count_of_partitions_fails(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    made = new_topic(partitions=3)
    (check,) = topic_checks(platform, Topic(made.name, "any", (), partitions=12))
    assert check.level is Level.FAIL and check.found == "has 3 partitions, the catalogue says 12"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("cleanup.policy", "compact"), ("message.timestamp.type", "CreateTime"), ("retention.ms", "3600000")],
)
def test_a_topic_with_another_setting_fails_with_the_command_that_sets_it(
    platform: LocalPlatform, new_topic: Callable[..., Topic], setting: str, value: str
) -> None:
    topic = new_topic()
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": platform.broker})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(10)
    (check,) = topic_checks(platform, topic)
    wanted = topic.config[setting]
    assert check.level is Level.FAIL and check.found == f"{setting}={value}, the catalogue says {wanted}"
    assert check.mend == f"kafka-configs --alter --topic {topic.name} --add-config {setting}={wanted}"


def test_a_topic_that_looks_like_ours_and_is_not_is_a_warning(platform: LocalPlatform) -> None:
    known = [topic for topic in TOPICS if topic is not TOPICS[3]]
    checks = broker.check_topics(described(platform, *known), known)
    (others,) = (check for check in checks if check.name == "topic others")
    assert others.level is Level.WARN and TOPICS[3].name in others.found


@pytest.mark.parametrize(("behind_seconds", "level"), [(0.0, Level.OK), (-3600.0, Level.FAIL), (3600.0, Level.FAIL)])
def test_our_clock_is_held_against_the_controllers(
    platform: LocalPlatform, behind_seconds: float, level: Level
) -> None:
    found = clock.describe_clocks(platform.broker, lambda: time.time() - behind_seconds)
    assert found.ahead_seconds == pytest.approx(behind_seconds, abs=found.uncertain_seconds + 0.05)
    assert clock.check_clocks(found)[0].level is level


def test_a_record_from_our_future_is_told_with_the_broker_that_stamped_it(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic()
    producer = Producer({"bootstrap.servers": platform.broker})
    producer.produce(topic.name, b"value")
    assert producer.flush(10) == 0
    on_time = clock.newest_ahead(platform.broker, time.time, [topic])
    an_hour_behind = clock.newest_ahead(platform.broker, lambda: time.time() - 3600, [topic])
    assert on_time[1] < 0.1 and an_hour_behind[1] == pytest.approx(3600, abs=60)


def subject_found(platform: LocalPlatform, name: str) -> contract.SubjectFound | None:
    found = describe_registry(platform.registry_url, name)
    assert isinstance(found, RegistryFound)
    return found.subjects.get(name)


def test_a_schema_that_is_not_registered_or_another_one_fails(platform: LocalPlatform) -> None:
    subject, wanted = "border.doctor.v1-border.v1.Tick", Tick
    ours = load_schemas()["Tick"]
    check = contract.check_subject(subject, ours, subject_found(platform, subject))
    assert (check.level, check.found, check.mend) == (Level.FAIL, "not registered", "border schemas register")
    other = orjson.dumps({**ours, "fields": [*ours["fields"], {"name": "x", "type": ["null", "int"], "default": None}]})
    client = RegistryClient(platform.registry_url)
    client.register_schema(subject, Schema(other.decode(), "AVRO"))
    check = contract.check_subject(subject, ours, subject_found(platform, subject))
    assert check.level is Level.FAIL and "differs from ours: fields has" in check.found
    register_all(platform.registry_url, {subject: wanted})
    check = contract.check_subject(subject, ours, subject_found(platform, subject))
    assert (check.level, check.found) == (Level.OK, "version 2 is ours, 1 older")
    client.set_compatibility(subject, "BACKWARD")
    check = contract.check_subject(subject, ours, subject_found(platform, subject))
    assert check.level is Level.FAIL and check.found.startswith("compatibility BACKWARD for this subject")


def test_a_registry_with_another_compatibility_fails(platform: LocalPlatform) -> None:
    client = RegistryClient(platform.registry_url)
    client.set_compatibility(level="BACKWARD")
    try:
        checks = contract.check_registry(
            platform.registry_url, describe_registry(platform.registry_url, "none of them")
        )
    finally:
        client.set_compatibility(level=COMPATIBILITY)
    assert checks[1].level is Level.FAIL and checks[1].found == "compatibility BACKWARD, wanted FULL_TRANSITIVE"


@pytest.fixture
def careless_broker(tmp_path: Path) -> Iterator[tuple[Kafka, Child]]:
    """A broker of its own, without topics, that makes any that is asked for."""
    software = provide_software(load_settings().cache_path, Console(stderr=True))
    kafka = Kafka(software.kafka_jars, tmp_path, free_port())
    with (tmp_path / "server.properties").open("a") as properties:
        properties.write("auto.create.topics.enable=true\n")  # of two the last one counts
    child = kafka.start()
    try:
        wait_until_ready(child, kafka.is_ready, READY_TIMEOUT_SECONDS)
        yield kafka, child
    finally:
        child.stop()


def test_a_broker_that_makes_topics_by_itself_fails_and_once_killed_it_does_not_answer(
    careless_broker: tuple[Kafka, Child],
) -> None:
    kafka, child = careless_broker
    found = describe_broker(kafka.address)
    assert found is not None
    answers, cluster, auto_create = broker.check_broker(kafka.address, found)
    assert (answers.level, cluster.level, auto_create.level) == (Level.OK, Level.OK, Level.FAIL)
    assert "auto.create.topics.enable=true" in auto_create.found
    assert {check.found for check in broker.check_topics(found)} == {"is not there"}
    child.process.kill()
    child.process.wait()
    (check,) = broker.check_broker(kafka.address, describe_broker(kafka.address))
    assert check.level is Level.FAIL and "no Kafka broker answers" in check.found
