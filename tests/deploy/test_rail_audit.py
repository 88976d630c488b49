"""The audit of a train under whose visit's id another train was told before."""

from collections.abc import Iterable

import msgspec

from deploy.rail_audit import audit, signed_off
from schemas.container import LogRecord
from schemas.partitioning import partition_of
from schemas.records import CarCoverage, TrainCoverage
from schemas.topics import RAIL_COVERAGE, RAIL_READINGS
from streams.core.replay import StageReplay
from streams.core.trains import TrainsStage
from tests.core.trains.builders import PORT, SECOND, START, Portal, consist, freight, released, without

DAY = 24 * 3600 * SECOND
LATER = START + 12 * DAY
"""Trains are kept for ten days; its list comes a day before it."""


def logged(topic: str, values: Iterable[msgspec.Struct], at: list[int]) -> list[LogRecord]:
    partition = partition_of(PORT.encode(), RAIL_READINGS.partitions)
    return [
        LogRecord(topic, partition, n, appended_at, PORT.encode(), value)
        for n, (value, appended_at) in enumerate(zip(values, at, strict=True))
    ]


def test_a_train_under_a_visits_id_that_was_forgotten_is_held_against_its_own_cars() -> None:
    first, second = freight(8), without(freight(6), 4)
    readings = [consist(first), *Portal().read(first), released()]
    again = [consist(second, "LATER", at=LATER - DAY), *Portal(start=LATER).read(second)]
    readings += [msgspec.structs.replace(one, reading_id=f"again {one.reading_id}") for one in again]  # type: ignore[attr-defined]
    readings.append(released("LATER", at=LATER + DAY // 12))
    log = logged(RAIL_READINGS.name, readings, [one.received_at + SECOND for one in readings])  # type: ignore[attr-defined]
    replay = StageReplay(TrainsStage())
    told = [
        output.value
        for record in log
        for output in replay.advance(record)
        if isinstance(output.value, (CarCoverage, TrainCoverage))
    ]
    coverage = logged(RAIL_COVERAGE.name, told, [one.decided_at for one in told])
    wanted = signed_off(coverage, PORT, "LATER", None)
    assert (wanted.visit_id, wanted.covered) == ("2304/R1/1017", True)
    found = audit(TrainsStage(), lambda topics: [*log, *coverage], wanted)
    assert found.difference == ""
    assert found.cars == len(second)
    assert [one.cars_sha256 for one in told if isinstance(one, TrainCoverage) and one.cars_sha256][-1] is not None
