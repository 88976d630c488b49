"""What the burn-in's inspections teach, and that it is in force when judging begins."""

from deploy.evaluation.decisions import Decided, VehiclesOfWorld, decisions
from deploy.evaluation.learning import LEARNED, inspections, with_learned_rates
from deploy.evaluation.passages import revisions
from deploy.evaluation.run import DAY
from producers.simulator.crossings import crossings
from schemas.layout import load_lanes
from schemas.records import ScanDecision, ScanQuality
from streams.core.learned_rates import Inspection
from streams.core.rule_set import parse_rule_set
from tests.evaluation.worlds import SEED, default_text, small_world, week


def inspected(count: int, alarms: int) -> list[Inspection]:
    """Empty vehicles that the lot drew, with so many alarms of one unit's software."""
    return [
        Inspection(
            device="2301-truck-xray-1",
            machine_decision=ScanDecision.ALARM if number < alarms else ScanDecision.CLEAR,
            operator_decision=ScanDecision.UNKNOWN,
            quality=ScanQuality.GOOD,
            propensity=0.05,
            random_draw=True,
            found=False,
        )
        for number in range(count)
    ]


def test_a_unit_that_alarms_too_often_gets_a_table_of_its_own_under_a_new_version() -> None:
    text = with_learned_rates(default_text(), inspected(400, 100))
    assert text is not None
    before, after = parse_rule_set(default_text()), parse_rule_set(text)
    assert after.version == before.version + LEARNED
    learned = after.xray.devices["2301-truck-xray-1"].machine[ScanQuality.GOOD]
    assert learned.false_alarm_rate > 0.2 > before.xray.machine[ScanQuality.GOOD].false_alarm_rate


def test_what_the_burn_in_taught_is_in_force_for_what_is_judged_and_not_before() -> None:
    world = small_world(1)
    noon, given = world.start_at + DAY // 2, []

    def learn(drawn: list[Decided]) -> str | None:
        given.extend(drawn)
        return with_learned_rates(default_text(), inspected(400, 100))

    stage = VehiclesOfWorld(parse_rule_set(default_text()))
    versions: dict[bool, set[str]] = {True: set(), False: set()}
    for said in decisions(stage, revisions(crossings(world, SEED), load_lanes()), noon, learn):
        if said.score is not None:
            versions[said.revision.at >= noon].add(said.score.rule_set_version)
    before = parse_rule_set(default_text()).version
    assert versions == {False: {before}, True: {before + LEARNED}}
    assert given and all(said.revision.at < noon and said.selection.random_draw for said in given if said.selection)


def test_too_few_inspections_leave_the_rule_set_as_it_is() -> None:
    assert with_learned_rates(default_text(), inspected(3, 3)) is None


def test_only_scanned_vehicles_that_the_lot_drew_are_inspected_and_the_inspector_decides() -> None:
    at_light = [said for said in week() if said.selection is not None]
    drawn = [said for said in at_light if said.selection is not None and said.selection.random_draw]
    asked: list[Decided] = []

    def find(said: Decided) -> bool:
        asked.append(said)
        return len(asked) == 1

    scanned = [said for said in at_light if said.revision.passage.xray_unit_id is not None]
    seen = inspections(scanned, find)
    assert [one.found for one in seen] == [True] + [False] * (len(scanned) - 1)
    assert {one.device for one in seen} == {said.revision.passage.xray_unit_id for said in scanned}
    assert len(inspections(drawn, find)) == len([said for said in drawn if said in scanned])
