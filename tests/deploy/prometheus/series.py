"""What a platform that works says of itself, as series for promtool, and how a fault changes them.

normal() ─► {series: shape} ─► with_fault(changes) ─► three stretches: before, during, after ─► promtool's notation
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deploy.prometheus.rules import SOURCES
from deploy.stages import STAGE_NAMES
from producers.canary.book import Result

STEP_SECONDS = 10


@dataclass(frozen=True)
class Level:
    """A gauge that stays."""

    value: float


@dataclass(frozen=True)
class Rate:
    """A counter, or a gauge, that goes on from where it was."""

    per_second: float


@dataclass(frozen=True)
class Clock:
    """A time that follows the clock."""


@dataclass(frozen=True)
class Absent:
    """Nothing is scraped."""


Shape = Level | Rate | Clock | Absent
Series = dict[str, Shape]


def named(metric: str, **labels: str) -> str:
    """A series' name with its labels."""
    return metric + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def normal() -> Series:
    """Ten stages, a light server, two gateways, the exporter, the sharing service, two machines: an ordinary hour."""
    series: Series = {}
    for number, stage in enumerate(STAGE_NAMES):
        series |= of_stage(stage, f"127.0.0.1:{9101 + number}")
    for site, port in (("2301-bota", "2301"), ("2304-wtb", "2304")):
        series |= of_gateway(site, port, "10.1.0.1:8600" if port == "2301" else "10.4.0.1:8600")
    return series | of_lanes() | of_light() | of_exporter() | of_sharing() | of_canary() | of_disks()


def of_stage(stage: str, instance: str) -> Series:
    """A worker. What only files and outages feed is idle, as nearly always."""
    own = {"job": "stage", "instance": instance, "stage": stage}
    rate = 0.0 if stage in ("backlog", "traces") else 3.0
    return {
        named("up", **own): Level(1),
        named("border_ready", **own, process="stage"): Level(1),
        named("process_start_time_seconds", **own): Level(1),
        named("border_records_total", **own, topic=SOURCES[stage]): Rate(rate),
        named("border_dead_letters_total", **own, reason="impossible_value"): Rate(rate * 0.00003),
        named("border_dead_letters_total", **own, reason="undecodable"): Rate(0),
        named("border_late_readings_total", **own, taken="yes"): Rate(rate * 0.00003),
        named("border_late_readings_total", **own, taken="no"): Rate(0),
        named("border_lag_seconds", **own, partition="0"): Level(0.04),
        named("border_lag_seconds", **own, partition="1"): Level(0),
        named("border_loop_silence_seconds", **own): Level(0.6),
        named("border_recovery_seconds_count", **own): Level(4),
        named("border_recovery_seconds_bucket", **own, le="10.0"): Level(4),
        named("border_registry_waits_total", **own): Rate(0),
    }


def of_lanes() -> Series:
    """What stages write to each other, and what the lanes stage sees of ports and sensors."""
    outputs = (
        ("lanes", "border.passages.v1"),
        ("vehicles", "border.crossings.by-port.v1"),
        ("vehicles", "border.lane.decisions.v1"),
        ("outcomes", "border.outcomes.by-port.v1"),
    )
    series: Series = {named("border_outputs_total", job="stage", stage=s, topic=t): Rate(2) for s, t in outputs}
    for port in ("2301", "2304"):
        own = {"job": "stage", "stage": "lanes", "port": port, "mode": "OPERATIONAL"}
        series[named("border_port_newest_reading_timestamp_seconds", **own)] = Clock()
    return series


def of_light() -> Series:
    """A light server that told nearly every vehicle its selection."""
    own = {"job": "light", "instance": "127.0.0.1:7331"}
    return {
        named("up", **own): Level(1),
        named("border_light_answers_total", **own, port="2301", kind="selection"): Rate(0.3),
        named("border_light_answers_total", **own, port="2301", kind="override"): Rate(0.002),
        named("border_light_answers_total", **own, port="2301", kind="fallback"): Rate(0.0005),
        named("border_light_answers_total", **own, port="2304", kind="selection"): Rate(1 / 30),
        named("border_light_answers_total", **own, port="2304", kind="fallback"): Rate(0),
        named("border_light_answer_seconds_bucket", **own, kind="selection", le="1.25"): Rate(0.3024),
        named("border_light_answer_seconds_count", **own, kind="selection"): Rate(0.3025),
        named("border_light_silence_seconds", **own): Level(6),
        named("border_light_undelivered", **own): Level(0),
        named("border_light_unkept_total", **own): Rate(0),
    }


def of_gateway(site: str, port: str, instance: str) -> Series:
    """A crossing with a camera, a loop and a scale."""
    own = {"job": "gateway", "instance": instance, "site": site, "port": port}
    series: Series = {
        named("up", **own): Level(1),
        named("border_gateway_spool_full", **own): Level(0),
        named("border_disk_free_bytes", **own, directory="spool"): Level(40e9),
        named("border_disk_size_bytes", **own, directory="spool"): Level(64e9),
        named("border_gateway_damaged", **own): Level(0),
        named("border_gateway_strangers_total", **own, reason="UNAUTHORISED"): Rate(0.001),
    }
    for queue in ("border.lane.readings.v1", "border.rail.readings.v1"):
        series[named("border_gateway_oldest_seconds", **own, queue=queue)] = Level(0.02)
    for le, rate in (("1.0", 1.999), ("+Inf", 2.0)):
        series[named("border_gateway_delivery_seconds_bucket", **own, topic="border.lane.readings.v1", le=le)] = Rate(
            rate
        )
    series[named("border_gateway_delivery_seconds_count", **own, topic="border.lane.readings.v1")] = Rate(2)
    for device in ("camera-1", "loop-1", "scale-1"):
        series[named("border_gateway_blind", **own, device=device)] = Level(0)
        series[named("border_gateway_clock_wrong", **own, device=device)] = Level(0)
        series[named("border_gateway_silence_seconds", **own, device=device)] = Level(40)
        series[named("border_gateway_rejections_total", **own, device=device, reason="MALFORMED")] = Rate(0.001)
    return series


