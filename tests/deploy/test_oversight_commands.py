"""What officers are tested against reaches the log, and what is found is read by auditors, who are noted."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.commands.oversight import show_findings, show_schedule
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from deploy.port_publication import Held, Published, port_in_force
from deploy.reference_changes import transaction, transactional_producer
from deploy.rotation_audit import rotation_key_id
from deploy.stages import make_secret
from schemas.layout import load_ports, parse_port
from schemas.records import Finding, FindingKind, OfficerAssignment, OperatingMode, OversightRequirement
from schemas.topics import FINDINGS, INTEGRITY_CHANGELOG, LANE_DECISIONS, LANES_CHANGELOG, OUTCOMES
from streams.core.published_ports import key_of
from streams.core.random_draw import RandomKeys
from streams.core.rotation import ROTATION_PREFIX, DrawnDuty, rotation_key

MINUTE = 60_000_000
EXAMPLE = Path(__file__).parent.parent.parent / "deploy/examples/MX-370.toml"
TODAY = datetime.now(UTC).date()


def options(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def values(platform: LocalPlatform, topic: str, kind: type[Any]) -> list[Any]:
    return [one.value for one in log_of(platform, [topic]) if isinstance(one.value, kind)]


@pytest.fixture
def secret(tmp_path: Path) -> list[str]:
    make_secret(tmp_path / "random-secret")
    return ["--state-directory", str(tmp_path)]


def schedule_of(officers: str, day: str = str(TODAY)) -> list[str]:
    return ["schedule", "2603", "--own", "--day", day, "--shift", f"06:00-14:00={officers}"]


@pytest.mark.integration
def test_a_published_rotation_is_the_one_printed(
    platform: LocalPlatform, secret: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*schedule_of("41,42,43,44,45"), "--publish", "--json", *secret, *options(platform)]) == 0
    printed = orjson.loads(capsys.readouterr().out)
    told = [one for one in values(platform, LANE_DECISIONS.name, OfficerAssignment) if one.port_code == "2603"]
    drawn = {(duty["lane_id"], duty["officer_id"], duty["from_at"], duty["until_at"]) for duty in printed["duties"]}
    assert {(one.lane_id, one.officer_id, one.from_at, one.until_at) for one in told} == drawn
    assert len(drawn) == len(told) >= 3 * 8  # three lanes, blocks of an hour at most
    assert all(one.assignment_id.startswith(ROTATION_PREFIX) for one in told)
    assert all(30 * MINUTE <= one.until_at - one.from_at <= 60 * MINUTE for one in told)
    start = printed["drawings"][0]["from_at"]
    key = rotation_key(RandomKeys((tmp_path / "random-secret").read_bytes()), "2603", start)
    (tmp_path / "keys.json").write_bytes(orjson.dumps({rotation_key_id("2603", start): key.hex()}))
    (tmp_path / "schedule.json").write_bytes(orjson.dumps(printed))
    files = [str(tmp_path / "keys.json"), "--drawings", str(tmp_path / "schedule.json")]
    main(["keys", "audit-rotation", *files, "--json", *options(platform)])
    found = orjson.loads(capsys.readouterr().out)
    assert (found["checked"], found["wrong"], found["unexplained"], found["not_told"]) == (len(drawn), 0, 0, 0)


def test_a_port_published_last_has_the_lanes_and_one_never_published_those_of_the_platform() -> None:
    text = EXAMPLE.read_text()
    texts = (text, text.replace('"04-05"', '"04-09"'))
    newer, older = (Published("MX-370", one, "1", "2", at) for one, at in zip(texts, (2, 1), strict=True))
    held = Held({newer: 12, older: 3}, [])
    assert port_in_force("MX-370", held) == parse_port(text)
    assert port_in_force("2603", held) == load_ports()["2603"]
    assert port_in_force("9999", held) is None


@pytest.mark.integration
def test_lanes_of_a_port_that_was_published_since_are_scheduled(
    platform: LocalPlatform, secret: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    key = key_of("MX-998")
    text = EXAMPLE.read_text().replace("MX-370", "MX-998")
    producer = transactional_producer(platform.broker, f"ports-{time.time_ns()}")
    producer.init_transactions(30)
    with transaction(producer):  # as the lanes stage keeps it
        producer.produce(LANES_CHANGELOG.name, msgspec.msgpack.encode((text, "a-1", "b-2", 1)), key)
    arguments = ["schedule", "MX-998", "--day", str(TODAY), "--shift", "06:00-14:00=1,2,3,4,5,6,7,8,9"]
    assert main([*arguments, "--json", *secret, *options(platform)]) == 0
    drawn = orjson.loads(capsys.readouterr().out)["duties"]
    assert {duty["lane_id"] for duty in drawn} == {one.lane_id for one in parse_port(text).lanes}


def test_a_rotation_is_the_same_when_asked_again_and_another_on_another_day(
    secret: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = []
    for day in (TODAY, TODAY, TODAY + timedelta(days=1)):
        assert main([*schedule_of("41,42,43", str(day)), "--json", *secret]) == 0
        shown.append(orjson.loads(capsys.readouterr().out))
    assert shown[0] == shown[1]
    assert shown[0]["key_sha256"] != shown[2]["key_sha256"]
    assert main([*schedule_of("41,42,43"), *secret]) == 0
    assert shown[0]["key_sha256"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["schedule", "9999", "--own", "--day", "2026-11-25", "--shift", "06:00-14:00=1"], "is no port"),
        (["schedule", "2603", "--own", "--day", "2026-11-25", "--shift", "6-14=1"], "is no shift"),
        (["schedule", "2603", "--own", "--day", "26.11.", "--shift", "06:00-14:00=1,2,3"], "are no times"),
        (["schedule", "2603", "--own", "--day", "2026-11-25", "--shift", "06:00-14:00=1,2"], "cannot staff 3 lanes"),
        (["schedule", "2603", "--own", "--day", "2026-11-25", "--shift", "06:00-14:00=1,,2"], "without a number"),
        (["schedule", "2603", "--own", "--day", "2026-11-25", "--shift", "06:00-06:10=1,2,3"], "30 to 1440"),
        (
            ["schedule", "2603", "--own", "--day", "2026-11-25", "--shift", "06:00-14:00=1", "--lane", "2301/01"],
            "is no lane of",
        ),
        (["require", "", "--by", "31"], "rule_set_version"),
        (["require", "v", "--by", "31", "--valid-from", "2026-11-25"], "time zone"),
        (["findings", "--auditor", " "], "--auditor"),
        (["tail", FINDINGS.name], "border findings"),
        (["tail", INTEGRITY_CHANGELOG.name], "border findings"),
    ],
)
def test_what_cannot_be_is_explained(
    arguments: list[str], message: str, secret: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *secret]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.integration
def test_a_requirement_stands_in_every_partition(platform: LocalPlatform) -> None:
    version = f"required {time.time_ns()}"
    command = ["require", version, "--by", "31", "--policy", "p", "--valid-from", "2026-11-25T06:00Z"]
    assert main([*command, *options(platform)]) == 0
    found = [
        (one.partition, one.value)
        for one in log_of(platform, [OUTCOMES.name])
        if isinstance(one.value, OversightRequirement) and one.value.rule_set_version == version
    ]
    assert sorted(partition for partition, _ in found) == list(range(OUTCOMES.partitions))
    assert len({value.requirement_id for _, value in found}) == 1
    assert (found[0][1].policy_version, found[0][1].required_by) == ("p", "31")


def finding(number: int, **fields: Any) -> Finding:
    values = {
        "finding_id": f"finding {number}",
        "revision": 1,
        "kind": FindingKind.OVERRIDES,
        "port_code": "2606",
        "operating_mode": OperatingMode.TEST,
        "officer_id": "4711",
        "trials": 20,
        "events": 9,
        "expected": 1.2,
        "log_e_value": 11.0,
        "log_e_threshold": 9.9,
        "since_at": 1_790_000_000_000_000,
        "found_at": 1_790_000_100_000_000 + number,
        "passages": ("2606/01/TEST/1",),
        "message": "9 of 20: red lights that officer 4711 made green in the own lane",
    }
    return Finding(**(values | fields))


@pytest.mark.integration
def test_an_auditor_reads_the_last_revisions_and_is_noted(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    producer = transactional_producer(platform.broker, f"findings-{time.time_ns()}")
    producer.init_transactions(30)
    told = [finding(1), finding(2), finding(1, revision=2, events=18), finding(3, port_code="2602")]
    with transaction(producer):
        for one in told:
            producer.produce(FINDINGS.name, platform.codec.encode(one), one.port_code)
    capsys.readouterr()
    assert main(["findings", "--auditor", "31", "--port", "2606", "--json", *options(platform)]) == 0
    said = capsys.readouterr()
    shown = [msgspec.json.decode(line, type=Finding) for line in said.out.splitlines()]
    assert [(one.finding_id, one.revision, one.events) for one in shown] == [("finding 1", 2, 18), ("finding 2", 1, 9)]
    note = orjson.loads(said.err.splitlines()[-1])
    assert (note["event"], note["auditor"], note["port"], note["findings"]) == ("findings_read", "31", "2606", 2)
    assert main(["findings", "--auditor", "31", *options(platform)]) == 0
    assert "not verdicts" in capsys.readouterr().out


def test_what_looks_like_markup_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    show_findings([finding(1, message="lights that officer 4711[/] made green", passages=("2606/01/[bold]/1",))])
    shown = capsys.readouterr().out
    assert "officer 4711[/] made green" in shown and "2606/01/[bold]/1" in shown
    show_schedule("2606", str(TODAY), [DrawnDuty("2606/01", "4711[/]", 0, 60 * MINUTE, "0-drawn")], "digest")
    assert "4711[/]" in capsys.readouterr().out
