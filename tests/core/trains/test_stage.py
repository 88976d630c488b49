"""What a train comes to: every car in one state, whatever was lost, added, moved or came in which order."""

from collections import Counter

import msgspec
import pytest

from schemas.records import (
    AlertKind,
    CarScan,
    CarState,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    HandInspectionResult,
    ScanDecision,
    ScanQuality,
    Severity,
)
from streams.core.stage import Record, Rejected
from tests.core.trains.builders import (
    SECOND,
    START,
    Portal,
    Rolling,
    Seen,
    arrived,
    changed,
    consist,
    freight,
    hand,
    released,
    without,
)

R = CoverageReason
D = ConsistDiscrepancy
SWAPPED = Rolling("GATX", 55_221)


def seen(train: list[Rolling], listed: list[Rolling] | None = None, **portal: int) -> Seen:
    """A train of which a list came before, and that was let go after."""
    return Seen().take(consist(listed or train), *Portal(**portal).read(train), released())


def named(told: Seen, discrepancy: ConsistDiscrepancy) -> list[str]:
    return sorted(name for name, one in told.standing().items() if one.discrepancy is discrepancy)


def kinds(told: Seen) -> list[tuple[AlertKind, Severity]]:
    return [(one.kind, one.severity) for one in told.alerts]


def test_a_train_whose_cars_are_all_cleared_is_covered_and_raises_no_alert() -> None:
    told = seen(freight(20))
    train = told.train()
    assert Counter(one.state for one in told.standing().values()) == {CarState.CLEARED: 20, CarState.EXEMPT: 2}
    assert (train.covered, train.coverable, train.cars_expected, train.cars_cleared) == (True, True, 20, 20)
    assert (train.cars_seen, train.cars_scanned_well, train.cars_open, train.backwards) == (20, 20, 0, False)
    assert train.readings_sha256 and train.cars_sha256 and train.released_by_officer_id == "4711"
    assert told.alerts == []


def test_a_train_that_runs_backwards_is_held_against_its_list_from_the_tail() -> None:
    listed = freight(20)
    told = seen(listed[::-1], listed)
    assert (told.train().covered, told.train().backwards) == (True, True)
    assert named(told, D.OUT_OF_SEQUENCE) == []


def test_an_added_a_missing_and_an_unscanned_car_are_named() -> None:
    listed = freight(20)
    track = without(listed, 5)
    track.insert(12, SWAPPED)
    track[8] = Rolling(track[8].mark, track[8].number, scan=False)
    told = seen(track, listed)
    standing = told.standing()
    assert standing["GATX 55221"].discrepancy is D.ADDED
    assert standing["GATX 55221"].reasons[0] is R.NOT_ON_CONSIST
    missing = f"TTGX {listed[5].number}"
    assert (standing[missing].state, standing[missing].action) == (CarState.MISSING, CoverageAction.FIND)
    unscanned = standing[f"TTGX {track[8].number}"]
    assert (unscanned.state, unscanned.reasons, unscanned.action) == (
        CarState.OPEN,
        (R.NOT_SCANNED,),
        CoverageAction.RESCAN,
    )
    train = told.train()
    assert (train.covered, train.cars_added, train.cars_missing, train.cars_open) == (False, 1, 1, 2)
    assert kinds(told) == [
        (AlertKind.CAR_NOT_CLEARED, Severity.SEVERE),
        (AlertKind.CAR_NOT_CLEARED, Severity.MODERATE),
        (AlertKind.RELEASED_UNCOVERED, Severity.EXTREME),
    ]


def test_two_cars_that_changed_places_are_both_out_of_sequence_and_cleared() -> None:
    listed = freight(20)
    for one, other in ((5, 6), (4, 15)):
        track = list(listed)
        track[one], track[other] = track[other], track[one]
        told = seen(track, listed)
        assert named(told, D.OUT_OF_SEQUENCE) == sorted([f"TTGX {listed[n].number}" for n in (one, other)])
        assert told.train().covered


