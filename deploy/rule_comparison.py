"""What another rule set would change: captured readings through the lanes once and through the vehicles twice.

    lane readings ─► LANES ─► passages ─┬► A, with the policy stage in its loop ─► lights, alerts ─┐
    what people changed meanwhile ──────┴► B, the same                          ─► lights, alerts ─┴► what differs
    captured outcomes ─► what inspections found ──────────────────────────────────────────────────────► finds

Both draw the same lots and spend the same budgets, so what differs is the rules'. Changes of watchlist, ports, policy
and staffing come when they were appended. Captured rule set changes are left out: each side keeps its own to the end;
so are captured thresholds, since each side needs its own (`rule_side.py`). A capture interleaves partitions, so
passages of one plate through two lanes may come in another order than they did; both sides see the same order. The
convoys stage is left out, so neither side weighs company; what is printed says so.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from deploy.rule_side import Side
from schemas.container import LogRecord
from schemas.layout import is_canary_lane, load_lanes
from schemas.partitioning import partition_of
from schemas.records import (
    ChangeKind,
    LaneMode,
    Light,
    Outcome,
    OutcomeState,
    Passage,
    ReferenceChange,
    SecondaryStaffing,
    Selection,
)
from schemas.topics import LANE_READINGS, OUTCOMES, PASSAGES
from streams.core.estimates.tallies import is_hit
from streams.core.lanes import LanesStage
from streams.core.policy.validation import check_policy_change
from streams.core.random_draw import RandomKeys
from streams.core.replay import StageReplay, placed
from streams.core.rule_set import RuleSet
from streams.core.selection_policy import Budget
from streams.core.stage import Rejected

# Rule sets are what is compared; all else that people change is taken as they did.
VEHICLES_CHANGES: Final = (
    ChangeKind.PORT,
    ChangeKind.WATCHLIST_ADD,
    ChangeKind.WATCHLIST_REMOVE,
    ChangeKind.WATCHLIST_SUPPRESS,
    ChangeKind.WATCHLIST_UNSUPPRESS,
)
# Evidence that rests on Associations, which the convoys stage writes and a replay of lane readings lacks.
NOT_WEIGHED: Final = ("convoy", "associate_of_hit")

Change = ReferenceChange | SecondaryStaffing


class ChangedLight(NamedTuple):
    """A stop that would get another light; the passage by its id only."""

    passage_id: str
    before: str
    after: str
    reason: str
    """Of the red one."""


class Inspected(NamedTuple):
    """What the highest revision of a captured outcome says of an inspected vehicle."""

    revision: int
    found: bool


class Captured:
    """What people did while the log was written: changes with their times, and inspections."""

    def __init__(self) -> None:
        self.readings = 0
        self.first_at = 0
        self.inspected: dict[str, Inspected] = {}
        self._changes: dict[str, tuple[int, Change]] = {}

    def see(self, record: LogRecord) -> None:
        """One record of the log."""
        value = record.value
        if is_reading(record):
            self.readings += 1
            self.first_at = self.first_at or record.appended_at
        if isinstance(value, ReferenceChange) and value.kind in (*VEHICLES_CHANGES, ChangeKind.SELECTION_POLICY):
            self._changes.setdefault(value.change_id, (record.appended_at, value))  # every partition has it
        elif isinstance(value, SecondaryStaffing):
            self._changes.setdefault(f"staffing {value.staffing_id}", (record.appended_at, value))
        elif isinstance(value, Outcome) and value.state is OutcomeState.INSPECTED:
            before = self.inspected.get(value.passage_id)
            if before is None or before.revision < value.revision:
                self.inspected[value.passage_id] = Inspected(value.revision, is_hit(value))

    def changes(self, policy: ReferenceChange | None = None) -> list[tuple[int, Change]]:
        """Changes, oldest first; a policy that is given holds from the start instead of the captured ones."""
        found = list(self._changes.values())
        if policy is not None:
            found = [one for one in found if not is_policy(one[1])]
            found.append((0, policy))
        return sorted(found, key=lambda change: change[0])


class RuleSetComparison:
    """Two rule sets over one log. `changes`: of people, with their times, oldest first; `inspected`: by passage."""

    def __init__(
        self,
        before: RuleSet,
        after: RuleSet,
        keys: RandomKeys,
        inspection_minutes: float,
        changes: Iterable[tuple[int, Change]] = (),
        inspected: dict[str, Inspected] | None = None,
    ) -> None:
        self.before = Side(before, keys, inspection_minutes)
        self.after = Side(after, keys, inspection_minutes)
        self.stops = 0
        self.changed: list[ChangedLight] = []
        self.policies: list[str] = []
        """Versions that held while readings came, in order."""

        self._inspected = inspected or {}
        self._inspected_here: set[str] = set()
        self._budgets: dict[tuple[str, LaneMode], Budget] = {}
        self._lanes = StageReplay(LanesStage(load_lanes()))
        self._changes: Iterator[tuple[int, Change]] = iter(changes)
        self._next_change = next(self._changes, None)

    def advance(self, record: LogRecord) -> None:
        """One lane reading."""
        while self._next_change is not None and self._next_change[0] <= record.appended_at:
            self._apply(*self._next_change)
            self._next_change = next(self._changes, None)
        for output in self._lanes.advance(record):
            written = placed(output, 0, record.appended_at)
            if written.topic == PASSAGES.name:
                self._compare(written)

    def finish(self) -> None:
        """Close the stages."""
        self._lanes.finish()
        self.before.finish()
        self.after.finish()

    def finds(self) -> dict[str, Any] | None:
        """What inspections found of what each side refers; None if the log tells of none.

        Whether a vehicle carried something is known only of those that were inspected, so what a side would find is
        told as bounds: none, or all, of the others that it refers.
        """
        here = self._inspected_here
        found = {passage for passage in here if self._inspected[passage].found}
        if not here:
            return None
        before, after = self.before.red_passages, self.after.red_passages
        low, high = len(found & after) - len(found & before), 0
        low, high = low - len(before - after - here), low + len(after - before - here)
        return {
            "inspected": len(here),
            "found": len(found),
            "before": {"low": len(found & before), "high": len(found & before) + len(before - here)},
            "after": {"low": len(found & after), "high": len(found & after) + len(after - here)},
            "kept": len(found & before & after),
            "lost": len((found & before) - after),
            "gained": len((found & after) - before),
            "change": {"low": low, "high": high},
        }

    def _apply(self, at: int, change: Change) -> None:
        if isinstance(change, SecondaryStaffing):
            key = change.port_code.encode()
            self._tell(LogRecord(OUTCOMES.name, partition_of(key, OUTCOMES.partitions), 0, at, key, change))
            return
        topic = PASSAGES
        if is_policy(change):
            try:
                _, policy = check_policy_change(change)
            except Rejected:  # a dead letter then, and none now
                return
            topic = OUTCOMES
            self._budgets = {(budget.port_code, budget.lane_mode): budget for budget in policy.budgets}
            self.policies = [*self.policies, policy.version] if self.stops else [policy.version]
        for partition in range(topic.partitions):
            self._tell(LogRecord(topic.name, partition, 0, at, change.change_id.encode(), change))

    def _tell(self, record: LogRecord) -> tuple[Selection | None, Selection | None]:
        return self.before.advance(record, self._budgets), self.after.advance(record, self._budgets)

    def _compare(self, record: LogRecord) -> None:
        before, after = self._tell(record)
        if not isinstance(record.value, Passage) or (before is None and after is None):
            return
        self.stops += 1
        passage_id = record.value.passage_id
        if passage_id in self._inspected:
            self._inspected_here.add(passage_id)
        was, now = ((Light.UNKNOWN if one is None else one.light).value for one in (before, after))
        if was != now:
            red = next(one for one in (before, after) if one is not None and one.light is not Light.GREEN)
            self.changed.append(ChangedLight(passage_id, was, now, red.referral_reason.value))


def is_reading(record: LogRecord) -> bool:
    """Whether a captured record is of traffic, or a change, and goes through the lanes; a canary's is neither."""
    return record.topic == LANE_READINGS.name and not is_canary_lane(getattr(record.value, "lane_id", ""))


def is_policy(change: Change) -> bool:
    """Whether a change puts a selection policy in force."""
    return isinstance(change, ReferenceChange) and change.kind is ChangeKind.SELECTION_POLICY


def result_of(comparison: RuleSetComparison, inspection_minutes: float, first: int) -> dict[str, Any]:
    """The comparison as it is printed, with the first so many lights that would change."""
    return {
        "stops": comparison.stops,
        "policies": comparison.policies,
        "before": comparison.before.summary(),
        "after": comparison.after.summary(),
        "finds": comparison.finds(),
        "inspection_minutes": inspection_minutes,
        "not_weighed": NOT_WEIGHED,
        "changed_lights": len(comparison.changed),
        "first_changed": [one._asdict() for one in comparison.changed[:first]],
    }
