"""What a controller is told: selections, overrides, what was shown before, and the lot."""

import msgspec
import pytest

from schemas.records import Light, LightAnswer, LightAnswerReason, OperatingMode, Override
from streams.core.light.board import (
    FALLBACKS_PER_MINUTE_MAX,
    FRESH_SECONDS,
    LANES_MAX,
    PASSAGES_PER_LANE_MAX,
    LightBoard,
    Told,
    TooManyQuestions,
)
from streams.core.light.questions import Question, verify_fallback
from streams.core.outcomes import validation
from streams.core.random_draw import RandomKeys
from streams.core.stage import Record
from tests.core.outcomes.builders import LANE, answer, at, override, record, selection

RED, GREEN = Light.RED, Light.GREEN
KEYS = RandomKeys(b"s" * 32)
CONTROLLER = "controller-3"


def board(*values: msgspec.Struct, red_share: float = 0.1) -> LightBoard:
    made = LightBoard(KEYS, red_share)
    for value in values:
        made.see(logged(value))
    return made


def logged(value: msgspec.Struct, behind: float = 0.0) -> Record:
    """A record as the broker keeps it; of an override the terminal's clock is so many seconds behind the broker's."""
    appended = (value.received_at - at(0)) / 1_000_000 + behind if isinstance(value, Override) else None
    return record(value, appended)


def of(number: int | None = 1, reading: str | None = None, mode: OperatingMode = OperatingMode.OPERATIONAL) -> Question:
    return Question(LANE, mode, number, reading)


def ask(asked: LightBoard, question: Question | None = None, seconds: float = 1.0) -> Told | None:
    return asked.ask(question or of(), at(seconds), at(seconds), CONTROLLER)


def told(asked: LightBoard, question: Question | None = None, seconds: float = 1.0) -> Told:
    """As a controller is that has waited in vain."""
    said = asked.fall_back(question or of(), at(seconds), at(seconds), CONTROLLER)
    validation.check_answer(said.record, LANE.encode(), at(seconds))  # the stage takes all that is told
    return said


@pytest.mark.parametrize("light", [RED, GREEN])
def test_the_selection_of_this_passage_is_shown_and_no_other(light: Light) -> None:
    asked = board(selection(1, light), selection(2, RED if light is GREEN else GREEN))
    said = ask(asked)
    assert said is not None and said.is_new
    assert (said.light, said.record.reason, said.record.fallback) == (light, LightAnswerReason.SELECTION, False)
    assert (said.record.passage_id, said.record.passage_number, said.record.controller_id) == (
        f"{LANE}/1",
        1,
        CONTROLLER,
    )
    assert ask(asked, of(3)) is None


def test_a_drill_is_another_world() -> None:
    asked = board(selection())
    assert ask(asked, of(mode=OperatingMode.EXERCISE)) is None
    drilled = told(asked, of(mode=OperatingMode.EXERCISE))
    assert drilled.record.passage_id == f"{LANE}/EXERCISE/1"
    assert ask(asked).record.reason is LightAnswerReason.SELECTION  # type: ignore[union-attr]


def test_the_last_override_in_the_log_wins_even_over_what_was_shown_whatever_terminals_clocks_say() -> None:
    asked = board(selection(light=RED))
    assert ask(asked).light is RED  # type: ignore[union-attr]
    ahead = logged(override(light=GREEN, seconds=260, override_id="a"), -240)
    for one in (ahead, logged(override(light=RED, seconds=30, override_id="b")), ahead):  # the last is a repeat
        asked.see(one)
    said = ask(asked, seconds=40)
    assert said is not None and (said.light, said.record.reason) == (RED, LightAnswerReason.OVERRIDE)
    behind = FRESH_SECONDS + 60.0
    asked.see(logged(override(light=GREEN, seconds=50 - behind, override_id="c"), behind))
    said, again = ask(asked, seconds=60), ask(asked, seconds=61)
    assert said is not None and again is not None
    assert (said.light, said.is_new, again.light, again.is_new) == (GREEN, True, GREEN, False)


def test_the_same_question_has_the_same_answer_though_the_selection_comes_later() -> None:
    asked = board(red_share=0.0)
    first = told(asked)
    assert (first.light, first.record.reason) == (GREEN, LightAnswerReason.NO_SELECTION)
    asked.see(record(selection(light=RED, seconds=2)))
    again = ask(asked, seconds=3)
    assert again is not None and (again.light, again.is_new, again.record) == (GREEN, False, first.record)


@pytest.mark.parametrize("own_first", [True, False])
def test_a_restarted_server_answers_as_before(own_first: bool) -> None:
    drawn = told(board(red_share=0.0)).record
    late = selection(light=RED, seconds=2)
    asked = board(*([drawn, late] if own_first else [late, drawn]), red_share=1.0)
    said = ask(asked, seconds=3)
    assert said is not None and (said.light, said.record) == (GREEN, drawn)


