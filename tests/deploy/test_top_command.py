"""`border top`: rates and quantiles between two looks; and processes that answer, are killed, do not answer."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from deploy.cli import main
from deploy.local.processes import free_port
from deploy.local.state import prepare_directory, take_lock
from deploy.local.supervisor import WORKER_LIST
from deploy.scrape import buckets_of, samples_of
from deploy.settings import PLATFORM_FILE
from deploy.top import GATEWAY, LIGHT, STAGE, Kind, Look, Process, Restarts, quantile, row_of
from producers.gateway.telemetry import GatewayTelemetry
from streams.light.telemetry import LightTelemetry
from streams.runtime import events
from streams.runtime.metrics import Telemetry

LANES = Process("lanes-0", STAGE, {"name": "lanes-0", "metrics_port": 1})
COMMITTED = events.TransactionCommitted(
    group=0,
    topic="border.lane.readings.v1",
    records=10,
    outputs={"border.passages.v1": 4},
    dead_letters={"late": 2},
    commit_seconds=0.01,
    latency_seconds=0.02,
    keys=3,
    changelog_records=4,
    changelog_bytes=300,
    newest_event_at=0,
    readings_at={},
    watermarks={},
    state_bytes=2_048,
)


def look(telemetry: Telemetry, at: float) -> Look:
    text = generate_latest(telemetry.registry).decode()
    return Look(at, True, samples_of(text), buckets_of(text, STAGE.latency))


def test_rates_latencies_and_state_are_of_the_interval_between_two_looks() -> None:
    telemetry = Telemetry("lanes", 0)
    telemetry.emit(replace(COMMITTED, latency_seconds=9.0))  # before the first look: not of the interval
    telemetry.emit(events.LagMeasured(partition=1, records=7, seconds=1.5))
    telemetry.emit(events.LagMeasured(partition=2, records=5, seconds=0.5))
    before = look(telemetry, 100.0)
    for _ in range(4):
        telemetry.emit(COMMITTED)
    row = row_of(LANES, before, look(telemetry, 102.0), restarts=0)
    assert (row.state, row.waiting_records, row.oldest_seconds) == ("ready", 12, 1.5)
    assert (row.records_per_second, row.outputs_per_second, row.refused_per_second) == (
        20.0,
        8.0,
        4.0,
    )  # 4 of each / 2 s
    assert row.latency_p50_seconds is not None and 0.01 < row.latency_p50_seconds <= 0.025  # the bucket of 0.02
    assert row.latency_p99_seconds is not None and 0.01 < row.latency_p99_seconds <= 0.025
    assert row.state_bytes == 2_048


def test_a_process_that_was_restarted_between_two_looks_counts_from_zero() -> None:
    old, new = Telemetry("lanes", 0), Telemetry("lanes", 0)
    for _ in range(50):
        old.emit(COMMITTED)
    new.emit(replace(COMMITTED, latency_seconds=0.2))
    row = row_of(LANES, look(old, 0.0), look(new, 1.0), restarts=1)
    assert (row.records_per_second, row.restarts) == (10.0, 1)
    assert row.latency_p50_seconds is not None and 0.1 < row.latency_p50_seconds <= 0.25


def test_nothing_is_told_of_a_process_that_does_not_answer_and_no_rate_of_one_that_just_came() -> None:
    silent, here = Look(1.0, False, None), look(Telemetry("lanes", 0), 1.0)
    row = row_of(LANES, here, silent, 0)
    assert row.state == "does not answer"
    assert (row.waiting_records, row.records_per_second, row.latency_p50_seconds, row.state_bytes) == (None,) * 4
    assert row_of(LANES, silent, replace(here, at=2.0), 0).records_per_second is None


@pytest.mark.parametrize(
    ("buckets", "share", "value"),
    [
        ({}, 0.5, None),
        ({1.0: 0, math.inf: 0}, 0.5, None),
        ({1.0: 0, 2.0: 10, math.inf: 10}, 0.5, 1.5),  # half way through the bucket from 1 to 2
        ({1.0: 5, 2.0: 10, math.inf: 10}, 0.5, 1.0),
        ({1.0: 5, 2.0: 5, math.inf: 10}, 0.99, 2.0),  # beyond the last bound: at least that
    ],
)
def test_a_quantile_is_taken_within_its_bucket(buckets: dict[float, float], share: float, value: float | None) -> None:
    assert quantile(buckets, share) == value


def test_a_restart_is_seen_by_the_pid_and_a_list_that_is_gone_is_none(tmp_path: Path) -> None:
    listed = tmp_path / WORKER_LIST
    listed.write_bytes(orjson.dumps([{"name": "lanes-0", "pid": 1, "start_time": "5"}]))
    restarts = Restarts(tmp_path)
    assert restarts.look() == {}
    listed.write_bytes(orjson.dumps([{"name": "lanes-0", "pid": 1, "start_time": "6"}]))
    assert restarts.look() == {"lanes-0": 1}
    listed.unlink()
    assert restarts.look() == {"lanes-0": 1}


@contextmanager
def serving(registry: CollectorRegistry, ready: bool = True) -> Iterator[int]:
    """Metrics over real HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/metrics" or ready
            self.send_response(200 if good else 503)
            self.end_headers()
            self.wfile.write(generate_latest(registry) if self.path == "/metrics" else b"{}")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_a_stage_that_is_down_is_shown_as_down_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    prepare_directory(state)
    lanes, vehicles = Telemetry("lanes", 0), Telemetry("vehicles", 0)
    lanes.emit(COMMITTED)
    with serving(lanes.registry) as up, serving(vehicles.registry, ready=False) as recovering, take_lock(state):
        ports = {"lanes-0": up, "vehicles-0": recovering, "convoys-0": free_port()}
        processes = [{"name": name, "metrics_port": port} for name, port in ports.items()]
        (state / PLATFORM_FILE).write_bytes(orjson.dumps({"broker": "", "registry_url": "", "processes": processes}))
        arguments = ["top", "--once", "--interval", "0.1", "--state-directory", str(state)]
        assert main([*arguments, "--json"]) == 1
        rows = {row["name"]: row for row in orjson.loads(capsys.readouterr().out)["processes"]}
        assert {name: rows[name]["state"] for name in ports} == {
            "lanes-0": "ready",
            "vehicles-0": "not ready",
            "convoys-0": "does not answer",
        }
        assert rows["lanes-0"]["records_per_second"] == 0.0 and rows["convoys-0"]["records_per_second"] is None
        assert main(arguments) == 1
        assert "does" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "registry"),
    [
        (STAGE, Telemetry("lanes", 0).registry),
        (LIGHT, LightTelemetry().registry),
        (GATEWAY, GatewayTelemetry(()).registry),
    ],
)
def test_every_metric_that_is_asked_for_is_one_of_the_process(kind: Kind, registry: CollectorRegistry) -> None:
    families = {family.name: family.type for family in registry.collect()}
    for name in kind:
        assert not name or name.removesuffix("_total") in families, name
    assert families[kind.latency] == "histogram"


def test_without_a_platform_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", "--once", "--state-directory", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("border: no platform runs in")
