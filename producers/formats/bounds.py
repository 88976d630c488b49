"""What a reading's fields may be, as the stages bound them: a reading that leaves a format is one that they take.

The tests hold these bounds against those of the stages, which producers cannot import.
"""

import math
from typing import Final, NamedTuple

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    Heartbeat,
    LaneEvent,
    LaneEventKind,
    OperatingMode,
    PlateRead,
    Weighing,
    XrayScan,
)

ID_LENGTH_MAX: Final = 128
# 2000 and 2100 in microseconds; outside, a clock or a unit is broken.
TIME_MIN: Final = 946_684_800_000_000
TIME_MAX: Final = 4_102_444_800_000_000
WEIGHT_KG_MAX: Final = 200_000.0
CAR_WEIGHT_KG_MAX: Final = 1_500_000.0
AXLES_MAX: Final = 32
TRAIN_AXLES_MAX: Final = 4_096
SPACING_M_MAX: Final = 50.0
SPEED_MPS_MAX: Final = 100.0
CLASSES_MAX: Final = 13
CANDIDATES_MAX: Final = 10
PLATE_LENGTH_MAX: Final = 16
JURISDICTION_LENGTH_MAX: Final = 6
URI_LENGTH_MAX: Final = 512
SHA256_LENGTH: Final = 64
ABORT_LENGTH_MAX: Final = 64
PASS_MAX: Final = (1 << 53) - 1
CAR_LENGTH_M_MAX: Final = 110.0
IMAGE_AXLES_MAX: Final = 64
# A platform has four bits in a tag, a bearing three.
TAG_CODE_MAX: Final = 15
TAG_DIGITS: Final = 32

Reading = PlateRead | Weighing | XrayScan | LaneEvent | Heartbeat | CarTagRead | CarWeighing | CarScan


class Problem(NamedTuple):
    """A field that the stages would refuse, and why. Holds no value, which may be a plate."""

    field: str
    text: str


def problem_of(reading: Reading) -> Problem | None:
    """The first field of a reading that is out of bounds; None if all are within."""
    for name in ("reading_id", "device_id"):
        if not is_id(getattr(reading, name)):
            return Problem(name, f"must have 1 to {ID_LENGTH_MAX} visible ASCII characters")
    for name in ("observed_at", "received_at"):
        if not TIME_MIN <= getattr(reading, name) < TIME_MAX:
            return Problem(name, "must lie in 2000 to 2099; look at the device's clock and at the unit of its time")
    if reading.operating_mode is OperatingMode.UNKNOWN:
        return Problem("operating_mode", "must not be UNKNOWN")
    if isinstance(reading, PlateRead):
        return problem_of_plate(reading) or problem_of_image(reading.image_uri, reading.image_sha256)
    if isinstance(reading, Weighing):
        return problem_of_weighing(reading)
    if isinstance(reading, XrayScan):
        if not is_id(reading.unit_id):
            return Problem("unit_id", f"must have 1 to {ID_LENGTH_MAX} visible ASCII characters")
        if (problem := problem_of_share("machine_probability", reading.machine_probability)) is not None:
            return problem
        return problem_of_image(reading.image_uri, reading.image_sha256)
    if isinstance(reading, LaneEvent):
        return problem_of_event(reading)
    if isinstance(reading, CarTagRead | CarWeighing | CarScan):
        return problem_of_car(reading)
    return None


def problem_of_plate(reading: PlateRead) -> Problem | None:
    """A read without candidates says that a vehicle without a readable plate passed."""
    if len(reading.candidates) > CANDIDATES_MAX:
        return Problem("candidates", f"at most {CANDIDATES_MAX}")
    for place, candidate in enumerate(reading.candidates):
        field = f"candidates[{place}]"
        if not 0 < len(candidate.plate) <= PLATE_LENGTH_MAX or not any(map(str.isalnum, candidate.plate)):
            return Problem(f"{field}.plate", f"1 to {PLATE_LENGTH_MAX} letters and digits")
        if not candidate.plate.isascii() or not candidate.plate.isprintable():
            return Problem(f"{field}.plate", "must be letters A to Z, digits and what stands between them")
        if (problem := problem_of_share(f"{field}.confidence", candidate.confidence)) is not None:
            return problem
    jurisdiction = reading.jurisdiction
    if jurisdiction is not None and not is_code(jurisdiction):
        return Problem("jurisdiction", "must be a code of ISO 3166-2, as US-TX, or a country, as MX")
    return problem_of_share("jurisdiction_confidence", reading.jurisdiction_confidence)


