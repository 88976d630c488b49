"""Partitions that are short of replicas or of a leader, as the client tells of a cluster, and of the real one."""

import math

import pytest
from confluent_kafka.admin import AdminClient, ClusterMetadata, PartitionMetadata, TopicMetadata

from deploy.canary.partitions import Partitions, partitions_of
from deploy.canary.run import probe
from deploy.canary.telemetry import CanaryTelemetry
from deploy.connection import Connection
from deploy.local.platform import LocalPlatform
from deploy.settings import Settings


def partition(leader: int, replicas: list[int], in_sync: list[int]) -> PartitionMetadata:
    """As librdkafka describes it."""
    found = PartitionMetadata()
    found.leader, found.replicas, found.isrs = leader, replicas, in_sync
    return found


def cluster(*topics: list[PartitionMetadata]) -> ClusterMetadata:
    found = ClusterMetadata()
    for number, partitions in enumerate(topics):
        topic = TopicMetadata()
        topic.partitions = dict(enumerate(partitions))
        found.topics[str(number)] = topic
    return found


def test_what_lacks_a_replica_or_a_leader_is_counted_over_all_topics() -> None:
    whole, behind = partition(1, [1, 2, 3], [3, 1, 2]), partition(1, [1, 2, 3], [1, 2])
    offline = partition(-1, [2], [])
    assert partitions_of(cluster([whole, behind], [whole, behind, offline])) == Partitions(3, 1)
    assert partitions_of(cluster([whole], [])) == Partitions(0, 0)


def told(telemetry: CanaryTelemetry) -> list[float | None]:
    names = ("border_broker_up", "border_under_replicated_partitions", "border_offline_partitions")
    return [telemetry.registry.get_sample_value(name) for name in names]


@pytest.mark.integration
def test_a_real_broker_has_all_of_its_own_and_one_that_does_not_answer_is_not_said_to(platform: LocalPlatform) -> None:
    metadata = AdminClient({"bootstrap.servers": platform.broker}).list_topics(timeout=10)
    assert sum(len(topic.partitions) for topic in metadata.topics.values()) > 100
    assert partitions_of(metadata) == Partitions(0, 0)
    telemetry = CanaryTelemetry()
    connection = Connection(Settings(), platform.broker, platform.registry_url, platform.codec)
    probe(connection, telemetry)
    assert told(telemetry) == [1, 0, 0]
    probe(connection._replace(broker="127.0.0.1:1"), telemetry)
    up, *unknown = told(telemetry)
    assert up == 0 and all(value is not None and math.isnan(value) for value in unknown)
