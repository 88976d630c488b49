"""The light server of a run, and a controller that asks it for every vehicle, whatever else is killed meanwhile.

A light is late beyond BOUND_SECONDS: the wait that `light_wait_seconds` sets, and MARGIN_SECONDS.
"""

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.chaos.log import Logged
from deploy.local.processes import Child, free_port, wait_until_ready
from deploy.local.supervisor import border_command
from deploy.scrape import fetch
from deploy.settings import Settings, child_environment
from schemas.codec import Codec, UndecodableError
from schemas.records import Light, LightAnswer
from streams.core.light.questions import Question, passage_id_of

HOST: Final = "127.0.0.1"

# For both ends of the connection and the file in which an answer is kept before it is told, on a machine that is busy
# restarting what was killed. With the wait it makes the 3 s in which an officer must know (US Customs, 2001).
MARGIN_SECONDS: Final = 2.0
BOUND_SECONDS: Final = Settings.light_wait_seconds + MARGIN_SECONDS

# Whoever has no answer by then has none; beyond the bound it was late long before.
GIVE_UP_SECONDS: Final = 20.0


@dataclass
class Lights:
    """What controllers asked and were told. `told`: the light of each vehicle by its passage's id."""

    asked: int = 0
    answered: int = 0
    late: int = 0
    seconds_max: float = 0.0
    told: dict[str, Light] = field(default_factory=dict)
    by_lot: int = 0
    """Answers in the log that a lot gave."""

    server_seconds_max: float = 0.0
    """From question to answer by the server's own word: without the way to it, and without its turn to read."""

    not_logged: int = 0
    """Vehicles whose last answer in the log is not what they were told, or that have none."""

    @property
    def good(self) -> bool:
        """Every vehicle was told its light in time, and the log says so."""
        return 0 < self.asked == self.answered and not self.late and not self.not_logged

    def as_json(self) -> dict[str, Any]:
        """Its part of the line that `--json` prints."""
        return {
            "asked": self.asked,
            "answered": self.answered,
            "late": self.late,
            "by_lot": self.by_lot,
            "not_logged": self.not_logged,
            "seconds_max": round(self.seconds_max, 2),
            "server_seconds_max": round(self.server_seconds_max, 2),
            "bound_seconds": BOUND_SECONDS,
        }

    def hold_against(self, decisions: Iterable[Logged], codec: Codec) -> None:
        """Compare what was told with the log of the lanes' decisions."""
        logged: dict[str, tuple[int, Light]] = {}
        lots = set()
        for row in decisions:
            try:
                value = codec.decode(row.value)
            except UndecodableError:
                continue  # the oracle's to find
            if isinstance(value, LightAnswer) and value.passage_number is not None:
                vehicle = passage_id_of(value.lane_id, value.operating_mode, value.passage_number)
                logged[vehicle] = max(logged.get(vehicle, (0, value.light)), (value.answered_at, value.light))
                self.server_seconds_max = max(self.server_seconds_max, (value.answered_at - value.asked_at) / 1e6)
                if value.fallback:
                    lots.add(value.answer_id)
        self.by_lot = len(lots)
        self.not_logged = count_not_logged(self.told, {vehicle: light for vehicle, (_, light) in logged.items()})


def count_not_logged(told: Mapping[str, Light], logged: Mapping[str, Light]) -> int:
    """Vehicles of which the log does not say what they saw."""
    return sum(logged.get(vehicle) is not light for vehicle, light in told.items())


class Controller:
    """Asks a light server on a line each, from a thread of its own. `ask` may be called from any thread."""

    def __init__(self, lines_port: int, bound_seconds: float = BOUND_SECONDS) -> None:
        self._port, self._bound_seconds = lines_port, bound_seconds
        self._lights = Lights()
        self._under_way: set[Future[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="controller", daemon=True)
        self._thread.start()

    @property
    def answered(self) -> int:
        """How many were answered so far."""
        return self._lights.answered

    def ask(self, question: Question) -> None:
        """Ask for a vehicle that stands at the light, without waiting for the answer."""
        future = asyncio.run_coroutine_threadsafe(self._ask(question), self._loop)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)

    def finish(self) -> Lights:
        """Wait for the answers that are under way, end the thread, and tell how it went. To be called once."""
        wait(tuple(self._under_way), GIVE_UP_SECONDS + MARGIN_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return self._lights

    async def _ask(self, question: Question) -> None:
        lights, started = self._lights, time.monotonic()
        lights.asked += 1
        light = await self._answer(*words_of(question))
        seconds = time.monotonic() - started
        lights.seconds_max = max(lights.seconds_max, seconds)
        if light is not None:
            lights.answered += 1
            lights.told[question.vehicle] = light
        if light is None or seconds > self._bound_seconds:
            lights.late += 1

    async def _answer(self, verb: str, asked: str) -> Light | None:
        """The light, None if the server told none."""
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    writer.write(f"{verb} {asked}\n".encode())
                    said, _, to = (await reader.readline()).decode().strip().partition(" ")
                finally:
                    writer.close()
        except (TimeoutError, OSError):
            return None
        return Light(said) if to == asked and said in (Light.RED, Light.GREEN) else None


def words_of(question: Question) -> tuple[str, str]:
    """The line protocol's verb, and what its answer repeats."""
    if question.number is None:
        return "READING", f"{question.lane_id} {question.reading_id} {question.mode}"
    return "LIGHT", f"{question.lane_id} {question.number} {question.mode}"


class LightServer:
    """`border light` as a process, with a state directory of its own."""

    def __init__(self, directory: Path, secret: bytes, broker: str, registry_url: str) -> None:
        directory.mkdir()
        secret_path = directory / "random-secret"
        secret_path.touch(0o600)
        secret_path.write_bytes(secret)
        self.lines_port, self._http_port = free_port(), free_port()
        settings = Settings(
            state_directory=str(directory),
            random_secret_file=str(secret_path),
            broker=broker,
            registry_url=registry_url,
            light_lines_port=self.lines_port,
            light_http_port=self._http_port,
        )
        self.child = Child("light", border_command("light"), directory / "light.log", child_environment(settings))

    def wait(self, seconds: float) -> None:
        """Until it listens and has read the log. Raises UserError if it does not."""
        wait_until_ready(self.child, lambda: fetch(self._http_port, "/readyz") is not None, seconds)

    def stop(self) -> None:
        """End it; it delivers what is not in the log yet."""
        self.child.stop()
