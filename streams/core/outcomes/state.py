"""What the outcomes stage stores: one case per passage, and the roster of each lane.

    key "c:<mode>:<passage_id>" ─► Case       until it is written and corrections are no longer expected
    key "r:<lane_id>"           ─► Roster     officers' duties of the last days
    key "l:<mode>:<lane_id>"    ─► Dark       the last time that the lane's light fell back on the lot
    key "a:<mode>:<lane_id>:<reading_id>"  ─► AtLight  whose an AT_LIGHT reading is, or the lot drawn on it, for a day

States are immutable: a change makes a new one.
"""

from typing import Final

import msgspec

from schemas.records import (
    Exam,
    HitConfirmationReason,
    InspectionResolution,
    LaneMode,
    Light,
    LightAnswerReason,
    OperatingMode,
    OverrideReason,
    PlateFormat,
    PlateIssuer,
    ReferralReason,
)
from streams.core.rotation import slot_of

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x09"

SECOND: Final = 1_000_000
CASE_PREFIX: Final = b"c:"
ROSTER_PREFIX: Final = b"r:"
DARK_PREFIX: Final = b"l:"
READING_PREFIX: Final = b"a:"

# Overrides remembered of one vehicle by id, the last ones, so that a terminal's repeat is not counted twice.
OVERRIDES_MAX: Final = 8

# The same of what was said of a match: a person says it once, and takes it back seldom.
CONFIRMATIONS_MAX: Final = 8

# Inspections of one vehicle: a second one is seldom, a third a fault.
INSPECTIONS_MAX: Final = 4

# Duties of one lane: half hours of the two days to come and of the seven in which an outcome may be corrected, with
# room for changes.
DUTIES_MAX: Final = 512


