"""Budgets are published by two people, reach the policy stage's log, and a port tells who is really there."""

from pathlib import Path

import orjson
import pytest

from deploy.cli import main
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from schemas.records import ChangeKind, LaneMode, ReferenceChange, SecondaryStaffing
from schemas.topics import OUTCOMES

PEOPLE = ["--by", "director-3", "--approved-by", "chief-2"]


@pytest.fixture
def options(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


@pytest.fixture
def example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["policy", "show"]) == 0
    file = tmp_path / "mine.toml"
    file.write_text(capsys.readouterr().out)
    return file


def test_the_example_is_valid_and_says_what_its_budgets_come_to(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "validate", str(example), "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert [(row["port_code"], row["lane_mode"]) for row in told["budgets"]] == [
        ("2301", "PASSENGER"),
        ("2301", "TRUCK"),
    ]
    assert [shift["reds_per_hour"] for shift in told["budgets"][0]["shifts"]] == [9.0, 24.0, 24.0]
    assert told["budgets"][0]["mandated_exams"]["INSPECTOR_SUSPICION"] == ["DOCUMENTS", "VISUAL"]
    assert main(["policy", "validate", str(example)]) == 0
    shown = capsys.readouterr().out
    assert "2301" in shown and "INSPECTOR_SUSPICION" in shown


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("0.02", "2.0", "random_propensity"),
        ("minutes_per", "minuets_per", "minuets_per_inspection"),
        ('"TRUCK"', '"PASSENGER"', "two budgets of 2301 PASSENGER"),
        ("from_hour_utc = 4.0", "from_hour_utc = 13.0", "must rise"),
        ('INSPECTOR_SUSPICION = ["DOCUMENTS"', 'INSPECTOR_SUSPICION = ["DOCUMENT"', "DOCUMENT"),
        ("[[budgets]]", "[[budgets", "not a selection policy"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said(
    before: str, after: str, message: str, example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example.write_text(example.read_text().replace(before, after))
    assert main(["policy", "validate", str(example)]) == 1
    error = capsys.readouterr().err
    assert message in error and "mine.toml" in error


def test_a_missing_file_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "validate", str(tmp_path / "none.toml")]) == 1
    assert "cannot read" in capsys.readouterr().err


def test_one_person_publishes_nothing(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = ["--by", "director-3", "--approved-by", " DIRECTOR-3"]
    nowhere = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
    assert main(["policy", "publish", str(example), *people, *nowhere]) == 1
    assert "second person" in capsys.readouterr().err


@pytest.mark.integration
def test_a_policy_is_published_to_every_partition_once_and_its_version_names_one_text(
    platform: LocalPlatform, options: list[str], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example.write_text(example.read_text().replace("2026-11-example-1", "published-by-a-test"))
    assert main(["policy", "publish", str(example), *PEOPLE, *options]) == 0
    assert "published and in force" in capsys.readouterr().out
    changes = [record for record in log_of(platform, [OUTCOMES.name]) if isinstance(record.value, ReferenceChange)]
    assert sorted(record.partition for record in changes) == list(range(OUTCOMES.partitions))
    assert {record.value.kind for record in changes} == {ChangeKind.SELECTION_POLICY}  # type: ignore[union-attr]
    assert main(["policy", "publish", str(example), *PEOPLE, *options]) == 0
    assert "published already" in capsys.readouterr().out
    assert main(["policy", "list", "--json", *options]) == 0
    (row,) = orjson.loads(capsys.readouterr().out)["versions"]
    assert (row["version"], row["published_by"]) == ("published-by-a-test", "director-3")
    assert main(["policy", "show", "published-by-a-test", *options]) == 0
    assert capsys.readouterr().out == example.read_text()
    example.write_text(example.read_text().replace("0.02", "0.03"))
    assert main(["policy", "publish", str(example), *PEOPLE, *options]) == 1
    assert "with another text" in capsys.readouterr().err


@pytest.mark.integration
def test_a_port_tells_who_is_really_there(
    platform: LocalPlatform, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    times = ["--begins", "2020-11-24T14:00Z", "--until", "2020-11-24T20:00Z"]
    command = ["policy", "staff", "2399", "TRUCK", "--by", "4711", *options, "--inspectors"]
    assert main([*command, "2.5", *times]) == 0
    assert "2.5 inspectors for 360 minutes" in capsys.readouterr().out
    assert main([*command, "1", *times]) == 0
    command.append("2.5")
    told = [record for record in log_of(platform, [OUTCOMES.name]) if isinstance(record.value, SecondaryStaffing)]
    assert [(record.key, record.value.lane_mode) for record in told] == 2 * [(b"2399", LaneMode.TRUCK)]  # type: ignore[union-attr]
    # The stage replaces what has the same id: what was told last of a time holds.
    (staffing_id,) = {record.value.staffing_id for record in told}  # type: ignore[union-attr]
    assert staffing_id.startswith("2399 TRUCK ")
    assert main([*command, "--begins", "2020-11-24T14:00Z", "--until", "2020-11-24T14:00Z"]) == 1
    assert "until_at must be after from_at" in capsys.readouterr().err
