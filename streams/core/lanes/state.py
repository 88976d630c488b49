"""What is remembered of a lane: the vehicles in it, each with one slot per sensor, and the ids of recent readings.

Plain classes rather than msgspec's: compiled, their fields are read without a look-up, and times need no objects.
"""

from typing import Any, Final

import msgspec

from schemas.records import SensorRole

# Vehicles of one lane held at once: 38 m hold six cars, and those that left wait some seconds for late readings.
VEHICLES_MAX: Final = 32

# Of a lane that has not been seen at work yet; 4 s at the light and 4 s of moving up are SIAVE's 8 s a vehicle.
USUAL_STOP_FIRST: Final = 4_000_000

VERSION: Final = b"\x05"  # first byte of a stored lane; a change of the structures below needs a new one

_SENSORS: Final = {str(role): role for role in SensorRole}
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder()


class Seen:
    """One reading in a slot; never changed. `at` is when the device saw it, clamped if its clock is off.

    `content` by kind of sensor: loops None; cameras (plates, jurisdiction, confidence, image uri, digest); scale
    (gross, loads, spacings, speed, type, class); X-ray (unit, machine, operator, quality, shielding, uri, digest);
    terminal the declared load in kg.
    """

    def __init__(
        self, reading_id: str, sensor: SensorRole, at: int, observed_at: int, received_at: int, content: Any
    ) -> None:
        self.reading_id = reading_id
        self.sensor = sensor
        self.at = at
        self.observed_at = observed_at
        self.received_at = received_at
        self.content = content


class Vehicle:
    """One vehicle in the lane. `revision` counts the passages written of it; `key` is the last one's Kafka key."""

    def __init__(
        self, number: int, operating_mode: str, direction: str, first_reading_digest: str, slots: list[Seen | None]
    ) -> None:
        self.number = number
        self.operating_mode = operating_mode
        self.direction = direction
        self.first_reading_digest = first_reading_digest
        self.slots = slots
        self.extras: list[Seen] = []
        self.backed_out = False
        self.join_probability = 1.0
        self.revision = 0
        self.key = ""
        self.plate: str | None = None
        self.officer_id: str | None = None
        self.last_received_at = 0
        self.last = -1  # slot of the furthest sensor that saw it


class LaneState:
    """One lane. `close_at` is the watermark at which a vehicle may be closed next, 0 for none."""

    def __init__(self) -> None:
        self.vehicles: list[Vehicle] = []
        self.next_number = 1
        self.watermark_at = 0
        self.close_at = 0
        self.closed_until = 0
        self.recent_ids: dict[int, bool] = {}  # fingerprints, oldest first
        self.officer_id: str | None = None
        self.unit_seen_at = 0
        self.pending_load: Seen | None = None
        # When the last vehicle closed was where, by slot: what held up those behind it.
        self.lead: list[Seen | None] = []
        self.lead_mode = ""
        # How long vehicles usually stand at the light, microseconds, from how many; and when one came to it last.
        self.usual_stop = USUAL_STOP_FIRST
        self.stops = 0
        self.at_light_at = 0
        # Readings accepted of each sensor in the second of gateway time that follows.
        self.second = 0
        self.in_second: dict[str, int] = {}


def encode(lane: LaneState) -> bytes:
    """A lane as stored."""
    return VERSION + _encoder.encode(
        (
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
            lane.lead_mode,
            lane.second,
            lane.in_second,
            lane.usual_stop,
            lane.stops,
            lane.at_light_at,
        )
    )


def decode(stored: bytes) -> LaneState:
    """A lane from what is stored. Raises ValueError for another version."""
    if stored[:1] != VERSION:
        raise ValueError(f"a lane was stored in version {stored[0]}, this is {VERSION[0]}: replay the readings")
    fields = _decoder.decode(stored[1:])
    lane = LaneState()
    lane.vehicles = [_vehicle_of(one) for one in fields[0]]
    lane.next_number, lane.watermark_at, lane.close_at, lane.closed_until = fields[1], fields[2], fields[3], fields[4]
    lane.recent_ids = dict.fromkeys(fields[5], True)
    lane.officer_id, lane.unit_seen_at = fields[6], fields[7]
    lane.pending_load = _seen_of(fields[8])
    lane.lead = [_seen_of(one) for one in fields[9]]
    lane.lead_mode, lane.second, lane.in_second = fields[10], fields[11], fields[12]
    lane.usual_stop, lane.stops, lane.at_light_at = fields[13], fields[14], fields[15]
    return lane


def _vehicle_fields(vehicle: Vehicle) -> tuple[Any, ...]:
    return (
        vehicle.number,
        vehicle.operating_mode,
        vehicle.direction,
        vehicle.first_reading_digest,
        [_seen_fields(seen) for seen in vehicle.slots],
        [_seen_fields(seen) for seen in vehicle.extras],
        vehicle.backed_out,
        vehicle.join_probability,
        vehicle.revision,
        vehicle.key,
        vehicle.plate,
        vehicle.officer_id,
        vehicle.last_received_at,
        vehicle.last,
    )


def _vehicle_of(fields: list[Any]) -> Vehicle:
    vehicle = Vehicle(fields[0], fields[1], fields[2], fields[3], [_seen_of(one) for one in fields[4]])
    vehicle.extras = [seen for seen in [_seen_of(one) for one in fields[5]] if seen is not None]
    vehicle.backed_out, vehicle.join_probability, vehicle.revision = fields[6], fields[7], fields[8]
    vehicle.key, vehicle.plate, vehicle.officer_id = fields[9], fields[10], fields[11]
    vehicle.last_received_at, vehicle.last = fields[12], fields[13]
    return vehicle


def _seen_fields(seen: Seen | None) -> tuple[Any, ...] | None:
    if seen is None:
        return None
    return seen.reading_id, seen.sensor, seen.at, seen.observed_at, seen.received_at, seen.content


def _seen_of(fields: list[Any] | None) -> Seen | None:
    if fields is None:
        return None
    return Seen(fields[0], _SENSORS[fields[1]], fields[2], fields[3], fields[4], fields[5])
