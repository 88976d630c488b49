"""`border watch`: the live board of lanes, lights and alerts."""

import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from rich.console import Console
from rich.live import Live

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.options import Flag, Positive, Several, audiences_of
from deploy.policy_publication import budgets_in_force
from deploy.rail_board import draw_trains, tell_trains
from schemas.records import Outcome
from schemas.topics import ALERTS, LANE_DECISIONS, LANE_READINGS, OUTCOMES, PASSAGES
from streams.console.board import Board
from streams.console.log_reader import LogReader

BOARD_TOPICS: Final = (PASSAGES.name, LANE_DECISIONS.name, OUTCOMES.name, ALERTS.name)
DRAWN_EVERY_SECONDS: Final = 0.25
RATE_EVERY_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 2.0


def watch(
    *,
    audience: Several[str] | None = None,
    reveal: Flag = False,
    rail: Flag = False,
    json: Flag = False,
    seconds: Positive | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Show ports' reds and finds, lanes with their lights and the newest alerts, live. Plates masked. Ctrl-C leaves.

    With --rail a strip for each train at a port, one cell per car, what is to be done about the cars that are not
    cleared, and the share of cars scanned well by port and day.

    Examples:

        border watch
        border watch --reveal --seconds 60
        border watch --audience officers
        border watch --rail
        border watch --rail --json | jq -r .strip

    Parameters
    ----------
    audience
        show watchlist hits for these audiences of list entries only; may be given several times. Default: all that the
        setting `audiences` allows. Other alerts are for everybody.
    reveal
        show plates in full.
    rail
        show trains in place of lanes.
    json
        with --rail, one line of JSON for each change of a train, first one for each that is there.
    seconds
        leave after this long.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if json and not rail:
        raise UserError("--json needs --rail; of lanes `border tail` tells as JSON")
    if rail and (audience or reveal):
        raise UserError("--rail shows no plates and no watchlist hits; leave out --audience and --reveal")
    until = None if seconds is None else time.monotonic() + seconds

    def goes_on() -> bool:
        return until is None or time.monotonic() < until

    connection = connect(broker, registry_url, state_directory)
    if rail:
        (tell_trains if json else draw_trains)(connection, goes_on)
    else:
        board = Board(reveal=reveal, audiences=audiences_of(audience or [], connection.settings.audiences))
        draw_board(connection, board, goes_on)
    return 0


def draw_board(connection: Connection, board: Board, goes_on: Callable[[], bool]) -> None:
    """Read the public topics and draw until `goes_on()` is false, which is asked four times a second."""
    console = Console()
    board.ports.budgets = budgets_in_force(connection)
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
                record = received.log_record
                # Selections stand in their port's log too, where they would count twice.
                if record.topic != OUTCOMES.name or isinstance(record.value, Outcome):
                    board.see(record.value, time.time())
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
