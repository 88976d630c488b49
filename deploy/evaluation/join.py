"""The join against the truth: simulated readings folded in the order in which gateways hand them over.

simulate ─► lanes fold ─► passages ─► paired with true vehicles ─► tallies, overall and by fault

Every FINAL passage is paired with at most one true vehicle and the other way round, most shared readings first.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import structs

from producers.simulator import Scenario, SimulatedReading, simulate
from schemas.layout import load_lanes
from schemas.partitioning import partition_of
from schemas.records import Heartbeat, Passage, PassageState
from schemas.topics import LANE_READINGS
from streams.core.lanes import LanesStage
from streams.core.stage import Fold, Output, Record, Rejected

US: Final = 1_000_000
CHANGES_TAKEN_EVERY: Final = 500  # records; bounds what a fold keeps decoded, as the runtime does
REPORT_EVERY: Final = 5_000
SILENCE_AFTER: Final = 3600 * US  # longer than the fold waits for a vehicle that nothing sees any more
NO_FAULT: Final = "none"

ASSIGNED_RIGHT_MIN: Final = 0.995
SPLIT_OR_MERGED_MAX: Final = 0.003

Vehicle = tuple[str, int]  # lane id and the vehicle's true number in it


@dataclass
class Share:
    """How many of how many, overall under "" and by fault; what has several faults counts under each."""

    of: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)

    def add(self, hit: bool, faults: tuple[str, ...]) -> None:
        """Count one case; one without a fault counts under NO_FAULT as well."""
        for fault in {"", *(faults or (NO_FAULT,))}:
            self.of[fault] += 1
            self.hits[fault] += hit

    def merge(self, other: "Share") -> None:
        """Add another's cases."""
        self.of.update(other.of)
        self.hits.update(other.hits)

    def ratio(self, fault: str = "") -> float:
        """Hits per case; raises ZeroDivisionError if there was no case, since nothing was measured."""
        return self.hits[fault] / self.of[fault]

    def as_json(self) -> dict[str, Any]:
        """The ratio overall and by fault, rounded to 5 digits, with the denominators."""
        faults = sorted(fault for fault in self.of if fault)
        return {
            "overall": round(self.ratio(), 5),
            "of": self.of[""],
            "by_fault": {fault: {"ratio": round(self.ratio(fault), 5), "of": self.of[fault]} for fault in faults},
        }


@dataclass
class JoinTally:
    """What one or more seeds gave.

    assigned_right: of all readings of true vehicles (each reading id once; heartbeats and officers' assignments have
        no vehicle), those that a FINAL passage lists which is paired with their vehicle. A reading in no passage, or
        refused as late, is wrong.
    assigned_right_at_light: of the readings that the first revision of a passage lists, and those of the vehicle at
        the light that had arrived by then and it does not list, those that it lists and that are of this vehicle.
    split_or_merged: of all true vehicles with a reading, those that have no passage of their own (merged into
        another's) or more than one (the most readings of a second, unpaired passage are theirs).
    with_a_wrong_reading: of all true vehicles, those with a reading assigned wrong or a foreign one in their passage:
        stricter than the above, no target.
    """

    assigned_right: Share = field(default_factory=Share)
    assigned_right_at_light: Share = field(default_factory=Share)
    split_or_merged: Share = field(default_factory=Share)
    with_a_wrong_reading: Share = field(default_factory=Share)
    readings_refused: Counter[str] = field(default_factory=Counter)
    counters: Counter[str] = field(default_factory=Counter)

    def merge(self, other: "JoinTally") -> None:
        """Add another seed's tally."""
        for name in ("assigned_right", "assigned_right_at_light", "split_or_merged", "with_a_wrong_reading"):
            getattr(self, name).merge(getattr(other, name))
        self.readings_refused.update(other.readings_refused)
        self.counters.update(other.counters)

    def as_figures(self) -> dict[str, Any]:
        """Every figure, overall and by fault."""
        return {
            "assigned_right_ratio": self.assigned_right.ratio(),
            "assigned_right_at_light_ratio": self.assigned_right_at_light.ratio(),
            "split_or_merged_ratio": self.split_or_merged.ratio(),
            "with_a_wrong_reading_ratio": self.with_a_wrong_reading.ratio(),
            "assigned_right": self.assigned_right.as_json(),
            "assigned_right_at_light": self.assigned_right_at_light.as_json(),
            "split_or_merged": self.split_or_merged.as_json(),
            "with_a_wrong_reading": self.with_a_wrong_reading.as_json(),
            "readings_refused": dict(self.readings_refused),
            "counters": dict(self.counters),
            "good": self.good,
        }

    @property
    def good(self) -> bool:
        """Whether both targets hold."""
        return self.assigned_right.ratio() >= ASSIGNED_RIGHT_MIN and self.split_or_merged.ratio() <= SPLIT_OR_MERGED_MAX


@dataclass
class Observed:
    """What one run of a world saw: the truth of every reading, and what the passages say."""

    truth: dict[str, SimulatedReading] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    final: dict[str, tuple[str, ...]] = field(default_factory=dict)  # passage id to reading ids
    at_light: list[tuple[SimulatedReading, bool]] = field(default_factory=list)  # scored last: faults may follow
    tally: JoinTally = field(default_factory=JoinTally)


def vehicle_of(item: SimulatedReading) -> Vehicle:
    """The true vehicle of a reading that has one."""
    assert item.truth is not None
    return item.reading.lane_id, item.truth


