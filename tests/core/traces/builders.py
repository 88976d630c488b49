"""Traces, reports and links of purchasers, by day, and ticks that move time."""

from typing import Any

import msgspec

from schemas.records import (
    FirearmCategory,
    FirearmSale,
    Link,
    MultipleSale,
    MultipleSaleForm,
    OperatingMode,
    Suggestion,
    Tick,
    Trace,
    TraceResult,
)
from schemas.topics import LANE_DECISIONS
from streams.core.stage import Output, Record
from streams.core.traces.business_days import day_number
from streams.core.traces.stage import TracesFold
from streams.core.traces.state import DAY
from streams.core.traces.validation import key_text

# A Monday; the next federal holiday is Memorial Day, twelve weeks later.
START = day_number(2026, 3, 2)
BUYER = "purchaser-7"


def at(day: float) -> int:
    """Microseconds of a day since START."""
    return round((START + day) * DAY)


def trace(number: int = 1, bought: int = 0, recovered: int = 30, **fields: Any) -> Trace:
    values = {
        "trace_id": f"trace-{number}",
        "revision": 1,
        "operating_mode": OperatingMode.OPERATIONAL,
        "result": TraceResult.PURCHASER_FOUND,
        "purchaser_id": BUYER,
        "firearm_category": FirearmCategory.RIFLE,
        "recovered_at": at(recovered),
        "purchased_at": at(bought),
        "dealer_state_code": "US-TX",
        "dealer_city_name": "Laredo",
        "received_at": at(400),
    }
    return Trace(**(values | fields))


def report(number: int = 1, sales: tuple[tuple[int, int], ...] = ((0, 2),), **fields: Any) -> MultipleSale:
    values = {
        "report_id": f"report-{number}",
        "revision": 1,
        "operating_mode": OperatingMode.OPERATIONAL,
        "purchaser_id": BUYER,
        "form": MultipleSaleForm.RIFLES,
        "sales": tuple([FirearmSale(sold_at=at(day), firearm_count=count) for day, count in sales]),
        "received_at": at(400),
    }
    return MultipleSale(**(values | fields))


def link(number: int = 1, until: float = 700, **fields: Any) -> Link:
    values = {
        "link_id": f"link-{number}",
        "revision": 1,
        "operating_mode": OperatingMode.OPERATIONAL,
        "purchaser_id": BUYER,
        "plate": "TST0001",
        "jurisdiction": "US-TX",
        "source": "registration record",
        "case_number": "case-3",
        "legal_basis": "order 7",
        "valid_until_at": at(until),
        "received_at": at(400),
    }
    return Link(**(values | fields))


def tick(day: float, source: int = 0) -> Tick:
    return Tick(source_topic=LANE_DECISIONS.name, source_partition=source, watermark_at=at(day))


def record(value: msgspec.Struct) -> Record:
    key = b"0" if isinstance(value, Tick) else key_text(value).encode()  # type: ignore[arg-type]
    return Record(key, value, at(10_000))


def advance(fold: TracesFold, *values: msgspec.Struct) -> list[Suggestion]:
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    return [output.value for output in outputs if isinstance(output.value, Suggestion)]
