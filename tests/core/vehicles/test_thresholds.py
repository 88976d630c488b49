"""The light is drawn and decided by the selection policy's last word, else by the rule set's."""

from typing import Any

import pytest

from schemas.records import LaneMode, Light, OperatingMode, Selection, SelectionThreshold
from streams.core.stage import Output, Record, Rejected
from streams.core.vehicles.stage import VehiclesFold
from streams.core.vehicles.thresholds import THRESHOLDS_MAX, Thresholds
from tests.core.vehicles.builders import START, advance, fold, outputs_of, passage


def threshold(log_odds: float | None = -20.0, propensity: float | None = 1e-9, **fields: Any) -> SelectionThreshold:
    values: dict[str, Any] = {
        "port_code": "2301",
        "lane_mode": LaneMode.PASSENGER,
        "operating_mode": OperatingMode.OPERATIONAL,
        "policy_version": "policy-1",
        "random_propensity": propensity,
        "threshold_log_odds": log_odds,
        "budget_reds_per_hour": 18.0,
        "set_at": START,
    }
    return SelectionThreshold(**(values | fields))


def put(folding: VehiclesFold, *values: SelectionThreshold) -> None:
    outputs: list[Output] = []
    for value in values:
        folding.advance(Record(value.port_code.encode(), value, START), outputs)
    assert outputs == []


def light_of(folding: VehiclesFold, number: int, **fields: Any) -> Selection:
    (selection,) = outputs_of(advance(folding, passage(number, **fields)), Selection)
    assert isinstance(selection, Selection)
    return selection


def test_a_policys_threshold_and_propensity_hold_where_it_names_the_port_mode_and_world() -> None:
    folding = fold()
    put(folding, threshold())
    told = light_of(folding, 1)
    assert (told.light, told.risk_over_threshold, told.threshold_log_odds) == (Light.RED, True, -20.0)
    assert (told.propensity, told.policy_version) == (1e-9, "policy-1")
    for other in (
        light_of(folding, 2, lane_id="2302/03", port_code="2302"),
        light_of(folding, 3, lane_mode=LaneMode.TRUCK),
        light_of(folding, 4, operating_mode=OperatingMode.TEST),
    ):
        assert (other.policy_version, other.threshold_log_odds) == (None, -5.0)


def test_a_policy_without_a_threshold_draws_and_leaves_the_rule_sets() -> None:
    folding = fold()
    put(folding, threshold(None, 0.999999))
    told = light_of(folding, 1)
    assert (told.random_draw, told.propensity, told.threshold_log_odds) == (True, 0.999999, -5.0)


def test_of_vehicles_with_just_the_thresholds_score_a_share_is_referred_by_lot() -> None:
    folding = fold()
    score = light_of(folding, 1).log_odds
    put(folding, threshold(round(score, 3), share_at_threshold=0.3))
    told = [light_of(folding, number) for number in range(2, 1002)]
    assert {round(one.log_odds, 3) for one in told} == {round(score, 3)}
    assert {one.share_at_threshold for one in told} == {0.3}
    assert 250 <= sum(one.risk_over_threshold for one in told) <= 350  # 300, sigma 14.5
    put(folding, threshold(round(score, 3) - 0.001, share_at_threshold=0.3))
    assert light_of(folding, 1002).risk_over_threshold
    put(folding, threshold(round(score, 3) + 0.001, share_at_threshold=0.3))
    assert not light_of(folding, 1003).risk_over_threshold


def test_a_threshold_that_is_taken_back_is_gone() -> None:
    folding = fold()
    put(folding, threshold(), threshold(None, None, policy_version=None))
    assert light_of(folding, 1).policy_version is None


def test_the_last_word_holds_also_after_a_restart_and_a_half_done_record_leaves_none() -> None:
    stored: dict[bytes, bytes] = {}
    kept = Thresholds(stored)
    kept.put(threshold(-6.0))
    kept.take_changes()
    kept.put(threshold(-7.0))
    kept.put(threshold(-7.0, port_code="2302"))
    kept.roll_back()
    for thresholds in (kept, Thresholds(stored)):
        said = thresholds.of(passage(1))
        assert said is not None and said.threshold_log_odds == -6.0
        assert thresholds.of(passage(1, lane_id="2302/03", port_code="2302")) is None


def test_thresholds_are_bounded() -> None:
    kept = Thresholds({})
    for number in range(THRESHOLDS_MAX):
        kept.put(threshold(port_code=f"p{number}"))
    kept.put(threshold(port_code="p1"))
    with pytest.raises(Rejected, match="at most"):
        kept.put(threshold(port_code="one more"))


@pytest.mark.parametrize(
    "value",
    [
        threshold(float("nan")),
        threshold(share_at_threshold=float("nan")),
        threshold(propensity=float("nan")),
        threshold(propensity=1.0),
        threshold(propensity=None),
        threshold(port_code=""),
        threshold(port_code="2" * 33),
        threshold(set_at=1),
        threshold(lane_mode=LaneMode.UNKNOWN),
        threshold(policy_version=""),
    ],
)
def test_what_cannot_be_a_threshold_is_refused(value: SelectionThreshold) -> None:
    with pytest.raises(Rejected):
        put(fold(), value)


def test_a_key_that_is_not_the_ports_is_refused() -> None:
    with pytest.raises(Rejected, match="key"):
        fold().advance(Record(b"2302", threshold(), START), [])
