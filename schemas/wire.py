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
    records.AlertKind.LIGHT_FALLBACK,
    records.AlertKind.DISPARITY,
    records.AlertKind.PATTERN,
    records.AlertKind.CAR_NOT_CLEARED,
    records.AlertKind.TRAIN_NOT_COVERABLE,
    records.AlertKind.RELEASED_UNCOVERED,
    records.AlertKind.SENSOR_BLIND,
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
EQUIPMENT_KIND: Final = (
    records.EquipmentKind.UNKNOWN,
    records.EquipmentKind.LOCOMOTIVE,
    records.EquipmentKind.CAR,
    records.EquipmentKind.END_OF_TRAIN_DEVICE,
)
EQUIPMENT_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(EQUIPMENT_KIND)}
CAR_STATE: Final = (
    records.CarState.UNKNOWN,
    records.CarState.EXPECTED,
    records.CarState.CLEARED,
    records.CarState.CLEARED_BY_HAND,
    records.CarState.EXEMPT,
    records.CarState.OPEN,
    records.CarState.MISSING,
    records.CarState.WITHDRAWN,
)
CAR_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(CAR_STATE)}
CONSIST_DISCREPANCY: Final = (
    records.ConsistDiscrepancy.UNKNOWN,
    records.ConsistDiscrepancy.NONE,
    records.ConsistDiscrepancy.ADDED,
    records.ConsistDiscrepancy.MISSING,
    records.ConsistDiscrepancy.OUT_OF_SEQUENCE,
    records.ConsistDiscrepancy.MISIDENTIFIED,
)
CONSIST_DISCREPANCY_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(CONSIST_DISCREPANCY)}
COVERAGE_REASON: Final = (
    records.CoverageReason.UNKNOWN,
    records.CoverageReason.NOT_SEEN,
    records.CoverageReason.NOT_ON_CONSIST,
    records.CoverageReason.NO_CONSIST,
    records.CoverageReason.IDENTITY_UNKNOWN,
    records.CoverageReason.TAGS_DISAGREE,
    records.CoverageReason.NOT_SCANNED,
    records.CoverageReason.SCAN_UNUSABLE,
    records.CoverageReason.SCAN_UNDECIDED,
    records.CoverageReason.SCAN_ALARM,
    records.CoverageReason.SCAN_SHARED,
    records.CoverageReason.SHIELDED,
    records.CoverageReason.WEIGHT_CONTRADICTS,
    records.CoverageReason.LOAD_CONTRADICTS,
    records.CoverageReason.SEAL_CONTRADICTS,
    records.CoverageReason.CONTRABAND,
    records.CoverageReason.OUT_OF_SEQUENCE,
    records.CoverageReason.SPAN_UNKNOWN,
    records.CoverageReason.PASS_MIXED,
)
COVERAGE_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(COVERAGE_REASON)}
COVERAGE_ACTION: Final = (
    records.CoverageAction.UNKNOWN,
    records.CoverageAction.NONE,
    records.CoverageAction.RESCAN,
    records.CoverageAction.OPERATOR_DECISION,
    records.CoverageAction.IDENTIFY,
    records.CoverageAction.HAND_INSPECTION,
    records.CoverageAction.FIND,
)
COVERAGE_ACTION_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(COVERAGE_ACTION)}
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
TAG_SIDE: Final = (
    records.TagSide.UNKNOWN,
    records.TagSide.LEFT,
    records.TagSide.RIGHT,
)
TAG_SIDE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(TAG_SIDE)}
GROUP_KIND: Final = (
    records.GroupKind.UNKNOWN,
    records.GroupKind.PORT,
    records.GroupKind.LANE_MODE,
    records.GroupKind.LANE,
    records.GroupKind.VERSION,
    records.GroupKind.ISSUER,
    records.GroupKind.PLATE_FORMAT,
    records.GroupKind.HOUR,
)
GROUP_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(GROUP_KIND)}
ARM: Final = (
    records.Arm.UNKNOWN,
    records.Arm.RANDOM,
    records.Arm.RISK,
    records.Arm.MUST_REFER,
    records.Arm.OFFICERS,
)
ARM_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(ARM)}
DISPARITY_MEASURE: Final = (
    records.DisparityMeasure.UNKNOWN,
    records.DisparityMeasure.FALSE_RED,
    records.DisparityMeasure.HIT_RATE,
)
DISPARITY_MEASURE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(DISPARITY_MEASURE)}
FINDING_KIND: Final = (
    records.FindingKind.UNKNOWN,
    records.FindingKind.RED_NOT_INSPECTED,
    records.FindingKind.OVERRIDES,
    records.FindingKind.SHORT_INSPECTIONS,
    records.FindingKind.EXAMS_MISSING,
    records.FindingKind.MEETINGS,
    records.FindingKind.BLIND_SENSOR,
    records.FindingKind.RULE_SET,
)
FINDING_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(FINDING_KIND)}
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
HAND_INSPECTION_RESULT: Final = (
    records.HandInspectionResult.UNKNOWN,
    records.HandInspectionResult.CLEARED,
    records.HandInspectionResult.NOT_COMPLETED,
    records.HandInspectionResult.CONTRABAND,
)
HAND_INSPECTION_RESULT_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(HAND_INSPECTION_RESULT)}
DIRECTION: Final = (
    records.Direction.UNKNOWN,
    records.Direction.SOUTHBOUND,
    records.Direction.NORTHBOUND,
)
DIRECTION_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(DIRECTION)}
DEVICE_STATUS: Final = (
    records.DeviceStatus.UNKNOWN,
    records.DeviceStatus.OPERATING,
    records.DeviceStatus.DEGRADED,
    records.DeviceStatus.FAULT,
)
DEVICE_STATUS_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(DEVICE_STATUS)}
HIT_CONFIRMATION_REASON: Final = (
    records.HitConfirmationReason.UNKNOWN,
    records.HitConfirmationReason.IMAGE_SHOWS_LISTED_PLATE,
    records.HitConfirmationReason.SEEN_ON_VEHICLE,
    records.HitConfirmationReason.MISREAD,
    records.HitConfirmationReason.OTHER_ISSUER,
    records.HitConfirmationReason.OTHER_VEHICLE,
    records.HitConfirmationReason.LISTING_OUTDATED,
)
HIT_CONFIRMATION_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(HIT_CONFIRMATION_REASON)}
REFERRAL_REASON: Final = (
    records.ReferralReason.UNKNOWN,
    records.ReferralReason.NONE,
    records.ReferralReason.RANDOM,
    records.ReferralReason.ATS_RECOMMENDATION,
    records.ReferralReason.US_INTELLIGENCE,
    records.ReferralReason.INSPECTOR_SUSPICION,
)
REFERRAL_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(REFERRAL_REASON)}
INSPECTION_RESOLUTION: Final = (
    records.InspectionResolution.UNKNOWN,
    records.InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
    records.InspectionResolution.WEAPONS,
    records.InspectionResolution.EXPLOSIVES,
    records.InspectionResolution.NARCOTICS,
    records.InspectionResolution.BANNED_SUBSTANCES,
    records.InspectionResolution.HUMAN_SMUGGLING,
    records.InspectionResolution.OTHER_SUSPICIOUS_MATERIAL_FOUND,
    records.InspectionResolution.OTHER_THREAT,
)
INSPECTION_RESOLUTION_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(INSPECTION_RESOLUTION)}
FOUND_KIND: Final = (
    records.FoundKind.UNKNOWN,
    records.FoundKind.PISTOL,
    records.FoundKind.REVOLVER,
    records.FoundKind.RIFLE,
    records.FoundKind.SHOTGUN,
    records.FoundKind.OTHER_FIREARM,
    records.FoundKind.FIREARM_PART,
    records.FoundKind.MAGAZINE,
    records.FoundKind.AMMUNITION,
    records.FoundKind.EXPLOSIVE,
    records.FoundKind.CURRENCY,
    records.FoundKind.NARCOTICS,
    records.FoundKind.OTHER,
)
FOUND_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(FOUND_KIND)}
EXAM: Final = (
    records.Exam.UNKNOWN,
    records.Exam.DOCUMENTS,
    records.Exam.VISUAL,
    records.Exam.CANINE,
    records.Exam.XRAY,
    records.Exam.RADIATION_ISOTOPE,
    records.Exam.UNDER_VEHICLE,
    records.Exam.CARGO_UNLOADED,
)
EXAM_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(EXAM)}
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
LIGHT_ANSWER_REASON: Final = (
    records.LightAnswerReason.UNKNOWN,
    records.LightAnswerReason.SELECTION,
    records.LightAnswerReason.OVERRIDE,
    records.LightAnswerReason.NO_SELECTION,
    records.LightAnswerReason.OLD_SELECTION,
)
LIGHT_ANSWER_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LIGHT_ANSWER_REASON)}
MULTIPLE_SALE_FORM: Final = (
    records.MultipleSaleForm.UNKNOWN,
    records.MultipleSaleForm.HANDGUNS,
    records.MultipleSaleForm.RIFLES,
)
MULTIPLE_SALE_FORM_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(MULTIPLE_SALE_FORM)}
LANE_MODE: Final = (
    records.LaneMode.UNKNOWN,
    records.LaneMode.PASSENGER,
    records.LaneMode.BUS,
    records.LaneMode.TRUCK,
)
LANE_MODE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LANE_MODE)}
OUTCOME_STATE: Final = (
    records.OutcomeState.UNKNOWN,
    records.OutcomeState.PASSED,
    records.OutcomeState.INSPECTED,
    records.OutcomeState.NOT_INSPECTED,
    records.OutcomeState.RELEASED,
)
OUTCOME_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(OUTCOME_STATE)}
OVERRIDE_REASON: Final = (
    records.OverrideReason.UNKNOWN,
    records.OverrideReason.INSPECTOR_SUSPICION,
    records.OverrideReason.FOREIGN_GOVERNMENT_INTELLIGENCE,
    records.OverrideReason.RADIATION_ALARM,
    records.OverrideReason.EMERGENCY_VEHICLE,
    records.OverrideReason.OFFICIAL_VEHICLE,
    records.OverrideReason.SECONDARY_FULL,
    records.OverrideReason.SAFETY,
    records.OverrideReason.EQUIPMENT_FAULT,
)
OVERRIDE_REASON_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(OVERRIDE_REASON)}
PLATE_ISSUER: Final = (
    records.PlateIssuer.UNKNOWN,
    records.PlateIssuer.UNREAD,
    records.PlateIssuer.US_AZ,
    records.PlateIssuer.US_CA,
    records.PlateIssuer.US_NM,
    records.PlateIssuer.US_TX,
    records.PlateIssuer.US_OTHER,
    records.PlateIssuer.MX_BCN,
    records.PlateIssuer.MX_CHH,
    records.PlateIssuer.MX_COA,
    records.PlateIssuer.MX_NLE,
    records.PlateIssuer.MX_SON,
    records.PlateIssuer.MX_TAM,
    records.PlateIssuer.MX_OTHER,
    records.PlateIssuer.OTHER,
)
PLATE_ISSUER_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(PLATE_ISSUER)}
PLATE_FORMAT: Final = (
    records.PlateFormat.UNKNOWN,
    records.PlateFormat.UNREAD,
    records.PlateFormat.ISSUERS,
    records.PlateFormat.ANOTHERS,
    records.PlateFormat.NONE,
)
PLATE_FORMAT_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(PLATE_FORMAT)}
PASSAGE_STATE: Final = (
    records.PassageState.UNKNOWN,
    records.PassageState.AT_LIGHT,
    records.PassageState.UPDATED,
    records.PassageState.FINAL,
    records.PassageState.RETRACTED,
)
PASSAGE_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(PASSAGE_STATE)}
SCALE_TYPE: Final = (
    records.ScaleType.UNKNOWN,
    records.ScaleType.TYPE_I,
    records.ScaleType.TYPE_II,
    records.ScaleType.TYPE_III,
    records.ScaleType.TYPE_IV,
)
SCALE_TYPE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SCALE_TYPE)}
CHANGE_KIND: Final = (
    records.ChangeKind.UNKNOWN,
    records.ChangeKind.WATCHLIST_ADD,
    records.ChangeKind.WATCHLIST_REMOVE,
    records.ChangeKind.RULE_SET,
    records.ChangeKind.WATCHLIST_SUPPRESS,
    records.ChangeKind.WATCHLIST_UNSUPPRESS,
    records.ChangeKind.SELECTION_POLICY,
    records.ChangeKind.PORT,
)
CHANGE_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(CHANGE_KIND)}
REIDENTIFICATION_STATE: Final = (
    records.ReidentificationState.UNKNOWN,
    records.ReidentificationState.ASKED,
    records.ReidentificationState.APPROVED,
    records.ReidentificationState.REFUSED,
)
REIDENTIFICATION_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(REIDENTIFICATION_STATE)}
SHARING_REQUEST_KIND: Final = (
    records.SharingRequestKind.UNKNOWN,
    records.SharingRequestKind.AGREEMENT,
    records.SharingRequestKind.LODGE,
    records.SharingRequestKind.WITHDRAW,
    records.SharingRequestKind.LODGINGS,
    records.SharingRequestKind.RECORDS,
    records.SharingRequestKind.QUESTIONS,
    records.SharingRequestKind.ANSWERS,
    records.SharingRequestKind.REIDENTIFY,
    records.SharingRequestKind.REIDENTIFIED,
)
SHARING_REQUEST_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SHARING_REQUEST_KIND)}
SUGGESTION_STATE: Final = (
    records.SuggestionState.UNKNOWN,
    records.SuggestionState.SUGGESTED,
    records.SuggestionState.WITHDRAWN,
)
SUGGESTION_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SUGGESTION_STATE)}
SUGGESTION_REASON_KIND: Final = (
    records.SuggestionReasonKind.UNKNOWN,
    records.SuggestionReasonKind.SHORT_TIMES_TO_CRIME,
    records.SuggestionReasonKind.MULTIPLE_SALE,
)
SUGGESTION_REASON_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(SUGGESTION_REASON_KIND)}
TRACE_RESULT: Final = (
    records.TraceResult.UNKNOWN,
    records.TraceResult.PURCHASER_FOUND,
    records.TraceResult.US_SOURCE_ONLY,
    records.TraceResult.OTHER_SOURCE,
    records.TraceResult.NOT_TRACED,
)
TRACE_RESULT_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(TRACE_RESULT)}
FIREARM_CATEGORY: Final = (
    records.FirearmCategory.UNKNOWN,
    records.FirearmCategory.PISTOL,
    records.FirearmCategory.REVOLVER,
    records.FirearmCategory.RIFLE,
    records.FirearmCategory.SHOTGUN,
    records.FirearmCategory.OTHER,
)
FIREARM_CATEGORY_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(FIREARM_CATEGORY)}
LOAD_STATE: Final = (
    records.LoadState.UNKNOWN,
    records.LoadState.LOADED,
    records.LoadState.EMPTY,
)
LOAD_STATE_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(LOAD_STATE)}
TRAIN_EVENT_KIND: Final = (
    records.TrainEventKind.UNKNOWN,
    records.TrainEventKind.ARRIVED,
    records.TrainEventKind.PORTAL_ENTERED,
    records.TrainEventKind.PORTAL_LEFT,
    records.TrainEventKind.RELEASED,
)
TRAIN_EVENT_KIND_BYTES: Final[dict[str, bytes]] = {one: BYTES[at << 1] for at, one in enumerate(TRAIN_EVENT_KIND)}


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
    record_audience = record.audience
    if record_audience is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_audience.encode())
    record_listing_reason = record.listing_reason
    if record_listing_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_listing_reason.encode())
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
    audience: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        audience_there = data[at : at + size].decode()
        at += size
        audience = audience_there
    elif branch:
        raise ValueError("a union has no such branch")
    listing_reason: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        listing_reason_there = data[at : at + size].decode()
        at += size
        listing_reason = listing_reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Alert(alert_id=alert_id, incident_id=incident_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, passage_number=passage_number, revision=revision, kind=kind, severity=severity, raised_at=raised_at, operating_mode=operating_mode, light=light, summary=summary, plate=plate, jurisdiction=jurisdiction, plate_candidates=plate_candidates, match=match, list_kind=list_kind, watchlist_entry_id=watchlist_entry_id, confirmation_required=confirmation_required, prior_log_odds=prior_log_odds, evidence=evidence, log_odds=log_odds, probability=probability, rule_set_version=rule_set_version, images=images, match_probability=match_probability, case_number=case_number, legal_basis=legal_basis, warning_markers=warning_markers, audience=audience, listing_reason=listing_reason), at


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
    record_hit_entry_id = record.hit_entry_id
    if record_hit_entry_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_hit_entry_id.encode())
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
    hit_entry_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        hit_entry_id_there = data[at : at + size].decode()
        at += size
        hit_entry_id = hit_entry_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Association(plate_key=plate_key, plate=plate, jurisdiction=jurisdiction, operating_mode=operating_mode, other_plate=other_plate, other_jurisdiction=other_jurisdiction, passage_id=passage_id, log_likelihood_ratio=log_likelihood_ratio, joint_crossings=joint_crossings, expires_at=expires_at, hit_log_odds=hit_log_odds, hit_at=hit_at, hit_entry_id=hit_entry_id), at


