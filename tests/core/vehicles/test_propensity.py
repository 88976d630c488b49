"""Over a million passages the lot draws as often as every Selection says that it would."""

import msgspec

from schemas.layout import load_ports
from schemas.records import LaneMode, OperatingMode, SelectionThreshold
from streams.core.evidence.subject import Subject
from streams.core.random_draw import RandomKeys
from streams.core.travel import TravelTimes
from streams.core.vehicle_state import Threshold
from streams.core.vehicle_tokens import PURPOSE, VehicleTokens
from streams.core.vehicles.decisions import score_of, select
from tests.core.vehicles.builders import DAY, RULES, SECRET, START, passage

PORTS = ("2301", "2304", "2402", "2504")
PROPENSITIES = (0.002, 0.016, 0.05, 0.3, None)  # None: no policy, the rule set's own
DAYS = 10
PASSAGES_EACH = 5_000  # 4 ports x 5 propensities x 10 days: 1,000,000

# The 0.0005 and 0.9995 quantiles of chi-squared with 200 degrees of freedom (Wilson and Hilferty); keys are fixed.
CHI_SQUARED_MIN, CHI_SQUARED_MAX = 140.6, 272.5


def policy_of(port: str, propensity: float | None) -> SelectionThreshold | None:
    if propensity is None:
        return None
    return SelectionThreshold(
        port_code=port,
        lane_mode=LaneMode.PASSENGER,
        operating_mode=OperatingMode.OPERATIONAL,
        policy_version="policy-1",
        random_propensity=propensity,
        threshold_log_odds=-6.0,
        budget_reds_per_hour=18.0,
        set_at=START,
    )


def test_a_million_draws_agree_with_the_propensities_that_were_logged() -> None:
    keys, travel = RandomKeys(SECRET), TravelTimes(load_ports())
    tokens = VehicleTokens(keys.derived(PURPOSE))
    score = score_of(Subject(passage(1), START, (), None, 0.0, travel), RULES)
    statistic, groups = 0.0, 0
    for port in PORTS:
        one = msgspec.structs.replace(passage(1), port_code=port, plate=None)
        for arm, propensity in enumerate(PROPENSITIES):
            policy = policy_of(port, propensity)
            for day in range(DAYS):
                drawn, logged = 0, 0.0
                for number in range(PASSAGES_EACH):
                    vehicle = msgspec.structs.replace(one, passage_id=f"{port}/{arm}/{number}")
                    subject = Subject(vehicle, START + day * DAY, (), None, 0.0, travel)
                    selection = select(subject, score, RULES, Threshold(-6.0), policy, keys, tokens)
                    drawn += selection.random_draw
                    logged += selection.propensity
                expected = logged / PASSAGES_EACH
                assert abs(expected - (propensity or RULES.selection.random_propensity)) < 1e-9
                statistic += (drawn - logged) ** 2 / (logged * (1.0 - expected))
                groups += 1
    assert groups == 200
    assert CHI_SQUARED_MIN < statistic < CHI_SQUARED_MAX
