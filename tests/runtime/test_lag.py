"""How far a partition is behind, whatever keeps it there."""

from dataclasses import replace
from typing import Any

from streams.runtime.folding import PartitionFold
from streams.runtime.group import Partition
from streams.runtime.transport import Batch, partition_of
from tests.runtime.records import CODEC, COUNTS, good


def batch(first: int, seconds: float) -> Batch:
    """Three records, the first appended at this time."""
    records: list[Any] = [replace(good(first + n, "2301/01"), timestamp=int(seconds * 1000) + n) for n in range(3)]
    return Batch(partition_of("t", 0), 1, first, first + 3, records, 0)


def new_partition() -> Partition:
    return Partition(PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000), None, 0)


def test_it_is_the_age_of_the_oldest_record_that_is_not_committed_whether_folded_or_not() -> None:
    partition = new_partition()
    partition.uncommitted += [batch(0, 1_000.0), batch(3, 1_090.0)]
    assert partition.lag(5, now=1_100.0) == (11, 100.0)
    partition.uncommitted.popleft()
    assert partition.lag(0, now=1_100.0) == (3, 10.0)


def test_of_records_not_fetched_yet_it_is_how_long_they_have_been_seen_at_least() -> None:
    partition = new_partition()
    assert partition.lag(0, now=1_000.0) == (0, 0.0)
    assert partition.lag(7, now=1_001.0) == (7, 0.0)
    assert partition.lag(7, now=1_005.0) == (7, 4.0)
    assert partition.lag(0, now=1_006.0) == (0, 0.0)
    assert partition.lag(7, now=1_007.0) == (7, 0.0)
