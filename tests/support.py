"""What many tests need."""

import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

T = TypeVar("T")
POLL_SECONDS = 0.05
END_SECONDS = 60.0


def eventually(condition: Callable[[], T], seconds: float = 30.0, what: str = "the condition") -> T:
    """Poll until the condition is true and return its value; fails at the deadline."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"{what} did not come true within {seconds:.0f} s"
        time.sleep(POLL_SECONDS)


def wait_for_end(broker: str, topic: str, offset: int) -> None:
    """Wait until partition 0 ends there: the broker writes the mark of a transaction's end after it has answered."""
    admin, place = AdminClient({"bootstrap.servers": broker}), TopicPartition(topic, 0)
    until = time.monotonic() + END_SECONDS
    while True:
        (future,) = admin.list_offsets({place: OffsetSpec.latest()}).values()
        end = int(future.result(10).offset)
        if end == offset:
            return
        assert end < offset and time.monotonic() < until, f"{topic} should end at {offset}, not at {end}"
        time.sleep(POLL_SECONDS)
