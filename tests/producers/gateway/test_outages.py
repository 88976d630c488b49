"""The gateway through everything at once: killed, its broker away, devices with bad manners; held against the log."""

import asyncio
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.chaos.edge_audit import audit
from deploy.chaos.edge_site import GatewayProcess, devices_of_all_formats, emulated, write_site
from deploy.local.platform import LocalPlatform
from producers.emulators.device import EmulatedDevice
from producers.gateway.delivery import BACKLOG_SECONDS
from schemas.topics import LANE_BACKLOG, LANE_READINGS, RAIL_READINGS
from tests.support import eventually

pytestmark = pytest.mark.integration


def speaking(
    gateway: GatewayProcess, seed: int, count: int, rate: float
) -> tuple[list[EmulatedDevice], threading.Thread]:
    """All devices of a site, each saying so many things, from a thread."""
    devices = emulated(gateway.site, seed)

    async def speak() -> None:
        await asyncio.gather(*(device.run(count, rate) for device in devices))

    thread = threading.Thread(target=lambda: asyncio.run(speak()), daemon=True)
    thread.start()
    return devices, thread


def struck(
    tmp_path: Path, platform: LocalPlatform, name: str, seed: int, strikes: Callable[[GatewayProcess], None]
) -> dict[str, int]:
    """Let devices speak for 25 s at least while something is done to the gateway; ids by topic, after the verdict."""
    gateway = GatewayProcess(write_site(tmp_path, devices_of_all_formats(name)), platform.broker, platform.registry_url)
    try:
        gateway.start()
        devices, thread = speaking(gateway, seed, 500, 20.0)
        strikes(gateway)
        thread.join(180)
        assert not thread.is_alive()
        eventually(lambda: gateway.metric("border_gateway_kept") == 0, 60, "the delivery of all that is kept")
        assert gateway.stop() == 0
        assert [text for device in devices for text in device.record.wrong] == []
        assert all(len(device.record.kept) == 500 for device in devices)
        assert sum(device.record.refused for device in devices) > 0
        told = {device.device.device_id: device.record for device in devices}
        verdict = audit(platform.broker, platform.codec, told)
        assert verdict.good, verdict
        assert verdict.kept == 5_000
        assert verdict.by_topic[RAIL_READINGS.name] == 1_000  # in one topic, however late
        return verdict.by_topic
    finally:
        gateway.end()


def test_a_gateway_that_is_killed_loses_nothing(tmp_path: Path, platform: LocalPlatform) -> None:
    draw = random.Random(1)

    def kills(gateway: GatewayProcess) -> None:
        for _ in range(6):
            time.sleep(draw.uniform(1.0, 3.0))
            gateway.kill()
            gateway.start()

    struck(tmp_path, platform, "killed", 1, kills)


def wait_for_readings(gateway: GatewayProcess) -> None:
    """Wait until the devices are under way: some two seconds of what they say."""
    eventually(lambda: (gateway.metric("border_gateway_readings_total") or 0) >= 320, 60)


def test_what_is_old_after_an_outage_goes_apart_and_what_is_new_at_once(
    tmp_path: Path, platform: LocalPlatform
) -> None:
    broker = next(child for child in platform.children if child.name == "kafka").process

    def outage(gateway: GatewayProcess) -> None:
        wait_for_readings(gateway)
        broker.send_signal(signal.SIGSTOP)  # it answers nothing, as behind a cut line
        try:
            time.sleep(BACKLOG_SECONDS + 5)
            gateway.kill()  # and the next one starts while nothing answers
            gateway.start()
            time.sleep(1)
        finally:
            broker.send_signal(signal.SIGCONT)

    by_topic = struck(tmp_path, platform, "cut", 2, outage)
    # 8 devices of lanes say 160 readings/s. 6 s of the outage are old at its end, and as many more as the start takes
    # seconds, 15 at most; the start, what was young at the outage's end and all after it go to the lane's topic.
    assert 400 < by_topic[LANE_BACKLOG.name] < 3_000
    assert by_topic[LANE_READINGS.name] > 1_000


def test_a_broker_that_is_killed_and_comes_back_loses_nothing(tmp_path: Path, platform: LocalPlatform) -> None:
    def away(gateway: GatewayProcess) -> None:
        wait_for_readings(gateway)
        platform.restart_broker()

    struck(tmp_path, platform, "away", 3, away)
