"""Event time of what a transaction folds, for metrics: how new its newest record is, and the newest reading of each
port, by which a port that has gone silent is seen.

Only the last records of a batch are looked at. A log is in order of arrival, so the newest is among them; of a worker
that keeps up a batch is no longer than that, and one that catches up will see every port soon.
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
    for fetched, record in decoded[-RECORDS_LOOKED_AT:]:
        value = record.value
        at = time_of(value)
        if at is None or fetched.offset in refused:
            continue
        at = min(at, record.appended_at)
        transaction.newest_event_at = max(transaction.newest_event_at, at)
        if fetched.topic in LIVE_READINGS and hasattr(value, "observed_at"):  # else no device of the port has said it
            place = record.key.partition(b"/")[0].decode(), str(value.operating_mode)  # type: ignore[attr-defined]
            transaction.readings_at[place] = max(transaction.readings_at.get(place, 0), at)
