"""Ports on the live board: how many reds there were against their budget, and what inspections found.

    Selection          ─► vehicles, reds but those that must be referred, as they are selected
    SelectionThreshold ─► what the budget grows by
    Outcome            ─► inspected, finds, and the light that was given in place of the selected one; a later revision
                          replaces the one before

Reds are counted as the policy's meter counts them (`core/policy/stage.py`): those by the light's lot or an officer as
well, and one that an officer let go stays counted. All since the board was opened. Until the policy stage's next word a
budget is what the policy in force says then.
"""

from dataclasses import dataclass, field
from typing import Final, TypeVar

from rich.table import Table

from schemas.layout import is_canary_lane
from schemas.records import LaneMode, Light, OperatingMode, Outcome, OutcomeState, Selection, SelectionThreshold
from streams.core.estimates.tallies import is_hit
from streams.core.policy.allowance import Allowance
from streams.core.selection_policy import Budget

SECOND: Final = 1_000_000
ROWS_MAX: Final = 6
# Later words on older ones change no count. Five hours of a border's 2.7 vehicles a second: a red that nobody inspects
# is told of after four.
VEHICLES_REMEMBERED: Final = 50_000

Value = TypeVar("Value")
Place = tuple[str, LaneMode, OperatingMode]


@dataclass
class PortView:
    """One port, lane mode and world."""

    vehicles: int = 0
    reds: int = 0
    allowance: Allowance = field(default_factory=Allowance)
    told: bool = False
    """Whether the policy stage has said a budget since."""

    inspected: int = 0
    finds: int = 0


def remember(kept: dict[str, Value], passage_id: str, value: Value) -> None:
    """Keep what is known of a vehicle, the last told of last, and forget the one that was told of longest ago."""
    kept.pop(passage_id, None)
    kept[passage_id] = value
    if len(kept) > VEHICLES_REMEMBERED:
        del kept[next(iter(kept))]


@dataclass
class PortBoard:
    """What is shown of ports."""

    ports: dict[Place, PortView] = field(default_factory=dict)
    budgets: dict[tuple[str, LaneMode], Budget] = field(default_factory=dict)
    """Of the policy in force when the board was opened."""

    _outcomes: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    _counted: dict[str, tuple[PortView, bool]] = field(default_factory=dict)
    """Where each vehicle is counted that is within the budget, and whether as a red."""

    def see_selection(self, selection: Selection) -> None:
        """Take in one light; a canary's is no traffic."""
        if is_canary_lane(selection.lane_id):
            return
        view = self._view(selection.port_code, selection.lane_mode, selection.operating_mode)
        budget = self.budgets.get((selection.port_code, selection.lane_mode))
        if not view.told and budget is not None:
            inspectors = budget.inspectors_at(selection.selected_at // SECOND)
            view.allowance.reds_per_hour = budget.reds_per_hour(inspectors)
        view.allowance.pass_time(selection.selected_at)
        view.vehicles += 1
        if not selection.must_refer:
            view.reds += selection.light is Light.RED
            remember(self._counted, selection.passage_id, (view, selection.light is Light.RED))

    def see_threshold(self, said: SelectionThreshold) -> None:
        """Take in what the lanes are told; each partition has it, and the second time changes nothing."""
        view = self._view(said.port_code, said.lane_mode, said.operating_mode)
        view.allowance.set_budget(said.budget_reds_per_hour, said.set_at)
        view.told = True

    def see_outcome(self, outcome: Outcome) -> None:
        """Take in one outcome."""
        inspected = outcome.state is OutcomeState.INSPECTED
        found = inspected and is_hit(outcome)
        was_inspected, had_found = self._outcomes.pop(outcome.passage_id, (False, False))
        view = self._view(outcome.port_code, outcome.lane_mode, outcome.operating_mode)
        view.inspected += inspected - was_inspected
        view.finds += found - had_found
        remember(self._outcomes, outcome.passage_id, (inspected, found))
        counted = self._counted.get(outcome.passage_id)
        if counted is not None:  # else it was selected before the board was opened
            within, was_red = counted
            is_red = outcome.state is not OutcomeState.PASSED
            within.reds += is_red - was_red
            remember(self._counted, outcome.passage_id, (within, is_red))

    def shown(self) -> list[tuple[Place, PortView]]:
        """The busiest."""
        busy = [item for item in self.ports.items() if item[1].vehicles or item[1].inspected]
        return sorted(busy, key=lambda item: (-item[1].vehicles, item[0]))[:ROWS_MAX]

    def table(self) -> Table:
        """Reds against their budget, and finds."""
        table = Table(expand=True, title="ports since the board was opened, busiest first", title_justify="left")
        for name in ("port", "lanes", "vehicles", "reds, budget", "inspected", "finds"):
            table.add_column(name)
        for (port_code, lane_mode, mode), view in self.shown():
            allowed = view.allowance.reds
            budget = "no budget known" if allowed is None else f"of {allowed:.1f}"
            world = "" if mode is OperatingMode.OPERATIONAL else f" {mode.lower()}"
            counts = (f"{view.vehicles:,}", f"{view.reds:,} {budget}", f"{view.inspected:,}", f"{view.finds:,}")
            table.add_row(port_code + world, lane_mode.lower(), *counts)
        return table

    def _view(self, port_code: str, lane_mode: LaneMode, mode: OperatingMode) -> PortView:
        return self.ports.setdefault((port_code, lane_mode, mode), PortView())
