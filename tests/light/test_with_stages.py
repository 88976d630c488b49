"""Lights while stages, broker and light server are killed: always an answer in time, and the log has all of it."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.commands.keys import audited
from deploy.commands.up import running
from deploy.connection import Connection
from deploy.demo import log_of, prove, wait_for_workers
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child
from deploy.local.supervisor import Supervisor, border_command
from deploy.scrape import fetch
from deploy.settings import Settings, child_environment, load_settings
from deploy.stages import load_random_keys
from producers.publisher import Publisher
from schemas.records import Alert, AlertKind, LightAnswer, LightAnswerReason, Selection
from schemas.topics import ALERTS, LANE_DECISIONS, OUTCOMES
from tests.core.lanes.builders import LANE, START, Car, readings_of
from tests.support import eventually

pytestmark = pytest.mark.integration

WAIT_SECONDS = 2.0
# The light's bound is 3 s; this machine may be busy with much else.
BOUND_SECONDS = WAIT_SECONDS + 3.0
CARS = 24
CAR_SECONDS = 20.0


class Border:
    """A platform with its stages, a lane of cars that enter one by one, and a light server."""

    def __init__(self, platform: LocalPlatform, supervisor: Supervisor, settings: Settings) -> None:
        self.platform, self.supervisor, self.settings = platform, supervisor, settings
        first = time.time() - CARS * CAR_SECONDS - START / 1e6
        cars = [Car(f"car-{n}", first + n * CAR_SECONDS, f"AAA{n:04d}") for n in range(1, CARS + 1)]
        self.readings = {car.name: readings_of([car]) for car in cars}
        self.number = 0
        self.lights = 0
        self.ports: dict[str, int] = {}
        self.light: Child

    def next_car(self) -> int:
        """The next car comes to the light, and the one before has left; returns its number."""
        self.number += 1
        with Publisher(self.platform.broker, self.platform.codec) as publisher:
            for reading in (
                self.readings.get(f"car-{self.number - 1}", [])[-1:] + self.readings[f"car-{self.number}"][:-1]
            ):
                publisher.publish(reading)
        return self.number

    def start_light(self) -> None:
        """Start `border light` and wait until it listens."""
        self.lights += 1
        options = ("--lines-port", "0", "--http-port", "0", "--wait-seconds", str(WAIT_SECONDS), "--json")
        log = self.platform.directory / f"light-{self.lights}.log"
        own = ("--broker", self.platform.broker, "--registry-url", self.platform.registry_url)
        where = ("--state-directory", self.settings.state_directory)
        self.light = Child(
            "light", border_command("light", *options, *own, *where), log, child_environment(self.settings)
        )
        self.platform.add(self.light)

        def listening() -> dict[str, int] | None:
            lines = [line for line in log.read_text().splitlines() if line.startswith('{"lines_port"')]
            return json.loads(lines[0]) if lines else None

        self.ports = eventually(listening, 60, "the light server listening") or {}

    def kill_light(self) -> None:
        self.light.process.kill()
        self.light.process.wait()
        self.platform.remove(self.light)

    def send(self, number: int) -> socket.socket:
        """Ask for a vehicle's light, without waiting for the answer."""
        connection = socket.create_connection(("127.0.0.1", self.ports["lines_port"]), timeout=30)
        connection.sendall(f"LIGHT {LANE} {number} SIMULATED\n".encode())
        return connection

    def ask(self, number: int) -> str:
        """The light of a vehicle, which must come in time."""
        started = time.monotonic()
        light = answer_on(self.send(number))
        assert time.monotonic() - started < BOUND_SECONDS
        return light

    def values(self, topic: str, kind: type) -> list[Any]:
        return [record.value for record in log_of(self.platform, [topic]) if isinstance(record.value, kind)]

    def answer(self, number: int) -> LightAnswer | None:
        """What the log has of the answer to a vehicle."""
        found = [one for one in self.values(LANE_DECISIONS.name, LightAnswer) if one.passage_number == number]
        assert len({one.light for one in found}) <= 1  # who asks again in the dark is told the same again
        return found[0] if found else None

    def selection(self, number: int) -> Selection | None:
        found = [one for one in self.values(LANE_DECISIONS.name, Selection) if one.passage_number == number]
        return found[0] if found else None

    def alerts(self) -> list[Alert]:
        return [one for one in self.values(ALERTS.name, Alert) if one.kind is AlertKind.LIGHT_FALLBACK]

    def revisions(self, incident_id: str) -> list[int]:
        return [one.revision for one in self.alerts() if one.incident_id == incident_id]

    def tended(self, find: Callable[[], Any], what: str) -> Any:
        """Poll, and restart the stages that were killed or gave up."""

        def look() -> Any:
            self.supervisor.tend()
            return find()

        return eventually(look, 90, what)

    def undelivered(self) -> float:
        text = fetch(self.ports["http_port"], "/metrics") or ""
        (line,) = [line for line in text.splitlines() if line.startswith("border_light_undelivered ")]
        return float(line.split()[1])