def of_exporter() -> Series:
    """Budgets, selections and trains, as the exporter reads them from the log."""
    own = {"job": "exporter", "instance": "127.0.0.1:9300"}
    series: Series = {
        named("up", **own): Level(1),
        named("border_exporter_outages_total", **own, source="rail"): Rate(0),
        named("border_selection_seconds_bucket", **own, mode="OPERATIONAL", le="0.25"): Rate(0.2998),
        named("border_selection_seconds_count", **own, mode="OPERATIONAL"): Rate(0.3),
    }
    for mode in ("OPERATIONAL", "EXERCISE"):
        for role in ("FRONT_CAMERA", "SCALE"):
            blind = {"port": "2301", "role": role, "mode": mode}
            series[named("border_lane_sensors_blind", **own, **blind)] = Level(0)
        told = {"port": "2304", "mode": mode, "day": "today"}
        series[named("border_rail_scanned_well_ratio", **own, **told)] = Level(0.9985)
        series[named("border_rail_trains", **own, **told, count="released_uncovered")] = Level(0)
        budget = {"port": "2301", "lanes": "PASSENGER", "mode": mode}
        series[named("border_port_reds_total", **own, **budget)] = Rate(0.0105)
        series[named("border_port_reds_withdrawn_total", **own, **budget)] = Rate(0.0005)
        series[named("border_port_reds_allowed_total", **own, **budget)] = Rate(0.01)
    return series


def of_sharing() -> Series:
    """The service that other agencies ask."""
    own = {"job": "sharing", "instance": "127.0.0.1:7400"}
    return {
        named("up", **own): Level(1),
        named("border_sharing_outages_total", **own, part="log"): Rate(0),
        named("border_sharing_unauthenticated_total", **own): Rate(0.001),
    }


def of_canary() -> Series:
    """A vehicle at each port every minute, and broker and registry that answer."""
    own = {"job": "canary", "instance": "127.0.0.1:9302"}
    series: Series = {
        named("up", **own): Level(1),
        named("border_broker_up", **own): Level(1),
        named("border_registry_up", **own): Level(1),
        named("border_under_replicated_partitions", **own): Level(0),
        named("border_offline_partitions", **own): Level(0),
    }
    for port in ("2301", "2304"):
        series[named("border_canary_told_timestamp_seconds", **own, port=port)] = Clock()
        for result in Result:
            rate = 1 / 60 if result is Result.TOLD else 0.0
            series[named("border_canary_crossings_total", **own, port=port, result=result)] = Rate(rate)
    return series


def of_disks() -> Series:
    """Disks that retention keeps where they are: of a machine with node_exporter and an exporter of ours, and of one
    with two light servers and no node_exporter.
    """
    node = {"job": "node", "instance": "10.0.0.1:9100", "mountpoint": "/", "fstype": "ext4"}
    series: Series = {
        named("node_filesystem_avail_bytes", **node): Level(60e9),
        named("node_filesystem_size_bytes", **node): Level(100e9),
    }
    own = [{"job": "exporter", "instance": "10.0.0.1:9300", "directory": "state"}]
    own += [{"job": "light", "instance": f"127.0.0.1:{at}", "directory": "light"} for at in (7331, 7332)]
    for labels in own:
        series[named("border_disk_free_bytes", **labels)] = Level(60e9)
        series[named("border_disk_size_bytes", **labels)] = Level(100e9)
    return series


def with_fault(
    before: Mapping[str, Shape], change: Mapping[str, Shape], stretches: tuple[int, int, int]
) -> list[dict[str, str]]:
    """Promtool's series of so many steps before, during and after a fault. `change` is by pattern of the series.

    Raises ValueError for a pattern that no series has.
    """
    unused = set(change)
    told = []
    for name, shape in before.items():
        found = [pattern for pattern in change if fnmatchcase(name, pattern)]
        unused -= set(found)
        during = change[found[0]] if found else shape
        told.append({"series": name, "values": values_of((shape, during, shape), stretches)})
    if unused:
        raise ValueError(f"no series is like {sorted(unused)}")
    return told


def values_of(shapes: tuple[Shape, ...], stretches: tuple[int, ...]) -> str:
    """A series' samples, one stretch behind the other, a counter's going on."""
    words, at, value = [], 0, 0.0
    for shape, steps in zip(shapes, stretches, strict=True):
        if isinstance(shape, Absent):
            words.append(f"stale _x{steps - 1}")
        else:
            slope = shape.per_second * STEP_SECONDS if isinstance(shape, Rate) else 0.0
            if isinstance(shape, Clock):
                value, slope = float(at * STEP_SECONDS), float(STEP_SECONDS)
            elif isinstance(shape, Level):
                value = shape.value
            words.append(f"{value:.6f}{slope:+.6f}x{steps - 1}")
            value += slope * steps
        at += steps
    return " ".join(words)
