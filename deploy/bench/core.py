"""The stages without a broker: decode, fold, encode and take the changes, in batches, in one thread."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from schemas.codec import Codec
from schemas.container import LogRecord
from schemas.partitioning import partition_of
from schemas.topics import Topic
from schemas.trace_context import HEADER, context_of_reading
from streams.core.stage import Stage
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from streams.runtime.settings import RuntimeSettings

BATCH_RECORDS: Final = 1_400  # of one partition, as a worker with a backlog fetches them


class Fetched(NamedTuple):
    """What a fold needs of a consumed record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, str | bytes | None], ...] = ()


def core_rates(stages: Sequence[Stage], codec: Codec, readings: Sequence[LogRecord]) -> dict[str, float]:
    """Readings a second of each stage by its name; each stage gets what the one before wrote into its topic.

    No watchlist is among it.
    """
    records = [fetched(codec, one) for one in readings]
    rates = {}
    for number, stage in enumerate(stages):
        seconds, transactions = fold_all(stage, codec, records)
        rates[stage.name] = len(readings) / seconds
        if number + 1 < len(stages):
            records = list(written_into(stages[number + 1].source, transactions))
    return rates


def fetched(codec: Codec, reading: LogRecord) -> Fetched:
    """A reading as its stage fetches it, with the header that the edge gives it."""
    value: Any = reading.value
    headers = ((HEADER, context_of_reading(value.reading_id)),)
    place = reading.topic, reading.partition, reading.offset, reading.appended_at // 1000
    return Fetched(*place, reading.key or b"", codec.encode(value), headers)


def fold_all(stage: Stage, codec: Codec, records: Iterable[Fetched]) -> tuple[float, list[tuple[int, Transaction]]]:
    """Seconds of CPU that a stage took, and its transactions with the time of their first record."""
    folds: dict[int, PartitionFold] = {}
    transactions = []
    batches = list(batched(records))
    started = time.process_time()
    for partition, batch in batches:
        fold = folds.get(partition)
        if fold is None:
            limit = RuntimeSettings.max_message_bytes
            fold = folds[partition] = PartitionFold(stage, codec, partition, {}, limit)
        transaction = Transaction()
        decoded = fold.decode(batch, {}, set())
        if isinstance(decoded, set):
            raise RuntimeError(f"the codec does not know its own schema id {decoded}")
        fold.fold(decoded, {}, transaction)
        transactions.append((batch[0].timestamp, transaction))
    return time.process_time() - started, transactions


def batched(records: Iterable[Fetched]) -> Iterator[tuple[int, list[Fetched]]]:
    """Partition and batch, each partition in order."""
    filling: dict[int, list[Fetched]] = {}
    for record in records:
        batch = filling.setdefault(record.partition, [])
        batch.append(record)
        if len(batch) == BATCH_RECORDS:
            yield record.partition, filling.pop(record.partition)
    yield from filling.items()


def written_into(topic: Topic, transactions: Iterable[tuple[int, Transaction]]) -> Iterator[Fetched]:
    """What the transactions put into a topic, as its reader finds it."""
    offset = 0
    for timestamp, transaction in transactions:
        for name, key, value, given, headers in transaction.outputs:
            if name == topic.name:
                partition = given if given >= 0 else partition_of(key, topic.partitions)
                yield Fetched(name, partition, offset, timestamp, key, value, tuple(headers or ()))
                offset += 1
