"""The report of traces for people: tables on a screen, and one HTML page that needs nothing else.

No network, no script; every plot has a title and a description, and its numbers in the table beside it.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.evaluation.page import STYLE, table
from deploy.evaluation.svg import Row, intervals
from deploy.trace_map import placed_rows, source_map
from deploy.trace_report import WITHOUT_TOWN, percent
from deploy.trace_texts import TEXTS, Language

# Rows of a plot and of a table on the screen; the page's tables have all.
ROWS_MAX: Final = 25

TABLES: Final = (
    "results",
    "source_states",
    "source_cities",
    "firearm_categories",
    "firearm_makes",
    "firearm_calibers",
    "recovery_regions",
)


class Words:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def name(self, name: str) -> str:
        """A category's name; towns, states, makes and calibres stand as they are."""
        if name.startswith(WITHOUT_TOWN):
            return self("unknown") + name
        return self._texts.get(name, name) if name else self("unknown")

    def number(self, number: int | None, small: int) -> str:
        """A count, or that it is too small to be told."""
        return self("few", small=small) if number is None else f"{number:,}"


def introduction(result: Mapping[str, Any], say: Words) -> list[str]:
    """What the figures are of, in sentences."""
    small, years = result["small_count"], result["recovered_in_years"]
    return [
        say("restricted"),
        say(
            "scope",
            submitted=say.number(result["submitted"], small),
            years="–".join(str(year) for year in dict.fromkeys(years)) or "–",
            mode=say(f"mode_{result['operating_mode']}"),
            multiple_sales=say.number(result["multiple_sales"], small),
        ),
        say(
            "us",
            of_traced=percent(result["us_of_successfully_traced"]),
            of_submitted=percent(result["us_of_submitted"]),
        ),
        say("sample"),
        say("suppressed", below=small - 1),
    ]


def time_texts(result: Mapping[str, Any], say: Words) -> tuple[str, dict[str, Any]]:
    """Median and mean in a sentence, and the classes as a table of named rows."""
    times = result["time_to_crime"]
    classes = times["classes"]
    rows = [{**row, "name": time_name(row["from_days"], row["to_days"], say)} for row in classes["rows"]]
    median, mean = times["median_days"], times["mean_years"]
    sentence = "" if median is None else say("times", median=f"{median:,.0f}", mean=f"{mean:.1f}")
    return sentence, {**classes, "rows": rows}


def time_name(first: int, to: int | None, say: Words) -> str:
    """A class of times to crime."""
    if to is None:
        return say("from", first=f"{first:,}")
    return say("between", first=f"{first:,}", last=f"{to - 1:,}") if first else say("under", to=to)


def cells_of(part: Mapping[str, Any], say: Words) -> list[list[str]]:
    """Rows of a table: name, count, share; the others last."""
    cells = [[say.name(row["name"]), f"{row['count']:,}", percent(row)] for row in part["rows"]]
    others = part["others"]
    if others:
        cells.append([say("others", kinds=others["kinds"]), f"{others['count']:,}", percent(others)])
    return cells


def page_of(result: Mapping[str, Any], language: Language) -> str:
    """The page."""
    say = Words(language)
    first, *others = introduction(result, say)
    head = f'<p class="alert">{escape(first)}</p>' + "".join(f"<p>{escape(text)}</p>" for text in others)
    sentence, times = time_texts(result, say)
    sections = [section("time_to_crime", times, say, sentence)]
    sections.append(map_section(result["source_cities"]["rows"], say))
    sections += [section(name, result[name], say) for name in TABLES]
    return (
        f'<!DOCTYPE html>\n<html lang="{say("lang")}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(say('title'))}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(say('title'))}</h1>{head}{''.join(sections)}</main></body></html>\n"
    )


def map_section(rows: Sequence[Mapping[str, Any]], say: Words) -> str:
    """The map of towns with what it shows; nothing if no place is known."""
    towns = [row for row in rows if not row["name"].startswith(WITHOUT_TOWN)]
    placed = placed_rows(towns)
    if not placed:
        return ""
    told = say("map_description", placed=len(placed), shown=len(towns))
    plot = source_map(say("map"), told, placed)
    return f"<section><h2>{escape(say('map'))}</h2><p>{escape(told)}</p><figure>{plot}</figure></section>"


def section(name: str, part: Mapping[str, Any], say: Words, sentence: str = "") -> str:
    """A heading, a plot of the first rows, and the table of all; only the heading if there are none."""
    title, cells = say(name), cells_of(part, say)
    if not cells:
        return f"<section><h2>{escape(title)}</h2><p>–</p></section>"
    rows = [Row(say.name(row["name"]), row["value"], row["low"], row["high"]) for row in part["rows"][:ROWS_MAX]]
    plot = f"<figure>{intervals(title, say('description'), rows, say('axis'))}</figure>" if rows else ""
    told = f"<p>{escape(sentence)}</p>" if sentence else ""
    heads = [say("name"), say("count"), say("share")]
    return f"<section><h2>{escape(title)}</h2>{told}{plot}{table(title, heads, cells)}</section>"


def show(result: Mapping[str, Any], language: Language) -> None:
    """The same on a screen, long tables cut."""
    console, say = Console(), Words(language)
    for text in introduction(result, say):
        console.print(text, markup=False, highlight=False)
    sentence, times = time_texts(result, say)
    console.print(screen_table(say("time_to_crime"), cells_of(times, say), say))
    if sentence:
        console.print(sentence, markup=False, highlight=False)
    for name in TABLES:
        console.print(screen_table(say(name), cells_of(result[name], say), say))


def screen_table(title: str, cells: Sequence[Sequence[str]], say: Words) -> Table:
    """A table on the screen; the last row is kept, since it may be that of the others."""
    shown = Table(title=Text(title), title_justify="left")
    shown.add_column(say("name"))
    for head in (say("count"), say("share")):
        shown.add_column(Text(head), justify="right")
    cut = len(cells) > ROWS_MAX + 1
    for row in [*cells[:ROWS_MAX], ["…", "", ""], cells[-1]] if cut else cells:
        shown.add_row(*map(Text, row))
    return shown
