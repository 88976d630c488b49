"""Trains as the coverage topic tells them: revisions, order, days."""

import itertools

import msgspec
import pytest

from schemas.records import CarState, ConsistDiscrepancy, CoverageReason, OperatingMode
from streams.console.rail_visits import DayKey, days_of
from streams.core.trains.reasons import URGENCY
from tests.console.rail_builders import DAY, ENTERED, HOUR, KEY, VISIT, added, car, opened, seen, train

OFFSETS = {"2304": -6.0}


def places(*records: object) -> list[str]:
    (visit,) = seen(train(), *records).current()
    return [one.coverage_id.rpartition("/")[2] for one in visit.in_order()]


def test_in_any_order_the_highest_revisions_stand() -> None:
    told = [
        car(1, CarState.EXPECTED),
        car(1, CarState.OPEN, revision=2),
        car(1, CarState.CLEARED, revision=3),
        train(1, covered=False),
        train(2),
    ]
    for order in itertools.permutations(told):
        (visit,) = seen(*order, *order).current()
        assert visit.train is not None and (visit.train.revision, visit.train.covered) == (2, True)
        assert [(one.revision, one.state) for one in visit.cars.values()] == [(3, CarState.CLEARED)]


def test_what_tells_nothing_new_changes_nothing() -> None:
    visits = seen(train(2), car(1, revision=2))
    assert visits.see(train(1)) is None and visits.see(train(2)) is None
    assert visits.see(car(1, revision=2)) is None and visits.see(b"bytes") is None
    assert visits.see(car(1, revision=3)) is visits.visits[KEY]


def test_cars_stand_as_they_passed_and_unseen_ones_where_they_are_listed() -> None:
    # the list says 1 2 3 4 5 6; 3 was not seen, a stranger came behind 4, and 6 is still to come
    cars = [car(1), car(2), car(3, CarState.MISSING), car(4, track_position=3), added(4), car(5, track_position=5)]
    assert places(*cars, car(6, CarState.EXPECTED)) == ["L1", "L2", "L3", "L4", "A4", "L5", "L6"]


def test_a_car_out_of_sequence_does_not_draw_unseen_ones_to_it() -> None:
    moved = car(2, track_position=5, discrepancy=ConsistDiscrepancy.OUT_OF_SEQUENCE)
    cars = [car(1), moved, car(3, CarState.MISSING), car(4, track_position=2), car(5, track_position=3)]
    assert places(*cars) == ["L1", "L3", "L4", "L5", "L2"]


def test_a_train_that_passes_tail_first_fills_from_its_last_car() -> None:
    backwards = train(2, backwards=True)
    cars = [car(5, track_position=1), car(4, CarState.MISSING), car(3, track_position=2)]
    assert places(backwards, *cars, car(2, CarState.EXPECTED), car(1, CarState.EXPECTED)) == [
        "L5",
        "L4",
        "L3",
        "L2",
        "L1",
    ]


def test_what_is_to_do_begins_with_the_most_urgent() -> None:
    visits = seen(
        train(),
        car(1),
        opened(2, CoverageReason.SCAN_UNDECIDED),
        opened(3, CoverageReason.WEIGHT_CONTRADICTS, CoverageReason.NOT_SCANNED),
        opened(4, CoverageReason.CONTRABAND),
        car(5, CarState.MISSING, reasons=(CoverageReason.NOT_SEEN,)),
        car(6, CarState.EXPECTED),
    )
    assert [one.consist_position for one in visits.visits[KEY].to_do()] == [4, 3, 5, 2]


def test_every_reason_has_a_rank() -> None:
    assert URGENCY.keys() == set(CoverageReason) - {CoverageReason.UNKNOWN, CoverageReason.OUT_OF_SEQUENCE}


def test_a_list_is_not_shown_once_its_train_was_seen_and_a_later_one_of_the_same_id_is() -> None:
    listed = train(visit_id="2304/T:T1", track_id=None, entered_at=None, left_at=None, decided_at=ENTERED - HOUR)
    visits = seen(listed)
    assert visits.expected() == visits.current() and len(visits.current()) == 1
    visits.see(train())
    assert [one.visit_id for one in visits.current()] == [VISIT] and visits.expected() == []
    visits.see(msgspec.structs.replace(listed, revision=2, decided_at=ENTERED + DAY))
    assert [one.visit_id for one in visits.current()] == [VISIT, "2304/T:T1"]


