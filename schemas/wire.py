"""Avro bodies of the contract's records, made from the .avsc files by `python -m schemas.generate`; not to be edited.

`write_<record>` returns the body; `read_<record>` returns the record and the offset behind it, which lies beyond the
bytes if they were cut short. Readers raise ValueError, IndexError or struct.error for bytes that are no such record.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas import records
from schemas.primitives import (
    BYTES,
    DOUBLE,
    NULL,
    PRESENT,
    add_bytes,
    add_long,
    read_boolean,
    read_count,
    read_int,
    read_long,
    read_size,
)

ALERT_KIND: Final = (
    records.AlertKind.UNKNOWN,
    records.AlertKind.WATCHLIST_HIT,
    records.AlertKind.RISK,
    records.AlertKind.XRAY_ALARM,
)
ALERT_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(ALERT_KIND)}
SEVERITY: Final = (
    records.Severity.UNKNOWN,
    records.Severity.EXTREME,
    records.Severity.SEVERE,
    records.Severity.MODERATE,
    records.Severity.MINOR,
)
SEVERITY_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SEVERITY)}
OPERATING_MODE: Final = (
    records.OperatingMode.UNKNOWN,
    records.OperatingMode.OPERATIONAL,
    records.OperatingMode.TEST,
    records.OperatingMode.EXERCISE,
    records.OperatingMode.TRAINING,
    records.OperatingMode.SIMULATED,
)
OPERATING_MODE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(OPERATING_MODE)}
LIGHT: Final = (
    records.Light.UNKNOWN,
    records.Light.RED,
    records.Light.GREEN,
)
LIGHT_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LIGHT)}
MATCH_KIND: Final = (
    records.MatchKind.UNKNOWN,
    records.MatchKind.NONE,
    records.MatchKind.EXACT,
    records.MatchKind.NEAR,
)
MATCH_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(MATCH_KIND)}
LIST_KIND: Final = (
    records.ListKind.UNKNOWN,
    records.ListKind.STOLEN,
    records.ListKind.WANTED,
    records.ListKind.STRAW_PURCHASER_LINKED,
    records.ListKind.TRACE_LINKED,
    records.ListKind.INTELLIGENCE,
    records.ListKind.TEST,
)
LIST_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LIST_KIND)}
IMAGE_SOURCE: Final = (
    records.ImageSource.UNKNOWN,
    records.ImageSource.FRONT_PLATE,
    records.ImageSource.REAR_PLATE,
    records.ImageSource.SIDE,
    records.ImageSource.HANDHELD,
)
IMAGE_SOURCE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(IMAGE_SOURCE)}
WARNING_MARKER: Final = (
    records.WarningMarker.UNKNOWN,
    records.WarningMarker.ARMED,
    records.WarningMarker.VIOLENT,
    records.WarningMarker.FLED_BEFORE,
    records.WarningMarker.EXPLOSIVES,
    records.WarningMarker.HAZARDOUS_LOAD,
    records.WarningMarker.CHILD_ON_BOARD,
)
WARNING_MARKER_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(WARNING_MARKER)}
DIRECTION: Final = (
    records.Direction.UNKNOWN,
    records.Direction.SOUTHBOUND,
    records.Direction.NORTHBOUND,
)
DIRECTION_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(DIRECTION)}
SENSOR_ROLE: Final = (
    records.SensorRole.UNKNOWN,
    records.SensorRole.ENTRY_LOOP,
    records.SensorRole.FRONT_CAMERA,
    records.SensorRole.REAR_CAMERA,
    records.SensorRole.SCALE,
    records.SensorRole.XRAY,
    records.SensorRole.STOP_LINE_LOOP,
    records.SensorRole.EXIT_LOOP,
    records.SensorRole.TERMINAL,
    records.SensorRole.GATEWAY,
)
SENSOR_ROLE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SENSOR_ROLE)}
DEVICE_STATUS: Final = (
    records.DeviceStatus.UNKNOWN,
    records.DeviceStatus.OPERATING,
    records.DeviceStatus.DEGRADED,
    records.DeviceStatus.FAULT,
)
DEVICE_STATUS_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(DEVICE_STATUS)}
LANE_EVENT_KIND: Final = (
    records.LaneEventKind.UNKNOWN,
    records.LaneEventKind.ENTERED,
    records.LaneEventKind.AT_LIGHT,
    records.LaneEventKind.LEFT,
    records.LaneEventKind.BACKED_OUT,
    records.LaneEventKind.OFFICER_ASSIGNED,
    records.LaneEventKind.LOAD_DECLARED,
)
LANE_EVENT_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LANE_EVENT_KIND)}
PASSAGE_STATE: Final = (
    records.PassageState.UNKNOWN,
    records.PassageState.AT_LIGHT,
    records.PassageState.UPDATED,
    records.PassageState.FINAL,
    records.PassageState.RETRACTED,
)
PASSAGE_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(PASSAGE_STATE)}
LANE_MODE: Final = (
    records.LaneMode.UNKNOWN,
    records.LaneMode.PASSENGER,
    records.LaneMode.BUS,
    records.LaneMode.TRUCK,
)
LANE_MODE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LANE_MODE)}
SCALE_TYPE: Final = (
    records.ScaleType.UNKNOWN,
    records.ScaleType.TYPE_I,
    records.ScaleType.TYPE_II,
    records.ScaleType.TYPE_III,
    records.ScaleType.TYPE_IV,
)
SCALE_TYPE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SCALE_TYPE)}
SCAN_DECISION: Final = (
    records.ScanDecision.UNKNOWN,
    records.ScanDecision.ALARM,
    records.ScanDecision.CLEAR,
)
SCAN_DECISION_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SCAN_DECISION)}
SCAN_QUALITY: Final = (
    records.ScanQuality.UNKNOWN,
    records.ScanQuality.GOOD,
    records.ScanQuality.DEGRADED,
    records.ScanQuality.BAD,
)
SCAN_QUALITY_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SCAN_QUALITY)}
CHANGE_KIND: Final = (
    records.ChangeKind.UNKNOWN,
    records.ChangeKind.WATCHLIST_ADD,
    records.ChangeKind.WATCHLIST_REMOVE,
    records.ChangeKind.RULE_SET,
    records.ChangeKind.WATCHLIST_SUPPRESS,
    records.ChangeKind.WATCHLIST_UNSUPPRESS,
)
CHANGE_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(CHANGE_KIND)}
REFERRAL_REASON: Final = (
    records.ReferralReason.UNKNOWN,
    records.ReferralReason.NONE,
    records.ReferralReason.RANDOM,
    records.ReferralReason.ATS_RECOMMENDATION,
    records.ReferralReason.US_INTELLIGENCE,
    records.ReferralReason.INSPECTOR_SUSPICION,
)
REFERRAL_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(REFERRAL_REASON)}


def write_alert(record: records.Alert) -> bytes:
    """Body of a Alert."""
    out: list[bytes] = []
    add_bytes(out, record.alert_id.encode())
    add_bytes(out, record.incident_id.encode())
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    add_long(out, record.passage_number)
    add_long(out, record.revision)
    out.append(ALERT_KIND_BYTES[record.kind])
    out.append(SEVERITY_BYTES[record.severity])
    add_long(out, record.raised_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(LIGHT_BYTES[record.light])
    add_bytes(out, record.summary.encode())
    record_plate = record.plate
    if record_plate is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    if record.plate_candidates:
        add_long(out, len(record.plate_candidates))
        for record_plate_candidates_item in record.plate_candidates:
            add_bytes(out, record_plate_candidates_item.plate.encode())
            out.append(DOUBLE.pack(record_plate_candidates_item.confidence))
    out.append(NULL)
    out.append(MATCH_KIND_BYTES[record.match])
    out.append(LIST_KIND_BYTES[record.list_kind])
    record_watchlist_entry_id = record.watchlist_entry_id
    if record_watchlist_entry_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_watchlist_entry_id.encode())
    out.append(BYTES[1] if record.confirmation_required else BYTES[0])
    out.append(DOUBLE.pack(record.prior_log_odds))
    if record.evidence:
        add_long(out, len(record.evidence))
        for record_evidence_item in record.evidence:
            add_bytes(out, record_evidence_item.name.encode())
            add_bytes(out, record_evidence_item.group.encode())
            out.append(DOUBLE.pack(record_evidence_item.log_odds))
            add_bytes(out, record_evidence_item.explanation.encode())
            if record_evidence_item.reading_ids:
                add_long(out, len(record_evidence_item.reading_ids))
                for record_evidence_item_reading_ids_item in record_evidence_item.reading_ids:
                    add_bytes(out, record_evidence_item_reading_ids_item.encode())
            out.append(NULL)
    out.append(NULL)
    out.append(DOUBLE.pack(record.log_odds))
    out.append(DOUBLE.pack(record.probability))
    add_bytes(out, record.rule_set_version.encode())
    if record.images:
        add_long(out, len(record.images))
        for record_images_item in record.images:
            add_bytes(out, record_images_item.uri.encode())
            add_bytes(out, record_images_item.sha256.encode())
            out.append(IMAGE_SOURCE_BYTES[record_images_item.source])
    out.append(NULL)
    record_match_probability = record.match_probability
    if record_match_probability is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_match_probability))
    record_case_number = record.case_number
    if record_case_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_case_number.encode())
    record_legal_basis = record.legal_basis
    if record_legal_basis is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_legal_basis.encode())
    if record.warning_markers:
        add_long(out, len(record.warning_markers))
        for record_warning_markers_item in record.warning_markers:
            out.append(WARNING_MARKER_BYTES[record_warning_markers_item])
    out.append(NULL)
    return b"".join(out)


def read_alert(data: bytes, at: int) -> tuple[records.Alert, int]:
    """A Alert whose body starts at an offset."""
    size, at = read_size(data, at)
    alert_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    incident_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    passage_number, at = read_long(data, at)
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    kind = ALERT_KIND[size]
    size, at = read_size(data, at)
    severity = SEVERITY[size]
    raised_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    light = LIGHT[size]
    size, at = read_size(data, at)
    summary = data[at : at + size].decode()
    at += size
    plate: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        plate_there = data[at : at + size].decode()
        at += size
        plate = plate_there
    elif branch:
        raise ValueError("a union has no such branch")
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    plate_candidates: tuple[records.PlateCandidate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        plate_candidates_items: list[records.PlateCandidate] = []
        plate_candidates_count, at = read_count(data, at)
        while plate_candidates_count:
            for _ in range(plate_candidates_count):
                size, at = read_size(data, at)
                plate_candidates_item_plate = data[at : at + size].decode()
                at += size
                plate_candidates_item_confidence = DOUBLE.unpack_from(data, at)[0]
                at += 8
                plate_candidates_item = records.PlateCandidate(plate=plate_candidates_item_plate, confidence=plate_candidates_item_confidence)
                plate_candidates_items.append(plate_candidates_item)
            plate_candidates_count, at = read_count(data, at)
        plate_candidates = tuple(plate_candidates_items)
    size, at = read_size(data, at)
    match = MATCH_KIND[size]
    size, at = read_size(data, at)
    list_kind = LIST_KIND[size]
    watchlist_entry_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        watchlist_entry_id_there = data[at : at + size].decode()
        at += size
        watchlist_entry_id = watchlist_entry_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    confirmation_required, at = read_boolean(data, at)
    prior_log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    evidence: tuple[records.Evidence, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        evidence_items: list[records.Evidence] = []
        evidence_count, at = read_count(data, at)
        while evidence_count:
            for _ in range(evidence_count):
                size, at = read_size(data, at)
                evidence_item_name = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                evidence_item_group = data[at : at + size].decode()
                at += size
                evidence_item_log_odds = DOUBLE.unpack_from(data, at)[0]
                at += 8
                size, at = read_size(data, at)
                evidence_item_explanation = data[at : at + size].decode()
                at += size
                evidence_item_reading_ids: tuple[str, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    evidence_item_reading_ids_items: list[str] = []
                    evidence_item_reading_ids_count, at = read_count(data, at)
                    while evidence_item_reading_ids_count:
                        for _ in range(evidence_item_reading_ids_count):
                            size, at = read_size(data, at)
                            evidence_item_reading_ids_item = data[at : at + size].decode()
                            at += size
                            evidence_item_reading_ids_items.append(evidence_item_reading_ids_item)
                        evidence_item_reading_ids_count, at = read_count(data, at)
                    evidence_item_reading_ids = tuple(evidence_item_reading_ids_items)
                evidence_item = records.Evidence(name=evidence_item_name, group=evidence_item_group, log_odds=evidence_item_log_odds, explanation=evidence_item_explanation, reading_ids=evidence_item_reading_ids)
                evidence_items.append(evidence_item)
            evidence_count, at = read_count(data, at)
        evidence = tuple(evidence_items)
    log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    probability = DOUBLE.unpack_from(data, at)[0]
    at += 8
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    images: tuple[records.ImageReference, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        images_items: list[records.ImageReference] = []
        images_count, at = read_count(data, at)
        while images_count:
            for _ in range(images_count):
                size, at = read_size(data, at)
                images_item_uri = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                images_item_sha256 = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                images_item_source = IMAGE_SOURCE[size]
                images_item = records.ImageReference(uri=images_item_uri, sha256=images_item_sha256, source=images_item_source)
                images_items.append(images_item)
            images_count, at = read_count(data, at)
        images = tuple(images_items)
    match_probability: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        match_probability_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        match_probability = match_probability_there
    elif branch:
        raise ValueError("a union has no such branch")
    case_number: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        case_number_there = data[at : at + size].decode()
        at += size
        case_number = case_number_there
    elif branch:
        raise ValueError("a union has no such branch")
    legal_basis: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        legal_basis_there = data[at : at + size].decode()
        at += size
        legal_basis = legal_basis_there
    elif branch:
        raise ValueError("a union has no such branch")
    warning_markers: tuple[records.WarningMarker, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        warning_markers_items: list[records.WarningMarker] = []
        warning_markers_count, at = read_count(data, at)
        while warning_markers_count:
            for _ in range(warning_markers_count):
                size, at = read_size(data, at)
                warning_markers_item = WARNING_MARKER[size]
                warning_markers_items.append(warning_markers_item)
            warning_markers_count, at = read_count(data, at)
        warning_markers = tuple(warning_markers_items)
    return records.Alert(alert_id=alert_id, incident_id=incident_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, passage_number=passage_number, revision=revision, kind=kind, severity=severity, raised_at=raised_at, operating_mode=operating_mode, light=light, summary=summary, plate=plate, jurisdiction=jurisdiction, plate_candidates=plate_candidates, match=match, list_kind=list_kind, watchlist_entry_id=watchlist_entry_id, confirmation_required=confirmation_required, prior_log_odds=prior_log_odds, evidence=evidence, log_odds=log_odds, probability=probability, rule_set_version=rule_set_version, images=images, match_probability=match_probability, case_number=case_number, legal_basis=legal_basis, warning_markers=warning_markers), at


def write_association(record: records.Association) -> bytes:
    """Body of a Association."""
    out: list[bytes] = []
    add_bytes(out, record.plate_key.encode())
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.other_plate.encode())
    record_other_jurisdiction = record.other_jurisdiction
    if record_other_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_other_jurisdiction.encode())
    add_bytes(out, record.passage_id.encode())
    out.append(DOUBLE.pack(record.log_likelihood_ratio))
    add_long(out, record.joint_crossings)
    add_long(out, record.expires_at)
    record_hit_log_odds = record.hit_log_odds
    if record_hit_log_odds is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_hit_log_odds))
    record_hit_at = record.hit_at
    if record_hit_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_hit_at)
    return b"".join(out)


def read_association(data: bytes, at: int) -> tuple[records.Association, int]:
    """A Association whose body starts at an offset."""
    size, at = read_size(data, at)
    plate_key = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    plate = data[at : at + size].decode()
    at += size
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    other_plate = data[at : at + size].decode()
    at += size
    other_jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        other_jurisdiction_there = data[at : at + size].decode()
        at += size
        other_jurisdiction = other_jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    log_likelihood_ratio = DOUBLE.unpack_from(data, at)[0]
    at += 8
    joint_crossings, at = read_int(data, at)
    expires_at, at = read_long(data, at)
    hit_log_odds: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        hit_log_odds_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        hit_log_odds = hit_log_odds_there
    elif branch:
        raise ValueError("a union has no such branch")
    hit_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        hit_at_there, at = read_long(data, at)
        hit_at = hit_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Association(plate_key=plate_key, plate=plate, jurisdiction=jurisdiction, operating_mode=operating_mode, other_plate=other_plate, other_jurisdiction=other_jurisdiction, passage_id=passage_id, log_likelihood_ratio=log_likelihood_ratio, joint_crossings=joint_crossings, expires_at=expires_at, hit_log_odds=hit_log_odds, hit_at=hit_at), at


def write_crossing(record: records.Crossing) -> bytes:
    """Body of a Crossing."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.crossed_at)
    add_bytes(out, record.plate_key.encode())
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    if record.earlier_at:
        add_long(out, len(record.earlier_at))
        for record_earlier_at_item in record.earlier_at:
            add_long(out, record_earlier_at_item)
    out.append(NULL)
    if record.earlier_port_codes:
        add_long(out, len(record.earlier_port_codes))
        for record_earlier_port_codes_item in record.earlier_port_codes:
            add_bytes(out, record_earlier_port_codes_item.encode())
    out.append(NULL)
    record_hit_log_odds = record.hit_log_odds
    if record_hit_log_odds is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_hit_log_odds))
    return b"".join(out)


