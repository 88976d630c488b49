"""What processes on this machine say of themselves over HTTP."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

import orjson
from prometheus_client.parser import text_string_to_metric_families

from deploy.prometheus.watching import DEAD_MANS_SWITCH

TIMEOUT_SECONDS: Final = 2.0
# A platform on this machine is asked directly, whatever proxy the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class WorkerState:
    """One worker as its metrics tell."""

    name: str
    ready: bool
    answers: bool
    records: float = 0
    dead_letters: float = 0
    lag_records: float = 0
    lag_seconds: float = 0
    state_keys: float = 0


@dataclass(frozen=True)
class GatewayState:
    """One gateway as its metrics tell. `kept`: readings on its disk that Kafka does not have."""

    name: str
    ready: bool
    answers: bool
    devices: int
    readings: float = 0
    rejections: float = 0
    kept: float = 0
    oldest_seconds: float = 0


@dataclass(frozen=True)
class ServiceState:
    """The canary, the exporter or the light server of a local platform."""

    name: str
    ready: bool
    answers: bool


@dataclass(frozen=True)
class ObserverState:
    """Prometheus or Alertmanager of a local platform, with what Prometheus sees."""

    name: str
    url: str
    ready: bool
    targets: int = 0
    targets_up: int = 0
    firing: tuple[str, ...] = ()


def fetch(port: int, path: str) -> str | None:
    """The body of a 200 answer on 127.0.0.1, or None."""
    try:
        with _opener.open(f"http://127.0.0.1:{port}{path}", timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return None


def is_ready(worker: dict[str, Any]) -> bool:
    """Whether a worker or gateway of platform.json has recovered its state and works."""
    return fetch(worker["metrics_port"], "/readyz") is not None


def worker_state(worker: dict[str, Any]) -> WorkerState:
    """A worker's state from its metrics."""
    text = fetch(worker["metrics_port"], "/metrics")
    if text is None:
        return WorkerState(worker["name"], ready=False, answers=False)
    values = samples_of(text)
    return WorkerState(
        worker["name"],
        ready=is_ready(worker),
        answers=True,
        records=sum(values.get("border_records_total", [])),
        dead_letters=sum(values.get("border_dead_letters_total", [])),
        lag_records=sum(values.get("border_lag_records", [])),
        lag_seconds=max(values.get("border_lag_seconds", []), default=0.0),
        state_keys=sum(values.get("border_state_keys", [])),
    )


def gateway_state(gateway: dict[str, Any]) -> GatewayState:
    """A gateway's state from its metrics."""
    name, devices = gateway["name"], gateway["devices"]
    text = fetch(gateway["metrics_port"], "/metrics")
    if text is None:
        return GatewayState(name, ready=False, answers=False, devices=devices)
    values = samples_of(text)
    return GatewayState(
        name,
        ready=is_ready(gateway),
        answers=True,
        devices=devices,
        readings=sum(values.get("border_gateway_readings_total", [])),
        rejections=sum(values.get("border_gateway_rejections_total", [])),
        kept=sum(values.get("border_gateway_kept", [])),
        oldest_seconds=max(values.get("border_gateway_oldest_seconds", []), default=0.0),
    )


def service_state(service: dict[str, Any]) -> ServiceState:
    """Whether a service works."""
    port = service["metrics_port"]
    return ServiceState(service["name"], is_ready(service), fetch(port, "/livez") is not None)


def observer_states(addresses: dict[str, str]) -> list[ObserverState]:
    """Prometheus and Alertmanager of platform.json; alerts are named once, however often they fire."""
    states = []
    for name, url in addresses.items():
        port = int(url.rpartition(":")[2])
        name, ready = name.removesuffix("_url"), fetch(port, "/-/ready") is not None
        targets = fetch(port, "/api/v1/targets?state=active") if ready and name == "prometheus" else None
        alerts = fetch(port, "/api/v1/alerts") if targets is not None else None
        if targets is None or alerts is None:
            states.append(ObserverState(name, url, ready))
            continue
        health = [target["health"] for target in orjson.loads(targets)["data"]["activeTargets"]]
        told = orjson.loads(alerts)["data"]["alerts"]
        firing = {alert["labels"]["alertname"] for alert in told if alert["state"] == "firing"}
        firing.discard(DEAD_MANS_SWITCH)  # it tells that alerts get through, not that something is wrong
        states.append(ObserverState(name, url, ready, len(health), health.count("up"), tuple(sorted(firing))))
    return states


def samples_of(text: str) -> dict[str, list[float]]:
    """The values of each sample's name, whatever its labels."""
    values: dict[str, list[float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, []).append(sample.value)
    return values


def buckets_of(text: str, name: str) -> dict[float, float]:
    """Observations of a histogram up to each bound, over all other labels."""
    buckets: dict[float, float] = {}
    for family in text_string_to_metric_families(text):
        if family.name == name:
            for sample in family.samples:
                if sample.name == f"{name}_bucket":
                    bound = float(sample.labels["le"])
                    buckets[bound] = buckets.get(bound, 0.0) + sample.value
    return buckets
