"""The join in each situation of a lane, with vehicles made by hand."""

import msgspec
import pytest

from schemas.records import LaneEventKind, Passage, PassageState, SensorRole
from streams.core.plates import plate_key
from streams.core.stage import Rejected
from tests.core.lanes.builders import (
    ENTRY,
    EXIT,
    FRONT,
    REAR,
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

PLATES = ("ABC1234", "KTR8052", "PXN6617", "DWH3940")


def queue(headway: float = 12.0, **of_second: object) -> tuple[Car, Car, Car]:
    """Three cars; keyword arguments are for the one in the middle."""
    cars = [Car(name, headway * place, plate=PLATES[place]) for place, name in enumerate(("first", "second", "third"))]
    for name, value in of_second.items():
        setattr(cars[1], name, value)
    return cars[0], cars[1], cars[2]


def test_cars_well_apart_get_a_passage_each() -> None:
    cars = queue()
    run = folded(cars)
    assert run.joined() == apart(*cars)
    assert [passage.plate for passage in run.passages(PassageState.FINAL)] == list(PLATES[:3])
    assert all(passage.front_rear_agree for passage in run.passages(PassageState.FINAL))


def test_two_cars_close_together_are_kept_apart() -> None:
    cars = queue(headway=1.7)  # 7 m from front bumper to front bumper at 4.2 m/s
    assert folded(cars).joined() == apart(*cars)


def test_a_read_of_the_car_before_goes_to_the_car_before() -> None:
    # The first one's rear read reaches the gateway after the second one's front read.
    first, second, third = queue(headway=2.5)
    first.delays = {REAR: 2.5}
    readings = readings_of((first, second, third))
    order = [one.reading_id for one in readings]
    assert order.index("second-FRONT_CAMERA") < order.index("first-REAR_CAMERA")
    run = LaneRun()
    run.send(*readings)
    assert run.finish().joined() == apart(first, second, third)


def test_front_and_rear_that_disagree_stay_with_one_car() -> None:
    cars = queue(rear_plate="ZZB7719")
    run = folded(cars)
    assert run.joined() == apart(*cars)
    assert [passage.front_rear_agree for passage in run.passages(PassageState.FINAL)] == [True, False, True]


@pytest.mark.parametrize("role", [ENTRY, FRONT, REAR, SCALE, STOP_LINE, EXIT])
def test_a_missing_sensor_leaves_the_others_together_and_is_named(role: SensorRole) -> None:
    cars = queue(missing=(role,))
    run = folded(cars)
    assert run.joined() == apart(*cars)
    silent = [set(passage.silent_sensors) for passage in run.passages(PassageState.FINAL)]
    assert [role in one for one in silent] == [False, True, False]


def test_a_late_reading_is_added_to_its_car_after_the_light_was_asked_for() -> None:
    cars = queue(delays={SCALE: 5.0})
    run = folded(cars)
    assert run.joined() == apart(*cars)
    of_second = [p for p in run.passages() if p.plate == PLATES[1]]
    assert [p.state for p in of_second] == [PassageState.AT_LIGHT, PassageState.UPDATED, PassageState.FINAL]
    assert [p.gross_weight_kg for p in of_second] == [None, 1500.0, 1500.0]


def test_a_repeated_reading_changes_nothing_and_is_counted() -> None:
    readings = readings_of(queue())
    run, twice = LaneRun(), LaneRun()
    run.send(*readings)
    for one in readings:
        twice.send(one)
        assert twice.send(one) == []
    assert twice.written() == run.written()
    assert twice.fold.counters["duplicate_readings"] == len(readings)


def test_a_tailgater_gets_a_passage_of_its_own() -> None:
    # It follows 5.2 m from front to front and does not stop for its light.
    cars = queue(headway=1.5, gap_m=5.2, light_seconds=0.0)
    assert folded(cars).joined() == apart(*cars)


def test_a_vehicle_that_backs_out_is_closed_without_a_light_and_disturbs_nobody() -> None:
    first, second, third = queue(missing=(REAR, SCALE, STOP_LINE, EXIT))
    # It turned back 4 s after it came, long before the third.
    back = reading(ENTRY, "second-back", second.enters + 4.0, kind=LaneEventKind.BACKED_OUT)
    run = LaneRun()
    run.send(*sorted([*readings_of((first, second)), *readings_of((third,)), back], key=lambda one: one.received_at))
    run.finish()
    expected = apart(first, second, third)
    next(one for one in expected if "second-ENTRY_LOOP" in one).append("second-back")
    assert run.joined() == sorted(sorted(one) for one in expected)
    assert len(run.passages(PassageState.AT_LIGHT)) == 2


def test_stop_and_go_keeps_the_order_of_the_queue() -> None:
    cars = [
        Car("first", 0.0, plate=PLATES[0], halts={SCALE: 25.0}, light_seconds=40.0),
        Car("second", 3.0, plate=PLATES[1], halts={REAR: 12.0}),
        Car("third", 6.0, plate=PLATES[2], halts={FRONT: 7.0}),
        Car("fourth", 9.0, plate=PLATES[3]),
    ]
    assert folded(cars).joined() == apart(*cars)


@pytest.mark.parametrize("seconds", [0.3, -0.3])
def test_a_camera_clock_0_3_s_off_does_not_matter(seconds: float) -> None:
    cars = queue(headway=2.5)
    assert folded(cars, {FRONT: seconds, REAR: -seconds}).joined() == apart(*cars)


def test_without_at_light_the_passage_is_only_final_and_asks_for_no_light() -> None:
    run = folded(queue(missing=(STOP_LINE,)))
    of_second = [passage for passage in run.passages() if passage.plate == PLATES[1]]
    assert [(passage.state, passage.revision) for passage in of_second] == [(PassageState.FINAL, 1)]
    assert of_second[0].at_light_at is None


def test_without_left_the_car_is_closed_when_the_next_one_has_left() -> None:
    first, second, third = queue(missing=(EXIT,))
    run = LaneRun()
    run.send(*readings_of((first, second, third)))
    run.send(heartbeat(third.enters + 60.0))
    assert run.joined() == apart(first, second, third)


def test_final_comes_only_after_the_car_has_left_and_its_late_readings_had_their_time() -> None:
    run = LaneRun()
    for one in readings_of((Car("only", 0.0, plate=PLATES[0]),)):
        run.send(one)
        assert run.passages(PassageState.FINAL) == []
    left_at = run.passages()[-1].watermark_at
    run.send(heartbeat((left_at - START) / SECOND + 8.0))
    assert run.passages(PassageState.FINAL) == []
    run.finish()
    assert [passage.state for passage in run.passages()] == [PassageState.AT_LIGHT, PassageState.FINAL]
    assert run.passages()[-1].left_at is not None


def test_revision_1_at_the_light_is_written_at_once_and_alone_is_urgent() -> None:
    run = LaneRun()
    urgent: dict[str, Passage] = {}
    for one in readings_of(queue(delays={SCALE: 5.0})):
        before = len(run.written())
        run.send(one)
        for _, passage, is_urgent in run.written()[before:]:
            if is_urgent:
                urgent[one.reading_id] = passage
    run.finish()
    assert list(urgent) == [f"{name}-STOP_LINE_LOOP" for name in ("first", "second", "third")]
    for reading_id, passage in urgent.items():
        assert (passage.state, passage.revision) == (PassageState.AT_LIGHT, 1)
        assert passage.at_light_reading_id == reading_id
    assert sum(output.urgent for output in run.outputs) == 3


def test_a_plate_that_changes_retracts_the_old_key_under_the_old_key() -> None:
    # The rear camera's sure read comes late and overrules the front camera's unsure one.
    car = Car("only", 0.0, plate=PLATES[0], rear_plate=PLATES[1], delays={REAR: 8.0})
    readings = readings_of((car,))
    unsure = [msgspec.structs.replace(one, confidence=0.3) for one in candidates(PLATES[0])]
    readings = [
        msgspec.structs.replace(one, candidates=tuple(unsure)) if one.reading_id == "only-FRONT_CAMERA" else one
        for one in readings
    ]
    run = LaneRun()
    run.send(*readings)
    run.finish()
    written = [(key, passage.state, passage.revision) for key, passage, _ in run.written()]
    old, new = plate_key(PLATES[0]), plate_key(PLATES[1])
    assert written == [
        (old, PassageState.AT_LIGHT, 1),
        (old, PassageState.RETRACTED, 2),
        (new, PassageState.UPDATED, 3),
        (new, PassageState.FINAL, 4),
    ]
    assert [passage.plate_key for _, passage, _ in run.written()] == [old, old, new, new]


def test_a_car_alone_in_the_lane_that_only_the_stop_line_saw_still_gets_its_light() -> None:
    car = Car("only", 0.0, missing=(ENTRY, FRONT, REAR, SCALE))
    run = folded((car,))
    assert run.joined() == apart(car)
    assert len(run.passages(PassageState.AT_LIGHT)) == 1


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.9])
def test_a_stop_line_that_speaks_again_asks_for_no_second_light(seconds: float) -> None:
    cars = queue()
    run = LaneRun()
    for one in readings_of(cars):
        run.send(one)
        if one.reading_id == "second-STOP_LINE_LOOP":
            run.send(reading(STOP_LINE, "again", (one.observed_at - START) / SECOND + seconds))
    run.finish()
    asked = [passage.at_light_reading_id for passage in run.passages(PassageState.AT_LIGHT)]
    assert asked == [f"{car.name}-STOP_LINE_LOOP" for car in cars]
    assert run.joined() == apart(*cars)
    assert run.fold.counters["loop_bounces"] == 1


