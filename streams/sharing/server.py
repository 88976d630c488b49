"""One sharing service, from what the last one kept to the last answer.

1. open the store: what was read of the log before, and how far
2. listen; until all is read that there was, every request is told to come again
3. serve until told to stop, reading on
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.core.sharing.tokens import SharingKeys
from streams.http_server import HttpServer
from streams.sharing.admission import SharingRecord
from streams.sharing.feed import SharingFeed
from streams.sharing.http import operators_app, sharing_app
from streams.sharing.service import SharingService
from streams.sharing.store import SharingStore
from streams.sharing.telemetry import SharingTelemetry

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class SharingSettings:
    """What a service runs with; `store` is its own file."""

    broker: str
    registry_url: str
    host: str
    port: int
    metrics_port: int
    store: Path


def run_sharing(
    settings: SharingSettings,
    keys: SharingKeys,
    log: Callable[[SharingRecord], None],
    now: Callable[[], int],
    listening: Callable[[int, int], None],
) -> None:
    """Serve until SIGTERM or SIGINT; `listening` is told the ports of agencies and of metrics.

    Raises StoreInUse, sqlite3.Error or OSError if the store cannot be used, and OSError if the port cannot be had.
    """
    asyncio.run(_serve(settings, keys, log, now, listening))


async def _serve(
    settings: SharingSettings,
    keys: SharingKeys,
    log: Callable[[SharingRecord], None],
    now: Callable[[], int],
    listening: Callable[[int, int], None],
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    telemetry = SharingTelemetry()
    store = SharingStore(settings.store)
    service = SharingService(store, keys, log, telemetry, now)
    feed = SharingFeed(
        settings.broker,
        settings.registry_url,
        store,
        service.blinder,
        telemetry,
        lambda: loop.call_soon_threadsafe(service.caught_up),
    )
    agencies, operators = HttpServer(sharing_app(service)), HttpServer(operators_app(service, telemetry))
    try:
        port = await agencies.start(settings.host, settings.port)
        listening(port, await operators.start(LOOPBACK, settings.metrics_port))
        feed.start()
        await stop.wait()
        await agencies.stop()
        await operators.stop()
        await asyncio.to_thread(feed.stop)
    finally:
        service.close()
        store.close()
