"""What the vehicles stage holds of the watchlist, read from its changelog."""

from typing import Any

import msgspec

from deploy.connection import Connection
from deploy.watchlist_file import Listed
from schemas.topics import VEHICLES_CHANGELOG
from streams.console.log_reader import LogReader


def values_held(connection: Connection, prefix: bytes, kind: type[Listed]) -> list[Listed]:
    """What the state of the vehicles stage's first partition, which like every other holds all, has under a prefix."""
    held: dict[bytes, Any] = {}
    topics = [VEHICLES_CHANGELOG.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.partition == 0 and record.key and record.key.startswith(prefix):
                held[record.key] = record.value
    return [msgspec.msgpack.decode(value, type=kind) for _, value in sorted(held.items()) if value]
