"""The fold: revisions replace, windows move, and neither batches nor kills change anything."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import Light, OperatingMode, Outcome, PlateIssuer
from schemas.topics import ESTIMATES, LANE_DECISIONS
from streams.core.estimates.stage import DAYS_MAX, PORTS_MAX, EstimatesFold
from streams.core.estimates.state import DAY_PREFIX, PARTS_PREFIX, SAID_PREFIX, VERSION, Tally, decode_day, decode_parts
from streams.core.estimates.tallies import GROUPS_MAX, REMEMBERED_SECONDS
from streams.core.keyed_state import OtherVersion
from streams.core.stage import Output, Record, Rejected
from tests.core.crashes import folded_through_crashes
from tests.core.estimates.builders import (
    DAY,
    FIRST,
    FOUND,
    LANE,
    SECOND,
    advance,
    drawn,
    grouped,
    inspected,
    month,
    passed,
    record,
    red,
    revised,
    tick,
    with_evidence,
)
from tests.core.outcomes.builders import assignment, selection


def test_a_revision_replaces_what_was_counted() -> None:
    final = inspected(drawn(1), **FOUND)
    told = month(drawn(1), revised(inspected(drawn(1)), 2), revised(final, 3))
    assert body_of(told) == body_of(month(final))


def test_a_vehicle_that_passed_and_was_inspected_after_all_is_one_passage() -> None:
    late = inspected(passed(1, final_light=Light.RED), **FOUND)
    assert body_of(month(passed(1), revised(late))) == body_of(month(late))


def test_a_referral_that_turns_out_to_have_passed_is_a_passage_and_no_more() -> None:
    away = month(red(1), revised(passed(1)))
    assert body_of(away) == body_of(month(passed(1)))
    back = month(red(1), revised(passed(1)), revised(red(1), 3), revised(passed(1), 4), revised(red(1), 5))
    assert body_of(back) == body_of(month(red(1)))


def test_a_selection_that_comes_late_makes_a_passage_of_an_unknown_outcome() -> None:
    unknown = inspected(red(1), selected_at=None, light=Light.UNKNOWN)
    told = month(unknown, revised(inspected(red(1))))
    assert body_of(told) == body_of(month(inspected(red(1))))
    assert advance(EstimatesFold({}), tick(0), unknown, tick(31)) == []


def test_an_old_revision_behind_a_new_one_changes_nothing() -> None:
    final = revised(inspected(drawn(1), **FOUND))
    folding = EstimatesFold({})
    (told,) = advance(folding, tick(0), drawn(1), final, drawn(1), final, tick(31))
    assert body_of(told) == body_of(month(drawn(1), final))
    assert folding.counters["outcomes_repeated"] == 2


def test_a_second_stop_on_another_day_moves_the_passage_there() -> None:
    moved = inspected(drawn(1, 1.1))
    (before, after) = advance(EstimatesFold({}), tick(0), drawn(1, 0.9), revised(moved), tick(31), tick(32))
    assert (before.groups[0].referred, after.groups[0].referred) == (1, 1)


def test_a_window_is_thirty_days_that_ended_a_day_ago_and_moves_on_each_day() -> None:
    folding = EstimatesFold({})
    daily = [drawn(day, day + 0.5) for day in range(40)]
    told = []
    for day in range(40):
        told += advance(folding, tick(day), daily[day])
    told += advance(folding, tick(40), tick(40.9))
    # On day d those of d - 31 to d - 2 are told of: none on days 0 and 1.
    assert [one.groups[0].referred for one in told] == [min(day - 1, 30) for day in range(2, 41)]
    assert told[-1].from_at == (FIRST + 9) * DAY
    assert told[-1].until_at == (FIRST + 39) * DAY


def test_what_comes_for_a_day_that_the_window_has_left_is_not_counted() -> None:
    folding = EstimatesFold({})
    told = advance(
        folding, tick(0), drawn(1, 0.5), tick(32), drawn(2, 0.6), revised(inspected(drawn(1, 0.5))), tick(33)
    )
    assert told == []
    assert folding.counters["outcomes_outside_window"] == 2


def test_a_port_without_vehicles_is_forgotten_with_its_last_day() -> None:
    stored: dict[bytes, bytes] = {}
    folding = EstimatesFold(stored)
    advance(folding, tick(0), drawn(1), passed(2), tick(31), tick(32), tick(33))
    folding.take_changes()
    assert set(stored) == {b"ports", b"watermarks"}


def test_only_what_may_be_revised_is_remembered_and_not_for_longer() -> None:
    stored: dict[bytes, bytes] = {}
    folding = EstimatesFold(stored)
    said = drawn(2)
    advance(folding, tick(0), *[passed(n) for n in range(100, 200)], said)
    folding.take_changes()
    assert [key for key in stored if key.startswith(SAID_PREFIX)] == [b"o:OPERATIONAL:2301/03/2"]
    kept_days = (said.closed_at + REMEMBERED_SECONDS * SECOND) / DAY - FIRST
    advance(folding, tick(kept_days - 0.001))
    folding.take_changes()
    assert any(key.startswith(SAID_PREFIX) for key in stored)
    advance(folding, tick(kept_days + 0.001))
    folding.take_changes()
    assert not any(key.startswith(SAID_PREFIX) for key in stored)
    assert any(key.startswith(DAY_PREFIX) for key in stored)


def test_drills_are_a_world_of_their_own() -> None:
    drill = drawn(1, operating_mode=OperatingMode.EXERCISE, passage_id=f"{LANE}/EXERCISE/1")
    told = advance(EstimatesFold({}), tick(0), drawn(1), drawn(2), drill, tick(31), tick(31))
    counts = {one.operating_mode: one.groups[0].referred for one in told}
    assert counts == {OperatingMode.EXERCISE: 1, OperatingMode.OPERATIONAL: 2}


def test_ports_are_told_of_one_at_a_tick_and_once_a_day() -> None:
    ports = [drawn(1, lane_id=f"{code}/01") for code in (2303, 2301, 2302)]
    folding = EstimatesFold({})
    advance(folding, tick(0), *ports)
    told = [[one.port_code for one in advance(folding, tick(31))] for _ in range(5)]
    assert told == [["2301"], ["2302"], ["2303"], [], []]


def test_time_is_that_of_the_slowest_source() -> None:
    folding = EstimatesFold({})
    assert advance(folding, tick(0), tick(0, 5), drawn(1), tick(31)) == []
    assert len(advance(folding, tick(31, 5))) == 1


def test_an_estimate_goes_to_its_port() -> None:
    outputs: list[Output] = []
    folding = EstimatesFold({})
    for value in (tick(0), drawn(1), tick(31)):
        folding.advance(record(value), outputs)
    assert [(output.topic, output.key, output.partition) for output in outputs] == [(ESTIMATES, b"2301", None)]


def test_figures_of_a_port_do_not_depend_on_the_order_of_its_outcomes() -> None:
    outcomes = [inspected(drawn(n, n % 30), **(FOUND if n % 7 == 0 else {})) for n in range(60)]
    shuffled = random.Random(1).sample(outcomes, len(outcomes))
    assert body_of(month(*outcomes)) == body_of(month(*shuffled))


@pytest.mark.parametrize(
    ("fields", "reason", "message"),
    [
        ({"passage_id": "2302/03/1"}, "impossible_value", "passage_id"),
        ({"passage_id": LANE + "/" + "9" * 128}, "impossible_value", "passage_id"),
        ({"lane_id": "2302/03", "passage_id": "2302/03/1"}, "impossible_value", "lane_id"),
        ({"port_code": "", "lane_id": "/03", "passage_id": "/03/1"}, "impossible_value", "lane_id"),
        ({"operating_mode": OperatingMode.UNKNOWN}, "impossible_value", "operating_mode"),
        ({"revision": 0}, "impossible_value", "revision"),
        ({"selected_at": 0}, "impossible_value", "selected_at"),
        ({"selected_at": (FIRST + 401) * DAY}, "clock_ahead", "selected_at"),
        ({"closed_at": (FIRST + 401) * DAY}, "clock_ahead", "closed_at"),
        ({"propensity": 0.0}, "impossible_value", "propensity"),
        ({"propensity": float("nan")}, "impossible_value", "propensity"),
        ({"propensity": None}, "impossible_value", "propensity"),
        ({"fairness_group": grouped(hour=24)}, "impossible_value", "local_hour"),
        ({"rule_set_version": "v" * 129}, "impossible_value", "rule_set_version"),
        ({"policy_version": "v" * 129}, "impossible_value", "policy_version"),
        ({"inspection_ended_at": (FIRST + 1) * DAY}, "impossible_value", "ends after"),
        ({"inspection_officer_ids": ("o",) * 65}, "impossible_value", "officers"),
        ({"firearms": -1}, "impossible_value", "finds"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(fields: dict[str, Any], reason: str, message: str) -> None:
    folding = EstimatesFold({})
    refused_one = msgspec.structs.replace(drawn(1), **fields)
    with pytest.raises(Rejected, match=message) as refused:
        folding.advance(Record(refused_one.port_code.encode(), refused_one, (FIRST + 400) * DAY), [])
    assert refused.value.reason == reason
    assert folding.take_changes() == {}


def test_evidence_without_end_or_name_is_refused() -> None:
    for said in (with_evidence(drawn(1), *map(str, range(65))), with_evidence(drawn(1), "")):
        with pytest.raises(Rejected, match="evidence"):
            advance(EstimatesFold({}), said)


def test_a_wrong_key_and_a_wrong_source_are_refused() -> None:
    with pytest.raises(Rejected, match="key"):
        EstimatesFold({}).advance(Record(b"2302", drawn(1), (FIRST + 400) * DAY), [])
    with pytest.raises(Rejected, match=LANE_DECISIONS.name):
        advance(EstimatesFold({}), msgspec.structs.replace(tick(0), source_topic="border.passages.v1"))
    beat = msgspec.structs.replace(tick(0), source_partition=12)
    with pytest.raises(Rejected, match="0 to 11"):
        advance(EstimatesFold({}), beat)


def test_what_is_for_other_stages_changes_nothing() -> None:
    folding = EstimatesFold({})
    for value in (selection(), assignment("officer-1", 0, 1800)):
        folding.advance(Record(b"2301", value, (FIRST + 400) * DAY), [])
    assert folding.take_changes() == {}


def test_ports_days_and_groups_are_bounded() -> None:
    folding = EstimatesFold({})
    advance(folding, *[passed(1, lane_id=f"p{n}/01") for n in range(PORTS_MAX)])
    with pytest.raises(Rejected, match="ports"):
        advance(folding, passed(1, lane_id="one-more/01"))
    stored: dict[bytes, bytes] = {}
    folding = EstimatesFold(stored)
    advance(folding, tick(0), *[passed(n, n + 0.5) for n in range(DAYS_MAX + 3)])
    assert folding.counters["outcomes_outside_window"] == 3
    lanes = [drawn(n, lane_id=f"2301/{n}") for n in range(GROUPS_MAX + 50)]
    advance(folding, *lanes, *[revised(inspected(one)) for one in lanes], *[revised(passed(1), 3) for _ in range(1)])
    folding.take_changes()
    day = decode_day(stored[DAY_PREFIX + f"OPERATIONAL:2301:{FIRST}".encode()])
    assert len(day.groups) <= GROUPS_MAX + 4
    lanes_counted = [tally.referred for name, tally in day.groups.items() if name.startswith("l:")]
    assert sum(one.referred for one in lanes_counted) == sum(one.inspected for one in lanes_counted) == len(lanes)


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        EstimatesFold({b"ports": bytes([VERSION[0] + 1])})


def random_log(draw: random.Random, passages: int) -> list[Record]:
    """Outcomes of two ports with their revisions up to a week behind, and ticks of two sources for 40 days."""
    timed: list[tuple[float, msgspec.Struct]] = []
    for number in range(passages):
        day = draw.uniform(0, 36)
        lane_id = draw.choice(("2301/03", "2301/20", "2304/01"))
        burdened = {
            "lane_id": lane_id,
            "fairness_group": grouped(draw.choice(tuple(PlateIssuer)), draw.choice((None, 0, 23))),
            "vehicle_token": draw.choice((None, "a", "b")),
            "policy_version": draw.choice((None, "p")),
        }
        propensity = draw.choice((0.01, 0.05, 1 / 3, 1.0))
        make, risky = draw.choice((passed, red, drawn)), draw.choice((False, True))
        first = with_evidence(
            make(number, day, propensity=propensity, risk_over_threshold=risky and make is not passed, **burdened),
            *draw.choice((("a",), ("a", "b"))),
        )
        at = day + 0.2
        for revision in range(1, draw.randrange(1, 5)):
            said = draw.choice((first, inspected(first), inspected(first, **FOUND), passed(number, day, **burdened)))
            timed.append((at, revised(said, revision, closed_at=round((FIRST + at) * DAY))))
            at += draw.uniform(0, 6.9)
    timed += [(quarter / 4, tick(quarter / 4, source)) for quarter in range(4 * 40) for source in range(2)]
    timed.sort(key=lambda item: item[0])
    return [record(value) for _, value in timed]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_kills_and_batches_change_nothing(seed: int) -> None:
    draw = random.Random(seed)
    log = random_log(draw, draw.randrange(1, 60))
    due_max, kept, told = draw.choice((1, 3, 2_000)), dict[bytes, bytes](), list[Output]()
    plain = EstimatesFold(kept, due_max)
    for one in log:
        plain.advance(one, told)
        plain.take_changes()
    crashed, committed = folded_through_crashes(lambda stored: EstimatesFold(stored, due_max), log, draw, 50)
    assert [body_of(output.value) for output in told] == [body_of(value) for value in crashed]
    assert kept == committed


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_after_all_revisions_the_tallies_are_those_of_the_last_ones(seed: int) -> None:
    outcomes = [one.value for one in random_log(random.Random(seed), 30) if isinstance(one.value, Outcome)]
    last = {one.passage_id: revised(one, 1) for one in outcomes}
    assert tallies(outcomes) == tallies(list(last.values()))


def tallies(outcomes: list[Outcome]) -> dict[tuple[bytes, str], str]:
    """By day and group, without those that have come to nothing, and without the heaviest weight ever put in."""
    stored: dict[bytes, bytes] = {}
    folding = EstimatesFold(stored)
    advance(folding, *outcomes)
    folding.take_changes()
    counted = {}
    for key, state in stored.items():
        for name, tally in decode_day(state).groups.items() if key.startswith(DAY_PREFIX) else ():
            tally.alone.weight_max = tally.also.weight_max = 0
            if tally != Tally():
                counted[key, name] = repr(tally)
        for name, counts in decode_parts(state).cells.items() if key.startswith(PARTS_PREFIX) else ():
            if any(counts):
                counted[key, name] = repr(counts)
    return counted
