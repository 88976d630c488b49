"""Which of a train's lists counts, and that each counts once."""

import msgspec
import pytest

from schemas.records import HandInspectionResult, TrainConsist
from tests.core.trains.builders import SECOND, START, Portal, Seen, consist, freight, hand, released, without

MINUTE = 60 * SECOND
LISTED = freight(20)
SHORT = without(LISTED, 5)
EARLY, LATE = START - 7200 * SECOND, START - 3600 * SECOND


def sent(papers: TrainConsist, at: int | None) -> TrainConsist:
    return msgspec.structs.replace(papers, sent_at=at)


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        ((900, EARLY), (1, LATE), 1),  # the sender's count began anew
        ((1, LATE), (900, EARLY), 0),
        ((1, LATE), (2, LATE), 1),
        ((2, LATE), (1, LATE), 0),
        ((2, None), (1, LATE), 0),
        ((1, LATE), (2, None), 1),
        ((2, None), (1, None), 0),
        ((3, START + 48 * 3600 * SECOND), (4, LATE), 1),  # a clock that runs ahead says nothing
        ((4, LATE), (3, START + 48 * 3600 * SECOND), 0),
    ],
)
def test_of_two_lists_the_one_that_was_sent_last_counts_else_the_higher_revision(
    one: tuple[int, int | None], other: tuple[int, int | None], newer: int
) -> None:
    told = Seen()
    for n, (revision, at) in enumerate((one, other)):
        train = LISTED if n == newer else SHORT
        told.take(sent(consist(train, revision=revision, at=LATE + n * MINUTE), at))
    told.take(*Portal().read(LISTED), released())
    assert told.train().covered
    assert told.fold.counters.get("lists_superseded", 0) == (newer == 0)


def test_a_list_whose_count_began_anew_corrects_after_the_release_and_an_older_one_does_not() -> None:
    papers = sent(consist(SHORT, revision=900, at=LATE), LATE)
    told = Seen().take(papers, *Portal().read(LISTED), released())
    later = START + 10_000 * SECOND
    told.take(sent(consist(LISTED, revision=1, at=later), later))
    assert told.train().covered
    told.take(sent(consist(SHORT, revision=899, at=later + MINUTE), EARLY))
    assert told.train().covered
    assert ([one for one in told.trains if "T:" not in one], told.fold.counters["lists_superseded"]) == (
        ["2304/R1/1017"],
        1,
    )


def test_a_paper_that_is_repeated_after_many_others_counts_once() -> None:
    papers = [consist(SHORT), consist(LISTED, revision=2)]
    told = Seen().take(*papers, *Portal().read(LISTED))
    hands = [hand(one.number, at=START + 5400 * SECOND) for one in LISTED[2:]]
    told.take(*hands, hand(LISTED[4].number, revision=2), released())
    count = told.train().readings_count
    told.take(*papers, *hands, released())
    told.take(hand(LISTED[4].number, revision=3, result=HandInspectionResult.CONTRABAND))
    assert told.train().readings_count == count + 1
    assert told.fold.counters["readings_repeated"] == len(papers) + len(hands) + 1
