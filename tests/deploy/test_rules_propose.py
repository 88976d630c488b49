"""`border rules propose`: what inspections of the random arm teach, for people to accept and never published."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.chaos.path import new_producer
from deploy.cli import main
from deploy.local.platform import LocalPlatform
from schemas.container import ContainerWriter, LogRecord
from schemas.records import (
    InspectionResolution,
    OperatingMode,
    Outcome,
    OutcomeState,
    Passage,
    ScanDecision,
    ScanQuality,
)
from schemas.topics import OUTCOMES, PASSAGES, RULE_SETS
from streams.core.rule_set import parse_rule_set
from streams.core.rule_set_lint import lint
from tests.core.estimates.builders import FOUND, drawn, inspected, red, revised
from tests.core.vehicles.builders import RULES, default_text, passage

UNIT = "2301/03/xray"
PRIOR = RULES.xray.machine[ScanQuality.GOOD]


def scanned(number: int, decision: ScanDecision = ScanDecision.CLEAR, **fields: Any) -> Passage:
    values = {"xray_unit_id": UNIT, "xray_machine_decision": decision, "xray_scan_quality": ScanQuality.GOOD}
    return passage(number, **(values | fields))


def a_month() -> list[Passage | Outcome]:
    """1,000 scanned, drawn and inspected, all empty: 30 alarms. Others that must not count."""
    alarm = ScanDecision.ALARM
    counted: list[Passage | Outcome] = []
    for n in range(1000):
        counted += [scanned(n, alarm if n < 30 else ScanDecision.CLEAR), inspected(drawn(n, n % 30))]
    for n in range(2000, 2100):  # for their risk, for which the alarm itself may be the reason
        counted += [scanned(n, alarm), inspected(red(n, risk_over_threshold=True), **FOUND)]
    for n in range(3000, 3030):  # no draw of the lot, though the dead-man rule's light was red
        counted += [scanned(n, alarm), inspected(drawn(n, fallback=True))]
    counted += [passage(4000), inspected(drawn(4000))]  # no unit scanned it
    return counted


@pytest.fixture
def captured(tmp_path: Path) -> Callable[..., Path]:
    def write(*values: Passage | Outcome) -> Path:
        file = tmp_path / "log.avro"
        with ContainerWriter(file) as writer:
            for offset, value in enumerate(values):
                topic = PASSAGES if isinstance(value, Passage) else OUTCOMES
                writer.write(LogRecord(topic.name, 0, offset, 0, b"k", value))
        return file

    return write


def test_the_proposal_is_the_rule_set_with_the_learned_rates_and_says_what_they_rest_on(
    tmp_path: Path, captured: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file, log = tmp_path / "proposal.toml", captured(*a_month())
    assert main(["rules", "propose", "--learned", str(file), "--on", str(log), "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out) == {
        "file": str(file),
        "version": RULES.version + "+learned",
        "drawn": 1000,
        "inspected": 1000,
        "finds": 0,
        "hit_rates": 0,
        "false_alarm_rates": 1,
    }
    text = file.read_text()
    proposed = parse_rule_set(text)
    rates = proposed.xray.devices[UNIT].machine[ScanQuality.GOOD]
    assert rates.false_alarm_rate == pytest.approx((PRIOR.false_alarm_rate * 50 + 30) / 1050, rel=1e-3)
    assert rates.hit_rate == PRIOR.hit_rate
    assert proposed.version == RULES.version + "+learned"
    before, after = tomllib.loads(default_text()), tomllib.loads(text)
    del after["xray"]["devices"]
    assert after | {"version": RULES.version} == before
    assert "1000 drawn by lot and scanned" in text and "1000 of them inspected, 0 with a find" in text
    assert "worth 50 inspections" in text and "from 1000 inspections and the prior" in text
    for line in default_text().splitlines():
        assert line.startswith("version =") or line in text
    assert lint(text) == []
    assert main(["rules", "test", str(file)]) == 0


def test_rates_of_the_unit_that_were_learned_before_give_way_and_its_others_stay(
    tmp_path: Path, captured: Callable[..., Path]
) -> None:
    base = tmp_path / "base.toml"
    earlier = f"""
