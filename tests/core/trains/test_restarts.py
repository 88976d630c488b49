"""A fold that is made anew from its rows before each reading tells what one that runs on tells."""

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import AlertKind, EquipmentKind, Severity, TagSide
from streams.core.stage import Rejected
from streams.core.trains.cutting import Cutting
from streams.core.trains.stage import TrainsFold
from streams.core.trains.state import Tag, Weighed
from tests.core.trains import hostile
from tests.core.trains.builders import (
    START,
    TRAIN,
    Portal,
    Seen,
    changed,
    consist,
    freight,
    hand,
    record,
    released,
)

HOUR = hostile.HOUR
AGAIN = START + 30 * HOUR
"""More than a day after the first pass: another visit."""


def told_by(log: Sequence[Any], restarts: bool) -> list[list[bytes]]:
    """What each reading makes tell."""
    stored: dict[bytes, bytes] = {}
    fold = TrainsFold(stored)
    told: list[list[bytes]] = []
    for reading in log:
        outputs: list[Any] = []
        try:
            fold.advance(record(reading), outputs)
        except Rejected as refused:
            assert refused.reason == "late"
        told.append([body_of(one.value) for one in outputs])
        if restarts:
            fold.take_changes()
            fold = TrainsFold(stored)
    return told


def test_papers_that_change_nothing_of_a_train_count_at_once() -> None:
    train = freight(3)
    readings = Portal().read(train)
    place = len(readings) // 2
    noted = [consist(train, revision=1), hand(train[3].number, revision=1, at=START)]
    before = [consist(train, revision=2, at=START - HOUR), hand(train[3].number, revision=2, at=START)]
    log = [*before, *readings[:place], *noted, *readings[place:]]
    assert told_by(log, restarts=False) == told_by(log, restarts=True)
    last = Seen().take(*log).told_trains[-1]
    assert (last.train_id, last.readings_count) == (TRAIN, len(log))


def test_a_release_is_of_the_last_visit_of_a_train_and_of_no_other_whatever_comes_later() -> None:
    train = freight(12)
    first = Portal().read(changed(train, 7, scan=False))
    second = Portal(number=1050, start=AGAIN).read(train)
    seen_by_hand = hand(train[9].number, at=AGAIN + 2 * HOUR)
    papers = [seen_by_hand, released(at=AGAIN + 3 * HOUR)]
    log = [consist(train), *first[:-1], *second, *papers, first[-1]]
    told = Seen().take(*log)
    signed = [(one.visit_id, one.covered) for one in told.told_trains if one.cars_sha256]
    assert signed == [("2304/R1/1050", True)]
    assert (told.train().train_id, told.train().released_at, told.train().cars_open) == (TRAIN, None, 1)
    assert not [one for one in told.alerts if one.kind == "RELEASED_UNCOVERED"]
    assert told_by(log, restarts=False) == told_by(log, restarts=True)


def test_a_pass_of_the_day_before_that_comes_late_takes_no_train_from_its_visit() -> None:
    """The earlier pass was covered, and the train that is let go is not."""
    train = freight(12)
    second = Portal(number=1050, start=AGAIN).read(changed(train, 7, scan=False))
    late = Portal(track_id="2304/R2").read(train)
    log = [consist(train), *second, *late, released(at=AGAIN + 3 * HOUR)]
    told = Seen().take(*log)
    assert [(one.visit_id, one.covered) for one in told.told_trains if one.cars_sha256] == [("2304/R1/1050", False)]
    assert [one.kind for one in told.alerts] == ["RELEASED_UNCOVERED"]
    assert told.train("2304/R2/1017").train_id is None
    assert told_by(log, restarts=False) == told_by(log, restarts=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_readings_that_hang_together_in_nothing_tell_the_same_after_every_restart(seed: int) -> None:
    log = hostile.readings(Random(seed), 60)
    assert told_by(log, restarts=False) == told_by(log, restarts=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_no_train_is_covered_with_an_open_car_and_none_is_let_go_uncovered_without_an_alert(seed: int) -> None:
    told = Seen()
    for reading in hostile.readings(Random(seed), 60):
        try:
            told.take(reading)
        except Rejected as refused:
            assert refused.reason == "late"
        for train in told.trains.values():
            states = {one.state for one in told.standing(train.visit_id).values()}
            assert not train.covered or states <= {"CLEARED", "CLEARED_BY_HAND", "EXEMPT"}
    last = {one.incident_id: one for one in told.alerts if one.kind is AlertKind.RELEASED_UNCOVERED}
    for train in told.trains.values():
        if train.released_at is not None and not train.covered:
            assert last[f"{train.visit_id} released"].severity is not Severity.MINOR


def test_a_weighing_of_one_axle_parts_no_tags_that_belong_together() -> None:
    """The tag behind it says the same car as the one before it, whichever comes last."""
    tags = [Tag(f"{axle}", axle, TagSide.RIGHT, EquipmentKind.CAR, "TTGX100002", 4, 18.0, True) for axle in (8, 5)]
    kept_up, anew = Cutting(), Cutting()
    kept_up.leave(16)
    kept_up.add_tag(tags[0])
    kept_up.add_weighed(Weighed("scale", 7, 1, 20_000.0))
    kept_up.add_tag(tags[1])
    anew.read(tags, [Weighed("scale", 7, 1, 20_000.0)], [], 16)
    assert [(car.first, car.last) for car in kept_up.cars] == [(car.first, car.last) for car in anew.cars]