def test_a_visit_whose_pass_turned_out_to_be_another_trains_is_not_shown() -> None:
    """The stage withdraws its cars, and nothing is left to count."""
    taken = {"cars_expected": 0, "cars_seen": 0, "cars_scanned_well": 0, "cars_cleared": 0, "train_id": None}
    other = {"visit_id": "2304/R1/1018", "decided_at": ENTERED + 2 * HOUR}
    withdrawn = car(1, CarState.WITHDRAWN, visit_id="2304/R1/1018", revision=2)
    visits = seen(train(), train(**other), car(1, visit_id="2304/R1/1018"), train(2, **other, **taken), withdrawn)
    assert [one.visit_id for one in visits.current()] == [one.visit_id for one in visits.on_tracks()] == [VISIT]
    assert visits.visits[OperatingMode.OPERATIONAL, "2304/R1/1018"].in_order() == []


def test_a_list_that_was_taken_over_by_its_train_is_not_shown() -> None:
    listed = train(visit_id="2304/T:T1", track_id=None, decided_at=ENTERED - HOUR)
    taken = {"cars_expected": 0, "cars_seen": 0, "cars_scanned_well": 0, "cars_cleared": 0, "train_id": None}
    over = msgspec.structs.replace(listed, revision=2, decided_at=ENTERED + 2 * HOUR, **taken)
    assert [one.visit_id for one in seen(listed, train(), over).current()] == [VISIT]


def test_a_track_holds_its_newest_train_until_that_is_released() -> None:
    later = train(visit_id="2304/R1/1018", train_id="T2", decided_at=ENTERED + 2 * HOUR)
    drill = train(train_id="T3", operating_mode=OperatingMode.EXERCISE)  # the same track and pass, in another world
    visits = seen(later, train(), drill)
    assert {one.train_id for one in visits.on_tracks()} == {"T2", "T3"}
    visits.see(msgspec.structs.replace(later, revision=2, released_at=ENTERED + 3 * HOUR))
    assert {one.train_id for one in visits.on_tracks()} == {"T3"}


def test_a_train_counts_on_the_day_of_its_port_on_which_it_entered() -> None:
    late = ENTERED + 11 * HOUR  # 23:00 at Laredo, the next day in UTC
    night = train(visit_id="2304/R1/1018", train_id="T2", entered_at=late, left_at=late + 2 * HOUR)
    ((key, counts),) = days_of(seen(train(), night).current(), OFFSETS).items()
    assert key == DayKey("2304", OperatingMode.OPERATIONAL, 20_000) and counts.trains == 2
    assert [key.day for key in days_of(seen(train(), night).current(), {})] == [20_000, 20_001]


def test_the_share_is_of_cars_seen_or_listed_of_trains_that_have_passed() -> None:
    passing = train(visit_id="2304/R1/1019", train_id="T3", left_at=None, cars_seen=3, cars_scanned_well=0)
    # ten listed: eight seen and two missing; one more on no list
    some = train(
        visit_id="2304/R1/1018",
        train_id="T2",
        cars_seen=9,
        cars_scanned_well=7,
        cars_cleared=7,
        cars_open=2,
        cars_missing=2,
        cars_added=1,
        covered=False,
        coverable=False,
    )
    ((_, counts),) = days_of(seen(train(), some, passing).current(), OFFSETS).items()
    assert (counts.trains, counts.trains_covered, counts.trains_not_coverable) == (2, 1, 1)
    assert counts.cars == 10 + 11 and counts.scanned_well_ratio == pytest.approx(17 / 21)


def test_a_train_that_was_let_go_unseen_counts_with_all_its_cars() -> None:
    unseen = train(
        entered_at=None,
        left_at=None,
        released_at=ENTERED,
        cars_seen=0,
        cars_scanned_well=0,
        cars_cleared=0,
        covered=False,
    )
    ((_, counts),) = days_of(seen(unseen).current(), OFFSETS).items()
    assert (counts.cars, counts.scanned_well_ratio, counts.trains_released_uncovered) == (10, 0.0, 1)


def test_days_without_cars_have_no_share() -> None:
    empty = train(cars_expected=0, cars_seen=0, cars_scanned_well=0, cars_cleared=0)
    ((_, counts),) = days_of(seen(empty).current(), OFFSETS).items()
    assert counts.scanned_well_ratio is None


def test_what_is_old_is_forgotten() -> None:
    visits = seen(train(), car(1), train(visit_id="2304/R1/1018", decided_at=ENTERED + DAY))
    visits.forget(visits.newest_at - HOUR)
    assert list(visits.visits) == [(OperatingMode.OPERATIONAL, "2304/R1/1018")]
