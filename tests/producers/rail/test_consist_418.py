"""The 418: lists come back from their interchange; one bad train loses no other; every problem has its place."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.rail import write_418
from producers.rail.write_418 import interchange_of
from producers.rail.x12 import Delimiters
from schemas.records import EquipmentKind, LoadState, OperatingMode, TrainConsist
from tests.producers.rail.interchanges import NOW, a_car, a_train, interchange, placed, read, trains

# The layout of CN's sample (its implementation guide of 2018), with made-up names and numbers.
SAMPLE = b"""ISA*00*          *00*          *02*ABCD           *02*CNFTP          *180620*1437*U*00703*000000042*0*P*:~
GS*IC*ABCD*CN*20180620*1437*42*X*007030~
ST*418*0001~
BAX*072400*T*139*20180620*1500*ABCD CN~
W1*CUT~
W2*ACFX*49441*3720123*RR*W**********C113~
W3*69975*20180620*CN*SASKATOON*SK~
W2*ABCD*000123*3720123*LO*O~
SE*7*0001~
GE*1*42~
IEA*1*000000042~
"""
DELIMITERS = [Delimiters(b"*", b">", b"~"), Delimiters(b"|", b":", b"\n"), Delimiters(b"\x1d", b"\x1f", b"\x1c")]


def without_id(train: TrainConsist) -> TrainConsist:
    return msgspec.structs.replace(train, reading_id="")


def wrong(data: bytes, old: bytes, new: bytes) -> bytes:
    """The interchange with one thing changed in it."""
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


def test_a_railroads_sample_is_read() -> None:
    found = read(SAMPLE)
    assert not found.problems
    (train,) = found.trains
    assert (train.train_id, train.railroad, train.revision, train.port_code) == ("ABCD CN", "ABCD", 42, "2304")
    car, locomotive = train.equipment
    assert (car.mark, car.number, car.load_state, car.commodity_code) == ("ACFX", 49441, LoadState.EMPTY, "3720123")
    assert (locomotive.kind, locomotive.number) == (EquipmentKind.LOCOMOTIVE, 123)


@settings(max_examples=80, deadline=None)
@given(
    st.data(),
    st.integers(1, 999_999_999),
    st.sampled_from(["UP", "KCSM", "BNSF"]),
    st.sampled_from([mode for mode in OperatingMode if mode is not OperatingMode.UNKNOWN]),
    st.sampled_from(DELIMITERS),
)
def test_any_lists_come_back_from_their_interchange(
    data: st.DataObject, revision: int, railroad: str, mode: OperatingMode, delimiters: Delimiters
) -> None:
    told = data.draw(st.lists(trains(revision, railroad, mode), min_size=1, max_size=3, unique_by=lambda t: t.train_id))
    found = read(interchange_of(told, NOW, delimiters), mode)
    assert not found.problems
    assert [without_id(train) for train in found.trains] == told
    assert len({train.reading_id for train in found.trains}) == len(told)


def test_a_train_of_several_blocks_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_418, "BLOCK_EQUIPMENT_MAX", 90)
    long = a_train(cars=400)
    assert interchange(long).count(b"W1*") == 5
    assert [without_id(train) for train in read(interchange(long)).trains] == [long]
    too_long = read(interchange(a_train(cars=401)))
    assert not too_long.trains and "more than 400" in too_long.problems[0].text


def test_the_same_file_again_is_the_same_list_and_another_is_not() -> None:
    first, again = (read(interchange(a_train())).trains[0] for _ in range(2))
    assert first == again
    # A sender whose count began anew: same control numbers, another train.
    other = read(interchange(a_train(cars=4))).trains[0]
    assert other.reading_id != first.reading_id and other.revision == first.revision


def test_a_bad_train_loses_no_other() -> None:
    data = interchange(a_train("ONE"), a_train("TWO"), a_train("THREE"))
    second = data.index(b"ST*418*0002")
    for old, new, text in (
        (b"SE*7*0002", b"SE*8*0002", "SE01 must be the count of its segments, which is 7"),
        (b"SE*7*0002", b"SE*7*0003", "SE02"),
        (b"SE*7*0002~", b"", "another set begins"),
    ):
        found = read(wrong(data, old, new))
        assert [train.train_id for train in found.trains] == ["ONE", "THREE"]
        (problem,) = found.problems
        assert problem.lost and problem.train == "TWO" and text in problem.text
    for old, new, name, element in (
        (b"W2*TILX*2", b"W2*T1LX*2", "W2", 1),
        (b"W2*TILX*2", b"W2*TILX*1000000", "W2", 2),
        (b"W2*TILX*2", b"W2*TILX*1", "W2", 2),  # twice
        (b"W2*TILX*2", b"w2*TILX*2", "?", 0),
        (b"BAX*000000*T", b"BAX*000000*B", "BAX", 2),
        (b"TWO*", b"*", "BAX", 6),
        (b"BAX*", b"BAY*", "BAY", 0),
        (b"ST*418", b"ST*417", "ST", 1),
    ):
        found = read(data[:second] + wrong(data[second:], old, new))
        assert [train.train_id for train in found.trains] == ["ONE", "THREE"], (old, new)
        (problem,) = found.problems
        assert (problem.lost, problem.segment, problem.element) == (True, name, element), problem


def test_a_problem_has_its_place() -> None:
    data = wrong(interchange(a_train()), b"W2*TILX*2**RR", b"W2*TILX*x2**RR")
    (problem,) = read(data).problems
    # ISA, GS, ST, BAX, W1 and the first car come before it.
    assert (problem.segment, problem.ordinal, problem.offset, problem.element) == (
        "W2",
        7,
        data.index(b"W2*TILX*x2"),
        2,
    )
    assert str(problem).startswith(f"byte {problem.offset}, segment 7 W202: train MLDSA-30: a number is 0 to 999999")
    assert "x2" not in str(problem)


def test_a_bad_detail_is_left_out_and_the_train_taken() -> None:
    car = a_car(
        1, seals=("A1",), declared_gross_weight_kg=90_000.0, axle_count=4, length_m=16.2, commodity_code="3720123"
    )
    good = interchange(a_train(cars=0, equipment=(msgspec.structs.replace(car, hazardous_materials=("UN1203",)),)))
    for old, new, element in (
        (b"*SN*A1", b"*SN*\xd1", 2),
        (b"*90000.0*KG", b"*9e4*KG", 3),
        (b"*90000.0*KG", b"*90000.0*ST", 4),
        (b"*90000.0*KG", b"*1900000.0*KG", 3),
        (b"*AXL*4", b"*AXL*33", 3),
        (b"*LN*16.2", b"*LN*0", 3),
        (b"UN1203", b"1203", 3),
        (b"*3720123*", b"*corn*", 3),
    ):
        found = read(wrong(good, old, new))
        (train,), (problem,) = found.trains, found.problems
        assert (problem.lost, problem.element) == (False, element)
        assert "left out" in str(problem)
        assert len(train.equipment) == 1


@pytest.mark.parametrize(
    ("told", "gross_kg"),
    [
        (b"*RR*L*90~MEA*WT*T*60000*LB", 90 * 907.18474 + 60_000 * 0.45359237),
        (b"*RR*L~MEA*WT*T*30*TN~MEA*WT*N*60*TN", 90 * 907.18474),
        (b"*RR*L*90~MEA*WT*G*100000*KG", 100_000.0),
        (b"*RR*E*0~MEA*WT*T*30000*KG", 30_000.0),
        (b"*RR*L*90", None),  # net tons alone are no gross weight
    ],
)
def test_a_gross_weight_is_told_or_net_and_tare(told: bytes, gross_kg: float | None) -> None:
    data = wrong(interchange(a_train(cars=1)), b"*RR*E", told)
    data = data.replace(b"SE*5*", b"SE*%d*" % (5 + told.count(b"~")))
    found = read(data)
    assert not found.problems
    assert found.trains[0].equipment[0].declared_gross_weight_kg == (gross_kg and pytest.approx(gross_kg))


def test_containers_ride_on_the_car_before_them() -> None:
    riding = b"W2*TILX*2**RR*E~W2*ABCU*1234567890*3720123*CN*L~REF*SN*S7~LH1*CA*1*UN1203~MEA*WT*G*30*TN"
    data = wrong(interchange(a_train()), b"W2*TILX*2**RR*E", riding).replace(b"SE*7*", b"SE*11*")
    found = read(data)
    assert not found.problems
    flat = found.trains[0].equipment[1]
    assert [car.number for car in found.trains[0].equipment] == [1, 2, 3]
    assert (flat.load_state, flat.commodity_code, flat.seals) == (LoadState.LOADED, "3720123", ("S7",))
    assert (flat.hazardous_materials, flat.declared_gross_weight_kg) == (("UN1203",), None)
    alone = wrong(interchange(a_train()), b"W2*TILX*1**RR*E", b"W2*ABCU*1**CN*L")
    assert not read(alone).trains and "before any car" in read(alone).problems[0].text


def test_only_whole_lists_are_taken() -> None:
    data = interchange(a_train(revision=2))
    assert read(data).trains[0].revision == 2
    for purpose in (b"01", b"02", b"03", b"04"):
        found = read(wrong(data, b"*05~", b"*" + purpose + b"~"))
        assert not found.trains and found.problems[0].element == 13


def test_a_test_is_never_loaded_as_real() -> None:
    data = interchange(a_train(operating_mode=OperatingMode.SIMULATED))
    assert read(data).trains[0].operating_mode is OperatingMode.TEST
    assert read(data, OperatingMode.SIMULATED).trains[0].operating_mode is OperatingMode.SIMULATED
    refused = read(data, OperatingMode.OPERATIONAL)
    assert not refused.trains and refused.problems[0].segment == "ISA"


def test_two_lists_of_one_train_in_one_interchange_are_neither() -> None:
    same = read(interchange(a_train(), a_train()))
    assert len(same.trains) == 1 and not same.problems
    found = read(interchange(a_train(), a_train("OTHER"), a_train(cars=4), a_train()))
    assert [train.train_id for train in found.trains] == ["OTHER"]
    assert [problem.train for problem in found.problems] == ["MLDSA-30", "MLDSA-30"]


def test_what_an_interchange_cannot_hold_is_not_written() -> None:
    for told in (
        [],
        [a_train(), a_train(revision=2)],
        [a_train(railroad="A" * 16)],
        [a_train(revision=1_000_000_000)],
        [a_train(train_id="A*B")],
        [a_train(train_id="")],
        [a_train(equipment=placed([a_car(1, kind=EquipmentKind.UNKNOWN)]))],
        [a_train(equipment=placed([a_car(1, seals=("",))]))],
    ):
        with pytest.raises(ValueError):
            interchange_of(told, NOW)


def test_a_time_that_cannot_be_is_left_out() -> None:
    data = interchange_of([a_train()], NOW)
    at = data.index(b"*U*") if b"*U*" in data else data.index(b"*00703*") - 2
    day = data[at - 11 : at]
    assert day.count(b"*") == 1 and day.replace(b"*", b"").isdigit()
    for wrong in (b"991332*1200", b"950101*1200", b"261130*2500"):
        (train,) = read(data.replace(day, wrong, 1)).trains
        assert train.sent_at is None
