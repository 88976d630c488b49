"""One gateway, from the readings of the last one to the last of its own.

1. open the spool: what the last gateway was told and could not deliver is delivered by this one
2. listen on every port and directory of the site
3. until told to stop: heartbeats of the lanes, health, metrics
4. take no more, answer what was taken, deliver what can be delivered at once, close the spool

The process ends by itself only when its disk cannot be trusted any more: whoever supervises it starts it again.
"""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop

from producers.descriptors import raise_descriptors
from producers.gateway.delivery import Delivery
from producers.gateway.files import WatchedDirectory, read_standard_input
from producers.gateway.frames import Frames
from producers.gateway.identity import Identities
from producers.gateway.intake import QUEUES, Intake, lanes_to_beat, now_us
from producers.gateway.lines import LinePort
from producers.gateway.telemetry import GatewayTelemetry
from producers.gateway.web import gateway_app
from producers.http_server import HttpServer
from producers.site import DirectoryInput, Fsync, Site, SiteDevice, StdinInput, TcpInput
from producers.spool.spool import GROUP_READINGS_MAX, Spool
from producers.spool.store import SpoolStore
from schemas.generate import load_schemas
from schemas.records import DeviceStatus, Heartbeat, SensorRole
from schemas.telemetry.disk import tell_disk
from schemas.topics import LANE_READINGS, RAIL_READINGS

# Moves a lane's watermark when its devices are silent; the stages count on about as much.
HEARTBEAT_SECONDS: Final = 10.0
TELL_SECONDS: Final = 1.0
# A gateway that is stopped tells its last spans for so long.
LAST_SPANS_SECONDS: Final = 2.0
# Connections of HTTP and of a dozen ports of lines at their bounds: a process begins with 1,024 on many machines, and
# then silent connections keep everybody out.
DESCRIPTORS: Final = 4_096
Listening = Callable[[dict[str, int]], None]


class StoppedByDisk(RuntimeError):
    """The spool failed while the gateway ran; the message says what to do."""


def run_gateway(
    site: Site,
    broker: str,
    registry_url: str,
    listening: Listening,
    sample_ratio: float = 1.0,
    otlp_endpoint: str = "",
) -> int:
    """Serve a site until SIGTERM or SIGINT; how many readings are left on disk for the next one.

    `listening` is told the ports once all listen: of HTTP by `http`, of lines by host and port as configured. Raises
    SpoolError or KeyFileError if it cannot start, OSError if a port cannot be had, StoppedByDisk if its disk fails.
    """
    raise_descriptors(DESCRIPTORS)
    telemetry = GatewayTelemetry((one.device.device_id for one in site.devices), QUEUES, otlp_endpoint, sample_ratio)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(site, broker, registry_url, listening, telemetry))


def schemas_kept() -> dict[str, str]:
    """The schemas of all records that a gateway keeps, by the records' names."""
    every = load_schemas()
    names = {record.__name__ for topic in (LANE_READINGS, RAIL_READINGS) for record in topic.records}
    return {name: json.dumps(every[name]) for name in sorted(names)}


@dataclass
class _Inputs:
    """What is listened to."""

    failure: "asyncio.Future[None]"
    """Done, with its error, when a task has failed: what it did is not done any more."""

    http: HttpServer | None = None
    lines: list[LinePort] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Have this done until the gateway stops."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self.tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failure.done():
            self.failure.set_exception(error)


