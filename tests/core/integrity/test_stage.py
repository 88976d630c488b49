"""Officers against their peers, requirements, blind sensors; and one answer whatever kills, restarts and batches do."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import Exam, FindingKind, LaneMode, Light, OperatingMode, OutcomeState, SensorRole
from streams.core.integrity.comparison import OTHERS_MIN
from streams.core.integrity.comparison import WINDOW_SECONDS as COMPARED_SECONDS
from streams.core.integrity.rule_sets import REQUIREMENTS_MAX
from streams.core.integrity.stage import DUE_MAX, IntegrityFold
from streams.core.integrity.state import PORT, ROSTER
from streams.core.keyed_state import OtherVersion
from streams.core.stage import Record, Rejected
from streams.core.times import WATERMARKS_KEY
from tests.core.crashes import folded_through_crashes
from tests.core.integrity.builders import (
    BAD,
    DAY,
    HOUR,
    OFFICERS,
    PEERS,
    SETTLED,
    advance,
    at,
    block,
    duty,
    not_inspected,
    outcome,
    record,
    red,
    requirement,
    selection,
    settled,
    tick,
    with_peers,
)

# What a bad officer's red light looks like, by the kind of finding that it makes.
BADLY_DONE: dict[FindingKind, dict[str, Any]] = {
    FindingKind.OVERRIDES: {
        "state": OutcomeState.RELEASED,
        "final_light": Light.GREEN,
        "overrides": 1,
        "override_officer_id": BAD,
        "inspection_ids": (),
        "inspection_officer_ids": (),
        "inspection_started_at": None,
        "inspection_ended_at": None,
    },
    FindingKind.EXAMS_MISSING: {"exams_missing": (Exam.CANINE,)},
}


@pytest.mark.parametrize("kind", list(BADLY_DONE))
def test_an_officer_who_does_it_far_more_often_than_peers_is_found_with_the_passages(kind: FindingKind) -> None:
    outcomes = [red(1, f"bad-{n}", 5 * DAY + n * DAY, BAD, **BADLY_DONE[kind]) for n in range(8)]
    found = [one for one in settled(with_peers(), *outcomes) if one.kind is kind and one.revision == 1]
    (finding,) = found
    # 200 cases of others without an event allow 2 x 1 / 201 = 0.00995; the large bet gains
    # ln(12 / (1 + 11 x 0.00995)) = 2.38 a shift and has to reach ln(20 / 0.001) = 9.9 with half: the fifth does.
    assert (finding.officer_id, finding.events, finding.trials) == (BAD, 5, 5)
    assert finding.passages == tuple([f"2301/01/bad-{n}" for n in range(5)])
    assert finding.log_e_value >= finding.log_e_threshold
    assert finding.expected == pytest.approx(5 * 2 / 201, abs=0.003)
    assert "5 of 5 on 5 shifts" in finding.message


def test_a_shift_is_one_trial_with_the_mean_of_its_cases() -> None:
    # Of each shift's four reds two are not inspected, and the large bet gains
    # ln(1 / 2 x (12 + 1) / (1 + 11 x 0.00995)) = 1.77 with each shift, whatever the order: the sixth reaches 9.9 + 0.7.
    outcomes = [
        (not_inspected if n % 4 in (n // 4 % 4, 3 - n // 4 % 4) else red)(
            1, f"p-{n}", 5 * DAY + n // 4 * DAY + n % 4 * HOUR, BAD
        )
        for n in range(32)
    ]
    (finding,) = settled(with_peers(), *outcomes)
    assert (finding.events, finding.trials) == (12, 24)


def test_a_secondary_that_is_full_for_a_shift_accuses_nobody() -> None:
    for full_hours in (2, 8):
        fold, random, found = IntegrityFold({}), Random(full_hours), list[Any]()
        names = [f"o{number:02d}" for number in range(40)]
        for day in range(16):
            for shift in range(2):
                team = random.sample(names, 10)
                for hour in range(8):
                    is_full = day == 14 and shift == 1 and hour < full_hours
                    for lane_number, officer in enumerate(random.sample(team, 10)):
                        for number in range(3):
                            seconds = day * DAY + (8 * shift + hour) * HOUR + 1000 * number + lane_number
                            make = not_inspected if is_full or random.random() < 0.02 else red
                            found += advance(fold, make(1, f"{seconds}", seconds, officer))
                found += advance(fold, tick(day * DAY + 8 * (shift + 1) * HOUR))
        assert found + advance(fold, tick(40 * DAY)) == []


def test_reds_that_nobody_inspects_and_those_made_green_are_both_not_followed_up() -> None:
    outcomes = [not_inspected(1, f"bad-{n}", 5 * DAY + n * DAY, BAD) for n in range(3)]
    outcomes += [red(1, f"green-{n}", 8 * DAY + n * DAY, BAD, **BADLY_DONE[FindingKind.OVERRIDES]) for n in range(3)]
    kinds = [(one.kind, one.events) for one in settled(with_peers(), *outcomes)]
    assert kinds == [(FindingKind.RED_NOT_INSPECTED, 5)]


def test_inspections_shorter_than_possible_are_of_who_inspected_and_not_of_who_had_the_lane() -> None:
    outcomes = []
    for number in range(8):
        start = 5 * DAY + number * DAY
        times = {"inspection_started_at": at(start), "inspection_ended_at": at(start + 30)}
        outcomes.append(red(1, f"bad-{number}", start, PEERS[0], inspection_officer_ids=(BAD,), **times))
    found = settled(with_peers(), *outcomes)
    assert {(one.kind, one.officer_id) for one in found} == {(FindingKind.SHORT_INSPECTIONS, BAD)}


def test_what_everybody_does_accuses_nobody() -> None:
    fold, random = IntegrityFold({}), Random(1)
    for number in range(3_000):
        skipped = random.random() < 0.10
        make = not_inspected if skipped else red
        advance(fold, make(1, f"p-{number}", 60.0 * number, random.choice(OFFICERS)))
    assert advance(fold, tick(20 * DAY)) == []


def test_one_slip_is_no_finding_and_few_cases_of_others_test_nobody() -> None:
    assert settled(with_peers(), not_inspected(1, "slip", 5 * DAY, BAD)) == []
    fold = IntegrityFold({})
    outcomes = [red(1, f"p-{n}", 60.0 * n, PEERS[0]) for n in range(OTHERS_MIN - 1)]
    assert settled(fold, *outcomes, *[not_inspected(1, f"b-{n}", n * DAY, BAD) for n in range(8)]) == []


def test_trucks_are_not_the_measure_of_cars() -> None:
    fold = with_peers()
    outcomes = [not_inspected(9, f"b-{n}", 5 * DAY + n * DAY, BAD, lane_mode=LaneMode.TRUCK) for n in range(9)]
    assert settled(fold, *outcomes) == []


def test_a_late_report_of_an_inspection_clears_the_officer_and_is_counted_once() -> None:
    fold = with_peers()
    outcomes = [not_inspected(1, f"late-{n}", 5 * DAY + n * DAY / 2, BAD) for n in range(20)]
    reports = [red(1, f"late-{n}", 5 * DAY + n * DAY / 2, BAD, revision=2) for n in range(20)]
    assert settled(fold, *outcomes, *reports) == []
    # A correction that comes when its case is settled would count it twice.
    worse = [
        not_inspected(1, f"late-{n}", 5 * DAY + n * DAY / 2, BAD, revision=3, closed_at=at(20 * DAY)) for n in range(20)
    ]
    assert advance(fold, *worse, tick(40 * DAY)) == []
    assert fold.counters["outcomes_corrected_too_late"] == 20


def test_the_window_ends_and_what_is_told_once_may_be_told_in_the_next() -> None:
    fold = with_peers()
    first = settled(fold, *[not_inspected(1, f"a-{n}", 5 * DAY + n * DAY, BAD) for n in range(6)])
    assert [one.revision for one in first] == [1]
    later = 20 * DAY + COMPARED_SECONDS
    advance(fold, tick(later))
    for number in range(200):
        advance(fold, red(1, f"again-{number}", later + 60.0 * number, PEERS[number % 5]))
    advance(fold, tick(later + SETTLED))
    outcomes = [not_inspected(1, f"b-{n}", later + SETTLED + n * DAY, BAD) for n in range(6)]
    assert advance(fold, *outcomes) == []
    second = advance(fold, tick(later + 20 * DAY))
    assert [one.revision for one in second] == [1]
    assert second[0].finding_id != first[0].finding_id


def test_rules_other_than_required_are_told_once_for_each_port_and_version() -> None:
    fold = IntegrityFold({})
    other = selection(1, "a", 2 * HOUR, rule_set_version="old")
    assert advance(fold, requirement("new", 0), selection(1, "b", 60, rule_set_version="old")) == []  # still on its way
    (finding,) = advance(fold, other, selection(2, "c", 3 * HOUR, rule_set_version="old"))
    assert (finding.kind, finding.officer_id, finding.log_e_value) == (FindingKind.RULE_SET, None, None)
    assert (finding.rule_set_version, finding.required_rule_set_version) == ("old", "new")
    assert finding.passages == (other.passage_id,)
    assert advance(fold, selection(1, "d", 4 * HOUR, rule_set_version="new")) == []
    with_policy = requirement("new", 5 * HOUR, policy_version="p2", requirement_id="policy")
    (second,) = advance(fold, with_policy, selection(1, "e", 6 * HOUR, rule_set_version="new", policy_version="p1"))
    assert (second.policy_version, second.required_policy_version) == ("p1", "p2")


def test_requirements_to_come_displace_neither_the_one_in_force_nor_one_from_now_on() -> None:
    fold = IntegrityFold({})
    to_come = [requirement(f"w{n}", 7 * DAY * (n + 1), received_at=at(60)) for n in range(REQUIREMENTS_MAX)]
    advance(fold, requirement("now", 0), *to_come[:-1])
    with pytest.raises(Rejected) as refused:
        advance(fold, to_come[-1])
    assert refused.value.reason == "too_many"
    (finding,) = advance(fold, selection(1, "a", 2 * HOUR, rule_set_version="other"))
    assert finding.required_rule_set_version == "now"
    # The next is in force after a week: what it supersedes makes room, and another from then on is taken.
    advance(fold, requirement("later", 8 * DAY))
    (finding,) = advance(fold, selection(1, "b", 9 * DAY, rule_set_version="other"))
    assert finding.required_rule_set_version == "later"


def stints(fold: IntegrityFold, number: int, officer_id: str, silent: tuple[SensorRole, ...]) -> list[Any]:
    """A duty of half an hour in lane 1 with six vehicles."""
    start = 1800.0 * number
    vehicles = [selection(1, f"v-{number}-{n}", start + 60 * n, silent_sensors=silent) for n in range(6)]
    return advance(fold, duty(1, officer_id, start, start + 1800), *vehicles)


def test_a_sensor_that_goes_blind_with_one_officer_is_told_of_and_a_broken_one_is_not() -> None:
    fold, found = IntegrityFold({}), list[Any]()
    for number in range(48 * 8):
        officer = OFFICERS[number % 6]
        found += stints(fold, number, officer, (SensorRole.REAR_CAMERA,) if officer == BAD else ())
    found += advance(fold, tick(10 * DAY))
    assert {(one.kind, one.officer_id, one.sensor) for one in found} == {
        (FindingKind.BLIND_SENSOR, BAD, SensorRole.REAR_CAMERA)
    }
    fold = IntegrityFold({})
    # Broken every third day for a whole day, whoever has the lane; and the sensors behind the light are always silent.
    for number in range(48 * 9):
        broken = (SensorRole.SCALE,) if number // 48 % 3 == 2 else ()
        assert stints(fold, number, OFFICERS[(number * 5 + number // 7) % 6], (SensorRole.EXIT_LOOP, *broken)) == []


def test_a_sensor_that_is_broken_for_a_shift_is_one_event_though_one_officer_has_the_lane_all_day() -> None:
    fold, draw = IntegrityFold({}), Random(2)
    for number in range(48 * 30):
        day, of_day = divmod(number, 48)
        # Two officers change in the lane all day, others on other days: an outage of eight hours is half of it theirs.
        officer = OFFICERS[(2 * day + of_day % 2) % 6] if day % 10 < 9 else BAD
        broken = day % 10 == 9 and of_day >= 32
        silent = (SensorRole.SCALE,) if broken or draw.random() < 0.001 else ()
        assert stints(fold, number, officer, silent) == []


def test_states_expire_by_ticks_alone() -> None:
    stored: dict[bytes, bytes] = {}
    fold = IntegrityFold(stored)
    log = mixed_log(3, 400)
    for value in log:
        fold.advance(value, [])
    fold.take_changes()
    assert len(stored) > 20
    for source in range(12):
        advance(fold, tick(400 * DAY, source))
    fold.take_changes()
    assert {key[:2] for key in stored} <= {WATERMARKS_KEY[:2], b"q:"}
    assert not any(key.startswith((PORT, ROSTER)) for key in stored)


def mixed_log(seed: int, length: int) -> list[Record]:
    """Everything that there is, in two modes, over some days; one officer skips, and one vehicle seeks officer-3."""
    random, seconds, values = Random(seed), 0.0, list[Any](block(OFFICERS, 0))
    officers, until = OFFICERS, float(HOUR)
    for number in range(length):
        seconds += random.expovariate(1 / 900)
        if seconds > until:
            officers, until = tuple(random.sample(OFFICERS, 6)), seconds + HOUR
            values += block(officers, seconds)
        lane_number = random.randrange(6)
        mode = random.choice((OperatingMode.OPERATIONAL, OperatingMode.OPERATIONAL, OperatingMode.EXERCISE))
        token = f"t-{random.randrange(8)}"
        if token == "t-0":
            lane_number = officers.index("officer-3")
        more = {"operating_mode": mode, "vehicle_token": token}
        silent = (SensorRole.SCALE,) if officers[lane_number] == "officer-1" else ()
        values.append(selection(lane_number, f"{mode}-{number}", seconds, silent_sensors=silent, **more))
        kind = random.randrange(4)
        make = not_inspected if officers[lane_number] == BAD else red
        if kind:
            values.append(outcome(lane_number, f"{mode}-{number}", seconds, **more))
        else:
            values.append(make(lane_number, f"{mode}-{number}", seconds, officers[lane_number], **more))
            if random.random() < 0.3:
                values.append(red(lane_number, f"{mode}-{number}", seconds, officers[lane_number], revision=2, **more))
        if random.random() < 0.05:
            values.append(tick(seconds - 60, random.randrange(3)))
        if random.random() < 0.02:
            values.append(requirement(f"v{number}", seconds))
    values += [tick(seconds + days * DAY) for days in (1, 4, 20, 60)]
    return [record(value) for value in values]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from([2, DUE_MAX]))
def test_kills_restarts_and_batches_change_nothing(seed: int, due_max: int) -> None:
    log = mixed_log(seed, 250)
    whole: dict[bytes, bytes] = {}
    fold, outputs = IntegrityFold(whole, due_max), []
    for one in log:
        fold.advance(one, outputs)
    fold.take_changes()
    told, stored = folded_through_crashes(lambda kept: IntegrityFold(kept, due_max), log, Random(seed), 40)
    assert [body_of(value) for value in told] == [body_of(output.value) for output in outputs]
    assert stored == whole


def test_the_mixed_log_makes_findings_to_compare() -> None:
    outputs: list[Any] = []
    fold = IntegrityFold({})
    for one in mixed_log(1, 1_500):
        fold.advance(one, outputs)
    assert {output.value.kind for output in outputs} >= {FindingKind.RULE_SET, FindingKind.MEETINGS}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (outcome(1, "a", 0, port_code="2302"), "wrong_key"),
        (outcome(1, "a", 0, lane_id="2301/02"), "impossible_value"),
        (outcome(1, "a", 0, revision=0), "impossible_value"),
        (outcome(1, "a", 0, selected_at=5), "impossible_value"),
        (outcome(1, "a", 0, closed_at=at(2_000 * DAY)), "clock_ahead"),
        (outcome(1, "a", 0, vehicle_token="t" * 129), "impossible_value"),
        (outcome(1, "a", 0, inspection_officer_ids=("o",) * 65), "impossible_value"),
        (outcome(1, "a", 0, officer_on_duty_id=""), "impossible_value"),
        (outcome(1, "a", 0, operating_mode=OperatingMode.UNKNOWN), "impossible_value"),
        (selection(1, "a" * 130, 0), "impossible_value"),
        (selection(1, "a", 2_000 * DAY), "clock_ahead"),
        (selection(1, "a", 0, silent_sensors=(SensorRole.SCALE,) * 50), "impossible_value"),
        (selection(1, "a", 0, propensity=float("nan")), "impossible_value"),
        (requirement("", 0), "impossible_value"),
        (requirement("v", 0, valid_from_at=at(500 * DAY)), "impossible_value"),
        (duty(1, "o", 0, 2 * DAY), "impossible_value"),
        (duty(1, "", 0, HOUR), "impossible_value"),
    ],
)
def test_impossible_records_are_refused_before_anything_changes(value: Any, reason: str) -> None:
    fold = IntegrityFold({})
    with pytest.raises(Rejected) as refused:
        fold.advance(record(value), [])
    assert refused.value.reason == reason
    assert fold.take_changes() == {}


def test_states_of_another_version_are_refused() -> None:
    with pytest.raises(OtherVersion):
        IntegrityFold({b"v:OPERATIONAL:2301:t": b"\x00"})
