"""Makes the catalogue's topics on a broker, and refuses to run on ones that differ."""

from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from deploy.errors import UserError
from schemas.topics import TOPICS, Topic

TIMEOUT_SECONDS: Final = 30.0


def ensure_topics(broker: str, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create what is missing and return its names. Replication is the broker's default.

    Raises UserError if a topic exists with another partition count or other settings.
    """
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 2})
    try:
        existing = admin.list_topics(timeout=TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise UserError(f"no Kafka broker answers at {broker}; is it running?") from error
    for topic in topics:
        if topic.name in existing:
            check_partitions(topic, len(existing[topic.name].partitions))
    check_settings(admin, [topic for topic in topics if topic.name in existing])
    missing = [topic for topic in topics if topic.name not in existing]
    # Replication -1: the broker's default.replication.factor, 1 here and 3 in production.
    new = [NewTopic(t.name, t.partitions, replication_factor=-1, config=t.config) for t in missing]
    if new:
        for name, future in admin.create_topics(new, operation_timeout=TIMEOUT_SECONDS).items():
            try:
                future.result()
            except KafkaException as error:
                raise UserError(f"cannot create topic {name}: {error.args[0].str()}") from error
    return [topic.name for topic in missing]


def check_partitions(topic: Topic, partitions: int) -> None:
    """Raises UserError if the count is not the catalogue's: keys would go to other partitions than their state."""
    difference = partitions_that_differ(topic, partitions)
    if difference:
        found, mend = difference
        raise UserError(f"topic {topic.name} {found}; {mend}")


def check_settings(admin: AdminClient, topics: Sequence[Topic]) -> None:
    """Raises UserError naming the first setting that is not the catalogue's."""
    if not topics:
        return
    resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in topics}
    for resource, future in admin.describe_configs(list(resources)).items():
        topic = next(t for t in topics if t.name == resource.name)
        actual = {name: entry.value for name, entry in future.result().items()}
        for name, found, wanted in settings_that_differ(topic, actual):
            raise UserError(
                f"topic {topic.name} has {name}={found}, the catalogue says {wanted}; set it with "
                f"{alter_command(topic, name, wanted)}"
            )


def partitions_that_differ(topic: Topic, partitions: int) -> tuple[str, str] | None:
    """What is wrong with a topic's count of partitions and how to mend it; None if it is the catalogue's."""
    if partitions == topic.partitions:
        return None
    return (
        f"has {partitions} partitions, the catalogue says {topic.partitions}",
        "state is kept by partition, so the count cannot change under it. Use another broker, or delete topic and "
        "changelog (`border down --wipe` does so locally) and start anew",
    )


def settings_that_differ(topic: Topic, actual: Mapping[str, str]) -> list[tuple[str, str | None, str]]:
    """Name, value found and value wanted of each setting that is not the catalogue's."""
    return [(name, actual.get(name), wanted) for name, wanted in topic.config.items() if actual.get(name) != wanted]


def alter_command(topic: Topic, name: str, wanted: str) -> str:
    """The command that sets it."""
    return f"kafka-configs --alter --topic {topic.name} --add-config {name}={wanted}"