async def _serve(site: Site, broker: str, registry_url: str, listening: Listening, telemetry: GatewayTelemetry) -> int:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    for one in site.devices:
        telemetry.knows(one.device)
    tell_disk(telemetry.registry, "spool", site.spool_directory)
    identities = Identities(site.devices, None if site.http is None else site.http.operator_key_file)
    schemas, most = schemas_kept(), site.spool_bytes_max
    store = await asyncio.to_thread(
        lambda: SpoolStore(site.spool_directory, QUEUES, schemas, bytes_max=most, fsync=site.fsync)
    )
    group_seconds = site.group_milliseconds / 1000 if site.fsync is Fsync.GROUP else 0.0
    group_readings = 1 if site.fsync is Fsync.ALWAYS else GROUP_READINGS_MAX
    spool = Spool(store, QUEUES, group_seconds, telemetry.committed, group_readings)
    delivery = Delivery(spool, broker, Frames(registry_url, telemetry), telemetry)
    intake = Intake(site, spool, telemetry)
    delivering = asyncio.create_task(delivery.run())
    inputs, is_open = _Inputs(loop.create_future()), True
    try:
        ports = await _listen(site, intake, identities, inputs, lambda: is_open and not spool.is_full)
        telemetry.listening(sorted(ports.values()))
        listening(ports)
        inputs.run(_tend(site, intake, inputs))
        waits = [asyncio.create_task(event.wait()) for event in (stop, spool.failed)]
        ends: list[asyncio.Future[Any]] = [*waits, inputs.failure, delivering]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        is_open = False
    finally:
        await _stop(inputs)
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await delivery.close()
        left = sum(count.readings for count in spool.counts.values())
        await spool.close()
        if telemetry.spans is not None:
            await asyncio.to_thread(telemetry.spans.close, LAST_SPANS_SECONDS)
    if spool.failure is not None:
        raise StoppedByDisk(str(spool.failure))
    for ended in (inputs.failure, delivering):
        if ended.done() and not ended.cancelled() and (error := ended.exception()) is not None:
            raise error
    telemetry.stopped(left)
    return left


async def _listen(
    site: Site, intake: Intake, identities: Identities, inputs: _Inputs, is_ready: Callable[[], bool]
) -> dict[str, int]:
    ports: dict[str, int] = {}
    by_address: dict[tuple[str, int], list[SiteDevice]] = {}
    for one in site.devices:
        if isinstance(one.input, TcpInput):
            by_address.setdefault((one.input.host, one.input.port), []).append(one)
        elif isinstance(one.input, DirectoryInput):
            inputs.run(WatchedDirectory(one, intake).run())
        elif isinstance(one.input, StdinInput):
            inputs.run(read_standard_input(one.device, intake))
    for (host, port), devices in by_address.items():
        lines = LinePort(devices, intake, identities)
        ports[f"{host}:{port}"] = await lines.start(host, port)
        inputs.lines.append(lines)
    if site.http is not None:
        app = gateway_app(intake, identities, is_ready)
        server = HttpServer(app, site.http.certificate_file, site.http.key_file, site.http.client_ca_file)
        ports["http"] = await server.start(site.http.host, site.http.port)
        inputs.http = server
    return ports


async def _tend(site: Site, intake: Intake, inputs: _Inputs) -> None:
    """Heartbeats of the site's lanes, and figures that change by themselves."""
    lanes, device_id, loop = lanes_to_beat(site.devices), f"gateway.{site.site}", asyncio.get_running_loop()
    next_beat = loop.time()
    while True:
        if loop.time() >= next_beat:
            next_beat += HEARTBEAT_SECONDS
            now = now_us()
            intake.keep_own(
                [
                    Heartbeat(
                        reading_id=f"{device_id}/{lane_id}/{mode}/{direction}/{now}",
                        lane_id=lane_id,
                        device_id=device_id,
                        observed_at=now,
                        received_at=now,
                        operating_mode=mode,
                        direction=direction,
                        sensor=SensorRole.GATEWAY,
                        status=DeviceStatus.OPERATING,
                    )
                    for lane_id, mode, direction in lanes
                ]
            )
        intake.tell()
        intake.telemetry.line_connections(sum(port.open_connections for port in inputs.lines))
        await asyncio.sleep(TELL_SECONDS)


async def _stop(inputs: _Inputs) -> None:
    for task in inputs.tasks:
        task.cancel()
    await asyncio.gather(*inputs.tasks, return_exceptions=True)
    await asyncio.gather(*(port.stop() for port in inputs.lines))
    if inputs.http is not None:
        await inputs.http.stop()
