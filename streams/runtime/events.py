"""What the runtime has to tell, as small typed events. `metrics` alone turns them into metrics and log lines."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Traced(NamedTuple):
    """Steps of traces in a batch of one partition: offset, context as it came, context of what it led to."""

    partition: int
    fetched_at: int
    folded_at: int
    """This machine's clock, microseconds."""

    steps: list[tuple[int, bytes, bytes]]


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """The worker process listens for scrapes and is about to join its group."""

    metrics_port: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """A rebalance ended; these partitions are this worker's."""

    partitions: list[int]


@dataclass(frozen=True, slots=True)
class GroupOpened:
    """A group was claimed and its state read back. `topic` is what it reads."""

    group: int
    topic: str
    positions: dict[int, int | None]
    keys: int
    state_bytes: int
    watermarks: dict[int, int]
    """By partition, microseconds UTC; 0: not known."""

    claim_seconds: float
    recovery_seconds: float


@dataclass(frozen=True, slots=True)
class GroupClosed:
    """A group was given up in a rebalance."""

    group: int


@dataclass(frozen=True, slots=True)
class BatchFolded:
    """A batch of one partition was decoded and folded."""

    records: int
    seconds: float
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransactionCommitted:
    """Outputs, changed state and positions of a group are in the log."""

    group: int
    topic: str
    """The input's."""

    records: int
    outputs: dict[str, int]
    dead_letters: dict[str, int]
    changelog_records: int
    changelog_bytes: int
    """Keys and values of states and positions."""

    keys: int
    state_bytes: int
    newest_event_at: int
    """Event time, microseconds UTC; 0: no record had one."""

    readings_at: dict[tuple[str, str], int]
    """The same of live readings, by port and operating mode."""

    watermarks: dict[int, int]
    """By partition, microseconds UTC; 0: not known."""

    commit_seconds: float
    latency_seconds: float
    """From the broker's append of the oldest input record to the commit."""

    traces: list[Traced] = field(default_factory=list)
    """Those of its records that led to something and are of a trace."""

    committed_at: int = 0
    """This machine's clock, microseconds."""


@dataclass(frozen=True, slots=True)
class RecordRejected:
    """A record became a dead letter. Holds no value of the record: values may be plates."""

    reason: str
    exception: str
    message: str
    topic: str
    partition: int
    offset: int
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class AlertWritten:
    """An alert is in the log. Holds no text of it: alerts hold plates, and a train's id is its railroad's text."""

    ce_id: str
    """The header of that name, a digest; it finds the alert."""

    kind: str
    port: str
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class RegistryUnreachable:
    """The registry does not answer; the partition whose record names this schema waits, or the whole worker (None)."""

    schema_id: int | None
    retry_seconds: float


@dataclass(frozen=True, slots=True)
class BrokerUnreachable:
    """A worker that starts finds no broker, and waits for it."""

    broker: str


@dataclass(frozen=True, slots=True)
class LagMeasured:
    """How far a partition is behind: records not committed yet, and age of the oldest of them."""

    partition: int
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Memory may be ahead of the log, or the broker is gone: the process ends and the supervisor starts a fresh one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The state in the log is of no use here. Starting again does not help; the remedy is in the reason."""

    reason: str


Event = (
    WorkerStarted
    | Assigned
    | GroupOpened
    | GroupClosed
    | BatchFolded
    | TransactionCommitted
    | RecordRejected
    | AlertWritten
    | RegistryUnreachable
    | BrokerUnreachable
    | LagMeasured
    | GaveUp
    | Refused
)
