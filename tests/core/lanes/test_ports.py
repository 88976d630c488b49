"""Ports published into the log: new lanes, changed layouts, lanes that are no more, whatever crashes in between."""

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.layout import load_lanes
from schemas.records import ChangeKind, LaneMode, Passage, PassageState, ReferenceChange
from streams.core import published_ports
from streams.core.keyed_state import OtherVersion
from streams.core.lanes import LanesStage
from streams.core.stage import Fold, Output, Record, Rejected
from tests.core.crashes import folded_through_crashes
from tests.core.lanes.builders import EXIT, FRONT, SECOND, START, Car, candidates, heartbeat, reading, readings_of
from tests.core.ports import CAR_LANE, CODE, OTHER_CAR_LANE, TEXT, plain_text, port_change, text_with

STAGE = LanesStage(load_lanes())
FIRST_LANE_ALONE = ('numbers = "01-02"', 'numbers = "01"')
SCALE_FURTHER_ON = ("SCALE = 13.0", "SCALE = 13.5")


def at_port(readings: Sequence[Any], lane_id: str = CAR_LANE) -> list[Any]:
    """The same readings, of a lane of the new port, whose car lanes are a little shorter than those of the old."""
    return [msgspec.structs.replace(one, lane_id=lane_id) for one in readings]


def record_of(value: Any) -> Record:
    """A record as it would stand in the log."""
    if isinstance(value, ReferenceChange):
        return Record(value.change_id.encode(), value, START + 3600 * SECOND)
    return Record(value.lane_id.encode(), value, value.received_at)


def advance(fold: Fold, *values: Any) -> list[Output]:
    outputs: list[Output] = []
    for value in values:
        fold.advance(record_of(value), outputs)
    return outputs


def passages(outputs: Sequence[Output]) -> list[Passage]:
    return [output.value for output in outputs if isinstance(output.value, Passage)]


def cars(number: int, start: float = 0.0) -> list[Any]:
    """Readings of a queue of cars that enters from a second on."""
    return readings_of([Car(f"car{start:.0f}-{n}", start + 12.0 * n, f"ABC{n:04d}") for n in range(number)])


def test_a_lane_is_unknown_until_its_port_is_published_and_then_makes_passages() -> None:
    fold = STAGE.open(0, {})
    early, readings = at_port(cars(1, -100.0)), at_port(cars(4))
    for one in early:
        with pytest.raises(Rejected) as refusal:
            advance(fold, one)
        assert refusal.value.reason == "unknown_lane" and "border ports list" in str(refusal.value)
    assert fold.take_changes() == {}
    assert not passages(advance(fold, port_change()))
    made = passages(advance(fold, *readings, heartbeat(3600.0, CAR_LANE)))
    final = [one for one in made if one.state is PassageState.FINAL]
    assert [one.passage_id for one in final] == [f"{CAR_LANE}/SIMULATED/{number}" for number in range(1, 5)]
    assert {(one.port_code, one.lane_mode) for one in made} == {(CODE, LaneMode.PASSENGER)}
    assert {one.lane_id for one in passages(advance(fold, *cars(1)))} == {"2301/03"}  # the others are as they were


def test_who_is_in_a_lane_whose_layout_changes_stays_the_same_vehicle() -> None:
    readings = at_port(cars(5))
    for cut in range(1, len(readings)):
        fold = STAGE.open(0, {})
        outputs = advance(fold, port_change(), *readings[:cut], port_change(text_with(SCALE_FURTHER_ON)))
        outputs += advance(fold, *readings[cut:], heartbeat(3600.0, CAR_LANE))
        final = [one for one in passages(outputs) if one.state is PassageState.FINAL]
        assert [one.passage_number for one in final] == [1, 2, 3, 4, 5]
        for place, one in enumerate(final):
            assert {said.reading_id.rpartition("-")[0] for said in one.readings} == {f"car0-{place}"}


def test_a_lane_that_is_no_more_closes_its_vehicles_and_never_gives_their_numbers_again() -> None:
    fold = STAGE.open(0, {})
    queue = at_port(cars(3), OTHER_CAR_LANE)
    under_way = [one for one in queue if not one.reading_id.endswith(EXIT)]
    advance(fold, port_change(), *under_way)
    closed = passages(advance(fold, port_change(text_with(FIRST_LANE_ALONE))))
    assert [(one.passage_number, one.state, one.left_at) for one in closed] == [
        (number, PassageState.FINAL, None) for number in (1, 2, 3)
    ]
    assert fold.counters["vehicles_of_closed_lanes"] == 3
    with pytest.raises(Rejected, match="no port has this lane"):
        advance(fold, at_port(cars(1, 200.0), OTHER_CAR_LANE)[0])
    fold.take_changes()
    again = at_port(cars(1, 300.0), OTHER_CAR_LANE)
    made = passages(advance(fold, port_change(), *again, heartbeat(3600.0, OTHER_CAR_LANE)))
    assert {one.passage_number for one in made} == {4}


@pytest.mark.parametrize("restarts", [False, True])
def test_a_lane_of_another_mode_says_so_of_who_is_in_it_and_no_cache_remembers_the_old_one(restarts: bool) -> None:
    stored: dict[bytes, bytes] = {}
    fold = STAGE.open(0, stored)
    readings = at_port(cars(1))
    before = passages(advance(fold, port_change(), *readings[:-1]))
    fold.take_changes()
    if restarts:
        fold = STAGE.open(0, stored)
    after = passages(advance(fold, port_change(plain_text("BUS")), *readings[-1:], heartbeat(3600.0, CAR_LANE)))
    assert {one.lane_mode for one in before} == {LaneMode.PASSENGER}
    assert [(one.passage_number, one.lane_mode, one.state) for one in after] == [(1, LaneMode.BUS, PassageState.FINAL)]


