"""`border topics`: the catalogue, and making it on a broker."""

import orjson
from rich.console import Console
from rich.table import Table

from deploy.local.topics import ensure_topics
from deploy.options import Flag
from deploy.settings import load_settings
from schemas.topics import TOPICS


def topics(
    *,
    create: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """List the catalogue's topics; with --create, make the missing ones on a broker and check the others.

    Examples:

        border topics
        border topics --create --broker kafka.example:9092 --registry-url http://registry.example/apis/ccompat/v7

    Parameters
    ----------
    create
        make missing topics and refuse ones that differ.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON.
    """
    created: list[str] = []
    if create:
        settings = load_settings(broker=broker, registry_url=registry_url, state_directory=state_directory)
        created = ensure_topics(settings.addresses()[0])
    if json:
        rows = [{"name": t.name, "key": t.key, "partitions": t.partitions, "records": names(t.records)} for t in TOPICS]
        print(orjson.dumps({"topics": rows, "created": created}).decode())
        return 0
    table = Table("topic", "key", "records", "partitions", "kept")
    for topic in TOPICS:
        kept = "compacted" if topic.compacted else f"{topic.retention_ms // 86_400_000} days"
        table.add_row(topic.name, topic.key, ", ".join(names(topic.records)) or "bytes", str(topic.partitions), kept)
    Console().print(table)
    for name in created:
        print(f"created {name}")
    return 0


def names(records: tuple[type, ...]) -> list[str]:
    """Names of record types."""
    return [record.__name__ for record in records]
