"""Dates as days since 1970, and the business days of the federal government, which multiple sales are counted in.

Holidays: 5 U.S.C. 6103(a); one on a Saturday is kept the Friday before (6103(b)), one on a Sunday the Monday after
(Executive Order 11582). A dealer's own business days (27 CFR 478.126a) may differ: they are not known here, so a week
is Monday to Friday for all, and a sale on another day counts with the business day before it [assumed].
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

# "At one time or during any five consecutive business days": 18 U.S.C. 923(g)(3)(A).
BUSINESS_DAYS: Final = 5

# No five business days span more: two weekends and two holidays lie between at most. Further apart is not counted.
SPAN_DAYS_MAX: Final = 14

MONDAY, THURSDAY = 0, 3
SATURDAY, SUNDAY = 5, 6

# The first year of a holiday; the others are older than the reports of multiple sales, which began in 1975.
MARTIN_LUTHER_KING_YEAR: Final = 1986
JUNETEENTH_YEAR: Final = 2021

# Years kept: 1968 to 2100 with room, so nothing is worked out twice.
YEARS_KEPT: Final = 256


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar. A year is counted from March, so that the leap day is
    its last."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of a day since 1970-01-01."""
    era, day_of_era = divmod(day + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * month_from_march + 2) // 5 + 1


def date_text(day: int) -> str:
    """`2026-03-02`."""
    year, month, day_of_month = date_of(day)
    return f"{year:04}-{month:02}-{day_of_month:02}"


def weekday_of(day: int) -> int:
    """0 for a Monday to 6 for a Sunday."""
    return (day + THURSDAY) % 7


def nth_weekday(year: int, month: int, weekday: int, number: int) -> int:
    """The first, second ... such day of the week in a month."""
    first = day_number(year, month, 1)
    return first + (weekday - weekday_of(first)) % 7 + 7 * (number - 1)


def observed(day: int) -> int:
    """The day on which a holiday of a fixed date is kept."""
    weekday = weekday_of(day)
    return day - 1 if weekday == SATURDAY else day + 1 if weekday == SUNDAY else day


@lru_cache(maxsize=YEARS_KEPT)
def holidays_of(year: int) -> frozenset[int]:
    """Days on which a year's federal holidays are kept; New Year's may lie in the year before. Right from 1978 on."""
    last_of_may = day_number(year, 5, 31)
    days = [
        observed(day_number(year, 1, 1)),
        nth_weekday(year, 2, MONDAY, 3),  # Washington's Birthday
        last_of_may - (weekday_of(last_of_may) - MONDAY) % 7,  # Memorial Day
        observed(day_number(year, 7, 4)),
        nth_weekday(year, 9, MONDAY, 1),  # Labor Day
        nth_weekday(year, 10, MONDAY, 2),  # Columbus Day
        observed(day_number(year, 11, 11)),  # Veterans Day
        nth_weekday(year, 11, THURSDAY, 4),  # Thanksgiving Day
        observed(day_number(year, 12, 25)),
    ]
    if year >= MARTIN_LUTHER_KING_YEAR:
        days.append(nth_weekday(year, 1, MONDAY, 3))
    if year >= JUNETEENTH_YEAR:
        days.append(observed(day_number(year, 6, 19)))
    return frozenset(days)


def is_business_day(day: int) -> bool:
    """Monday to Friday and no federal holiday."""
    if weekday_of(day) >= SATURDAY:
        return False
    year = date_of(day)[0]
    return day not in holidays_of(year) and day not in holidays_of(year + 1)


def positions_of(days: Sequence[int]) -> list[int]:
    """For days in ascending order, the business days that have passed since the first of them.

    Two of them lie within five consecutive business days if their positions differ by less than BUSINESS_DAYS. A gap
    longer than SPAN_DAYS_MAX counts as that many, so the work is bounded by the number of days.
    """
    position, positions = 0, list[int]()
    for place, day in enumerate(days):
        before = days[place - 1] if place else day
        if day - before > SPAN_DAYS_MAX:
            position += BUSINESS_DAYS
        else:
            position += len([one for one in range(before + 1, day + 1) if is_business_day(one)])
        positions.append(position)
    return positions
