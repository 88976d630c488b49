"""What a person is told who asks for what cannot be: one line and an exit status, never a traceback."""

import os
import re
from importlib import metadata
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from deploy.cli import COMMANDS, DISTRIBUTION, main
from deploy.errors import UserError
from deploy.local.artifacts import provide_software
from deploy.local.platform import LocalPlatform
from deploy.local.state import prepare_directory, take_lock
from deploy.settings import Settings, load_settings
from streams.console.log_reader import LogReader

ROOT = Path(__file__).parent.parent.parent


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Exit status of a command and what it says on standard error."""
    try:
        status = main([*map(str, arguments)])
    except SystemExit as stop:  # wrong usage
        status = int(stop.code or 0)
    return status, capsys.readouterr().err


@pytest.mark.parametrize("command", [name for name, place, _ in COMMANDS if not place.endswith(":app")])
def test_the_help_of_a_command_has_examples_and_says_what_each_option_is(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    main([command, "--help"])
    text = capsys.readouterr().out
    assert "Examples:" in text or command == "stage"  # which the supervisor starts
    options = re.findall(r"^│ [* ]{2} ?(?:\S+ )?--\S+(?: [A-Z]+)?(.*)│$", text, re.MULTILINE)
    assert all(re.sub(r"\[[^]]*\]", "", told).strip() for told in options), text


def test_the_version_is_that_of_pyproject_and_of_the_newest_entry_of_the_changelog(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--version"])
    version = capsys.readouterr().out.strip()
    assert version == metadata.version(DISTRIBUTION) != "0.0.0"
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()
    newest = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None and newest[1] == version


@pytest.mark.parametrize(
    "arguments",
    [
        "demo --minutes 0",
        "demo --minutes nan",
        "demo --rate -1",
        "demo --seed -1",
        "up --workers 0",
        "up --kafka-port 70000",
        "up --registry-port -1",
        "up --metrics-port 70000",
        "up --rate 0",
        "watch --seconds -1",
        "tail any --count 0",
        "simulate rush-hour --days 0",
        "simulate rush-hour --seconds -1",
        "simulate rush-hour --speed -1",
        "simulate rush-hour --rate inf",
        "evaluate --join --seeds 0",
        "evaluate --join --minutes -5",
        "evaluate --join --stop-seconds 0",
        "evaluate --join --first-seed -1",
        "chaos --kills -1",
        "chaos --pauses -1",
        "chaos --workers 0",
        "chaos --session-seconds 5",
        "bench --seed -1",
        "stage lanes --instance -1",
        "stage lanes --metrics-port -1",
    ],
)
def test_a_number_that_makes_no_sense_is_wrong_usage(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    option = next(word for word in arguments.split() if word.startswith("--") and word != "--join")
    status, text = said(capsys, *arguments.split())
    assert status == 2
    assert "Invalid value" in text and option in text and "Must be" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("kafka_port", 70_000),
        ("registry_port", -1),
        ("metrics_port", -1),
        ("gather_seconds", -0.1),
        ("gather_seconds", "nan"),
        ("max_records", 0),
        ("session_seconds", "inf"),
        ("heartbeat_seconds", 0),
        ("workers", "two"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"setting {name}: {value!r} "):
        load_settings(**{name: value})


def test_every_default_makes_sense() -> None:
    assert load_settings(**{name: getattr(Settings(), name) for name in Settings.__dataclass_fields__})


@pytest.mark.parametrize("command", ["demo", "up --scenario", "simulate", "evaluate --join --scenario"])
def test_an_unknown_scenario_is_refused_with_the_known_ones_before_anything_starts(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["demo", "--scenario"] if command == "demo" else command.split()
    status, text = said(capsys, *words, "atlantis", *(["--out", "x"] if command == "simulate" else []))
    assert (status, text) == (
        1,
        "border: no scenario 'atlantis'; known: matamoros-2009, border-2023, rush-hour\n",
    )
    assert not list(tmp_path.iterdir())


def test_settings_that_are_a_directory_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("border.toml").mkdir()
    status, text = said(capsys, "status")
    assert status == 1 and text.startswith("border: cannot read settings from border.toml: ")


@pytest.mark.parametrize("command", ["up", "down", "down --wipe", "status", "demo"])
def test_a_state_directory_that_is_a_file_is_explained(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("precious")
    status, text = said(capsys, *command.split(), "--state-directory", file)
    assert (status, text.count("\n")) == ((0, 0) if command == "down" else (1, 1))
    assert command == "down" or (text.startswith("border: ") and str(file) in text)
    assert file.read_text() == "precious"


def test_a_cache_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot keep downloads in .*file/cache.*; set cache_directory"):
        provide_software(tmp_path / "file" / "cache", Console(quiet=True))


def test_a_platform_of_another_user_is_not_ours_to_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_pid: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    prepare_directory(tmp_path)
    with take_lock(tmp_path):
        monkeypatch.setattr(os, "kill", refused)  # a second user to be is not on every machine
        status, text = said(capsys, "down", "--state-directory", tmp_path)
    assert status == 1 and f"the platform in {tmp_path} is another user's (pid {os.getpid()})" in text


@pytest.mark.integration
def test_a_topic_that_does_not_exist_is_explained(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    explained = f"border: there is no topic nope on {platform.broker}; `border topics` lists them\n"
    assert said(capsys, "tail", "nope", *at) == (1, explained)
    assert said(capsys, "capture", tmp_path / "file", "--topic", "nope", *at) == (1, explained)


@pytest.mark.integration
def test_an_audit_that_takes_too_long_is_explained(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys.json").write_bytes(orjson.dumps({}))
    monkeypatch.setattr(LogReader.read_to_end, "__defaults__", (0.0,))
    at = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    status, text = said(capsys, "keys", "audit", tmp_path / "keys.json", *at)
    assert status == 1 and text.startswith("border: the end of the topics was not reached in 0 s")
