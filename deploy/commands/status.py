"""`border status`: broker, registry, stages and lag, and a simulated border's gateways, on one screen."""

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table

from deploy.options import Flag
from deploy.scrape import (
    GatewayState,
    ObserverState,
    ServiceState,
    WorkerState,
    gateway_state,
    observer_states,
    service_state,
    worker_state,
)
from deploy.settings import load_settings, running_platform
from schemas.registry import NotRegistered, load_codec
from schemas.topics import TOPICS


def status(
    *,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Show whether broker, registry, stages and simulated crossings' gateways work, and how far stages are behind.

    Of `border up --observe` also Prometheus and Alertmanager, their addresses, and which alerts fire.

    Exit status 1 if anything does not.

    Examples:

        border status
        border status --json

    Parameters
    ----------
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state; its stage workers are asked.
    json
        print one line of JSON.
    """
    settings = load_settings(broker=broker, registry_url=registry_url, state_directory=state_directory)
    address, url = settings.addresses()
    broker_word, broker_good = broker_state(address)
    registry_word, registry_good = registry_state(url)
    running = running_platform(settings.state_path)
    workers = [worker_state(worker) for worker in running["processes"]] if running else []
    gateways = [gateway_state(gateway) for gateway in running["gateways"]] if running else []
    services = [service_state(service) for service in running.get("services", ())] if running else []
    observers = observer_states(running.get("observation", {})) if running else []
    parts: dict[str, Sequence[WorkerState | GatewayState | ServiceState | ObserverState]] = {
        "workers": workers,
        "gateways": gateways,
        "services": services,
        "observers": observers,
    }
    good = broker_good and registry_good and all(one.ready for of_part in parts.values() for one in of_part)
    if json:
        told = {name: [asdict(one) for one in of_part] for name, of_part in parts.items()}
        print(orjson.dumps({"good": good, "broker": broker_word, "registry": registry_word, **told}).decode())
    else:
        Console().print(f"broker    {address}  {broker_word}", f"registry  {url}  {registry_word}", sep="\n")
        if workers:
            Console().print(table_of(workers))
        else:
            print("stages    none started by a local platform here")
        if gateways:
            Console().print(table_of_gateways(gateways))
        for service in services:
            print(f"{service.name:<12}  {word_of(service, 'not ready')}")
        for observer in observers:
            print(f"{observer.name:<12}  {observer.url}  {sight_of(observer)}")
    return 0 if good else 1


def broker_state(address: str) -> tuple[str, bool]:
    """In words, and whether it is as it should be."""
    try:
        found = AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=3).topics
    except KafkaException:
        return "does not answer", False
    missing = [topic.name for topic in TOPICS if topic.name not in found]
    return (f"answers, lacks {', '.join(missing)}", False) if missing else (f"answers, {len(TOPICS)} topics", True)


def registry_state(url: str) -> tuple[str, bool]:
    """In words, and whether it is as it should be."""
    try:
        load_codec(url)
    except NotRegistered as error:
        return str(error), False
    except ConnectionError:
        return "does not answer", False
    return "answers, all schemas registered", True


def table_of(workers: list[WorkerState]) -> Table:
    """One row per stage worker."""
    table = Table("stage worker", "state", "records", "behind, records", "behind, s", "dead letters", "keys of state")
    for worker in workers:
        word = word_of(worker, "recovering")
        counts = (worker.records, worker.lag_records, worker.lag_seconds, worker.dead_letters, worker.state_keys)
        table.add_row(worker.name, word, *(f"{count:,.0f}" for count in counts))
    return table


def table_of_gateways(gateways: list[GatewayState]) -> Table:
    """One row per gateway."""
    table = Table("gateway", "state", "devices", "readings", "refused", "not in Kafka yet", "oldest, s")
    for one in gateways:
        counts = (one.devices, one.readings, one.rejections, one.kept, one.oldest_seconds)
        table.add_row(one.name, word_of(one, "takes no readings"), *(f"{count:,.0f}" for count in counts))
    return table


def sight_of(observer: ObserverState) -> str:
    """What an observer sees, in words."""
    if not observer.ready:
        return "does not answer"
    if not observer.targets:
        return "ready"
    firing = ", ".join(observer.firing) or "none"
    return f"ready, {observer.targets_up} of {observer.targets} targets up, alerts firing: {firing}"


def word_of(one: WorkerState | GatewayState | ServiceState, unready: str) -> str:
    """A process's state in words."""
    return "ready" if one.ready else unready if one.answers else "does not answer"
