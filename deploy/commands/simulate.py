"""`border simulate`: a simulated border's readings into a file or into Kafka, the truth into a file aside.

simulate ─► pacing ─► Avro container file | publisher ─► border.lane.readings.v1
                 ├► devices' formats over sockets ─► gateways
                 ├► truth, JSON lines
                 └► officers, if asked for ─► border.lane.decisions.v1

`rail-2023` is a world of trains: see deploy/rail_simulation.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.gateway_feed import GatewayFeed
from deploy.options import Flag, NotNegative, Positive, Seed, Share
from deploy.port_files import parse_file, read_text
from deploy.rail_simulation import RailRun, rail_feed
from deploy.simulated_officers import OfficersAtWork
from producers.pacing import Item, live, paced
from producers.publisher import DeliveryError, Publisher
from producers.simulator import Scenario, SimulatedReading, at_port, find_scenario, watchlist
from producers.simulator import simulate as simulated
from producers.simulator.officers import SimulatedOfficers
from producers.simulator.rail import RAIL_SCENARIO
from producers.simulator.truth import TruthWriter
from producers.simulator.world import DEFAULT_START_AT
from schemas.container import ContainerWriter, LogRecord
from schemas.layout import Port, load_ports
from schemas.partitioning import partition_of
from schemas.topics import LANE_READINGS, PARTITIONS
from streams.core.rotation import ROTATION_PREFIX, drawing_between

US: Final = 1_000_000
PROGRESS_EVERY: Final = 2_000  # readings between two looks at the progress bar

Sink = Callable[[SimulatedReading], None]


def simulate(
    scenario: str,
    /,
    *,
    seed: Seed = 1,
    days: Positive | None = None,
    seconds: Positive | None = None,
    speed: NotNegative = 0.0,
    rate: Positive | None = None,
    start_at: datetime | None = None,
    port: Annotated[list[str] | None, Parameter(negative=())] = None,
    port_file: Path | None = None,
    inbound: Flag = False,
    out: Path | None = None,
    to_kafka: Flag = False,
    to_gateways: Path | None = None,
    acknowledged: Path | None = None,
    officers: Positive | None = None,
    smuggling: Share | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    truth: Path | None = None,
    watchlist_file: Annotated[Path | None, Parameter(name="--watchlist")] = None,
    json: Flag = False,
) -> int:
    """Simulate a border: `matamoros-2009`, `border-2023`, `rush-hour`, or with trains `rail-2023`.

    Of rail, --rate gives more trains than there were, and simulated seconds that pass faster than real ones where the
    tracks hold no more; people at the yard act on what the trains stage says, folded in this process, so --officers
    goes with a file too. Without it nobody opens a car, and trains leave uncovered.

    Examples:

        border simulate matamoros-2009 --days 1 --out day.avro --truth truth.jsonl
        border simulate border-2023 --to-kafka --rate 250 --seconds 120
        border simulate matamoros-2009 --to-gateways .border/gateways --rate 25 --seconds 60
        border simulate border-2023 --port-file deploy/examples/MX-370.toml --to-kafka --rate 5 --seconds 60
        border simulate border-2023 --port-file deploy/examples/2301-inbound.toml --inbound --out both-ways.avro
        border simulate rail-2023 --days 3 --officers 1 --out rail.avro --truth trains.jsonl
        border simulate rail-2023 --to-kafka --rate 20 --officers 5 --seconds 3600

    Parameters
    ----------
    scenario
        name of the world.
    seed
        the same seed gives the same bytes.
    days
        simulated days of arrivals; default 1.
    seconds
        the same in seconds.
    speed
        simulated seconds per second: 1 is real time, 0 as fast as it goes.
    rate
        about this many readings a second; published, they come in real time with the present time in them.
    start_at
        start of the simulated time, ISO 8601; default: now if live, else an afternoon in October 2023.
    port
        only this port (its code); may be repeated.
    port_file
        instead of the scenario's ports the one that this file describes (see `border ports`), as busy as is usual.
    inbound
        northbound lanes too, where a port's file names some: history of who comes back, without lights.
    out
        Avro container file, for `border replay`.
    to_kafka
        publish to border.lane.readings.v1, or to border.rail.readings.v1.
    to_gateways
        with --rate: have devices speak their formats to the running gateways of this directory's sites, as those that
        `border up --scenario` writes (STATE_DIRECTORY/gateways). Their operating_mode has to be SIMULATED.
    acknowledged
        file for the ids that gateways acknowledge, one a line.
    officers
        with --rate, live, also play the officers: duties by lot, overrides, inspections of reds; they work this
        many times as fast as real ones, 1 being as fast. Of rail: hand inspections and releases.
    smuggling
        share of the passages that smuggle; default: 1 in 2,000.
    broker
        Kafka's address; default: the running local platform's.
    registry_url
        schema registry's address; the same.
    truth
        JSON-lines file for what is true (vehicles, faults, loads), which never goes to a topic.
    watchlist_file
        JSON-lines file of watchlist entries with hits in this world.
    json
        print one line of JSON.
    """
    is_live = (to_kafka or to_gateways is not None) and rate is not None
    if scenario == RAIL_SCENARIO:
        refuse_of_lanes(port_file, inbound, smuggling, watchlist_file, to_gateways)
        start, length = start_of(start_at, is_live), length_of(days, seconds)
        asked = RailRun(seed, start, length, port, speed, rate, officers, to_kafka)
        return simulate_rail(asked, out, truth, broker, registry_url, json)
    if officers is not None and not is_live:
        raise UserError("officers need lights to look at; give --to-kafka or --to-gateways, and --rate with --officers")
    refuse_of_gateways(to_gateways, acknowledged, to_kafka, is_live)
    length, start = length_of(days, seconds), start_of(start_at, is_live)
    try:
        world, known = world_of(scenario, port, port_file)
        world = world if smuggling is None else replace(world, smuggling_ratio=smuggling)
        write_watchlist(watchlist_file, world, seed, port, known)
        readings = simulated(
            world, seed=seed, start_at=start, seconds=length, ports=port, rate=rate, known=known, inbound=inbound
        )
        with ExitStack() as stack:
            sinks, waits = file_sinks(stack, out, truth), list[Callable[[], None]]()
            feed = None if to_gateways is None else gateway_feed(stack, to_gateways, acknowledged)
            place = connect(broker, registry_url, None) if to_kafka or officers is not None else None
            if place is not None and to_kafka:
                waits.append(kafka_sink(stack, sinks, place))
            if place is not None and officers is not None:
                ports = {code: known[code] for code in port or world.daily_counts}
                waits.append(officers_sink(stack, sinks, place, seed, ports, officers))
            if not sinks and feed is None and watchlist_file is None:
                raise UserError("nowhere to write to; give --out FILE, --to-kafka, --to-gateways or --watchlist FILE")
            due = live(readings, each(waits)) if is_live else paced(readings, speed, each(waits))
            due = feed.spoken(due) if feed else due if sinks else iter(())
            report(scenario, seed, start, run(due, sinks, length, quiet=json), json)
    except (ValueError, DeliveryError, OSError) as error:
        raise UserError(str(error)) from error
    return 0


def simulate_rail(
    asked: RailRun, out: Path | None, truth: Path | None, broker: str | None, registry_url: str | None, json: bool
) -> int:
    """The simulation of trains. Raises UserError if there is nowhere to write to, or that fails."""
    if out is None and not asked.to_kafka:
        raise UserError("nowhere to write to; give --out FILE or --to-kafka")
    try:
        with ExitStack() as stack:
            feed = rail_feed(stack, asked, out, truth, broker, registry_url)
            result = run(feed.items, feed.sinks, feed.seconds, json)
            result["simulated_seconds"] = round(result["simulated_seconds"] * asked.seconds / feed.seconds, 1)
            report(RAIL_SCENARIO, asked.seed, asked.start_at, result, json)
    except (ValueError, DeliveryError, OSError) as error:
        raise UserError(str(error)) from error
    return 0


def refuse_of_gateways(sites: Path | None, acknowledged: Path | None, to_kafka: bool, is_live: bool) -> None:
    """Raises UserError for options that do not go together."""
    if acknowledged is not None and sites is None:
        raise UserError("--acknowledged is what gateways acknowledge; give --to-gateways too")
    if sites is not None and to_kafka:
        raise UserError("both --to-kafka and --to-gateways, so everything would be there twice; give one of them")
    if sites is not None and not is_live:
        raise UserError("a gateway tells the time that it is; give --rate with --to-gateways")


def gateway_feed(stack: ExitStack, sites: Path, acknowledged: Path | None) -> GatewayFeed:
    """The gateways' feed, closed with the stack, after which the file is complete."""
    ids = None if acknowledged is None else stack.enter_context(acknowledged.open("w"))
    return stack.enter_context(GatewayFeed(sites, ids))


