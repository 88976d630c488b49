"""Files of traces, of reports of multiple sales and of links, read and written into the log of their purchasers.

No message holds a purchaser, a plate, a serial number or any other value of a row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from confluent_kafka import Producer

from deploy.record_files import BadRow, Shape, microseconds, record_of, rows_of, unchanged
from deploy.reference_changes import write_all, write_by_key
from schemas.codec import Codec
from schemas.records import Link, MultipleSale, OperatingMode, Trace
from schemas.topics import TRACES
from streams.core.stage import Rejected
from streams.core.traces.validation import check_record, key_text

TraceRecord = Trace | MultipleSale | Link


class TraceKind(StrEnum):
    """What a file holds."""

    TRACE = "trace"
    MULTIPLE_SALE = "multiple-sale"
    LINK = "link"


RECORDS: Final[Mapping[TraceKind, type[TraceRecord]]] = {
    TraceKind.TRACE: Trace,
    TraceKind.MULTIPLE_SALE: MultipleSale,
    TraceKind.LINK: Link,
}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SALES: Final = "sales are written 2026-03-02=2 2026-03-04=1, or as a list of objects with sold_at and firearm_count"


class TraceFile(NamedTuple):
    """What a file holds; `duplicates` counts rows that repeat an earlier one, which are ignored."""

    records: list[TraceRecord]
    bad: list[BadRow]
    duplicates: int


def read_records(file: Path, kind: TraceKind, received_at: int) -> TraceFile:
    """Records of a file and its bad rows, checked as the stage will check them; `received_at` is the time of all.

    A row without revision is the first, one without operating_mode real. Raises UserError if the file cannot be read.
    """
    shape: Shape[Any] = Shape(
        RECORDS[kind],
        prepare_sales if kind is TraceKind.MULTIPLE_SALE else unchanged,
        filled={"received_at": received_at},
        defaults={"revision": 1, "operating_mode": OperatingMode.OPERATIONAL.value},
    )
    found: dict[tuple[str, int], TraceRecord] = {}
    first_lines: dict[tuple[str, int], int] = {}
    bad, duplicates = [], 0
    for row in rows_of(file, shape):
        try:
            record: TraceRecord = record_of(row, shape)
            check_record(record, key_text(record).encode(), received_at)
            identity = (id_of(record), record.revision)
            if found.get(identity, record) != record:
                raise ValueError(f"its id and revision stand in line {first_lines[identity]} with other values")
            duplicates += identity in found
            found[identity] = record
            first_lines.setdefault(identity, row.line)
        except (ValueError, Rejected) as error:
            bad.append(BadRow(row.line, str(error)))
    return TraceFile(list(found.values()), bad, duplicates)


def prepare_sales(values: dict[str, Any]) -> None:
    """Sales of one column of a CSV, and the dates of those in JSON. Raises ValueError."""
    sales = values.get("sales")
    if isinstance(sales, str):
        pairs = [part.partition("=") for part in sales.split()]
        sales = [{"sold_at": day, "firearm_count": count} for day, _, count in pairs]
    if not isinstance(sales, list) or not all(isinstance(sale, dict) for sale in sales):
        raise ValueError(SALES)
    values["sales"] = [{**sale, "sold_at": microseconds("sold_at", sale.get("sold_at"))} for sale in sales]


def id_of(record: TraceRecord) -> str:
    """The id that a correction shares."""
    if isinstance(record, Trace):
        return record.trace_id
    return record.report_id if isinstance(record, MultipleSale) else record.link_id


def publish_records(
    records: Sequence[TraceRecord], broker: str, codec: Codec, report: Callable[[int], None] = lambda _: None
) -> None:
    """Write records to the traces, in transactions; `report` gets how many are written for certain.

    Raises UserError, or KeyboardInterrupt, that say what is written. To write them again is safe: only a higher
    revision changes anything.
    """

    def by_purchaser(producer: Producer, messages: Sequence[tuple[bytes, bytes]]) -> None:
        write_by_key(producer, TRACES, messages)

    write_all(records, "record", lambda record: key_text(record).encode(), by_purchaser, broker, codec, report)


def last_of(records: Sequence[TraceRecord]) -> list[TraceRecord]:
    """Of each id the highest revision, without what was withdrawn, in the order of ids.

    Ids of another operating mode, or of another kind, are other ids.
    """
    last: dict[tuple[str, str, str], TraceRecord] = {}
    for record in records:
        identity = (type(record).__name__, record.operating_mode.value, id_of(record))
        if identity not in last or last[identity].revision < record.revision:
            last[identity] = record
    return [last[identity] for identity in sorted(last) if not last[identity].withdrawn]


def line_of(record: TraceRecord) -> dict[str, Any]:
    """A record as a line of a file that `read_records` reads: times as text, without what the loader sets."""

    def readable(name: str, value: Any) -> Any:
        if name == "sales":
            return [{one: readable(one, item) for one, item in sale.items()} for sale in value]
        return (EPOCH + timedelta(microseconds=value)).isoformat() if name.endswith("_at") else value

    values = msgspec.to_builtins(record)
    return {
        name: readable(name, value) for name, value in values.items() if name != "received_at" and value is not None
    }
