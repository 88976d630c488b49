"""Simulated trains at every partition, in a time that goes faster; the broker's kill is only for who owns it."""

import time
from itertools import islice
from pathlib import Path

import pytest

from deploy.chaos.rail_feed import PORT, at_port, at_speed, twins_of
from deploy.cli import main
from producers.simulator.rail import RailWorld
from schemas.partitioning import partition_of
from schemas.records import CarTagRead, TrainConsist
from schemas.topics import RAIL_READINGS

SPEED = 2_000.0


def test_a_port_and_its_twins_reach_every_partition_once() -> None:
    partitions = [partition_of(code.encode(), RAIL_READINGS.partitions) for code in (PORT, *twins_of(PORT))]
    assert sorted(partitions) == list(range(RAIL_READINGS.partitions))


def test_a_reading_is_told_at_another_port_with_its_track_and_its_list() -> None:
    readings = [item.reading for item in islice(RailWorld(seconds=3_600, ports=["2304"], busier=20), 300)]
    tag = next(one for one in readings if isinstance(one, CarTagRead))
    listed = next(one for one in readings if isinstance(one, TrainConsist))
    there, list_there = at_port(tag, "9999"), at_port(listed, "9999")
    assert (there.port_code, there.track_id.partition("/")[0]) == ("9999", "9999")
    assert there.track_id.partition("/")[2] == tag.track_id.partition("/")[2]
    assert list_there.port_code == "9999" and list_there.train_id == listed.train_id


def test_trains_pass_at_a_speed_in_order_with_times_of_now_and_stop_when_told() -> None:
    readings = [item.reading for item in islice(RailWorld(seconds=7_200, ports=["2304"], busier=20), 1_500)]
    began, given = time.time_ns() // 1000, []
    for one in at_speed(iter(readings), SPEED, ["9999"], lambda: len(given) < 2_000, lambda: None):
        given.append(one)
        # handed over when it is due, and never before the gateway is said to have had it
        assert one.received_at <= time.time_ns() // 1000 + 1_000
    assert len(given) in (2_000, 2_001)
    own, other = given[::2], given[1::2]
    assert [one.reading_id for one in own] == [one.reading_id for one in readings[: len(own)]]
    assert [one.reading_id for one in other] == [one.reading_id for one in own[: len(other)]]
    assert {one.port_code for one in own} == {"2304"} and {one.port_code for one in other} == {"9999"}
    passing = [one.received_at for one in own if isinstance(one, CarTagRead)]
    assert began <= passing[0] <= passing[-1] <= time.time_ns() // 1000


def test_a_broker_that_is_not_ours_is_not_killed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    at = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
    assert main(["chaos", "--broker-kills", "1", *at]) == 1
    assert "needs a private platform" in capsys.readouterr().err
