"""What the canary hears: selections in the lanes' decisions, read committed, from where it began to listen."""

import time
from collections.abc import Callable
from typing import Final

from deploy.connection import Connection
from schemas.records import Selection
from schemas.topics import LANE_DECISIONS
from streams.console.log_reader import LogReader, LogReplaced, NoSuchTopic

# A broker that is away is asked again this often, and each time has as long to answer.
RETRY_SECONDS: Final = 5.0


class Ear:
    """Listens from the end of the log on. After an outage it goes on where it was. A context manager."""

    def __init__(self, connection: Connection, on_outage: Callable[[str], None]) -> None:
        """Raises ConnectionError or NoSuchTopic."""
        self._connection = connection
        self._on_outage = on_outage
        self._positions: dict[tuple[str, int], int] = {}
        self._retry_at = 0.0
        self._reader: LogReader | None = self._open()
        self._has_begun = False

    @property
    def is_listening(self) -> bool:
        """Whether whatever is selected from now on will be heard: where the log ended is known, and it can be read."""
        return self._reader is not None and self._has_begun

    def hear(self, seconds: float) -> list[Selection]:
        """Selections that have come, perhaps none; waits so long for them. While the log cannot be read, none come."""
        try:
            if self._reader is None:
                if time.monotonic() < self._retry_at:
                    time.sleep(seconds)
                    return []
                self._reader = self._open()
            received = self._reader.read(seconds)
            self._has_begun = self._has_begun or self._reader.is_at_end
        except (ConnectionError, NoSuchTopic, LogReplaced) as error:
            self._give_up(error)
            return []
        for one in received:
            record = one.log_record
            self._positions[record.topic, record.partition] = record.offset + 1
        return [one.log_record.value for one in received if isinstance(one.log_record.value, Selection)]

    def _open(self) -> LogReader:
        connection = self._connection
        return LogReader(
            connection.broker,
            connection.registry_url,
            connection.codec,
            [LANE_DECISIONS.name],
            from_beginning=False,
            timeout_seconds=RETRY_SECONDS,
            positions=self._positions,
        )

    def _give_up(self, error: Exception) -> None:
        self._on_outage(str(error))
        if isinstance(error, LogReplaced):  # another log has taken its place: it is heard from its end on
            self._positions.clear()
        if self._reader is not None:
            self._reader.__exit__()
        self._reader, self._has_begun = None, False
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def __enter__(self) -> "Ear":
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.__exit__()
            self._reader = None
