"""What the vehicles stage stores; how it is changed stands in `vehicle_history.py`."""

from typing import Final

import msgspec

# First byte of what is stored; a change of the structures below needs a new one. States without one began with the
# first byte of a time (0x65 and up) or a MessagePack array (0x90 and up).
VERSION: Final = b"\x02"


class PassedBy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One FINAL passage. Times in seconds since 1970; weight in whole kg, its lane's bias removed, 0 if not weighed.

    `scale` is the place of its ScaleType in the enumeration, `vehicle_class` FHWA's, 0 if not known. Port and lane
    stand in `passage_id`. `inbound`: it came north, from the optional inbound feed.
    """

    at_s: int
    passage_id: str
    weight_kg: int = 0
    scale: int = 0
    vehicle_class: int = 0
    inbound: bool = False


class Companion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Another vehicle that one keeps crossing with, and what its plate last met on a watchlist (until 0: nothing)."""

    plate: str
    jurisdiction: str | None
    until_s: int
    log_likelihood_ratio: float
    joint_crossings: int
    hit_log_odds: float = 0.0
    hit_until_s: int = 0


class Vehicle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An exact plate and its issuer with its FINAL passages, oldest first, at most PASSAGES_MAX."""

    plate: str
    jurisdiction: str | None
    passages: tuple[PassedBy, ...]
    companions: tuple[Companion, ...] = ()


class OpenPassage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A passage under way: the light it was given here last (empty: none), at which of its revisions, and the alert
    last raised (empty kind: none)."""

    passage_id: str
    expires_s: int
    light: str = ""
    alert_kind: str = ""
    alert_severity: str = ""
    alert_entry_id: str = ""
    alert_log_odds: float = 0.0
    light_revision: int = 0


class KeyState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Everything under one plate key of one operating mode."""

    vehicles: tuple[Vehicle, ...] = ()
    open: tuple[OpenPassage, ...] = ()


class Watermarks(msgspec.Struct, array_like=True, frozen=True):
    """Watermark of each source partition seen, that of this partition, and the one last sent on."""

    sources: dict[int, int]
    own_at: int = 0
    sent_at: int = 0
