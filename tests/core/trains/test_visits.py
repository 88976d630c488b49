"""Which visit a pass belongs to, lists that come late, and what stands after a release."""

from dataclasses import replace
from typing import Any

import msgspec

from schemas.records import (
    AlertKind,
    CarState,
    ConsistDiscrepancy,
    CoverageReason,
    ScanDecision,
    ScanQuality,
    Severity,
    TrainEvent,
)
from streams.core.trains.state import PASSES_MAX
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
    hand,
    locomotives,
    released,
    without,
)

R = CoverageReason
D = ConsistDiscrepancy
SWAPPED = Rolling("GATX", 55_221)


def named(told: Seen, discrepancy: ConsistDiscrepancy) -> list[str]:
    return sorted(name for name, one in told.standing().items() if one.discrepancy is discrepancy)


def kinds(told: Seen) -> list[tuple[AlertKind, Severity]]:
    return [(one.kind, one.severity) for one in told.alerts]


def test_a_train_that_comes_again_is_one_visit_and_the_best_image_counts() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 6, quality=ScanQuality.BAD)))
    assert told.train().cars_open == 1
    told.take(*Portal(number=1018, start=START + 1800 * SECOND).read(listed[::-1]), released())
    assert (told.train().covered, told.train().cars_seen) == (True, 20)
    assert {one.visit_id for one in told.cars.values()} == {"2304/R1/1017"}


def test_a_list_that_comes_late_or_is_corrected_is_the_one_that_counts() -> None:
    listed = freight(20)
    told = Seen().take(*Portal().read(listed))
    assert {one.reasons[0] for one in told.standing().values() if one.reasons} == {R.NO_CONSIST}
    assert not told.train().covered
    told.take(consist(without(listed, 4), at=START + 1800 * SECOND))
    assert named(told, D.ADDED) == [f"TTGX {listed[4].number}"]
    told.take(consist(listed, revision=2, at=START + 1900 * SECOND), released())
    assert told.train().covered
    assert kinds(told) == [
        (AlertKind.CAR_NOT_CLEARED, Severity.SEVERE),
        (AlertKind.CAR_NOT_CLEARED, Severity.MINOR),
    ]
    withdrawn = [one for one in told.cars.values() if one.state is CarState.WITHDRAWN]
    assert withdrawn == []


def test_a_train_without_a_list_is_known_by_its_arrival_and_never_covered() -> None:
    told = Seen().take(arrived(), *Portal().read(freight(20)), released())
    assert (told.train().train_id, told.train().covered) == ("MLARM1 02", False)
    assert kinds(told) == [(AlertKind.RELEASED_UNCOVERED, Severity.SEVERE)]


def test_a_release_alone_names_the_last_train_on_its_track() -> None:
    told = Seen().take(*Portal().read(freight(20)), released())
    assert (told.train().train_id, told.train().covered) == ("MLARM1 02", False)
    assert told.train().readings_sha256 is not None


def test_a_train_that_was_let_go_unseen_has_every_car_missing() -> None:
    told = Seen().take(consist(freight(5)), released())
    train = told.train("2304/T:MLARM1 02")
    assert (train.cars_expected, train.cars_missing, train.covered) == (5, 5, False)
    assert kinds(told)[-1] == (AlertKind.RELEASED_UNCOVERED, Severity.EXTREME)


def test_tags_decide_which_of_two_trains_it_is_against_what_people_said() -> None:
    one, other = freight(20), locomotives() + cars(20, first=500_000)
    told = Seen().take(consist(one, "A"), consist(other, "B"), arrived("A"), *Portal().read(other))
    assert (told.train().train_id, told.train().cars_missing, told.train().cars_cleared) == ("B", 0, 20)


def test_what_was_scanned_before_the_release_covers_nothing_of_the_next_train_of_the_same_cars() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(listed), released())
    again = START + 48 * 3600 * SECOND
    track = changed(listed, 7, scan=False)
    told.take(*Portal(number=1050, start=again).read(track))
    assert told.train("2304/R1/1050").train_id is None
    told.take(consist(listed, at=again + 1800 * SECOND), released(at=again + 3600 * SECOND))
    train = told.train("2304/R1/1050")
    assert (train.train_id, train.covered, train.cars_open) == ("MLARM1 02", False, 1)
    assert told.train().covered


def test_the_signed_record_stays_and_what_comes_later_makes_revisions() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, operator=ScanDecision.UNKNOWN)), released())
    signed = told.train()
    assert (signed.covered, signed.cars_open, signed.readings_sha256 is not None) == (False, 1, True)
    told.take(hand(listed[9].number))
    after = told.train()
    assert (after.revision, after.covered, after.readings_sha256) == (signed.revision + 1, True, None)
    assert after.released_at == signed.released_at
    assert [one.severity for one in told.alerts] == [Severity.SEVERE, Severity.MINOR]
    assert len([one for one in told.told_trains if one.readings_sha256]) == 1


