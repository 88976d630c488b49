"""What the vehicle saw, in its outcome; and lanes whose lights fall back on the lot, told once."""

import itertools

import msgspec
import pytest

from schemas.records import (
    Alert,
    AlertKind,
    Light,
    LightAnswer,
    LightAnswerReason,
    OperatingMode,
    OutcomeState,
    OverrideReason,
    Severity,
)
from schemas.topics import ALERTS
from streams.core.integrity.cases import case_of
from streams.core.outcomes.lights import KEPT_SECONDS
from streams.core.outcomes.outcome import INSPECTION_SECONDS, OVERRIDE_SECONDS
from streams.core.outcomes.readings import Readings
from streams.core.outcomes.stage import OutcomesFold
from streams.core.outcomes.state import DARK_PREFIX, READING_PREFIX
from streams.core.stage import Output, Rejected
from tests.core.outcomes.builders import (
    LANE,
    advance,
    answer,
    at,
    inspection,
    override,
    record,
    score,
    selection,
    tick,
)

RED, GREEN = Light.RED, Light.GREEN
LOT = LightAnswerReason.NO_SELECTION
DAY = 24 * 3600


def fold() -> OutcomesFold:
    return OutcomesFold(0, {})


def alerts(folding: OutcomesFold, *values: msgspec.Struct) -> list[Alert]:
    outputs: list[Output] = []
    for value in values:
        folding.advance(record(value), outputs)
    told = [output for output in outputs if isinstance(output.value, Alert)]
    assert all(output.topic is ALERTS and output.key == output.value.incident_id.encode() for output in told)  # type: ignore[attr-defined]
    return [output.value for output in told]  # type: ignore[misc]


def test_an_outcome_tells_what_the_vehicle_saw() -> None:
    (told,) = advance(fold(), selection(), score(), answer(), inspection())
    assert (told.shown_light, told.fallback) == (RED, False)
    (unasked,) = advance(fold(), selection(), score(), inspection())
    assert (unasked.shown_light, unasked.fallback) == (None, False)


def test_what_the_lot_showed_stands_though_the_selection_came_later() -> None:
    shown_green = [
        answer(light=GREEN, reason=LOT),
        selection(light=RED, seconds=2),
        score(),
        tick(OVERRIDE_SECONDS + 2),
    ]
    (passed,) = advance(fold(), *shown_green)
    assert (passed.light, passed.shown_light, passed.final_light) == (RED, GREEN, GREEN)
    assert (passed.fallback, passed.state) == (True, OutcomeState.PASSED)
    shown_red = [answer(light=RED, reason=LOT), selection(light=GREEN, seconds=2), score()]
    folding = fold()
    assert advance(folding, *shown_red, tick(OVERRIDE_SECONDS + 2)) == []  # it was referred: an inspection is due
    (missed,) = advance(folding, tick(INSPECTION_SECONDS + 2))
    assert (missed.state, missed.light, missed.final_light) == (OutcomeState.NOT_INSPECTED, GREEN, RED)


def test_an_officer_s_word_stands_over_the_lot_s() -> None:
    parts = [answer(light=RED, reason=LOT), override(light=GREEN), selection(light=GREEN, seconds=2), score()]
    (told,) = advance(fold(), *parts, answer(light=GREEN, seconds=21, reason=LightAnswerReason.OVERRIDE), tick(DAY))
    assert (told.state, told.shown_light, told.fallback) == (OutcomeState.RELEASED, GREEN, True)
    referred = override(light=RED, reason=OverrideReason.INSPECTOR_SUSPICION)
    (green,) = advance(fold(), answer(light=GREEN, reason=LOT), selection(), score(), referred, tick(DAY))
    assert (green.state, green.final_light) == (OutcomeState.NOT_INSPECTED, RED)


@pytest.mark.parametrize("lot_light", [RED, GREEN])
def test_the_light_before_officers_changed_it_is_told(lot_light: Light) -> None:
    made = override(light=GREEN if lot_light is RED else RED)
    (by_lot,) = advance(fold(), answer(light=lot_light, reason=LOT), selection(seconds=2), score(), made, inspection())
    assert (by_lot.light_given, by_lot.final_light, by_lot.light) == (lot_light, made.light, RED)
    (selected,) = advance(fold(), selection(), score(), override(light=GREEN), inspection())
    assert (selected.light_given, selected.final_light) == (RED, GREEN)
    (neither,) = advance(fold(), override(), tick(DAY))
    assert (neither.light_given, neither.final_light) == (None, GREEN)


