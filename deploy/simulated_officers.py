"""Simulated officers at a running platform: what the lanes select comes in, what they do of it goes out.

    border.lane.decisions.v1 ─► selections ─┐
    the simulator's own truth ──────────────┴► overrides, inspections, duties ─► border.lane.decisions.v1

Only the process that simulates the readings knows what a vehicle carries, so officers live in it.
"""

import time
from contextlib import ExitStack
from typing import Final

from deploy.connection import Connection
from producers.pacing import now_us
from producers.publisher import Publisher
from producers.simulator.loads import Contraband
from producers.simulator.officers import SimulatedOfficers
from producers.simulator.truth import SimulatedReading
from schemas.layout import is_canary_lane
from schemas.records import LaneEvent, LaneEventKind, Selection
from schemas.topics import LANE_DECISIONS
from streams.console.log_reader import LogReader

LOOK_EVERY_SECONDS: Final = 0.25

# Loads by AT_LIGHT reading until its selection comes, a second or so later; loaded vehicles are few.
LOADS_MAX: Final = 10_000


class OfficersAtWork:
    """Reads selections and tells what officers do. `look` does nothing if it was called just before."""

    def __init__(self, stack: ExitStack, officers: SimulatedOfficers, place: Connection) -> None:
        self._officers = officers
        self._reader = stack.enter_context(
            LogReader(place.broker, place.registry_url, place.codec, [LANE_DECISIONS.name], from_beginning=False)
        )
        self._publisher = stack.enter_context(Publisher(place.broker, place.codec, LANE_DECISIONS))
        self._loads: dict[str, Contraband] = {}
        self._looked_at = 0.0

    def note(self, item: SimulatedReading) -> None:
        """Remember what a vehicle at a light carries."""
        reading, load = item.reading, None if item.passage is None else item.passage.contraband
        if load is not None and isinstance(reading, LaneEvent) and reading.kind is LaneEventKind.AT_LIGHT:
            self._loads[reading.reading_id] = load
            if len(self._loads) > LOADS_MAX:
                del self._loads[next(iter(self._loads))]
        self.look()

    def look(self) -> None:
        """Take in selections and tell what is due."""
        started = time.monotonic()
        if started < self._looked_at + LOOK_EVERY_SECONDS:
            return
        self._looked_at, now = started, now_us()
        for duty in self._officers.duties(now):
            self._publisher.publish(duty)
        for received in self._reader.read(timeout_seconds=0.0):
            selection = received.log_record.value
            if isinstance(selection, Selection) and not is_canary_lane(selection.lane_id):
                load = self._loads.pop(selection.at_light_reading_id or "", None)
                self._officers.see(selection, load, now)
        for done in self._officers.due(now):
            self._publisher.publish(done)
        self._publisher.poll()
