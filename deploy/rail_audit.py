"""The audit of a signed-off train: its coverage folded again from the readings, and held against the log.

rail.readings ─► the trains stage, offline ─► every revision of the train and its cars ─┐
rail.coverage ─► every revision that the log holds ────────────────────────────────────┴► the first difference

Port and train share one partition of both topics, so the fold must give what the log holds in the same order, byte for
byte; nothing is left to a comparison of counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from deploy.errors import UserError
from schemas.codec import body_of
from schemas.container import LogRecord
from schemas.partitioning import partition_of
from schemas.records import CarCoverage, TrainCoverage
from schemas.topics import RAIL_COVERAGE, RAIL_READINGS
from streams.core.replay import StageReplay
from streams.core.stage import Stage
from streams.core.trains.audit import cars_sha256

Coverage = CarCoverage | TrainCoverage
Read = Callable[[tuple[str, ...]], Iterable[LogRecord]]
"""Reads topics from their beginning, each partition in order."""


@dataclass(frozen=True)
class Audit:
    """What was found. `signed` is the sign-off; `difference` the first one, empty if there is none."""

    signed: TrainCoverage
    records: int
    cars: int
    readings_folded: int
    difference: str = ""


def signed_off(
    log: Iterable[LogRecord], port_code: str | None, train_id: str | None, visit_id: str | None
) -> TrainCoverage:
    """The newest sign-off of a train. Raises UserError if none in the log was."""
    found, signed = False, list[TrainCoverage]()
    for record in log:
        value = record.value
        if (
            isinstance(value, TrainCoverage)
            and (value.visit_id == visit_id or (visit_id is None and value.train_id == train_id))
            and port_code in (None, value.port_code)
        ):
            found = True
            if value.cars_sha256 is not None:
                signed.append(value)
    what = f"visit {visit_id}" if visit_id is not None else f"train {train_id}"
    if not signed:
        raise UserError(f"{what} was not released: nothing is signed off" if found else f"the log knows no {what}")
    ports = sorted({one.port_code for one in signed})
    if len(ports) > 1:
        raise UserError(f"{what} was signed off at {', '.join(ports)}; name one with --port, or the visit with --visit")
    return max(signed, key=lambda one: one.decided_at)


def audit(stage: Stage, read: Read, wanted: TrainCoverage) -> Audit:
    """Fold the port's readings from their beginning and compare all that was ever told of the same visit."""
    partition = partition_of(wanted.port_code.encode(), RAIL_READINGS.partitions)
    replay, folded, held, readings = StageReplay(stage), list[Coverage](), list[Coverage](), 0
    for record in read((RAIL_READINGS.name, RAIL_COVERAGE.name)):
        if record.topic == RAIL_COVERAGE.name:
            held += of_visit(wanted, [record.value])
        elif record.partition == partition:
            readings += 1
            folded += of_visit(wanted, [output.value for output in replay.advance(record)])
    signed = [one for one in held if isinstance(one, TrainCoverage) and one.cars_sha256 is not None][-1]
    difference = first_difference(held, folded) or digest_difference(held)
    return Audit(signed, len(held), len(newest_cars(held)), readings, difference)


def of_visit(wanted: TrainCoverage, values: Iterable[object]) -> Iterator[Coverage]:
    """Those that tell of the same visit."""
    for value in values:
        if isinstance(value, (CarCoverage, TrainCoverage)) and (value.visit_id, value.operating_mode) == (
            wanted.visit_id,
            wanted.operating_mode,
        ):
            yield value


def newest_cars(told: Iterable[Coverage]) -> dict[str, CarCoverage]:
    """The newest revision of each car, by coverage id. A visit whose train is at revision 1 again is another train's,
    under an id that was forgotten: its first word is told with that of its cars, and those before count no more."""
    newest: dict[str, CarCoverage] = {}
    for one in told:
        if isinstance(one, CarCoverage):
            newest[one.coverage_id] = one
        elif one.revision == 1:
            newest = {name: car for name, car in newest.items() if car.decided_at == one.decided_at}
    return newest


def first_difference(held: Iterable[Coverage], folded: Iterable[Coverage]) -> str:
    """Where log and fold part, in words; empty if they do not."""
    for in_log, again in zip_longest(held, folded):
        if in_log is None:
            return f"the readings give {name_of(again)}, and the log lacks it"
        if again is None:
            return f"the log holds {name_of(in_log)}, and its readings do not give it"
        if body_of(in_log) == body_of(again):
            continue
        if name_of(in_log) != name_of(again):
            return f"the log holds {name_of(in_log)} where its readings give {name_of(again)}"
        fields = [one for one in in_log.__struct_fields__ if getattr(in_log, one) != getattr(again, one)]
        parts = [
            f"{one} is {getattr(in_log, one)} in the log and {getattr(again, one)} by its readings" for one in fields
        ]
        return f"{name_of(in_log)}: {'; '.join(parts)}"
    return ""


def digest_difference(held: Sequence[Coverage]) -> str:
    """Whether the digest that was signed is that of the cars as they stood then; empty if it is."""
    for place, one in enumerate(held):
        if isinstance(one, TrainCoverage) and one.cars_sha256 is not None:
            digest = cars_digest(newest_cars(held[: place + 1]))
            if digest != one.cars_sha256:
                return f"cars_sha256 that was signed is {one.cars_sha256}; the cars in the log come to {digest}"
    return ""


def cars_digest(cars: dict[str, CarCoverage]) -> str:
    """The digest of cars as the log holds them."""
    return cars_sha256([(one.coverage_id, one.revision, one.state) for one in cars.values()])


def name_of(one: Coverage) -> str:
    """Which record it is."""
    if isinstance(one, TrainCoverage):
        return f"revision {one.revision} of the train"
    return f"revision {one.revision} of car {one.coverage_id}"
