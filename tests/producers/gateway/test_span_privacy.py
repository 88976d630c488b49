"""A device may use a plate as the id of what it says: it comes into no span, header, line or metric of the gateway."""

from collections.abc import Iterator

import pytest
from prometheus_client.openmetrics.exposition import generate_latest

from producers.formats.reading_format import Reading, Rejection
from producers.gateway.intake import entry_of
from producers.gateway.telemetry import GatewayTelemetry
from producers.spool.entries import Kept
from schemas.topics import LANE_READINGS
from schemas.trace_context import context_of_reading, trace_id_of
from tests.collector import Collector, collecting
from tests.deploy.plates_sought import forms_of, words_of
from tests.producers.formats.samples import NOW, RAIL_XML, SAMPLES, read

PLATE = "EXQ7431"


# A sample of each format, and what its reading's id is made of.
IDS = {
    "openalpr": (SAMPLES["openalpr"][0], b"2301-cam1-1796036287250"),
    "camera_json": (SAMPLES["camera_json"][0], b'"b7"'),
    "rail_scan": (RAIL_XML, b"S17"),
}


def named_by_a_plate(name: str) -> Reading:
    """The first reading of a sample whose device names it by a plate."""
    sample, identity = IDS[name]
    assert identity in sample
    plate = f'"{PLATE}"' if identity.startswith(b'"') else PLATE
    reading = read(name, sample.replace(identity, plate.encode()))[0]
    assert not isinstance(reading, Rejection), reading
    return reading


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with collecting() as running:
        yield running


@pytest.mark.parametrize("name", IDS)
def test_a_reading_that_is_named_by_a_plate_is_told_of_without_it(
    name: str, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    reading = named_by_a_plate(name)
    assert PLATE in reading.reading_id
    telemetry = GatewayTelemetry([reading.device_id], otlp_endpoint=collector.endpoint)
    assert telemetry.spans is not None
    entry = entry_of(reading)
    telemetry.accepted(reading.device_id, 1, are_flagged=False)
    telemetry.kept([reading], NOW)
    telemetry.delivered(
        LANE_READINGS.name, [Kept(1, entry.key, "{}", entry.reading_id, entry.body, entry.accepted_at)], NOW
    )
    telemetry.returned(1, "_TIMED_OUT")
    telemetry.spans.close(10)

    header = context_of_reading(reading.reading_id)
    assert sorted(span.name for _, span in collector.spans) == ["gateway", "keep"]
    assert {span.trace_id.hex() for _, span in collector.spans} == {trace_id_of(header)}
    said = {
        "spans": " ".join(body.decode("latin-1") for body in collector.bodies),
        "header": header.decode(),
        "metrics": generate_latest(telemetry.registry).decode(),
        "log": capsys.readouterr().err,
    }
    assert trace_id_of(header) in said["metrics"] and "_TIMED_OUT" in said["log"]
    assert {part: forms_of({PLATE}) & words_of(text) for part, text in said.items()} == {part: set() for part in said}
