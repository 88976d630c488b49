"""`border demo` as a script runs it."""

import os
import signal
import threading
from pathlib import Path

import orjson
import pytest

from deploy.cli import main

pytestmark = pytest.mark.integration


class Killer(threading.Thread):
    """kill -9 of a demo's gateway, once its devices have been told of their first readings."""

    def __init__(self, state: Path) -> None:
        super().__init__(daemon=True)
        self._state, self.killed, self.is_over = state, 0, threading.Event()

    def run(self) -> None:
        acknowledged, processes = self._state / "acknowledged", self._state / "processes-workers.json"
        while not (acknowledged.exists() and acknowledged.stat().st_size):
            if self.is_over.wait(0.05):
                return
        workers = {one["name"]: one["pid"] for one in orjson.loads(processes.read_bytes())}
        os.kill(workers["gateway-2301"], signal.SIGKILL)
        self.killed = workers["gateway-2301"]


def test_a_demo_proves_what_it_wrote_though_a_gateway_is_killed_and_whatever_the_settings_around_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").write_text('heartbeat_seconds = 9.0\nbroker = "127.0.0.1:1"\n')  # a worker refuses the first
    monkeypatch.setenv("BORDER_FAILPOINT", "after_outputs:1")
    monkeypatch.setenv("BORDER_RULE_SET_FILE", "none.toml")
    state = tmp_path / "state"
    killer = Killer(state)
    killer.start()
    try:
        assert main(["demo", "--minutes", "0.3", "--rate", "40", "--state-directory", str(state), "--json"]) == 0
    finally:
        killer.is_over.set()
        killer.join()
    result = orjson.loads(capsys.readouterr().out)
    assert result["readings"] > 0 and result["selections"] and result["good"]
    assert result["expected"] > sum(result["selections"].values())
    assert result["lost"] == result["duplicates"] == result["wrong"] == 0
    assert killer.killed and (state / "gateway-2301.log").read_text().count("gateway_listening") == 2
    assert result["not_delivered"] == 0 and len(set((state / "acknowledged").read_text().split())) > 100


def test_a_demo_without_gateways_in_which_nothing_was_expected_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--minutes", "0.0001", "--direct", "--json"]) == 1
    said = capsys.readouterr()
    assert orjson.loads(said.out)["good"] is False
    assert "Nothing was proved" in said.err
