"""Ports and lanes: where sensors stand, which the edge and the stages share. One TOML file describes one port.

    code, name, state, place, UTC offset     the port
    [layouts.NAME]                           places of a lane's sensors in metres, where they are not the standard ones
    [[lanes]] numbers, mode, layout          its southbound lanes, in groups that are built alike; with an inbound feed
                                             the northbound ones too, whose numbers begin with N
    [policy]                                 the random arm's propensity here

The ports that come with the platform stand in `ports/`, each in such a file; a ReferenceChange carries the text of
another one into the log. A place is the distance in metres from the entry loop at which a sensor reports: when the
vehicle's front bumper is there, or, for the rear camera, its rear bumper. Which way a vehicle drives stands in each
reading and not here, since lanes are reversed for an hour; but in a northbound lane no light of ours stands, so whoever
is seen there has come north, for all that is made of it.

Every port that has lanes has one more, which nobody builds: `2301/00`, where the canary drives, a synthetic vehicle
that shows whether the whole path works. Files count lanes from 01, so none of theirs can be meant.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import msgspec

from schemas.records import LaneMode, SensorRole

PORTS_DIRECTORY: Final = Path(__file__).parent / "ports"

# A port of 99 lanes takes two kilobytes; a longer text is a mistake, and every partition of two stages stores it.
PORT_BYTES_MAX: Final = 16_384

# Places in a lane, in the order in which a vehicle meets them. Every lane has all of them: where no X-ray portal stands
# it is the place for a mobile unit, and a sensor that is broken or missing is one that stays silent.
SENSORS: Final = (
    SensorRole.ENTRY_LOOP,
    SensorRole.FRONT_CAMERA,
    SensorRole.REAR_CAMERA,
    SensorRole.SCALE,
    SensorRole.XRAY,
    SensorRole.STOP_LINE_LOOP,
    SensorRole.EXIT_LOOP,
)

# Usual lengths in metres: a rear camera sees the vehicle when its front is this much further on.
LENGTH_M: Final[Mapping[LaneMode, float]] = {LaneMode.PASSENGER: 4.8, LaneMode.BUS: 12.0, LaneMode.TRUCK: 16.0}

# With what the number of a northbound lane begins: `2301/N03`.
NORTHBOUND_PREFIX: Final = "N"

# The canary's lane at each port: `2301/00`. It holds for readings in operating mode TEST alone.
CANARY_NUMBER: Final = "00"
_CANARY_SUFFIX: Final = f"/{CANARY_NUMBER}"

# From loop to loop: beyond, the vehicles between them are several queues, and the join knows one [assumed].
LANE_METRES_MAX: Final = 250.0

# Two sensors closer than this see a vehicle within what clocks of two devices differ, at a crawl [assumed].
SENSOR_DISTANCE_METRES_MIN: Final = 1.0

# A passenger lane is 38 m from loop to loop; a truck lane is stretched so that an 18 m truck fits between sensors.
_CAR_PLACES_M: Final = dict(zip(SENSORS, (0.0, 6.0, 8.0, 16.0, 22.0, 30.0, 38.0), strict=True))
_TRUCK_PLACES_M: Final = dict(zip(SENSORS, (0.0, 6.0, 10.0, 34.0, 50.0, 70.0, 94.0), strict=True))
PLACES_M: Final[Mapping[LaneMode, Mapping[SensorRole, float]]] = {
    LaneMode.PASSENGER: _CAR_PLACES_M,
    LaneMode.BUS: _TRUCK_PLACES_M,
    LaneMode.TRUCK: _TRUCK_PLACES_M,
}


@dataclass(frozen=True)
class LaneLayout:
    """One lane: its sensors' places in metres from the entry loop, in the order in which vehicles meet them."""

    lane_id: str
    mode: LaneMode
    places_m: Mapping[SensorRole, float]
    is_northbound: bool = field(init=False)
    """Whether it leads into the United States, by its number: what is seen there is history and gets no light."""

    is_canary: bool = field(init=False)
    """Whether it is the canary's: what is seen there gets a light, and is no history and nobody's figure."""

    def __post_init__(self) -> None:
        # Worked out once: every reading of a lane asks.
        object.__setattr__(self, "is_northbound", self.lane_id.partition("/")[2].startswith(NORTHBOUND_PREFIX))
        object.__setattr__(self, "is_canary", is_canary_lane(self.lane_id))

    @property
    def port_code(self) -> str:
        """Code of the port."""
        return self.lane_id.partition("/")[0]


