"""Record types of the contract, made from the .avsc files by `python -m schemas.generate`; not to be edited.

Times are integer microseconds since 1970, UTC; field docs stand in the schemas.
"""

from enum import StrEnum

import msgspec


class AlertKind(StrEnum):
    """What an alert is about."""

    UNKNOWN = "UNKNOWN"
    WATCHLIST_HIT = "WATCHLIST_HIT"
    RISK = "RISK"
    XRAY_ALARM = "XRAY_ALARM"
    LIGHT_FALLBACK = "LIGHT_FALLBACK"
    DISPARITY = "DISPARITY"
    PATTERN = "PATTERN"
    CAR_NOT_CLEARED = "CAR_NOT_CLEARED"
    TRAIN_NOT_COVERABLE = "TRAIN_NOT_COVERABLE"
    RELEASED_UNCOVERED = "RELEASED_UNCOVERED"
    SENSOR_BLIND = "SENSOR_BLIND"


class Severity(StrEnum):
    """How serious an alert is (CAP 1.2 severity)."""

    UNKNOWN = "UNKNOWN"
    EXTREME = "EXTREME"
    SEVERE = "SEVERE"
    MODERATE = "MODERATE"
    MINOR = "MINOR"


class OperatingMode(StrEnum):
    """Why the reading exists (NIEM cbrn:TraversalOperatingModeCode). Only OPERATIONAL readings concern real
    travellers.
    """

    UNKNOWN = "UNKNOWN"
    OPERATIONAL = "OPERATIONAL"
    TEST = "TEST"
    EXERCISE = "EXERCISE"
    TRAINING = "TRAINING"
    SIMULATED = "SIMULATED"


class Light(StrEnum):
    """The lane's light. RED refers the vehicle to secondary inspection; it accuses nobody."""

    UNKNOWN = "UNKNOWN"
    RED = "RED"
    GREEN = "GREEN"


class PlateCandidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One way to read a plate."""

    plate: str
    confidence: float


class MatchKind(StrEnum):
    """How a plate met a watchlist entry."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    EXACT = "EXACT"
    NEAR = "NEAR"


class ListKind(StrEnum):
    """Why a plate is on a watchlist."""

    UNKNOWN = "UNKNOWN"
    STOLEN = "STOLEN"
    WANTED = "WANTED"
    STRAW_PURCHASER_LINKED = "STRAW_PURCHASER_LINKED"
    TRACE_LINKED = "TRACE_LINKED"
    INTELLIGENCE = "INTELLIGENCE"
    TEST = "TEST"


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One named, signed contribution to a score."""

    name: str
    group: str
    log_odds: float
    explanation: str
    reading_ids: tuple[str, ...] = ()


class ImageSource(StrEnum):
    """Where on the vehicle a camera looked (NIEM scr:LPRImageSourceCode F, R, S, H)."""

    UNKNOWN = "UNKNOWN"
    FRONT_PLATE = "FRONT_PLATE"
    REAR_PLATE = "REAR_PLATE"
    SIDE = "SIDE"
    HANDHELD = "HANDHELD"


class ImageReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an image is kept; never its pixels."""

    uri: str
    sha256: str
    source: ImageSource


class WarningMarker(StrEnum):
    """What whoever approaches a listed vehicle must know first."""

    UNKNOWN = "UNKNOWN"
    ARMED = "ARMED"
    VIOLENT = "VIOLENT"
    FLED_BEFORE = "FLED_BEFORE"
    EXPLOSIVES = "EXPLOSIVES"
    HAZARDOUS_LOAD = "HAZARDOUS_LOAD"
    CHILD_ON_BOARD = "CHILD_ON_BOARD"


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something a person must act on. A hit is to be confirmed against the image before anyone acts."""

    alert_id: str
    incident_id: str
    passage_id: str
    lane_id: str
    port_code: str
    passage_number: int
    revision: int
    kind: AlertKind
    severity: Severity
    raised_at: int
    operating_mode: OperatingMode
    light: Light
    summary: str
    plate: str | None = None
    jurisdiction: str | None = None
    plate_candidates: tuple[PlateCandidate, ...] = ()
    match: MatchKind
    list_kind: ListKind
    watchlist_entry_id: str | None = None
    confirmation_required: bool
    prior_log_odds: float
    evidence: tuple[Evidence, ...] = ()
    log_odds: float
    probability: float
    rule_set_version: str
    images: tuple[ImageReference, ...] = ()
    match_probability: float | None = None
    case_number: str | None = None
    legal_basis: str | None = None
    warning_markers: tuple[WarningMarker, ...] = ()
    audience: str | None = None
    listing_reason: str | None = None


class Association(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tells a plate's history that the vehicle keeps crossing with another one. Weak by nature, since families and
    colleagues do so too, and it expires.
    """

    plate_key: str
    plate: str
    jurisdiction: str | None = None
    operating_mode: OperatingMode
    other_plate: str
    other_jurisdiction: str | None = None
    passage_id: str
    log_likelihood_ratio: float
    joint_crossings: int
    expires_at: int
    hit_log_odds: float | None = None
    hit_at: int | None = None
    hit_entry_id: str | None = None


class EquipmentKind(StrEnum):
    """What rolls in a train."""

    UNKNOWN = "UNKNOWN"
    LOCOMOTIVE = "LOCOMOTIVE"
    CAR = "CAR"
    END_OF_TRAIN_DEVICE = "END_OF_TRAIN_DEVICE"


class CarState(StrEnum):
    """The one state that a car ends in. Everything but CLEARED, CLEARED_BY_HAND and EXEMPT must not leave.
    WITHDRAWN: by later readings there is no such car in this visit; its record counts nowhere.
    """

    UNKNOWN = "UNKNOWN"
    EXPECTED = "EXPECTED"
    CLEARED = "CLEARED"
    CLEARED_BY_HAND = "CLEARED_BY_HAND"
    EXEMPT = "EXEMPT"
    OPEN = "OPEN"
    MISSING = "MISSING"
    WITHDRAWN = "WITHDRAWN"


