"""Which partition a key goes to: murmur2 as the Java client and librdkafka's `murmur2_random` compute it."""

from functools import lru_cache
from typing import Final

SEED: Final = 0x9747B28C
MULTIPLIER: Final = 0x5BD1E995
WORD: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The unsigned 32-bit murmur2 hash with Kafka's seed."""
    length = len(data)
    value = SEED ^ length
    for start in range(0, length & ~3, 4):
        chunk = int.from_bytes(data[start : start + 4], "little") * MULTIPLIER & WORD
        chunk = (chunk ^ chunk >> 24) * MULTIPLIER & WORD
        value = (value * MULTIPLIER & WORD) ^ chunk
    rest = data[length & ~3 :]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * MULTIPLIER & WORD
    value = (value ^ value >> 13) * MULTIPLIER & WORD
    return value ^ value >> 15


@lru_cache(100_000)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key. Cached: in Python the hash costs more than the rest of a small record."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
