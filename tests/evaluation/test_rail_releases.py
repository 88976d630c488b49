"""A stage that says something false of trains, or signs or raises it wrongly at a release, misses a bar that says so.

The stage is the real one, what it says is altered, and people at the yard act on that.
"""

from collections.abc import Callable, MutableMapping

from msgspec.structs import replace
from pytest import mark

from deploy.evaluation.rail.figures import figures, missed
from deploy.evaluation.rail.portal_run import PortJob, PortRun
from deploy.evaluation.rail.tally import Tally
from schemas.records import Alert, AlertKind, CarCoverage, CarState, CoverageReason, Severity, TrainCoverage
from schemas.topics import ALERTS
from streams.core.stage import Fold, Output, Record
from streams.core.trains import TrainsStage
from streams.core.trains.alerts import alert_of
from streams.core.trains.coverage import Told
from streams.core.trains.state import Visit

NOGALES = PortJob("2604", 3, 5)
Alter = Callable[[list[Output]], list[Output]]
"""What is said instead in consequence of one reading."""


class Broken:
    """The trains stage, and what it says altered."""

    name, source, changelog, events = TrainsStage.name, TrainsStage.source, TrainsStage.changelog, TrainsStage.events

    def __init__(self, alter: Alter) -> None:
        self._alter = alter

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        return BrokenFold(TrainsStage().open(partition, stored), self._alter)


class BrokenFold:
    """Says what its fold says, altered."""

    def __init__(self, fold: Fold, alter: Alter) -> None:
        self._fold, self._alter = fold, alter
        self.counters, self.take_changes, self.roll_back = fold.counters, fold.take_changes, fold.roll_back

    @property
    def watermark_at(self) -> int:
        return self._fold.watermark_at

    def advance(self, record: Record, outputs: list[Output]) -> None:
        said: list[Output] = []
        self._fold.advance(record, said)
        outputs += self._alter(said)


def broken(alter: Alter, job: PortJob = NOGALES) -> Tally:
    return PortRun(job, Broken(alter)).run()


def each(change: Callable[[object], object]) -> Alter:
    """Every record changed by itself; None: not said."""

    def alter(said: list[Output]) -> list[Output]:
        changed = [(output, change(output.value)) for output in said]
        return [Output(one.topic, one.key, value, one.partition, one.urgent) for one, value in changed if value]

    return alter


def trains_with(**instead: object) -> Alter:
    """Coverage of trains with other fields; of those signed off only, if it is a digest."""

    def change(value: object) -> object:
        if not isinstance(value, TrainCoverage):
            return value
        is_of_signed = value.cars_sha256 is not None or not any("sha256" in name for name in instead)
        return replace(value, **instead) if is_of_signed else value

    return each(change)


def names(tally: Tally) -> set[str]:
    return {text.partition(" ")[0] for text in missed(tally)}


def test_an_unaltered_stage_misses_nothing() -> None:
    tally = broken(list)
    assert missed(tally) == [], tally.examples
    assert tally.of("falsely uncovered").cases > 0 and tally.of("covered").hits > 3
    assert 0 < tally.counts["alerts trains released uncovered"] < tally.counts["trains"]


def test_a_claim_to_be_covered_that_is_false_is_found_at_whatever_revision() -> None:
    tally = broken(trains_with(covered=True), PortJob("2507", 3, 3))
    assert tally.counts["falsely_covered"] > 10
    assert "falsely_covered" in names(tally)


def test_a_stage_that_calls_no_train_covered_misses_the_bar() -> None:
    tally = broken(trains_with(covered=False))
    share = tally.of("falsely uncovered")
    assert share.hits == share.cases > 0
    assert "falsely_uncovered" in names(tally)


def test_a_stage_that_opens_every_car_leaves_trains_uncovered_by_the_reasons_that_it_gives() -> None:
    def opened(value: object) -> object:
        if isinstance(value, CarCoverage) and value.state in (CarState.CLEARED, CarState.CLEARED_BY_HAND):
            return replace(value, state=CarState.OPEN, reasons=(CoverageReason.SCAN_UNDECIDED,))
        return replace(value, covered=False) if isinstance(value, TrainCoverage) else value

    tally = broken(each(opened))
    assert {"falsely_open", "falsely_uncovered"} <= names(tally)
    assert figures(tally)["falsely_uncovered_for"]["SCAN_UNDECIDED"] == tally.of("falsely uncovered").hits > 0


@mark.parametrize(
    ("instead", "name"),
    [
        ({"cars_sha256": None}, "digests_missing"),
        ({"readings_sha256": None}, "digests_missing"),
        ({"cars_sha256": "0" * 64}, "digests_wrong"),
        ({"readings_sha256": "0" * 64}, "digests_wrong"),
        ({"readings_count": 1}, "digests_wrong"),
    ],
)
def test_a_train_signed_off_without_the_digests_of_its_readings_and_cars_is_found(
    instead: dict[str, object], name: str
) -> None:
    tally = broken(trains_with(**instead))
    assert names(tally) == {name} and tally.counts[name] == tally.counts["trains"]


def test_a_car_that_is_not_told_as_it_was_signed_off_is_found() -> None:
    def change(value: object) -> object:
        return replace(value, revision=value.revision + 1) if isinstance(value, CarCoverage) else value

    tally = broken(each(change))
    assert names(tally) == {"digests_wrong"} and tally.counts["digests_wrong"] == tally.counts["trains"]


def is_release(value: object) -> bool:
    return isinstance(value, Alert) and value.kind is AlertKind.RELEASED_UNCOVERED


def raised_twice(said: list[Output]) -> list[Output]:
    return [*said, *[output for output in said if is_release(output.value)]]


def a_day_late(value: object) -> object:
    return replace(value, raised_at=value.raised_at + 1) if isinstance(value, Alert) and is_release(value) else value


def under_another_name(value: object) -> object:
    return replace(value, passage_id="2604/R1/1") if isinstance(value, Alert) and is_release(value) else value


@mark.parametrize(
    "alter",
    [
        each(lambda value: None if is_release(value) else value),
        raised_twice,
        each(a_day_late),
        each(under_another_name),
    ],
    ids=["none", "twice", "late", "of another"],
)
def test_a_train_let_go_uncovered_without_one_alert_at_once_is_found(alter: Alter) -> None:
    tally = broken(alter)
    assert names(tally) == {"release_alerts_wrong"}
    uncovered = tally.of("covered").cases - tally.of("covered").hits
    assert tally.counts["release_alerts_wrong"] >= uncovered > 0


def test_an_alert_for_a_train_that_was_covered_is_found() -> None:
    def alarming(said: list[Output]) -> list[Output]:
        made = list(said)
        for output in said:
            one = output.value
            if isinstance(one, TrainCoverage) and one.cars_sha256 is not None and one.covered:
                made.append(Output(ALERTS, b"released", released(one), None, True))
        return made

    tally = broken(alarming)
    assert names(tally) == {"release_alerts_wrong"}
    assert tally.counts["release_alerts_wrong"] == tally.of("covered").hits > 0


def released(one: TrainCoverage) -> Alert:
    told = Told(one.visit_id, one.port_code, one.operating_mode, Visit(), None)
    told.at = one.decided_at
    return alert_of(told, f"{one.visit_id} released", AlertKind.RELEASED_UNCOVERED, 1, Severity.SEVERE, "let go")
