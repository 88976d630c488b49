"""Schemas of other writers, learnt from the registry when records name ids that are not known yet."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from schemas.codec import Codec, UndecodableError
from schemas.registry import RegistryClient, RegistryUnavailable, fetch_schema
from streams.runtime import events

RETRY_SECONDS: Final = 0.5
RETRY_SECONDS_MAX: Final = 5.0

# An id that the registry does not know is asked for again after this long: it may have been registered since, and a
# flood of foreign records must not become a flood of questions.
UNKNOWN_SECONDS: Final = 60.0

# Far more than the batches of all groups can name at once: an id forgotten while its batch waits is asked for again.
UNKNOWN_MAX: Final = 50_000

# A question takes the registry some 6 ms and us 1 ms, so these many at once are answered as fast as we can ask. They
# have threads of their own: a registry that answers no more must not take those that commit.
QUESTIONS_AT_ONCE: Final = 8


class SchemaCache:
    """Adds to the codec what the registry knows and remembers what it does not."""

    def __init__(self, codec: Codec, registry_url: str, emit: Callable[[events.Event], None]) -> None:
        self.unknown: dict[int, float] = {}
        """Ids that the registry has said it does not know, or whose schema is not of ours, and until when."""

        self.unanswered: set[int] = set()
        """Ids that the registry has been asked for in vain: records wait."""

        self._codec = codec
        self._client = RegistryClient(registry_url)
        self._emit = emit
        self._threads = ThreadPoolExecutor(QUESTIONS_AT_ONCE, "registry")

    def forget_old(self) -> None:
        """Make room, and forget unknown ids whose time has come; the oldest stands first."""
        now = time.monotonic()
        while self.unknown:
            schema_id = next(iter(self.unknown))
            if self.unknown[schema_id] > now and len(self.unknown) <= UNKNOWN_MAX:
                return
            del self.unknown[schema_id]

    async def learn(self, schema_ids: Iterable[int]) -> None:
        """Ask until all are answered: a registry that is down makes the group wait, never a dead letter."""
        asking, wait_seconds = sorted(schema_ids), RETRY_SECONDS
        try:
            while asking:
                asked, later = asking[:QUESTIONS_AT_ONCE], asking[QUESTIONS_AT_ONCE:]
                answered = await asyncio.gather(*map(self._ask, asked))
                silent = [schema_id for schema_id, known in zip(asked, answered, strict=True) if not known]
                asking = silent + later
                self.unanswered.update(silent)
                self.unanswered.difference_update(set(asked).difference(silent))
                if not silent:
                    wait_seconds = RETRY_SECONDS
                    continue
                self._emit(events.RegistryUnreachable(silent[0], wait_seconds))
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, RETRY_SECONDS_MAX)
        finally:
            self.unanswered.difference_update(asking)

    async def _ask(self, schema_id: int) -> bool:
        """False if there was no answer."""
        loop = asyncio.get_running_loop()
        try:
            schema = await loop.run_in_executor(self._threads, fetch_schema, self._client, schema_id)
            if schema is not None:
                self._codec.add_schema(schema_id, schema)
                return True
        except RegistryUnavailable:
            return False
        except UndecodableError:
            pass
        self.unknown.pop(schema_id, None)  # so that it stands last
        self.unknown[schema_id] = time.monotonic() + UNKNOWN_SECONDS
        return True
