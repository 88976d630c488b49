"""Units that devices measure in, each with its factor; the contract has kilograms, metres, metres a second, shares."""

from collections.abc import Mapping
from typing import Final, Literal

# International pound and foot (1959), exact; the newton by the standard acceleration of 9.80665 m/s2.
POUND_KG: Final = 0.453_592_37
FOOT_M: Final = 0.3048
MILE_PER_HOUR_MPS: Final = 0.447_04
KILONEWTON_KG: Final = 1_000 / 9.806_65

WeightUnit = Literal["kg", "10 kg", "100 kg", "t", "lb", "100 lb", "kip", "kN"]
LengthUnit = Literal["m", "dm", "cm", "mm", "ft", "0.1 ft", "in"]
SpeedUnit = Literal["m/s", "km/h", "0.1 km/h", "mph"]
ShareUnit = Literal["share", "percent"]
TimeUnit = Literal["iso", "s", "ms", "us"]

WEIGHT_KG: Final[Mapping[str, float]] = {
    "kg": 1.0, "10 kg": 10.0, "100 kg": 100.0, "t": 1_000.0, "lb": POUND_KG, "100 lb": 100 * POUND_KG,
    "kip": 1_000 * POUND_KG, "kN": KILONEWTON_KG,
}  # fmt: skip
LENGTH_M: Final[Mapping[str, float]] = {
    "m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": FOOT_M, "0.1 ft": FOOT_M / 10, "in": FOOT_M / 12
}  # fmt: skip
SPEED_MPS: Final[Mapping[str, float]] = {"m/s": 1.0, "km/h": 1 / 3.6, "0.1 km/h": 1 / 36, "mph": MILE_PER_HOUR_MPS}
SHARE: Final[Mapping[str, float]] = {"share": 1.0, "percent": 0.01}
TIME_MICROSECONDS: Final[Mapping[str, int]] = {"s": 1_000_000, "ms": 1_000, "us": 1}


def weight_kg(value: float, unit: WeightUnit) -> float:
    """Kilograms, to the gram: finer than any scale, and free of what a factor leaves behind the last digit."""
    return round(value * WEIGHT_KG[unit], 3)


def length_m(value: float, unit: LengthUnit) -> float:
    """Metres, to a tenth of a millimetre."""
    return round(value * LENGTH_M[unit], 4)


def speed_mps(value: float, unit: SpeedUnit) -> float:
    """Metres a second, to a tenth of a millimetre a second."""
    return round(value * SPEED_MPS[unit], 4)


def share(value: float, unit: ShareUnit) -> float:
    """A share of one, to 10^-9."""
    return round(value * SHARE[unit], 9)