def test_a_car_without_tags_is_one_car_though_the_train_comes_through_twice() -> None:
    listed = freight(20)
    track = [*listed[:12], Rolling("NONE", 1, tags=(None, None)), *listed[12:]]
    for again in (track, track[::-1]):
        told = Seen().take(consist(listed), *Portal().read(track))
        told.take(*Portal(number=1018, start=START + 1800 * SECOND).read(again), released())
        assert (told.train().cars_seen, told.train().cars_added) == (21, 1)


def test_a_train_that_people_took_for_another_keeps_its_visit_when_its_list_comes() -> None:
    listed = freight(20)
    told = Seen().take(arrived("OTHER"), *Portal().read(listed))
    assert told.train().train_id == "OTHER"
    told.take(consist(listed, at=START + 1800 * SECOND), released())
    assert (told.train().train_id, told.train().covered) == ("MLARM1 02", True)
    assert [one for one in told.trains if "T:" not in one] == ["2304/R1/1017"]
    assert told.trains["2304/T:OTHER"].train_id == "OTHER"


def test_a_train_of_which_half_is_missing_is_one_incident_at_its_release() -> None:
    listed = freight(30)
    told = Seen().take(consist(listed), *Portal().read(listed[:15]), released())
    assert told.train().cars_missing == 17
    assert kinds(told) == [(AlertKind.RELEASED_UNCOVERED, Severity.EXTREME)]


def test_what_a_second_pass_says_against_a_car_stands_though_its_tags_are_lost() -> None:
    listed = freight(6)
    own = listed[4].mark, listed[4].number
    for change, reason in (
        ({"tags": (None, None), "operator": ScanDecision.ALARM}, R.SCAN_ALARM),
        ({"tags": (None, None), "shielded": True}, R.SHIELDED),
        ({"tags": (None, None), "scan": False}, R.IDENTITY_UNKNOWN),
        ({"tags": (own, ("ABCD", 5))}, R.TAGS_DISAGREE),
    ):
        told = Seen().take(consist(listed), *Portal().read(listed))
        assert told.train().covered
        told.take(*Portal(number=1018, start=START + 2400 * SECOND).read(changed(listed, 4, **change)))
        one = told.standing()[f"TTGX {listed[4].number}"]
        assert (one.state, one.reasons[0]) == (CarState.OPEN, reason)
        assert (told.train().covered, told.train().cars_open) == (False, 1)


def test_a_second_pass_that_lost_the_tags_of_a_car_with_a_clear_image_takes_nothing_back() -> None:
    listed = freight(6)
    again = Portal(number=1018, start=START + 2400 * SECOND).read(changed(listed, 4, tags=(None, None)))
    assert Seen().take(consist(listed), *Portal().read(listed), *again).train().covered


def again(portal: Portal, track: list[Rolling]) -> list[Any]:
    """What a portal reads, under other ids than the first time."""
    return [msgspec.structs.replace(one, reading_id=f"again {one.reading_id}") for one in portal.read(track)]  # type: ignore[attr-defined]


def test_two_trains_under_one_pass_number_are_never_covered() -> None:
    """The controller began to count anew: images of one train say nothing of the other."""
    listed = cars(8)
    other = [replace(one, mark="BBBX", number=200_000 + n, tags=(None, None)) for n, one in enumerate(listed)]
    unscanned = [replace(one, scan=False) for one in listed]
    later = again(Portal(start=START + 3 * 3600 * SECOND), unscanned)
    portal_says = Portal().read(other)
    for log in (
        [*portal_says, *later],
        [*portal_says, *[one for one in later if not isinstance(one, TrainEvent)]],
        [*later, *portal_says],
    ):
        told = Seen().take(consist(listed), *log, released(at=START + 5 * 3600 * SECOND))
        assert not told.train().covered
    told = Seen().take(consist(listed), *Portal().read(listed), *portal_says[:1], released())
    assert told.train().covered  # the same event again


def test_a_train_whose_axles_are_counted_anew_behind_an_added_car_is_never_covered() -> None:
    listed = cars(6)
    before = Portal(start=START - 20 * SECOND, leaves=False)
    added = again(before, [Rolling("BBBX", 200_001, scan=False)])
    for one in (added, added[1:]):
        told = Seen().take(consist(listed), *one, *Portal().read(listed), released())
        assert not told.train().covered


