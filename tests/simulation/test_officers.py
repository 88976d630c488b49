"""Simulated officers: what they do follows the lights and the seed, what they find follows the truth."""

from collections import Counter
from collections.abc import Iterator

from producers.simulator.duty import OFFICER_BLOCK_SECONDS, Duty
from producers.simulator.loads import Contraband
from producers.simulator.officers import SimulatedOfficers
from schemas.layout import load_ports
from schemas.records import Inspection, InspectionResolution, Light, Override, ReferralReason, Selection
from streams.core.outcomes import validation
from streams.core.rotation import ROTATION_PREFIX, Shift, drawing_between, drawing_of, slot_of
from tests.core.outcomes.builders import SECOND, START, selection

PORTS = {"2301": load_ports()["2301"]}
HOUR = 3600 * SECOND
HEAP = Contraband(guns=8, rounds=100)


def officers(seed: int = 1, speed: float = 1.0) -> SimulatedOfficers:
    return SimulatedOfficers(seed, PORTS, ROTATION_PREFIX, drawing_between, speed)


def done(light: Light, load: Contraband | None, count: int, speed: float = 1.0) -> list[Override | Inspection]:
    """What is told within an hour of so many vehicles with this light and load."""
    staff = officers(speed=speed)
    for number in range(count):
        staff.see(selection(number, light=light), load, START)
    return list(staff.due(START + HOUR))


def ended(told: list[Override | Inspection]) -> Iterator[Inspection]:
    return (one for one in told if isinstance(one, Inspection) and one.ended_at is not None)


def test_reds_are_inspected_but_for_some_and_greens_are_not_but_for_few() -> None:
    for light, low, high in ((Light.RED, 0.93, 0.97), (Light.GREEN, 0.001, 0.012)):
        told = done(light, None, 2000)
        assert low < len(list(ended(told))) / 2000 < high
        overrides = {one.light for one in told if isinstance(one, Override)}
        assert overrides == {Light.GREEN if light is Light.RED else Light.RED}


def test_nothing_is_found_where_nothing_is_and_a_heap_is_seldom_missed() -> None:
    assert {one.resolution for one in ended(done(Light.RED, None, 300))} == {
        InspectionResolution.NOTHING_SUSPICIOUS_FOUND
    }
    said = list(ended(done(Light.RED, HEAP, 1000)))
    found = [one for one in said if one.resolution is InspectionResolution.WEAPONS]
    assert 0.92 < len(found) / len(said) < 0.98  # 0.95 is the stated sensitivity
    assert {sum(item.count for item in one.found) for one in found} == {108}


def test_inspectors_give_the_light_s_reason_and_none_where_it_had_none() -> None:
    for light, reason in ((Light.RED, ReferralReason.RANDOM), (Light.GREEN, ReferralReason.UNKNOWN)):
        assert {one.referral_reason for one in ended(done(light, None, 1000))} == {reason}


def test_what_officers_tell_comes_in_order_and_is_taken_by_the_stage() -> None:
    staff = officers()
    for number in range(300):
        staff.see(selection(number, light=Light.RED), HEAP, START)
    assert list(staff.due(START)) == []
    told = list(staff.due(START + HOUR))
    times = [one.received_at for one in told]
    assert times == sorted(times) and times[0] > START
    revisions = Counter[str]()
    for one in told:
        validation.check_place(one, one.lane_id.encode())
        if isinstance(one, Override):
            validation.check_override(one, one.received_at)
        else:
            validation.check_inspection(one, one.received_at)
            revisions[one.inspection_id] += 1
            assert one.revision == revisions[one.inspection_id] and len(one.officer_ids) == 2
    assert set(revisions.values()) == {2}


def test_the_seed_alone_decides_and_speed_shortens_what_takes_time() -> None:
    slow, fast = (list(ended(done(Light.RED, HEAP, 50, speed))) for speed in (1.0, 10.0))
    assert sorted(one.passage_id for one in slow) == sorted(one.passage_id for one in fast)
    assert slow == list(ended(done(Light.RED, HEAP, 50)))

    def seconds(one: Inspection) -> float:
        return ((one.ended_at or 0) - one.started_at) / SECOND

    # A car's takes 300 to 1500 s.
    assert all(300 <= seconds(one) <= 1500 for one in slow) and all(30 <= seconds(one) <= 150 for one in fast)


def test_duties_cover_every_lane_and_are_told_once_a_block() -> None:
    staff, lanes = officers(), {lane.lane_id for lane in PORTS["2301"].lanes}
    block = OFFICER_BLOCK_SECONDS * SECOND
    now = START // block * block + 60 * SECOND
    first = list(staff.duties(now))
    for from_at in (now - 60 * SECOND, now - 60 * SECOND + block):
        of_block = [duty for duty in first if duty.from_at == from_at]
        assert {duty.lane_id for duty in of_block} == lanes
        assert len({duty.officer_id for duty in of_block}) == len(lanes)  # nobody in two lanes at once
        # By lot, so that meetings are tested: all lanes of the block in one drawing, and that of the whole port.
        everyone = tuple(Duty(1, PORTS["2301"]).officers())
        drawn = Shift(from_at, from_at + block, everyone, tuple(lanes)).drawing
        assert {drawing_of(duty.assignment_id) for duty in of_block} == {drawn}
        assert len({slot_of(duty.assignment_id) for duty in of_block}) == len(lanes)
    for duty in first:
        validation.check_assignment(duty, duty.lane_id.encode(), now)
    assert list(staff.duties(now + SECOND)) == []
    later = list(staff.duties(now + block))
    assert {duty.from_at for duty in later} == {now - 60 * SECOND + 2 * block}


def test_whoever_changes_a_light_is_the_officer_of_the_lane() -> None:
    staff = officers()
    duties = list(staff.duties(START))
    chosen: list[Selection] = [selection(number, light=Light.RED) for number in range(500)]
    for one in chosen:
        staff.see(one, None, START)
    overrides = [one for one in staff.due(START + HOUR) if isinstance(one, Override)]
    for one in overrides:
        (duty,) = [d for d in duties if d.lane_id == one.lane_id and d.from_at <= one.overridden_at < d.until_at]
        assert duty.officer_id == one.officer_id
    assert overrides


def test_vehicles_of_other_ports_are_left_to_others() -> None:
    staff = officers()
    staff.see(selection(lane_id="2302/01", port_code="2302"), HEAP, START)
    assert list(staff.due(START + HOUR)) == []
