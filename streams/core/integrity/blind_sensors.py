"""A sensor that goes blind whenever one officer is on duty.

Mechanism: a camera is turned, covered or switched off while an arranged vehicle passes.

Case: an officer's duty in a lane with at least VEHICLES_MIN vehicles. Event: the sensor said nothing of most of them
up to the light. Whole duties and not vehicles, since a broken sensor is silent for hours; and a duty that begins with a
blind sensor is no case, so that what is broken for a day is one event and not all of an officer's duties of that day.
Compared with the other officers' duties in the *same lane*, so a lane's bad camera accuses nobody; an officer's duties
of one shift are one trial (`comparison.py`), so neither does one that comes and goes all day.

What honest people do to trip it: an officer who always has the lane in hours of low sun, where hours are not rotated.
"""

from typing import Final

import msgspec

from schemas.records import Selection, SensorRole
from streams.core.integrity.comparison import Trial
from streams.core.integrity.state import DAY_SECONDS, SECOND, Stint
from streams.core.outcomes.state import Duty

# Those that a vehicle passes before it stands at the light.
SENSORS: Final = (
    SensorRole.ENTRY_LOOP,
    SensorRole.FRONT_CAMERA,
    SensorRole.REAR_CAMERA,
    SensorRole.SCALE,
    SensorRole.XRAY,
)

# Fewer, and one dirty plate makes a duty blind.
VEHICLES_MIN: Final = 5
# Of a duty's vehicles: an arranged one is among others, so a sensor covered for it alone is not seen here.
BLIND_RATIO: Final = 0.5
# Duties of others in a lane below which their rate says too little; a lane has about thirty a day.
OTHERS_MIN: Final = 40
PASSAGES_MAX: Final = 4
# A lane that has been closed for so long begins its next duty anew.
KEPT_SECONDS: Final = 2 * DAY_SECONDS


def over_s_of(stint: Stint) -> int:
    """When a stint is forgotten."""
    return stint.from_at // SECOND + KEPT_SECONDS


def begun(duty: Duty, selection: Selection, before: Stint | None) -> Stint:
    """A stint with its first vehicle, after the one before it in the lane if that is known."""
    stint = Stint(0, duty.officer_id, duty.from_at, 0, (0,) * len(SENSORS), blind_after(before))
    return with_vehicle(msgspec.structs.replace(stint, due_s=over_s_of(stint)), selection)


def with_vehicle(stint: Stint, selection: Selection) -> Stint:
    """The stint with a vehicle more."""
    silent, passages = stint.silent, stint.passages
    if selection.silent_sensors:
        silent = tuple(
            [count + (sensor in selection.silent_sensors) for count, sensor in zip(silent, SENSORS, strict=True)]
        )
        if silent != stint.silent and len(passages) < PASSAGES_MAX:
            passages = (*passages, selection.passage_id)
    return Stint(stint.due_s, stint.officer_id, stint.from_at, stint.vehicles + 1, silent, stint.blind_before, passages)


def blind_after(stint: Stint | None) -> tuple[bool, ...]:
    """Which sensors a stint leaves blind; with too few vehicles to tell, those that were blind before it."""
    if stint is None:
        return (False,) * len(SENSORS)
    if stint.vehicles < VEHICLES_MIN:
        return stint.blind_before
    return tuple([count > BLIND_RATIO * stint.vehicles for count in stint.silent])


def trials_of(stint: Stint) -> list[tuple[SensorRole, Trial]]:
    """The case of each sensor that saw when the stint began, when it is over."""
    if stint.vehicles < VEHICLES_MIN:
        return []
    return [
        (sensor, Trial(stint.officer_id, is_blind, stint.passages))
        for sensor, is_blind, was_blind in zip(SENSORS, blind_after(stint), stint.blind_before, strict=True)
        if not was_blind
    ]
