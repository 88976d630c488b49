"""Watchlist files: good rows are kept, bad ones told by line."""

import csv
import os
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from deploy.errors import UserError
from deploy.watchlist_file import read_entries, read_suppression
from schemas.records import WarningMarker

HEADER = (
    "entry_id,plate,jurisdiction,list_kind,reason,legal_basis,priority,audience,valid_from_at,valid_until_at,"
    "entered_by,approved_by\n"
)
GOOD = "e-1,TST0001,US-TX,STOLEN,stolen,order 7,10,officers,2026-01-01,2099-01-01T00:00:00Z,a-1,a-2\n"


def test_a_csv_keeps_its_good_rows_and_names_the_bad_ones_by_line(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    bad_kind = GOOD.replace("e-1", "e-2").replace("STOLEN", "NO_SUCH_KIND")
    alone = GOOD.replace("e-1", "e-3").replace("a-2", "a-1")
    backwards = GOOD.replace("e-1", "e-4").replace("2026-01-01", "2099-06-01")
    file.write_text(HEADER + GOOD + bad_kind + alone + backwards + GOOD)
    entries, bad, duplicates = read_entries(file)
    assert [entry.entry_id for entry in entries] == ["e-1"] and duplicates == 1  # the repeated row is ignored
    assert entries[0].valid_from_at == 1_767_225_600_000_000 and entries[0].case_number is None
    assert [row.line for row in bad] == [3, 4, 5]
    assert "second person" in bad[1].problem and "TST0001" not in "".join(row.problem for row in bad)


def test_json_lines_are_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    row = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    lines = [orjson.dumps(row).decode(), "", "not json", orjson.dumps(row | {"entry_id": "e-2", "colour": 1}).decode()]
    file.write_text("\n".join(lines))
    entries, bad, _ = read_entries(file)
    assert len(entries) == 1 and [row.line for row in bad] == [3, 4]
    assert "unknown field" in bad[1].problem


def test_a_json_array_is_read_with_the_lines_of_its_items(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    row = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    rows = [row, row | {"entry_id": "e-2", "priority": 101}, row, 7]
    file.write_text("\n[" + ",\n ".join(orjson.dumps(one).decode() for one in rows) + ",\n {cut off")
    entries, bad, duplicates = read_entries(file)
    assert [entry.entry_id for entry in entries] == ["e-1"] and duplicates == 1
    assert [row.line for row in bad] == [3, 5, 6] and "priority" in bad[0].problem
    file.write_bytes(orjson.dumps(row))
    assert len(read_entries(file).entries) == 1
    file.write_text("[]")
    assert read_entries(file) == ([], [], 0)


def test_warning_markers_stand_in_one_column_or_in_an_array(tmp_path: Path) -> None:
    header, good = HEADER.strip() + ",warning_markers\n", GOOD.strip()
    file = tmp_path / "list.csv"
    file.write_text(header + good + ",ARMED FLED_BEFORE\n" + good.replace("e-1", "e-2") + ",armed to the teeth\n")
    entries, bad, _ = read_entries(file)
    assert entries[0].warning_markers == (WarningMarker.ARMED, WarningMarker.FLED_BEFORE)
    assert [row.line for row in bad] == [3] and "warning_markers" in bad[0].problem
    lines = tmp_path / "list.jsonl"
    row = dict(zip(HEADER.strip().split(","), good.split(","), strict=True)) | {"warning_markers": ["VIOLENT"]}
    lines.write_bytes(orjson.dumps(row))
    assert read_entries(lines).entries[0].warning_markers == (WarningMarker.VIOLENT,)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"approved_by": "a-1"}, "second person"),
        ({"reason": ""}, "reason"),
        ({"valid_until_at": "soon"}, "valid_until_at"),
        ({"valid_until_at": "2026-01-01"}, "valid_until_at has passed.*ISO 8601"),
        ({"colour": 1}, "unknown field"),
    ],
)
def test_a_suppression_that_lacks_something_is_refused_by_name(
    tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    good = {
        "suppression_id": "s-1",
        "plate": "TST0001",
        "reason": "another car",
        "valid_until_at": "2099-01-01",
        "entered_by": "a-1",
        "approved_by": "a-2",
    }
    file = tmp_path / "suppression.json"
    file.write_bytes(orjson.dumps(good))
    assert read_suppression(file).valid_until_at == 4_070_908_800_000_000
    file.write_bytes(orjson.dumps(good | change))
    with pytest.raises(UserError, match=problem) as refused:
        read_suppression(file)
    assert "TST0001" not in str(refused.value)


def json_row(**changes: object) -> str:
    row = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    return orjson.dumps(row | changes).decode()


@pytest.mark.parametrize(
    ("bad_row", "problem", "lines"),
    [
        (GOOD.replace("stolen", "x" * 200_000), "field larger than field limit", 1),
        (GOOD.replace("stolen", '"nobody\n closes' + "x" * 200_000), "lines 3 to 4 are lost to it", 2),
        (GOOD.replace("stolen", '"two\nlines"'), "reason holds an end of a line", 2),
        (GOOD.replace("stolen", "sto\0len"), "reason holds .* a control character", 1),
        (GOOD.replace("2026-01-01", "9" * 5000), "valid_from_at is no time", 1),
        (GOOD.replace("STOLEN", "stolen"), "list_kind is not one of .*STOLEN, WANTED, .*TEST$", 1),
        (GOOD.replace("STOLEN", "UNKNOWN"), "list_kind is not one of .*STOLEN, WANTED, .*TEST$", 1),
        (GOOD.replace("2026-01-01", "²"), "valid_from_at is no time", 1),
        (GOOD.replace("2026-01-01", "0001-01-01"), "not before 1900", 1),
        (GOOD.replace(",10,", f",{'9' * 5000},"), "priority", 1),
        (GOOD.replace("a-2", " a-1 "), "second person", 1),
    ],
    ids=range(11),
)
def test_one_bad_row_of_a_csv_takes_no_good_row_with_it(tmp_path: Path, bad_row: str, problem: str, lines: int) -> None:
    file = tmp_path / "list.csv"
    file.write_text(HEADER + GOOD + bad_row.replace("e-1", "e-2") + GOOD.replace("e-1", "e-3") + ",,\n")
    entries, bad, _ = read_entries(file)
    assert [entry.entry_id for entry in entries] == ["e-1", "e-3"]
    assert [row.line for row in bad] == [3, 4 + lines] and re.search(problem, bad[0].problem)


DEEP = '{"a":' * 100_000
HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("bad_row", "problem"),
    [
        (json_row(priority=0).replace("0,", HUGE + ",", 1), "priority"),
        (json_row().replace('"2026-01-01"', "-" + HUGE), "valid_from_at"),
        (json_row().replace("stolen", "\\ud800"), "reason"),
        (json_row().replace("stolen", "\\u001b[2J"), "reason"),
        (json_row()[:-1] + ',"plate":"TST0002"}', "a field stands twice"),
    ],
    ids=range(5),
)
def test_one_bad_object_takes_no_good_one_with_it(tmp_path: Path, bad_row: str, problem: str) -> None:
    for name, between in (("list.jsonl", "\n"), ("list.json", ",\n")):
        file, rows = tmp_path / name, between.join((json_row(), bad_row, json_row(entry_id="e-3")))
        file.write_text(f"[{rows}]" if name.endswith(".json") else rows)
        entries, bad, _ = read_entries(file)
        assert [entry.entry_id for entry in entries] == ["e-1", "e-3"]
        assert [row.line for row in bad] == [2] and problem in bad[0].problem


