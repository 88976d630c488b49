"""`border simulate rail-2023` as a user runs it: into a file, and live into a real Kafka."""

import time
from pathlib import Path

import orjson
import pytest

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from deploy.rail_simulation import log_record
from producers.simulator.rail import RailWorld
from schemas.codec import body_of
from schemas.container import read_container
from schemas.records import HandInspection, TrainEvent, TrainEventKind
from schemas.topics import RAIL_READINGS
from streams.console.log_reader import LogReader
from tests.support import eventually

RAIL = ("simulate", "rail-2023", "--json")


def test_a_file_holds_the_world_in_order_and_the_truth_stands_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, truth = tmp_path / "rail.avro", tmp_path / "trains.jsonl"
    assert main([*RAIL, "--port", "2604", "--days", "2", "--seed", "4", "--out", str(out), "--truth", str(truth)]) == 0
    world = list(RailWorld(4, seconds=2 * 86_400.0, ports=["2604"]))
    records = list(read_container(out))
    assert [body_of(r.value) for r in records] == [body_of(item.reading) for item in world]
    assert [r.appended_at for r in records] == [item.due_at_us for item in world]
    assert {(r.topic, r.key) for r in records} == {(RAIL_READINGS.name, b"2604")}
    assert [r.offset for r in records] == list(range(len(world)))
    assert orjson.loads(capsys.readouterr().out)["readings"] == len(world)
    lines = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
    trains = {item.train.train_id: item.train for item in world}
    assert sorted(line["train_id"] for line in lines) == sorted(trains)
    assert all(len(line["equipment"]) == len(trains[line["train_id"]].equipment) for line in lines)
    told = b"".join(body_of(record.value) for record in records)
    assert b"contraband" not in told and b"anomal" not in told


def test_people_at_the_yard_act_on_what_the_stage_says_and_more_trains_leave_covered(tmp_path: Path) -> None:
    inspected = {}
    for people in ((), ("--officers", "1")):
        out = tmp_path / f"rail{len(people)}.avro"
        assert main([*RAIL, "--port", "2507", "--days", "4", "--seed", "6", *people, "--out", str(out)]) == 0
        values = [record.value for record in read_container(out)]
        inspected[people] = sum(isinstance(value, HandInspection) for value in values)
        assert any(isinstance(v, TrainEvent) and v.kind is TrainEventKind.RELEASED for v in values)
    assert inspected[("--officers", "1")] > inspected[()]  # without them only seals are looked at, by lot


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--out x --smuggling 0.1", "are of lanes; leave them out for rail"),
        ("--out x --inbound", "are of lanes; leave them out for rail"),
        ("--out x --port 2305", "port 2305 has no rail portal; there are 2301, 2303, 2304, 2402, 2507, 2604"),
        ("", "nowhere to write to; give --out FILE or --to-kafka"),
    ],
)
def test_what_trains_have_no_use_for_is_refused(
    arguments: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*RAIL, *arguments.split()]) == 1
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.integration
def test_a_live_world_comes_into_kafka_with_the_present_time_in_it(platform: LocalPlatform) -> None:
    started = time.time_ns() // 1000
    place = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    # 2,000 readings a second are some 3,000 simulated seconds a second, so that a few hours take a few seconds.
    options = ("--port", "2303", "--seconds", "3600", "--rate", "2000", "--officers", "1", "--seed", "9")
    assert main([*RAIL, "--to-kafka", *options, *place]) == 0
    ended = time.time_ns() // 1000
    values = []
    with LogReader(*place[1::2], platform.codec, [RAIL_READINGS.name], from_beginning=True) as reader:

        def has_released() -> bool:
            read = [received.log_record for received in reader.read(timeout_seconds=0.2)]
            values.extend(record.value for record in read if record.key == b"2303")  # other tests have other ports
            released = [one for one in values if isinstance(one, TrainEvent) and one.kind is TrainEventKind.RELEASED]
            return bool(released) and len(values) > 500

        eventually(has_released, what="the readings of a train, and its release")
    minute = 60_000_000  # of the wall: simulated times span hours
    assert all(started - minute <= value.received_at <= ended + minute for value in values)


def test_a_record_of_the_log_is_keyed_by_port() -> None:
    item = next(iter(RailWorld(1, seconds=5 * 86_400.0, ports=["2402"])))
    record = log_record(item, 7)
    assert (record.key, record.offset, record.appended_at) == (b"2402", 7, item.due_at_us)
