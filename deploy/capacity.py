"""What a load needs, from what a reading was measured to cost: `deploy/capacity.toml`, explained in CAPACITY.md.

live, at a low and a high rate    bytes and cores a second of real time: a line through both, fixed cost and slope
catch-up                          CPU of a reading when a worker is never idle: what one can do at most
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from schemas.layout import load_lanes, load_ports
from schemas.topics import DAY_MS, LANE_READINGS, PARTITIONS, TOPICS, Topic

CAPACITY_FILE: Final = "capacity.toml"

CORE_SHARE: Final = 0.5
"""Of a core that a worker may use at the busiest: the rest is for recovery, ticks, and a machine half as fast."""

DISK_SHARE: Final = 0.7
"""Of a disk that may be full: Kafka ends on a full one, and moving a replica fills another."""

REPLICATION: Final = 3  # as `border doctor` wants it in service
BROKER_CORES: Final = 4
PEAK: Final = 3.0
"""Busiest hour over the mean [assumed]: hours' factors of the simulated traffic reach 2, holidays add to it."""

CROSSINGS_PER_PLATE: Final = 12.0
"""A year [assumed]: nobody publishes it. Fewer means more plates, and more state."""

PLATE_KEPT_DAYS: Final = 365
BUSIEST_PORT_SHARE: Final = 0.2
"""Of all traffic: San Ysidro had 43,528 of 220,000 vehicles a day in 2023."""

SEGMENT_BYTES: Final = {True: 64 << 20, False: 1 << 30}  # of a compacted topic of ours; Kafka's default
INTERNAL_SEGMENT_BYTES: Final = 100 << 20
INTERNAL_PARTITIONS: Final = 50
BY_PORT: Final = ("convoys", "policy", "estimates", "integrity")
"""Stages whose input is keyed by port: one port is one partition is one core."""

DAY_SECONDS: Final = 86_400.0
GATEWAY_BEAT_SECONDS: Final = 10.0
GIB: Final = float(1 << 30)


class Live(msgspec.Struct, frozen=True):
    """A measured stretch of real time."""

    readings_per_second: float
    seconds: float
    seed: int
    compiled: bool
    broker_cpu_cores: float
    records_per_second: dict[str, float]
    cpu_cores: dict[str, float]
    bytes_per_second: dict[str, float]


class StageCost(msgspec.Struct, frozen=True):
    """A stage that worked through its whole input without a pause."""

    records: int
    cpu_microseconds_per_record: float
    cpu_microseconds_per_reading: float
    state_keys: int
    state_bytes: int


class CatchUp(msgspec.Struct, frozen=True):
    """A simulated hour."""

    readings: int
    crossings: int
    seed: int
    compiled: bool
    stages: dict[str, StageCost]


class VehicleSize(msgspec.Struct, frozen=True):
    """What is remembered of one vehicle with seven passages and the inbound feed; in memory with its index."""

    bytes: int
    memory_bytes: int


class Costs(msgspec.Struct, frozen=True):
    """The table."""

    measured_on: date
    live: tuple[Live, Live]
    catch_up: CatchUp
    vehicle: VehicleSize
    check: Live


def load_costs() -> Costs:
    """As measured last."""
    text = resources.files("deploy").joinpath(CAPACITY_FILE).read_text()
    return msgspec.convert(tomllib.loads(text), Costs)


@dataclass(frozen=True)
class Load:
    """What is planned for. Readings a second: the mean of day and night, heartbeats among them."""

    readings_per_second: float
    retention_days: float = LANE_READINGS.retention_ms / DAY_MS
    ports: int = len(load_ports())
    peak: float = PEAK
    crossings_per_plate: float = CROSSINGS_PER_PLATE


class StagePlan(NamedTuple):
    """One stage."""

    workers: int
    cores_mean: float
    cores_peak: float
    readings_per_second_max: float
    """Of one worker a core, as many as there are partitions that help."""

    state_gib: float
    memory_gib: float


class TopicPlan(NamedTuple):
    """One topic, of one replica."""

    bytes_per_second: float
    days: float | None
    gib: float


@dataclass(frozen=True)
class Plan:
    """What a load needs."""

    load: Load
    brokers: int
    broker_cores_peak: float
    partitions: int
    stages: Mapping[str, StagePlan]
    topics: Mapping[str, TopicPlan]
    disk_gib_per_broker: float
    """With room: brokers times this holds all replicas."""

    fits: bool
    notes: tuple[str, ...]


def line(low: tuple[float, float], high: tuple[float, float], at: float) -> float:
    """On the line through two measured points; never below zero. Beyond the high one it rather tells too much."""
    slope = (high[1] - low[1]) / (high[0] - low[0])
    return max(0.0, low[1] + slope * (at - low[0]))


def plan_of(load: Load, costs: Costs) -> Plan:
    """Brokers, partitions, workers and disk for a load."""
    topics = {name: topic_plan(name, load, costs) for name in sorted(costs.live[1].bytes_per_second)}
    stages = {name: stage_plan(name, load, costs) for name in costs.live[1].cpu_cores}
    peak = load.readings_per_second * load.peak
    low, high = costs.live
    # With three replicas of each partition each of three brokers writes all that a lone one does.
    broker_cores = line(
        (low.readings_per_second, low.broker_cpu_cores), (high.readings_per_second, high.broker_cpu_cores), peak
    )
    brokers = max(REPLICATION, math.ceil(REPLICATION * broker_cores / (BROKER_CORES * CORE_SHARE)))
    disk = sum(topic.gib for topic in topics.values()) * REPLICATION / brokers / DISK_SHARE
    partitions = max(PARTITIONS, *(stage.workers for stage in stages.values()))
    notes = notes_of(load, costs, stages)
    fits = all(peak <= stage.readings_per_second_max for stage in stages.values())
    return Plan(load, brokers, broker_cores, partitions, stages, topics, disk, fits, notes)


