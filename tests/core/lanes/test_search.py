"""Shifts: a vehicle that sensors missed must not pass its neighbours' readings on through the whole queue."""

import pytest

from schemas.records import SensorRole
from streams.core.lanes.search import WINDOW_ROWS
from tests.core.lanes.builders import EXIT, FRONT, REAR, SCALE, STOP_LINE, Car, apart, folded


def platoon(count: int, headway: float = 3.0) -> list[Car]:
    """Cars that queue: the light takes longer than the next one needs to come."""
    return [
        Car(f"car-{number:02d}", headway * number, plate=f"ABC{1357 * number:04d}") for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    "missing",
    [(STOP_LINE,), (EXIT,), (SCALE,), (SCALE, STOP_LINE), (FRONT, REAR)],
    ids=lambda roles: "+".join(roles),
)
def test_what_sensors_missed_of_one_car_shifts_nobody_behind_it_in_a_queue(missing: tuple[SensorRole, ...]) -> None:
    cars = platoon(6)
    cars[1].missing = missing
    assert folded(cars).joined() == apart(*cars)


def test_a_shift_that_nothing_betrays_ends_with_the_queue() -> None:
    # Neither the light nor the exit saw the second car: in a closed-up queue the next one's sightings fit it as well.
    cars = [*platoon(6), Car("alone", 90.0, plate="XYZ9876")]
    cars[1].missing = (STOP_LINE, EXIT)
    joined = folded(cars).joined()
    assert len(joined) == len(cars)
    assert apart(cars[-1])[0] in joined


def test_an_exit_lost_by_the_first_is_not_taken_from_the_others() -> None:
    cars = platoon(5)
    cars[0].missing = (EXIT,)
    cars[3].missing = (EXIT,)
    assert folded(cars).joined() == apart(*cars)


def test_more_cars_than_a_search_looks_at_are_all_kept() -> None:
    # Most of them wait for late readings after they have left; every tenth lost its entry, so that a search is due.
    cars = platoon(2 * WINDOW_ROWS, headway=2.0)
    for car in cars[::10]:
        car.missing = (SensorRole.ENTRY_LOOP,)
    assert folded(cars).joined() == apart(*cars)
