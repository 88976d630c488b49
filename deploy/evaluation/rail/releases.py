"""What is signed off and raised at a release, against the readings and against what was said of the cars.

readings in the order of the log ─► chains of passes and papers ─┐
coverage of cars                 ─► each car's newest revision  ─┴► digests of a train's first revision as released
alerts of releases               ─► incidents by train ─► one for each that was let go uncovered, none for others
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from deploy.evaluation.rail.tally import Tally
from producers.simulator.rail import RailReading, TrainTruth
from producers.simulator.rail.truth import visit_of
from schemas.records import (
    Alert,
    AlertKind,
    CarCoverage,
    HandInspection,
    Severity,
    TrainConsist,
    TrainCoverage,
)
from streams.core.trains.audit import cars_sha256, chained, readings_sha256


class Chained(NamedTuple):
    """The readings of one pass or of one train's papers so far."""

    chain: bytes = b""
    readings: int = 0

    def with_one(self, reading_id: str) -> "Chained":
        """With one more."""
        return Chained(chained(self.chain, reading_id), self.readings + 1)


class Releases:
    """The releases of one port."""

    def __init__(self, tally: Tally, where: str) -> None:
        self._tally, self._where = tally, where
        self._known: set[str] = set()
        self._papers: dict[str, Chained] = {}
        self._passes: dict[str, Chained] = {}
        self._cars: dict[str, dict[str, CarCoverage]] = {}
        """By visit, under its whole id."""
        self._signed: dict[str, TrainCoverage] = {}
        self._last: dict[str, TrainCoverage] = {}
        self._once_uncovered: set[str] = set()
        self._alerts: dict[str, list[Alert]] = {}
        """By visit."""

    @property
    def signed(self) -> Mapping[str, TrainCoverage]:
        """Each train's first revision as released."""
        return self._signed

    def read(self, reading: RailReading) -> None:
        """A reading as the log has it; one that comes again counts for nothing."""
        if reading.reading_id in self._known:
            return
        self._known.add(reading.reading_id)
        if isinstance(reading, (TrainConsist, HandInspection)) or reading.pass_number is None:
            key, chains = reading.train_id or "", self._papers
        else:
            key, chains = f"{reading.track_id}/{reading.pass_number}", self._passes
        chains[key] = chains.get(key, Chained()).with_one(reading.reading_id)

    def follow(self, said: object, train: TrainTruth | None) -> None:
        """What the platform says, in order; `train` is whose it is, for coverage of a train."""
        if isinstance(said, CarCoverage):
            self._cars.setdefault(said.visit_id, {})[said.coverage_id] = said
        elif isinstance(said, Alert) and said.kind is AlertKind.RELEASED_UNCOVERED:
            self._alerts.setdefault(said.passage_id, []).append(said)
        elif isinstance(said, TrainCoverage) and said.train_id is not None and said.released_at is not None:
            if said.train_id not in self._signed:
                self._signed[said.train_id] = said
                self._check_digests(said, train)
            self._last[said.train_id] = said
            if not said.covered:
                self._once_uncovered.add(said.train_id)

    def _check_digests(self, signed: TrainCoverage, train: TrainTruth | None) -> None:
        """Both digests and the count of readings, made again."""
        if signed.readings_sha256 is None or signed.cars_sha256 is None:
            self._wrong("digests_missing", signed.train_id, "let go without digests")
            return
        parts = [self._papers.get(signed.train_id or "", Chained()), *self._passes_of(signed, train)]
        cars = self._cars.get(signed.visit_id, {}).values()
        again = (
            readings_sha256([one.chain for one in parts]),
            cars_sha256([(one.coverage_id, one.revision, one.state) for one in cars]),
            sum(one.readings for one in parts),
        )
        held = signed.readings_sha256, signed.cars_sha256, signed.readings_count
        names = ("readings_sha256", "cars_sha256", "readings_count")
        wrong = [name for name, one, other in zip(names, again, held, strict=True) if one != other]
        if wrong:
            self._wrong("digests_wrong", signed.train_id, f"{', '.join(wrong)} of {signed.visit_id} come to others")

    def _passes_of(self, signed: TrainCoverage, train: TrainTruth | None) -> list[Chained]:
        """The passes that a signed visit is of, by number: all of its train that the log has; none if the platform
        signs a train that it could not find at a portal."""
        if train is None:
            return []
        ids = [f"{train.track_id}/{number}" for number in train.pass_numbers]
        if visit_of(signed.visit_id) not in ids:
            return []
        return [self._passes[one] for one in ids if one in self._passes]

    def close(self) -> None:
        """Once all is said: incidents against what was said of the trains since they were let go."""
        visits = {one.visit_id for one in self._signed.values()}
        for visit_id in self._alerts.keys() - visits:
            self._wrong("release_alerts_wrong", None, f"an alert for {visit_id}, which was not let go")
        for train_id, signed in self._signed.items():
            alerts = self._alerts.get(signed.visit_id, [])
            problem = self._problem(train_id, signed, alerts)
            if problem:
                self._wrong("release_alerts_wrong", train_id, problem)

    def _problem(self, train_id: str, signed: TrainCoverage, alerts: list[Alert]) -> str:
        """What is wrong with the alerts of a train's release; empty if nothing is."""
        expected = int(train_id in self._once_uncovered)
        incidents = {one.incident_id for one in alerts}
        if len(incidents) != expected:
            return f"{len(incidents)} incidents of its release where {expected} are due"
        if not alerts:
            return ""
        if [one.revision for one in alerts] != list(range(1, len(alerts) + 1)):
            return "the revisions of its release's incident do not count from one"
        if any(one.severity is other.severity for one, other in pairwise(alerts)):
            return "an alert of its release tells the same again"
        if not signed.covered and (alerts[0].raised_at != signed.decided_at or alerts[0].severity is Severity.MINOR):
            return "let go uncovered and not told so at once"
        is_over = alerts[-1].severity is Severity.MINOR
        return "" if is_over is self._last[train_id].covered else "its alert does not say how it ended"

    def _wrong(self, name: str, train_id: str | None, text: str) -> None:
        self._tally.counts[name] += 1
        self._tally.example(f"{self._where} {train_id or 'no train'}: {text}")
