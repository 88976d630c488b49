"""`border gateway` where no broker answers: devices are served all the same, and what is wrong is told."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from deploy.chaos.edge_site import GatewayProcess, devices_of_all_formats, emulated, write_site
from deploy.cli import main
from deploy.local.processes import Child
from producers.emulators.device import EmulatedDevice, Manners
from tests.support import eventually

NOWHERE = "127.0.0.1:1"
REGISTRY = f"http://{NOWHERE}/apis/ccompat/v7"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway of all formats whose broker is away."""
    process = GatewayProcess(write_site(tmp_path, devices_of_all_formats("dark")), NOWHERE, REGISTRY)
    try:
        process.start()
        yield process
    finally:
        process.end()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`border` with these arguments; it should end by itself."""
    command = [sys.executable, "-P", "-m", "deploy", *arguments, "--broker", NOWHERE, "--registry-url", REGISTRY]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def speak(devices: list[EmulatedDevice], count: int, first: int) -> None:
    """Devices say so many things each."""

    async def all_of_them() -> None:
        await asyncio.gather(*(device.run(count, first=first) for device in devices))

    asyncio.run(all_of_them())


def test_without_a_broker_readings_are_kept_over_restarts_and_ctrl_c_says_how_many(gateway: GatewayProcess) -> None:
    devices = emulated(gateway.site, 1)
    speak(devices, 20, 1)
    assert [device.record.wrong for device in devices] == [[]] * 10
    kept = gateway.metric("border_gateway_kept")
    assert kept is not None and kept >= 200
    assert gateway.stop() >= kept
    gateway.start()
    speak(devices, 5, 21)
    assert (gateway.metric("border_gateway_kept") or 0) >= kept + 50
    assert sum(len(device.record.kept) for device in devices) == 250


def test_a_tap_shows_what_a_device_sends_with_its_plates_masked(
    gateway: GatewayProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speak(emulated(gateway.site, 3, Manners()), 3, 1)
    tap = ["sensor", "tap", str(tmp_path / "site.toml")]
    assert main([*tap, "dark-openalpr", "--remembered", "--count", "3", "--json"]) == 0
    items = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["reading"]["type"] for item in items] == ["PlateRead"] * 3
    assert all("•" in item["reading"]["candidates"][0]["plate"] for item in items)
    assert main([*tap, "dark-openalpr", "--remembered", "--count", "1", "--json", "--reveal"]) == 0
    assert "•" not in orjson.loads(capsys.readouterr().out)["reading"]["candidates"][0]["plate"]
    assert main([*tap, "dark-scale-line", "--remembered", "--count", "2"]) == 0
    shown = capsys.readouterr().out
    assert "waiting for dark-scale-line at http://127.0.0.1:" in shown and shown.count("gross_weight_kg") == 2
    assert main([*tap, "nobody"]) == 1
    assert "has no device nobody" in capsys.readouterr().err
    gateway.kill()
    assert main([*tap, "dark-openalpr"]) == 1
    assert "start it with `border gateway --config`" in capsys.readouterr().err


def test_a_site_has_one_gateway(gateway: GatewayProcess, tmp_path: Path) -> None:
    second = run("gateway", "--config", str(tmp_path / "site.toml"))
    assert second.returncode == 1
    assert "another gateway keeps its readings in" in second.stderr
    assert gateway.metric("border_gateway_kept") is not None


def test_ctrl_c_finishes_what_was_accepted(gateway: GatewayProcess) -> None:
    child: Child | None = gateway.child
    assert child is not None
    child.process.send_signal(signal.SIGINT)
    eventually(lambda: child.process.poll() is not None, 60)
    assert child.process.returncode == 0
    assert '{"left":' in child.last_lines()


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    missing = run("gateway", "--config", str(tmp_path / "none.toml"))
    assert missing.returncode == 1
    assert "none.toml" in missing.stderr
    file = write_site(tmp_path, devices_of_all_formats("dark"))
    file.write_text(file.read_text().replace('format = "openalpr"', 'format = "openalp"'))
    wrong = run("gateway", "--config", str(file))
    assert wrong.returncode == 1
    assert "must be one of openalpr" in wrong.stderr
    file.write_text(file.read_text().replace('"openalp"', '"openalpr"'))
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "spool.db").write_bytes(b"not a database" * 1_000)
    damaged = run("gateway", "--config", str(file))
    assert damaged.returncode == 1
    assert "is damaged" in damaged.stderr
