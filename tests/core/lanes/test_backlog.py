"""What a crossing delivers after an outage: joined by the same fold, told as history, and never asking for a light."""

from typing import Any

import msgspec
import pytest

from producers.simulator import simulate
from schemas.layout import load_lanes, load_ports
from schemas.records import Alert, Crossing, OperatingMode, Passage, PassageState, Selection, Tick
from schemas.topics import ALERTS, LANE_BACKLOG, LANE_DECISIONS
from streams.core import vehicle_history as history
from streams.core.convoys.stage import ConvoysStage
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.random_draw import RandomKeys
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.vehicles.stage import VehiclesStage
from tests.core.lanes.builders import EXIT, FRONT, SECOND, STOP_LINE, Car, heartbeat, reading, readings_of
from tests.core.vehicles.builders import RULES, SECRET, add, entry, record

OUTAGE = 3 * 3600 * SECOND
QUEUE = [
    Car("a", 0.0, "ABC0001"),
    Car("b", 12.0, "ABC0002", missing=(EXIT,)),
    Car("c", 24.0, "ABC0003", missing=(STOP_LINE,)),
    Car("d", 36.0, "ABC0004"),
]


def folded(stage: LanesStage, readings: list[Any], late: int = 0) -> list[Output]:
    """What a stage writes of readings that reach the log this much later, microseconds, and of an hour's silence."""
    fold, outputs = stage.open(0, {}), list[Output]()
    for one in [*readings, heartbeat(3600.0)]:
        fold.advance(Record(one.lane_id.encode(), one, one.received_at + late), outputs)
    return outputs


def passages(outputs: list[Output]) -> list[Passage]:
    return [output.value for output in outputs if isinstance(output.value, Passage)]


def test_the_vehicles_are_those_that_the_lane_would_have_seen() -> None:
    readings = readings_of(QUEUE)
    live = [one for one in passages(folded(LanesStage(load_lanes()), readings)) if one.state is PassageState.FINAL]
    backlog = passages(folded(BacklogStage(load_lanes()), readings, OUTAGE))
    final = [one for one in backlog if one.state is PassageState.FINAL]
    assert [one.passage_id for one in final] == [f"2301/03/BACKLOG/SIMULATED/{number}" for number in (1, 2, 3, 4)]
    assert (
        [msgspec.structs.replace(one, passage_id=one.passage_id.replace("BACKLOG/", "")) for one in final] == live != []
    )


def test_nothing_asks_for_a_light_or_tells_the_time() -> None:
    outputs = folded(BacklogStage(load_lanes()), readings_of(QUEUE), OUTAGE)
    assert {one.state for one in passages(outputs)} == {PassageState.UPDATED, PassageState.FINAL}
    assert not any(output.urgent or isinstance(output.value, Tick) for output in outputs)


def test_what_does_not_belong_there_is_refused_by_the_backlogs_name() -> None:
    fold = BacklogStage(load_lanes()).open(0, {})
    with pytest.raises(Rejected, match=LANE_BACKLOG.name):
        fold.advance(Record(b"2301/03", Tick(source_topic="t", source_partition=0, watermark_at=1), 1), [])


def test_a_listed_plate_in_the_backlog_alerts_and_the_passage_is_history() -> None:
    vehicles: Fold = VehiclesStage(RULES, RandomKeys(SECRET), load_ports()).open(0, {})
    outputs = list[Output]()
    vehicles.advance(record(add(entry(plate="ABC0001"))), outputs)
    operational = [
        msgspec.structs.replace(one, operating_mode=OperatingMode.OPERATIONAL) for one in readings_of(QUEUE[:1])
    ]
    stage, closing = BacklogStage(load_lanes()).open(0, {}), heartbeat(3600.0, mode=OperatingMode.OPERATIONAL)
    made = list[Output]()
    for one in [*operational, closing]:
        stage.advance(Record(one.lane_id.encode(), one, one.received_at + OUTAGE), made)
    for one in made:
        vehicles.advance(Record(one.key, one.value, closing.received_at + OUTAGE), outputs)
    told = [output.value for output in outputs]
    assert [one.kind for one in told if isinstance(one, Alert)] == ["WATCHLIST_HIT"]
    assert not any(isinstance(one, Selection) for one in told)
    (known,) = history.decode(vehicles.take_changes()[b"o:" + made[-1].key] or b"").vehicles
    assert [passed.passage_id for passed in known.passages] == ["2301/03/BACKLOG/1"]


def test_hours_of_a_port_delivered_late_pass_every_stage_behind_and_no_light_is_told() -> None:
    """Live traffic of two hours, then what the line held back: three stages refuse none of what is made of either."""
    lanes, backlog = LanesStage(load_lanes()).open(0, {}), BacklogStage(load_lanes()).open(0, {})
    vehicles: Fold = VehiclesStage(RULES, RandomKeys(SECRET), load_ports()).open(0, {})
    outcomes, convoys = OutcomesStage().open(0, {}), ConvoysStage().open(0, {})
    readings = [
        (item.due_at_us, item.reading) for item in simulate("matamoros-2009", seed=5, seconds=7200.0) if item.reading
    ]
    cut, back = readings[0][0] + 1800 * SECOND, readings[0][0] + 5400 * SECOND
    live = [(lanes, at, one) for at, one in readings if not cut <= at < back]
    held = [(backlog, readings[-1][0], one) for at, one in readings if cut <= at < back]
    selected, remembered = set[str](), 0
    for fold, at, one in [*live, *held]:
        made = list[Output]()
        fold.advance(Record(one.lane_id.encode(), one, at), made)
        for passage in made:
            if isinstance(passage.value, Tick):
                continue
            told = list[Output]()
            vehicles.advance(Record(passage.key, passage.value, at), told)
            remembered += fold is backlog and passage.value.state is PassageState.FINAL  # type: ignore[attr-defined]
            for output in told:
                if isinstance(output.value, Selection):
                    selected.add(output.value.passage_id)
                if output.topic is LANE_DECISIONS:
                    outcomes.advance(Record(output.key, output.value, at), [])
                elif isinstance(output.value, Crossing):
                    convoys.advance(Record(output.key, output.value, at), [])
                else:
                    assert output.topic is ALERTS
    assert remembered > 30 and selected
    assert not any("BACKLOG" in passage_id for passage_id in selected)


def test_readings_of_a_flood_are_bounded_there_too() -> None:
    fold = BacklogStage(load_lanes()).open(0, {})
    with pytest.raises(Rejected, match="more than 20 readings"):
        for number in range(30):
            one = reading(FRONT, f"r{number}", 1.0)
            fold.advance(Record(b"2301/03", one, one.received_at + OUTAGE), [])
