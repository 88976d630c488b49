"""Serves what topics tell as Prometheus metrics: each read to its end, then ready, then followed.

Each source has a thread, so that one whose log is long keeps no other waiting. A broker that goes away is waited for:
what was told stays served, /readyz says no, and reading goes on where it ended.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.registry import Collector

from deploy.serving import serve_process
from schemas.container import LogRecord
from schemas.telemetry.disk import tell_disk
from schemas.telemetry.health import Pulse
from schemas.telemetry.json_log import open_log
from streams.console.log_reader import LogReader

POLL_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 5.0

Positions = Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class Source:
    """Topics and what they are told to."""

    name: str
    open_reader: Callable[[Positions], LogReader]
    """From there on, and partitions without a position from where the source begins. Raises ConnectionError,
    NoSuchTopic."""

    collectors: tuple[Collector, ...]
    tell: Callable[[LogRecord], None]
    at_poll: Callable[[], None] = lambda: None
    """Called between reads."""

    at_end: Callable[[], None] = lambda: None
    """Called once, when all there was has been read."""


class ExporterTelemetry:
    """What the exporter tells of itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._log = open_log(process="exporter")
        self._outages = Counter(
            "border_exporter_outages",
            "Times that a source could not be read; it is tried again.",
            ("source",),
            registry=self.registry,
        )

    def source(self, name: str) -> None:
        """There is such a source."""
        self._outages.labels(name)

    def outage(self, name: str, error: Exception) -> None:
        """A source could not be read."""
        self._outages.labels(name).inc()
        self._log.warning("exporter_outage", source=name, error=str(error))


class Follower:
    """Reads one source, from a thread of its own once it was started."""

    def __init__(self, source: Source, telemetry: ExporterTelemetry) -> None:
        """Opens the source. Raises ConnectionError or NoSuchTopic."""
        self.is_ready = False
        self.failure: BaseException | None = None
        self.pulse = Pulse()
        self._source, self._telemetry = source, telemetry
        self._positions: dict[tuple[str, int], int] = {}
        self._has_ended = False
        self._reader: LogReader | None = source.open_reader({})
        telemetry.source(source.name)

    def start(self) -> None:
        """Read from now on, until the process ends."""
        threading.Thread(target=self._run, name=self._source.name, daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                try:
                    self._follow(self._reader or self._source.open_reader(self._positions))
                except (ConnectionError, TimeoutError) as error:
                    self.is_ready, self._reader = False, None
                    self._telemetry.outage(self._source.name, error)
                    self.pulse.beat()
                    time.sleep(RETRY_SECONDS)
        except BaseException as error:  # a bug: the main thread ends the process with it
            self.failure = error

    def _follow(self, reader: LogReader) -> NoReturn:
        with reader:
            while True:
                for received in reader.read(POLL_SECONDS):
                    record = received.log_record
                    self._source.tell(record)
                    self._positions[record.topic, record.partition] = record.offset + 1
                self.pulse.beat()
                self._source.at_poll()
                if reader.is_at_end and not self._has_ended:
                    self._has_ended = True
                    self._source.at_end()
                self.is_ready = self.is_ready or reader.is_at_end


def export(sources: list[Source], port: int, state_directory: Path) -> NoReturn:
    """Serve /metrics, /livez and /readyz on 127.0.0.1 until interrupted.

    Raises UserError if the port cannot be had, ConnectionError or NoSuchTopic if a source cannot be opened at first.
    """
    telemetry = ExporterTelemetry()
    tell_disk(telemetry.registry, "state", state_directory)
    followers = [Follower(source, telemetry) for source in sources]
    for source in sources:
        for collector in source.collectors:
            telemetry.registry.register(collector)

    def is_ready() -> bool:
        return all(follower.is_ready for follower in followers)

    def is_alive() -> bool:
        return all(follower.pulse.is_alive() for follower in followers)

    served = serve_process(telemetry.registry, "exporter", port, is_alive, is_ready)
    print(f"serving http://127.0.0.1:{served}/metrics; Ctrl-C ends it", flush=True)
    for follower in followers:
        follower.start()
    while True:
        for follower in followers:
            if follower.failure is not None:
                raise follower.failure
        time.sleep(POLL_SECONDS)
