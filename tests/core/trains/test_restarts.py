"""A fold that is made anew from its rows before each reading tells what one that runs on tells."""

from collections.abc import Sequence
from typing import Any

from schemas.codec import body_of
from streams.core.trains.stage import TrainsFold
from tests.core.trains.builders import SECOND, START, TRAIN, Portal, Seen, consist, freight, hand, record

HOUR = 3600 * SECOND


def told_by(log: Sequence[Any], restarts: bool) -> list[list[bytes]]:
    """What each reading makes tell."""
    stored: dict[bytes, bytes] = {}
    fold = TrainsFold(stored)
    told: list[list[bytes]] = []
    for reading in log:
        outputs: list[Any] = []
        fold.advance(record(reading), outputs)
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