def test_a_lost_or_misread_tag_leaves_a_car_cleared_by_its_other_tag() -> None:
    listed = freight(20)
    own = (listed[7].mark, listed[7].number)
    for tags in ((own, None), (own, ("TTGX", listed[7].number + 1)), (("TTGW", own[1]), own)):
        assert seen(changed(listed, 7, tags=tags), listed).train().covered


def test_a_car_whose_tags_are_lost_or_both_misread_is_never_cleared_by_its_place() -> None:
    listed = freight(20)
    name, number = f"TTGX {listed[7].number}", listed[7].number
    told = seen(changed(listed, 7, tags=(None, None)), listed)
    assert (told.standing()[name].state, told.standing()[name].reasons) == (CarState.OPEN, (R.IDENTITY_UNKNOWN,))
    told = seen(changed(listed, 7, tags=(("TTGX", number + 1), ("TTGX", number + 3))), listed)
    assert (told.standing()[name].discrepancy, told.standing()[name].action) == (
        D.MISIDENTIFIED,
        CoverageAction.IDENTIFY,
    )
    assert not told.train().covered


def test_two_tags_that_say_different_cars_disagree() -> None:
    listed = freight(20)
    own = (listed[7].mark, listed[7].number)
    told = seen(changed(listed, 7, tags=(own, ("GATX", 55_221))), listed)
    one = told.standing()[f"TTGX {own[1]}"]
    assert (one.state, one.reasons) == (CarState.OPEN, (R.TAGS_DISAGREE,))
    assert kinds(told)[0] == (AlertKind.CAR_NOT_CLEARED, Severity.MODERATE)


def test_one_image_of_two_short_cars_clears_both_only_if_it_is_good() -> None:
    listed = freight(20)
    portal, track = Portal(), list(listed)
    for place in (7, 8):
        track = changed(track, place, scan=False)
    readings = portal.read(track)
    first = sum(one.axles for one in track[:7]) + 1
    for quality, covered in ((ScanQuality.GOOD, True), (ScanQuality.DEGRADED, False), (ScanQuality.BAD, False)):
        both = Portal().scans("both", Rolling("TTGX", 1, quality=quality), first, first + 7, START + 60 * SECOND)
        told = Seen().take(consist(listed), *readings, *both, released())
        assert told.train().covered is covered
        reasons = told.standing()[f"TTGX {listed[8].number}"].reasons
        assert (
            reasons
            == {
                ScanQuality.GOOD: (),
                ScanQuality.DEGRADED: (R.SCAN_SHARED,),
                ScanQuality.BAD: (R.SCAN_UNUSABLE,),
            }[quality]
        )
    both = Portal().scans(
        "both", Rolling("TTGX", 1, operator=ScanDecision.ALARM), first, first + 7, START + 60 * SECOND
    )
    told = Seen().take(consist(listed), *readings, *both)
    assert [told.standing()[f"TTGX {listed[n].number}"].reasons for n in (7, 8)] == [(R.SCAN_ALARM,)] * 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"operator": ScanDecision.UNKNOWN}, R.SCAN_UNDECIDED),
        ({"operator": ScanDecision.ALARM}, R.SCAN_ALARM),
        ({"machine": ScanDecision.ALARM, "operator": ScanDecision.UNKNOWN}, R.SCAN_UNDECIDED),
        ({"quality": ScanQuality.BAD}, R.SCAN_UNUSABLE),
        ({"aborted": True}, R.SCAN_UNUSABLE),
        ({"shielded": True}, R.SHIELDED),
        ({"loaded": False}, R.LOAD_CONTRADICTS),
        ({"gross_kg": 18_000.0}, R.LOAD_CONTRADICTS),
    ],
)
def test_what_speaks_against_a_car_opens_it(change: dict[str, object], reason: CoverageReason) -> None:
    told = seen(changed(freight(20), 9, **change), freight(20))
    one = told.standing()[f"TTGX {freight(20)[9].number}"]
    assert (one.state, one.reasons) == (CarState.OPEN, (reason,))
    assert told.train().cars_open == 1


