"""A truck weighs more than its tare and what it declares.

Sigma adds the spread of tares within the FHWA class, the declaration's and the scale's tolerance; on a loaded
36 t truck that is about 2 t, so only bulk speaks. A shipment is declared for the truck as it stands, hence no payload.
"""

import math

from schemas.records import Evidence, LaneMode, SensorRole
from streams.core.evidence.excess_weight import Normal, weight_log_odds
from streams.core.evidence.gross_weight import corrected_weight_kg
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet


def declared_against_measured(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a truck's weight against its declared load."""
    passage, weight = subject.passage, rules.weight
    measured_kg, declared_kg = corrected_weight_kg(passage), passage.declared_load_kg
    if measured_kg is None or declared_kg is None or passage.lane_mode is not LaneMode.TRUCK:
        return None
    register = weight.classes.get(str(passage.vehicle_class))
    scale_ratio = weight.scale_sigma_ratio.get(passage.scale_type)
    if register is None or scale_ratio is None:
        return None
    excess_kg = measured_kg - register.mean_kg - declared_kg
    sigma_kg = math.sqrt(
        register.sigma_kg**2 + (scale_ratio * measured_kg) ** 2 + (weight.declared_sigma_ratio * declared_kg) ** 2
    )
    return Evidence(
        name="declared_against_measured",
        group="weight",
        log_odds=weight_log_odds([Normal(1.0, excess_kg, sigma_kg)], weight),
        explanation=f"{measured_kg:.0f} kg, {excess_kg:+.0f} kg against tare and {declared_kg:.0f} kg declared with an "
        f"uncertainty of {sigma_kg:.0f} kg",
        reading_ids=subject.readings_of(SensorRole.SCALE, SensorRole.TERMINAL),
    )
