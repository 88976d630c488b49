"""What the traces stage stores: one state per purchaser and operating mode.

    key "p:<mode>:<purchaser_id>" ─► Purchaser    until all that was told of them has expired

States are immutable: a change makes a new one. What was withdrawn stays as long as it would have counted, so that a
late copy of the record does not bring it back.
"""

from typing import Final

import msgspec

from schemas.records import OperatingMode

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x02"

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 24 * 3600
DAY: Final = DAY_SECONDS * SECOND
PURCHASER_PREFIX: Final = b"p:"

# Of one purchaser. The largest straw purchasers on record bought several hundred guns, of which some were traced; a
# person with more is no case that a suggestion is needed for.
TRACES_MAX: Final = 256
REPORTS_MAX: Final = 64
LINKS_MAX: Final = 16


class Traced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One trace at its highest revision. `counts`: neither withdrawn nor of a gun reported stolen."""

    trace_id: str
    revision: int
    counts: bool
    purchased_day: int
    recovered_day: int
    expires_s: int


class Reported(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One report of a multiple sale at its highest revision: days with numbers of firearms, none if withdrawn."""

    report_id: str
    revision: int
    sales: tuple[tuple[int, int], ...]
    expires_s: int


class Told(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The suggestion last written of a link: its id and revision, whether it stands, and a digest of what it said."""

    suggestion_id: str
    revision: int
    stands: bool
    digest: bytes


class Linked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One link at its highest revision. `forget_s`: when its id is forgotten, a while after its last end."""

    link_id: str
    revision: int
    withdrawn: bool
    plate: str
    jurisdiction: str | None
    source: str
    case_number: str
    legal_basis: str
    valid_until_at: int
    forget_s: int
    told: Told | None = None

    def is_live(self, now_at: int) -> bool:
        """Whether it ties its plate at a time."""
        return not self.withdrawn and now_at < self.valid_until_at


class Purchaser(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that counts of one purchaser, each list by id. `due_s`: when the next part of it ends, or a look is due."""

    due_s: int = 0
    traces: tuple[Traced, ...] = ()
    reports: tuple[Reported, ...] = ()
    links: tuple[Linked, ...] = ()


_ENCODER: Final = msgspec.msgpack.Encoder()
_PURCHASERS: Final = msgspec.msgpack.Decoder(Purchaser)


def purchaser_key(mode: OperatingMode, purchaser_id: str) -> bytes:
    """Operating modes are worlds of their own."""
    return PURCHASER_PREFIX + f"{mode}:{purchaser_id}".encode()


def mode_of(key: bytes) -> OperatingMode:
    """The mode in a purchaser's key."""
    return OperatingMode(key[len(PURCHASER_PREFIX) :].partition(b":")[0].decode())


def encode_purchaser(purchaser: Purchaser) -> bytes:
    """Version, four bytes of `due_s`, so that the deadlines are rebuilt without decoding, MessagePack."""
    return VERSION + purchaser.due_s.to_bytes(4, "big") + _ENCODER.encode(purchaser)


def decode_purchaser(stored: bytes) -> Purchaser:
    """The purchaser in stored bytes. Raises msgspec.DecodeError if they are not one."""
    return _PURCHASERS.decode(memoryview(stored)[5:])


def due_of(stored: bytes) -> int:
    """When a stored purchaser is due, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")
