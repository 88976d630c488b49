"""One function per figure. Every rate is in records of the input topic a second."""

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, TopicPartition

from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child, free_port
from deploy.local.supervisor import border_command
from deploy.local.topics import ensure_topics
from deploy.scrape import fetch, worker_state
from deploy.settings import Settings, child_environment
from producers.publisher import Publisher
from producers.simulator import find_scenario, simulate
from producers.simulator.plates import issue_plate
from producers.simulator.truth import list_entry
from schemas.container import LogRecord
from schemas.partitioning import partition_of
from schemas.records import ListKind, PlateRead, WatchlistEntry
from schemas.topics import LANE_READINGS, Topic

STAGE_TIMEOUT_SECONDS: Final = 1800.0
PER_EVENT_TIMEOUT_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.05
RATE: Final = 600  # readings a second of simulated time: every lane of the border as busy as it can be
WARM_UP_SHARE: Final = 0.05  # of the records, left out of a stage's rate: its start is not its speed
PLATES_PER_LISTED: Final = 500  # as in the simulated worlds
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def make_readings(plates: int, crossings: int, seed: int) -> Iterator[LogRecord]:
    """Readings of this many vehicles, each with a plate of its own and so many crossings, in gateway order."""
    scenario = dataclasses.replace(find_scenario("border-2023"), crossings_per_vehicle=crossings)
    vehicles: dict[str, int] = {}  # by lane: numbers are counted up
    seen = 0
    for number, item in enumerate(simulate(scenario, seed=seed, seconds=30 * 86_400, rate=RATE)):
        lane_id = item.reading.lane_id
        if item.truth is not None and item.truth > vehicles.get(lane_id, -1):
            vehicles[lane_id] = item.truth
            seen += 1
            if seen > plates * crossings:
                break
        key = lane_id.encode()
        partition = partition_of(key, LANE_READINGS.partitions)
        yield LogRecord(LANE_READINGS.name, partition, number, item.due_at_us, key, item.reading)


def make_watchlist(listed: int, sample: Iterable[LogRecord], seed: int) -> list[WatchlistEntry]:
    """So many entries: every 500th plate of the sample, filled up with plates that do not come."""
    random = Random(seed)
    crossing: dict[tuple[str, str], None] = {}
    for record in sample:
        if isinstance(record.value, PlateRead) and record.value.candidates:
            crossing[record.value.candidates[0].plate, record.value.jurisdiction or "US-TX"] = None
    absent = ((issue_plate(random, "US-TX", truck=False), "US-TX") for _ in range(listed))
    plates = dict.fromkeys(chain(islice(crossing, 0, None, PLATES_PER_LISTED), absent))
    return [
        list_entry(number, plate, jurisdiction, ListKind.INTELLIGENCE)
        for number, (plate, jurisdiction) in enumerate(islice(plates, listed))
    ]


def fill(platform: LocalPlatform, readings: Iterable[LogRecord], keep: int) -> tuple[int, list[LogRecord]]:
    """Write the readings into the real topic, as the edge does; returns how many, and the first `keep` of them."""
    count, kept = 0, []
    with Publisher(platform.broker, platform.codec) as publisher:
        for count, record in enumerate(readings, 1):
            publisher.publish(record.value)  # type: ignore[arg-type]
            if count <= keep:
                kept.append(record)
    return count, kept


def floor(platform: LocalPlatform, readings: int) -> float:
    """Consume and decode, nothing else."""
    consumer = Consumer({"bootstrap.servers": platform.broker, "group.id": "bench-floor", "enable.auto.commit": False})
    consumer.assign([TopicPartition(LANE_READINGS.name, number, 0) for number in range(LANE_READINGS.partitions)])
    decode = platform.codec.decode
    done, started = 0, 0.0
    while done < readings:
        messages = consumer.consume(2000, 0.05)
        if messages and not started:
            started = time.perf_counter()
        for message in messages:
            if message.error() is None:
                decode(message.value())
                done += 1
    spent = time.perf_counter() - started
    consumer.close()
    return readings / spent


def stage_rate(
    platform: LocalPlatform, name: str, topic: Topic, state_directory: Path, first_left_out: int = 0
) -> dict[str, float]:
    """One worker process of a stage over its whole backlog, state and transactions on.

    Figures are of the records behind the first so many.
    """
    total = records_in(platform.broker, topic)
    counted = total - first_left_out
    port = free_port()
    settings = Settings(
        broker=platform.broker,
        registry_url=platform.registry_url,
        state_directory=str(state_directory),
        metrics_port=port,
    )
    environment = child_environment(settings)
    worker = {"name": name, "metrics_port": port}
    child = Child(f"bench-{name}", border_command("stage", name), state_directory / f"bench-{name}.log", environment)
    platform.add(child)
    try:
        first: tuple[float, float, float] | None = None
        until = time.monotonic() + STAGE_TIMEOUT_SECONDS
        while True:
            state, now, cpu = worker_state(worker), time.perf_counter(), cpu_seconds(child.pid)
            if first is None and state.records >= first_left_out + counted * WARM_UP_SHARE:
                first = (now, state.records, cpu)
            if state.records >= total and first is not None:
                records = state.records - first[1]
                return {
                    "records": counted,
                    "records_per_second": records / (now - first[0]),
                    "cpu_microseconds_per_record": (cpu - first[2]) / records * 1e6,
                    "state_keys": state.state_keys,
                    "state_bytes": gauge(port, "border_state_bytes"),
                }
            if time.monotonic() > until or child.process.poll() is not None:
                raise UserError(f"the {name} worker did not finish: {child.last_lines()}")
            # each look costs the worker some milliseconds: ever fewer of them as the run goes on
            time.sleep(POLL_SECONDS if first is None else max(POLL_SECONDS, (now - first[0]) / 50))
    finally:
        child.stop()
        platform.remove(child)


def per_event(platform: LocalPlatform, events: int, directory: Path) -> dict[str, Any]:
    """The lanes stage under stock Faust, one event per agent step, its state in a Faust table."""
    run = f"per-event-{os.getpid()}"
    # Faust would make these itself, but with the broker's defaults; a compacted changelog is what it asks for.
    results = Topic(f"{run}-results", "any", ())
    ensure_topics(platform.broker, [results, Topic(f"{run}-states-changelog", "any", (), compacted=True)])
    arguments = (platform.broker, platform.registry_url, run, str(events), str(directory / run))
    command = [sys.executable, "-P", "-m", "deploy.bench.per_event", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PER_EVENT_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"stock Faust did not finish: {(error.stderr or b'')[-2000:]!r}") from error
    try:
        result: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    except (IndexError, orjson.JSONDecodeError) as error:
        raise UserError(f"stock Faust did not finish: {done.stderr[-2000:]}") from error
    return result


def records_in(broker: str, topic: Topic) -> int:
    """Committed records of a topic, control records left out."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": "bench-count",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(topic.name, number, 0) for number in range(topic.partitions)])
    count, ended = 0, 0
    while ended < topic.partitions:
        for message in consumer.consume(5000, 0.1):
            if message.error() is None:
                count += 1
            else:
                ended += 1
    consumer.close()
    return count


def gauge(port: int, name: str) -> float:
    """Sum of a gauge over its labels."""
    lines = (fetch(port, "/metrics") or "").splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{"))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far; 0 once it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
