"""How soon after its last reading a car is decided: `python -m tests.runtime.measure_rail_latency [SPEED [SECONDS]]`.

A real broker, one worker of the trains stage in a process of its own, simulated trains at twelve ports whose time goes
SPEED times as fast as real (5), for SECONDS (120). All times are the broker's appends, in whole milliseconds:

    told     each revision of a car that rests on a reading that the ones before did not: from that reading to it
    decided  each car, once: from the last reading that it rests on to the revision from which its state and reasons
             are what they are at the end; 0 if they were so before. What a neighbour, the list or the end of the train
             changed later counts in full; cars without a reading (missing ones) and locomotives do not count
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import KafkaException

from deploy.chaos.log import Logged, read_log
from deploy.chaos.path import find_path
from deploy.chaos.rail_feed import PORT, at_speed, rail_readings, twins_of
from deploy.chaos.run import Run
from deploy.local.platform import LocalPlatform
from deploy.settings import load_settings
from producers.pacing import US
from producers.publisher import Publisher
from producers.simulator.rail import RAIL_2023, RailReading
from schemas.codec import Codec
from schemas.records import CarCoverage, CarState, TrainEvent, TrainEventKind
from schemas.topics import RAIL_COVERAGE, RAIL_READINGS
from streams.console.board import percentile
from streams.core.trains.stage import TrainsStage

BOUND_SECONDS = 1.0
READY_SECONDS = 120.0
DAYS = 3.0
BUSIER = 8.0  # Laredo's two tracks are in use most of the time


class Revision(NamedTuple):
    """One revision of a car. `appended_at`, and when the readings were that it rests on: milliseconds."""

    appended_at: int
    car: CarCoverage
    readings_at: dict[str, int]


@dataclass
class Latencies:
    """Seconds, as described above."""

    told: list[float] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)

    def add(self, revisions: Sequence[Revision]) -> None:
        """Take in all revisions of one car, in order."""
        known: set[str] = set()
        for one in revisions:
            new = one.readings_at.keys() - known
            if new:
                self.told.append((one.appended_at - max(one.readings_at[reading] for reading in new)) / 1000)
            known |= new
        last = revisions[-1]
        decided_at = last.appended_at
        for one in reversed(revisions):
            if (one.car.state, one.car.reasons) != (last.car.state, last.car.reasons):
                break
            decided_at = one.appended_at
        self.decided.append(max(0, decided_at - max(last.readings_at.values())) / 1000)

    def as_json(self) -> dict[str, object]:
        """Counts, percentiles, and how many were beyond the bound."""
        line: dict[str, object] = {"bound_seconds": BOUND_SECONDS}
        for name, seconds in (("told", sorted(self.told)), ("decided", sorted(self.decided))):
            shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
            line[name] = {"count": len(seconds), "late": sum(one > BOUND_SECONDS for one in seconds)} | {
                share: round(percentile(seconds, part), 3) for share, part in shares.items()
            }
        return line


def latencies_of(codec: Codec, readings: Sequence[Logged], coverage: Sequence[Logged]) -> Latencies:
    """Of the logs of both topics, each partition in order."""
    appended: dict[tuple[int, str], int] = {}
    for row in readings:
        reading_id = codec.decode(row.value).reading_id  # type: ignore[attr-defined]
        appended.setdefault((row.partition, reading_id), row.appended_at)  # a repetition counts for nothing
    cars: dict[str, list[Revision]] = {}
    for row in coverage:
        car = codec.decode(row.value)
        if isinstance(car, CarCoverage) and car.reading_ids and car.state is not CarState.EXEMPT:
            readings_at = {one: appended[row.partition, one] for one in car.reading_ids}
            cars.setdefault(car.coverage_id, []).append(Revision(row.appended_at, car, readings_at))
    found = Latencies()
    for revisions in cars.values():
        found.add(revisions)
    return found


def start_worker(run: Run) -> None:
    """Start one worker and wait until it has partitions."""
    run.start_worker(0, 0)

    def owns_something() -> bool:
        try:
            return bool(run.partitions_of("trains", 0))
        except (KafkaException, TimeoutError):  # a broker that has just started has no coordinator yet
            return False

    run.wait("the worker owning partitions", READY_SECONDS, owns_something)


def within(readings: Iterable[RailReading], seconds: float) -> Iterator[RailReading]:
    """The readings until so many simulated seconds after the first train came to a portal."""
    until: float | None = None
    for reading in readings:
        if until is None and isinstance(reading, TrainEvent) and reading.kind is TrainEventKind.PORTAL_ENTERED:
            until = reading.received_at + seconds * US
        if until is not None and reading.received_at > until:
            return
        yield reading


def measured(run: Run, speed: float, seconds: float, seed: int) -> tuple[Latencies, float]:
    """Trains for some time through a worker that is there already, the same ones however busy the machine is; readings
    a second with it. Those of runs before on the same broker are left out."""
    topics, published = (RAIL_READINGS, RAIL_COVERAGE), 0
    before = [{(row.partition, row.offset) for row in read_log(run.broker, topic)} for topic in topics]
    readings = within(rail_readings(TrainsStage(), seed, DAYS, RAIL_2023, BUSIER), seconds * speed)
    with Publisher(run.broker, run.codec, RAIL_READINGS) as publisher:
        started = time.monotonic()
        for reading in at_speed(readings, speed, twins_of(PORT), lambda: True, publisher.poll):
            publisher.publish(reading)
            published += 1
        took = time.monotonic() - started
    logs = run.drain()
    own = [
        [row for row in logs[topic] if (row.partition, row.offset) not in known]
        for topic, known in zip(topics, before, strict=True)
    ]
    return latencies_of(run.codec, *own), published / took


def measured_on(platform: LocalPlatform, logs: Path, speed: float, seconds: float) -> tuple[Latencies, float]:
    """A run of its own, which is gone before its broker is: a client that asked one and has no answer never ends."""
    path = find_path("rail", "latency")
    run = Run(path, platform.broker, platform.registry_url, platform.codec, logs, session_seconds=10.0)
    try:
        start_worker(run)
        return measured(run, speed, seconds, seed=1)
    finally:
        run.stop()


def main() -> None:
    speed, seconds = (float(sys.argv[n]) if len(sys.argv) > n else default for n, default in ((1, 5.0), (2, 120.0)))
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with LocalPlatform(place / "state", load_settings().cache_path) as platform:
            latencies, rate = measured_on(platform, place, speed, seconds)
    print(json.dumps({"speed": speed, "readings_per_second": round(rate)} | latencies.as_json()))


if __name__ == "__main__":
    main()
