"""Enforcement effort: how much is inspected and X-rayed at a port on a day, against an ordinary day."""

from random import Random
from typing import Final

from producers.simulator.evaluation_world import World

SURGE: Final = (
    10.0  # seizures of the Arizona field office: rifles 8 -> 104, handguns 16 -> 101 from one year to the next
)
SURGES_A_YEAR: Final = 2.0  # at one port [assumed]
SURGE_DAYS: Final = (14, 28)  # [assumed]
DAILY_SIGMA: Final = 0.25  # of the logarithm: staff, weather, queues [assumed]


class Effort:
    """The series of every port of a world: 1 on an ordinary day, about 10 in a surge."""

    def __init__(self, world: World, seed: int) -> None:
        self._series = {code: _series(Random(f"{seed} effort {code}"), world.days) for code in world.ports}
        self._means = {code: sum(series) / len(series) for code, series in self._series.items()}

    def at(self, code: str, seconds: float) -> float:
        """Effort at a port, `seconds` after the start of the window."""
        series = self._series[code]
        return series[min(int(seconds // 86_400), len(series) - 1)]

    def relative(self, code: str, seconds: float) -> float:
        """The same against the port's mean over the window, so that shares over the window stay what they are."""
        return self.at(code, seconds) / self._means[code]

    def surges(self, code: str, seconds: float) -> bool:
        """Whether a driver who asks around hears that this port is best avoided now."""
        return self.at(code, seconds) > SURGE / 3


def _series(random: Random, days: int) -> tuple[float, ...]:
    surges: list[range] = []
    start = random.expovariate(SURGES_A_YEAR / 365) - SURGE_DAYS[1]
    while start < days:
        length = random.randint(*SURGE_DAYS)
        surges.append(range(int(start), int(start) + length))
        start += length + random.expovariate(SURGES_A_YEAR / 365)
    noise = [random.lognormvariate(-(DAILY_SIGMA**2) / 2, DAILY_SIGMA) for _ in range(days)]
    return tuple([noise[day] * (SURGE if any(day in surge for surge in surges) else 1.0) for day in range(days)])