def write_car_coverage(record: records.CarCoverage) -> bytes:
    """Body of a CarCoverage."""
    out: list[bytes] = []
    add_bytes(out, record.coverage_id.encode())
    add_bytes(out, record.visit_id.encode())
    add_bytes(out, record.port_code.encode())
    record_track_id = record.track_id
    if record_track_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_track_id.encode())
    record_train_id = record.train_id
    if record_train_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_train_id.encode())
    add_long(out, record.revision)
    add_long(out, record.decided_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    record_consist_position = record.consist_position
    if record_consist_position is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_consist_position)
    record_track_position = record.track_position
    if record_track_position is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_track_position)
    out.append(EQUIPMENT_KIND_BYTES[record.kind])
    record_mark = record.mark
    if record_mark is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_mark.encode())
    record_number = record.number
    if record_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_number)
    out.append(CAR_STATE_BYTES[record.state])
    out.append(CONSIST_DISCREPANCY_BYTES[record.discrepancy])
    if record.reasons:
        add_long(out, len(record.reasons))
        for record_reasons_item in record.reasons:
            out.append(COVERAGE_REASON_BYTES[record_reasons_item])
    out.append(NULL)
    out.append(COVERAGE_ACTION_BYTES[record.action])
    out.append(BYTES[1] if record.scanned_well else BYTES[0])
    record_weight_kg = record.weight_kg
    if record_weight_kg is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_weight_kg))
    record_declared_gross_weight_kg = record.declared_gross_weight_kg
    if record_declared_gross_weight_kg is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_declared_gross_weight_kg))
    add_bytes(out, record.explanation.encode())
    if record.reading_ids:
        add_long(out, len(record.reading_ids))
        for record_reading_ids_item in record.reading_ids:
            add_bytes(out, record_reading_ids_item.encode())
    out.append(NULL)
    return b"".join(out)


def read_car_coverage(data: bytes, at: int) -> tuple[records.CarCoverage, int]:
    """A CarCoverage whose body starts at an offset."""
    size, at = read_size(data, at)
    coverage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    visit_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    track_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        track_id_there = data[at : at + size].decode()
        at += size
        track_id = track_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    train_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        train_id_there = data[at : at + size].decode()
        at += size
        train_id = train_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    revision, at = read_int(data, at)
    decided_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    consist_position: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        consist_position_there, at = read_int(data, at)
        consist_position = consist_position_there
    elif branch:
        raise ValueError("a union has no such branch")
    track_position: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        track_position_there, at = read_int(data, at)
        track_position = track_position_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    kind = EQUIPMENT_KIND[size]
    mark: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        mark_there = data[at : at + size].decode()
        at += size
        mark = mark_there
    elif branch:
        raise ValueError("a union has no such branch")
    number: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        number_there, at = read_int(data, at)
        number = number_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    state = CAR_STATE[size]
    size, at = read_size(data, at)
    discrepancy = CONSIST_DISCREPANCY[size]
    reasons: tuple[records.CoverageReason, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        reasons_items: list[records.CoverageReason] = []
        reasons_count, at = read_count(data, at)
        while reasons_count:
            for _ in range(reasons_count):
                size, at = read_size(data, at)
                reasons_item = COVERAGE_REASON[size]
                reasons_items.append(reasons_item)
            reasons_count, at = read_count(data, at)
        reasons = tuple(reasons_items)
    size, at = read_size(data, at)
    action = COVERAGE_ACTION[size]
    scanned_well, at = read_boolean(data, at)
    weight_kg: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        weight_kg_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        weight_kg = weight_kg_there
    elif branch:
        raise ValueError("a union has no such branch")
    declared_gross_weight_kg: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        declared_gross_weight_kg_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        declared_gross_weight_kg = declared_gross_weight_kg_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    explanation = data[at : at + size].decode()
    at += size
    reading_ids: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        reading_ids_items: list[str] = []
        reading_ids_count, at = read_count(data, at)
        while reading_ids_count:
            for _ in range(reading_ids_count):
                size, at = read_size(data, at)
                reading_ids_item = data[at : at + size].decode()
                at += size
                reading_ids_items.append(reading_ids_item)
            reading_ids_count, at = read_count(data, at)
        reading_ids = tuple(reading_ids_items)
    return records.CarCoverage(coverage_id=coverage_id, visit_id=visit_id, port_code=port_code, track_id=track_id, train_id=train_id, revision=revision, decided_at=decided_at, operating_mode=operating_mode, consist_position=consist_position, track_position=track_position, kind=kind, mark=mark, number=number, state=state, discrepancy=discrepancy, reasons=reasons, action=action, scanned_well=scanned_well, weight_kg=weight_kg, declared_gross_weight_kg=declared_gross_weight_kg, explanation=explanation, reading_ids=reading_ids), at


def write_car_scan(record: records.CarScan) -> bytes:
    """Body of a CarScan."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.track_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.pass_number)
    add_bytes(out, record.scan_id.encode())
    add_long(out, record.revision)
    add_long(out, record.scan_started_at)
    add_long(out, record.scan_ended_at)
    add_long(out, record.first_axle)
    add_long(out, record.last_axle)
    out.append(SCAN_DECISION_BYTES[record.machine_decision])
    record_machine_probability = record.machine_probability
    if record_machine_probability is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_machine_probability))
    out.append(SCAN_DECISION_BYTES[record.operator_decision])
    out.append(SCAN_QUALITY_BYTES[record.scan_quality])
    record_abort_reason = record.abort_reason
    if record_abort_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_abort_reason.encode())
    record_loaded_indicator = record.loaded_indicator
    if record_loaded_indicator is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_loaded_indicator else BYTES[0])
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


def read_car_scan(data: bytes, at: int) -> tuple[records.CarScan, int]:
    """A CarScan whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    track_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    pass_number, at = read_long(data, at)
    size, at = read_size(data, at)
    scan_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    scan_started_at, at = read_long(data, at)
    scan_ended_at, at = read_long(data, at)
    first_axle, at = read_int(data, at)
    last_axle, at = read_int(data, at)
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
    abort_reason: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        abort_reason_there = data[at : at + size].decode()
        at += size
        abort_reason = abort_reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    loaded_indicator: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        loaded_indicator_there, at = read_boolean(data, at)
        loaded_indicator = loaded_indicator_there
    elif branch:
        raise ValueError("a union has no such branch")
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
    return records.CarScan(reading_id=reading_id, port_code=port_code, track_id=track_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, pass_number=pass_number, scan_id=scan_id, revision=revision, scan_started_at=scan_started_at, scan_ended_at=scan_ended_at, first_axle=first_axle, last_axle=last_axle, machine_decision=machine_decision, machine_probability=machine_probability, operator_decision=operator_decision, scan_quality=scan_quality, abort_reason=abort_reason, loaded_indicator=loaded_indicator, shielding_indicator=shielding_indicator, image_uri=image_uri, image_sha256=image_sha256), at


def write_car_tag_read(record: records.CarTagRead) -> bytes:
    """Body of a CarTagRead."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.track_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.pass_number)
    add_long(out, record.axle_count)
    out.append(EQUIPMENT_KIND_BYTES[record.equipment_kind])
    add_bytes(out, record.mark.encode())
    add_long(out, record.number)
    out.append(TAG_SIDE_BYTES[record.tag_side])
    out.append(DOUBLE.pack(record.length_m))
    add_long(out, record.axles)
    record_bearing_code = record.bearing_code
    if record_bearing_code is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_bearing_code)
    record_platform_code = record.platform_code
    if record_platform_code is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_platform_code)
    out.append(BYTES[1] if record.check_passed else BYTES[0])
    add_bytes(out, record.tag_hex.encode())
    return b"".join(out)


def read_car_tag_read(data: bytes, at: int) -> tuple[records.CarTagRead, int]:
    """A CarTagRead whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    track_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    pass_number, at = read_long(data, at)
    axle_count, at = read_int(data, at)
    size, at = read_size(data, at)
    equipment_kind = EQUIPMENT_KIND[size]
    size, at = read_size(data, at)
    mark = data[at : at + size].decode()
    at += size
    number, at = read_int(data, at)
    size, at = read_size(data, at)
    tag_side = TAG_SIDE[size]
    length_m = DOUBLE.unpack_from(data, at)[0]
    at += 8
    axles, at = read_int(data, at)
    bearing_code: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        bearing_code_there, at = read_int(data, at)
        bearing_code = bearing_code_there
    elif branch:
        raise ValueError("a union has no such branch")
    platform_code: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        platform_code_there, at = read_int(data, at)
        platform_code = platform_code_there
    elif branch:
        raise ValueError("a union has no such branch")
    check_passed, at = read_boolean(data, at)
    size, at = read_size(data, at)
    tag_hex = data[at : at + size].decode()
    at += size
    return records.CarTagRead(reading_id=reading_id, port_code=port_code, track_id=track_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, pass_number=pass_number, axle_count=axle_count, equipment_kind=equipment_kind, mark=mark, number=number, tag_side=tag_side, length_m=length_m, axles=axles, bearing_code=bearing_code, platform_code=platform_code, check_passed=check_passed, tag_hex=tag_hex), at


def write_car_weighing(record: records.CarWeighing) -> bytes:
    """Body of a CarWeighing."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.track_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.pass_number)
    add_long(out, record.first_axle)
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
    out.append(DOUBLE.pack(record.gross_weight_kg))
    out.append(DOUBLE.pack(record.speed_mps))
    return b"".join(out)


def read_car_weighing(data: bytes, at: int) -> tuple[records.CarWeighing, int]:
    """A CarWeighing whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    track_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    pass_number, at = read_long(data, at)
    first_axle, at = read_int(data, at)
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
    gross_weight_kg = DOUBLE.unpack_from(data, at)[0]
    at += 8
    speed_mps = DOUBLE.unpack_from(data, at)[0]
    at += 8
    return records.CarWeighing(reading_id=reading_id, port_code=port_code, track_id=track_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, pass_number=pass_number, first_axle=first_axle, axle_loads_kg=axle_loads_kg, axle_spacings_m=axle_spacings_m, gross_weight_kg=gross_weight_kg, speed_mps=speed_mps), at


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
    record_hit_entry_id = record.hit_entry_id
    if record_hit_entry_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_hit_entry_id.encode())
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
    hit_entry_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        hit_entry_id_there = data[at : at + size].decode()
        at += size
        hit_entry_id = hit_entry_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Crossing(passage_id=passage_id, port_code=port_code, operating_mode=operating_mode, crossed_at=crossed_at, plate_key=plate_key, plate=plate, jurisdiction=jurisdiction, earlier_at=earlier_at, earlier_port_codes=earlier_port_codes, hit_log_odds=hit_log_odds, hit_entry_id=hit_entry_id), at


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


