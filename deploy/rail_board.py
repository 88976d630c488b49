"""`border watch --rail`: trains from the coverage topic, drawn live or as lines of JSON."""

import time
from collections.abc import Callable
from typing import Final

import orjson
from rich.console import Console
from rich.live import Live

from deploy.connection import Connection
from deploy.rail_records import DAYS_BACK, coverage_reader
from schemas.layout import load_ports
from streams.console.rail_strip import RailBoard, snapshot_of
from streams.console.rail_visits import DAY, Visit, Visits

DRAWN_EVERY_SECONDS: Final = 0.25
FORGET_EVERY_SECONDS: Final = 3_600.0
KEPT: Final = round(DAYS_BACK * DAY)


def port_offsets() -> dict[str, float]:
    """Standard time of the ports that come with the platform; that of another port is UTC here."""
    return {code: port.utc_offset_hours for code, port in load_ports().items()}


def draw_trains(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Draw until `goes_on()` is false, which is asked four times a second and more."""
    console, board = Console(), RailBoard(port_offsets())

    def draw(_changed: list[Visit], undecoded: int) -> None:
        board.undecoded = undecoded
        live.update(board.render(time.time(), console.width, console.height), refresh=True)

    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        follow(connection, board.visits, draw, goes_on)


def tell_trains(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Print a line of JSON for each train that changed, at most four a second of the same train."""

    def tell(changed: list[Visit], _undecoded: int) -> None:
        for visit in changed:
            print(orjson.dumps(snapshot_of(visit)).decode(), flush=True)

    follow(connection, Visits(), tell, goes_on)


def follow(
    connection: Connection,
    visits: Visits,
    show: Callable[[list[Visit], int], None],
    goes_on: Callable[[], bool],
) -> None:
    """Read coverage from the last days on; `show` is handed the current trains that changed since it was last called,
    first once all there was has been read."""
    changed: dict[tuple[str, str], Visit] = {}
    with coverage_reader(connection, DAYS_BACK, fetch_wait_ms=50) as reader:
        for received in reader.read_to_end():
            visits.see(received.log_record.value)
        show(visits.current(), reader.undecoded.total())
        shown_at = time.monotonic()
        forget_at = shown_at + FORGET_EVERY_SECONDS
        while goes_on():
            now = time.monotonic()
            if now - shown_at >= DRAWN_EVERY_SECONDS:
                show(list(changed.values()), reader.undecoded.total())
                changed, shown_at = {}, now
            if now >= forget_at:
                visits.forget(visits.newest_at - KEPT)
                forget_at = now + FORGET_EVERY_SECONDS
            for received in reader.read(timeout_seconds=0.05):
                visit = visits.see(received.log_record.value)
                if visit is not None:
                    changed[visit.key] = visit
