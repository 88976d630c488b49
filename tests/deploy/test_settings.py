"""Where settings come from, and what a child process is given."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.settings import Settings, child_environment, load_settings


def test_a_child_has_the_settings_given_and_no_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").write_text("no_such_setting = 1\n")
    monkeypatch.setenv("BORDER_WORKERS", "many")
    monkeypatch.setenv("UNTOUCHED", "yes")
    settings = Settings(max_records=7, gather_seconds=0.25, state_directory="elsewhere")
    code = "import os; from deploy.settings import load_settings; print(load_settings(), os.environ['UNTOUCHED'])"
    command = [sys.executable, "-c", code]
    child = subprocess.run(command, env=child_environment(settings), capture_output=True, text=True, check=True)
    assert "max_records=7" in child.stdout and "gather_seconds=0.25" in child.stdout
    assert "workers=1" in child.stdout and "'elsewhere'" in child.stdout and child.stdout.endswith(" yes\n")


def test_an_option_beats_the_environment_which_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").write_text("workers = 2\nkafka_port = 3\nregistry_port = 4\n")
    monkeypatch.setenv("BORDER_KAFKA_PORT", "5")
    monkeypatch.setenv("BORDER_REGISTRY_PORT", "6")
    found = load_settings(registry_port=7)
    assert (found.workers, found.kafka_port, found.registry_port) == (2, 5, 7)
