"""Files of traces, reports and links: every bad row is told, and none with what stands in it."""

from pathlib import Path

import orjson
import pytest

from deploy.cli import main
from deploy.trace_file import TraceKind, last_of, read_records
from schemas.records import Link, MultipleSale, OperatingMode, Trace, TraceResult
from streams.core.traces.business_days import day_number
from streams.core.traces.state import DAY
from tests.core.traces.builders import trace

NOW = day_number(2026, 11, 25) * DAY
TRACE = {
    "trace_id": "T1",
    "result": "PURCHASER_FOUND",
    "purchaser_id": "P7-SECRET",
    "firearm_category": "RIFLE",
    "firearm_serial_number": "SERIAL-SECRET",
    "purchased_at": "1975-03-02",
    "recovered_at": "2026-05-11",
    "dealer_state_code": "US-TX",
}
HEADER = "trace_id,result,purchaser_id,firearm_category,purchased_at,recovered_at,dealer_state_code,reported_stolen"
NOBODY = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]


def lines(file: Path, *rows: object) -> Path:
    file.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    return file


def test_a_csv_and_json_lines_give_the_same_traces(tmp_path: Path) -> None:
    csv = tmp_path / "traces.csv"
    csv.write_text(f"{HEADER}\nT1,PURCHASER_FOUND,P7-SECRET,RIFLE,1975-03-02,2026-05-11,US-TX,true\n")
    row = {name: value for name, value in TRACE.items() if name != "firearm_serial_number"}
    from_json = read_records(lines(tmp_path / "traces.jsonl", row | {"reported_stolen": True}), TraceKind.TRACE, NOW)
    from_csv = read_records(csv, TraceKind.TRACE, NOW)
    assert from_csv == from_json and not from_csv.bad
    (one,) = from_csv.records
    assert isinstance(one, Trace)
    assert one.purchased_at == day_number(1975, 3, 2) * DAY
    assert (one.revision, one.operating_mode, one.received_at) == (1, OperatingMode.OPERATIONAL, NOW)


def test_a_trace_without_a_purchaser_needs_none(tmp_path: Path) -> None:
    row = {"trace_id": "T2", "result": "NOT_TRACED", "firearm_category": "PISTOL", "recovered_at": "2026-05-11"}
    file = lines(tmp_path / "traces.jsonl", row, row | {"trace_id": "T3", "purchased_at": None})
    records, bad, _ = read_records(file, TraceKind.TRACE, NOW)
    assert not bad and [record.purchaser_id for record in records] == [None, None]


def test_sales_stand_in_one_column_or_in_a_list(tmp_path: Path) -> None:
    csv = tmp_path / "sales.csv"
    csv.write_text("report_id,purchaser_id,form,sales\nR1,P7,RIFLES,2026-03-02=2 2026-03-04=1\n")
    sales = [{"sold_at": "2026-03-02", "firearm_count": 2}, {"sold_at": "2026-03-04", "firearm_count": 1}]
    row = {"report_id": "R1", "purchaser_id": "P7", "form": "RIFLES", "sales": sales}
    file = lines(tmp_path / "sales.jsonl", row, row | {"sales": "2026-03-02"}, row | {"sales": 7})
    from_json = read_records(file, TraceKind.MULTIPLE_SALE, NOW)
    from_csv = read_records(csv, TraceKind.MULTIPLE_SALE, NOW)
    assert from_csv.records == from_json.records and not from_csv.bad
    (one,) = from_csv.records
    assert isinstance(one, MultipleSale) and [sale.firearm_count for sale in one.sales] == [2, 1]
    assert [row.line for row in from_json.bad] == [2, 3]


