"""What is kept, for how long and how much of it; what is signed off; and readings that nobody should send."""

import hashlib
import time
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import (
    AlertKind,
    CarScan,
    CarState,
    CarTagRead,
    CarWeighing,
    OperatingMode,
    TrainCoverage,
)
from streams.core.keyed_state import OtherVersion
from streams.core.stage import Output, Rejected
from streams.core.trains.audit import chained, readings_sha256
from streams.core.trains.stage import TrainsFold
from streams.core.trains.state import PASS_SPAN, PORT_PASSES_MAX, TAGS_MAX, VERSION
from streams.core.trains.store import KEPT
from tests.core.trains.builders import (
    SECOND,
    START,
    TRAIN,
    Portal,
    Seen,
    arrived,
    cars,
    consist,
    freight,
    hand,
    locomotives,
    record,
    released,
)

DAY = 24 * 3600 * SECOND
# A reading changes its pass, a stretch of it, a visit and a chunk or two of what was told of its cars.
CHANGED_BYTES_MAX = 12_000


def changes_of(fold: TrainsFold, reading: Any) -> dict[bytes, bytes | None]:
    fold.advance(record(reading), [])
    return fold.take_changes()


def test_what_a_reading_changes_does_not_grow_with_the_train() -> None:
    train = freight(200)
    fold = TrainsFold({})
    changes_of(fold, consist(train))
    sizes = [sum(len(state or b"") for state in changes_of(fold, reading).values()) for reading in Portal().read(train)]
    assert sorted(sizes)[-5] < CHANGED_BYTES_MAX  # all but those that concern all cars: the bind, the end
    assert sum(sizes[-200:]) < 1.5 * sum(sizes[200:400])


def test_a_train_of_110_cars_is_folded_as_fast_as_20_ports_could_send_it() -> None:
    train = freight(110)
    log = [record(one) for one in (consist(train), arrived(), *Portal().read(train), released())]
    spent = []
    for _ in range(5):
        fold = TrainsFold({})
        begin = time.process_time()
        for one in log:
            fold.advance(one, [])
        fold.take_changes()
        spent.append(time.process_time() - begin)
    # 20 portals at 7 cars a minute and 5 readings a car send 12 readings a second; measured are over 5,000.
    assert len(log) / min(spent) > 1_500


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        TrainsFold({b"a:SIMULATED:2304": b"\x00"})
    fold = TrainsFold({})
    assert {state[:1] for state in changes_of(fold, consist(freight(2))).values() if state} == {VERSION}


def test_trains_and_passes_are_forgotten_when_later_ones_come() -> None:
    stored: dict[bytes, bytes] = {}
    fold = TrainsFold(stored)
    train = freight(3)
    for reading in (consist(train), *Portal().read(train), released()):
        fold.advance(record(reading), [])
    fold.take_changes()
    assert len(stored) > 10
    later = START + KEPT + DAY
    other = consist(freight(4), "LATER", at=later)
    fold.advance(record(other), [])
    fold.take_changes()
    kinds = sorted(key.split(b":")[0] for key in stored)
    assert kinds == [b"a", b"l", b"t", b"v"]  # the port, the new train, its list and visit
    with pytest.raises(Rejected) as raised:
        fold.advance(record(Portal().read(train)[3]), [])
    assert raised.value.reason == "late"


def test_a_pass_number_that_comes_again_after_days_covers_nothing_of_the_earlier_train() -> None:
    train = freight(3)
    told = Seen().take(consist(train), *Portal().read(train)[:-4])
    again = Portal(start=START + PASS_SPAN + DAY).read(train)[3]
    with pytest.raises(Rejected) as raised:
        told.take(again)
    assert raised.value.reason == "late"


def test_a_pass_number_that_comes_again_when_its_rows_are_forgotten_begins_anew() -> None:
    """Whether the views of the earlier train were kept or not: nothing of them stands."""
    train = freight(6)
    later = START + KEPT + DAY
    papers = (
        consist(locomotives() + cars(6, first=700_000), "OTHER", at=later),
        consist(train, at=later + 3600 * SECOND),
    )
    again = [
        msgspec.structs.replace(one, reading_id=f"again {one.reading_id}")  # type: ignore[attr-defined]
        for one in Portal(start=later + 7200 * SECOND).read([replace(one, scan=False) for one in train])
    ]
    for restarts in (False, True):
        stored: dict[bytes, bytes] = {}
        told = Seen(TrainsFold(stored)).take(*Portal().read(train), *papers)
        told.fold.take_changes()
        fold = TrainsFold(stored) if restarts else told.fold
        outputs: list[Output] = []
        for one in again:
            fold.advance(record(one), outputs)
        last = [one.value for one in outputs if isinstance(one.value, TrainCoverage)][-1]
        assert (last.visit_id, last.cars_scanned_well, last.cars_open) == ("2304/R1/1017", 0, 6)


def test_a_port_keeps_so_many_passes_and_a_stretch_so_many_tags() -> None:
    stored: dict[bytes, bytes] = {}
    fold = TrainsFold(stored)
    tag = next(one for one in Portal().read(freight(1)) if isinstance(one, CarTagRead))
    for number in range(PORT_PASSES_MAX + 20):
        fold.advance(record(msgspec.structs.replace(tag, pass_number=number, reading_id=f"{number}")), [])
    fold.take_changes()
    assert len([key for key in stored if key.startswith(b"p:")]) == PORT_PASSES_MAX
    for number in range(TAGS_MAX - 1):
        fold.advance(record(msgspec.structs.replace(tag, pass_number=700, reading_id=f"again {number}")), [])
    fold.advance(record(msgspec.structs.replace(tag, pass_number=700, reading_id="last")), [])
    with pytest.raises(Rejected) as raised:
        fold.advance(record(msgspec.structs.replace(tag, pass_number=700, reading_id="one more")), [])
    assert raised.value.reason == "too_many"


