"""`border watch`: the live board of lanes, lights and alerts."""

import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from rich.console import Console
from rich.live import Live

from deploy.connection import Connection, connect
from deploy.options import Flag, Positive
from schemas.topics import ALERTS, LANE_DECISIONS, LANE_READINGS, PASSAGES
from streams.console.board import Board
from streams.console.log_reader import LogReader

BOARD_TOPICS: Final = (PASSAGES.name, LANE_DECISIONS.name, ALERTS.name)
DRAWN_EVERY_SECONDS: Final = 0.25
RATE_EVERY_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 2.0


def watch(
    *,
    reveal: Flag = False,
    seconds: Positive | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Show lanes with their lights, the flow and the newest alerts, live. Plates are masked. Ctrl-C leaves.

    Examples:

        border watch
        border watch --reveal --seconds 60

    Parameters
    ----------
    reveal
        show plates in full.
    seconds
        leave after this long.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    until = None if seconds is None else time.monotonic() + seconds
    draw_board(
        connect(broker, registry_url, state_directory),
        Board(reveal=reveal),
        lambda: until is None or time.monotonic() < until,
    )
    return 0


def draw_board(connection: Connection, board: Board, goes_on: Callable[[], bool]) -> None:
    """Read the public topics and draw until `goes_on()` is false, which is asked four times a second."""
    console = Console()
    rate = RateMeter(connection.broker)
    with (
        LogReader(
            connection.broker,
            connection.registry_url,
            connection.codec,
            BOARD_TOPICS,
            from_beginning=False,
            fetch_wait_ms=50,
        ) as reader,
        Live(console=console, screen=console.is_terminal, auto_refresh=False) as live,
    ):
        drawn_at = 0.0
        while goes_on():
            for received in reader.read(timeout_seconds=0.05):
                board.see(received.log_record.value, time.time())
            now = time.monotonic()
            if now - drawn_at >= DRAWN_EVERY_SECONDS:
                board.readings_per_second = rate.measure()
                board.undecoded = reader.undecoded.total()
                live.update(board.render(time.time(), console.height), refresh=True)
                drawn_at = now


class RateMeter:
    """Readings a second, from how the ends of the partitions move: costs one request, not the readings themselves."""

    def __init__(self, broker: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": broker, "log_level": 2})
        self._places = {
            TopicPartition(LANE_READINGS.name, number): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for number in range(LANE_READINGS.partitions)
        }
        self._last_total: int | None = None
        self._last_at = 0.0
        self._rate = 0.0

    def measure(self) -> float:
        """The rate over the last seconds; asks the broker at most every RATE_EVERY_SECONDS."""
        now = time.monotonic()
        if now - self._last_at >= RATE_EVERY_SECONDS:
            try:
                futures = self._admin.list_offsets(self._places, request_timeout=ANSWER_SECONDS)
                total = sum(future.result().offset for future in futures.values())
            except KafkaException:  # a broker that is away: the reader of the topics says so if it stays away
                self._last_total, self._last_at = None, now
                return 0.0
            if self._last_total is not None:
                self._rate = (total - self._last_total) / (now - self._last_at)
            self._last_total, self._last_at = total, now
        return self._rate
