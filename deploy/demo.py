"""One run of the whole platform on a simulated border, measured from outside and proved afterwards.

platform, gateways up ─► watchlist, policy ─► simulated devices and officers in real time ─► lights timed
   ─► devices end ─► gateways deliver what they have, and end ─► drain ─► proof
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from deploy.cli import INTERRUPTED
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child
from deploy.local.supervisor import Supervisor, border_command
from deploy.reference_changes import additions, publish
from deploy.scrape import is_ready
from deploy.settings import Settings, child_environment, running_platform
from deploy.simulated_sites import GATEWAY, to_gateways
from deploy.stages import build_stages
from producers.publisher import Reading
from producers.simulator import find_scenario, watchlist
from schemas.container import LogRecord
from schemas.records import Alert, DeadLetter, Outcome, OutcomeState, Passage, PassageState, Selection
from schemas.topics import DEAD_LETTERS, LANE_BACKLOG, LANE_DECISIONS, LANE_READINGS, PROVED_NAMES
from streams.console.board import percentile
from streams.console.log_reader import LogReader
from streams.core.estimates.tallies import is_hit
from streams.core.replay import Proof, compare

# 26 gateways on two busy cores take most of a minute.
READY_SECONDS: Final = 120.0
DRAIN_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
END_SECONDS: Final = 90.0
# The last two: it was told to end before it said anything.
ENDED_IN_ORDER: Final = (0, INTERRUPTED, -signal.SIGTERM)
# It gives devices ten seconds to take their answers, then Kafka five, and the machine may be busy.
GATEWAY_STOP_SECONDS: Final = 60.0
# Ids of the readings that gateways told devices they keep.
ACKNOWLEDGED: Final = "acknowledged"

# A demo lasts minutes: with real officers no inspection would end in it, and with 1 smuggler in 2,000 none would find
# anything.
OFFICERS_SPEED: Final = 20.0
SMUGGLING_RATIO: Final = 0.1


@dataclass
class LightMeter:
    """Seconds from the gateway's receipt of AT_LIGHT to the delivery of the selection to a read-committed reader."""

    seconds: list[float] = field(default_factory=list)

    def see(self, record: msgspec.Struct | bytes | None, now_seconds: float) -> None:
        """Take in one delivered record."""
        if isinstance(record, Selection) and record.at_light_received_at is not None:
            self.seconds.append(now_seconds - record.at_light_received_at / 1e6)

    def summary(self) -> dict[str, float | None]:
        """p50 and p99, None if no light was asked for."""
        ordered = sorted(self.seconds)
        shares = {"p50": 0.5, "p99": 0.99}
        return {name: round(percentile(ordered, share), 4) if ordered else None for name, share in shares.items()}


def wait_for_workers(settings: Settings, supervisor: Supervisor) -> None:
    """Until every stage worker has recovered its state and every gateway listens. Raises UserError at the deadline."""
    running = running_platform(settings.state_path)
    workers = running["processes"] + running["gateways"] if running else []
    until = time.monotonic() + READY_SECONDS
    while not all(is_ready(worker) for worker in workers):
        supervisor.tend()
        if time.monotonic() > until:
            raise UserError(
                f"stages and gateways were not ready within {READY_SECONDS:.0f} s; see {settings.state_path}/*.log"
            )
        time.sleep(POLL_SECONDS)


def publish_watchlist(platform: LocalPlatform, scenario: str, seed: int) -> int:
    """Put the world's suggested entries on the watchlist; returns how many."""
    entries = watchlist(find_scenario(scenario), seed)
    publish(additions(entries), platform.broker, platform.codec)
    return len(entries)


def start_readings(
    platform: LocalPlatform, settings: Settings, scenario: str, seed: int, rate: float, seconds: float, direct: bool
) -> Child:
    """Start the simulated sensors in a process of their own; it ends by itself."""
    acknowledged = str(platform.directory / ACKNOWLEDGED)
    way = ("--to-kafka",) if direct else (*to_gateways(platform.directory), "--acknowledged", acknowledged)
    addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    options = ("--seed", str(seed), "--rate", f"{rate:g}", "--seconds", f"{seconds:g}", "--json")
    played = ("--officers", f"{OFFICERS_SPEED:g}", "--smuggling", f"{SMUGGLING_RATIO:g}")
    command = border_command("simulate", scenario, *way, *addresses, *options, *played)
    child = Child("simulator", command, platform.directory / "simulator.log", child_environment(settings))
    platform.add(child)
    return child