def test_the_next_vehicle_asks_for_its_light_though_the_one_before_hardly_stopped() -> None:
    cars = (Car("first", 0.0, plate=PLATES[0], light_seconds=0.2), Car("second", 2.2, plate=PLATES[1]))
    run = folded(cars)
    assert [passage.plate for passage in run.passages(PassageState.AT_LIGHT)] == list(PLATES[:2])


def test_a_silent_exit_loop_leaves_the_join_and_the_lights_whole() -> None:
    cars = [Car(f"car{number}", 12.0 * number, plate=f"KTR{number:04d}", missing=(EXIT,)) for number in range(80)]
    run = folded(cars)
    assert run.joined() == apart(*cars)
    assert [passage.plate for passage in run.passages(PassageState.AT_LIGHT)] == [car.plate for car in cars]


def test_a_queue_that_rolls_past_the_light_asks_for_the_light_of_each() -> None:
    cars = [Car(f"car{number}", 1.6 * number, plate=f"KTR{number:04d}", light_seconds=0.0) for number in range(20)]
    run = folded(cars)
    assert run.joined() == apart(*cars)
    asked = [passage.at_light_reading_id for passage in run.passages(PassageState.AT_LIGHT)]
    assert asked == [f"{car.name}-STOP_LINE_LOOP" for car in cars]


