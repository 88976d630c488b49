"""`border rail load-consist`, `load-scans` and `decode-tags`: what is told, what is written, and loading twice."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from schemas.records import CarScan, OperatingMode, TrainConsist
from schemas.topics import RAIL_READINGS
from streams.console.log_reader import LogReader
from tests.producers.rail.interchanges import a_train, interchange
from tests.producers.rail.test_aei import PUBLISHED
from tests.producers.rail.test_reader_lines import WITH_BITS
from tests.producers.rail.test_scans import LINE, XML

NOBODY = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Two good trains, and one that lacks a car."""
    file = tmp_path / "418.edi"
    good, data = interchange(a_train("ONE")), interchange(a_train("TWO"), a_train("THREE", 4))
    file.write_bytes(good + data.replace(b"W2*TILX*2**RR*E~", b"", 1))
    return file


def said(printed: Printed) -> dict[str, Any]:
    (line,) = printed.readouterr().out.splitlines()
    values: dict[str, Any] = orjson.loads(line)
    return values


def test_a_dry_run_needs_no_broker_and_tells_all(lists: Path, capsys: Printed) -> None:
    assert main(["rail", "load-consist", str(lists), "--port", "2304", "--dry-run"]) == 1
    out, err = capsys.readouterr()
    assert out == "2 trains, 7 cars, 1 problems; nothing was written\n"
    assert err.startswith(f"{lists}: byte ") and "SE01: train TWO: SE01 must be the count" in err
    assert main(["rail", "load-consist", str(lists), "--port", "2304", "--dry-run", "--json"]) == 1
    values = said(capsys)
    assert {name: values[name] for name in ("trains", "cars", "written")} == {"trains": 2, "cars": 7, "written": 0}
    (problem,) = values["problems"]
    assert (problem["train"], problem["segment"], problem["element"], problem["lost"]) == ("TWO", "SE", 1, True)
    assert lists.read_bytes()[problem["offset"] :].startswith(b"SE*7*0001")


def test_what_was_left_out_fails_no_load(tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / "418.edi"
    file.write_bytes(interchange(a_train()).replace(b"GE*1*1", b"GE*2*1"))
    assert main(["rail", "load-consist", str(file), "--port", "2304", "--dry-run", "--json"]) == 0
    assert [problem["segment"] for problem in said(capsys)["problems"]] == ["GE"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["load-consist", "none.edi", "--port", "2304"], "cannot read none.edi: No such file"),
        (["load-consist", ".", "--port", "2304"], "cannot read .: Is a directory"),
        (["load-consist", "x", "--port", "laredo"], "--port is a port's code"),
        (["load-consist", "x", "--port", "2304", "--mode", "UNKNOWN"], "--mode must not be"),
        (["load-scans", "none.jsonl"], "cannot read none.jsonl"),
        (["decode-tags", "none.txt"], "cannot read none.txt"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], told: str, capsys: Printed) -> None:
    assert main(["rail", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_a_broker_that_is_away_is_told_and_the_file_judged_all_the_same(lists: Path, capsys: Printed) -> None:
    assert main(["rail", "load-consist", str(lists), "--port", "2304", "--json", *NOBODY]) == 1
    printed = capsys.readouterr()
    assert orjson.loads(printed.out)["written"] == 0 and "border: " in printed.err


def test_scans_are_judged_by_line(tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / "scans.jsonl"
    file.write_bytes(LINE + b"\n" + LINE.replace(b"CLEAR", b"PERHAPS") + b"\n")
    assert main(["rail", "load-scans", str(file), "--dry-run"]) == 1
    out, err = capsys.readouterr()
    assert out == "1 scans, 0 repeats, 1 problems; nothing was written\n"
    assert err.startswith(f"{file}: line 2: machine_decision: ")
    file.write_bytes(XML)
    assert main(["rail", "load-scans", str(file), "--dry-run", "--json"]) == 0
    assert said(capsys) == {"scans": 1, "repeats": 0, "written": 0, "problems": []}


def test_tags_are_shown_and_bad_lines_told(tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / "tags.txt"
    file.write_text(f"# published\n{PUBLISHED[0][0]}\n{WITH_BITS}\n9EA488C130426A179000000000000331\nnonsense\n")
    assert main(["rail", "decode-tags", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "QNSL 502" in out and "locomotive" in out and "FAILED" in out
    assert err.startswith(f"{file}:5:1: a tag is 128 bits, written as 32 hexadecimal digits; leave the line out")
    assert main(["rail", "decode-tags", str(file), "--json"]) == 1
    first, second, misread, bad = map(orjson.loads, capsys.readouterr().out.splitlines())
    assert (first["mark"], first["number"], first["length_dm"], first["check_passed"]) == ("QNSL", 502, 286, True)
    assert (second["pass_number"], second["axles_passed"], second["side"]) == (3, 17, "RIGHT")
    assert (misread["check_passed"], bad["line"], bad["column"]) == (False, 5, 1)
    file.write_text("\n")
    assert main(["rail", "decode-tags", str(file)]) == 1
    assert "holds no tag" in capsys.readouterr().err


@pytest.mark.integration
def test_lists_and_scans_reach_the_log_of_their_port_and_again_as_themselves(
    platform: LocalPlatform, lists: Path, tmp_path: Path, capsys: Printed
) -> None:
    at = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    scans = tmp_path / "scans.jsonl"
    scans.write_bytes(LINE.replace(b"2304", b"2305"))
    for _ in range(2):
        assert main(["rail", "load-consist", str(lists), "--port", "2305", "--mode", "SIMULATED", *at]) == 1
        assert "wrote 2 trains" in capsys.readouterr().out
        assert main(["rail", "load-scans", str(scans), "--json", *at]) == 0
        assert said(capsys)["written"] == 1
    found = []
    with LogReader(
        platform.broker, platform.registry_url, platform.codec, [RAIL_READINGS.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            if received.log_record.key == b"2305":
                found.append(received.log_record.value)
    trains = [record for record in found if isinstance(record, TrainConsist)]
    assert [train.train_id for train in trains] == ["ONE", "THREE"] * 2
    assert {train.operating_mode for train in trains} == {OperatingMode.SIMULATED}
    # A reading's id makes it a repetition, which counts nothing.
    assert len({train.reading_id for train in trains}) == 2
    assert len({scan.reading_id for scan in found if isinstance(scan, CarScan)}) == 1
    assert len(found) == 6
