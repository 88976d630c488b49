"""Partitions of the log that are short of replicas or of a leader, as any broker of the cluster tells."""

from typing import NamedTuple

from confluent_kafka.admin import ClusterMetadata


class Partitions(NamedTuple):
    """How many of all topics' partitions are not as they should be."""

    under_replicated: int
    offline: int


def partitions_of(metadata: ClusterMetadata) -> Partitions:
    """Counted over all topics, Kafka's own among them: exactly once rests on those."""
    every = [one for topic in metadata.topics.values() for one in topic.partitions.values()]
    return Partitions(
        under_replicated=sum(len(one.isrs) < len(one.replicas) for one in every),
        offline=sum(one.leader < 0 for one in every),
    )