def problem_of_weighing(reading: Weighing) -> Problem | None:
    """Weights and distances as a vehicle can have them."""
    if not 0.0 <= reading.gross_weight_kg <= WEIGHT_KG_MAX:
        return Problem("gross_weight_kg", f"must lie in 0 to {WEIGHT_KG_MAX:,.0f} kg; look at the unit")
    if len(reading.axle_loads_kg) > AXLES_MAX or len(reading.axle_spacings_m) > AXLES_MAX:
        return Problem("axle_loads_kg", f"at most {AXLES_MAX} axles")
    if not all(0.0 <= load <= WEIGHT_KG_MAX for load in reading.axle_loads_kg):
        return Problem("axle_loads_kg", f"must lie in 0 to {WEIGHT_KG_MAX:,.0f} kg; look at the unit")
    if not all(0.0 <= spacing <= SPACING_M_MAX for spacing in reading.axle_spacings_m):
        return Problem("axle_spacings_m", f"must lie in 0 to {SPACING_M_MAX:g} m; look at the unit")
    if reading.speed_mps is not None and not 0.0 <= reading.speed_mps <= SPEED_MPS_MAX:
        return Problem("speed_mps", f"must lie in 0 to {SPEED_MPS_MAX:g} m/s; look at the unit")
    if reading.vehicle_class is not None and not 1 <= reading.vehicle_class <= CLASSES_MAX:
        return Problem("vehicle_class", f"must be 1 to {CLASSES_MAX}")
    return None


def problem_of_event(reading: LaneEvent) -> Problem | None:
    """An event of a loop or of an officer's terminal."""
    if reading.kind is LaneEventKind.UNKNOWN:
        return Problem("kind", "must not be UNKNOWN")
    if reading.officer_id is not None and not is_id(reading.officer_id):
        return Problem("officer_id", f"must have 1 to {ID_LENGTH_MAX} visible ASCII characters")
    if reading.declared_load_kg is not None and not 0.0 <= reading.declared_load_kg <= WEIGHT_KG_MAX:
        return Problem("declared_load_kg", f"must lie in 0 to {WEIGHT_KG_MAX:,.0f} kg; look at the unit")
    if reading.kind is LaneEventKind.LOAD_DECLARED and reading.declared_load_kg is None:
        return Problem("declared_load_kg", "LOAD_DECLARED needs it")
    return None


