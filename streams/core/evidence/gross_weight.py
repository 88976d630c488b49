"""The vehicle is heavier than it should be: held against its FHWA class and its own earlier weighings at once.

A vehicle's own mean is normal about its class's (curb weight and habitual payload); each weighing of it adds what
varies from trip to trip and the scale's tolerance (ASTM E1318, 95 % / 1.96). So with n earlier weighings the class
fades as it should: sigma falls from about 320 kg for an unknown car towards 100 kg, and five rifles (17 kg) stay
invisible in one passage. Scales take a car for a pickup and back, so both classes stand in the mixture, by what earlier
weighings make of them. Lanes' biases are removed by the estimate that comes with the passage.

With the inbound feed the weighings on the way north count as well: what was not in the vehicle as it came north, hours
ago, and is as it goes south stands against its own weight, also of one that was never seen to go south.
"""

import math
from typing import Final

from schemas.records import Evidence, LaneMode, Passage, SensorRole
from streams.core.evidence.excess_weight import Normal, weight_log_odds
from streams.core.evidence.past import OwnWeighings
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet, WeightRules

# The classes that axle classifiers confuse: passenger car, and pickup or van.
ALIKE: Final = {2: 3, 3: 2}


def corrected_weight_kg(passage: Passage) -> float | None:
    """The measured gross weight without the estimated bias of the lane's scale; None if it was not weighed."""
    measured_kg = passage.gross_weight_kg
    if measured_kg is None or passage.scale_bias_ratio is None:
        return measured_kg
    return measured_kg / (1.0 + passage.scale_bias_ratio)


def gross_weight(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a passenger vehicle's weight; a truck's load changes, so it has none here."""
    passage, weight = subject.passage, rules.weight
    measured_kg = corrected_weight_kg(passage)
    scale_ratio = weight.scale_sigma_ratio.get(passage.scale_type)
    seen_class = passage.vehicle_class
    if measured_kg is None or scale_ratio is None or seen_class is None or passage.lane_mode is not LaneMode.PASSENGER:
        return None
    own = subject.own_weighings(weight)
    parts = _expected(measured_kg, scale_ratio, seen_class, own, weight)
    if not parts:
        return None
    mean_kg = measured_kg - sum([part.share * part.excess for part in parts])
    spread = sum([part.share * (part.sigma**2 + (measured_kg - part.excess - mean_kg) ** 2) for part in parts])
    held_against = f"class {seen_class}"
    if own.kg:
        held_against += f" and its {len(own.kg)} earlier weighing{'s' if len(own.kg) > 1 else ''}"
        north = [one for one in subject.inbound if one.weight_kg]
        if north:
            held_against += f" ({len(north)} northbound)"
    return Evidence(
        name="gross_weight",
        group="weight",
        log_odds=weight_log_odds(parts, weight),
        explanation=f"{measured_kg:.0f} kg, {measured_kg - mean_kg:+.0f} kg against {held_against} with an uncertainty "
        f"of {math.sqrt(spread):.0f} kg",
        reading_ids=subject.readings_of(SensorRole.SCALE),
    )


def _expected(
    measured_kg: float, scale_ratio: float, seen_class: int, own: OwnWeighings, rules: WeightRules
) -> list[Normal]:
    """What the weight should be: one component for the class seen and one for the class taken for it."""
    other_class = ALIKE.get(seen_class, 0)
    shares = [(seen_class, 1.0 - rules.class_confusion_ratio if other_class else 1.0)]
    if other_class:
        shares.append((other_class, rules.class_confusion_ratio))
    parts = []
    total = 0.0
    for vehicle_class, prior in shares:
        register = rules.classes.get(str(vehicle_class))
        if register is None:
            continue
        variance = register.sigma_kg**2 + rules.payload_vehicle_sigma_kg**2
        class_mean_kg = register.mean_kg + rules.payload_mean_kg
        precision = 1.0 / variance + own.precision
        mean_kg = (class_mean_kg / variance + own.mean_kg * own.precision) / precision
        if own.kg:
            # How well the class explains the earlier weighings' mean.
            history_variance = variance + 1.0 / own.precision
            z2 = (own.mean_kg - class_mean_kg) ** 2 / history_variance
            prior *= math.exp(-0.5 * z2) / math.sqrt(history_variance)
        sigma_kg = math.sqrt(1.0 / precision + rules.payload_trip_sigma_kg**2 + (scale_ratio * mean_kg) ** 2)
        total += prior
        parts.append(Normal(prior, measured_kg - mean_kg, sigma_kg))
    for part in parts:
        # So far from every class that all likelihoods vanish, none of them is likelier.
        part.share = part.share / total if total > 0.0 else 1.0 / len(parts)
    return parts
