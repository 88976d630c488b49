"""Readings to companions and back through all three stages on the real broker, two of them killed on the way."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.commands.up import running
from deploy.demo import log_of, prove, wait_for_workers
from deploy.local.platform import LocalPlatform
from deploy.local.supervisor import Supervisor
from deploy.reference_changes import additions, publish
from deploy.settings import Settings, load_settings
from producers.publisher import Publisher
from schemas.records import Association, Crossing, ListKind, Score
from schemas.topics import CROSSINGS, LANE_DECISIONS, PASSAGES, Topic
from tests.core.lanes.builders import START as BUILDERS_START
from tests.core.lanes.builders import Car, heartbeat, readings_of
from tests.core.vehicles.builders import entry
from tests.support import eventually

pytestmark = pytest.mark.integration

SCOUT, LOAD = "SCT1234", "LAD9876"
DAY_SECONDS = 24 * 3600
JOINT_CROSSINGS = 10
# The builders count from a day of their own; here the last crossing lies an hour ago.
FIRST = time.time() - 3600 - (JOINT_CROSSINGS + 3) * DAY_SECONDS - BUILDERS_START / 1e6


def send(platform: LocalPlatform, day: int, *plates: str) -> None:
    """One trip of these plates through a lane, each behind the other, at an odd hour; then time goes on."""
    enters = FIRST + day * DAY_SECONDS + day * 5 % 24 * 3600 - 20 * 3600
    cars = [Car(f"{plate}-{day}", enters + 30.0 * place, plate) for place, plate in enumerate(plates)]
    with Publisher(platform.broker, platform.codec) as publisher:
        for reading in (*readings_of(cars), heartbeat(enters + 900.0)):
            publisher.publish(reading)


def values_of(platform: LocalPlatform, topic: Topic, kind: type) -> list[Any]:
    """Committed records of one type."""
    return [record.value for record in log_of(platform, [topic.name]) if isinstance(record.value, kind)]


def awaited(supervisor: Supervisor, find: Callable[[], Any], what: str) -> Any:
    """Poll, and restart what was killed."""

    def tended() -> Any:
        supervisor.tend()
        return find()

    return eventually(tended, 40, what)


def test_companions_are_found_told_and_proved_whatever_is_killed(tmp_path: Path) -> None:
    settings = Settings(
        state_directory=str(tmp_path / "state"),
        kafka_port=0,
        registry_port=0,
        cache_directory=str(load_settings().cache_path),
    )
    with running(settings, Console(quiet=True)) as (platform, supervisor):
        wait_for_workers(settings, supervisor)
        now = time.time_ns() // 1000
        day = DAY_SECONDS * 1_000_000
        valid = {"valid_from_at": now - 30 * day, "valid_until_at": now + day}
        publish(
            additions([entry(plate=SCOUT, list_kind=ListKind.TRACE_LINKED, **valid)]), platform.broker, platform.codec
        )
        for number in range(JOINT_CROSSINGS):
            send(platform, number, SCOUT, LOAD)
            if number == JOINT_CROSSINGS // 2:
                for stage in ("vehicles-0", "convoys-0"):
                    supervisor.kill(stage)
        awaited(supervisor, lambda: values_of(platform, PASSAGES, Association), "the companions being told")
        assert values_of(platform, CROSSINGS, Crossing)
        send(platform, JOINT_CROSSINGS, SCOUT)
        awaited(
            supervisor,
            lambda: [
                said
                for said in values_of(platform, PASSAGES, Association)
                if said.passage_id.endswith(f"/{2 * JOINT_CROSSINGS + 1}") and said.hit_log_odds
            ],
            "the scout's hit being told to its companion",
        )
        send(platform, JOINT_CROSSINGS + 1, LOAD)
        awaited(
            supervisor,
            lambda: [
                score
                for score in values_of(platform, LANE_DECISIONS, Score)
                if {"convoy", "associate_of_hit"} <= {said.name for said in score.evidence}
                and "watchlist_exact" not in {said.name for said in score.evidence}
            ],
            "the companion's score inheriting from it",
        )
        proof, tally = prove(platform, settings, supervisor)
        assert supervisor.exits == {"vehicles-0": {-9: 1}, "convoys-0": {-9: 1}}
    assert proof.good and not tally.dead_letters
    assert proof.topics[PASSAGES.name].expected > 0 and proof.topics[CROSSINGS.name].expected > 0
