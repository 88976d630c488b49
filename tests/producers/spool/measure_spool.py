"""Measures the spool on this machine's disk: `python -m tests.producers.spool.measure_spool [directory]`.

Prints, as JSON, readings/s and what an append waits until it is on disk (seconds) with many devices that each wait for
one acknowledgement before they send again, with one device alone, and with one sync for each; then memory (MiB) while
a million readings come in and go out again, and how long the start of the next process takes with them (seconds).
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from producers.spool.spool import Spool
from tests.producers.spool.builders import LANES, QUEUES, entry, store_in

SECONDS = 8.0
MANY = 1_000_000
PAGE = 1_000


async def appended(directory: Path, devices: int, group_seconds: float, batch: int = 1) -> dict[str, float]:
    """Devices that send again once the last reading is on disk, for some seconds."""
    spool, waits = Spool(store_in(directory), QUEUES, group_seconds), list[float]()
    until = time.monotonic() + SECONDS

    async def send(device: int) -> None:
        number = 0
        while (now := time.monotonic()) < until:
            await spool.append([entry(number + i, f"2301/{device:02}") for i in range(batch)])
            waits.append(time.monotonic() - now)
            number += batch

    await asyncio.gather(*(send(device) for device in range(devices)))
    await spool.close()
    waits.sort()
    return {
        "devices": devices,
        "batch": batch,
        "group_milliseconds": group_seconds * 1000,
        "readings_per_second": round(len(waits) * batch / SECONDS),
        "p50_seconds": round(waits[len(waits) // 2], 4),
        "p99_seconds": round(waits[int(len(waits) * 0.99)], 4),
        "max_seconds": round(waits[-1], 4),
    }


def resident_mib() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


async def outage(directory: Path) -> dict[str, float]:
    """A million readings come in while nothing goes out; a new process opens the file and delivers them in pages."""
    spool = Spool(store_in(directory, bytes_max=1 << 32), QUEUES, 0.005)
    found = {"mib_at_start": resident_mib()}
    for number in range(0, MANY, PAGE):
        await spool.append([entry(number + i, f"2301/{i % 12:02}") for i in range(PAGE)])
    found |= {"mib_full": resident_mib(), "spool_mib": round(spool.used_bytes / 2**20, 1)}
    await spool.close()
    started = time.monotonic()
    spool = Spool(store_in(directory, bytes_max=1 << 32), QUEUES, 0.005)
    found["open_seconds"] = round(time.monotonic() - started, 2)
    started, after, most = time.monotonic(), 0, 0.0
    while page := await spool.read(LANES, after, 1 << 60, PAGE):
        after = page[-1].position
        spool.acknowledge(LANES, [kept.position for kept in page])
        most = max(most, resident_mib())
    found["delivered_per_second"] = round(after / (time.monotonic() - started))
    await spool.close()
    return found | {"mib_most_while_delivering": most, "positions": after}


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        directory = Path(name)
        for number, case in enumerate([(200, 0.01, 1), (20, 0.01, 1), (1, 0.01, 1), (1, 0.0, 1), (10, 0.01, 100)]):
            print(json.dumps(asyncio.run(appended(directory / str(number), *case))), flush=True)
        print(json.dumps(asyncio.run(outage(directory / "outage"))), flush=True)


if __name__ == "__main__":
    main()
