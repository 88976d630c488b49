"""Lights of ports as metrics: counts that only grow, of known ports alone."""

import time

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from schemas.container import LogRecord
from schemas.records import Light, OutcomeState
from schemas.telemetry.exposition import exposed
from schemas.topics import LANE_DECISIONS, OUTCOMES, PASSAGES
from schemas.trace_context import trace_id_of_reading
from streams.console.light_metrics import LightMetrics
from tests.console.test_port_board import threshold
from tests.core.outcomes.builders import selection
from tests.core.policy.builders import outcome

PLACE = {"port": "2301", "lanes": "PASSENGER", "mode": "OPERATIONAL"}


class Told:
    """Metrics, and what they were told."""

    def __init__(self, *ports: str) -> None:
        self.metrics, self._registry = LightMetrics(ports, {}), CollectorRegistry()
        self._registry.register(self.metrics)
        self._registry.register(self.metrics.seconds)

    def tell(self, value: msgspec.Struct, topic: str = LANE_DECISIONS.name) -> None:
        self.metrics.tell(LogRecord(topic, 0, 0, 0, b"k", value))

    @property
    def text(self) -> str:
        """As who takes OpenMetrics reads it."""
        return exposed(self._registry, "application/openmetrics-text; version=1.0.0")[0].decode()

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"border_{name}", labels or PLACE)


def test_reds_are_counted_against_what_the_budget_allowed() -> None:
    told = Told("2301")
    told.tell(threshold(-600, 18.0), PASSAGES.name)
    told.tell(selection(1))
    told.tell(selection(2, light=Light.GREEN, seconds=600))
    told.tell(selection(3, must_refer=True, seconds=1200))  # outside the budget
    told.tell(selection(4, seconds=3600))
    assert told.value("port_vehicles_total") == 4
    assert told.value("port_reds_total") == 2
    assert told.value("port_reds_allowed_total") == pytest.approx(18)


def test_a_selection_in_its_ports_log_is_not_counted_again() -> None:
    told = Told("2301")
    told.tell(selection(1))
    told.tell(selection(1), OUTCOMES.name)
    assert told.value("port_vehicles_total") == 1


def test_a_red_that_was_not_given_is_counted_apart_and_no_count_goes_back() -> None:
    told = Told("2301")
    one = selection(1)
    told.tell(one)
    told.tell(selection(2))
    assert (told.value("port_reds_total"), told.value("port_reds_withdrawn_total")) == (2, 0)
    told.tell(outcome(one, OutcomeState.PASSED), OUTCOMES.name)
    assert (told.value("port_reds_total"), told.value("port_reds_withdrawn_total")) == (2, 1)


def test_without_a_word_of_a_budget_nothing_is_allowed_or_forbidden() -> None:
    told = Told("2301")
    told.tell(selection(1))
    assert told.value("port_reds_allowed_total") is None


def test_a_budget_of_a_world_without_vehicles_makes_no_series() -> None:
    told = Told("2301")
    told.tell(threshold(-600, 18.0), PASSAGES.name)
    assert told.value("port_vehicles_total") is None
    told.tell(selection(1, light=Light.GREEN))
    assert (told.value("port_vehicles_total"), told.value("port_reds_total")) == (1, 0)


def test_a_port_that_is_not_known_makes_no_series_until_it_is() -> None:
    told = Told("2302")
    told.tell(selection(1))
    assert told.value("port_vehicles_total") is None and told.metrics.has_unknown()


def test_the_wait_for_a_selection_begins_at_the_light() -> None:
    told = Told("2301")
    told.tell(msgspec.structs.replace(selection(1), at_light_received_at=time.time_ns() // 1000 - 700_000))
    assert told.value("selection_seconds_bucket", mode="OPERATIONAL", le="0.6") == 0
    assert told.value("selection_seconds_bucket", mode="OPERATIONAL", le="60.0") == 1


def test_the_wait_has_the_trace_of_the_reading_at_the_light_as_an_exemplar() -> None:
    told, received_at = Told("2301"), time.time_ns() // 1000
    one = msgspec.structs.replace(selection(1), at_light_received_at=received_at, at_light_reading_id="loop/1")
    told.tell(one)
    told.tell(msgspec.structs.replace(one, passage_id="2301/03/2", at_light_reading_id=None))
    assert told.text.count(f'# {{trace_id="{trace_id_of_reading("loop/1")}"}}') == 1
