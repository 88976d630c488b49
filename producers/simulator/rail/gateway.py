"""The gateway between devices and log: clocks that are off, readings that come late, deliveries that are repeated."""

from collections.abc import Callable
from random import Random
from typing import Final

from msgspec.structs import replace

from producers.simulator.rail.scenario import DeliveryRates
from producers.simulator.rail.truth import RailReading
from schemas.records import TrainConsist

US: Final = 1_000_000
LATENCY_SECONDS: Final = (0.02, 0.3)

Deliver = Callable[[int, RailReading, bool], None]
"""Takes the time at which a reading reaches the log, the reading, and whether it is a repetition."""


class Gateway:
    """The gateway of one port."""

    def __init__(self, seed: str, rates: DeliveryRates) -> None:
        self._seed, self._rates = seed, rates
        self._clock_us: dict[str, int] = {}

    def pass_on(self, random: Random, at: int, reading: RailReading, deliver: Deliver) -> int:
        """Deliver a device's reading of a time, and perhaps once more later. Returns when it first reaches the log."""
        draw, rates = random.random, self._rates
        delay = LATENCY_SECONDS[0] + (LATENCY_SECONDS[1] - LATENCY_SECONDS[0]) * draw()
        if draw() < rates.late_ratio:
            delay += rates.late_seconds_max * draw()
        received_at = at + int(delay * US)
        stamped: RailReading
        if isinstance(reading, TrainConsist):  # comes from the railroad, not from a device
            stamped = replace(reading, received_at=received_at)
        else:
            stamped = replace(reading, observed_at=at + self._clock(reading.device_id), received_at=received_at)
        deliver(received_at, stamped, False)
        if draw() < rates.repeated_ratio:
            deliver(received_at + int(rates.repeated_seconds_max * US * draw()), stamped, True)
        return received_at

    def _clock(self, device_id: str) -> int:
        """How far a device's clock is ahead."""
        ahead = self._clock_us.get(device_id)
        if ahead is None:
            sigma = self._rates.clock_sigma_seconds
            ahead = self._clock_us[device_id] = int(Random(f"{self._seed} clock {device_id}").gauss(0.0, sigma) * US)
        return ahead
