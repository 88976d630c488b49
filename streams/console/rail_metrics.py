"""Turns the coverage of trains into Prometheus gauges; nothing else does.

    border_rail_scanned_well_ratio{port="2304",mode="OPERATIONAL",day="yesterday"} 0.9931

A worker's own counters would name no port and count each revision of a car, so the exporter reads the topic. Days are
the port's own. Labels are from closed sets: ports, operating modes, two days, the names of counts. Ports that nobody
has published are trains' too, but no more than OTHERS_MAX: whoever writes the topic must not make series without end.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.records import CarCoverage, OperatingMode, TrainCoverage
from streams.console.rail_visits import DAY, DayCounts, DayKey, Visits, days_of, local_day

LABELS: Final = ("port", "mode", "day")
DAYS: Final = ("today", "yesterday")
# What the older of the two days needs, in any time zone.
KEPT: Final = 3 * DAY
# Ports times operating modes that are none of the known ports': the crossings of a second border, in each mode.
OTHERS_MAX: Final = 128

# Name, more labels, and what the page of metrics says.
FAMILIES: Final = (
    (
        "border_rail_scanned_well_ratio",
        LABELS,
        "Cars with a usable scan and a decision, per car seen or listed, of trains that passed; none without cars.",
    ),
    (
        "border_rail_cars",
        (*LABELS, "count"),
        "Cars of trains that passed: all, seen, scanned_well, cleared, open, missing, added.",
    ),
    (
        "border_rail_trains",
        (*LABELS, "count"),
        "Trains that passed: all, covered, not_coverable, released_uncovered.",
    ),
    ("border_rail_told_timestamp_seconds", LABELS[:2], "Newest reading that decided anything of a port's trains."),
)


class RailMetrics(Collector):
    """Today's and yesterday's trains of each port. `tell` and `collect` may run in different threads."""

    def __init__(self, utc_offset_hours: Mapping[str, float]) -> None:
        """`utc_offset_hours`: standard time of the known ports; another port has UTC's days."""
        self._offsets = utc_offset_hours
        self._lock = threading.Lock()
        self._visits = Visits()
        self._forgotten_at = 0
        self._others: set[tuple[str, OperatingMode]] = set()

    def tell(self, value: object) -> None:
        """Take in a record of the coverage topic; others are ignored, as are ports beyond OTHERS_MAX."""
        with self._lock:
            if not isinstance(value, (CarCoverage, TrainCoverage)) or not self._has_room(value):
                return
            self._visits.see(value)
            if self._visits.newest_at >= self._forgotten_at + DAY:
                self._forgotten_at = self._visits.newest_at
                self._visits.forget(self._forgotten_at - KEPT)
                kept = {(visit.port_code, visit.operating_mode) for visit in self._visits.visits.values()}
                self._others &= kept

    def _has_room(self, value: CarCoverage | TrainCoverage) -> bool:
        place = value.port_code, value.operating_mode
        if value.port_code not in self._offsets and (place in self._others or len(self._others) < OTHERS_MAX):
            self._others.add(place)
        return value.port_code in self._offsets or place in self._others

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All families as of now."""
        yield from self.collect_at(time.time_ns() // 1000)

    def collect_at(self, now_at: int) -> Iterator[GaugeMetricFamily]:
        """All families as of a time in microseconds."""
        families = {name: GaugeMetricFamily(name, text, labels=labels) for name, labels, text in FAMILIES}
        with self._lock:
            days = days_of(self._visits.current(), self._offsets)
            told: dict[tuple[str, OperatingMode], int] = {}
            for visit in self._visits.visits.values():
                place = visit.port_code, visit.operating_mode
                told[place] = max(told.get(place, 0), visit.told_at)
        for (port, mode), told_at in sorted(told.items()):
            families["border_rail_told_timestamp_seconds"].add_metric([port, mode], told_at / 1e6)
            today = local_day(now_at, self._offsets.get(port, 0.0))
            for ago, day in enumerate(DAYS):
                # Zeros for a day without trains: an alert must tell that from an exporter that is away.
                counts = days.get(DayKey(port, mode, today - ago), DayCounts())
                add_day(families, [port, mode, day], counts)
        yield from families.values()


def add_day(families: dict[str, GaugeMetricFamily], labels: list[str], counts: DayCounts) -> None:
    """The gauges of a port's day."""
    ratio = counts.scanned_well_ratio
    if ratio is not None:
        families["border_rail_scanned_well_ratio"].add_metric(labels, ratio)
    families["border_rail_cars"].add_metric([*labels, "all"], counts.cars)
    for name in ("seen", "scanned_well", "cleared", "open", "missing", "added"):
        families["border_rail_cars"].add_metric([*labels, name], getattr(counts, f"cars_{name}"))
    families["border_rail_trains"].add_metric([*labels, "all"], counts.trains)
    for name in ("covered", "not_coverable", "released_uncovered"):
        families["border_rail_trains"].add_metric([*labels, name], getattr(counts, f"trains_{name}"))