def test_values_too_deep_to_read_are_one_bad_row_and_what_was_not_read_is_said(tmp_path: Path) -> None:
    lines, array = tmp_path / "list.jsonl", tmp_path / "list.json"
    lines.write_text("\n".join((json_row(), DEEP, json_row(entry_id="e-3"))))
    assert len(read_entries(lines).entries) == 2 and "too deep" in read_entries(lines).bad[0].problem
    array.write_text("[" + ",\n".join((json_row(), DEEP, json_row(entry_id="e-3"))) + "]")
    content = read_entries(array)
    assert len(content.entries) == 1 and [row.line for row in content.bad] == [2]
    assert "nothing from here on was read" in content.bad[0].problem
    array.write_text(DEEP)
    with pytest.raises(UserError, match="too deep"):
        read_suppression(array)
    array.write_text("[" + json_row() + "] {}")
    assert "more behind the end of the array" in read_entries(array).bad[0].problem


def test_a_line_ends_where_its_format_says(tmp_path: Path) -> None:
    file, row = tmp_path / "list.jsonl", json_row(case_number="7\u00a0b\u2009c")
    file.write_text(row + "\r\n" + json_row(entry_id="e-2", reason="a\u2028b"), newline="")
    entries, bad, _ = read_entries(file)
    assert [entry.case_number for entry in entries] == ["7\u00a0b\u2009c"]
    assert [(row.line, "reason" in row.problem) for row in bad] == [(2, True)]
    table = tmp_path / "list.csv"
    for end in ("\n", "\r\n", "\r"):
        table.write_text((HEADER + GOOD + GOOD.replace("e-1", "e-2")).replace("\n", end), newline="")
        assert len(read_entries(table).entries) == 2


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (HEADER.replace(",", ";"), "columns stand between commas"),
        (HEADER.replace("reason", "plate"), "a column stands twice"),
        (HEADER.replace("reason,", ""), "no column reason"),
    ],
)
def test_a_wrong_header_is_told_once(tmp_path: Path, header: str, problem: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(header + GOOD * 3)
    entries, bad, _ = read_entries(file)
    assert not entries and [row.line for row in bad] == [1] and problem in bad[0].problem


def test_an_array_in_one_line_counts_what_is_repeated(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(f"[{json_row()},{json_row()}]")
    assert read_entries(file).duplicates == 1


def test_a_file_that_is_no_text_or_of_no_known_kind_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes((HEADER + GOOD).replace("stolen", "enl\u00e8ve").encode("latin-1"))
    with pytest.raises(UserError, match="is not UTF-8 text"):
        read_entries(file)
    file.write_text(HEADER + GOOD, encoding="utf-16")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        read_entries(file)
    file.write_text(HEADER + GOOD, encoding="utf-8-sig")
    assert len(read_entries(file).entries) == 1
    with pytest.raises(UserError, match=r"must end in \.csv"):
        read_entries(file.rename(tmp_path / "list.txt"))
    with pytest.raises(UserError, match="cannot read"):
        read_entries(tmp_path)


def test_rows_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(json_row(),))
    writer.start()
    assert len(read_entries(pipe).entries) == 1
    writer.join()


def test_an_id_that_comes_again_with_other_values_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(HEADER + GOOD + GOOD.replace("TST0001", "TST0002"))
    [bad] = read_entries(file).bad
    assert bad.line == 3 and "stands in line 2 with other values" in bad.problem


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_entries(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mixed.csv", "entry_id,plate,list_kind\n1,STOLEN,KTP1048\n"),
        ("headerless.csv", "e-1,KTP1048,STOLEN\ne-2,KTP1048,STOLEN\n"),
        ("id.csv", HEADER + (GOOD + GOOD.replace(",10,", ",11,")).replace("e-1", "KTP1048")),
        ("key.jsonl", '{"KTP1048": 1}\n'),
        ("marker.jsonl", '{"entry_id": "1", "plate": "A1", "list_kind": "STOLEN", "warning_markers": ["KTP1048"]}\n'),
    ],
)
def test_no_message_holds_a_plate_wherever_it_stands(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    bad = read_entries(file).bad
    assert bad and all("KTP1048" not in row.text(file) for row in bad)


@pytest.mark.parametrize("name", ["valid_from_at", "valid_until_at"])
@pytest.mark.parametrize(
    "number",
    ["0", "1", "4070908800", "4070908800000", "9070908800000000000", "207001010", "2099152", "-1", "1e9"],
)
def test_a_number_that_is_no_microseconds_of_our_time_is_not_taken_for_1970(
    tmp_path: Path, name: str, number: str
) -> None:
    table, lines = tmp_path / "list.csv", tmp_path / "list.jsonl"
    row = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True)) | {name: number}
    table.write_text(HEADER + ",".join(row.values()))
    lines.write_text("\n".join((orjson.dumps(row).decode(), json_row(**{name: "@"}).replace('"@"', number))))
    for written, count in ((table, 1), (lines, 2)):
        bad = read_entries(written).bad
        assert [one.problem.partition(" is no time; ")[0] for one in bad] == [name] * count
        assert "2026-12-31T08:00Z" in bad[-1].problem and "1798675200000000" in bad[-1].problem