def test_a_weight_that_is_not_the_declared_one_opens_the_car() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed, declared_gross_weight_kg=61_200.0), *Portal().read(listed))
    one = told.standing()[f"TTGX {listed[9].number}"]
    assert one.reasons == (R.WEIGHT_CONTRADICTS,)
    assert "measured 80.0 t, declared 61.2 t" in one.explanation


def test_an_open_car_is_cleared_by_hand_and_its_alert_called_off() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, operator=ScanDecision.ALARM)))
    told.take(hand(listed[9].number))
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.CLEARED_BY_HAND
    assert kinds(told) == [
        (AlertKind.CAR_NOT_CLEARED, Severity.SEVERE),
        (AlertKind.CAR_NOT_CLEARED, Severity.MINOR),
    ]
    assert told.take(released()).train().covered
    contraband = hand(listed[9].number, result=HandInspectionResult.CONTRABAND, revision=2)
    told.take(contraband)
    assert told.standing()[f"TTGX {listed[9].number}"].reasons[0] is R.CONTRABAND
    assert (AlertKind.CAR_NOT_CLEARED, Severity.EXTREME) in kinds(told)


def test_broken_seals_open_a_car_that_a_scan_cleared() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed, seals=("A1",)), *Portal().read(listed))
    told.take(hand(listed[9].number, seals_intact=False))
    told.take(hand(listed[10].number, seals=("B2",)))
    told.take(hand(listed[11].number, seals=("A1",), seals_intact=True))
    reasons = [told.standing()[f"TTGX {listed[n].number}"].reasons for n in (9, 10, 11)]
    assert reasons == [(R.SEAL_CONTRADICTS,), (R.SEAL_CONTRADICTS,), ()]


def test_a_car_without_a_number_is_cleared_by_its_place() -> None:
    listed = freight(20)
    track = [*listed, Rolling("NONE", 1, tags=(None, None))]
    told = Seen().take(consist(listed), *Portal().read(track), hand(place=len(track)))
    (one,) = [car for name, car in told.standing().items() if "@" in name]
    assert (one.state, one.discrepancy) == (CarState.CLEARED_BY_HAND, D.ADDED)
    assert told.train().covered


def test_a_place_clears_no_listed_car_that_is_only_inferred() -> None:
    listed = freight(20)
    told = Seen().take(consist(listed), *Portal().read(changed(listed, 9, tags=(None, None))))
    told.take(hand(place=10))
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.OPEN
    told.take(hand(listed[9].number, place=10))
    assert told.standing()[f"TTGX {listed[9].number}"].state is CarState.CLEARED_BY_HAND


def test_a_scanner_that_fails_is_told_while_the_train_moves_and_called_off_when_it_is_scanned_again() -> None:
    listed = freight(40)
    track = list(listed)
    for place in range(10, 42):
        track = changed(track, place, scan=False)
    readings = Portal().read(track)
    told = Seen().take(consist(listed))
    count = 0
    while not told.alerts:
        told.take(readings[count])
        count += 1
    assert kinds(told) == [(AlertKind.TRAIN_NOT_COVERABLE, Severity.SEVERE)]
    assert count < 0.7 * len(readings)
    told.take(*readings[count:])
    assert (told.train().coverable, told.train().covered) == (False, False)
    told.take(*Portal(number=1018, start=START + 1800 * SECOND).read(listed), released())
    assert (told.train().coverable, told.train().covered) == (True, True)
    assert kinds(told)[-1] == (AlertKind.TRAIN_NOT_COVERABLE, Severity.MINOR)


def test_repeated_readings_count_nothing() -> None:
    listed = freight(20)
    log = [consist(listed), arrived(), *Portal().read(listed), hand(listed[4].number), released()]
    told = Seen()
    for reading in log:
        told.take(reading, reading)
    assert told.train() == Seen().take(*log).train()
    assert told.fold.counters["readings_repeated"] == len(log)


