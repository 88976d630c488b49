"""What rolls: kinds of cars with their sizes and weights, their marks and numbers, in blocks as trains are built.

Marks are those of the trade, numbers are drawn: any car that exists is met by chance. Shares of kinds, lengths and
weights are typical of the trade and rounded [assumed]; a four-axle car on rail may weigh 286,000 lb, 129.7 t.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from producers.simulator.rail.truth import CarTruth
from schemas.records import EquipmentKind

NUMBER_MAX: Final = 999_999
GROSS_KG: Final = 129_700.0
LOCOMOTIVE_KG: Final = 190_000.0
# A portal's image is about this long at least; two cars below it fit into one.
SHORT_CAR_M: Final = 11.0
STAY_IN_BLOCK_RATIO: Final = 0.88  # the next car is of the same kind: blocks of about eight
SERIES_RATIO: Final = 0.3  # of blocks: numbers of one series, close to each other, where a misread hits a neighbour
SERIES_STEP_MAX: Final = 9
SEALED_RATIO: Final = 0.5  # of loaded closed cars


@dataclass(frozen=True)
class CarType:
    """One kind of car; `share` is of blocks."""

    name: str
    share: float
    axles: int
    lengths_m: tuple[float, float]
    tare_kg: float
    gross_max_kg: float
    marks: tuple[str, ...]
    commodity_code: str  # STCC
    closed: bool


CAR_TYPES: Final = (
    CarType("hopper", 0.27, 4, (16.5, 18.6), 28_500, GROSS_KG, ("BNSF", "UP", "FXE", "KCSM"), "0113215", True),
    CarType("tank", 0.15, 4, (15.2, 18.3), 33_000, GROSS_KG, ("UTLX", "GATX", "TILX", "PROX"), "2911315", True),
    CarType("boxcar", 0.13, 4, (16.9, 18.9), 32_000, 126_000, ("TBOX", "FXE", "UP", "ABOX"), "2631117", True),
    CarType("autorack", 0.13, 4, (27.4, 28.4), 43_000, 72_000, ("TTGX", "ETTX", "KCSM"), "3711110", True),
    CarType("gondola", 0.10, 4, (16.1, 20.1), 29_000, GROSS_KG, ("NS", "UP", "FXE"), "4021110", False),
    CarType("flat", 0.06, 4, (20.4, 28.4), 31_000, 100_000, ("TTX", "TTZX"), "3312310", False),
    CarType("ore car", 0.05, 4, (7.4, 10.7), 22_000, 108_000, ("DMIR", "FXE"), "1011110", False),
    CarType("single well", 0.03, 4, (21.3, 22.0), 23_000, 90_000, ("DTTX", "TTRX"), "4611110", False),
    CarType("three wells", 0.04, 8, (61.0, 64.0), 56_000, 230_000, ("DTTX", "BNSF"), "4611110", False),
    CarType("five wells", 0.03, 12, (81.0, 93.0), 80_000, 340_000, ("DTTX", "KCSM"), "4611110", False),
    CarType("five spines", 0.01, 12, (74.0, 88.0), 60_000, 300_000, ("TTAX",), "4611110", False),
)  # fmt: skip
LOCOMOTIVE_MARKS: Final = ("UP", "BNSF", "KCSM", "FXE")
SHARES: Final = tuple(kind.share for kind in CAR_TYPES)


class Yard:
    """Makes cars one after another, in blocks; no identity twice in one train."""

    def __init__(self, random: Random, loaded_share: float) -> None:
        self._random, self._loaded_share = random, loaded_share
        self._taken: set[tuple[str, int]] = set()
        self._begin_block()

    def next_car(self) -> CarTruth:
        """The next car of the block, or the first of another."""
        if self._random.random() >= STAY_IN_BLOCK_RATIO:
            self._begin_block()
        return self._car(self._type)

    def locomotive(self) -> CarTruth:
        """A locomotive of six axles."""
        random = self._random
        mark, number = self._identity(random.choice(LOCOMOTIVE_MARKS), 1_000, 9_999)
        weight = LOCOMOTIVE_KG * random.uniform(0.97, 1.03)
        length = round(random.uniform(22.0, 24.0), 1)
        return CarTruth(
            EquipmentKind.LOCOMOTIVE, mark, number, "locomotive", 6, length, False,
            False, weight, False, weight, None, flipped=random.random() < 0.5,
        )  # fmt: skip

    def end_of_train_device(self, railroad: str) -> CarTruth:
        """The box on the last coupler: no axle, half of them with a tag."""
        mark, number = self._identity(railroad, 10_000, 99_999)
        return CarTruth(
            EquipmentKind.END_OF_TRAIN_DEVICE, mark, number, "end-of-train device", 0, 0.3, False,
            False, 0.0, False, 0.0, None, tagged=self._random.random() < 0.5,
        )  # fmt: skip

    def _begin_block(self) -> None:
        random = self._random
        self._type = random.choices(CAR_TYPES, SHARES)[0]
        self._block_loaded = random.random() < self._loaded_share
        self._mark = random.choice(self._type.marks)
        self._series = random.randrange(10_000, NUMBER_MAX - 10_000) if random.random() < SERIES_RATIO else None

    def _car(self, kind: CarType) -> CarTruth:
        random = self._random
        if self._series is None:
            mark, number = self._identity(random.choice(kind.marks), 1_000, NUMBER_MAX)
        else:
            self._series += random.randint(1, SERIES_STEP_MAX)
            mark, number = self._identity(self._mark, self._series, self._series + 60)
        # Blocks are loaded or empty as a whole, but for a few cars.
        loaded = self._block_loaded if random.random() < 0.9 else random.random() < self._loaded_share
        load = (kind.gross_max_kg - kind.tare_kg) * random.uniform(0.55, 1.0) if loaded else 0.0
        gross = kind.tare_kg * random.uniform(0.97, 1.03) + load
        sealed = loaded and kind.closed and random.random() < SEALED_RATIO
        length = round(random.uniform(*kind.lengths_m), 1)
        return CarTruth(
            EquipmentKind.CAR, mark, number, kind.name, kind.axles, length, length <= SHORT_CAR_M,
            loaded, gross, loaded, round(gross * random.uniform(0.985, 1.015), -2),
            kind.commodity_code if loaded else None,
            (f"{random.randrange(10**7):07d}",) if sealed else (),
            flipped=random.random() < 0.5,
        )  # fmt: skip

    def _identity(self, mark: str, low: int, high: int) -> tuple[str, int]:
        while True:
            identity = mark, self._random.randint(low, high)
            if identity not in self._taken:
                self._taken.add(identity)
                return identity