def write_estimate(record: records.Estimate) -> bytes:
    """Body of a Estimate."""
    out: list[bytes] = []
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.from_at)
    add_long(out, record.until_at)
    out.append(DOUBLE.pack(record.sensitivity_low))
    out.append(DOUBLE.pack(record.sensitivity_high))
    if record.groups:
        add_long(out, len(record.groups))
        for record_groups_item in record.groups:
            out.append(GROUP_KIND_BYTES[record_groups_item.kind])
            add_bytes(out, record_groups_item.name.encode())
            add_long(out, record_groups_item.passages)
            add_long(out, record_groups_item.referred)
            add_long(out, record_groups_item.inspected)
            add_long(out, record_groups_item.hits)
            add_long(out, record_groups_item.not_inspected)
            add_long(out, record_groups_item.released)
            add_long(out, record_groups_item.open)
            record_groups_item_skipped_ratio = record_groups_item.skipped_ratio
            if record_groups_item_skipped_ratio is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_skipped_ratio))
            if record_groups_item.arms:
                add_long(out, len(record_groups_item.arms))
                for record_groups_item_arms_item in record_groups_item.arms:
                    out.append(ARM_BYTES[record_groups_item_arms_item.arm])
                    add_long(out, record_groups_item_arms_item.referred)
                    add_long(out, record_groups_item_arms_item.inspected)
                    add_long(out, record_groups_item_arms_item.hits)
                    record_groups_item_arms_item_precision_rate = record_groups_item_arms_item.precision.rate
                    if record_groups_item_arms_item_precision_rate is None:
                        out.append(NULL)
                    else:
                        out.append(PRESENT)
                        out.append(DOUBLE.pack(record_groups_item_arms_item_precision_rate))
                    out.append(DOUBLE.pack(record_groups_item_arms_item.precision.low))
                    out.append(DOUBLE.pack(record_groups_item_arms_item.precision.high))
            out.append(NULL)
            add_long(out, record_groups_item.violation.drawn)
            add_long(out, record_groups_item.violation.inspected)
            add_long(out, record_groups_item.violation.hits)
            record_groups_item_violation_detected_rate = record_groups_item.violation.detected.rate
            if record_groups_item_violation_detected_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_violation_detected_rate))
            out.append(DOUBLE.pack(record_groups_item.violation.detected.low))
            out.append(DOUBLE.pack(record_groups_item.violation.detected.high))
            out.append(DOUBLE.pack(record_groups_item.violation.bound_low))
            out.append(DOUBLE.pack(record_groups_item.violation.bound_high))
            out.append(DOUBLE.pack(record_groups_item.violation.corrected_low))
            out.append(DOUBLE.pack(record_groups_item.violation.corrected_high))
            record_groups_item_lift_ratio = record_groups_item.lift.ratio
            if record_groups_item_lift_ratio is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_lift_ratio))
            out.append(DOUBLE.pack(record_groups_item.lift.low))
            record_groups_item_lift_high = record_groups_item.lift.high
            if record_groups_item_lift_high is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_lift_high))
            record_groups_item_seizures_per_1000_rate = record_groups_item.seizures_per_1000.rate
            if record_groups_item_seizures_per_1000_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_seizures_per_1000_rate))
            out.append(DOUBLE.pack(record_groups_item.seizures_per_1000.low))
            out.append(DOUBLE.pack(record_groups_item.seizures_per_1000.high))
            record_groups_item_inspector_minutes_per_seizure = record_groups_item.inspector_minutes_per_seizure
            if record_groups_item_inspector_minutes_per_seizure is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_inspector_minutes_per_seizure))
            record_groups_item_traveller_minutes_per_seizure = record_groups_item.traveller_minutes_per_seizure
            if record_groups_item_traveller_minutes_per_seizure is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_groups_item_traveller_minutes_per_seizure))
            record_groups_item_false_red = record_groups_item.false_red
            if record_groups_item_false_red is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                record_groups_item_false_red_rate = record_groups_item_false_red.rate
                if record_groups_item_false_red_rate is None:
                    out.append(NULL)
                else:
                    out.append(PRESENT)
                    out.append(DOUBLE.pack(record_groups_item_false_red_rate))
                out.append(DOUBLE.pack(record_groups_item_false_red.low))
                out.append(DOUBLE.pack(record_groups_item_false_red.high))
    out.append(NULL)
    if record.evidence:
        add_long(out, len(record.evidence))
        for record_evidence_item in record.evidence:
            add_bytes(out, record_evidence_item.name.encode())
            add_long(out, record_evidence_item.referred)
            add_long(out, record_evidence_item.inspected)
            add_long(out, record_evidence_item.hits)
            record_evidence_item_precision_rate = record_evidence_item.precision.rate
            if record_evidence_item_precision_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_evidence_item_precision_rate))
            out.append(DOUBLE.pack(record_evidence_item.precision.low))
            out.append(DOUBLE.pack(record_evidence_item.precision.high))
            record_evidence_item_share_of_hits = record_evidence_item.share_of_hits
            if record_evidence_item_share_of_hits is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_evidence_item_share_of_hits))
            record_evidence_item_share_of_referrals = record_evidence_item.share_of_referrals
            if record_evidence_item_share_of_referrals is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_evidence_item_share_of_referrals))
    out.append(NULL)
    if record.disparities:
        add_long(out, len(record.disparities))
        for record_disparities_item in record.disparities:
            out.append(GROUP_KIND_BYTES[record_disparities_item.kind])
            add_bytes(out, record_disparities_item.name.encode())
            out.append(DISPARITY_MEASURE_BYTES[record_disparities_item.measure])
            record_disparities_item_own_rate = record_disparities_item.own.rate
            if record_disparities_item_own_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_disparities_item_own_rate))
            out.append(DOUBLE.pack(record_disparities_item.own.low))
            out.append(DOUBLE.pack(record_disparities_item.own.high))
            record_disparities_item_others_rate = record_disparities_item.others.rate
            if record_disparities_item_others_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_disparities_item_others_rate))
            out.append(DOUBLE.pack(record_disparities_item.others.low))
            out.append(DOUBLE.pack(record_disparities_item.others.high))
            record_disparities_item_own_violation_rate = record_disparities_item.own_violation.rate
            if record_disparities_item_own_violation_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_disparities_item_own_violation_rate))
            out.append(DOUBLE.pack(record_disparities_item.own_violation.low))
            out.append(DOUBLE.pack(record_disparities_item.own_violation.high))
            record_disparities_item_others_violation_rate = record_disparities_item.others_violation.rate
            if record_disparities_item_others_violation_rate is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_disparities_item_others_violation_rate))
            out.append(DOUBLE.pack(record_disparities_item.others_violation.low))
            out.append(DOUBLE.pack(record_disparities_item.others_violation.high))
    out.append(NULL)
    add_long(out, record.comparisons)
    out.append(DOUBLE.pack(record.family_error))
    return b"".join(out)


def read_estimate(data: bytes, at: int) -> tuple[records.Estimate, int]:
    """A Estimate whose body starts at an offset."""
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    from_at, at = read_long(data, at)
    until_at, at = read_long(data, at)
    sensitivity_low = DOUBLE.unpack_from(data, at)[0]
    at += 8
    sensitivity_high = DOUBLE.unpack_from(data, at)[0]
    at += 8
    groups: tuple[records.GroupEstimate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        groups_items: list[records.GroupEstimate] = []
        groups_count, at = read_count(data, at)
        while groups_count:
            for _ in range(groups_count):
                size, at = read_size(data, at)
                groups_item_kind = GROUP_KIND[size]
                size, at = read_size(data, at)
                groups_item_name = data[at : at + size].decode()
                at += size
                groups_item_passages, at = read_long(data, at)
                groups_item_referred, at = read_long(data, at)
                groups_item_inspected, at = read_long(data, at)
                groups_item_hits, at = read_long(data, at)
                groups_item_not_inspected, at = read_long(data, at)
                groups_item_released, at = read_long(data, at)
                groups_item_open, at = read_long(data, at)
                groups_item_skipped_ratio: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_skipped_ratio_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_skipped_ratio = groups_item_skipped_ratio_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_arms: tuple[records.ArmEstimate, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    groups_item_arms_items: list[records.ArmEstimate] = []
                    groups_item_arms_count, at = read_count(data, at)
                    while groups_item_arms_count:
                        for _ in range(groups_item_arms_count):
                            size, at = read_size(data, at)
                            groups_item_arms_item_arm = ARM[size]
                            groups_item_arms_item_referred, at = read_long(data, at)
                            groups_item_arms_item_inspected, at = read_long(data, at)
                            groups_item_arms_item_hits, at = read_long(data, at)
                            groups_item_arms_item_precision_rate: float | None = None
                            branch = data[at]
                            at += 1
                            if branch == 2:
                                groups_item_arms_item_precision_rate_there = DOUBLE.unpack_from(data, at)[0]
                                at += 8
                                groups_item_arms_item_precision_rate = groups_item_arms_item_precision_rate_there
                            elif branch:
                                raise ValueError("a union has no such branch")
                            groups_item_arms_item_precision_low = DOUBLE.unpack_from(data, at)[0]
                            at += 8
                            groups_item_arms_item_precision_high = DOUBLE.unpack_from(data, at)[0]
                            at += 8
                            groups_item_arms_item_precision = records.RateEstimate(rate=groups_item_arms_item_precision_rate, low=groups_item_arms_item_precision_low, high=groups_item_arms_item_precision_high)
                            groups_item_arms_item = records.ArmEstimate(arm=groups_item_arms_item_arm, referred=groups_item_arms_item_referred, inspected=groups_item_arms_item_inspected, hits=groups_item_arms_item_hits, precision=groups_item_arms_item_precision)
                            groups_item_arms_items.append(groups_item_arms_item)
                        groups_item_arms_count, at = read_count(data, at)
                    groups_item_arms = tuple(groups_item_arms_items)
                groups_item_violation_drawn, at = read_long(data, at)
                groups_item_violation_inspected, at = read_long(data, at)
                groups_item_violation_hits, at = read_long(data, at)
                groups_item_violation_detected_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_violation_detected_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_violation_detected_rate = groups_item_violation_detected_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_violation_detected_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation_detected_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation_detected = records.RateEstimate(rate=groups_item_violation_detected_rate, low=groups_item_violation_detected_low, high=groups_item_violation_detected_high)
                groups_item_violation_bound_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation_bound_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation_corrected_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation_corrected_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_violation = records.ViolationEstimate(drawn=groups_item_violation_drawn, inspected=groups_item_violation_inspected, hits=groups_item_violation_hits, detected=groups_item_violation_detected, bound_low=groups_item_violation_bound_low, bound_high=groups_item_violation_bound_high, corrected_low=groups_item_violation_corrected_low, corrected_high=groups_item_violation_corrected_high)
                groups_item_lift_ratio: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_lift_ratio_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_lift_ratio = groups_item_lift_ratio_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_lift_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_lift_high: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_lift_high_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_lift_high = groups_item_lift_high_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_lift = records.RatioEstimate(ratio=groups_item_lift_ratio, low=groups_item_lift_low, high=groups_item_lift_high)
                groups_item_seizures_per_1000_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_seizures_per_1000_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_seizures_per_1000_rate = groups_item_seizures_per_1000_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_seizures_per_1000_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_seizures_per_1000_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                groups_item_seizures_per_1000 = records.RateEstimate(rate=groups_item_seizures_per_1000_rate, low=groups_item_seizures_per_1000_low, high=groups_item_seizures_per_1000_high)
                groups_item_inspector_minutes_per_seizure: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_inspector_minutes_per_seizure_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_inspector_minutes_per_seizure = groups_item_inspector_minutes_per_seizure_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_traveller_minutes_per_seizure: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_traveller_minutes_per_seizure_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_traveller_minutes_per_seizure = groups_item_traveller_minutes_per_seizure_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item_false_red: records.RateEstimate | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    groups_item_false_red_there_rate: float | None = None
                    branch = data[at]
                    at += 1
                    if branch == 2:
                        groups_item_false_red_there_rate_there = DOUBLE.unpack_from(data, at)[0]
                        at += 8
                        groups_item_false_red_there_rate = groups_item_false_red_there_rate_there
                    elif branch:
                        raise ValueError("a union has no such branch")
                    groups_item_false_red_there_low = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_false_red_there_high = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    groups_item_false_red_there = records.RateEstimate(rate=groups_item_false_red_there_rate, low=groups_item_false_red_there_low, high=groups_item_false_red_there_high)
                    groups_item_false_red = groups_item_false_red_there
                elif branch:
                    raise ValueError("a union has no such branch")
                groups_item = records.GroupEstimate(kind=groups_item_kind, name=groups_item_name, passages=groups_item_passages, referred=groups_item_referred, inspected=groups_item_inspected, hits=groups_item_hits, not_inspected=groups_item_not_inspected, released=groups_item_released, open=groups_item_open, skipped_ratio=groups_item_skipped_ratio, arms=groups_item_arms, violation=groups_item_violation, lift=groups_item_lift, seizures_per_1000=groups_item_seizures_per_1000, inspector_minutes_per_seizure=groups_item_inspector_minutes_per_seizure, traveller_minutes_per_seizure=groups_item_traveller_minutes_per_seizure, false_red=groups_item_false_red)
                groups_items.append(groups_item)
            groups_count, at = read_count(data, at)
        groups = tuple(groups_items)
    evidence: tuple[records.EvidenceEstimate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        evidence_items: list[records.EvidenceEstimate] = []
        evidence_count, at = read_count(data, at)
        while evidence_count:
            for _ in range(evidence_count):
                size, at = read_size(data, at)
                evidence_item_name = data[at : at + size].decode()
                at += size
                evidence_item_referred, at = read_long(data, at)
                evidence_item_inspected, at = read_long(data, at)
                evidence_item_hits, at = read_long(data, at)
                evidence_item_precision_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    evidence_item_precision_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    evidence_item_precision_rate = evidence_item_precision_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                evidence_item_precision_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                evidence_item_precision_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                evidence_item_precision = records.RateEstimate(rate=evidence_item_precision_rate, low=evidence_item_precision_low, high=evidence_item_precision_high)
                evidence_item_share_of_hits: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    evidence_item_share_of_hits_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    evidence_item_share_of_hits = evidence_item_share_of_hits_there
                elif branch:
                    raise ValueError("a union has no such branch")
                evidence_item_share_of_referrals: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    evidence_item_share_of_referrals_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    evidence_item_share_of_referrals = evidence_item_share_of_referrals_there
                elif branch:
                    raise ValueError("a union has no such branch")
                evidence_item = records.EvidenceEstimate(name=evidence_item_name, referred=evidence_item_referred, inspected=evidence_item_inspected, hits=evidence_item_hits, precision=evidence_item_precision, share_of_hits=evidence_item_share_of_hits, share_of_referrals=evidence_item_share_of_referrals)
                evidence_items.append(evidence_item)
            evidence_count, at = read_count(data, at)
        evidence = tuple(evidence_items)
    disparities: tuple[records.Disparity, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        disparities_items: list[records.Disparity] = []
        disparities_count, at = read_count(data, at)
        while disparities_count:
            for _ in range(disparities_count):
                size, at = read_size(data, at)
                disparities_item_kind = GROUP_KIND[size]
                size, at = read_size(data, at)
                disparities_item_name = data[at : at + size].decode()
                at += size
                size, at = read_size(data, at)
                disparities_item_measure = DISPARITY_MEASURE[size]
                disparities_item_own_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    disparities_item_own_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    disparities_item_own_rate = disparities_item_own_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                disparities_item_own_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_own_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_own = records.RateEstimate(rate=disparities_item_own_rate, low=disparities_item_own_low, high=disparities_item_own_high)
                disparities_item_others_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    disparities_item_others_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    disparities_item_others_rate = disparities_item_others_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                disparities_item_others_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_others_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_others = records.RateEstimate(rate=disparities_item_others_rate, low=disparities_item_others_low, high=disparities_item_others_high)
                disparities_item_own_violation_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    disparities_item_own_violation_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    disparities_item_own_violation_rate = disparities_item_own_violation_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                disparities_item_own_violation_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_own_violation_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_own_violation = records.RateEstimate(rate=disparities_item_own_violation_rate, low=disparities_item_own_violation_low, high=disparities_item_own_violation_high)
                disparities_item_others_violation_rate: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    disparities_item_others_violation_rate_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    disparities_item_others_violation_rate = disparities_item_others_violation_rate_there
                elif branch:
                    raise ValueError("a union has no such branch")
                disparities_item_others_violation_low = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_others_violation_high = DOUBLE.unpack_from(data, at)[0]
                at += 8
                disparities_item_others_violation = records.RateEstimate(rate=disparities_item_others_violation_rate, low=disparities_item_others_violation_low, high=disparities_item_others_violation_high)
                disparities_item = records.Disparity(kind=disparities_item_kind, name=disparities_item_name, measure=disparities_item_measure, own=disparities_item_own, others=disparities_item_others, own_violation=disparities_item_own_violation, others_violation=disparities_item_others_violation)
                disparities_items.append(disparities_item)
            disparities_count, at = read_count(data, at)
        disparities = tuple(disparities_items)
    comparisons, at = read_int(data, at)
    family_error = DOUBLE.unpack_from(data, at)[0]
    at += 8
    return records.Estimate(port_code=port_code, operating_mode=operating_mode, from_at=from_at, until_at=until_at, sensitivity_low=sensitivity_low, sensitivity_high=sensitivity_high, groups=groups, evidence=evidence, disparities=disparities, comparisons=comparisons, family_error=family_error), at


def write_finding(record: records.Finding) -> bytes:
    """Body of a Finding."""
    out: list[bytes] = []
    add_bytes(out, record.finding_id.encode())
    add_long(out, record.revision)
    out.append(FINDING_KIND_BYTES[record.kind])
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    record_officer_id = record.officer_id
    if record_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_officer_id.encode())
    record_vehicle_token = record.vehicle_token
    if record_vehicle_token is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_vehicle_token.encode())
    record_sensor = record.sensor
    if record_sensor is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(SENSOR_ROLE_BYTES[record_sensor])
    record_rule_set_version = record.rule_set_version
    if record_rule_set_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_rule_set_version.encode())
    record_policy_version = record.policy_version
    if record_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_policy_version.encode())
    record_required_rule_set_version = record.required_rule_set_version
    if record_required_rule_set_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_required_rule_set_version.encode())
    record_required_policy_version = record.required_policy_version
    if record_required_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_required_policy_version.encode())
    add_long(out, record.trials)
    add_long(out, record.events)
    out.append(DOUBLE.pack(record.expected))
    record_log_e_value = record.log_e_value
    if record_log_e_value is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_log_e_value))
    record_log_e_threshold = record.log_e_threshold
    if record_log_e_threshold is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_log_e_threshold))
    add_long(out, record.since_at)
    add_long(out, record.found_at)
    if record.passages:
        add_long(out, len(record.passages))
        for record_passages_item in record.passages:
            add_bytes(out, record_passages_item.encode())
    out.append(NULL)
    add_bytes(out, record.message.encode())
    return b"".join(out)