def test_a_date_is_read_with_and_without_dashes_and_microseconds_as_text_and_number(tmp_path: Path) -> None:
    file, at = tmp_path / "list.jsonl", 4_070_908_800_000_000  # 2099-01-01
    ends = ("2099-01-01", "20990101", "2099-01-01T01:00+01:00", str(at), at)
    file.write_text("\n".join(json_row(entry_id=f"e-{n}", valid_until_at=end) for n, end in enumerate(ends)))
    assert [entry.valid_until_at for entry in read_entries(file).entries] == [at] * len(ends)
    file.write_text(json_row(valid_from_at="19000101"))
    assert [entry.valid_from_at for entry in read_entries(file).entries] == [-2_208_988_800_000_000]
    for wrong in (True, None, [at], {}):
        file.write_text(json_row(valid_until_at=wrong))
        assert "valid_until_at is no time" in read_entries(file).bad[0].problem


def test_an_entry_that_has_ended_is_a_bad_row(tmp_path: Path) -> None:
    file, now = tmp_path / "list.jsonl", datetime.now(UTC)
    ends = (now + timedelta(minutes=5), now - timedelta(seconds=1), datetime(2026, 6, 1))
    file.write_text("\n".join(json_row(entry_id=f"e-{n}", valid_until_at=end) for n, end in enumerate(ends)))
    entries, bad, _ = read_entries(file)
    assert [entry.entry_id for entry in entries] == ["e-0"] and [row.line for row in bad] == [2, 3]
    assert all("valid_until_at has passed" in row.problem and "2026-12-31T08:00Z" in row.problem for row in bad)