class Grouped(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The groups that a vehicle is counted in; never evidence."""

    issuer: PlateIssuer
    plate_format: PlateFormat
    local_hour: int | None


class Selected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A selection, as an outcome tells of it. `came_at`: when the vehicle came to the light, by the gateway's clock."""

    selected_at: int
    came_at: int
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
    lane_mode: LaneMode
    policy_version: str | None
    vehicle_token: str | None
    fairness_group: Grouped | None
    mandated_exams: tuple[Exam, ...]


class Overridden(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One change of the light by an officer."""

    override_id: str
    light: Light
    reason: OverrideReason
    officer_id: str


class Inspected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One inspection at its highest revision, its findings counted. `digest`: of all that was told of it, so that a
    report that is repeated is told from another one of the same revision."""

    inspection_id: str
    revision: int
    started_at: int
    ended_at: int | None
    officer_ids: tuple[str, ...]
    resolution: InspectionResolution
    firearms: int
    magazines: int
    rounds: int
    referral_reason: ReferralReason
    exams_done: tuple[Exam, ...]
    exams_missed: tuple[Exam, ...]
    digest: bytes


class Compared(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a person said of a match with a watchlist."""

    confirmation_id: str
    confirmed: bool
    reason: HitConfirmationReason


class Shown(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the vehicle saw."""

    answered_at: int
    light: Light


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Everything known of one passage. `due_s`: when it is written, or, once it is, forgotten; `touched_at`: lane
    time of what came last; `revision`: of the outcome last written, 0 before the first; `told`: whether that one tells
    all that is known; `shown`: what it saw last; `lot`: what the dead-man rule showed at the last stop, None if it did
    not have to."""

    due_s: int
    touched_at: int
    revision: int = 0
    selected: Selected | None = None
    evidence: tuple[tuple[str, float], ...] | None = None
    overrides: tuple[Overridden, ...] = ()
    overridden: int = 0
    inspections: tuple[Inspected, ...] = ()
    told: bool = False
    shown: Shown | None = None
    lot: Shown | None = None
    confirmations: tuple[Compared, ...] = ()

    @property
    def compared(self) -> Compared | None:
        """What was said last of its match; None: nobody has said."""
        return self.confirmations[-1] if self.confirmations else None

    @property
    def light_given(self) -> Light:
        """The light before officers changed it: the lot's if it had to decide, else as selected; UNKNOWN of neither."""
        if self.lot is not None:
            return self.lot.light
        return self.selected.light if self.selected is not None else Light.UNKNOWN

    @property
    def final_light(self) -> Light:
        """The light after the last override; UNKNOWN if nobody and nothing gave one."""
        return self.overrides[-1].light if self.overrides else self.light_given

    @property
    def is_inspected(self) -> bool:
        """Whether an inspection has ended; another one may go on."""
        return any(one.ended_at is not None for one in self.inspections)

    @property
    def is_open(self) -> bool:
        """Whether an inspection goes on, as far as is known."""
        return any(one.ended_at is None for one in self.inspections)


class Duty(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An officer's hours in a lane, the end excluded; microseconds."""

    from_at: int
    until_at: int
    assignment_id: str
    officer_id: str


class Roster(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Duties of one lane by start, the last DUTIES_MAX."""

    duties: tuple[Duty, ...] = ()

    def officer_at(self, at: int) -> str | None:
        """Who has the lane at a time."""
        duty = self.duty_at(at)
        return None if duty is None else duty.officer_id

    def duty_at(self, at: int) -> Duty | None:
        """The duty at a time; of overlapping ones that which began last."""
        for duty in reversed(self.duties):
            if duty.from_at <= at < duty.until_at:
                return duty
        return None

    def with_duty(self, duty: Duty) -> "Roster":
        """The roster with a duty added; one of the same id, or drawn for the same start, is replaced."""
        slot = slot_of(duty.assignment_id)
        others = [other for other in self.duties if slot_of(other.assignment_id) != slot]
        ordered = sorted([*others, duty], key=_by_start)
        return Roster(tuple(ordered[-DUTIES_MAX:]))


class AtLight(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An AT_LIGHT reading: its passage, or, while that is not known, the lot that was drawn on it and why. `due_s`:
    when it is forgotten."""

    due_s: int
    passage_id: str | None
    lot: Shown | None = None
    reason: LightAnswerReason = LightAnswerReason.UNKNOWN


class Dark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Since when a lane's light is answered by lot, or was last. `due_s`: when it is forgotten; `recent_at`: when its
    last answers were given, in the order in which they came; `fallbacks`: vehicles answered by lot; `vehicle`: the last
    of them; `is_open`: no selection has been shown since."""

    due_s: int
    incident_id: str
    recent_at: tuple[int, ...]
    fallbacks: int
    vehicle: str
    is_open: bool


_ENCODER: Final = msgspec.msgpack.Encoder()
_CASES: Final = msgspec.msgpack.Decoder(Case)
_ROSTERS: Final = msgspec.msgpack.Decoder(Roster)
_DARKS: Final = msgspec.msgpack.Decoder(Dark)
_AT_LIGHTS: Final = msgspec.msgpack.Decoder(AtLight)


def case_key(mode: OperatingMode, passage_id: str) -> bytes:
    """Operating modes are worlds of their own, so a drill's passage of the same number is another one."""
    return CASE_PREFIX + f"{mode}:{passage_id}".encode()


def mode_and_passage(key: bytes) -> tuple[OperatingMode, str]:
    """What `case_key` was made of."""
    mode, _, passage_id = key[len(CASE_PREFIX) :].decode().partition(":")
    return OperatingMode(mode), passage_id


def encode_case(case: Case) -> bytes:
    """Version, four bytes of `due_s`, so that the deadlines are rebuilt without decoding, MessagePack."""
    return VERSION + case.due_s.to_bytes(4, "big") + _ENCODER.encode(case)


def decode_case(stored: bytes) -> Case:
    """The case in stored bytes. Raises msgspec.DecodeError if they are not one."""
    return _CASES.decode(memoryview(stored)[5:])


def encode_dark(dark: Dark) -> bytes:
    """As a case is."""
    return VERSION + dark.due_s.to_bytes(4, "big") + _ENCODER.encode(dark)


def decode_dark(stored: bytes) -> Dark:
    """What stands of a lane in stored bytes."""
    return _DARKS.decode(memoryview(stored)[5:])


def encode_at_light(at_light: AtLight) -> bytes:
    """As a case is."""
    return VERSION + at_light.due_s.to_bytes(4, "big") + _ENCODER.encode(at_light)


def decode_at_light(stored: bytes) -> AtLight:
    """What is known of a reading in stored bytes."""
    return _AT_LIGHTS.decode(memoryview(stored)[5:])


def due_of(stored: bytes) -> int:
    """When a stored case, darkness or reading is due, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")


def encode_roster(roster: Roster) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(roster)


def decode_roster(stored: bytes) -> Roster:
    """The roster in stored bytes."""
    return _ROSTERS.decode(memoryview(stored)[1:])


def _by_start(duty: Duty) -> tuple[int, str]:
    return duty.from_at, duty.assignment_id