class ConsistDiscrepancy(StrEnum):
    """How a car on the track differs from the list (the railroads' own classes)."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    ADDED = "ADDED"
    MISSING = "MISSING"
    OUT_OF_SEQUENCE = "OUT_OF_SEQUENCE"
    MISIDENTIFIED = "MISIDENTIFIED"


class CoverageReason(StrEnum):
    """Why a car is not cleared."""

    UNKNOWN = "UNKNOWN"
    NOT_SEEN = "NOT_SEEN"
    NOT_ON_CONSIST = "NOT_ON_CONSIST"
    NO_CONSIST = "NO_CONSIST"
    IDENTITY_UNKNOWN = "IDENTITY_UNKNOWN"
    TAGS_DISAGREE = "TAGS_DISAGREE"
    NOT_SCANNED = "NOT_SCANNED"
    SCAN_UNUSABLE = "SCAN_UNUSABLE"
    SCAN_UNDECIDED = "SCAN_UNDECIDED"
    SCAN_ALARM = "SCAN_ALARM"
    SCAN_SHARED = "SCAN_SHARED"
    SHIELDED = "SHIELDED"
    WEIGHT_CONTRADICTS = "WEIGHT_CONTRADICTS"
    LOAD_CONTRADICTS = "LOAD_CONTRADICTS"
    SEAL_CONTRADICTS = "SEAL_CONTRADICTS"
    CONTRABAND = "CONTRABAND"
    OUT_OF_SEQUENCE = "OUT_OF_SEQUENCE"
    SPAN_UNKNOWN = "SPAN_UNKNOWN"
    PASS_MIXED = "PASS_MIXED"


class CoverageAction(StrEnum):
    """What somebody has to do about a car."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    RESCAN = "RESCAN"
    OPERATOR_DECISION = "OPERATOR_DECISION"
    IDENTIFY = "IDENTIFY"
    HAND_INSPECTION = "HAND_INSPECTION"
    FIND = "FIND"


class CarCoverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one car of a train; the highest revision counts."""

    coverage_id: str
    visit_id: str
    port_code: str
    track_id: str | None = None
    train_id: str | None = None
    revision: int
    decided_at: int
    operating_mode: OperatingMode
    consist_position: int | None = None
    track_position: int | None = None
    kind: EquipmentKind
    mark: str | None = None
    number: int | None = None
    state: CarState
    discrepancy: ConsistDiscrepancy
    reasons: tuple[CoverageReason, ...] = ()
    action: CoverageAction
    scanned_well: bool
    weight_kg: float | None = None
    declared_gross_weight_kg: float | None = None
    explanation: str
    reading_ids: tuple[str, ...] = ()


class ScanDecision(StrEnum):
    """A threat detection report's decision (DICOS TDR AlarmDecision)."""

    UNKNOWN = "UNKNOWN"
    ALARM = "ALARM"
    CLEAR = "CLEAR"


class ScanQuality(StrEnum):
    """Whether a scan can be used (NIEM cbrn:ScanQualityCode)."""

    UNKNOWN = "UNKNOWN"
    GOOD = "GOOD"
    DEGRADED = "DEGRADED"
    BAD = "BAD"


class CarScan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The result of one scan by a rail portal (X-ray or gamma), machine and operator apart (DICOS threat detection
    reports), without pixels. A later revision brings the operator's decision.
    """

    reading_id: str
    port_code: str
    track_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    pass_number: int
    scan_id: str
    revision: int
    scan_started_at: int
    scan_ended_at: int
    first_axle: int
    last_axle: int
    machine_decision: ScanDecision
    machine_probability: float | None = None
    operator_decision: ScanDecision
    scan_quality: ScanQuality
    abort_reason: str | None = None
    loaded_indicator: bool | None = None
    shielding_indicator: bool | None = None
    image_uri: str | None = None
    image_sha256: str | None = None


class TagSide(StrEnum):
    """The side of the car that a tag is mounted on, seen from the B end."""

    UNKNOWN = "UNKNOWN"
    LEFT = "LEFT"
    RIGHT = "RIGHT"


class CarTagRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A read of one AEI tag beside the track (AAR S-918): an identity that may be wrong, never a load."""

    reading_id: str
    port_code: str
    track_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    pass_number: int
    axle_count: int
    equipment_kind: EquipmentKind
    mark: str
    number: int
    tag_side: TagSide
    length_m: float
    axles: int
    bearing_code: int | None = None
    platform_code: int | None = None
    check_passed: bool
    tag_hex: str


class CarWeighing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An in-motion rail scale's reading of what it took for one car."""

    reading_id: str
    port_code: str
    track_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    pass_number: int
    first_axle: int
    axle_loads_kg: tuple[float, ...]
    axle_spacings_m: tuple[float, ...]
    gross_weight_kg: float
    speed_mps: float


