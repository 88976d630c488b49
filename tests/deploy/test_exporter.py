"""The exporter when the log cannot be read for a while."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from confluent_kafka import Producer

from deploy.exporter import ExporterTelemetry, Follower, Positions, Source
from deploy.local.platform import LocalPlatform
from schemas.container import LogRecord
from schemas.topics import Topic
from streams.console.log_reader import LogReader, Received
from tests.support import eventually


class Failing(LogReader):
    """A reader that loses its broker once it has read something."""

    def read(self, timeout_seconds: float = 0.05, at_most: int = 2000) -> list[Received]:
        if self.is_failing:
            raise ConnectionError("the broker has gone away")
        found = super().read(timeout_seconds, at_most)
        self.is_failing = bool(found)
        return found

    is_failing = False


@pytest.mark.integration
def test_after_an_outage_reading_goes_on_where_it_ended_and_nothing_is_told_twice(
    platform: LocalPlatform, new_topic: Callable[..., Topic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.exporter.RETRY_SECONDS", 0.1)
    topic, told, opened = new_topic(partitions=2), list[LogRecord](), list[Positions]()
    producer = Producer({"bootstrap.servers": platform.broker})
    at: Any = {"from_beginning": True}

    def open_reader(positions: Positions) -> LogReader:
        opened.append(dict(positions))
        kind = Failing if len(opened) == 1 else LogReader
        return kind(platform.broker, platform.registry_url, platform.codec, [topic.name], positions=positions, **at)

    producer.produce(topic.name, b"1", b"k", 0)
    assert producer.flush(30) == 0
    telemetry = ExporterTelemetry()
    ends = list[int]()
    source = Source("s", open_reader, (), told.append, at_end=lambda: ends.append(len(told)))
    follower = Follower(source, telemetry)
    outages = partial(telemetry.registry.get_sample_value, "border_exporter_outages_total", {"source": "s"})
    assert outages() == 0 and not follower.is_ready
    follower.start()
    eventually(lambda: outages() == 1, 60, "the outage")
    producer.produce(topic.name, b"2", b"k", 0)
    producer.produce(topic.name, b"3", b"k", 1)  # of a partition that nothing was read of
    assert producer.flush(30) == 0
    eventually(lambda: len(told) >= 3 and follower.is_ready, 60, "the rest")
    assert sorted((record.partition, record.offset) for record in told) == [(0, 0), (0, 1), (1, 0)]
    assert opened[1] == {(topic.name, 0): 1}
    assert len(ends) == 1 and ends[0] >= 1  # once, with something told, however often the end is reached
