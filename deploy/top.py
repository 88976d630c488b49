"""What `border top` shows: two looks at a process's metrics, and what happened between them.

platform.json ─► /metrics of each process, all at once ─► Look ─► two Looks ─► Row
"""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from deploy.local.supervisor import WORKER_LIST
from deploy.scrape import buckets_of, fetch, is_ready, samples_of

AT_ONCE: Final = 16  # a process that hangs holds its own look for the time-out, not all the others


class Kind(NamedTuple):
    """Names of the metrics of one kind of process, empty for what it does not have."""

    records: str
    outputs: str
    waiting: str
    oldest: str
    latency: str
    refused: str


STAGE: Final = Kind(
    "border_records_total",
    "border_outputs_total",
    "border_lag_records",
    "border_lag_seconds",
    "border_stage_latency_seconds",
    "border_dead_letters_total",
)
LIGHT: Final = Kind(
    "border_light_answers_total",
    "",
    "border_light_undelivered",
    "",
    "border_light_answer_seconds",
    "border_light_refusals_total",
)
GATEWAY: Final = Kind(
    "border_gateway_readings_total",
    "",
    "border_gateway_kept",
    "border_gateway_oldest_seconds",
    "border_gateway_delivery_seconds",
    "border_gateway_rejections_total",
)


@dataclass(frozen=True)
class Process:
    """One process to look at; `entry` as it stands in platform.json."""

    name: str
    kind: Kind
    entry: Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """A process's metrics at one time; `values` None if it does not answer."""

    at: float
    ready: bool
    values: Mapping[str, Sequence[float]] | None
    latency: Mapping[float, float] = field(default_factory=dict)

    def total(self, name: str) -> float | None:
        """The sum of a metric; None if it is not told."""
        found = self.values.get(name) if self.values is not None and name else None
        return None if found is None else sum(found)

    def most(self, name: str) -> float | None:
        """The largest value of a metric; None if it is not told."""
        found = self.values.get(name) if self.values is not None and name else None
        return max(found, default=None) if found is not None else None


@dataclass(frozen=True)
class Row:
    """What is shown of one process. None is not known: it does not answer, or nothing happened between the looks."""

    name: str
    state: str
    waiting_records: float | None
    oldest_seconds: float | None
    records_per_second: float | None
    outputs_per_second: float | None
    latency_p50_seconds: float | None
    latency_p99_seconds: float | None
    state_bytes: float | None
    refused_per_second: float | None
    restarts: int


def processes_of(running: Mapping[str, Any], light_port: int, gateways: Sequence[int]) -> list[Process]:
    """Stage workers and gateways of a local platform, gateways on other ports, and `border light` if it answers."""
    found = [Process(entry["name"], STAGE, entry) for entry in running["processes"]]
    found += [Process(entry["name"], GATEWAY, entry) for entry in running.get("gateways", ())]
    found += [Process(f"gateway {port}", GATEWAY, {"metrics_port": port}) for port in gateways]
    if light_port and "border_light" in (fetch(light_port, "/metrics") or ""):
        found.append(Process("light", LIGHT, {"metrics_port": light_port}))
    return found


def look_at_all(processes: Sequence[Process]) -> list[Look]:
    """A look at each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(look_at, processes))


def look_at(process: Process) -> Look:
    """One process now."""
    text = fetch(process.entry["metrics_port"], "/metrics")
    if text is None:
        return Look(time.monotonic(), False, None)
    latency = buckets_of(text, process.kind.latency)
    return Look(time.monotonic(), is_ready(dict(process.entry)), samples_of(text), latency)


def row_of(process: Process, before: Look, after: Look, restarts: int) -> Row:
    """What happened between two looks at a process."""
    kind, seconds = process.kind, after.at - before.at

    def a_second(name: str) -> float | None:
        last = after.total(name)
        if last is None or seconds <= 0 or before.values is None:  # of one that was not there nobody knows since when
            return None
        first = before.total(name) or 0.0
        return (last - first if last >= first else last) / seconds  # a restarted process counts from 0 again

    observed = between(before.latency, after.latency)
    return Row(
        process.name,
        "does not answer" if after.values is None else "ready" if after.ready else "not ready",
        after.total(kind.waiting),
        after.most(kind.oldest),
        a_second(kind.records),
        a_second(kind.outputs),
        quantile(observed, 0.5),
        quantile(observed, 0.99),
        after.total("border_state_bytes"),
        a_second(kind.refused),
        restarts,
    )


def between(before: Mapping[float, float], after: Mapping[float, float]) -> dict[float, float]:
    """Observations up to each bound between two looks; since its restart if the process was restarted."""
    if any(after.get(bound, 0.0) < count for bound, count in before.items()):
        return dict(after)
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """Within its bucket by proportion, as Prometheus does it; beyond the last bound that bound; None of nothing."""
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank, low, below = share * total, 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank:
            if math.isinf(bound):
                break
            return low + (bound - low) * (rank - below) / (count - below) if count > below else bound
        low, below = bound, count
    return low


class Restarts:
    """How often each process was started anew since the first look, by what the supervisor writes down."""

    def __init__(self, state_directory: Path) -> None:
        self._file = state_directory / WORKER_LIST
        self._known: dict[str, tuple[int, str]] = {}
        self._count: dict[str, int] = {}
        self.look()

    def look(self) -> Mapping[str, int]:
        """Counts by the process's name."""
        try:
            entries = orjson.loads(self._file.read_bytes())
        except (OSError, orjson.JSONDecodeError):  # the platform ends
            return self._count
        for entry in entries:
            name, run = entry["name"], (entry["pid"], entry["start_time"])
            if self._known.setdefault(name, run) != run:
                self._known[name] = run
                self._count[name] = self._count.get(name, 0) + 1
        return self._count
