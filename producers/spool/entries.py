"""What a spool is given, and what it gives back."""

import zlib
from typing import NamedTuple


class Pin(NamedTuple):
    """Has a copy of an entry stay when the entry is delivered, until one of the same name and no lower rank comes."""

    name: str
    rank: int


class Entry(NamedTuple):
    """One reading to keep. `body` is the Avro body alone, in our own schema of `record`; `accepted_at` microseconds."""

    queue: str
    key: str
    record: str
    reading_id: str
    body: bytes
    accepted_at: int
    pin: Pin | None = None


class Pinned(NamedTuple):
    """A copy that stays; `schema` is the JSON of the schema that its body is written with."""

    name: str
    rank: int
    schema: str
    body: bytes


class Kept(NamedTuple):
    """One reading that is kept; `schema` is the JSON of the schema that its body is written with."""

    position: int
    key: str
    schema: str
    reading_id: str
    body: bytes
    accepted_at: int


class Held(NamedTuple):
    """How much a queue holds; `oldest_at` microseconds, None if it is empty; `last` the highest position ever given."""

    readings: int
    oldest_at: int | None
    last: int


def checksum_of(key: str, schema: int, reading_id: str, body: bytes) -> int:
    """CRC-32 of what is delivered."""
    return zlib.crc32(body, zlib.crc32(f"{key}\0{schema}\0{reading_id}\0".encode()))
