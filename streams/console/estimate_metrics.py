"""Turns estimates into Prometheus gauges; nothing else does.

A worker's own gauges would be gone with it until the next midnight, so the exporter reads the topic. Labels are from
closed sets: known ports, operating modes, lane modes, arms, ends of an interval. Those of lanes, versions, evidence and
fairness groups stand in `estimate_details.py`, which bounds their number.
"""

import threading
from collections.abc import Container, Iterator
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.records import Estimate, GroupEstimate, GroupKind, LaneMode, RateEstimate
from streams.console.estimate_details import details

ALL: Final = "all"  # of a lane mode: the whole port
MICROSECONDS: Final = 1e6
SECONDS_PER_MINUTE: Final = 60.0

# Name, labels behind port, mode and lanes, and what the page of metrics says.
FAMILIES: Final = (
    (
        "border_estimate_until_timestamp_seconds",
        (),
        "End of the month that an estimate is of, since 1970.",
    ),
    ("border_estimate_passages", (), "Vehicles at a light in the month."),
    ("border_estimate_referred", ("arm",), "Vehicles referred in the month, by cause; those with several in each."),
    ("border_estimate_inspected", ("arm",), "Of them, those whose inspection ended."),
    ("border_estimate_hits", ("arm",), "Of them, those with a gun, a magazine or ammunition."),
    ("border_estimate_precision_ratio", ("arm", "end"), "Hits over inspected: seen, low, high (95 %)."),
    (
        "border_estimate_violation_ratio",
        ("end",),
        "Vehicles in which an inspection finds something, per vehicle, from the random arm: seen, low, high (95 %); "
        "bound_low, bound_high if all skipped were empty or loaded; corrected_low, corrected_high for what is missed.",
    ),
    ("border_estimate_lift_ratio", ("end",), "Precision of the risk arm over the violation rate: seen, low, high."),
    ("border_estimate_skipped_ratio", (), "Share of the referred that were not inspected."),
    ("border_estimate_seizure_ratio", ("end",), "Finds per referred vehicle: seen, low, high (95 %)."),
    ("border_estimate_inspector_seconds", (), "Inspectors' time per find."),
    ("border_estimate_traveller_seconds", (), "Travellers' time from light to end of inspection, per find."),
)
LABELS: Final = ("port", "mode", "lanes")


class EstimateMetrics(Collector):
    """The latest estimate of each port and operating mode. `tell` and `collect` may run in different threads."""

    def __init__(self, ports: Container[str]) -> None:
        """`ports`: known codes; an estimate of another port is in no gauge until its code is among them."""
        self._ports = ports
        self._lock = threading.Lock()
        self._latest: dict[tuple[str, str], Estimate] = {}

    def tell(self, value: object) -> None:
        """Take an estimate in place of the one before; other records are ignored."""
        if isinstance(value, Estimate):
            with self._lock:
                self._latest[value.port_code, value.operating_mode] = value

    def has_unknown(self) -> bool:
        """Whether there is an estimate of a port that is not among the known ones."""
        with self._lock:
            return any(port not in self._ports for port, _ in self._latest)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All families, with what is known."""
        families = {name: GaugeMetricFamily(name, text, labels=(*LABELS, *labels)) for name, labels, text in FAMILIES}
        with self._lock:
            latest = sorted([item for item in self._latest.items() if item[0][0] in self._ports])
        for (port, mode), estimate in latest:
            labels = [port, mode, ALL]
            families["border_estimate_until_timestamp_seconds"].add_metric(labels, estimate.until_at / MICROSECONDS)
            for group in estimate.groups:
                if group.kind is GroupKind.PORT:
                    add_group(families, [port, mode, ALL], group)
                elif group.kind is GroupKind.LANE_MODE and group.name in list(LaneMode):
                    add_group(families, [port, mode, group.name], group)
        yield from families.values()
        yield from details(dict(latest))


def add_group(families: dict[str, GaugeMetricFamily], labels: list[str], group: GroupEstimate) -> None:
    """The gauges of a port or a lane mode; what is not known has none."""

    def add(name: str, value: float | None, *more: str) -> None:
        if value is not None:
            families[f"border_estimate_{name}"].add_metric([*labels, *more], value)

    def add_interval(name: str, interval: Any, *more: str, scale: float = 1.0) -> None:
        seen = interval.rate if isinstance(interval, RateEstimate) else interval.ratio
        for end, value in (("seen", seen), ("low", interval.low), ("high", interval.high)):
            add(name, None if value is None else value * scale, *more, end)

    add("passages", group.passages)
    for arm in group.arms:
        add("referred", arm.referred, arm.arm)
        add("inspected", arm.inspected, arm.arm)
        add("hits", arm.hits, arm.arm)
        add_interval("precision_ratio", arm.precision, arm.arm)
    violation = group.violation
    add_interval("violation_ratio", violation.detected)
    for end in ("bound_low", "bound_high", "corrected_low", "corrected_high"):
        add("violation_ratio", getattr(violation, end), end)
    add_interval("lift_ratio", group.lift)
    add("skipped_ratio", group.skipped_ratio)
    add_interval("seizure_ratio", group.seizures_per_1000, scale=1e-3)
    for who, minutes in (
        ("inspector", group.inspector_minutes_per_seizure),
        ("traveller", group.traveller_minutes_per_seizure),
    ):
        add(f"{who}_seconds", None if minutes is None else minutes * SECONDS_PER_MINUTE)
