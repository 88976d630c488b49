"""What every stage is: a fold over one partition of one log.

    record ─► fold.advance(record, outputs) ─► outputs, and changed state by key in fold.take_changes()

The runtime calls `advance` for each record in log order and writes outputs, changes and position in one transaction.
Replaying the same log gives the same outputs byte for byte, so nothing here may read a clock or draw a random number.
"""

from collections.abc import MutableMapping
from typing import Final, Protocol

import msgspec

from schemas.topics import Topic

# Longest text of an id; ids are stored with each passage.
ID_LENGTH_MAX: Final = 128

FOLD_FAILED: Final = "fold_failed"
"""Reason of a dead letter whose record made its fold raise: a bug, named by where it was raised."""

REJECTIONS: Final = frozenset(
    {
        "clock_ahead",
        "conflict",
        "empty_plate",
        "flood",
        "impossible_value",
        "late",
        "no_budget",
        "ports_full",
        "too_many",
        "unexpected_type",
        "unknown_change",
        "unknown_lane",
        "watchlist_full",
        "wrong_key",
        "wrong_type",
    }
)
"""Every reason for which a stage rejects a record: a closed set, since reasons are a label of metrics."""


class Record:
    """One decoded record of a stage's input partition.

    `appended_at`: LogAppendTime, microseconds UTC; it is in the log, so a replay sees the same.
    """

    def __init__(self, key: bytes, value: msgspec.Struct, appended_at: int) -> None:
        self.key = key
        self.value = value
        self.appended_at = appended_at


class Output:
    """One record to produce. `partition` is set only for ticks; otherwise the key decides.

    `urgent`: a light waits for it, so it is committed without gathering more.
    """

    def __init__(
        self, topic: Topic, key: bytes, value: msgspec.Struct, partition: int | None = None, urgent: bool = False
    ) -> None:
        self.topic = topic
        self.key = key
        self.value = value
        self.partition = partition
        self.urgent = urgent


class Rejected(Exception):
    """The record cannot be processed and becomes a dead letter. Raised before anything was changed.

    `reason` is one of REJECTIONS; `message` names fields and bounds, never a plate.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Fold(Protocol):
    """The state of one partition and how a record changes it."""

    counters: dict[str, int]
    """Events of the stage's since the runtime last looked (it clears them), for instance `late_readings`."""

    @property
    def watermark_at(self) -> int:
        """How far the partition's time has come, microseconds UTC; 0 if it is not known. For metrics."""

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change; any other exception is a bug, answered by roll_back."""

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key; also puts them into the stored state."""

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""


class Stage(Protocol):
    """A named fold, its one input and its changelog. `events`: all that its folds count, a closed set."""

    name: str
    source: Topic
    changelog: Topic
    events: frozenset[str]

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition. State keys never start with a NUL byte."""
