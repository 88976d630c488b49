"""Lists of trains for tests, as records and as interchanges."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from producers.rail.consist_418 import Consists, read_consists
from producers.rail.write_418 import interchange_of
from schemas.records import ConsistEquipment, EquipmentKind, LoadState, OperatingMode, TrainConsist

NOW: Final = 1_796_036_280_000_000  # 2026-11-30 10:58 UTC
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLAIN: Final = "ABCXYZ0189 -/."


def text(longest: int) -> st.SearchStrategy[str]:
    """Words without delimiters, and without blanks at their ends."""
    return st.text(PLAIN, min_size=1, max_size=longest).map(str.strip).filter(bool)


equipment = st.builds(
    ConsistEquipment,
    position=st.just(0),
    kind=st.sampled_from([EquipmentKind.LOCOMOTIVE, EquipmentKind.CAR, EquipmentKind.END_OF_TRAIN_DEVICE]),
    mark=st.text(LETTERS, min_size=2, max_size=4),
    number=st.integers(0, 999_999),
    load_state=st.sampled_from(LoadState),
    commodity_code=st.none() | st.text("0123456789", min_size=2, max_size=7),
    declared_gross_weight_kg=st.none() | st.floats(0.001, 1_500_000),
    axle_count=st.none() | st.integers(1, 32),
    length_m=st.none() | st.floats(0.001, 110),
    seals=st.lists(text(15), max_size=4, unique=True).map(tuple),
    hazardous_materials=st.lists(st.from_regex(r"(UN|NA)[0-9]{4}", fullmatch=True), max_size=3, unique=True).map(tuple),
)


def placed(cars: Iterable[ConsistEquipment]) -> tuple[ConsistEquipment, ...]:
    """Equipment in its order."""
    return tuple([msgspec.structs.replace(car, position=place) for place, car in enumerate(cars, 1)])


def trains(revision: int, railroad: str, mode: OperatingMode) -> st.SearchStrategy[TrainConsist]:
    """Lists that one interchange can hold."""
    cars = st.lists(equipment, min_size=1, max_size=6, unique_by=lambda car: (car.mark, car.number)).map(placed)
    return st.builds(
        TrainConsist,
        reading_id=st.just(""),
        port_code=st.just("2304"),
        train_id=text(10),
        revision=st.just(revision),
        sent_at=st.just(NOW),
        received_at=st.just(NOW),
        operating_mode=st.just(mode),
        railroad=st.just(railroad),
        equipment=cars,
    )


def a_car(number: int, **changed: Any) -> ConsistEquipment:
    """An empty car of TILX."""
    values: dict[str, Any] = {
        "position": number,
        "kind": EquipmentKind.CAR,
        "mark": "TILX",
        "number": number,
        "load_state": LoadState.EMPTY,
    }
    return ConsistEquipment(**(values | changed))


def a_train(train_id: str = "MLDSA-30", cars: int = 3, **changed: Any) -> TrainConsist:
    """A short train."""
    values: dict[str, Any] = {
        "reading_id": "",
        "port_code": "2304",
        "train_id": train_id,
        "revision": 1,
        "sent_at": NOW,
        "received_at": NOW,
        "operating_mode": OperatingMode.OPERATIONAL,
        "railroad": "KCSM",
        "equipment": tuple([a_car(number) for number in range(1, cars + 1)]),
    }
    return TrainConsist(**(values | changed))


def read(data: bytes, mode: OperatingMode | None = None) -> Consists:
    """What a file holds for Laredo."""
    return read_consists(data, "2304", NOW, mode)


def interchange(*listed: TrainConsist) -> bytes:
    """An interchange of lists."""
    return interchange_of(listed, NOW)
