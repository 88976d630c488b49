"""`border capture` and `border replay` as a person runs them."""

from pathlib import Path

import orjson
import pytest

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from schemas.container import read_container
from schemas.topics import LANE_READINGS


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Two simulated minutes."""
    file = tmp_path / "day.avro"
    assert main(["simulate", "rush-hour", "--seconds", "120", "--out", str(file), "--json"]) == 0
    return file


def replay(*arguments: str | Path, state: Path) -> int:
    return main(["replay", *map(str, arguments), "--json", "--state-directory", str(state)])


def test_a_replay_onto_its_own_input_is_refused_and_leaves_it_whole(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = day.read_bytes()
    assert replay(day, "--out", day, state=tmp_path / "state") == 1
    assert f"{day} exists; give another name" in capsys.readouterr().err
    assert day.read_bytes() == before


def test_a_replay_writes_a_whole_file_that_can_be_read(day: Path, tmp_path: Path) -> None:
    out = tmp_path / "decided.avro"
    assert replay(day, "--out", out, state=tmp_path / "state") == 0
    assert len(list(read_container(out))) > 0
    assert not (tmp_path / "decided.avro.part").exists()


def test_a_replay_that_fails_leaves_no_file(day: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.avro"
    foreign.write_bytes(b"no container")
    assert replay(day, foreign, "--out", tmp_path / "decided.avro", state=tmp_path / "state") == 1
    assert not list(tmp_path.glob("decided*"))


@pytest.mark.parametrize("options", [(), ("--prove",)], ids=["folded", "proved"])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    state = tmp_path / "state"
    assert replay(day, state=state) == 0  # it makes a secret, without which there is nothing to prove
    torn = tmp_path / "torn.avro"
    torn.write_bytes(day.read_bytes()[:-100])
    capsys.readouterr()
    for file, why in (
        (tmp_path / "missing.avro", "cannot read {}: No such file or directory"),
        (tmp_path, "cannot read {}: Is a directory"),
        (torn, "{} is damaged"),
    ):
        assert replay(day, file, *options, state=state) == 1
        assert capsys.readouterr().err.startswith(f"border: {why.format(file)}")


def test_a_file_that_cannot_be_written_is_named_with_the_reason(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "no-such-directory" / "decided.avro"
    assert replay(day, "--out", out, state=tmp_path / "state") == 1
    assert capsys.readouterr().err == f"border: {out} cannot be written: No such file or directory\n"


def test_a_proof_writes_no_file(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(day, "--prove", "--out", tmp_path / "decided.avro", state=tmp_path / "state") == 1
    assert "--prove writes nothing" in capsys.readouterr().err


@pytest.mark.integration
def test_a_capture_writes_a_whole_file_or_none(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, at = tmp_path / "all.avro", ["--broker", platform.broker, "--registry-url", platform.registry_url]
    assert main(["capture", str(file), "--json", *at]) == 0
    said = orjson.loads(capsys.readouterr().out)
    assert sum(said["records"].values()) == len(list(read_container(file)))
    assert LANE_READINGS.name in said["records"] and "undecoded" in said
    assert main(["capture", str(tmp_path / "other.avro"), "--topic", "no.such.topic", *at]) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["all.avro"]
