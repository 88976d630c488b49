"""Where the sensors of a lane stand: configuration that the edge and the lanes stage share.

Ports and their lanes stand in `ports.toml`; every lane of a mode has that mode's standard layout. A place is the
distance in metres from the entry loop at which a sensor reports: when the vehicle's front bumper is there, or, for
the rear camera, its rear bumper.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.records import LaneMode, SensorRole

PORTS_FILE: Final = Path(__file__).parent / "ports.toml"


@dataclass(frozen=True)
class LaneLayout:
    """One lane: its sensors' places in metres from the entry loop, in the order in which vehicles meet them."""

    lane_id: str
    mode: LaneMode
    places_m: Mapping[SensorRole, float]

    @property
    def port_code(self) -> str:
        """CBP Schedule D code of the port."""
        return self.lane_id.partition("/")[0]


@dataclass(frozen=True)
class Port:
    """One port of entry, where it lies (WGS 84) and its southbound lanes."""

    code: str
    name: str
    state: str
    latitude_deg: float
    longitude_deg: float
    lanes: tuple[LaneLayout, ...]


# A passenger lane is 38 m from loop to loop; a truck lane is stretched so that an 18 m truck fits between sensors.
PLACES_M: Final[Mapping[LaneMode, Mapping[SensorRole, float]]] = {
    LaneMode.PASSENGER: {
        SensorRole.ENTRY_LOOP: 0.0,
        SensorRole.FRONT_CAMERA: 6.0,
        SensorRole.REAR_CAMERA: 8.0,
        SensorRole.SCALE: 16.0,
        SensorRole.XRAY: 22.0,
        SensorRole.STOP_LINE_LOOP: 30.0,
        SensorRole.EXIT_LOOP: 38.0,
    },
    LaneMode.TRUCK: {
        SensorRole.ENTRY_LOOP: 0.0,
        SensorRole.FRONT_CAMERA: 6.0,
        SensorRole.REAR_CAMERA: 10.0,
        SensorRole.SCALE: 34.0,
        SensorRole.XRAY: 50.0,
        SensorRole.STOP_LINE_LOOP: 70.0,
        SensorRole.EXIT_LOOP: 94.0,
    },
}


def standard_layout(lane_id: str, mode: LaneMode) -> LaneLayout:
    """The layout of a lane of this mode; buses use the truck layout."""
    places = PLACES_M[LaneMode.PASSENGER if mode is LaneMode.PASSENGER else LaneMode.TRUCK]
    return LaneLayout(lane_id, mode, places)


@cache
def load_ports(path: Path = PORTS_FILE) -> Mapping[str, Port]:
    """Ports by code. Lanes are numbered `01`, `02`, … in the order passenger, bus, truck.

    Raises ValueError naming the file and port if an entry is incomplete.
    """
    ports = {}
    for code, entry in tomllib.loads(path.read_text()).items():
        try:
            modes = [
                mode
                for mode in (LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK)
                for _ in range(entry[mode.lower() + "_lanes"])
            ]
            lanes = tuple(standard_layout(f"{code}/{number:02d}", mode) for number, mode in enumerate(modes, 1))
            place = entry["latitude_deg"], entry["longitude_deg"]
            ports[code] = Port(code, entry["name"], entry["state"], *place, lanes)
        except KeyError as error:
            raise ValueError(f"{path}: port {code} lacks {error}; see the comment at the top of the file") from error
    return ports


def load_lanes(path: Path = PORTS_FILE) -> Mapping[str, LaneLayout]:
    """Every lane of every port by lane id."""
    return {lane.lane_id: lane for port in load_ports(path).values() for lane in port.lanes}
