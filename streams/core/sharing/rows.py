"""What of a record can be shared, and what of that one agreement shares: the only way from a record to an agency.

record ─► shared_row ─► SharedRow, kept ─► is_agreed ─► agreed_values

A canary is of no dataset, whatever operating mode an agreement is for.
"""

from typing import Final, NamedTuple

from schemas.layout import is_canary_lane
from schemas.records import (
    Alert,
    AlertKind,
    Direction,
    ListKind,
    MatchKind,
    OperatingMode,
    Outcome,
    OutcomeState,
    Passage,
    PassageState,
    Severity,
)
from streams.core.plates import normalise_plate
from streams.core.random_draw import DAY_MICROSECONDS
from streams.core.sharing.agreement import Dataset, SharedDataset

# A lane that fell back on the lot is for those who run it, and of no vehicle.
ALERTS_SHARED: Final = frozenset({AlertKind.WATCHLIST_HIT, AlertKind.RISK, AlertKind.XRAY_ALARM})


class SharedRow(NamedTuple):
    """All that may be told of one record by any agreement. `values` None: what was told before is withdrawn.

    `plate` empty where the record names none: an outcome, whose passage names it.
    """

    dataset: Dataset
    record_id: str
    revision: int
    operating_mode: OperatingMode
    port_code: str
    at: int  # microseconds: what a lodging's and an agreement's time is compared with
    list_kind: ListKind  # of the hit that it is of, UNKNOWN of none
    plate: str
    jurisdiction: str | None
    values: dict[str, object] | None


def shared_row(value: object) -> SharedRow | None:
    """The row of a record, None if it is of no dataset."""
    if isinstance(value, Passage):
        return None if is_canary_lane(value.lane_id) else _crossing(value)
    if isinstance(value, Alert):
        return _alert(value)
    if isinstance(value, Outcome):
        return _find(value)
    return None


def is_agreed(shared: SharedDataset, row: SharedRow) -> bool:
    """Whether a dataset's agreement covers a row of it, its vehicle apart: its port, and the list that was hit."""
    return row.port_code in shared.ports and (row.list_kind is ListKind.UNKNOWN or row.list_kind in shared.list_kinds)


def agreed_values(shared: SharedDataset, values: dict[str, object]) -> dict[str, object]:
    """The agreed fields, in the agreement's order."""
    return {name: values[name] for name in shared.fields}


def day_of(at: int) -> int:
    """UTC days since 1970 of a time in microseconds."""
    return at // DAY_MICROSECONDS


def _crossing(passage: Passage) -> SharedRow | None:
    """A vehicle that left southbound. Only its last revision: nothing is written of it any more."""
    plate = normalise_plate(passage.plate or "")
    if passage.state is not PassageState.FINAL or passage.direction is Direction.NORTHBOUND or not plate:
        return None
    at = passage.at_light_at or passage.left_at or passage.entered_at
    values: dict[str, object] = {
        "port_code": passage.port_code,
        "lane_id": passage.lane_id,
        "crossed_at": at,
        "lane_mode": passage.lane_mode.value,
        "jurisdiction": passage.jurisdiction,
        "vehicle_class": passage.vehicle_class,
        "gross_weight_kg": passage.gross_weight_kg,
        "images": [{"uri": one.uri, "sha256": one.sha256} for one in passage.images],
    }
    return SharedRow(
        Dataset.CROSSINGS,
        passage.passage_id,
        passage.revision,
        passage.operating_mode,
        passage.port_code,
        at,
        ListKind.UNKNOWN,
        plate,
        passage.jurisdiction,
        values,
    )


def _alert(alert: Alert) -> SharedRow | None:
    if alert.kind not in ALERTS_SHARED:
        return None
    listed = alert.match is not MatchKind.NONE
    values: dict[str, object] = {
        "port_code": alert.port_code,
        "lane_id": alert.lane_id,
        "raised_at": alert.raised_at,
        "kind": alert.kind.value,
        "severity": alert.severity.value,
        "light": alert.light.value,
        "list_kind": alert.list_kind.value if listed else None,
        "match": alert.match.value,
        "case_number": alert.case_number,
        "legal_basis": alert.legal_basis,
        "warning_markers": [marker.value for marker in alert.warning_markers],
        "images": [{"uri": one.uri, "sha256": one.sha256} for one in alert.images],
    }
    return SharedRow(
        Dataset.ALERTS,
        alert.incident_id,
        alert.revision,
        alert.operating_mode,
        alert.port_code,
        alert.raised_at,
        alert.list_kind if listed else ListKind.UNKNOWN,
        normalise_plate(alert.plate or ""),
        alert.jurisdiction,
        None if alert.severity is Severity.MINOR else values,  # MINOR calls the incident off
    )


def _find(outcome: Outcome) -> SharedRow | None:
    """An inspection that found a gun, a magazine or ammunition; one corrected to none is withdrawn."""
    if outcome.state is not OutcomeState.INSPECTED and outcome.revision <= 1:
        return None
    found = outcome.state is OutcomeState.INSPECTED and outcome.firearms + outcome.magazines + outcome.rounds > 0
    at = outcome.inspection_ended_at or outcome.closed_at
    values: dict[str, object] = {
        "port_code": outcome.port_code,
        "lane_mode": outcome.lane_mode.value,
        "found_at": at,
        "resolution": outcome.resolution.value,
        "firearms": outcome.firearms,
        "magazines": outcome.magazines,
        "rounds": outcome.rounds,
    }
    return SharedRow(
        Dataset.FINDS,
        outcome.passage_id,
        outcome.revision,
        outcome.operating_mode,
        outcome.port_code,
        at,
        ListKind.UNKNOWN,
        "",
        None,
        values if found else None,
    )
