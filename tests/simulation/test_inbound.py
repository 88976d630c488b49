"""Simulated northbound lanes: those who live on the other side, hours earlier, without loads, officers or X-ray."""

from collections import Counter
from functools import cache

import pytest

from producers.simulator import SimulatedReading, find_scenario, simulate
from producers.simulator.actors import SMUGGLERS
from producers.simulator.scenario import at_port
from schemas.layout import Port, parse_port
from schemas.records import Direction, LaneEvent, LaneEventKind, PlateRead, XrayScan
from tests.core.ports import TEXT

# Two car lanes, a bus and two truck lanes southbound, and as many northbound.
NORTH = "".join(
    f'\n[[lanes]]\nnumbers = "N{numbers}"\nmode = "{mode}"\n'
    for numbers, mode in (("01-02", "PASSENGER"), ("03", "BUS"), ("04-05", "TRUCK"))
)
HOURS = 6


@cache
def port() -> Port:
    return parse_port(TEXT.replace("\n[policy]", f"{NORTH}\n[policy]"))


@cache
def day(inbound: bool) -> tuple[SimulatedReading, ...]:
    scenario = at_port(find_scenario("border-2023"), port())
    known = {port().code: port()}
    return tuple(simulate(scenario, seed=5, seconds=HOURS * 3600.0, known=known, inbound=inbound))


def north() -> list[SimulatedReading]:
    return [one for one in day(True) if "/N" in one.reading.lane_id]


def test_northbound_lanes_leave_the_southbound_ones_as_they_are() -> None:
    south = [one.reading for one in day(True) if "/N" not in one.reading.lane_id]
    assert south == [one.reading for one in day(False)]
    assert {one.reading.lane_id for one in north()} == {lane.lane_id for lane in port().northbound_lanes}


def test_nobody_brings_guns_north_and_neither_officer_nor_x_ray_of_ours_stands_there() -> None:
    readings = north()
    assert {one.reading.direction for one in readings} == {Direction.NORTHBOUND}
    assert not any(isinstance(one.reading, XrayScan) for one in readings)
    kinds = {one.reading.kind for one in readings if isinstance(one.reading, LaneEvent)}
    assert not kinds & {LaneEventKind.OFFICER_ASSIGNED, LaneEventKind.LOAD_DECLARED}
    passages = [one.passage for one in readings if one.passage is not None]
    assert passages and not any(one.contraband is not None or one.actor in SMUGGLERS for one in passages)


def test_some_who_come_north_go_south_too_and_commuters_hours_before() -> None:
    seen = {way: Counter[str]() for way in (True, False)}
    for one in day(True):
        if isinstance(one.reading, PlateRead) and one.passage is not None:
            seen["/N" in one.reading.lane_id][one.passage.vehicle.identity] += 1
    assert len(set(seen[True]) & set(seen[False])) > 10
    hours = {way: {name.split(" h")[1] for name in seen[way] if " h" in name} for way in seen}
    # It starts at 15:00 of the port's time; 11 hours from there are the small hours.
    assert {hour.split()[0] for hour in hours[False]} <= {str(hour) for hour in range(15, 21)}
    assert {hour.split()[0] for hour in hours[True]} <= {str((hour + 11) % 24) for hour in range(15, 21)}


def test_ports_without_northbound_lanes_have_no_inbound_feed_to_simulate() -> None:
    with pytest.raises(ValueError, match="none of these ports has northbound lanes"):
        simulate("rush-hour", inbound=True)
