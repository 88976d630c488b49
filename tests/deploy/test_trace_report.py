"""The report of traces: shares with intervals, small counts told of nobody, both languages, one accessible page."""

import string
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.trace_map import placed_rows, source_map
from deploy.trace_page import page_of, show
from deploy.trace_report import SMALL_COUNT, report_of, table_of
from deploy.trace_texts import TEXTS, Language
from producers.simulator.traces import simulate_traces
from schemas.records import OperatingMode, Trace, TraceResult
from tests.core.traces.builders import report, trace

NO_ONE = {"purchaser_id": None, "purchased_at": None, "dealer_state_code": None, "dealer_city_name": None}


def untraced(number: int, result: TraceResult) -> Trace:
    return trace(number, result=result, **NO_ONE)


def test_the_share_of_the_successfully_traced_stands_beside_that_of_all() -> None:
    traces = [trace(number) for number in range(60)]
    traces += [untraced(100 + number, TraceResult.US_SOURCE_ONLY) for number in range(30)]
    traces += [untraced(200 + number, TraceResult.OTHER_SOURCE) for number in range(10)]
    traces += [untraced(300 + number, TraceResult.NOT_TRACED) for number in range(100)]
    told = report_of(traces, OperatingMode.OPERATIONAL)
    assert told["submitted"] == 200
    assert told["us_of_successfully_traced"]["value"] == 0.9  # 90 of 100
    assert told["us_of_submitted"]["value"] == 0.45  # 90 of 200
    # Clopper and Pearson's of 90 in 100: 0.8238 to 0.9510 (published tables).
    assert told["us_of_successfully_traced"]["low"] == pytest.approx(0.8238, abs=1e-4)
    assert told["us_of_successfully_traced"]["high"] == pytest.approx(0.9510, abs=1e-4)


def test_times_to_crime_are_told_by_class_with_median_and_mean() -> None:
    days = [10] * 6 + [90] * 4 + [91] * 10 + [1_500] * 20
    traces = [trace(number, bought=380 - one, recovered=380) for number, one in enumerate(days)]
    times = report_of(traces, OperatingMode.OPERATIONAL)["time_to_crime"]
    rows = [(row["from_days"], row["to_days"], row["count"]) for row in times["classes"]["rows"]]
    assert rows == [(0, 91, 10), (91, 365, 10), (1_096, 1_826, 20)]
    assert times["median_days"] == (91 + 1_500) / 2
    assert times["mean_years"] == pytest.approx((60 + 360 + 910 + 30_000) / 40 / 365.25)


def test_another_mode_and_what_was_withdrawn_are_left_out() -> None:
    traces = [trace(number) for number in range(10)]
    traces += [trace(20 + number, operating_mode=OperatingMode.SIMULATED) for number in range(7)]
    traces += [trace(number, revision=2, withdrawn=True) for number in range(4)]
    told = report_of([*traces, *[report(number) for number in range(5)]], OperatingMode.OPERATIONAL)
    assert (told["submitted"], told["multiple_sales"]) == (6, 5)


@given(st.dictionaries(st.sampled_from(string.ascii_uppercase), st.integers(1, 12), max_size=12))
def test_no_small_count_is_told_nor_can_it_be_worked_out(counts: dict[str, int]) -> None:
    told = table_of(Counter(counts).elements())
    shown = {row["name"]: row["count"] for row in told["rows"]}
    assert all(count >= SMALL_COUNT and counts[name] == count for name, count in shown.items())
    hidden = sum(counts.values()) - sum(shown.values())
    assert hidden == 0 or hidden >= SMALL_COUNT or not shown
    if hidden and shown:
        assert told["others"]["count"] == hidden
        # What is hidden is of two kinds or more, or of one that is no small count.
        assert told["others"]["kinds"] >= 2 or hidden >= SMALL_COUNT
    if sum(counts.values()) < SMALL_COUNT:
        assert told["rows"] == [] and told["others"] is None and not told["total"]


def by_dealer(places: dict[tuple[str, str | None], int]) -> list[Trace]:
    """So many traces of dealers in each town, or in a state without one."""
    dealers = [place for place, count in places.items() for _ in range(count)]
    return [
        trace(number, dealer_state_code=state, dealer_city_name=town) for number, (state, town) in enumerate(dealers)
    ]


def derived(places: dict[tuple[str, str | None], int]) -> dict[str, int]:
    """Every count that both tables give away: as told, and by all subtractions of towns from their states."""
    told = report_of(by_dealer(places), OperatingMode.OPERATIONAL)
    states, cities = told["source_states"], told["source_cities"]
    found = {row["name"]: row["count"] for row in [*states["rows"], *cities["rows"]]}
    left = {row["name"].removeprefix("US-"): row["count"] for row in states["rows"]}
    hidden = states["others"]["count"] if states["others"] else 0
    for row in cities["rows"]:
        state = row["name"].rpartition(", ")[2]
        if state in left:
            left[state] -= row["count"]
        else:  # a town of one of the other states
            hidden -= row["count"]
    found |= {f"hidden of {state}": count for state, count in left.items()} | {"hidden of the others": hidden}
    if cities["others"]:
        found["hidden towns of all"] = cities["others"]["count"]
    return found


PLACES = st.tuples(
    st.sampled_from(["US-A", "US-B", "B", "US-C", "MX-D"]), st.sampled_from([None, "T", "U", "V", "A, B"])
)


