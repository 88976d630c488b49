"""The inbound feed: readings of northbound lanes become passages that are history, and never ask for a light."""

import msgspec

from producers.simulator import Scenario, find_scenario, simulate
from producers.simulator.scenario import at_port
from producers.simulator.world import DEFAULT_START_AT
from schemas.layout import Port, lanes_of, load_ports, parse_port
from schemas.records import Direction, Passage, PassageState, Tick
from schemas.topics import ALERTS, CROSSINGS, LANE_DECISIONS
from streams.core.lanes import LanesStage
from streams.core.random_draw import RandomKeys
from streams.core.stage import Fold, Output, Record
from streams.core.vehicles.stage import VehiclesStage
from tests.core.lanes.builders import EXIT, SECOND, STOP_LINE, Car, heartbeat, readings_of
from tests.core.lanes.test_ports import advance, passages
from tests.core.ports import CODE, plain_text, port_change, text_with
from tests.core.vehicles.builders import RULES, SECRET

NORTH_LANE = f"{CODE}/N01"
BOTH_WAYS = plain_text("PASSENGER") + '\n[[lanes]]\nnumbers = "N01"\nmode = "PASSENGER"\n'
STAGE = LanesStage({})


def northbound(cars: list[Car], direction: Direction = Direction.NORTHBOUND) -> list[object]:
    return [msgspec.structs.replace(one, lane_id=NORTH_LANE, direction=direction) for one in readings_of(cars)]


def test_a_northbound_vehicle_is_told_once_as_it_has_left_and_never_asks_for_a_light() -> None:
    fold = STAGE.open(0, {})
    cars = [Car(f"car{number}", 12.0 * number, f"ABC{number:04d}") for number in range(3)]
    outputs = advance(fold, port_change(BOTH_WAYS), *northbound(cars), heartbeat(3600.0, NORTH_LANE))
    made = passages(outputs)
    assert [one.passage_id for one in made] == [f"{NORTH_LANE}/SIMULATED/{number}" for number in (1, 2, 3)]
    assert {(one.state, one.direction, one.revision) for one in made} == {(PassageState.FINAL, Direction.NORTHBOUND, 1)}
    assert [one.plate for one in made] == ["ABC0000", "ABC0001", "ABC0002"] and all(one.left_at for one in made)
    assert not any(output.urgent for output in outputs)


def test_in_a_northbound_lane_a_device_that_says_southbound_is_wrong() -> None:
    fold = STAGE.open(0, {})
    readings = northbound([Car("car", 0.0, "ABC1234")], Direction.SOUTHBOUND)
    (made,) = passages(advance(fold, port_change(BOTH_WAYS), *readings, heartbeat(3600.0, NORTH_LANE)))
    assert made.direction is Direction.NORTHBOUND


def test_a_northbound_lane_that_is_no_more_closes_who_stands_in_it() -> None:
    fold = STAGE.open(0, {})
    standing = northbound([Car("car", 0.0, "ABC1234", missing=(STOP_LINE, EXIT))])
    assert not passages(advance(fold, port_change(BOTH_WAYS), *standing))
    (made,) = passages(advance(fold, port_change(text_with())))
    assert (made.state, made.direction) == (PassageState.FINAL, Direction.NORTHBOUND)


def both_ways() -> tuple[Scenario, Port]:
    """The example's crossing with a northbound lane for its two southbound ones."""
    port = parse_port(BOTH_WAYS)
    return at_port(find_scenario("border-2023"), port), port


def test_simulated_vehicles_that_come_north_are_known_as_they_go_south_and_make_no_decision_or_alert() -> None:
    scenario, port = both_ways()
    known = {port.code: port}
    lanes: Fold = LanesStage(lanes_of(known)).open(0, {})
    vehicles: Fold = VehiclesStage(RULES, RandomKeys(SECRET), {**load_ports(), **known}).open(0, {})
    north, outputs = 0, list[Output]()
    morning = DEFAULT_START_AT + 15 * 3600 * SECOND  # 6:00, when those who work in the north go there
    for item in simulate(scenario, seed=3, start_at=morning, seconds=3600.0, known=known, inbound=True):
        made: list[Output] = []
        # Refuses none of the readings.
        lanes.advance(Record(item.reading.lane_id.encode(), item.reading, item.due_at_us), made)
        for one in made:
            if not isinstance(one.value, Tick):
                before = len(outputs)
                vehicles.advance(Record(one.key, one.value, item.due_at_us), outputs)
                if isinstance(one.value, Passage) and one.value.direction is Direction.NORTHBOUND:
                    north += 1
                    assert len(outputs) == before
    assert north > 40 and vehicles.counters["inbound_passages"] == north
    told = {(output.topic, output.key) for output in outputs if output.topic in (LANE_DECISIONS, ALERTS, CROSSINGS)}
    assert told and not any(b"/N" in key for _, key in told)
