"""The registry of each kind of process, with everything told that can be; and what promtool says of the text."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from deploy.canary.telemetry import CanaryTelemetry
from deploy.exporter import ExporterTelemetry
from producers.formats.reading_format import Device
from producers.gateway.telemetry import GatewayTelemetry
from schemas.layout import load_ports
from schemas.records import OperatingMode, SensorRole
from schemas.telemetry.disk import tell_disk
from schemas.telemetry.exposition import tell_process
from schemas.telemetry.health import Pulse
from schemas.topics import PARTITIONS, TOPICS
from streams.console.estimate_metrics import EstimateMetrics
from streams.console.light_metrics import LightMetrics
from streams.console.rail_metrics import RailMetrics
from streams.console.sensor_metrics import SensorMetrics
from streams.core import stage_events as declared
from streams.light.telemetry import LightTelemetry
from streams.runtime import events
from streams.runtime.assignor import group_of
from streams.runtime.dead_letters import REASONS
from streams.runtime.metrics import Telemetry
from streams.sharing.telemetry import SharingTelemetry


def stage_events() -> frozenset[str]:
    """Names of all that any stage counts."""
    return frozenset[str]().union(*[value for value in vars(declared).values() if isinstance(value, frozenset)])


def full_worker() -> Telemetry:
    """A worker that has every partition of 28 ports, writes every topic and counts what any stage counts."""
    worker = Telemetry("lanes", 0, stage_events())
    worker.watch(Pulse())
    tell_process(worker.registry, "stage", lambda: True, "lanes")
    places = {(port, str(mode)): 1_700_000_000_000_000 for port in load_ports() for mode in OperatingMode}
    worker.emit(events.Assigned(list(range(PARTITIONS))))
    for partition in range(PARTITIONS):
        worker.emit(events.LagMeasured(partition, 1, 0.1))
        group, marks = group_of(partition), {partition: 1_700_000_000_000_000}
        worker.emit(events.GroupOpened(group, TOPICS[0].name, {partition: 1}, 1, 1, marks, 0.1, 0.1))
        worker.emit(
            events.TransactionCommitted(
                group=group,
                topic=TOPICS[0].name,
                records=1,
                outputs={topic.name: 1 for topic in TOPICS},
                dead_letters=dict.fromkeys([*REASONS, "of no list"], 1),
                changelog_records=1,
                changelog_bytes=1,
                keys=1,
                state_bytes=1,
                newest_event_at=1_700_000_000_000_000,
                readings_at=places,
                watermarks=marks,
                commit_seconds=0.01,
                latency_seconds=0.01,
            )
        )
    return worker


def stage() -> CollectorRegistry:
    """A worker's."""
    return full_worker().registry


def light() -> CollectorRegistry:
    """The light server's."""
    telemetry = LightTelemetry()
    telemetry.knows("2301/01")
    registry = telemetry.registry
    tell_process(registry, "light", lambda: True)
    tell_disk(registry, "light", Path())
    return registry


def gateway() -> CollectorRegistry:
    """A gateway's, with a device."""
    telemetry = GatewayTelemetry(["front-1"], ["lane"])
    telemetry.knows(Device(device_id="front-1", lane_id="2301/01", sensor=SensorRole.FRONT_CAMERA, format="any"))
    tell_process(telemetry.registry, "gateway", lambda: True)
    tell_disk(telemetry.registry, "spool", Path())
    return telemetry.registry


def sharing() -> CollectorRegistry:
    """The sharing service's."""
    registry = SharingTelemetry().registry
    tell_process(registry, "sharing", lambda: True)
    return registry


def canary() -> CollectorRegistry:
    """The canary's."""
    telemetry = CanaryTelemetry()
    telemetry.ports(["2301"])
    tell_process(telemetry.registry, "canary", lambda: True)
    return telemetry.registry


def exporter() -> CollectorRegistry:
    """The exporter's."""
    registry = ExporterTelemetry().registry
    lights = LightMetrics((), {})
    for metrics in (lights, lights.seconds, RailMetrics({}), EstimateMetrics(()), SensorMetrics(())):
        registry.register(metrics)
    tell_process(registry, "exporter", lambda: True)
    tell_disk(registry, "state", Path())
    return registry


REGISTRIES: dict[str, Callable[[], CollectorRegistry]] = {
    "stage": stage,
    "light": light,
    "gateway": gateway,
    "sharing": sharing,
    "canary": canary,
    "exporter": exporter,
}


def text_of(registry: CollectorRegistry) -> str:
    """As Prometheus reads it."""
    return generate_latest(registry).decode()


def complaints_of(text: str) -> str:
    """What `promtool check metrics` says of a process's metrics; empty if nothing. Skips the test without promtool, but
    in continuous integration fails it."""
    promtool = shutil.which("promtool")
    if promtool is None:
        missing = "promtool is not installed (Debian: apt-get install prometheus)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return said or ("" if done.returncode == 0 else f"status {done.returncode}")
