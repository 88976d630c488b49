"""Starting Prometheus and Alertmanager beside a local platform: what is missing is told, what is written is taken."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.local import observation
from tests.deploy.prometheus.tools import tool
from tests.deploy.test_observe import PORTS


def test_what_is_not_installed_is_told_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    state = tmp_path / "state"
    assert main(["up", "--observe", *PORTS, "--state-directory", str(state)]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "--observe needs prometheus and alertmanager" in said
    assert "apt-get install prometheus prometheus-alertmanager" in said
    assert not state.exists()


def test_the_local_configuration_is_taken_by_the_programs_that_check_it(tmp_path: Path) -> None:
    home = tmp_path / "observation"
    stale = home / "config" / "targets" / "gateway.json"
    stale.parent.mkdir(parents=True)
    stale.write_text('[{"targets": ["127.0.0.1:1"]}]')
    programs = observation.Programs("prometheus", "alertmanager")
    chosen = observation.Observation(programs, 19090, 19093)
    running = {"processes": [], "gateways": [], "services": [{"name": "light", "metrics_port": 7331}]}
    observation.write_configuration(home, chosen, running)
    assert json.loads(stale.read_text()) == []
    assert json.loads(stale.with_name("light.json").read_text()) == [{"targets": ["127.0.0.1:7331"]}]
    check = [tool("promtool"), "check", "config", str(home / "config" / "prometheus.yml")]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "127.0.0.1:19093" in (home / "config" / "prometheus.yml").read_text()
    check = [tool("amtool"), "check-config", str(home / "config" / "alertmanager.yml")]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http" not in (home / "config" / "alertmanager.yml").read_text()
