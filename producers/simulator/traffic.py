"""How many vehicles cross: mean daily counts by port and mode, and how months and hours differ.

Source of counts and month factors: US DOT Bureau of Transportation Statistics, Border Crossing/Entry Data, entries
INTO the United States (public domain). Nobody publishes southbound counts; whoever comes back north has gone south, so
entries stand in for them. The hour factors are an assumption of ours (BTS counts by month): freight moves in working
hours and cars go home to Mexico in the afternoon.
"""

from collections import Counter
from typing import Final, NamedTuple

from schemas.layout import Port
from schemas.records import LaneMode


class DailyCounts(NamedTuple):
    """Mean vehicles a day; None where BTS has no report, which is not the same as none."""

    cars: float | None
    buses: float | None
    trucks: float | None

    def of(self, mode: LaneMode) -> float:
        """Vehicles a day to simulate for a lane mode; an unreported mode is not simulated."""
        counts = {LaneMode.PASSENGER: self.cars, LaneMode.BUS: self.buses, LaneMode.TRUCK: self.trucks}
        return counts[mode] or 0.0


# Mean of the reported months of 2023, weighted by their days.
DAILY_COUNTS_2023: Final = {
    "2301": DailyCounts(12913, 5.2, 891),  # Brownsville
    "2302": DailyCounts(4627, 0.0, 215),  # Del Rio
    "2303": DailyCounts(7655, 16.4, 577),  # Eagle Pass
    "2304": DailyCounts(13448, 88.2, 8044),  # Laredo
    "2305": DailyCounts(12612, 36.9, 1942),  # Hidalgo
    "2307": DailyCounts(1193, None, 119),  # Rio Grande City
    "2309": DailyCounts(3868, None, 127),  # Progreso
    "2310": DailyCounts(2208, 1.6, 116),  # Roma
    "2401": DailyCounts(9665, None, 1755),  # Ysleta
    "2402": DailyCounts(22525, 31.9, 246),  # El Paso
    "2403": DailyCounts(1938, 3.7, 31),  # Presidio
    "2404": DailyCounts(1395, None, 47),  # Tornillo
    "2406": DailyCounts(1061, 2.4, 50),  # Columbus
    "2408": DailyCounts(1986, 2.0, 490),  # Santa Teresa
    "2410": DailyCounts(None, None, None),  # Boquillas
    "2502": DailyCounts(1548, None, None),  # Andrade
    "2503": DailyCounts(13739, None, None),  # Calexico
    "2504": DailyCounts(43413, 114.4, None),  # San Ysidro
    "2505": DailyCounts(2806, 0.2, 182),  # Tecate
    "2506": DailyCounts(15764, 3.3, 2833),  # Otay Mesa
    "2507": DailyCounts(8051, 3.5, 1255),  # Calexico East
    "2582": DailyCounts(None, None, None),  # Cross Border Xpress
    "2601": DailyCounts(4292, 0.5, 75),  # Douglas
    "2602": DailyCounts(1141, 1.5, 2),  # Lukeville
    "2603": DailyCounts(905, None, 8),  # Naco
    "2604": DailyCounts(10109, 24.7, 1046),  # Nogales
    "2606": DailyCounts(68, None, None),  # Sasabe
    "2608": DailyCounts(8994, 0.3, 129),  # San Luis
}

# Brownsville-Matamoros in 2009, the year of the pilot: 5.51 million cars and 189,588 trucks in 365 days.
DAILY_COUNTS_MATAMOROS_2009: Final = {"2301": DailyCounts(15104, None, round(189_588 / 365, 1))}

# What one lane passes in a day: SIAVE's mean of 31 cars an hour, and as many trucks or buses as the lanes of the ports
# that come with the platform are derived from (`schemas/ports/README.md`).
DAILY_OF_LANE: Final = {LaneMode.PASSENGER: 744.0, LaneMode.BUS: 100.0, LaneMode.TRUCK: 250.0}


def usual_counts(port: Port) -> DailyCounts:
    """Counts of a port of which none are published, from its lanes; None for a mode that has none."""
    lanes = Counter(lane.mode for lane in port.lanes)
    modes = LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK
    return DailyCounts(*[lanes[mode] * DAILY_OF_LANE[mode] if mode in lanes else None for mode in modes])


# January to December: mean vehicles per day of the month against those of the whole of 2022 and 2023, 28 ports.
MONTH_FACTORS: Final = {
    LaneMode.PASSENGER: (0.94, 0.98, 1.0, 1.01, 1.0, 1.0, 1.01, 1.01, 1.0, 1.02, 1.02, 1.01),
    LaneMode.BUS: (0.96, 0.88, 0.99, 1.01, 0.9, 0.83, 1.1, 1.04, 1.01, 0.89, 1.12, 1.26),
    LaneMode.TRUCK: (0.95, 1.03, 1.07, 0.97, 1.05, 1.06, 0.95, 1.03, 0.99, 1.01, 1.0, 0.9),
}

_CAR_WEIGHTS: Final = (10, 7, 5, 4, 6, 14, 24, 34, 38, 42, 48, 54, 60, 62, 66, 74, 82, 86, 80, 66, 50, 38, 26, 16)
_TRUCK_WEIGHTS: Final = (4, 2, 2, 2, 4, 12, 30, 52, 70, 80, 84, 84, 80, 82, 86, 86, 80, 72, 58, 44, 32, 22, 14, 8)


def _factors(weights: tuple[int, ...]) -> tuple[float, ...]:
    """Weights scaled to a mean of 1, so that a day keeps its count."""
    return tuple(weight * len(weights) / sum(weights) for weight in weights)


# By hour of the port's own day, mean 1.
HOUR_FACTORS: Final = {
    LaneMode.PASSENGER: _factors(_CAR_WEIGHTS),
    LaneMode.BUS: _factors(_CAR_WEIGHTS),
    LaneMode.TRUCK: _factors(_TRUCK_WEIGHTS),
}


def lanes_open(mode: LaneMode, lanes: int, local_seconds: float) -> int:
    """How many of a port's lanes of a mode are open at a local time: all at the busiest hour."""
    factors = HOUR_FACTORS[mode]
    factor = factors[int(local_seconds // 3600) % 24]
    return max(1, round(lanes * min(1.0, 0.15 + 1.05 * factor / max(factors))))


def month_of(day: int) -> int:
    """Month 1 to 12 of a day counted from 1970-01-01 (proleptic Gregorian, Howard Hinnant's civil-from-days)."""
    shifted = day + 719_468
    day_of_era = shifted % 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    return month_from_march + 3 if month_from_march < 10 else month_from_march - 9
