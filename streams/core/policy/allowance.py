"""What a port may spend on reds, as whoever reads the log adds it up: the board, and comparisons of rule sets."""

from dataclasses import dataclass
from typing import Final

HOUR_MICROSECONDS: Final = 3_600_000_000


@dataclass
class Allowance:
    """One port, lane mode and world; times in microseconds UTC, by the lanes' own clock."""

    reds: float | None = None
    """What could be spent since the first vehicle under a budget; None without a word of one."""

    reds_per_hour: float | None = None
    counted_until: int = 0
    """0 before the first vehicle."""

    def pass_time(self, at: int) -> None:
        """Grow until a vehicle's light, from the first one on."""
        if self.reds_per_hour is not None:
            hours = max(0, at - (self.counted_until or at)) / HOUR_MICROSECONDS
            self.reds = (self.reds or 0.0) + self.reds_per_hour * hours
        self.counted_until = max(self.counted_until, at)

    def set_budget(self, reds_per_hour: float | None, at: int) -> None:
        """Grow by another budget from a time on; None: by none. To be told it twice changes nothing."""
        if self.counted_until:
            self.pass_time(at)
        self.reds_per_hour = reds_per_hour
