"""A group that asks the registry for the ids of a batch comes to an end, however long the answers take."""

import asyncio
from types import SimpleNamespace
from typing import Any

from schemas.codec import FRAME
from streams.runtime.folding import PartitionFold
from streams.runtime.group import Group
from streams.runtime.transport import Batch, partition_of
from tests.runtime.records import CODEC, COUNTS, fetched


class ForgetfulSchemas:
    """What the registry does not know, forgotten before the last of a batch's ids is answered."""

    def __init__(self) -> None:
        self.unknown: dict[int, float] = {}
        self.asked: list[set[int]] = []

    def forget_old(self) -> None:
        self.unknown.clear()

    async def learn(self, schema_ids: set[int]) -> None:
        self.asked.append(set(schema_ids))


def test_what_was_answered_for_a_batch_is_not_asked_again_for_it() -> None:
    records = [fetched(n, b"2301/01", FRAME.pack(0, 900 + n) + b"foreign") for n in range(3)]
    schemas = ForgetfulSchemas()
    group: Any = SimpleNamespace(_groups=SimpleNamespace(schemas=schemas), asking=False, _room=asyncio.Event())
    fold, refused = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000), dict[int, Any]()
    batch = Batch(partition_of("t", 0), 1, 0, 3, records, 0)
    decoded = asyncio.run(asyncio.wait_for(Group._decode(group, fold, batch, refused), 5.0))
    assert (decoded, schemas.asked) == ([], [{900, 901, 902}])
    assert {letter.reason for letter in refused.values()} == {"unknown_schema_id"}