def read_finding(data: bytes, at: int) -> tuple[records.Finding, int]:
    """A Finding whose body starts at an offset."""
    size, at = read_size(data, at)
    finding_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    kind = FINDING_KIND[size]
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
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
    vehicle_token: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        vehicle_token_there = data[at : at + size].decode()
        at += size
        vehicle_token = vehicle_token_there
    elif branch:
        raise ValueError("a union has no such branch")
    sensor: records.SensorRole | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        sensor_there = SENSOR_ROLE[size]
        sensor = sensor_there
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
    policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        policy_version_there = data[at : at + size].decode()
        at += size
        policy_version = policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    required_rule_set_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        required_rule_set_version_there = data[at : at + size].decode()
        at += size
        required_rule_set_version = required_rule_set_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    required_policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        required_policy_version_there = data[at : at + size].decode()
        at += size
        required_policy_version = required_policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    trials, at = read_int(data, at)
    events, at = read_int(data, at)
    expected = DOUBLE.unpack_from(data, at)[0]
    at += 8
    log_e_value: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        log_e_value_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        log_e_value = log_e_value_there
    elif branch:
        raise ValueError("a union has no such branch")
    log_e_threshold: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        log_e_threshold_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        log_e_threshold = log_e_threshold_there
    elif branch:
        raise ValueError("a union has no such branch")
    since_at, at = read_long(data, at)
    found_at, at = read_long(data, at)
    passages: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        passages_items: list[str] = []
        passages_count, at = read_count(data, at)
        while passages_count:
            for _ in range(passages_count):
                size, at = read_size(data, at)
                passages_item = data[at : at + size].decode()
                at += size
                passages_items.append(passages_item)
            passages_count, at = read_count(data, at)
        passages = tuple(passages_items)
    size, at = read_size(data, at)
    message = data[at : at + size].decode()
    at += size
    return records.Finding(finding_id=finding_id, revision=revision, kind=kind, port_code=port_code, operating_mode=operating_mode, officer_id=officer_id, vehicle_token=vehicle_token, sensor=sensor, rule_set_version=rule_set_version, policy_version=policy_version, required_rule_set_version=required_rule_set_version, required_policy_version=required_policy_version, trials=trials, events=events, expected=expected, log_e_value=log_e_value, log_e_threshold=log_e_threshold, since_at=since_at, found_at=found_at, passages=passages, message=message), at


def write_hand_inspection(record: records.HandInspection) -> bytes:
    """Body of a HandInspection."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.track_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.train_id.encode())
    record_mark = record.mark
    if record_mark is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_mark.encode())
    record_number = record.number
    if record_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_number)
    record_place = record.place
    if record_place is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_place)
    add_bytes(out, record.inspection_id.encode())
    add_long(out, record.revision)
    add_bytes(out, record.officer_id.encode())
    out.append(HAND_INSPECTION_RESULT_BYTES[record.result])
    record_seals_intact = record.seals_intact
    if record_seals_intact is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_seals_intact else BYTES[0])
    if record.seals:
        add_long(out, len(record.seals))
        for record_seals_item in record.seals:
            add_bytes(out, record_seals_item.encode())
    out.append(NULL)
    return b"".join(out)


def read_hand_inspection(data: bytes, at: int) -> tuple[records.HandInspection, int]:
    """A HandInspection whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    track_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    train_id = data[at : at + size].decode()
    at += size
    mark: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        mark_there = data[at : at + size].decode()
        at += size
        mark = mark_there
    elif branch:
        raise ValueError("a union has no such branch")
    number: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        number_there, at = read_int(data, at)
        number = number_there
    elif branch:
        raise ValueError("a union has no such branch")
    place: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        place_there, at = read_int(data, at)
        place = place_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    inspection_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    officer_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    result = HAND_INSPECTION_RESULT[size]
    seals_intact: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        seals_intact_there, at = read_boolean(data, at)
        seals_intact = seals_intact_there
    elif branch:
        raise ValueError("a union has no such branch")
    seals: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        seals_items: list[str] = []
        seals_count, at = read_count(data, at)
        while seals_count:
            for _ in range(seals_count):
                size, at = read_size(data, at)
                seals_item = data[at : at + size].decode()
                at += size
                seals_items.append(seals_item)
            seals_count, at = read_count(data, at)
        seals = tuple(seals_items)
    return records.HandInspection(reading_id=reading_id, port_code=port_code, track_id=track_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, train_id=train_id, mark=mark, number=number, place=place, inspection_id=inspection_id, revision=revision, officer_id=officer_id, result=result, seals_intact=seals_intact, seals=seals), at


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


def write_hit_confirmation(record: records.HitConfirmation) -> bytes:
    """Body of a HitConfirmation."""
    out: list[bytes] = []
    add_bytes(out, record.confirmation_id.encode())
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(BYTES[1] if record.confirmed else BYTES[0])
    out.append(HIT_CONFIRMATION_REASON_BYTES[record.reason])
    add_bytes(out, record.officer_id.encode())
    add_long(out, record.compared_at)
    add_long(out, record.received_at)
    return b"".join(out)


def read_hit_confirmation(data: bytes, at: int) -> tuple[records.HitConfirmation, int]:
    """A HitConfirmation whose body starts at an offset."""
    size, at = read_size(data, at)
    confirmation_id = data[at : at + size].decode()
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
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    confirmed, at = read_boolean(data, at)
    size, at = read_size(data, at)
    reason = HIT_CONFIRMATION_REASON[size]
    size, at = read_size(data, at)
    officer_id = data[at : at + size].decode()
    at += size
    compared_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    return records.HitConfirmation(confirmation_id=confirmation_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, operating_mode=operating_mode, confirmed=confirmed, reason=reason, officer_id=officer_id, compared_at=compared_at, received_at=received_at), at


def write_inspection(record: records.Inspection) -> bytes:
    """Body of a Inspection."""
    out: list[bytes] = []
    add_bytes(out, record.inspection_id.encode())
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.revision)
    out.append(REFERRAL_REASON_BYTES[record.referral_reason])
    add_long(out, record.started_at)
    record_ended_at = record.ended_at
    if record_ended_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_ended_at)
    if record.officer_ids:
        add_long(out, len(record.officer_ids))
        for record_officer_ids_item in record.officer_ids:
            add_bytes(out, record_officer_ids_item.encode())
    out.append(NULL)
    out.append(INSPECTION_RESOLUTION_BYTES[record.resolution])
    if record.found:
        add_long(out, len(record.found))
        for record_found_item in record.found:
            out.append(FOUND_KIND_BYTES[record_found_item.kind])
            add_long(out, record_found_item.count)
            record_found_item_serial_number = record_found_item.serial_number
            if record_found_item_serial_number is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_bytes(out, record_found_item_serial_number.encode())
            record_found_item_calibre = record_found_item.calibre
            if record_found_item_calibre is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_bytes(out, record_found_item_calibre.encode())
            record_found_item_manufacturer = record_found_item.manufacturer
            if record_found_item_manufacturer is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_bytes(out, record_found_item_manufacturer.encode())
    out.append(NULL)
    if record.exams:
        add_long(out, len(record.exams))
        for record_exams_item in record.exams:
            out.append(EXAM_BYTES[record_exams_item.exam])
            out.append(BYTES[1] if record_exams_item.done else BYTES[0])
    out.append(NULL)
    add_long(out, record.received_at)
    return b"".join(out)


def read_inspection(data: bytes, at: int) -> tuple[records.Inspection, int]:
    """A Inspection whose body starts at an offset."""
    size, at = read_size(data, at)
    inspection_id = data[at : at + size].decode()
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
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    referral_reason = REFERRAL_REASON[size]
    started_at, at = read_long(data, at)
    ended_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        ended_at_there, at = read_long(data, at)
        ended_at = ended_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    officer_ids: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        officer_ids_items: list[str] = []
        officer_ids_count, at = read_count(data, at)
        while officer_ids_count:
            for _ in range(officer_ids_count):
                size, at = read_size(data, at)
                officer_ids_item = data[at : at + size].decode()
                at += size
                officer_ids_items.append(officer_ids_item)
            officer_ids_count, at = read_count(data, at)
        officer_ids = tuple(officer_ids_items)
    size, at = read_size(data, at)
    resolution = INSPECTION_RESOLUTION[size]
    found: tuple[records.FoundItem, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        found_items: list[records.FoundItem] = []
        found_count, at = read_count(data, at)
        while found_count:
            for _ in range(found_count):
                size, at = read_size(data, at)
                found_item_kind = FOUND_KIND[size]
                found_item_count, at = read_int(data, at)
                found_item_serial_number: str | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    size, at = read_size(data, at)
                    found_item_serial_number_there = data[at : at + size].decode()
                    at += size
                    found_item_serial_number = found_item_serial_number_there
                elif branch:
                    raise ValueError("a union has no such branch")
                found_item_calibre: str | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    size, at = read_size(data, at)
                    found_item_calibre_there = data[at : at + size].decode()
                    at += size
                    found_item_calibre = found_item_calibre_there
                elif branch:
                    raise ValueError("a union has no such branch")
                found_item_manufacturer: str | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    size, at = read_size(data, at)
                    found_item_manufacturer_there = data[at : at + size].decode()
                    at += size
                    found_item_manufacturer = found_item_manufacturer_there
                elif branch:
                    raise ValueError("a union has no such branch")
                found_item = records.FoundItem(kind=found_item_kind, count=found_item_count, serial_number=found_item_serial_number, calibre=found_item_calibre, manufacturer=found_item_manufacturer)
                found_items.append(found_item)
            found_count, at = read_count(data, at)
        found = tuple(found_items)
    exams: tuple[records.ExamRecord, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        exams_items: list[records.ExamRecord] = []
        exams_count, at = read_count(data, at)
        while exams_count:
            for _ in range(exams_count):
                size, at = read_size(data, at)
                exams_item_exam = EXAM[size]
                exams_item_done, at = read_boolean(data, at)
                exams_item = records.ExamRecord(exam=exams_item_exam, done=exams_item_done)
                exams_items.append(exams_item)
            exams_count, at = read_count(data, at)
        exams = tuple(exams_items)
    received_at, at = read_long(data, at)
    return records.Inspection(inspection_id=inspection_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, operating_mode=operating_mode, revision=revision, referral_reason=referral_reason, started_at=started_at, ended_at=ended_at, officer_ids=officer_ids, resolution=resolution, found=found, exams=exams, received_at=received_at), at


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


def write_light_answer(record: records.LightAnswer) -> bytes:
    """Body of a LightAnswer."""
    out: list[bytes] = []
    add_bytes(out, record.answer_id.encode())
    record_passage_id = record.passage_id
    if record_passage_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    record_passage_number = record.passage_number
    if record_passage_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_passage_number)
    record_at_light_reading_id = record.at_light_reading_id
    if record_at_light_reading_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_at_light_reading_id.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(LIGHT_BYTES[record.light])
    out.append(BYTES[1] if record.fallback else BYTES[0])
    out.append(LIGHT_ANSWER_REASON_BYTES[record.reason])
    record_propensity = record.propensity
    if record_propensity is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_propensity))
    record_random_key_id = record.random_key_id
    if record_random_key_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_random_key_id.encode())
    add_long(out, record.asked_at)
    add_long(out, record.answered_at)
    record_controller_id = record.controller_id
    if record_controller_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_controller_id.encode())
    return b"".join(out)


def read_light_answer(data: bytes, at: int) -> tuple[records.LightAnswer, int]:
    """A LightAnswer whose body starts at an offset."""
    size, at = read_size(data, at)
    answer_id = data[at : at + size].decode()
    at += size
    passage_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        passage_id_there = data[at : at + size].decode()
        at += size
        passage_id = passage_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    passage_number: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        passage_number_there, at = read_long(data, at)
        passage_number = passage_number_there
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
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    light = LIGHT[size]
    fallback, at = read_boolean(data, at)
    size, at = read_size(data, at)
    reason = LIGHT_ANSWER_REASON[size]
    propensity: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        propensity_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        propensity = propensity_there
    elif branch:
        raise ValueError("a union has no such branch")
    random_key_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        random_key_id_there = data[at : at + size].decode()
        at += size
        random_key_id = random_key_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    asked_at, at = read_long(data, at)
    answered_at, at = read_long(data, at)
    controller_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        controller_id_there = data[at : at + size].decode()
        at += size
        controller_id = controller_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.LightAnswer(answer_id=answer_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, passage_number=passage_number, at_light_reading_id=at_light_reading_id, operating_mode=operating_mode, light=light, fallback=fallback, reason=reason, propensity=propensity, random_key_id=random_key_id, asked_at=asked_at, answered_at=answered_at, controller_id=controller_id), at


def write_link(record: records.Link) -> bytes:
    """Body of a Link."""
    out: list[bytes] = []
    add_bytes(out, record.link_id.encode())
    add_long(out, record.revision)
    out.append(BYTES[1] if record.withdrawn else BYTES[0])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.purchaser_id.encode())
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    add_bytes(out, record.source.encode())
    add_bytes(out, record.case_number.encode())
    add_bytes(out, record.legal_basis.encode())
    add_long(out, record.valid_until_at)
    add_long(out, record.received_at)
    return b"".join(out)