def test_a_dark_lane_and_a_made_up_inspection_do_not_hide_a_red_lot_made_green() -> None:
    drawn = answer(light=RED, reason=LOT)
    (told,) = advance(fold(), drawn, selection(light=GREEN, seconds=2), score(), override(), inspection())
    assert (told.state, told.final_light) == (OutcomeState.INSPECTED, GREEN)
    case = case_of(told, 0)
    assert (case.is_red, case.overridden_by) == (True, "officer-7")


def test_the_last_answer_counts_in_whatever_order_they_come_and_a_repeat_changes_nothing() -> None:
    first, last = answer(light=RED, seconds=1), answer(light=GREEN, seconds=30, reason=LightAnswerReason.OVERRIDE)
    (told,) = advance(fold(), selection(), score(), last, first, last, override(seconds=25), tick(DAY))
    assert told.shown_light is GREEN
    folding = fold()
    assert len(advance(folding, selection(), score(), inspection(), first, first)) == 2
    assert folding.counters["lights_selection"] == 1


def test_a_lot_was_of_the_stop_that_it_was_drawn_at() -> None:
    again = [selection(light=RED, seconds=600), score(seconds=600)]
    drawn = answer(light=GREEN, reason=LOT)
    (told,) = advance(fold(), drawn, selection(light=GREEN, seconds=2), score(), *again, tick(DAY))
    assert (told.fallback, told.final_light, told.shown_light) == (False, RED, None)
    at_second = answer(light=GREEN, reason=LOT, seconds=601)
    (told,) = advance(fold(), selection(light=GREEN), score(), at_second, *again, tick(DAY))
    assert (told.fallback, told.final_light) == (True, GREEN)


def test_an_answer_of_a_vehicle_that_never_gets_a_selection_is_told_all_the_same() -> None:
    (told,) = advance(fold(), answer(light=GREEN, reason=LOT), tick(DAY))
    assert (told.state, told.shown_light, told.final_light, told.propensity) == (
        OutcomeState.UNKNOWN,
        GREEN,
        GREEN,
        None,
    )


def test_a_dark_lane_is_alerted_once_until_a_selection_is_shown_again() -> None:
    folding = fold()
    (begun,) = alerts(folding, *[answer(n, reason=LOT, seconds=n) for n in range(1, 9)])
    assert (begun.kind, begun.severity, begun.revision) == (AlertKind.LIGHT_FALLBACK, Severity.SEVERE, 1)
    assert (begun.lane_id, begun.passage_id, begun.plate) == (LANE, f"{LANE}/1", None)
    assert alerts(folding, answer(9, seconds=9, reason=LightAnswerReason.OVERRIDE)) == []
    (ended,) = alerts(folding, answer(10, seconds=10), answer(11, seconds=11))
    assert (ended.incident_id, ended.severity, ended.revision) == (begun.incident_id, Severity.MINOR, 2)
    assert "by lot meanwhile: 8" in ended.summary
    (second,) = alerts(folding, answer(12, reason=LOT, seconds=12))
    assert second.incident_id != begun.incident_id


def test_a_lot_that_is_delivered_again_begins_nothing() -> None:
    folding, lot = fold(), answer(reason=LOT)
    assert len(alerts(folding, lot, answer(2, seconds=2))) == 2
    assert alerts(folding, lot, lot) == []


def test_darkness_is_told_though_the_server_s_clock_was_set_back() -> None:
    folding = fold()
    before = [answer(1, reason=LOT, seconds=301), answer(2, seconds=302)]  # a clock that was ahead
    assert [told.revision for told in alerts(folding, *before)] == [1, 2]
    (begun,) = alerts(folding, answer(3, reason=LOT, seconds=62))
    (ended,) = alerts(folding, answer(4, reason=LOT, seconds=63), answer(5, seconds=64))
    assert (begun.revision, ended.revision, ended.incident_id) == (1, 2, begun.incident_id)
    assert "by lot meanwhile: 2" in ended.summary


def test_answers_that_a_restarted_server_delivers_again_tell_nothing_anew() -> None:
    folding = fold()
    told = [
        answer(1, reason=LOT, seconds=1),
        answer(2, seconds=2),
        answer(3, seconds=3),
        answer(4, reason=LOT, seconds=4),
    ]
    assert [one.revision for one in alerts(folding, *told)] == [1, 2, 1]
    assert alerts(folding, *told[1:]) == []