@pytest.mark.parametrize("kind", [STOP_LINE, EXIT])
@pytest.mark.parametrize("years", [1.0, 0.0])
def test_a_loop_whose_clock_stands_still_is_not_one_that_bounces(kind: SensorRole, years: float) -> None:
    cars = [Car(f"car{number}", 12.0 * number, plate=f"KTR{number:04d}") for number in range(10)]
    stands_at = START + 20 * SECOND - round(years * 365 * 86_400) * SECOND
    run = LaneRun()
    for one in readings_of(cars):
        try:
            run.send(msgspec.structs.replace(one, observed_at=stands_at) if kind.value in one.reading_id else one)
        except Rejected as refusal:
            assert (kind, refusal.reason) == (EXIT, "late")
    run.finish()
    assert "loop_bounces" not in run.fold.counters
    assert len(run.passages(PassageState.AT_LIGHT)) == len(cars)


@pytest.mark.parametrize("seconds", [-9.0, -20.0, -60.0, -299.0])
def test_a_stop_line_whose_clock_is_slow_asks_for_every_light(seconds: float) -> None:
    cars = [Car(f"car{number}", 12.0 * number, plate=f"KTR{number:04d}") for number in range(20)]
    run = folded(cars, {STOP_LINE: seconds})
    asked = {passage.at_light_reading_id for passage in run.passages(PassageState.AT_LIGHT)}
    assert asked == {f"{car.name}-STOP_LINE_LOOP" for car in cars}
