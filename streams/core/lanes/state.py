"""What is remembered of a lane: the vehicles in it, each with one slot per sensor, and the ids of recent readings.

Plain classes rather than msgspec's: compiled, their fields are read without a look-up, and times need no objects.
"""

from typing import Any, Final

import msgspec

from schemas.records import SensorRole
from streams.core.lanes.blind import Sight
from streams.core.lanes.scale_bias import ScaleBias
from streams.core.lanes.slots import ROLES

# Vehicles of one lane held at once: 38 m hold six cars, and those that left wait some seconds for late readings, or, if
# the exit loop is silent, until this many have come after them.
VEHICLES_MAX: Final = 32

# Of these, vehicles that one sensor alone has seen: six stand in a lane whose cameras and scale are all silent. More
# are an entry loop that says ENTERED of nobody, and must not push a vehicle out that somebody sits in.
SEEN_ONCE_MAX: Final = 8

# Of a lane that has not been seen at work yet; 4 s at the light and 4 s of moving up are SIAVE's 8 s a vehicle.
USUAL_STOP_FIRST: Final = 4_000_000

VERSION: Final = b"\x0a"  # first byte of a stored lane; a change of the structures below needs a new one

SEEN_FIELDS: Final = 6  # of a stored reading; frames stand behind them, if there are any

Stay = tuple[str, int, int, int | None]
"""Of a unit's assignment to the lane: unit, revision, from when until when, microseconds; None while that is open."""

_SENSORS: Final = {str(role): role for role in SensorRole}
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder()


class Seen:
    """One reading in a slot; never changed. `at` is when the device saw it, clamped if its clock is off.

    `content` by kind of sensor: loops None; cameras (plates, jurisdiction, confidence, image uri, digest); scale
    (gross, loads, spacings, speed, type, class); X-ray (unit, machine, operator, quality, shielding, uri, digest);
    terminal the declared load in kg. `frames` are further reads of the same camera.
    """

    def __init__(
        self,
        reading_id: str,
        sensor: SensorRole,
        at: int,
        observed_at: int,
        received_at: int,
        content: Any,
        frames: "tuple[Seen, ...]" = (),
    ) -> None:
        self.reading_id = reading_id
        self.sensor = sensor
        self.at = at
        self.observed_at = observed_at
        self.received_at = received_at
        self.content = content
        self.frames = frames

    def with_frame(self, frame: "Seen") -> "Seen":
        """The same reading with one more frame of its camera."""
        frames = (*self.frames, frame)
        return Seen(self.reading_id, self.sensor, self.at, self.observed_at, self.received_at, self.content, frames)


class Vehicle:
    """One vehicle in the lane. `revision` counts the passages written of it; `key` is the last one's Kafka key."""

    def __init__(self, number: int, direction: str, first_reading_digest: str, slots: list[Seen | None]) -> None:
        self.number = number
        self.direction = direction
        self.first_reading_digest = first_reading_digest
        self.slots = slots
        self.load: Seen | None = None  # what the officer declared last
        self.backed_out: Seen | None = None
        self.join_probability = 1.0
        self.revision = 0
        self.key = ""
        self.plate: str | None = None
        self.officer_id: str | None = None
        self.last_received_at = 0
        self.last = -1  # slot of the furthest sensor that saw it


class LaneState:
    """One lane in one operating mode. `close_at` is the watermark at which a vehicle may be closed next, 0 for none.

    Modes are worlds of their own: a test drive through a lane changes nothing for the travellers in it.
    """

    def __init__(self, operating_mode: str) -> None:
        self.operating_mode = operating_mode
        self.vehicles: list[Vehicle] = []
        self.next_number = 1
        self.watermark_at = 0
        self.close_at = 0
        self.closed_until = 0
        self.recent_ids: dict[int, bool] = {}  # fingerprints, oldest first
        self.officer_id: str | None = None
        self.unit_seen_at = 0
        self.stays: dict[str, Stay] = {}  # assignments of mobile units by their ids, in the order of the log
        self.pending_load: Seen | None = None
        # When the last vehicle closed was where, by slot: what held up those behind it.
        self.lead: list[Seen | None] = []
        # How long vehicles usually stand at the light, microseconds, from how many; and when one came to it last.
        self.usual_stop = USUAL_STOP_FIRST
        self.stops = 0
        self.at_light_at = 0
        # When each loop saw a vehicle last, and when that was received: one that says so twice at once has bounced.
        self.loop_at = [0] * len(ROLES)
        self.loop_received_at = [0] * len(ROLES)
        self.scale_bias = ScaleBias()
        self.sights = [Sight() for _ in ROLES]
        # Readings accepted of each sensor, and of the terminal, in a second of gateway time.
        self.second = 0
        self.in_second = [0] * (len(ROLES) + 1)