def test_a_vehicle_that_is_told_its_lot_again_is_counted_once() -> None:
    folding = fold()
    (_, ended) = alerts(folding, *[answer(1, reason=LOT, seconds=n) for n in (1, 3, 5)], answer(2, seconds=9))
    assert "by lot meanwhile: 1" in ended.summary


def test_lanes_and_worlds_are_dark_apart() -> None:
    drill = {"operating_mode": OperatingMode.EXERCISE, "passage_id": f"{LANE}/EXERCISE/1"}
    other = {"lane_id": "2301/04", "passage_id": "2301/04/1"}
    told = alerts(fold(), *[answer(reason=LOT, **fields) for fields in ({}, drill, other)])
    assert len({one.incident_id for one in told}) == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_lot_that_was_asked_for_before_the_vehicle_came_does_not_count(order: tuple[int, ...]) -> None:
    chosen = selection(light=RED, seconds=60, must_refer=True, at_light_received_at=at(58))
    parts = [answer(light=GREEN, reason=LOT, seconds=1), chosen, answer(light=RED, seconds=61)]
    (told,) = advance(fold(), *[parts[place] for place in order], score(), tick(DAY))
    assert (told.fallback, told.shown_light, told.final_light) == (False, RED, RED)


def test_a_vehicle_that_was_only_shown_a_lot_before_it_came_was_shown_nothing() -> None:
    early = answer(light=GREEN, reason=LOT, seconds=56.9)
    chosen = selection(light=RED, seconds=60, at_light_received_at=at(58))
    for parts in ([early, chosen], [chosen, early]):
        (told,) = advance(fold(), *parts, score(), tick(DAY))
        assert (told.fallback, told.shown_light, told.final_light) == (False, None, RED)
    in_time = answer(light=GREEN, reason=LOT, seconds=57)  # a second before, by clocks of two machines
    (told,) = advance(fold(), in_time, chosen, score(), tick(DAY))
    assert (told.fallback, told.shown_light, told.final_light) == (True, GREEN, GREEN)


def on_reading(number: int, light: Light = GREEN, seconds: float = 1.0) -> LightAnswer:
    return answer(None, light, seconds, LOT, at_light_reading_id=f"r{number}")


def chosen_on_reading(number: int, seconds: float = 2.0) -> list[msgspec.Struct]:
    chosen = selection(number, RED, seconds, at_light_reading_id=f"r{number}", at_light_received_at=at(0.5))
    return [chosen, score(number)]


@pytest.mark.parametrize("selected_first", [True, False])
@pytest.mark.parametrize("hours", [0, 20])
def test_lots_on_readings_are_joined_with_their_vehicles_however_many_and_late(
    selected_first: bool, hours: int
) -> None:
    stored: dict[bytes, bytes] = {}
    folding = OutcomesFold(0, stored)
    lots = [on_reading(number) for number in range(1, 201)]
    selections = [part for number in range(1, 201) for part in chosen_on_reading(number)]
    first, second = (selections, lots) if selected_first else (lots, selections)
    before = advance(folding, *first, tick(hours * 3600))
    folding.take_changes()
    folding = OutcomesFold(0, stored)  # a worker takes over
    last = {told.passage_id: told for told in [*before, *advance(folding, *second, tick(hours * 3600 + DAY))]}
    assert len(last) == 200
    seen = {(told.shown_light, told.fallback, told.state) for told in last.values()}
    assert seen == {(GREEN, True, OutcomeState.PASSED)}  # no officer let a red vehicle go


@pytest.mark.parametrize("selected_first", [True, False])
def test_a_lot_on_a_reading_is_counted_once_it_is_placed(selected_first: bool) -> None:
    lot, chosen = on_reading(7), chosen_on_reading(7)
    folding = fold()
    advance(folding, *([*chosen, lot] if selected_first else [lot, *chosen]), lot)
    assert folding.counters["lights_no_selection"] == 1


def test_a_lot_on_a_reading_that_nobody_saw_is_counted_as_told_early_alone() -> None:
    folding = fold()
    chosen = selection(7, RED, 60, at_light_reading_id="r7", at_light_received_at=at(58))
    advance(folding, on_reading(7), chosen)
    assert folding.counters.get("lights_no_selection", 0) == 0
    assert folding.counters["lots_told_early"] == 1


