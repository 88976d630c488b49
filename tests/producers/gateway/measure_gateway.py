"""Measures one gateway with a real broker: `python -m tests.producers.gateway.measure_gateway [speed|latency|outage]`.

speed    readings/s that 8 loop cards get acknowledged by lines, while they are delivered (bar: 2,000/s), and delivered
latency  from a device's saying something to the broker's appending it, 200/s of ten devices (bar: p99 100 ms)
outage   memory (MiB) while a million readings come in with the broker frozen, and while they are delivered (bar: flat)
"""

import asyncio
import json
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

from deploy.chaos.edge_audit import TOPICS
from deploy.chaos.edge_site import GatewayProcess, devices_of_all_formats, emulated, way_of, write_site
from deploy.chaos.log import read_log
from deploy.local.platform import LocalPlatform
from deploy.settings import load_settings
from producers.emulators.device import Manners
from producers.emulators.speech import loop_line
from producers.site import SiteDevice
from tests.support import eventually

UNDER_WAY = 200
MANY = 1_000_000
LOOPS = {f"loop-{number}": ("loop_line", f"2301/{number:02}") for number in range(1, 9)}


def wait_until_delivered(gateway: GatewayProcess) -> None:
    """Until its spool is empty."""
    eventually(lambda: gateway.metric("border_gateway_kept") == 0, 120, "the delivery of all that is kept")


def quantile(waits: list[float], share: float) -> float:
    return round(sorted(waits)[int(len(waits) * share)], 4)


async def blast(gateway: GatewayProcess, one: SiteDevice, count: int, first: int = 1) -> None:
    """Say so many things by lines, UNDER_WAY of them before the answers."""
    way = way_of(gateway.site, one.device.device_id)
    reader, writer = await asyncio.open_connection(way.host, way.port)
    writer.write(f"AUTH {way.key}\n".encode())
    assert await reader.readline() == b"OK\n"
    room = asyncio.Semaphore(UNDER_WAY)

    async def hear() -> None:
        for _ in range(count):
            line = await reader.readline()
            assert line.startswith(b"ACK "), line
            room.release()

    hearing = asyncio.create_task(hear())
    for number in range(first, first + count):
        await room.acquire()
        writer.write(loop_line(one.device, number, time.time_ns() // 1000) + b"\n")
    await hearing
    writer.close()


async def blast_all(gateway: GatewayProcess, count: int, first: int = 1) -> float:
    """All devices of a site, so many each; readings/s."""
    started = time.monotonic()
    await asyncio.gather(*(blast(gateway, one, count, first) for one in gateway.site.devices))
    return count * len(gateway.site.devices) / (time.monotonic() - started)


def speed(gateway: GatewayProcess) -> dict[str, float]:
    """Acknowledged and delivered readings/s, and the processor time that a reading costs the gateway."""
    asyncio.run(blast_all(gateway, 500))
    wait_until_delivered(gateway)
    started, used, count = time.monotonic(), gateway_seconds(gateway), 8_000
    acknowledged = asyncio.run(blast_all(gateway, count, 1_000))
    wait_until_delivered(gateway)
    total = count * len(LOOPS)
    return {
        "acknowledged_per_second": round(acknowledged),
        "delivered_per_second": round(total / (time.monotonic() - started)),
        "gateway_cpu_microseconds": round((gateway_seconds(gateway) - used) / total * 1e6, 1),
    }


def gateway_seconds(gateway: GatewayProcess) -> float:
    """Processor time of the gateway."""
    fields = Path(f"/proc/{gateway.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def latency(gateway: GatewayProcess, platform: LocalPlatform) -> dict[str, float]:
    """200 readings/s for a minute, each device waiting for its answer."""
    devices = emulated(gateway.site, 1, Manners())

    async def speak() -> None:
        await asyncio.gather(*(device.run(1_200, 20.0) for device in devices))

    asyncio.run(speak())
    wait_until_delivered(gateway)
    acknowledged = [wait for device in devices for wait in device.record.waits]
    kept = {one for device in devices for one in device.record.kept}
    appended = []
    for topic in TOPICS:
        for row in read_log(platform.broker, topic):
            reading = platform.codec.decode(row.value)
            # A weight record tells the hour alone, so its observed_at is the gateway's time.
            if getattr(reading, "reading_id", None) in kept:
                appended.append(row.appended_at / 1000 - reading.observed_at / 1e6)
    name = "border_gateway_delivery_seconds"
    within = (gateway.metric(f"{name}_bucket", le="0.1") or 0.0) / (gateway.metric(f"{name}_count") or 1.0)
    return {
        "readings": len(appended),
        "arrival_to_kafka_acknowledgement_within_100_ms": round(within, 5),
        "acknowledged_p50_seconds": quantile(acknowledged, 0.5),
        "acknowledged_p99_seconds": quantile(acknowledged, 0.99),
        "kafka_p50_seconds": quantile(appended, 0.5),
        "kafka_p99_seconds": quantile(appended, 0.99),
        "kafka_max_seconds": round(max(appended), 4),
    }


def outage(gateway: GatewayProcess, platform: LocalPlatform) -> dict[str, float]:
    """A million readings while the broker is frozen, then their delivery."""
    asyncio.run(blast_all(gateway, 500))
    wait_until_delivered(gateway)
    broker = next(child for child in platform.children if child.name == "kafka").process
    found: dict[str, float] = {"mib_at_start": round(gateway.resident_mib(), 1)}
    most = 0.0
    broker.send_signal(signal.SIGSTOP)
    try:
        parts, started = 20, time.monotonic()
        for part in range(parts):
            count = MANY // parts // len(LOOPS)
            asyncio.run(blast_all(gateway, count, 1_000 + part * count))
            most = max(most, gateway.resident_mib())
            if part % 5 == 4:
                found[f"mib_at_{(part + 1) * MANY // parts:,}"] = round(gateway.resident_mib(), 1)
        found["acknowledged_per_second"] = round(MANY / (time.monotonic() - started))
    finally:
        broker.send_signal(signal.SIGCONT)
    started = time.monotonic()
    while gateway.metric("border_gateway_kept") != 0:
        most = max(most, gateway.resident_mib())
        time.sleep(0.2)
    found["delivered_per_second"] = round(MANY / (time.monotonic() - started))
    file, most_bytes = gateway.site.spool_directory / "spool.db", 8 << 20
    started = time.monotonic()
    eventually(lambda: file.stat().st_size < most_bytes, 60, "giving the disk back")
    found["disk_given_back_seconds"] = round(time.monotonic() - started, 1)
    return found | {"mib_most": round(most, 1)}


def main() -> None:
    wanted = sys.argv[1:] or ["speed", "latency", "outage"]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with LocalPlatform(directory / "state", load_settings().cache_path) as platform:
            for what in wanted:
                place = directory / what
                place.mkdir()
                config = write_site(place, devices_of_all_formats("all") if what == "latency" else LOOPS)
                gateway = GatewayProcess(config, platform.broker, platform.registry_url)
                try:
                    gateway.start()
                    if what == "speed":
                        found = speed(gateway)
                    else:
                        found = (latency if what == "latency" else outage)(gateway, platform)
                    print(json.dumps({what: found}), flush=True)
                    gateway.stop()
                finally:
                    gateway.end()


if __name__ == "__main__":
    main()
