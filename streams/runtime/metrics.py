"""Turns the runtime's events into Prometheus metrics and JSON log lines; nothing else here logs or counts.

Everything is counted per batch or per transaction, never per record: `.labels().inc()` costs 1.2 µs, a tenth of what a
record may cost in all.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.telemetry.health import Pulse
from schemas.telemetry.json_log import open_log
from schemas.telemetry.spans import OFFSET, PARTITION, TOPIC, Span, SpanCounts, SpanExport, open_spans
from schemas.telemetry.tracing import trace_exemplar, traced
from schemas.trace_context import is_sampled, trace_id_of
from streams.runtime import events
from streams.runtime.dead_letters import REASONS

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RECOVERY_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
RECORDS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000)

# Of rejections, and of alerts: neither a sensor gone mad nor a long list may fill the disk. The topics have them all.
LOGGED_PER_SECOND: Final = 10

MICROSECONDS: Final = 1e6

# Reason of a dead letter that is in no list, so that nobody who writes records can make series.
OTHER: Final = "other"
LATE: Final = "late"
# What stages count of late records that they folded all the same.
LATE_EVENTS: Final = frozenset({"late_readings", "late_crossings"})

# Ports times operating modes whose newest reading is told. Only accepted readings count, so ports are known ones;
# the border's 28 in all modes are 140.
PLACES_MAX: Final = 512


class LinesPerSecond:
    """Lets LOGGED_PER_SECOND lines of a kind through."""

    def __init__(self) -> None:
        self._second = self._logged = 0

    def has_room(self) -> bool:
        """Whether another line may be logged now; counts it."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._logged = second, 0
        self._logged += 1
        return self._logged <= LOGGED_PER_SECOND


