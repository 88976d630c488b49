"""The canary's lanes: one of every port that comes with the platform or was published."""

from collections.abc import Mapping

from deploy.connection import Connection
from deploy.port_publication import Held, held_ports
from schemas.layout import LaneLayout, canary_lanes, lanes_of, load_ports, parse_port
from schemas.topics import LANES_CHANGELOG


def lanes_in_force(connection: Connection) -> Mapping[str, LaneLayout]:
    """By the port's code, in its order, as the lanes stage has them now. Raises ConnectionError, TimeoutError."""
    return lanes_with(held_ports(connection, [LANES_CHANGELOG]))


def lanes_with(held: Held) -> Mapping[str, LaneLayout]:
    """By the port's code, in its order, with what was published last of each port."""
    ports = dict(load_ports())
    for published in reversed(held.counts):  # the newest stands first
        ports[published.code] = parse_port(published.text)
    lanes = canary_lanes(lanes_of(ports))
    return {lane.port_code: lane for lane in lanes.values()}
