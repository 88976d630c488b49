"""What is remembered of a lane: the vehicles in it, each with one slot per sensor, and the ids of recent readings."""

from typing import Any, Final

import msgspec

from schemas.records import SensorRole

# Vehicles of one lane held at once: 38 m hold six cars, and those that left wait some seconds for late readings.
VEHICLES_MAX: Final = 32


class Seen(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One reading in a slot. `at` is when the device saw it, clamped if its clock is off; `content` by kind of sensor.

    Content: loops None; cameras (plates, jurisdiction, image uri, digest); scale (gross, loads, spacings, speed, type,
    class); X-ray (unit, machine, operator, quality, shielding, uri, digest); terminal the declared load in kg.
    """

    reading_id: str
    sensor: SensorRole
    at: int
    observed_at: int
    received_at: int
    content: Any = None


class Vehicle(msgspec.Struct, array_like=True):
    """One vehicle in the lane. `revision` counts the passages written of it; `key` is the last one's Kafka key."""

    number: int
    operating_mode: str
    direction: str
    first_reading_digest: str
    slots: list[Seen | None]
    extras: list[Seen] = []
    backed_out: bool = False
    join_probability: float = 1.0
    revision: int = 0
    key: str = ""
    plate: str | None = None
    officer_id: str | None = None
    last_received_at: int = 0
    last: int = -1  # slot of the furthest sensor that saw it


class LaneState(msgspec.Struct, array_like=True):
    """One lane. `close_at` is the watermark at which a vehicle may be closed next, 0 for none."""

    vehicles: list[Vehicle] = []
    next_number: int = 1
    watermark_at: int = 0
    close_at: int = 0
    closed_until: int = 0
    recent_ids: dict[int, int] = {}
    officer_id: str | None = None
    unit_seen_at: int = 0
    pending_load: Seen | None = None
    # When the last vehicle closed was where, by slot: what held up those behind it.
    lead: list[Seen | None] = []
    lead_mode: str = ""
    # Readings accepted of each sensor in the second of gateway time that follows.
    second: int = 0
    in_second: dict[str, int] = {}


class PartitionState(msgspec.Struct, array_like=True, frozen=True):
    """What a partition knows besides its lanes."""

    watermark_at: int = 0


VERSION: Final = b"\x03"  # first byte of a stored lane; a change of the structures above needs a new one
_decoder = msgspec.msgpack.Decoder(LaneState)
_encoder = msgspec.msgpack.Encoder()


def encode(lane: LaneState) -> bytes:
    """A lane as stored."""
    return VERSION + _encoder.encode(lane)


def decode(stored: bytes) -> LaneState:
    """A lane from what is stored. Raises ValueError for another version."""
    if stored[:1] != VERSION:
        raise ValueError(f"a lane was stored in version {stored[0]}, this is {VERSION[0]}: replay the readings")
    return _decoder.decode(stored[1:])
