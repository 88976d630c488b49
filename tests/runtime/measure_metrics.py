"""What metrics cost a worker of the lane path: `python -m tests.runtime.measure_metrics [READINGS [ROUNDS]]`.

Simulated readings are folded and encoded in one thread, without a broker, as a worker with a backlog does it, in
batches of 1,400 of one partition, each a transaction; and as a live one does it, each reading by itself. The CPU time
that goes into metrics (times noted while folding, what is counted of each batch and transaction, events told) is taken
apart from the rest within the same run, since the machine's speed changes from one run to the next; the median of all
rounds counts. What Kafka's clients and the transaction take is not in the rest, so that metrics' share of a worker's
work is smaller than what is told here. A scrape is told apart.
"""

import itertools
import json
import sys
import time
from collections.abc import Sequence
from typing import Any
from unittest import mock

from deploy.bench.core import BATCH_RECORDS, Fetched, batched, fetched
from deploy.bench.measure import make_readings
from deploy.settings import Settings
from deploy.stages import build_stage
from schemas.codec import Codec
from schemas.records import RECORD_TYPES
from schemas.telemetry.exposition import exposed, tell_process
from streams.core.stage import Stage
from streams.runtime import events
from streams.runtime.event_time import note_times
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction, changelog_bytes_of, outputs_of
from streams.runtime.metrics import Telemetry
from streams.runtime.settings import RuntimeSettings

SEED = 1
POSITION = b"p" * 90  # about as long as one is
CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))


class Metrics:
    """Metrics' part of a worker, with the CPU time that it takes."""

    def __init__(self, stage: Stage) -> None:
        self.telemetry = Telemetry(stage.name, 0)
        tell_process(self.telemetry.registry, "stage", lambda: True, stage.name)
        self.seconds = 0.0

    def note(self, *arguments: Any) -> None:
        """In place of `note_times`."""
        started = time.thread_time()
        note_times(*arguments)
        self.seconds += time.thread_time() - started

    def tell(self, batch: Sequence[Fetched], fold: PartitionFold, transaction: Transaction) -> None:
        """What a group tells of a batch and of its transaction."""
        started = time.thread_time()
        tell(self.telemetry, batch, fold, transaction)
        self.seconds += time.thread_time() - started


def fold_all(stage: Stage, batches: Sequence[tuple[int, list[Fetched]]], metrics: Metrics) -> float:
    """Seconds of CPU of all batches, each a transaction, metrics included."""
    folds: dict[int, PartitionFold] = {}
    with mock.patch("streams.runtime.folding.note_times", metrics.note):
        started = time.thread_time()
        for partition, batch in batches:
            fold = folds.get(partition)
            if fold is None:
                fold = PartitionFold(stage, CODEC, partition, {}, RuntimeSettings.max_message_bytes)
                folds[partition] = fold
            transaction = Transaction()
            decoded = fold.decode(batch, {}, set())
            assert isinstance(decoded, list)
            fold.fold(decoded, {}, transaction)
            metrics.tell(batch, fold, transaction)
        return time.thread_time() - started


def tell(telemetry: Telemetry, batch: Sequence[Fetched], fold: PartitionFold, transaction: Transaction) -> None:
    """What a group tells of a batch and of its transaction."""
    steps = fold.take_steps()
    telemetry.emit(events.BatchFolded(len(batch), 0.01, fold.take_counters()))
    telemetry.emit(
        events.TransactionCommitted(
            group=fold.partition // 3,
            topic=batch[0].topic,
            records=len(batch),
            outputs=outputs_of(transaction),
            dead_letters={},
            changelog_records=1 + sum(map(len, transaction.changes.values())),
            changelog_bytes=changelog_bytes_of(transaction, {fold.partition: POSITION}),
            keys=len(fold.stored),
            state_bytes=fold.stored.size_bytes,
            newest_event_at=transaction.newest_event_at,
            readings_at=transaction.readings_at,
            watermarks=transaction.watermarks,
            commit_seconds=0.01,
            latency_seconds=0.01,
            traces=[events.Traced(fold.partition, 0, 0, steps)] if steps else [],
        )
    )


def measure(name: str, stage: Stage, batches: Sequence[tuple[int, list[Fetched]]], rounds: int) -> dict[str, Any]:
    """The median round."""
    found = []
    for _ in range(rounds):
        metrics = Metrics(stage)
        all_seconds = fold_all(stage, batches, metrics)
        found.append(
            (metrics.seconds / (all_seconds - metrics.seconds), metrics.seconds, all_seconds - metrics.seconds)
        )
    share, cost, rest = sorted(found)[rounds // 2]
    readings = sum(len(batch) for _, batch in batches)
    started = time.thread_time()
    exposed(metrics.telemetry.registry, None)
    return {
        "load": name,
        "readings": readings,
        "microseconds_per_reading": round(rest / readings * 1e6, 2),
        "metrics_microseconds_per_reading": round(cost / readings * 1e6, 2),
        "metrics_microseconds_per_transaction": round(cost / len(batches) * 1e6, 1),
        "metrics_share": round(share, 4),
        "scrape_milliseconds": round((time.thread_time() - started) * 1e3, 1),
    }


def main() -> None:
    """Print one line of JSON for each load."""
    count, rounds = (int(text) for text in [*sys.argv[1:], *["60000", "7"][len(sys.argv) - 1 :]])
    made = itertools.islice(make_readings(count, 1, SEED), count)
    records = [fetched(CODEC, one) for one in made]
    stage = build_stage("lanes", Settings())
    backlog = [(partition, batch) for partition, batch in batched(records) if len(batch) == BATCH_RECORDS]
    live = [(record.partition, [record]) for record in records[: count // 5]]
    for name, batches in (("backlog", backlog), ("live", live)):
        print(json.dumps(measure(name, stage, batches, rounds)), flush=True)


if __name__ == "__main__":
    main()
