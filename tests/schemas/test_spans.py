"""Spans at a real collector: with the headers' ids, and never in the way of whoever makes them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from deploy.local.processes import free_port
from schemas.telemetry.spans import QUEUE_MAX, Span, SpanCounts, SpanExport
from schemas.trace_context import context_of_reading, continued, span_id_of, step_of, trace_id_of
from tests.collector import Collector, collecting
from tests.support import eventually

ROOT = context_of_reading("r1")
STEP = continued(ROOT, step_of("lanes", "r1"))
BEGUN = Span("gateway", ROOT, None, 1_000_000, 2_000_000, {"messaging.destination.name": "t"})
NEXT = Span("lanes", STEP, ROOT, 1_500_000, 3_000_000, {"messaging.kafka.offset": 7}, [("folded", 2_500_000)])


class Told:
    """Spans on their way to an address, and what was counted of them."""

    def __init__(self, endpoint: str) -> None:
        self._registry = CollectorRegistry()
        self.export = SpanExport(endpoint, "border-test", SpanCounts(self._registry))

    def count(self, result: str) -> float:
        found = self._registry.get_sample_value("border_spans_total", {"result": result})
        assert found is not None
        return found


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with collecting() as running:
        yield running


def test_spans_arrive_with_the_ids_times_and_parents_that_they_were_given(collector: Collector) -> None:
    told = Told(collector.endpoint + "/")
    told.export.add(BEGUN)
    told.export.add(NEXT)
    told.export.close(10)
    (service, first), (_, second) = collector.spans
    assert service == "border-test"
    assert first.trace_id.hex() == second.trace_id.hex() == trace_id_of(ROOT)
    assert (first.span_id.hex(), first.parent_span_id) == (span_id_of(ROOT), b"")
    assert (second.span_id.hex(), second.parent_span_id.hex()) == (span_id_of(STEP), span_id_of(ROOT))
    assert (second.name, second.start_time_unix_nano, second.end_time_unix_nano) == (
        "lanes",
        1_500_000_000,
        3_000_000_000,
    )
    assert [(event.name, event.time_unix_nano) for event in second.events] == [("folded", 2_500_000_000)]
    assert [(one.key, one.value.int_value) for one in second.attributes] == [("messaging.kafka.offset", 7)]
    assert told.count("exported") == 2


def test_of_a_trace_that_is_not_sampled_nothing_is_told(collector: Collector) -> None:
    told = Told(collector.endpoint)
    told.export.add(BEGUN._replace(context=context_of_reading("r1", sample_ratio=0.0)))
    told.export.close(10)
    assert collector.bodies == [] and told.count("exported") == told.count("dropped") == 0


def test_a_collector_that_is_away_costs_a_count_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(f"http://127.0.0.1:{free_port()}")
    told.export.add(BEGUN)
    eventually(lambda: told.count("failed") == 1, 30, "the span given up")
    told.export.add(NEXT)
    eventually(lambda: told.count("failed") == 2, 30, "the next one given up")
    told.export.close(10)
    (line,) = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert (line["event"], line["process"], line["spans"]) == ("spans_not_taken", "border-test", 1)


def test_a_collector_that_refuses_is_told_again_when_it_does_not(collector: Collector) -> None:
    collector.status = 400
    told = Told(collector.endpoint)
    told.export.add(BEGUN)
    eventually(lambda: told.count("failed") == 1, 30, "the refusal")
    collector.status = 200
    told.export.add(NEXT)
    eventually(lambda: told.count("exported") == 1, 30, "the next one taken")
    told.export.close(10)
    assert [span.name for _, span in collector.spans] == ["lanes"]


def test_a_collector_that_does_not_answer_holds_up_nobody(collector: Collector) -> None:
    collector.hold.clear()
    told, before = Told(collector.endpoint), time.monotonic()
    for _ in range(3 * QUEUE_MAX):
        told.export.add(BEGUN)
    # less than the collector is silent for, and far more than so many calls take on a machine that is busy
    assert time.monotonic() - before < 5
    # a batch at most is on its way; all but it and the queue are dropped
    assert 2 * QUEUE_MAX - 512 <= told.count("dropped") <= 2 * QUEUE_MAX
    before = time.monotonic()
    told.export.close(0.5)
    assert time.monotonic() - before < 10
    assert told.count("exported") == 0


def python(program: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_without_a_collector_nothing_of_opentelemetry_is_imported() -> None:
    program = """
import sys
import deploy.commands.gateway, deploy.commands.light
from producers.gateway.telemetry import GatewayTelemetry
from streams.light.telemetry import LightTelemetry
from streams.runtime.metrics import Telemetry
assert Telemetry("lanes", 0).spans is LightTelemetry().spans is GatewayTelemetry([]).spans is None
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    done = python(program, PYTHONPATH=":".join(sys.path))
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("command", [["stage", "lanes"], ["light"], ["gateway", "--config", "none.toml"]])
def test_a_collector_without_the_extra_is_refused_with_what_to_do(command: list[str]) -> None:
    program = (
        "import sys; sys.modules['opentelemetry'] = None; from deploy.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    where = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
    endpoint = "http://collector.example:4318"
    done = python(program, *command, *where, PYTHONPATH=":".join(sys.path), BORDER_OTLP_ENDPOINT=endpoint)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert f"spans are to go to '{endpoint}'" in said and "pip install 'border-telemetry[otel]'" in said
