"""Months of one port as the stage counts them, by cell: commuters who are always or never red, and what may differ."""

from dataclasses import dataclass, field

import numpy as np

from schemas.records import PlateIssuer
from streams.core.estimates.parts import FIELDS, HITS, INSPECTED, PARTS, PASSAGES, RED

ISSUERS = tuple(issuer for issuer in PlateIssuer if issuer is not PlateIssuer.UNKNOWN)
# Of vehicles: one issuer has every second, the rarest a few.
SHARES = np.array([1.0 / (1 + place) ** 1.5 for place in range(len(ISSUERS))])
FORMATS = ("ISSUERS", "ANOTHERS", "NONE")
STRATA = ("PASSENGER", "PASSENGER policy", "TRUCK")
# Where trucks are red twice as often as cars, and a policy refers half as many.
STRATUM_FACTORS = np.array([1.0, 0.5, 2.0])


@dataclass(frozen=True)
class Burden:
    """What a month is made with. `red_factors`, `hit_factors`: of issuers that differ; `alike`: how much a vehicle is
    always red or never (the sum of its Beta's parameters; 2 is strong); `pseudonyms`: of each vehicle in the month."""

    vehicles: int = 6_000
    red_rate: float = 0.08
    hit_rate: float = 0.02
    alike: float = 2.0
    pseudonyms: int = 1
    red_factors: dict[str, float] = field(default_factory=dict)
    hit_factors: dict[str, float] = field(default_factory=dict)


def month_of(burden: Burden, seed: int) -> dict[str, list[int]]:
    """The cells of a month; every fifth vehicle crosses 5 to 40 times, at one hour and in one kind of lane."""
    draw = np.random.default_rng(seed)
    count = burden.vehicles
    issuer = draw.choice(len(ISSUERS), count, p=SHARES / SHARES.sum())
    # Trucks are of some issuers more than of others: whoever compared without their lanes would find these unlike.
    stratum = np.where(draw.random(count) < 0.05 + 0.5 * (issuer % 3 == 1), 2, draw.integers(0, 2, count))
    hour, plate_format = draw.integers(0, 24, count), draw.choice(3, count, p=(0.8, 0.15, 0.05))
    red_rate = np.minimum(burden.red_rate * STRATUM_FACTORS[stratum] * factors(burden.red_factors)[issuer], 0.95)
    of_vehicle = draw.beta(burden.alike * red_rate, burden.alike * (1.0 - red_rate))
    crossings = np.where(draw.random(count) < 0.2, draw.integers(5, 41, count), 1)
    vehicle = np.repeat(np.arange(count), crossings)
    red = draw.random(len(vehicle)) < of_vehicle[vehicle]
    inspected = red & (draw.random(len(vehicle)) < 0.9)
    hit = inspected & (draw.random(len(vehicle)) < burden.hit_rate * factors(burden.hit_factors)[issuer[vehicle]])
    pseudonym = draw.integers(0, burden.pseudonyms, len(vehicle))
    part = draw.integers(0, PARTS, (burden.pseudonyms, count))[pseudonym, vehicle]
    cells: dict[str, list[int]] = {}
    for names, members in (
        ([f"i:{one}" for one in ISSUERS], issuer),
        ([f"f:{one}" for one in FORMATS], plate_format),
        ([f"h:{one:02d}" for one in range(24)], hour),
    ):
        place = (stratum * len(names) + members)[vehicle] * PARTS + part
        shape = (len(STRATA), len(names), PARTS)
        counts = np.zeros((*shape, FIELDS), dtype=int)
        for column, counted in ((PASSAGES, None), (RED, red), (INSPECTED, inspected), (HITS, hit)):
            counts[..., column] = np.bincount(place, counted, int(np.prod(shape))).reshape(shape)
        for number, name in enumerate(names):
            for other, where in enumerate(STRATA):
                cells[f"{where}:{name}"] = counts[other, number].ravel().tolist()
    return cells


def factors(of_issuers: dict[str, float]) -> np.ndarray:
    return np.array([of_issuers.get(issuer, 1.0) for issuer in ISSUERS])
