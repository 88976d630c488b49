"""The vehicle is heavier than its own earlier weighings.

The spread between vehicles drops out: what remains is the payload's spread and the scale's tolerance, and the mean of
n earlier weighings is itself uncertain by sigma / sqrt(n): sigma_total = sigma * sqrt(1 + 1/n). For a car on a Type I
scale that falls from 172 kg (n = 1) towards 122 kg and no further: five rifles (17 kg) stay invisible in one passage.
Lanes have biases; they widen the spread until the lanes stage removes them.
"""

import math

from schemas.records import Evidence, LaneMode, SensorRole
from streams.core.evidence.excess_weight import excess_log_odds
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet


def weight_against_own_history(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a passenger vehicle's weight against its own past; a truck's load changes, so it has none here."""
    passage, weight = subject.passage, rules.weight
    measured_kg = passage.gross_weight_kg
    scale_ratio = weight.scale_sigma_ratio.get(passage.scale_type)
    if measured_kg is None or scale_ratio is None or passage.lane_mode is not LaneMode.PASSENGER:
        return None
    own_kg = [earlier.weight_kg for earlier in subject.earlier if earlier.weight_kg]
    if len(own_kg) < weight.own_weighings_min:
        return None
    mean_kg = sum(own_kg) / len(own_kg)
    # The tolerance is a share of the true mass, of which the mean knows more than this one weighing.
    single_kg = math.hypot(scale_ratio * mean_kg, weight.payload_sigma_kg)
    sigma_kg = single_kg * math.sqrt(1.0 + 1.0 / len(own_kg))
    excess_kg = measured_kg - mean_kg
    return Evidence(
        name="weight_against_own_history",
        group="weight",
        log_odds=excess_log_odds(excess_kg, sigma_kg, weight),
        explanation=f"{measured_kg:.0f} kg, {excess_kg:+.0f} kg against the mean of its {len(own_kg)} earlier "
        f"weighings with an uncertainty of {sigma_kg:.0f} kg",
        reading_ids=subject.readings_of(SensorRole.SCALE),
    )
