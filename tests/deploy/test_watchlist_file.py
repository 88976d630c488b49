"""Watchlist files: good rows are kept, bad ones told by line."""

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
GOOD = "e-1,TST0001,US-TX,STOLEN,stolen,order 7,10,officers,2026-01-01,2027-01-01T00:00:00Z,a-1,a-2\n"


def test_a_csv_keeps_its_good_rows_and_names_the_bad_ones_by_line(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    bad_kind = GOOD.replace("e-1", "e-2").replace("STOLEN", "NO_SUCH_KIND")
    alone = GOOD.replace("e-1", "e-3").replace("a-2", "a-1")
    backwards = GOOD.replace("e-1", "e-4").replace("2026-01-01", "2028-01-01")
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
        "valid_until_at": "2027-01-01",
        "entered_by": "a-1",
        "approved_by": "a-2",
    }
    file = tmp_path / "suppression.json"
    file.write_bytes(orjson.dumps(good))
    assert read_suppression(file).valid_until_at == 1_798_761_600_000_000
    file.write_bytes(orjson.dumps(good | change))
    with pytest.raises(UserError, match=problem) as refused:
        read_suppression(file)
    assert "TST0001" not in str(refused.value)


def test_an_id_that_comes_again_with_other_values_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(HEADER + GOOD + GOOD.replace("TST0001", "TST0002"))
    assert [row.line for row in read_entries(file).bad] == [3]


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_entries(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mixed.csv", "entry_id,plate,list_kind\n1,STOLEN,KTP1048\n"),
        ("headerless.csv", "e-1,KTP1048,STOLEN\ne-2,KTP1048,STOLEN\n"),
        ("key.jsonl", '{"KTP1048": 1}\n'),
        ("marker.jsonl", '{"entry_id": "1", "plate": "A1", "list_kind": "STOLEN", "warning_markers": ["KTP1048"]}\n'),
    ],
)
def test_no_message_holds_a_plate_wherever_it_stands(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    bad = read_entries(file).bad
    assert bad and all("KTP1048" not in row.text(file) for row in bad)
