"""How a process's metrics are read, and those that every process has.

Series of when a counter was made are left out: they would double what Prometheus keeps, and it needs none of them.
"""

from collections.abc import Callable
from importlib import metadata
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from schemas.telemetry import DISTRIBUTION

PROCESSES: Final = ("stage", "light", "gateway", "sharing", "canary", "exporter")

disable_created_metrics()  # type: ignore[no-untyped-call]


def tell_process(registry: CollectorRegistry, process: str, is_ready: Callable[[], bool], stage: str = "") -> None:
    """Add what every process tells of itself. `process` is one of PROCESSES; `stage` is of a stage's worker only."""
    if process not in PROCESSES:
        raise ValueError(f"{process} is none of {', '.join(PROCESSES)}")
    labels = ("process", "stage")
    build = Gauge("border_build_info", "1, with the version that runs.", (*labels, "version"), registry=registry)
    build.labels(process, stage, metadata.version(DISTRIBUTION)).set(1)
    ready = Gauge(
        "border_ready", "1 while the process says that it is ready, as /readyz does.", labels, registry=registry
    )
    ready.labels(process, stage).set_function(lambda: float(is_ready()))
    ProcessCollector(registry=registry)


def exposed(registry: CollectorRegistry, accept: str | None) -> tuple[bytes, str]:
    """All metrics and the type of their text: OpenMetrics for whoever accepts it, else Prometheus' own."""
    encode, content_type = choose_encoder(accept or "")
    return encode(registry), content_type
