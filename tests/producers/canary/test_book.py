"""How crossings end, and when which port's canary drives."""

import pytest

from producers.canary.book import TOGETHER_SECONDS, CrossingBook, Result
from producers.canary.rounds import Rounds
from producers.canary.vehicle import SECOND, Vehicle
from schemas.layout import canary_lanes, load_lanes
from schemas.records import Selection
from tests.core.outcomes.builders import START, selection

LANES = list(canary_lanes(load_lanes()).values())
LANE = LANES[0]
FAR = START + 60 * SECOND


def vehicle(number: int = 1, at: int = START) -> Vehicle:
    return Vehicle(LANE, f"canary-{number}", number, at)


def told(of: Vehicle, **fields: object) -> Selection:
    named = {"lane_id": of.lane_id, "at_light_reading_id": of.at_light_reading_id}
    return selection(**(named | {"at_light_received_at": of.at_light_at} | fields))


@pytest.mark.parametrize(("seconds", "result"), [(3.0, Result.TOLD), (3.1, Result.LATE), (19.0, Result.LATE)])
def test_a_light_is_told_in_time_or_late(seconds: float, result: Result) -> None:
    book, one = CrossingBook(3.0, 20.0), vehicle()
    assert book.begin(one, 100.0) is None
    verdict = book.see(told(one), 100.0 + seconds)
    assert verdict is not None and (verdict.result, verdict.vehicle) == (result, one)
    assert verdict.seconds == pytest.approx(seconds)
    assert len(book) == 0 and book.see(told(one), 104.0) is None  # the light of a second stop is no second crossing


def test_a_light_that_is_not_told_is_missing_once() -> None:
    book, one = CrossingBook(3.0, 20.0), vehicle()
    book.begin(one, 100.0)
    assert book.overdue(120.0) == []
    (verdict,) = book.overdue(120.1)
    assert (verdict.result, verdict.seconds, verdict.vehicle) == (Result.MISSING, None, one)
    assert book.overdue(200.0) == [] and book.see(told(one), 200.0) is None


def test_another_vehicles_light_is_not_this_ones() -> None:
    book, one = CrossingBook(3.0, 20.0), vehicle()
    book.begin(one, 100.0)
    assert book.see(told(vehicle(2, FAR)), 101.0) is None
    assert book.see(told(one, lane_id="2301/03"), 101.0) is None
    assert book.see(told(vehicle(2, FAR), at_light_received_at=None), 101.0) is None
    assert len(book) == 1


@pytest.mark.parametrize(("apart", "counts"), [(TOGETHER_SECONDS, True), (TOGETHER_SECONDS + 1, False)])
def test_two_canaries_at_one_stop_line_are_one_vehicle_to_the_join_and_both_are_told(apart: int, counts: bool) -> None:
    book, one = CrossingBook(3.0, 20.0), vehicle()
    book.begin(one, 100.0)
    other = vehicle(2, START - apart * SECOND)
    assert (book.see(told(other), 100.5) is not None) is counts


def test_a_vehicle_that_comes_before_the_last_ones_end_ends_it_as_missing() -> None:
    book, one, next_one = CrossingBook(3.0, 20.0), vehicle(), vehicle(2, FAR)
    book.begin(one, 100.0)
    verdict = book.begin(next_one, 110.0)
    assert verdict is not None and (verdict.vehicle, verdict.result) == (one, Result.MISSING)
    assert book.forget() == [next_one] and len(book) == 0


def test_every_port_drives_once_an_interval_and_no_two_at_once() -> None:
    rounds = Rounds(60.0, 1000.0)
    rounds.use(LANES, 1000.0)
    came = [(lane.lane_id, tenth) for tenth in range(1200) for lane in rounds.due(1000.0 + tenth / 10)]
    assert len(came) == len(set(came)) == 2 * len(LANES)
    assert len({tenth for _, tenth in came}) == len(came)
    first, second = dict(came[: len(LANES)]), dict(came[len(LANES) :])
    assert {lane: second[lane] - tenth for lane, tenth in first.items()} == dict.fromkeys(first, 600)


def test_what_was_missed_in_a_pause_is_not_made_up_for() -> None:
    rounds = Rounds(60.0, 0.0)
    rounds.use(LANES, 0.0)
    assert len(rounds.due(60.0 * 10 - 1)) == len(LANES)  # once each, not ten times
    assert len(rounds.due(60.0 * 11 - 1.5)) == len(LANES)


def test_a_port_that_is_published_drives_from_then_on_and_the_others_do_not_drive_twice() -> None:
    rounds = Rounds(60.0, 0.0)
    rounds.use(LANES[:1], 0.0)
    assert rounds.due(0.0) == LANES[:1]
    rounds.use(LANES[:2], 1.0)
    assert rounds.due(59.0) == [LANES[1]]
    assert rounds.due(60.0) == [LANES[0]]