def answer_on(connection: socket.socket) -> str:
    with connection, connection.makefile() as lines:
        light, _, rest = lines.readline().partition(" ")
    assert rest.startswith(LANE) and light in ("RED", "GREEN"), rest
    return light


def ask_while_the_stages_work(border: Border) -> None:
    number = border.next_car()
    chosen = border.tended(lambda: border.selection(number), "the selection of a car")
    assert border.ask(number) == chosen.light
    given = border.tended(lambda: border.answer(number), "its answer in the log")
    assert (given.reason, given.light, given.passage_id) == (
        LightAnswerReason.SELECTION,
        chosen.light,
        chosen.passage_id,
    )


def ask_before_the_selection(border: Border) -> None:
    """On a busy machine a selection may take longer than the wait: one car of several is enough."""
    for _ in range(5):
        asked = border.send(border.number + 1)
        number = border.next_car()
        light = answer_on(asked)
        given = border.tended(lambda number=number: border.answer(number), "its answer in the log")
        chosen = border.tended(lambda number=number: border.selection(number), "its selection")
        if given.reason is LightAnswerReason.SELECTION:
            assert light == given.light == chosen.light
            assert given.answered_at > given.asked_at
            return
    raise AssertionError("no selection of five came within the wait")


def ask_without_the_vehicles_stage(border: Border) -> None:
    border.supervisor.kill("vehicles-0")
    number = border.next_car()
    light = border.ask(number)
    eventually(lambda: border.answer(number), 60, "the fallback in the log")
    given = border.answer(number)
    assert given is not None and given.fallback and given.light == light
    (alert,) = eventually(lambda: [a for a in border.alerts() if a.passage_number == number], 60, "the alert")
    assert (alert.lane_id, alert.revision) == (LANE, 1)
    second = border.next_car()
    border.ask(second)
    border.tended(lambda: border.selection(second), "the selections that were missing")
    assert border.ask(number) == light  # its driver has seen it
    ask_while_the_stages_work(border)
    incident_id = alert.incident_id
    ended = [1, 2]  # told twice, as it began and as it was over
    border.tended(lambda: border.revisions(incident_id) == ended, "the end of the incident")
    assert len(border.alerts()) == len({(one.incident_id, one.revision) for one in border.alerts()})


def ask_without_a_broker(border: Border) -> None:
    border.platform.kill_broker()
    numbers = [border.number + 1, border.number + 2]
    told = [border.ask(number) for number in numbers]
    eventually(lambda: border.undelivered() >= len(numbers), 30, "what was told to be counted as undelivered")
    border.kill_light()
    border.start_light()
    assert [border.ask(number) for number in numbers] == told  # from the file alone
    border.platform.start_broker()
    border.tended(lambda: border.undelivered() == 0, "the delivery of what was told meanwhile")
    for number, light in zip(numbers, told, strict=True):
        given = border.tended(lambda number=number: border.answer(number), "its answer in the log")
        assert given.fallback and given.light == light
    border.next_car()
    border.next_car()
    assert [border.ask(number) for number in numbers] == told


def audit_of_the_day(border: Border) -> None:
    """Every lot was drawn with the key of port and day."""
    last = [one for one in border.values(LANE_DECISIONS.name, LightAnswer) if one.fallback][-1]
    keys = load_random_keys(border.settings.random_secret_path)
    platform = border.platform
    connection = Connection(border.settings, platform.broker, platform.registry_url, platform.codec)
    found = audited(dict([keys.key_of(last.port_code, last.answered_at)]), connection)
    assert found["wrong"] == 0 and found["checked"]


@pytest.mark.timeout(600)
def test_lights_are_told_in_time_whatever_is_killed_and_the_log_has_all_of_it(tmp_path: Path) -> None:
    settings = Settings(
        state_directory=str(tmp_path / "state"),
        kafka_port=0,
        registry_port=0,
        cache_directory=str(load_settings().cache_path),
    )
    with running(settings, Console(quiet=True)) as (platform, supervisor):
        wait_for_workers(settings, supervisor)
        border = Border(platform, supervisor, settings)
        border.start_light()
        ask_while_the_stages_work(border)
        ask_before_the_selection(border)
        ask_without_the_vehicles_stage(border)
        ask_without_a_broker(border)
        ask_while_the_stages_work(border)
        proof, tally = prove(platform, settings, supervisor)
        audit_of_the_day(border)
    assert proof.good and not tally.dead_letters
    assert proof.topics[ALERTS.name].expected >= 4 and proof.topics[OUTCOMES.name].expected > 0
