"""Every event is turned into metrics or a log line, and no metric has a label that could hold a plate."""

from typing import get_args

import pytest
from prometheus_client.exposition import generate_latest

from streams.runtime import events
from streams.runtime.metrics import REJECTIONS_LOGGED_PER_SECOND, Telemetry

SAMPLES: dict[type, events.Event] = {
    events.WorkerStarted: events.WorkerStarted(1),
    events.Assigned: events.Assigned([0, 1]),
    events.GroupOpened: events.GroupOpened(0, {0: None}, 2, 30, 0.1, 0.2),
    events.GroupClosed: events.GroupClosed(0),
    events.BatchFolded: events.BatchFolded(3, 0.01, {"late_readings": 2}),
    events.TransactionCommitted: events.TransactionCommitted(0, 3, {"t": 4}, {"undecodable": 1}, 1, 2, 30, 0.01, 0.02),
    events.RecordRejected: events.RecordRejected("undecodable", "UndecodableError", "short", "t", 0, 7),
    events.RegistryUnreachable: events.RegistryUnreachable(5, 0.5),
    events.LagMeasured: events.LagMeasured(0, 10, 1.5),
    events.GaveUp: events.GaveUp("fenced"),
    events.Refused: events.Refused("recreated"),
}


def exposed(*told: events.Event) -> str:
    telemetry = Telemetry("lanes", 0)
    for event in told:
        telemetry.emit(event)
    return generate_latest(telemetry.registry).decode()


def test_there_is_a_sample_of_every_event() -> None:
    assert set(SAMPLES) == set(get_args(events.Event))


@pytest.mark.parametrize("event_type", SAMPLES)
def test_every_event_is_handled(event_type: type) -> None:
    exposed(SAMPLES[events.GroupOpened], SAMPLES[event_type])


def test_a_committed_transaction_counts_records_outputs_and_dead_letters() -> None:
    text = exposed(SAMPLES[events.TransactionCommitted], SAMPLES[events.BatchFolded])
    assert 'border_records_total{stage="lanes"} 3.0' in text
    assert 'border_outputs_total{stage="lanes",topic="t"} 4.0' in text
    assert 'border_dead_letters_total{reason="undecodable",stage="lanes"} 1.0' in text
    assert 'border_stage_events_total{event="late_readings",stage="lanes"} 2.0' in text


def test_lag_is_told_in_records_and_in_seconds() -> None:
    text = exposed(SAMPLES[events.LagMeasured])
    assert 'border_lag_records{partition="0",stage="lanes"} 10.0' in text
    assert 'border_lag_seconds{partition="0",stage="lanes"} 1.5' in text


def test_partitions_given_up_have_no_lag_any_more() -> None:
    assert "border_lag_records{" not in exposed(SAMPLES[events.LagMeasured], SAMPLES[events.Assigned])


def test_every_metric_begins_with_border_and_labels_are_from_closed_sets() -> None:
    telemetry = Telemetry("lanes", 0)
    for event in SAMPLES.values():
        telemetry.emit(event)
    families = list(telemetry.registry.collect())
    assert families
    assert all(family.name.startswith("border_") for family in families)
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels == {"stage", "topic", "reason", "event", "group", "partition", "le"}


def test_a_flood_of_rejections_is_counted_but_not_all_logged(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry("lanes", 0)
    for _ in range(5 * REJECTIONS_LOGGED_PER_SECOND):
        telemetry.emit(SAMPLES[events.RecordRejected])
    lines = capsys.readouterr().err.splitlines()
    # the loop takes far less than a second, so it meets at most two of them
    assert REJECTIONS_LOGGED_PER_SECOND <= len(lines) <= 2 * REJECTIONS_LOGGED_PER_SECOND