def read_crossing(data: bytes, at: int) -> tuple[records.Crossing, int]:
    """A Crossing whose body starts at an offset."""
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    crossed_at, at = read_long(data, at)
    size, at = read_size(data, at)
    plate_key = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    plate = data[at : at + size].decode()
    at += size
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    earlier_at: tuple[int, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        earlier_at_items: list[int] = []
        earlier_at_count, at = read_count(data, at)
        while earlier_at_count:
            for _ in range(earlier_at_count):
                earlier_at_item, at = read_long(data, at)
                earlier_at_items.append(earlier_at_item)
            earlier_at_count, at = read_count(data, at)
        earlier_at = tuple(earlier_at_items)
    earlier_port_codes: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        earlier_port_codes_items: list[str] = []
        earlier_port_codes_count, at = read_count(data, at)
        while earlier_port_codes_count:
            for _ in range(earlier_port_codes_count):
                size, at = read_size(data, at)
                earlier_port_codes_item = data[at : at + size].decode()
                at += size
                earlier_port_codes_items.append(earlier_port_codes_item)
            earlier_port_codes_count, at = read_count(data, at)
        earlier_port_codes = tuple(earlier_port_codes_items)
    hit_log_odds: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        hit_log_odds_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        hit_log_odds = hit_log_odds_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Crossing(passage_id=passage_id, port_code=port_code, operating_mode=operating_mode, crossed_at=crossed_at, plate_key=plate_key, plate=plate, jurisdiction=jurisdiction, earlier_at=earlier_at, earlier_port_codes=earlier_port_codes, hit_log_odds=hit_log_odds), at


def write_dead_letter(record: records.DeadLetter) -> bytes:
    """Body of a DeadLetter."""
    out: list[bytes] = []
    add_bytes(out, record.stage.encode())
    add_bytes(out, record.reason.encode())
    add_bytes(out, record.exception.encode())
    add_bytes(out, record.message.encode())
    add_bytes(out, record.topic.encode())
    add_long(out, record.partition)
    add_long(out, record.offset)
    add_long(out, record.appended_at)
    add_long(out, record.attempt)
    record_key = record.key
    if record_key is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_key)
    record_value = record.value
    if record_value is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_value)
    if record.headers:
        add_long(out, len(record.headers))
        for record_headers_item in record.headers:
            add_bytes(out, record_headers_item.name.encode())
            record_headers_item_value = record_headers_item.value
            if record_headers_item_value is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_bytes(out, record_headers_item_value)
    out.append(NULL)
    return b"".join(out)


