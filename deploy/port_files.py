"""Files that describe ports, as people write them: read, and what is odd about one that is not wrong."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.errors import UserError
from schemas.layout import LENGTH_M, PORTS_DIRECTORY, LaneLayout, Port, lanes_of, load_ports, parse_port
from schemas.records import SensorRole
from streams.core.lanes.likelihood import GAP_MIN_M, SHORT, SPEED_FAST_MPS
from streams.core.lanes.state import VEHICLES_MAX
from streams.core.travel import kilometres_between

# Two ports nearer than this are one, or one of their places is wrong; places are given to a kilometre.
PORTS_APART_KM_MIN: Final = 1.0
# Mexico is 3,200 km long: whoever is further from every other port has exchanged or unsigned coordinates.
PORTS_APART_KM_MAX: Final = 3_200.0
# Standard times follow the sun to an hour and a half; beyond it the offset has the wrong sign or unit.
SUN_HOURS_MAX: Final = 2.0
DEGREES_PER_HOUR: Final = 15.0
# A device and its line need up to this: what is seen closer to the light comes after its decision [assumed].
BEFORE_LIGHT_SECONDS_MIN: Final = 1.0
# A driver who stops this far beyond the line is taken for one who has left [assumed].
BEYOND_LIGHT_METRES_MIN: Final = 3.0
# Fewer lots than one in a hundred estimate nothing at a port of 1,000 vehicles a day; more than half are no lots.
PROPENSITY_MIN: Final = 0.01
PROPENSITY_MAX: Final = 0.5


def read_text(file: Path) -> str:
    """The text of a port's file. Raises UserError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text (at byte {error.start}); save it as UTF-8") from error
    except (OSError, ValueError) as error:  # ValueError: no system takes a name with a zero byte
        raise UserError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def packaged_text(code: str) -> str | None:
    """The file of a port that comes with the platform; None for another."""
    return read_text(PORTS_DIRECTORY / f"{code}.toml") if code in load_ports() else None


def parse_file(file: Path, text: str) -> Port:
    """The port that a file describes. Raises UserError that names file, key and reason."""
    try:
        return parse_port(text)
    except ValueError as error:
        raise UserError(f"{file}: {error}") from error


def digest_of(text: str) -> str:
    """By which a text is known: SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def remarks_on(port: Port, known: Mapping[str, Port]) -> list[str]:
    """What is odd about a port, in sentences; `known` are the others, itself among them or not."""
    others = [other for other in known.values() if other.code != port.code]
    remarks = list[str]()
    if not port.lanes:
        remarks.append("lanes: there are none, so every reading of this port is refused; that is how one is closed")
    near = min(others, key=lambda other: kilometres_between(port, other), default=None)
    if near is not None:
        away_km = kilometres_between(port, near)
        if away_km < PORTS_APART_KM_MIN:
            remarks.append(f"latitude_deg, longitude_deg: within {PORTS_APART_KM_MIN:g} km of {near.code} {near.name}")
        elif away_km > PORTS_APART_KM_MAX:
            remarks.append(
                f"latitude_deg, longitude_deg: {away_km:,.0f} km from the nearest other port, {near.code} {near.name}; "
                "west and south are negative"
            )
    if abs(port.utc_offset_hours - port.longitude_deg / DEGREES_PER_HOUR) > SUN_HOURS_MAX:
        remarks.append(
            f"utc_offset_hours: {port.utc_offset_hours:+g} h is not the time of {port.longitude_deg:g} degrees"
        )
    remarks += [f"name: {one.code} has it too" for one in others if (one.name, one.state) == (port.name, port.state)]
    propensity = port.random_propensity
    if propensity is not None and not PROPENSITY_MIN <= propensity <= PROPENSITY_MAX:
        remarks.append(f"policy.random_propensity: {propensity:g} is outside {PROPENSITY_MIN:g} to {PROPENSITY_MAX:g}")
    alike: dict[str, list[str]] = {}
    for lane in lanes_of({port.code: port}).values():
        for remark in remarks_on_lane(lane):
            alike.setdefault(remark, []).append(lane.lane_id.partition("/")[2])
    return remarks + [f"lanes {', '.join(numbers)}: {remark}" for remark, numbers in alike.items()]


def remarks_on_lane(lane: LaneLayout) -> list[str]:
    """What is odd about a lane's geometry."""
    places, length_m = lane.places_m, LENGTH_M[lane.mode]
    light_m, exit_m = places[SensorRole.STOP_LINE_LOOP], places[SensorRole.EXIT_LOOP]
    remarks = []
    for role in () if lane.is_northbound else (SensorRole.REAR_CAMERA, SensorRole.SCALE):  # no light stands there
        front_m = places[role] + (length_m if role is SensorRole.REAR_CAMERA else 0.0)
        if (light_m - front_m) / SPEED_FAST_MPS < BEFORE_LIGHT_SECONDS_MIN:
            remarks.append(
                f"{role} sees a vehicle {light_m - front_m:g} m before the light, which it reaches "
                f"{(light_m - front_m) / SPEED_FAST_MPS:.1f} s later: what it says may come after the decision"
            )
    if exit_m - light_m < BEYOND_LIGHT_METRES_MIN and not lane.is_northbound:
        remarks.append(f"EXIT_LOOP is {exit_m - light_m:g} m behind the light: whoever stops late has left, for it")
    hold = int(exit_m / (SHORT * length_m + GAP_MIN_M))
    if hold > VEHICLES_MAX:
        remarks.append(
            f"{exit_m:g} m hold {hold} vehicles, and {VEHICLES_MAX} are followed: the oldest are closed early"
        )
    return remarks


def changes_of(before: Port | None, after: Port) -> list[str]:
    """What putting a port in force changes, in sentences."""
    if before is None:
        return [f"{len(lanes_of({after.code: after}))} lanes of a new port"]
    was, now = (lanes_of({port.code: port}) for port in (before, after))
    changes = list[str]()
    for what, lanes in (
        ("new", [lane_id for lane_id in now if lane_id not in was]),
        ("no more, and whoever stands there is closed", [lane_id for lane_id in was if lane_id not in now]),
        ("built otherwise", [lane_id for lane_id in now if was.get(lane_id, now[lane_id]) != now[lane_id]]),
    ):
        if lanes:
            changes.append(f"{what}: {', '.join(lanes)}")
    if before.random_propensity != after.random_propensity:
        changes.append(f"the random arm's propensity: {propensity_text(before)}, now {propensity_text(after)}")
    if (before.latitude_deg, before.longitude_deg) != (after.latitude_deg, after.longitude_deg):
        changes.append(f"its place: moved by {kilometres_between(before, after):,.0f} km")
    return changes or ["nothing that a stage goes by"]


def propensity_text(port: Port) -> str:
    """Its random arm's propensity as people read it."""
    return "the rule set's" if port.random_propensity is None else f"{port.random_propensity:g}"
