"""A rotation that nobody can foresee, everybody can check, and that staffs each lane with one officer at a time."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.outcomes.state import Duty, Roster
from streams.core.random_draw import RandomKeys
from streams.core.rotation import (
    BLOCK_MINUTES_MAX,
    BLOCK_MINUTES_MIN,
    MINUTE,
    ROTATION_PREFIX,
    Lots,
    Shift,
    draw_rotation,
    drawing_of,
    rotation_key,
    slot_of,
    started_at,
)

KEY = b"k" * 32
START = 1_790_000_000 * 1_000_000
OFFICERS = tuple(f"officer-{number}" for number in range(7))
LANES = tuple(f"2301/{number:02d}" for number in range(5))


def shift(minutes: int = 480, officers: tuple[str, ...] = OFFICERS, lanes: tuple[str, ...] = LANES) -> Shift:
    return Shift(START, START + minutes * MINUTE, officers, lanes)


@settings(max_examples=60, deadline=None)
@given(st.integers(30, 1440), st.binary(min_size=32, max_size=32), st.integers(1, 6), st.integers(0, 4))
def test_every_lane_is_staffed_all_the_time_by_one_who_is_nowhere_else(
    minutes: int, key: bytes, lanes: int, spare: int
) -> None:
    names = tuple(f"o{number}" for number in range(lanes + spare))
    places = tuple(f"2301/{number:02d}" for number in range(lanes))
    duties = draw_rotation(key, shift(minutes, names, places))
    blocks = sorted({(duty.from_at, duty.until_at) for duty in duties})
    assert blocks[0][0] == START and blocks[-1][1] == START + minutes * MINUTE
    assert all(before[1] == after[0] for before, after in pairwise(blocks))
    assert all(BLOCK_MINUTES_MIN * MINUTE <= end - begin <= BLOCK_MINUTES_MAX * MINUTE for begin, end in blocks)
    for block in blocks:
        of_block = [duty for duty in duties if (duty.from_at, duty.until_at) == block]
        assert sorted(duty.lane_id for duty in of_block) == list(places)
        assert len({duty.officer_id for duty in of_block}) == lanes


def test_whoever_has_the_key_draws_the_same_and_whoever_has_another_does_not() -> None:
    drawn = draw_rotation(KEY, shift())
    assert drawn == draw_rotation(KEY, shift(officers=OFFICERS[::-1], lanes=LANES[::-1]))
    assert drawn != draw_rotation(b"l" * 32, shift())
    assert all(duty.assignment_id.startswith(ROTATION_PREFIX) for duty in drawn)
    keys = RandomKeys(b"s" * 32)
    assert (
        len({rotation_key(keys, "2301", START), rotation_key(keys, "2302", START), keys.key_of("2301", START)[1]}) == 3
    )


def test_drawing_again_with_another_officer_replaces_every_duty() -> None:
    first = draw_rotation(KEY, shift())
    again = draw_rotation(KEY, shift(officers=("officer-9", *OFFICERS[1:])))
    assert not {duty.assignment_id for duty in again} & {duty.assignment_id for duty in first}
    assert [slot_of(duty.assignment_id) for duty in again] == [slot_of(duty.assignment_id) for duty in first]
    roster = Roster()
    for duty in (*first, *again):
        if duty.lane_id == LANES[0]:
            roster = roster.with_duty(Duty(duty.from_at, duty.until_at, duty.assignment_id, duty.officer_id))
    assert [one.officer_id for one in roster.duties] == [one.officer_id for one in again if one.lane_id == LANES[0]]


def test_groups_of_lanes_and_officers_are_drawn_independently_though_they_change_together() -> None:
    equal, blocks = 0, 0
    for day in range(200):
        key = day.to_bytes(32, "big")
        groups = [
            draw_rotation(key, shift(officers=OFFICERS[:3], lanes=LANES[:3])),
            draw_rotation(key, shift(officers=("p", "q", "r"), lanes=("2301/20", "2301/21", "2301/22"))),
        ]
        starts = [sorted({duty.from_at for duty in group}) for group in groups]
        assert starts[0] == starts[1]
        names = ("p", "q", "r")
        one, other = (
            [names[sorted({d.officer_id for d in group}).index(duty.officer_id)] for duty in group] for group in groups
        )
        equal += sum(one[place : place + 3] == other[place : place + 3] for place in range(0, len(one), 3))
        blocks += len(starts[0])
    # One of six orders is the same by chance: of 2,100 blocks 350, with a deviation of 17. It was all of them.
    assert abs(equal - blocks / 6) < 6 * (blocks * 5 / 36) ** 0.5


def test_a_duty_tells_with_which_others_it_was_drawn_and_from_when() -> None:
    duties, whole = draw_rotation(KEY, shift()), shift()
    assert {drawing_of(duty.assignment_id) for duty in duties} == {whole.drawing}
    assert started_at(whole.drawing) == START
    others = [
        shift(minutes=481),
        shift(officers=OFFICERS[:6]),
        shift(lanes=LANES[:4]),
        shift(officers=(*OFFICERS, LANES[4]), lanes=LANES[:4]),
    ]
    assert len({one.drawing for one in (whole, *others)}) == 5
    assert (drawing_of("2301/01 1"), drawing_of("rotation:2301/01 1"), slot_of("2301/01 1 x")) == (
        None,
        None,
        "2301/01 1 x",
    )
    assert [started_at(text) for text in ("drawn", "-5-x", "9" * 30, "²-x")] == [None] * 4


def test_each_officer_is_in_each_lane_as_often_whatever_came_before() -> None:
    counts, stayed, blocks = Counter[tuple[str, str]](), 0, 0
    for day in range(300):
        duties = draw_rotation(day.to_bytes(32, "big"), shift())
        counts.update((duty.officer_id, duty.lane_id) for duty in duties)
        first_lane = [duty.officer_id for duty in duties if duty.lane_id == LANES[0]]
        stayed += sum(before == after for before, after in pairwise(first_lane))
        blocks += len(first_lane)
    # chi-squared with 34 - 4 degrees of freedom at most stays under 80 but once in a million times.
    mean = sum(counts.values()) / 35
    assert len(counts) == 35 and sum((count - mean) ** 2 / mean for count in counts.values()) < 80
    # One of seven stays by chance: 3,000 blocks give 430 with a deviation of 19.
    assert abs(stayed - (blocks - 300) / 7) < 6 * (blocks * 6 / 49) ** 0.5


def test_lots_below_a_bound_are_even() -> None:
    lots = Lots(KEY, b"label")
    counts = Counter(lots.below(3) for _ in range(9_000))
    assert set(counts) == {0, 1, 2} and all(abs(count - 3_000) < 250 for count in counts.values())


@pytest.mark.parametrize(
    "wrong",
    [
        shift(minutes=29),
        shift(minutes=1441),
        shift(officers=OFFICERS[:4]),
        shift(officers=(*OFFICERS, OFFICERS[0])),
        shift(lanes=(*LANES, LANES[0])),
        shift(lanes=()),
        shift(officers=(*OFFICERS, "a\nb")),
        Shift(START, START + 60 * MINUTE + 1, OFFICERS, LANES),
    ],
)
def test_a_shift_that_cannot_be_staffed_is_refused(wrong: Shift) -> None:
    with pytest.raises(ValueError):
        draw_rotation(KEY, wrong)