def test_the_most_axles_with_which_a_train_left_count_and_two_counts_are_not_whole() -> None:
    listed = freight(6)
    readings = Portal().read([*listed, Rolling("GUNX", 999_999, tags=(None, None), scan=False, weighed=False)])
    ends = [one for one in readings if isinstance(one, TrainEvent) and one.axle_count]
    fewer = msgspec.structs.replace(
        ends[0], reading_id="fewer", observed_at=ends[0].observed_at + SECOND, axle_count=ends[0].axle_count - 4
    )
    for log in ([*readings, fewer], [*[one for one in readings if one is not ends[0]], fewer, ends[0]]):
        told = Seen().take(consist(listed), *log)
        assert (told.train().covered, told.train().cars_seen, told.train().cars_added) == (False, 7, 1)
    told = Seen().take(consist(listed), *Portal().read(listed), fewer)
    assert told.train().covered
    told.take(msgspec.structs.replace(fewer, reading_id="none", axle_count=0))
    assert not told.train().covered


def test_a_pass_beyond_the_bound_is_told_of_on_its_own_and_its_train_is_never_covered() -> None:
    listed = freight(6)
    told = Seen().take(consist(listed))
    for n in range(PASSES_MAX):
        told.take(*Portal(number=1017 + n, start=START + n * 1200 * SECOND).read(listed))
    assert told.train().covered
    gun = Rolling("GUNX", 666_666, scan=False)
    told.take(*Portal(number=1099, start=START + PASSES_MAX * 1200 * SECOND).read([*listed[:3], gun, *listed[3:]]))
    assert not told.train().covered
    assert told.standing("2304/R1/1099")["GUNX 666666"].state is CarState.OPEN
    assert (told.train("2304/R1/1099").train_id, told.train("2304/R1/1099").covered) == (None, False)
    told.take(consist(listed, revision=2, at=START + 4 * 3600 * SECOND), released(at=START + 5 * 3600 * SECOND))
    assert (told.train().covered, told.train("2304/R1/1099").cars_seen) == (False, 7)
    assert told.fold.counters["visits_overfull"] == told.fold.counters["passes_beyond_bound"] == 1


def test_cars_without_a_number_of_two_tracks_are_two_cars_though_their_passes_have_one_number() -> None:
    listed = freight(6)
    nobody = Rolling("NONE", 1, tags=(None, None))
    told = Seen().take(consist(listed), *Portal().read([*listed[:4], nobody, *listed[4:]]))
    told.take(hand(place=5, at=START + 1800 * SECOND))
    assert told.train().covered
    track = [*listed[:2], *listed[4:6], replace(nobody, scan=False), *listed[2:4], *listed[6:]]
    told.take(*Portal(track_id="2304/R2", start=START + 2400 * SECOND).read(track))
    assert sorted(name for name in told.standing() if "@" in name) == ["R1.1017@21", "R2.1017@21"]
    assert told.standing()["R2.1017@21"].state is CarState.OPEN
    assert not told.train().covered


def backed_out(track: list[Rolling]) -> list[Any]:
    """What a portal reads of a train that goes back before its end has come."""
    return [
        msgspec.structs.replace(one, axle_count=0) if isinstance(one, TrainEvent) and one.axle_count else one
        for one in Portal().read(track)
    ]


def test_a_train_that_went_back_and_came_again_is_covered_by_the_pass_that_shows_it() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), arrived(), *backed_out(listed[:9]))
    assert (told.train().covered, told.train().cars_missing, told.train().cars_seen) == (False, 0, 7)
    assert told.alerts == []
    again = Portal(number=1018, start=START + 1800 * SECOND)
    told.take(*again.read(listed), released())
    assert (told.train().covered, told.train().cars_seen) == (True, 20)


def test_what_only_a_pass_that_went_back_shows_keeps_a_train_from_being_covered() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), arrived(), *backed_out(listed), released())
    assert not told.train().covered
    gun = Rolling("GUNX", 666_666, scan=False)
    told = Seen().take(consist(listed), arrived(), *backed_out([*listed[:5], gun, *listed[5:9]]))
    told.take(*Portal(number=1018, start=START + 1800 * SECOND).read(listed), released())
    assert told.standing()["GUNX 666666"].state is CarState.OPEN
    assert not told.train().covered


def test_two_halves_of_which_one_is_said_to_have_gone_back_are_no_whole_train() -> None:
    """The controller's count of the second half may be wrong, and hide a car behind its last tag."""
    listed = freight(20)
    front = [msgspec.structs.replace(one, reading_id=f"front {one.reading_id}") for one in Portal().read(listed[:12])]  # type: ignore[attr-defined]
    half = [
        msgspec.structs.replace(one, axle_count=0) if isinstance(one, TrainEvent) and one.axle_count else one
        for one in Portal(number=1018, start=START + 1800 * SECOND).read(listed[12:])
    ]
    told = Seen().take(consist(listed), arrived(), *front, *half, released())
    assert (told.train().cars_open, told.train().cars_missing, told.train().covered) == (0, 0, False)
