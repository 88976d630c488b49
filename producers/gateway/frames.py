"""Which schema id a kept body is delivered under: that of the schema it was written with, which may be an older one."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.error import SchemaRegistryError

from producers.gateway.telemetry import GatewayTelemetry
from schemas.codec import FRAME, NAMESPACE
from schemas.registry import RegistryClient
from schemas.topics import Topic

RETRY_SECONDS: Final = 1.0
T = TypeVar("T")


async def in_a_thread(function: Callable[[], T]) -> T:
    """As asyncio.to_thread, but the process may end without waiting for it: a cut line holds up a question for long."""
    outcome = Future[T]()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(function())
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="registry", daemon=True).start()
    return await asyncio.wrap_future(outcome)


class Frames:
    """Asks the registry once for each topic and schema, for as long as it takes: readings wait on disk meanwhile."""

    def __init__(self, registry_url: str, telemetry: GatewayTelemetry) -> None:
        self._client, self._telemetry = RegistryClient(registry_url), telemetry
        self._frames: dict[tuple[str, str], bytes] = {}

    def known(self, topic: Topic, schema: str) -> bytes | None:
        """The bytes before a body in this topic, if the registry was asked before."""
        return self._frames.get((topic.name, schema))

    async def ask(self, topic: Topic, schema: str) -> bytes:
        """The bytes before a body in this topic; waits until the registry tells."""
        subject = f"{topic.name}-{NAMESPACE}.{json.loads(schema)['name']}"
        while True:
            try:
                number = await in_a_thread(
                    lambda: self._client.lookup_schema(subject, Schema(schema, "AVRO")).schema_id
                )
                if number is not None:
                    break
                self._telemetry.outage("registry", f"no id for {subject}")
            except SchemaRegistryError as error:
                # Not there yet: registering is a step of deployment, which the centre may be about to do.
                self._telemetry.outage("registry", f"{subject}: {error.http_status_code}")
            except Exception as error:  # whatever its HTTP client meets on a cut line
                self._telemetry.outage("registry", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        frame = self._frames[topic.name, schema] = FRAME.pack(0, int(number))
        return frame
