"""How a run's feeders write into the log, and how often they change what the stages go by."""

from typing import Final

from confluent_kafka import Producer

CHANGE_SECONDS: Final = 7.0


def new_producer(broker: str, **more: str) -> Producer:
    """An idempotent producer whose keys land where every other client's do."""
    return Producer(
        {
            "bootstrap.servers": broker,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "log_level": 2,
            **more,
        }
    )
