"""`border rules compare`: two rule sets over captured readings, under the same budgets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.cli import main
from schemas.container import ContainerWriter, LogRecord, read_container
from schemas.partitioning import partition_of
from schemas.records import LaneMode, ListKind, Outcome, SecondaryStaffing
from schemas.topics import OUTCOMES, PASSAGES
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from tests.core.estimates.builders import FOUND, inspected, red
from tests.core.policy.builders import change
from tests.core.vehicles.builders import add, entry
from tests.deploy.test_rules_command import rule_file, said


@pytest.fixture
def day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Two simulated minutes."""
    file = tmp_path / "day.avro"
    assert main(["simulate", "rush-hour", "--seconds", "120", "--out", str(file), "--json"]) == 0
    capsys.readouterr()
    return file


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
    assert after["delay_hours"] == pytest.approx(after["reds"] * 20.0 / 60.0)
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
    hits = result["before"]["watchlist_hits"]
    assert result["after"]["watchlist_hits"] | {"red": 0} == hits | {"red": 0} and hits["exact"] > 50
    assert hits["exact"] >= hits["red"] > result["after"]["watchlist_hits"]["red"]


def test_a_comparison_says_on_screen_and_in_json_that_company_is_not_weighed(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = rule_file(tmp_path, "a"), rule_file(tmp_path, "b")
    not_weighed = compare(capsys, before, after, day)["not_weighed"]
    assert set(not_weighed) <= EVIDENCE_CATALOGUE.keys()
    state = ["--state-directory", str(tmp_path / "no-state")]
    assert main(["rules", "compare", str(before), str(after), "--on", str(day), *state]) == 0
    assert "company is not weighed (convoy, associate_of_hit)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option",
    ["--first=-1", "--inspection-minutes=0", "--inspection-minutes=-5", "--inspection-minutes=nan"],
)
def test_a_number_that_makes_no_sense_is_refused(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(rule_file(tmp_path, "a"))
    with pytest.raises(SystemExit):
        main(["rules", "compare", file, file, "--on", "any.avro", option])
    assert option[2:].partition("=")[0] in capsys.readouterr().err


def test_a_capture_that_cannot_be_read_is_named(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, torn = str(rule_file(tmp_path, "a")), tmp_path / "torn.avro"
    torn.write_bytes(day.read_bytes()[:-100])
    for second in (torn, tmp_path / "missing.avro", tmp_path):
        assert main(["rules", "compare", rules, rules, "--on", str(day), str(second)]) == 1
        assert f"{second}" in capsys.readouterr().err


# 240 reds an hour where the scenario has 5,200 vehicles an hour at 2301: 104 of them by lot.
BUDGETS = """
version = "rush"

[[budgets]]
port_code = "2301"
lane_mode = "PASSENGER"
random_propensity = 0.02
minutes_per_inspection = 30.0
shifts = [{ from_hour_utc = 0.0, inspectors = 120.0 }]
"""


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated quarter of an hour."""
    file = tmp_path_factory.mktemp("compared") / "quarter.avro"
    assert main(["simulate", "rush-hour", "--seconds", "900", "--out", str(file), "--json"]) == 0
    return file


def captured(file: Path, readings: Path, told: Sequence[msgspec.Struct]) -> Path:
    """The readings with what stands in other topics, as a capture has it: after them, in every partition it is in."""
    records = list(read_container(readings))
    at = records[0].appended_at
    with ContainerWriter(file) as writer:
        for one in records:
            writer.write(one)
        for value in told:
            key = getattr(value, "port_code", "change").encode()
            place = partition_of(key, OUTCOMES.partitions)
            alone = isinstance(value, Outcome | SecondaryStaffing)
            for partition in [place] if alone else range(OUTCOMES.partitions):
                writer.write(LogRecord(OUTCOMES.name, partition, 0, at, key, value))
    return file


def lax(directory: Path) -> Path:
    """A rule set whose own threshold refers everybody."""
    return rule_file(directory, "lax", ("threshold_log_odds = -5.0", "threshold_log_odds = -50.0"))


def test_both_rule_sets_spend_the_captured_budget_whatever_threshold_they_name(
    quarter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = captured(tmp_path / "day.avro", quarter, [change(BUDGETS, "rush")])
    before, after = rule_file(tmp_path, "now"), lax(tmp_path)
    without = compare(capsys, before, after, quarter)
    assert without["policies"] == [] and without["before"]["budget_reds"] is None
    assert without["after"]["reds"] == without["stops"]
    result = compare(capsys, before, after, file)
    assert result["policies"] == ["rush"]
    (was,), (now,) = result["before"]["places"], result["after"]["places"]
    budget = was["budget_reds"]
    assert budget == now["budget_reds"] == pytest.approx(240 / 4, rel=0.15)  # the queue drains for some minutes more
    # Until the policy stage knows 50 vehicles each goes by its own threshold; the lax one refers them all.
    by_own = now["stops_by_rule_set_threshold"]
    assert 50 <= by_own == was["stops_by_rule_set_threshold"] < 100
    # What budgets are held to: 2.5 times the square root of the budget.
    assert was["reds"] == pytest.approx(budget, abs=2.5 * budget**0.5)
    assert now["reds"] - by_own == pytest.approx(budget, abs=2.5 * budget**0.5)
    assert result["after"]["delay_hours"] == pytest.approx(result["after"]["reds"] * 0.5)  # 30 minutes each


def test_a_policy_given_holds_instead_of_the_captured_one_and_inspectors_who_left_count(
    quarter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = next(iter(read_container(quarter))).appended_at
    away = SecondaryStaffing(
        staffing_id="away",
        port_code="2301",
        lane_mode=LaneMode.PASSENGER,
        inspectors=60.0,
        from_at=at,
        until_at=at + 24 * 3600 * 10**6,
        told_by="officer-1",
        received_at=at,
    )
    other = BUDGETS.replace("120.0", "1.0").replace("rush", "captured")
    file = captured(tmp_path / "day.avro", quarter, [change(other, "captured"), away])
    policy = tmp_path / "policy.toml"
    policy.write_text(BUDGETS)
    rules = str(rule_file(tmp_path, "now"))
    command = ["rules", "compare", rules, rules, "--on", str(file), "--policy", str(policy)]
    assert main([*command, "--json", "--state-directory", str(tmp_path / "none")]) == 0
    result = said(capsys)
    assert result["policies"] == ["rush"]
    assert result["before"]["budget_reds"] == pytest.approx(120 / 4, rel=0.15)  # half of them are there
    assert main([*command, "--state-directory", str(tmp_path / "none")]) == 0
    out = capsys.readouterr().out
    assert "budgets of rush" in out and "by the own threshold of now" in out


def test_what_a_rule_set_would_find_is_told_as_bounds_from_what_was_inspected(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = rule_file(tmp_path, "now"), lax(tmp_path)
    state = ["--state-directory", str(tmp_path / "none"), "--first", "100000", "--json"]
    assert main(["rules", "compare", str(before), str(after), "--on", str(day), *state]) == 0
    plain = said(capsys)
    assert plain["finds"] is None
    turned = [one["passage_id"] for one in plain["first_changed"]]  # green under the first, red under the second
    assert len(turned) == len(set(turned))  # none stopped twice, so stops are vehicles
    stops, reds = plain["stops"], plain["before"]["reds"]
    outcomes = [
        inspected(red(passage_id=turned[0]), **FOUND),
        inspected(red(passage_id=turned[1]), **FOUND),
        inspected(red(passage_id=turned[1]), revision=2),  # corrected: nothing
        inspected(red(passage_id="2301/01/SIMULATED/999999"), **FOUND),  # its readings are not in the file
        red(passage_id=turned[2]),  # nobody looked
    ]
    file = captured(tmp_path / "told.avro", day, outcomes)
    assert compare(capsys, before, after, file)["finds"] == {
        "inspected": 2,
        "found": 1,
        "before": {"low": 0, "high": reds},
        "after": {"low": 1, "high": 1 + stops - 2},
        "kept": 0,
        "lost": 0,
        "gained": 1,
        "change": {"low": 1, "high": 1 + stops - reds - 2},
    }
    backwards = compare(capsys, after, before, file)["finds"]
    assert (backwards["lost"], backwards["gained"]) == (1, 0)
    assert backwards["change"] == {"low": -1 - (stops - reds - 2), "high": -1}
