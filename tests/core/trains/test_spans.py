"""What may be two cars is never cleared as one, and cars of two trains in one pass are none's."""

import time
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from schemas.records import CarState, CarTagRead, CoverageAction, CoverageReason, TrainConsist
from streams.core.trains.cutting import Cutting
from streams.core.trains.state import Weighed
from tests.core.trains.builders import SECOND, START, Portal, Rolling, Seen, changed, consist, freight, hand, released

R = CoverageReason
LISTED = freight(20)
NAME = f"TTGX {LISTED[9].number}"


def without_axles(papers: TrainConsist, number: int) -> TrainConsist:
    equipment = [replace_axles(one) if one.number == number else one for one in papers.equipment]
    return msgspec.structs.replace(papers, equipment=tuple(equipment))


def replace_axles(one: Any) -> Any:
    return msgspec.structs.replace(one, axle_count=None)


def with_hidden(weighed: bool = False, scanned: bool = True) -> list[Any]:
    """Readings of a car of four axles and one behind it without tags, under tags that say eight axles."""
    return Portal().read(changed(LISTED, 9, axles=8, weighed=weighed, scan=scanned))


def test_two_cars_under_tags_that_say_eight_axles_are_not_one_car_without_scale_or_list() -> None:
    papers = without_axles(consist(LISTED), LISTED[9].number)
    told = Seen().take(papers, *with_hidden())
    one = told.standing()[NAME]
    assert (one.state, one.reasons[0], one.action) == (CarState.OPEN, R.SPAN_UNKNOWN, CoverageAction.RESCAN)
    told.take(hand(LISTED[9].number), hand(place=10), released())
    assert told.standing()[NAME].reasons == (R.SPAN_UNKNOWN,)
    assert not told.train().covered


def test_two_cars_on_no_list_under_tags_that_say_eight_axles_are_not_cleared_by_hand() -> None:
    added = Rolling("GATX", 55_221, axles=8, weighed=False)
    told = Seen().take(consist(LISTED), *Portal().read([*LISTED, added]), hand(55_221, mark="GATX"), released())
    assert R.SPAN_UNKNOWN in told.standing()["GATX 55221"].reasons
    assert not told.train().covered


@pytest.mark.parametrize("says", ["scale", "list"])
def test_a_car_of_eight_axles_is_one_by_the_scale_or_the_list(says: str) -> None:
    heavy = changed(LISTED, 9, axles=8, gross_kg=160_000.0, weighed=says == "scale")
    papers = consist(heavy)
    if says == "scale":
        papers = without_axles(papers, heavy[9].number)
    assert Seen().take(papers, *Portal().read(heavy), released()).train().covered


def test_a_second_pass_over_a_scale_that_works_clears_what_may_have_been_two_cars() -> None:
    heavy = changed(LISTED, 9, axles=8, gross_kg=160_000.0)
    papers = without_axles(consist(heavy), heavy[9].number)
    told = Seen().take(papers, *with_hidden())
    assert told.train().cars_open == 1
    told.take(*Portal(number=1018, start=START + 2400 * SECOND).read(heavy), released())
    assert told.train().covered


def test_cars_of_six_axles_need_neither() -> None:
    six = changed(LISTED, 9, axles=6, gross_kg=120_000.0, weighed=False)
    papers = without_axles(consist(six), six[9].number)
    assert Seen().take(papers, *Portal().read(six), released()).train().covered


def test_cars_of_a_pass_that_was_two_trains_are_open_for_that_reason() -> None:
    other = [replace(one, mark="BBBX", number=200_000 + n, tags=(None, None)) for n, one in enumerate(LISTED)]
    again = [
        msgspec.structs.replace(one, reading_id=f"again {one.reading_id}")  # type: ignore[attr-defined]
        for one in Portal(start=START + 3 * 3600 * SECOND).read(other)
        if not isinstance(one, CarTagRead)
    ]
    told = Seen().take(consist(LISTED), *Portal().read(LISTED))
    assert told.train().covered
    told.take(*again, released(at=START + 5 * 3600 * SECOND))
    of_cars = [one for one in told.standing().values() if one.state is not CarState.EXEMPT]
    assert ({one.state for one in of_cars}, told.train().cars_cleared) == ({CarState.OPEN}, 0)
    assert all(R.PASS_MIXED in one.reasons for one in of_cars)
    assert "two trains came under the number" in told.alerts[-1].summary


def weighed_in_slices(count: int) -> float:
    """Seconds to read so many weighings of which each overlaps the next."""
    weighings = [Weighed(f"{n}", 1 + n, 4, 80_000.0) for n in range(count)]
    spent = []
    for _ in range(3):
        begin = time.process_time()
        Cutting().read([], weighings, [], count + 3)
        spent.append(time.process_time() - begin)
    return min(spent)


def test_weighings_that_overlap_take_time_in_proportion_to_their_number() -> None:
    few, many = weighed_in_slices(400), weighed_in_slices(4_000)
    # In proportion it is ten times as long, by pairs a hundred times.
    assert many < 40 * few


def test_of_weighings_that_overlap_the_more_frequent_ones_stand_and_none_is_sure() -> None:
    random = Random(5)
    for _ in range(200):
        ranges = [(random.randrange(1, 40), random.choice([2, 4, 6, 8])) for _ in range(random.randrange(1, 14))]
        cutting = Cutting()
        weighings = [Weighed(f"{n}", first, axles, 1.0) for n, (first, axles) in enumerate(ranges)]
        cutting.read([], weighings, [], 60)
        made = {(car.first, car.axles): car.exact for car in cutting.cars if (car.first, car.axles) in ranges}
        counts = Counter(ranges)
        chosen: list[tuple[int, int]] = []
        for one in sorted(counts, key=lambda one: (-counts[one], one)):
            if not any(overlaps(one, other) for other in chosen):
                chosen.append(one)
        for one in chosen:
            assert made[one] is not any(overlaps(one, other) for other in counts if other != one)


def overlaps(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[0] + other[1] and other[0] < one[0] + one[1]
