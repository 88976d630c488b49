"""What the estimates stage stores. Modes are worlds of their own: each port is one port for each operating mode.

    key "ports"                        ─► Ports   which days of which ports are counted, and what was told last
    key "d:<mode>:<port>:<day>"        ─► Day     a UTC day's tallies by group, for as long as the window reaches it
    key "p:<mode>:<port>:<day>"        ─► Parts   the same day's counts by fairness group and part of the vehicles
    key "o:<mode>:<passage_id>"        ─► Said    what a passage counts as, while its outcome may be revised

A vehicle that passed is counted and forgotten: of 230,000 a day at the whole border nine in ten. If an officer's report
revises it, the revision says by its number that the passage was counted before, and nothing else of it was. Referred
ones are remembered for eight days, which at one in ten are 184,000 at a time.
"""

from typing import Final

import msgspec

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x02"

SECOND: Final = 1_000_000
DAY: Final = 24 * 3600 * SECOND

PORTS_KEY: Final = b"ports"
DAY_PREFIX: Final = b"d:"
PARTS_PREFIX: Final = b"p:"
SAID_PREFIX: Final = b"o:"


class Arm(msgspec.Struct, array_like=True):
    """Referrals of one cause, the ended inspections among them, and the finds."""

    referred: int = 0
    inspected: int = 0
    hits: int = 0


class Lot(msgspec.Struct, array_like=True):
    """What the lot drew, by number and by weight: 1 over the propensity, in thousandths, whole so that a revision
    takes out exactly what was put in. `hit_square`: squares of the hits' weights, in thousandths as well;
    `weight_max`: the heaviest ever put in, which a revision does not lower."""

    drawn: int = 0
    inspected: int = 0
    hits: int = 0
    drawn_weight: int = 0
    inspected_weight: int = 0
    hit_weight: int = 0
    hit_square: int = 0
    weight_max: int = 0


class Tally(msgspec.Struct, array_like=True):
    """Counts of one group of vehicles on one day. `alone`: drawn and not referred for anything else; `also`: drawn,
    and over the threshold or on a list besides."""

    passages: int = 0
    referred: Arm = msgspec.field(default_factory=Arm)
    not_inspected: int = 0
    released: int = 0
    open: int = 0
    risk: Arm = msgspec.field(default_factory=Arm)
    must_refer: Arm = msgspec.field(default_factory=Arm)
    officers: Arm = msgspec.field(default_factory=Arm)
    alone: Lot = msgspec.field(default_factory=Lot)
    also: Lot = msgspec.field(default_factory=Lot)
    inspector_seconds: int = 0
    traveller_seconds: int = 0


class Day(msgspec.Struct, array_like=True):
    """Tallies of a port's day by group: "" the port, "m:" a lane mode, "l:" a lane, "v:" a version, "e:" evidence,
    "i:" an issuer, "f:" a plate format, "h:" an hour."""

    groups: dict[str, Tally] = {}


class Parts(msgspec.Struct, array_like=True):
    """Counts of a port's day by cell (`parts.py`): 8 strata of 44 groups at most, a few hundred bytes each."""

    cells: dict[str, list[int]] = {}


class Said(msgspec.Struct, frozen=True, array_like=True):
    """An outcome as it is counted. `day`: UTC day of its selection, None without one, and then it counts nowhere;
    `passages`: 0 if its passage was counted when it passed; `weight`: of a drawn one, in thousandths, else 0;
    `stratum` and `part`: where it is in Parts."""

    due_s: int
    revision: int
    passages: int
    day: int | None
    groups: tuple[str, ...] = ()
    referred: bool = False
    inspected: bool = False
    hit: bool = False
    released: bool = False
    open: bool = False
    risk: bool = False
    must_refer: bool = False
    officers: bool = False
    weight: int = 0
    inspector_seconds: int = 0
    traveller_seconds: int = 0
    stratum: str = ""
    part: int = 0


class PortDays(msgspec.Struct, frozen=True, array_like=True):
    """The days of a port that are counted, ascending, and the day on which it was last told of."""

    days: tuple[int, ...] = ()
    told_on: int = 0


class Ports(msgspec.Struct, frozen=True, array_like=True):
    """By "<mode>:<port>", in the order in which they were first seen."""

    ports: dict[str, PortDays] = {}


_ENCODER: Final = msgspec.msgpack.Encoder()
_DAYS: Final = msgspec.msgpack.Decoder(Day)
_PARTS: Final = msgspec.msgpack.Decoder(Parts)
_SAID: Final = msgspec.msgpack.Decoder(Said)
_PORTS: Final = msgspec.msgpack.Decoder(Ports)


def day_key(port: str, day: int) -> bytes:
    """Where a day of a port ("<mode>:<port>") is kept."""
    return DAY_PREFIX + f"{port}:{day}".encode()


def parts_key(port: str, day: int) -> bytes:
    """Where the parts of a day of a port ("<mode>:<port>") are kept."""
    return PARTS_PREFIX + f"{port}:{day}".encode()


def said_key(mode: str, passage_id: str) -> bytes:
    """Where it is kept what a passage counts as."""
    return SAID_PREFIX + f"{mode}:{passage_id}".encode()


def encode_day(day: Day) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(day)


def decode_day(stored: bytes) -> Day:
    """The day in stored bytes. Raises msgspec.DecodeError if they are not one."""
    return _DAYS.decode(memoryview(stored)[1:])


def encode_parts(parts: Parts) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(parts)


def decode_parts(stored: bytes) -> Parts:
    """The parts in stored bytes. Raises msgspec.DecodeError if they are none."""
    return _PARTS.decode(memoryview(stored)[1:])


def encode_said(said: Said) -> bytes:
    """Version, four bytes of `due_s`, so that the deadlines are rebuilt without decoding, MessagePack."""
    return VERSION + said.due_s.to_bytes(4, "big") + _ENCODER.encode(said)


def decode_said(stored: bytes) -> Said:
    """What a passage counts as. Raises msgspec.DecodeError if the bytes are not that."""
    return _SAID.decode(memoryview(stored)[5:])


def due_of(stored: bytes) -> int:
    """When a stored passage may be forgotten, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")


def encode_ports(ports: Ports) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(ports)


def decode_ports(stored: bytes) -> Ports:
    """The ports in stored bytes."""
    return _PORTS.decode(memoryview(stored)[1:])