class Crossing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A vehicle that has crossed before crossed again: what its port needs to see who keeps crossing with whom."""

    passage_id: str
    port_code: str
    operating_mode: OperatingMode
    crossed_at: int
    plate_key: str
    plate: str
    jurisdiction: str | None = None
    earlier_at: tuple[int, ...] = ()
    earlier_port_codes: tuple[str, ...] = ()
    hit_log_odds: float | None = None
    hit_entry_id: str | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One Kafka header."""

    name: str
    value: bytes | None = None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record that could not be processed. On the wire it is the original bytes with these fields as headers; in
    tools and captures it is this record.
    """

    stage: str
    reason: str
    exception: str
    message: str
    topic: str
    partition: int
    offset: int
    appended_at: int
    attempt: int
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()


class GroupKind(StrEnum):
    """What puts vehicles into one group."""

    UNKNOWN = "UNKNOWN"
    PORT = "PORT"
    LANE_MODE = "LANE_MODE"
    LANE = "LANE"
    VERSION = "VERSION"
    ISSUER = "ISSUER"
    PLATE_FORMAT = "PLATE_FORMAT"
    HOUR = "HOUR"


class Arm(StrEnum):
    """Why vehicles were referred."""

    UNKNOWN = "UNKNOWN"
    RANDOM = "RANDOM"
    RISK = "RISK"
    MUST_REFER = "MUST_REFER"
    OFFICERS = "OFFICERS"


class RateEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rate and its two-sided 95 % interval (mid-P)."""

    rate: float | None = None
    low: float
    high: float


class ArmEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Referrals of one cause. A vehicle with several causes is in several arms."""

    arm: Arm
    referred: int
    inspected: int
    hits: int
    precision: RateEstimate


class ViolationEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many vehicles carry guns or ammunition, from all that the lot drew, whatever else spoke for them. Only a
    lot is like the traffic.
    """

    drawn: int
    inspected: int
    hits: int
    detected: RateEstimate
    bound_low: float
    bound_high: float
    corrected_low: float
    corrected_high: float


class RatioEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ratio of two rates and its 95 % interval."""

    ratio: float | None = None
    low: float
    high: float | None = None


class GroupEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The figures of some vehicles of a port."""

    kind: GroupKind
    name: str
    passages: int
    referred: int
    inspected: int
    hits: int
    not_inspected: int
    released: int
    open: int
    skipped_ratio: float | None = None
    arms: tuple[ArmEstimate, ...] = ()
    violation: ViolationEstimate
    lift: RatioEstimate
    seizures_per_1000: RateEstimate
    inspector_minutes_per_seizure: float | None = None
    traveller_minutes_per_seizure: float | None = None
    false_red: RateEstimate | None = None


class EvidenceEstimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Referred vehicles whose score had one evidence."""

    name: str
    referred: int
    inspected: int
    hits: int
    precision: RateEstimate
    share_of_hits: float | None = None
    share_of_referrals: float | None = None


class DisparityMeasure(StrEnum):
    """Which rate differs."""

    UNKNOWN = "UNKNOWN"
    FALSE_RED = "FALSE_RED"
    HIT_RATE = "HIT_RATE"


class Disparity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rate of one group that differs from that of the port's other vehicles by more than chance explains. It
    proves nothing unfair, and has to be looked at.
    """

    kind: GroupKind
    name: str
    measure: DisparityMeasure
    own: RateEstimate
    others: RateEstimate
    own_violation: RateEstimate
    others_violation: RateEstimate


class Estimate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the inspections of a port say about its traffic and about how vehicles are referred, over the last
    settled days. Rates and counts only.
    """

    port_code: str
    operating_mode: OperatingMode
    from_at: int
    until_at: int
    sensitivity_low: float
    sensitivity_high: float
    groups: tuple[GroupEstimate, ...] = ()
    evidence: tuple[EvidenceEstimate, ...] = ()
    disparities: tuple[Disparity, ...] = ()
    comparisons: int = 0
    family_error: float = 0.0


class FindingKind(StrEnum):
    """What a finding is about."""

    UNKNOWN = "UNKNOWN"
    RED_NOT_INSPECTED = "RED_NOT_INSPECTED"
    OVERRIDES = "OVERRIDES"
    SHORT_INSPECTIONS = "SHORT_INSPECTIONS"
    EXAMS_MISSING = "EXAMS_MISSING"
    MEETINGS = "MEETINGS"
    BLIND_SENSOR = "BLIND_SENSOR"
    RULE_SET = "RULE_SET"


class SensorRole(StrEnum):
    """What a sensor is in its lane; the lane's layout gives the place of each role in metres."""

    UNKNOWN = "UNKNOWN"
    ENTRY_LOOP = "ENTRY_LOOP"
    FRONT_CAMERA = "FRONT_CAMERA"
    REAR_CAMERA = "REAR_CAMERA"
    SCALE = "SCALE"
    XRAY = "XRAY"
    STOP_LINE_LOOP = "STOP_LINE_LOOP"
    EXIT_LOOP = "EXIT_LOOP"
    TERMINAL = "TERMINAL"
    GATEWAY = "GATEWAY"


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something in how inspections are done that chance does not explain: a question for auditors, never a verdict.
    The one with the highest revision counts.
    """

    finding_id: str
    revision: int
    kind: FindingKind
    port_code: str
    operating_mode: OperatingMode
    officer_id: str | None = None
    vehicle_token: str | None = None
    sensor: SensorRole | None = None
    rule_set_version: str | None = None
    policy_version: str | None = None
    required_rule_set_version: str | None = None
    required_policy_version: str | None = None
    trials: int
    events: int
    expected: float
    log_e_value: float | None = None
    log_e_threshold: float | None = None
    since_at: int
    found_at: int
    passages: tuple[str, ...] = ()
    message: str


class HandInspectionResult(StrEnum):
    """What a person found at a car."""

    UNKNOWN = "UNKNOWN"
    CLEARED = "CLEARED"
    NOT_COMPLETED = "NOT_COMPLETED"
    CONTRABAND = "CONTRABAND"


class HandInspection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person's inspection of one car; a later revision corrects an earlier one."""

    reading_id: str
    port_code: str
    track_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    train_id: str
    mark: str | None = None
    number: int | None = None
    place: int | None = None
    inspection_id: str
    revision: int
    officer_id: str
    result: HandInspectionResult
    seals_intact: bool | None = None
    seals: tuple[str, ...] = ()