def test_a_lot_on_a_reading_begins_an_incident_as_any_other() -> None:
    folding = fold()
    assert len(alerts(folding, on_reading(7))) == 1
    assert alerts(folding, *chosen_on_reading(7), on_reading(7, seconds=3)) == []
    (told,) = advance(folding, tick(DAY))
    assert (told.passage_id, told.shown_light, told.fallback) == (f"{LANE}/7", GREEN, True)


def test_readings_are_forgotten_after_a_day_and_refused_later() -> None:
    stored: dict[bytes, bytes] = {}
    folding = OutcomesFold(0, stored)
    advance(folding, on_reading(1), *chosen_on_reading(2), tick(DAY - 60))
    folding.take_changes()
    assert len([key for key in stored if key.startswith(READING_PREFIX)]) == 2
    advance(folding, tick(DAY + 2 * 3600))
    folding.take_changes()
    assert not [key for key in stored if key.startswith(READING_PREFIX)]
    with pytest.raises(Rejected, match="a day ago"):
        advance(folding, on_reading(3))
    assert folding.take_changes() == {}


def test_readings_are_bounded_and_rolled_back_with_the_batch() -> None:
    stored: dict[bytes, bytes] = {}
    readings = Readings(stored, readings_max=3)
    for number in range(1, 4):
        assert readings.passage_of(on_reading(number, seconds=3600.0 * number)) is None
    readings.take_changes()
    readings.passage_of(on_reading(4, seconds=4 * 3600.0))
    readings.roll_back()
    readings.passage_of(on_reading(5, seconds=5 * 3600.0))
    readings.take_changes()
    assert [key.rpartition(b":")[2] for key in stored] == [b"r2", b"r3", b"r5"]


def test_a_lane_that_is_not_asked_for_a_week_is_forgotten() -> None:
    stored: dict[bytes, bytes] = {}
    folding = OutcomesFold(0, stored)
    alerts(folding, answer(reason=LOT), answer(2, reason=LOT, seconds=4000))
    folding.take_changes()
    assert [key for key in stored if key.startswith(DARK_PREFIX)]
    advance(folding, tick(KEPT_SECONDS - 60))
    folding.take_changes()
    assert [key for key in stored if key.startswith(DARK_PREFIX)]
    advance(OutcomesFold(0, stored), tick(KEPT_SECONDS + 3 * 3600))
    reopened = OutcomesFold(0, stored)
    advance(reopened, tick(KEPT_SECONDS + 3 * 3600))
    reopened.take_changes()
    assert not [key for key in stored if key.startswith(DARK_PREFIX)]


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (answer(light=Light.UNKNOWN), "impossible_value", "RED or GREEN"),
        (answer(reason=LightAnswerReason.UNKNOWN), "impossible_value", "fallback"),
        (answer(fallback=True), "impossible_value", "fallback"),
        (answer(reason=LOT, propensity=None), "impossible_value", "propensity"),
        (answer(reason=LOT, propensity=float("nan")), "impossible_value", "propensity"),
        (answer(reason=LOT, random_key_id=None), "impossible_value", "random_key_id"),
        (answer(propensity=0.1), "impossible_value", "not drawn"),
        (answer(answer_id=""), "impossible_value", "answer_id"),
        (answer(controller_id="c" * 129), "impossible_value", "controller_id"),
        (answer(None, at_light_reading_id=None), "impossible_value", "reading"),
        (answer(port_code="2302"), "impossible_value", "port_code"),
        (answer(passage_id="2301/04/1"), "impossible_value", "begin with the lane_id"),
        (answer(asked_at=-1), "impossible_value", "asked_at"),
        (answer(answered_at=2**62), "impossible_value", "answered_at"),
        (answer(seconds=10_000_400), "clock_ahead", "ahead"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_changes_nothing(said: LightAnswer, reason: str, message: str) -> None:
    folding = fold()
    with pytest.raises(Rejected, match=message) as refused:
        advance(folding, said)
    assert refused.value.reason == reason
    assert folding.take_changes() == {}


def test_an_answer_of_a_day_ago_to_a_vehicle_that_is_not_known_is_refused_without_an_alert() -> None:
    folding = fold()
    advance(folding, tick(3 * DAY))
    with pytest.raises(Rejected, match="a day ago"):
        alerts(folding, answer(reason=LOT))
    assert not [key for key in folding.take_changes() if key.startswith(DARK_PREFIX)]
