"""Every event is turned into metrics or a log line, and no metric has a label that could hold a plate."""

import json
from dataclasses import replace
from typing import get_args

import pytest
from prometheus_client.exposition import generate_latest

from schemas.telemetry import exposition
from schemas.telemetry.health import Pulse
from streams.runtime import events
from streams.runtime.metrics import LOGGED_PER_SECOND, Telemetry
from tests.support import eventually

CONTEXT = b"00-" + b"4bf9" * 8 + b"-00f067aa0ba902b7-01"
SAMPLES: dict[type, events.Event] = {
    events.WorkerStarted: events.WorkerStarted(1),
    events.Assigned: events.Assigned([0, 1]),
    events.GroupOpened: events.GroupOpened(
        0, "border.lane.readings.v1", {0: None}, 2, 30, {0: 900_000_000_000_000}, 0.1, 0.2
    ),
    events.GroupClosed: events.GroupClosed(0),
    events.BatchFolded: events.BatchFolded(3, 0.01, {"late_readings": 2}),
    events.TransactionCommitted: events.TransactionCommitted(
        group=0,
        topic="t",
        records=3,
        outputs={"u": 4},
        dead_letters={"undecodable": 1},
        changelog_records=2,
        changelog_bytes=70,
        keys=2,
        state_bytes=30,
        newest_event_at=1_700_000_000_500_000,
        readings_at={("2301", "OPERATIONAL"): 1_700_000_000_500_000},
        watermarks={0: 1_700_000_000_000_000, 1: 0, 2: 1_600_000_000_000_000},
        commit_seconds=0.01,
        latency_seconds=0.02,
    ),
    events.RecordRejected: events.RecordRejected("undecodable", "UndecodableError", "short", "t", 0, 7, "4bf9" * 8),
    events.AlertWritten: events.AlertWritten("5ce1" * 8, "WATCHLIST_HIT", "2301", "4bf9" * 8),
    events.RegistryUnreachable: events.RegistryUnreachable(5, 0.5),
    events.BrokerUnreachable: events.BrokerUnreachable("127.0.0.1:9092"),
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
    assert 'border_records_total{stage="lanes",topic="t"} 3.0' in text
    assert 'border_outputs_total{stage="lanes",topic="u"} 4.0' in text
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
    assert labels == {
        "stage",
        "topic",
        "reason",
        "event",
        "group",
        "partition",
        "port",
        "mode",
        "taken",
        "le",
        "result",
    }


def test_the_changelog_is_told_in_records_and_bytes() -> None:
    text = exposed(SAMPLES[events.TransactionCommitted], SAMPLES[events.TransactionCommitted])
    assert 'border_changelog_records_total{stage="lanes"} 4.0' in text
    assert 'border_changelog_bytes_total{stage="lanes"} 140.0' in text


def test_a_workers_watermark_is_that_of_its_slowest_partition_that_has_one() -> None:
    text = exposed(SAMPLES[events.TransactionCommitted])
    assert 'border_watermark_timestamp_seconds{stage="lanes"} 1.6e+09' in text
    elsewhere = events.GroupOpened(1, "border.lane.readings.v1", {3: None}, 0, 0, {3: 1_500_000_000_000_000}, 0.1, 0.2)
    text = exposed(SAMPLES[events.TransactionCommitted], elsewhere)
    assert 'border_watermark_timestamp_seconds{stage="lanes"} 1.5e+09' in text


def test_a_group_given_up_takes_its_watermarks_with_it() -> None:
    elsewhere = events.GroupOpened(1, "border.lane.readings.v1", {3: None}, 0, 0, {3: 1_500_000_000_000_000}, 0.1, 0.2)
    told = (SAMPLES[events.GroupOpened], SAMPLES[events.TransactionCommitted], elsewhere)
    assert 'border_watermark_timestamp_seconds{stage="lanes"} 1.6e+09' in exposed(*told, events.GroupClosed(1))
    assert "border_watermark_timestamp_seconds{" not in exposed(*told, events.GroupClosed(1), events.GroupClosed(0))


def test_the_newest_event_and_reading_never_go_back() -> None:
    newer = SAMPLES[events.TransactionCommitted]
    assert isinstance(newer, events.TransactionCommitted)
    older = replace(newer, newest_event_at=1_000_000, readings_at={("2301", "OPERATIONAL"): 1_000_000})
    text = exposed(newer, older)
    assert 'border_newest_event_timestamp_seconds{stage="lanes"} 1.7000000005e+09' in text
    reading = 'border_port_newest_reading_timestamp_seconds{mode="OPERATIONAL",port="2301",stage="lanes"}'
    assert f"{reading} 1.7000000005e+09" in text


def test_before_the_first_record_there_is_no_event_time_at_all() -> None:
    text = exposed()
    assert "border_newest_event_timestamp_seconds{" not in text and "border_watermark_timestamp_seconds{" not in text


def test_dead_letters_are_counted_from_zero_and_an_unknown_reason_makes_no_series_of_its_own() -> None:
    assert 'border_dead_letters_total{reason="flood",stage="lanes"} 0.0' in exposed()
    committed = SAMPLES[events.TransactionCommitted]
    assert isinstance(committed, events.TransactionCommitted)
    text = exposed(replace(committed, dead_letters={"ABC1234": 2, "XYZ": 1}))
    assert 'border_dead_letters_total{reason="other",stage="lanes"} 3.0' in text
    assert "ABC1234" not in text


def test_late_readings_are_told_by_whether_they_were_folded() -> None:
    committed = SAMPLES[events.TransactionCommitted]
    assert isinstance(committed, events.TransactionCommitted)
    text = exposed(SAMPLES[events.BatchFolded], replace(committed, dead_letters={"late": 5}))
    assert 'border_late_readings_total{stage="lanes",taken="yes"} 2.0' in text
    assert 'border_late_readings_total{stage="lanes",taken="no"} 5.0' in text


def test_the_silence_of_the_main_loop_grows_until_it_comes_round() -> None:
    telemetry, pulse = Telemetry("lanes", 0), Pulse()
    telemetry.watch(pulse)

    def silence() -> float:
        found = telemetry.registry.get_sample_value("border_loop_silence_seconds", {"stage": "lanes"})
        assert found is not None
        return found

    eventually(lambda: silence() > 0.01, 5, "silence")
    before = silence()
    pulse.beat()
    assert silence() < before


@pytest.mark.parametrize("what", [events.RecordRejected, events.AlertWritten])
def test_a_flood_of_rejections_or_alerts_is_counted_but_not_all_logged(
    what: type, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry = Telemetry("lanes", 0)
    for _ in range(5 * LOGGED_PER_SECOND):
        telemetry.emit(SAMPLES[what])
    lines = capsys.readouterr().err.splitlines()
    # the loop takes far less than a second, so it meets at most two of them
    assert LOGGED_PER_SECOND <= len(lines) <= 2 * LOGGED_PER_SECOND


def line_of(event: events.Event, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The log line of an event, without when it was written."""
    Telemetry("vehicles", 0).emit(event)
    line: dict[str, object] = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp")
    return line


def test_an_alerts_line_holds_its_ids_and_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    written = SAMPLES[events.AlertWritten]
    assert isinstance(written, events.AlertWritten)
    place = {"stage": "vehicles", "instance": 0, "level": "info", "event": "alert_written"}
    told = {"ce_id": "5ce1" * 8, "kind": "WATCHLIST_HIT", "port": "2301"}
    assert line_of(written, capsys) == place | told | {"trace_id": "4bf9" * 8}
    assert line_of(replace(written, trace_id=None), capsys) == place | told


def test_a_rejections_line_names_the_trace_of_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert line_of(SAMPLES[events.RecordRejected], capsys)["trace_id"] == "4bf9" * 8


def test_a_transactions_latency_has_its_trace_as_an_exemplar_for_who_takes_openmetrics() -> None:
    telemetry, committed = Telemetry("lanes", 0), SAMPLES[events.TransactionCommitted]
    assert isinstance(committed, events.TransactionCommitted)
    telemetry.emit(committed)
    telemetry.emit(replace(committed, traces=[events.Traced(0, 0, 0, [(7, CONTEXT, CONTEXT)])], latency_seconds=0.04))
    text, _ = exposition.exposed(telemetry.registry, "application/openmetrics-text; version=1.0.0")
    with_exemplar = [line for line in text.decode().splitlines() if " # " in line]
    assert len(with_exemplar) == 1
    assert with_exemplar[0].startswith('border_stage_latency_seconds_bucket{le="0.05",stage="lanes"} 2.0 # ')
    assert f'{{trace_id="{"4bf9" * 8}"}} 0.04 ' in with_exemplar[0]
    assert b" # {" not in exposition.exposed(telemetry.registry, None)[0]


def test_records_of_a_topic_are_counted_from_zero_once_it_is_read() -> None:
    text = exposed(SAMPLES[events.GroupOpened])
    assert 'border_records_total{stage="lanes",topic="border.lane.readings.v1"} 0.0' in text
