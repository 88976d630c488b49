"""`border demo` as a script runs it."""

import orjson
import pytest

from deploy.cli import main

pytestmark = pytest.mark.integration


def test_a_demo_proves_what_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
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
