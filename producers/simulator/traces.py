"""Simulated traces, reports of multiple sales and links, with the truth of who bought for others. One seed, one world.

An honest purchaser's gun takes the national time to crime: 8 % within a quarter, 46 % more within three years, the rest
after three years and an exponential time of mean 9.1 years, which gives the national mean of 6.34 years
(smokinggun.org on ATF's figures of 2022). Of those who buy to have guns smuggled nobody publishes the law: here it is
a lognormal of median 150 days [assumed], which is not the one that the stage tests for.

States: Texas 40 %, Arizona, California and New Mexico together 35 %, per head least in California (MAIG; bespacific,
2006 to 2009). Kinds of firearms: 63 % short, 35 % long (notiweb, 2017 to 2022). A third of requests reach a purchaser
(Border Report, 2021 to 2023), 67.5 % the United States (notiweb). Regions in the order of Border Report, their weights
and all other rates [assumed]. Makers have no names: nothing simulated is said of a real one.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from random import Random
from typing import Any, Final

from producers.simulator.plates import CAR_PATTERNS, issue_plate
from producers.simulator.world import DEFAULT_START_AT
from schemas.records import (
    FirearmCategory,
    FirearmSale,
    Link,
    MultipleSale,
    MultipleSaleForm,
    OperatingMode,
    Trace,
    TraceResult,
)

DAY: Final = 24 * 3600 * 1_000_000
QUARTER_DAYS: Final = 91
THREE_YEARS_DAYS: Final = 1_096
LATER_DAYS_MEAN: Final = 9.1 * 365.25
QUARTER_SHARE, THREE_YEARS_SHARE = 0.08, 0.46

STRAW_DAYS_MEDIAN: Final = 150.0
STRAW_SIGMA: Final = 1.0  # of the logarithm

STATE_SHARES: Final = {"US-TX": 0.40, "US-AZ": 0.19, "US-CA": 0.12, "US-NM": 0.04}  # others by population
KIND_SHARES: Final = {
    FirearmCategory.PISTOL: 0.53,
    FirearmCategory.REVOLVER: 0.10,
    FirearmCategory.RIFLE: 0.30,
    FirearmCategory.SHOTGUN: 0.05,
    FirearmCategory.OTHER: 0.02,
}
CALIBERS: Final = {
    FirearmCategory.PISTOL: ("9 MM", ".45 ACP", ".38 SUPER", ".22 LR"),
    FirearmCategory.REVOLVER: (".38 SPECIAL", ".357 MAGNUM"),
    FirearmCategory.RIFLE: ("7.62X39 MM", "5.56X45 MM", ".22 LR", ".50 BMG"),
    FirearmCategory.SHOTGUN: ("12 GAUGE", "20 GAUGE"),
    FirearmCategory.OTHER: ("9 MM",),
}
MAKERS: Final = 24
REGION_WEIGHTS: Final = {
    "MX-SON": 16, "MX-BCN": 14, "MX-CHH": 12, "MX-NLE": 10, "MX-TAM": 10, "MX-GUA": 9, "MX-MIC": 8, "MX-ZAC": 8,
    "MX-JAL": 7, "MX-SIN": 6,
}  # fmt: skip

# What becomes of requests that reach no purchaser: two for each that does.
OTHERS_PER_FOUND: Final = 2
OTHER_RESULTS: Final = {
    TraceResult.US_SOURCE_ONLY: 0.342,
    TraceResult.OTHER_SOURCE: 0.150,
    TraceResult.NOT_TRACED: 0.175,
}

# Honest: traces of one purchaser beyond the first, each with this probability; and how many buy several at once.
ANOTHER_TRACE: Final = 0.20
HONEST_MULTIPLE_SALES: Final = 0.05
REPORTED_STOLEN: Final = 0.10

# Straw: visits to a dealer, firearms bought at each, days between them, and how many of the firearms are ever traced.
VISITS: Final = (2, 6)
BOUGHT: Final = (1, 5)
DAYS_BETWEEN: Final = (3, 45)
TRACED: Final = 0.35

# A link is no sign of guilt here: of both kinds of purchasers as many have one.
LINKED: Final = 0.5
LINK_DAYS: Final = 365

# Recoveries lie in the years before the start of the simulated world.
RECOVERED_DAYS: Final = 3 * 365
OLDEST_DAY: Final = 0  # 1970: the records of dealers begin in 1968


@dataclass(frozen=True)
class SimulatedTraces:
    """Records, and who bought for others."""

    traces: tuple[Trace, ...]
    multiple_sales: tuple[MultipleSale, ...]
    links: tuple[Link, ...]
    straw_ids: frozenset[str]


@dataclass
class Buyer:
    """One purchaser in the making: days of purchase and of recovery of traced firearms, and days of several bought."""

    straw: bool
    city: tuple[str, str]
    traced: list[tuple[int, int]] = field(default_factory=list)
    bought: list[tuple[int, int]] = field(default_factory=list)


def simulate_traces(
    seed: int, purchasers: int, straw_share: float = 0.03, received_at: int = DEFAULT_START_AT
) -> SimulatedTraces:
    """A world of this many purchasers of traced firearms, all told at one time. Every record is marked SIMULATED."""
    draw = Random(f"traces {seed}")
    cities, weights = source_cities()
    last_day = received_at // DAY
    buyers: list[Buyer] = []
    while len(buyers) < purchasers:
        straw = draw.random() < straw_share
        (city,) = draw.choices(cities, weights)
        buyer = straw_buyer(draw, city, last_day) if straw else honest_buyer(draw, city, last_day)
        if buyer.traced:
            buyers.append(buyer)
    numbers = list(range(len(buyers)))
    draw.shuffle(numbers)  # an id says nothing
    named = sorted(zip([f"sim-purchaser-{number:06}" for number in numbers], buyers, strict=True), key=by_id)
    return SimulatedTraces(
        tuple(traces_of(draw, named, last_day, received_at)),
        tuple(reports_of(draw, named, received_at)),
        tuple(links_of(draw, named, received_at)),
        frozenset(purchaser_id for purchaser_id, buyer in named if buyer.straw),
    )


def by_id(one: tuple[str, Buyer]) -> str:
    """Order of purchasers."""
    return one[0]


def source_cities() -> tuple[list[tuple[str, str]], list[float]]:
    """States and towns, and how many guns they supply: by state as published, within it by population."""
    lines = resources.files("producers.simulator").joinpath("source_cities.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in lines.splitlines() if not line.startswith("#")))
    people: dict[str, float] = {}
    for row in rows:
        group = row["state_code"] if row["state_code"] in STATE_SHARES else ""
        people[group] = people.get(group, 0.0) + float(row["population"])
    shares = {**STATE_SHARES, "": 1.0 - sum(STATE_SHARES.values())}
    cities, weights = [], []
    for row in rows:
        group = row["state_code"] if row["state_code"] in STATE_SHARES else ""
        cities.append((row["state_code"], row["city_name"]))
        weights.append(shares[group] * float(row["population"]) / people[group])
    return cities, weights


def honest_buyer(draw: Random, city: tuple[str, str], last_day: int) -> Buyer:
    """Somebody whose guns were lost, stolen or sold on; one in some bought several at once."""
    buyer = Buyer(False, city)
    while not buyer.traced or draw.random() < ANOTHER_TRACE:
        recovered = last_day - draw.randrange(1, RECOVERED_DAYS)
        bought = recovered - honest_days(draw)
        if bought >= OLDEST_DAY:
            buyer.traced.append((bought, recovered))
    if draw.random() < HONEST_MULTIPLE_SALES:
        buyer.bought.append((draw.choice(buyer.traced)[0], 2))
    return buyer


def honest_days(draw: Random) -> int:
    """A time to crime under the national law."""
    kind = draw.random()
    if kind < QUARTER_SHARE:
        return draw.randrange(QUARTER_DAYS)
    if kind < QUARTER_SHARE + THREE_YEARS_SHARE:
        return draw.randrange(QUARTER_DAYS, THREE_YEARS_DAYS)
    return THREE_YEARS_DAYS + int(draw.expovariate(1.0 / LATER_DAYS_MEAN))


def straw_buyer(draw: Random, city: tuple[str, str], last_day: int) -> Buyer:
    """Somebody who buys for others, a few guns at each visit; some of them are traced, if recovered by now."""
    buyer = Buyer(True, city)
    day = last_day - draw.randrange(1, RECOVERED_DAYS)
    for _ in range(draw.randrange(*VISITS)):
        count = draw.randrange(*BOUGHT)
        if count > 1:
            buyer.bought.append((day, count))
        for _ in range(count):
            recovered = day + int(draw.lognormvariate(math.log(STRAW_DAYS_MEDIAN), STRAW_SIGMA))
            if draw.random() < TRACED and recovered < last_day:
                buyer.traced.append((day, recovered))
        day += draw.randrange(*DAYS_BETWEEN)
        if day >= last_day:
            break
    return buyer


def traces_of(draw: Random, named: Sequence[tuple[str, Buyer]], last_day: int, received_at: int) -> Iterator[Trace]:
    """Traces of all, in the order of recoveries, those that found nobody among them."""
    found = [
        (recovered, bought, purchaser_id, buyer) for purchaser_id, buyer in named for bought, recovered in buyer.traced
    ]
    lost = [(last_day - draw.randrange(1, RECOVERED_DAYS), 0, "", None) for _ in range(OTHERS_PER_FOUND * len(found))]
    ordered = sorted([*found, *lost], key=lambda one: one[:3])
    for number, (recovered, bought, purchaser_id, buyer) in enumerate(ordered):
        fields: dict[str, Any] = {"result": choice(draw, OTHER_RESULTS)}
        if buyer is not None:
            short = recovered - bought < QUARTER_DAYS
            fields = {
                "result": TraceResult.PURCHASER_FOUND,
                "purchaser_id": purchaser_id,
                "purchased_at": bought * DAY,
                "dealer_state_code": buyer.city[0],
                "dealer_city_name": buyer.city[1],
                "reported_stolen": not buyer.straw and short and draw.random() < REPORTED_STOLEN,
            }
        kind = choice(draw, KIND_SHARES)
        yield Trace(
            trace_id=f"sim-trace-{number:07}",
            revision=1,
            operating_mode=OperatingMode.SIMULATED,
            firearm_category=kind,
            firearm_make=f"MAKER {min(int(draw.expovariate(0.25)), MAKERS - 1) + 1:02}",
            firearm_caliber=draw.choice(CALIBERS[kind]),
            firearm_serial_number=f"SIM{number:07}",
            recovered_at=recovered * DAY,
            recovery_region_code=choice(draw, REGION_WEIGHTS),
            received_at=received_at,
            **fields,
        )


def reports_of(draw: Random, named: Sequence[tuple[str, Buyer]], received_at: int) -> Iterator[MultipleSale]:
    """Reports of what was bought at once."""
    sales = [(day, count, purchaser_id) for purchaser_id, buyer in named for day, count in buyer.bought]
    for number, (day, count, purchaser_id) in enumerate(sorted(sales)):
        yield MultipleSale(
            report_id=f"sim-report-{number:06}",
            revision=1,
            operating_mode=OperatingMode.SIMULATED,
            purchaser_id=purchaser_id,
            form=draw.choice((MultipleSaleForm.HANDGUNS, MultipleSaleForm.RIFLES)),
            sales=(FirearmSale(sold_at=day * DAY, firearm_count=count),),
            received_at=received_at,
        )


def links_of(draw: Random, named: Sequence[tuple[str, Buyer]], received_at: int) -> Iterator[Link]:
    """Links of LINKED of all purchasers."""
    for number, (purchaser_id, buyer) in enumerate(named):
        if draw.random() < LINKED:
            state = buyer.city[0] if buyer.city[0] in CAR_PATTERNS else "US-TX"
            yield Link(
                link_id=f"sim-link-{number:06}",
                revision=1,
                operating_mode=OperatingMode.SIMULATED,
                purchaser_id=purchaser_id,
                plate=issue_plate(draw, state, truck=False),
                jurisdiction=state,
                source="simulated registration record",
                case_number=f"sim-case-{number:06}",
                legal_basis="simulated order",
                valid_until_at=received_at + LINK_DAYS * DAY,
                received_at=received_at,
            )


def choice(draw: Random, weights: dict[Any, float] | dict[str, int]) -> Any:
    """One of the keys, by weight."""
    (one,) = draw.choices(list(weights), list(weights.values()))
    return one
