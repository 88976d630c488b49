"""The topic catalogue: every topic's name, key, records, partitions and retention, in this one place.

sensors ─► lane.readings ─► LANES ─► passages ─► VEHICLES ─► lane.decisions ─► the light
       └─► lane.backlog ─► BACKLOG ─┘
                                        ▲                   ├► alerts ─► ops centers
                                        ├─ CONVOYS ◄────────┴► crossings.by-port
                                        └─ POLICY ◄─ outcomes.by-port ◄─ OUTCOMES ◄─ lane.decisions
traces, multiple sales, links (written by people) ─► traces ─► TRACES ─► suggestions
passages, alerts, outcomes.by-port ─► `border share serve` ◄─► agreements, sharing (what other agencies ask)
rail sensors, consists, officers ─► rail.readings ─► TRAINS ─► rail.coverage, alerts
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
    auditors_only: bool = False  # read by auditors and by the one service that needs it; `border tail` refuses it
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
    (
        records.PlateRead,
        records.Weighing,
        records.XrayScan,
        records.LaneEvent,
        records.Heartbeat,
        records.UnitAssignment,
        records.ReferenceChange,
    ),
)
# What a crossing that was cut off delivers when its line is back. Beside the live readings, not before them: those of a
# vehicle that stands at the light wait for nothing.
LANE_BACKLOG: Final = Topic("border.lane.backlog.v1", "lane_id", LANE_READINGS.records)
PASSAGES: Final = Topic(
    "border.passages.v1",
    "plate_key",
    (records.Passage, records.Tick, records.ReferenceChange, records.Association, records.SelectionThreshold),
)
CROSSINGS: Final = Topic("border.crossings.by-port.v1", "port_code", (records.Crossing, records.Tick))
LANE_DECISIONS: Final = Topic(
    "border.lane.decisions.v1",
    "lane_id",
    (
        records.Selection,
        records.Score,
        records.Tick,
        records.Override,
        records.Inspection,
        records.OfficerAssignment,
        records.LightAnswer,
        records.HitConfirmation,
    ),
)
OUTCOMES: Final = Topic(
    "border.outcomes.by-port.v1",
    "port_code",
    (
        records.Outcome,
        records.Selection,
        records.OfficerAssignment,
        records.SecondaryStaffing,
        records.OversightRequirement,
        records.ReferenceChange,
        records.Tick,
    ),
    retention_ms=365 * DAY_MS,
)
# Kept as long as a trace counts (`TRACE_KEPT_DAYS` in streams/core/traces), since the report is made from this log.
TRACES: Final = Topic(
    "border.traces.v1",
    "purchaser_id",
    (records.Trace, records.MultipleSale, records.Link, records.Tick),
    retention_ms=5 * 365 * DAY_MS,
)
SUGGESTIONS: Final = Topic(
    "border.suggestions.v1", "suggestion_id", (records.Suggestion,), retention_ms=5 * 365 * DAY_MS
)
RAIL_READINGS: Final = Topic(
    "border.rail.readings.v1",
    "port_code",
    (
        records.TrainConsist,
        records.TrainEvent,
        records.CarTagRead,
        records.CarWeighing,
        records.CarScan,
        records.HandInspection,
    ),
    retention_ms=365 * DAY_MS,
)
# Both kept as long as the readings, from which an auditor recomputes them.
RAIL_COVERAGE: Final = Topic(
    "border.rail.coverage.v1",
    "port_code",
    (records.CarCoverage, records.TrainCoverage),
    public=True,
    retention_ms=365 * DAY_MS,
)
# Rates and counts only, but by lane and cause: where referrals are fewest is not for every subscriber.
ESTIMATES: Final = Topic("border.estimates.v1", "port_code", (records.Estimate,), retention_ms=365 * DAY_MS)
ALERTS: Final = Topic("border.alerts.v1", "incident_id", (records.Alert,), public=True, retention_ms=365 * DAY_MS)
# Of officers, so for auditors alone: on a broker with authorisation Read is granted to their principal and Write to the
# integrity stage's, to nobody else. The local broker has none. Kept as long as a disciplinary case may take [assumed].
FINDINGS: Final = Topic(
    "border.findings.v1", "port_code", (records.Finding,), retention_ms=365 * DAY_MS, auditors_only=True
)
# Twice the size, so that what just fitted its input topic fits here too, with the headers that say why it is here.
DEAD_LETTERS: Final = Topic(
    "border.dead-letters.v1", "the original key", (), retention_ms=365 * DAY_MS, max_message_bytes=2 << 20
)
# One partition, so that its versions have one order; a few kilobytes a month.
RULE_SETS: Final = Topic("border.rule-sets.v1", "version", (records.RuleSetVersion,), partitions=1, compacted=True)
SELECTION_POLICIES: Final = Topic(
    "border.selection-policies.v1", "version", (records.SelectionPolicyVersion,), partitions=1, compacted=True
)
# One partition, so that of an agency's versions the last one is known.
AGREEMENTS: Final = Topic(
    "border.agreements.v1", "agency_id/version", (records.SharingAgreementVersion,), partitions=1, compacted=True
)
# What other agencies asked, with the plates that they lodged: read by the sharing service and by auditors.
SHARING: Final = Topic(
    "border.sharing.v1",
    "agency_id",
    (records.Lodging, records.SharingRequest, records.Reidentification),
    retention_ms=5 * 365 * DAY_MS,
    auditors_only=True,
)
LANES_CHANGELOG: Final = Topic("border.lanes.changelog.v1", "state key", (), compacted=True)
BACKLOG_CHANGELOG: Final = Topic("border.backlog.changelog.v1", "state key", (), compacted=True)
VEHICLES_CHANGELOG: Final = Topic("border.vehicles.changelog.v1", "state key", (), compacted=True)
CONVOYS_CHANGELOG: Final = Topic("border.convoys.changelog.v1", "state key", (), compacted=True)
OUTCOMES_CHANGELOG: Final = Topic("border.outcomes.changelog.v1", "state key", (), compacted=True)
POLICY_CHANGELOG: Final = Topic("border.policy.changelog.v1", "state key", (), compacted=True)
TRACES_CHANGELOG: Final = Topic("border.traces.changelog.v1", "state key", (), compacted=True)
ESTIMATES_CHANGELOG: Final = Topic("border.estimates.changelog.v1", "state key", (), compacted=True)
INTEGRITY_CHANGELOG: Final = Topic("border.integrity.changelog.v1", "state key", (), compacted=True, auditors_only=True)
TRAINS_CHANGELOG: Final = Topic("border.trains.changelog.v1", "state key", (), compacted=True)

TOPICS: Final = (
    LANE_READINGS,
    LANE_BACKLOG,
    PASSAGES,
    CROSSINGS,
    LANE_DECISIONS,
    OUTCOMES,
    TRACES,
    SUGGESTIONS,
    RAIL_READINGS,
    RAIL_COVERAGE,
    ESTIMATES,
    ALERTS,
    FINDINGS,
    DEAD_LETTERS,
    RULE_SETS,
    SELECTION_POLICIES,
    AGREEMENTS,
    SHARING,
    LANES_CHANGELOG,
    BACKLOG_CHANGELOG,
    VEHICLES_CHANGELOG,
    CONVOYS_CHANGELOG,
    OUTCOMES_CHANGELOG,
    POLICY_CHANGELOG,
    TRACES_CHANGELOG,
    ESTIMATES_CHANGELOG,
    INTEGRITY_CHANGELOG,
    TRAINS_CHANGELOG,
)

# What proves itself: every stage's input and all that they write.
PROVED_NAMES: Final = (
    LANE_READINGS.name,
    LANE_BACKLOG.name,
    PASSAGES.name,
    CROSSINGS.name,
    LANE_DECISIONS.name,
    OUTCOMES.name,
    TRACES.name,
    SUGGESTIONS.name,
    RAIL_READINGS.name,
    RAIL_COVERAGE.name,
    ESTIMATES.name,
    ALERTS.name,
    FINDINGS.name,
)


def subjects() -> dict[str, type[msgspec.Struct]]:
    """Registry subject (TopicRecordNameStrategy: topic, hyphen, full record name) to record type."""
    return {f"{topic.name}-border.v1.{record.__name__}": record for topic in TOPICS for record in topic.records}
