"""Simulated devices that can be made to fail, and the controllers that ask for lights.

simulated border ─► what is wrong with its devices now ─► their gateways
                                                   └► a question for each vehicle at a light ─► the light server
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Final

import msgspec

from deploy.chaos.lights import Controller
from deploy.errors import UserError
from deploy.gateway_feed import GatewayFeed
from producers.emulators.simulated_speech import role_of
from producers.pacing import live, now_us
from producers.simulator import Scenario, SimulatedReading
from producers.simulator import simulate as simulated
from schemas.records import Heartbeat, LaneEvent, LaneEventKind, SensorRole
from streams.core.light.questions import Question

US: Final = 1_000_000
SECONDS_MAX: Final = 86_400.0

Place = tuple[str, SensorRole]
"""Lane and role of a device."""


class Devices:
    """All devices of a simulated border, at work in threads of their own. A context manager."""

    def __init__(self, world: Scenario, rate: float, seed: int, sites: Path, lines_port: int) -> None:
        self._readings = simulated(world, seed=seed, start_at=now_us(), seconds=SECONDS_MAX, rate=rate)
        self._sites = sites
        self._controller = Controller(lines_port)
        self._blind: frozenset[Place] = frozenset()
        self._ahead_us: dict[Place, int] = {}
        self._silent: str | None = None
        self._seen: Counter[Place] = Counter()
        self._failure: str | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="border", daemon=True)

    def blind(self, place: Place | None) -> None:
        """From now on this device sees no vehicle, though it lives; None: all see."""
        self._blind = frozenset() if place is None else frozenset({place})

    def set_clock(self, place: Place, ahead_seconds: float) -> None:
        """From now on this device's clock is so far ahead; 0: it is right."""
        self._ahead_us = {**self._ahead_us, place: int(ahead_seconds * US)}

    def silence(self, port_code: str | None) -> None:
        """From now on no device of this port says anything, nor does any vehicle pass; None: all go on."""
        self._silent = port_code

    def seen(self, place: Place) -> int:
        """How many vehicles a device has told something of."""
        return self._seen[place]

    def check(self) -> None:
        """Raises UserError if the devices cannot go on."""
        if self._failure is not None or not self._thread.is_alive():
            raise UserError(f"the simulated devices have ended: {self._failure or 'a day is over'}")

    @property
    def lights_told(self) -> int:
        """How many vehicles were told a light."""
        return self._controller.answered

    def __enter__(self) -> "Devices":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._controller.finish()

    def _work(self) -> None:
        try:
            with GatewayFeed(self._sites) as feed:
                items = takewhile(lambda _: not self._end.is_set(), live(self._readings))
                for item in feed.spoken(self._as_they_are(items)):
                    reading = item.reading
                    if isinstance(reading, LaneEvent) and reading.kind is LaneEventKind.AT_LIGHT:
                        # By the reading: of vehicles that a silent port has let through nobody keeps count.
                        mode = reading.operating_mode
                        self._controller.ask(Question(reading.lane_id, mode, None, reading.reading_id))
        except Exception as error:  # whatever it is, without devices there is no game
            self._failure = f"{type(error).__name__}: {error}"

    def _as_they_are(self, items: Iterable[SimulatedReading]) -> Iterator[SimulatedReading]:
        """What the devices say, with what is wrong with them."""
        for item in items:
            place = item.reading.lane_id, role_of(item.reading)
            if item.reading.lane_id.partition("/")[0] == self._silent:
                continue
            if not isinstance(item.reading, Heartbeat):
                if place in self._blind:
                    continue
                self._seen[place] += 1
            if ahead := self._ahead_us.get(place):
                moved = msgspec.structs.replace(item.reading, observed_at=item.reading.observed_at + ahead)
                yield item._replace(reading=moved)
            else:
                yield item
