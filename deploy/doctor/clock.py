"""Clocks: this machine's against the brokers', without a record written anywhere.

The active controller stamps its answer to DescribeQuorum (Kafka's API key 55) with its own time: that is its clock, to
within half the way there and back. The other brokers' clocks show only in what they stamped: a newest record from the
future is of a clock that is ahead.
"""

import asyncio
import ctypes
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from deploy.doctor.check import Check, Level, Problem, verdict
from schemas.topics import TOPICS, Topic

METADATA_TOPIC: Final = "__cluster_metadata"
ANSWER_SECONDS: Final = 5.0
WARN_SECONDS: Final = 0.1
FAIL_SECONDS: Final = 1.0
"""A light believes nothing that was told over a second before its vehicle came; lags are off by as much."""

TIME_ERROR: Final = 5  # adjtimex: nobody sets this clock
SCALE: Final = 1e6  # its errors are in microseconds


class DescribeQuorumResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    """Version 1, the first that tells times."""

    API_KEY = 55
    API_VERSION = 1
    _REPLICA: Final = (
        ("replica_id", Int32),
        ("log_end_offset", Int64),
        ("last_fetch_timestamp", Int64),
        ("last_caught_up_timestamp", Int64),
        ("tags", TaggedFields),
    )
    _PARTITION: Final = (
        ("partition_index", Int32),
        ("error_code", Int16),
        ("leader_id", Int32),
        ("leader_epoch", Int32),
        ("high_watermark", Int64),
        ("current_voters", CompactArray(*_REPLICA)),
        ("observers", CompactArray(*_REPLICA)),
        ("tags", TaggedFields),
    )
    SCHEMA = Schema(
        ("error_code", Int16),
        (
            "topics",
            CompactArray(
                ("topic_name", CompactString("utf-8")),
                ("partitions", CompactArray(*_PARTITION)),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeQuorumStruct(RequestStruct):  # type: ignore[misc]
    """The request as it is sent."""

    API_KEY = 55
    API_VERSION = 1
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = DescribeQuorumResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_name", CompactString("utf-8")),
                ("partitions", CompactArray(("partition_index", Int32), ("tags", TaggedFields))),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeQuorum(Request[DescribeQuorumStruct]):  # type: ignore[misc]
    """Who leads the quorum of controllers, and what time it is there."""

    API_KEY = 55

    def build(self, request_struct_class: type[DescribeQuorumStruct]) -> DescribeQuorumStruct:
        """Of the one partition that there is."""
        return request_struct_class([(METADATA_TOPIC, [(0, {})], {})], {})


@dataclass(frozen=True)
class ClockFound:
    """Clocks as they were found; None what could not be told."""

    ahead_seconds: float | None = None
    """How far the active controller's clock is ahead of ours."""

    uncertain_seconds: float = 0.0
    """Half the way there and back."""

    newest_ahead_seconds: Mapping[int, float] = field(default_factory=dict)
    """By broker: how far the newest record that it stamped is ahead of our clock; below 0, as it should be, behind."""


def describe_clocks(address: str, now: Callable[[], float] = time.time) -> ClockFound:
    """The clocks of a cluster's brokers against `now()`."""
    try:
        ahead, uncertain = asyncio.run(asyncio.wait_for(controller_ahead(address, now), ANSWER_SECONDS))
    except (TimeoutError, KafkaError, NotImplementedError):  # the last: an older broker, without this request
        return ClockFound(newest_ahead_seconds=newest_ahead(address, now))
    return ClockFound(ahead, uncertain, newest_ahead(address, now))


async def controller_ahead(address: str, now: Callable[[], float]) -> tuple[float, float]:
    """How far the controller's clock is ahead, and half the way. Raises KafkaError or NotImplementedError."""
    client = AIOKafkaClient(bootstrap_servers=address, client_id="border-doctor")
    await client.bootstrap()
    try:
        node = client.get_random_node()
        await client.send(node, DescribeQuorum())  # connects
        before = now()
        answer = await client.send(node, DescribeQuorum())
        after = now()
    finally:
        await client.close()
    return leader_time_seconds(answer) - (before + after) / 2, (after - before) / 2


def leader_time_seconds(answer: Any) -> float:
    """The leader's own time in an answer. Raises KafkaError if it tells none."""
    for _, partitions, _ in answer.topics if not answer.error_code else ():
        for _, error, leader, _, _, voters, _, _ in partitions:
            for replica, _, last_fetch_ms, _, _ in voters if not error else ():
                if replica == leader and last_fetch_ms > 0:
                    return float(last_fetch_ms) / 1000
    raise KafkaError("the quorum's leader does not tell its time")


def newest_ahead(address: str, now: Callable[[], float], topics: Sequence[Topic] = TOPICS) -> dict[int, float]:
    """By broker, of these topics' partitions that it leads: time of the newest record, less ours."""
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        metadata = admin.list_topics(timeout=ANSWER_SECONDS)
        leaders = {
            TopicPartition(topic.name, number): partition.leader
            for topic in topics
            if topic.name in metadata.topics
            for number, partition in metadata.topics[topic.name].partitions.items()
        }
        newest = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
        asked = {place: newest for place, leader in leaders.items() if leader >= 0}
        futures = admin.list_offsets(asked, request_timeout=ANSWER_SECONDS) if asked else {}
        ahead: dict[int, float] = {}
        for place, future in futures.items():
            stamped_ms = future.result(ANSWER_SECONDS).timestamp
            if stamped_ms > 0:  # an empty partition has none
                seconds = stamped_ms / 1000 - now()
                ahead[leaders[place]] = max(seconds, ahead.get(leaders[place], seconds))
    except KafkaException:
        return {}
    return ahead


def check_clocks(found: ClockFound) -> list[Check]:
    """This machine against the brokers."""
    name, mend = "clock broker", "let a time service (chrony, systemd-timesyncd) set both machines' clocks"
    ahead = found.ahead_seconds
    if ahead is None:
        mend = (
            "look whether Describe on the cluster is granted, and the broker's version: it has to know DescribeQuorum 1"
        )
        checks = [Check(name, Level.WARN, "the controller does not tell its time", mend)]
    else:
        words = f"the controller's clock is {abs(ahead) * 1000:.0f} ms {'ahead' if ahead > 0 else 'behind'}"
        words += f", to within {found.uncertain_seconds * 1000 + 1:.0f} ms"
        level = level_of(abs(ahead) - found.uncertain_seconds)
        checks = [verdict(name, words, [Problem(level, words, mend)] if level is not Level.OK else [])]
    wrong = {number: seconds for number, seconds in found.newest_ahead_seconds.items() if seconds > WARN_SECONDS}
    problems = [
        Problem(level_of(seconds), f"broker {number} stamped a record {seconds:.1f} s in our future", mend)
        for number, seconds in sorted(wrong.items())
    ]
    checks.append(verdict("clock records", "no record of the log is from the future", problems))
    return checks


def level_of(seconds: float) -> Level:
    """How bad a clock is that is off by so much."""
    return Level.FAIL if seconds > FAIL_SECONDS else Level.WARN if seconds > WARN_SECONDS else Level.OK


class _Timex(ctypes.Structure):
    """The head of the kernel's struct timex, with room for its tail."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("tail", ctypes.c_byte * 256),
    )


@dataclass(frozen=True)
class TimeService:
    """What the kernel knows of who sets its clock."""

    is_set: bool
    error_seconds_max: float


def describe_time_service() -> TimeService | None:
    """As the kernel tells it, nothing changed; None where it does not."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except AttributeError:  # not Linux
        return None
    state = _Timex()
    result = adjtimex(ctypes.byref(state))
    return None if result < 0 else TimeService(result != TIME_ERROR, state.maxerror / SCALE)


def check_time_service(found: TimeService | None) -> Check:
    """Whether a time service sets this machine's clock."""
    name = "clock service"
    if found is None:
        return Check(name, Level.OK, "this system does not tell whether a time service sets its clock")
    if found.is_set:
        return Check(name, Level.OK, f"set by a time service, to within {found.error_seconds_max:.3f} s")
    mend = "start chrony or systemd-timesyncd; in a virtual machine the host may set it, which the kernel cannot tell"
    return Check(name, Level.WARN, "the kernel knows of no time service that sets this clock", mend)