def topic_plan(name: str, load: Load, costs: Costs) -> TopicPlan:
    """Bytes of one replica of a topic when it holds all that it keeps."""
    low, high = costs.live
    rate = line(
        (low.readings_per_second, low.bytes_per_second.get(name, 0.0)),
        (high.readings_per_second, high.bytes_per_second[name]),
        load.readings_per_second,
    )
    topic = next((one for one in TOPICS if one.name == name), None)
    if topic is not None and not topic.compacted:
        days = kept_days(topic, load)
        # The segment being written is removed whole, and only once it is closed: after a week at most.
        active = min(PARTITIONS * SEGMENT_BYTES[False], rate * 7 * DAY_SECONDS)
        return TopicPlan(rate, days, (rate * days * DAY_SECONDS + active) / GIB)
    # Of a compacted topic stay its newest records, twice while it is cleaned, and in each partition the segment being
    # written with as much again that waits for the cleaner; all that is written in a week, if that is less.
    partitions, segment = (
        (INTERNAL_PARTITIONS, INTERNAL_SEGMENT_BYTES) if topic is None else (PARTITIONS, SEGMENT_BYTES[True])
    )
    state = next(
        (state_bytes(s, load, costs) for s in costs.catch_up.stages if name == f"border.{s}.changelog.v1"), 0.0
    )
    return TopicPlan(rate, None, (2 * state + min(2.0 * partitions * segment, rate * 7 * DAY_SECONDS)) / GIB)


def kept_days(topic: Topic, load: Load) -> float:
    """As the catalogue says; the load's days are of what is kept as long as readings are."""
    own = topic.retention_ms / DAY_MS
    return load.retention_days if topic.retention_ms == LANE_READINGS.retention_ms else own


def stage_plan(name: str, load: Load, costs: Costs) -> StagePlan:
    """One stage. One that had no input to be measured on needs its one worker."""
    low, high = costs.live
    points = tuple((run.readings_per_second, run.cpu_cores[name]) for run in (low, high))
    cost = costs.catch_up.stages.get(name)
    microseconds = cost.cpu_microseconds_per_reading if cost else 0.0
    peak = load.readings_per_second * load.peak
    useful = min(PARTITIONS, load.ports) if name in BY_PORT else PARTITIONS
    most = math.inf
    if microseconds:
        most = useful * CORE_SHARE * 1e6 / microseconds
        if name in BY_PORT:
            most = min(most, CORE_SHARE * 1e6 / microseconds / busiest_share(load))
    state = state_bytes(name, load, costs) / GIB
    return StagePlan(
        max(1, math.ceil(peak * microseconds / 1e6 / CORE_SHARE)),
        cores(points, microseconds, load.readings_per_second),
        cores(points, microseconds, peak),
        most,
        state,
        state * costs.vehicle.memory_bytes / costs.vehicle.bytes,
    )


def busiest_share(load: Load) -> float:
    """Of the traffic, of the port that has most of it."""
    return max(BUSIEST_PORT_SHARE, 1 / load.ports)


def cores(points: tuple[tuple[float, float], ...], microseconds: float, rate: float) -> float:
    """CPU of a stage: as measured live, and above that range what a reading costs a worker that is never idle."""
    low, high = points
    return line(low, high, min(rate, high[0])) + max(0.0, rate - high[0]) * microseconds / 1e6


def state_bytes(name: str, load: Load, costs: Costs) -> float:
    """Encoded state of a stage: by plate of the vehicles stage, of others as measured after an hour, by rate."""
    cost = costs.catch_up.stages.get(name)
    if cost is None:
        return 0.0
    if name == "vehicles":
        return plates(load, costs) * costs.vehicle.bytes
    return cost.state_bytes * max(1.0, load.readings_per_second * 3600 / costs.catch_up.readings)


def plates(load: Load, costs: Costs) -> float:
    """Plates that cross within the year for which they are remembered."""
    crossings = load.readings_per_second * costs.catch_up.crossings / costs.catch_up.readings
    return crossings * PLATE_KEPT_DAYS * DAY_SECONDS / load.crossings_per_plate


def lanes_of(load: Load) -> float:
    """As many a port as those that come with the platform have."""
    return load.ports * len(load_lanes()) / len(load_ports())


def notes_of(load: Load, costs: Costs, stages: Mapping[str, StagePlan]) -> tuple[str, ...]:
    """Limits that a number does not show."""
    peak, notes = load.readings_per_second * load.peak, []
    measured = costs.live[1].readings_per_second
    if peak > measured:
        notes.append(
            f"{peak:,.0f} readings a second at the peak are beyond the {measured:,.0f} that were measured live"
        )
    beats = lanes_of(load) / GATEWAY_BEAT_SECONDS
    if load.readings_per_second < beats:
        notes.append(
            f"heartbeats of about {lanes_of(load):,.0f} lanes of {load.ports} ports alone are {beats:,.0f} readings a "
            "second: count them in"
        )
    if load.retention_days != LANE_READINGS.retention_ms / DAY_MS:
        notes.append(
            f"the catalogue (schemas/topics.py) says {LANE_READINGS.retention_ms // DAY_MS} days, and `border doctor` "
            "holds the broker to it: change it there"
        )
    for name, stage in stages.items():
        if peak > stage.readings_per_second_max:
            why = (
                "one port is one partition is one core"
                if name in BY_PORT
                else f"{PARTITIONS} partitions are {PARTITIONS} cores"
            )
            notes.append(
                f"{name} can take {stage.readings_per_second_max:,.0f} readings a second: {why}. More partitions move "
                "keys away from their state, so they are another cluster, filled by replay"
            )
    return tuple(notes)
