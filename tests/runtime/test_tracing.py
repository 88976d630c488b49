"""One trace id from a device's reading to the alert, the light's answer, the line about the alert, and the spans."""

from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from deploy.chaos.log import read_log
from schemas.records import Alert, LaneEvent, LightAnswer, Passage, PassageState, Selection
from schemas.topics import ALERTS, LANE_DECISIONS, LANE_READINGS, PASSAGES
from schemas.trace_context import context_of_reading, span_id_of, trace_id_of
from tests.collector import Collector, collecting
from tests.core.lanes.builders import STOP_LINE
from tests.runtime.traced_lane import PLATE, READY_SECONDS, TracedLane, traced_lane
from tests.support import eventually

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.endpoint)
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield running


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[TracedLane]:
    with traced_lane(tmp_path_factory.mktemp("traced")) as running:
        yield running


@pytest.fixture(scope="module")
def at_light(lane: TracedLane) -> str:
    """The id of the reading by which a car of the watchlist has come to the light."""
    return lane.drive()[STOP_LINE]


def test_one_trace_id_leads_from_the_reading_to_the_alert_and_to_its_line_in_the_log(
    lane: TracedLane, at_light: str
) -> None:
    _, first = lane.found(LANE_READINGS, LaneEvent, lambda reading: reading.reading_id == at_light)
    assert first == context_of_reading(at_light)
    trace_id = trace_id_of(first)

    written = [
        lane.found(PASSAGES, Passage, lambda passage: passage.state is PassageState.AT_LIGHT),
        lane.found(LANE_DECISIONS, Selection),
        lane.found(ALERTS, Alert),
    ]
    light = lane.ask_light(at_light)
    written.append(lane.found(LANE_DECISIONS, LightAnswer))
    contexts = [context for _, context in written if context is not None]
    assert [trace_id_of(context) for context in contexts] == [trace_id] * 4
    assert len({first, *contexts}) == 4  # a step each; selection and alert are of the same
    assert written[1][0].light == light

    alert = written[2][0]
    (ce_id,) = [row.headers["ce_id"].decode() for row in read_log(lane.broker, ALERTS)]
    (line,) = eventually(
        lambda: [one for one in lane.logged("vehicles-0", "alert_written") if one["ce_id"] == ce_id],
        READY_SECONDS,
        "the line about the alert",
    )
    told = {"kind": alert.kind, "port": "2301", "trace_id": trace_id, "stage": "vehicles", "instance": 0}
    assert line | told == line
    assert set(line) == {*told, "ce_id", "event", "level", "timestamp"}


def test_the_collector_has_the_whole_chain_with_the_ids_of_the_headers(
    lane: TracedLane, at_light: str, collector: Collector
) -> None:
    _, of_passage = lane.found(PASSAGES, Passage, lambda passage: passage.state is PassageState.AT_LIGHT)
    _, of_alert = lane.found(ALERTS, Alert)
    lane.ask_light(at_light)
    begun = context_of_reading(at_light)

    def spans() -> dict[tuple[str, str], Span]:
        ours = [one for one in collector.spans if one[1].trace_id.hex() == trace_id_of(begun)]
        found = {(service, span.name): span for service, span in ours}
        return found if len(found) == 5 else {}

    found = eventually(spans, READY_SECONDS, "the spans of gateway, stages and light")
    reading, kept = found["border-gateway", "gateway"], found["border-gateway", "keep"]
    passage, alert = found["border-lanes", "lanes"], found["border-vehicles", "vehicles"]
    light = found["border-light", "light"]
    assert of_passage is not None and of_alert is not None
    ids = [span_id_of(context) for context in (begun, of_passage, of_alert)]
    assert [one.span_id.hex() for one in (reading, passage, alert)] == ids
    assert [one.parent_span_id.hex() for one in (reading, passage, alert, kept, light)] == [
        "",
        *ids[:2],
        ids[0],
        ids[0],
    ]
    for span in found.values():
        assert span.start_time_unix_nano <= span.end_time_unix_nano
    for span in (passage, alert):
        (folded,) = span.events
        assert folded.name == "folded"
        assert span.start_time_unix_nano <= folded.time_unix_nano <= span.end_time_unix_nano
    assert reading.start_time_unix_nano <= passage.start_time_unix_nano <= alert.start_time_unix_nano
    assert not any(PLATE.encode() in body for body in collector.bodies)
