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


class Direction(StrEnum):
    """Which way the lane leads: SOUTHBOUND leaves the United States, NORTHBOUND enters it."""

    UNKNOWN = "UNKNOWN"
    SOUTHBOUND = "SOUTHBOUND"
    NORTHBOUND = "NORTHBOUND"


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


class PassageState(StrEnum):
    """How far a passage has got. AT_LIGHT asks for the light, once for each stop. RETRACTED withdraws what was said
    under this plate key.
    """

    UNKNOWN = "UNKNOWN"
    AT_LIGHT = "AT_LIGHT"
    UPDATED = "UPDATED"
    FINAL = "FINAL"
    RETRACTED = "RETRACTED"


class LaneMode(StrEnum):
    """What a lane is for (NIEM conveyance lanes L1 to L3)."""

    UNKNOWN = "UNKNOWN"
    PASSENGER = "PASSENGER"
    BUS = "BUS"
    TRUCK = "TRUCK"


class ScaleType(StrEnum):
    """Weigh-in-motion type after ASTM E1318; it sets the tolerance of the weights."""

    UNKNOWN = "UNKNOWN"
    TYPE_I = "TYPE_I"
    TYPE_II = "TYPE_II"
    TYPE_III = "TYPE_III"
    TYPE_IV = "TYPE_IV"


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


class ReadingReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reading that a passage rests on."""

    reading_id: str
    sensor: SensorRole
    observed_at: int


class Passage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One vehicle going through one lane: its readings, joined. The first revision is made when it reaches the
    light, the last one is FINAL.
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
    watchlist_suppression: WatchlistSuppression | None = None
    watchlist_suppression_id: str | None = None
    approved_by: str | None = None


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


class ReferralReason(StrEnum):
    """Why a vehicle is referred (NIEM cbrn:SecondaryInspectionReferralReasonCode, extended by NONE and RANDOM)."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    RANDOM = "RANDOM"
    ATS_RECOMMENDATION = "ATS_RECOMMENDATION"
    US_INTELLIGENCE = "US_INTELLIGENCE"
    INSPECTOR_SUSPICION = "INSPECTOR_SUSPICION"


class Selection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The light for one stop at it: the answer to one AT_LIGHT reading, given once and never changed."""

    passage_id: str
    lane_id: str
    port_code: str
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
    log_odds: float
    random_key_id: str
    rule_set_version: str


class Tick(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A watermark of one source partition, sent to every partition downstream."""

    source_topic: str
    source_partition: int
    watermark_at: int


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


# Types that stand in a topic on their own, one .avsc file each.
RECORD_TYPES = (
    Alert,
    Association,
    Crossing,
    DeadLetter,
    Heartbeat,
    LaneEvent,
    Passage,
    PlateRead,
    ReferenceChange,
    RuleSetVersion,
    Score,
    Selection,
    Tick,
    WatchlistEntry,
    Weighing,
    XrayScan,
)
