"""One trace id from a device's reading to the alert, the light's answer and the log line about the alert."""

from collections.abc import Iterator

import pytest

from schemas.records import Alert, LaneEvent, LightAnswer, Passage, PassageState, Selection
from schemas.topics import ALERTS, LANE_DECISIONS, LANE_READINGS, PASSAGES
from schemas.trace_context import context_of_reading, trace_id_of
from tests.core.lanes.builders import STOP_LINE
from tests.runtime.traced_lane import READY_SECONDS, TracedLane, traced_lane
from tests.support import eventually

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TracedLane]:
    with traced_lane(tmp_path_factory.mktemp("traced")) as running:
        yield running


def test_one_trace_id_leads_from_the_reading_to_the_alert_and_to_its_line_in_the_log(lane: TracedLane) -> None:
    at_light = lane.drive()[STOP_LINE]
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
    (line,) = eventually(
        lambda: [one for one in lane.logged("vehicles-0", "alert_written") if one["alert_id"] == alert.alert_id],
        READY_SECONDS,
        "the line about the alert",
    )
    told = {"kind": alert.kind, "port": "2301", "trace_id": trace_id, "stage": "vehicles", "instance": 0}
    assert line | told == line
    assert set(line) == {*told, "alert_id", "event", "level", "timestamp"}