def test_a_link_has_an_end(tmp_path: Path) -> None:
    row = {
        "link_id": "L1",
        "purchaser_id": "P7",
        "plate": "SECRET1",
        "source": "registration record",
        "case_number": "C1",
        "legal_basis": "order 7",
        "valid_until_at": "2027-03-01T08:00Z",
    }
    file = lines(tmp_path / "links.jsonl", row, row | {"link_id": "L2", "valid_until_at": "2099-01-01"})
    records, bad, _ = read_records(file, TraceKind.LINK, NOW)
    assert isinstance(records[0], Link) and len(records) == 1
    assert [one.problem for one in bad] == ["a link is valid for at most 732 days; renew it by a revision"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"result": "FOUND"}, "result is not one of PURCHASER_FOUND, US_SOURCE_ONLY, OTHER_SOURCE, NOT_TRACED"),
        ({"recovered_at": "May"}, "recovered_at is no time"),
        ({"recovered_at": "2026-05-11T10:00Z"}, "recovered_at must be a date"),
        ({"recovered_at": "2027-05-11"}, "recovered_at must lie between"),
        ({"recovered_at": None}, "recovered_at is no time"),
        ({"purchaser_id": None}, "needs purchaser_id"),
        ({"purchaser_id": 7}, "purchaser_id is not text"),
        ({"reported_stolen": "perhaps"}, "reported_stolen is not true or false"),
        ({"revision": 0}, "revision must be at least 1"),
        ({"received_at": "2026-01-01"}, "unknown field"),
        ({"name": "SECRET"}, "unknown field"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(change: dict[str, object], problem: str, tmp_path: Path) -> None:
    _, bad, _ = read_records(lines(tmp_path / "traces.jsonl", TRACE | change), TraceKind.TRACE, NOW)
    (row,) = bad
    assert problem in row.problem and "SECRET" not in row.problem


def test_a_repeated_row_is_ignored_and_one_that_contradicts_is_bad(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "traces.jsonl", TRACE, TRACE, TRACE | {"firearm_category": "PISTOL"}, TRACE | {"revision": 2}
    )
    records, bad, duplicates = read_records(file, TraceKind.TRACE, NOW)
    assert (len(records), duplicates) == (2, 1)
    assert [row.problem for row in bad] == ["its id and revision stand in line 1 with other values"]


def test_the_last_revision_stands_and_what_was_withdrawn_does_not() -> None:
    records = [
        trace(1, revision=2, firearm_make="B"),
        trace(1, firearm_make="A"),
        trace(2),
        trace(2, revision=2, withdrawn=True),
        trace(2, operating_mode=OperatingMode.SIMULATED, result=TraceResult.PURCHASER_FOUND),
    ]
    left = last_of(records)
    assert [(one.operating_mode.value, getattr(one, "firearm_make", "")) for one in left] == [
        ("OPERATIONAL", "B"),
        ("SIMULATED", ""),
    ]


def test_simulated_files_are_read_without_a_bad_row_and_nothing_is_asked_in_a_dry_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = tmp_path / "world"
    assert main(["traces", "simulate", str(world), "--purchasers", "300", "--json"]) == 0
    counts = orjson.loads(capsys.readouterr().out)
    for name, kind in (("traces", "trace"), ("multiple-sales", "multiple-sale"), ("links", "link")):
        arguments = ["traces", "load", str(world / f"{name}.jsonl"), "--kind", kind, "--dry-run", "--json"]
        assert main([*arguments, *NOBODY]) == 0
        said = orjson.loads(capsys.readouterr().out)
        assert (said["records"], said["written"], said["bad_rows"]) == (counts[name], 0, [])
    assert main(["traces", "simulate", str(world)]) == 1
    assert "exists; give another name" in capsys.readouterr().err


def test_a_bad_row_keeps_everything_from_being_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lines(tmp_path / "traces.jsonl", TRACE, TRACE | {"trace_id": ""})
    assert main(["traces", "load", str(file), *NOBODY]) == 1  # whoever connected first would say that
    said = capsys.readouterr()
    assert f"{file}:2: trace_id must have" in said.err
    assert said.out == "1 good records, 1 bad rows; nothing was written: mend them, or give --skip-bad\n"
    assert main(["traces", "load", str(file), "--skip-bad", *NOBODY]) == 1
    assert "no schema registry answers" in capsys.readouterr().err
    file.write_text("\n")
    assert main(["traces", "load", str(file), *NOBODY]) == 1
    assert "holds no record" in capsys.readouterr().err
