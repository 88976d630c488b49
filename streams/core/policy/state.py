"""What the policy stage stores of the ports of its partition.

    key "policy"                               ─► the policy's text
    key "m:<mode>:<port_code>:<lane_mode>"     ─► Meter       of each port and mode that the policy names
    key "s:<port_code>:<lane_mode>"            ─► Staffings   told by the port, until they are over
    key "c:<mode>:<passage_id>"                ─► Corrected   where another light was given than was selected, for hours

States are immutable: a change makes a new one.
"""

from typing import Final

import msgspec

from schemas.records import LaneMode, OperatingMode

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x02"

POLICY_KEY: Final = b"policy"
METER_PREFIX: Final = b"m:"
STAFFING_PREFIX: Final = b"s:"
CORRECTED_PREFIX: Final = b"c:"

# Staffings told ahead for one port and mode: a week of shifts, with room for changes.
STAFFINGS_MAX: Final = 64


class Told(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the lanes were last told."""

    policy_version: str
    random_propensity: float
    threshold_log_odds: float | None
    share_at_threshold: float | None
    budget_reds_per_hour: float


class Meter(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One port and mode. `vehicles` and `reds` are counted since `stepped_at` (event time, microseconds; 0 before the
    first step); corrections may make `reds` negative. `reds_owed` is what the budget had more than there were reds,
    negative if less. `scores` are the log-odds of the last vehicles in thousandths, a ring whose next place is
    `next_score`."""

    stepped_at: int = 0
    vehicles: int = 0
    reds: int = 0
    vehicles_per_hour: float = 0.0
    reds_owed: float = 0.0
    scores: tuple[int, ...] = ()
    next_score: int = 0
    told: Told | None = None


class Staffed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Inspectors who are really there from a second until another."""

    staffing_id: str
    from_s: int
    until_s: int
    inspectors: float


Staffings = tuple[Staffed, ...]


class Corrected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A vehicle that counts otherwise than its selection meant: `is_red`, until the second `due_s`."""

    due_s: int
    is_red: bool


_ENCODER: Final = msgspec.msgpack.Encoder()
_METER: Final = msgspec.msgpack.Decoder(Meter)
_STAFFINGS: Final = msgspec.msgpack.Decoder(Staffings)


def meter_key(mode: OperatingMode, port_code: str, lane_mode: LaneMode) -> bytes:
    """Where the meter of a port and mode is kept, for one operating mode."""
    return METER_PREFIX + f"{mode}:{port_code}:{lane_mode}".encode()


def staffing_key(port_code: str, lane_mode: LaneMode) -> bytes:
    """Where a port's staffings are kept."""
    return STAFFING_PREFIX + f"{port_code}:{lane_mode}".encode()


def encode(state: Meter | Staffings) -> bytes:
    """As stored."""
    return VERSION + _ENCODER.encode(state)


def decode_meter(stored: bytes) -> Meter:
    """As encoded."""
    return _METER.decode(memoryview(stored)[1:])


def decode_staffings(stored: bytes) -> Staffings:
    """As encoded."""
    return _STAFFINGS.decode(memoryview(stored)[1:])


def corrected_key(mode: OperatingMode, passage_id: str) -> bytes:
    """Where it is kept that a vehicle counts otherwise than selected."""
    return CORRECTED_PREFIX + f"{mode}:{passage_id}".encode()


def encode_corrected(corrected: Corrected) -> bytes:
    """Version, four bytes of `due_s`, one of `is_red`."""
    return VERSION + corrected.due_s.to_bytes(4, "big") + bytes([corrected.is_red])


def decode_corrected(stored: bytes) -> Corrected:
    """As encoded."""
    return Corrected(int.from_bytes(stored[1:5], "big"), stored[5] == 1)


def encode_text(text: str) -> bytes:
    """As stored."""
    return VERSION + text.encode()


def decode_text(stored: bytes) -> str:
    """As encoded."""
    return stored[1:].decode()