def read_dead_letter(data: bytes, at: int) -> tuple[records.DeadLetter, int]:
    """A DeadLetter whose body starts at an offset."""
    size, at = read_size(data, at)
    stage = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    reason = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    exception = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    message = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    topic = data[at : at + size].decode()
    at += size
    partition, at = read_int(data, at)
    offset, at = read_long(data, at)
    appended_at, at = read_long(data, at)
    attempt, at = read_int(data, at)
    key: bytes | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        key_there = data[at : at + size]
        at += size
        key = key_there
    elif branch:
        raise ValueError("a union has no such branch")
    value: bytes | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        value_there = data[at : at + size]
        at += size
        value = value_there
    elif branch:
        raise ValueError("a union has no such branch")
    headers: tuple[records.Header, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        headers_items: list[records.Header] = []
        headers_count, at = read_count(data, at)
        while headers_count:
            for _ in range(headers_count):
                size, at = read_size(data, at)
                headers_item_name = data[at : at + size].decode()
                at += size
                headers_item_value: bytes | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    size, at = read_size(data, at)
                    headers_item_value_there = data[at : at + size]
                    at += size
                    headers_item_value = headers_item_value_there
                elif branch:
                    raise ValueError("a union has no such branch")
                headers_item = records.Header(name=headers_item_name, value=headers_item_value)
                headers_items.append(headers_item)
            headers_count, at = read_count(data, at)
        headers = tuple(headers_items)
    return records.DeadLetter(stage=stage, reason=reason, exception=exception, message=message, topic=topic, partition=partition, offset=offset, appended_at=appended_at, attempt=attempt, key=key, value=value, headers=headers), at


def write_heartbeat(record: records.Heartbeat) -> bytes:
    """Body of a Heartbeat."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(DIRECTION_BYTES[record.direction])
    out.append(SENSOR_ROLE_BYTES[record.sensor])
    out.append(DEVICE_STATUS_BYTES[record.status])
    return b"".join(out)


def read_heartbeat(data: bytes, at: int) -> tuple[records.Heartbeat, int]:
    """A Heartbeat whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    size, at = read_size(data, at)
    sensor = SENSOR_ROLE[size]
    size, at = read_size(data, at)
    status = DEVICE_STATUS[size]
    return records.Heartbeat(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, sensor=sensor, status=status), at


def write_lane_event(record: records.LaneEvent) -> bytes:
    """Body of a LaneEvent."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(DIRECTION_BYTES[record.direction])
    out.append(LANE_EVENT_KIND_BYTES[record.kind])
    record_officer_id = record.officer_id
    if record_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_officer_id.encode())
    record_declared_load_kg = record.declared_load_kg
    if record_declared_load_kg is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_declared_load_kg))
    return b"".join(out)


def read_lane_event(data: bytes, at: int) -> tuple[records.LaneEvent, int]:
    """A LaneEvent whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    size, at = read_size(data, at)
    kind = LANE_EVENT_KIND[size]
    officer_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        officer_id_there = data[at : at + size].decode()
        at += size
        officer_id = officer_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    declared_load_kg: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        declared_load_kg_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        declared_load_kg = declared_load_kg_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.LaneEvent(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, kind=kind, officer_id=officer_id, declared_load_kg=declared_load_kg), at


def write_passage(record: records.Passage) -> bytes:
    """Body of a Passage."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    add_long(out, record.passage_number)
    add_long(out, record.revision)
    out.append(PASSAGE_STATE_BYTES[record.state])
    out.append(LANE_MODE_BYTES[record.lane_mode])
    out.append(DIRECTION_BYTES[record.direction])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.entered_at)
    record_at_light_at = record.at_light_at
    if record_at_light_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_at_light_at)
    record_at_light_received_at = record.at_light_received_at
    if record_at_light_received_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_at_light_received_at)
    record_at_light_reading_id = record.at_light_reading_id
    if record_at_light_reading_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_at_light_reading_id.encode())
    record_left_at = record.left_at
    if record_left_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_left_at)
    add_long(out, record.watermark_at)
    add_bytes(out, record.plate_key.encode())
    record_plate = record.plate
    if record_plate is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    if record.plate_candidates:
        add_long(out, len(record.plate_candidates))
        for record_plate_candidates_item in record.plate_candidates:
            add_bytes(out, record_plate_candidates_item.plate.encode())
            out.append(DOUBLE.pack(record_plate_candidates_item.confidence))
    out.append(NULL)
    record_front_rear_agree = record.front_rear_agree
    if record_front_rear_agree is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_front_rear_agree else BYTES[0])
    record_gross_weight_kg = record.gross_weight_kg
    if record_gross_weight_kg is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_gross_weight_kg))
    record_scale_bias_ratio = record.scale_bias_ratio
    if record_scale_bias_ratio is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_scale_bias_ratio))
    if record.axle_loads_kg:
        add_long(out, len(record.axle_loads_kg))
        for record_axle_loads_kg_item in record.axle_loads_kg:
            out.append(DOUBLE.pack(record_axle_loads_kg_item))
    out.append(NULL)
    if record.axle_spacings_m:
        add_long(out, len(record.axle_spacings_m))
        for record_axle_spacings_m_item in record.axle_spacings_m:
            out.append(DOUBLE.pack(record_axle_spacings_m_item))
    out.append(NULL)
    out.append(SCALE_TYPE_BYTES[record.scale_type])
    record_vehicle_class = record.vehicle_class
    if record_vehicle_class is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_vehicle_class)
    record_xray_unit_id = record.xray_unit_id
    if record_xray_unit_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_xray_unit_id.encode())
    out.append(SCAN_DECISION_BYTES[record.xray_machine_decision])
    out.append(SCAN_DECISION_BYTES[record.xray_operator_decision])
    out.append(SCAN_QUALITY_BYTES[record.xray_scan_quality])
    record_xray_shielding_indicator = record.xray_shielding_indicator
    if record_xray_shielding_indicator is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_xray_shielding_indicator else BYTES[0])
    record_declared_load_kg = record.declared_load_kg
    if record_declared_load_kg is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_declared_load_kg))
    record_officer_id = record.officer_id
    if record_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_officer_id.encode())
    if record.images:
        add_long(out, len(record.images))
        for record_images_item in record.images:
            add_bytes(out, record_images_item.uri.encode())
            add_bytes(out, record_images_item.sha256.encode())
            out.append(IMAGE_SOURCE_BYTES[record_images_item.source])
    out.append(NULL)
    if record.readings:
        add_long(out, len(record.readings))
        for record_readings_item in record.readings:
            add_bytes(out, record_readings_item.reading_id.encode())
            out.append(SENSOR_ROLE_BYTES[record_readings_item.sensor])
            add_long(out, record_readings_item.observed_at)
    out.append(NULL)
    if record.silent_sensors:
        add_long(out, len(record.silent_sensors))
        for record_silent_sensors_item in record.silent_sensors:
            out.append(SENSOR_ROLE_BYTES[record_silent_sensors_item])
    out.append(NULL)
    out.append(DOUBLE.pack(record.join_probability))
    add_bytes(out, record.first_reading_digest.encode())
    return b"".join(out)


def read_passage(data: bytes, at: int) -> tuple[records.Passage, int]:
    """A Passage whose body starts at an offset."""
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    passage_number, at = read_long(data, at)
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    state = PASSAGE_STATE[size]
    size, at = read_size(data, at)
    lane_mode = LANE_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    entered_at, at = read_long(data, at)
    at_light_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        at_light_at_there, at = read_long(data, at)
        at_light_at = at_light_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    at_light_received_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        at_light_received_at_there, at = read_long(data, at)
        at_light_received_at = at_light_received_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    at_light_reading_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        at_light_reading_id_there = data[at : at + size].decode()
        at += size
        at_light_reading_id = at_light_reading_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    left_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        left_at_there, at = read_long(data, at)
        left_at = left_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    watermark_at, at = read_long(data, at)
    size, at = read_size(data, at)
    plate_key = data[at : at + size].decode()
    at += size
    plate: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        plate_there = data[at : at + size].decode()
        at += size
        plate = plate_there
    elif branch:
        raise ValueError("a union has no such branch")
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    plate_candidates: tuple[records.PlateCandidate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        plate_candidates_items: list[records.PlateCandidate] = []
        plate_candidates_count, at = read_count(data, at)
        while plate_candidates_count:
            for _ in range(plate_candidates_count):
                size, at = read_size(data, at)
                plate_candidates_item_plate = data[at : at + size].decode()
                at += size
                plate_candidates_item_confidence = DOUBLE.unpack_from(data, at)[0]
                at += 8
                plate_candidates_item = records.PlateCandidate(plate=plate_candidates_item_plate, confidence=plate_candidates_item_confidence)
                plate_candidates_items.append(plate_candidates_item)
            plate_candidates_count, at = read_count(data, at)
        plate_candidates = tuple(plate_candidates_items)
    front_rear_agree: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        front_rear_agree_there, at = read_boolean(data, at)
        front_rear_agree = front_rear_agree_there
    elif branch:
        raise ValueError("a union has no such branch")
    gross_weight_kg: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        gross_weight_kg_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        gross_weight_kg = gross_weight_kg_there
    elif branch:
        raise ValueError("a union has no such branch")
    scale_bias_ratio: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        scale_bias_ratio_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        scale_bias_ratio = scale_bias_ratio_there
    elif branch:
        raise ValueError("a union has no such branch")
    axle_loads_kg: tuple[float, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        axle_loads_kg_items: list[float] = []
        axle_loads_kg_count, at = read_count(data, at)
        while axle_loads_kg_count:
            for _ in range(axle_loads_kg_count):
                axle_loads_kg_item = DOUBLE.unpack_from(data, at)[0]
                at += 8
                axle_loads_kg_items.append(axle_loads_kg_item)
            axle_loads_kg_count, at = read_count(data, at)
        axle_loads_kg = tuple(axle_loads_kg_items)
    axle_spacings_m: tuple[float, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        axle_spacings_m_items: list[float] = []
        axle_spacings_m_count, at = read_count(data, at)
        while axle_spacings_m_count:
            for _ in range(axle_spacings_m_count):
                axle_spacings_m_item = DOUBLE.unpack_from(data, at)[0]
                at += 8
                axle_spacings_m_items.append(axle_spacings_m_item)
            axle_spacings_m_count, at = read_count(data, at)
        axle_spacings_m = tuple(axle_spacings_m_items)
    size, at = read_size(data, at)
    scale_type = SCALE_TYPE[size]
    vehicle_class: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        vehicle_class_there, at = read_int(data, at)
        vehicle_class = vehicle_class_there
    elif branch:
        raise ValueError("a union has no such branch")
    xray_unit_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        xray_unit_id_there = data[at : at + size].decode()
        at += size
        xray_unit_id = xray_unit_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    xray_machine_decision = SCAN_DECISION[size]
    size, at = read_size(data, at)
    xray_operator_decision = SCAN_DECISION[size]
    size, at = read_size(data, at)
    xray_scan_quality = SCAN_QUALITY[size]
    xray_shielding_indicator: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        xray_shielding_indicator_there, at = read_boolean(data, at)
        xray_shielding_indicator = xray_shielding_indicator_there
    elif branch:
        raise ValueError("a union has no such branch")
    declared_load_kg: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        declared_load_kg_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        declared_load_kg = declared_load_kg_there
    elif branch:
        raise ValueError("a union has no such branch")
    officer_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        officer_id_there = data[at : at + size].decode()
        at += size
        officer_id = officer_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    images: tuple[records.ImageReference, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        images_items: list[records.ImageReference] = []
        images_count, at = read_count(data, at)
        while images_count:
            for _ in range(images_count):
                size, at = read_size(data, at)
                images_item_uri = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                images_item_sha256 = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                images_item_source = IMAGE_SOURCE[size]
                images_item = records.ImageReference(uri=images_item_uri, sha256=images_item_sha256, source=images_item_source)
                images_items.append(images_item)
            images_count, at = read_count(data, at)
        images = tuple(images_items)
    readings: tuple[records.ReadingReference, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        readings_items: list[records.ReadingReference] = []
        readings_count, at = read_count(data, at)
        while readings_count:
            for _ in range(readings_count):
                size, at = read_size(data, at)
                readings_item_reading_id = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                readings_item_sensor = SENSOR_ROLE[size]
                readings_item_observed_at, at = read_long(data, at)
                readings_item = records.ReadingReference(reading_id=readings_item_reading_id, sensor=readings_item_sensor, observed_at=readings_item_observed_at)
                readings_items.append(readings_item)
            readings_count, at = read_count(data, at)
        readings = tuple(readings_items)
    silent_sensors: tuple[records.SensorRole, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        silent_sensors_items: list[records.SensorRole] = []
        silent_sensors_count, at = read_count(data, at)
        while silent_sensors_count:
            for _ in range(silent_sensors_count):
                size, at = read_size(data, at)
                silent_sensors_item = SENSOR_ROLE[size]
                silent_sensors_items.append(silent_sensors_item)
            silent_sensors_count, at = read_count(data, at)
        silent_sensors = tuple(silent_sensors_items)
    join_probability = DOUBLE.unpack_from(data, at)[0]
    at += 8
    size, at = read_size(data, at)
    first_reading_digest = data[at : at + size].decode()
    at += size
    return records.Passage(passage_id=passage_id, lane_id=lane_id, port_code=port_code, passage_number=passage_number, revision=revision, state=state, lane_mode=lane_mode, direction=direction, operating_mode=operating_mode, entered_at=entered_at, at_light_at=at_light_at, at_light_received_at=at_light_received_at, at_light_reading_id=at_light_reading_id, left_at=left_at, watermark_at=watermark_at, plate_key=plate_key, plate=plate, jurisdiction=jurisdiction, plate_candidates=plate_candidates, front_rear_agree=front_rear_agree, gross_weight_kg=gross_weight_kg, scale_bias_ratio=scale_bias_ratio, axle_loads_kg=axle_loads_kg, axle_spacings_m=axle_spacings_m, scale_type=scale_type, vehicle_class=vehicle_class, xray_unit_id=xray_unit_id, xray_machine_decision=xray_machine_decision, xray_operator_decision=xray_operator_decision, xray_scan_quality=xray_scan_quality, xray_shielding_indicator=xray_shielding_indicator, declared_load_kg=declared_load_kg, officer_id=officer_id, images=images, readings=readings, silent_sensors=silent_sensors, join_probability=join_probability, first_reading_digest=first_reading_digest), at


def write_plate_read(record: records.PlateRead) -> bytes:
    """Body of a PlateRead."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(DIRECTION_BYTES[record.direction])
    out.append(IMAGE_SOURCE_BYTES[record.image_source])
    if record.candidates:
        add_long(out, len(record.candidates))
        for record_candidates_item in record.candidates:
            add_bytes(out, record_candidates_item.plate.encode())
            out.append(DOUBLE.pack(record_candidates_item.confidence))
    out.append(NULL)
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    record_jurisdiction_confidence = record.jurisdiction_confidence
    if record_jurisdiction_confidence is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_jurisdiction_confidence))
    record_image_uri = record.image_uri
    if record_image_uri is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_image_uri.encode())
    record_image_sha256 = record.image_sha256
    if record_image_sha256 is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_image_sha256.encode())
    return b"".join(out)


