"""Event time of what a transaction folds, for metrics: how new its newest record is, and the newest reading of each
port, by which a port that has gone silent is seen.

Of a long batch only the last records are looked at: a log is in order of arrival, so the newest is among them. Of live
readings the last of each key is looked at too, a lane's or a port's, or a port with little traffic would be taken for
silent behind others' many readings.
"""

from collections.abc import Container, Sequence
from typing import Any, Final

from schemas.topics import LANE_READINGS, RAIL_READINGS
from streams.core.stage import Record
from streams.runtime.cloud_events import time_of
from streams.runtime.ledger import Transaction

RECORDS_LOOKED_AT: Final = 16

# Topics in which devices of a port speak. The backlog is not one: it says of no port that it is there now.
LIVE_READINGS: Final = frozenset({LANE_READINGS.name, RAIL_READINGS.name})


def note_times(decoded: Sequence[tuple[Any, Record]], refused: Container[int], transaction: Transaction) -> None:
    """Note the times of records that were folded. A clock that is ahead counts as the broker's."""
    for fetched, record in looked_at(decoded):
        value = record.value
        at = time_of(value)
        if at is None or fetched.offset in refused:
            continue
        at = min(at, record.appended_at)
        transaction.newest_event_at = max(transaction.newest_event_at, at)
        if fetched.topic in LIVE_READINGS and hasattr(value, "observed_at"):  # else no device of the port has said it
            place = record.key.partition(b"/")[0].decode(), str(value.operating_mode)  # type: ignore[attr-defined]
            transaction.readings_at[place] = max(transaction.readings_at.get(place, 0), at)


def looked_at(decoded: Sequence[tuple[Any, Record]]) -> Sequence[tuple[Any, Record]]:
    """The last records of a batch; of live readings behind them the last of each key, type and operating mode."""
    if len(decoded) <= RECORDS_LOOKED_AT or decoded[0][0].topic not in LIVE_READINGS:
        return decoded[-RECORDS_LOOKED_AT:]
    last_of_each = {
        (one[1].key, type(one[1].value), getattr(one[1].value, "operating_mode", None)): one
        for one in decoded[:-RECORDS_LOOKED_AT]
    }
    return [*last_of_each.values(), *decoded[-RECORDS_LOOKED_AT:]]
