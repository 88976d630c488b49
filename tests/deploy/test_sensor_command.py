"""`border sensor` as a field engineer runs it: a block for each format, checked, tried on a sample."""

import gzip
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.cli import main
from producers.formats import FORMATS
from producers.formats.reading_format import PAYLOAD_BYTES_MAX

AT = ["--at", "2026-11-30T10:58:40+00:00"]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def json_said(capsys: pytest.CaptureFixture[str]) -> Any:
    return orjson.loads(said(capsys))


def files_of(name: str, directory: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """A site.toml of one device and its sample, as the commands write them; the arguments of `test`."""
    assert main(["sensor", "new", name, "--site"]) == 0
    (directory / "site.toml").write_text(said(capsys))
    assert main(["sensor", "new", name, "--example"]) == 0
    (directory / "sample").write_text(said(capsys))
    return ["sensor", "test", str(directory / "site.toml"), f"{name.replace('_', '-')}-1", str(directory / "sample")]


def test_every_format_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensor", "list", "--json"]) == 0
    rows = json_said(capsys)["formats"]
    assert [row["name"] for row in rows] == list(FORMATS)
    assert all(row["sensors"] and row["specification"] for row in rows)
    assert main(["sensor", "list"]) == 0
    assert "openalpr" in said(capsys)


@pytest.mark.parametrize("name", FORMATS)
def test_a_new_block_is_valid_and_reads_its_sample(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = files_of(name, tmp_path, capsys)
    assert main(["sensor", "validate", arguments[2], "--away", "--json"]) == 0
    result = json_said(capsys)
    assert result["problems"] == [] and result["devices"][0]["format"] == name
    assert main([*arguments, *AT, "--json"]) == 0
    result = json_said(capsys)
    assert result["readings"] and not result["rejections"]
    assert {reading["received_at"] for reading in result["readings"]} == {1_796_036_320_000_000}


def test_a_sample_is_shown_field_by_field_with_its_plates_masked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    arguments = files_of("openalpr", tmp_path, capsys)
    assert main([*arguments, *AT]) == 0
    shown = said(capsys)
    assert "TST4821" not in shown and "•••••21" in shown
    assert re.search(r"observed_at +│ 2026-11-30 10:58:07.250Z +│ When it was observed, by the device's clock.", shown)
    assert "as received 2026-11-30 10:58:40.000Z: 1 PlateRead" in shown
    for flag in ("--reveal", "--show-plates"):
        assert main([*arguments, flag]) == 0
        assert "TST4821" in said(capsys)
    assert main([*arguments, "--json"]) == 0
    assert "TST4821" not in said(capsys)


def test_what_is_rejected_is_told_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files_of("scale_line", tmp_path, capsys)
    sample = tmp_path / "sample"
    sample.write_text(sample.read_text() * 2 + "WIM,1,2\n")
    assert main([*arguments, *AT]) == 1
    shown = said(capsys)
    assert "rejected line 3 column 7: the line must end with * and a checksum of two digits (MALFORMED)" in shown
    assert "1 have an id that another one has, and count once" in shown
    assert main([*arguments, *AT, "--json"]) == 1
    result = json_said(capsys)
    assert (len(result["readings"]), len(result["rejections"]), result["repeats"]) == (2, 1, 1)
    assert result["rejections"][0]["at"] == "line 3 column 7"


def test_a_record_of_another_hour_says_how_to_tell_when_it_was_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = files_of("tmg_weight", tmp_path, capsys)
    assert main([*arguments, "--at", "2026-11-30T13:00:00+00:00"]) == 1
    assert "--at" in said(capsys)


def test_a_sample_may_be_packed_and_must_be_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files_of("openalpr", tmp_path, capsys)
    sample = tmp_path / "sample"
    whole = gzip.compress(sample.read_bytes())
    sample.write_bytes(whole)
    assert main([*arguments, "--json"]) == 0
    sample.write_bytes(whole[:-9])
    assert main(arguments) == 1
    assert "is gzip, and broken" in capsys.readouterr().err
    sample.write_bytes(gzip.compress(bytes(40 * PAYLOAD_BYTES_MAX)))  # a bomb is not unpacked beyond the bound
    assert main([*arguments, "--json"]) == 1
    sample.unlink()
    assert main(arguments) == 1
    assert f"cannot read {sample}" in capsys.readouterr().err


def test_what_is_wrong_with_a_configuration_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files_of("openalpr", tmp_path, capsys)
    file = tmp_path / "site.toml"
    file.write_text(file.read_text().replace("country", "contry").replace("2301/01", "2301/99"))
    assert main(["sensor", "validate", str(file), "--away"]) == 1
    shown = said(capsys)
    assert f"{file}: devices[0] openalpr-1.options.contry: there is no such key; did you mean country?" in shown
    assert f"{file}: devices[0] openalpr-1.lane_id: port 2301 has no such lane" in shown and "2 to mend" in shown
    assert main(["sensor", "validate", str(file), "--json"]) == 1
    assert len(json_said(capsys)["problems"]) == 2  # keys are looked at once the rest holds
    assert main(arguments) == 1
    assert "did you mean country?" in capsys.readouterr().err


def test_a_missing_key_is_told_at_home_and_not_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files_of("openalpr", tmp_path, capsys)
    assert main(["sensor", "validate", str(tmp_path / "site.toml")]) == 1
    assert "openssl rand -hex 32" in said(capsys)
    assert main(["sensor", "validate", str(tmp_path / "site.toml"), "--away"]) == 0


def test_unknown_names_are_told_with_those_that_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensor", "new", "openalp"]) == 1
    assert "there are openalpr, camera_json" in capsys.readouterr().err
    arguments = files_of("openalpr", tmp_path, capsys)
    assert main([*arguments[:3], "camera-9", arguments[4]]) == 1
    assert "it has openalpr-1" in capsys.readouterr().err
