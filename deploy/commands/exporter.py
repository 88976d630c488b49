"""`border exporter`: what the log says of ports, lights, trains and estimates, for Prometheus."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from deploy.connection import Connection, connect
from deploy.exporter import Positions, Source, export
from deploy.options import Port
from deploy.policy_publication import budgets_in_force
from deploy.port_publication import held_ports
from deploy.rail_board import port_offsets
from deploy.rail_records import DAY_MS, DAYS_BACK
from deploy.settings import load_settings
from schemas.layout import load_ports
from schemas.topics import ALERTS, ESTIMATES, LANES_CHANGELOG, RAIL_COVERAGE
from streams.console.estimate_metrics import EstimateMetrics
from streams.console.light_metrics import TOPICS, LightMetrics
from streams.console.log_reader import LogReader
from streams.console.rail_metrics import RailMetrics
from streams.console.sensor_metrics import SensorMetrics

DEFAULT_PORT: Final = 9300

# How often published ports are read anew while there is a port that is not known: the lanes' changelog is read from its
# beginning for it.
PORTS_READ_SECONDS: Final = 60.0

# A sensor that went blind before is not told of after the exporter's next start [assumed]: a quarter's alerts are a few
# seconds of reading, a year's, which the topic keeps, are not.
BLIND_DAYS: Final = 90


def exporter(
    *,
    port: Port = DEFAULT_PORT,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Serve what the log says as Prometheus metrics, until Ctrl-C: lights against their budgets and how long vehicles
    wait for one, coverage of trains, blind sensors, and the estimates of each port.

    A worker's own metrics would be gone with it, and name no port; these are read from the topics. Budgets and lights
    count from the exporter's start on.

    Examples:

        border exporter
        border exporter --port 0 --broker kafka.example:9092 --registry-url http://registry.example/apis/ccompat/v7
        curl http://127.0.0.1:9300/metrics

    Parameters
    ----------
    port
        port of /metrics, /livez and /readyz on 127.0.0.1; 0 takes a free one.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    settings = load_settings(state_directory=state_directory)
    export(sources_of(connect(broker, registry_url, state_directory)), port, settings.state_path)


def sources_of(connection: Connection) -> list[Source]:
    """All that is exported."""
    # Fixed, so that a reader that is opened anew after an outage begins no later than the first.
    started_ms = time.time_ns() // 1_000_000
    rail_since_ms = started_ms - round(DAYS_BACK * DAY_MS)
    known = KnownPorts(connection)
    lights = LightMetrics(known.codes, budgets_in_force(connection))
    estimates, rail = EstimateMetrics(known.codes), RailMetrics(port_offsets())
    sensors = SensorMetrics(known.codes)
    return [
        Source(
            "lights",
            partial(reader_of, connection, TOPICS, from_beginning=False, since_ms=started_ms),
            (lights, lights.seconds),
            lights.tell,
            lambda: known.learn(lights.has_unknown),
        ),
        Source(
            "rail",
            partial(reader_of, connection, [RAIL_COVERAGE.name], from_beginning=False, since_ms=rail_since_ms),
            (rail,),
            lambda record: rail.tell(record.value),
        ),
        Source(
            "estimates",
            partial(reader_of, connection, [ESTIMATES.name], from_beginning=True),
            (estimates,),
            lambda record: estimates.tell(record.value),
            lambda: known.learn(estimates.has_unknown),
        ),
        Source(
            "sensors",
            partial(
                reader_of, connection, [ALERTS.name], from_beginning=False, since_ms=started_ms - BLIND_DAYS * DAY_MS
            ),
            (sensors,),
            lambda record: sensors.tell(record.value),
            lambda: known.learn(sensors.has_unknown),
            sensors.all_read,
        ),
    ]


def reader_of(connection: Connection, topics: Any, positions: Positions, **start: Any) -> LogReader:
    """A reader of some topics."""
    return LogReader(connection.broker, connection.registry_url, connection.codec, topics, positions=positions, **start)


class KnownPorts:
    """Ports that come with the platform, and those published since as they are met."""

    def __init__(self, connection: Connection) -> None:
        self.codes = set(load_ports())
        self._connection = connection
        self._read_at = float("-inf")

    def learn(self, has_unknown: Callable[[], bool]) -> None:
        """Read the published ports if there is one that is not known, seldom."""
        if has_unknown() and time.monotonic() >= self._read_at + PORTS_READ_SECONDS:
            self._read_at = time.monotonic()
            self.codes.update(one.code for one in held_ports(self._connection, [LANES_CHANGELOG]).counts)