[xray.devices."{UNIT}".machine]
GOOD = {{ hit_rate = 0.5, false_alarm_rate = 0.4 }} # learned last month
DEGRADED = {{ hit_rate = 0.6, false_alarm_rate = 0.2 }} # the vendor's
[xray.devices.other.machine]
GOOD = {{ hit_rate = 0.8, false_alarm_rate = 0.1 }} # the vendor's
"""
    base.write_text(default_text() + earlier)
    file = tmp_path / "proposal.toml"
    command = ["rules", "propose", "--learned", str(file), "--on", str(captured(*a_month())), "--rules", str(base)]
    assert main([*command, "--version", "december"]) == 0
    proposed = parse_rule_set(file.read_text())
    assert proposed.version == "december"
    unit = proposed.xray.devices[UNIT].machine
    assert unit[ScanQuality.GOOD].false_alarm_rate < 0.05
    assert unit[ScanQuality.DEGRADED].false_alarm_rate == 0.2
    assert proposed.xray.devices["other"] == parse_rule_set(base.read_text()).xray.devices["other"]
    assert "the vendor's" in file.read_text() and "learned last month" not in file.read_text()
    assert lint(file.read_text()) == []


def test_those_inspected_stand_for_the_skipped_ones_of_their_answer(
    tmp_path: Path, captured: Callable[..., Path]
) -> None:
    """Of 1,000 drawn 60 raised an alarm, and of the other 940 every fourth was skipped: the rate is still 0.06."""
    log: list[Passage | Outcome] = []
    for n in range(1000):
        alarm, skipped = n < 60, n >= 60 and n % 4 == 0
        log.append(scanned(n, ScanDecision.ALARM if alarm else ScanDecision.CLEAR))
        log.append(drawn(n) if skipped else inspected(drawn(n)))
    file = tmp_path / "proposal.toml"
    assert main(["rules", "propose", "--learned", str(file), "--on", str(captured(*log))]) == 0
    rates = parse_rule_set(file.read_text()).xray.devices[UNIT].machine[ScanQuality.GOOD]
    assert rates.false_alarm_rate == pytest.approx(0.06, rel=1e-3)


def test_a_unit_that_tells_nothing_does_not_keep_the_others_from_being_proposed(
    tmp_path: Path, captured: Callable[..., Path]
) -> None:
    blind = {"xray_unit_id": "2301/04/xray"}
    log: list[Passage | Outcome] = []
    for n in range(5000, 6000):  # it says ALARM of empty ones sooner than of loaded ones
        loaded = n % 4 < 2
        alarm = ScanDecision.ALARM if not loaded or n % 8 == 0 else ScanDecision.CLEAR
        log += [scanned(n, alarm, **blind), inspected(drawn(n), **(FOUND if loaded else {}))]
    base, file = tmp_path / "base.toml", tmp_path / "proposal.toml"
    own = '[xray.devices."2301/04/xray".machine]\nGOOD = { hit_rate = 0.5, false_alarm_rate = 0.4 } # the vendor\n'
    base.write_text(default_text() + own)
    command = ["rules", "propose", "--learned", str(file), "--rules", str(base)]
    assert main([*command, "--on", str(captured(*a_month(), *log))]) == 0
    devices = parse_rule_set(file.read_text()).xray.devices
    assert devices[UNIT].machine[ScanQuality.GOOD].false_alarm_rate < 0.05
    assert devices["2301/04/xray"].machine[ScanQuality.GOOD].false_alarm_rate == 0.4
    assert '# "2301/04/xray".machine: GOOD: nothing to propose' in file.read_text()
    assert lint(file.read_text()) == []


def test_of_revisions_the_highest_counts(
    tmp_path: Path, captured: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    late = [
        revised(inspected(drawn(n)), 2, resolution=InspectionResolution.NARCOTICS, state=OutcomeState.NOT_INSPECTED)
        for n in range(30, 500)
    ]
    again = [scanned(n, ScanDecision.UNKNOWN, revision=2) for n in range(500, 600)]
    log = captured(*a_month(), *late, *again, *a_month()[:200:2])  # at last, old passages told again
    assert main(["rules", "propose", "--learned", str(tmp_path / "p.toml"), "--on", str(log), "--json"]) == 0
    said = orjson.loads(capsys.readouterr().out)
    assert (said["drawn"], said["inspected"]) == (900, 430)  # 100 scans were taken away, 470 not inspected after all


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "SIMULATED"], "nothing to propose: of 0 vehicles"),
        (["--version", 'v"\n[x]'], "a version has printable characters"),
        (["--version", "v v"], "no rule set"),
    ],
)
def test_what_cannot_be_proposed_is_explained_and_leaves_no_file(
    tmp_path: Path,
    captured: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    file = tmp_path / "proposal.toml"
    log = captured(*a_month())
    assert main(["rules", "propose", "--learned", str(file), "--on", str(log), *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not file.exists()


def test_rates_that_stand_inline_are_told_of(
    tmp_path: Path, captured: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base.toml"
    inline = f"""
[xray.devices."{UNIT}"]
machine = {{ GOOD = {{ hit_rate = 0.5, false_alarm_rate = 0.4 }} }}
"""
    base.write_text(default_text() + inline)
    log = captured(*a_month())
    command = ["rules", "propose", "--learned", str(tmp_path / "p.toml"), "--on", str(log), "--rules", str(base)]
    assert main(command) == 1
    assert "write them as tables of their own" in capsys.readouterr().err


def test_a_file_that_is_there_is_not_written_over(
    tmp_path: Path, captured: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "proposal.toml"
    file.write_text("mine")
    assert main(["rules", "propose", "--learned", str(file), "--on", str(captured(*a_month()))]) == 1
    assert "exists" in capsys.readouterr().err
    assert file.read_text() == "mine"


@pytest.mark.integration
def test_the_log_of_the_broker_teaches_and_nothing_is_published(
    tmp_path: Path, platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    mode = {"operating_mode": OperatingMode.TEST}
    producer, codec = new_producer(platform.broker), platform.codec
    for n in range(60):
        place = {"passage_id": f"2301/03/TEST/{n}", **mode}
        for topic, value in ((PASSAGES, scanned(n, **place)), (OUTCOMES, inspected(drawn(n, **place)))):
            producer.produce(topic.name, codec.encode(value), b"2301")
    assert producer.flush(30) == 0
    place = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    file = tmp_path / "proposal.toml"
    versions = topic_ends(platform, RULE_SETS.name)
    rules = tmp_path / "base.toml"  # other tests put rule sets in force here
    rules.write_text(default_text())
    command = ["rules", "propose", "--learned", str(file), "--rules", str(rules), "--mode", "TEST", *place]
    assert main(command) == 0
    assert "learned from 60 inspections of 60 vehicles" in capsys.readouterr().out
    assert topic_ends(platform, RULE_SETS.name) == versions
    assert lint(file.read_text()) == []


def topic_ends(platform: LocalPlatform, topic: str) -> int:
    """Where a topic of one partition ends."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": platform.broker, "group.id": "propose-test"})
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), 30)[1])
    finally:
        consumer.close()
