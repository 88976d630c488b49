"""Foreign schema ids are asked for together, once, over connections that are kept."""

import asyncio
import time

import pytest

from deploy.local.platform import LocalPlatform
from schemas.codec import FRAME, Codec
from schemas.records import Tick
from streams.runtime import schema_cache
from streams.runtime.schema_cache import SchemaCache

pytestmark = pytest.mark.integration

IDS = range(500_000, 501_000)


def test_a_thousand_unknown_ids_are_answered_in_seconds_and_remembered_for_a_while(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = SchemaCache(platform.codec, platform.registry_url, lambda _: None)
    started = time.monotonic()
    asyncio.run(cache.learn(IDS))
    assert time.monotonic() - started < 10.0  # 50 s if each makes a client and waits for the one before
    assert cache.unknown.keys() == set(IDS)
    cache.forget_old()
    assert cache.unknown.keys() == set(IDS)
    monkeypatch.setattr(schema_cache, "UNKNOWN_MAX", 10)
    cache.forget_old()
    assert len(cache.unknown) == 10
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + schema_cache.UNKNOWN_SECONDS)
    cache.forget_old()
    assert cache.unknown == {}


def test_an_id_that_the_registry_knows_can_be_read_then(platform: LocalPlatform) -> None:
    codec = Codec({})
    tick = Tick(source_topic="t", source_partition=0, watermark_at=1)
    framed = platform.codec.encode(tick)
    asyncio.run(SchemaCache(codec, platform.registry_url, lambda _: None).learn({FRAME.unpack_from(framed)[1]}))
    assert codec.decode(framed) == tick


def test_while_the_registry_does_not_answer_it_says_so(platform: LocalPlatform) -> None:
    cache = SchemaCache(platform.codec, "http://127.0.0.1:1/apis/ccompat/v7", lambda _: None)

    async def ask() -> None:
        learning = asyncio.create_task(cache.learn({5}))
        while not cache.unanswered:
            await asyncio.wait([learning], timeout=0.01)
        assert cache.unanswered == {5}
        learning.cancel()
        await asyncio.wait([learning])

    asyncio.run(asyncio.wait_for(ask(), 10))
    assert cache.unanswered == set()
