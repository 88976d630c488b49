"""What cannot be a reading is refused before anything changes, and the next good reading is processed."""

import math
from typing import Any

import msgspec
import pytest

from schemas.records import LaneEventKind, OperatingMode, PassageState
from streams.core.stage import Record, Rejected
from tests.core.lanes.builders import (
    ENTRY,
    FRONT,
    KEY,
    LANE,
    SCALE,
    SECOND,
    START,
    STOP_LINE,
    Car,
    LaneRun,
    apart,
    candidates,
    folded,
    heartbeat,
    reading,
    readings_of,
)

DAY_SECONDS = 86_400


def refused(run: LaneRun, one: Any, key: bytes = KEY, appended_at: int | None = None) -> str:
    """The reason for which a reading is refused; nothing may have changed."""
    before = len(run.outputs)
    appended = one.received_at if appended_at is None else appended_at
    with pytest.raises(Rejected) as caught:
        run.fold.advance(Record(key, one, appended), run.outputs)
    assert len(run.outputs) == before
    assert run.fold.take_changes() == {}
    return caught.value.reason


def run_under_way() -> LaneRun:
    """A lane in which one car has entered, with its state taken."""
    run = LaneRun()
    run.send(*readings_of((Car("only", 0.0, plate="ABC1234"),))[:1])
    run.fold.take_changes()
    return run


def weighing(**fields: Any) -> Any:
    return reading(SCALE, "bad", 4.0, **fields)


def front_read(**fields: Any) -> Any:
    return reading(FRONT, "bad", 1.5, **fields)


IMPOSSIBLE = {
    "negative weight": weighing(gross_weight_kg=-1.0),
    "NaN weight": weighing(gross_weight_kg=math.nan),
    "infinite weight": weighing(gross_weight_kg=math.inf),
    "a mountain": weighing(gross_weight_kg=200_001.0),
    "negative axle load": weighing(axle_loads_kg=(800.0, -700.0)),
    "NaN axle load": weighing(axle_loads_kg=(math.nan,)),
    "NaN spacing": weighing(axle_spacings_m=(math.nan,)),
    "33 axles": weighing(axle_loads_kg=(1.0,) * 33),
    "NaN speed": weighing(speed_mps=math.nan),
    "class 14": weighing(vehicle_class=14),
    "11 candidates": front_read(candidates=candidates(*(f"ABC12{number}" for number in range(11)))),
    "confidence over 1": front_read(candidates=(msgspec.structs.replace(candidates("ABC1234")[0], confidence=1.1),)),
    "NaN confidence": front_read(candidates=(msgspec.structs.replace(candidates("ABC1234")[0], confidence=math.nan),)),
    "a plate of 17 characters": front_read(candidates=candidates("A" * 17)),
    "an image for an address": front_read(image_uri="x" * 1025),
    "a digest of 65 characters": front_read(image_sha256="0" * 65),
    "an issuer of 7 characters": front_read(jurisdiction="US-TEXA"),
    "NaN confidence in the issuer": front_read(jurisdiction_confidence=math.nan),
    "an officer of 129 characters": reading(
        ENTRY, "bad", 4.0, kind=LaneEventKind.OFFICER_ASSIGNED, officer_id="x" * 129
    ),
    "no device": msgspec.structs.replace(weighing(), device_id=""),
    "no id": msgspec.structs.replace(weighing(), reading_id=""),
    "an id of 129 characters": msgspec.structs.replace(weighing(), reading_id="x" * 129),
    "observed before 2000": msgspec.structs.replace(weighing(), observed_at=1),
    "received after 2100": msgspec.structs.replace(weighing(), received_at=4_102_444_800 * SECOND),
    "a load declared as nothing": reading(ENTRY, "bad", 4.0, kind=LaneEventKind.LOAD_DECLARED),
    "a NaN load of who backs out": reading(ENTRY, "bad", 4.0, kind=LaneEventKind.BACKED_OUT, declared_load_kg=math.nan),
    "no operating mode": msgspec.structs.replace(weighing(), operating_mode=OperatingMode.UNKNOWN),
    "a negative load declared": reading(ENTRY, "bad", 4.0, kind=LaneEventKind.LOAD_DECLARED, declared_load_kg=-5.0),
}


