"""The HTML page: whole, self-contained and readable without seeing the plots."""

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from deploy.evaluation.svg import Point, Row, intervals, nice_step, reliability

VOID = {"meta", "line", "circle", "rect"}


class Page(HTMLParser):
    """Tags counted, attributes kept, and every tag closed in the order in which it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check_page(text: str) -> Page:
    """Raises AssertionError for a page that is broken, loads anything or lacks a table for a plot."""
    page = Page(text)
    assert not page.open
    assert not page.tags["script"] and not page.tags["link"] and not page.tags["img"] and not page.tags["iframe"]
    assert not [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
    assert "://" not in text and "@import" not in text and "url(" not in text
    assert page.tags["h1"] == 1 and page.tags["h2"] >= 6
    assert page.tags["table"] >= page.tags["svg"] >= 6
    assert page.tags["caption"] == page.tags["table"]
    assert page.tags["title"] == page.tags["svg"] + 1 and page.tags["desc"] == page.tags["svg"]
    assert ("lang", "en") in page.attributes
    return page


def test_labels_are_escaped() -> None:
    drawing = Page(intervals("a < b", "c & d", [Row("<script>", 1.0, 0.5, 2.0)], "x"))
    assert not drawing.tags["script"] and "<script>" in drawing.words


def test_what_is_no_number_is_not_drawn() -> None:
    drawing = Page(intervals("t", "d", [Row("known", 1.0, 0.5, 1.5), Row("unknown", None)], "x"))
    assert drawing.tags["circle"] == 1 and {"known", "unknown"} <= set(drawing.words)


@pytest.mark.parametrize("rows", [[], [Row("nothing", 0.0, 0.0, 0.0)], [Row("below", -3.0, -4.0, -1.0)]])
def test_a_plot_of_little_is_still_a_plot(rows: list[Row]) -> None:
    drawing = Page(intervals("t", "d", rows, "x", 0.0))
    numbers = [value for name, value in drawing.attributes if name in ("x", "x1", "x2", "cx")]
    assert all(0.0 <= float(number) <= 760.0 for number in numbers)


def test_right_predictions_stand_on_the_diagonal() -> None:
    drawing = Page(reliability("t", "d", [Point(0.01, 0.01, 0.005, 0.02)]))
    diagonal = dict(drawing.attributes[[name for name, _ in drawing.attributes].index("stroke-dasharray") - 5 :][:5])
    where: dict[str, Any] = {name: value for name, value in drawing.attributes if name in ("cx", "cy")}
    run = float(diagonal["x2"]) - float(diagonal["x1"])
    rise = float(diagonal["y1"]) - float(diagonal["y2"])
    along = (float(where["cx"]) - float(diagonal["x1"])) / run
    assert (float(diagonal["y1"]) - float(where["cy"])) / rise == pytest.approx(along, abs=0.01)


@pytest.mark.parametrize(("extent", "step"), [(10.0, 2.0), (1.0, 0.2), (0.035, 0.01), (600.0, 100.0)])
def test_ticks_are_round_numbers(extent: float, step: float) -> None:
    assert nice_step(extent) == pytest.approx(step)
