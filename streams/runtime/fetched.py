"""aiokafka's reading of what a fetch brought, but not stopped by a header whose name is no UTF-8.

The broker takes any bytes as a header's name. aiokafka raises on the first such record, and would on every fetch after:
one record of one misguided producer would end the stage for ever.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class LenientBytes(bytearray):
    """Bytes whose slices decode whatever they hold: `\\xff` stands for the byte that is no UTF-8."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return LenientBytes(found) if isinstance(at, slice) else found

    def decode(self, *_: str) -> str:
        """Text, never an error."""
        return super().decode("utf-8", "backslashreplace")


def read_leniently(content: Any) -> Iterator[Any]:
    """All records of one batch by aiokafka's parser in Python, which is slow and only used where the fast one fails."""
    batch = _DefaultRecordBatchPy(content)
    batch._maybe_uncompress()
    batch._buffer = LenientBytes(batch._buffer)
    return iter(batch)


class FetchedBatch:
    """A record batch as aiokafka has it, of which every record can be read."""

    def __init__(self, batch: Any, content: Any) -> None:
        self._batch = batch
        self._content = content

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        last = -1
        try:
            for record in self._batch:
                last = record.offset
                yield record
        except UnicodeDecodeError:
            yield from (record for record in read_leniently(self._content) if record.offset > last)


class FetchedRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches that one fetch brought for one partition."""

    def next_batch(self, *arguments: int) -> FetchedBatch:
        """The next batch; only called while there is one."""
        content = self._next_slice
        return FetchedBatch(super().next_batch(*arguments), content)


def register() -> None:
    """Make aiokafka's fetcher read this way."""
    if not hasattr(fetcher, "MemoryRecords"):
        raise RuntimeError("this aiokafka has no fetcher.MemoryRecords: a header could end the worker")
    fetcher.MemoryRecords = FetchedRecords