class Direction(StrEnum):
    """Which way the lane leads: SOUTHBOUND leaves the United States, NORTHBOUND enters it."""

    UNKNOWN = "UNKNOWN"
    SOUTHBOUND = "SOUTHBOUND"
    NORTHBOUND = "NORTHBOUND"


class DeviceStatus(StrEnum):
    """What a device says of itself."""

    UNKNOWN = "UNKNOWN"
    OPERATING = "OPERATING"
    DEGRADED = "DEGRADED"
    FAULT = "FAULT"


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A device is alive, whether or not vehicles pass; moves the lane's watermark."""

    reading_id: str
    lane_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    direction: Direction
    sensor: SensorRole
    status: DeviceStatus


class HitConfirmationReason(StrEnum):
    """Why a match with a watchlist was confirmed or rejected. A closed list, since free text may name people."""

    UNKNOWN = "UNKNOWN"
    IMAGE_SHOWS_LISTED_PLATE = "IMAGE_SHOWS_LISTED_PLATE"
    SEEN_ON_VEHICLE = "SEEN_ON_VEHICLE"
    MISREAD = "MISREAD"
    OTHER_ISSUER = "OTHER_ISSUER"
    OTHER_VEHICLE = "OTHER_VEHICLE"
    LISTING_OUTDATED = "LISTING_OUTDATED"


class HitConfirmation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person compared a vehicle that met a watchlist with the image, or with the vehicle itself. Without it
    nobody acts on a hit. Of several of one passage the last in the log counts.
    """

    confirmation_id: str
    passage_id: str
    lane_id: str
    port_code: str
    operating_mode: OperatingMode
    confirmed: bool
    reason: HitConfirmationReason
    officer_id: str
    compared_at: int
    received_at: int


class ReferralReason(StrEnum):
    """Why a vehicle is referred (NIEM cbrn:SecondaryInspectionReferralReasonCode, extended by NONE and RANDOM)."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    RANDOM = "RANDOM"
    ATS_RECOMMENDATION = "ATS_RECOMMENDATION"
    US_INTELLIGENCE = "US_INTELLIGENCE"
    INSPECTOR_SUSPICION = "INSPECTOR_SUSPICION"


class InspectionResolution(StrEnum):
    """What an inspection came to (NIEM cbrn:InspectionResolutionCode, as far as it concerns weapons)."""

    UNKNOWN = "UNKNOWN"
    NOTHING_SUSPICIOUS_FOUND = "NOTHING_SUSPICIOUS_FOUND"
    WEAPONS = "WEAPONS"
    EXPLOSIVES = "EXPLOSIVES"
    NARCOTICS = "NARCOTICS"
    BANNED_SUBSTANCES = "BANNED_SUBSTANCES"
    HUMAN_SMUGGLING = "HUMAN_SMUGGLING"
    OTHER_SUSPICIOUS_MATERIAL_FOUND = "OTHER_SUSPICIOUS_MATERIAL_FOUND"
    OTHER_THREAT = "OTHER_THREAT"


class FoundKind(StrEnum):
    """Kind of a found item."""

    UNKNOWN = "UNKNOWN"
    PISTOL = "PISTOL"
    REVOLVER = "REVOLVER"
    RIFLE = "RIFLE"
    SHOTGUN = "SHOTGUN"
    OTHER_FIREARM = "OTHER_FIREARM"
    FIREARM_PART = "FIREARM_PART"
    MAGAZINE = "MAGAZINE"
    AMMUNITION = "AMMUNITION"
    EXPLOSIVE = "EXPLOSIVE"
    CURRENCY = "CURRENCY"
    NARCOTICS = "NARCOTICS"
    OTHER = "OTHER"


class FoundItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that an inspection found: one firearm with its serial number, or a number of things of one kind."""

    kind: FoundKind
    count: int
    serial_number: str | None = None
    calibre: str | None = None
    manufacturer: str | None = None


class Exam(StrEnum):
    """An examination that an inspection can hold."""

    UNKNOWN = "UNKNOWN"
    DOCUMENTS = "DOCUMENTS"
    VISUAL = "VISUAL"
    CANINE = "CANINE"
    XRAY = "XRAY"
    RADIATION_ISOTOPE = "RADIATION_ISOTOPE"
    UNDER_VEHICLE = "UNDER_VEHICLE"
    CARGO_UNLOADED = "CARGO_UNLOADED"


class ExamRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An examination, and whether it was done."""

    exam: Exam
    done: bool


class Inspection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A secondary inspection as it stands; the one with the highest revision counts. Ended exactly if ended_at is
    set.
    """

    inspection_id: str
    passage_id: str
    lane_id: str
    port_code: str
    operating_mode: OperatingMode
    revision: int
    referral_reason: ReferralReason
    started_at: int
    ended_at: int | None = None
    officer_ids: tuple[str, ...] = ()
    resolution: InspectionResolution
    found: tuple[FoundItem, ...] = ()
    exams: tuple[ExamRecord, ...] = ()
    received_at: int


class LaneEventKind(StrEnum):
    """What happened in the lane."""

    UNKNOWN = "UNKNOWN"
    ENTERED = "ENTERED"
    AT_LIGHT = "AT_LIGHT"
    LEFT = "LEFT"
    BACKED_OUT = "BACKED_OUT"
    OFFICER_ASSIGNED = "OFFICER_ASSIGNED"
    LOAD_DECLARED = "LOAD_DECLARED"


class LaneEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A loop detector's or an officer terminal's event in a lane."""

    reading_id: str
    lane_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    direction: Direction
    kind: LaneEventKind
    officer_id: str | None = None
    declared_load_kg: float | None = None


class LightAnswerReason(StrEnum):
    """What a shown light rests on."""

    UNKNOWN = "UNKNOWN"
    SELECTION = "SELECTION"
    OVERRIDE = "OVERRIDE"
    NO_SELECTION = "NO_SELECTION"
    OLD_SELECTION = "OLD_SELECTION"


class LightAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a lane's light showed a vehicle: the answer to its controller, by selection, override or the dead-man
    rule's lot.
    """

    answer_id: str
    passage_id: str | None = None
    lane_id: str
    port_code: str
    passage_number: int | None = None
    at_light_reading_id: str | None = None
    operating_mode: OperatingMode
    light: Light
    fallback: bool
    reason: LightAnswerReason
    propensity: float | None = None
    random_key_id: str | None = None
    asked_at: int
    answered_at: int
    controller_id: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tie between a purchaser and a plate that an authority states. Nothing is inferred: without a link there is
    no plate.
    """

    link_id: str
    revision: int
    withdrawn: bool = False
    operating_mode: OperatingMode
    purchaser_id: str
    plate: str
    jurisdiction: str | None = None
    source: str
    case_number: str
    legal_basis: str
    valid_until_at: int
    received_at: int


class Lodging(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plate that another agency asks to be told of. Only that agency is told, and only what its agreement says."""

    lodging_id: str
    agency_id: str
    withdrawn: bool = False
    plate: str
    jurisdiction: str | None = None
    purpose: str
    case_number: str
    legal_basis: str
    valid_until_at: int
    lodged_at: int


class MultipleSaleForm(StrEnum):
    """Which report it is."""

    UNKNOWN = "UNKNOWN"
    HANDGUNS = "HANDGUNS"
    RIFLES = "RIFLES"


class FirearmSale(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Firearms sold to one purchaser on one day."""

    sold_at: int
    firearm_count: int


class MultipleSale(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A dealer's report of several firearms sold to one purchaser (ATF F 3310.4, F 3310.12). Its use and disclosure
    are restricted by law.
    """

    report_id: str
    revision: int
    withdrawn: bool = False
    operating_mode: OperatingMode
    purchaser_id: str
    form: MultipleSaleForm
    sales: tuple[FirearmSale, ...]
    received_at: int


class OfficerAssignment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which officer stands in a lane in which hours; the schedule that findings are tested against."""

    assignment_id: str
    officer_id: str
    lane_id: str
    port_code: str
    from_at: int
    until_at: int
    received_at: int


class LaneMode(StrEnum):
    """What a lane is for (NIEM conveyance lanes L1 to L3)."""

    UNKNOWN = "UNKNOWN"
    PASSENGER = "PASSENGER"
    BUS = "BUS"
    TRUCK = "TRUCK"


class OutcomeState(StrEnum):
    """How a passage ended."""

    UNKNOWN = "UNKNOWN"
    PASSED = "PASSED"
    INSPECTED = "INSPECTED"
    NOT_INSPECTED = "NOT_INSPECTED"
    RELEASED = "RELEASED"


class Contribution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one evidence weighed at selection."""

    name: str
    log_odds: float


class OverrideReason(StrEnum):
    """Why an officer changed a light. A closed list, since free text may name people."""

    UNKNOWN = "UNKNOWN"
    INSPECTOR_SUSPICION = "INSPECTOR_SUSPICION"
    FOREIGN_GOVERNMENT_INTELLIGENCE = "FOREIGN_GOVERNMENT_INTELLIGENCE"
    RADIATION_ALARM = "RADIATION_ALARM"
    EMERGENCY_VEHICLE = "EMERGENCY_VEHICLE"
    OFFICIAL_VEHICLE = "OFFICIAL_VEHICLE"
    SECONDARY_FULL = "SECONDARY_FULL"
    SAFETY = "SAFETY"
    EQUIPMENT_FAULT = "EQUIPMENT_FAULT"


class PlateIssuer(StrEnum):
    """Issuer of a plate as read: the states along the border between the United States and Mexico, all others
    together.
    """

    UNKNOWN = "UNKNOWN"
    UNREAD = "UNREAD"
    US_AZ = "US_AZ"
    US_CA = "US_CA"
    US_NM = "US_NM"
    US_TX = "US_TX"
    US_OTHER = "US_OTHER"
    MX_BCN = "MX_BCN"
    MX_CHH = "MX_CHH"
    MX_COA = "MX_COA"
    MX_NLE = "MX_NLE"
    MX_SON = "MX_SON"
    MX_TAM = "MX_TAM"
    MX_OTHER = "MX_OTHER"
    OTHER = "OTHER"


class PlateFormat(StrEnum):
    """What a plate's text tells of its style."""

    UNKNOWN = "UNKNOWN"
    UNREAD = "UNREAD"
    ISSUERS = "ISSUERS"
    ANOTHERS = "ANOTHERS"
    NONE = "NONE"


class FairnessGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which groups a vehicle is counted in when it is asked whom lights burden. Coarse, so that nobody is known by
    it, and never evidence: no score, threshold or lot reads it.
    """

    issuer: PlateIssuer
    plate_format: PlateFormat
    local_hour: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one vehicle at the light: its selection and its inspection, joined. The one with the highest
    revision counts.
    """

    passage_id: str
    lane_id: str
    port_code: str
    lane_mode: LaneMode
    operating_mode: OperatingMode
    revision: int
    state: OutcomeState
    selected_at: int | None = None
    light: Light
    final_light: Light
    referral_reason: ReferralReason
    random_draw: bool
    risk_over_threshold: bool
    must_refer: bool
    propensity: float | None = None
    threshold_log_odds: float | None = None
    log_odds: float | None = None
    random_key_id: str
    rule_set_version: str
    policy_version: str | None = None
    vehicle_token: str | None = None
    evidence: tuple[Contribution, ...] = ()
    overrides: int
    override_reason: OverrideReason | None = None
    override_officer_id: str | None = None
    officer_on_duty_id: str | None = None
    inspection_ids: tuple[str, ...] = ()
    inspection_started_at: int | None = None
    inspection_ended_at: int | None = None
    inspection_officer_ids: tuple[str, ...] = ()
    resolution: InspectionResolution
    firearms: int
    magazines: int
    rounds: int
    exams_missing: tuple[Exam, ...] = ()
    closed_at: int
    shown_light: Light | None = None
    fallback: bool = False
    fairness_group: FairnessGroup | None = None
    inspection_reason: ReferralReason | None = None
    hit_confirmed: bool | None = None
    hit_confirmation_reason: HitConfirmationReason | None = None
    light_given: Light | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An officer changed a lane's light for one vehicle, in either direction."""

    override_id: str
    passage_id: str
    lane_id: str
    port_code: str
    operating_mode: OperatingMode
    officer_id: str
    light: Light
    reason: OverrideReason
    overridden_at: int
    received_at: int


class OversightRequirement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which rule set and policy must be in force from a time on, written into every partition of the outcomes."""

    requirement_id: str
    rule_set_version: str
    policy_version: str | None = None
    valid_from_at: int
    required_by: str
    received_at: int


class PassageState(StrEnum):
    """How far a passage has got. AT_LIGHT asks for the light, once for each stop. RETRACTED withdraws what was said
    under this plate key, before the passage is FINAL and never after.
    """

    UNKNOWN = "UNKNOWN"
    AT_LIGHT = "AT_LIGHT"
    UPDATED = "UPDATED"
    FINAL = "FINAL"
    RETRACTED = "RETRACTED"


class ScaleType(StrEnum):
    """Weigh-in-motion type after ASTM E1318; it sets the tolerance of the weights."""

    UNKNOWN = "UNKNOWN"
    TYPE_I = "TYPE_I"
    TYPE_II = "TYPE_II"
    TYPE_III = "TYPE_III"
    TYPE_IV = "TYPE_IV"


class ReadingReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reading that a passage rests on."""

    reading_id: str
    sensor: SensorRole
    observed_at: int


class Passage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One vehicle going through one lane: its readings, joined. The first revision is made when it reaches the
    light, the last one is FINAL: nothing is written of a passage after it.
    """

    passage_id: str
    lane_id: str
    port_code: str
    passage_number: int
    revision: int
    state: PassageState
    lane_mode: LaneMode
    direction: Direction
    operating_mode: OperatingMode
    entered_at: int
    at_light_at: int | None = None
    at_light_received_at: int | None = None
    at_light_reading_id: str | None = None
    left_at: int | None = None
    watermark_at: int
    plate_key: str
    plate: str | None = None
    jurisdiction: str | None = None
    plate_candidates: tuple[PlateCandidate, ...] = ()
    front_rear_agree: bool | None = None
    gross_weight_kg: float | None = None
    scale_bias_ratio: float | None = None
    axle_loads_kg: tuple[float, ...] = ()
    axle_spacings_m: tuple[float, ...] = ()
    scale_type: ScaleType
    vehicle_class: int | None = None
    xray_unit_id: str | None = None
    xray_machine_decision: ScanDecision
    xray_operator_decision: ScanDecision
    xray_scan_quality: ScanQuality
    xray_shielding_indicator: bool | None = None
    declared_load_kg: float | None = None
    officer_id: str | None = None
    images: tuple[ImageReference, ...] = ()
    readings: tuple[ReadingReference, ...] = ()
    silent_sensors: tuple[SensorRole, ...] = ()
    join_probability: float
    first_reading_digest: str


class PlateRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A licence-plate reader's reading of one plate (NIEM scr:LPRConveyanceCheckMessage)."""

    reading_id: str
    lane_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    direction: Direction
    image_source: ImageSource
    candidates: tuple[PlateCandidate, ...] = ()
    jurisdiction: str | None = None
    jurisdiction_confidence: float | None = None
    image_uri: str | None = None
    image_sha256: str | None = None


class ChangeKind(StrEnum):
    """What a reference change does."""

    UNKNOWN = "UNKNOWN"
    WATCHLIST_ADD = "WATCHLIST_ADD"
    WATCHLIST_REMOVE = "WATCHLIST_REMOVE"
    RULE_SET = "RULE_SET"
    WATCHLIST_SUPPRESS = "WATCHLIST_SUPPRESS"
    WATCHLIST_UNSUPPRESS = "WATCHLIST_UNSUPPRESS"
    SELECTION_POLICY = "SELECTION_POLICY"
    PORT = "PORT"


class WatchlistEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plate that someone with authority asked to be told of."""

    entry_id: str
    plate: str
    jurisdiction: str | None = None
    list_kind: ListKind
    reason: str
    legal_basis: str
    case_number: str | None = None
    priority: int
    audience: str
    valid_from_at: int
    valid_until_at: int
    entered_by: str
    approved_by: str
    warning_markers: tuple[WarningMarker, ...] = ()


class WatchlistSuppression(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A plate that is known to meet the watchlist wrongly: read so, it hits nothing, or not this entry, until a
    time.
    """

    suppression_id: str
    plate: str
    jurisdiction: str | None = None
    entry_id: str | None = None
    reason: str
    valid_until_at: int
    entered_by: str
    approved_by: str


class ReferenceChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change of reference data, written in one transaction into every partition of a stage's input; applies from
    its place there.
    """

    change_id: str
    kind: ChangeKind
    changed_by: str
    changed_at: int
    watchlist_entry: WatchlistEntry | None = None
    watchlist_entry_id: str | None = None
    rule_set_version: str | None = None
    rule_set_text: str | None = None
    selection_policy_version: str | None = None
    selection_policy_text: str | None = None
    watchlist_suppression: WatchlistSuppression | None = None
    watchlist_suppression_id: str | None = None
    approved_by: str | None = None
    port_text: str | None = None


class ReidentificationState(StrEnum):
    """What became of a request for a plate."""

    UNKNOWN = "UNKNOWN"
    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


class Reidentification(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another agency's request to be told which plate a record of no named vehicle is of, and what became of it."""

    reidentification_id: str
    agency_id: str
    state: ReidentificationState
    record_token: str
    dataset: str
    record_told: str
    purpose: str
    case_number: str
    legal_basis: str
    asked_at: int
    decided_by: str | None = None
    reason: str | None = None
    decided_at: int | None = None


class RuleSetVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A published rule set. What is in force is said by reference changes in a stage's input, which carry the text
    again.
    """

    version: str
    text: str
    sha256: str
    published_by: str
    approved_by: str
    published_at: int


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The risk of one revision of a passage: a prior and evidence that add up."""

    passage_id: str
    lane_id: str
    port_code: str
    revision: int
    operating_mode: OperatingMode
    scored_at: int
    prior_log_odds: float
    evidence: tuple[Evidence, ...] = ()
    log_odds: float
    probability: float
    rule_set_version: str


class SecondaryStaffing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many inspectors are really on shift at a port's secondary, where that differs from the policy."""

    staffing_id: str
    port_code: str
    lane_mode: LaneMode
    inspectors: float
    from_at: int
    until_at: int
    told_by: str
    received_at: int


class Selection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The light for one stop at it: the answer to one AT_LIGHT reading, given once and never changed."""

    passage_id: str
    lane_id: str
    port_code: str
    lane_mode: LaneMode
    passage_number: int
    at_light_reading_id: str | None = None
    at_light_received_at: int | None = None
    selected_at: int
    operating_mode: OperatingMode
    light: Light
    referral_reason: ReferralReason
    random_draw: bool
    risk_over_threshold: bool
    must_refer: bool
    propensity: float
    threshold_log_odds: float
    share_at_threshold: float | None = None
    log_odds: float
    random_key_id: str
    rule_set_version: str
    policy_version: str | None = None
    vehicle_token: str | None = None
    silent_sensors: tuple[SensorRole, ...] = ()
    fairness_group: FairnessGroup | None = None
    mandated_exams: tuple[Exam, ...] = ()


class SelectionPolicyVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A published selection policy. What is in force is said by reference changes in the policy stage's input,
    which carry the text again.
    """

    version: str
    text: str
    sha256: str
    published_by: str
    approved_by: str
    published_at: int


class ExamMandate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Examinations that every inspection of vehicles referred for one reason must hold."""

    referral_reason: ReferralReason
    exams: tuple[Exam, ...]


class SelectionThreshold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the policy stage tells the lanes of one port and mode: from its place in the log on, the light is drawn
    and decided by it.
    """

    port_code: str
    lane_mode: LaneMode
    operating_mode: OperatingMode
    policy_version: str | None = None
    random_propensity: float | None = None
    threshold_log_odds: float | None = None
    share_at_threshold: float | None = None
    budget_reds_per_hour: float | None = None
    set_at: int
    mandates: tuple[ExamMandate, ...] = ()


class SharingAgreementVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A published agreement with another agency: what it may be told, of whom, for what. The last one of an agency
    is in force.
    """

    agency_id: str
    version: str
    text: str
    sha256: str
    withdrawn: bool = False
    published_by: str
    approved_by: str
    published_at: int


class SharingRequestKind(StrEnum):
    """What another agency asked for."""

    UNKNOWN = "UNKNOWN"
    AGREEMENT = "AGREEMENT"
    LODGE = "LODGE"
    WITHDRAW = "WITHDRAW"
    LODGINGS = "LODGINGS"
    RECORDS = "RECORDS"
    QUESTIONS = "QUESTIONS"
    ANSWERS = "ANSWERS"
    REIDENTIFY = "REIDENTIFY"
    REIDENTIFIED = "REIDENTIFIED"


class SharingRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request of another agency, written before it is answered: what nobody could log is not answered."""

    request_id: str
    agency_id: str
    agreement_version: str
    kind: SharingRequestKind
    dataset: str | None = None
    purpose: str | None = None
    case_number: str | None = None
    item_count: int
    refused: str | None = None
    asked_at: int


class SuggestionState(StrEnum):
    """Whether a suggestion stands."""

    UNKNOWN = "UNKNOWN"
    SUGGESTED = "SUGGESTED"
    WITHDRAWN = "WITHDRAWN"


class SuggestionReasonKind(StrEnum):
    """Kinds of reasons for a suggestion."""

    UNKNOWN = "UNKNOWN"
    SHORT_TIMES_TO_CRIME = "SHORT_TIMES_TO_CRIME"
    MULTIPLE_SALE = "MULTIPLE_SALE"


class SuggestionReason(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One reason of a suggestion, with what it rests on."""

    kind: SuggestionReasonKind
    explanation: str
    evidence_ids: tuple[str, ...]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A proposal that a person may make a watchlist entry of. It is never an entry itself, and no accusation."""

    suggestion_id: str
    revision: int
    state: SuggestionState
    operating_mode: OperatingMode
    plate: str
    jurisdiction: str | None = None
    reasons: tuple[SuggestionReason, ...] = ()
    link_id: str
    source: str
    case_number: str
    legal_basis: str
    valid_until_at: int
    suggested_at: int


class Tick(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A watermark of one source partition, sent to every partition downstream."""

    source_topic: str
    source_partition: int
    watermark_at: int


class TraceResult(StrEnum):
    """How far a trace came."""

    UNKNOWN = "UNKNOWN"
    PURCHASER_FOUND = "PURCHASER_FOUND"
    US_SOURCE_ONLY = "US_SOURCE_ONLY"
    OTHER_SOURCE = "OTHER_SOURCE"
    NOT_TRACED = "NOT_TRACED"


class FirearmCategory(StrEnum):
    """Kind of firearm. NIEM j:FirearmCategoryText."""

    UNKNOWN = "UNKNOWN"
    PISTOL = "PISTOL"
    REVOLVER = "REVOLVER"
    RIFLE = "RIFLE"
    SHOTGUN = "SHOTGUN"
    OTHER = "OTHER"


class Trace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one request to trace a recovered firearm. Trace data: their use and disclosure are restricted
    by law.
    """

    trace_id: str
    revision: int
    withdrawn: bool = False
    operating_mode: OperatingMode
    result: TraceResult
    purchaser_id: str | None = None
    firearm_category: FirearmCategory
    firearm_make: str = ''
    firearm_caliber: str = ''
    firearm_serial_number: str | None = None
    recovered_at: int
    recovery_region_code: str | None = None
    recovery_city_name: str | None = None
    purchased_at: int | None = None
    dealer_state_code: str | None = None
    dealer_city_name: str | None = None
    reported_stolen: bool = False
    received_at: int


class LoadState(StrEnum):
    """Whether a car is said to carry a load (EDI 418 W2 equipment status)."""

    UNKNOWN = "UNKNOWN"
    LOADED = "LOADED"
    EMPTY = "EMPTY"


class ConsistEquipment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One piece of equipment as the railroad lists it."""

    position: int
    kind: EquipmentKind
    mark: str
    number: int
    load_state: LoadState
    commodity_code: str | None = None
    declared_gross_weight_kg: float | None = None
    axle_count: int | None = None
    length_m: float | None = None
    seals: tuple[str, ...] = ()
    hazardous_materials: tuple[str, ...] = ()


class TrainConsist(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A railroad's list of a train's equipment, in order (EDI 418); of one train the one that was sent last counts,
    of those of one minute or without a time the highest revision.
    """

    reading_id: str
    port_code: str
    train_id: str
    revision: int
    sent_at: int | None = None
    received_at: int
    operating_mode: OperatingMode
    railroad: str
    equipment: tuple[ConsistEquipment, ...]


class TrainCoverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a whole train; the highest revision counts. The one with digests is the record signed off at
    the release; what comes to be known later makes revisions without.
    """

    visit_id: str
    port_code: str
    track_id: str | None = None
    train_id: str | None = None
    revision: int
    decided_at: int
    operating_mode: OperatingMode
    entered_at: int | None = None
    left_at: int | None = None
    released_at: int | None = None
    released_by_officer_id: str | None = None
    consist_revision: int | None = None
    backwards: bool
    cars_expected: int
    cars_seen: int
    cars_scanned_well: int
    cars_cleared: int
    cars_open: int
    cars_missing: int
    cars_added: int
    cars_out_of_sequence: int
    coverable: bool
    covered: bool
    readings_count: int
    readings_sha256: str | None = None
    cars_sha256: str | None = None


class TrainEventKind(StrEnum):
    """What happened to a train. ARRIVED and RELEASED are told by people, the others by the portal's controller."""

    UNKNOWN = "UNKNOWN"
    ARRIVED = "ARRIVED"
    PORTAL_ENTERED = "PORTAL_ENTERED"
    PORTAL_LEFT = "PORTAL_LEFT"
    RELEASED = "RELEASED"


class TrainEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened to a whole train on a track."""

    reading_id: str
    port_code: str
    track_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    kind: TrainEventKind
    train_id: str | None = None
    pass_number: int | None = None
    axle_count: int | None = None
    officer_id: str | None = None


class UnitAssignment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """In which lane a mobile X-ray unit stands in which hours; what it scans meanwhile is of that lane."""

    assignment_id: str
    revision: int
    unit_id: str
    port_code: str
    lane_id: str
    from_at: int
    until_at: int | None = None
    assigned_by: str
    received_at: int
    operating_mode: OperatingMode


class Weighing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A weigh-in-motion scale's reading of one vehicle."""

    reading_id: str
    lane_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    direction: Direction
    gross_weight_kg: float
    axle_loads_kg: tuple[float, ...] = ()
    axle_spacings_m: tuple[float, ...] = ()
    speed_mps: float | None = None
    scale_type: ScaleType
    vehicle_class: int | None = None


class XrayScan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The result of one X-ray scan of a vehicle (DICOS threat detection report), without pixels."""

    reading_id: str
    lane_id: str
    device_id: str
    observed_at: int
    received_at: int
    operating_mode: OperatingMode
    direction: Direction
    unit_id: str
    machine_decision: ScanDecision
    machine_probability: float | None = None
    operator_decision: ScanDecision
    scan_quality: ScanQuality
    shielding_indicator: bool | None = None
    image_uri: str | None = None
    image_sha256: str | None = None
    assignment_id: str | None = None


# Types that stand in a topic on their own, one .avsc file each.
RECORD_TYPES = (
    Alert,
    Association,
    CarCoverage,
    CarScan,
    CarTagRead,
    CarWeighing,
    Crossing,
    DeadLetter,
    Estimate,
    Finding,
    HandInspection,
    Heartbeat,
    HitConfirmation,
    Inspection,
    LaneEvent,
    LightAnswer,
    Link,
    Lodging,
    MultipleSale,
    OfficerAssignment,
    Outcome,
    Override,
    OversightRequirement,
    Passage,
    PlateRead,
    ReferenceChange,
    Reidentification,
    RuleSetVersion,
    Score,
    SecondaryStaffing,
    Selection,
    SelectionPolicyVersion,
    SelectionThreshold,
    SharingAgreementVersion,
    SharingRequest,
    Suggestion,
    Tick,
    Trace,
    TrainConsist,
    TrainCoverage,
    TrainEvent,
    UnitAssignment,
    WatchlistEntry,
    Weighing,
    XrayScan,
)
