"""The whole world: the lanes of a scenario's ports, merged by the time at which their readings reach the log.

arrivals ─► kinematics ─► sensors ─► gateway     (one lane, from its own seeds)
                                        └► merge by due_at ─► readings, and the truth aside
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Final

from producers.simulator.arrivals import LONG_VEHICLE_HEADWAYS
from producers.simulator.lane import DEVICES, GATEWAY_HEARTBEAT_SECONDS, LaneLife
from producers.simulator.scenario import Scenario, find_scenario
from producers.simulator.truth import SimulatedReading
from schemas.layout import LaneLayout, Port, load_ports
from schemas.records import LaneMode

DEFAULT_START_AT: Final = 1_696_280_400_000_000  # 2023-10-02T21:00Z, Monday 16:00 in Texas: a busy hour


def simulate(
    scenario_name: str | Scenario,
    seed: int = 1,
    start_at: int = DEFAULT_START_AT,
    seconds: float = 86_400.0,
    ports: Sequence[str] | None = None,
    rate: float | None = None,
    known: Mapping[str, Port] | None = None,
    inbound: bool = False,
) -> Iterator[SimulatedReading]:
    """Readings in order of `due_at_us`, for `seconds` of arrivals from `start_at` (microseconds UTC).

    `rate` scales the traffic to about that many readings a second. `known` are the ports by code, those that come with
    the platform if none are given; `inbound`: their northbound lanes too. Memory is bounded by the lanes, not the time.
    Raises ValueError for an unknown scenario or port, a rate that the lanes cannot pass, or ports without northbound
    lanes.
    """
    scenario = find_scenario(scenario_name) if isinstance(scenario_name, str) else scenario_name
    known = load_ports() if known is None else known
    codes = sorted(ports or scenario.daily_counts)
    for code in codes:
        if code not in scenario.daily_counts:
            raise ValueError(
                f"scenario {scenario.name} has no port {code!r}; it has {', '.join(scenario.daily_counts)}"
            )
    lanes = [(known[code], lane) for code in codes for lane in known[code].lanes if lane.mode in scenario.modes]
    if inbound:
        north = [(known[code], lane) for code in codes for lane in known[code].northbound_lanes]
        if not north:
            raise ValueError(
                "none of these ports has northbound lanes; a port's file names them (deploy/examples/2301-inbound.toml)"
            )
        lanes += [(port, lane) for port, lane in north if lane.mode in scenario.modes]
    if rate is not None:
        scenario, lanes = scaled(scenario, rate, lanes)
    lives = [LaneLife(scenario, seed, port, lane, start_at).readings(seconds) for port, lane in lanes]
    return heapq.merge(*lives, key=itemgetter(0))


READINGS_PER_PASSAGE: Final = 6.0  # six sensors less the missing, plus repeats, X-ray and declarations
USUAL_HEADWAY_SECONDS: Final = 12.0
# A car needs the lane for about this long besides its stop at the light: moving up and reacting.
MOVING_UP_SECONDS: Final = 2.8
SERVICE_SECONDS_MIN: Final = 0.2
BUSY_RATIO: Final = 0.8  # of a lane's capacity; beyond it queues grow without end

Lanes = list[tuple[Port, LaneLayout]]


def scaled(scenario: Scenario, rate: float, lanes: Lanes) -> tuple[Scenario, Lanes]:
    """The scenario and as many of the lanes, spread over the ports, as give about `rate` readings a second.

    Lanes are used at a rush hour's headway; where there are too few of them the headway, and with it the stop at the
    light, is shortened. Raises ValueError beyond what they can pass.
    """
    beats = len(DEVICES) / scenario.device_heartbeat_seconds + 1 / GATEWAY_HEARTBEAT_SECONDS
    per_lane = READINGS_PER_PASSAGE / USUAL_HEADWAY_SECONDS + beats
    count = max(1, min(len(lanes), round(rate / per_lane)))
    used = [lanes[index * len(lanes) // count] for index in range(count)]
    passages_per_second = max((rate - beats * count) / READINGS_PER_PASSAGE, 1 / 3600)
    cars = sum(1.0 if lane.mode is LaneMode.PASSENGER else 1 / LONG_VEHICLE_HEADWAYS for _, lane in used)
    headway = cars / passages_per_second
    service = min(scenario.service_seconds, BUSY_RATIO * headway - MOVING_UP_SECONDS)
    if service < SERVICE_SECONDS_MIN:
        raise ValueError(f"{rate:g} readings a second are more than {len(lanes)} lanes can pass; simulate more ports")
    return replace(scenario, headway_seconds=headway, service_seconds=service), used


def lanes_used(scenario: Scenario, rate: float, known: Mapping[str, Port] | None = None) -> Lanes:
    """The lanes that `simulate` uses at a rate, each with its port. Raises ValueError for one that they cannot pass."""
    known = load_ports() if known is None else known
    codes = sorted(scenario.daily_counts)
    lanes = [(known[code], lane) for code in codes for lane in known[code].lanes if lane.mode in scenario.modes]
    return scaled(scenario, rate, lanes)[1]


def vehicles_per_hour(
    scenario: Scenario, rate: float, known: Mapping[str, Port] | None = None
) -> dict[tuple[str, LaneMode], float]:
    """What `simulate` gives at a rate, by port and lane mode. Raises ValueError for a rate that lanes cannot pass."""
    known = load_ports() if known is None else known
    codes = sorted(scenario.daily_counts)
    lanes = [(known[code], lane) for code in codes for lane in known[code].lanes if lane.mode in scenario.modes]
    scenario, used = scaled(scenario, rate, lanes)
    counts: dict[tuple[str, LaneMode], float] = {}
    for port, lane in used:
        headway = (scenario.headway_seconds or USUAL_HEADWAY_SECONDS) * (
            1.0 if lane.mode is LaneMode.PASSENGER else LONG_VEHICLE_HEADWAYS
        )
        counts[port.code, lane.mode] = counts.get((port.code, lane.mode), 0.0) + 3600.0 / headway
    return counts


def with_stop(scenario: Scenario, seconds: float) -> Scenario:
    """The scenario with another mean stop at the light, its vehicles no closer than lanes can pass them.

    Raises ValueError for a stop that is not positive.
    """
    if not seconds > 0.0:
        raise ValueError("a stop at the light takes more than 0 seconds")
    headway = max(scenario.headway_seconds or 0.0, (seconds + MOVING_UP_SECONDS) / BUSY_RATIO)
    return replace(scenario, service_seconds=seconds, headway_seconds=headway)
