"""Files of trains' lists, of scan results and of tags, read, and written into the log of their port."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from deploy.errors import UserError
from deploy.reference_changes import write_all, write_by_key
from producers.rail.x12 import FILE_BYTES_MAX as LIST_BYTES_MAX
from schemas.codec import Codec
from schemas.records import CarScan, TrainConsist
from schemas.topics import RAIL_READINGS

# Readers of files have their own bounds, all below; what is beyond is not even read.
BYTES_MAX: Final = 4 * LIST_BYTES_MAX


def read_bytes(file: Path) -> bytes:
    """A file's bytes. Raises UserError if it cannot be read."""
    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # ValueError: no system takes a name with a zero byte
        raise UserError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > BYTES_MAX:
        raise UserError(f"{file} has more than {BYTES_MAX:,} bytes; split it")
    return data


def publish_readings(
    records: Sequence[TrainConsist | CarScan],
    noun: str,
    broker: str,
    codec: Codec,
    report: Callable[[int], None] = lambda _: None,
) -> None:
    """Write lists or scans to the rail readings of their ports, in transactions; `noun` is what one of them is.

    `report` gets how many are written for certain. Raises UserError, or KeyboardInterrupt, that say what is. To write
    them again is safe: a repeated reading counts once.
    """

    def by_port(producer: Producer, messages: Sequence[tuple[bytes, bytes]]) -> None:
        write_by_key(producer, RAIL_READINGS, messages)

    write_all(records, noun, lambda record: record.port_code.encode(), by_port, broker, codec, report)