def test_a_packaged_port_is_replaced_by_what_is_published_of_it() -> None:
    fold = STAGE.open(0, {})
    brownsville = TEXT.replace('"MX-370"', '"2301"').replace('"MX-CHP"', '"US-TX"')
    assert passages(advance(fold, *cars(1))) == passages(advance(STAGE.open(0, {}), *cars(1)))
    # Its lane 03 is a bus lane there, and it has five lanes.
    advance(fold, port_change(brownsville))
    made = passages(advance(fold, *cars(1, 100.0)))
    assert {one.lane_mode for one in made} == {LaneMode.BUS}
    with pytest.raises(Rejected, match="no port has this lane"):
        advance(fold, *at_port(cars(1), "2301/06"))


@pytest.mark.parametrize(
    ("change", "reason", "said"),
    [
        (port_change(None), "impossible_value", "port_text"),
        (port_change(approved_by="Engineer-1 "), "impossible_value", "second person"),
        (port_change(changed_by="e" * 129), "impossible_value", "changed_by"),
        (port_change(changed_at=-1), "impossible_value", "changed_at"),
        (port_change("code = "), "impossible_value", "not a port"),
        (port_change(TEXT + "# " + "x" * 16_384), "impossible_value", "16384 bytes"),
        (port_change(kind=ChangeKind.RULE_SET), "unknown_change", "only changes of ports"),
    ],
)
def test_what_is_no_port_is_refused_and_changes_nothing(change: ReferenceChange, reason: str, said: str) -> None:
    fold = STAGE.open(0, {})
    with pytest.raises(Rejected, match=said) as refusal:
        advance(fold, change)
    assert refusal.value.reason == reason
    assert fold.take_changes() == {} and not fold.roll_back()  # type: ignore[func-returns-value]


def test_no_more_ports_are_held_than_the_bound() -> None:
    fold = STAGE.open(0, {})
    texts = [TEXT.replace(CODE, f"MX-{number}") for number in range(published_ports.PORTS_MAX + 1)]
    advance(fold, *[port_change(text) for text in texts[:-1]])
    with pytest.raises(Rejected) as refusal:
        advance(fold, port_change(texts[-1]))
    assert refusal.value.reason == "ports_full"
    advance(fold, port_change(texts[1]))  # who is in may change
    assert len(fold.take_changes()) == published_ports.PORTS_MAX


def test_a_stored_port_that_this_version_refuses_stops_the_stage() -> None:
    stored: dict[bytes, bytes] = {}
    fold = STAGE.open(0, stored)
    advance(fold, port_change())
    fold.take_changes()
    (key,) = stored
    text, *people = published_ports.decode_port(stored[key])
    for damaged in (b"\xff", msgspec.msgpack.encode((text.replace("latitude_deg", "north"), *people))):
        with pytest.raises(OtherVersion, match="border ports validate"):
            STAGE.open(0, {key: damaged})


def random_log(seed: int) -> list[Any]:
    """Cars through lanes of the new port and an old one, its file changed again and again under them."""
    draw = random.Random(seed)
    texts = (TEXT, text_with(FIRST_LANE_ALONE), text_with(SCALE_FURTHER_ON), TEXT.replace(CODE, "MX-371"))
    lanes = (CAR_LANE, OTHER_CAR_LANE, "MX-371/01", "2301/03")
    values = [one for lane_id in lanes for one in at_port(cars(6), lane_id)]
    for n in range(6):
        seen = {"lane_id": draw.choice(lanes), "candidates": candidates("ZZZ9999")}
        values.append(reading(FRONT, f"more-{n}", draw.uniform(0, 60), **seen))
    values += [heartbeat(100.0 + 20 * n, lane_id) for n, lane_id in enumerate(lanes * 2)]
    values.sort(key=lambda one: one.received_at)
    for number in range(10):
        change = port_change(draw.choice(texts), change_id=f"change-{number}")
        values.insert(draw.randrange(len(values) * 2 // 3), change)
    return [port_change(), *values]


def accepted(log: Sequence[Any]) -> list[Record]:
    """What the fold takes; what it refuses changes nothing."""
    fold, taken = STAGE.open(0, {}), []
    for value in log:
        try:
            advance(fold, value)
        except Rejected:
            continue
        taken.append(record_of(value))
    return taken


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_batches_restarts_and_roll_backs_around_changes_of_ports_change_no_byte(seed: int, cuts_seed: int) -> None:
    log = accepted(random_log(seed))
    stored: dict[bytes, bytes] = {}
    fold, outputs = STAGE.open(0, stored), list[Output]()
    for one in log:
        fold.advance(one, outputs)
    fold.take_changes()
    written, committed = folded_through_crashes(lambda state: STAGE.open(0, state), log, random.Random(cuts_seed), 13)
    assert [body_of(value) for value in written] == [body_of(output.value) for output in outputs]
    assert committed == stored


def test_random_logs_reach_what_they_are_to_try() -> None:
    counters: dict[str, int] = {}
    states = set()
    for seed in range(10):
        fold, log = STAGE.open(0, {}), random_log(seed)
        taken = accepted(log)
        assert len(taken) < len(log)  # some lanes are not there for some time
        for one in taken:
            outputs: list[Output] = []
            fold.advance(one, outputs)
            states |= {passage.state for passage in passages(outputs)}
        for name, count in fold.counters.items():
            counters[name] = counters.get(name, 0) + count
    assert counters["vehicles_of_closed_lanes"] >= 5 and counters["reference_changes"] == 110
    assert {PassageState.AT_LIGHT, PassageState.FINAL} <= states
