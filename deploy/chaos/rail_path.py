"""The trains stage on its real topics, fed by simulated trains at every partition."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.chaos.rail_feed import PORT, at_speed, rail_readings, twins_of
from producers.publisher import Publisher
from schemas.codec import Codec
from schemas.topics import ALERTS, RAIL_COVERAGE, RAIL_READINGS, TRAINS_CHANGELOG, Topic
from streams.core.light.questions import Question
from streams.core.stage import Stage
from streams.core.trains.stage import TrainsStage

# A partition hears of its trains some ten times a second, and one of 40 cars has passed within half a minute.
SPEED: Final = 20.0
FEED_DAYS_MAX: Final = 3.0


@dataclass(frozen=True)
class RailPath:
    """For a platform of its own, with nothing else on it."""

    run: str
    name: str = "rail"

    @property
    def light_secret(self) -> bytes | None:
        """It has no lights."""
        return None

    @property
    def stages(self) -> Sequence[Stage]:
        """TRAINS."""
        return (TrainsStage(),)

    @property
    def topics(self) -> Sequence[Topic]:
        """Without dead letters."""
        return RAIL_READINGS, RAIL_COVERAGE, ALERTS, TRAINS_CHANGELOG

    def feed(
        self, broker: str, codec: Codec, seed: int, stop: threading.Event, at_light: Callable[[Question], None]
    ) -> None:
        """Trains at Laredo and its twins, with lists, hand inspections and releases."""
        readings = rail_readings(TrainsStage(), seed, FEED_DAYS_MAX)
        with Publisher(broker, codec, RAIL_READINGS) as publisher:
            for reading in at_speed(readings, SPEED, twins_of(PORT), lambda: not stop.is_set(), publisher.poll):
                publisher.publish(reading)