def refuse_of_lanes(
    port_file: Path | None, inbound: bool, smuggling: float | None, watchlist: Path | None, sites: Path | None
) -> None:
    """Raises UserError for options that trains have no use for."""
    if sites is not None:
        raise UserError("--to-gateways is of lanes; trains pass faster than the clock, so give --to-kafka")
    if port_file is not None or inbound or smuggling is not None or watchlist is not None:
        raise UserError("--port-file, --inbound, --smuggling and --watchlist are of lanes; leave them out for rail")


def world_of(scenario: str, ports: list[str] | None, port_file: Path | None) -> tuple[Scenario, Mapping[str, Port]]:
    """The scenario and its ports by code. Raises UserError for a file that describes none, or both options."""
    if port_file is None:
        return find_scenario(scenario), load_ports()
    if ports:
        raise UserError("both --port and --port-file; give one of them")
    port = parse_file(port_file, read_text(port_file))
    return at_port(find_scenario(scenario), port), {port.code: port}


def file_sinks(stack: ExitStack, out: Path | None, truth: Path | None) -> list[Sink]:
    """Writers of the files asked for, closed with the stack."""
    sinks: list[Sink] = []
    if out is not None:
        sinks.append(container_sink(stack.enter_context(ContainerWriter(out))))
    if truth is not None:
        writer = stack.enter_context(TruthWriter(stack.enter_context(truth.open("wb"))))
        sinks.append(writer.write)
    return sinks