@pytest.mark.parametrize("one", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_value_is_refused_and_the_next_good_reading_is_processed(one: Any) -> None:
    run = run_under_way()
    assert refused(run, one) == "impossible_value"
    car = Car("only", 0.0, plate="ABC1234")
    run.send(*readings_of((car,))[1:])
    assert run.finish().joined() == apart(car)


def test_a_wrong_key_is_refused() -> None:
    assert refused(run_under_way(), weighing(), key=b"2301/04") == "wrong_key"


def test_an_unknown_lane_is_refused() -> None:
    one = weighing(lane_id="9999/01")
    assert refused(run_under_way(), one, key=b"9999/01") == "unknown_lane"


def test_another_kind_of_record_is_refused() -> None:
    passage = folded((Car("only", 0.0),)).passages()[0]
    run = run_under_way()
    assert refused(run, passage, appended_at=START) == "wrong_type"


@pytest.mark.parametrize("plate", ["", "   ", "-", "·–·"])
def test_an_empty_plate_is_refused(plate: str) -> None:
    assert refused(run_under_way(), front_read(candidates=candidates("ABC1234", plate))) == "empty_plate"


def test_a_read_without_candidates_is_a_vehicle_without_a_readable_plate() -> None:
    car = Car("only", 0.0)
    run = folded((car,))
    assert run.joined() == apart(car)
    assert run.passages(PassageState.FINAL)[0].plate is None


def test_a_gateway_more_than_5_minutes_ahead_of_the_broker_is_refused() -> None:
    one = weighing()
    assert refused(run_under_way(), one, appended_at=one.received_at - 301 * SECOND) == "clock_ahead"
    run = run_under_way()
    run.fold.advance(Record(KEY, one, one.received_at - 300 * SECOND), run.outputs)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_device_clock_a_day_off_is_clamped_and_counted_and_the_reading_kept(days: int) -> None:
    car = Car("only", 0.0, plate="ABC1234")
    run = LaneRun()
    for one in readings_of((car,)):
        wrong = one.reading_id == "only-SCALE"
        shift = days * DAY_SECONDS * SECOND if wrong else 0
        run.send(msgspec.structs.replace(one, observed_at=one.observed_at + shift))
    assert run.finish().joined() == apart(car)
    assert run.fold.counters["observed_at_clamped"] == 1
    references = {one.reading_id: one.observed_at for one in run.passages(PassageState.FINAL)[0].readings}
    assert abs(references["only-SCALE"] - START) > DAY_SECONDS * SECOND - 60 * SECOND  # as the device said


def test_a_reading_later_than_everything_of_its_time_is_refused_as_late() -> None:
    run = LaneRun()
    run.send(*readings_of((Car("only", 0.0, plate="ABC1234"),)), heartbeat(200.0))
    assert len(run.passages(PassageState.FINAL)) == 1
    run.fold.take_changes()
    # 197 s on the way: within the 300 s beyond which the device's clock would be disbelieved instead.
    assert refused(run, reading(SCALE, "late", 4.0, received_at=START + 201 * SECOND)) == "late"


def test_a_flood_of_one_sensor_is_refused_and_the_next_second_is_accepted() -> None:
    run = LaneRun()
    accepted = 0
    reasons = set()
    for number in range(100):
        one = reading(ENTRY, f"flood-{number}", 0.0, received_at=START + 500_000 + number)
        try:
            run.send(one)
            accepted += 1
        except Rejected as refusal:
            reasons.add(refusal.reason)
    assert (accepted, reasons, run.fold.counters["loop_bounces"]) == (4, {"flood"}, 3)
    run.fold.take_changes()
    run.send(reading(FRONT, "other-sensor", 0.9, received_at=START + 600_000))
    run.send(reading(ENTRY, "next-second", 1.0, received_at=START + 1_000_000))


def test_a_flood_whose_times_go_back_and_forth_is_one_too() -> None:
    run = LaneRun()
    reasons = []
    for number in range(100):
        received_at = START + (number % 2) * SECOND + 500_000
        try:
            run.send(reading(SCALE, f"flood-{number}", 0.0, received_at=received_at))
        except Rejected as refusal:
            reasons.append(refusal.reason)
    assert reasons.count("flood") > 50


def test_operating_modes_never_mix() -> None:
    # A test drive's readings at the very times of a real car's, each sensor a tenth of a second later.
    real = Car("real", 0.0, plate="ABC1234", mode=OperatingMode.OPERATIONAL)
    test = Car("test", 0.0, plate="ABC1234", mode=OperatingMode.TEST)
    readings = readings_of((real,))
    for one in readings_of((test,)):
        later = {"observed_at": one.observed_at + 100_000, "received_at": one.received_at + 100_000}
        readings.append(msgspec.structs.replace(one, **later))
    run = LaneRun()
    run.send(*sorted(readings, key=lambda one: one.received_at))
    assert run.finish().joined() == apart(real, test)
    modes = {passage.operating_mode for passage in run.passages(PassageState.FINAL)}
    assert modes == {OperatingMode.OPERATIONAL, OperatingMode.TEST}


def test_what_an_officer_says_in_a_test_changes_nothing_for_travellers() -> None:
    real = Car("real", 0.0, plate="ABC1234", mode=OperatingMode.OPERATIONAL)
    entered, *others = readings_of((real,))
    said = {"operating_mode": OperatingMode.TEST}
    run = LaneRun()
    run.send(
        entered,
        reading(ENTRY, "officer", 0.5, kind=LaneEventKind.OFFICER_ASSIGNED, officer_id="officer-test", **said),
        reading(ENTRY, "load", 0.6, kind=LaneEventKind.LOAD_DECLARED, declared_load_kg=900.0, **said),
        reading(ENTRY, "back", 0.7, kind=LaneEventKind.BACKED_OUT, **said),
        *others,
    )
    assert run.finish().joined() == apart(real)
    passage = run.passages(PassageState.AT_LIGHT)[0]
    assert (passage.officer_id, passage.declared_load_kg) == (None, None)


def test_a_test_vehicle_at_the_light_does_not_keep_a_traveller_from_it() -> None:
    run = LaneRun()
    run.send(reading(STOP_LINE, "test", 10.0, operating_mode=OperatingMode.TEST))
    run.send(reading(STOP_LINE, "real", 10.3, operating_mode=OperatingMode.OPERATIONAL))
    assert [passage.at_light_reading_id for passage in run.passages(PassageState.AT_LIGHT)] == ["test", "real"]
    assert len({passage.passage_id for passage in run.passages()}) == 2


def test_a_gateway_whose_clock_was_ahead_once_makes_nobody_late() -> None:
    cars = [Car(f"car{number}", 12.0 * number, plate=f"ABC12{number:02d}") for number in range(20)]
    run = LaneRun()
    for one in readings_of(cars):
        run.send(one)
        if one.reading_id == "car3-SCALE":
            ahead = one.received_at + 290 * SECOND
            wrong = reading(ENTRY, "ahead", 0.0, observed_at=ahead, received_at=ahead)
            run.fold.advance(Record(KEY, wrong, one.received_at), run.outputs)
    joined = run.finish().joined()
    assert [one for one in joined if "ahead" not in one] == apart(*cars)


def test_hundreds_of_declarations_leave_one_and_the_light_comes() -> None:
    run = LaneRun()
    for one in readings_of((Car("only", 0.0, plate="ABC1234", halts={STOP_LINE: 22.0}),)):
        if one.reading_id == "only-STOP_LINE_LOOP":
            first = (one.observed_at - START) / SECOND - 21.0
            for number in range(300):  # within the limit of a sensor's readings in a second
                said = {"kind": LaneEventKind.LOAD_DECLARED, "declared_load_kg": float(number)}
                run.send(reading(ENTRY, f"load-{number}", first + number / 15, **said))
        run.send(one)
    passage = run.passages(PassageState.AT_LIGHT)[0]
    assert (passage.plate, passage.declared_load_kg) == ("ABC1234", 299.0)
    assert len(passage.readings) < 10


def test_a_stuck_entry_loop_does_not_push_a_waiting_vehicle_out() -> None:
    waiting = Car("waiting", 0.0, plate="ABC1234")
    run = LaneRun()
    for one in readings_of((waiting,)):
        if one.reading_id == "waiting-STOP_LINE_LOOP":
            for number in range(40):
                stuck = reading(ENTRY, f"stuck-{number}", 5.0 + number * 0.05)
                try:
                    run.send(stuck)
                except Rejected as refusal:
                    assert refusal.reason == "flood"
            for number in range(60):
                run.send(reading(ENTRY, f"slow-{number}", 10.0 + number * 0.6))
        run.send(one)
    passage = run.passages(PassageState.AT_LIGHT)[0]
    assert (passage.at_light_reading_id, passage.plate) == ("waiting-STOP_LINE_LOOP", "ABC1234")


def test_duplicate_ids_with_other_content_are_duplicates() -> None:
    run = run_under_way()
    again = reading(ENTRY, "only-ENTRY_LOOP", 0.4)
    assert run.send(again) == []
    assert run.fold.counters["duplicate_readings"] == 1


def test_nothing_refused_moves_the_lanes_clock() -> None:
    run = run_under_way()
    far = START + 3600 * SECOND
    assert refused(run, weighing(gross_weight_kg=-1.0, received_at=far, observed_at=far)) == "impossible_value"
    assert run.fold.take_changes() == {}
    run.send(heartbeat(5.0))
    assert run.passages(PassageState.FINAL) == []


def test_the_lane_beside_shares_nothing() -> None:
    run = LaneRun()
    mine = readings_of((Car("mine", 0.0, plate="ABC1234"),))
    theirs = [msgspec.structs.replace(one, lane_id="2301/04", reading_id=f"x{one.reading_id}") for one in mine]
    for one, other in zip(mine, theirs, strict=True):
        run.send(one, other)
    run.send(heartbeat(3600.0), heartbeat(3600.0, "2301/04"))
    final = run.passages(PassageState.FINAL)
    assert sorted(passage.lane_id for passage in final) == [LANE, "2301/04"]
    assert all(len(passage.readings) == len(mine) for passage in final)