def problem_of_car(reading: CarTagRead | CarWeighing | CarScan) -> Problem | None:
    """A reading beside a track."""
    if not 0 <= reading.pass_number <= PASS_MAX:
        return Problem("pass_number", "must not be negative")
    if isinstance(reading, CarTagRead):
        if not 0 <= reading.axle_count <= TRAIN_AXLES_MAX:
            return Problem("axle_count", f"must lie in 0 to {TRAIN_AXLES_MAX}")
        if not 0.0 <= reading.length_m <= CAR_LENGTH_M_MAX:
            return Problem("length_m", f"must lie in 0 to {CAR_LENGTH_M_MAX:g} m")
        mark = reading.mark
        if not 1 <= len(mark) <= 4 or not mark.isascii() or not mark.isalnum() or mark != mark.upper():
            return Problem("mark", "must have 1 to 4 letters A to Z")
        if not (0 <= reading.number <= 999_999 and 1 <= reading.axles <= AXLES_MAX):
            return Problem("number", f"number is 0 to 999999, axles 1 to {AXLES_MAX}")
        codes = (reading.bearing_code or 0, reading.platform_code or 0)
        if not all(0 <= code <= TAG_CODE_MAX for code in codes):
            return Problem("bearing_code", f"bearing and platform are codes, 0 to {TAG_CODE_MAX}")
        fits = len(reading.tag_hex) == TAG_DIGITS and set(reading.tag_hex) <= set("0123456789ABCDEF")
        return None if fits else Problem("tag_hex", f"must be {TAG_DIGITS} hexadecimal digits in upper case")
    if not 1 <= reading.first_axle <= TRAIN_AXLES_MAX:
        return Problem("first_axle", f"must lie in 1 to {TRAIN_AXLES_MAX}")
    if isinstance(reading, CarWeighing):
        loads = reading.axle_loads_kg
        if not 1 <= len(loads) <= AXLES_MAX or len(reading.axle_spacings_m) > AXLES_MAX:
            return Problem("axle_loads_kg", f"1 to {AXLES_MAX} axles")
        if not all(0.0 <= load <= CAR_WEIGHT_KG_MAX for load in (reading.gross_weight_kg, *loads)):
            return Problem("gross_weight_kg", f"must lie in 0 to {CAR_WEIGHT_KG_MAX:,.0f} kg; look at the unit")
        if not all(0.0 <= spacing <= SPACING_M_MAX for spacing in reading.axle_spacings_m):
            return Problem("axle_spacings_m", f"must lie in 0 to {SPACING_M_MAX:g} m; look at the unit")
        return None if 0.0 <= reading.speed_mps <= SPEED_MPS_MAX else Problem("speed_mps", "look at the unit")
    if not reading.first_axle <= reading.last_axle < reading.first_axle + IMAGE_AXLES_MAX:
        return Problem("last_axle", f"must be first_axle or up to {IMAGE_AXLES_MAX - 1} behind it")
    if not is_id(reading.scan_id) or not 1 <= reading.revision < 1 << 31:
        return Problem("scan_id", "needs an id and a revision from 1")
    for name in ("scan_started_at", "scan_ended_at"):
        if not TIME_MIN <= getattr(reading, name) < TIME_MAX:
            return Problem(name, "must lie in 2000 to 2099")
    if reading.scan_ended_at < reading.scan_started_at:
        return Problem("scan_ended_at", "must be at or after scan_started_at")
    if (problem := problem_of_share("machine_probability", reading.machine_probability)) is not None:
        return problem
    abort = reading.abort_reason
    if abort is not None and not (0 < len(abort) <= ABORT_LENGTH_MAX and abort.isascii() and abort.isprintable()):
        return Problem("abort_reason", f"must have 1 to {ABORT_LENGTH_MAX} visible ASCII characters")
    return problem_of_image(reading.image_uri, reading.image_sha256)


def problem_of_share(field: str, value: float | None) -> Problem | None:
    """A probability or a confidence; NaN is none."""
    fits = value is None or (math.isfinite(value) and 0.0 <= value <= 1.0)
    return None if fits else Problem(field, "must lie in 0 to 1 after the unit's conversion; look at the unit")


def problem_of_image(uri: str | None, sha256: str | None) -> Problem | None:
    """An address and a digest, not pixels."""
    if uri is not None and not (0 < len(uri) <= URI_LENGTH_MAX and uri.isascii() and uri.isprintable()):
        return Problem("image_uri", f"must have 1 to {URI_LENGTH_MAX} visible ASCII characters; pixels are not taken")
    if sha256 is not None and not (len(sha256) == SHA256_LENGTH and set(sha256) <= set("0123456789abcdef")):
        return Problem("image_sha256", "must be 64 hexadecimal digits in lower case")
    return None


def is_id(text: str) -> bool:
    """Whether a text can be part of keys, headers and sentences."""
    return 0 < len(text) <= ID_LENGTH_MAX and text.isascii() and text.isprintable() and " " not in text


def is_code(text: str) -> bool:
    """Whether a text has the form of an ISO 3166 country or subdivision: `MX`, `US-TX`."""
    country, hyphen, part = text.partition("-")
    if len(text) > JURISDICTION_LENGTH_MAX or not text.isascii() or text != text.upper():
        return False
    return len(country) == 2 and country.isalpha() and (not hyphen or (part.isalnum() and 1 <= len(part) <= 3))