@pytest.mark.parametrize("silent", ["scale", "scale and scanner", "tags"])
def test_silent_devices_leave_every_axle_in_some_car(silent: str) -> None:
    listed = freight(20)
    track = list(listed)
    for place in range(len(track)):
        if "scale" in silent:
            track = changed(track, place, weighed=False)
        if "scanner" in silent:
            track = changed(track, place, scan=False)
        if silent == "tags":
            track = changed(track, place, tags=(None, None))
    told = Seen().take(consist(listed), arrived(), *Portal().read(track), released())
    if silent == "scale":
        assert told.train().covered
    elif silent == "scale and scanner":
        assert (told.train().cars_seen, told.train().cars_scanned_well) == (20, 0)
    else:
        assert not told.train().covered
        assert told.train().cars_seen == 22


def test_readings_that_cannot_be_are_refused_before_any_change() -> None:
    listed = freight(3)
    told = Seen().take(consist(listed))
    tag = Portal().read(listed)[1]
    for change, reason in (
        ({"axle_count": -1}, "impossible_value"),
        ({"number": 1_000_000}, "impossible_value"),
        ({"mark": "toolong"}, "impossible_value"),
        ({"track_id": "2303/R1"}, "impossible_value"),
        ({"received_at": START + 3600 * SECOND * 24 * 365 * 200}, "impossible_value"),
    ):
        with pytest.raises(Rejected) as raised:
            told.take(msgspec.structs.replace(tag, **change))
        assert raised.value.reason == reason
    with pytest.raises(Rejected) as raised:
        told.fold.advance(Record(b"2303", tag, START), [])
    assert raised.value.reason == "wrong_key"
    with pytest.raises(Rejected) as raised:
        told.fold.advance(Record(b"2304", tag, START - 3600 * SECOND), [])
    assert raised.value.reason == "clock_ahead"
    assert told.fold.take_changes().keys() == Seen().take(consist(listed)).fold.take_changes().keys()


def test_a_weighing_of_two_cars_in_one_is_parted_by_their_tags_and_images() -> None:
    listed = freight(20)
    readings = []
    for reading in Portal().read(changed(listed, 9, weighed=False)):
        if reading.reading_id == "2304/R1/1017 8 weighing":
            reading = msgspec.structs.replace(reading, axle_loads_kg=(20_000.0,) * 8, gross_weight_kg=160_000.0)
        readings.append(reading)
    told = Seen().take(consist(listed), *readings, released())
    assert told.train().covered
    assert told.standing()[f"TTGX {listed[9].number}"].track_position == 10


def test_an_image_that_is_cut_short_clears_nothing_and_its_alarm_counts() -> None:
    listed = freight(20)
    for operator, reason in ((ScanDecision.CLEAR, R.SCAN_UNUSABLE), (ScanDecision.ALARM, R.SCAN_ALARM)):
        readings = Portal().read(changed(listed, 9, operator=operator))
        cut = [
            msgspec.structs.replace(one, last_axle=one.last_axle - 1)
            if isinstance(one, CarScan) and one.scan_id.endswith(" 9 scan")
            else one
            for one in readings
        ]
        told = Seen().take(consist(listed), *cut)
        assert told.standing()[f"TTGX {listed[9].number}"].reasons == (reason,)


def test_a_tag_pair_that_is_cloned_clears_neither_car() -> None:
    listed = freight(20)
    own = (listed[9].mark, listed[9].number)
    told = seen(changed(listed, 14, tags=(own, own)), listed)
    states = [told.standing()[f"TTGX {listed[n].number}"].state for n in (9, 14)]
    assert states == [CarState.OPEN, CarState.MISSING]
    assert [one.discrepancy for name, one in told.standing().items() if "@" in name] == [D.ADDED]
    assert not told.train().covered
