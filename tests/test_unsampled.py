"""What is not sampled costs no span object, in any process that makes spans."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from producers.gateway.telemetry import GatewayTelemetry
from producers.spool.entries import Kept
from schemas.records import LightAnswer, LightAnswerReason
from schemas.telemetry import spans
from schemas.trace_context import context_of_reading, continued
from streams.core.light.board import Told
from streams.light.telemetry import LightTelemetry
from streams.runtime import events
from streams.runtime.metrics import Telemetry
from tests.collector import collecting
from tests.producers.formats.samples import NOW, SAMPLES, one_reading
from tests.runtime import test_metrics
from tests.schemas.sample_records import sample_records

TOLD = {"at_light_reading_id": "r1", "reason": LightAnswerReason.SELECTION, "asked_at": NOW, "answered_at": NOW}


def tell_of_delivery(endpoint: str, ratio: float) -> spans.SpanExport | None:
    reading = one_reading("openalpr", SAMPLES["openalpr"][0])
    telemetry = GatewayTelemetry([reading.device_id], otlp_endpoint=endpoint, sample_ratio=ratio)
    telemetry.kept([reading], NOW)
    telemetry.delivered("t", [Kept(1, "2301/01", "{}", reading.reading_id, b"", NOW)], NOW)
    return telemetry.spans


def tell_of_transaction(endpoint: str, ratio: float) -> spans.SpanExport | None:
    begun = context_of_reading("r1", ratio)
    steps = [(7, begun, continued(begun, b"1" * 16))]
    committed = test_metrics.SAMPLES[events.TransactionCommitted]
    assert isinstance(committed, events.TransactionCommitted)
    telemetry = Telemetry("lanes", 0, otlp_endpoint=endpoint)
    telemetry.emit(replace(committed, traces=[events.Traced(0, 1, 2, steps)]))
    return telemetry.spans


def tell_of_light(endpoint: str, ratio: float) -> spans.SpanExport | None:
    (answer,) = [one for one in sample_records(1, 1) if isinstance(one, LightAnswer)]
    answer = msgspec.structs.replace(answer, **TOLD)
    telemetry = LightTelemetry(endpoint, ratio)
    telemetry.told(Told(answer, is_new=True, is_repeat=False), 0.1)
    return telemetry.spans


@pytest.mark.parametrize(
    ("module", "tell", "made"),
    [
        ("producers.gateway.telemetry", tell_of_delivery, 2),
        ("streams.runtime.metrics", tell_of_transaction, 1),
        ("streams.light.telemetry", tell_of_light, 1),
    ],
)
def test_spans_are_made_of_sampled_traces_alone(
    module: str, tell: Callable[[str, float], spans.SpanExport | None], made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[spans.Span] = []

    def building(*parts: Any) -> spans.Span:
        built.append(spans.Span(*parts))
        return built[-1]

    monkeypatch.setattr(f"{module}.Span", building)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with collecting() as collector:
        for ratio, expected in ((0.0, 0), (1.0, made)):
            export = tell(collector.endpoint, ratio)
            assert export is not None
            export.close(10)
            assert len(built) == len(collector.spans) == expected