@pytest.mark.parametrize("around", ["'", '"', "\\", "`", "'\"", "\\'", "' - at `$.plate`", "'\n"], ids=range(8))
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("list_kind", "list_kind is not one of "),
        ("warning_markers", "warning_markers is not one or more of "),
        ("priority", "priority is not a whole number"),
        ("valid_from_at", "valid_from_at is no time"),
    ],
)
def test_no_mark_around_a_plate_brings_it_into_a_message(tmp_path: Path, around: str, name: str, problem: str) -> None:
    table, lines = tmp_path / "list.csv", tmp_path / "list.jsonl"
    for plate in (f"{around}KTP1048", f"{around}KTP1048{around}", f"KTP{around}1048"):
        row = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True)) | {name: plate}
        with table.open("w", newline="") as file:
            csv.writer(file).writerows([row.keys(), row.values()])
        lines.write_bytes(orjson.dumps(row))
        for written in (table, lines):
            [bad] = read_entries(written).bad
            assert bad.problem.startswith(problem)
            assert "KTP" not in bad.problem and "1048" not in bad.problem


def test_every_field_that_is_wrong_or_missing_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text('{"entry_id": 1, "list_kind": "A", "priority": "B", "case_number": 2}')
    [bad] = read_entries(file).bad
    told = [part.split(" is ")[0] for part in bad.problem.split("; ")]
    required = ["reason", "legal_basis", "audience", "valid_from_at", "valid_until_at", "entered_by", "approved_by"]
    assert sorted(told) == sorted(["entry_id", "plate", "list_kind", "priority", "case_number", *required])
