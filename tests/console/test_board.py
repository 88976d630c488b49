"""The terminal board, drawn to text."""

import io

import msgspec
import pytest
from rich.console import Console

from schemas.records import Alert, AlertKind, Light, Passage, PassageState, ReferralReason, Selection
from streams.console.audience import shown_audiences
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


def test_a_plate_that_looks_like_markup_is_shown_as_it_is() -> None:
    board = Board(reveal=True)
    board.see(passage(7, "AB[/]12"), now_seconds=1000.0)
    board.see(selection(7, Light.GREEN), now_seconds=1000.0)
    assert "AB[/]12" in drawn(board, 1000.5)


def test_an_alert_for_others_is_counted_and_not_shown() -> None:
    hit = msgspec.structs.replace(SAMPLES[Alert], summary="met an entry", audience="officers Ops-Center")
    alarm = msgspec.structs.replace(SAMPLES[Alert], summary="an alarm", audience=None)
    for audiences, shown in ((set(), True), ({"ops-center"}, True), ({"auditors"}, False), ({"ops"}, False)):
        board = Board(audiences=frozenset(audiences))
        board.see(hit, now_seconds=1000.0)
        board.see(alarm, now_seconds=1000.0)
        text = drawn(board, 1000.5)
        assert ("met an entry" in text) is shown and "an alarm" in text
        assert ("1 alerts (1 for others)" in text) is not shown


def test_a_place_shows_what_it_is_set_to_and_no_more() -> None:
    assert shown_audiences([], "") == frozenset()  # everything
    assert shown_audiences([], "officers ops-center") == {"officers", "ops-center"}
    assert shown_audiences(["Officers"], "officers ops-center") == {"officers"}
    with pytest.raises(ValueError, match="alerts for auditors may not be shown here"):
        shown_audiences(["officers", "auditors"], "officers")


def test_an_alert_shows_its_summary_and_probability() -> None:
    board = Board()
    said = {"kind": AlertKind.WATCHLIST_HIT, "summary": "met a watchlist entry", "probability": 0.25}
    alert = msgspec.structs.replace(SAMPLES[Alert], **said)
    board.see(alert, now_seconds=1000.0)
    text = drawn(board, 1000.5)
    assert "met a watchlist entry" in text
    assert "p = 0.25" in text


@pytest.mark.parametrize("kind", [AlertKind.DISPARITY, AlertKind.CAR_NOT_CLEARED, AlertKind.RELEASED_UNCOVERED])
def test_an_alert_of_a_ports_month_or_a_train_shows_its_summary_and_no_vehicle(kind: AlertKind) -> None:
    board = Board()
    said = {"kind": kind, "summary": "port 2301, 2026-09: differs", "lane_id": "", "passage_number": 0}
    board.see(msgspec.structs.replace(SAMPLES[Alert], **said), now_seconds=1000.0)
    text = drawn(board, 1000.5)
    assert "port 2301, 2026-09: differs" in text
    assert "vehicle 0" not in text and "p = " not in text
