"""The train strip, drawn to text."""

import io

import pytest
from rich.console import Console

from schemas.records import CarState, CoverageAction, CoverageReason
from streams.console.rail_strip import (
    ADDED,
    CELLS,
    STALE_AFTER_SECONDS,
    WAITING,
    RailBoard,
    letters_of,
    share_text,
    snapshot_of,
)
from tests.console.rail_builders import ENTERED, HOUR, KEY, added, car, opened, seen, train

NOW_SECONDS = (ENTERED + HOUR) / 1e6


def drawn(board: RailBoard, width: int = 120, height: int = 40, now_seconds: float = NOW_SECONDS) -> str:
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(board.render(now_seconds, width, height))
    return console.export_text()


def board(*records: object) -> RailBoard:
    return RailBoard({"2304": -6.0}, seen(*records))


def test_no_two_states_share_a_letter() -> None:
    shown = [*CELLS.values(), ADDED, WAITING]
    assert CELLS.keys() == set(CarState)
    assert len({letter for letter, _, _ in shown}) == len({word for _, _, word in shown}) == len(shown)


def test_a_cell_is_filled_as_its_car_passes() -> None:
    cars = [car(place, CarState.EXPECTED) for place in range(1, 6)]
    on = board(train(left_at=None), *cars)
    assert letters_of(on.visits.visits[KEY]) == "·····"
    on.visits.see(car(1, CarState.EXEMPT, revision=2))
    on.visits.see(opened(2, CoverageReason.SCAN_UNDECIDED, revision=2))
    assert letters_of(on.visits.visits[KEY]) == "xw···"
    on.visits.see(car(2, revision=3))
    on.visits.see(opened(3, CoverageReason.SCAN_ALARM, revision=2))
    on.visits.see(added(4))
    on.visits.see(car(4, CarState.MISSING, revision=2))
    on.visits.see(car(5, CarState.CLEARED_BY_HAND, revision=2))
    assert letters_of(on.visits.visits[KEY]) == "xCOMAH"
    text = drawn(on)
    assert "◄ head" in text and "xCOMAH tail" in text and "passing" in text


def test_a_car_that_waits_for_its_operator_and_has_another_reason_is_open() -> None:
    on = board(train(), opened(1, CoverageReason.NOT_SCANNED, CoverageReason.SCAN_UNDECIDED))
    assert letters_of(on.visits.visits[KEY]) == "O"


def test_a_train_that_passes_tail_first_has_its_head_at_the_end() -> None:
    last = car(2, track_position=1)
    text = drawn(board(train(backwards=True), opened(1, CoverageReason.NOT_SCANNED, track_position=2), last))
    assert "◄ tail" in text and "CO head" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_train_longer_than_the_terminal_is_wide_takes_more_lines_and_loses_no_car(width: int) -> None:
    states = [CarState.CLEARED if place % 7 else CarState.MISSING for place in range(1, 301)]
    text = drawn(board(train(), *[car(place, state) for place, state in enumerate(states, 1)]), width, 300)
    lines = [line.strip("│ \n") for line in text.splitlines()]
    cells = ""
    for line in lines:
        words = line.removeprefix("◄ head").split()
        if words and words[0].isdigit() and len(words) > 1 and set(words[1]) <= set("CM"):
            assert int(words[0]) == len(cells) + 1  # each line says where it begins
            cells += words[1]
    assert cells == "".join("C" if state is CarState.CLEARED else "M" for state in states)
    assert all(len(line) <= width for line in text.splitlines())


def test_open_cars_are_told_with_why_and_what_to_do_most_urgent_first() -> None:
    on = board(
        train(cars_open=2, covered=False),
        opened(3, CoverageReason.WEIGHT_CONTRADICTS, explanation="31.2 t declared, 44.0 t weighed"),
        car(4, CarState.OPEN, reasons=(CoverageReason.SCAN_ALARM,), action=CoverageAction.RESCAN),
    )
    text = drawn(on, 140)
    assert text.index("scan alarm → scan again") < text.index("weight contradicts → inspect by hand")
    assert "31.2 t declared, 44.0 t weighed" in text and "TTGX 100003" in text


def test_what_does_not_fit_is_counted() -> None:
    cars = [opened(place, CoverageReason.NOT_SCANNED) for place in range(1, 61)]
    assert "and 57 more" in drawn(board(train(), *cars), height=10)


def test_a_failed_scanner_a_covered_train_and_no_news_are_said_in_words() -> None:
    assert "COVERED" in drawn(board(train()))
    assert "NOT COVERABLE" in drawn(board(train(coverable=False, covered=False)))
    assert "no news" not in drawn(board(train()))
    assert "no news for 6 min" in drawn(board(train()), now_seconds=NOW_SECONDS + STALE_AFTER_SECONDS + 60)


def test_an_empty_board_says_so_and_is_not_a_covered_train() -> None:
    text = drawn(board())
    assert "no train on any track" in text and "COVERED" not in text


def test_lists_whose_train_is_still_to_come_are_counted_by_port() -> None:
    listed = {"track_id": None, "entered_at": None, "left_at": None}
    on = board(
        train(visit_id="2304/T:T8", train_id="T8", **listed), train(visit_id="2304/T:T9", train_id="T9", **listed)
    )
    assert "listed and not seen yet: 2 at 2304" in drawn(on)


def test_the_share_scanned_well_stands_below_by_port_and_day() -> None:
    on = board(train(cars_scanned_well=9, cars_open=1, cars_cleared=9, covered=False))
    text = drawn(on)
    assert "2024-10-04" in text and "90.0 %" in text and "0 of 1" in text  # day 20,000


def test_a_share_says_100_only_of_the_whole() -> None:
    assert share_text(9_999, 10_000) == "99.9 %" and share_text(10_000, 10_000) == "100.0 %"


def test_the_snapshot_has_the_strip_the_counts_and_what_is_open() -> None:
    snapshot = snapshot_of(board(train(cars_open=1), opened(2, CoverageReason.SHIELDED)).visits.visits[KEY])
    assert (snapshot["strip"], snapshot["cars_open"], snapshot["covered"]) == ("O", 1, True)
    (left,) = snapshot["open"]
    assert (left["number"], left["reasons"], left["action"]) == (100_002, ["SHIELDED"], "HAND_INSPECTION")