def test_a_second_stop_is_answered_by_its_own_selection() -> None:
    first = selection(light=GREEN, at_light_reading_id="r1")
    second = selection(light=RED, seconds=60, at_light_reading_id="r2")
    asked = board(first, override(light=GREEN, seconds=20))
    shown = told(asked, seconds=21).record
    asked.see(record(second))
    said = ask(asked, seconds=61)
    assert said is not None and (said.light, said.record.at_light_reading_id) == (RED, "r2")
    restarted = board(shown, said.record, first, second)
    again = ask(restarted, seconds=62)
    assert again is not None and again.record == said.record


def test_what_is_of_long_ago_is_not_shown_and_the_lot_says_why() -> None:
    later = FRESH_SECONDS + 1.0
    asked = board(selection(light=GREEN), red_share=1.0)
    assert ask(asked, seconds=FRESH_SECONDS) is not None
    asked = board(selection(light=GREEN), override(light=GREEN, seconds=0), red_share=1.0)
    assert ask(asked, seconds=later) is None
    said = told(asked, seconds=later)
    assert (said.light, said.record.reason) == (RED, LightAnswerReason.OLD_SELECTION)
    # The lane counts anew, and the next selection under this number is another vehicle's: but its light was shown.
    asked.see(record(selection(light=GREEN, seconds=later)))
    assert ask(asked, seconds=later + 1).record == said.record  # type: ignore[union-attr]
    assert ask(asked, seconds=2 * later + 1) is None


def test_a_selection_from_a_clock_that_is_ahead_is_not_fresh() -> None:
    assert ask(board(selection(seconds=400.0))) is None


def test_the_lot_draws_red_as_often_as_configured_and_an_auditor_draws_the_same() -> None:
    asked = board(red_share=0.25)
    said = [told(asked, of(number), 2.0 * number).record for number in range(2_000)]
    # 2,000 draws at 0.25: 500 red, standard deviation 19.4; five of them to either side
    assert 403 < sum(one.light is RED for one in said) < 597
    assert {one.propensity for one in said} == {0.25}
    key_id, key = KEYS.key_of("2301", at(0))
    assert said[0].random_key_id == key_id
    assert all(verify_fallback(KEYS.key_of("2301", one.answered_at)[1], one) for one in said)
    turned = [msgspec.structs.replace(one, light=GREEN if one.light is RED else RED) for one in said]
    assert not any(verify_fallback(key, one) for one in turned[:100])


def test_a_controller_asks_by_its_own_reading() -> None:
    asked = board(selection(7, RED, at_light_reading_id="r7"))
    said = ask(asked, of(None, "r7"))
    assert said is not None and (said.light, said.record.passage_number) == (RED, 7)
    by_number = ask(asked, of(7))
    assert by_number is not None and not by_number.is_new


@pytest.mark.parametrize("selected_first", [True, False])
def test_a_lot_on_a_reading_is_its_vehicle_s_once_that_is_known(selected_first: bool) -> None:
    late = selection(7, GREEN, 2.0, at_light_reading_id="r7")
    drawn = told(board(red_share=1.0), of(None, "r7")).record
    assert (drawn.light, drawn.passage_id, drawn.at_light_reading_id) == (RED, None, "r7")
    restarted = board(*([late, drawn] if selected_first else [drawn, late]), red_share=0.0)
    assert verify_fallback(KEYS.key_of("2301", at(1))[1], drawn)
    for question in (of(7), of(None, "r7")):
        again = ask(restarted, question, 3.0)
        assert again is not None and (again.light, again.is_new, again.record) == (RED, False, drawn)


@pytest.mark.parametrize("question", [of(), of(None, "r1")])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_lot_that_was_asked_for_before_the_vehicle_came_does_not_replace_its_selection(
    question: Question, restarted: bool
) -> None:
    asked = board(red_share=0.0)
    early = told(asked, question, 1.0)
    assert early.light is GREEN
    if restarted:
        asked = board(early.record, red_share=0.0)
    assert ask(asked, question, 59.9) is None  # its controller waits for the selection, and does not get that lot
    asked.see(record(selection(light=RED, seconds=60, must_refer=True, at_light_reading_id="r1")))
    asked.see(record(early.record))  # read back late
    said = ask(asked, question, 60.2)
    assert said is not None and (said.light, said.record.reason) == (RED, LightAnswerReason.SELECTION)


def test_clocks_may_lie_a_second_apart() -> None:
    for seconds, light in ((59.0, GREEN), (58.9, RED)):
        asked = board(red_share=0.0)
        told(asked, seconds=seconds)
        asked.see(record(selection(light=RED, seconds=60)))
        assert told(asked, seconds=61).light is light