@dataclass(frozen=True)
class Port:
    """One port of entry, where it lies (WGS 84), its standard time, its southbound lanes and, where it has an inbound
    feed, its northbound ones.

    `code` is CBP's Schedule D code in the United States, elsewhere the country and its customs' own code, `MX-370`.
    """

    code: str
    name: str
    state: str  # ISO 3166-2
    latitude_deg: float
    longitude_deg: float
    utc_offset_hours: float
    lanes: tuple[LaneLayout, ...]
    random_propensity: float | None = None
    """Of the random arm at this port; None for that of the rule set."""
    northbound_lanes: tuple[LaneLayout, ...] = ()


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a port's file; an unknown name in the text is an error, never ignored."""


class _LaneGroup(_Part, frozen=True):
    """Lanes that are built alike: `numbers` is "03", or "01-18" for all of these, or "N01-18" for northbound ones."""

    numbers: Annotated[str, msgspec.Meta(pattern=r"^N?[0-9]{2}(-[0-9]{2})?\Z")]
    mode: LaneMode
    layout: str | None = None


class _Policy(_Part, frozen=True):
    random_propensity: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] | None = None


class _PortFile(_Part, frozen=True):
    # Ids of lanes begin with it, and blanks, slashes and colons stand between parts of ids and keys.
    code: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}|[A-Z]{2}-[0-9A-Z]{1,8})\Z")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    state: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}-[0-9A-Z]{1,3}\Z")]
    latitude_deg: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    longitude_deg: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]
    utc_offset_hours: Annotated[float, msgspec.Meta(ge=-12.0, le=14.0)]
    layouts: dict[str, dict[str, float]] = {}
    lanes: tuple[_LaneGroup, ...] = ()
    policy: _Policy = _Policy()


def parse_port(text: str) -> Port:
    """The port in a TOML text. Raises ValueError that names the key and what is wrong with it."""
    if len(text.encode(errors="surrogatepass")) > PORT_BYTES_MAX:
        raise ValueError(f"a port's file has at most {PORT_BYTES_MAX} bytes")
    try:
        said = msgspec.convert(tomllib.loads(text), _PortFile)
    except (ValueError, RecursionError) as error:  # of TOML and of msgspec, or a number of thousands of digits
        raise ValueError(f"not a port: {error}") from error
    country = said.code[:2] if "-" in said.code else "US"
    if said.state[:2] != country or said.code.startswith("US-"):
        raise ValueError(
            f"code: {said.code} and state {said.state} are of two countries; a port of the United States has the four "
            "digits of Schedule D, any other its country and the code of its customs, MX-370"
        )
    if not said.name.isprintable():
        raise ValueError("name: holds a character that cannot be seen")
    propensity = said.policy.random_propensity
    numbers = (said.latitude_deg, said.longitude_deg, said.utc_offset_hours, propensity or 0.0)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("latitude_deg, longitude_deg, utc_offset_hours and random_propensity must be numbers")
    place, lanes = (said.latitude_deg, said.longitude_deg), _lanes_of(said)
    south = tuple([lane for lane in lanes if not lane.is_northbound])
    north = tuple([lane for lane in lanes if lane.is_northbound])
    return Port(said.code, said.name, said.state, *place, said.utc_offset_hours, south, propensity, north)


def _lanes_of(said: _PortFile) -> tuple[LaneLayout, ...]:
    layouts = {name: _places_of(name, places) for name, places in said.layouts.items()}
    lanes: dict[str, LaneLayout] = {}
    for index, group in enumerate(said.lanes):
        where = f"lanes[{index}]"
        if group.mode not in PLACES_M:
            raise ValueError(f"{where}.mode: must be one of {', '.join(PLACES_M)}")
        if group.layout is not None and group.layout not in layouts:
            raise ValueError(f"{where}.layout: there is no [layouts.{group.layout}]")
        places = PLACES_M[group.mode]
        if group.layout is not None:
            places = layouts[group.layout]
            _check_order(f"layouts.{group.layout}", places, group.mode)
        for number in _numbers_of(where, group.numbers):
            lane_id = f"{said.code}/{number}"
            if lane_id in lanes:
                raise ValueError(f"{where}.numbers: lane {number} stands here twice")
            lanes[lane_id] = LaneLayout(lane_id, group.mode, places)
    unused = set(layouts) - {group.layout for group in said.lanes}
    if unused:
        raise ValueError(f"layouts.{min(unused)}: no lane has this layout")
    return tuple([lanes[lane_id] for lane_id in sorted(lanes)])


