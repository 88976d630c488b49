"""Dates, federal holidays and business days against Python's calendar and the government's own lists."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.traces.business_days import (
    BUSINESS_DAYS,
    SPAN_DAYS_MAX,
    date_of,
    date_text,
    day_number,
    holidays_of,
    is_business_day,
    positions_of,
    weekday_of,
)

EPOCH = date(1970, 1, 1)

# As published by the Office of Personnel Management for these years.
PUBLISHED = {
    2021: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24",
    2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
}


def day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


@given(st.dates(date(1600, 1, 1), date(2400, 1, 1)))
def test_dates_are_python_s(one: date) -> None:
    number = (one - EPOCH).days
    assert date_of(number) == (one.year, one.month, one.day)
    assert day_number(one.year, one.month, one.day) == number
    assert (date_text(number), weekday_of(number)) == (one.isoformat(), one.weekday())


@pytest.mark.parametrize(("year", "days"), PUBLISHED.items())
def test_holidays_are_those_published(year: int, days: str) -> None:
    assert holidays_of(year) == {day(f"{year}-{one}") for one in days.split()}


def test_new_year_on_a_saturday_is_kept_in_the_year_before() -> None:
    assert not is_business_day(day("2021-12-31"))
    assert is_business_day(day("2020-12-31"))


def test_holidays_begin_when_they_were_made() -> None:
    assert is_business_day(day("2020-06-19")) and not is_business_day(day("2023-06-19"))
    assert is_business_day(day("1985-01-21")) and not is_business_day(day("1986-01-20"))


@pytest.mark.parametrize(
    ("first", "last", "within"),
    [
        ("2026-03-02", "2026-03-02", True),  # one day
        ("2026-03-02", "2026-03-06", True),  # Monday to Friday
        ("2026-03-02", "2026-03-08", True),  # the Sunday counts with its Friday
        ("2026-03-02", "2026-03-09", False),
        ("2026-03-05", "2026-03-11", True),  # Thursday over a weekend to Wednesday
        ("2026-03-05", "2026-03-12", False),
        ("2026-05-21", "2026-05-28", True),  # Memorial Day on the 25th
        ("2026-05-21", "2026-05-29", False),
        ("2021-12-23", "2022-01-02", True),  # Christmas and New Year kept on the Fridays before
        ("2021-12-23", "2022-01-03", False),
    ],
)
def test_five_business_days_go_over_weekends_and_holidays(first: str, last: str, within: bool) -> None:
    _, position = positions_of([day(first), day(last)])
    assert (position < BUSINESS_DAYS) is within


@settings(deadline=None)
@given(st.dates(date(1978, 1, 1), date(2099, 1, 1)))
def test_no_five_business_days_span_more_than_the_bound(one: date) -> None:
    first = (one - EPOCH).days
    found = [later for later in range(1, SPAN_DAYS_MAX + 10) if is_business_day(first + later)]
    assert found[4] <= SPAN_DAYS_MAX  # the fifth business day after it is out, and lies within the span


@settings(deadline=None)
@given(st.sets(st.integers(20_000, 20_200), min_size=2, max_size=12))
def test_positions_of_many_days_are_those_of_each_two(some: set[int]) -> None:
    days = sorted(some)
    positions = positions_of(days)
    for place, one in enumerate(days):
        for other, last in zip(positions[place:], days[place:], strict=True):
            within = len([day for day in range(one + 1, last + 1) if is_business_day(day)]) < BUSINESS_DAYS
            assert (other - positions[place] < BUSINESS_DAYS) is within
