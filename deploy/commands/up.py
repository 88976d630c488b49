"""`border up`: the whole platform on one machine, until Ctrl-C.

Kafka + registry ─► topics, schemas ─► stage workers ─► (gateways) ─► platform.json
   ─► (canary, or all that is observed and its observers) ─► (a world) ─► tend until stopped
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import orjson
from rich.console import Console

from deploy.connection import Connection
from deploy.demo import wait_for_workers
from deploy.demo_policy import publish_simulated_policy
from deploy.errors import UserError
from deploy.local.observation import Observation, prepare_observation, start_observation
from deploy.local.platform import LocalPlatform
from deploy.local.processes import choose_port, write_atomically
from deploy.local.supervisor import Supervisor, border_command
from deploy.options import Count, Flag, Port, Positive, Seed, scenario_named
from deploy.settings import PLATFORM_FILE, Settings, child_environment, load_settings, running_platform
from deploy.simulated_sites import GATEWAY, SimulatedSite, to_gateways, write_simulated_sites
from deploy.stages import STAGE_NAMES, make_secret
from producers.simulator import Scenario
from producers.simulator.rail import RAIL_SCENARIO

TEND_SECONDS: Final = 0.2
SIMULATOR: Final = "simulator"
PROMETHEUS_PORT: Final = 9090
ALERTMANAGER_PORT: Final = 9093


def up(
    *,
    state_directory: str | None = None,
    kafka_port: Port | None = None,
    registry_port: Port | None = None,
    workers: Count | None = None,
    metrics_port: Port | None = None,
    stages: bool = True,
    canary: Flag = False,
    observe: Flag = False,
    prometheus_port: Port = PROMETHEUS_PORT,
    alertmanager_port: Port = ALERTMANAGER_PORT,
    scenario: str | None = None,
    rate: Positive = 25.0,
    seed: Seed = 1,
    direct: Flag = False,
    json: Flag = False,
) -> int:
    """Start Kafka, the schema registry and the stages on this machine; Ctrl-C stops it all.

    Examples:

        border up
        border up --scenario border-2023 --rate 250
        border up --scenario border-2023 --rate 600 --direct
        border up --scenario rail-2023 --rate 10    # and in another terminal: border watch --rail
        border up --kafka-port 0 --registry-port 0 --json
        border up --canary
        border up --observe --scenario matamoros-2009

    Parameters
    ----------
    state_directory
        where the platform keeps its state.
    kafka_port
        port of the broker; 0 takes a free one.
    registry_port
        port of the registry; 0 takes a free one.
    workers
        worker processes per stage.
    metrics_port
        port of the first stage worker's /metrics, the next one's is one higher; 0 takes free ones.
    stages
        `--no-stages` starts broker and registry only.
    canary
        also drive `border canary`. Not unless asked for: what it writes would stand among what is looked at here.
    observe
        also run Prometheus and Alertmanager, the system's packages, with the rules that a site has, and what they
        watch besides stages and gateways: the light server, the exporter and the canary.
    prometheus_port
        port of that Prometheus; 0 takes a free one.
    alertmanager_port
        port of that Alertmanager; 0 takes a free one.
    scenario
        also simulate this world, its officers too: matamoros-2009, border-2023 or rush-hour, or rail-2023 with trains.
        Where no selection policy was ever published, one for the traffic of lanes is. In lanes the simulated devices
        speak their formats to a gateway for each port, whose configurations stand in STATE_DIRECTORY/gateways; trains
        pass faster than the clock and are published.
    rate
        about this many simulated readings a second, in real time.
    seed
        seed of the simulated world.
    direct
        no gateways: the simulator publishes the readings itself, for load.
    json
        when ready, print one line of JSON.
    """
    settings = load_settings(
        state_directory=state_directory,
        kafka_port=kafka_port,
        registry_port=registry_port,
        workers=workers,
        metrics_port=metrics_port,
    )
    # Before anything is started: there may be no such world, and no such programs.
    world = None if scenario in (None, RAIL_SCENARIO) else scenario_named(scenario)
    sites = None if world is None else partial(simulated_sites, settings, world, seed, rate)
    observation = prepare_observation(prometheus_port, alertmanager_port) if observe else None
    console = Console(stderr=True)
    started = time.monotonic()
    with running(settings, console, stages, None if direct else sites) as (platform, supervisor):
        if canary or observation is not None:
            start_services(supervisor, platform, settings, observation)
        if world is not None:  # trains have no lights
            connection = Connection(settings, platform.broker, platform.registry_url, platform.codec)
            publish_simulated_policy(world, rate, connection)
        if scenario is not None:
            way = to_gateways(settings.state_path) if world is not None and not direct else ("--to-kafka",)
            addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
            options = ("--rate", f"{rate:g}", "--seed", str(seed), "--days", "365", "--officers", "1", "--json")
            command = border_command("simulate", scenario, *way, *addresses, *options)
            supervisor.start(SIMULATOR, command, child_environment(settings), once=True)
        describe(settings, time.monotonic() - started, console, json)
        try:
            while True:
                platform.check()
                supervisor.tend()
                time.sleep(TEND_SECONDS)
        finally:  # devices first: gateways that have ended acknowledge nothing
            supervisor.end([name for name in supervisor.workers if name == SIMULATOR])


def simulated_sites(settings: Settings, world: Scenario, seed: int, rate: float) -> Sequence[SimulatedSite]:
    """Write the configurations of a world's crossings into the state directory, once it is ours. Raises UserError."""
    try:
        return write_simulated_sites(settings.state_path, world, seed, rate)
    except (ValueError, OSError) as error:
        raise UserError(str(error)) from error


