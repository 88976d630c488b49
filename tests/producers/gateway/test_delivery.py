"""Delivery where the disk has no room for what it has to keep."""

import asyncio
import resource
import time
from pathlib import Path

from producers.gateway.delivery import BACKLOG_MARK, Delivery
from producers.gateway.frames import Frames
from producers.gateway.intake import LANE_QUEUE, QUEUES, entry_of, now_us
from producers.gateway.process import schemas_kept
from producers.gateway.telemetry import GatewayTelemetry
from producers.spool.spool import Spool
from producers.spool.store import SpoolStore
from schemas.records import DeviceStatus, Direction, Heartbeat, OperatingMode, SensorRole
from tests.support import eventually


def old(number: int) -> Heartbeat:
    """A reading of a minute ago."""
    at = now_us() - 60_000_000
    return Heartbeat(
        reading_id=f"loop-1/{number}",
        lane_id="2301/01",
        device_id="loop-1",
        observed_at=at,
        received_at=at,
        operating_mode=OperatingMode.TEST,
        direction=Direction.SOUTHBOUND,
        sensor=SensorRole.ENTRY_LOOP,
        status=DeviceStatus.OPERATING,
    )


def test_a_full_disk_does_not_end_delivery_which_goes_on_once_there_is_room(tmp_path: Path) -> None:
    async def run() -> None:
        store = SpoolStore(tmp_path, QUEUES, schemas_kept(), bytes_max=1 << 30)
        spool, telemetry = Spool(store, QUEUES, 0.005), GatewayTelemetry((), QUEUES)
        await spool.append([entry_of(old(number)) for number in range(100)])
        delivery = Delivery(spool, "127.0.0.1:1", Frames("http://127.0.0.1:1", telemetry), telemetry)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))  # as a full disk
        try:
            running = asyncio.create_task(delivery.run())
            await asyncio.to_thread(eventually, lambda: spool.is_full or running.done(), 60)
            _, waits = await asyncio.wait([running], timeout=2)
            assert waits, running.exception()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        started = time.monotonic()
        while await spool.mark(LANE_QUEUE, BACKLOG_MARK) < 100:  # all of them are backlog
            assert time.monotonic() - started < 60
            await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await delivery.close()
        await spool.close()

    asyncio.run(run())
