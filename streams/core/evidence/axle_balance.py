"""The rear axle carries more than its share: a load in the trunk or the bed presses there and hardly on the front.

The tolerance of one axle's load is twice that of the gross weight, so the share of a car's rear axle is known to about
0.05; 240 kg of ammunition behind the rear seats moves it by 0.05, five rifles by 0.004. It speaks for bulk only.

Of a truck it says nothing, so there is none: ASTM's 15 % for a Type I scale's axle group leave a tandem's share open by
0.027, and 490 kg on it move it by 0.018 of an empty truck of 15 t and by 0.011 at 25 t. Had all empty trucks the same
balance, it would weigh less than 0.03 there, and freight shifts the axles by more (test_weight_evidence.py has it).
"""

import math
from typing import Final

from schemas.records import Evidence, LaneMode, SensorRole
from streams.core.evidence.excess_weight import share_log_odds
from streams.core.evidence.subject import Subject
from streams.core.rule_set import RuleSet

TWO_AXLES: Final = 2


def axle_balance(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a two-axle passenger vehicle's rear axle."""
    passage, weight, balance = subject.passage, rules.weight, rules.axle_balance
    loads_kg = passage.axle_loads_kg
    scale_ratio = weight.scale_sigma_ratio.get(passage.scale_type)
    register = balance.classes.get(str(passage.vehicle_class))
    if (
        len(loads_kg) != TWO_AXLES
        or passage.lane_mode is not LaneMode.PASSENGER
        or scale_ratio is None
        or register is None
    ):
        return None
    total_kg = loads_kg[0] + loads_kg[1]
    if total_kg <= 0.0:
        return None
    rear = loads_kg[1] / total_kg
    # Errors of both axles, each a share of its load, make one of the rear's share of the sum.
    measured_sigma = rear * (1.0 - rear) * math.sqrt(2.0) * balance.axle_to_gross_tolerance * scale_ratio
    sigma = math.hypot(measured_sigma, register.sigma_share)
    moves = [load.load_kg * (balance.load_over_rear_axle - rear) / (total_kg + load.load_kg) for load in weight.loads]
    excess = rear - register.mean_share
    return Evidence(
        name="axle_balance",
        group="weight",
        log_odds=share_log_odds(excess, sigma, moves, weight),
        explanation=f"the rear axle carries {rear:.0%}, {excess * 100:+.0f} points against class "
        f"{passage.vehicle_class} with an uncertainty of {sigma * 100:.0f} points",
        reading_ids=subject.readings_of(SensorRole.SCALE),
    )
