"""One light server, from the journal of the last one to the last answer's delivery.

1. read the journal: what was told before is told again, and what was not delivered is delivered
2. read the lanes' decisions from 15 minutes ago to their end, START_SECONDS at most: the broker may be away
3. listen, until told to stop
4. end the connections, stop reading, deliver what can be delivered
"""

import asyncio
import resource
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from schemas.telemetry.disk import tell_disk
from streams.core.light.board import LightBoard
from streams.core.random_draw import RandomKeys
from streams.core.stage import Record
from streams.http_server import HttpServer
from streams.light.feed import Feed
from streams.light.http import light_app
from streams.light.journal import Journal
from streams.light.lines import CONNECTIONS_MAX, LineServer
from streams.light.service import LightService
from streams.light.telemetry import LightTelemetry
from streams.light.writer import AnswerWriter

# How long a start waits for the log before it listens. A light without selections draws; one that does not listen yet
# shows nothing.
START_SECONDS: Final = 5.0

# A server that is stopped tells its last spans for so long.
LAST_SPANS_SECONDS: Final = 2.0

# Every lane of the border by a connection that it keeps open, and as many again.
HTTP_CONNECTIONS_MAX: Final = 1_024

# Descriptors for all connections of both servers, and as many again for those that come before one is closed for them.
# A process begins with 1,024 on many machines: then silent connections keep everybody out.
DESCRIPTORS: Final = 2 * (CONNECTIONS_MAX + HTTP_CONNECTIONS_MAX)


@dataclass(frozen=True)
class LightSettings:
    """What a light server runs with; `journal` is its own file, `names` are those by which its HTTP may be reached
    besides its host's."""

    broker: str
    registry_url: str
    host: str
    lines_port: int
    http_port: int
    wait_seconds: float
    fallback_red: float
    journal: Path
    names: tuple[str, ...]
    sample_ratio: float = 1.0
    otlp_endpoint: str = ""


def run_light(
    settings: LightSettings, keys: RandomKeys, lanes: Collection[str], listening: Callable[[int, int], None]
) -> None:
    """Serve until SIGTERM or SIGINT. `listening` is told both ports, of lines and of HTTP, once it listens.

    Raises JournalInUse, sqlite3.Error or OSError if the journal cannot be used, and OSError if a port cannot be had.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, keys, lanes, listening))


async def _serve(
    settings: LightSettings, keys: RandomKeys, lanes: Collection[str], listening: Callable[[int, int], None]
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    telemetry = LightTelemetry(settings.otlp_endpoint, settings.sample_ratio)
    telemetry.descriptors(raise_descriptors(), DESCRIPTORS)
    tell_disk(telemetry.registry, "light", settings.journal.parent)
    journal = Journal(settings.journal)
    writer = AnswerWriter(settings.broker, journal, telemetry, settings.sample_ratio)
    board = LightBoard(keys, settings.fallback_red)
    service = LightService(board, {*lanes, *journal.lanes()}, writer, telemetry, settings.wait_seconds)
    for answer, delivered in journal.all():
        service.see([Record(answer.lane_id.encode(), answer, answer.answered_at)])
        if not delivered:
            writer.restore(answer)

    caught_up = asyncio.Event()
    feed = Feed(
        settings.broker,
        settings.registry_url,
        telemetry,
        lambda records: loop.call_soon_threadsafe(service.see, records),
        writer.use,
        lambda is_so: loop.call_soon_threadsafe(caught_up.set if is_so else caught_up.clear),
    )
    lines = LineServer(service, telemetry)
    app = light_app(service, telemetry, caught_up.is_set, [settings.host, *settings.names])
    http = HttpServer(app, HTTP_CONNECTIONS_MAX)
    writer.start()
    feed.start()
    try:
        await first_of(START_SECONDS, caught_up, stop)
        lines_port = await lines.start(settings.host, settings.lines_port)
        http_port = await http.start(settings.host, settings.http_port)
        telemetry.listening(lines_port, http_port)
        listening(lines_port, http_port)
        await stop.wait()
        await lines.stop()
        await http.stop()
    finally:
        await asyncio.to_thread(feed.stop)
        await asyncio.to_thread(writer.stop)
        if telemetry.spans is not None:
            await asyncio.to_thread(telemetry.spans.close, LAST_SPANS_SECONDS)
        journal.close()


def raise_descriptors() -> int:
    """Let this process open DESCRIPTORS files and sockets, or as many as the system lets it; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait for any of these, so long at most."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
