"""The policy of a simulated world fits its traffic, and officers are played only where there are lights."""

import pytest

from deploy.cli import main
from deploy.demo_policy import RED_SHARE, policy_text
from producers.simulator import find_scenario, simulate, vehicles_per_hour
from schemas.records import LaneEvent, LaneEventKind
from streams.core.policy.validation import INSPECTORS_MAX
from streams.core.selection_policy import parse_policy


@pytest.mark.parametrize(
    ("scenario", "rate"), [("matamoros-2009", 25.0), ("border-2023", 25.0), ("border-2023", 600.0)]
)
def test_every_port_refers_its_share_of_what_it_gets(scenario: str, rate: float) -> None:
    world = find_scenario(scenario)
    expected = vehicles_per_hour(world, rate)
    policy = parse_policy(policy_text(world, rate))
    assert {(one.port_code, one.lane_mode) for one in policy.budgets} == set(expected)
    for one in policy.budgets:
        wanted = RED_SHARE * expected[one.port_code, one.lane_mode]
        # 600 readings a second are 24 times the border's, and a policy has no more than 1,000 inspectors in a place.
        possible = one.reds_per_hour(INSPECTORS_MAX)
        assert one.reds_per_hour(one.inspectors_at(0)) == pytest.approx(min(wanted, possible), rel=0.01)
        assert one.random_propensity < RED_SHARE


def test_what_a_world_is_said_to_give_is_what_it_gives() -> None:
    said = sum(vehicles_per_hour(find_scenario("matamoros-2009"), 25.0).values())
    came = 0
    for item in simulate("matamoros-2009", seconds=600.0, rate=25.0):
        came += isinstance(item.reading, LaneEvent) and item.reading.kind is LaneEventKind.AT_LIGHT
    assert came * 6 == pytest.approx(said, rel=0.15)  # a few readings are lost, a few come twice


def test_officers_without_lights_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "rush-hour", "--officers", "1", "--out", "any.avro"]) == 1
    assert "officers need lights" in capsys.readouterr().err
