"""A train without a list that comes through again is the same train, and each of its cars is told once."""

import pytest

from schemas.records import CarCoverage, CarState
from tests.core.trains.builders import (
    SECOND,
    START,
    Portal,
    Rolling,
    Seen,
    arrived,
    cars,
    changed,
    freight,
    locomotives,
    released,
)

AGAIN = START + 1800 * SECOND
FIRST, SECOND_VISIT = "2304/R1/1017", "2304/R1/1018"


def standing(told: Seen) -> list[CarCoverage]:
    """Cars of all visits."""
    return [one for one in told.cars.values() if one.state is not CarState.WITHDRAWN]


@pytest.mark.parametrize("backwards", [False, True])
def test_it_is_one_visit_and_a_car_whose_tags_disagreed_is_who_the_other_pass_says(backwards: bool) -> None:
    train = freight(20)
    first = changed(train, 9, tags=(("TTGX", train[9].number), ("GATX", 55_221)))
    told = Seen().take(arrived(), *Portal().read(first))
    assert len(standing(told)) == 22
    told.take(*Portal(number=1018, start=AGAIN).read(train[::-1] if backwards else train), released())
    assert {one.visit_id for one in standing(told)} == {FIRST}
    assert len(standing(told)) == 22
    assert sorted((one.mark, one.number) for one in standing(told)) == sorted((one.mark, one.number) for one in train)
    assert not told.train().covered


def test_one_that_shows_part_of_the_train_again_is_the_same_train() -> None:
    train = freight(30)
    told = Seen().take(arrived(), *Portal().read(train), *Portal(number=1018, start=AGAIN).read(train[-12:]))
    assert {one.visit_id for one in standing(told)} == {FIRST} and len(standing(told)) == 32


def test_another_train_without_a_list_is_another_visit_though_it_has_some_of_the_cars() -> None:
    train = freight(20)
    other = locomotives() + train[2:9] + cars(13, first=400_000)
    told = Seen().take(arrived(), *Portal().read(train), *Portal(number=1018, start=AGAIN).read(other))
    assert {one.visit_id for one in standing(told)} == {FIRST, SECOND_VISIT}


def test_the_same_cars_after_the_train_was_let_go_are_the_next_train() -> None:
    train = freight(20)
    told = Seen().take(arrived(), *Portal().read(train), released(at=START + 900 * SECOND))
    told.take(*Portal(number=1018, start=AGAIN).read(train))
    assert {one.visit_id for one in standing(told)} == {FIRST, SECOND_VISIT}


def test_two_cars_that_nobody_can_name_stay_two() -> None:
    train = freight(20)
    unread: tuple[None, None] = (None, None)
    first = changed(train, 9, tags=unread)
    again: list[Rolling] = changed(train, 14, tags=unread)
    told = Seen().take(arrived(), *Portal().read(first), *Portal(number=1018, start=AGAIN).read(again), released())
    assert sorted((one.mark, one.number) for one in standing(told)) == sorted((one.mark, one.number) for one in train)
