"""Events of the sharing service as metrics and log lines: ids only, never a plate or a token."""

from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter

from schemas.records import SharingRequestKind
from schemas.telemetry.json_log import open_log
from streams.core.sharing.agreement import Dataset

# What an outage can be of: reading what is shared, and logging who asked.
PARTS: Final = ("feed", "log")


class SharingTelemetry:
    """The service's registry, and one method per event."""

    def __init__(self) -> None:
        self._log: Any = open_log(process="sharing")
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "border_sharing_requests",
            "Requests of other agencies, by kind and result.",
            ["kind", "result"],
            registry=self.registry,
        )
        self._unauthenticated = Counter(
            "border_sharing_unauthenticated", "Requests with no credential in force.", registry=self.registry
        )
        self._rows = Counter(
            "border_sharing_rows", "Rows told to other agencies, by dataset.", ["dataset"], registry=self.registry
        )
        self._outages = Counter(
            "border_sharing_outages",
            "Times that the log could not be read or written.",
            ["part"],
            registry=self.registry,
        )
        for part in PARTS:  # from the start, or the first would be no increase
            self._outages.labels(part)
        for kind in SharingRequestKind:
            if kind is not SharingRequestKind.UNKNOWN:
                for result in ("answered", "refused"):
                    self._requests.labels(kind.value, result)
        for dataset in Dataset:
            self._rows.labels(dataset.value)

    def answered(self, kind: SharingRequestKind) -> None:
        """A request is in the log and is being answered."""
        self._requests.labels(kind.value, "answered").inc()

    def refused(self, kind: SharingRequestKind) -> None:
        """A request was over a limit."""
        self._requests.labels(kind.value, "refused").inc()

    def unauthenticated(self) -> None:
        """Somebody without an agreement asked."""
        self._unauthenticated.inc()

    def told(self, dataset: Dataset, rows: int) -> None:
        """Rows were told."""
        self._rows.labels(dataset.value).inc(rows)

    def outage(self, part: str, error: Exception) -> None:
        """One of PARTS does not work."""
        self._outages.labels(part).inc()
        self._log.warning("outage", part=part, error=type(error).__name__, reason=str(error))
