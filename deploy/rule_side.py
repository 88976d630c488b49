"""One rule set over the passages of a log, with the policy stage in the loop as on the platform.

    passages, changes of watchlist and ports ─► VEHICLES ─► selections, alerts
                                                   ▲              └─► OUTCOMES ─► POLICY ─┐
                                                   └────────────── thresholds ◄───────────┘
    selection policies, inspectors who were there ──────────────────────► POLICY

The thresholds are those that this rule set's own scores need to spend the budget, not those that the lanes were told
when the log was written: they were made for the scores of another rule set.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.container import LogRecord
from schemas.layout import load_ports
from schemas.records import Alert, LaneMode, Light, MatchKind, OperatingMode, Selection, SelectionThreshold
from schemas.topics import LANE_DECISIONS
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.allowance import Allowance
from streams.core.policy.stage import PolicyStage
from streams.core.random_draw import RandomKeys
from streams.core.replay import Chain
from streams.core.rule_set import RuleSet
from streams.core.selection_policy import Budget
from streams.core.vehicles import VehiclesStage

MINUTES_PER_HOUR: Final = 60.0

Place = tuple[str, LaneMode, OperatingMode]
"""Port, lane mode and operating mode: what has a budget and a threshold of its own."""


@dataclass
class Spending:
    """What one place was allowed and what it spent."""

    stops: int = 0
    reds: int = 0
    """Within the budget, so without those that must be referred."""

    by_rule_set: int = 0
    """Stops decided by the rule set's own threshold: no budget, or too few vehicles yet to say what spends it."""

    thresholds: Counter[float] = field(default_factory=Counter)
    """Stops by the threshold that decided them."""

    allowance: Allowance = field(default_factory=Allowance)

    def spend(self, selection: Selection) -> None:
        """Take in one light."""
        self.allowance.pass_time(selection.selected_at)
        self.stops += 1
        self.reds += selection.light is Light.RED and not selection.must_refer
        self.by_rule_set += selection.share_at_threshold is None
        self.thresholds[selection.threshold_log_odds] += 1

    def row(self, place: Place) -> dict[str, Any]:
        """As it is printed."""
        ordered = sorted(self.thresholds.elements())
        return {
            "port_code": place[0],
            "lane_mode": place[1],
            "operating_mode": place[2],
            "stops": self.stops,
            "reds": self.reds,
            "budget_reds": self.allowance.reds,
            "stops_by_rule_set_threshold": self.by_rule_set,
            "threshold_log_odds": {"low": ordered[0], "median": ordered[len(ordered) // 2], "high": ordered[-1]},
        }


class Side:
    """One rule set over the passages. `inspection_minutes`: how long a referral takes where no budget says it."""

    def __init__(self, rules: RuleSet, keys: RandomKeys, inspection_minutes: float) -> None:
        self.version = rules.version
        self.lights: Counter[str] = Counter()
        self.reds_by_reason: Counter[str] = Counter()
        self.red_passages: set[str] = set()
        """Those whose last light was red."""

        self.alert_kinds: dict[str, str] = {}
        """Latest kind by incident: an alert that is told again is one alert."""

        self.hits: dict[str, MatchKind] = {}
        """Latest match by passage, of those that an alert told of."""

        self.delay_minutes = 0.0
        self._inspection_minutes = inspection_minutes
        self._spending: dict[Place, Spending] = {}
        self._chain = Chain([VehiclesStage(rules, keys, load_ports()), OutcomesStage(), PolicyStage()])

    def advance(self, record: LogRecord, budgets: Mapping[tuple[str, LaneMode], Budget]) -> Selection | None:
        """The light that one record asks for, under the budgets of the policy then in force."""
        selection = None
        for written in self._chain.advance(record):
            value = written.value
            if isinstance(value, Selection) and written.topic == LANE_DECISIONS.name:  # it is sent on to its port too
                selection = value
                self._take_light(value, budgets.get((value.port_code, value.lane_mode)))
            elif isinstance(value, SelectionThreshold) and written.partition == 0:  # every partition is told
                self._take_threshold(value)
            elif isinstance(value, Alert):
                self.alert_kinds[value.incident_id] = value.kind.value
                self.hits[value.passage_id] = value.match
        return selection

    def finish(self) -> None:
        """Close the stages."""
        self._chain.finish()

    def summary(self) -> dict[str, Any]:
        """Counts as they are printed."""
        met = [(passage, match) for passage, match in self.hits.items() if match is not MatchKind.NONE]
        rows = [one.row(place) for place, one in sorted(self._spending.items()) if one.stops]
        budgets = [row["budget_reds"] for row in rows if row["budget_reds"] is not None]
        return {
            "version": self.version,
            "reds": self.lights[Light.RED.value],
            "reds_by_reason": dict(sorted(self.reds_by_reason.items())),
            "budget_reds": sum(budgets) if budgets else None,
            "reds_within_budget": sum(row["reds"] for row in rows if row["budget_reds"] is not None),
            "stops_by_rule_set_threshold": sum(row["stops_by_rule_set_threshold"] for row in rows),
            "places": rows,
            "watchlist_hits": {
                "exact": sum(match is MatchKind.EXACT for _, match in met),
                "near": sum(match is MatchKind.NEAR for _, match in met),
                "red": sum(passage in self.red_passages for passage, _ in met),
            },
            "alerts_by_kind": dict(sorted(Counter(self.alert_kinds.values()).items())),
            "delay_hours": self.delay_minutes / MINUTES_PER_HOUR,
        }

    def _take_light(self, selection: Selection, budget: Budget | None) -> None:
        self.lights[selection.light.value] += 1
        place = (selection.port_code, selection.lane_mode, selection.operating_mode)
        self._spending.setdefault(place, Spending()).spend(selection)
        if selection.light is not Light.RED:
            self.red_passages.discard(selection.passage_id)
            return
        self.red_passages.add(selection.passage_id)
        self.reds_by_reason[selection.referral_reason.value] += 1
        self.delay_minutes += self._inspection_minutes if budget is None else budget.minutes_per_inspection

    def _take_threshold(self, said: SelectionThreshold) -> None:
        spending = self._spending.setdefault((said.port_code, said.lane_mode, said.operating_mode), Spending())
        spending.allowance.set_budget(said.budget_reds_per_hour, said.set_at)
