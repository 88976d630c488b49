"""Disparities as alerts: each group of a port once a month, of the window in which the month turned.

An estimate is written daily and its windows overlap, so a look a day would tell by chance far more often than one look
does. The month that has just ended is looked at once, by the first estimate after it.
"""

from collections.abc import Iterator
from typing import Final

from schemas.records import (
    Alert,
    AlertKind,
    Disparity,
    DisparityMeasure,
    Estimate,
    GroupKind,
    PlateFormat,
    PlateIssuer,
    RateEstimate,
    Severity,
)
from streams.core.estimates.state import DAY
from streams.core.random_draw import date_of
from streams.core.unweighed_alert import unweighed_alert

FORMATS: Final = {
    PlateFormat.ISSUERS: "vehicles whose plate has its issuer's format",
    PlateFormat.ANOTHERS: "vehicles whose plate has another issuer's format",
    PlateFormat.NONE: "vehicles whose plate has no known format",
}
MONTH_LETTERS: Final = 7  # of 2026-11-24
PER: Final = 1000.0


def month_told(before: int, first: int, last: int) -> str | None:
    """The month, `2026-11`, that the window from `first` to `last` day since 1970 (UTC) is the first to end after; None
    if the one before it, which `before` was the first day behind, ended after that month too. If days were missed, the
    window that comes first still has most of the month, which is then the one in its middle."""
    return month_of((first + last + 1) // 2) if month_of(before) != month_of(last + 1) else None


def month_of(day: int) -> str:
    """The month of a day since 1970."""
    return date_of(day * DAY)[:MONTH_LETTERS]


def alerts_of(estimate: Estimate, month: str, raised_at: int) -> Iterator[Alert]:
    """An alert for each disparity of an estimate; none names a vehicle."""
    for one in estimate.disparities:
        place = f"{estimate.port_code} {estimate.operating_mode}"
        incident_id = f"{place} disparity {month} {one.kind} {one.name} {one.measure}"
        yield unweighed_alert(
            AlertKind.DISPARITY,
            incident_id,
            1,
            Severity.MODERATE,
            f"port {estimate.port_code}, {month}: {summary_of(one)}",
            raised_at,
            estimate.port_code,
            estimate.operating_mode,
        )


def summary_of(one: Disparity) -> str:
    """What differs from what, in one sentence."""
    what = "of 1,000 in which nothing was found were red"
    if one.measure is DisparityMeasure.HIT_RATE:
        what = "of 1,000 that were red and inspected carried something"
    return (
        f"{_group(one)}: {_rate(one.own)} {what}, of the others like them {_rate(one.others)}; "
        f"the lot finds something in {_rate(one.own_violation)} and {_rate(one.others_violation)} of 1,000; this "
        "proves nothing unfair and has to be looked at"
    )


def _group(one: Disparity) -> str:
    if one.kind is GroupKind.HOUR:
        return f"vehicles in hour {one.name} of the port's standard time"
    if one.kind is GroupKind.PLATE_FORMAT:
        return FORMATS.get(PlateFormat(one.name), "vehicles whose plate was not read")
    if one.name == PlateIssuer.UNREAD:
        return "vehicles whose plate's issuer was not read"
    return f"vehicles whose plate was read as issued by {one.name.replace('_', '-')}"


def _rate(rate: RateEstimate) -> str:
    if rate.rate is None:
        return "an unknown number"
    return f"{rate.rate * PER:.1f} ({rate.low * PER:.1f} to {rate.high * PER:.1f})"
