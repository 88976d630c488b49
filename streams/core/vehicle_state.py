"""What the vehicles stage stores; how it is changed stands in `vehicle_history.py`."""

from typing import Final

import msgspec

# First byte of what is stored; a change of the structures below needs a new one. States without one began with the
# first byte of a time (0x65 and up) or a MessagePack array (0x90 and up).
VERSION: Final = b"\x08"


class PassedBy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One FINAL passage. Times in seconds since 1970; weight in whole kg, its lane's bias removed, 0 if not weighed.

    `scale` is the place of its ScaleType in the enumeration, `vehicle_class` FHWA's, 0 if not known. Port and lane
    stand in `passage_id`.
    """

    at_s: int
    passage_id: str
    weight_kg: int = 0
    scale: int = 0
    vehicle_class: int = 0


class Companion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Another vehicle that one keeps crossing with, and which entry of a watchlist its plate last met (until 0:
    none)."""

    plate: str
    jurisdiction: str | None
    until_s: int
    log_likelihood_ratio: float
    joint_crossings: int
    hit_log_odds: float = 0.0
    hit_until_s: int = 0
    hit_entry_id: str = ""


class Habit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many of a vehicle's southbound crossings since a day (since 1970) showed each sign of `ant_traffic`, of those
    that could, and whether the alarm that they reached was told. It outlives the passages that were counted, and tells
    neither when nor where they were."""

    since_day: int
    shown: tuple[int, ...] = (0, 0, 0, 0, 0)
    of: tuple[int, ...] = (0, 0, 0, 0, 0)
    alarmed: bool = False


class Vehicle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An exact plate and its issuer with its FINAL passages, oldest first: the southbound ones, at most PASSAGES_MAX,
    and from the optional inbound feed the northbound ones, at most INBOUND_MAX. It has one of either at least."""

    plate: str
    jurisdiction: str | None
    passages: tuple[PassedBy, ...]
    companions: tuple[Companion, ...] = ()
    habit: Habit | None = None
    inbound: tuple[PassedBy, ...] = ()


class Threshold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """From which log-odds a vehicle is referred. With a share, one of just that score, to the thousandth, is referred
    if its lot (in [0, 1)) is below the share."""

    log_odds: float
    share: float | None = None
    lot: float = 0.0


class OpenPassage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A passage under way: the light it was given here last (empty: none), at which of its revisions, and the alert
    last raised (empty kind: none), with whom it was for. `turned_back`: it is over, and the vehicle did not go through.
    `threshold` is what decided the light, so that later revisions are told of by it and not by what the policy has
    moved it to since. `pattern`: the alert told that the vehicle crosses as couriers do."""

    passage_id: str
    expires_s: int
    light: str = ""
    alert_kind: str = ""
    alert_severity: str = ""
    alert_entry_id: str = ""
    alert_log_odds: float = 0.0
    light_revision: int = 0
    turned_back: bool = False
    threshold: Threshold | None = None
    pattern: bool = False
    alert_audience: str = ""


class KeyState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Everything under one plate key of one operating mode."""

    vehicles: tuple[Vehicle, ...] = ()
    open: tuple[OpenPassage, ...] = ()