def length_of(days: float | None, seconds: float | None) -> float:
    """Seconds of arrivals to simulate. Raises UserError if both are given."""
    if days is not None and seconds is not None:
        raise UserError("both --days and --seconds; give one of them")
    return seconds if seconds is not None else (1.0 if days is None else days) * 86_400


def start_of(given: datetime | None, is_live: bool) -> int:
    """Start of the simulated time in microseconds UTC. Live worlds start now, so that no two runs share reading ids."""
    if given is not None:
        return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()) * US
    return int(time.time()) * US if is_live else DEFAULT_START_AT


def kafka_sink(stack: ExitStack, sinks: list[Sink], connection: Connection) -> Callable[[], None]:
    """Adds the publisher; returns what to call while waiting."""
    publisher = stack.enter_context(
        Publisher(connection.broker, connection.codec, sample_ratio=connection.settings.trace_sample_ratio)
    )
    sinks.append(lambda item: publisher.publish(item.reading))
    return publisher.poll


def officers_sink(
    stack: ExitStack, sinks: list[Sink], connection: Connection, seed: int, ports: Mapping[str, Port], speed: float
) -> Callable[[], None]:
    """Adds the officers, who note what vehicles carry; returns what to call while waiting."""
    staff = SimulatedOfficers(seed, ports, ROTATION_PREFIX, drawing_between, speed)
    at_work = OfficersAtWork(stack, staff, connection)
    sinks.append(at_work.note)
    return at_work.look


def each(several: Sequence[Callable[[], None]]) -> Callable[[], None]:
    """What calls all of them."""

    def call() -> None:
        for one in several:
            one()

    return call


def run(
    readings: Iterator[Item], sinks: list[Callable[[Item], None]], length: float, quiet: bool
) -> dict[str, float | bool]:
    """Feed every reading to every sink; Ctrl-C ends it early and cleanly."""
    count, stopped, last = 0, False, 0
    first: int | None = None
    started = time.monotonic()
    columns = TextColumn("simulating"), BarColumn(), TextColumn("{task.fields[what]}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task("", total=length, what="")
        try:
            for item in readings:
                first = item.due_at_us if first is None else first
                last = item.due_at_us
                for sink in sinks:
                    sink(item)
                count += 1
                if count % PROGRESS_EVERY == 0:
                    progress.update(task, completed=(last - first) / US, what=f"{count:,} readings")
        except KeyboardInterrupt:
            stopped = True
    spent = time.monotonic() - started
    return {
        "readings": count,
        "simulated_seconds": round((last - (first or last)) / US, 1),
        "seconds": round(spent, 2),
        "readings_per_second": round(count / spent) if spent else 0,
        "stopped_early": stopped,
    }


def container_sink(writer: ContainerWriter) -> Sink:
    """Writes readings as the log would hold them: partition by lane, offsets counted, appended when due."""
    offsets = [0] * PARTITIONS

    def write(item: SimulatedReading) -> None:
        key = item.reading.lane_id.encode()
        partition = partition_of(key, PARTITIONS)
        writer.write(LogRecord(LANE_READINGS.name, partition, offsets[partition], item.due_at_us, key, item.reading))
        offsets[partition] += 1

    return write


def write_watchlist(
    path: Path | None, scenario: Scenario, seed: int, ports: list[str] | None, known: Mapping[str, Port]
) -> None:
    """Write the suggested entries, one JSON object a line, if a file was asked for."""
    if path is None:
        return
    entries = watchlist(scenario, seed, ports, known)
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))


def report(scenario: str, seed: int, start: int, result: dict[str, float | bool], as_json: bool) -> None:
    """Print what was done, on standard output."""
    start_at = datetime.fromtimestamp(start / US, UTC).isoformat()
    if as_json:
        print(orjson.dumps({"scenario": scenario, "seed": seed, "start_at": start_at, **result}).decode())
        return
    until = " (stopped early)" if result["stopped_early"] else ""
    print(f"{scenario}, seed {seed}, from {start_at}, {result['simulated_seconds']:,} simulated seconds")
    print(
        f"{result['readings']:,} readings in {result['seconds']} s, {result['readings_per_second']:,} a second{until}"
    )
