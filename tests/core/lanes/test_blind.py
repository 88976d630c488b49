"""A sensor that has gone blind is told of once, one that is only poor is not, and it is told when it sees again."""

import math
import random

import pytest

from schemas.layout import load_lanes
from schemas.records import Alert, AlertKind, OperatingMode, SensorRole, Severity
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.lanes.blind import BLIND_PROBABILITY, COUNTED_MAX, MISSED_MIN, SEEN_MIN, Sight, log_probability
from streams.core.stage import Output, Record
from tests.core.crashes import folded_through_crashes
from tests.core.lanes.builders import EXIT, FRONT, SCALE, SECOND, STOP_LINE, Car, LaneRun, heartbeat, readings_of

WORKING, OUT = 40, 15


def queue(out: SensorRole, blind: range, number: int) -> list[Car]:
    """Cars 15 s apart; those of `blind` pass one sensor unseen."""
    return [Car(f"car{at}", 15.0 * at, f"ABC{at:04d}", missing=(out,) if at in blind else ()) for at in range(number)]


def alerts(outputs: list[Output]) -> list[Alert]:
    return [output.value for output in outputs if isinstance(output.value, Alert)]


def run_of(cars: list[Car]) -> LaneRun:
    run = LaneRun()
    run.send(*readings_of(cars))
    return run.finish()


# Without the exit loop vehicles are closed late, and the first that it sees again are given to others for a while.
OUTAGES = {
    SensorRole.ENTRY_LOOP: OUT,
    FRONT: OUT,
    SensorRole.REAR_CAMERA: OUT,
    SCALE: OUT,
    STOP_LINE: OUT,
    EXIT: 60,
}


@pytest.mark.parametrize("sensor", OUTAGES)
def test_one_that_stops_is_told_of_once_and_again_when_it_sees(sensor: SensorRole) -> None:
    out = OUTAGES[sensor]
    run = run_of(queue(sensor, range(WORKING, WORKING + out), WORKING + out + 40))
    begun, over = alerts(run.outputs)
    name = sensor.replace("_", " ").lower()
    assert (begun.kind, begun.severity, begun.revision) == (AlertKind.SENSOR_BLIND, Severity.SEVERE, 1)
    assert f"lane 2301/03: the {name} is blind" in begun.summary
    assert (over.severity, over.revision, over.incident_id) == (Severity.MINOR, 2, begun.incident_id)
    assert f"the {name} sees vehicles again; {out} passed it unseen" in over.summary
    assert over.operating_mode is OperatingMode.SIMULATED and over.alert_id != begun.alert_id
    assert run.fold.counters["sensors_blind"] == run.fold.counters["sensors_seeing_again"] == 1


def test_none_is_told_of_while_all_work_or_of_one_that_was_never_there() -> None:
    assert not alerts(run_of(queue(FRONT, range(0), 60)).outputs)
    assert not alerts(run_of(queue(SCALE, range(60), 60)).outputs)


def test_a_backlog_tells_of_none() -> None:
    fold, outputs = BacklogStage(load_lanes()).open(0, {}), list[Output]()
    for one in [*readings_of(queue(FRONT, range(WORKING, 60), 60)), heartbeat(7200.0)]:
        fold.advance(Record(one.lane_id.encode(), one, one.received_at + 3600 * SECOND), outputs)
    assert outputs and not alerts(outputs)


def test_crashes_and_restarts_change_no_alert_and_no_state() -> None:
    cars = queue(FRONT, range(WORKING, WORKING + OUT), WORKING + OUT + 10)
    log = [Record(one.lane_id.encode(), one, one.received_at) for one in [*readings_of(cars), heartbeat(7200.0)]]
    stage = LanesStage(load_lanes())
    straight, outputs, stored = stage.open(0, {}), list[Output](), dict[bytes, bytes | None]()
    for record in log:
        straight.advance(record, outputs)
    stored |= straight.take_changes()
    written, committed = folded_through_crashes(lambda state: stage.open(0, state), log, random.Random(4), 40)
    told = [value for value in written if isinstance(value, Alert)]
    assert told == alerts(outputs) != []
    assert committed == stored


@pytest.mark.parametrize(("in_row", "seen", "missed"), [(1, 30, 0), (7, 300, 9), (40, 55, 70)])
def test_the_probability_is_that_of_one_miss_after_the_other(in_row: int, seen: int, missed: int) -> None:
    product = math.prod((missed + 1 + one) / (seen + missed + 2 + one) for one in range(in_row))
    assert math.exp(log_probability(in_row, seen, missed)) == pytest.approx(product, rel=1e-9)


@pytest.mark.parametrize("rate", [0.3, 0.6, 0.9, 0.99])
def test_a_poor_sensor_is_not_called_blind_and_a_dead_one_is_soon(rate: float) -> None:
    drawn, sight = random.Random(f"blind {rate}"), Sight()
    for at in range(1, 100_000):
        assert not (sight.see() if drawn.random() < rate else sight.miss(at))
    assert sight.seen + sight.missed <= COUNTED_MAX
    assert sight.seen / (sight.seen + sight.missed) == pytest.approx(rate, abs=0.05)
    misses = next(one for one in range(1, 1_000) if sight.miss(100_000 + one))
    # What a sensor of exactly that rate would need, and a few more for what its last rows were.
    needed = max(MISSED_MIN, math.log(BLIND_PROBABILITY) / math.log(1.0 - rate))
    assert misses <= 1.2 * needed + 5


def test_one_that_has_seen_hardly_any_vehicle_is_not_judged() -> None:
    sight = Sight(seen=SEEN_MIN - 1)
    assert not any(sight.miss(at) for at in range(1, 5_000))


def test_one_vehicle_in_between_does_not_end_it_and_does_not_begin_another() -> None:
    sight = Sight(seen=500)
    assert [sight.miss(at) for at in range(1, MISSED_MIN + 1)] == [False] * (MISSED_MIN - 1) + [True]
    for _ in range(50):
        assert not sight.see()
        assert not any(sight.miss(at) for at in range(100, 115))
    assert [sight.see() for _ in range(3)] == [False, False, True]
    assert sight.missed_blind == MISSED_MIN + 50 * 15
    assert (sight.seen, sight.missed) == (500, 0)  # a fault is not its usual rate
