"""Which car seen is which car listed: order, direction, gaps, and how long it takes."""

import time
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import EquipmentKind, LoadState
from streams.core.trains.alignment import (
    CHANGED_COST,
    NONE,
    Aligner,
    Alignment,
    Evidence,
    Listing,
    Table,
    added_cost,
    in_every,
    longest,
    match_cost,
)
from streams.core.trains.identities import identity_of, is_near, mark_of, number_of
from streams.core.trains.state import Listed

Values = st.lists(st.integers(0, 12), unique=True, max_size=7)


def listed(number: int) -> Listed:
    identity = identity_of("TTGX", number)
    return Listed(1, EquipmentKind.CAR, "TTGX", number, identity, LoadState.LOADED, None, 4, 18.0, ())


def seen(number: int | None, sides: int = 2) -> Evidence:
    return Evidence({} if number is None else {identity_of("TTGX", number): sides}, (), 4, 18.0)


def align(numbers: Sequence[int | None], list_numbers: Sequence[int]) -> Alignment:
    return Aligner(Listing([listed(number) for number in list_numbers])).align([seen(number) for number in numbers])


def increasing(values: Sequence[int]) -> list[list[int]]:
    """Places of every increasing subsequence, tried one by one."""
    made: list[list[int]] = []
    for bits in range(1 << len(values)):
        places = [n for n in range(len(values)) if bits >> n & 1]
        if all(values[one] < values[other] for one, other in pairwise(places)):
            made.append(places)
    return made


@given(Values)
def test_in_every_marks_what_all_longest_subsequences_have(values: list[int]) -> None:
    most = max(len(one) for one in increasing(values))
    best = [set(one) for one in increasing(values) if len(one) == most]
    assert in_every(values) == [all(n in one for one in best) for n in range(len(values))]
    assert max(longest(values), default=0) == most


@given(st.text("ABCD", min_size=2, max_size=4), st.integers(0, 999_999))
def test_an_identity_keeps_mark_and_number(mark: str, number: int) -> None:
    identity = identity_of(mark, number)
    assert (mark_of(identity), number_of(identity)) == (mark, number)
    assert not is_near(identity, identity)
    assert is_near(identity, identity_of(mark, number + 1 if number % 10 < 9 else number - 1))


def test_a_car_without_tags_gets_the_only_place_that_is_left() -> None:
    made = align([100, None, 300], [100, 200, 300])
    assert (made.place_of, made.by_tags, made.in_order) == ([0, 1, 2], [True, False, True], [True, True, True])
    made = align([300, None, 100], [100, 200, 300])
    assert (made.place_of, made.backwards) == ([2, 1, 0], True)


def test_a_stranger_is_added() -> None:
    assert align([100, 777, 300], [100, 200, 300]).place_of == [0, NONE, 2]


def test_an_identity_that_two_cars_claim_is_neither_s_by_its_tags() -> None:
    made = align([100, 200, 200, 300], [100, 200, 300])
    assert made.by_tags == [True, False, False, True]
    assert sorted(made.place_of) == [NONE, 0, 1, 2]


def test_a_train_that_still_moves_lacks_nothing_behind_its_last_car() -> None:
    assert align([100, None], [100, 200, 300, 400]).place_of == [0, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([None, 100, 109, 200, 300, 777]), max_size=5), st.booleans())
def test_the_table_finds_the_least_cost_of_all_alignments(numbers: list[int | None], is_end: bool) -> None:
    stretch = [listed(number) for number in (100, 200, 300)]
    cars = [seen(number) for number in numbers]

    def cost(choice: Sequence[int]) -> float:
        paired = [place for place in choice if place != NONE]
        behind = len(stretch) - 1 - max(paired, default=-1) if is_end else 0
        missing = (len(stretch) - len(paired) - behind) * CHANGED_COST
        return missing + sum(
            added_cost(car) if place == NONE else match_cost(car, stretch[place])
            for car, place in zip(cars, choice, strict=True)
        )

    def choices(count: int, least: int) -> list[list[int]]:
        if not count:
            return [[]]
        made = [[NONE, *rest] for rest in choices(count - 1, least)]
        for place in range(least, len(stretch)):
            made += [[place, *rest] for rest in choices(count - 1, place + 1)]
        return made

    best = min(cost(choice) for choice in choices(len(cars), 0))
    table = Table(stretch)
    for count in range(len(cars) + 1):  # grown car by car, as a train passes
        chosen = table.align(cars[:count], is_end)
    assert abs(cost(chosen) - best) < 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_a_train_extended_car_by_car_is_aligned_as_a_whole_one(seed: int) -> None:
    random = Random(seed)
    numbers = random.sample(range(1_000, 1_100), 20)
    track: list[int | None] = list(numbers)
    for _ in range(random.randrange(4)):
        track[random.randrange(20)] = random.choice([None, numbers[3], 555_555])
    if random.random() < 0.5:
        track.reverse()
    listing = Listing([listed(number) for number in numbers])
    aligner, grown = Aligner(listing), Alignment(0)
    for count in range(1, 21):
        evidence = [seen(number) for number in track[:count]]
        if not aligner.extend(grown, evidence[-1]):
            grown = aligner.align(evidence)
        whole = Aligner(listing).align(evidence)
        assert (grown.place_of, grown.by_tags, grown.in_order) == (whole.place_of, whole.by_tags, whole.in_order)
        assert grown.backwards is whole.backwards


def test_200_cars_in_ten_shuffled_blocks_align_within_50_ms() -> None:
    random = Random(1)
    numbers = random.sample(range(100_000, 999_999), 200)
    blocks = [numbers[n : n + 20] for n in range(0, 200, 20)]
    random.shuffle(blocks)
    track: list[int | None] = [number for block in blocks for number in block]
    for place in random.sample(range(200), 6):  # tags lost and misread as usual
        number = track[place]
        track[place] = None if number is None or place % 2 else number + (1 if number % 10 < 9 else -1)
    spent = []
    for _ in range(5):
        begin = time.process_time()
        made = align(track, numbers)
        spent.append(time.process_time() - begin)
    assert min(spent) <= 0.050
    assert len([n for n in range(200) if made.place_of[n] != NONE and numbers[made.place_of[n]] == track[n]]) == 194


def test_a_train_of_which_no_tag_was_read_aligns_row_by_row_within_a_second() -> None:
    numbers = list(range(100_000, 100_200))
    aligner = Aligner(Listing([listed(number) for number in numbers]))
    begin = time.process_time()
    for count in range(1, 201):
        made = aligner.align([seen(None)] * count)
    assert time.process_time() - begin <= 2.0
    assert made.place_of == list(range(200))


def test_a_misread_is_the_car_at_its_place_and_two_tags_that_agree_are_another_car_however_near_its_number() -> None:
    listing = Listing([listed(number) for number in (100, 200, 300)])
    assert Aligner(listing).align([seen(100), seen(209, 1), seen(300)]).place_of == [0, 1, 2]
    assert Aligner(listing).align([seen(100), seen(209, 2), seen(300)]).place_of == [0, NONE, 2]
