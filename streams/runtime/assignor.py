"""Which worker gets which partitions: whole groups, evenly, and the same ones as before wherever possible.

A group is a fixed run of neighbouring partitions with one transactional id. Small transactions are what costs CPU
(1.2 to 2.6 ms each), so 12 partitions in 4 groups of 3 need a third of them.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

# A constant, not a setting: two workers that disagree on it would own one partition under two transactional ids, and
# neither would fence the other.
PARTITIONS_PER_GROUP: Final = 3

UUID_LENGTH: Final = 36


def group_of(partition: int) -> int:
    """The group that a partition belongs to."""
    return partition // PARTITIONS_PER_GROUP


def assign_groups(groups: int, members: Iterable[str]) -> dict[str, list[int]]:
    """Groups by member: sizes differ by at most one, and few groups move when a member comes or goes.

    Stateless on purpose (greedy over a hash of group and name): a static member's metadata must not change, or its
    return would start a rebalance.
    """
    names = {name_of(member): member for member in sorted(members)}
    if not names:
        return {}
    least, extra = divmod(groups, len(names))
    assigned: dict[str, list[int]] = {name: [] for name in names}
    free = set(range(groups))
    pairs = sorted((zlib.crc32(f"{group}/{name}".encode()), group, name) for group in free for name in names)
    for _, group, name in pairs:
        size = len(assigned[name])
        if group not in free or size > least or (size == least and not extra):
            continue
        extra -= size == least
        assigned[name].append(group)
        free.discard(group)
    return {names[name]: sorted(owned) for name, owned in assigned.items()}


def name_of(member_id: str) -> str:
    """The static instance name in a member id, which the coordinator made of it, a hyphen and a UUID."""
    return member_id[: -UUID_LENGTH - 1]


class GroupAssignor(AbstractPartitionAssignor):  # type: ignore[misc]
    """Hands out whole groups of the partitions of the one topic that a stage reads."""

    name = "border-groups"
    version = 0

    @classmethod
    def assign(
        cls, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Called on the member that the coordinator made the leader."""
        partitions_by_member: dict[str, dict[str, list[int]]] = {member: {} for member in members}
        for topic in sorted({topic for metadata in members.values() for topic in metadata.subscription}):
            partitions = sorted(cluster.partitions_for_topic(topic) or ())
            subscribed = [member for member, metadata in members.items() if topic in metadata.subscription]
            groups = group_of(partitions[-1]) + 1 if partitions else 0
            for member, owned in assign_groups(groups, subscribed).items():
                partitions_by_member[member][topic] = [p for p in partitions if group_of(p) in owned]
        return {
            member: ConsumerProtocolMemberAssignment(cls.version, sorted(owned.items()), b"")
            for member, owned in partitions_by_member.items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Nothing but the topics; see assign_groups on why."""
        return ConsumerProtocolMemberMetadata(cls.version, sorted(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing to remember."""
