"""Figures of traces: how far they came, times to crime, firearms, and the towns and states that supply most.

Counts of 1 to SMALL_COUNT - 1 are told of nobody: they stand together as "others", with the smallest of the rest if
these alone would be too few: no subtraction from a total gives one away. Nor does one of towns from states: every
firearm of a state stands in one of its towns or as one without a town, what is hidden of a state that is told is
nothing or enough, and of a state that is not told no town is.

Traces are no sample of the firearms in crime: who asks for a trace, of what, decides. Intervals are of counting alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, median
from typing import Any, Final

from deploy.trace_file import TraceRecord, last_of
from schemas.records import MultipleSale, OperatingMode, Trace, TraceResult
from streams.core.small_counts import exact_interval
from streams.core.traces.state import DAY
from streams.core.traces.time_to_crime import MIDDLE_DAYS, SHORT_DAYS

# A count below is of so few that somebody who knows the case knows the persons; five is usual in statistics of crime
# and health [assumed for traces].
SMALL_COUNT: Final = 5

# Left out of an interval on either side, for 95 %.
TAIL: Final = 0.025

DAYS_PER_YEAR: Final = 365.25

US: Final = "US-"

# Between a town and its state; what begins with it has no town.
WITHOUT_TOWN: Final = ", "

# Bounds of times to crime in days: a quarter, 1, 2, 3, 5 and 10 years.
TIME_BOUNDS: Final = (0, SHORT_DAYS, 365, 731, MIDDLE_DAYS, 1_826, 3_653)


def report_of(records: Sequence[TraceRecord], mode: OperatingMode) -> dict[str, Any]:
    """Figures of what was told last of each trace of one operating mode; JSON-ready."""
    told = [record for record in last_of(records) if record.operating_mode is mode]
    traces = [record for record in told if isinstance(record, Trace)]
    found = [trace for trace in traces if trace.result is TraceResult.PURCHASER_FOUND]
    results = Counter(trace.result for trace in traces)
    in_us = results[TraceResult.PURCHASER_FOUND] + results[TraceResult.US_SOURCE_ONLY]
    sourced = in_us + results[TraceResult.OTHER_SOURCE]
    # A share of sums would give away by subtraction a part that the table hides.
    can_be_told = None not in [shown_count(count) for count in results.values()]
    states = table_of(state_of(trace) for trace in found)
    told_states = frozenset([short_state(row["name"]) for row in states["rows"]])
    return {
        "operating_mode": mode.value,
        "submitted": shown_count(len(traces)),
        "multiple_sales": shown_count(sum(isinstance(record, MultipleSale) for record in told)),
        "small_count": SMALL_COUNT,
        "recovered_in_years": years_of(traces),
        "results": table_of(trace.result.value for trace in traces),
        "us_of_submitted": share_of(in_us, len(traces), can_be_told),
        "us_of_successfully_traced": share_of(in_us, sourced, can_be_told),
        "time_to_crime": times_of(found),
        "firearm_categories": table_of(trace.firearm_category.value for trace in found),
        "firearm_makes": table_of(name_of(trace.firearm_make) for trace in found),
        "firearm_calibers": table_of(name_of(trace.firearm_caliber) for trace in found),
        "source_states": states,
        "source_cities": table_of((city_of(trace) for trace in found), state_in, told_states),
        "recovery_regions": table_of(trace.recovery_region_code or "" for trace in found),
    }


def shown_count(count: int) -> int | None:
    """A count that may be told; None if it is too small."""
    return None if 0 < count < SMALL_COUNT else count


def share_of(hits: int, cases: int, can_be_told: bool) -> dict[str, float | None]:
    """A share with its interval; nothing if it cannot be told or there is none."""
    if not cases or not can_be_told:
        return {"value": None, "low": None, "high": None}
    low, high = exact_interval(hits, cases, TAIL)
    return {"value": hits / cases, "low": low, "high": high}


def one_group(_name: str) -> str:
    """All names together."""
    return ""


def table_of(
    names: Iterable[str],
    group_of: Callable[[str], str] = one_group,
    told_groups: frozenset[str] = frozenset([one_group("")]),
) -> dict[str, Any]:
    """Counts by name, the largest first, with shares and intervals; `others` are those too small to be told alone.

    `group_of`: of what a name is a part; `told_groups`: those whose total stands in another table. Of the other groups
    nothing is told.
    """
    counts = Counter(names)
    total = counts.total()
    hidden = hidden_of(counts, group_of, told_groups)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        {"name": name, "count": count, **share_of_shown(count, total)} for name, count in ranked if name not in hidden
    ]
    together = sum(counts[name] for name in hidden)
    return {
        "total": shown_count(total),
        "rows": rows,
        "others": {"kinds": len(hidden), "count": together, **share_of_shown(together, total)}
        if together >= SMALL_COUNT
        else None,
    }


def hidden_of(counts: Mapping[str, int], group_of: Callable[[str], str], told_groups: frozenset[str]) -> set[str]:
    """Names that are not told alone: the small ones, those of groups that are not told, and the smallest of the rest
    while those hidden of a group, or of all, are too few together."""
    hidden = {name for name, count in counts.items() if count < SMALL_COUNT or group_of(name) not in told_groups}
    groups: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        groups.setdefault(group_of(name), []).append(name)
    for members in [*groups.values(), sorted(counts, key=lambda name: (counts[name], name))]:
        for name in members:  # from the smallest on
            if not 0 < sum(counts[one] for one in members if one in hidden) < SMALL_COUNT:
                break
            hidden.add(name)
    return hidden


def share_of_shown(count: int, total: int) -> dict[str, float]:
    """The share of a count that is told with its total."""
    low, high = exact_interval(count, total, TAIL)
    return {"value": count / total, "low": low, "high": high}


def times_of(found: Sequence[Trace]) -> dict[str, Any]:
    """The distribution of times to crime: classes in order of time, the median and the mean."""
    days = [(trace.recovered_at - (trace.purchased_at or 0)) // DAY for trace in found]
    classes = table_of(str(class_of(one)) for one in days)
    classes["rows"].sort(key=lambda row: int(row["name"]))
    for row in classes["rows"]:
        bounds = dict(pairwise(TIME_BOUNDS))
        row["from_days"] = int(row.pop("name"))
        row["to_days"] = bounds.get(row["from_days"])
    told = len(days) >= SMALL_COUNT
    return {
        "classes": classes,
        "median_days": median(days) if told else None,
        "mean_years": fmean(days) / DAYS_PER_YEAR if told else None,
    }


def class_of(days: int) -> int:
    """The lower bound of the class of a time to crime."""
    return max(bound for bound in TIME_BOUNDS if bound <= days)


def years_of(traces: Sequence[Trace]) -> list[int]:
    """The first and the last year of a recovery; none of too few traces."""
    if len(traces) < SMALL_COUNT:
        return []
    years = [datetime.fromtimestamp(trace.recovered_at / 1e6, UTC).year for trace in traces]
    return [min(years), max(years)]


def name_of(text: str) -> str:
    """A make or a calibre as it is counted: in one case and with single blanks. Nothing is guessed beyond that."""
    return " ".join(text.upper().split())


def state_of(trace: Trace) -> str:
    """The state of the dealer. TX and US-TX are one, or the towns of both would give away the smaller one."""
    code = short_state(trace.dealer_state_code or "")
    return code if "-" in code else US + code


def short_state(code: str) -> str:
    """The state without its country."""
    return " ".join(code.upper().split()).removeprefix(US)


def city_of(trace: Trace) -> str:
    """Town and state of the dealer; `, TX` for one of Texas without a town."""
    town = " ".join((trace.dealer_city_name or "").split())
    return f"{town}{WITHOUT_TOWN}{short_state(state_of(trace))}"


def state_in(city: str) -> str:
    """The state in what `city_of` says."""
    return city.rpartition(WITHOUT_TOWN)[2]


Estimate = Mapping[str, float | None]


def percent(one: Estimate) -> str:
    """`41.2 % [39.0, 43.5]`; a dash for what is not told."""
    if one["value"] is None:
        return "–"
    shown: Callable[[float | None], str] = lambda number: f"{100.0 * (number or 0.0):.1f}"  # noqa: E731
    return f"{shown(one['value'])} % [{shown(one['low'])}, {shown(one['high'])}]"