def read_plate_read(data: bytes, at: int) -> tuple[records.PlateRead, int]:
    """A PlateRead whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    size, at = read_size(data, at)
    image_source = IMAGE_SOURCE[size]
    candidates: tuple[records.PlateCandidate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        candidates_items: list[records.PlateCandidate] = []
        candidates_count, at = read_count(data, at)
        while candidates_count:
            for _ in range(candidates_count):
                size, at = read_size(data, at)
                candidates_item_plate = data[at : at + size].decode()
                at += size
                candidates_item_confidence = DOUBLE.unpack_from(data, at)[0]
                at += 8
                candidates_item = records.PlateCandidate(plate=candidates_item_plate, confidence=candidates_item_confidence)
                candidates_items.append(candidates_item)
            candidates_count, at = read_count(data, at)
        candidates = tuple(candidates_items)
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    jurisdiction_confidence: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        jurisdiction_confidence_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        jurisdiction_confidence = jurisdiction_confidence_there
    elif branch:
        raise ValueError("a union has no such branch")
    image_uri: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        image_uri_there = data[at : at + size].decode()
        at += size
        image_uri = image_uri_there
    elif branch:
        raise ValueError("a union has no such branch")
    image_sha256: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        image_sha256_there = data[at : at + size].decode()
        at += size
        image_sha256 = image_sha256_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.PlateRead(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, image_source=image_source, candidates=candidates, jurisdiction=jurisdiction, jurisdiction_confidence=jurisdiction_confidence, image_uri=image_uri, image_sha256=image_sha256), at


def write_reference_change(record: records.ReferenceChange) -> bytes:
    """Body of a ReferenceChange."""
    out: list[bytes] = []
    add_bytes(out, record.change_id.encode())
    out.append(CHANGE_KIND_BYTES[record.kind])
    add_bytes(out, record.changed_by.encode())
    add_long(out, record.changed_at)
    record_watchlist_entry = record.watchlist_entry
    if record_watchlist_entry is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_watchlist_entry.entry_id.encode())
        add_bytes(out, record_watchlist_entry.plate.encode())
        record_watchlist_entry_jurisdiction = record_watchlist_entry.jurisdiction
        if record_watchlist_entry_jurisdiction is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_bytes(out, record_watchlist_entry_jurisdiction.encode())
        out.append(LIST_KIND_BYTES[record_watchlist_entry.list_kind])
        add_bytes(out, record_watchlist_entry.reason.encode())
        add_bytes(out, record_watchlist_entry.legal_basis.encode())
        record_watchlist_entry_case_number = record_watchlist_entry.case_number
        if record_watchlist_entry_case_number is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_bytes(out, record_watchlist_entry_case_number.encode())
        add_long(out, record_watchlist_entry.priority)
        add_bytes(out, record_watchlist_entry.audience.encode())
        add_long(out, record_watchlist_entry.valid_from_at)
        add_long(out, record_watchlist_entry.valid_until_at)
        add_bytes(out, record_watchlist_entry.entered_by.encode())
        add_bytes(out, record_watchlist_entry.approved_by.encode())
        if record_watchlist_entry.warning_markers:
            add_long(out, len(record_watchlist_entry.warning_markers))
            for record_watchlist_entry_warning_markers_item in record_watchlist_entry.warning_markers:
                out.append(WARNING_MARKER_BYTES[record_watchlist_entry_warning_markers_item])
        out.append(NULL)
    record_watchlist_entry_id = record.watchlist_entry_id
    if record_watchlist_entry_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_watchlist_entry_id.encode())
    record_rule_set_version = record.rule_set_version
    if record_rule_set_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_rule_set_version.encode())
    record_rule_set_text = record.rule_set_text
    if record_rule_set_text is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_rule_set_text.encode())
    record_watchlist_suppression = record.watchlist_suppression
    if record_watchlist_suppression is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_watchlist_suppression.suppression_id.encode())
        add_bytes(out, record_watchlist_suppression.plate.encode())
        record_watchlist_suppression_jurisdiction = record_watchlist_suppression.jurisdiction
        if record_watchlist_suppression_jurisdiction is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_bytes(out, record_watchlist_suppression_jurisdiction.encode())
        record_watchlist_suppression_entry_id = record_watchlist_suppression.entry_id
        if record_watchlist_suppression_entry_id is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_bytes(out, record_watchlist_suppression_entry_id.encode())
        add_bytes(out, record_watchlist_suppression.reason.encode())
        add_long(out, record_watchlist_suppression.valid_until_at)
        add_bytes(out, record_watchlist_suppression.entered_by.encode())
        add_bytes(out, record_watchlist_suppression.approved_by.encode())
    record_watchlist_suppression_id = record.watchlist_suppression_id
    if record_watchlist_suppression_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_watchlist_suppression_id.encode())
    record_approved_by = record.approved_by
    if record_approved_by is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_approved_by.encode())
    return b"".join(out)


def read_reference_change(data: bytes, at: int) -> tuple[records.ReferenceChange, int]:
    """A ReferenceChange whose body starts at an offset."""
    size, at = read_size(data, at)
    change_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    kind = CHANGE_KIND[size]
    size, at = read_size(data, at)
    changed_by = data[at : at + size].decode()
    at += size
    changed_at, at = read_long(data, at)
    watchlist_entry: records.WatchlistEntry | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        watchlist_entry_there_entry_id = data[at : at + size].decode()
        at += size
        size, at = read_size(data, at)
        watchlist_entry_there_plate = data[at : at + size].decode()
        at += size
        watchlist_entry_there_jurisdiction: str | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            size, at = read_size(data, at)
            watchlist_entry_there_jurisdiction_there = data[at : at + size].decode()
            at += size
            watchlist_entry_there_jurisdiction = watchlist_entry_there_jurisdiction_there
        elif branch:
            raise ValueError("a union has no such branch")
        size, at = read_size(data, at)
        watchlist_entry_there_list_kind = LIST_KIND[size]
        size, at = read_size(data, at)
        watchlist_entry_there_reason = data[at : at + size].decode()
        at += size
        size, at = read_size(data, at)
        watchlist_entry_there_legal_basis = data[at : at + size].decode()
        at += size
        watchlist_entry_there_case_number: str | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            size, at = read_size(data, at)
            watchlist_entry_there_case_number_there = data[at : at + size].decode()
            at += size
            watchlist_entry_there_case_number = watchlist_entry_there_case_number_there
        elif branch:
            raise ValueError("a union has no such branch")
        watchlist_entry_there_priority, at = read_int(data, at)
        size, at = read_size(data, at)
        watchlist_entry_there_audience = data[at : at + size].decode()
        at += size
        watchlist_entry_there_valid_from_at, at = read_long(data, at)
        watchlist_entry_there_valid_until_at, at = read_long(data, at)
        size, at = read_size(data, at)
        watchlist_entry_there_entered_by = data[at : at + size].decode()
        at += size
        size, at = read_size(data, at)
        watchlist_entry_there_approved_by = data[at : at + size].decode()
        at += size
        watchlist_entry_there_warning_markers: tuple[records.WarningMarker, ...] = ()
        if data[at] == 0:
            at += 1
        else:
            watchlist_entry_there_warning_markers_items: list[records.WarningMarker] = []
            watchlist_entry_there_warning_markers_count, at = read_count(data, at)
            while watchlist_entry_there_warning_markers_count:
                for _ in range(watchlist_entry_there_warning_markers_count):
                    size, at = read_size(data, at)
                    watchlist_entry_there_warning_markers_item = WARNING_MARKER[size]
                    watchlist_entry_there_warning_markers_items.append(watchlist_entry_there_warning_markers_item)
                watchlist_entry_there_warning_markers_count, at = read_count(data, at)
            watchlist_entry_there_warning_markers = tuple(watchlist_entry_there_warning_markers_items)
        watchlist_entry_there = records.WatchlistEntry(entry_id=watchlist_entry_there_entry_id, plate=watchlist_entry_there_plate, jurisdiction=watchlist_entry_there_jurisdiction, list_kind=watchlist_entry_there_list_kind, reason=watchlist_entry_there_reason, legal_basis=watchlist_entry_there_legal_basis, case_number=watchlist_entry_there_case_number, priority=watchlist_entry_there_priority, audience=watchlist_entry_there_audience, valid_from_at=watchlist_entry_there_valid_from_at, valid_until_at=watchlist_entry_there_valid_until_at, entered_by=watchlist_entry_there_entered_by, approved_by=watchlist_entry_there_approved_by, warning_markers=watchlist_entry_there_warning_markers)
        watchlist_entry = watchlist_entry_there
    elif branch:
        raise ValueError("a union has no such branch")
    watchlist_entry_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        watchlist_entry_id_there = data[at : at + size].decode()
        at += size
        watchlist_entry_id = watchlist_entry_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    rule_set_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        rule_set_version_there = data[at : at + size].decode()
        at += size
        rule_set_version = rule_set_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    rule_set_text: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        rule_set_text_there = data[at : at + size].decode()
        at += size
        rule_set_text = rule_set_text_there
    elif branch:
        raise ValueError("a union has no such branch")
    watchlist_suppression: records.WatchlistSuppression | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        watchlist_suppression_there_suppression_id = data[at : at + size].decode()
        at += size
        size, at = read_size(data, at)
        watchlist_suppression_there_plate = data[at : at + size].decode()
        at += size
        watchlist_suppression_there_jurisdiction: str | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            size, at = read_size(data, at)
            watchlist_suppression_there_jurisdiction_there = data[at : at + size].decode()
            at += size
            watchlist_suppression_there_jurisdiction = watchlist_suppression_there_jurisdiction_there
        elif branch:
            raise ValueError("a union has no such branch")
        watchlist_suppression_there_entry_id: str | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            size, at = read_size(data, at)
            watchlist_suppression_there_entry_id_there = data[at : at + size].decode()
            at += size
            watchlist_suppression_there_entry_id = watchlist_suppression_there_entry_id_there
        elif branch:
            raise ValueError("a union has no such branch")
        size, at = read_size(data, at)
        watchlist_suppression_there_reason = data[at : at + size].decode()
        at += size
        watchlist_suppression_there_valid_until_at, at = read_long(data, at)
        size, at = read_size(data, at)
        watchlist_suppression_there_entered_by = data[at : at + size].decode()
        at += size
        size, at = read_size(data, at)
        watchlist_suppression_there_approved_by = data[at : at + size].decode()
        at += size
        watchlist_suppression_there = records.WatchlistSuppression(suppression_id=watchlist_suppression_there_suppression_id, plate=watchlist_suppression_there_plate, jurisdiction=watchlist_suppression_there_jurisdiction, entry_id=watchlist_suppression_there_entry_id, reason=watchlist_suppression_there_reason, valid_until_at=watchlist_suppression_there_valid_until_at, entered_by=watchlist_suppression_there_entered_by, approved_by=watchlist_suppression_there_approved_by)
        watchlist_suppression = watchlist_suppression_there
    elif branch:
        raise ValueError("a union has no such branch")
    watchlist_suppression_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        watchlist_suppression_id_there = data[at : at + size].decode()
        at += size
        watchlist_suppression_id = watchlist_suppression_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    approved_by: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        approved_by_there = data[at : at + size].decode()
        at += size
        approved_by = approved_by_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.ReferenceChange(change_id=change_id, kind=kind, changed_by=changed_by, changed_at=changed_at, watchlist_entry=watchlist_entry, watchlist_entry_id=watchlist_entry_id, rule_set_version=rule_set_version, rule_set_text=rule_set_text, watchlist_suppression=watchlist_suppression, watchlist_suppression_id=watchlist_suppression_id, approved_by=approved_by), at


def write_rule_set_version(record: records.RuleSetVersion) -> bytes:
    """Body of a RuleSetVersion."""
    out: list[bytes] = []
    add_bytes(out, record.version.encode())
    add_bytes(out, record.text.encode())
    add_bytes(out, record.sha256.encode())
    add_bytes(out, record.published_by.encode())
    add_bytes(out, record.approved_by.encode())
    add_long(out, record.published_at)
    return b"".join(out)


def read_rule_set_version(data: bytes, at: int) -> tuple[records.RuleSetVersion, int]:
    """A RuleSetVersion whose body starts at an offset."""
    size, at = read_size(data, at)
    version = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    text = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    sha256 = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    published_by = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    approved_by = data[at : at + size].decode()
    at += size
    published_at, at = read_long(data, at)
    return records.RuleSetVersion(version=version, text=text, sha256=sha256, published_by=published_by, approved_by=approved_by, published_at=published_at), at


def write_score(record: records.Score) -> bytes:
    """Body of a Score."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    add_long(out, record.revision)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.scored_at)
    out.append(DOUBLE.pack(record.prior_log_odds))
    if record.evidence:
        add_long(out, len(record.evidence))
        for record_evidence_item in record.evidence:
            add_bytes(out, record_evidence_item.name.encode())
            add_bytes(out, record_evidence_item.group.encode())
            out.append(DOUBLE.pack(record_evidence_item.log_odds))
            add_bytes(out, record_evidence_item.explanation.encode())
            if record_evidence_item.reading_ids:
                add_long(out, len(record_evidence_item.reading_ids))
                for record_evidence_item_reading_ids_item in record_evidence_item.reading_ids:
                    add_bytes(out, record_evidence_item_reading_ids_item.encode())
            out.append(NULL)
    out.append(NULL)
    out.append(DOUBLE.pack(record.log_odds))
    out.append(DOUBLE.pack(record.probability))
    add_bytes(out, record.rule_set_version.encode())
    return b"".join(out)


