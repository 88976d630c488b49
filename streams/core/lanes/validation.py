"""What cannot be a reading, said before anything is changed."""

from typing import Final

from schemas.records import Heartbeat, LaneEvent, LaneEventKind, OperatingMode, PlateRead, Weighing, XrayScan
from streams.core.lanes.slots import LOOPS
from streams.core.lanes.state import LaneState
from streams.core.plates import normalise_plate
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import TIME_MAX, TIME_MIN, check_not_ahead

SECOND: Final = 1_000_000

# The heaviest road trains weigh 150 t; no scale of a lane shows more.
WEIGHT_KG_MAX: Final = 200_000.0
AXLES_MAX: Final = 32
CANDIDATES_MAX: Final = 10
PLATE_LENGTH_MAX: Final = 16
URI_LENGTH_MAX: Final = 1024
SHA256_LENGTH: Final = 64
JURISDICTION_LENGTH_MAX: Final = 6  # ISO 3166-2: two letters, a hyphen, up to three more
# A camera may read one plate several times; what says more than that is broken or hostile.
READINGS_PER_SECOND_MAX: Final = 20
# A loop sees at most two vehicles a second, and may bounce.
LOOP_READINGS_PER_SECOND_MAX: Final = 4

Reading = PlateRead | Weighing | XrayScan | LaneEvent | Heartbeat


def check_reading(reading: Reading, key: bytes, appended_at: int) -> None:
    """Raises Rejected for a wrong key, an impossible time or value, or an empty plate."""
    if key != reading.lane_id.encode():
        raise Rejected("wrong_key", "the record's key is not the reading's lane_id")
    if not (0 < len(reading.reading_id) <= ID_LENGTH_MAX and 0 < len(reading.device_id) <= ID_LENGTH_MAX):
        raise Rejected("impossible_value", f"reading_id and device_id must have 1 to {ID_LENGTH_MAX} characters")
    if not (TIME_MIN <= reading.received_at < TIME_MAX and TIME_MIN <= reading.observed_at < TIME_MAX):
        raise Rejected("impossible_value", "observed_at and received_at must lie in 2000 to 2100")
    check_not_ahead("received_at", reading.received_at, appended_at)
    if reading.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    if type(reading) is Heartbeat:
        return
    if isinstance(reading, PlateRead):
        check_plate_read(reading)
    elif isinstance(reading, Weighing):
        check_weighing(reading)
    elif isinstance(reading, XrayScan):
        check_image(reading.image_uri, reading.image_sha256)
        if len(reading.unit_id) > ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"unit_id must have at most {ID_LENGTH_MAX} characters")
    elif isinstance(reading, LaneEvent):
        if reading.officer_id is not None and len(reading.officer_id) > ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"officer_id must have at most {ID_LENGTH_MAX} characters")
        if reading.declared_load_kg is not None:
            check_weight("declared_load_kg", reading.declared_load_kg)
        elif reading.kind is LaneEventKind.LOAD_DECLARED:
            raise Rejected("impossible_value", "LOAD_DECLARED needs declared_load_kg")


def check_plate_read(reading: PlateRead) -> None:
    """A read without candidates says that a vehicle without a readable plate passed; an empty one says nothing."""
    if len(reading.candidates) > CANDIDATES_MAX:
        raise Rejected("impossible_value", f"more than {CANDIDATES_MAX} candidates")
    for candidate in reading.candidates:
        if len(candidate.plate) > PLATE_LENGTH_MAX:
            raise Rejected("impossible_value", f"a candidate's plate has more than {PLATE_LENGTH_MAX} characters")
        if not normalise_plate(candidate.plate):
            raise Rejected("empty_plate", "a candidate's plate has neither letter nor digit")
        if not 0.0 <= candidate.confidence <= 1.0:
            raise Rejected("impossible_value", "a candidate's confidence must lie in 0 to 1")
    # Kept with the lane's state, so that a hostile reader could otherwise fill it.
    if reading.jurisdiction is not None and len(reading.jurisdiction) > JURISDICTION_LENGTH_MAX:
        raise Rejected("impossible_value", f"jurisdiction must have at most {JURISDICTION_LENGTH_MAX} characters")
    # The surer camera names the issuer: NaN has no order.
    if reading.jurisdiction_confidence is not None and not 0.0 <= reading.jurisdiction_confidence <= 1.0:
        raise Rejected("impossible_value", "jurisdiction_confidence must lie in 0 to 1")
    check_image(reading.image_uri, reading.image_sha256)


def check_weighing(reading: Weighing) -> None:
    """Weights and distances as a vehicle can have them; a comparison with NaN is false, so NaN is refused too."""
    check_weight("gross_weight_kg", reading.gross_weight_kg)
    if len(reading.axle_loads_kg) > AXLES_MAX or len(reading.axle_spacings_m) > AXLES_MAX:
        raise Rejected("impossible_value", f"more than {AXLES_MAX} axles")
    for load in reading.axle_loads_kg:
        check_weight("axle_loads_kg", load)
    for spacing in reading.axle_spacings_m:
        if not 0.0 <= spacing <= 50.0:
            raise Rejected("impossible_value", "axle_spacings_m must lie in 0 to 50")
    if reading.speed_mps is not None and not 0.0 <= reading.speed_mps <= 100.0:
        raise Rejected("impossible_value", "speed_mps must lie in 0 to 100")
    if reading.vehicle_class is not None and not 1 <= reading.vehicle_class <= 13:
        raise Rejected("impossible_value", "vehicle_class must lie in 1 to 13")


def check_weight(name: str, weight_kg: float) -> None:
    """Raises Rejected for a negative, absurd or undefined weight."""
    if not 0.0 <= weight_kg <= WEIGHT_KG_MAX:
        raise Rejected("impossible_value", f"{name} must lie in 0 to {WEIGHT_KG_MAX:.0f}")


def check_image(uri: str | None, sha256: str | None) -> None:
    """Raises Rejected for an address or a digest that is none but a load."""
    if uri is not None and len(uri) > URI_LENGTH_MAX:
        raise Rejected("impossible_value", f"image_uri must have at most {URI_LENGTH_MAX} characters")
    if sha256 is not None and len(sha256) > SHA256_LENGTH:
        raise Rejected("impossible_value", f"image_sha256 must have at most {SHA256_LENGTH} characters")


def check_flood(lane: LaneState, slot: int, received_at: int) -> None:
    """Raises Rejected `flood` for a sensor beyond what traffic can cause; counts only what is accepted.

    Counted by what the sensor is, not by its device_id, which whoever floods can choose.
    """
    most = LOOP_READINGS_PER_SECOND_MAX if slot in LOOPS else READINGS_PER_SECOND_MAX
    if received_at // SECOND <= lane.second and lane.in_second[slot] >= most:
        raise Rejected("flood", f"more than {most} readings of one sensor in a second")


def count_accepted(lane: LaneState, slot: int, received_at: int) -> None:
    """Count an accepted reading in its second."""
    if received_at // SECOND > lane.second:
        lane.second = received_at // SECOND
        lane.in_second = [0] * len(lane.in_second)
    lane.in_second[slot] += 1
