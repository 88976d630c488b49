"""The vehicle is heavier than its class: the only reference for a plate that was not weighed before.

Sigma adds the spread between vehicles of the FHWA class, the payload's and the scale's (ASTM E1318 tolerance / 1.96).
At about 310 kg for a car it sees ammunition by the hundred kilograms and no rifles; it says so by weighing nothing.
Once a plate has its own weighings this stays silent, since both would rest on the same weighing.
"""

import math

from schemas.records import Evidence, LaneMode, SensorRole
from streams.core.evidence.excess_weight import excess_log_odds
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet


def weight_against_class(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a passenger vehicle's weight against its class."""
    passage, weight = subject.passage, rules.weight
    measured_kg = passage.gross_weight_kg
    if measured_kg is None or passage.lane_mode is not LaneMode.PASSENGER:
        return None
    register = weight.classes.get(str(passage.vehicle_class))
    scale_ratio = weight.scale_sigma_ratio.get(passage.scale_type)
    weighings = sum([1 for earlier in subject.earlier if earlier.weight_kg])
    if register is None or scale_ratio is None or weighings >= weight.own_weighings_min:
        return None
    expected_kg = register.mean_kg + weight.payload_mean_kg
    scale_kg = scale_ratio * measured_kg
    sigma_kg = math.sqrt(register.sigma_kg**2 + weight.payload_sigma_kg**2 + scale_kg**2)
    excess_kg = measured_kg - expected_kg
    return Evidence(
        name="weight_against_class",
        group="weight",
        log_odds=excess_log_odds(excess_kg, sigma_kg, weight),
        explanation=f"{measured_kg:.0f} kg, {excess_kg:+.0f} kg against class {passage.vehicle_class} with an "
        f"uncertainty of {sigma_kg:.0f} kg",
        reading_ids=subject.readings_of(SensorRole.SCALE),
    )
