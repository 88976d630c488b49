"""All checks, whatever is down: what does not answer is told, and the others go on.

settings ─► { broker ─► topics, clocks | registry ─► schemas | this machine | stage workers
             | gateways } ─► checks in order
"""

import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.doctor import broker, clock, contract, gateways, machine, workers
from deploy.doctor.check import Check, Level
from deploy.errors import UserError
from deploy.scrape import worker_state
from deploy.settings import Settings, load_settings, running_platform

Examination = Callable[[], list[Check]]


def examine(**options: Any) -> list[Check]:
    """Every check, with the settings of a command's options."""
    try:
        settings, checks = load_settings(**options), []
    except UserError as error:
        mend = "mend it; all other checks were made with the defaults instead"
        checks = [Check("settings", Level.FAIL, str(error), mend)]
        settings = Settings(**{name: value for name, value in options.items() if value is not None})
    else:
        checks = [Check("settings", Level.OK, settings.config if Path(settings.config).exists() else "defaults")]
    try:
        running = running_platform(settings.state_path)
        address = settings.broker or (running["broker"] if running else "")
        url = settings.registry_url or (running["registry_url"] if running else "")
    except UserError as error:
        checks.append(Check("settings state", Level.FAIL, str(error), "let the user of the stages look into it"))
        running, address, url = None, settings.broker, settings.registry_url
    examinations: list[Examination] = [
        lambda: examine_broker(address, settings),
        lambda: examine_registry(url, settings),
        lambda: examine_machine(settings, running is not None),
        lambda: examine_workers(running, settings),
        lambda: examine_gateways(running, settings),
    ]
    return checks + [check for found in at_once(examinations) for check in found]


def at_once(examinations: list[Examination]) -> list[list[Check]]:
    """All of them, in threads that no Ctrl-C waits for; results in their order. Raises what one of them raised."""
    results: queue.SimpleQueue[tuple[int, list[Check] | BaseException]] = queue.SimpleQueue()

    def run(number: int, examination: Examination) -> None:
        try:
            results.put((number, examination()))
        except BaseException as error:
            results.put((number, error))

    for number, examination in enumerate(examinations):
        threading.Thread(target=run, args=(number, examination), daemon=True).start()
    found: dict[int, list[Check]] = {}
    while len(found) < len(examinations):
        number, result = results.get()
        if isinstance(result, BaseException):
            raise result
        found[number] = result
    return [found[number] for number in range(len(examinations))]


def nowhere(name: str, settings: Settings, option: str) -> Check:
    """That nobody said where something is."""
    what = f"no platform runs in {settings.state_directory}, and no address is given"
    return Check(name, Level.FAIL, what, f"`border up`, or give {option}")


def examine_broker(address: str, settings: Settings) -> list[Check]:
    """The cluster, its topics, its clocks."""
    own_clock = clock.check_time_service(clock.describe_time_service())
    if not address:
        return [nowhere("broker answers", settings, "--broker"), own_clock]
    found = broker.describe_broker(address)
    checks = broker.check_broker(address, found)
    if found is None:
        untold = [
            Check(name, Level.WARN, "cannot be told", "mend the broker first") for name in ("topic", "clock broker")
        ]
        return [*checks, *untold, own_clock]
    return [*checks, *broker.check_topics(found), *clock.check_clocks(clock.describe_clocks(address)), own_clock]


def examine_registry(url: str, settings: Settings) -> list[Check]:
    """The registry and its schemas."""
    if not url:
        return [nowhere("registry answers", settings, "--registry-url")]
    found = contract.describe_registry(url)
    checks = contract.check_registry(url, found)
    if isinstance(found, str):
        return [*checks, Check("schema", Level.WARN, "cannot be told", "mend the registry first")]
    return checks + contract.check_schemas(found)


def examine_machine(settings: Settings, is_running: bool) -> list[Check]:
    """Disks, versions, ports, files."""
    secret, config = settings.random_secret_path, Path(settings.config)
    wanted = machine.wanted_versions()
    cache_wanted = 0 if settings.cache_path.exists() else machine.CACHE_BYTES
    return [
        machine.check_disk("state", machine.describe_disk(settings.state_path), setting="state_directory"),
        machine.check_disk("cache", machine.describe_disk(settings.cache_path), cache_wanted, "cache_directory"),
        *machine.check_versions(sys.version_info[:3], wanted, machine.installed(list(wanted))),
        *machine.check_ports(settings, is_running),
        machine.look_at("secret", secret, lambda found: machine.check_secret(found, secret)),
        machine.look_at(
            "settings", config, lambda found: machine.check_not_writable("settings", found, f"no {config}", False)
        ),
        machine.look_at(
            "state",
            settings.state_path,
            lambda found: machine.check_not_writable("state", found, f"no {settings.state_path} yet", True),
        ),
    ]


def examine_workers(running: dict[str, Any] | None, settings: Settings) -> list[Check]:
    """The stage workers."""
    states = [worker_state(process) for process in running["processes"]] if running else []
    return workers.check_workers(running, states, settings.state_directory)


def examine_gateways(running: dict[str, Any] | None, settings: Settings) -> list[Check]:
    """The gateways."""
    found = [gateways.describe_gateway(gateway) for gateway in running["gateways"]] if running else []
    return gateways.check_gateways(running, found, settings.state_directory)
