"""One round over some ports, or rounds without end with metrics served beside."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, NoReturn

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.canary.drive import Drive
from deploy.canary.ear import Ear
from deploy.canary.lanes import lanes_in_force
from deploy.canary.partitions import partitions_of
from deploy.canary.telemetry import CanaryTelemetry
from deploy.canary.voice import Voice
from deploy.connection import Connection
from deploy.errors import UserError
from deploy.serving import serve_process
from producers.canary.book import CrossingBook, Verdict
from producers.canary.rounds import Rounds
from schemas.layout import LaneLayout
from schemas.registry import answers
from schemas.telemetry.health import Pulse
from schemas.topics import LANE_DECISIONS

# How long one look for selections waits: what a crossing took is known as exactly.
LOOK_SECONDS: Final = 0.1

# Until the end of the log of decisions is known, from which on is listened.
LISTENING_SECONDS: Final = 30.0

# Published ports are read anew this often, from the beginning of the lanes' changelog.
PORTS_READ_SECONDS: Final = 600.0

PROBE_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 5.0

Lanes = Mapping[str, LaneLayout]
"""By the port's code."""


class Pace(NamedTuple):
    """Seconds: between two crossings at a port, within which one is told in time, after which it is missing."""

    interval: float
    told_within: float
    missing_after: float


def once(connection: Connection, lanes: Lanes, pace: Pace) -> list[Verdict]:
    """One crossing in each lane, all at once; how they ended, in order of ports. Raises UserError if nothing is heard.

    Each vehicle has left its lane when this returns.
    """
    failures: list[str] = []
    ended: list[Verdict] = []
    with (
        Ear(connection, failures.append) as ear,
        Voice(connection, pace.missing_after, failures.append) as voice,
        Drive(voice, ear, CrossingBook(pace.told_within, pace.missing_after)) as drive,
    ):
        until = time.monotonic() + LISTENING_SECONDS
        while not ear.is_listening:
            drive.look(LOOK_SECONDS)
            if time.monotonic() > until or failures:
                why = failures[-1] if failures else "its end was not reached"
                raise UserError(f"cannot listen to {LANE_DECISIONS.name}: {why}")
        drive.begin(lanes.values())
        while drive.under_way:
            ended += drive.look(LOOK_SECONDS)
    return sorted(ended, key=lambda verdict: verdict.vehicle.lane_id)


class Known:
    """Lanes as they were read last, kept up to date from a thread of their own: to read them may take a while."""

    def __init__(self, connection: Connection, wanted: frozenset[str], on_outage: Callable[[str], None]) -> None:
        """Raises ConnectionError, TimeoutError, or UserError for a wanted port that nobody knows."""
        self._connection, self._wanted, self._on_outage = connection, wanted, on_outage
        self.lanes = wanted_of(lanes_in_force(connection), wanted)

    def read(self) -> None:
        """Read anew; what was known stays known if that fails."""
        try:
            self.lanes = wanted_of(lanes_in_force(self._connection), self._wanted)
        except (ConnectionError, TimeoutError, LookupError, UserError) as error:
            self._on_outage(str(error))


def wanted_of(lanes: Lanes, wanted: frozenset[str]) -> Lanes:
    """Those of some ports, of all if none are named. Raises UserError for one that is not there."""
    unknown = sorted(wanted - lanes.keys())
    if unknown:
        raise UserError(f"there is no port {unknown[0]} with lanes; `border ports list` shows them")
    return {code: lane for code, lane in lanes.items() if not wanted or code in wanted}


def forever(
    connection: Connection, wanted: frozenset[str], pace: Pace, port: int, serving: Callable[[int], None]
) -> NoReturn:
    """Drive at each port once an interval and serve metrics, until interrupted.

    Whatever is away is waited for: crossings are missing meanwhile, and that is what they are for. Raises UserError if
    the port of the metrics cannot be had, ConnectionError or NoSuchTopic if nothing was there at the start.
    """
    telemetry, pulse = CanaryTelemetry(), Pulse()
    known = Known(connection, wanted, lambda why: telemetry.outage("ports", why))
    in_use: Lanes = {}
    with (
        Ear(connection, lambda why: telemetry.outage("log", why)) as ear,
        Voice(connection, pace.missing_after, lambda why: telemetry.outage("delivery", why)) as voice,
        Drive(voice, ear, CrossingBook(pace.told_within, pace.missing_after)) as drive,
    ):
        serving(serve_process(telemetry.registry, "canary", port, pulse.is_alive, lambda: ear.is_listening))
        each(PORTS_READ_SECONDS, known.read)
        each(PROBE_SECONDS, lambda: probe(connection, telemetry), at_once=True)
        rounds: Rounds | None = None
        while True:
            now = time.monotonic()
            if known.lanes != in_use:
                in_use = known.lanes
                telemetry.ports(list(in_use))
            if rounds is None and ear.is_listening:
                rounds = Rounds(pace.interval, now)
            ended: list[Verdict] = []
            if rounds is not None:  # and from then on whether or not it hears: an outage must be seen
                rounds.use(list(in_use.values()), now)
                ended += drive.begin(rounds.due(now))
            for verdict in ended + drive.look(LOOK_SECONDS):
                telemetry.ended(verdict)
            pulse.beat()


def each(seconds: float, job: Callable[[], None], *, at_once: bool = False) -> None:
    """Do something again and again, from a thread that ends with the process."""

    def run() -> None:
        if not at_once:
            time.sleep(seconds)
        while True:
            job()
            time.sleep(seconds)

    threading.Thread(target=run, daemon=True).start()


def probe(connection: Connection, telemetry: CanaryTelemetry) -> None:
    """Ask broker and registry for a sign of life, and the broker how its partitions stand."""
    try:
        asked = AdminClient({"bootstrap.servers": connection.broker, "log_level": 2})
        metadata = asked.list_topics(timeout=ANSWER_SECONDS)
        broker = bool(metadata.brokers)
        telemetry.partitions(partitions_of(metadata))
    except KafkaException:
        broker = False
        telemetry.partitions(None)
    telemetry.answers(broker, answers(connection.registry_url))
