"""Everything about a worker that is not its stage. Built in deploy/settings.py; nothing here reads the environment."""

from dataclasses import dataclass
from typing import Final

# A worker's exit status. "My memory may be ahead of the log; start me afresh" (EX_TEMPFAIL): a restart, not a crash.
GAVE_UP: Final = 75
# "Starting me again does not help" (EX_CONFIG): its log says what a person has to do.
REFUSED: Final = 78


@dataclass(frozen=True)
class RuntimeSettings:
    """How one worker runs.

    `instance` names this worker among those of its stage and must stay the same over restarts: it is the static group
    member id, so that a worker killed and started again gets its partitions back without a rebalance.
    """

    broker: str
    registry_url: str
    instance: int = 0
    metrics_port: int = 0
    """Port of /metrics, /livez and /readyz; 0 takes a free one, printed as a JSON line on standard output."""

    gather_seconds: float = 0.1
    """How long outputs that nobody waits for are gathered. Longer costs latency, shorter costs CPU per transaction."""

    max_records: int = 10_000
    """Most input records of one transaction. Only a backlog fills one; a group that has, waits for its last commit."""

    session_seconds: float = 10.0
    """A worker silent for this long loses its partitions. Brokers take 6 s and more by default."""

    heartbeat_seconds: float = 2.0
    commit_timeout_seconds: float = 15.0
    """A commit that takes longer ends the worker; a broker that restarts within it is survived in place."""

    max_message_bytes: int = 1_000_000
    """Largest key plus value produced; the broker's default limit is 1,048,588 with the batch's overhead."""

    otlp_endpoint: str = ""
    """Base address of the collector that spans go to (OTLP over HTTP); empty: none are made. Needs the extra `otel`."""

    failpoint: str = ""
    """Tests only: `name:nth[:stop]` kills, or stops, this process the nth time it comes by (see failpoints.py)."""

    def __post_init__(self) -> None:
        """Raises ValueError for a setting that cannot work."""
        if self.session_seconds < 3 * self.heartbeat_seconds:
            raise ValueError("session_seconds must be three heartbeats or more, or one that is lost costs partitions")
        if self.max_records < 1 or self.gather_seconds < 0:
            raise ValueError("max_records must be positive and gather_seconds not negative")
