"""The gateway's metrics and log lines: nothing else of it counts or logs. Never a plate, and no text of a device's.

Labels are of closed sets: devices and lanes are those of the site's configuration.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from producers.formats.reading_format import Device, Reading, Reason
from producers.spool.entries import Kept
from schemas.telemetry.json_log import open_log
from schemas.telemetry.spans import TOPIC, Span, SpanCounts, open_spans
from schemas.telemetry.tracing import trace_exemplar
from schemas.trace_context import context_of_reading, continued, is_sampled, step_of, trace_id_of_reading

MICROSECONDS: Final = 1e6
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
# Why somebody is none of a site's devices.
STRANGERS: Final = (Reason.UNKNOWN_DEVICE, Reason.UNAUTHORISED)


class GatewayTelemetry:
    """Metrics and log of one gateway. Cheap, and may be called from any thread. `devices` are their ids."""

    def __init__(
        self, devices: Iterable[str], queues: Iterable[str] = (), otlp_endpoint: str = "", sample_ratio: float = 1.0
    ) -> None:
        self._log = open_log(process="gateway")
        self.registry = CollectorRegistry()
        self.sample_ratio = sample_ratio
        self.spans = open_spans(otlp_endpoint, "border-gateway", SpanCounts(self.registry))
        self._blind_now: set[str] = set()
        self._was_full = False
        self._outage_at: dict[str, float] = {}
        self._count_inputs()
        self._measure_delivery()
        self._gauge_devices()
        for device in devices:
            self._accepted.labels(device)
            self._flagged.labels(device)
            self._blind.labels(device)
        for queue in queues:
            self._kept.labels(queue)
            self._delivery_seconds.labels(queue)
        for reason in STRANGERS:  # from the start, or the first would be no increase
            self._strangers.labels(reason)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"border_gateway_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"border_gateway_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"border_gateway_{name}", text, labels, buckets=SECONDS, registry=self.registry)

    def _count_inputs(self) -> None:
        self._accepted = self._counter("readings", "Readings on disk.", "device")
        self._rejected = self._counter(
            "rejections", "Inputs that are no reading; a reading of another lane is one.", "device", "reason"
        )
        self._strangers = self._counter("strangers", "Inputs of no device of ours, or with a wrong key.", "reason")
        self._full = self._counter("full", "Inputs refused for want of room; the device has to send again.")
        self._connections = self._gauge("line_connections", "Open connections of lines.")

    def _measure_delivery(self) -> None:
        self._commit_seconds = self._histogram("commit_seconds", "Writing readings to the disk, sync included.")
        self._delivery_seconds = self._histogram(
            "delivery_seconds", "From a reading's arrival to Kafka's acknowledgement.", "topic"
        )
        self._returned = self._counter("deliveries_returned", "Readings that Kafka did not take; they are sent again.")
        self._splits = self._counter("backlog_readings", "Readings that grew too old for their lane's topic.")
        self._kept = self._gauge("kept", "Readings on disk that Kafka does not have.", "queue")
        self._oldest = self._gauge("oldest_seconds", "Age of the oldest of them; 0 of none.", "queue")
        self._spool_bytes = self._gauge("spool_bytes", "Bytes that the spool takes.")
        self._damaged = self._gauge("damaged", "Readings that changed on disk; they are kept apart for a person.")
        self._spool_full = self._gauge("spool_full", "1 while nothing is accepted for want of room.")

    def _gauge_devices(self) -> None:
        self._info = self._gauge(
            "device_info", "1: a device's lane or track, of a mobile unit none, and role.", "device", "lane", "sensor"
        )
        self._ahead = self._gauge("clock_ahead_seconds", "How far a device's clock is ahead of ours.", "device")
        self._clock_wrong = self._gauge("clock_wrong", "1 while it is further off than the site allows.", "device")
        self._flagged = self._counter(
            "flagged_readings", "Readings taken while the device's clock was wrong.", "device"
        )
        self._silence = self._gauge(
            "silence_seconds", "Since a device was last heard; since the start if never.", "device"
        )
        self._usual = self._gauge("usual_rate", "Readings a second of a device, over about a day.", "device")
        self._recent = self._gauge("recent_rate", "The same over about ten minutes.", "device")
        self._blind = self._gauge("blind", "1 while traffic passes that a device should see and does not.", "device")

    def knows(self, device: Device) -> None:
        """A device stands in the site's file."""
        self._info.labels(device.device_id, device.lane_id or device.track_id or "", device.sensor).set(1)

    def listening(self, ports: list[int]) -> None:
        """Devices may come."""
        self._log.info("gateway_listening", ports=ports)

    def accepted(self, device_id: str, readings: int, are_flagged: bool) -> None:
        """Readings of a device are on disk."""
        self._accepted.labels(device_id).inc(readings)
        if are_flagged:
            self._flagged.labels(device_id).inc(readings)

    def rejected(self, device_id: str, reason: Reason) -> None:
        """Something of a device is no reading."""
        self._rejected.labels(device_id, reason).inc()

    def stranger(self, reason: Reason) -> None:
        """Somebody came who is no device of ours; one of STRANGERS."""
        self._strangers.labels(reason).inc()

    def full(self) -> None:
        """A device's input could not be kept."""
        self._full.inc()

    def committed(self, _readings: int, seconds: float) -> None:
        """A transaction of the spool."""
        self._commit_seconds.observe(seconds)

    def kept(self, readings: Sequence[Reading], at: int) -> None:
        """Readings are on disk, at this time of ours. A span does not tell a reading's id: it holds a device's text."""
        if self.spans is None:
            return
        for one in readings:
            begun = context_of_reading(one.reading_id, self.sample_ratio)
            if is_sampled(begun):
                context = continued(begun, step_of("keep", one.reading_id))
                self.spans.add(Span("keep", context, begun, one.received_at, at, {}))

    def delivered(self, topic: str, readings: Sequence[Kept], at: int) -> None:
        """Kafka has readings, at this time of ours. One of them is the exemplar: the first has waited longest."""
        histogram, exemplar = (
            self._delivery_seconds.labels(topic),
            trace_exemplar(trace_id_of_reading(readings[0].reading_id)),
        )
        for one in readings:
            histogram.observe((at - one.accepted_at) / MICROSECONDS, exemplar)
            exemplar = None
        if self.spans is None:
            return
        for one in readings:
            context = context_of_reading(one.reading_id, self.sample_ratio)
            if is_sampled(context):
                self.spans.add(Span("gateway", context, None, one.accepted_at, at, {TOPIC: topic}))

    def returned(self, count: int, error: str) -> None:
        """Kafka did not take these readings."""
        self._returned.inc(count)
        self.outage("kafka", error)

    def split(self, readings: int) -> None:
        """So many readings are too old for their lane's topic."""
        self._splits.inc(readings)
        self.outage("backlog", "readings too old for their lane's topic go to the backlog's")

    def outage(self, what: str, error: str) -> None:
        """Something does not go as it should, and is tried again. Told once a minute of each."""
        now = time.monotonic()
        if now - self._outage_at.get(what, -60.0) >= 60.0:
            self._outage_at[what] = now
            self._log.warning("gateway_outage", what=what, error=error)

    def spool(
        self, used_bytes: int, is_full: bool, damaged: int, kept: dict[str, int], oldest_seconds: dict[str, float]
    ) -> None:
        """How the spool stands."""
        self._spool_bytes.set(used_bytes)
        self._spool_full.set(is_full)
        self._damaged.set(damaged)
        if damaged:
            self.outage("disk", f"{damaged} readings have changed on disk; they are in the spool's table `damaged`")
        for queue, readings in kept.items():
            self._kept.labels(queue).set(readings)
            self._oldest.labels(queue).set(oldest_seconds[queue])
        if is_full != self._was_full:
            self._was_full = is_full
            (self._log.error if is_full else self._log.info)("gateway_spool_full", is_full=is_full)

    def device(
        self, device_id: str, ahead_seconds: float, is_wrong: bool, silence: float, usual: float, recent: float
    ) -> None:
        """How one device stands."""
        self._ahead.labels(device_id).set(ahead_seconds)
        self._clock_wrong.labels(device_id).set(is_wrong)
        self._silence.labels(device_id).set(silence)
        self._usual.labels(device_id).set(usual)
        self._recent.labels(device_id).set(recent)

    def blind(self, device_ids: Iterable[str]) -> None:
        """Which devices are blind now."""
        now = set(device_ids)
        for device_id in now ^ self._blind_now:
            self._blind.labels(device_id).set(device_id in now)
            self._log.warning("gateway_device_blind", device=device_id, is_blind=device_id in now)
        self._blind_now = now

    def line_connections(self, open_now: int) -> None:
        """How many connections of lines are open."""
        self._connections.set(open_now)

    def stopped(self, kept: int) -> None:
        """The gateway has ended in order; so many readings are on disk for the next one."""
        self._log.info("gateway_stopped", kept=kept)
