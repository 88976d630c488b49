"""W3C trace context in Kafka headers: one trace id from a reading to the alert that it led to.

    traceparent: 00-<trace id, 32 hex>-<span id, 16 hex>-<flags, 2 hex>

All of it is derived: the trace id from the reading's id, a span id from what was done where. So a trace id is the same
however often readings are replayed. A stage that is replayed over the same log, offset by offset, gives the same
headers; the stages behind it read another log, whose offsets count the marks of transactions cut elsewhere, so
their span ids differ. A trace context is kept as the header's bytes; its parts are slices of them.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

HEADER: Final = "traceparent"

# Version 00 alone: nobody writes another into our topics, and what is longer is not ours to pass on.
VALID: Final = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}").fullmatch

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8

ODD_DIGITS: Final = b"13579bdf"

# Half of a step's span id is its place's, the other half its offset's: within a trace none comes twice.
PLACE_BYTES: Final = 4
OFFSETS: Final = 0xFFFF_FFFF


def parsed(value: str | bytes | None) -> bytes | None:
    """A header's value if it is a valid trace context, else None."""
    return value if isinstance(value, bytes) and VALID(value) else None


def context_in(headers: Iterable[tuple[str, str | bytes | None]]) -> bytes | None:
    """The trace context in a record's headers; None without a valid one. Of several the first counts."""
    for name, value in headers:
        if name == HEADER:
            return parsed(value)
    return None


def trace_id_in(headers: Iterable[tuple[str, str | bytes | None]]) -> str | None:
    """Which trace a record's headers name; None without a valid context."""
    context = context_in(headers)
    return None if context is None else trace_id_of(context)


def trace_id_of(context: bytes) -> str:
    """Which trace, as log lines and exemplars name it."""
    return context[3:35].decode()


def span_id_of(context: bytes) -> str:
    """Which step of the trace."""
    return context[36:52].decode()


def is_sampled(context: bytes) -> bool:
    """Whether spans of this trace are exported."""
    return context[54] in ODD_DIGITS


def continued(context: bytes, span_id: bytes) -> bytes:
    """The context of a step that follows. Of the flags only the sampled one is passed on."""
    return context[:36] + span_id + (b"-01" if context[54] in ODD_DIGITS else b"-00")


def context_of_reading(reading_id: str, sample_ratio: float = 1.0) -> bytes:
    """Where a reading's trace begins. `printf %s READING_ID | b2sum -l 128` gives the same trace id.

    A reading that is sent twice is the same trace. Of all traces this share is sampled; which is in their ids.
    """
    identity = reading_id.encode()
    trace_id = blake2b(identity, digest_size=TRACE_ID_BYTES).digest()
    sampled = int.from_bytes(trace_id[8:], "big") < sample_ratio * 2.0**64
    span_id = blake2b(identity, digest_size=SPAN_ID_BYTES).digest()
    return b"00-%b-%b-%b" % (in_hex(trace_id), in_hex(span_id), b"01" if sampled else b"00")


def trace_id_of_reading(reading_id: str | None) -> str | None:
    """The trace that a reading begins; a vehicle's selection is of its AT_LIGHT reading's."""
    return None if reading_id is None else blake2b(reading_id.encode(), digest_size=TRACE_ID_BYTES).hexdigest()


def step_of(stage: str, identity: str) -> bytes:
    """The span id of what was done once about something that has an id."""
    return in_hex(blake2b(f"{stage}\0{identity}".encode(), digest_size=SPAN_ID_BYTES).digest())


def in_hex(identity: bytes) -> bytes:
    """An id as text; never all zero, which no id may be."""
    return identity.hex().encode() if any(identity) else b"%0*x" % (2 * len(identity), 1)


class Steps:
    """Span ids of what one stage does with the records of one partition. No hash for each: it is on every path."""

    def __init__(self, stage: str, topic: str, partition: int) -> None:
        self._place = in_hex(blake2b(f"{stage}\0{topic}\0{partition}".encode(), digest_size=PLACE_BYTES).digest())

    def span_id(self, offset: int) -> bytes:
        """Of the record at this offset."""
        return self._place + b"%08x" % (offset & OFFSETS)
