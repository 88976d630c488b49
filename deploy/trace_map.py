"""A map of the towns that supply most, as SVG text: a dot for each town, squares for the ports of entry.

Equirectangular, true to scale at the middle latitude of the contiguous states. Only towns whose place is known are on
it (`source_cities.csv`, 230 of them); the table beside it has all.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any, Final

from deploy.evaluation.svg import INK, OTHER, POINT, WIDTH, picture
from schemas.layout import load_ports

# The contiguous states.
WEST, EAST = -125.0, -66.5
SOUTH, NORTH = 24.5, 49.5
SCALE: Final = WIDTH / ((EAST - WEST) * math.cos(math.radians((SOUTH + NORTH) / 2)))  # pixels per degree of latitude
HEIGHT: Final = (NORTH - SOUTH) * SCALE

# Radius of a dot: its area is the share, one of 1 % has 5 pixels; the smallest that is still seen.
RADIUS_OF_ALL: Final = 50.0
RADIUS_MIN: Final = 1.5

# Names of the largest; one that would stand on another is left out.
NAMES_MAX: Final = 20
NAME_WIDTH, NAME_HEIGHT = 95.0, 13.0


def place_of(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Pixels from the left and from the top."""
    return (longitude_deg - WEST) / (EAST - WEST) * WIDTH, (NORTH - latitude_deg) * SCALE


def known_places() -> dict[str, tuple[float, float]]:
    """Pixels of the towns whose place is known, by name as the report has it in lower case: `houston, tx`."""
    text = resources.files("producers.simulator").joinpath("source_cities.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        f"{row['city_name']}, {row['state_code'].removeprefix('US-')}".casefold(): place_of(
            float(row["latitude_deg"]), float(row["longitude_deg"])
        )
        for row in rows
    }


def placed_rows(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], tuple[float, float]]]:
    """Those of a report's rows of towns whose place is known."""
    places = known_places()
    return [(row, places[row["name"].casefold()]) for row in rows if row["name"].casefold() in places]


def source_map(title: str, description: str, placed: Sequence[tuple[Mapping[str, Any], tuple[float, float]]]) -> str:
    """The map; the largest town comes first in `placed`."""
    parts = []
    for port in load_ports().values():
        x, y = place_of(port.latitude_deg, port.longitude_deg)
        parts.append(f'<rect x="{x - 2:.1f}" y="{y - 2:.1f}" width="4" height="4" fill="{OTHER}"/>')
    for row, (x, y) in placed:
        radius = max(RADIUS_OF_ALL * math.sqrt(row["value"]), RADIUS_MIN)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{POINT}" fill-opacity="0.45" '
            f'stroke="{POINT}"><title>{escape(row["name"])}: {row["count"]:,}</title></circle>'
        )
    named: list[tuple[float, float]] = []
    for row, (x, y) in placed[:NAMES_MAX]:
        if all(abs(x - other) > NAME_WIDTH or abs(y - top) > NAME_HEIGHT for other, top in named):
            named.append((x, y))
            parts.append(f'<text x="{x + 6:.1f}" y="{y + 4:.1f}" fill="{INK}">{escape(row["name"])}</text>')
    return picture(title, description, HEIGHT, parts)
