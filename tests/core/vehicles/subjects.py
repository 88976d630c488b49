"""What evidence looks at, for its tests: a car with a past, on a Type I scale."""

from typing import Any

from schemas.layout import load_ports
from schemas.records import ScaleType
from streams.core.evidence.past import SCALE_TYPES
from streams.core.evidence.subject import Subject
from streams.core.travel import TravelTimes
from streams.core.vehicle_state import PassedBy
from tests.core.vehicles.builders import DAY, SECOND, START, passage

TRAVEL = TravelTimes(load_ports())
START_S = START // SECOND
HOUR_S = 3600
DAY_S = DAY // SECOND
TYPE_I = SCALE_TYPES.index(ScaleType.TYPE_I)


def passed(before_s: int, weight_kg: int = 0, lane_id: str = "2301/03", number: int = 1, **fields: Any) -> PassedBy:
    """A passage so many seconds before the present one."""
    values: dict[str, Any] = {"scale": TYPE_I, "vehicle_class": 2} | fields
    return PassedBy(START_S - before_s, f"{lane_id}/{number}", weight_kg, **values)


def daily(weights_kg: tuple[int, ...]) -> tuple[PassedBy, ...]:
    """One weighing a day, the last of them yesterday."""
    days = len(weights_kg)
    return tuple(passed((days - n) * DAY_S, weight_kg, number=n) for n, weight_kg in enumerate(weights_kg))


def subject(
    past: tuple[PassedBy, ...] = (),
    hit: Any = None,
    probability: float = 1.0,
    inbound: tuple[PassedBy, ...] = (),
    **fields: Any,
) -> Subject:
    """The present passage with its past."""
    return Subject(passage(99, **fields), START, past, hit, probability, TRAVEL, inbound=inbound)
