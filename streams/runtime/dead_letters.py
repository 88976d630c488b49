"""What becomes of a record that cannot be processed: its bytes, unchanged, and headers that say why (KIP-1034 names).

__streams.errors.exception   type of the error
__streams.errors.message     what was wrong, without any value of the record: values may be plates
__streams.errors.topic       where it came from
__streams.errors.partition
__streams.errors.offset
stage, reason, attempt       who refused it, why (closed set), how often it was tried, counted over re-drives
appended_at                  when the broker took the original, microseconds UTC
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import ConsumerRecord

from streams.runtime.cloud_events import Headers

OUR_HEADERS: Final = frozenset(
    {f"__streams.errors.{name}" for name in ("exception", "message", "topic", "partition", "offset")}
    | {"stage", "reason", "attempt", "appended_at", "value_bytes", "value_sha256"}
)

# A compressed batch can hold a value far over any limit. Beyond this the dead letter carries its digest instead; the
# dead letter topic takes messages of twice the usual size, so that what fitted the input fits here with its headers.
MAX_VALUE_BYTES: Final = 1_900_000


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A dead letter ready to be produced."""

    reason: str
    exception: str
    message: str
    key: bytes | None
    value: bytes | None
    headers: Headers


# Anyone can write this header, and Python refuses to read a number of thousands of digits.
ATTEMPT_DIGITS_MAX: Final = 9


def attempt_of(record: "ConsumerRecord[Any, Any]") -> int:
    """How often the record was tried before, after a header that an earlier dead letter left."""
    for name, value in record.headers:
        if name == "attempt" and value is not None and value.isdigit() and len(value) <= ATTEMPT_DIGITS_MAX:
            return int(value)
    return 0


def bury(record: "ConsumerRecord[Any, Any]", stage: str, reason: str, exception: str, message: str) -> DeadLetterRecord:
    """The dead letter of a record as fetched."""
    value = record.value
    size: Headers = []
    if value is not None and len(value) > MAX_VALUE_BYTES:
        size = [("value_bytes", str(len(value)).encode()), ("value_sha256", hashlib.sha256(value).hexdigest().encode())]
        value = None
    headers: Headers = [(name, content) for name, content in record.headers if name not in OUR_HEADERS]
    headers += [
        ("__streams.errors.exception", exception.encode()),
        ("__streams.errors.message", message.encode()),
        ("__streams.errors.topic", record.topic.encode()),
        ("__streams.errors.partition", str(record.partition).encode()),
        ("__streams.errors.offset", str(record.offset).encode()),
        ("stage", stage.encode()),
        ("reason", reason.encode()),
        ("attempt", str(attempt_of(record) + 1).encode()),
        ("appended_at", str(record.timestamp * 1000).encode()),
        *size,
    ]
    return DeadLetterRecord(reason, exception, message, record.key, value, headers)
