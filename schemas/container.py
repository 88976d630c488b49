"""Records at rest: Avro container files of log records, for `border capture`, `replay` and `simulate`.

One schema, `border.v1.LogRecord`, holds where a record stood in which topic and the record itself as a union of the
contract's types (bytes where the topic holds raw bytes), so any Avro tool reads the files.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import fastavro
import msgspec

from schemas.codec import NAMESPACE, RECORD_TYPES, without_logical_types
from schemas.generate import load_schemas


class LogRecord(NamedTuple):
    """One record with its place in the log. `appended_at` is the broker's time of append, microseconds UTC."""

    topic: str
    partition: int
    offset: int
    appended_at: int
    key: bytes | None
    value: msgspec.Struct | bytes | None


def union_of_records() -> list[Any]:
    """Every record type of the contract in one union; a named type is spelled out where it is first met."""
    seen: set[str] = set()

    def once(schema: Any) -> Any:
        if isinstance(schema, list):
            return [once(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if schema["type"] in ("record", "enum"):
            name = f"{NAMESPACE}.{schema['name']}"
            if name in seen:
                return name
            seen.add(name)
        return {key: once(value) if key in ("type", "items", "fields") else value for key, value in schema.items()}

    def once_field(schema: Any) -> Any:
        return {**schema, "fields": [{**field, "type": once(field["type"])} for field in schema["fields"]]}

    union = []
    for schema in load_schemas().values():
        name = f"{NAMESPACE}.{schema['name']}"
        if name in seen:
            union.append(name)
            continue
        seen.add(name)
        union.append(once_field(without_logical_types(schema)))
    return ["null", "bytes", *union]


def container_schema() -> Any:
    """The parsed schema of a container file."""
    fields = [
        {"name": "topic", "type": "string"},
        {"name": "partition", "type": "int"},
        {"name": "offset", "type": "long"},
        {"name": "appended_at", "type": "long"},
        {"name": "key", "type": ["null", "bytes"]},
        {"name": "value", "type": union_of_records()},
    ]
    return fastavro.parse_schema({"type": "record", "name": "LogRecord", "namespace": NAMESPACE, "fields": fields})


CONTAINER_SCHEMA: Final = container_schema()
SYNC_INTERVAL_BYTES: Final = 1 << 20  # a torn tail loses at most this much; the blocks before it stay readable


class ContainerWriter:
    """Writes log records to a new container file. A context manager; what was written is readable after any exit."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._writer = fastavro.write.Writer(
            self._file, CONTAINER_SCHEMA, codec="deflate", sync_interval=SYNC_INTERVAL_BYTES
        )

    def write(self, record: LogRecord) -> None:
        """Append one record."""
        value: Any = record.value
        if isinstance(value, msgspec.Struct):
            name = f"{NAMESPACE}.{type(value).__name__}"
            value = (name, msgspec.to_builtins(value, builtin_types=(bytes,)))
        self._writer.write(record._replace(value=value)._asdict())

    def __enter__(self) -> "ContainerWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.flush()
        self._file.close()


def read_container(path: Path) -> Iterator[LogRecord]:
    """Log records of a file in the order written. Raises ValueError naming the file if it is damaged or foreign."""
    with path.open("rb") as file:
        try:
            reader = fastavro.reader(file, return_record_name=True, return_record_name_override=True)
        except Exception as error:  # fastavro raises whatever its C code meets, here and below
            raise ValueError(f"{path} is not an Avro container file") from error
        schema = reader.writer_schema
        if not isinstance(schema, dict) or schema.get("name") not in ("LogRecord", f"{NAMESPACE}.LogRecord"):
            raise ValueError(f"{path} is an Avro file, but not of log records")
        try:
            for row in reader:
                yield as_log_record(row)
        except Exception as error:
            raise ValueError(f"{path} is damaged, or not of this version: {type(error).__name__}") from error


def as_log_record(row: Any) -> LogRecord:
    """A row as fastavro returns it."""
    value = row["value"]
    if isinstance(value, tuple):
        name, fields = value
        value = msgspec.convert(plain(fields), RECORD_TYPES[name.removeprefix(f"{NAMESPACE}.")])
    return LogRecord(row["topic"], row["partition"], row["offset"], row["appended_at"], row["key"], value)


def plain(value: Any) -> Any:
    """Without the record names that fastavro adds inside unions."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return plain(value[1])
    return value


def write_container(path: Path, log: Iterable[LogRecord]) -> int:
    """Write all records to a new file and return how many there were."""
    count = 0
    with ContainerWriter(path) as writer:
        for record in log:
            writer.write(record)
            count += 1
    return count
