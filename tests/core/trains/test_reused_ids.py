"""A train's id that is used again after its release: the next train has a visit, a release and alerts of its own."""

from dataclasses import replace

import msgspec

from schemas.records import AlertKind, CarState, Severity, TrainCoverage
from tests.core.trains.builders import (
    SECOND,
    START,
    Portal,
    Rolling,
    Seen,
    arrived,
    cars,
    changed,
    consist,
    freight,
    locomotives,
    released,
    without,
)

HOUR = 3600 * SECOND
AGAIN = START + 8 * HOUR
"""The first train is let go two hours after START."""

LISTED = freight(20)
OTHERS = locomotives() + cars(20, first=500_000)


def first() -> Seen:
    return Seen().take(consist(LISTED), arrived(), *Portal().read(LISTED), released())


def signed(told: Seen) -> list[TrainCoverage]:
    return [one for one in told.told_trains if one.cars_sha256]


def test_a_list_of_other_cars_within_a_day_is_the_next_trains_and_its_release_is_signed_off() -> None:
    told = first()
    before = told.train()
    track = changed(OTHERS, 7, scan=False)
    told.take(consist(OTHERS, revision=2, at=AGAIN - HOUR), *Portal(number=1050, start=AGAIN).read(track))
    told.take(released(at=AGAIN + HOUR))
    assert told.train() == before
    again = told.train("2304/R1/1050")
    assert (again.train_id, again.covered, again.cars_open) == ("MLARM1 02", False, 1)
    assert [(one.visit_id, one.covered) for one in signed(told)] == [("2304/R1/1017", True), ("2304/R1/1050", False)]
    assert [(one.kind, one.severity) for one in told.alerts] == [(AlertKind.RELEASED_UNCOVERED, Severity.SEVERE)]