def evaluate_seed(
    scenario: str | Scenario,
    seed: int,
    seconds: float,
    report: Callable[[int, float], None] = lambda _count, _done: None,
) -> JoinTally:
    """Fold one simulated world and compare; `report` is called with readings done and simulated seconds reached."""
    stage, folds = LanesStage(load_lanes()), dict[int, Fold]()
    observed = Observed()
    arrived: dict[Vehicle, list[str]] = defaultdict(list)
    first_at: int | None = None
    for count, item in enumerate(until_closed(simulate(scenario, seed=seed, seconds=seconds)), 1):
        first_at = item.due_at_us if first_at is None else first_at
        if count % REPORT_EVERY == 0:
            report(count, (item.due_at_us - first_at) / US)
        if item.truth is not None:
            note_truth(observed, arrived, item)
        key = item.reading.lane_id.encode()
        partition = partition_of(key, LANE_READINGS.partitions)
        fold = folds.get(partition) or folds.setdefault(partition, stage.open(partition, {}))
        outputs: list[Output] = []
        try:
            fold.advance(Record(key, item.reading, item.due_at_us), outputs)
        except Rejected as refusal:
            observed.tally.readings_refused[refusal.reason] += 1
        for output in outputs:
            if isinstance(output.value, Passage):
                note_passage(observed, arrived, output.value)
        if count % CHANGES_TAKEN_EVERY == 0:
            for each in folds.values():
                each.take_changes()
    for fold in folds.values():
        observed.tally.counters.update(fold.counters)
    compare(observed)
    return observed.tally


def until_closed(items: Iterable[SimulatedReading]) -> Iterator[SimulatedReading]:
    """A world, then silence in which only devices are heard: a last car whose exit was missed is closed too."""
    heartbeats: dict[str, Heartbeat] = {}
    last_due_at = 0
    for item in items:
        if isinstance(item.reading, Heartbeat):
            heartbeats[item.reading.lane_id] = item.reading
        last_due_at = item.due_at_us
        yield item
    later = last_due_at + SILENCE_AFTER
    for heartbeat in heartbeats.values():
        again = structs.replace(heartbeat, observed_at=later, received_at=later)
        yield SimulatedReading(later, again, None, (), None)


def note_truth(observed: Observed, arrived: dict[Vehicle, list[str]], item: SimulatedReading) -> None:
    """Remember what is true of a reading; one that comes again is the same reading."""
    reading_id = item.reading.reading_id
    if reading_id in observed.truth:
        observed.repeated.add(reading_id)
    else:
        observed.truth[reading_id] = item
        arrived[vehicle_of(item)].append(reading_id)


def note_passage(observed: Observed, arrived: dict[Vehicle, list[str]], passage: Passage) -> None:
    """Remember a FINAL passage, and hold the first revision against what had arrived of the vehicle at the light."""
    listed = tuple(reference.reading_id for reference in passage.readings)
    if passage.state is PassageState.FINAL:
        observed.final[passage.passage_id] = listed
    elif passage.state is PassageState.AT_LIGHT and passage.at_light_reading_id in observed.truth:
        vehicle = vehicle_of(observed.truth[passage.at_light_reading_id])
        for reading_id in {*listed, *arrived[vehicle]}:
            item = observed.truth.get(reading_id)
            if item is not None:
                observed.at_light.append((item, reading_id in listed and vehicle_of(item) == vehicle))


def faults_of(observed: Observed, item: SimulatedReading) -> tuple[str, ...]:
    """Faults of a reading and of its vehicle."""
    again = ("repeated",) if item.reading.reading_id in observed.repeated else ()
    return item.every_fault + again


def pairs(observed: Observed) -> tuple[dict[str, Vehicle], Counter[Vehicle]]:
    """The vehicle paired with each passage, and how many unpaired passages most belong to a vehicle."""
    votes: Counter[tuple[str, Vehicle]] = Counter()
    for passage_id, listed in observed.final.items():
        votes.update((passage_id, vehicle_of(observed.truth[one])) for one in listed if one in observed.truth)
    paired: dict[str, Vehicle] = {}
    taken: set[Vehicle] = set()
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    for (passage_id, vehicle), _ in ranked:
        if passage_id not in paired and vehicle not in taken:
            paired[passage_id] = vehicle
            taken.add(vehicle)
    surplus: Counter[Vehicle] = Counter()
    counted = set(paired)
    for (passage_id, vehicle), _ in ranked:
        if passage_id not in counted:
            counted.add(passage_id)
            surplus[vehicle] += 1
    return paired, surplus


def compare(observed: Observed) -> None:
    """Score the FINAL passages against the truth."""
    paired, surplus = pairs(observed)
    place = {reading_id: passage for passage, listed in observed.final.items() for reading_id in listed}
    faults: dict[Vehicle, tuple[str, ...]] = {}
    wrong: set[Vehicle] = set()
    for reading_id, item in observed.truth.items():
        vehicle, home = vehicle_of(item), paired.get(place.get(reading_id, ""))
        observed.tally.assigned_right.add(home == vehicle, faults_of(observed, item))
        faults[vehicle] = tuple({*faults.get(vehicle, ()), *faults_of(observed, item)})
        if home != vehicle:
            wrong.add(vehicle)
            if home is not None:
                wrong.add(home)
    for item, right in observed.at_light:
        observed.tally.assigned_right_at_light.add(right, faults_of(observed, item))
    alone = set(paired.values())
    for vehicle, of_vehicle in faults.items():
        broken = vehicle not in alone or surplus[vehicle] > 0
        observed.tally.split_or_merged.add(broken, of_vehicle)
        observed.tally.with_a_wrong_reading.add(vehicle in wrong, of_vehicle)
