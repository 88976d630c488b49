"""Avro's primitive types as bytes, for `wire.py`: https://avro.apache.org/docs/1.12.0/specification/ "Binary encoding".

Readers take the bytes and an offset and return the value and the offset behind it. They raise IndexError where the
bytes end and ValueError for what no writer writes; nothing that they read makes them do more work than there are bytes.
"""

import struct
from typing import Final

BYTES: Final = [bytes((one,)) for one in range(256)]
DOUBLE: Final = struct.Struct("<d")
NULL: Final = b"\x00"  # first branch of an optional; also the block that ends an array
PRESENT: Final = b"\x02"  # second branch of an optional
INT_MIN: Final = -(1 << 31)
INT_MAX: Final = (1 << 31) - 1


def add_long(out: list[bytes], value: int) -> None:
    """Append an int or a long: zig-zag, seven bits a byte, lowest first. Raises OverflowError beyond 64 bits."""
    left = value << 1 if value >= 0 else ~(value << 1)
    if left >> 64:
        raise OverflowError("a long has 64 bits")
    while left > 127:
        out.append(BYTES[left & 127 | 128])
        left >>= 7
    out.append(BYTES[left])


def add_bytes(out: list[bytes], value: bytes) -> None:
    """Append bytes, or a text in UTF-8, behind their length."""
    add_long(out, len(value))
    out.append(value)


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """A long."""
    byte = data[at]
    at += 1
    left = byte & 127
    shift = 7
    while byte > 127:
        byte = data[at]
        at += 1
        left |= (byte & 127) << shift
        shift += 7
        if shift > 70 or left >> 64:
            raise ValueError("a long has 64 bits")
    return (left >> 1) ^ -(left & 1), at


def read_int(data: bytes, at: int) -> tuple[int, int]:
    """An int, of 32 bits."""
    value, at = read_long(data, at)
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError("an int has 32 bits")
    return value, at


def read_size(data: bytes, at: int) -> tuple[int, int]:
    """A length or an index, which cannot be negative."""
    byte = data[at]
    if byte & 129 == 0:  # nearly always: less than 64, so one byte
        return byte >> 1, at + 1
    value, at = read_long(data, at)
    if value < 0:
        raise ValueError("a negative length or index")
    return value, at


def read_count(data: bytes, at: int) -> tuple[int, int]:
    """The number of items in the next block of an array, 0 for its end; a negative one is followed by a size."""
    count, at = read_long(data, at)
    if count < 0:
        _, at = read_long(data, at)
        return -count, at
    return count, at


def read_boolean(data: bytes, at: int) -> tuple[bool, int]:
    """A byte of 0 or 1."""
    byte = data[at]
    if byte > 1:
        raise ValueError("a boolean is 0 or 1")
    return byte == 1, at + 1
