"""A southern-border crossing joins the running platform: no worker restarts, and all of it is proved from the log."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from deploy.cli import main
from deploy.commands.up import running
from deploy.demo import log_of, prove, wait_for_workers
from deploy.local.platform import LocalPlatform
from deploy.port_publication import PARTITIONS
from deploy.settings import Settings, load_settings
from producers.publisher import Publisher
from producers.simulator import at_port, find_scenario, simulate
from schemas.layout import parse_port
from schemas.records import DeadLetter, Passage, PassageState, Selection
from schemas.topics import DEAD_LETTERS, LANE_DECISIONS, PASSAGES, Topic
from tests.core.ports import CODE, EXAMPLE, TEXT
from tests.support import eventually

pytestmark = pytest.mark.integration

US = 1_000_000
SEED = 20
# Two car lanes at rush hour: some 20 cars each in this time, six readings a car and the heartbeats.
SECONDS = 240.0


def readings_of_port() -> list[Any]:
    """What the new port's lanes say in four minutes that ended some minutes ago, in order of arrival."""
    port = parse_port(TEXT)
    start_at = int(time.time() - SECONDS - 600.0) * US
    world = at_port(find_scenario("rush-hour"), port)
    simulated = simulate(world, seed=SEED, start_at=start_at, seconds=SECONDS, known={CODE: port})
    return [item.reading for item in simulated]


def send(platform: LocalPlatform, readings: Sequence[Any]) -> None:
    with Publisher(platform.broker, platform.codec) as publisher:
        for reading in readings:
            publisher.publish(reading)


def values_of(platform: LocalPlatform, topic: Topic, kind: type) -> list[Any]:
    """Committed records of one type."""
    return [record.value for record in log_of(platform, [topic.name]) if isinstance(record.value, kind)]


def final_passages(platform: LocalPlatform) -> list[Passage]:
    """Vehicles of the new port that have left."""
    passages = values_of(platform, PASSAGES, Passage)
    return [one for one in passages if one.port_code == CODE and one.state is PassageState.FINAL]


def test_a_new_port_joins_the_running_platform_by_its_file_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    cache = str(load_settings().cache_path)
    settings = Settings(state_directory=str(state), kafka_port=0, registry_port=0, cache_directory=cache)
    readings = readings_of_port()
    early, first, rest = readings[:40], readings[40 : len(readings) // 2], readings[len(readings) // 2 :]
    where = ["--state-directory", str(state)]
    people = ["--by", "engineer-7", "--approved-by", "chief-2"]
    with running(settings, Console(quiet=True)) as (platform, supervisor):
        wait_for_workers(settings, supervisor)
        # Nobody knows the port: each of its readings is kept as a dead letter that says why.
        send(platform, early)
        dead = eventually(
            lambda: len(found := values_of(platform, DEAD_LETTERS, DeadLetter)) >= len(early) and found,
            60,
            "its first readings being refused",
        )
        assert Counter(letter.reason for letter in dead) == {"unknown_lane": len(early)}

        assert main(["ports", "publish", str(EXAMPLE), *people, *where]) == 0
        assert f"{CODE} Ciudad Hidalgo is in force from here on; 5 lanes of a new port" in capsys.readouterr().out
        send(platform, first)
        eventually(lambda: final_passages(platform), 60, "a vehicle leaving the new port")
        selections = eventually(lambda: values_of(platform, LANE_DECISIONS, Selection), 60, "its lights")
        assert {(one.port_code, one.propensity) for one in selections} == {(CODE, 0.1)}
        assert not supervisor.exits  # the workers are those that were up before

        def listed_ports() -> dict[str, Any]:
            assert main(["ports", "list", "--json", *where]) == 0
            return {port["code"]: port for port in orjson.loads(capsys.readouterr().out)["ports"]}

        def is_held_everywhere() -> bool:
            return bool(listed_ports()[CODE]["partitions"] == PARTITIONS)

        eventually(is_held_everywhere, 60, "lanes, backlog and vehicles holding the port")
        listed = listed_ports()
        assert listed[CODE]["published_by"] == "engineer-7"
        assert (listed["2301"]["partitions"], listed["2301"]["published_by"]) == (0, None)
        assert main(["ports", "show", CODE, *where]) == 0
        assert capsys.readouterr().out == TEXT

        # Whoever takes over from a dead worker knows the port from the changelog alone.
        supervisor.kill("lanes-0")
        supervisor.kill("vehicles-0")
        send(platform, rest)
        before = len(final_passages(platform))

        def more_have_left() -> bool:
            supervisor.tend()
            return len(final_passages(platform)) > before + 5

        eventually(more_have_left, 60, "vehicles leaving after both workers were killed")
        proof, tally = prove(platform, settings, supervisor)
        assert supervisor.exits == {"lanes-0": {-9: 1}, "vehicles-0": {-9: 1}}
    assert proof.good and tally.dead_letters["unknown_lane"] == len(early)
    assert tally.counts["readings"] == len(readings)