def end_readings(sensors: Child, supervisor: Supervisor) -> None:
    """Have the sensors end, until every gateway has told them that it keeps what they said; then end the gateways.

    Raises UserError if they were not told of everything.
    """
    until = time.monotonic() + END_SECONDS
    sensors.process.terminate()
    while sensors.process.poll() is None and time.monotonic() < until:
        supervisor.tend()  # a gateway that was killed a moment ago
        time.sleep(POLL_SECONDS)
    sensors.stop()
    if sensors.process.returncode not in ENDED_IN_ORDER:
        raise UserError(f"the simulated sensors did not end in order:\n{sensors.last_lines()}")
    supervisor.end([name for name in supervisor.workers if name.startswith(GATEWAY)], GATEWAY_STOP_SECONDS)


def time_lights(platform: LocalPlatform, meter: LightMeter, goes_on: Callable[[], bool]) -> None:
    """Read the decisions as they arrive while `goes_on()`, which is asked about fifty times a second."""
    topics = [LANE_DECISIONS.name]
    with LogReader(
        platform.broker, platform.registry_url, platform.codec, topics, from_beginning=False, fetch_wait_ms=20
    ) as reader:
        while goes_on():
            for received in reader.read(timeout_seconds=0.02):
                meter.see(received.log_record.value, time.time())


def log_of(platform: LocalPlatform, topics: Iterable[str]) -> Iterator[LogRecord]:
    """Every committed record of some topics."""
    with LogReader(platform.broker, platform.registry_url, platform.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            yield received.log_record


@dataclass
class Tally:
    """What stands in the log, in counts."""

    counts: Counter[str] = field(default_factory=Counter)
    lights: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    finds: dict[str, bool] = field(default_factory=dict)
    """Of inspected vehicles, as their last outcome tells."""

    reading_ids: set[str] = field(default_factory=set)

    def counting(self, log: Iterable[LogRecord]) -> Iterator[LogRecord]:
        """The same records, counted as they go by."""
        for record in log:
            value = record.value
            if record.topic in (LANE_READINGS.name, LANE_BACKLOG.name):
                if isinstance(value, Reading):
                    self.counts["readings"] += 1
                    self.reading_ids.add(value.reading_id)
            elif isinstance(value, Passage) and value.state is PassageState.FINAL:
                self.counts["passages"] += 1
            elif isinstance(value, Selection) and record.topic == LANE_DECISIONS.name:  # it is sent on to its port too
                self.lights[value.light.value] += 1
                self.reasons[value.referral_reason.value] += 1
            elif isinstance(value, Alert):
                self.counts["alerts"] += 1
            elif isinstance(value, Outcome) and value.state is OutcomeState.INSPECTED:
                self.finds[value.passage_id] = is_hit(value)
            elif isinstance(value, DeadLetter):
                self.dead_letters[value.reason] += 1
            yield record


def prove(platform: LocalPlatform, settings: Settings, supervisor: Supervisor) -> tuple[Proof, Tally]:
    """Compare what the stages wrote with their folds until nothing is missing or the deadline is past."""
    until = time.monotonic() + DRAIN_SECONDS
    while True:
        supervisor.tend()
        tally = Tally()
        log = tally.counting(log_of(platform, (*PROVED_NAMES, DEAD_LETTERS.name)))
        proof = compare(build_stages(settings), log)
        if not proof.total.lost or time.monotonic() > until:
            return proof, tally
        time.sleep(POLL_SECONDS)


def undelivered(platform: LocalPlatform, tally: Tally) -> int:
    """Readings that a gateway told a device it keeps, and that are not in the log."""
    file = platform.directory / ACKNOWLEDGED
    ids = file.read_text().splitlines() if file.exists() else ()
    return len(set(ids) - tally.reading_ids)


def summary(meter: LightMeter, proof: Proof, tally: Tally, not_delivered: int | None) -> dict[str, Any]:
    """What happened, in counts, from the topics themselves. `not_delivered` None: there were no gateways."""
    total = proof.total
    return {
        "readings": tally.counts["readings"],
        **({} if not_delivered is None else {"not_delivered": not_delivered}),
        "passages": tally.counts["passages"],
        "selections": dict(tally.lights),
        "selections_by_reason": dict(tally.reasons),
        "alerts": tally.counts["alerts"],
        "inspected": len(tally.finds),
        "finds": sum(tally.finds.values()),
        "dead_letters": dict(tally.dead_letters),
        "light_seconds": meter.summary(),
        "expected": total.expected,
        "lost": total.lost,
        "duplicates": total.duplicates,
        "wrong": total.wrong,
        "good": proof.good
        and not not_delivered
        and bool(tally.lights),  # what people publish leads to outputs too; that proves no lane
    }
