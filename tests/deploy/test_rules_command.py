"""`border rules` as a person runs it: files alone, captured readings, and the real broker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from schemas.container import ContainerWriter, LogRecord, read_container
from schemas.records import ChangeKind, ListKind, ReferenceChange, Score
from schemas.topics import PASSAGES, VEHICLES_CHANGELOG
from streams.console.log_reader import LogReader
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from tests.core.vehicles.builders import RULES, add, advance, default_text, entry, fold, outputs_of, passage, record

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


@pytest.fixture
def day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Two simulated minutes."""
    file = tmp_path / "day.avro"
    assert main(["simulate", "rush-hour", "--seconds", "120", "--out", str(file), "--json"]) == 0
    capsys.readouterr()
    return file


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
    assert main(["rules", "show"]) == 0
    assert capsys.readouterr().out == default_text()


def compare(capsys: pytest.CaptureFixture[str], before: Path, after: Path, *files: Path) -> Any:
    state = ["--state-directory", str(before.parent / "no-state")]
    assert main(["rules", "compare", str(before), str(after), "--on", *map(str, files), "--json", *state]) == 0
    return said(capsys)


def test_a_rule_set_changes_nothing_against_itself(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = compare(capsys, rule_file(tmp_path, "a"), rule_file(tmp_path, "b"), day)
    assert result["stops"] > 50 and result["changed_lights"] == 0
    assert {**result["before"], "version": "b"} == result["after"]


def test_a_lower_threshold_reddens_what_it_says_and_costs_its_minutes(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = rule_file(tmp_path, "strict", ("threshold_log_odds = -5.0", "threshold_log_odds = -50.0"))
    result = compare(capsys, rule_file(tmp_path, "now"), strict, day)
    before, after = result["before"], result["after"]
    assert after["reds"] == result["stops"]  # every score is over it
    assert after["reds_by_reason"]["RANDOM"] == before["reds_by_reason"].get("RANDOM", 0)  # the lots are the same
    assert result["changed_lights"] == after["reds"] - before["reds"] > 0
    assert after["inspection_hours"] == pytest.approx(after["reds"] * 20.0 / 60.0)
    assert {one["after"] for one in result["first_changed"]} == {"RED"} and len(result["first_changed"]) == 20


def test_captured_watchlist_changes_count_from_their_time_on(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readings = list(read_container(day))
    plates: list[str] = []
    for one in readings:
        plates += [candidate.plate for candidate in getattr(one.value, "candidates", ())[:1]]
    # The changes stand at the end of the file, as a capture may have them, with the time of the first reading.
    file, at = tmp_path / "listed.avro", readings[0].appended_at
    valid = {"valid_from_at": at - 1, "valid_until_at": at + 10**12, "jurisdiction": None}
    changes = [add(entry(p, p, list_kind=ListKind.INTELLIGENCE, **valid)) for p in sorted(set(plates))]
    with ContainerWriter(file) as writer:
        for one in readings:
            writer.write(one)
        for change in changes:
            for partition in range(2):  # every partition has it; it must count once
                writer.write(LogRecord(PASSAGES.name, partition, 0, at, change.change_id.encode(), change))
    lower = rule_file(tmp_path, "lower", ("INTELLIGENCE = { log_odds = 3.0 }", "INTELLIGENCE = { log_odds = 0.1 }"))
    result = compare(capsys, rule_file(tmp_path, "now"), lower, file)
    assert result["before"]["alerts_by_kind"]["WATCHLIST_HIT"] == result["after"]["alerts_by_kind"]["WATCHLIST_HIT"] > 0
    assert result["before"]["reds"] > result["after"]["reds"]


def at(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def rule_set_changes(platform: LocalPlatform, version: str) -> Iterator[tuple[int, ReferenceChange]]:
    topics = [PASSAGES.name]
    with LogReader(platform.broker, platform.registry_url, platform.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            change = received.log_record.value
            if isinstance(change, ReferenceChange) and change.rule_set_version == version:
                yield received.log_record.partition, change


@pytest.mark.integration
def test_a_published_rule_set_is_in_force_from_its_place_in_every_partition(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rule_file(tmp_path, "2026-12-one", ("prior_log_odds = -7.7", "prior_log_odds = -7.0"))
    people = ["--by", "analyst-7", "--approved-by", "chief-2"]
    # -7.0 brings the alarms of some examples over what they expect, so the examples are changed with it.
    assert main(["rules", "publish", str(file), *people, *at(platform)]) == 1
    assert "example" in capsys.readouterr().err
    file = rule_file(tmp_path, "2026-12-one", ("twin_misread_rate = 0.0007", "twin_misread_rate = 0.0008"))
    assert main(["rules", "publish", str(file), *people, *at(platform)]) == 0
    found = dict(rule_set_changes(platform, "2026-12-one"))
    assert sorted(found) == list(range(PASSAGES.partitions)) and len(set(found.values())) == 1
    change = found[0]
    assert (change.kind, change.changed_by, change.approved_by) == (ChangeKind.RULE_SET, "analyst-7", "chief-2")
    assert change.rule_set_text == file.read_text()

    folding = fold()
    folding.advance(record(change), [])
    [score] = outputs_of(advance(folding, passage()), Score)
    assert score.rule_set_version == "2026-12-one"
    producer = Producer({"bootstrap.servers": platform.broker})
    for key, value in folding.take_changes().items():
        producer.produce(VEHICLES_CHANGELOG.name, value, key, partition=5)
    assert producer.flush(30) == 0
    capsys.readouterr()
    assert main(["rules", "list", "--json", *at(platform)]) == 0
    listed = said(capsys)
    [row] = [row for row in listed["versions"] if row["version"] == "2026-12-one"]
    assert row["partitions"] == 1 and row["approved_by"] == "chief-2"
    assert main(["rules", "show", "2026-12-one", *at(platform)]) == 0
    assert capsys.readouterr().out == file.read_text()


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
def test_one_person_cannot_publish_alone(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rule_file(tmp_path, "2026-12-three")
    assert main(["rules", "publish", str(file), "--by", "a-1", "--approved-by", "a-1", *at(platform)]) == 1
    assert "second person" in capsys.readouterr().err
    assert not list(rule_set_changes(platform, "2026-12-three"))
