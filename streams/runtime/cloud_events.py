"""CloudEvents 1.0 headers (Kafka binding, binary mode) of records on public topics.

Derived from the record and its topic alone, so that a replay gives the same headers. None of them may hold a plate.
"""

import hashlib
from typing import Final

import msgspec

from schemas.codec import NAMESPACE
from streams.core.random_draw import date_of
from streams.core.stage import Output

ID: Final = "ce_id"

Headers = list[tuple[str, str | bytes | None]]
"""Names and values, as confluent-kafka takes them."""

# The field that says when what a record reports happened, first match wins.
TIME_FIELDS: Final = (
    "selected_at",
    "scored_at",
    "raised_at",
    "watermark_at",
    "changed_at",
    "received_at",
    "answered_at",
    "crossed_at",
    "closed_at",
    "set_at",
    "hit_at",
)


def time_of(record: msgspec.Struct) -> int | None:
    """When it happened, microseconds UTC; None for a record without a time."""
    for name in TIME_FIELDS:
        value = getattr(record, name, None)
        if value is not None:
            return int(value)
    return None


def id_in(headers: Headers) -> str:
    """The record's id among them; empty without one."""
    for name, value in headers:
        if name == ID and isinstance(value, bytes):
            return value.decode()
    return ""


def headers_of(stage: str, output: Output, body: bytes) -> Headers:
    """Headers in a fixed order. The id is a digest of topic, key and body, so a replay gives the same."""
    content = b"\x00".join((output.topic.name.encode(), output.key, body))
    identity = hashlib.blake2b(content, digest_size=16).hexdigest()
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        (ID, identity.encode()),
        ("ce_source", f"/border/stages/{stage}".encode()),
        ("ce_type", f"{NAMESPACE}.{type(output.value).__name__}".encode()),
        ("ce_subject", output.key),
        ("content-type", b"application/avro"),
    ]
    happened_at = time_of(output.value)
    if happened_at is not None:
        headers.append(("ce_time", rfc_3339(happened_at)))
    return headers


def rfc_3339(at: int) -> bytes:
    """A time in microseconds since 1970 as text, UTC; a quarter of what datetime takes."""
    seconds, micros = divmod(at, 1_000_000)
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    return f"{date_of(at)}T{hours:02d}:{minutes:02d}:{seconds % 60:02d}.{micros:06d}Z".encode()
