"""The terminal board, drawn to text."""

import io

import msgspec
from rich.console import Console

from schemas.records import Alert, Light, Passage, PassageState, ReferralReason, Selection
from streams.console.board import STALE_AFTER_SECONDS, Board
from tests.schemas.sample_records import sample_records

SAMPLES = {type(record): record for record in sample_records(seed=11, each=1)}
SECOND = 1_000_000


def selection(number: int, light: Light, reason: ReferralReason = ReferralReason.NONE) -> Selection:
    return msgspec.structs.replace(
        SAMPLES[Selection],
        lane_id="2301/03",
        passage_number=number,
        light=light,
        referral_reason=reason,
        at_light_received_at=1000 * SECOND,
    )


def passage(number: int, plate: str) -> Passage:
    return msgspec.structs.replace(
        SAMPLES[Passage], lane_id="2301/03", passage_number=number, plate=plate, state=PassageState.AT_LIGHT
    )


def drawn(board: Board, now_seconds: float) -> str:
    console = Console(width=120, height=40, record=True, file=io.StringIO())
    console.print(board.render(now_seconds, 40))
    return console.export_text()


def test_a_light_is_drawn_by_shape_word_and_reason() -> None:
    board = Board()
    board.see(selection(7, Light.RED, ReferralReason.RANDOM), now_seconds=1000.2)
    text = drawn(board, 1001.0)
    assert "■ RED" in text
    assert "random" in text
    assert "p50 200 ms" in text


def test_a_lane_without_news_is_no_data_and_never_green() -> None:
    board = Board()
    board.see(selection(7, Light.GREEN), now_seconds=1000.0)
    text = drawn(board, 1000.0 + STALE_AFTER_SECONDS)
    assert "no data" in text
    assert "● GREEN" not in text


def test_an_older_vehicle_never_replaces_a_newer_one() -> None:
    board = Board()
    board.see(selection(8, Light.RED), now_seconds=1000.0)
    board.see(selection(7, Light.GREEN), now_seconds=1000.1)
    assert board.lanes["2301/03"].light is Light.RED


def test_plates_are_masked_unless_revealed() -> None:
    for reveal, shown in ((False, "•••••34"), (True, "ABC1234")):
        board = Board(reveal=reveal)
        board.see(passage(7, "ABC1234"), now_seconds=1000.0)
        board.see(selection(7, Light.GREEN), now_seconds=1000.0)
        assert shown in drawn(board, 1000.5)


def test_the_plate_of_another_vehicle_is_not_shown_beside_a_light() -> None:
    board = Board(reveal=True)
    board.see(passage(8, "ABC1234"), now_seconds=1000.0)
    board.see(selection(7, Light.GREEN), now_seconds=1000.0)
    assert "ABC1234" not in drawn(board, 1000.5)


def test_an_alert_shows_its_summary_and_probability() -> None:
    board = Board()
    alert = msgspec.structs.replace(SAMPLES[Alert], summary="met a watchlist entry", probability=0.25)
    board.see(alert, now_seconds=1000.0)
    text = drawn(board, 1000.5)
    assert "met a watchlist entry" in text
    assert "p = 0.25" in text
