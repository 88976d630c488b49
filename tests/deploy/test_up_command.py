"""`border up` and `border down` as a person runs them: real processes, signals, and what is left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from deploy.local.platform import LocalPlatform
from deploy.local.processes import start_time_of
from deploy.settings import PLATFORM_FILE, running_platform
from schemas.records import Tick
from schemas.registry import load_codec
from schemas.topics import DEAD_LETTERS
from streams.console.log_reader import LogReader
from tests.schemas.sample_records import sample_records
from tests.support import eventually

pytestmark = pytest.mark.integration

BORDER = (sys.executable, "-P", "-m", "deploy")
FREE_PORTS = ("--kafka-port", "0", "--registry-port", "0")


def border(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BORDER, *arguments], capture_output=True, text=True, timeout=90, check=False)


class Up:
    """A running `border up --no-stages`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        command = [*BORDER, "up", "--no-stages", *FREE_PORTS, "--json", "--state-directory", str(state)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.ready: dict[str, Any] = json.loads(line)
        self.children: list[dict[str, Any]] = json.loads((state / "processes-platform.json").read_text())
        assert {child["name"] for child in self.children} == {"kafka", "registry"}
        assert self.living() == 2

    def living(self) -> int:
        return sum(start_time_of(child["pid"]) == child["start_time"] for child in self.children)


@contextmanager
def up(state: Path) -> Iterator[Up]:
    running = Up(state)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.communicate(timeout=60)


def test_kill_9_of_border_up_leaves_no_orphans_and_no_platform(tmp_path: Path) -> None:
    with up(tmp_path / "state") as running:
        running.process.kill()
        running.process.wait()
        eventually(lambda: running.living() == 0, what="the end of both")
        assert (running.state / PLATFORM_FILE).exists()
        assert running_platform(running.state) is None
        said = border("status", "--state-directory", str(running.state)).stderr
        assert "no platform runs in" in said and "border up" in said


def test_data_and_schemas_outlive_a_stop_and_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with up(state) as first:
        producer = Producer({"bootstrap.servers": first.ready["broker"], "partitioner": "murmur2_random"})
        producer.produce(DEAD_LETTERS.name, b"kept", key=b"any")
        assert producer.flush(20) == 0
        record = next(record for record in sample_records(seed=25, each=1) if isinstance(record, Tick))
        framed = load_codec(first.ready["registry_url"]).encode(record)
        assert border("down", "--state-directory", str(state)).stdout == f"Stopped pid {first.process.pid}\n"
        assert first.process.wait(20) == 130
        assert first.living() == 0
    with up(state) as second:
        second.process.kill()
        second.process.wait()
    with up(state) as third:
        codec = load_codec(third.ready["registry_url"])
        assert codec.encode(record) == framed
        with LogReader(
            third.ready["broker"], third.ready["registry_url"], codec, [DEAD_LETTERS.name], from_beginning=True
        ) as reader:
            assert [received.log_record.key for received in reader.read_to_end()] == [b"any"]


def test_one_directory_one_platform_until_it_is_wiped(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with up(state) as running:
        second = border("up", *FREE_PORTS, "--state-directory", str(state))
        assert second.returncode == 1
        assert f"{state} is in use by pid {running.process.pid}; stop it with `border down`" in second.stderr
        assert running.living() == 2
        assert border("down", "--wipe", "--state-directory", str(state)).returncode == 0
        assert running.living() == 0
        assert not state.exists()


def test_a_port_in_use_is_refused_naming_the_pid_that_has_it(platform: LocalPlatform, tmp_path: Path) -> None:
    port = platform.broker.rpartition(":")[2]
    kafka = next(child for child in platform.children if child.name == "kafka")
    other = border("up", "--kafka-port", port, "--registry-port", "0", "--state-directory", str(tmp_path / "other"))
    assert other.returncode == 1
    assert other.stderr.startswith(f"border: port {port} is in use by pid {kafka.pid} (java); ")
    assert "--kafka-port (0: any free)" in other.stderr


def test_a_broker_that_dies_ends_border_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    running = Up(tmp_path / "state")
    try:
        broker = next(child for child in running.children if child["name"] == "kafka")
        assert start_time_of(broker["pid"]) == broker["start_time"]
        os.kill(broker["pid"], signal.SIGKILL)
        _, said = running.process.communicate(timeout=60)
        assert running.process.returncode == 1
        assert "border: kafka ended with status -9" in said and "kafka.log" in said
        eventually(lambda: running.living() == 0, what="the end of the registry")
    finally:
        running.process.kill()
        running.process.communicate()


def test_watch_and_tail_say_that_the_broker_has_gone_away(tmp_path: Path) -> None:
    running = Up(tmp_path / "state")
    at = ("--broker", running.ready["broker"], "--registry-url", running.ready["registry_url"])
    commands = [("tail", "border.alerts.v1"), ("watch",)]
    readers = [
        subprocess.Popen([*BORDER, *command, *at], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        broker = running.ready["broker"]
        eventually(lambda: all(connected_to(broker, reader.pid) for reader in readers), what="both being connected")
        kafka = next(child for child in running.children if child["name"] == "kafka")
        os.kill(kafka["pid"], signal.SIGKILL)
        for reader in readers:
            _, said = reader.communicate(timeout=60)
            assert reader.returncode == 1
            # Of one that had connected and not asked anything yet it is the first that it hears.
            gone = f"border: the broker at {broker} has gone away", f"border: no Kafka broker answers at {broker}"
            assert said.splitlines()[-1].startswith(gone)
            assert "Traceback" not in said
    finally:
        for process in (*readers, running.process):
            process.kill()
            process.communicate()


def connected_to(broker: str, pid: int) -> bool:
    """Whether a process has a connection to the broker's port."""
    port = f"{int(broker.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    mine = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # a starting process opens and closes files while its table is read
            mine.add(str(link.readlink()))
    return any(row[2].endswith(f":{port}") and row[3] == "01" and f"socket:[{row[9]}]" in mine for row in rows)


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    done = border("down", "--state-directory", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (0, f"Nothing runs in {tmp_path / 'none'}\n")