def read_score(data: bytes, at: int) -> tuple[records.Score, int]:
    """A Score whose body starts at an offset."""
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    scored_at, at = read_long(data, at)
    prior_log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    evidence: tuple[records.Evidence, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        evidence_items: list[records.Evidence] = []
        evidence_count, at = read_count(data, at)
        while evidence_count:
            for _ in range(evidence_count):
                size, at = read_size(data, at)
                evidence_item_name = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                evidence_item_group = data[at : at + size].decode()
                at += size
                evidence_item_log_odds = DOUBLE.unpack_from(data, at)[0]
                at += 8
                size, at = read_size(data, at)
                evidence_item_explanation = data[at : at + size].decode()
                at += size
                evidence_item_reading_ids: tuple[str, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    evidence_item_reading_ids_items: list[str] = []
                    evidence_item_reading_ids_count, at = read_count(data, at)
                    while evidence_item_reading_ids_count:
                        for _ in range(evidence_item_reading_ids_count):
                            size, at = read_size(data, at)
                            evidence_item_reading_ids_item = data[at : at + size].decode()
                            at += size
                            evidence_item_reading_ids_items.append(evidence_item_reading_ids_item)
                        evidence_item_reading_ids_count, at = read_count(data, at)
                    evidence_item_reading_ids = tuple(evidence_item_reading_ids_items)
                evidence_item = records.Evidence(name=evidence_item_name, group=evidence_item_group, log_odds=evidence_item_log_odds, explanation=evidence_item_explanation, reading_ids=evidence_item_reading_ids)
                evidence_items.append(evidence_item)
            evidence_count, at = read_count(data, at)
        evidence = tuple(evidence_items)
    log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    probability = DOUBLE.unpack_from(data, at)[0]
    at += 8
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    return records.Score(passage_id=passage_id, lane_id=lane_id, port_code=port_code, revision=revision, operating_mode=operating_mode, scored_at=scored_at, prior_log_odds=prior_log_odds, evidence=evidence, log_odds=log_odds, probability=probability, rule_set_version=rule_set_version), at


def write_selection(record: records.Selection) -> bytes:
    """Body of a Selection."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    add_long(out, record.passage_number)
    record_at_light_reading_id = record.at_light_reading_id
    if record_at_light_reading_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_at_light_reading_id.encode())
    record_at_light_received_at = record.at_light_received_at
    if record_at_light_received_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_at_light_received_at)
    add_long(out, record.selected_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(LIGHT_BYTES[record.light])
    out.append(REFERRAL_REASON_BYTES[record.referral_reason])
    out.append(BYTES[1] if record.random_draw else BYTES[0])
    out.append(BYTES[1] if record.risk_over_threshold else BYTES[0])
    out.append(BYTES[1] if record.must_refer else BYTES[0])
    out.append(DOUBLE.pack(record.propensity))
    out.append(DOUBLE.pack(record.threshold_log_odds))
    out.append(DOUBLE.pack(record.log_odds))
    add_bytes(out, record.random_key_id.encode())
    add_bytes(out, record.rule_set_version.encode())
    return b"".join(out)


def read_selection(data: bytes, at: int) -> tuple[records.Selection, int]:
    """A Selection whose body starts at an offset."""
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    passage_number, at = read_long(data, at)
    at_light_reading_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        at_light_reading_id_there = data[at : at + size].decode()
        at += size
        at_light_reading_id = at_light_reading_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    at_light_received_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        at_light_received_at_there, at = read_long(data, at)
        at_light_received_at = at_light_received_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    selected_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    light = LIGHT[size]
    size, at = read_size(data, at)
    referral_reason = REFERRAL_REASON[size]
    random_draw, at = read_boolean(data, at)
    risk_over_threshold, at = read_boolean(data, at)
    must_refer, at = read_boolean(data, at)
    propensity = DOUBLE.unpack_from(data, at)[0]
    at += 8
    threshold_log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    size, at = read_size(data, at)
    random_key_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    return records.Selection(passage_id=passage_id, lane_id=lane_id, port_code=port_code, passage_number=passage_number, at_light_reading_id=at_light_reading_id, at_light_received_at=at_light_received_at, selected_at=selected_at, operating_mode=operating_mode, light=light, referral_reason=referral_reason, random_draw=random_draw, risk_over_threshold=risk_over_threshold, must_refer=must_refer, propensity=propensity, threshold_log_odds=threshold_log_odds, log_odds=log_odds, random_key_id=random_key_id, rule_set_version=rule_set_version), at


def write_tick(record: records.Tick) -> bytes:
    """Body of a Tick."""
    out: list[bytes] = []
    add_bytes(out, record.source_topic.encode())
    add_long(out, record.source_partition)
    add_long(out, record.watermark_at)
    return b"".join(out)


def read_tick(data: bytes, at: int) -> tuple[records.Tick, int]:
    """A Tick whose body starts at an offset."""
    size, at = read_size(data, at)
    source_topic = data[at : at + size].decode()
    at += size
    source_partition, at = read_int(data, at)
    watermark_at, at = read_long(data, at)
    return records.Tick(source_topic=source_topic, source_partition=source_partition, watermark_at=watermark_at), at


def write_watchlist_entry(record: records.WatchlistEntry) -> bytes:
    """Body of a WatchlistEntry."""
    out: list[bytes] = []
    add_bytes(out, record.entry_id.encode())
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    out.append(LIST_KIND_BYTES[record.list_kind])
    add_bytes(out, record.reason.encode())
    add_bytes(out, record.legal_basis.encode())
    record_case_number = record.case_number
    if record_case_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_case_number.encode())
    add_long(out, record.priority)
    add_bytes(out, record.audience.encode())
    add_long(out, record.valid_from_at)
    add_long(out, record.valid_until_at)
    add_bytes(out, record.entered_by.encode())
    add_bytes(out, record.approved_by.encode())
    if record.warning_markers:
        add_long(out, len(record.warning_markers))
        for record_warning_markers_item in record.warning_markers:
            out.append(WARNING_MARKER_BYTES[record_warning_markers_item])
    out.append(NULL)
    return b"".join(out)


def read_watchlist_entry(data: bytes, at: int) -> tuple[records.WatchlistEntry, int]:
    """A WatchlistEntry whose body starts at an offset."""
    size, at = read_size(data, at)
    entry_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    plate = data[at : at + size].decode()
    at += size
    jurisdiction: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        jurisdiction_there = data[at : at + size].decode()
        at += size
        jurisdiction = jurisdiction_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    list_kind = LIST_KIND[size]
    size, at = read_size(data, at)
    reason = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    legal_basis = data[at : at + size].decode()
    at += size
    case_number: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        case_number_there = data[at : at + size].decode()
        at += size
        case_number = case_number_there
    elif branch:
        raise ValueError("a union has no such branch")
    priority, at = read_int(data, at)
    size, at = read_size(data, at)
    audience = data[at : at + size].decode()
    at += size
    valid_from_at, at = read_long(data, at)
    valid_until_at, at = read_long(data, at)
    size, at = read_size(data, at)
    entered_by = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    approved_by = data[at : at + size].decode()
    at += size
    warning_markers: tuple[records.WarningMarker, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        warning_markers_items: list[records.WarningMarker] = []
        warning_markers_count, at = read_count(data, at)
        while warning_markers_count:
            for _ in range(warning_markers_count):
                size, at = read_size(data, at)
                warning_markers_item = WARNING_MARKER[size]
                warning_markers_items.append(warning_markers_item)
            warning_markers_count, at = read_count(data, at)
        warning_markers = tuple(warning_markers_items)
    return records.WatchlistEntry(entry_id=entry_id, plate=plate, jurisdiction=jurisdiction, list_kind=list_kind, reason=reason, legal_basis=legal_basis, case_number=case_number, priority=priority, audience=audience, valid_from_at=valid_from_at, valid_until_at=valid_until_at, entered_by=entered_by, approved_by=approved_by, warning_markers=warning_markers), at


def write_weighing(record: records.Weighing) -> bytes:
    """Body of a Weighing."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(DIRECTION_BYTES[record.direction])
    out.append(DOUBLE.pack(record.gross_weight_kg))
    if record.axle_loads_kg:
        add_long(out, len(record.axle_loads_kg))
        for record_axle_loads_kg_item in record.axle_loads_kg:
            out.append(DOUBLE.pack(record_axle_loads_kg_item))
    out.append(NULL)
    if record.axle_spacings_m:
        add_long(out, len(record.axle_spacings_m))
        for record_axle_spacings_m_item in record.axle_spacings_m:
            out.append(DOUBLE.pack(record_axle_spacings_m_item))
    out.append(NULL)
    record_speed_mps = record.speed_mps
    if record_speed_mps is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_speed_mps))
    out.append(SCALE_TYPE_BYTES[record.scale_type])
    record_vehicle_class = record.vehicle_class
    if record_vehicle_class is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_vehicle_class)
    return b"".join(out)


