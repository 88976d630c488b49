"""`border rules` as a person runs it: files alone, captured readings, and the real broker."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from deploy.cli import main
from deploy.connection import connect
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.rule_publication import publish_rule_set
from schemas.records import ChangeKind, ReferenceChange, Score
from schemas.topics import PASSAGES, VEHICLES_CHANGELOG
from streams.console.log_reader import LogReader
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from streams.core.vehicles.stage import RULES_KEY
from tests.core.vehicles.builders import RULES, advance, default_text, fold, outputs_of, passage, record

VERSION = f'version = "{RULES.version}"'


def rule_file(directory: Path, version: str, *changes: tuple[str, str]) -> Path:
    """The platform's rule set with another version and some other numbers."""
    text = default_text().replace(VERSION, f'version = "{version}"')
    for was, now in changes:
        assert was in text
        text = text.replace(was, now)
    file = directory / f"{version}.toml"
    file.write_text(text)
    return file


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return orjson.loads(capsys.readouterr().out)


def test_a_number_without_a_source_and_forbidden_evidence_are_found_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = rule_file(tmp_path, "good"), tmp_path / "bad.toml"
    bad.write_text("[nationality]\nlog_odds = 1.0\n")
    assert main(["rules", "lint", str(good)]) == 0
    capsys.readouterr()
    assert main(["rules", "lint", str(bad)]) == 1
    out = capsys.readouterr().out
    assert f"{bad}:1: 'nationality' is never evidence" in out and f"{bad}:2: a number without a source" in out


def test_an_example_that_fails_is_shown_with_its_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "test", str(rule_file(tmp_path, "good"))]) == 0
    capsys.readouterr()
    heavy = rule_file(tmp_path, "heavy", ("TRACE_LINKED = { log_odds = 3.7 }", "TRACE_LINKED = { log_odds = 0.5 }"))
    assert main(["rules", "test", str(heavy)]) == 1
    out = capsys.readouterr().out
    assert (
        "FAILED  a plate linked to traces" in out and "GREEN, expected RED" in out and "+0.50  watchlist_exact" in out
    )


def test_a_rule_set_without_examples_does_not_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bare.toml"
    file.write_text(default_text().partition("[[examples]]")[0])
    assert main(["rules", "test", str(file)]) == 1
    assert "has no [[examples]]" in capsys.readouterr().err


def test_what_evidence_there_is_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "show", "--evidence", "--json"]) == 0
    assert said(capsys) == dict(EVIDENCE_CATALOGUE)
    for version in ((), (RULES.version,)):  # nobody has to publish it
        assert main(["rules", "show", *version]) == 0
        assert capsys.readouterr().out == default_text()


