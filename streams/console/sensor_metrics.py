"""Turns the lanes' alerts of blind sensors into a Prometheus gauge by port and role; nothing else does.

    border_lane_sensors_blind{port="2301",role="FRONT_CAMERA",mode="OPERATIONAL"} 2

A worker's own count would be gone with it and name no port; the alerts stay, and of each incident the newest tells
whether it goes on. Nothing is told until all there was has been read: of an incident that is long over the beginning
comes first. Labels are from closed sets: known ports, roles of sensors, operating modes.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from schemas.records import Alert, AlertKind, OperatingMode, SensorRole, Severity
from streams.core.lanes.blind import ROLES_JUDGED, sensor_of

LABELS: Final = ("port", "role", "mode")
Place = tuple[str, SensorRole, OperatingMode]


class SensorMetrics(Collector):
    """Sensors that are blind now. `tell` and `collect` may run in different threads."""

    def __init__(self, ports: Collection[str]) -> None:
        """`ports`: known codes; a sensor of another port is in no gauge until its code is among them."""
        self._ports = ports
        self._lock = threading.Lock()
        self._blind: dict[str, Place] = {}
        self._is_whole = False

    def tell(self, value: object) -> None:
        """Take in an alert; what is none of a blind sensor is ignored."""
        if not isinstance(value, Alert) or value.kind is not AlertKind.SENSOR_BLIND:
            return
        role = sensor_of(value.incident_id)
        if role is None:
            return
        with self._lock:
            if value.severity is Severity.MINOR:
                self._blind.pop(value.incident_id, None)
            else:
                self._blind[value.incident_id] = value.port_code, role, value.operating_mode

    def all_read(self) -> None:
        """All alerts there were have been told: what is blind by them is blind now."""
        self._is_whole = True

    def has_unknown(self) -> bool:
        """Whether a sensor is blind at a port that is not among the known ones."""
        with self._lock:
            return any(port not in self._ports for port, _, _ in self._blind.values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauge as of now, empty until all was read."""
        family = GaugeMetricFamily(
            "border_lane_sensors_blind",
            "Lanes' sensors past which vehicles go unseen that others see, by the alerts SENSOR_BLIND.",
            labels=LABELS,
        )
        for place, count in sorted(self._counts().items()):
            family.add_metric(place, count)
        yield family

    def _counts(self) -> Counter[Place]:
        """Of service each role of each port has a number, so that 0 can be told from nothing."""
        counts: Counter[Place] = Counter()
        if not self._is_whole:
            return counts
        for port in tuple(self._ports):
            counts.update({(port, role, OperatingMode.OPERATIONAL): 0 for role in ROLES_JUDGED})
        with self._lock:
            counts.update([place for place in self._blind.values() if place[0] in self._ports])
        return counts
