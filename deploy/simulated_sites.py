"""The crossings of a simulated border as their field engineers would set them up: a configuration for each port.

    scenario, rate ─► its lanes ─► gateways/2301/site.toml, keys, spool ─► a `border gateway` for each

In every lane stand three loops, two cameras, a scale, a place for a mobile X-ray unit and an officer's terminal; beside
those whose formats have no word for a heartbeat a monitor, which tells that they live.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from deploy.local.processes import free_port
from deploy.site_writing import NewDevice, write_site_file
from producers.emulators.simulated_speech import CLOUDEVENTS, FORMATS_OF_ROLES, WITH_HEARTBEAT, options_of
from producers.formats import FORMATS
from producers.formats.reading_format import Framing
from producers.simulator import Scenario, lanes_used
from producers.simulator.sensors import LaneSensors
from schemas.layout import LaneLayout
from schemas.records import OperatingMode, SensorRole

DIRECTORY: Final = "gateways"
GATEWAY: Final = "gateway-"  # and the port's code: a process of the local platform
# A commit of the spool waits so long for more; a light waits for it.
GROUP_MILLISECONDS: Final = 5
# Who posts: cameras and X-ray units. The others write lines, documents on a port apart, where lines may be long.
POSTING: Final = frozenset({SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA, SensorRole.XRAY})


class SimulatedSite(NamedTuple):
    """A port's configuration, and where its gateway will answer."""

    port_code: str
    file: Path
    http_port: int
    devices: int


def write_simulated_sites(directory: Path, scenario: Scenario, seed: int, rate: float) -> list[SimulatedSite]:
    """A configuration for each port that has traffic at a rate. Those of an earlier run go; its spools stay.

    Raises ValueError for a rate that the lanes cannot pass.
    """
    lanes: dict[str, list[LaneLayout]] = {}
    for port, lane in lanes_used(scenario, rate):
        lanes.setdefault(port.code, []).append(lane)
    for old in (directory / DIRECTORY).glob("*/site.toml"):
        old.unlink()
    sites = list[SimulatedSite]()
    for code, layouts in lanes.items():
        home = directory / DIRECTORY / code
        home.mkdir(parents=True, exist_ok=True)
        http, lines, documents = free_port(), free_port(), free_port()
        devices = [one for layout in layouts for one in devices_of(layout, scenario, seed, lines, documents)]
        head = {"site": f"{code}-simulated".lower(), "spool_directory": "spool"}
        file = write_site_file(home, http, devices, **head, group_milliseconds=GROUP_MILLISECONDS)
        sites.append(SimulatedSite(code, file, http, len(devices)))
    return sites


def devices_of(layout: LaneLayout, scenario: Scenario, seed: int, lines: int, documents: int) -> Iterator[NewDevice]:
    """The devices of one lane; `lines` and `documents` are the ports that they write to."""
    scale_type = LaneSensors(layout.lane_id, layout.mode, seed, 0, scenario.faults).scale_type
    lane = layout.lane_id.lower().replace("/", ".")
    for role, name in FORMATS_OF_ROLES.items():
        device_id = f"{lane}.{role.lower().replace('_', '-')}"
        options = options_of(name, layout.lane_id, role, scale_type)
        port = documents if FORMATS[name].framing is Framing.DOCUMENT else lines
        mode = OperatingMode.SIMULATED
        yield NewDevice(device_id, layout.lane_id, role, name, mode, options, None if role in POSTING else port)
        if name not in WITH_HEARTBEAT:
            yield NewDevice(f"{device_id}.monitor", layout.lane_id, role, CLOUDEVENTS, mode, "", documents)


def to_gateways(state_directory: Path) -> tuple[str, ...]:
    """What has `border simulate` speak to the gateways of a state directory."""
    return "--to-gateways", str(state_directory / DIRECTORY)
