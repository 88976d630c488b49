"""`border tail`: a topic's records as JSON lines."""

import base64
import sys
from typing import Any, Final

import msgspec
import orjson

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Count, Flag, Several, audiences_of
from schemas.records import Alert
from schemas.topics import ALERTS, TOPICS
from streams.console.audience import is_for
from streams.console.log_reader import LogReader, Received
from streams.console.privacy import MASKED_FIELDS, mask_plate, masked

MASKED_KEYED: Final = frozenset(topic.name for topic in TOPICS if topic.key in MASKED_FIELDS)
AUDITORS_ONLY: Final = frozenset(topic.name for topic in TOPICS if topic.auditors_only)
MASKED_BYTES: Final = "masked; --reveal shows it"


def tail(
    topic: str,
    *,
    audience: Several[str] | None = None,
    from_beginning: Flag = False,
    count: Count | None = None,
    no_follow: Flag = False,
    reveal: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Print a topic's committed records, one JSON line each with its place, key and headers.

    Plates, purchasers and serial numbers are masked.

    Examples:

        border tail border.alerts.v1
        border tail border.dead-letters.v1 --from-beginning --no-follow
        border tail border.passages.v1 --count 10 --reveal

    Parameters
    ----------
    topic
        name of the topic; `border topics` lists them.
    audience
        of alerts, show watchlist hits for these audiences only, as `border watch` does.
    from_beginning
        start with the oldest record instead of the next.
    count
        stop after this many.
    no_follow
        stop at the end instead of waiting for more; with --from-beginning.
    reveal
        show plates, purchasers, serial numbers and the bytes of dead letters in full.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if topic in AUDITORS_ONLY:
        raise UserError(f"{topic} is for auditors: `border findings` shows it, and notes who read it")
    if audience and topic != ALERTS.name:
        raise UserError(f"only {ALERTS.name} has audiences")
    connection = connect(broker, registry_url, state_directory)
    audiences = audiences_of(audience or [], connection.settings.audiences)
    shown = 0
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [topic], from_beginning=from_beginning
    ) as reader:
        arriving = reader.read_to_end() if no_follow else endless(reader)
        try:
            for received in arriving:
                value = received.log_record.value
                if isinstance(value, Alert) and not is_for(value, audiences):
                    continue
                sys.stdout.buffer.write(orjson.dumps(line_of(received, reveal)) + b"\n")
                sys.stdout.buffer.flush()
                shown += 1
                if shown == count:
                    break
        finally:
            if reader.undecoded:
                print(f"border: {reader.undecoded_note}; their type is null", file=sys.stderr)
    return 0


def endless(reader: LogReader) -> Any:
    """Records as they arrive, until interrupted."""
    while True:
        yield from reader.read(timeout_seconds=0.2)


def line_of(received: Received, reveal: bool) -> dict[str, Any]:
    """One record as JSON-ready values."""
    record = received.log_record
    key = text_of(record.key)
    value = record.value
    fields: Any = text_of(value) if value is None or isinstance(value, bytes) else builtins_of(value)
    if not reveal:
        hidden = record.topic in MASKED_KEYED and key is not None and not key.startswith(("passage:", "trace:"))
        key = mask_plate(key) if hidden and key is not None else key
        fields = without_plates(fields)
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "appended_at": record.appended_at,
        "key": key,
        "headers": {name: text_of(item) for name, item in received.headers.items()},
        "type": None if value is None or isinstance(value, bytes) else type(value).__name__,
        "record": fields,
    }


def without_plates(fields: Any) -> Any:
    """Masked fields; raw bytes, which may hold a plate anywhere, are not shown at all."""
    if isinstance(fields, str):
        return MASKED_BYTES
    if isinstance(fields, dict) and {"stage", "reason", "value"} <= fields.keys():  # a dead letter
        return fields | {"value": MASKED_BYTES, "key": MASKED_BYTES}
    return masked(fields)


def builtins_of(value: msgspec.Struct) -> Any:
    """A record as JSON-ready values, its bytes as text."""
    return readable(msgspec.to_builtins(value, builtin_types=(bytes,)))


def readable(value: Any) -> Any:
    """The same values with bytes as text, at any depth."""
    if isinstance(value, dict):
        return {name: readable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    return text_of(value) if isinstance(value, bytes) else value


def text_of(value: bytes | None) -> str | None:
    """Bytes as UTF-8 text, or as base64 where they are none."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()
