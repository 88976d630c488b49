"""What evidence looks at: one revision of a passage, with what is known of its plate."""

from collections.abc import Callable
from typing import NamedTuple

from schemas.records import Evidence, Passage, SensorRole, WatchlistEntry
from streams.core.rule_set import RuleSet
from streams.core.vehicle_state import PassedBy

CAMERAS = (SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA)


class Subject(NamedTuple):
    """One revision of a passage and its past."""

    passage: Passage
    at: int
    """Lane time of the passage, microseconds."""
    earlier: tuple[PassedBy, ...]
    """FINAL passages of this exact plate before this one, oldest first, none expired."""
    hit: WatchlistEntry | None
    """The watchlist entry that the plate meets exactly, the most urgent if several."""
    plate_probability: float
    """Probability that the best reading of the plate is right."""

    def readings_of(self, *sensors: SensorRole) -> tuple[str, ...]:
        """Ids of the passage's readings by these sensors."""
        return tuple([reading.reading_id for reading in self.passage.readings if reading.sensor in sensors])


EvidenceRule = Callable[[Subject, RuleSet], Evidence | None]
"""One kind of evidence: None if it has nothing to say."""
