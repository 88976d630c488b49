"""The topic catalogue: every topic's name, key, records, partitions and retention, in this one place.

sensors ─► lane.readings ─► LANES ─► passages ─► VEHICLES ─► lane.decisions ─► the light
                                        ▲                   ├► alerts ─► ops centers
                                        └─ CONVOYS ◄────────┴► crossings.by-port
what cannot be processed ─► dead-letters
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from schemas import records

# Lanes and plates spread over this many partitions. More of them means more, smaller transactions for the same load;
# 12 let a stage grow to 12 workers, and the whole border is about 25 readings a second.
PARTITIONS: Final = 12

DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True)
class Topic:
    """One topic. `records` empty means raw bytes."""

    name: str
    key: str
    records: tuple[type[msgspec.Struct], ...]
    partitions: int = PARTITIONS
    compacted: bool = False
    retention_ms: int = 30 * DAY_MS
    public: bool = False  # carries CloudEvents headers; other agencies may subscribe
    max_message_bytes: int = 1_048_588  # the broker's own default

    @property
    def config(self) -> dict[str, str]:
        """Kafka topic settings. LogAppendTime: a device clock a day ahead or years behind must not decide retention."""
        common = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(self.max_message_bytes)}
        if self.compacted:
            # Small segments, since the active one is never compacted and recovery reads all of it.
            return common | {"cleanup.policy": "compact", "segment.bytes": str(64 << 20)}
        return common | {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


LANE_READINGS: Final = Topic(
    "border.lane.readings.v1",
    "lane_id",
    (records.PlateRead, records.Weighing, records.XrayScan, records.LaneEvent, records.Heartbeat),
)
PASSAGES: Final = Topic(
    "border.passages.v1",
    "plate_key",
    (records.Passage, records.Tick, records.ReferenceChange, records.Association),
)
CROSSINGS: Final = Topic("border.crossings.by-port.v1", "port_code", (records.Crossing,))
LANE_DECISIONS: Final = Topic(
    "border.lane.decisions.v1", "lane_id", (records.Selection, records.Score, records.Tick), public=True
)
ALERTS: Final = Topic("border.alerts.v1", "incident_id", (records.Alert,), public=True, retention_ms=365 * DAY_MS)
# Twice the size, so that what just fitted its input topic fits here too, with the headers that say why it is here.
DEAD_LETTERS: Final = Topic(
    "border.dead-letters.v1", "the original key", (), retention_ms=365 * DAY_MS, max_message_bytes=2 << 20
)
# One partition, so that its versions have one order; a few kilobytes a month.
RULE_SETS: Final = Topic("border.rule-sets.v1", "version", (records.RuleSetVersion,), partitions=1, compacted=True)
LANES_CHANGELOG: Final = Topic("border.lanes.changelog.v1", "state key", (), compacted=True)
VEHICLES_CHANGELOG: Final = Topic("border.vehicles.changelog.v1", "state key", (), compacted=True)
CONVOYS_CHANGELOG: Final = Topic("border.convoys.changelog.v1", "state key", (), compacted=True)

TOPICS: Final = (
    LANE_READINGS,
    PASSAGES,
    CROSSINGS,
    LANE_DECISIONS,
    ALERTS,
    DEAD_LETTERS,
    RULE_SETS,
    LANES_CHANGELOG,
    VEHICLES_CHANGELOG,
    CONVOYS_CHANGELOG,
)

# What proves itself: every stage's input and all that they write.
PROVED_NAMES: Final = (LANE_READINGS.name, PASSAGES.name, CROSSINGS.name, LANE_DECISIONS.name, ALERTS.name)


def subjects() -> dict[str, type[msgspec.Struct]]:
    """Registry subject (TopicRecordNameStrategy: topic, hyphen, full record name) to record type."""
    return {f"{topic.name}-border.v1.{record.__name__}": record for topic in TOPICS for record in topic.records}
