"""The same stage the way a Faust tutorial has it: one event per agent step, its state in a Faust table.

Only `border bench` runs this, side by side with the platform's own runtime. It is not exactly once.
"""

import os
import time
from collections.abc import Callable
from typing import Any, Final

import faust
import orjson

from schemas.codec import Codec
from streams.core.stage import Fold, Record, Rejected, Stage

WARM_UP_EVENTS: Final = 200


def run_per_event(stage: Stage, broker: str, codec: Codec, run: str, events: int, data_directory: str) -> None:
    """Process this many events, print {"records_per_second", "cpu_microseconds_per_record"} and end the process."""
    app = faust.App(
        run,
        broker=f"kafka://{broker}",
        store="memory://",
        topic_partitions=stage.source.partitions,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        datadir=data_directory,
    )
    source = app.topic(stage.source.name, key_serializer="raw", value_serializer="raw", internal=True)
    results = app.topic(f"{run}-results", key_serializer="raw", value_serializer="raw", partitions=12)
    table = app.Table("states", partitions=stage.source.partitions, key_type=bytes, value_type=bytes)
    app.agent(source, name=f"{run}.agent")(make_agent(stage, codec, table, results, events))
    worker = faust.Worker(app, loglevel="info", redirect_stdouts=False)
    worker.execute_from_commandline()


def make_agent(stage: Stage, codec: Codec, table: Any, results: Any, events: int) -> Callable[[Any], Any]:
    """The agent's function."""
    folds: dict[int, Fold] = {}

    async def process(stream: Any) -> None:
        seen, started, cpu = 0, 0.0, 0.0
        async for event in stream.events():
            partition = event.message.partition
            fold = folds.get(partition) or folds.setdefault(partition, stage.open(partition, table))
            outputs: list[Any] = []
            try:
                fold.advance(
                    Record(event.message.key, codec.decode(event.message.value), time.time_ns() // 1000), outputs
                )
            except Rejected:
                continue
            fold.take_changes()
            for output in outputs:
                await results.send(key=output.key, value=codec.encode(output.value))
            seen += 1
            if seen == WARM_UP_EVENTS:
                started, cpu = time.perf_counter(), time.process_time()
            elif seen == WARM_UP_EVENTS + events:
                spent, used = time.perf_counter() - started, time.process_time() - cpu
                line = {"records_per_second": events / spent, "cpu_microseconds_per_record": used / events * 1e6}
                os.write(1, orjson.dumps(line) + b"\n")
                os._exit(0)

    return process