def at(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def rule_set_changes(platform: LocalPlatform, version: str) -> Iterator[tuple[int, ReferenceChange]]:
    topics = [PASSAGES.name]
    with LogReader(platform.broker, platform.registry_url, platform.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            change = received.log_record.value
            if isinstance(change, ReferenceChange) and change.rule_set_version == version:
                yield received.log_record.partition, change


@pytest.mark.parametrize("version", ["", "a b", "-a", "2026\\u001b[2J", "2026\\n", "2026\u201112", "x" * 65])
def test_a_version_that_nobody_can_see_or_type_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    file = tmp_path / "unseen.toml"
    file.write_text(default_text().replace(VERSION, f'version = "{version}"'), encoding="utf-8-sig")
    assert main(["rules", "lint", str(file)]) == 1
    assert "$.version" in capsys.readouterr().out


@pytest.mark.integration
def test_a_published_rule_set_is_in_force_from_its_place_in_every_partition(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rule_file(tmp_path, "2026-12-one-long-name", ("prior_log_odds = -7.7", "prior_log_odds = -7.0"))
    people = ["--by", "analyst-7", "--approved-by", "chief-2"]
    # -7.0 brings the alarms of some examples over what they expect, so the examples are changed with it.
    assert main(["rules", "publish", str(file), *people, *at(platform)]) == 1
    assert "example" in capsys.readouterr().err
    file = rule_file(tmp_path, "2026-12-one-long-name", ("twin_misread_rate = 0.0007", "twin_misread_rate = 0.0008"))
    assert main(["rules", "publish", str(file), *people, *at(platform)]) == 0
    found = dict(rule_set_changes(platform, "2026-12-one-long-name"))
    assert sorted(found) == list(range(PASSAGES.partitions)) and len(set(found.values())) == 1
    change = found[0]
    assert (change.kind, change.changed_by, change.approved_by) == (ChangeKind.RULE_SET, "analyst-7", "chief-2")
    assert change.rule_set_text == file.read_text()

    folding = fold()
    folding.advance(record(change), [])
    [score] = outputs_of(advance(folding, passage()), Score)
    assert score.rule_set_version == "2026-12-one-long-name"
    producer = Producer({"bootstrap.servers": platform.broker})
    for key, value in folding.take_changes().items():
        producer.produce(VEHICLES_CHANGELOG.name, value, key, partition=5)
    assert producer.flush(30) == 0
    capsys.readouterr()
    assert main(["rules", "list", "--json", *at(platform)]) == 0
    listed = said(capsys)
    [row] = [row for row in listed["versions"] if row["version"] == "2026-12-one-long-name"]
    assert row["partitions"] == 1 and row["approved_by"] == "chief-2"
    assert main(["rules", "list", *at(platform)]) == 0
    assert "2026-12-one-long-name" in capsys.readouterr().out
    assert main(["rules", "show", "2026-12-one-long-name", *at(platform)]) == 0
    assert capsys.readouterr().out == file.read_text()


@pytest.mark.integration
def test_a_stored_rule_set_that_is_none_is_listed_as_unreadable(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = (b"\xff", b"version = ", b"version = 7", b"a = 1", b"", b"a = " + b"[" * 100_000)
    stored = dict(enumerate([*texts, b'version = "2026-12-readable"'], 5))
    producer = Producer({"bootstrap.servers": platform.broker})
    for partition, text in stored.items():
        producer.produce(VEHICLES_CHANGELOG.name, text, RULES_KEY, partition=partition)
    assert producer.flush(30) == 0
    assert main(["rules", "list", "--json", *at(platform)]) == 0
    listed = said(capsys)
    assert listed["unreadable"] == [5, 6, 7, 8, 9, 10] and listed["own_file"] <= PASSAGES.partitions - len(stored)
    assert main(["rules", "list", *at(platform)]) == 0
    assert "cannot be read in partitions 5, 6, 7, 8, 9, 10" in capsys.readouterr().out.replace("\n", " ")
    for partition in stored:
        producer.produce(VEHICLES_CHANGELOG.name, None, RULES_KEY, partition=partition)
    assert producer.flush(30) == 0
    assert main(["rules", "list", "--json", *at(platform)]) == 0
    assert said(capsys)["unreadable"] == []


@pytest.mark.integration
def test_a_version_is_published_once_and_put_in_force_again_with_the_same_text_only(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = ["--by", "analyst-7", "--approved-by", "chief-2"]
    file = rule_file(tmp_path, "2026-12-two")
    for expected in ("is published and in force", "is published already"):
        assert main(["rules", "publish", str(file), *people, *at(platform)]) == 0
        assert expected in capsys.readouterr().out
    other = rule_file(tmp_path, "2026-12-two", ("twin_misread_rate = 0.0007", "twin_misread_rate = 0.0008"))
    assert main(["rules", "publish", str(other), *people, *at(platform)]) == 1
    assert "was published by analyst-7 with another text" in capsys.readouterr().err
    assert len(list(rule_set_changes(platform, "2026-12-two"))) == 2 * PASSAGES.partitions


@pytest.mark.integration
def test_the_name_of_a_rule_set_that_stages_start_with_names_no_other_text(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = ["--by", "analyst-7", "--approved-by", "chief-2"]
    changed = ("twin_misread_rate = 0.0007", "twin_misread_rate = 0.0008")
    file = rule_file(tmp_path, RULES.version, changed)
    assert main(["rules", "publish", str(file), *people, *at(platform)]) == 1
    assert "names the rule set that comes with the platform" in capsys.readouterr().err
    assert not list(rule_set_changes(platform, RULES.version))
    own = rule_file(tmp_path, "2026-12-own")
    other = tmp_path / "other.toml"
    other.write_text(own.read_text().replace(*changed))
    connection = connect(platform.broker, platform.registry_url, None)
    settings = dataclasses.replace(connection.settings, rule_set_file=str(own))
    with pytest.raises(UserError, match="names rule_set_file"):
        publish_rule_set(other.read_text(), "analyst-7", "chief-2", connection._replace(settings=settings))
    assert publish_rule_set(own.read_text(), "analyst-7", "chief-2", connection._replace(settings=settings))


@pytest.mark.integration
def test_one_person_cannot_publish_alone(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rule_file(tmp_path, "2026-12-three")
    for same in ("a-1", " A-1"):
        assert main(["rules", "publish", str(file), "--by", "a-1", "--approved-by", same, *at(platform)]) == 1
        assert "second person" in capsys.readouterr().err
    assert not list(rule_set_changes(platform, "2026-12-three"))
