"""State that does not fit its topic is refused with the remedy named; state that does is read back whole."""

import time
from collections.abc import Callable

import msgspec
import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from deploy.chaos.path import new_producer
from deploy.local.platform import LocalPlatform
from deploy.local.topics import ensure_topics
from schemas.topics import Topic
from streams.runtime import ledger
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.failpoints import Failpoints
from streams.runtime.ledger import Ledger, Transaction
from streams.runtime.recovery import Position, Recovered, StateRefused, describe, recover
from tests.support import eventually, wait_for_end

pytestmark = pytest.mark.integration

NewTopic = Callable[..., Topic]


class Group:
    """A source with ten records in partition 0, its changelog, and a ledger that owns it."""

    def __init__(self, platform: LocalPlatform, new_topic: NewTopic) -> None:
        self.broker = platform.broker
        self.source, self.changelog = new_topic(partitions=2), new_topic(partitions=2, compacted=True)
        producer = new_producer(self.broker)
        for number in range(10):
            producer.produce(self.source.name, b"%d" % number, b"k", 0)
        assert producer.flush(10) == 0
        self.admin = AdminClient({"bootstrap.servers": self.broker})
        self.ledger = self.new_ledger()
        self.ledger.claim()

    def new_ledger(self) -> Ledger:
        return Ledger(self.broker, f"{self.changelog.name}-0", self.changelog.name, Failpoints(), 10.0)

    def commit(self, changes: dict[bytes, bytes | None], offset: int) -> None:
        """One transaction of partition 0."""
        described = describe(self.broker, self.source.name, self.changelog.name)
        position = Position(described.topic_id, described.partitions, 0, offset)
        self.ledger.commit(Transaction(changes={0: changes}), {0: msgspec.json.encode(position)})

    def add_partition(self, topic: Topic) -> None:
        """From two to three; returns when the broker tells so, which it does not at once."""
        self.admin.create_partitions([NewPartitions(topic.name, 3)])[topic.name].result(10)
        eventually(lambda: len(self.admin.list_topics(topic.name, 5).topics[topic.name].partitions) == 3)

    def recover(self) -> Recovered:
        """Partition 0, as the next owner would read it."""
        described = describe(self.broker, self.source.name, self.changelog.name)
        return recover(self.broker, described, self.changelog.name, [0, 1], Failpoints())[0]


@pytest.fixture
def group(platform: LocalPlatform, new_topic: NewTopic) -> Group:
    return Group(platform, new_topic)


def test_states_and_position_come_back_and_removed_keys_do_not(group: Group) -> None:
    group.commit({b"a": b"1", b"b": b"1"}, 3)
    group.commit({b"a": b"2", b"b": None}, 7)
    found = group.recover()
    assert found.states == {b"a": b"2"}
    assert found.position is not None
    assert found.position.offset == 7


def test_without_a_commit_there_is_no_position(group: Group) -> None:
    assert group.recover().position is None


def test_an_earlier_owner_is_fenced_and_what_it_left_open_is_not_read(group: Group) -> None:
    group.commit({b"a": b"1"}, 3)
    zombie = group.ledger
    group.ledger = group.new_ledger()
    group.ledger.claim()
    with pytest.raises(KafkaException, match=r"(?i)fence"):
        zombie.commit(Transaction(changes={0: {b"a": b"zombie"}}), {})
    assert group.recover().states == {b"a": b"1"}


def test_a_topic_made_again_under_the_same_name_is_refused(group: Group) -> None:
    group.commit({b"a": b"1"}, 3)
    group.admin.delete_topics([group.source.name])[group.source.name].result(10)
    eventually(lambda: group.source.name not in group.admin.list_topics(timeout=5).topics)
    ensure_topics(group.broker, [group.source])
    eventually(lambda: group.source.name in group.admin.list_topics(timeout=5).topics)
    with pytest.raises(StateRefused, match="deleted and created again") as refusal:
        group.recover()
    assert f"delete {group.changelog.name}" in str(refusal.value)


def test_another_partition_count_is_refused(group: Group) -> None:
    group.commit({b"a": b"1"}, 3)
    for topic in (group.source, group.changelog):
        group.add_partition(topic)
    with pytest.raises(StateRefused, match=r"has 3 partitions, but .* had 2"):
        group.recover()


def test_a_changelog_with_another_partition_count_is_refused(group: Group) -> None:
    group.add_partition(group.source)
    with pytest.raises(StateRefused, match=r"3 partitions and .* has 2"):
        describe(group.broker, group.source.name, group.changelog.name)


def test_retention_past_the_position_is_refused_with_the_number_of_records_lost(group: Group) -> None:
    group.commit({b"a": b"1"}, 3)
    delete = group.admin.delete_records([TopicPartition(group.source.name, 0, 8)])
    for future in delete.values():
        future.result(10)
    with pytest.raises(StateRefused, match="retention deleted up to 5 records"):
        group.recover()


def test_retention_up_to_the_position_is_not_a_loss(group: Group) -> None:
    group.commit({b"a": b"1"}, 8)
    for future in group.admin.delete_records([TopicPartition(group.source.name, 0, 8)]).values():
        future.result(10)
    assert group.recover().states == {b"a": b"1"}


def test_a_position_past_the_end_of_the_log_is_refused(group: Group) -> None:
    group.commit({b"a": b"1"}, 11)
    with pytest.raises(StateRefused, match="the log was cut short"):
        group.recover()


def test_a_missing_topic_is_refused_by_name(platform: LocalPlatform, group: Group) -> None:
    with pytest.raises(StateRefused, match=r"topic border\.absent\.v1 does not exist"):
        describe(platform.broker, "border.absent.v1", group.changelog.name)


def test_a_hundred_thousand_states_are_read_back_in_seconds(group: Group) -> None:
    group.commit({b"%016d" % number: b"x" * 300 for number in range(100_000)}, 3)
    started = time.monotonic()
    assert len(group.recover().states) == 100_000
    assert time.monotonic() - started < 10.0


def test_more_than_the_producers_queue_holds_is_committed_all_the_same(
    group: Group, new_topic: NewTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic(partitions=1, max_message_bytes=2 << 20)
    monkeypatch.setattr(ledger, "DEAD_LETTERS", topic)
    monkeypatch.setattr(ledger, "QUEUE_KILOBYTES", 16 << 10)  # a gigabyte would keep this machine's disk for a minute
    small = group.new_ledger()
    small.claim()
    letter = DeadLetterRecord("not_framed", "", "", None, b"x" * 1_900_000, [])
    small.commit(Transaction(dead_letters=[letter] * 40), {})  # 76 MB; the queue holds 16 MiB
    wait_for_end(group.broker, topic.name, 40 + 1)  # and the mark of the commit