def read_link(data: bytes, at: int) -> tuple[records.Link, int]:
    """A Link whose body starts at an offset."""
    size, at = read_size(data, at)
    link_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    withdrawn, at = read_boolean(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    purchaser_id = data[at : at + size].decode()
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
    source = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    case_number = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    legal_basis = data[at : at + size].decode()
    at += size
    valid_until_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    return records.Link(link_id=link_id, revision=revision, withdrawn=withdrawn, operating_mode=operating_mode, purchaser_id=purchaser_id, plate=plate, jurisdiction=jurisdiction, source=source, case_number=case_number, legal_basis=legal_basis, valid_until_at=valid_until_at, received_at=received_at), at


def write_lodging(record: records.Lodging) -> bytes:
    """Body of a Lodging."""
    out: list[bytes] = []
    add_bytes(out, record.lodging_id.encode())
    add_bytes(out, record.agency_id.encode())
    out.append(BYTES[1] if record.withdrawn else BYTES[0])
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    add_bytes(out, record.purpose.encode())
    add_bytes(out, record.case_number.encode())
    add_bytes(out, record.legal_basis.encode())
    add_long(out, record.valid_until_at)
    add_long(out, record.lodged_at)
    return b"".join(out)


def read_lodging(data: bytes, at: int) -> tuple[records.Lodging, int]:
    """A Lodging whose body starts at an offset."""
    size, at = read_size(data, at)
    lodging_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    agency_id = data[at : at + size].decode()
    at += size
    withdrawn, at = read_boolean(data, at)
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
    purpose = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    case_number = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    legal_basis = data[at : at + size].decode()
    at += size
    valid_until_at, at = read_long(data, at)
    lodged_at, at = read_long(data, at)
    return records.Lodging(lodging_id=lodging_id, agency_id=agency_id, withdrawn=withdrawn, plate=plate, jurisdiction=jurisdiction, purpose=purpose, case_number=case_number, legal_basis=legal_basis, valid_until_at=valid_until_at, lodged_at=lodged_at), at


def write_multiple_sale(record: records.MultipleSale) -> bytes:
    """Body of a MultipleSale."""
    out: list[bytes] = []
    add_bytes(out, record.report_id.encode())
    add_long(out, record.revision)
    out.append(BYTES[1] if record.withdrawn else BYTES[0])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.purchaser_id.encode())
    out.append(MULTIPLE_SALE_FORM_BYTES[record.form])
    if record.sales:
        add_long(out, len(record.sales))
        for record_sales_item in record.sales:
            add_long(out, record_sales_item.sold_at)
            add_long(out, record_sales_item.firearm_count)
    out.append(NULL)
    add_long(out, record.received_at)
    return b"".join(out)


