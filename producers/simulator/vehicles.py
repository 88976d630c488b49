"""The vehicles, their owners' habits and what a smuggler carries.

A vehicle is a pure function of seed and identity, so no list of them is kept: commuters belong to one lane and hour
(`2301/03 h17 n12`), shoppers to a port, shuttles to a truck lane, and rare crossers to a pool that is seldom met twice.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from producers.simulator.plates import FACING_STATES, REAR_PLATE_ONLY, issue_plate
from schemas.records import LaneMode


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
    smuggler: bool


@dataclass(frozen=True, slots=True)
class Contraband:
    """What a smuggler carries on one passage. Truth only."""

    guns: int
    rounds: int

    @property
    def weight_kg(self) -> float:
        """3.4 kg a gun with its magazines, 12 g a round of mixed calibres."""
        return 3.4 * self.guns + 0.012 * self.rounds


# A smuggler's vehicle carries on one passage in five; the others look like anyone's.
LOADED_PASSAGE_RATIO: Final = 0.2
AMMUNITION_ONLY_RATIO: Final = 0.15
# Loads seized 2016-17 (UNODC): probability, smallest and largest number of guns.
LOAD_BANDS: Final = ((0.47, 1, 1), (0.18, 2, 5), (0.22, 6, 11), (0.12, 12, 19), (0.01, 20, 60))

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


def make_vehicle(seed: int, identity: str, mode: LaneMode, state: str, smuggling_ratio: float) -> Vehicle:
    """The vehicle of this identity at a port in this US state."""
    random = Random(f"{seed} vehicle {identity}")
    jurisdiction = state
    if random.random() < MEXICAN_PLATE_RATIO:
        jurisdiction = random.choice(FACING_STATES[state])
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
        smuggler=random.random() < smuggling_ratio / LOADED_PASSAGE_RATIO,
    )


def draw_contraband(random: Random) -> Contraband:
    """A load after the seizure statistics; ammunition alone is a class of its own and heavy."""
    if random.random() < AMMUNITION_ONLY_RATIO:
        return Contraband(0, int(1000 * random.lognormvariate(1.0, 0.8)))
    _, low, high = random.choices(LOAD_BANDS, [band[0] for band in LOAD_BANDS])[0]
    guns = random.randint(low, high)
    return Contraband(guns, random.randint(0, 100) * guns)


def draw_payload_kg(random: Random, mode: LaneMode, curb_weight_kg: float) -> float:
    """People, fuel and shopping in a car, passengers in a bus, freight in a truck."""
    if mode is LaneMode.PASSENGER:
        return max(60.0, random.gauss(170.0, 90.0))
    if mode is LaneMode.BUS:
        return max(75.0, random.gauss(2400.0, 900.0))
    return 0.0 if random.random() < 0.25 else curb_weight_kg * random.uniform(0.1, 1.1)
