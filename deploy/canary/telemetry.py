"""The canary's metrics and log lines: nothing else of it counts or logs. Ports and ids of readings, never a plate."""

import math
import time
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deploy.canary.partitions import Partitions
from producers.canary.book import Result, Verdict
from schemas.telemetry.json_log import open_log

SECONDS: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)
OUTAGES: Final = ("log", "delivery", "ports")


class CanaryTelemetry:
    """Metrics and log of one canary. May be called from any thread."""

    def __init__(self) -> None:
        self._log: Any = open_log(process="canary")
        self.registry = registry = CollectorRegistry()
        self._missed: set[str] = set()
        self._crossings = Counter(
            "border_canary_crossings", "Crossings by how they ended.", ("port", "result"), registry=registry
        )
        self._told_at = Gauge(
            "border_canary_told_timestamp_seconds",
            "When the newest crossing of a port came through from end to end.",
            ("port",),
            registry=registry,
        )
        self._seconds = Histogram(
            "border_canary_crossing_seconds",
            "From a crossing's readings being handed over to its selection being read.",
            buckets=SECONDS,
            registry=registry,
        )
        self._outages = Counter(
            "border_canary_outages", "Times that a part could not be used; it is tried again.", ("part",),
            registry=registry,
        )  # fmt: skip
        for part in OUTAGES:
            self._outages.labels(part)
        self._broker_up = Gauge("border_broker_up", "Whether the broker answers: 1 or 0.", registry=registry)
        self._under_replicated = Gauge(
            "border_under_replicated_partitions",
            "Partitions of the log with fewer replicas in sync than there are; NaN while the broker does not answer.",
            registry=registry,
        )
        self._offline = Gauge(
            "border_offline_partitions",
            "Partitions of the log that nobody leads: neither read nor written. NaN while the broker does not answer.",
            registry=registry,
        )
        self.partitions(None)
        self._registry_up = Gauge("border_registry_up", "Whether the registry answers: 1 or 0.", registry=registry)

    def ports(self, codes: list[str]) -> None:
        """The canary drives at these ports from now on."""
        for code in codes:
            for result in Result:
                self._crossings.labels(code, result.value)
        self._log.info("canary_ports", ports=codes)

    def ended(self, verdict: Verdict) -> None:
        """A crossing has ended."""
        code = verdict.vehicle.lane_id.partition("/")[0]
        self._crossings.labels(code, verdict.result.value).inc()
        says: dict[str, object] = {"port": code, "reading_id": verdict.vehicle.at_light_reading_id}
        if verdict.seconds is None:
            self._missed.add(code)
            self._log.warning("canary_missing", **says)
            return
        self._told_at.labels(code).set(time.time())
        self._seconds.observe(verdict.seconds)
        says["seconds"] = round(verdict.seconds, 3)
        if verdict.result is Result.LATE:
            self._log.warning("canary_late", **says)
        elif code in self._missed:
            self._log.info("canary_told_again", **says)
        self._missed.discard(code)

    def outage(self, part: str, why: str) -> None:
        """A part could not be used; one of OUTAGES."""
        self._outages.labels(part).inc()
        self._log.warning("canary_outage", part=part, why=why)

    def partitions(self, found: Partitions | None) -> None:
        """How the log's partitions stand; None: nobody says."""
        self._under_replicated.set(math.nan if found is None else found.under_replicated)
        self._offline.set(math.nan if found is None else found.offline)

    def answers(self, broker: bool, registry: bool) -> None:
        """Whether broker and registry answer."""
        self._broker_up.set(broker)
        self._registry_up.set(registry)
