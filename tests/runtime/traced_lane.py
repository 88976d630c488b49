"""A lane on a real platform from end to end: devices at a gateway, the stages of the light, a light server; and a car
of the watchlist that drives through it."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from deploy.chaos.edge_site import GatewayProcess
from deploy.chaos.log import Logged, read_log
from deploy.commands.up import running, start_worker
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child, free_port
from deploy.local.supervisor import border_command
from deploy.reference_changes import additions, publish
from deploy.settings import Settings, child_environment, load_settings
from deploy.site_writing import NewDevice, write_site_file
from producers.simulator.truth import list_entry
from schemas.records import ListKind
from schemas.topics import Topic
from schemas.trace_context import context_in
from tests.core.lanes.builders import LANE, ROLES, START, Car, readings_of
from tests.support import eventually

PLATE = "TRC4711"
# What the configuration says of a device, and the gateway of a reading.
OF_GATEWAY = ("reading_id", "received_at", "device_id")
READY_SECONDS = 90.0


def role_of(reading: Any) -> str:
    """The sensor that says this."""
    return str(reading.device_id.rpartition("/")[2])


def device_of(role: str) -> str:
    """The id of the lane's device of a role."""
    return role.lower().replace("_", "-")


class TracedLane:
    """The running lane."""

    def __init__(self, directory: Path, platform: LocalPlatform, gateway: GatewayProcess, light_log: Path) -> None:
        self.platform, self.directory, self.gateway, self._light_log = platform, directory, gateway, light_log

    def drive(self) -> dict[str, str]:
        """A car of the watchlist passes; the ids of its readings by sensor."""
        publish(additions([list_entry(1, PLATE, "US-TX", ListKind.WANTED)]), self.platform.broker, self.platform.codec)
        (car,) = [Car("listed", time.time() - 60 - START / 1e6, PLATE)]
        return {role_of(reading): self.say(reading) for reading in readings_of([car])}

    def say(self, reading: Any) -> str:
        """A device tells its gateway; the id of the reading."""
        device_id = device_of(role_of(reading))
        data = {name: value for name, value in msgspec.to_builtins(reading).items() if name not in OF_GATEWAY}
        event = {"specversion": "1.0", "id": reading.reading_id, "source": "/test"}
        event |= {"type": f"border.v1.{type(reading).__name__}", "data": data}
        site = self.gateway.site
        assert site.http is not None
        key = (self.directory / f"{device_id}.key").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{site.http.port}/devices/{device_id}/readings",
            json.dumps(event).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            (accepted,) = json.loads(answer.read())["accepted"]
        return str(accepted)

    def found(
        self, topic: Topic, kind: type, is_it: Callable[[Any], bool] = lambda _: True
    ) -> tuple[Any, bytes | None]:
        """The first record of a type in a topic, once there is one, with its trace context."""

        def look() -> list[tuple[Any, bytes | None]]:
            decoded = [(self.decoded(row), context_in(row.headers.items())) for row in read_log(self.broker, topic)]
            return [(value, context) for value, context in decoded if isinstance(value, kind) and is_it(value)]

        return eventually(look, READY_SECONDS, f"a {kind.__name__} in {topic.name}")[0]

    def decoded(self, row: Logged) -> Any:
        return self.platform.codec.decode(row.value)

    @property
    def broker(self) -> str:
        return self.platform.broker

    def logged(self, process: str, event: str) -> list[dict[str, Any]]:
        """Lines of a process's log about an event."""
        text = "".join(path.read_text() for path in sorted(self.directory.rglob(f"{process}*.log")))
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    def ask_light(self, reading_id: str) -> str:
        """The light for the vehicle that came to it with this reading."""
        ports = [json.loads(line) for line in self._light_log.read_text().splitlines() if "lines_port" in line]
        url = f"http://127.0.0.1:{ports[0]['http_port']}/v1/lanes/{LANE}/readings/{reading_id}/light?mode=SIMULATED"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"X-Controller-Id": "c"}), timeout=30) as told:
            return str(json.loads(told.read())["light"])


@contextmanager
def traced_lane(directory: Path) -> Iterator[TracedLane]:
    """A platform with the lanes and vehicles stages, a light server, and the lane's gateway."""
    settings = Settings(
        state_directory=str(directory / "state"),
        kafka_port=0,
        registry_port=0,
        cache_directory=str(load_settings().cache_path),
    )
    devices = [NewDevice(device_of(role), LANE, role, "cloudevents", "SIMULATED", "") for role in ROLES]
    site = write_site_file(directory, free_port(), devices, site="2301-traced", spool_directory="spool")
    with running(settings, Console(quiet=True), stages=False) as (platform, supervisor):
        for stage in ("lanes", "vehicles"):
            start_worker(supervisor, platform, settings, stage, 0, free_port())
        where = ("--broker", platform.broker, "--registry-url", platform.registry_url)
        at = ("--lines-port", "0", "--http-port", "0", "--state-directory", settings.state_directory, "--json")
        light_log = directory / "light.log"
        light = Child("light", border_command("light", *at, *where), light_log, child_environment(settings))
        platform.add(light)
        gateway = GatewayProcess(site, platform.broker, platform.registry_url)
        try:
            gateway.start()
            eventually(lambda: "lines_port" in light_log.read_text(), READY_SECONDS, "the light server listening")
            yield TracedLane(directory, platform, gateway, light_log)
            gateway.stop()
        finally:
            gateway.end()
