"""What the burn-in's inspections teach, and that it is in force when judging begins."""

import json

import msgspec
import pytest

from deploy.evaluation.decisions import Decided, VehiclesOfWorld, decisions
from deploy.evaluation.learning import inspections, with_learned_rates
from deploy.evaluation.passages import revisions
from deploy.evaluation.run import DAY
from deploy.learned_proposal import LEARNED
from producers.simulator.crossings import crossings
from schemas.layout import load_lanes
from schemas.records import ScanDecision, ScanQuality
from streams.core.learned_rates import DrawnScan
from streams.core.rule_set import parse_rule_set
from tests.evaluation.worlds import SEED, default_text, small_world, week


def inspected(count: int, alarms: int) -> list[DrawnScan]:
    """Empty vehicles that the lot drew, with so many alarms of one unit's software."""
    return [
        DrawnScan(
            device="2301-truck-xray-1",
            machine_decision=ScanDecision.ALARM if number < alarms else ScanDecision.CLEAR,
            operator_decision=ScanDecision.UNKNOWN,
            quality=ScanQuality.GOOD,
            inspected=True,
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
    assert given and all(said.revision.at < noon and said.revision.passage.xray_unit_id for said in given)


def test_too_few_inspections_leave_the_rule_set_as_it_is() -> None:
    assert with_learned_rates(default_text(), inspected(3, 3)) is None


def test_a_rule_set_that_has_the_units_tables_already_gets_new_rates_beside_what_else_they_say() -> None:
    own = f"""{default_text()}
[xray.devices.'2301-truck-xray-1'.machine]
GOOD = {{ hit_rate = 0.5, false_alarm_rate = 0.1 }}
DEGRADED = {{ hit_rate = 0.4, false_alarm_rate = 0.2 }}
"""
    text = with_learned_rates(own, inspected(400, 100))
    assert text is not None
    machine = parse_rule_set(text).xray.devices["2301-truck-xray-1"].machine
    assert machine[ScanQuality.GOOD].false_alarm_rate > 0.2 and machine[ScanQuality.DEGRADED].hit_rate == 0.4


@pytest.mark.parametrize("version", ["v" * 56, "v" * 57, "v" * 64, "2026-11_a.b+1", "x" * 40 + LEARNED * 3])
def test_any_version_gets_a_learned_one_of_its_own(version: str) -> None:
    before = parse_rule_set(default_text())
    quoted = default_text().replace(f'version = "{before.version}"', f"version = {json.dumps(version)}", 1)
    single = default_text().replace(f'version = "{before.version}"', f"version = '{before.version}'", 1)
    for text, old in ((quoted, version), (single, before.version)):
        learned = with_learned_rates(text, inspected(400, 100))
        assert learned is not None
        after = parse_rule_set(learned)
        assert after.version != old and after.version.endswith(LEARNED)
        assert msgspec.structs.replace(after, version=old, xray=before.xray) == parse_rule_set(text)


def test_scanned_vehicles_that_the_lot_drew_are_inspected_and_the_inspector_decides() -> None:
    scanned = [whole(said) for said in week() if said.selection and said.revision.passage.xray_unit_id is not None]
    # A thinned week has no scanned vehicle that the lot drew, so it is made to draw every second one.
    lot = [
        said._replace(selection=msgspec.structs.replace(said.selection, random_draw=number % 2 == 0))
        for number, said in enumerate(scanned)
        if said.selection
    ]
    first = lot[0].revision.passage.passage_id
    seen = inspections(lot, lambda said: said.revision.passage.passage_id == first, SEED)
    assert len(seen) >= 3 and [one.found for one in seen] == [True] + [False] * (len(seen) - 1)
    assert [one.device for one in seen] == [said.revision.passage.xray_unit_id for said in lot[::2]]


def whole(said: Decided) -> Decided:
    """The same in a world that is not thinned."""
    return said._replace(revision=said.revision._replace(crossing=said.revision.crossing._replace(weight=1)))


def test_the_lot_draws_among_all_vehicles_that_thinned_ones_stand_for_and_each_has_a_scan_of_its_own() -> None:
    scanned = [said for said in week() if said.selection and said.revision.passage.xray_unit_id is not None]
    # Twenty passages of each, so that there are enough to count: the number of a passage draws its stand-ins.
    many = [numbered(said, number) for number, said in enumerate(scanned * 20)]
    seen = inspections(many, lambda _said: False, SEED)
    expected = sum(said.revision.crossing.weight * said.selection.propensity for said in many if said.selection)
    assert len(seen) == pytest.approx(expected, abs=5 * expected**0.5)
    alarms = sum(one.machine_decision is ScanDecision.ALARM for one in seen) / len(seen)
    assert 0.03 < alarms < 0.12  # 6 %, and units differ by a third


def numbered(said: Decided, number: int) -> Decided:
    """The same as another passage of its lane."""
    crossing = said.revision.crossing
    other = crossing._replace(truth=crossing.truth._replace(number=number))
    return said._replace(revision=said.revision._replace(crossing=other))
