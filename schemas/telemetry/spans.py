"""Spans of traces, told to an OpenTelemetry collector by OTLP over HTTP, behind the extra `otel`.

    a step is done ─► add ─► bounded queue ─► a batch each second, from a thread of its own ─► collector

Ids are those of the headers (`schemas/trace_context.py`). Whoever adds a span waits for nothing: what the queue has no
room for, and what the collector does not take, is dropped and counted. Attributes are places and ids
of our own making, so never a plate.
"""

import importlib.util
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter

from schemas.telemetry import DISTRIBUTION
from schemas.telemetry.json_log import open_log
from schemas.trace_context import is_sampled, span_id_of, trace_id_of

# All that the busiest border makes in some seconds, and a few megabytes.
QUEUE_MAX: Final = 4_096
# Spans a second at most. Encoding one takes tens of microseconds of the process that folds: a worker with a backlog
# must not tell of all of it, and a border of 600 readings/s makes some 200.
BATCH_MAX: Final = 512
EVERY_SECONDS: Final = 1.0
TELL_SECONDS: Final = 60.0

# Attributes, as OpenTelemetry's conventions for messaging name them.
TOPIC: Final = "messaging.destination.name"
PARTITION: Final = "messaging.destination.partition.id"
OFFSET: Final = "messaging.kafka.offset"

PATH: Final = "/v1/traces"
MICROSECOND: Final = 1_000


class Span(NamedTuple):
    """One step of a trace. Times are of this machine's clock, microseconds."""

    name: str
    context: bytes
    parent: bytes | None
    """The context that it continues; None: it begins the trace."""

    started_at: int
    ended_at: int
    attributes: Mapping[str, str | int]
    events: Sequence[tuple[str, int]] = ()


class SpanCounts:
    """What became of spans; every process that makes some has it, whether they are told or not."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = Counter(
            "border_spans",
            "Spans of sampled traces: taken by the collector, not taken, or dropped since too many came.",
            ("result",),
            registry=registry,
        )
        self.exported, self.failed, self.dropped = map(counter.labels, ("exported", "failed", "dropped"))


def is_available() -> bool:
    """Whether the extra is installed."""
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ModuleNotFoundError:
        return False


class SpanExport:
    """Tells spans of one process, which goes by the name `service`. Needs the extra."""

    def __init__(self, endpoint: str, service: str, counts: SpanCounts) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource

        # Its warnings are no lines of JSON; what they tell of is counted here, and told once a minute.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH)
        self._resource = Resource({"service.name": service, "service.namespace": DISTRIBUTION})
        self._counts, self._log = counts, open_log(process=service)
        self._told_at = -TELL_SECONDS
        self._queue: deque[Span] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def add(self, span: Span) -> None:
        """Have a span told, if its trace is sampled and there is room. From any thread."""
        if not is_sampled(span.context):
            return
        if len(self._queue) >= QUEUE_MAX:
            self._counts.dropped.inc()
        else:
            self._queue.append(span)

    def close(self, seconds: float) -> None:
        """Tell what is left, for so long at most."""
        self._stopping.set()
        self._thread.join(seconds)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            self._tell_batch()
        while self._queue:
            self._tell_batch()

    def _tell_batch(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
        if not batch:
            return
        try:
            result = self._exporter.export([readable(span, self._resource) for span in batch]).name
        except Exception as error:  # whatever its HTTP client meets: without this thread nothing would be told any more
            result = type(error).__name__
        if result == "SUCCESS":
            self._counts.exported.inc(len(batch))
            return
        self._counts.failed.inc(len(batch))
        if time.monotonic() - self._told_at >= TELL_SECONDS:
            self._told_at = time.monotonic()
            self._log.warning("spans_not_taken", spans=len(batch), result=result)


def open_spans(endpoint: str, service: str, counts: SpanCounts) -> SpanExport | None:
    """The export to a collector; None without one, and then nothing of OpenTelemetry is imported."""
    return SpanExport(endpoint, service, counts) if endpoint else None


def readable(span: Span, resource: Any) -> Any:
    """The SDK's form of a span."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanKind

    return ReadableSpan(
        name=span.name,
        context=span_context(span.context, is_remote=False),
        parent=None if span.parent is None else span_context(span.parent, is_remote=True),
        resource=resource,
        attributes=span.attributes,
        events=[Event(name, timestamp=at * MICROSECOND) for name, at in span.events],
        kind=SpanKind.PRODUCER if span.parent is None else SpanKind.CONSUMER,
        start_time=span.started_at * MICROSECOND,
        end_time=span.ended_at * MICROSECOND,
        instrumentation_scope=InstrumentationScope(DISTRIBUTION),
    )


def span_context(context: bytes, *, is_remote: bool) -> Any:
    """The SDK's form of a trace context."""
    from opentelemetry.trace import SpanContext, TraceFlags

    flags = TraceFlags(TraceFlags.SAMPLED if is_sampled(context) else TraceFlags.DEFAULT)
    return SpanContext(int(trace_id_of(context), 16), int(span_id_of(context), 16), is_remote, flags)
