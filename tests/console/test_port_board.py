"""Ports on the live board: reds against their budget, and finds."""

from typing import Any

import msgspec
import pytest

from schemas.records import LaneMode, Light, OperatingMode, OutcomeState, Selection, SelectionThreshold
from streams.console.board import Board
from streams.console.port_board import ROWS_MAX, PortBoard, PortView
from streams.core.selection_policy import parse_policy
from tests.console.test_board import drawn
from tests.core.estimates.builders import FOUND, inspected, passed, red, revised
from tests.core.outcomes.builders import at, selection
from tests.core.policy.builders import POLICY, outcome


def threshold(seconds: float, reds_per_hour: float | None) -> SelectionThreshold:
    return SelectionThreshold(
        port_code="2301",
        lane_mode=LaneMode.PASSENGER,
        operating_mode=OperatingMode.OPERATIONAL,
        policy_version=None if reds_per_hour is None else "p",
        budget_reds_per_hour=reds_per_hour,
        set_at=at(seconds),
    )


def seen(*records: Any) -> tuple[Board, PortView]:
    board = Board()
    for one in records:
        board.see(one, 1000.0)
    (view,) = [view for _, view in board.ports.shown()]
    return board, view


def test_reds_stand_against_the_budget_since_the_first_vehicle() -> None:
    told = [threshold(-600, 18.0)] * 12  # every partition is told
    board, view = seen(
        *told,
        selection(1),
        selection(2, light=Light.GREEN, seconds=600),
        selection(3, must_refer=True, seconds=1200),  # outside the budget
        threshold(1800, 36.0),
        threshold(1800, 36.0),
        selection(4, seconds=3600),
    )
    # Half an hour at 18 an hour, half an hour at 36.
    assert (view.vehicles, view.reds, view.allowance.reds) == (4, 2, pytest.approx(9 + 18))
    assert "2 of 27.0" in drawn(board, 1000.5)


def test_a_port_without_a_word_of_its_budget_says_so() -> None:
    board, _ = seen(selection(1), selection(2, light=Light.GREEN))
    assert "1 no budget known" in drawn(board, 1000.5)


def test_until_the_policy_stage_speaks_the_policy_in_force_tells_the_budget() -> None:
    budgets = {("2301", LaneMode.PASSENGER): parse_policy(POLICY).budgets[0]}  # 18 reds an hour
    board = Board(ports=PortBoard(budgets=budgets))
    for one in (selection(1), selection(2, seconds=1200), threshold(1200, None), selection(3, seconds=2400)):
        board.see(one, 1000.0)
    ((_, view),) = board.ports.shown()
    assert view.allowance.reds == pytest.approx(6)  # 20 minutes of it; then it was taken back


def test_the_first_vehicle_under_a_budget_stands_against_none_of_it() -> None:
    board, view = seen(threshold(-600, 18.0), selection(1))
    assert view.allowance.reds == 0.0 and "1 of 0.0" in drawn(board, 1000.5)


def test_a_correction_replaces_what_an_outcome_counted() -> None:
    found = inspected(red(1), **FOUND)
    _, view = seen(found, found, inspected(red(2)), passed(3), red(4))
    assert (view.inspected, view.finds) == (2, 1)
    _, view = seen(found, revised(inspected(red(1))))
    assert (view.inspected, view.finds) == (1, 0)


def test_reds_are_those_that_were_given_where_outcomes_tell() -> None:
    greens, reds = [policy_chosen(n, Light.GREEN) for n in range(3)], [policy_chosen(n, Light.RED) for n in range(3, 7)]
    _, view = seen(
        *greens,
        *reds,
        outcome(greens[0], OutcomeState.NOT_INSPECTED, fallback=True),  # shown red by the light's lot
        outcome(greens[1], OutcomeState.INSPECTED, overrides=1),
        outcome(greens[1], OutcomeState.INSPECTED, 2, overrides=1),
        outcome(reds[0], OutcomeState.PASSED, fallback=True),
        outcome(reds[1], OutcomeState.RELEASED, overrides=1),
        outcome(policy_chosen(9, Light.RED), OutcomeState.PASSED),  # selected before the board was opened
    )
    assert (view.vehicles, view.reds) == (7, 4 + 2 - 1)
    referred = msgspec.structs.replace(reds[0], must_refer=True)
    _, view = seen(referred, outcome(referred, OutcomeState.INSPECTED))
    assert (view.reds, view.inspected) == (0, 1)


def policy_chosen(number: int, light: Light) -> Selection:
    return selection(number, light=light, policy_version="policy-1")


def test_the_busiest_ports_are_shown() -> None:
    board = Board()
    for number in range(ROWS_MAX + 3):
        for vehicle in range(number + 1):
            board.see(selection(vehicle, lane_id=f"{2300 + number}/01", port_code=f"{2300 + number}"), 1000.0)
    assert [place[0] for place, _ in board.ports.shown()] == [str(2308 - place) for place in range(ROWS_MAX)]
