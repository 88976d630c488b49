"""Plots as SVG text, without a library: estimates with their intervals in rows, and predicted against observed.

Every plot has a title and a description, which screen readers say; the page has the numbers in a table beside it.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 760
LABELS: Final = 230  # width of the rows' labels
RIGHT: Final = 30
ROW: Final = 22
TOP: Final = 14
AXIS: Final = 38
TICKS: Final = 6
# Dark enough on white for text (WCAG AA); told apart by shape as well, so not by colour alone.
INK, FAINT, POINT, OTHER = "#1b1b1b", "#8a8a8a", "#00508c", "#9a4a00"


class Row(NamedTuple):
    """One estimate. What is no number is not drawn."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    other: bool = False  # drawn as a square in the second colour


def intervals(title: str, description: str, rows: Sequence[Row], axis: str, reference: float | None = None) -> str:
    """Rows of estimates with their intervals, and a dashed line at a reference."""
    known = [value for row in rows for value in (row.value, row.low, row.high) if value is not None]
    known += [0.0] if reference is None else [0.0, reference]
    low, high = min(known), max(known)
    step = nice_step((high - low) or 1.0)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step or step
    bottom = TOP + ROW * len(rows)

    def x(value: float) -> float:
        return LABELS + (value - low) / (high - low) * (WIDTH - LABELS - RIGHT)

    parts = []
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        parts.append(line(x(value), TOP, x(value), bottom, "#e2e2e2"))
        parts.append(text(x(value), bottom + 16, f"{value:.6g}", "middle"))
    if reference is not None:
        parts.append(line(x(reference), TOP, x(reference), bottom, FAINT, ' stroke-dasharray="5 4"'))
    for number, row in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        parts.append(text(LABELS - 10, y + 4, row.label, "end"))
        colour = OTHER if row.other else POINT
        if row.low is not None and row.high is not None:
            parts.append(line(x(row.low), y, x(row.high), y, colour, ' stroke-width="2"'))
        if row.value is not None:
            parts.append(mark(x(row.value), y, colour, row.other))
    parts.append(text((LABELS + WIDTH - RIGHT) / 2, bottom + 33, axis, "middle"))
    return picture(title, description, bottom + AXIS, parts)


class Point(NamedTuple):
    """A prediction and what was observed, both above 0, with the observation's interval."""

    predicted: float
    observed: float
    low: float
    high: float


def reliability(title: str, description: str, points: Sequence[Point]) -> str:
    """Predicted against observed probabilities, both logarithmic, with the diagonal of right predictions."""
    known = [value for point in points for value in point if value > 0.0] or [0.01]
    low, high = math.floor(math.log10(min(known))), max(math.ceil(math.log10(max(known))), 0)
    left, size = 90, 380

    def x(value: float) -> float:
        return left + (math.log10(value) - low) / (high - low) * size

    def y(value: float) -> float:
        return TOP + size - (math.log10(max(value, 10.0**low)) - low) / (high - low) * size

    parts = []
    for power in range(low, high + 1):
        value = 10.0**power
        parts.append(line(x(value), TOP, x(value), TOP + size, "#e2e2e2"))
        parts.append(line(left, y(value), left + size, y(value), "#e2e2e2"))
        parts.append(text(x(value), TOP + size + 16, f"{value:g}", "middle"))
        parts.append(text(left - 8, y(value) + 4, f"{value:g}", "end"))
    parts.append(line(x(10.0**low), y(10.0**low), x(10.0**high), y(10.0**high), FAINT, ' stroke-dasharray="5 4"'))
    for point in points:
        parts.append(line(x(point.predicted), y(point.low), x(point.predicted), y(point.high), POINT, ""))
        parts.append(mark(x(point.predicted), y(point.observed), POINT, False))
    parts.append(text(left + size / 2, TOP + size + 34, "predicted probability", "middle"))
    middle = TOP + size / 2
    parts.append(text(20, middle, "observed share", "middle", f' transform="rotate(-90 20 {middle:.0f})"'))
    return picture(title, description, TOP + size + AXIS + 4, parts)


def nice_step(extent: float) -> float:
    """1, 2 or 5 times a power of ten, so that about TICKS of them fill an extent."""
    power = 10.0 ** math.floor(math.log10(extent / TICKS))
    return power * next(factor for factor in (1, 2, 5, 10) if power * factor * TICKS >= extent * 0.999)


def picture(title: str, description: str, height: float, parts: Sequence[str]) -> str:
    """The whole drawing."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def text(x: float, y: float, said: str, anchor: str, more: str = "") -> str:
    """A piece of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"{more}>{escape(said)}</text>'


def mark(x: float, y: float, colour: str, square: bool) -> str:
    """An estimate: a dot, or a square of the second kind."""
    if square:
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
