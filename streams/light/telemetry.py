"""The light server's metrics and log lines: nothing else of it counts or logs. Never a plate, for none comes here."""

import time
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.records import LightAnswer, LightAnswerReason
from schemas.telemetry.json_log import open_log
from schemas.telemetry.spans import Span, SpanCounts, SpanExport, open_spans
from schemas.telemetry.tracing import trace_exemplar, traced
from schemas.trace_context import context_of_reading, continued, is_sampled, step_of, trace_id_of_reading
from streams.core.light.board import Told
from streams.core.light.questions import FALLBACK_REASONS

SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0)
# Why a question is not answered: what it asks for, who asks, how it is written, and a bug.
REFUSALS: Final = (
    *("unknown_lane", "unknown_mode", "impossible_number", "impossible_reading", "impossible_controller", "too_many"),
    *("foreign", "too_long", "malformed", "failed"),
)


class LightTelemetry:
    """Metrics and log of one light server. Cheap, and may be called from any thread."""

    def __init__(self, otlp_endpoint: str = "", sample_ratio: float = 1.0) -> None:
        self._log: Any = open_log(process="light")
        self.registry = registry = CollectorRegistry()
        self.spans = open_spans(otlp_endpoint, "border-light", SpanCounts(registry))
        self._sample_ratio = sample_ratio
        self._heard_at = time.monotonic()
        self._answers = Counter(
            "border_light_answers",
            "Vehicles answered, by port and what the light rests on.",
            ("port", "kind"),
            registry=registry,
        )
        self._ports: set[str] = set()
        self._repeats = Counter("border_light_repeats", "Questions asked again and answered alike.", registry=registry)
        self._refusals = Counter("border_light_refusals", "Questions not answered.", ("reason",), registry=registry)
        self._seconds = Histogram(
            "border_light_answer_seconds",
            "From a question to its answer, the wait for a selection included.",
            ("kind",),
            buckets=SECONDS,
            registry=registry,
        )
        self._connections = Gauge(
            "border_light_connections", "Open connections of the line protocol.", registry=registry
        )
        self._undelivered = Gauge(
            "border_light_undelivered", "Answers told and not yet acknowledged by the broker.", registry=registry
        )
        self._failures = Counter(
            "border_light_delivery_failures", "Answers that the broker refused; they are sent again.", registry=registry
        )
        self._unkept = Counter(
            "border_light_unkept", "Answers told, and lanes, that could not be kept in the file.", registry=registry
        )
        self._outages = Counter(
            "border_light_outages", "Times that the log or the registry could not be read.", registry=registry
        )
        for each in KINDS:
            self._seconds.labels(each)
        for reason in REFUSALS:
            self._refusals.labels(reason)
        silence = Gauge(
            "border_light_silence_seconds",
            "Since the last selection or tick among the lanes' decisions; ticks wait for the slowest port.",
            registry=registry,
        )
        silence.set_function(lambda: time.monotonic() - self._heard_at)

    def listening(self, lines_port: int, http_port: int) -> None:
        """Controllers may ask."""
        self._log.info("light_listening", lines_port=lines_port, http_port=http_port)

    def descriptors(self, allowed: int, needed: int) -> None:
        """How many files and sockets this process may open; with too few, silent clients keep others out."""
        if allowed < needed:
            self._log.warning("light_few_descriptors", allowed=allowed, needed=needed)

    def knows(self, lane_id: str) -> None:
        """There is such a lane: its port has each kind from now on, or its first lot would be no increase."""
        port = port_of(lane_id)
        if port not in self._ports:
            self._ports.add(port)
            for each in KINDS:
                self._answers.labels(port, each)

    def told(self, told: Told, seconds: float) -> None:
        """A controller was answered after this long."""
        reason = told.record.reason
        kind = kind_of(reason)
        trace_id = trace_id_of_reading(told.record.at_light_reading_id)
        self._seconds.labels(kind).observe(seconds, trace_exemplar(trace_id))
        if told.is_repeat:
            self._repeats.inc()
            return
        record = told.record
        self.knows(record.lane_id)
        self._answers.labels(port_of(record.lane_id), kind).inc()
        if self.spans is not None:
            self._tell_span(record, self.spans)
        if kind == "fallback":
            why = LightAnswerReason(reason).lower()
            place = {"lane_id": record.lane_id, "mode": record.operating_mode}
            self._log.warning("light_fallback", **place, reason=why, **traced(trace_id))

    def _tell_span(self, answer: LightAnswer, spans: SpanExport) -> None:
        steps = steps_of(answer, self._sample_ratio)
        if steps is not None and is_sampled(steps[0]):
            begun, context = steps
            ids = {"border.lane_id": answer.lane_id, "border.answer_id": answer.answer_id}
            spans.add(Span("light", context, begun, answer.asked_at, answer.answered_at, ids))

    def refused(self, reason: str) -> None:
        """A question could not be answered; `reason` is one of REFUSALS."""
        self._refusals.labels(reason).inc()

    def connections(self, open_now: int) -> None:
        """How many connections of the line protocol are open."""
        self._connections.set(open_now)

    def stages_heard(self) -> None:
        """A selection or a tick has come: the stages work. Answers are no sign of it, for they are the server's own.

        Not ticks alone: they wait for the slowest lane, and one port that is silent holds up all.
        """
        self._heard_at = time.monotonic()

    def outage(self, what: str, error: BaseException) -> None:
        """The log or the registry could not be read, or answers not be written; it is tried again."""
        self._outages.inc()
        self._log.warning("light_outage", what=what, exception=type(error).__name__)

    def undelivered(self, count: int) -> None:
        """Answers that wait for the broker."""
        self._undelivered.set(count)

    def delivery_failed(self, error: str) -> None:
        """The broker refused an answer."""
        self._failures.inc()
        self._log.warning("light_delivery_failed", error=error)

    def unkept(self) -> None:
        """An answer was told that the file did not take."""
        self._unkept.inc()
        self._log.error("light_answer_not_kept")


def steps_of(answer: LightAnswer, sample_ratio: float) -> tuple[bytes, bytes] | None:
    """Contexts of the reading by which the vehicle came to the light and of its answer; None if that is not known."""
    if answer.at_light_reading_id is None:
        return None
    begun = context_of_reading(answer.at_light_reading_id, sample_ratio)
    return begun, continued(begun, step_of("light", answer.answer_id))


def port_of(lane_id: str) -> str:
    """A lane's port."""
    return lane_id.partition("/")[0]


def kind_of(reason: LightAnswerReason) -> str:
    """What a light rests on, as metrics say it."""
    return "fallback" if reason in FALLBACK_REASONS else reason.lower()


KINDS: Final = sorted({kind_of(reason) for reason in LightAnswerReason} - {kind_of(LightAnswerReason.UNKNOWN)})
