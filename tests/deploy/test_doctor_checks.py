"""`border doctor`: what is made of what was found, without anything running."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.doctor import broker, clock, contract, machine, workers
from deploy.doctor.broker import BrokerFound, TopicFound
from deploy.doctor.check import Check, Level, Problem, verdict
from deploy.doctor.clock import ClockFound, TimeService
from deploy.doctor.contract import SubjectFound
from deploy.doctor.examine import at_once, examine
from deploy.doctor.machine import DiskFound
from deploy.scrape import WorkerState
from deploy.settings import Settings
from deploy.stages import STAGE_NAMES
from schemas.generate import load_schemas
from schemas.topics import LANE_READINGS, LANES_CHANGELOG

SERVICE = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
THREE = BrokerFound(
    "kafka.example:9092", 0.002, {1: "a:1", 2: "b:1", 3: "c:1"}, 2, {1: "false", 2: "false", 3: "false"}, {}
)
GOOD = TopicFound(12, 3, 3, 0, {**LANE_READINGS.config, **SERVICE})


def test_the_worst_of_several_problems_counts_and_all_are_told() -> None:
    problems = [Problem(Level.FAIL, "a", "mend"), Problem(Level.WARN, "b", "mend")]
    assert verdict("x", "fine", problems) == Check("x", Level.FAIL, "a; b", "mend")
    assert verdict("x", "fine", []) == Check("x", Level.OK, "fine")


def test_a_topic_as_in_service_is_good() -> None:
    assert broker.check_topic(LANE_READINGS, GOOD, is_local=False).level is Level.OK


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(GOOD, replicas=1, in_sync=1), "1 replicas"),
        (replace(GOOD, in_sync=1), "1 of 3 replicas in sync"),
        (replace(GOOD, leaderless=4), "4 partitions have no leader"),
        (replace(GOOD, settings={**GOOD.settings, "min.insync.replicas": "1"}), "min.insync.replicas=1"),
        (replace(GOOD, settings={**GOOD.settings, "min.insync.replicas": "3"}), "min.insync.replicas=3"),
        (replace(GOOD, settings={**GOOD.settings, "unclean.leader.election.enable": "true"}), "unclean"),
        (replace(GOOD, settings={**GOOD.settings, "message.timestamp.type": "CreateTime"}), "CreateTime"),
        (replace(GOOD, settings={**GOOD.settings, "retention.ms": "60000"}), "retention.ms=60000"),
    ],
)
def test_a_topic_that_breaks_a_promise_in_service_fails(found: TopicFound, word: str) -> None:
    check = broker.check_topic(LANE_READINGS, found, is_local=False)
    assert check.level is Level.FAIL and word in check.found and check.mend


def test_a_replica_behind_is_a_warning_while_two_are_in_sync() -> None:
    assert broker.check_topic(LANE_READINGS, replace(GOOD, in_sync=2), is_local=False).level is Level.WARN


def test_a_lone_local_broker_needs_no_replicas() -> None:
    alone = TopicFound(12, 1, 1, 0, LANES_CHANGELOG.config)
    assert broker.check_topic(LANES_CHANGELOG, alone, is_local=True).level is Level.OK


def test_a_cluster_without_a_controller_or_with_two_brokers_is_told() -> None:
    assert broker.check_cluster(THREE).level is Level.OK
    assert broker.check_cluster(replace(THREE, controller=-1)).level is Level.FAIL
    assert broker.check_cluster(replace(THREE, brokers={1: "a:1", 2: "b:1"})).level is Level.WARN


def test_a_slow_broker_is_a_warning() -> None:
    assert broker.check_broker("a:1", replace(THREE, seconds=0.5))[0].level is Level.WARN


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.0, Level.OK), (-0.3, Level.WARN), (5.0, Level.FAIL), (-5.0, Level.FAIL), (None, Level.WARN)]
)
def test_a_clock_is_as_bad_as_it_is_off(ahead: float | None, level: Level) -> None:
    assert clock.check_clocks(ClockFound(ahead, 0.001))[0].level is level


def test_a_clock_is_not_blamed_for_what_the_way_may_have_taken() -> None:
    assert clock.check_clocks(ClockFound(1.5, 1.45))[0].level is Level.OK


def test_the_broker_whose_newest_record_is_from_the_future_is_named() -> None:
    check = clock.check_clocks(ClockFound(0.0, 0.001, {1: -3.0, 2: 7.5}))[1]
    assert check.level is Level.FAIL and check.found == "broker 2 stamped a record 7.5 s in our future"


def test_a_clock_that_nobody_sets_is_a_warning() -> None:
    assert clock.check_time_service(TimeService(False, 16.0)).level is Level.WARN
    assert clock.check_time_service(TimeService(True, 0.01)).level is Level.OK
    assert clock.check_time_service(None).level is Level.OK


SUBJECT = "border.passages.v1-border.v1.Tick"
TICK = load_schemas()["Tick"]
OTHER = {**TICK, "fields": TICK["fields"][:-1]}


@pytest.mark.parametrize(
    ("found", "level", "word"),
    [
        (SubjectFound({1: TICK}, None), Level.OK, "version 1 is ours"),
        (SubjectFound({1: OTHER, 2: TICK}, None), Level.OK, "1 older"),
        (None, Level.FAIL, "not registered"),
        (SubjectFound({1: OTHER}, None), Level.FAIL, f"has {len(TICK['fields']) - 1} entries, ours"),
        (SubjectFound({1: TICK, 2: OTHER}, None), Level.WARN, "a newer one, 2"),
        (SubjectFound({1: TICK}, "BACKWARD"), Level.FAIL, "compatibility BACKWARD"),
    ],
)
def test_a_schema_is_held_against_ours(found: SubjectFound | None, level: Level, word: str) -> None:
    check = contract.check_subject(SUBJECT, TICK, found)
    assert check.level is level and word in check.found


def test_a_namespace_repeated_inside_makes_no_difference_but_another_one_does() -> None:
    inner = {"type": "enum", "name": "Mode", "namespace": "border.v1", "symbols": ["A"]}

    def schema(mode: object) -> dict[str, object]:
        fields = [{"name": "mode", "type": mode}, {"name": "again", "type": ["null", "Mode"]}]
        return {"type": "record", "name": "R", "namespace": "border.v1", "fields": fields}

    bare = {key: value for key, value in inner.items() if key != "namespace"}
    assert contract.full_names(schema(inner)) == contract.full_names(schema(bare))
    assert contract.full_names(schema(inner)) != contract.full_names(schema({**inner, "namespace": "border.v2"}))


def disk(free: int, files: int = 10**6, is_writable: bool = True) -> DiskFound:
    return DiskFound("/data", free, files, is_writable)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (disk(50 << 30), Level.OK),
        (disk(2 << 30), Level.WARN),
        (disk(100 << 20), Level.FAIL),
        (disk(50 << 30, files=10), Level.FAIL),
        (disk(50 << 30, is_writable=False), Level.FAIL),
        ("cannot look at /data: Permission denied", Level.FAIL),
    ],
)
def test_a_disk_is_as_bad_as_it_is_full(found: DiskFound | str, level: Level) -> None:
    assert machine.check_disk("state", found, setting="state_directory").level is level


def test_the_disk_of_a_directory_that_is_not_there_yet_is_that_of_the_one_above(tmp_path: Path) -> None:
    found = machine.describe_disk(tmp_path / "a" / "b")
    assert isinstance(found, DiskFound) and found.is_writable and found.free_bytes > 0


def test_libraries_are_held_against_the_lock_file() -> None:
    wanted = {name: f"=={version}" for name, version in machine.pinned("a-b[x]==1.2 \\\n  --hash=x\nc==3\n").items()}
    assert wanted == {"a-b": "==1.2", "c": "==3"}
    python, libraries = machine.check_versions((3, 11, 9), wanted, {"a-b": "1.2", "c": "3"})
    assert (python.level, libraries.level) == (Level.OK, Level.OK)
    python, libraries = machine.check_versions((3, 11, 3), wanted, {"a-b": "1.3", "c": "3"})
    assert (python.level, libraries.level) == (Level.FAIL, Level.WARN)
    assert machine.check_versions((3, 12, 0), wanted, {"a-b": "1.2", "c": None})[1].level is Level.FAIL
    assert machine.check_versions((3, 12, 0), {}, {})[1].level is Level.WARN


def test_what_is_pinned_is_what_is_installed_here() -> None:
    wanted = machine.wanted_versions()
    assert len(wanted) > 20
    assert machine.check_versions((3, 11, 9), wanted, machine.installed(list(wanted)))[1].level is Level.OK


def test_a_port_that_another_process_holds_is_named_with_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(kafka_port=port, registry_port=0, light_lines_port=port, light_http_port=0)
        checks = {check.name: check for check in machine.check_ports(settings, is_running=False)}
        assert checks["port kafka_port"].level is Level.FAIL
        assert f"by pid {os.getpid()}" in checks["port kafka_port"].found
        assert checks["port light_lines_port"].level is Level.WARN
        assert checks["port registry_port"].level is Level.OK
        # of a platform that runs, the port is its own
        assert "port kafka_port" not in {check.name for check in machine.check_ports(settings, is_running=True)}


@pytest.mark.parametrize(
    ("mode", "level"), [(0o600, Level.OK), (0o400, Level.OK), (0o640, Level.FAIL), (0o604, Level.FAIL)]
)
def test_a_secret_that_others_may_read_fails(tmp_path: Path, mode: int, level: Level) -> None:
    secret = tmp_path / "random-secret"
    secret.write_bytes(bytes(32))
    secret.chmod(mode)
    assert machine.check_secret(machine.describe_file(secret), secret).level is level


def test_a_secret_that_is_too_short_or_missing_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "random-secret"
    assert machine.check_secret(machine.describe_file(secret), secret).level is Level.WARN
    secret.write_bytes(bytes(8))
    secret.chmod(0o600)
    check = machine.check_secret(machine.describe_file(secret), secret)
    assert check.level is Level.FAIL and "8 bytes, 32 are needed" in check.found


def test_settings_that_others_may_write_fail_and_a_state_directory_open_to_others_is_a_warning(tmp_path: Path) -> None:
    config = tmp_path / "border.toml"
    config.write_text("")
    config.chmod(0o666)
    assert machine.check_not_writable("settings", machine.describe_file(config), "none", False).level is Level.FAIL
    config.chmod(0o644)
    assert machine.check_not_writable("settings", machine.describe_file(config), "none", False).level is Level.OK
    tmp_path.chmod(0o755)
    assert machine.check_not_writable("state", machine.describe_file(tmp_path), "none", True).level is Level.WARN
    tmp_path.chmod(0o700)
    assert machine.check_not_writable("state", machine.describe_file(tmp_path), "none", True).level is Level.OK


def state(name: str = "lanes-0", **values: object) -> WorkerState:
    return WorkerState(**{"name": name, "ready": True, "answers": True} | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (state(), Level.OK),
        (state(answers=False, ready=False), Level.FAIL),
        (state(ready=False), Level.WARN),
        (state(lag_seconds=20.0), Level.WARN),
        (state(lag_seconds=90.0), Level.FAIL),
    ],
)
def test_a_worker_is_as_bad_as_it_is_behind(found: WorkerState, level: Level) -> None:
    assert workers.check_worker(found).level is level


def test_a_stage_without_a_worker_is_named() -> None:
    running = {"processes": [{"stage": stage} for stage in STAGE_NAMES if stage != "convoys"]}
    (check,) = workers.check_workers(running, [], ".border")
    assert check.level is Level.FAIL and check.found == "no worker of convoys"


def test_settings_that_cannot_be_read_stop_no_other_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").write_text("kafka_port = 'nine'\n")
    checks = {check.name: check for check in examine()}
    assert checks["settings"].level is Level.FAIL and "'nine' is not a int" in checks["settings"].found
    assert checks["broker answers"].level is Level.FAIL and "no platform runs" in checks["broker answers"].found
    assert checks["version Python"].level is Level.OK


def test_what_an_examination_raises_is_not_swallowed() -> None:
    def broken() -> list[Check]:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        at_once([list, broken])