def read_weighing(data: bytes, at: int) -> tuple[records.Weighing, int]:
    """A Weighing whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    gross_weight_kg = DOUBLE.unpack_from(data, at)[0]
    at += 8
    axle_loads_kg: tuple[float, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        axle_loads_kg_items: list[float] = []
        axle_loads_kg_count, at = read_count(data, at)
        while axle_loads_kg_count:
            for _ in range(axle_loads_kg_count):
                axle_loads_kg_item = DOUBLE.unpack_from(data, at)[0]
                at += 8
                axle_loads_kg_items.append(axle_loads_kg_item)
            axle_loads_kg_count, at = read_count(data, at)
        axle_loads_kg = tuple(axle_loads_kg_items)
    axle_spacings_m: tuple[float, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        axle_spacings_m_items: list[float] = []
        axle_spacings_m_count, at = read_count(data, at)
        while axle_spacings_m_count:
            for _ in range(axle_spacings_m_count):
                axle_spacings_m_item = DOUBLE.unpack_from(data, at)[0]
                at += 8
                axle_spacings_m_items.append(axle_spacings_m_item)
            axle_spacings_m_count, at = read_count(data, at)
        axle_spacings_m = tuple(axle_spacings_m_items)
    speed_mps: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        speed_mps_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        speed_mps = speed_mps_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    scale_type = SCALE_TYPE[size]
    vehicle_class: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        vehicle_class_there, at = read_int(data, at)
        vehicle_class = vehicle_class_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Weighing(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, gross_weight_kg=gross_weight_kg, axle_loads_kg=axle_loads_kg, axle_spacings_m=axle_spacings_m, speed_mps=speed_mps, scale_type=scale_type, vehicle_class=vehicle_class), at


def write_xray_scan(record: records.XrayScan) -> bytes:
    """Body of a XrayScan."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(DIRECTION_BYTES[record.direction])
    add_bytes(out, record.unit_id.encode())
    out.append(SCAN_DECISION_BYTES[record.machine_decision])
    record_machine_probability = record.machine_probability
    if record_machine_probability is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_machine_probability))
    out.append(SCAN_DECISION_BYTES[record.operator_decision])
    out.append(SCAN_QUALITY_BYTES[record.scan_quality])
    record_shielding_indicator = record.shielding_indicator
    if record_shielding_indicator is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_shielding_indicator else BYTES[0])
    record_image_uri = record.image_uri
    if record_image_uri is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_image_uri.encode())
    record_image_sha256 = record.image_sha256
    if record_image_sha256 is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_image_sha256.encode())
    return b"".join(out)


