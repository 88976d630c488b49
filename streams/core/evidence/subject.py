"""What evidence looks at: one revision of a passage, with what is known of its plate."""

from collections.abc import Callable, Sequence

from schemas.records import Evidence, Passage, PlateCandidate, SensorRole, WatchlistEntry
from streams.core.evidence.past import OwnWeighings, Past
from streams.core.plates import normalise_plate
from streams.core.rule_set import RuleSet, WeightRules
from streams.core.travel import TravelTimes
from streams.core.vehicle_state import Companion, Habit, PassedBy, Threshold

CAMERAS = (SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA)


class NearHit:
    """A watchlist entry that the plate does not read as, but may be; `probability` that it is that plate."""

    def __init__(self, entry: WatchlistEntry, probability: float) -> None:
        self.entry = entry
        self.probability = probability


class Subject:
    """One revision of a passage and its past.

    `at` is the passage's lane time in microseconds; `passed` and `inbound` the southbound and the northbound FINAL
    passages of this exact plate before this one, oldest first, none expired; `travel` what one vehicle can do; `hit`
    the watchlist entry that the plate meets exactly, the most urgent if several; `plate_probability` that the best
    reading of the plate is right; `companions` the vehicles that it keeps crossing with; `near` the entry that the
    plate may be instead, without a hit only; `habit` what was counted of its crossings, before this one unless it is
    `counted`, that is, told as FINAL again; `turned_back` lanes in which it turned back within the hour before;
    `threshold` what decides or has decided its light, None for the rule set's.
    """

    def __init__(
        self,
        passage: Passage,
        at: int,
        passed: tuple[PassedBy, ...],
        hit: WatchlistEntry | None,
        plate_probability: float,
        travel: TravelTimes,
        companions: tuple[Companion, ...] = (),
        near: NearHit | None = None,
        habit: Habit | None = None,
        inbound: tuple[PassedBy, ...] = (),
        counted: bool = False,
        turned_back: tuple[str, ...] = (),
        threshold: Threshold | None = None,
    ) -> None:
        self.passage = passage
        self.at = at
        self.passed = passed
        self.hit = hit
        self.plate_probability = plate_probability
        self.travel = travel
        self.companions = companions
        self.near = near
        self.habit = habit
        self.inbound = inbound
        self.counted = counted
        self.turned_back = turned_back
        self.threshold = threshold
        self._past: Past | None = None
        self._own_weighings: OwnWeighings | None = None

    def past(self) -> Past:
        """The passages, read once."""
        if self._past is None:
            self._past = Past(self.passed, self.inbound)
        return self._past

    def own_weighings(self, rules: WeightRules) -> OwnWeighings:
        """The weighings of the passages, read once; a subject is weighed by one rule set."""
        if self._own_weighings is None:
            self._own_weighings = OwnWeighings((*self.inbound, *self.passed), rules)
        return self._own_weighings

    def readings_of(self, *sensors: SensorRole) -> tuple[str, ...]:
        """Ids of the passage's readings by these sensors."""
        return tuple([reading.reading_id for reading in self.passage.readings if reading.sensor in sensors])


def probability_read(plate: str, candidates: Sequence[PlateCandidate]) -> float:
    """That the best reading is right; 1 for a plate that comes without a probability."""
    for candidate in candidates:
        if normalise_plate(candidate.plate) == plate:
            return candidate.confidence
    return 1.0


EvidenceRule = Callable[[Subject, RuleSet], Evidence | None]
"""One kind of evidence: None if it has nothing to say."""
