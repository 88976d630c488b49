"""A crossing made for a run: a configuration with a device of each format, its gateway as a process, its devices."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from prometheus_client.parser import text_string_to_metric_families

from deploy.errors import UserError
from deploy.local.processes import Child, free_port, log_of, wait_until_ready
from deploy.scrape import fetch
from deploy.site_writing import NewDevice, way_to, write_site_file
from producers.emulators.device import BAD_MANNERS, EmulatedDevice, Manners
from producers.emulators.link import Way
from producers.formats import FORMATS
from producers.site import Site, load_site

START_SECONDS: Final = 60.0
# It gives devices ten seconds to take their answers, then Kafka five, and the machine may be busy.
STOP_SECONDS: Final = 60.0
HTTP: Final = "http"
LINES: Final = "tcp"

# Each format: which sensor speaks it, None for one beside a track, and how it comes in.
WAYS: Final[Mapping[str, tuple[str | None, str]]] = {
    "openalpr": ("FRONT_CAMERA", HTTP),
    "camera_json": ("REAR_CAMERA", HTTP),
    "scale_line": ("SCALE", LINES),
    "tmg_weight": ("SCALE", LINES),
    "loop_line": ("ENTRY_LOOP", LINES),
    "xray_json": ("XRAY", HTTP),
    "xray_xml": ("XRAY", LINES),
    "cloudevents": ("SCALE", HTTP),
    "aei_line": (None, LINES),
    "rail_scan": (None, HTTP),
}


def devices_of_all_formats(prefix: str) -> dict[str, tuple[str, str]]:
    """A device of each format, {device_id: (format, lane or track)}, at two lanes and a track."""
    second = ("loop_line", "tmg_weight", "xray_xml")
    return {
        f"{prefix}-{name.replace('_', '-')}": (
            name,
            "2304/R1" if sensor is None else "2301/02" if name in second else "2301/01",
        )
        for name, (sensor, _) in WAYS.items()
    }


def write_site(directory: Path, devices: Mapping[str, tuple[str, str]], **top: Any) -> Path:
    """A configuration of these devices, each with a key; `top` are values of its head. Its path.

    A place of several lanes, commas between, is of a unit that roams among them; the operator has a key then too.
    """
    lines_port = free_port()
    head = {"site": "2301-test", "spool_directory": "spool", "group_milliseconds": 10} | top
    several = [
        NewDevice(
            device_id, place, WAYS[name][0], name, "TEST", FORMATS[name].template,
            lines_port if WAYS[name][1] == LINES else None,
        )
        for device_id, (name, place) in devices.items()
    ]  # fmt: skip
    return write_site_file(directory, free_port(), several, **head)


def way_of(site: Site, device_id: str) -> Way:
    """How a device of a site that `write_site` wrote reaches its gateway."""
    one = site.device(device_id)
    assert one is not None
    return way_to(site, one)


def emulated(site: Site, seed: int, manners: Manners = BAD_MANNERS) -> list[EmulatedDevice]:
    """All devices of a site."""
    return [EmulatedDevice(one.device, way_of(site, one.device.device_id), seed, manners) for one in site.devices]


class GatewayProcess:
    """`border gateway` as a process: start, kill, start again. From the main thread."""

    def __init__(self, config: Path, broker: str, registry_url: str) -> None:
        self.site = load_site(config)
        assert self.site.http is not None
        self._port = self.site.http.port
        self._command = [
            *(sys.executable, "-P", "-m", "deploy", "gateway", "--config", str(config), "--json"),
            *("--broker", broker, "--registry-url", registry_url),
        ]
        self._log = config.with_suffix(".log")
        self.child: Child | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.child is not None
        return self.child.pid

    def start(self) -> None:
        """Start it, and wait until it listens. Raises UserError if it does not."""
        self.child = Child("gateway", self._command, self._log)
        wait_until_ready(self.child, lambda: fetch(self._port, "/livez") is not None, START_SECONDS)

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.process.send_signal(signal.SIGKILL)
        self.child.process.wait()

    def stop(self) -> int:
        """Stop it in order; how many readings it leaves. Raises UserError if it ends with an error."""
        assert self.child is not None
        self.child.stop(STOP_SECONDS)
        lines = self._log.read_text().splitlines()
        left = next((line for line in reversed(lines) if line.startswith('{"left"')), None)
        if self.child.process.returncode or left is None:
            raise UserError(f"the gateway ended with status {self.child.process.returncode}; {log_of(self.child)}")
        return int(orjson.loads(left)["left"])

    def end(self) -> None:
        """Leave nothing running."""
        if self.child is not None and self.child.process.poll() is None:
            self.kill()

    def metric(self, name: str, **labels: str) -> float | None:
        """The sum of a metric's samples with these labels; None if it does not answer."""
        text = fetch(self._port, "/metrics")
        if text is None:
            return None
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def resident_mib(self) -> float:
        """Its memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
