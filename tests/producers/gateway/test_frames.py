"""A body is delivered under the id of the schema that it was written with, whenever the registry tells it."""

import asyncio
import json
import socket
import time

import pytest
from confluent_kafka.schema_registry import Schema

from deploy.local.platform import LocalPlatform
from producers.gateway.frames import Frames
from producers.gateway.telemetry import GatewayTelemetry
from schemas.codec import FRAME
from schemas.generate import load_schemas
from schemas.records import Weighing
from schemas.registry import TIMEOUT_SECONDS, RegistryClient
from schemas.topics import LANE_READINGS, Topic

pytestmark = pytest.mark.integration


def test_a_body_of_an_older_version_waits_for_its_own_schema(platform: LocalPlatform) -> None:
    topic = Topic("test-frames", "lane_id", (Weighing,))
    old = load_schemas()["Weighing"]
    old["fields"] = [field for field in old["fields"] if field["name"] != "vehicle_class"]
    text = json.dumps(old)

    async def run() -> None:
        frames = Frames(platform.registry_url, GatewayTelemetry(()))
        now = await frames.ask(LANE_READINGS, json.dumps(load_schemas()["Weighing"]))
        assert frames.known(LANE_READINGS, json.dumps(load_schemas()["Weighing"])) == now
        asking = asyncio.create_task(frames.ask(topic, text))
        done, _ = await asyncio.wait({asking}, timeout=1.5)
        assert not done  # nobody has registered it
        client = RegistryClient(platform.registry_url)
        number = await asyncio.to_thread(
            client.register_schema, f"{topic.name}-border.v1.Weighing", Schema(text, "AVRO")
        )
        async with asyncio.timeout(60):
            assert await asking == FRAME.pack(0, number) != now

    asyncio.run(run())


def test_a_registry_that_does_not_answer_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are taken, and never answered

        async def run() -> None:
            telemetry = GatewayTelemetry((), ())
            frames = Frames(f"http://127.0.0.1:{silent.getsockname()[1]}", telemetry)
            asking = asyncio.create_task(frames.ask(LANE_READINGS, json.dumps(load_schemas()["Weighing"])))
            silent.settimeout(30)
            await asyncio.to_thread(silent.accept)
            asking.cancel()

        started = time.monotonic()
        asyncio.run(run())
        assert time.monotonic() - started < TIMEOUT_SECONDS
