"""A producer of the gateway: what the broker does not take comes back, and nothing stays on its way for ever."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from deploy.chaos.log import read_log
from deploy.local.platform import LocalPlatform
from deploy.local.topics import ensure_topics
from producers.gateway.outlet import WINDOW, WINDOW_AWAY, Outlet
from producers.spool.entries import Kept
from schemas.topics import Topic
from schemas.trace_context import HEADER, context_of_reading

pytestmark = pytest.mark.integration
FRAME = b"\0\0\0\0\1"


def kept(position: int) -> Kept:
    """A reading at a position."""
    return Kept(position, "2301/01", "{}", f"device/{position}", b"body %d" % position, 0)


class Tally:
    """What an outlet has told."""

    def __init__(self) -> None:
        self.settled: list[int] = []
        self.returned: list[int] = []
        self.why = ""

    def on_settled(self, done: list[Kept]) -> None:
        self.settled += [one.position for one in done]

    def on_returned(self, back: list[Kept], why: str) -> None:
        self.returned += [one.position for one in back]
        self.why = why


async def until(outlet: Outlet, condition: Callable[[], bool]) -> None:
    """Wait for the outlet to tell so much."""
    async with asyncio.timeout(120):
        while not condition():
            outlet.changed.clear()
            await outlet.changed.wait()


def bodies(platform: LocalPlatform, topic: Topic) -> list[bytes]:
    return [(row.value or b"").removeprefix(FRAME) for row in read_log(platform.broker, topic)]


def test_of_a_topic_that_is_not_there_readings_come_back_until_it_is(platform: LocalPlatform) -> None:
    topic, tally = Topic("test-outlet-later", "lane_id", (), partitions=1), Tally()

    async def run() -> None:
        outlet = Outlet(platform.broker, topic, tally.on_settled, tally.on_returned)
        for position in range(1, 11):
            outlet.send(kept(position), FRAME)
        await until(outlet, lambda: len(tally.returned) == 10)
        assert tally.why in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC")
        assert not outlet.in_flight
        ensure_topics(platform.broker, [topic])
        async with asyncio.timeout(120):
            while len(tally.settled) < 10:
                with contextlib.suppress(KafkaException):  # it is as if there were no such topic until it asks again
                    for position in range(1, 11):
                        outlet.send(kept(position), FRAME)
                await until(outlet, lambda: not outlet.in_flight)
                await asyncio.sleep(0.1)
        await outlet.close()

    asyncio.run(run())
    assert bodies(platform, topic)[:10] == [b"body %d" % position for position in range(1, 11)]
    headers = [row.headers for row in read_log(platform.broker, topic)]
    assert headers[:10] == [{HEADER: context_of_reading(f"device/{position}")} for position in range(1, 11)]


def test_after_a_fatal_error_all_come_back_and_a_new_producer_takes_them(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic, tally = new_topic(partitions=1), Tally()

    async def run() -> None:
        outlet = Outlet(platform.broker, topic, tally.on_settled, tally.on_returned)
        for position in range(1, 101):
            outlet.send(kept(position), FRAME)
        outlet._on_error(KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, "as if", True))
        with pytest.raises(BufferError):
            outlet.send(kept(101), FRAME)
        await until(outlet, lambda: len(tally.settled) + len(tally.returned) == 100)
        await until(outlet, lambda: outlet._fatal is None)
        for position in sorted(tally.returned):
            outlet.send(kept(position), FRAME)
        await until(outlet, lambda: not outlet.in_flight)
        await outlet.close()

    asyncio.run(run())
    assert sorted(tally.settled) == list(range(1, 101))
    # Those that had reached the broker came again; each first time is in order.
    assert list(dict.fromkeys(bodies(platform, topic))) == [b"body %d" % position for position in range(1, 101)]


def test_what_is_recalled_comes_back_while_nobody_answers_and_less_is_on_its_way_then() -> None:
    tally = Tally()

    async def run() -> None:
        outlet = Outlet("127.0.0.1:1", Topic("nowhere", "lane_id", ()), tally.on_settled, tally.on_returned)
        position = 0
        while outlet.has_room:
            position += 1
            outlet.send(kept(position), FRAME)
        assert position == WINDOW
        outlet.recall()
        await until(outlet, lambda: not outlet.in_flight)
        assert sorted(tally.returned) == list(range(1, WINDOW + 1))
        while outlet.has_room:
            position += 1
            outlet.send(kept(position), FRAME)
        assert position == WINDOW + WINDOW_AWAY
        await outlet.close()

    asyncio.run(run())
