"""What the traces stage refuses: what would corrupt a purchaser's state or overflow a bound.

No message holds a value.
"""

from typing import Final

from schemas.records import (
    FirearmCategory,
    Link,
    MultipleSale,
    MultipleSaleForm,
    OperatingMode,
    Trace,
    TraceResult,
)
from streams.core.plates import key_of
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_not_ahead, check_time
from streams.core.traces.state import DAY
from streams.core.vehicles.validation import UNSEEN

# The Gun Control Act of 1968 made dealers keep records; no gun bought before has a first retail purchaser to be found.
PURCHASED_MIN: Final = -63_158_400_000_000  # 1968-01-01

# A date of the dealer's or the recovery's own zone may be tomorrow in UTC.
DAY_AHEAD_MAX: Final = 1

# How long a tie may be stated for; a longer one is renewed by a revision, so that somebody looks at it again [assumed].
LINK_DAYS_MAX: Final = 732

SALES_MAX: Final = 16
FIREARMS_MAX: Final = 1_000
TEXT_LENGTH_MAX: Final = 512
PLATE_TEXT_MAX: Final = 16
REVISION_MAX: Final = (1 << 31) - 1

# Key of a trace that found no purchaser: it has no one's state to change.
WITHOUT_PURCHASER: Final = "trace:"

Told = Trace | MultipleSale | Link


def key_text(record: Told) -> str:
    """The Kafka key of a record."""
    return record.purchaser_id or WITHOUT_PURCHASER + getattr(record, "trace_id", "")


def check_record(record: Told, key: bytes, appended_at: int) -> None:
    """What all three need. Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`."""
    if record.purchaser_id is not None:
        check_text("purchaser_id", record.purchaser_id)
        if record.purchaser_id.startswith(WITHOUT_PURCHASER):
            raise Rejected("impossible_value", f"purchaser_id must not begin with {WITHOUT_PURCHASER}")
    if not 1 <= record.revision <= REVISION_MAX:
        raise Rejected("impossible_value", "revision must be at least 1")
    if record.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    check_time("received_at", record.received_at)
    check_not_ahead("received_at", record.received_at, appended_at)
    if isinstance(record, Trace):
        check_trace(record)
    elif isinstance(record, MultipleSale):
        check_multiple_sale(record)
    else:
        check_link(record)
    if key != key_text(record).encode():
        raise Rejected("wrong_key", "the record's key is not its purchaser_id, or for a trace without one its trace_id")


def check_trace(trace: Trace) -> None:
    """Raises Rejected `impossible_value`."""
    check_text("trace_id", trace.trace_id)
    if trace.result is TraceResult.UNKNOWN:
        raise Rejected("impossible_value", "result is UNKNOWN")
    if trace.firearm_category is FirearmCategory.UNKNOWN:
        raise Rejected("impossible_value", "firearm_category is UNKNOWN")
    for name, text in (
        ("firearm_make", trace.firearm_make or None),
        ("firearm_caliber", trace.firearm_caliber or None),
        ("firearm_serial_number", trace.firearm_serial_number),
        ("recovery_region_code", trace.recovery_region_code),
        ("recovery_city_name", trace.recovery_city_name),
        ("dealer_state_code", trace.dealer_state_code),
        ("dealer_city_name", trace.dealer_city_name),
    ):
        if text is not None:
            check_text(name, text)
    check_day("recovered_at", trace.recovered_at, trace.received_at)
    found = (trace.purchaser_id, trace.purchased_at, trace.dealer_state_code)
    if trace.result is not TraceResult.PURCHASER_FOUND:
        if found != (None, None, None) or trace.dealer_city_name is not None:
            raise Rejected("impossible_value", "a purchaser, a purchase and a dealer come with PURCHASER_FOUND only")
        return
    if None in found or trace.purchased_at is None:
        raise Rejected("impossible_value", "PURCHASER_FOUND needs purchaser_id, purchased_at and dealer_state_code")
    check_day("purchased_at", trace.purchased_at, trace.received_at)
    if trace.purchased_at > trace.recovered_at:
        raise Rejected("impossible_value", "purchased_at must not be after recovered_at")


def check_multiple_sale(report: MultipleSale) -> None:
    """Raises Rejected `impossible_value`."""
    check_text("report_id", report.report_id)
    if report.form is MultipleSaleForm.UNKNOWN:
        raise Rejected("impossible_value", "form is UNKNOWN")
    if not 0 < len(report.sales) <= SALES_MAX:
        raise Rejected("impossible_value", f"a report needs 1 to {SALES_MAX} sales")
    for sale in report.sales:
        check_day("sold_at", sale.sold_at, report.received_at)
        if not 0 < sale.firearm_count <= FIREARMS_MAX:
            raise Rejected("impossible_value", f"firearm_count must lie in 1 to {FIREARMS_MAX}")


def check_link(link: Link) -> None:
    """Raises Rejected `impossible_value`. Its texts go into a watchlist entry, where officers read them."""
    check_text("link_id", link.link_id)
    check_text("plate", link.plate, PLATE_TEXT_MAX)
    if key_of(link.plate, "") == key_of(None, ""):
        raise Rejected("impossible_value", "a link needs a plate with a letter or digit")
    if link.jurisdiction is not None:
        check_text("jurisdiction", link.jurisdiction)
    for name, text in (
        ("source", link.source),
        ("case_number", link.case_number),
        ("legal_basis", link.legal_basis),
    ):
        check_text(name, text, TEXT_LENGTH_MAX)
    check_time("valid_until_at", link.valid_until_at)
    if link.valid_until_at > link.received_at + LINK_DAYS_MAX * DAY:
        raise Rejected("impossible_value", f"a link is valid for at most {LINK_DAYS_MAX} days; renew it by a revision")


def check_day(name: str, at: int, received_at: int) -> None:
    """Raises Rejected `impossible_value` for what is no date, or one that cannot be told of yet."""
    if at % DAY:
        raise Rejected("impossible_value", f"{name} must be a date: midnight in UTC")
    if not PURCHASED_MIN <= at <= received_at + DAY_AHEAD_MAX * DAY:
        raise Rejected("impossible_value", f"{name} must lie between 1968 and received_at")


def check_text(name: str, text: str, length_max: int = ID_LENGTH_MAX) -> None:
    """Raises Rejected `impossible_value` for a text that is empty, too long or holds what nobody sees."""
    if not 0 < len(text) <= length_max:
        raise Rejected("impossible_value", f"{name} must have 1 to {length_max} characters")
    if not text.isprintable() and UNSEEN.search(text):
        raise Rejected("impossible_value", f"{name} holds an end of a line or a control character")
