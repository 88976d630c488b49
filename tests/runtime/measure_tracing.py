"""What traces cost the lane path: `python -m tests.runtime.measure_tracing [READINGS]`.

Each part of a worker's work is done with and without the header traceparent, in one thread and without a broker:
reading what a fetch brought, decoding and folding it, handing the outputs to Kafka's client. Both are done batch by
batch in turn, since the machine's speed changes from one second to the next. What is told are medians over the batches,
microseconds of CPU of each record that comes in; and the share that the header adds to these parts, which are not all
that a worker does: it is below that in a worker.
"""

import gc
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiokafka.record import MemoryRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from confluent_kafka import Producer

from deploy.bench.core import Fetched, batched, fetched, fold_all, written_into
from deploy.bench.measure import make_readings
from deploy.settings import Settings
from deploy.stages import build_stage, load_rule_set
from schemas.codec import Codec
from schemas.layout import load_ports
from schemas.records import RECORD_TYPES
from streams.core.random_draw import RandomKeys
from streams.core.stage import Stage
from streams.core.vehicles import VehiclesStage
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from streams.runtime.settings import RuntimeSettings

SEED = 1
LZ4 = 3
FETCHED_BYTES = 1 << 20
CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))
NOBODY = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1_000_000, "log_level": 0}
PARTS = ("fetch", "fold", "produce")


def seconds_of(work: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def as_on_the_wire(batch: Sequence[Fetched]) -> bytes:
    """The records as a broker sends them."""
    builder = DefaultRecordBatchBuilder(2, LZ4, 0, -1, -1, 0, FETCHED_BYTES)
    for number, one in enumerate(batch):
        builder.append(number, one.timestamp, one.key, one.value, list(one.headers))
    return bytes(builder.build())


def read(fetch: bytes) -> None:
    """Every record, as aiokafka reads it."""
    records = MemoryRecords(fetch)
    while records.has_next():
        for record in records.next_batch():
            _ = record.offset, record.key, record.value, record.headers


class Work:
    """The work of one worker, part by part."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._folds: dict[int, PartitionFold] = {}
        self._producer = Producer(NOBODY)

    def of(self, partition: int, batch: Sequence[Fetched]) -> list[float]:
        """CPU seconds of each part for a batch."""
        limit = RuntimeSettings.max_message_bytes
        fold = self._folds.setdefault(partition, PartitionFold(self._stage, CODEC, partition, {}, limit))
        fetch, transaction = as_on_the_wire(batch), Transaction()

        def folded() -> None:
            decoded = fold.decode(batch, {}, set())
            assert isinstance(decoded, list)
            fold.fold(decoded, {}, transaction)
            fold.take_steps()

        def produced() -> None:
            for topic, key, value, given, headers in transaction.outputs:
                self._producer.produce(topic, value, key, given, headers=headers)

        spent = [seconds_of(work) for work in (lambda: read(fetch), folded, produced)]
        self._producer.purge()
        return spent


def measure(stage: Stage, batches: Iterable[tuple[int, Sequence[Fetched]]]) -> dict[str, Any]:
    """Of a stage: microseconds of each part without the header, and what it adds."""
    plain, traced = Work(stage), Work(stage)
    without, added = list[list[float]](), list[list[float]]()
    for number, (partition, batch) in enumerate(batches):
        bare, full = [one._replace(headers=()) for one in batch], [one._replace() for one in batch]  # both as new
        if number % 2:  # who comes second finds caches as the first has left them
            one, other = plain.of(partition, bare), traced.of(partition, full)
        else:
            other, one = traced.of(partition, full), plain.of(partition, bare)
        micro = 1e6 / len(batch)
        without.append([seconds * micro for seconds in one])
        added.append([(after - before) * micro for before, after in zip(one, other, strict=True)])
    base, more = ([statistics.median(column) for column in zip(*rows, strict=True)] for rows in (without, added))
    return {
        "stage": stage.name,
        "batches": len(without),
        "without": dict(zip(PARTS, [round(value, 2) for value in base], strict=True)),
        "added": dict(zip(PARTS, [round(value, 2) for value in more], strict=True)),
        "share": round(sum(more) / sum(base), 3),
    }


def main() -> None:
    """Print one line of JSON for each stage."""
    gc.disable()  # a worker collects seldom, and does not hold all of its records as this does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    records = [fetched(CODEC, one) for one in itertools.islice(make_readings(count, 1, SEED), count)]
    lanes = build_stage("lanes", Settings())
    vehicles = VehiclesStage(load_rule_set(""), RandomKeys(b"s" * 32), load_ports())
    print(json.dumps(measure(lanes, cut(records))), flush=True)
    _, transactions = fold_all(lanes, CODEC, records)
    print(json.dumps(measure(vehicles, cut(written_into(vehicles.source, transactions)))), flush=True)


def cut(records: Iterable[Fetched]) -> list[tuple[int, list[Fetched]]]:
    """Batches of some hundred records: enough of them for a median."""
    return [(p, batch[at : at + 200]) for p, batch in batched(records) for at in range(0, len(batch) - 199, 200)]


if __name__ == "__main__":
    main()
