"""Where settings come from, and what a child process is given."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import settings as module
from deploy.errors import UserError
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


@pytest.mark.parametrize(
    ("endpoint", "has_extra", "why"),
    [
        ("http://collector.example:4318", False, "pip install 'border-telemetry[otel]'"),
        ("collector.example:4317", True, "http:// or https://"),
    ],
)
def test_a_collector_that_cannot_be_told_is_refused_in_our_setting_and_left_out_with_a_line_in_the_hosts(
    endpoint: str, has_extra: bool, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "is_available", lambda: has_extra)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    found = Settings(broker="127.0.0.1:1", registry_url="http://127.0.0.1:1").runtime(0)
    assert found.otlp_endpoint == ""
    (line,) = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert (line["event"], line["variable"]) == ("spans_not_told", "OTEL_EXPORTER_OTLP_ENDPOINT")
    assert why in line["why"]
    with pytest.raises(UserError, match=re.escape(why)):
        _ = Settings(otlp_endpoint=endpoint).collector


def test_a_collector_is_that_of_our_setting_or_else_of_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_available", lambda: True)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host.example:4318")
    assert Settings().collector == "http://host.example:4318"
    assert Settings(otlp_endpoint="http://ours.example:4318").collector == "http://ours.example:4318"
