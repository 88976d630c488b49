"""What plate readers, scales and X-ray units make of a vehicle: the laws of measurement, each in one place.

Pure functions of a random stream and of what is there, so that lanes and evaluated crossings measure alike.
"""

from functools import cache
from random import Random
from typing import Any, Final, NamedTuple

from producers.simulator.loads import Contraband
from producers.simulator.plates import misread
from producers.simulator.vehicles import PlateStyle, Vehicle
from schemas.records import PlateCandidate, ScaleType, ScanDecision, ScanQuality

# ASTM E1318 tolerance of the gross weight at 95 %, divided by 1.96; axles are about twice as rough.
GROSS_SIGMA: Final = {
    ScaleType.TYPE_I: 0.10 / 1.96,
    ScaleType.TYPE_II: 0.15 / 1.96,
    ScaleType.TYPE_III: 0.06 / 1.96,
}
BIAS_SIGMA: Final = 0.01  # of a lane's scale when it was last calibrated
BIAS_STEP: Final = 0.0002  # random walk of a lane's scale per vehicle, pulled back by calibration
BIAS_PULL: Final = 0.0005
# Readers err on standard plates least and on personalised and stacked ones most (North Carolina's test); the factors
# are [assumed] and leave the mean over all plates at 1.
STYLE_MISREADS: Final = {PlateStyle.STANDARD: 0.88, PlateStyle.SPECIALTY: 1.4, PlateStyle.PERSONALISED: 1.84}
MISREAD_RATIO_MAX: Final = 0.6
# X-ray software: 90 % of small metallic threats at 6 % false alarms (Jaccard et al., arXiv 1609.02805). One gun among
# seats and engine is harder and a heap is easier: hit = top - (top - single) * size ** -0.7 [assumed], size in guns by
# weight. No rates of persons at a border were found: rarer hits and fewer false alarms [assumed].
MACHINE_SINGLE, MACHINE_TOP, MACHINE_FALSE_ALARM = 0.70, 0.95, 0.06
OPERATOR_SINGLE, OPERATOR_TOP, OPERATOR_FALSE_ALARM = 0.55, 0.90, 0.02
GUN_KG: Final = 3.4
SIZE_POWER: Final = 0.7
OPERATOR_IN_TIME_RATIO: Final = 0.5  # the analyst has decided before the vehicle is at the light
DEGRADED_RATIO: Final = 0.05
DEGRADED_HITS: Final = 0.8  # of the hits of a good scan


def read_plate(
    random: Random, vehicle: Vehicle, misread_ratio: float, misread_jurisdiction_ratio: float
) -> tuple[dict[str, Any], bool]:
    """Fields of a plate read, and whether it is misread."""
    draw, plate = random.random, vehicle.plate
    wrong = draw() < min(MISREAD_RATIO_MAX, misread_ratio * STYLE_MISREADS[vehicle.plate_style])
    if wrong:
        texts, best = [misread(random, plate)], 0.55 + 0.35 * draw()
        if draw() < 0.6:
            texts.append(plate)
    else:
        texts, best = [plate], 1.0 - 0.15 * draw() ** 2
        if draw() < 0.3:
            texts.append(misread(random, plate))
    candidates = [PlateCandidate(plate=texts[0], confidence=round(best, 3))]
    if len(texts) > 1 and texts[1] != texts[0]:
        candidates.append(PlateCandidate(plate=texts[1], confidence=round((1.0 - best) * draw(), 3)))
    jurisdiction, confidence = vehicle.jurisdiction, 0.8 + 0.2 * draw()
    if draw() < misread_jurisdiction_ratio:
        jurisdiction, confidence = random.choice(("US-TX", "US-CA", "MX-TAM", "MX-SON")), 0.4 + 0.4 * draw()
    fields = {
        "candidates": tuple(candidates),
        "jurisdiction": jurisdiction,
        "jurisdiction_confidence": round(confidence, 3),
    }
    return fields, wrong


def drift(random: Random, bias: float, vehicles: int = 1) -> float:
    """A scale's bias after so many more vehicles."""
    return bias * (1.0 - BIAS_PULL) ** vehicles + random.gauss(0.0, BIAS_STEP * vehicles**0.5)


def weigh(
    random: Random, vehicle: Vehicle, gross_kg: float, trunk_kg: float, scale_type: ScaleType, bias: float, speed: float
) -> dict[str, Any]:
    """Fields of a weighing in motion at `speed` (m/s); classes 2 and 3 look alike to it."""
    sigma = GROSS_SIGMA[scale_type]
    gross = max(50.0, gross_kg * (1.0 + bias + random.gauss(0.0, sigma)))
    rough = [share * (1.0 + random.gauss(0.0, sigma)) for share in vehicle.shares_with(gross_kg, trunk_kg)]
    scale = gross / sum(rough)
    seen_class = vehicle.vehicle_class
    if seen_class in (2, 3) and random.random() < 0.12:
        seen_class = 5 - seen_class
    return {
        "gross_weight_kg": round(gross, 1),
        "axle_loads_kg": tuple([round(load * scale, 1) for load in rough]),
        "axle_spacings_m": tuple([round(s + random.gauss(0.0, 0.075), 2) for s in vehicle.axle_spacings_m]),
        "speed_mps": round(max(0.3, speed + random.gauss(0.0, 0.28)), 2),
        "scale_type": scale_type,
        "vehicle_class": seen_class,
    }


class XrayUnit(NamedTuple):
    """How one unit and its crew differ from the rates of print: factors of the misses and of the false alarms."""

    misses: float
    false_alarms: float


@cache
def unit_of(seed: int, unit_id: str) -> XrayUnit:
    """A unit's own quality: spread by a third [assumed]."""
    random = Random(f"{seed} unit {unit_id}")
    return XrayUnit(random.lognormvariate(0.0, 0.3), random.lognormvariate(0.0, 0.3))


def hit_rate(single: float, top: float, contraband: Contraband) -> float:
    """Chance that a good scan of a usual unit shows a load."""
    size = contraband.weight_kg / GUN_KG
    return top - (top - single) * size**-SIZE_POWER if size >= 1.0 else single * size


def scan(random: Random, contraband: Contraband | None, unit: XrayUnit) -> dict[str, Any]:
    """Fields of an X-ray scan; the analyst's decision is there in time for half of the scans."""
    draw = random.random
    poor = draw() < DEGRADED_RATIO

    def alarms(single: float, top: float, false_alarm: float) -> bool:
        rate = false_alarm * unit.false_alarms
        if contraband is not None:
            hit = 1.0 - (1.0 - hit_rate(single, top, contraband)) * unit.misses
            rate = max(rate, hit * (DEGRADED_HITS if poor else 1.0))
        return draw() < rate

    machine = alarms(MACHINE_SINGLE, MACHINE_TOP, MACHINE_FALSE_ALARM)
    operator = alarms(OPERATOR_SINGLE, OPERATOR_TOP, OPERATOR_FALSE_ALARM)
    decision = ScanDecision.UNKNOWN
    if draw() < OPERATOR_IN_TIME_RATIO:
        decision = ScanDecision.ALARM if operator else ScanDecision.CLEAR
    return {
        "machine_decision": ScanDecision.ALARM if machine else ScanDecision.CLEAR,
        "machine_probability": round((0.5 + 0.5 * draw()) if machine else 0.5 * draw(), 3),
        "operator_decision": decision,
        "scan_quality": ScanQuality.DEGRADED if poor else ScanQuality.GOOD,
        "shielding_indicator": draw() < (0.1 if contraband is not None else 0.01),
    }