@given(st.dictionaries(PLACES, st.integers(1, 12), min_size=1, max_size=14))
def test_no_small_count_can_be_worked_out_of_states_and_towns_together(
    places: dict[tuple[str, str | None], int],
) -> None:
    assert all(count == 0 or count >= SMALL_COUNT for count in derived(places).values())


def test_a_town_of_a_state_that_is_not_told_gives_nothing_away() -> None:
    places = {("US-TX", "Houston"): 492, ("US-TX", "Del Rio"): 8, ("US-AZ", "Phoenix"): 30, ("US-NM", "Deming"): 2}
    found = derived(places)
    assert (found["US-TX"], found["Houston, TX"], found["hidden of the others"]) == (500, 492, 32)
    assert "Phoenix, AZ" not in found


def test_dealers_without_a_town_are_of_a_state_too() -> None:
    places = {("US-TX", "Houston"): 17, ("US-TX", None): 3, ("US-AZ", None): 10, ("US-AZ", "Phoenix"): 20}
    found = derived(places)
    assert (found["US-TX"], found["hidden of TX"]) == (20, 20)  # Houston is hidden with them
    assert (found["Phoenix, AZ"], found[", AZ"], found["hidden of AZ"]) == (20, 10, 0)
    told = report_of(by_dealer(places), OperatingMode.OPERATIONAL)
    assert "not stated, AZ" in page_of(told, Language.EN)


@pytest.mark.parametrize("small", [TraceResult.OTHER_SOURCE, TraceResult.US_SOURCE_ONLY])
def test_a_share_that_would_give_a_small_count_away_is_not_told(small: TraceResult) -> None:
    traces = [trace(number) for number in range(60)]
    traces += [untraced(100 + number, TraceResult.NOT_TRACED) for number in range(10)]
    told = report_of(traces, OperatingMode.OPERATIONAL)
    assert told["us_of_submitted"]["value"] == 60 / 70
    told = report_of([*traces, untraced(99, small)], OperatingMode.OPERATIONAL)
    assert told["us_of_successfully_traced"]["value"] is None and told["us_of_submitted"]["value"] is None


def test_both_languages_say_the_same_things_with_the_same_numbers() -> None:
    english, spanish = TEXTS[Language.EN], TEXTS[Language.ES]
    assert english.keys() == spanish.keys()

    def placeholders(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, text in english.items():
        assert placeholders(text) == placeholders(spanish[key]), key


class Page(HTMLParser):
    """Counts what a page needs to be read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.languages: list[str | None] = []
        self.unnamed = 0
        self.unscoped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        given = dict(attrs)
        if tag == "html":
            self.languages.append(given.get("lang"))
        self.unnamed += tag == "svg" and not (given.get("role") == "img" and given.get("aria-label"))
        self.unscoped += tag == "th" and "scope" not in given
        assert tag not in ("script", "link", "img", "iframe")


@pytest.mark.parametrize(
    ("language", "lang", "words"), [(Language.EN, "en", "Cities that supply"), (Language.ES, "es-MX", "Ciudades que")]
)
def test_the_page_is_whole_and_can_be_read_aloud(language: Language, lang: str, words: str) -> None:
    result = report_of(simulate_traces(5, 3_000).traces, OperatingMode.SIMULATED)
    text = page_of(result, language)
    page = Page()
    page.feed(text)
    assert page.languages == [lang] and words in text and "Houston, TX" in text
    assert page.tags["table"] == page.tags["caption"] == page.tags["svg"] - 1 == 8  # and a map
    assert page.tags["h1"] == page.tags["main"] == 1 and page.unnamed == page.unscoped == 0
    assert "http" not in text and "sim-purchaser" not in text and "SIM0" not in text


def test_the_map_has_a_dot_for_each_town_whose_place_is_known() -> None:
    traces = [trace(number) for number in range(6)]
    traces += [trace(10 + number, dealer_city_name="No Such Town") for number in range(5)]
    traces += [trace(20 + number, dealer_state_code="US-AZ", dealer_city_name="TUCSON") for number in range(24)]
    rows = report_of(traces, OperatingMode.OPERATIONAL)["source_cities"]["rows"]
    placed = placed_rows(rows)
    assert [row["name"] for row, _ in placed] == ["TUCSON, AZ", "Laredo, TX"]
    (tucson_x, tucson_y), (laredo_x, laredo_y) = (place for _, place in placed)
    assert tucson_x < laredo_x and tucson_y < laredo_y  # it lies to the north-west
    drawn = source_map("title", "description", placed)
    assert drawn.count("<circle") == 2 and drawn.count("<rect") == 28  # every port of the border
    page = page_of(report_of(traces, OperatingMode.OPERATIONAL), Language.EN)
    assert "2 of 3 cities at their place" in page


@pytest.mark.parametrize("language", list(Language))
def test_nothing_at_all_is_a_report_too(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    result = report_of([], OperatingMode.OPERATIONAL)
    show(result, language)
    assert TEXTS[language]["restricted"][:20] in capsys.readouterr().out
    assert "<h1>" in page_of(result, language)


def test_what_a_file_says_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    traces = [trace(number, firearm_make="<b>[/red]") for number in range(6)]
    result = report_of(traces, OperatingMode.OPERATIONAL)
    assert "&lt;B&gt;[/RED]" in page_of(result, Language.EN)
    show(result, Language.EN)
    assert "<B>[/RED]" in capsys.readouterr().out