@contextmanager
def running(
    settings: Settings,
    console: Console,
    stages: bool = True,
    sites: Callable[[], Sequence[SimulatedSite]] | None = None,
) -> Iterator[tuple[LocalPlatform, Supervisor]]:
    """The platform with its stage workers and a gateway for each site, all stopped in reverse order at the end.

    `sites` is called once the directory is ours.
    """
    platform = LocalPlatform(
        settings.state_path,
        settings.cache_path,
        kafka_port=settings.kafka_port,
        registry_port=settings.registry_port,
        console=console,
    )
    platform_file = settings.state_path / PLATFORM_FILE
    with platform, Supervisor(settings.state_path) as supervisor:
        make_secret(settings.random_secret_path)
        processes: list[dict[str, Any]] = []
        for name in STAGE_NAMES if stages else ():
            for instance in range(settings.workers):
                port = choose_port(settings.metrics_port and settings.metrics_port + len(processes), "--metrics-port")
                processes.append(start_worker(supervisor, platform, settings, name, instance, port))
        gateways = [start_gateway(supervisor, platform, settings, site) for site in (sites() if sites else ())]
        found: dict[str, Any] = {"broker": platform.broker, "registry_url": platform.registry_url}
        found |= {"processes": processes, "gateways": gateways}
        write_atomically(platform_file, orjson.dumps(found))
        try:
            yield platform, supervisor
        finally:
            platform_file.unlink(missing_ok=True)


def start_worker(
    supervisor: Supervisor, platform: LocalPlatform, settings: Settings, stage: str, instance: int, metrics_port: int
) -> dict[str, Any]:
    """Start one stage worker and return its entry for platform.json.

    Its metrics port is fixed here, so that it is scraped at the same place after a restart.
    """
    own = dataclasses.replace(
        settings, broker=platform.broker, registry_url=platform.registry_url, metrics_port=metrics_port
    )
    name = f"{stage}-{instance}"
    supervisor.start(name, border_command("stage", stage, "--instance", str(instance)), child_environment(own))
    return {"name": name, "stage": stage, "instance": instance, "metrics_port": metrics_port}


def start_canary(supervisor: Supervisor, platform: LocalPlatform, settings: Settings, *options: str) -> int:
    """Start the canary, with further options, and return the port of its metrics."""
    port = choose_port(0, "--canary")
    where = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    command = border_command("canary", "--port", str(port), "--json", *where, *options)
    supervisor.start("canary", command, child_environment(settings))
    return port


def start_services(
    supervisor: Supervisor, platform: LocalPlatform, settings: Settings, observation: Observation | None
) -> None:
    """Start the canary; to be observed also light server and exporter, then the observers. All stand in platform.json.

    Of a light server a directory has one: as it is here, at the ports of the settings, another is refused.
    """
    found = running_platform(settings.state_path) or {}
    where = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    ports = {"canary": start_canary(supervisor, platform, settings)}
    if observation is not None:
        ports["exporter"] = choose_port(0, "--port")
        exporter = border_command("exporter", "--port", str(ports["exporter"]), *where)
        supervisor.start("exporter", exporter, child_environment(settings))
        lines = choose_port(settings.light_lines_port, "the setting light_lines_port")
        ports["light"] = choose_port(settings.light_http_port, "the setting light_http_port")
        at = ("--lines-port", str(lines), "--http-port", str(ports["light"]))
        supervisor.start("light", border_command("light", *at, "--json", *where), child_environment(settings))
    found["services"] = [{"name": name, "metrics_port": port} for name, port in ports.items()]
    if observation is not None:
        wait_for_workers(settings, supervisor)  # or the first that is seen are alerts on stages that start
        start_observation(supervisor, settings.state_path, observation, found)
        found["observation"] = observation.addresses
    write_atomically(settings.state_path / PLATFORM_FILE, orjson.dumps(found))


def start_gateway(
    supervisor: Supervisor, platform: LocalPlatform, settings: Settings, site: SimulatedSite
) -> dict[str, Any]:
    """Start a site's gateway and return its entry for platform.json."""
    own = dataclasses.replace(settings, broker=platform.broker, registry_url=platform.registry_url)
    name = f"{GATEWAY}{site.port_code}"
    supervisor.start(name, border_command("gateway", "--config", str(site.file), "--json"), child_environment(own))
    return {"name": name, "port_code": site.port_code, "metrics_port": site.http_port, "devices": site.devices}


def describe(settings: Settings, seconds: float, console: Console, as_json: bool) -> None:
    """Say what runs where."""
    found = running_platform(settings.state_path) or {}
    ports = {service["name"]: service["metrics_port"] for service in found.get("services", ())}
    observers = found.get("observation", {})
    if as_json:
        line = {"broker": found["broker"], "registry_url": found["registry_url"], "ready_seconds": round(seconds, 1)}
        print(
            orjson.dumps(line | {f"{name}_port": port for name, port in ports.items()} | observers).decode(), flush=True
        )
        return
    addresses = {"Kafka broker": found["broker"], "schema registry": found["registry_url"]}
    addresses |= {name: f"http://127.0.0.1:{port}/metrics" for name, port in ports.items()}
    addresses |= {name.removesuffix("_url").capitalize(): url for name, url in observers.items()}
    addresses["logs and state"] = str(settings.state_path.absolute())
    console.print(f"Ready after {seconds:.1f} s. Ctrl-C stops it all.", highlight=False)
    for name, address in addresses.items():
        console.print(f"  {name:<15}  {address}", highlight=False)
    console.print("In another terminal: border watch | border status | border tail border.alerts.v1", highlight=False)
