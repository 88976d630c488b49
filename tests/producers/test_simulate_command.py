"""`border simulate` as a user runs it, without Kafka."""

from pathlib import Path

import orjson
import pytest

from deploy.commands.simulate import run, simulate
from deploy.errors import UserError
from producers.simulator import simulate as simulated
from schemas.codec import body_of
from schemas.container import ContainerWriter, LogRecord, read_container
from schemas.topics import LANE_READINGS


def test_a_file_holds_the_world_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "day.avro"
    simulate("rush-hour", seed=5, seconds=60, out=out, json=True)
    summary = orjson.loads(capsys.readouterr().out)
    records = list(read_container(out))
    world = list(simulated("rush-hour", seed=5, seconds=60))
    assert [body_of(r.value) for r in records] == [body_of(item.reading) for item in world]
    assert [r.appended_at for r in records] == [item.due_at_us for item in world]
    assert {r.topic for r in records} == {LANE_READINGS.name}
    assert summary["readings"] == len(world)
    assert summary["stopped_early"] is False


def test_the_truth_names_every_reading_of_a_vehicle_and_every_passage(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    simulate("rush-hour", seed=5, seconds=300, out=tmp_path / "day.avro", truth=truth, json=True)
    lines = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
    world = [item for item in simulated("rush-hour", seed=5, seconds=300) if item.passage is not None]
    assert [line["truth"] for line in lines if "truth" in line] == [item.truth for item in world]
    passages = {(p["lane_id"], p["number"]): p["faults"] for line in lines if (p := line.get("passage"))}
    assert len(passages) == sum("passage" in line for line in lines)  # each once
    expected = {(p.lane_id, p.number): list(p.faults) for item in world if (p := item.passage)}
    assert passages == expected


def test_ctrl_c_leaves_a_readable_file(tmp_path: Path) -> None:
    def interrupted(item: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 500:
            raise KeyboardInterrupt

    seen, out = 0, tmp_path / "day.avro"
    with ContainerWriter(out) as writer:
        sinks = [lambda i: writer.write(LogRecord("t", 0, 0, i.due_at_us, None, i.reading)), interrupted]
        result = run(simulated("rush-hour", seconds=60), sinks, 60, quiet=True)
    assert result["stopped_early"] is True
    assert len(list(read_container(out))) == 500


def test_a_run_that_writes_nowhere_is_refused() -> None:
    with pytest.raises(UserError, match="nowhere to write to"):
        simulate("rush-hour")


def test_an_unknown_scenario_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="known: matamoros-2009"):
        simulate("matamoros", out=tmp_path / "day.avro")
    assert not (tmp_path / "day.avro").exists()