def _numbers_of(where: str, numbers: str) -> Iterator[str]:
    prefix, digits = ("", numbers) if numbers[0].isdigit() else (numbers[0], numbers[1:])
    first, last = int(digits[:2]), int(digits[-2:])
    if not 1 <= first <= last:
        raise ValueError(f"{where}.numbers: lanes are counted from 01, and {numbers} must rise")
    for number in range(first, last + 1):
        yield f"{prefix}{number:02d}"


def _places_of(name: str, given: Mapping[str, float]) -> Mapping[SensorRole, float]:
    """All places of a layout, in the order of the lane."""
    unknown, missing = sorted(set(given) - set(SENSORS)), [role.value for role in SENSORS if role not in given]
    if unknown:
        raise ValueError(f"layouts.{name}.{unknown[0]}: no sensor of a lane; they are {', '.join(SENSORS)}")
    if missing:
        raise ValueError(f"layouts.{name}: lacks {', '.join(missing)}")
    for role in SENSORS:
        if not 0.0 <= given[role] <= LANE_METRES_MAX:  # a comparison with NaN is false
            raise ValueError(f"layouts.{name}.{role}: must lie in 0 to {LANE_METRES_MAX:g} metres")
    if given[SensorRole.ENTRY_LOOP] != 0.0:
        raise ValueError(f"layouts.{name}.ENTRY_LOOP: places are counted from the entry loop, so it is at 0")
    return {role: given[role] for role in SENSORS}


def _check_order(name: str, places_m: Mapping[SensorRole, float], mode: LaneMode) -> None:
    """Raises ValueError if a vehicle of usual length would be seen in another order than that of the sensors."""
    seen = [(role, places_m[role] + (LENGTH_M[mode] if role is SensorRole.REAR_CAMERA else 0.0)) for role in SENSORS]
    for (before, at_m), (after, next_m) in pairwise(seen):
        if next_m < at_m + SENSOR_DISTANCE_METRES_MIN:
            raise ValueError(
                f"{name}.{after}: a vehicle of {LENGTH_M[mode]:g} m is seen there with its front at {next_m:g} m, and "
                f"at {before} with its front at {at_m:g} m; at least {SENSOR_DISTANCE_METRES_MIN:g} m must lie between"
            )


@cache
def load_ports(directory: Path = PORTS_DIRECTORY) -> Mapping[str, Port]:
    """The ports that come with the platform, by code. Raises ValueError naming a file that is not right."""
    ports = {}
    for file in sorted(directory.glob("*.toml")):
        try:
            port = parse_port(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error
        if port.code != file.stem:
            raise ValueError(f"{file}: code: {port.code} is not the name of the file")
        ports[port.code] = port
    return ports


def load_lanes(directory: Path = PORTS_DIRECTORY) -> Mapping[str, LaneLayout]:
    """Every lane of every port that comes with the platform, by lane id."""
    return lanes_of(load_ports(directory))


def lanes_of(ports: Mapping[str, Port]) -> Mapping[str, LaneLayout]:
    """Every lane of some ports, in either direction, by lane id."""
    return {lane.lane_id: lane for port in ports.values() for lane in (*port.lanes, *port.northbound_lanes)}


def is_canary_lane(lane_id: str) -> bool:
    """Whether a lane is a canary's."""
    return lane_id.endswith(_CANARY_SUFFIX)


def canary_lanes(lanes: Mapping[str, LaneLayout]) -> Mapping[str, LaneLayout]:
    """The canary's lane, a standard one for cars, of every port that has one of these lanes; by lane id."""
    ids = [f"{code}{_CANARY_SUFFIX}" for code in sorted({lane.port_code for lane in lanes.values()})]
    return {lane_id: LaneLayout(lane_id, LaneMode.PASSENGER, _CAR_PLACES_M) for lane_id in ids}


def mirrored(lane: LaneLayout) -> LaneLayout:
    """A northbound lane that is built as a southbound one is: `2301/N03` as `2301/03`."""
    code, _, number = lane.lane_id.partition("/")
    return LaneLayout(f"{code}/{NORTHBOUND_PREFIX}{number}", lane.mode, lane.places_m)
