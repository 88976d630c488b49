"""What becomes of a record that cannot be processed: its bytes, unchanged, and headers that say why (KIP-1034 names).

A dead letter that its topic does not take would end the worker for ever, so value, key and headers are kept, in this
order, only while there is room.

__streams.errors.exception   type of the error
__streams.errors.message     what was wrong, without any value of the record: values may be plates
__streams.errors.topic       where it came from
__streams.errors.partition
__streams.errors.offset
stage, reason, attempt       who refused it, why (closed set), how often it was tried, counted over re-drives
appended_at                  when the broker took the original, microseconds UTC
value_bytes, value_sha256    of a value that was left out
key_bytes, key_sha256        of a key that was left out
headers_left_out             how many of the original's headers were
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import ConsumerRecord

from schemas.codec import UNDECODABLE_REASONS
from streams.core.stage import FOLD_FAILED, REJECTIONS
from streams.runtime.cloud_events import Headers

WRONG_RECORD_TYPE: Final = "wrong_record_type"
MISSING_KEY: Final = "missing_key"
OUTPUT_TOO_LARGE: Final = "output_too_large"
STATE_TOO_LARGE: Final = "state_too_large"

# Every reason that a dead letter can have: a closed set, since they are a label of metrics.
REASONS: Final = frozenset(
    UNDECODABLE_REASONS | REJECTIONS | {FOLD_FAILED, WRONG_RECORD_TYPE, MISSING_KEY, OUTPUT_TOO_LARGE, STATE_TOO_LARGE}
)

OUR_HEADERS: Final = frozenset(
    {f"__streams.errors.{name}" for name in ("exception", "message", "topic", "partition", "offset")}
    | {"stage", "reason", "attempt", "appended_at"}
    | {"value_bytes", "value_sha256", "key_bytes", "key_sha256", "headers_left_out"}
)

# Value, key and original headers together. The dead letter topic takes messages of twice the usual size, 2,097,152
# bytes, so that what fitted the input fits here with our headers; a compressed batch can hold far larger records.
MAX_BYTES: Final = 2_000_000

# Lengths in front of a header's name and value.
HEADER_OVERHEAD_BYTES: Final = 10

MESSAGE_LENGTH_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A dead letter ready to be produced."""

    reason: str
    exception: str
    message: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def size_bytes(self) -> int:
        """Of value, key and headers."""
        headers = sum(len(name) + len(content or b"") for name, content in self.headers)
        return len(self.value or b"") + len(self.key or b"") + headers


# Anyone can write this header, and Python refuses to read a number of thousands of digits.
ATTEMPT_DIGITS_MAX: Final = 9


def attempt_of(record: "ConsumerRecord[Any, Any]") -> int:
    """How often the record was tried before, after a header that an earlier dead letter left."""
    for name, value in record.headers:
        if name == "attempt" and value is not None and value.isdigit() and len(value) <= ATTEMPT_DIGITS_MAX:
            return int(value)
    return 0


def described(part: str, content: bytes) -> Headers:
    """What a dead letter says of a value or key that it has no room for."""
    digest = hashlib.sha256(content).hexdigest()
    return [(f"{part}_bytes", str(len(content)).encode()), (f"{part}_sha256", digest.encode())]


def kept_headers(headers: Iterable[tuple[str, bytes | None]], room: int) -> Headers:
    """The original's headers while there is room, and how many were left out if any were."""
    kept, left_out = Headers(), 0
    for name, content in headers:
        size = len(name.encode()) + len(content or b"") + HEADER_OVERHEAD_BYTES
        if name in OUR_HEADERS:
            continue
        if size > room:
            left_out += 1
            continue
        room -= size
        kept.append((name, content))
    return [*kept, ("headers_left_out", str(left_out).encode())] if left_out else kept


def bury(record: "ConsumerRecord[Any, Any]", stage: str, reason: str, exception: str, message: str) -> DeadLetterRecord:
    """The dead letter of a record as fetched."""
    value, key, room, left_out = record.value, record.key, MAX_BYTES, Headers()
    if value is not None and len(value) > room:
        left_out += described("value", value)
        value = None
    room -= len(value or b"")
    if key is not None and len(key) > room:
        left_out += described("key", key)
        key = None
    room -= len(key or b"")
    headers = [
        *kept_headers(record.headers, room),
        ("__streams.errors.exception", exception.encode()),
        ("__streams.errors.message", message[:MESSAGE_LENGTH_MAX].encode()),
        ("__streams.errors.topic", record.topic.encode()),
        ("__streams.errors.partition", str(record.partition).encode()),
        ("__streams.errors.offset", str(record.offset).encode()),
        ("stage", stage.encode()),
        ("reason", reason.encode()),
        ("attempt", str(attempt_of(record) + 1).encode()),
        ("appended_at", str(record.timestamp * 1000).encode()),
        *left_out,
    ]
    return DeadLetterRecord(reason, exception, message, key, value, headers)
