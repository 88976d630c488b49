"""`border demo` as a script runs it."""

from pathlib import Path

import orjson
import pytest

from deploy.cli import main

pytestmark = pytest.mark.integration


def test_a_demo_proves_what_it_wrote_whatever_the_settings_of_whoever_runs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").write_text('heartbeat_seconds = 9.0\nbroker = "127.0.0.1:1"\n')  # a worker refuses the first
    monkeypatch.setenv("BORDER_FAILPOINT", "after_outputs:1")
    monkeypatch.setenv("BORDER_RULE_SET_FILE", "none.toml")
    assert main(["demo", "--minutes", "0.25", "--scenario", "border-2023", "--rate", "100", "--json"]) == 0
    result = orjson.loads(capsys.readouterr().out)
    assert result["readings"] > 0 and result["selections"] and result["good"]
    assert result["expected"] > sum(result["selections"].values())
    assert result["lost"] == result["duplicates"] == result["wrong"] == 0


def test_a_demo_in_which_nothing_was_expected_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--minutes", "0.0001", "--json"]) == 1
    said = capsys.readouterr()
    assert orjson.loads(said.out)["good"] is False
    assert "Nothing was proved" in said.err