def read_multiple_sale(data: bytes, at: int) -> tuple[records.MultipleSale, int]:
    """A MultipleSale whose body starts at an offset."""
    size, at = read_size(data, at)
    report_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    withdrawn, at = read_boolean(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    purchaser_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    form = MULTIPLE_SALE_FORM[size]
    sales: tuple[records.FirearmSale, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        sales_items: list[records.FirearmSale] = []
        sales_count, at = read_count(data, at)
        while sales_count:
            for _ in range(sales_count):
                sales_item_sold_at, at = read_long(data, at)
                sales_item_firearm_count, at = read_int(data, at)
                sales_item = records.FirearmSale(sold_at=sales_item_sold_at, firearm_count=sales_item_firearm_count)
                sales_items.append(sales_item)
            sales_count, at = read_count(data, at)
        sales = tuple(sales_items)
    received_at, at = read_long(data, at)
    return records.MultipleSale(report_id=report_id, revision=revision, withdrawn=withdrawn, operating_mode=operating_mode, purchaser_id=purchaser_id, form=form, sales=sales, received_at=received_at), at


def write_officer_assignment(record: records.OfficerAssignment) -> bytes:
    """Body of a OfficerAssignment."""
    out: list[bytes] = []
    add_bytes(out, record.assignment_id.encode())
    add_bytes(out, record.officer_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    add_long(out, record.from_at)
    add_long(out, record.until_at)
    add_long(out, record.received_at)
    return b"".join(out)


def read_officer_assignment(data: bytes, at: int) -> tuple[records.OfficerAssignment, int]:
    """A OfficerAssignment whose body starts at an offset."""
    size, at = read_size(data, at)
    assignment_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    officer_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    from_at, at = read_long(data, at)
    until_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    return records.OfficerAssignment(assignment_id=assignment_id, officer_id=officer_id, lane_id=lane_id, port_code=port_code, from_at=from_at, until_at=until_at, received_at=received_at), at


def write_outcome(record: records.Outcome) -> bytes:
    """Body of a Outcome."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(LANE_MODE_BYTES[record.lane_mode])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_long(out, record.revision)
    out.append(OUTCOME_STATE_BYTES[record.state])
    record_selected_at = record.selected_at
    if record_selected_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_selected_at)
    out.append(LIGHT_BYTES[record.light])
    out.append(LIGHT_BYTES[record.final_light])
    out.append(REFERRAL_REASON_BYTES[record.referral_reason])
    out.append(BYTES[1] if record.random_draw else BYTES[0])
    out.append(BYTES[1] if record.risk_over_threshold else BYTES[0])
    out.append(BYTES[1] if record.must_refer else BYTES[0])
    record_propensity = record.propensity
    if record_propensity is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_propensity))
    record_threshold_log_odds = record.threshold_log_odds
    if record_threshold_log_odds is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_threshold_log_odds))
    record_log_odds = record.log_odds
    if record_log_odds is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_log_odds))
    add_bytes(out, record.random_key_id.encode())
    add_bytes(out, record.rule_set_version.encode())
    record_policy_version = record.policy_version
    if record_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_policy_version.encode())
    record_vehicle_token = record.vehicle_token
    if record_vehicle_token is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_vehicle_token.encode())
    if record.evidence:
        add_long(out, len(record.evidence))
        for record_evidence_item in record.evidence:
            add_bytes(out, record_evidence_item.name.encode())
            out.append(DOUBLE.pack(record_evidence_item.log_odds))
    out.append(NULL)
    add_long(out, record.overrides)
    record_override_reason = record.override_reason
    if record_override_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(OVERRIDE_REASON_BYTES[record_override_reason])
    record_override_officer_id = record.override_officer_id
    if record_override_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_override_officer_id.encode())
    record_officer_on_duty_id = record.officer_on_duty_id
    if record_officer_on_duty_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_officer_on_duty_id.encode())
    if record.inspection_ids:
        add_long(out, len(record.inspection_ids))
        for record_inspection_ids_item in record.inspection_ids:
            add_bytes(out, record_inspection_ids_item.encode())
    out.append(NULL)
    record_inspection_started_at = record.inspection_started_at
    if record_inspection_started_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_inspection_started_at)
    record_inspection_ended_at = record.inspection_ended_at
    if record_inspection_ended_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_inspection_ended_at)
    if record.inspection_officer_ids:
        add_long(out, len(record.inspection_officer_ids))
        for record_inspection_officer_ids_item in record.inspection_officer_ids:
            add_bytes(out, record_inspection_officer_ids_item.encode())
    out.append(NULL)
    out.append(INSPECTION_RESOLUTION_BYTES[record.resolution])
    add_long(out, record.firearms)
    add_long(out, record.magazines)
    add_long(out, record.rounds)
    if record.exams_missing:
        add_long(out, len(record.exams_missing))
        for record_exams_missing_item in record.exams_missing:
            out.append(EXAM_BYTES[record_exams_missing_item])
    out.append(NULL)
    add_long(out, record.closed_at)
    record_shown_light = record.shown_light
    if record_shown_light is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(LIGHT_BYTES[record_shown_light])
    out.append(BYTES[1] if record.fallback else BYTES[0])
    record_fairness_group = record.fairness_group
    if record_fairness_group is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(PLATE_ISSUER_BYTES[record_fairness_group.issuer])
        out.append(PLATE_FORMAT_BYTES[record_fairness_group.plate_format])
        record_fairness_group_local_hour = record_fairness_group.local_hour
        if record_fairness_group_local_hour is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_long(out, record_fairness_group_local_hour)
    record_inspection_reason = record.inspection_reason
    if record_inspection_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(REFERRAL_REASON_BYTES[record_inspection_reason])
    record_hit_confirmed = record.hit_confirmed
    if record_hit_confirmed is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(BYTES[1] if record_hit_confirmed else BYTES[0])
    record_hit_confirmation_reason = record.hit_confirmation_reason
    if record_hit_confirmation_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(HIT_CONFIRMATION_REASON_BYTES[record_hit_confirmation_reason])
    record_light_given = record.light_given
    if record_light_given is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(LIGHT_BYTES[record_light_given])
    return b"".join(out)


def read_outcome(data: bytes, at: int) -> tuple[records.Outcome, int]:
    """A Outcome whose body starts at an offset."""
    size, at = read_size(data, at)
    passage_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_mode = LANE_MODE[size]
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    state = OUTCOME_STATE[size]
    selected_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        selected_at_there, at = read_long(data, at)
        selected_at = selected_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    light = LIGHT[size]
    size, at = read_size(data, at)
    final_light = LIGHT[size]
    size, at = read_size(data, at)
    referral_reason = REFERRAL_REASON[size]
    random_draw, at = read_boolean(data, at)
    risk_over_threshold, at = read_boolean(data, at)
    must_refer, at = read_boolean(data, at)
    propensity: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        propensity_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        propensity = propensity_there
    elif branch:
        raise ValueError("a union has no such branch")
    threshold_log_odds: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        threshold_log_odds_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        threshold_log_odds = threshold_log_odds_there
    elif branch:
        raise ValueError("a union has no such branch")
    log_odds: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        log_odds_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        log_odds = log_odds_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    random_key_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        policy_version_there = data[at : at + size].decode()
        at += size
        policy_version = policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    vehicle_token: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        vehicle_token_there = data[at : at + size].decode()
        at += size
        vehicle_token = vehicle_token_there
    elif branch:
        raise ValueError("a union has no such branch")
    evidence: tuple[records.Contribution, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        evidence_items: list[records.Contribution] = []
        evidence_count, at = read_count(data, at)
        while evidence_count:
            for _ in range(evidence_count):
                size, at = read_size(data, at)
                evidence_item_name = data[at : at + size].decode()
                at += size
                evidence_item_log_odds = DOUBLE.unpack_from(data, at)[0]
                at += 8
                evidence_item = records.Contribution(name=evidence_item_name, log_odds=evidence_item_log_odds)
                evidence_items.append(evidence_item)
            evidence_count, at = read_count(data, at)
        evidence = tuple(evidence_items)
    overrides, at = read_int(data, at)
    override_reason: records.OverrideReason | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        override_reason_there = OVERRIDE_REASON[size]
        override_reason = override_reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    override_officer_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        override_officer_id_there = data[at : at + size].decode()
        at += size
        override_officer_id = override_officer_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    officer_on_duty_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        officer_on_duty_id_there = data[at : at + size].decode()
        at += size
        officer_on_duty_id = officer_on_duty_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    inspection_ids: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        inspection_ids_items: list[str] = []
        inspection_ids_count, at = read_count(data, at)
        while inspection_ids_count:
            for _ in range(inspection_ids_count):
                size, at = read_size(data, at)
                inspection_ids_item = data[at : at + size].decode()
                at += size
                inspection_ids_items.append(inspection_ids_item)
            inspection_ids_count, at = read_count(data, at)
        inspection_ids = tuple(inspection_ids_items)
    inspection_started_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        inspection_started_at_there, at = read_long(data, at)
        inspection_started_at = inspection_started_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    inspection_ended_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        inspection_ended_at_there, at = read_long(data, at)
        inspection_ended_at = inspection_ended_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    inspection_officer_ids: tuple[str, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        inspection_officer_ids_items: list[str] = []
        inspection_officer_ids_count, at = read_count(data, at)
        while inspection_officer_ids_count:
            for _ in range(inspection_officer_ids_count):
                size, at = read_size(data, at)
                inspection_officer_ids_item = data[at : at + size].decode()
                at += size
                inspection_officer_ids_items.append(inspection_officer_ids_item)
            inspection_officer_ids_count, at = read_count(data, at)
        inspection_officer_ids = tuple(inspection_officer_ids_items)
    size, at = read_size(data, at)
    resolution = INSPECTION_RESOLUTION[size]
    firearms, at = read_int(data, at)
    magazines, at = read_int(data, at)
    rounds, at = read_int(data, at)
    exams_missing: tuple[records.Exam, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        exams_missing_items: list[records.Exam] = []
        exams_missing_count, at = read_count(data, at)
        while exams_missing_count:
            for _ in range(exams_missing_count):
                size, at = read_size(data, at)
                exams_missing_item = EXAM[size]
                exams_missing_items.append(exams_missing_item)
            exams_missing_count, at = read_count(data, at)
        exams_missing = tuple(exams_missing_items)
    closed_at, at = read_long(data, at)
    shown_light: records.Light | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        shown_light_there = LIGHT[size]
        shown_light = shown_light_there
    elif branch:
        raise ValueError("a union has no such branch")
    fallback, at = read_boolean(data, at)
    fairness_group: records.FairnessGroup | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        fairness_group_there_issuer = PLATE_ISSUER[size]
        size, at = read_size(data, at)
        fairness_group_there_plate_format = PLATE_FORMAT[size]
        fairness_group_there_local_hour: int | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            fairness_group_there_local_hour_there, at = read_int(data, at)
            fairness_group_there_local_hour = fairness_group_there_local_hour_there
        elif branch:
            raise ValueError("a union has no such branch")
        fairness_group_there = records.FairnessGroup(issuer=fairness_group_there_issuer, plate_format=fairness_group_there_plate_format, local_hour=fairness_group_there_local_hour)
        fairness_group = fairness_group_there
    elif branch:
        raise ValueError("a union has no such branch")
    inspection_reason: records.ReferralReason | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        inspection_reason_there = REFERRAL_REASON[size]
        inspection_reason = inspection_reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    hit_confirmed: bool | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        hit_confirmed_there, at = read_boolean(data, at)
        hit_confirmed = hit_confirmed_there
    elif branch:
        raise ValueError("a union has no such branch")
    hit_confirmation_reason: records.HitConfirmationReason | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        hit_confirmation_reason_there = HIT_CONFIRMATION_REASON[size]
        hit_confirmation_reason = hit_confirmation_reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    light_given: records.Light | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        light_given_there = LIGHT[size]
        light_given = light_given_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Outcome(passage_id=passage_id, lane_id=lane_id, port_code=port_code, lane_mode=lane_mode, operating_mode=operating_mode, revision=revision, state=state, selected_at=selected_at, light=light, final_light=final_light, referral_reason=referral_reason, random_draw=random_draw, risk_over_threshold=risk_over_threshold, must_refer=must_refer, propensity=propensity, threshold_log_odds=threshold_log_odds, log_odds=log_odds, random_key_id=random_key_id, rule_set_version=rule_set_version, policy_version=policy_version, vehicle_token=vehicle_token, evidence=evidence, overrides=overrides, override_reason=override_reason, override_officer_id=override_officer_id, officer_on_duty_id=officer_on_duty_id, inspection_ids=inspection_ids, inspection_started_at=inspection_started_at, inspection_ended_at=inspection_ended_at, inspection_officer_ids=inspection_officer_ids, resolution=resolution, firearms=firearms, magazines=magazines, rounds=rounds, exams_missing=exams_missing, closed_at=closed_at, shown_light=shown_light, fallback=fallback, fairness_group=fairness_group, inspection_reason=inspection_reason, hit_confirmed=hit_confirmed, hit_confirmation_reason=hit_confirmation_reason, light_given=light_given), at


def write_override(record: records.Override) -> bytes:
    """Body of a Override."""
    out: list[bytes] = []
    add_bytes(out, record.override_id.encode())
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.officer_id.encode())
    out.append(LIGHT_BYTES[record.light])
    out.append(OVERRIDE_REASON_BYTES[record.reason])
    add_long(out, record.overridden_at)
    add_long(out, record.received_at)
    return b"".join(out)


def read_override(data: bytes, at: int) -> tuple[records.Override, int]:
    """A Override whose body starts at an offset."""
    size, at = read_size(data, at)
    override_id = data[at : at + size].decode()
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
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    officer_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    light = LIGHT[size]
    size, at = read_size(data, at)
    reason = OVERRIDE_REASON[size]
    overridden_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    return records.Override(override_id=override_id, passage_id=passage_id, lane_id=lane_id, port_code=port_code, operating_mode=operating_mode, officer_id=officer_id, light=light, reason=reason, overridden_at=overridden_at, received_at=received_at), at


def write_oversight_requirement(record: records.OversightRequirement) -> bytes:
    """Body of a OversightRequirement."""
    out: list[bytes] = []
    add_bytes(out, record.requirement_id.encode())
    add_bytes(out, record.rule_set_version.encode())
    record_policy_version = record.policy_version
    if record_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_policy_version.encode())
    add_long(out, record.valid_from_at)
    add_bytes(out, record.required_by.encode())
    add_long(out, record.received_at)
    return b"".join(out)


def read_oversight_requirement(data: bytes, at: int) -> tuple[records.OversightRequirement, int]:
    """A OversightRequirement whose body starts at an offset."""
    size, at = read_size(data, at)
    requirement_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        policy_version_there = data[at : at + size].decode()
        at += size
        policy_version = policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    valid_from_at, at = read_long(data, at)
    size, at = read_size(data, at)
    required_by = data[at : at + size].decode()
    at += size
    received_at, at = read_long(data, at)
    return records.OversightRequirement(requirement_id=requirement_id, rule_set_version=rule_set_version, policy_version=policy_version, valid_from_at=valid_from_at, required_by=required_by, received_at=received_at), at


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
    record_selection_policy_version = record.selection_policy_version
    if record_selection_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_selection_policy_version.encode())
    record_selection_policy_text = record.selection_policy_text
    if record_selection_policy_text is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_selection_policy_text.encode())
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
    record_port_text = record.port_text
    if record_port_text is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_port_text.encode())
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
    selection_policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        selection_policy_version_there = data[at : at + size].decode()
        at += size
        selection_policy_version = selection_policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    selection_policy_text: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        selection_policy_text_there = data[at : at + size].decode()
        at += size
        selection_policy_text = selection_policy_text_there
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
    port_text: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        port_text_there = data[at : at + size].decode()
        at += size
        port_text = port_text_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.ReferenceChange(change_id=change_id, kind=kind, changed_by=changed_by, changed_at=changed_at, watchlist_entry=watchlist_entry, watchlist_entry_id=watchlist_entry_id, rule_set_version=rule_set_version, rule_set_text=rule_set_text, selection_policy_version=selection_policy_version, selection_policy_text=selection_policy_text, watchlist_suppression=watchlist_suppression, watchlist_suppression_id=watchlist_suppression_id, approved_by=approved_by, port_text=port_text), at


def write_reidentification(record: records.Reidentification) -> bytes:
    """Body of a Reidentification."""
    out: list[bytes] = []
    add_bytes(out, record.reidentification_id.encode())
    add_bytes(out, record.agency_id.encode())
    out.append(REIDENTIFICATION_STATE_BYTES[record.state])
    add_bytes(out, record.record_token.encode())
    add_bytes(out, record.dataset.encode())
    add_bytes(out, record.record_told.encode())
    add_bytes(out, record.purpose.encode())
    add_bytes(out, record.case_number.encode())
    add_bytes(out, record.legal_basis.encode())
    add_long(out, record.asked_at)
    record_decided_by = record.decided_by
    if record_decided_by is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_decided_by.encode())
    record_reason = record.reason
    if record_reason is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_reason.encode())
    record_decided_at = record.decided_at
    if record_decided_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_decided_at)
    return b"".join(out)


def read_reidentification(data: bytes, at: int) -> tuple[records.Reidentification, int]:
    """A Reidentification whose body starts at an offset."""
    size, at = read_size(data, at)
    reidentification_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    agency_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    state = REIDENTIFICATION_STATE[size]
    size, at = read_size(data, at)
    record_token = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    dataset = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    record_told = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    purpose = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    case_number = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    legal_basis = data[at : at + size].decode()
    at += size
    asked_at, at = read_long(data, at)
    decided_by: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        decided_by_there = data[at : at + size].decode()
        at += size
        decided_by = decided_by_there
    elif branch:
        raise ValueError("a union has no such branch")
    reason: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        reason_there = data[at : at + size].decode()
        at += size
        reason = reason_there
    elif branch:
        raise ValueError("a union has no such branch")
    decided_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        decided_at_there, at = read_long(data, at)
        decided_at = decided_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.Reidentification(reidentification_id=reidentification_id, agency_id=agency_id, state=state, record_token=record_token, dataset=dataset, record_told=record_told, purpose=purpose, case_number=case_number, legal_basis=legal_basis, asked_at=asked_at, decided_by=decided_by, reason=reason, decided_at=decided_at), at


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


def write_secondary_staffing(record: records.SecondaryStaffing) -> bytes:
    """Body of a SecondaryStaffing."""
    out: list[bytes] = []
    add_bytes(out, record.staffing_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(LANE_MODE_BYTES[record.lane_mode])
    out.append(DOUBLE.pack(record.inspectors))
    add_long(out, record.from_at)
    add_long(out, record.until_at)
    add_bytes(out, record.told_by.encode())
    add_long(out, record.received_at)
    return b"".join(out)


def read_secondary_staffing(data: bytes, at: int) -> tuple[records.SecondaryStaffing, int]:
    """A SecondaryStaffing whose body starts at an offset."""
    size, at = read_size(data, at)
    staffing_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_mode = LANE_MODE[size]
    inspectors = DOUBLE.unpack_from(data, at)[0]
    at += 8
    from_at, at = read_long(data, at)
    until_at, at = read_long(data, at)
    size, at = read_size(data, at)
    told_by = data[at : at + size].decode()
    at += size
    received_at, at = read_long(data, at)
    return records.SecondaryStaffing(staffing_id=staffing_id, port_code=port_code, lane_mode=lane_mode, inspectors=inspectors, from_at=from_at, until_at=until_at, told_by=told_by, received_at=received_at), at


def write_selection(record: records.Selection) -> bytes:
    """Body of a Selection."""
    out: list[bytes] = []
    add_bytes(out, record.passage_id.encode())
    add_bytes(out, record.lane_id.encode())
    add_bytes(out, record.port_code.encode())
    out.append(LANE_MODE_BYTES[record.lane_mode])
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
    record_share_at_threshold = record.share_at_threshold
    if record_share_at_threshold is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_share_at_threshold))
    out.append(DOUBLE.pack(record.log_odds))
    add_bytes(out, record.random_key_id.encode())
    add_bytes(out, record.rule_set_version.encode())
    record_policy_version = record.policy_version
    if record_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_policy_version.encode())
    record_vehicle_token = record.vehicle_token
    if record_vehicle_token is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_vehicle_token.encode())
    if record.silent_sensors:
        add_long(out, len(record.silent_sensors))
        for record_silent_sensors_item in record.silent_sensors:
            out.append(SENSOR_ROLE_BYTES[record_silent_sensors_item])
    out.append(NULL)
    record_fairness_group = record.fairness_group
    if record_fairness_group is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(PLATE_ISSUER_BYTES[record_fairness_group.issuer])
        out.append(PLATE_FORMAT_BYTES[record_fairness_group.plate_format])
        record_fairness_group_local_hour = record_fairness_group.local_hour
        if record_fairness_group_local_hour is None:
            out.append(NULL)
        else:
            out.append(PRESENT)
            add_long(out, record_fairness_group_local_hour)
    if record.mandated_exams:
        add_long(out, len(record.mandated_exams))
        for record_mandated_exams_item in record.mandated_exams:
            out.append(EXAM_BYTES[record_mandated_exams_item])
    out.append(NULL)
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
    size, at = read_size(data, at)
    lane_mode = LANE_MODE[size]
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
    share_at_threshold: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        share_at_threshold_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        share_at_threshold = share_at_threshold_there
    elif branch:
        raise ValueError("a union has no such branch")
    log_odds = DOUBLE.unpack_from(data, at)[0]
    at += 8
    size, at = read_size(data, at)
    random_key_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    rule_set_version = data[at : at + size].decode()
    at += size
    policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        policy_version_there = data[at : at + size].decode()
        at += size
        policy_version = policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    vehicle_token: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        vehicle_token_there = data[at : at + size].decode()
        at += size
        vehicle_token = vehicle_token_there
    elif branch:
        raise ValueError("a union has no such branch")
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
    fairness_group: records.FairnessGroup | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        fairness_group_there_issuer = PLATE_ISSUER[size]
        size, at = read_size(data, at)
        fairness_group_there_plate_format = PLATE_FORMAT[size]
        fairness_group_there_local_hour: int | None = None
        branch = data[at]
        at += 1
        if branch == 2:
            fairness_group_there_local_hour_there, at = read_int(data, at)
            fairness_group_there_local_hour = fairness_group_there_local_hour_there
        elif branch:
            raise ValueError("a union has no such branch")
        fairness_group_there = records.FairnessGroup(issuer=fairness_group_there_issuer, plate_format=fairness_group_there_plate_format, local_hour=fairness_group_there_local_hour)
        fairness_group = fairness_group_there
    elif branch:
        raise ValueError("a union has no such branch")
    mandated_exams: tuple[records.Exam, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        mandated_exams_items: list[records.Exam] = []
        mandated_exams_count, at = read_count(data, at)
        while mandated_exams_count:
            for _ in range(mandated_exams_count):
                size, at = read_size(data, at)
                mandated_exams_item = EXAM[size]
                mandated_exams_items.append(mandated_exams_item)
            mandated_exams_count, at = read_count(data, at)
        mandated_exams = tuple(mandated_exams_items)
    return records.Selection(passage_id=passage_id, lane_id=lane_id, port_code=port_code, lane_mode=lane_mode, passage_number=passage_number, at_light_reading_id=at_light_reading_id, at_light_received_at=at_light_received_at, selected_at=selected_at, operating_mode=operating_mode, light=light, referral_reason=referral_reason, random_draw=random_draw, risk_over_threshold=risk_over_threshold, must_refer=must_refer, propensity=propensity, threshold_log_odds=threshold_log_odds, share_at_threshold=share_at_threshold, log_odds=log_odds, random_key_id=random_key_id, rule_set_version=rule_set_version, policy_version=policy_version, vehicle_token=vehicle_token, silent_sensors=silent_sensors, fairness_group=fairness_group, mandated_exams=mandated_exams), at


def write_selection_policy_version(record: records.SelectionPolicyVersion) -> bytes:
    """Body of a SelectionPolicyVersion."""
    out: list[bytes] = []
    add_bytes(out, record.version.encode())
    add_bytes(out, record.text.encode())
    add_bytes(out, record.sha256.encode())
    add_bytes(out, record.published_by.encode())
    add_bytes(out, record.approved_by.encode())
    add_long(out, record.published_at)
    return b"".join(out)


def read_selection_policy_version(data: bytes, at: int) -> tuple[records.SelectionPolicyVersion, int]:
    """A SelectionPolicyVersion whose body starts at an offset."""
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
    return records.SelectionPolicyVersion(version=version, text=text, sha256=sha256, published_by=published_by, approved_by=approved_by, published_at=published_at), at


def write_selection_threshold(record: records.SelectionThreshold) -> bytes:
    """Body of a SelectionThreshold."""
    out: list[bytes] = []
    add_bytes(out, record.port_code.encode())
    out.append(LANE_MODE_BYTES[record.lane_mode])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    record_policy_version = record.policy_version
    if record_policy_version is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_policy_version.encode())
    record_random_propensity = record.random_propensity
    if record_random_propensity is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_random_propensity))
    record_threshold_log_odds = record.threshold_log_odds
    if record_threshold_log_odds is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_threshold_log_odds))
    record_share_at_threshold = record.share_at_threshold
    if record_share_at_threshold is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_share_at_threshold))
    record_budget_reds_per_hour = record.budget_reds_per_hour
    if record_budget_reds_per_hour is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        out.append(DOUBLE.pack(record_budget_reds_per_hour))
    add_long(out, record.set_at)
    if record.mandates:
        add_long(out, len(record.mandates))
        for record_mandates_item in record.mandates:
            out.append(REFERRAL_REASON_BYTES[record_mandates_item.referral_reason])
            if record_mandates_item.exams:
                add_long(out, len(record_mandates_item.exams))
                for record_mandates_item_exams_item in record_mandates_item.exams:
                    out.append(EXAM_BYTES[record_mandates_item_exams_item])
            out.append(NULL)
    out.append(NULL)
    return b"".join(out)


def read_selection_threshold(data: bytes, at: int) -> tuple[records.SelectionThreshold, int]:
    """A SelectionThreshold whose body starts at an offset."""
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_mode = LANE_MODE[size]
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    policy_version: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        policy_version_there = data[at : at + size].decode()
        at += size
        policy_version = policy_version_there
    elif branch:
        raise ValueError("a union has no such branch")
    random_propensity: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        random_propensity_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        random_propensity = random_propensity_there
    elif branch:
        raise ValueError("a union has no such branch")
    threshold_log_odds: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        threshold_log_odds_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        threshold_log_odds = threshold_log_odds_there
    elif branch:
        raise ValueError("a union has no such branch")
    share_at_threshold: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        share_at_threshold_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        share_at_threshold = share_at_threshold_there
    elif branch:
        raise ValueError("a union has no such branch")
    budget_reds_per_hour: float | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        budget_reds_per_hour_there = DOUBLE.unpack_from(data, at)[0]
        at += 8
        budget_reds_per_hour = budget_reds_per_hour_there
    elif branch:
        raise ValueError("a union has no such branch")
    set_at, at = read_long(data, at)
    mandates: tuple[records.ExamMandate, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        mandates_items: list[records.ExamMandate] = []
        mandates_count, at = read_count(data, at)
        while mandates_count:
            for _ in range(mandates_count):
                size, at = read_size(data, at)
                mandates_item_referral_reason = REFERRAL_REASON[size]
                mandates_item_exams: tuple[records.Exam, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    mandates_item_exams_items: list[records.Exam] = []
                    mandates_item_exams_count, at = read_count(data, at)
                    while mandates_item_exams_count:
                        for _ in range(mandates_item_exams_count):
                            size, at = read_size(data, at)
                            mandates_item_exams_item = EXAM[size]
                            mandates_item_exams_items.append(mandates_item_exams_item)
                        mandates_item_exams_count, at = read_count(data, at)
                    mandates_item_exams = tuple(mandates_item_exams_items)
                mandates_item = records.ExamMandate(referral_reason=mandates_item_referral_reason, exams=mandates_item_exams)
                mandates_items.append(mandates_item)
            mandates_count, at = read_count(data, at)
        mandates = tuple(mandates_items)
    return records.SelectionThreshold(port_code=port_code, lane_mode=lane_mode, operating_mode=operating_mode, policy_version=policy_version, random_propensity=random_propensity, threshold_log_odds=threshold_log_odds, share_at_threshold=share_at_threshold, budget_reds_per_hour=budget_reds_per_hour, set_at=set_at, mandates=mandates), at


def write_sharing_agreement_version(record: records.SharingAgreementVersion) -> bytes:
    """Body of a SharingAgreementVersion."""
    out: list[bytes] = []
    add_bytes(out, record.agency_id.encode())
    add_bytes(out, record.version.encode())
    add_bytes(out, record.text.encode())
    add_bytes(out, record.sha256.encode())
    out.append(BYTES[1] if record.withdrawn else BYTES[0])
    add_bytes(out, record.published_by.encode())
    add_bytes(out, record.approved_by.encode())
    add_long(out, record.published_at)
    return b"".join(out)


def read_sharing_agreement_version(data: bytes, at: int) -> tuple[records.SharingAgreementVersion, int]:
    """A SharingAgreementVersion whose body starts at an offset."""
    size, at = read_size(data, at)
    agency_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    version = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    text = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    sha256 = data[at : at + size].decode()
    at += size
    withdrawn, at = read_boolean(data, at)
    size, at = read_size(data, at)
    published_by = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    approved_by = data[at : at + size].decode()
    at += size
    published_at, at = read_long(data, at)
    return records.SharingAgreementVersion(agency_id=agency_id, version=version, text=text, sha256=sha256, withdrawn=withdrawn, published_by=published_by, approved_by=approved_by, published_at=published_at), at


def write_sharing_request(record: records.SharingRequest) -> bytes:
    """Body of a SharingRequest."""
    out: list[bytes] = []
    add_bytes(out, record.request_id.encode())
    add_bytes(out, record.agency_id.encode())
    add_bytes(out, record.agreement_version.encode())
    out.append(SHARING_REQUEST_KIND_BYTES[record.kind])
    record_dataset = record.dataset
    if record_dataset is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_dataset.encode())
    record_purpose = record.purpose
    if record_purpose is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_purpose.encode())
    record_case_number = record.case_number
    if record_case_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_case_number.encode())
    add_long(out, record.item_count)
    record_refused = record.refused
    if record_refused is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_refused.encode())
    add_long(out, record.asked_at)
    return b"".join(out)


def read_sharing_request(data: bytes, at: int) -> tuple[records.SharingRequest, int]:
    """A SharingRequest whose body starts at an offset."""
    size, at = read_size(data, at)
    request_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    agency_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    agreement_version = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    kind = SHARING_REQUEST_KIND[size]
    dataset: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        dataset_there = data[at : at + size].decode()
        at += size
        dataset = dataset_there
    elif branch:
        raise ValueError("a union has no such branch")
    purpose: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        purpose_there = data[at : at + size].decode()
        at += size
        purpose = purpose_there
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
    item_count, at = read_int(data, at)
    refused: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        refused_there = data[at : at + size].decode()
        at += size
        refused = refused_there
    elif branch:
        raise ValueError("a union has no such branch")
    asked_at, at = read_long(data, at)
    return records.SharingRequest(request_id=request_id, agency_id=agency_id, agreement_version=agreement_version, kind=kind, dataset=dataset, purpose=purpose, case_number=case_number, item_count=item_count, refused=refused, asked_at=asked_at), at


def write_suggestion(record: records.Suggestion) -> bytes:
    """Body of a Suggestion."""
    out: list[bytes] = []
    add_bytes(out, record.suggestion_id.encode())
    add_long(out, record.revision)
    out.append(SUGGESTION_STATE_BYTES[record.state])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.plate.encode())
    record_jurisdiction = record.jurisdiction
    if record_jurisdiction is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_jurisdiction.encode())
    if record.reasons:
        add_long(out, len(record.reasons))
        for record_reasons_item in record.reasons:
            out.append(SUGGESTION_REASON_KIND_BYTES[record_reasons_item.kind])
            add_bytes(out, record_reasons_item.explanation.encode())
            if record_reasons_item.evidence_ids:
                add_long(out, len(record_reasons_item.evidence_ids))
                for record_reasons_item_evidence_ids_item in record_reasons_item.evidence_ids:
                    add_bytes(out, record_reasons_item_evidence_ids_item.encode())
            out.append(NULL)
    out.append(NULL)
    add_bytes(out, record.link_id.encode())
    add_bytes(out, record.source.encode())
    add_bytes(out, record.case_number.encode())
    add_bytes(out, record.legal_basis.encode())
    add_long(out, record.valid_until_at)
    add_long(out, record.suggested_at)
    return b"".join(out)


def read_suggestion(data: bytes, at: int) -> tuple[records.Suggestion, int]:
    """A Suggestion whose body starts at an offset."""
    size, at = read_size(data, at)
    suggestion_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    state = SUGGESTION_STATE[size]
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
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
    reasons: tuple[records.SuggestionReason, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        reasons_items: list[records.SuggestionReason] = []
        reasons_count, at = read_count(data, at)
        while reasons_count:
            for _ in range(reasons_count):
                size, at = read_size(data, at)
                reasons_item_kind = SUGGESTION_REASON_KIND[size]
                size, at = read_size(data, at)
                reasons_item_explanation = data[at : at + size].decode()
                at += size
                reasons_item_evidence_ids: tuple[str, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    reasons_item_evidence_ids_items: list[str] = []
                    reasons_item_evidence_ids_count, at = read_count(data, at)
                    while reasons_item_evidence_ids_count:
                        for _ in range(reasons_item_evidence_ids_count):
                            size, at = read_size(data, at)
                            reasons_item_evidence_ids_item = data[at : at + size].decode()
                            at += size
                            reasons_item_evidence_ids_items.append(reasons_item_evidence_ids_item)
                        reasons_item_evidence_ids_count, at = read_count(data, at)
                    reasons_item_evidence_ids = tuple(reasons_item_evidence_ids_items)
                reasons_item = records.SuggestionReason(kind=reasons_item_kind, explanation=reasons_item_explanation, evidence_ids=reasons_item_evidence_ids)
                reasons_items.append(reasons_item)
            reasons_count, at = read_count(data, at)
        reasons = tuple(reasons_items)
    size, at = read_size(data, at)
    link_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    source = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    case_number = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    legal_basis = data[at : at + size].decode()
    at += size
    valid_until_at, at = read_long(data, at)
    suggested_at, at = read_long(data, at)
    return records.Suggestion(suggestion_id=suggestion_id, revision=revision, state=state, operating_mode=operating_mode, plate=plate, jurisdiction=jurisdiction, reasons=reasons, link_id=link_id, source=source, case_number=case_number, legal_basis=legal_basis, valid_until_at=valid_until_at, suggested_at=suggested_at), at


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


def write_trace(record: records.Trace) -> bytes:
    """Body of a Trace."""
    out: list[bytes] = []
    add_bytes(out, record.trace_id.encode())
    add_long(out, record.revision)
    out.append(BYTES[1] if record.withdrawn else BYTES[0])
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(TRACE_RESULT_BYTES[record.result])
    record_purchaser_id = record.purchaser_id
    if record_purchaser_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_purchaser_id.encode())
    out.append(FIREARM_CATEGORY_BYTES[record.firearm_category])
    add_bytes(out, record.firearm_make.encode())
    add_bytes(out, record.firearm_caliber.encode())
    record_firearm_serial_number = record.firearm_serial_number
    if record_firearm_serial_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_firearm_serial_number.encode())
    add_long(out, record.recovered_at)
    record_recovery_region_code = record.recovery_region_code
    if record_recovery_region_code is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_recovery_region_code.encode())
    record_recovery_city_name = record.recovery_city_name
    if record_recovery_city_name is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_recovery_city_name.encode())
    record_purchased_at = record.purchased_at
    if record_purchased_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_purchased_at)
    record_dealer_state_code = record.dealer_state_code
    if record_dealer_state_code is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_dealer_state_code.encode())
    record_dealer_city_name = record.dealer_city_name
    if record_dealer_city_name is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_dealer_city_name.encode())
    out.append(BYTES[1] if record.reported_stolen else BYTES[0])
    add_long(out, record.received_at)
    return b"".join(out)


def read_trace(data: bytes, at: int) -> tuple[records.Trace, int]:
    """A Trace whose body starts at an offset."""
    size, at = read_size(data, at)
    trace_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    withdrawn, at = read_boolean(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    result = TRACE_RESULT[size]
    purchaser_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        purchaser_id_there = data[at : at + size].decode()
        at += size
        purchaser_id = purchaser_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    firearm_category = FIREARM_CATEGORY[size]
    size, at = read_size(data, at)
    firearm_make = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    firearm_caliber = data[at : at + size].decode()
    at += size
    firearm_serial_number: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        firearm_serial_number_there = data[at : at + size].decode()
        at += size
        firearm_serial_number = firearm_serial_number_there
    elif branch:
        raise ValueError("a union has no such branch")
    recovered_at, at = read_long(data, at)
    recovery_region_code: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        recovery_region_code_there = data[at : at + size].decode()
        at += size
        recovery_region_code = recovery_region_code_there
    elif branch:
        raise ValueError("a union has no such branch")
    recovery_city_name: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        recovery_city_name_there = data[at : at + size].decode()
        at += size
        recovery_city_name = recovery_city_name_there
    elif branch:
        raise ValueError("a union has no such branch")
    purchased_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        purchased_at_there, at = read_long(data, at)
        purchased_at = purchased_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    dealer_state_code: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        dealer_state_code_there = data[at : at + size].decode()
        at += size
        dealer_state_code = dealer_state_code_there
    elif branch:
        raise ValueError("a union has no such branch")
    dealer_city_name: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        dealer_city_name_there = data[at : at + size].decode()
        at += size
        dealer_city_name = dealer_city_name_there
    elif branch:
        raise ValueError("a union has no such branch")
    reported_stolen, at = read_boolean(data, at)
    received_at, at = read_long(data, at)
    return records.Trace(trace_id=trace_id, revision=revision, withdrawn=withdrawn, operating_mode=operating_mode, result=result, purchaser_id=purchaser_id, firearm_category=firearm_category, firearm_make=firearm_make, firearm_caliber=firearm_caliber, firearm_serial_number=firearm_serial_number, recovered_at=recovered_at, recovery_region_code=recovery_region_code, recovery_city_name=recovery_city_name, purchased_at=purchased_at, dealer_state_code=dealer_state_code, dealer_city_name=dealer_city_name, reported_stolen=reported_stolen, received_at=received_at), at


def write_train_consist(record: records.TrainConsist) -> bytes:
    """Body of a TrainConsist."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.train_id.encode())
    add_long(out, record.revision)
    record_sent_at = record.sent_at
    if record_sent_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_sent_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    add_bytes(out, record.railroad.encode())
    if record.equipment:
        add_long(out, len(record.equipment))
        for record_equipment_item in record.equipment:
            add_long(out, record_equipment_item.position)
            out.append(EQUIPMENT_KIND_BYTES[record_equipment_item.kind])
            add_bytes(out, record_equipment_item.mark.encode())
            add_long(out, record_equipment_item.number)
            out.append(LOAD_STATE_BYTES[record_equipment_item.load_state])
            record_equipment_item_commodity_code = record_equipment_item.commodity_code
            if record_equipment_item_commodity_code is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_bytes(out, record_equipment_item_commodity_code.encode())
            record_equipment_item_declared_gross_weight_kg = record_equipment_item.declared_gross_weight_kg
            if record_equipment_item_declared_gross_weight_kg is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_equipment_item_declared_gross_weight_kg))
            record_equipment_item_axle_count = record_equipment_item.axle_count
            if record_equipment_item_axle_count is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                add_long(out, record_equipment_item_axle_count)
            record_equipment_item_length_m = record_equipment_item.length_m
            if record_equipment_item_length_m is None:
                out.append(NULL)
            else:
                out.append(PRESENT)
                out.append(DOUBLE.pack(record_equipment_item_length_m))
            if record_equipment_item.seals:
                add_long(out, len(record_equipment_item.seals))
                for record_equipment_item_seals_item in record_equipment_item.seals:
                    add_bytes(out, record_equipment_item_seals_item.encode())
            out.append(NULL)
            if record_equipment_item.hazardous_materials:
                add_long(out, len(record_equipment_item.hazardous_materials))
                for record_equipment_item_hazardous_materials_item in record_equipment_item.hazardous_materials:
                    add_bytes(out, record_equipment_item_hazardous_materials_item.encode())
            out.append(NULL)
    out.append(NULL)
    return b"".join(out)


def read_train_consist(data: bytes, at: int) -> tuple[records.TrainConsist, int]:
    """A TrainConsist whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    train_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    sent_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        sent_at_there, at = read_long(data, at)
        sent_at = sent_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    railroad = data[at : at + size].decode()
    at += size
    equipment: tuple[records.ConsistEquipment, ...] = ()
    if data[at] == 0:
        at += 1
    else:
        equipment_items: list[records.ConsistEquipment] = []
        equipment_count, at = read_count(data, at)
        while equipment_count:
            for _ in range(equipment_count):
                equipment_item_position, at = read_int(data, at)
                size, at = read_size(data, at)
                equipment_item_kind = EQUIPMENT_KIND[size]
                size, at = read_size(data, at)
                equipment_item_mark = data[at : at + size].decode()
                at += size
                equipment_item_number, at = read_int(data, at)
                size, at = read_size(data, at)
                equipment_item_load_state = LOAD_STATE[size]
                equipment_item_commodity_code: str | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    size, at = read_size(data, at)
                    equipment_item_commodity_code_there = data[at : at + size].decode()
                    at += size
                    equipment_item_commodity_code = equipment_item_commodity_code_there
                elif branch:
                    raise ValueError("a union has no such branch")
                equipment_item_declared_gross_weight_kg: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    equipment_item_declared_gross_weight_kg_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    equipment_item_declared_gross_weight_kg = equipment_item_declared_gross_weight_kg_there
                elif branch:
                    raise ValueError("a union has no such branch")
                equipment_item_axle_count: int | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    equipment_item_axle_count_there, at = read_int(data, at)
                    equipment_item_axle_count = equipment_item_axle_count_there
                elif branch:
                    raise ValueError("a union has no such branch")
                equipment_item_length_m: float | None = None
                branch = data[at]
                at += 1
                if branch == 2:
                    equipment_item_length_m_there = DOUBLE.unpack_from(data, at)[0]
                    at += 8
                    equipment_item_length_m = equipment_item_length_m_there
                elif branch:
                    raise ValueError("a union has no such branch")
                equipment_item_seals: tuple[str, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    equipment_item_seals_items: list[str] = []
                    equipment_item_seals_count, at = read_count(data, at)
                    while equipment_item_seals_count:
                        for _ in range(equipment_item_seals_count):
                            size, at = read_size(data, at)
                            equipment_item_seals_item = data[at : at + size].decode()
                            at += size
                            equipment_item_seals_items.append(equipment_item_seals_item)
                        equipment_item_seals_count, at = read_count(data, at)
                    equipment_item_seals = tuple(equipment_item_seals_items)
                equipment_item_hazardous_materials: tuple[str, ...] = ()
                if data[at] == 0:
                    at += 1
                else:
                    equipment_item_hazardous_materials_items: list[str] = []
                    equipment_item_hazardous_materials_count, at = read_count(data, at)
                    while equipment_item_hazardous_materials_count:
                        for _ in range(equipment_item_hazardous_materials_count):
                            size, at = read_size(data, at)
                            equipment_item_hazardous_materials_item = data[at : at + size].decode()
                            at += size
                            equipment_item_hazardous_materials_items.append(equipment_item_hazardous_materials_item)
                        equipment_item_hazardous_materials_count, at = read_count(data, at)
                    equipment_item_hazardous_materials = tuple(equipment_item_hazardous_materials_items)
                equipment_item = records.ConsistEquipment(position=equipment_item_position, kind=equipment_item_kind, mark=equipment_item_mark, number=equipment_item_number, load_state=equipment_item_load_state, commodity_code=equipment_item_commodity_code, declared_gross_weight_kg=equipment_item_declared_gross_weight_kg, axle_count=equipment_item_axle_count, length_m=equipment_item_length_m, seals=equipment_item_seals, hazardous_materials=equipment_item_hazardous_materials)
                equipment_items.append(equipment_item)
            equipment_count, at = read_count(data, at)
        equipment = tuple(equipment_items)
    return records.TrainConsist(reading_id=reading_id, port_code=port_code, train_id=train_id, revision=revision, sent_at=sent_at, received_at=received_at, operating_mode=operating_mode, railroad=railroad, equipment=equipment), at


def write_train_coverage(record: records.TrainCoverage) -> bytes:
    """Body of a TrainCoverage."""
    out: list[bytes] = []
    add_bytes(out, record.visit_id.encode())
    add_bytes(out, record.port_code.encode())
    record_track_id = record.track_id
    if record_track_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_track_id.encode())
    record_train_id = record.train_id
    if record_train_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_train_id.encode())
    add_long(out, record.revision)
    add_long(out, record.decided_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    record_entered_at = record.entered_at
    if record_entered_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_entered_at)
    record_left_at = record.left_at
    if record_left_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_left_at)
    record_released_at = record.released_at
    if record_released_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_released_at)
    record_released_by_officer_id = record.released_by_officer_id
    if record_released_by_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_released_by_officer_id.encode())
    record_consist_revision = record.consist_revision
    if record_consist_revision is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_consist_revision)
    out.append(BYTES[1] if record.backwards else BYTES[0])
    add_long(out, record.cars_expected)
    add_long(out, record.cars_seen)
    add_long(out, record.cars_scanned_well)
    add_long(out, record.cars_cleared)
    add_long(out, record.cars_open)
    add_long(out, record.cars_missing)
    add_long(out, record.cars_added)
    add_long(out, record.cars_out_of_sequence)
    out.append(BYTES[1] if record.coverable else BYTES[0])
    out.append(BYTES[1] if record.covered else BYTES[0])
    add_long(out, record.readings_count)
    record_readings_sha256 = record.readings_sha256
    if record_readings_sha256 is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_readings_sha256.encode())
    record_cars_sha256 = record.cars_sha256
    if record_cars_sha256 is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_cars_sha256.encode())
    return b"".join(out)


def read_train_coverage(data: bytes, at: int) -> tuple[records.TrainCoverage, int]:
    """A TrainCoverage whose body starts at an offset."""
    size, at = read_size(data, at)
    visit_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    track_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        track_id_there = data[at : at + size].decode()
        at += size
        track_id = track_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    train_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        train_id_there = data[at : at + size].decode()
        at += size
        train_id = train_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    revision, at = read_int(data, at)
    decided_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    entered_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        entered_at_there, at = read_long(data, at)
        entered_at = entered_at_there
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
    released_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        released_at_there, at = read_long(data, at)
        released_at = released_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    released_by_officer_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        released_by_officer_id_there = data[at : at + size].decode()
        at += size
        released_by_officer_id = released_by_officer_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    consist_revision: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        consist_revision_there, at = read_int(data, at)
        consist_revision = consist_revision_there
    elif branch:
        raise ValueError("a union has no such branch")
    backwards, at = read_boolean(data, at)
    cars_expected, at = read_int(data, at)
    cars_seen, at = read_int(data, at)
    cars_scanned_well, at = read_int(data, at)
    cars_cleared, at = read_int(data, at)
    cars_open, at = read_int(data, at)
    cars_missing, at = read_int(data, at)
    cars_added, at = read_int(data, at)
    cars_out_of_sequence, at = read_int(data, at)
    coverable, at = read_boolean(data, at)
    covered, at = read_boolean(data, at)
    readings_count, at = read_long(data, at)
    readings_sha256: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        readings_sha256_there = data[at : at + size].decode()
        at += size
        readings_sha256 = readings_sha256_there
    elif branch:
        raise ValueError("a union has no such branch")
    cars_sha256: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        cars_sha256_there = data[at : at + size].decode()
        at += size
        cars_sha256 = cars_sha256_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.TrainCoverage(visit_id=visit_id, port_code=port_code, track_id=track_id, train_id=train_id, revision=revision, decided_at=decided_at, operating_mode=operating_mode, entered_at=entered_at, left_at=left_at, released_at=released_at, released_by_officer_id=released_by_officer_id, consist_revision=consist_revision, backwards=backwards, cars_expected=cars_expected, cars_seen=cars_seen, cars_scanned_well=cars_scanned_well, cars_cleared=cars_cleared, cars_open=cars_open, cars_missing=cars_missing, cars_added=cars_added, cars_out_of_sequence=cars_out_of_sequence, coverable=coverable, covered=covered, readings_count=readings_count, readings_sha256=readings_sha256, cars_sha256=cars_sha256), at


def write_train_event(record: records.TrainEvent) -> bytes:
    """Body of a TrainEvent."""
    out: list[bytes] = []
    add_bytes(out, record.reading_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.track_id.encode())
    add_bytes(out, record.device_id.encode())
    add_long(out, record.observed_at)
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    out.append(TRAIN_EVENT_KIND_BYTES[record.kind])
    record_train_id = record.train_id
    if record_train_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_train_id.encode())
    record_pass_number = record.pass_number
    if record_pass_number is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_pass_number)
    record_axle_count = record.axle_count
    if record_axle_count is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_axle_count)
    record_officer_id = record.officer_id
    if record_officer_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_officer_id.encode())
    return b"".join(out)


def read_train_event(data: bytes, at: int) -> tuple[records.TrainEvent, int]:
    """A TrainEvent whose body starts at an offset."""
    size, at = read_size(data, at)
    reading_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    track_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    device_id = data[at : at + size].decode()
    at += size
    observed_at, at = read_long(data, at)
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    size, at = read_size(data, at)
    kind = TRAIN_EVENT_KIND[size]
    train_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        train_id_there = data[at : at + size].decode()
        at += size
        train_id = train_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    pass_number: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        pass_number_there, at = read_long(data, at)
        pass_number = pass_number_there
    elif branch:
        raise ValueError("a union has no such branch")
    axle_count: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        axle_count_there, at = read_int(data, at)
        axle_count = axle_count_there
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
    return records.TrainEvent(reading_id=reading_id, port_code=port_code, track_id=track_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, kind=kind, train_id=train_id, pass_number=pass_number, axle_count=axle_count, officer_id=officer_id), at


def write_unit_assignment(record: records.UnitAssignment) -> bytes:
    """Body of a UnitAssignment."""
    out: list[bytes] = []
    add_bytes(out, record.assignment_id.encode())
    add_long(out, record.revision)
    add_bytes(out, record.unit_id.encode())
    add_bytes(out, record.port_code.encode())
    add_bytes(out, record.lane_id.encode())
    add_long(out, record.from_at)
    record_until_at = record.until_at
    if record_until_at is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_long(out, record_until_at)
    add_bytes(out, record.assigned_by.encode())
    add_long(out, record.received_at)
    out.append(OPERATING_MODE_BYTES[record.operating_mode])
    return b"".join(out)


def read_unit_assignment(data: bytes, at: int) -> tuple[records.UnitAssignment, int]:
    """A UnitAssignment whose body starts at an offset."""
    size, at = read_size(data, at)
    assignment_id = data[at : at + size].decode()
    at += size
    revision, at = read_int(data, at)
    size, at = read_size(data, at)
    unit_id = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    port_code = data[at : at + size].decode()
    at += size
    size, at = read_size(data, at)
    lane_id = data[at : at + size].decode()
    at += size
    from_at, at = read_long(data, at)
    until_at: int | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        until_at_there, at = read_long(data, at)
        until_at = until_at_there
    elif branch:
        raise ValueError("a union has no such branch")
    size, at = read_size(data, at)
    assigned_by = data[at : at + size].decode()
    at += size
    received_at, at = read_long(data, at)
    size, at = read_size(data, at)
    operating_mode = OPERATING_MODE[size]
    return records.UnitAssignment(assignment_id=assignment_id, revision=revision, unit_id=unit_id, port_code=port_code, lane_id=lane_id, from_at=from_at, until_at=until_at, assigned_by=assigned_by, received_at=received_at, operating_mode=operating_mode), at


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
    record_assignment_id = record.assignment_id
    if record_assignment_id is None:
        out.append(NULL)
    else:
        out.append(PRESENT)
        add_bytes(out, record_assignment_id.encode())
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
    assignment_id: str | None = None
    branch = data[at]
    at += 1
    if branch == 2:
        size, at = read_size(data, at)
        assignment_id_there = data[at : at + size].decode()
        at += size
        assignment_id = assignment_id_there
    elif branch:
        raise ValueError("a union has no such branch")
    return records.XrayScan(reading_id=reading_id, lane_id=lane_id, device_id=device_id, observed_at=observed_at, received_at=received_at, operating_mode=operating_mode, direction=direction, unit_id=unit_id, machine_decision=machine_decision, machine_probability=machine_probability, operator_decision=operator_decision, scan_quality=scan_quality, shielding_indicator=shielding_indicator, image_uri=image_uri, image_sha256=image_sha256, assignment_id=assignment_id), at


WRITERS: Final[dict[type, Callable[[Any], bytes]]] = {
    records.Alert: write_alert,
    records.Association: write_association,
    records.CarCoverage: write_car_coverage,
    records.CarScan: write_car_scan,
    records.CarTagRead: write_car_tag_read,
    records.CarWeighing: write_car_weighing,
    records.Crossing: write_crossing,
    records.DeadLetter: write_dead_letter,
    records.Estimate: write_estimate,
    records.Finding: write_finding,
    records.HandInspection: write_hand_inspection,
    records.Heartbeat: write_heartbeat,
    records.HitConfirmation: write_hit_confirmation,
    records.Inspection: write_inspection,
    records.LaneEvent: write_lane_event,
    records.LightAnswer: write_light_answer,
    records.Link: write_link,
    records.Lodging: write_lodging,
    records.MultipleSale: write_multiple_sale,
    records.OfficerAssignment: write_officer_assignment,
    records.Outcome: write_outcome,
    records.Override: write_override,
    records.OversightRequirement: write_oversight_requirement,
    records.Passage: write_passage,
    records.PlateRead: write_plate_read,
    records.ReferenceChange: write_reference_change,
    records.Reidentification: write_reidentification,
    records.RuleSetVersion: write_rule_set_version,
    records.Score: write_score,
    records.SecondaryStaffing: write_secondary_staffing,
    records.Selection: write_selection,
    records.SelectionPolicyVersion: write_selection_policy_version,
    records.SelectionThreshold: write_selection_threshold,
    records.SharingAgreementVersion: write_sharing_agreement_version,
    records.SharingRequest: write_sharing_request,
    records.Suggestion: write_suggestion,
    records.Tick: write_tick,
    records.Trace: write_trace,
    records.TrainConsist: write_train_consist,
    records.TrainCoverage: write_train_coverage,
    records.TrainEvent: write_train_event,
    records.UnitAssignment: write_unit_assignment,
    records.WatchlistEntry: write_watchlist_entry,
    records.Weighing: write_weighing,
    records.XrayScan: write_xray_scan,
}
READERS: Final[dict[type, Callable[[bytes, int], tuple[Any, int]]]] = {
    records.Alert: read_alert,
    records.Association: read_association,
    records.CarCoverage: read_car_coverage,
    records.CarScan: read_car_scan,
    records.CarTagRead: read_car_tag_read,
    records.CarWeighing: read_car_weighing,
    records.Crossing: read_crossing,
    records.DeadLetter: read_dead_letter,
    records.Estimate: read_estimate,
    records.Finding: read_finding,
    records.HandInspection: read_hand_inspection,
    records.Heartbeat: read_heartbeat,
    records.HitConfirmation: read_hit_confirmation,
    records.Inspection: read_inspection,
    records.LaneEvent: read_lane_event,
    records.LightAnswer: read_light_answer,
    records.Link: read_link,
    records.Lodging: read_lodging,
    records.MultipleSale: read_multiple_sale,
    records.OfficerAssignment: read_officer_assignment,
    records.Outcome: read_outcome,
    records.Override: read_override,
    records.OversightRequirement: read_oversight_requirement,
    records.Passage: read_passage,
    records.PlateRead: read_plate_read,
    records.ReferenceChange: read_reference_change,
    records.Reidentification: read_reidentification,
    records.RuleSetVersion: read_rule_set_version,
    records.Score: read_score,
    records.SecondaryStaffing: read_secondary_staffing,
    records.Selection: read_selection,
    records.SelectionPolicyVersion: read_selection_policy_version,
    records.SelectionThreshold: read_selection_threshold,
    records.SharingAgreementVersion: read_sharing_agreement_version,
    records.SharingRequest: read_sharing_request,
    records.Suggestion: read_suggestion,
    records.Tick: read_tick,
    records.Trace: read_trace,
    records.TrainConsist: read_train_consist,
    records.TrainCoverage: read_train_coverage,
    records.TrainEvent: read_train_event,
    records.UnitAssignment: read_unit_assignment,
    records.WatchlistEntry: read_watchlist_entry,
    records.Weighing: read_weighing,
    records.XrayScan: read_xray_scan,
}
