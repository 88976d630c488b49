"""Gauges of trains by port and day."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from streams.console.rail_metrics import OTHERS_MAX, RailMetrics
from tests.console.rail_builders import DAY, ENTERED, HOUR, car, train

OFFSETS = {"2304": -6.0}


def gauges(now_at: int, *records: object) -> dict[tuple[str, ...], float]:
    """Name without prefix and labels to value."""
    metrics = RailMetrics(OFFSETS)
    for record in records:
        metrics.tell(record)
    found: dict[tuple[str, ...], float] = {}
    for family in metrics.collect_at(now_at):
        assert isinstance(family, GaugeMetricFamily)
        for sample in family.samples:
            found[sample.name.removeprefix("border_rail_"), *sample.labels.values()] = sample.value
    return found


def test_a_train_is_todays_until_the_ports_midnight_and_then_yesterdays() -> None:
    told = train(cars_scanned_well=9, covered=False, released_at=ENTERED + HOUR)
    for now_at, day, other in (
        (ENTERED + 11 * HOUR, "today", "yesterday"),
        (ENTERED + 13 * HOUR, "yesterday", "today"),
    ):
        found = gauges(now_at, told, car(1))
        assert found["scanned_well_ratio", "2304", "OPERATIONAL", day] == pytest.approx(0.9)
        assert found["cars", "2304", "OPERATIONAL", day, "all"] == 10
        assert found["trains", "2304", "OPERATIONAL", day, "released_uncovered"] == 1
        # a day without trains has zeros, and no share
        assert found["trains", "2304", "OPERATIONAL", other, "all"] == 0
        assert ("scanned_well_ratio", "2304", "OPERATIONAL", other) not in found
    assert found["told_timestamp_seconds", "2304", "OPERATIONAL"] == (ENTERED + HOUR) / 1e6


def test_a_revision_replaces_the_one_before_and_is_not_counted_again() -> None:
    found = gauges(ENTERED + HOUR, train(1, cars_scanned_well=4), train(2), train(1, cars_scanned_well=4))
    assert found["scanned_well_ratio", "2304", "OPERATIONAL", "today"] == 1.0
    assert found["trains", "2304", "OPERATIONAL", "today", "all"] == 1


def test_what_is_of_neither_day_is_in_no_gauge_and_is_forgotten() -> None:
    metrics = RailMetrics(OFFSETS)
    for number in range(30):
        at = ENTERED + number * DAY
        metrics.tell(train(visit_id=f"2304/R1/{number}", train_id=f"T{number}", entered_at=at, decided_at=at + HOUR))
    assert len(metrics._visits.visits) <= 5
    registry = CollectorRegistry()
    registry.register(metrics)
    assert b'border_rail_trains{count="all",day="today",mode="OPERATIONAL",port="2304"} 0.0' in generate_latest(
        registry
    )


def test_whoever_writes_ports_that_are_none_makes_a_bounded_number_of_series_and_hides_no_known_port() -> None:
    others = [train(visit_id=f"X{n}/R1/1", train_id=f"T{n}", port_code=f"X{n}") for n in range(3 * OTHERS_MAX)]
    found = gauges(ENTERED + HOUR, *others, *others, train())
    ports = {labels[1] for labels in found}
    assert len(ports) == OTHERS_MAX + 1 and "2304" in ports
    assert found["trains", "2304", "OPERATIONAL", "today", "all"] == 1


def test_what_was_forgotten_makes_room_for_another_port() -> None:
    metrics = RailMetrics(OFFSETS)
    for number in range(OTHERS_MAX):
        metrics.tell(train(visit_id=f"X{number}/R1/1", train_id=f"T{number}", port_code=f"X{number}"))
    at = ENTERED + 10 * DAY
    metrics.tell(train(entered_at=at, decided_at=at + HOUR))
    metrics.tell(train(visit_id="NEW/R1/1", train_id="N", port_code="NEW", entered_at=at, decided_at=at + HOUR))
    ports = {sample.labels["port"] for family in metrics.collect_at(at + HOUR) for sample in family.samples}
    assert ports == {"2304", "NEW"}
