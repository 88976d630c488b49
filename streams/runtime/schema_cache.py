"""Schemas of other writers, learnt from the registry when a record names an id that is not known yet."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from schemas.codec import Codec, UndecodableError
from schemas.registry import RegistryUnavailable, fetch_schema
from streams.runtime import events

RETRY_SECONDS: Final = 0.5
RETRY_SECONDS_MAX: Final = 5.0

# An id that the registry does not know is asked for again after this long: it may have been registered since, and a
# flood of foreign records must not become a flood of questions.
UNKNOWN_SECONDS: Final = 60.0
UNKNOWN_MAX: Final = 10_000


class SchemaCache:
    """Adds to the codec what the registry knows and remembers what it does not."""

    def __init__(
        self,
        codec: Codec,
        registry_url: str,
        in_thread: Callable[..., Awaitable[Any]],
        emit: Callable[[events.Event], None],
    ) -> None:
        self.unknown: set[int] = set()
        """Ids that the registry has said it does not know, or whose schema is not of ours."""

        self._codec = codec
        self._registry_url = registry_url
        self._in_thread = in_thread
        self._emit = emit
        self._forget_at = time.monotonic() + UNKNOWN_SECONDS

    async def learn(self, schema_id: int) -> None:
        """Ask until there is an answer: a registry that is down makes the partition wait, never a dead letter."""
        now = time.monotonic()
        if now > self._forget_at or len(self.unknown) >= UNKNOWN_MAX:
            self.unknown.clear()
            self._forget_at = now + UNKNOWN_SECONDS
        schema = await self._fetch(schema_id)
        try:
            if schema is None:
                self.unknown.add(schema_id)
            else:
                self._codec.add_schema(schema_id, schema)
        except UndecodableError:
            self.unknown.add(schema_id)

    async def _fetch(self, schema_id: int) -> str | None:
        wait_seconds = RETRY_SECONDS
        while True:
            try:
                schema: str | None = await self._in_thread(fetch_schema, self._registry_url, schema_id)
                return schema
            except RegistryUnavailable:
                self._emit(events.RegistryUnreachable(schema_id, wait_seconds))
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, RETRY_SECONDS_MAX)
