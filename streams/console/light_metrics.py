"""Turns lights into Prometheus metrics by port: reds against their budget, and how long a vehicle waits for its light.

    LANE_DECISIONS: Selection          ─► vehicles, reds, seconds from arrival at the light to the selection
    PASSAGES:       SelectionThreshold ─► what the budget grows by
    OUTCOMES:       Outcome            ─► the light that was given in place of the selected one

Reds are counted as the live board counts them (`port_board.py`), since the exporter began. A red that was not given
after all is counted apart, since what Prometheus counts must not go back:

    (increase(border_port_reds_total[1h]) - increase(border_port_reds_withdrawn_total[1h]))
      / increase(border_port_reds_allowed_total[1h])
"""

import threading
import time
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.container import LogRecord
from schemas.records import LaneMode, Outcome, Selection, SelectionThreshold
from schemas.telemetry.tracing import trace_exemplar
from schemas.topics import LANE_DECISIONS, OUTCOMES, PASSAGES
from schemas.trace_context import trace_id_of_reading
from streams.console.port_board import Place, PortBoard
from streams.core.selection_policy import Budget

TOPICS: Final = (LANE_DECISIONS.name, PASSAGES.name, OUTCOMES.name)
LABELS: Final = ("port", "lanes", "mode")
SECONDS: Final = (0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 2.0, 3.0, 10.0, 60.0)

# Name without `_total`, and what the table of metrics says.
FAMILIES: Final = (
    ("border_port_vehicles", "Vehicles whose light was selected."),
    (
        "border_port_reds",
        "Reds within the budget, those that must be referred apart: as selected, or made by an officer, a lot or an "
        "inspection.",
    ),
    ("border_port_reds_withdrawn", "Of them, those that were not given after all."),
    ("border_port_reds_allowed", "Reds that the budget has allowed; none without a budget."),
)


@dataclass
class Counted:
    """Reds of one port, lane mode and world, in two counts that only grow."""

    balance: int = 0
    """As the board had it when it was last looked at: made less withdrawn."""

    made: int = 0
    withdrawn: int = 0

    def follow(self, balance: int) -> None:
        """Take in what the board has now."""
        change = balance - self.balance
        self.balance = balance
        if change > 0:
            self.made += change
        else:
            self.withdrawn -= change


class LightMetrics(Collector):
    """Lights of each port since the start; `seconds` is a collector of its own. `tell` and `collect` may run in
    different threads."""

    def __init__(self, ports: Container[str], budgets: Mapping[tuple[str, LaneMode], Budget]) -> None:
        """`ports`: known codes, others are in no series; `budgets`: of the policy in force now."""
        self._ports = ports
        self._board = PortBoard(budgets=dict(budgets))
        self._lock = threading.Lock()
        self._counted: dict[Place, Counted] = {}
        self.seconds = Histogram(
            "border_selection_seconds",
            "From a vehicle's arrival at the light, as its gateway received it, to its selection's being read here.",
            ("mode",),
            buckets=SECONDS,
            registry=None,
        )

    def tell(self, record: LogRecord) -> None:
        """Take in a record of TOPICS as it arrives; those that say nothing of lights are ignored."""
        value = record.value
        with self._lock:
            if isinstance(value, SelectionThreshold):
                self._board.see_threshold(value)
            elif isinstance(value, Outcome):
                self._board.see_outcome(value)
            # Selections stand in their port's log too, where they would count twice.
            elif isinstance(value, Selection) and record.topic == LANE_DECISIONS.name:
                self._board.see_selection(value)
                if value.at_light_received_at is not None:
                    waited = time.time() - value.at_light_received_at / 1e6
                    exemplar = trace_exemplar(trace_id_of_reading(value.at_light_reading_id))
                    self.seconds.labels(value.operating_mode).observe(waited, exemplar)

    def has_unknown(self) -> bool:
        """Whether a light was of a port that is not among the known ones."""
        with self._lock:
            return any(port not in self._ports for port, _, _ in self._board.ports)

    def collect(self) -> Iterator[Metric]:
        """All families as of now."""
        families = {name: CounterMetricFamily(name, text, labels=LABELS) for name, text in FAMILIES}
        with self._lock:
            for place, view in sorted(self._board.ports.items()):
                counted = self._counted.setdefault(place, Counted())
                counted.follow(view.reds)
                port, lanes, mode = place
                if port not in self._ports or not view.vehicles:  # budgets are told of worlds that nobody drives in
                    continue
                labels = (port, str(lanes), str(mode))
                families["border_port_vehicles"].add_metric(labels, view.vehicles)
                families["border_port_reds"].add_metric(labels, counted.made)
                families["border_port_reds_withdrawn"].add_metric(labels, counted.withdrawn)
                if view.allowance.reds is not None:
                    families["border_port_reds_allowed"].add_metric(labels, view.allowance.reds)
        yield from families.values()
