"""What another rule set would change: captured readings through the lanes once and through the vehicles twice.

    lane readings ─► LANES ─► passages ─┬► VEHICLES under A ─► lights, alerts ─┐
    watchlist changes ──────────────────┴► VEHICLES under B ─► lights, alerts ─┴► what differs

Both draw the same lots, so what differs is the rules'. Watchlist changes come at the time at which they were appended.
Captured rule set changes are left out: each side keeps its own to the end. A capture interleaves partitions, so
passages of one plate through two lanes may come in another order than they did; both sides see the same order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from schemas.container import LogRecord
from schemas.layout import load_lanes, load_ports
from schemas.records import Alert, ChangeKind, Light, Passage, ReferenceChange, Selection
from schemas.topics import LANE_READINGS, PASSAGES
from streams.core.lanes import LanesStage
from streams.core.random_draw import RandomKeys
from streams.core.replay import StageReplay, placed
from streams.core.rule_set import RuleSet
from streams.core.vehicles import VehiclesStage

WATCHLIST_CHANGES: Final = (
    ChangeKind.WATCHLIST_ADD,
    ChangeKind.WATCHLIST_REMOVE,
    ChangeKind.WATCHLIST_SUPPRESS,
    ChangeKind.WATCHLIST_UNSUPPRESS,
)
MINUTES_PER_HOUR: Final = 60.0


class ChangedLight(NamedTuple):
    """A stop that would get another light; the passage by its id only."""

    passage_id: str
    before: str
    after: str
    reason: str
    """Of the red one."""


class Side:
    """One rule set over the passages."""

    def __init__(self, rules: RuleSet, keys: RandomKeys) -> None:
        self.version = rules.version
        self.lights: Counter[str] = Counter()
        self.reds_by_reason: Counter[str] = Counter()
        self.alert_kinds: dict[str, str] = {}
        """Latest kind by incident: an alert that is told again is one alert."""

        self.replay = StageReplay(VehiclesStage(rules, keys, load_ports()))

    def advance(self, record: LogRecord) -> Selection | None:
        """The light that one record asks for."""
        selection = None
        for output in self.replay.advance(record):
            value = output.value
            if isinstance(value, Selection):
                selection = value
                self.lights[value.light.value] += 1
                if value.light is Light.RED:
                    self.reds_by_reason[value.referral_reason.value] += 1
            elif isinstance(value, Alert):
                self.alert_kinds[value.incident_id] = value.kind.value
        return selection

    def summary(self, inspection_minutes: float) -> dict[str, Any]:
        """Counts as they are printed."""
        reds = self.lights[Light.RED.value]
        return {
            "version": self.version,
            "reds": reds,
            "reds_by_reason": dict(sorted(self.reds_by_reason.items())),
            "alerts_by_kind": dict(sorted(Counter(self.alert_kinds.values()).items())),
            "inspection_hours": reds * inspection_minutes / MINUTES_PER_HOUR,
        }


class RuleSetComparison:
    """Two rule sets over one log. `changes`: watchlist changes with their times, oldest first."""

    def __init__(
        self, before: RuleSet, after: RuleSet, keys: RandomKeys, changes: Iterable[tuple[int, ReferenceChange]] = ()
    ) -> None:
        self.before = Side(before, keys)
        self.after = Side(after, keys)
        self.stops = 0
        self.changed: list[ChangedLight] = []
        self._lanes = StageReplay(LanesStage(load_lanes()))
        self._changes: Iterator[tuple[int, ReferenceChange]] = iter(changes)
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
        for replay in (self._lanes, self.before.replay, self.after.replay):
            replay.finish()

    def _apply(self, at: int, change: ReferenceChange) -> None:
        for partition in range(PASSAGES.partitions):
            for side in (self.before, self.after):
                side.advance(LogRecord(PASSAGES.name, partition, 0, at, change.change_id.encode(), change))

    def _compare(self, record: LogRecord) -> None:
        before, after = self.before.advance(record), self.after.advance(record)
        if not isinstance(record.value, Passage) or (before is None and after is None):
            return
        self.stops += 1
        was, now = ((Light.UNKNOWN if one is None else one.light).value for one in (before, after))
        if was != now:
            red = next(one for one in (before, after) if one is not None and one.light is not Light.GREEN)
            self.changed.append(ChangedLight(record.value.passage_id, was, now, red.referral_reason.value))


def is_reading(record: LogRecord) -> bool:
    """Whether a captured record goes through the lanes."""
    return record.topic == LANE_READINGS.name


def watchlist_changes(log: Iterable[LogRecord]) -> list[tuple[int, ReferenceChange]]:
    """Watchlist changes of a log, each once though every partition has it, oldest first."""
    found: dict[str, tuple[int, ReferenceChange]] = {}
    for record in log:
        value = record.value
        if isinstance(value, ReferenceChange) and value.kind in WATCHLIST_CHANGES:
            found.setdefault(value.change_id, (record.appended_at, value))
    return sorted(found.values(), key=lambda change: change[0])


def result_of(comparison: RuleSetComparison, inspection_minutes: float, first: int) -> dict[str, Any]:
    """The comparison as it is printed, with the first so many lights that would change."""
    return {
        "stops": comparison.stops,
        "before": comparison.before.summary(inspection_minutes),
        "after": comparison.after.summary(inspection_minutes),
        "inspection_minutes": inspection_minutes,
        "changed_lights": len(comparison.changed),
        "first_changed": [one._asdict() for one in comparison.changed[:first]],
    }
