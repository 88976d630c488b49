"""Tags of containers and trailers that a car carries say nothing of who the car is."""

from typing import Any

import msgspec
import pytest

from schemas.records import CarState, CarTagRead, CarWeighing, CoverageReason, EquipmentKind, TagSide
from tests.core.trains.builders import Portal, Seen, consist, freight, released

R = CoverageReason
LISTED = freight(20)
NAME = f"TTGX {LISTED[9].number}"


def with_tags(place: int, mark: str, number: int, shift: int, weighed: bool = True, **changes: Any) -> list[Any]:
    """Readings of the train, and tags of another kind on both sides of a car, some wheels from its own."""
    readings = Portal().read(LISTED)
    made = [one for one in readings if weighed or not isinstance(one, CarWeighing)]
    own = [one for one in made if isinstance(one, CarTagRead) and one.number == LISTED[place].number]
    for one in own:
        read = msgspec.structs.replace(
            one,
            reading_id=f"box {shift} {one.tag_side}",
            equipment_kind=EquipmentKind.UNKNOWN,
            mark=mark,
            number=number,
            axle_count=one.axle_count + shift,
            length_m=12.2,
            axles=9,
        )
        made.append(msgspec.structs.replace(read, **changes))
    return made


@pytest.mark.parametrize("weighed", [True, False])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_a_container_on_a_car_does_not_open_it(shift: int, weighed: bool) -> None:
    told = Seen().take(consist(LISTED), *with_tags(9, "MSCU", 123_456, shift, weighed), released())
    assert told.standing()[NAME].state is CarState.CLEARED
    assert told.train().covered


def test_a_container_does_not_take_a_cars_only_tag_to_its_neighbour() -> None:
    readings = with_tags(9, "MSCU", 123_456, -1)
    own = [one for one in readings if isinstance(one, CarTagRead) and one.number == LISTED[9].number]
    beside = [one for one in readings if isinstance(one, CarTagRead) and one.number == LISTED[10].number]
    edge = msgspec.structs.replace(own[0], axle_count=own[0].axle_count + 2)
    lost = [*own, *[one for one in beside if one.tag_side is TagSide.LEFT]]
    told = Seen().take(consist(LISTED), *[one for one in readings if one not in lost], edge, released())
    assert told.standing()[NAME].state is CarState.CLEARED


def test_a_tag_of_no_kind_that_says_a_listed_car_disagrees() -> None:
    readings = with_tags(9, "TTGX", LISTED[14].number, 0)
    lost = [one for one in readings if isinstance(one, CarTagRead) and "14 tag" in one.reading_id]
    told = Seen().take(consist(LISTED), *[one for one in readings if one not in lost], released())
    assert told.standing()[NAME].reasons == (R.TAGS_DISAGREE,)


def test_a_car_of_which_all_tags_are_of_no_kind_is_known_by_them() -> None:
    made = [
        msgspec.structs.replace(one, equipment_kind=EquipmentKind.UNKNOWN)
        if isinstance(one, CarTagRead) and one.number == LISTED[9].number
        else one
        for one in Portal().read(LISTED)
    ]
    assert Seen().take(consist(LISTED), *made, released()).train().covered