def encode(lane: LaneState) -> bytes:
    """A lane as stored."""
    return VERSION + _encoder.encode(
        (
            lane.operating_mode,
            [_vehicle_fields(vehicle) for vehicle in lane.vehicles],
            lane.next_number,
            lane.watermark_at,
            lane.close_at,
            lane.closed_until,
            list(lane.recent_ids),
            lane.officer_id,
            lane.unit_seen_at,
            _seen_fields(lane.pending_load),
            [_seen_fields(seen) for seen in lane.lead],
            lane.usual_stop,
            lane.stops,
            lane.at_light_at,
            lane.loop_at,
            lane.loop_received_at,
            lane.second,
            lane.in_second,
            lane.scale_bias.fields(),
            [sight.fields() for sight in lane.sights],
            lane.stays,
        )
    )


def decode(stored: bytes) -> LaneState:
    """A lane from what is stored. Raises ValueError for another version."""
    if stored[:1] != VERSION:
        raise ValueError(f"a lane was stored in version {stored[0]}, this is {VERSION[0]}: replay the readings")
    fields = _decoder.decode(stored[1:])
    lane = LaneState(fields[0])
    lane.vehicles = [_vehicle_of(one) for one in fields[1]]
    lane.next_number, lane.watermark_at, lane.close_at, lane.closed_until = fields[2], fields[3], fields[4], fields[5]
    lane.recent_ids = dict.fromkeys(fields[6], True)
    lane.officer_id, lane.unit_seen_at = fields[7], fields[8]
    lane.pending_load = _seen_of(fields[9])
    lane.lead = [_seen_of(one) for one in fields[10]]
    lane.usual_stop, lane.stops, lane.at_light_at = fields[11], fields[12], fields[13]
    lane.loop_at, lane.loop_received_at = fields[14], fields[15]
    lane.second, lane.in_second = fields[16], fields[17]
    lane.scale_bias = ScaleBias(*fields[18])
    lane.sights = [Sight(*one) for one in fields[19]]
    lane.stays = {assignment_id: tuple(stay) for assignment_id, stay in fields[20].items()}
    return lane


def _vehicle_fields(vehicle: Vehicle) -> tuple[Any, ...]:
    return (
        vehicle.number,
        vehicle.direction,
        vehicle.first_reading_digest,
        [_seen_fields(seen) for seen in vehicle.slots],
        _seen_fields(vehicle.load),
        _seen_fields(vehicle.backed_out),
        vehicle.join_probability,
        vehicle.revision,
        vehicle.key,
        vehicle.plate,
        vehicle.officer_id,
        vehicle.last_received_at,
        vehicle.last,
    )


def _vehicle_of(fields: list[Any]) -> Vehicle:
    vehicle = Vehicle(fields[0], fields[1], fields[2], [_seen_of(one) for one in fields[3]])
    vehicle.load, vehicle.backed_out = _seen_of(fields[4]), _seen_of(fields[5])
    vehicle.join_probability, vehicle.revision = fields[6], fields[7]
    vehicle.key, vehicle.plate, vehicle.officer_id = fields[8], fields[9], fields[10]
    vehicle.last_received_at, vehicle.last = fields[11], fields[12]
    return vehicle


def _seen_fields(seen: Seen | None) -> tuple[Any, ...] | None:
    if seen is None:
        return None
    fields = seen.reading_id, seen.sensor, seen.at, seen.observed_at, seen.received_at, seen.content
    return (*fields, [_seen_fields(frame) for frame in seen.frames]) if seen.frames else fields


def _seen_of(fields: list[Any] | None) -> Seen | None:
    if fields is None:
        return None
    frames: tuple[Seen, ...] = ()
    if len(fields) > SEEN_FIELDS:
        frames = tuple([frame for frame in map(_seen_of, fields[SEEN_FIELDS]) if frame is not None])
    return Seen(fields[0], _SENSORS[fields[1]], fields[2], fields[3], fields[4], fields[5], frames)