@pytest.mark.parametrize("question", [of(), of(None, "r1")])
def test_a_lot_that_is_told_again_in_the_dark_is_the_same_and_says_when_it_was_shown(question: Question) -> None:
    asked = board(red_share=0.5)
    first = told(asked, question, 1.0)
    again = told(asked, question, 60.0)  # the vehicle has come, and still there is no selection
    assert (again.is_new, again.is_repeat, again.light) == (True, True, first.light)
    assert again.record.answer_id != first.record.answer_id
    assert verify_fallback(KEYS.key_of("2301", at(1))[1], again.record)
    assert told(asked, question, 60.5).is_new is False
    turned = RED if first.light is GREEN else GREEN
    asked.see(record(selection(light=turned, seconds=59.9, at_light_reading_id="r1")))
    assert told(asked, question, 62.0).record == again.record


def test_one_who_asks_in_the_dark_without_pause_does_not_fill_the_log() -> None:
    asked = board()
    said = [told(asked, of(number % 10), seconds=10 * tenth / 100) for tenth in range(1, 600) for number in (1, 2, 3)]
    assert sum(one.is_new for one in said) <= 3 + 60


def test_who_asks_again_by_reading_after_long_is_told_the_same() -> None:
    later = FRESH_SECONDS + 1.0
    flipped = 0
    for number in range(1, 200):
        asked = board(selection(number, GREEN, at_light_reading_id="r"), red_share=0.5)
        first = told(asked, of(None, "r"), later)
        assert first.record.reason is LightAnswerReason.OLD_SELECTION
        restarted = board(first.record, red_share=0.5)
        for server in (asked, restarted):
            again = told(server, of(None, "r"), later + 5)
            flipped += again.light is not first.light
            assert (again.record.passage_number, again.is_repeat) == (number, True)
    assert flipped == 0


@pytest.mark.parametrize("light", [RED, GREEN])
def test_a_lot_of_the_first_stop_is_not_shown_at_the_second(light: Light) -> None:
    asked = board(red_share=0.0)
    lot = told(asked).record
    assert (lot.light, lot.at_light_reading_id) == (GREEN, None)
    first = selection(light=GREEN, seconds=1.5, at_light_reading_id="r1")
    second = selection(light=light, seconds=60, at_light_reading_id="r2")
    restarted = board(first, second, lot)  # delivered late, and read back after the second selection
    said = ask(restarted, seconds=61)
    assert said is not None and (said.light, said.record.reason) == (light, LightAnswerReason.SELECTION)


def test_who_asks_for_more_vehicles_than_a_lane_lets_through_is_not_answered() -> None:
    asked = board(selection(10_000))
    for number in range(FALLBACKS_PER_MINUTE_MAX):
        told(asked, of(number))
    with pytest.raises(TooManyQuestions):
        told(asked, of(1_000))
    assert told(asked, of(2_000), -3_600.0).is_new  # the clock was set back, and the lane is not dark for an hour
    with pytest.raises(TooManyQuestions):
        told(asked, of(3_000), 1.0)
    assert told(asked, of(1)).is_new is False  # who was answered is answered again
    assert told(asked, of(10_000)).record.reason is LightAnswerReason.SELECTION  # whose selection is here needs no lot
    assert told(asked, of(1_000), 61.1).is_new


def test_a_flood_of_passages_lanes_and_readings_is_forgotten_but_for_the_last() -> None:
    asked = board()
    for number in range(PASSAGES_PER_LANE_MAX + 5):
        asked.see(record(selection(number, at_light_reading_id=f"r{number}")))
        asked.see(record(answer(None, reason=LightAnswerReason.NO_SELECTION, at_light_reading_id=f"u{number}")))
    assert ask(asked, of(4)) is None and ask(asked, of(None, "r4")) is None and ask(asked, of(None, "u4")) is None
    assert ask(asked, of(5)) is not None and ask(asked, of(None, "r5")) is not None
    for lane in range(LANES_MAX):
        asked.see(record(selection(lane_id=f"2301/x{lane}", passage_id=f"2301/x{lane}/1")))
    assert ask(asked, of(5)) is None


def test_what_the_stages_refuse_is_not_shown() -> None:
    asked = board(selection(light=Light.UNKNOWN), override(light=Light.UNKNOWN), answer(light=Light.UNKNOWN))
    assert ask(asked) is None
    asked.see(record(selection(at_light_reading_id="r" * 200)))
    assert ask(asked, of(None, "r" * 200)) is None


def test_answers_of_a_lane_have_ids_of_their_own_though_the_clock_stands_still() -> None:
    asked = board()
    said: list[LightAnswer] = [told(asked, of(number)).record for number in range(9)]
    assert len({one.answer_id for one in said}) == 9
    assert sorted(said, key=lambda one: one.answered_at) == said


def test_a_question_is_by_number_or_by_reading() -> None:
    for number, reading in ((None, None), (1, "r1")):
        with pytest.raises(ValueError, match="by a passage's number or by a reading"):
            of(number, reading)
