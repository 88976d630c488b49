"""What a game day is played on: a platform at work and observed, and the hands that break and mend it."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Producer
from rich.console import Console

from deploy.commands.up import running, simulated_sites, start_services
from deploy.connection import Connection
from deploy.demo_policy import publish_simulated_policy
from deploy.errors import UserError
from deploy.game_day.devices import Devices
from deploy.game_day.held import Held
from deploy.game_day.watch import Watch
from deploy.local.observation import prepare_observation
from deploy.local.platform import LocalPlatform
from deploy.local.processes import free_port
from deploy.local.supervisor import Supervisor
from deploy.scrape import fetch
from deploy.settings import Settings, running_platform
from deploy.simulated_sites import DIRECTORY as SITES
from producers.simulator import Scenario, find_scenario
from producers.simulator.scenario import FaultRates
from schemas.records import LaneMode
from schemas.topics import LANE_READINGS

# Two ports, so that one that is silent is not all there is; their cars' lanes, each with a vehicle every 12 s.
PORTS: Final = ("2301", "2304")
RATE: Final = 16.0
# Sensors that err now and then, as they do, but loops that miss no vehicle: a light is asked for each.
FAULTS: Final = FaultRates(loop_missing_ratio=0.0, tailgater_ratio=0.0, backed_out_ratio=0.0)
BAD_BYTES_PER_SECOND: Final = 20.0


def world() -> Scenario:
    """The border that is simulated."""
    counts = find_scenario("border-2023").daily_counts
    modes = (LaneMode.PASSENGER,)
    return Scenario("game-day", {code: counts[code] for code in PORTS}, FAULTS, modes=modes)


class Ground:
    """A running platform; from the main thread. What is broken by a context manager is mended as it is left."""

    def __init__(
        self,
        platform: LocalPlatform,
        supervisor: Supervisor,
        devices: Devices,
        watch: Watch,
        running: Mapping[str, Any],
    ) -> None:
        """`running` is platform.json."""
        self.devices, self.watch = devices, watch
        self._platform, self._supervisor, self._workers = platform, supervisor, running["processes"]
        self._targets = sum(len(running[part]) for part in ("processes", "gateways", "services"))

    def tend(self) -> None:
        """Start again what has ended; to be called often. Raises UserError if broker, registry or devices have ended
        that nobody broke on purpose, or a worker ends again and again."""
        self._platform.check()
        self._supervisor.tend()
        self.devices.check()

    def ended(self) -> Counter[str]:
        """How often each process has ended by itself, and was started again."""
        return Counter({name: codes.total() for name, codes in self._supervisor.exits.items()})

    def is_whole(self) -> bool:
        """Whether Prometheus has scraped all there is, and lights are told."""
        return self.watch.targets_up() == self._targets and self.devices.lights_told > 0

    @contextmanager
    def without_worker(self, name: str) -> Iterator[None]:
        """A process of the supervisor is stopped in order, and stays so."""
        worker = self._supervisor.workers[name]
        self._supervisor.end([name])
        yield
        self._supervisor.start(name, worker.command, worker.environment)

    @contextmanager
    def without_broker(self) -> Iterator[None]:
        """The broker is killed with kill -9."""
        self._platform.kill_broker()
        yield
        self._platform.start_broker()

    @contextmanager
    def without_registry(self) -> Iterator[None]:
        """The registry is killed with kill -9."""
        self._platform.kill_registry()
        yield
        self._platform.start_registry()

    @contextmanager
    def stalled_worker(self, name: str) -> Iterator[None]:
        """A process of the supervisor answers scrapes, and does nothing else."""
        entry = next(one for one in self._workers if one["name"] == name)
        pid, port = self._supervisor.workers[name].child.pid, entry["metrics_port"]
        with Held(pid, lambda: fetch(port, "/metrics") is not None):
            yield

    @contextmanager
    def flood_of_bad_bytes(self) -> Iterator[None]:
        """Something writes what is no record into the topic of readings, many times a second."""
        end = threading.Event()
        flood = threading.Thread(target=pour, args=(self._platform.broker, end), name="flood of bad bytes")
        flood.start()
        try:
            yield
        finally:
            end.set()
            flood.join()


def pour(broker: str, end: threading.Event) -> None:
    """Write garbage until told to end."""
    producer = Producer({"bootstrap.servers": broker})
    number = 0
    while not end.wait(1 / BAD_BYTES_PER_SECOND):
        number += 1
        producer.produce(LANE_READINGS.name, b"garbage %d" % number, b"2301/%02d" % (number % 20 + 1))
        producer.poll(0)
    producer.flush(10.0)


@contextmanager
def ground(directory: Path, cache: str, seed: int, console: Console) -> Iterator[Ground]:
    """A platform on free ports with its devices at work. Raises UserError if something does not start, or for a
    directory that holds something: garbage is written into its log."""
    if directory.exists() and any(directory.iterdir()):
        raise UserError(
            f"{directory} is not empty; a game day needs a platform of its own: give a new --state-directory"
        )
    observation = prepare_observation(0, 0)
    settings = Settings(
        state_directory=str(directory),
        cache_directory=cache,
        kafka_port=0,
        registry_port=0,
        light_lines_port=free_port(),
        light_http_port=0,
    )
    border = world()
    with running(settings, console, sites=partial(simulated_sites, settings, border, seed, RATE)) as (
        platform,
        supervisor,
    ):
        start_services(supervisor, platform, settings, observation)
        connection = Connection(settings, platform.broker, platform.registry_url, platform.codec)
        publish_simulated_policy(border, RATE, connection)
        watch = Watch(observation.prometheus_port, observation.alertmanager_port)
        with Devices(border, RATE, seed, directory / SITES, settings.light_lines_port) as devices:
            yield Ground(platform, supervisor, devices, watch, running_platform(directory) or {})