def read_xray_scan(data: bytes, at: int) -> tuple[records.XrayScan, int]:
    """A XrayScan whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    direction = DIRECTION[size]
    size, at = read_size(data, at)
    unit_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    machine_decision = SCAN_DECISION[size]
    machine_probability: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        machine_probability_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        machine_probability = machine_probability_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    operator_decision = SCAN_DECISION[size]
    size, at = read_size(data, at)
    scan_quality = SCAN_QUALITY[size]
    shielding_indicator: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        shielding_indicator_there, at = read_boolean(data, at)
        shielding_indicator = shielding_indicator_there
    elif branch:
        raise ValueError("a union has no such branch")
    image_uri: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        image_uri_there = data[at : at + size].decode()
        at += size
        image_uri = image_uri_there
    elif branch:
        raise ValueError("a union has no such branch")
    image_sha256: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        image_sha256_there = data[at : at + size].decode()
        at += size
        image_sha256 = image_sha256_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.XrayScan(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, unit_id=unit_id, machine_decision=machine_decision, machine_probability=machine_probability, operator_decision=operator_decision, scan_quality=scan_quality, shielding_indicator=shielding_indicator, image_uri=image_uri, image_sha256=image_sha256), at


WRITERS: Final[dict[type, Callable[[Any], bytes]]] = {
    records.Alert: write_alert,
    records.Association: write_association,
    records.Crossing: write_crossing,
    records.DeadLetter: write_dead_letter,
    records.Heartbeat: write_heartbeat,
    records.LaneEvent: write_lane_event,
    records.Passage: write_passage,
    records.PlateRead: write_plate_read,
    records.ReferenceChange: write_reference_change,
    records.RuleSetVersion: write_rule_set_version,
    records.Score: write_score,
    records.Selection: write_selection,
    records.Tick: write_tick,
    records.WatchlistEntry: write_watchlist_entry,
    records.Weighing: write_weighing,
    records.XrayScan: write_xray_scan,
}
READERS: Final[dict[type, Callable[[bytes, int], tuple[Any, int]]]] = {
    records.Alert: read_alert,
    records.Association: read_association,
    records.Crossing: read_crossing,
    records.DeadLetter: read_dead_letter,
    records.Heartbeat: read_heartbeat,
    records.LaneEvent: read_lane_event,
    records.Passage: read_passage,
    records.PlateRead: read_plate_read,
    records.ReferenceChange: read_reference_change,
    records.RuleSetVersion: read_rule_set_version,
    records.Score: read_score,
    records.Selection: read_selection,
    records.Tick: read_tick,
    records.WatchlistEntry: read_watchlist_entry,
    records.Weighing: read_weighing,
    records.XrayScan: read_xray_scan,
}
