"""One port with one seed: the world folded through the stage, what it says followed, each train judged.

item ─► fold ─► CarCoverage, TrainCoverage, Alert ─► kept by visit ─► judged once the train has settled
  │                     └─► tell ─► people at the yard     └─► at its release, and in the end
  └─► chains of readings ─► held against what is signed off ◄──┘
"""

import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Final, NamedTuple

from deploy.evaluation.rail.judge import Judge, is_truly_covered
from deploy.evaluation.rail.releases import Releases
from deploy.evaluation.rail.tally import Tally
from deploy.rail_simulation import log_record
from producers.simulator.rail import RAIL_2023, RailItem, RailScenario, RailWorld, TrainTruth
from producers.simulator.rail.truth import visit_of
from schemas.records import Alert, AlertKind, CarCoverage, CarState, TrainCoverage
from streams.core.replay import StageReplay
from streams.core.stage import Output, Stage

US: Final = 1_000_000
DAY: Final = 86_400
# After the last word of portal and railroad; nobody is at the train before five minutes (WALK_SECONDS).
JUDGED_AFTER_US: Final = 240 * US
REPORT_EVERY: Final = 2_000  # readings
END: Final = 1 << 62  # after all that was

ALERTS: Final = {
    AlertKind.CAR_NOT_CLEARED: "cars not cleared",
    AlertKind.TRAIN_NOT_COVERABLE: "trains not coverable",
    AlertKind.RELEASED_UNCOVERED: "trains released uncovered",
}


class PortJob(NamedTuple):
    """One port's days."""

    port_code: str
    seed: int
    days: int


class PortRun:
    """Folds a world and judges it."""

    def __init__(self, job: PortJob, stage: Stage, scenario: RailScenario = RAIL_2023) -> None:
        self.tally = Tally()
        self._job, self._scenario = job, scenario
        self._replay = StageReplay(stage)
        self._judge = Judge(self.tally, f"seed {job.seed}")
        self._trains: dict[str, TrainTruth] = {}
        self._by_visit: dict[str, TrainTruth] = {}
        self._cars: dict[str, dict[str, CarCoverage]] = {}
        self._visits_of_train: dict[str, set[str]] = {}
        self._coverage: dict[str, TrainCoverage] = {}
        self._releases = Releases(self.tally, f"seed {job.seed}")
        self._due: list[tuple[int, int, TrainTruth]] = []
        self._order = count()

    def run(self, report: Callable[[float], None] = lambda _days: None) -> Tally:
        """All of it; `report` is told how many days are done."""
        world = RailWorld(
            self._job.seed, seconds=self._job.days * DAY, ports=[self._job.port_code], scenario=self._scenario
        )
        first, advance = 0, self._replay.advance
        for offset, item in enumerate(world):
            self.tally.counts["readings"] += 1
            first = first or item.due_at_us
            if offset % REPORT_EVERY == 0:
                report((item.due_at_us - first) / US / DAY)
            self._meet(item)
            self._judge_until(item.due_at_us)
            self._releases.read(item.reading)
            record = log_record(item, offset)
            started = time.perf_counter()
            outputs = advance(record)
            self.tally.seconds += time.perf_counter() - started
            for output in outputs:
                self._follow(output, item)
                if isinstance(output.value, (CarCoverage, TrainCoverage)):
                    world.tell(output.value)
        self._judge_until(END)
        self._close()
        return self.tally

    def _meet(self, item: RailItem) -> None:
        train = item.train
        if train.train_id not in self._trains:
            self._trains[train.train_id] = self._by_visit[train.visit_id] = train
            heapq.heappush(self._due, (train.settled_at + JUDGED_AFTER_US, next(self._order), train))

    def _judge_until(self, now_at: int) -> None:
        """Judge the trains that have settled by now."""
        while self._due and self._due[0][0] <= now_at:
            at, _, train = heapq.heappop(self._due)
            self._judge.judge(train, self._cars_of(train), at)

    def _cars_of(self, train: TrainTruth) -> dict[str, CarCoverage]:
        """The cars that are told of as this train's, or as nobody's in one of its passes, and not withdrawn."""
        passes = {f"{train.track_id}/{number}" for number in train.pass_numbers}
        return {
            coverage_id: one
            for visit_id in sorted(passes | self._visits_of_train.get(train.train_id, set()))
            for coverage_id, one in self._cars.get(visit_id, {}).items()
            if one.state is not CarState.WITHDRAWN
            and (one.train_id == train.train_id or (one.train_id is None and visit_id in passes))
        }

    def _follow(self, output: Output, item: RailItem) -> None:
        """Keep what was said, and look at every claim that a train is covered and at every one that it is not when it
        was let go."""
        said = output.value
        self._releases.follow(said, self._train_of(said) if isinstance(said, TrainCoverage) else None)
        if isinstance(said, CarCoverage):
            visit_id = visit_of(said.visit_id)
            cars = self._cars.setdefault(visit_id, {})
            if said.train_id is not None:
                self._visits_of_train.setdefault(said.train_id, set()).add(visit_id)
            before = cars.get(said.coverage_id)
            if before is None or before.revision < said.revision:
                cars[said.coverage_id] = said
            self.tally.counts["coverages"] += 1
        elif isinstance(said, TrainCoverage):
            if said.train_id is not None:
                self._coverage[said.train_id] = said
            train = self._train_of(said)
            if train is not None and said is self._releases.signed.get(train.train_id):
                self._judge.judge_release(train, said, self._cars_of(train), item.due_at_us)
            if said.covered and train is not None and item.due_at_us < train.left_at:
                self.tally.counts["covered before it came again"] += 1
            if said.covered and (train is None or not is_truly_covered(train, item.due_at_us)):
                self.tally.counts["falsely_covered"] += 1
                self.tally.example(
                    f"seed {self._job.seed} {said.train_id}: falsely covered at revision {said.revision}"
                )
        elif isinstance(said, Alert) and said.revision == 1:
            self.tally.counts[f"alerts {ALERTS.get(said.kind, said.kind)}"] += 1

    def _train_of(self, said: TrainCoverage) -> TrainTruth | None:
        if said.train_id is None:
            return self._by_visit.get(visit_of(said.visit_id))
        return self._trains.get(said.train_id)

    def _close(self) -> None:
        """What became of the trains in the end."""
        self._replay.finish()
        self._releases.close()
        tally = self.tally
        for reason, number in self._replay.dead_letters.items():
            tally.counts["dead_letters"] += number
            tally.counts[f"dead letters {reason}"] += number
        for train in self._trains.values():
            last = self._coverage.get(train.train_id)
            # Of a train without list and arrival only its release tells the name: it may be signed off apart.
            signed = self._releases.signed.get(train.train_id)
            if signed is None:
                tally.counts["not_signed_off"] += 1
                tally.example(f"seed {self._job.seed} {train.train_id}: let go and not signed off")
            tally.share("covered", signed is not None and signed.covered, 1)
            # Which end is the head only a list tells.
            held = last is not None and last.consist_revision is not None
            tally.counts["backwards_wrong"] += last is not None and held and last.backwards != train.tail_first
            tally.counts["wrong_track"] += last is not None and last.track_id not in (None, train.track_id)
            broken = [car for car in train.on_track() if "seal_broken" in car.anomalies and car.inspected]
            cars = self._cars_of(train)
            self._judge.judge_cleared(train, cars, END)
            named = {(one.mark, one.number) for one in cars.values() if "SEAL_CONTRADICTS" in one.reasons}
            tally.share("named seal_broken", sum((car.mark, car.number) in named for car in broken), len(broken))
