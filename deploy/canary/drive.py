"""Crossings from their beginning to their end: readings said, selections heard, vehicles that leave their lanes."""

import itertools
import time
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Final

from deploy.canary.ear import Ear
from deploy.canary.voice import Voice
from producers.canary.book import CrossingBook, Verdict
from producers.canary.vehicle import LEAVES_AFTER_SECONDS, Vehicle
from schemas.layout import LaneLayout

ID_LETTERS: Final = 12


class Drive:
    """Vehicles that are under way. A context manager: at its end whoever stands in a lane leaves it."""

    def __init__(self, voice: Voice, ear: Ear, book: CrossingBook) -> None:
        self._voice, self._ear, self._book = voice, ear, book
        self._run_id = uuid.uuid4().hex[:ID_LETTERS]  # two canaries, or one started again, must not share ids
        self._numbers = itertools.count(1)
        self._leaving: deque[tuple[float, Vehicle]] = deque()

    @property
    def under_way(self) -> int:
        """Vehicles that have not left their lane."""
        return len(self._book) + len(self._leaving)

    def begin(self, lanes: Iterable[LaneLayout]) -> list[Verdict]:
        """A vehicle comes to the light of each lane; returns what its arrival ends."""
        verdicts = []
        for lane in lanes:
            number = next(self._numbers)
            vehicle = Vehicle(lane, f"canary-{self._run_id}-{number}", number, now_us())
            verdict = self._book.begin(vehicle, time.monotonic())
            self._voice.say(vehicle.approach())
            if verdict is not None:
                verdicts.append(verdict)
        return verdicts

    def look(self, seconds: float) -> list[Verdict]:
        """What has ended since the last look; waits so long for it."""
        selections = self._ear.hear(seconds)
        now = time.monotonic()
        heard = [self._book.see(selection, now) for selection in selections]
        ended = [verdict for verdict in heard if verdict is not None] + self._book.overdue(now)
        self._leaving += [(now + LEAVES_AFTER_SECONDS, verdict.vehicle) for verdict in ended]
        while self._leaving and self._leaving[0][0] <= now:
            _, vehicle = self._leaving.popleft()
            self._voice.say([vehicle.departure(now_us())])
        self._voice.poll()
        return ended

    def __enter__(self) -> "Drive":
        return self

    def __exit__(self, *_: object) -> None:
        there = [vehicle for _, vehicle in self._leaving] + self._book.forget()
        self._voice.say([vehicle.departure(now_us()) for vehicle in there])


def now_us() -> int:
    """This machine's clock, microseconds."""
    return time.time_ns() // 1000