def test_an_arrival_after_the_release_is_the_next_trains_though_its_list_is_the_same() -> None:
    for listed_at in (AGAIN - HOUR, AGAIN + HOUR // 4):
        told = first()
        papers = [
            consist(LISTED, revision=2, at=listed_at),
            arrived(at=AGAIN - 60 * SECOND),
            *Portal(number=1050, start=AGAIN).read(changed(LISTED, 7, scan=False)),
        ]
        told.take(*sorted(papers, key=lambda one: one.received_at), released(at=AGAIN + HOUR))  # type: ignore[attr-defined]
        assert [(one.visit_id, one.covered, one.cars_open) for one in signed(told)] == [
            ("2304/R1/1017", True, 0),
            ("2304/R1/1050", False, 1),
        ]
        assert told.train("2304/R1/1050").consist_revision == 2
        assert told.standing("2304/R1/1050")[f"TTGX {LISTED[7].number}"].state is CarState.OPEN


def test_a_release_is_the_next_trains_if_a_pass_since_the_last_one_is_nobodys() -> None:
    for number, papers in ((1050, [consist(LISTED, revision=2, at=AGAIN - HOUR)]), (1051, [])):
        told = first().take(*papers, *Portal(number=number, start=AGAIN).read(changed(LISTED, 7, scan=False)))
        told.take(released(at=AGAIN + HOUR))
        assert [(one.visit_id, one.covered) for one in signed(told)] == [
            ("2304/R1/1017", True),
            (f"2304/R1/{number}", False),
        ]
        assert told.alerts[-1].kind is AlertKind.RELEASED_UNCOVERED


def test_two_trains_of_one_id_that_nobody_saw_are_signed_off_each() -> None:
    told = Seen().take(consist(LISTED), released())
    told.take(consist(OTHERS, revision=2, at=START + 4 * HOUR), released(at=AGAIN))
    assert [(one.visit_id, one.cars_missing) for one in signed(told)] == [
        ("2304/T:MLARM1 02", 20),
        ("2304/T:MLARM1 02+", 20),
    ]
    assert [one.kind for one in told.alerts] == [AlertKind.RELEASED_UNCOVERED] * 2


def test_a_correction_and_a_release_that_is_told_twice_are_of_the_train_that_was_let_go() -> None:
    short = without(LISTED, 5)
    told = Seen().take(consist(short), *Portal().read(LISTED), released())
    assert told.train().cars_added == 1
    told.take(consist(LISTED, revision=2, at=START + 3 * HOUR), released(at=START + 4 * HOUR))
    assert (told.train().covered, told.train().cars_added) == (True, 0)
    assert len(signed(told)) == 1
    assert told.fold.counters["released_again"] == 1


def test_a_list_that_has_what_was_seen_corrects_one_of_other_cars_after_the_release() -> None:
    told = Seen().take(consist(OTHERS), arrived(), *Portal().read(LISTED[:5]), released())
    assert told.train().cars_added == 3
    told.take(consist([*LISTED[:5], Rolling("GATX", 55_221)], revision=2, at=START + 3 * HOUR))
    assert (told.train().consist_revision, told.train().cars_added, told.train().cars_missing) == (2, 0, 1)
    assert len(told.trains) == 2 and len(signed(told)) == 1


def test_a_list_that_comes_after_the_release_of_a_train_of_which_few_tags_were_read_is_its_own() -> None:
    track = [one if n in (4, 5) else replace(one, tags=(None, None)) for n, one in enumerate(LISTED)]
    told = Seen().take(arrived(), *Portal().read(track), released())
    told.take(consist(LISTED, at=START + 3 * HOUR))
    assert (told.train().consist_revision, told.train().cars_missing, told.train().cars_cleared) == (1, 0, 2)


def test_a_pass_before_the_release_of_the_first_train_covers_nothing_of_the_next_one() -> None:
    """The first train had no list and came through twice; its first pass is nobody's until the next list comes."""
    told = Seen().take(*Portal().read(LISTED), *Portal(number=1018, start=START + HOUR).read(LISTED), released())
    told.take(arrived(at=START + 3 * HOUR))
    told.take(*Portal(number=1050, start=START + 3 * HOUR).read(without(LISTED, 7)), released(at=START + 4 * HOUR))
    told.take(consist(LISTED, at=START + 5 * HOUR))
    again = told.train("2304/R1/1050")
    assert (again.train_id, again.covered, again.cars_missing) == ("MLARM1 02", False, 1)


def test_a_release_by_a_clock_that_runs_ahead_is_over_when_its_word_came() -> None:
    told = Seen().take(consist(LISTED), arrived(), *Portal().read(LISTED))
    word = released()
    told.take(msgspec.structs.replace(word, observed_at=word.received_at + 30 * HOUR))
    assert told.train().released_at == word.received_at
    told.take(arrived(at=AGAIN - 60 * SECOND), *Portal(number=1050, start=AGAIN).read(without(LISTED, 7)))
    told.take(consist(LISTED, revision=2, at=AGAIN + HOUR), released(at=AGAIN + 2 * HOUR))
    assert [(one.visit_id, one.covered) for one in signed(told)] == [("2304/R1/1017", True), ("2304/R1/1050", False)]


def test_the_word_on_a_train_that_is_not_seen_yet_goes_on_though_the_ones_before_it_are_forgotten() -> None:
    """An id that is used every day: what is told of it before it is seen counts on, so that no reader takes it for old
    (`Seen` holds the revisions against those before)."""
    told = Seen()
    for day in range(14):
        at = START + day * 24 * HOUR
        train = locomotives() + cars(3, first=100_000 + 5_000 * day)
        told.take(consist(train, revision=day + 1, at=at - HOUR), arrived(at=at - 60 * SECOND))
        told.take(*Portal(number=1000 + day, start=at).read(train), released(at=at + HOUR))
    assert [one.covered for one in signed(told)] == [True] * 14
    assert told.trains["2304/T:MLARM1 02"].revision > 14
