"""A port's file: what it says, and what is refused, by key and reason."""

from itertools import pairwise
from pathlib import Path

import pytest

from schemas.layout import LENGTH_M, PORTS_DIRECTORY, SENSORS, lanes_of, load_lanes, load_ports, mirrored, parse_port
from schemas.records import LaneMode, SensorRole
from tests.core.ports import CAR_LANE, CODE, EXAMPLE, TEXT, text_with


def test_the_example_says_what_it_says() -> None:
    port = parse_port(TEXT)
    assert (port.code, port.state, port.latitude_deg, port.longitude_deg) == (CODE, "MX-CHP", 14.68, -92.15)
    assert (port.utc_offset_hours, port.random_propensity) == (-6.0, 0.1)
    modes = [LaneMode.PASSENGER] * 2 + [LaneMode.BUS] + [LaneMode.TRUCK] * 2
    assert [(lane.lane_id, lane.mode) for lane in port.lanes] == [
        (f"{CODE}/{number:02d}", mode) for number, mode in enumerate(modes, 1)
    ]
    assert port.lanes[0].lane_id == CAR_LANE and port.lanes[0].port_code == CODE
    assert port.lanes[0].places_m[SensorRole.EXIT_LOOP] == 32.0 and port.lanes[4].places_m[SensorRole.EXIT_LOOP] == 94.0


def test_northbound_lanes_are_named_by_their_numbers_and_stand_apart_from_those_with_a_light() -> None:
    port = parse_port((EXAMPLE.parent / "2301-inbound.toml").read_text())
    north = [lane.lane_id for lane in port.northbound_lanes]
    assert north[0] == "2301/N01" and len(north) == len(port.lanes) == 23
    assert all(lane.is_northbound for lane in port.northbound_lanes)
    assert not any(lane.is_northbound for lane in load_lanes().values())
    assert set(lanes_of({port.code: port})) == {*north, *[lane.lane_id for lane in port.lanes]}
    assert port.lanes == load_ports()["2301"].lanes and port.northbound_lanes == tuple(map(mirrored, port.lanes))


def test_every_port_that_comes_with_the_platform_has_its_own_right_file() -> None:
    assert {file.stem for file in PORTS_DIRECTORY.glob("*.toml")} == set(load_ports())
    for lane in load_lanes().values():
        seen = [
            lane.places_m[role] + (LENGTH_M[lane.mode] if role is SensorRole.REAR_CAMERA else 0.0) for role in SENSORS
        ]
        assert all(before < after for before, after in pairwise(seen)), lane.lane_id


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('code = "MX-370"', 'code = "370"', "`$.code`"),
        ('code = "MX-370"', 'code = "MX 370"', "`$.code`"),
        ('code = "MX-370"', 'code = "MX-370\\n"', "`$.code`"),
        ('code = "MX-370"', 'code = "2301"', "code: 2301 and state MX-CHP are of two countries"),
        ('state = "MX-CHP"', 'state = "US-TX"', "are of two countries"),
        ('name = "Ciudad Hidalgo"', 'name = "Ciudad\\u202e"', "name: holds a character"),
        ('name = "Ciudad Hidalgo"\n', "", "required field `name`"),
        ("latitude_deg = 14.68", "latitude_deg = 146.8", "`$.latitude_deg`"),
        ("latitude_deg = 14.68", "latitude_deg = nan", "latitude_deg"),
        ("longitude_deg = -92.15", "longitude_deg = -inf", "longitude_deg"),
        ("utc_offset_hours = -6", "utc_offset_hours = -600", "`$.utc_offset_hours`"),
        ("utc_offset_hours = -6", "utc_offset_hours = -6\ntimezone = 1", "unknown field `timezone`"),
        ("XRAY = 18.0", "XRAYS = 18.0", "layouts.short.XRAYS: no sensor of a lane; they are ENTRY_LOOP,"),
        ("XRAY = 18.0\n", "", "layouts.short: lacks XRAY"),
        ("XRAY = 18.0", "XRAY = nan", "layouts.short.XRAY: must lie in 0 to 250 metres"),
        ("EXIT_LOOP = 32.0", "EXIT_LOOP = 3200.0", "layouts.short.EXIT_LOOP: must lie in 0 to 250 metres"),
        ("ENTRY_LOOP = 0.0", "ENTRY_LOOP = 1.0", "layouts.short.ENTRY_LOOP: places are counted"),
        # 9 + 4.8 = 13.8 m, and the scale stands at 13 m
        ("REAR_CAMERA = 6.0", "REAR_CAMERA = 9.0", "layouts.short.SCALE: a vehicle of 4.8 m"),
        ("STOP_LINE_LOOP = 25.0", "STOP_LINE_LOOP = 17.0", "layouts.short.STOP_LINE_LOOP: a vehicle of 4.8 m"),
        ('mode = "BUS"', 'mode = "BUS"\nlayout = "short"', "layouts.short.SCALE: a vehicle of 12 m"),
        ('layout = "short"\n', "", "layouts.short: no lane has this layout"),
        ('layout = "short"', 'layout = "long"', "lanes[0].layout: there is no [layouts.long]"),
        ('numbers = "03"', 'numbers = "02-03"', "lanes[1].numbers: lane 02 stands here twice"),
        ('numbers = "03"', 'numbers = "00"', "lanes[1].numbers: lanes are counted from 01"),
        ('numbers = "04-05"', 'numbers = "05-04"', "lanes[2].numbers: lanes are counted from 01, and 05-04 must rise"),
        ('numbers = "03"', 'numbers = "3"', "`$.lanes[1].numbers`"),
        ('numbers = "03"', 'numbers = "S03"', "`$.lanes[1].numbers`"),
        ('numbers = "03"', 'numbers = "N00"', "lanes[1].numbers: lanes are counted from 01"),
        ('numbers = "03"', 'numbers = "N03-02"', "lanes[1].numbers: lanes are counted from 01, and N03-02 must rise"),
        ('mode = "BUS"', 'mode = "TRAM"', "`$.lanes[1].mode`"),
        ('mode = "BUS"', 'mode = "UNKNOWN"', "lanes[1].mode: must be one of PASSENGER, BUS, TRUCK"),
        ("random_propensity = 0.1", "random_propensity = 0.0", "`$.policy.random_propensity`"),
        ("random_propensity = 0.1", "random_propensity = nan", "random_propensity"),
        ("random_propensity = 0.1", "propensity = 0.1", "unknown field `propensity`"),
        ("latitude_deg = 14.68", "latitude_deg = " + "9" * 5000, "not a port"),
        ("[policy]", "[policy", "not a port"),
        ("[policy]", "x = " + "[" * 3000 + "]" * 3000 + "\n[policy]", "not a port"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(was: str, now: str, said: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_port(text_with((was, now)))
    assert said in str(refusal.value)


def test_a_file_of_another_name_than_its_ports_code_is_found(tmp_path: Path) -> None:
    (tmp_path / "2399.toml").write_text(TEXT)
    with pytest.raises(ValueError, match=r"2399\.toml: code: MX-370 is not the name of the file"):
        load_ports(tmp_path)
