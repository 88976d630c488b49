"""The vehicles: plates, bodies and what they usually carry.

A vehicle is a pure function of seed and identity, so no list of them is kept: commuters belong to one lane and hour
(`2301/03 h17 n12`), shoppers to a port, shuttles to a truck lane, and rare crossers to a pool that is seldom met twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from producers.simulator.plates import FACING_STATES, REAR_PLATE_ONLY, issue_plate
from schemas.records import LaneMode


class PlateStyle(StrEnum):
    """How a plate looks; readers like the standard ones best."""

    STANDARD = "STANDARD"
    SPECIALTY = "SPECIALTY"
    PERSONALISED = "PERSONALISED"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle. `axle_shares` of the gross weight and spacings in metres are front first."""

    identity: str
    plate: str
    jurisdiction: str  # ISO 3166-2
    has_front_plate: bool
    vehicle_class: int  # FHWA 1 to 13
    curb_weight_kg: float
    length_m: float
    axle_shares: tuple[float, ...]
    axle_spacings_m: tuple[float, ...]
    plate_style: PlateStyle
    usual_payload_kg: float  # of a car

    def shares_with(self, gross_kg: float, trunk_kg: float) -> tuple[float, ...]:
        """Axle shares with this much of the gross weight in the trunk, which is over the rear axle of a car."""
        if len(self.axle_shares) != 2 or not trunk_kg:
            return self.axle_shares
        front = self.axle_shares[0] * (1.0 - trunk_kg / gross_kg)
        return front, 1.0 - front


# Shares of plates [assumed].
PLATE_STYLES: Final = {PlateStyle.STANDARD: 0.82, PlateStyle.SPECIALTY: 0.13, PlateStyle.PERSONALISED: 0.05}
# People, fuel and shopping in a car: together a spread of 80 to 100 kg, most of it between vehicles, since who drives
# to work alone does so every day; how it is split is [assumed]: sqrt(70^2 + 55^2) = 89 kg.
CAR_PAYLOAD_KG: Final = 170.0
CAR_PAYLOAD_SIGMA_KG: Final = 70.0
TRIP_PAYLOAD_SIGMA_KG: Final = 55.0
DRIVER_KG: Final = 75.0
TRUNK_PART_MAX: Final = 0.5  # of what a car carries besides its driver [assumed]

# FHWA class -> mean curb weight kg, relative spread, length m, axle spacings m, shares of the gross weight.
BODIES: Final = {
    1: (220.0, 0.15, 2.2, (1.5,), (0.47, 0.53)),
    2: (1600.0, 0.16, 4.6, (2.7,), (0.56, 0.44)),
    3: (2200.0, 0.15, 5.5, (3.5,), (0.54, 0.46)),
    4: (13000.0, 0.10, 12.5, (6.6,), (0.37, 0.63)),
    5: (5200.0, 0.20, 7.5, (4.6,), (0.38, 0.62)),
    6: (9800.0, 0.12, 9.0, (4.8, 1.3), (0.30, 0.35, 0.35)),
    8: (11500.0, 0.10, 14.5, (4.0, 8.5), (0.30, 0.40, 0.30)),
    9: (15000.0, 0.08, 18.0, (5.0, 1.3, 9.5, 1.2), (0.24, 0.21, 0.21, 0.17, 0.17)),
    11: (17000.0, 0.08, 21.0, (4.0, 6.6, 3.0, 6.6), (0.20, 0.22, 0.20, 0.19, 0.19)),
}
CLASSES: Final = {
    LaneMode.PASSENGER: ((1, 2, 3), (0.01, 0.66, 0.33)),
    LaneMode.BUS: ((4,), (1.0,)),
    LaneMode.TRUCK: ((5, 6, 8, 9, 11), (0.14, 0.06, 0.08, 0.69, 0.03)),
}
MEXICAN_PLATE_RATIO: Final = 0.55


def make_vehicle(seed: int, identity: str, mode: LaneMode, state: str) -> Vehicle:
    """The vehicle of this identity at a port in this state."""
    random = Random(f"{seed} vehicle {identity}")
    jurisdiction = state
    if random.random() < MEXICAN_PLATE_RATIO:
        # Away from the northern border most plates are those of the state itself [assumed].
        jurisdiction = random.choice(FACING_STATES.get(state, (state,)))
    elif random.random() < 0.05:
        jurisdiction = random.choice(tuple(FACING_STATES))
    classes, weights = CLASSES[mode]
    vehicle_class = random.choices(classes, weights)[0]
    curb, spread, length, spacings, shares = BODIES[vehicle_class]
    size = max(0.6, random.gauss(1.0, spread))
    stretch = max(0.8, random.gauss(1.0, 0.05))
    return Vehicle(
        identity=identity,
        plate=issue_plate(random, jurisdiction, mode is LaneMode.TRUCK),
        jurisdiction=jurisdiction,
        has_front_plate=jurisdiction not in REAR_PLATE_ONLY and vehicle_class != 1,
        vehicle_class=vehicle_class,
        curb_weight_kg=curb * size,
        length_m=length * stretch,
        axle_shares=shares,
        axle_spacings_m=tuple([spacing * stretch for spacing in spacings]),
        plate_style=random.choices(tuple(PLATE_STYLES), tuple(PLATE_STYLES.values()))[0],
        usual_payload_kg=random.gauss(CAR_PAYLOAD_KG, CAR_PAYLOAD_SIGMA_KG),
    )


def draw_payload_kg(random: Random, mode: LaneMode, vehicle: Vehicle) -> tuple[float, float]:
    """What a vehicle carries on one trip and how much of it is in the trunk.

    People, fuel and shopping in a car, passengers in a bus, freight in a truck.
    """
    if mode is LaneMode.PASSENGER:
        payload = max(60.0, vehicle.usual_payload_kg + random.gauss(0.0, TRIP_PAYLOAD_SIGMA_KG))
        return payload, max(0.0, payload - DRIVER_KG) * TRUNK_PART_MAX * random.random()
    if mode is LaneMode.BUS:
        return max(75.0, random.gauss(2400.0, 900.0)), 0.0
    empty = random.random() < 0.25
    return 0.0 if empty else vehicle.curb_weight_kg * random.uniform(0.1, 1.1), 0.0