def test_modes_are_worlds_of_their_own() -> None:
    train = freight(5)
    told = Seen().take(consist(train))
    for reading in Portal().read(train):
        told.take(msgspec.structs.replace(reading, operating_mode=OperatingMode.EXERCISE))
    assert told.train().train_id is None
    assert told.train().operating_mode is OperatingMode.EXERCISE


def test_an_auditor_recomputes_what_was_signed_off_from_the_log() -> None:
    train = freight(6)
    readings = Portal().read(train)
    log = [consist(train), arrived(), *readings, hand(train[3].number), released()]
    told = Seen().take(*log)
    signed = next(one for one in told.told_trains if one.readings_sha256)
    papers, portal = b"", b""
    for one in (log[0], log[1], *log[-2:]):
        papers = chained(papers, one.reading_id)
    for one in readings:
        portal = chained(portal, one.reading_id)  # type: ignore[attr-defined]
    assert signed.readings_sha256 == readings_sha256([papers, portal])
    lines = sorted(f"{one.coverage_id} {one.revision} {one.state}\n" for one in told.cars.values())
    assert signed.cars_sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert signed.readings_count == len(log)


def test_a_train_that_backs_up_and_comes_forward_again_in_one_pass_is_the_same_cars() -> None:
    train = freight(12)
    readings = Portal().read(train)
    place = next(n for n, one in enumerate(readings) if one.reading_id == "2304/R1/1017 9 scan 2")  # type: ignore[attr-defined]
    again = [
        msgspec.structs.replace(one, reading_id=f"{one.reading_id} again")
        for one in readings[:place]
        if isinstance(one, (CarTagRead, CarWeighing)) and int(one.reading_id.split()[1]) in (5, 6, 7, 8)
    ]
    told = Seen().take(consist(train), *readings[:place], *again, *readings[place:], released())
    assert (told.train().covered, told.train().cars_seen) == (True, 12)


def test_decisions_and_alerts_are_urgent() -> None:
    train = freight(5)
    told = Seen().take(consist(train), *Portal().read(train), released())
    assert all(output.urgent for output in told.outputs)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_hostile_readings_are_refused_or_told_of_and_never_break_the_fold(seed: int) -> None:
    random = Random(seed)
    train = freight(8)
    honest: list[Any] = [consist(train), arrived(), *Portal().read(train), hand(train[4].number), hand(place=3)]
    fold = TrainsFold({})
    outputs: list[Output] = []
    for number in range(60):
        reading = spoiled(random, random.choice(honest), number)
        try:
            fold.advance(record(reading), outputs)
        except Rejected as refused:
            assert refused.reason in {"impossible_value", "late", "too_many", "clock_ahead", "wrong_key"}
    states = {one.value.state for one in outputs if hasattr(one.value, "coverage_id")}
    assert CarState.UNKNOWN not in states
    for train_coverage in [one.value for one in outputs if isinstance(one.value, TrainCoverage)]:
        assert train_coverage.cars_seen == train_coverage.cars_cleared + train_coverage.cars_open


def spoiled(random: Random, reading: Any, number: int) -> Any:
    """A reading with a field or two that no device sends."""
    changes: dict[str, Any] = {"reading_id": f"{reading.reading_id} {number}"}
    if isinstance(reading, (CarTagRead, CarWeighing, CarScan)):
        changes["pass_number"] = random.choice([1017, 1017, 1018])
    if isinstance(reading, CarTagRead):
        changes["axle_count"] = random.choice([0, 1, 7, 40, 300])
        changes["axles"] = random.choice([1, 4, 32])
    elif isinstance(reading, CarWeighing):
        changes["first_axle"] = random.choice([1, 2, 5, 6, 100])
        changes["axle_loads_kg"] = (1.0,) * random.choice([1, 4, 8, 32])
    elif isinstance(reading, CarScan):
        changes["first_axle"] = random.choice([1, 3, 13, 200])
        changes["last_axle"] = changes["first_axle"] + random.choice([0, 3, 63])
        changes["revision"] = random.choice([1, 2, 9])
    return msgspec.structs.replace(reading, **changes)


def test_a_train_whose_passes_were_forgotten_is_told_of_when_it_is_let_go() -> None:
    """By more passes than a port has in a week, or by a list that kept it for longer than its pass."""
    train = freight(3)
    told = Seen().take(consist(train), *Portal().read(train))
    assert told.train().covered
    tag = next(
        one for one in Portal(number=1, start=START + 3600 * SECOND).read(freight(1)) if isinstance(one, CarTagRead)
    )
    for number in range(PORT_PASSES_MAX):
        told.fold.advance(record(msgspec.structs.replace(tag, pass_number=number, reading_id=f"{number}")), [])
    told.take(released())
    signed = [one for one in told.told_trains if one.cars_sha256]
    assert [(one.train_id, one.covered, one.cars_missing) for one in signed] == [(TRAIN, False, 3)]
    assert [one.kind for one in told.alerts if one.severity != "MODERATE"] == [AlertKind.RELEASED_UNCOVERED]
