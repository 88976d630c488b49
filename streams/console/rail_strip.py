"""The train strip: one cell per car that fills as the train passes, and what is left to do about the others.

    ◄ head   1 xxCCCCCCwwOCCA·········   one letter and one colour for each state, in the order in which cars pass
    open, most urgent first: place, car, why, what to do

A car that was not decided yet is grey, never green, and nothing is cut off: a long train takes several lines.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.records import CarCoverage, CarState, ConsistDiscrepancy, CoverageAction, CoverageReason
from streams.console.rail_visits import DayCounts, DayKey, Visit, Visits, days_of

STALE_AFTER_SECONDS: Final = 300.0  # a car passes every nine seconds, and an operator decides within a minute
CELLS_PER_LINE_MIN: Final = 10
PLACE_WIDTH: Final = 5
FRAME_WIDTH: Final = 4  # of the panel
LABEL_WIDTH: Final = 7
OPEN_LINES_MIN: Final = 3
DAYS_SHOWN: Final = 8

ADDED: Final = ("A", "bold white on red", "added")
WAITING: Final = ("w", "black on yellow", "waits for the operator")
CELLS: Final = {
    CarState.CLEARED: ("C", "black on green", "cleared"),
    CarState.CLEARED_BY_HAND: ("H", "black on cyan", "cleared by hand"),
    CarState.OPEN: ("O", "bold white on red", "open"),
    CarState.MISSING: ("M", "bold white on magenta", "missing"),
    CarState.EXEMPT: ("x", "grey62", "exempt"),
    CarState.EXPECTED: ("·", "grey50", "expected"),
    CarState.WITHDRAWN: (" ", "", "withdrawn"),
    CarState.UNKNOWN: ("?", "black on yellow", "unknown"),
}
ACTIONS: Final = {
    CoverageAction.NONE: "nothing",
    CoverageAction.RESCAN: "scan again",
    CoverageAction.OPERATOR_DECISION: "operator decides",
    CoverageAction.IDENTIFY: "identify",
    CoverageAction.HAND_INSPECTION: "inspect by hand",
    CoverageAction.FIND: "find the car",
}


def cell_of(car: CarCoverage) -> tuple[str, str, str]:
    """Letter, colour and word of a car."""
    if car.state is CarState.OPEN and car.discrepancy is ConsistDiscrepancy.ADDED:
        return ADDED
    if car.state is CarState.OPEN and car.reasons == (CoverageReason.SCAN_UNDECIDED,):
        return WAITING
    return CELLS.get(car.state, CELLS[CarState.UNKNOWN])


def letters_of(visit: Visit) -> str:
    """The strip in letters alone."""
    return "".join([cell_of(car)[0] for car in visit.in_order()])


def name_of(car: CarCoverage) -> str:
    """Mark and number, as painted."""
    return f"{car.mark} {car.number}" if car.mark and car.number is not None else "no number"


def open_line(car: CarCoverage) -> Text:
    """One car that must not leave: place, car, why, what to do, and the numbers behind it."""
    letter, style, _ = cell_of(car)
    place = f"{car.track_position:>4}" if car.track_position is not None else f"  ({car.consist_position or '–'})"
    reasons = ", ".join(reason.replace("_", " ").lower() for reason in car.reasons) or car.state.lower()
    return Text.assemble(
        (letter, style),
        f" {place:<6}{name_of(car):<12}  {reasons} → ",
        (ACTIONS.get(car.action, "look at it"), "bold"),
        (f"  {car.explanation}", "grey62"),
        no_wrap=True,
        overflow="ellipsis",
    )


def snapshot_of(visit: Visit) -> dict[str, Any]:
    """A train as one JSON object."""
    train = visit.train
    counts = {name: None if train is None else getattr(train, name) for name in COUNTS}
    return {
        "visit_id": visit.visit_id,
        "port_code": visit.port_code,
        "track_id": visit.track_id,
        "train_id": visit.train_id,
        "operating_mode": visit.operating_mode,
        "decided_at": visit.told_at,
        "entered_at": None if train is None else train.entered_at,
        "left_at": None if train is None else train.left_at,
        "released_at": None if train is None else train.released_at,
        "backwards": None if train is None else train.backwards,
        **counts,
        "coverable": None if train is None else train.coverable,
        "covered": None if train is None else train.covered,
        "strip": letters_of(visit),
        "open": [
            {
                "track_position": car.track_position,
                "consist_position": car.consist_position,
                "mark": car.mark,
                "number": car.number,
                "state": car.state,
                "reasons": list(car.reasons),
                "action": car.action,
                "explanation": car.explanation,
            }
            for car in visit.to_do()
        ],
    }


COUNTS: Final = (
    "cars_expected",
    "cars_seen",
    "cars_scanned_well",
    "cars_cleared",
    "cars_open",
    "cars_missing",
    "cars_added",
    "cars_out_of_sequence",
)


def strip_text(visit: Visit, width: int) -> Text:
    """The cells, so many in a line as fit, each line with the number of its first cell. The train moves to the left."""
    backwards = visit.train is not None and visit.train.backwards
    first, last = ("◄ tail", "head") if backwards else ("◄ head", "tail")
    cells = [cell_of(car) for car in visit.in_order()]
    room = max(CELLS_PER_LINE_MIN, width - LABEL_WIDTH - PLACE_WIDTH - len(last) - 1)
    text = Text(no_wrap=True)
    for start in range(0, len(cells), room):
        text.append(f"{first if start == 0 else '':<{LABEL_WIDTH}}", "bold")
        text.append(f"{start + 1:>{PLACE_WIDTH - 1}} ", "grey50")
        for letter, style, _ in cells[start : start + room]:
            text.append(letter, style)
        text.append(f" {last}" if start + room >= len(cells) else "\n", "bold")
    return text


def counts_text(visit: Visit) -> Text:
    """The counts of a train, and what they come to."""
    train = visit.train
    if train is None:
        return Text("its counts were not told yet", "grey50")
    if not train.coverable:
        word, style = "NOT COVERABLE: the scanner is taken to have failed", "bold white on red"
    elif train.covered:
        word, style = "COVERED", "bold green"
    else:
        word, style = "not covered", "bold"
    listed = "no list" if train.consist_revision is None else f"{train.cars_expected} listed"
    return Text.assemble(
        f"{listed}  {train.cars_seen} seen  {train.cars_scanned_well} scanned well  {train.cars_cleared} cleared  ",
        (f"{train.cars_open} open", "bold red" if train.cars_open else ""),
        "  ",
        (f"{train.cars_missing} missing", "bold magenta" if train.cars_missing else ""),
        "  ",
        (f"{train.cars_added} added", "bold red" if train.cars_added else ""),
        "  ",
        (word, style),
    )


@dataclass
class RailBoard:
    """What `border watch --rail` shows. `utc_offset_hours`: standard time of each port."""

    utc_offset_hours: dict[str, float] = field(default_factory=dict)
    visits: Visits = field(default_factory=Visits)
    undecoded: int = 0

    def render(self, now_seconds: float, width: int, height: int) -> RenderableType:
        """The board for a terminal of this size."""
        trains, days = self.visits.on_tracks(), self._days()
        blocks: list[RenderableType] = [self._header()]
        fixed = sum(3 + len(strip_text(one, width - FRAME_WIDTH).split("\n")) for one in trains) + len(days) + 8
        lines = max(OPEN_LINES_MIN, (height - fixed) // max(1, len(trains)))
        blocks += [train_panel(one, now_seconds, width - FRAME_WIDTH, lines) for one in trains]
        if not trains:
            blocks.append(Panel(Text("no train on any track that the log tells of", "grey50")))
        blocks.append(days_table(days))
        return Group(*blocks)

    def _days(self) -> dict[DayKey, DayCounts]:
        days = days_of(self.visits.current(), self.utc_offset_hours)
        return dict(list(days.items())[-DAYS_SHOWN:])

    def _header(self) -> Text:
        text = Text("border watch --rail  ", "bold")
        for letter, style, word in (*list(CELLS.values())[:3], ADDED, WAITING, *list(CELLS.values())[3:6]):
            text.append(letter, style)
            text.append(f" {word}  ")
        if self.undecoded:
            text.append(f"{self.undecoded:,} records not decoded", "bold red")
        listed = Counter(one.port_code for one in self.visits.expected())
        if listed:
            coming = ", ".join(f"{count} at {port}" for port, count in sorted(listed.items()))
            text.append(f"\nlisted and not seen yet: {coming}", "grey62")
        return text


def train_panel(visit: Visit, now_seconds: float, width: int, open_lines: int) -> Panel:
    """One train: counts, strip, and the most urgent of what is to be done."""
    left, age = visit.to_do(), now_seconds - visit.told_at / 1e6
    stale = f"  no news for {age / 60:,.0f} min" if age > STALE_AFTER_SECONDS else ""
    body = [counts_text(visit), strip_text(visit, width), *[open_line(car) for car in left[:open_lines]]]
    if len(left) > open_lines:
        body.append(Text(f"and {len(left) - open_lines} more", "grey62"))
    mode = "" if visit.operating_mode == "OPERATIONAL" else f"  {visit.operating_mode.lower()}"
    moved = visit.train is not None and visit.train.left_at is not None
    where = "through the portal, not released" if moved else "passing"
    title = Text(f"{visit.track_id}  train {visit.train_id or 'not known yet'}{mode}  {where}{stale}")
    return Panel(Group(*body), title=title, title_align="left", width=width + FRAME_WIDTH)


def days_table(days: dict[DayKey, DayCounts]) -> Table:
    """The share of cars scanned well, by port and day."""
    table = Table(title="cars scanned well, by port and its own day", title_justify="left", expand=True)
    for heading in ("port", "day"):
        table.add_column(heading)
    for heading in ("scanned well", "cars", "cleared", "open", "missing", "added", "trains covered", "not coverable"):
        table.add_column(heading, justify="right")
    for key, counts in reversed(days.items()):
        mode = "" if key.operating_mode == "OPERATIONAL" else f" {key.operating_mode.lower()}"
        ratio = counts.scanned_well_ratio
        table.add_row(
            Text(key.port_code + mode),
            date_of(key.day),
            "–" if ratio is None else share_text(counts.cars_scanned_well, counts.cars),
            *[
                f"{count:,}"
                for count in (
                    counts.cars,
                    counts.cars_cleared,
                    counts.cars_open,
                    counts.cars_missing,
                    counts.cars_added,
                )
            ],
            f"{counts.trains_covered} of {counts.trains}",
            f"{counts.trains_not_coverable:,}",
        )
    return table


def share_text(part: int, whole: int) -> str:
    """A share in percent that says 100 of the whole only: one car in a thousand that was not scanned must show."""
    tenths = 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10} %"


def date_of(day: int) -> str:
    """ISO date of a day since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()
