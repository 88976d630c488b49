"""A rebalance that starts before the last one is done with: the groups that stay go on being folded."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import pytest
from aiokafka import ConsumerRecord

from deploy.chaos.stages import CountsStage
from deploy.local.platform import LocalPlatform
from schemas.records import LaneEvent
from schemas.topics import Topic
from streams.runtime import events
from streams.runtime.groups import Groups
from streams.runtime.settings import RuntimeSettings
from streams.runtime.transport import Batch, partition_of
from tests.runtime.records import event

pytestmark = pytest.mark.integration


def end(why: events.GaveUp | events.Refused) -> NoReturn:
    raise AssertionError(why.reason)


def test_the_older_one_ends_last_and_the_groups_still_take_batches(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    source, sink = (new_topic(partitions=6, records=(LaneEvent,)) for _ in range(2))
    changelog = new_topic(partitions=6, compacted=True)
    stage = CountsStage(changelog.name, source, changelog, sink=sink)
    told: list[events.Event] = []
    reading = platform.codec.encode(event("2301/01"))
    record = ConsumerRecord(source.name, 0, 0, 1_700, 1, b"2301/01", reading, None, 0, 0, ())

    async def rebalance_twice() -> None:
        committed = asyncio.Event()

        def tell(one: events.Event) -> None:
            told.append(one)
            if isinstance(one, events.TransactionCommitted):
                committed.set()

        settings = RuntimeSettings(platform.broker, platform.registry_url)
        groups = Groups(stage, settings, platform.codec, tell, end)
        staying = {partition_of(source.name, number) for number in range(3)}
        groups.start(1, await groups.open(staying | {partition_of(source.name, number) for number in range(3, 6)}))
        older = asyncio.create_task(groups.open(staying))
        await asyncio.sleep(0)  # it closes the group that was lost, which takes the broker a moment
        positions = await groups.open(staying)
        groups.start(2, positions)
        await older
        batch = Batch(partition_of(source.name, 0), 2, positions[partition_of(source.name, 0)], 1, [record], 0)
        await groups.submit(batch)
        await asyncio.wait_for(committed.wait(), 20)

    asyncio.run(rebalance_twice())
    assert [one.group for one in told if isinstance(one, events.GroupClosed)] == [1]
