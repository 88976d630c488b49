"""What a person found at a car: of which car it is, and what it answers."""

import pytest

from schemas.records import CarState, CoverageReason, HandInspectionResult
from tests.core.trains.builders import Portal, Rolling, Seen, changed, consist, freight, hand, released, without

R = CoverageReason
NOBODY = Rolling("NONE", 1, tags=(None, None))
"""A car of which no tag is read; scale and scanner see it."""


def cleared_by_hand(told: Seen) -> list[str]:
    return sorted(name for name, one in told.standing().items() if one.state is CarState.CLEARED_BY_HAND)


def test_an_inspection_of_a_number_and_a_place_clears_one_car_though_each_names_another() -> None:
    listed = freight(20)
    track = [*without(listed, 9), NOBODY]
    told = Seen().take(consist(listed), *Portal().read(track), hand(listed[9].number, place=len(track)), released())
    assert cleared_by_hand(told) == [f"TTGX {listed[9].number}"]
    assert not told.train().covered
    told.take(hand(place=len(track)))
    assert told.train().covered


def test_what_a_person_found_at_a_number_and_a_place_stands_at_both() -> None:
    listed = freight(20)
    track = [*without(listed, 9), NOBODY]
    contraband = HandInspectionResult.CONTRABAND
    told = Seen().take(
        consist(listed), *Portal().read(track), hand(listed[9].number, place=len(track), result=contraband)
    )
    opened = sorted(name for name, one in told.standing().items() if R.CONTRABAND in one.reasons)
    assert opened == ["R1.1017@89", f"TTGX {listed[9].number}"]


@pytest.mark.parametrize(("place", "state"), [(10, CarState.CLEARED_BY_HAND), (16, CarState.OPEN)])
def test_a_number_clears_a_car_that_is_only_inferred_unless_the_place_is_another_car(
    place: int, state: CarState
) -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, tags=(None, None))))
    told.take(hand(listed[9].number, place=place))
    assert told.standing()[f"TTGX {listed[9].number}"].state is state


@pytest.mark.parametrize("number", [None, 999_999])
def test_contraband_at_a_place_stands_at_a_car_whose_number_nobody_read(number: int | None) -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, tags=(None, None))))
    told.take(hand(number, place=10, result=HandInspectionResult.CONTRABAND))
    assert R.CONTRABAND in told.standing()[f"TTGX {listed[9].number}"].reasons
