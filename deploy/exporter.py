"""Serves what a topic tells as Prometheus gauges: read to its end, then ready, then followed."""

from collections.abc import Callable, Iterable
from typing import Final, NoReturn, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from deploy.errors import UserError
from streams.console.log_reader import LogReader
from telemetry.health import Pulse
from telemetry.health import serve as serve_metrics

POLL_SECONDS: Final = 1.0


class ToldCollector(Protocol):
    """A collector that is told of records."""

    def collect(self) -> Iterable[Metric]:
        """All families."""

    def tell(self, value: object) -> None:
        """Take in one record."""


def export(
    reader: LogReader, metrics: ToldCollector, port: int, at_poll: Callable[[], None] = lambda: None
) -> NoReturn:
    """Serve /metrics, /livez and /readyz on 127.0.0.1 until interrupted; `at_poll` is called between reads.

    Raises UserError if the port cannot be had.
    """
    registry, pulse, caught_up = CollectorRegistry(), Pulse(), False
    registry.register(metrics)
    with reader:
        try:
            served = serve_metrics(registry, port, pulse, lambda: caught_up)
        except OSError as error:
            raise UserError(f"cannot serve on port {port}: {error.strerror or error}") from error
        print(f"serving http://127.0.0.1:{served}/metrics; Ctrl-C ends it", flush=True)
        for received in reader.read_to_end():
            metrics.tell(received.log_record.value)
            pulse.beat()
        while True:
            at_poll()
            caught_up = True
            for received in reader.read(POLL_SECONDS):
                metrics.tell(received.log_record.value)
            pulse.beat()