class Telemetry:
    """The metrics and the log of one worker. `emit` is cheap and may be called from any thread.

    `counted`: the events that the stage itself counts, there from the start, or the first would be no increase.
    """

    def __init__(self, stage: str, instance: int, counted: Iterable[str] = (), otlp_endpoint: str = "") -> None:
        self.registry = CollectorRegistry()
        self.spans = open_spans(otlp_endpoint, f"border-{stage}", SpanCounts(self.registry))
        self.log = open_log(stage=stage, instance=instance)
        self._stage = stage
        self._rejections, self._alerts = LinesPerSecond(), LinesPerSecond()
        self._newest_event_at = 0
        self._watermarks: dict[int, dict[int, int]] = defaultdict(dict)
        self._readings_at: dict[tuple[str, str], int] = {}
        self._count(counted)
        self._measure()
        self._gauge_state()
        self._handlers: dict[type, Callable[[Any], None]] = {
            events.WorkerStarted: lambda e: self.log.info("worker_started", metrics_port=e.metrics_port),
            events.Assigned: self._on_assigned,
            events.GroupOpened: self._on_group_opened,
            events.GroupClosed: self._on_group_closed,
            events.BatchFolded: self._on_batch_folded,
            events.TransactionCommitted: self._on_transaction_committed,
            events.RecordRejected: self._on_record_rejected,
            events.AlertWritten: self._on_alert_written,
            events.RegistryUnreachable: self._on_registry_unreachable,
            events.BrokerUnreachable: lambda e: self.log.warning("broker_unreachable", broker=e.broker),
            events.LagMeasured: self._on_lag_measured,
            events.GaveUp: lambda e: self.log.error("gave_up", reason=e.reason),
            events.Refused: lambda e: self.log.error("refused", reason=e.reason),
        }

    def emit(self, event: events.Event) -> None:
        """Count and, if it is worth a line, log. Raises KeyError for an event type that nobody handles."""
        self._handlers[type(event)](event)

    def watch(self, pulse: Pulse) -> None:
        """Tell how long the main loop has been silent."""
        silence = self._gauge("border_loop_silence_seconds", "Since the worker's main loop last came round.")
        silence.labels(self._stage).set_function(lambda: pulse.silence_seconds)

    def _counter(self, name: str, text: str, *labels: str) -> Any:
        counter = Counter(name, text, ("stage", *labels), registry=self.registry)
        return counter if labels else counter.labels(self._stage)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Any:
        return Histogram(name, text, ("stage",), buckets=buckets, registry=self.registry).labels(self._stage)

    def _gauge(self, name: str, text: str, *labels: str) -> Any:
        return Gauge(name, text, ("stage", *labels), registry=self.registry)

    def _count(self, counted: Iterable[str]) -> None:
        self.records = self._counter("border_records", "Input records folded and committed.", "topic")
        self.outputs = self._counter("border_outputs", "Records produced, committed.", "topic")
        self.dead_letters = self._counter("border_dead_letters", "Records that could not be processed.", "reason")
        late = self._counter(
            "border_late_readings",
            "Readings and crossings that came late: folded all the same, or dead letters.",
            "taken",
        )
        self.late_taken, self.late_refused = late.labels(self._stage, "yes"), late.labels(self._stage, "no")
        self.stage_events = self._counter("border_stage_events", "Events that the stage itself counts.", "event")
        self.rebalances = self._counter("border_rebalances", "Rebalances that this worker took part in.")
        self.registry_waits = self._counter("border_registry_waits", "Questions that the registry did not answer.")
        self.changelog_records = self._counter(
            "border_changelog_records", "States and positions written into the changelog."
        )
        self.changelog_bytes = self._counter(
            "border_changelog_bytes", "Bytes of keys and values written into the changelog."
        )
        for reason in sorted({*REASONS, OTHER}):
            self.dead_letters.labels(self._stage, reason)
        for event in sorted(counted):
            self.stage_events.labels(self._stage, event)

    def _measure(self) -> None:
        self.batch_records = self._histogram(
            "border_batch_records", "Records of one partition folded at once.", RECORDS
        )
        self.transaction_records = self._histogram(
            "border_transaction_records", "Input records per transaction.", RECORDS
        )
        self.fold_seconds = self._histogram("border_fold_seconds", "Decoding and folding of one batch.", SECONDS)
        self.commit_seconds = self._histogram("border_commit_seconds", "Writing and committing a transaction.", SECONDS)
        self.latency_seconds = self._histogram(
            "border_stage_latency_seconds", "Append of a transaction's oldest input record to its commit.", SECONDS
        )
        self.recovery_seconds = self._histogram(
            "border_recovery_seconds", "Claiming a group and reading its state back.", RECOVERY_SECONDS
        )

    def _gauge_state(self) -> None:
        self.state_keys = self._gauge("border_state_keys", "Keys of state held.", "group")
        self.state_bytes = self._gauge("border_state_bytes", "Bytes of encoded keys and states held.", "group")
        self.lag_records = self._gauge("border_lag_records", "Input records not committed yet.", "partition")
        self.lag_seconds = self._gauge(
            "border_lag_seconds",
            "Age of the oldest uncommitted input record; while the broker is silent, how long it has been.",
            "partition",
        )
        self.newest_event = self._gauge(
            "border_newest_event_timestamp_seconds", "Event time of the newest record committed since the start."
        )
        self.watermark = self._gauge(
            "border_watermark_timestamp_seconds", "Watermark of the slowest of the worker's partitions that have one."
        )
        self.newest_reading = self._gauge(
            "border_port_newest_reading_timestamp_seconds",
            "When a port's newest reading was received, heartbeats too.",
            "port",
            "mode",
        )

    def _on_assigned(self, event: events.Assigned) -> None:
        self.rebalances.inc()
        self.lag_records.clear()
        self.lag_seconds.clear()
        self.log.info("assigned", partitions=event.partitions)

    def _on_group_opened(self, event: events.GroupOpened) -> None:
        self.recovery_seconds.observe(event.claim_seconds + event.recovery_seconds)
        self.records.labels(self._stage, event.topic)  # its first records are an increase, or the stage seems to stall
        self._set_state(event.group, event.keys, event.state_bytes)
        self._set_watermarks(event.group, event.watermarks)
        self.log.info(
            "group_opened",
            group=event.group,
            positions=event.positions,
            keys=event.keys,
            claim_seconds=round(event.claim_seconds, 3),
            recovery_seconds=round(event.recovery_seconds, 3),
        )

    def _on_group_closed(self, event: events.GroupClosed) -> None:
        self.state_keys.remove(self._stage, str(event.group))
        self.state_bytes.remove(self._stage, str(event.group))
        self._watermarks.pop(event.group, None)
        self.watermark.clear()  # with the last of its groups a worker's time ends too
        self._show_watermark()
        self.log.info("group_closed", group=event.group)

    def _set_state(self, group: int, keys: int, state_bytes: int) -> None:
        self.state_keys.labels(self._stage, str(group)).set(keys)
        self.state_bytes.labels(self._stage, str(group)).set(state_bytes)

    def _set_watermarks(self, group: int, watermarks: dict[int, int]) -> None:
        self._watermarks[group].update(watermarks)
        self._show_watermark()

    def _show_watermark(self) -> None:
        known = [at for watermarks in self._watermarks.values() for at in watermarks.values() if at]
        if known:
            self.watermark.labels(self._stage).set(min(known) / MICROSECONDS)

    def _on_batch_folded(self, event: events.BatchFolded) -> None:
        self.batch_records.observe(event.records)
        self.fold_seconds.observe(event.seconds)
        for name, count in event.counters.items():
            self.stage_events.labels(self._stage, name).inc(count)
            if name in LATE_EVENTS:
                self.late_taken.inc(count)

    def _on_transaction_committed(self, event: events.TransactionCommitted) -> None:
        self.records.labels(self._stage, event.topic).inc(event.records)
        self.transaction_records.observe(event.records)
        for topic, count in event.outputs.items():
            self.outputs.labels(self._stage, topic).inc(count)
        for reason, count in event.dead_letters.items():
            self.dead_letters.labels(self._stage, reason if reason in REASONS else OTHER).inc(count)
            if reason == LATE:
                self.late_refused.inc(count)
        self.changelog_records.inc(event.changelog_records)
        self.changelog_bytes.inc(event.changelog_bytes)
        self.commit_seconds.observe(event.commit_seconds)
        trace_id = trace_id_of(event.traces[0].steps[0][1]) if event.traces else None
        self.latency_seconds.observe(event.latency_seconds, trace_exemplar(trace_id))
        self._set_state(event.group, event.keys, event.state_bytes)
        self._set_watermarks(event.group, event.watermarks)
        self._on_times(event)
        if self.spans is not None:
            self._tell_spans(event, self.spans)

    def _tell_spans(self, event: events.TransactionCommitted, spans: SpanExport) -> None:
        for partition, fetched_at, folded_at, steps in event.traces:
            folded = (("folded", folded_at),)
            for offset, parent, context in steps:
                if is_sampled(context):
                    place: dict[str, str | int] = {TOPIC: event.topic, PARTITION: str(partition), OFFSET: offset}
                    spans.add(Span(self._stage, context, parent, fetched_at, event.committed_at, place, folded))

    def _on_times(self, event: events.TransactionCommitted) -> None:
        if event.newest_event_at > self._newest_event_at:
            self._newest_event_at = event.newest_event_at
            self.newest_event.labels(self._stage).set(event.newest_event_at / MICROSECONDS)
        for place, at in event.readings_at.items():
            before = self._readings_at.get(place, 0)
            if at > before and (before or len(self._readings_at) < PLACES_MAX):
                self._readings_at[place] = at
                self.newest_reading.labels(self._stage, *place).set(at / MICROSECONDS)

    def _on_record_rejected(self, event: events.RecordRejected) -> None:
        if not self._rejections.has_room():
            return
        self.log.warning(
            "record_rejected",
            reason=event.reason,
            exception=event.exception,
            message=event.message,
            topic=event.topic,
            partition=event.partition,
            offset=event.offset,
            **traced(event.trace_id),
        )

    def _on_alert_written(self, event: events.AlertWritten) -> None:
        if self._alerts.has_room():
            told = {"ce_id": event.ce_id, "kind": event.kind, "port": event.port}
            self.log.info("alert_written", **told, **traced(event.trace_id))

    def _on_registry_unreachable(self, event: events.RegistryUnreachable) -> None:
        self.registry_waits.inc()
        self.log.warning("registry_unreachable", schema_id=event.schema_id, retry_seconds=event.retry_seconds)

    def _on_lag_measured(self, event: events.LagMeasured) -> None:
        self.lag_records.labels(self._stage, str(event.partition)).set(event.records)
        self.lag_seconds.labels(self._stage, str(event.partition)).set(event.seconds)
