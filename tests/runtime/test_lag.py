"""How far a partition is behind, whatever keeps it there."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local import kafka
from deploy.local.platform import LocalPlatform
from streams.runtime.folding import PartitionFold
from streams.runtime.group import SILENCE_SECONDS, Partition
from streams.runtime.transport import Batch, partition_of
from tests.chaos.runs import new_run
from tests.runtime.records import CODEC, COUNTS, good
from tests.runtime.test_worker import get, lag_seconds_of, metrics_port_of
from tests.support import eventually


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
    assert partition.lag(0, now=1_000.0, told_at=1_000.0) == (0, 0.0)
    assert partition.lag(7, now=1_001.0, told_at=1_001.0) == (7, 0.0)
    assert partition.lag(7, now=1_005.0, told_at=1_005.0) == (7, 4.0)
    assert partition.lag(0, now=1_006.0, told_at=1_006.0) == (0, 0.0)
    assert partition.lag(7, now=1_007.0, told_at=1_007.0) == (7, 0.0)


def test_it_grows_while_the_broker_is_silent_since_nobody_knows_what_has_come() -> None:
    partition = new_partition()
    assert partition.lag(0, now=900.0) == (0, 0.0)
    assert partition.lag(0, now=930.0) == (0, 30.0)  # it has never told anything
    assert partition.lag(0, now=1_000.0, told_at=999.9) == (0, 0.0)
    assert partition.lag(0, now=1_000.0 + SILENCE_SECONDS - 0.2, told_at=999.9) == (0, 0.0)
    assert partition.lag(0, now=1_060.0, told_at=1_000.0) == (0, 60.0)
    assert partition.lag(0, now=1_061.0, told_at=1_060.9) == (0, 0.0)
    partition.uncommitted.append(batch(0, 1_000.0))
    assert partition.lag(0, now=1_100.0, told_at=1_090.0) == (3, 100.0)  # what is known to be older counts


@pytest.mark.integration
def test_of_an_idle_worker_it_grows_while_its_broker_is_frozen_and_ends_with_that(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    broker = next(child for child in platform.children if child.name == kafka.NAME).process
    with new_run(platform, tmp_path) as run:
        port = metrics_port_of(run, run.start_worker(0, 0))
        eventually(lambda: get(port, "/readyz")[0] == 200, 40, "the worker being ready")
        assert lag_seconds_of(port, 0) == 0
        broker.send_signal(signal.SIGSTOP)
        try:
            eventually(lambda: lag_seconds_of(port, 0) > SILENCE_SECONDS, 30, "the lag growing")
        finally:
            broker.send_signal(signal.SIGCONT)
        eventually(lambda: get(port, "/readyz")[0] == 200 and lag_seconds_of(port, 0) == 0, 60, "the lag ending")
