"""The live terminal board: what it knows, from public records, and how it is drawn.

    passages, decisions, outcomes, alerts ─► Board.see(record, now) ─► Board.render(height) ─► rich

A lane without news is drawn grey with the word "no data", never green: an empty board must not look like a quiet one.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.layout import is_canary_lane
from schemas.records import (
    Alert,
    AlertKind,
    Light,
    Outcome,
    Passage,
    PassageState,
    Selection,
    SelectionThreshold,
    Severity,
)
from streams.console.audience import is_for
from streams.console.port_board import PortBoard
from streams.console.privacy import mask_plate

STALE_AFTER_SECONDS: Final = 300.0  # a lane of a busy port sees a vehicle every few seconds; five minutes is no data
LATENCIES_KEPT: Final = 2000
ALERTS_KEPT: Final = 6
EVIDENCE_SHOWN: Final = 4

SHAPES: Final = {Light.RED: ("■ RED", "bold white on red"), Light.GREEN: ("● GREEN", "bold green")}
NO_DATA: Final = ("○ no data", "grey50")
# Of a sensor, a port's month or a train: no vehicle, no evidence.
SUMMARY_SAYS_ALL: Final = (
    AlertKind.SENSOR_BLIND,
    AlertKind.DISPARITY,
    AlertKind.CAR_NOT_CLEARED,
    AlertKind.TRAIN_NOT_COVERABLE,
    AlertKind.RELEASED_UNCOVERED,
)
SEVERITY_STYLES: Final = {
    Severity.EXTREME: "bold white on red",
    Severity.SEVERE: "bold red",
    Severity.MODERATE: "yellow",
    Severity.MINOR: "cyan",
}


@dataclass
class LaneView:
    """What is shown of one lane."""

    light: Light = Light.UNKNOWN
    reason: str = ""
    passage_number: int = 0
    plate: str = ""
    plate_of: int = -1  # passage number that the plate belongs to
    changed_at: float = 0.0


@dataclass
class Board:
    """Everything the board shows. `reveal` shows plates in full; `audiences`: whose alerts are shown, none: all."""

    reveal: bool = False
    audiences: frozenset[str] = frozenset()
    lanes: dict[str, LaneView] = field(default_factory=dict)
    ports: PortBoard = field(default_factory=PortBoard)
    alerts: deque[Alert] = field(default_factory=lambda: deque(maxlen=ALERTS_KEPT))
    counts: Counter[str] = field(default_factory=Counter)
    latencies_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    readings_per_second: float = 0.0
    undecoded: int = 0
    """Records of the topics shown that could not be decoded: what is drawn is not all there is."""

    def see(self, record: msgspec.Struct | bytes | None, now_seconds: float) -> None:
        """Take in one record of a public topic, received at this wall-clock time. A canary's is shown nowhere."""
        if isinstance(record, (Selection, Passage)) and is_canary_lane(record.lane_id):
            return
        if isinstance(record, Selection):
            self._see_selection(record, now_seconds)
            self.ports.see_selection(record)
        elif isinstance(record, SelectionThreshold):
            self.ports.see_threshold(record)
        elif isinstance(record, Outcome):
            self.ports.see_outcome(record)
        elif isinstance(record, Alert) and not is_for(record, self.audiences):
            self.counts["alerts for others"] += 1
        elif isinstance(record, Alert):
            self.counts["alerts"] += 1
            self.alerts.appendleft(record)
        elif isinstance(record, Passage) and record.state is PassageState.AT_LIGHT:
            self.counts["passages"] += 1
            lane = self.lanes.setdefault(record.lane_id, LaneView())
            if record.passage_number >= lane.plate_of:
                plate = record.plate or ""
                lane.plate = plate if self.reveal else mask_plate(plate)
                lane.plate_of = record.passage_number

    def _see_selection(self, selection: Selection, now_seconds: float) -> None:
        self.counts[selection.light] += 1
        lane = self.lanes.setdefault(selection.lane_id, LaneView())
        if selection.passage_number >= lane.passage_number:
            lane.light, lane.passage_number = selection.light, selection.passage_number
            lane.reason = "" if selection.light is Light.GREEN else selection.referral_reason.replace("_", " ").lower()
            lane.changed_at = now_seconds
        if selection.at_light_received_at is not None:
            self.latencies_seconds.append(now_seconds - selection.at_light_received_at / 1e6)

    def render(self, now_seconds: float, height: int) -> RenderableType:
        """The board for a terminal of this many lines."""
        lines_for_alerts = ALERTS_KEPT * 2 + 4 if self.alerts else 4
        lines_for_ports = len(self.ports.shown()) + 5
        return Group(
            self._header(),
            self.ports.table(),
            self._lanes_table(now_seconds, max(4, height - lines_for_alerts - lines_for_ports - 8)),
            self._alerts_panel(),
        )

    def _header(self) -> Panel:
        ordered = sorted(self.latencies_seconds)
        latency = "–"
        # A replayed or simulated past has no meaningful light time: minutes or years, not milliseconds.
        if ordered and ordered[len(ordered) // 2] < 60:
            latency = f"p50 {percentile(ordered, 0.5) * 1000:.0f} ms  p99 {percentile(ordered, 0.99) * 1000:.0f} ms"
        hidden = self.counts["alerts for others"]
        others = f" ({hidden:,} for others)" if hidden else ""
        text = Text.assemble(
            (f"{self.readings_per_second:,.0f}", "bold"),
            " readings/s   ",
            (f"{self.counts['passages']:,}", "bold"),
            " vehicles   ",
            (f"■ {self.counts[Light.RED]:,} red", "red"),
            "   ",
            (f"● {self.counts[Light.GREEN]:,} green", "green"),
            f"   {self.counts['alerts']:,} alerts{others}   light {latency}",
            (f"   {self.undecoded:,} records not decoded" if self.undecoded else "", "bold red"),
        )
        return Panel(text, title="border watch", subtitle="a red light is a referral to a person, never an accusation")

    def _lanes_table(self, now_seconds: float, rows: int) -> Table:
        table = Table(expand=True, title="lanes, newest first", title_justify="left")
        for name in ("lane", "light", "why", "vehicle", "plate", "seconds ago"):
            table.add_column(name)
        newest = sorted(self.lanes.items(), key=lambda item: -item[1].changed_at)
        for lane_id, lane in newest[:rows]:
            age = now_seconds - lane.changed_at
            fresh = age < STALE_AFTER_SECONDS
            word, style = SHAPES.get(lane.light, NO_DATA) if fresh else NO_DATA
            plate = lane.plate if lane.plate_of == lane.passage_number else ""
            table.add_row(
                Text(lane_id),  # what looks like rich's markup is none
                Text(word, style),
                lane.reason if fresh else "",
                str(lane.passage_number),
                Text(plate),
                f"{age:.0f}" if lane.changed_at else "–",
            )
        if len(newest) > rows:
            table.caption = f"{len(newest) - rows} more lanes"
        return table

    def _alerts_panel(self) -> Panel:
        blocks: list[RenderableType] = [alert_text(alert) for alert in self.alerts]
        return Panel(Group(*blocks) if blocks else Text("none yet", "grey50"), title="newest alerts and why")


def alert_text(alert: Alert) -> Text:
    """What happened where, and of a vehicle on a second line the strongest evidence with its weight in log-odds."""
    if alert.kind in SUMMARY_SAYS_ALL:
        style = SEVERITY_STYLES.get(alert.severity, "")
        return Text.assemble(
            (f"{alert.severity.lower():9}", style), f" {alert.summary}", no_wrap=True, overflow="ellipsis"
        )
    strongest = sorted(alert.evidence, key=lambda evidence: -abs(evidence.log_odds))[:EVIDENCE_SHOWN]
    reasons = "; ".join(f"{evidence.log_odds:+.1f} {evidence.explanation}" for evidence in strongest)
    confirm = "  confirm against the image first" if alert.confirmation_required else ""
    weighed = (
        f"\n          p = {alert.probability:.2g}: {reasons}" if alert.kind is not AlertKind.LIGHT_FALLBACK else ""
    )
    return Text.assemble(
        (f"{alert.severity.lower():9}", SEVERITY_STYLES.get(alert.severity, "")),
        f" {alert.lane_id} vehicle {alert.passage_number}: {alert.summary}",
        (confirm, "italic"),
        (weighed, "grey62"),
        no_wrap=True,
        overflow="ellipsis",
    )


def percentile(ordered: list[float], share: float) -> float:
    """The value below which this share of an ordered, non-empty list lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
