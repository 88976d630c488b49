"""How often the interval of the violation rate covers the truth: simulated months through the estimates stage itself.

months of what the lot drew ─► Outcome records ─► the fold ─► Estimate ─► covers the rate that the month was made with?

Sizes and propensities are such that a month draws 750 to 5,000 vehicles and finds 0 to 10 loads: where intervals are
hard. Ports of 500, 2,000, 8,300 (the mean of 28) and 15,100 vehicles a day (Brownsville), the larger ones drawing less;
rates of loads found from 1 in 500, where enforcement is at its best, to 1 in 2,200.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import msgspec
import numpy as np

from schemas.records import (
    Estimate,
    InspectionResolution,
    LaneMode,
    Light,
    OperatingMode,
    Outcome,
    OutcomeState,
    ReferralReason,
    Tick,
)
from schemas.topics import LANE_DECISIONS
from streams.core.estimates.stage import SETTLED_DAYS, WINDOW_DAYS, EstimatesFold
from streams.core.estimates.state import DAY
from streams.core.stage import Output, Record

PORT: Final = "2301"
LANE: Final = "2301/03"
FIRST_DAY: Final = 20_700

VEHICLES_A_DAY_AND_PROPENSITY: Final = ((500, 0.05), (2_000, 0.05), (8_300, 0.02), (15_100, 0.01))
RATES: Final = (1 / 500, 1 / 1_060, 1 / 2_200)


@dataclass(frozen=True)
class Kind:
    """How a month departs from one lot for all. `propensity_factors` and `rate_factors`: of two halves of the day, each
    with half of the vehicles. `also_share`: of vehicles that are over the threshold besides, `also_factor` times as
    often loaded. `skipped`: share of those drawn by lot alone that nobody inspects."""

    name: str
    propensity_factors: tuple[float, float] = (1.0, 1.0)
    rate_factors: tuple[float, float] = (1.0, 1.0)
    also_share: float = 0.02
    also_factor: float = 10.0
    skipped: float = 0.0


KINDS: Final = (
    Kind("one propensity, all inspected"),
    Kind("a quarter of the lot's skipped", skipped=0.25),
    Kind("fewer draws when more is carried", (0.4, 1.6), (1.6, 0.4), skipped=0.25),
    Kind("more draws when more is carried", (1.6, 0.4), (1.6, 0.4), skipped=0.25),
)


@dataclass(frozen=True)
class Cell:
    """Months of one kind, size and rate: of vehicles in which an inspection finds something, per vehicle."""

    vehicles_a_day: int
    propensity: float
    rate: float
    kind: Kind


@dataclass
class CellCoverage:
    """Months of a cell, and in how many the truth lay below, in or above the interval."""

    cell: Cell
    months: int = 0
    below: int = 0
    covered: int = 0
    above: int = 0


CELLS: Final = tuple(
    Cell(vehicles, propensity, rate, kind)
    for (vehicles, propensity), rate, kind in product(VEHICLES_A_DAY_AND_PROPENSITY, RATES, KINDS)
)


def interval_coverage(months: int, seed: int) -> float:
    """Share of simulated months whose interval covers the rate that they were made with."""
    cells = coverage_by_cell(months, seed)
    return sum([cell.covered for cell in cells]) / months


def coverage_by_cell(months: int, seed: int) -> list[CellCoverage]:
    """Months in turn from each cell of the grid, each with a seed of its own."""
    cells = [CellCoverage(cell) for cell in CELLS]
    for month in range(months):
        counted = cells[month % len(cells)]
        truth = counted.cell.rate
        detected = estimate_of_month(counted.cell, np.random.default_rng((seed, month))).groups[0].violation.detected
        counted.months += 1
        counted.below += truth < detected.low
        counted.above += truth > detected.high
        counted.covered += detected.low <= truth <= detected.high
    return cells


def estimate_of_month(cell: Cell, draw: np.random.Generator) -> Estimate:
    """What the stage says of one simulated month. Raises ValueError if the lot drew nobody."""
    fold, outputs = EstimatesFold({}), list[Output]()
    fold.advance(tick(FIRST_DAY), outputs)
    for outcome in outcomes_of_month(cell, draw):
        fold.advance(Record(PORT.encode(), outcome, outcome.closed_at), outputs)
    fold.advance(tick(FIRST_DAY + WINDOW_DAYS + SETTLED_DAYS), outputs)
    for output in outputs:
        if isinstance(output.value, Estimate):
            return output.value
    raise ValueError("the lot drew nobody in a month")


def outcomes_of_month(cell: Cell, draw: np.random.Generator) -> Iterator[Outcome]:
    """What the lot drew in a month. Others do not enter the rate, so none are made."""
    kind, number = cell.kind, 0
    vehicles = cell.vehicles_a_day * WINDOW_DAYS // 2
    mean_factor = 1.0 - kind.also_share + kind.also_share * kind.also_factor
    for propensity_factor, rate_factor in zip(kind.propensity_factors, kind.rate_factors, strict=True):
        propensity = cell.propensity * propensity_factor
        also = draw.binomial(vehicles, kind.also_share)
        for over, passing, factor in ((False, vehicles - also, 1.0), (True, also, kind.also_factor)):
            drawn = draw.binomial(passing, propensity)
            skipped = 0 if over else draw.binomial(drawn, kind.skipped)
            hits = draw.binomial(drawn - skipped, cell.rate * rate_factor * factor / mean_factor)
            for place in range(drawn):
                state = OutcomeState.NOT_INSPECTED if place < skipped else OutcomeState.INSPECTED
                found = skipped <= place < skipped + hits
                yield outcome_of(number, propensity, over, state, found)
                number += 1


def outcome_of(number: int, propensity: float, over: bool, state: OutcomeState, found: bool) -> Outcome:
    """One drawn vehicle; the days of the month take turns."""
    at = (FIRST_DAY + number % WINDOW_DAYS) * DAY
    resolution = InspectionResolution.WEAPONS if found else InspectionResolution.NOTHING_SUSPICIOUS_FOUND
    return msgspec.structs.replace(
        TEMPLATE,
        passage_id=f"{LANE}/{number}",
        state=state,
        selected_at=at,
        risk_over_threshold=over,
        propensity=propensity,
        resolution=resolution if state is OutcomeState.INSPECTED else InspectionResolution.UNKNOWN,
        firearms=int(found),
        closed_at=at,
    )


def tick(day: int) -> Record:
    """The start of a day."""
    value = Tick(source_topic=LANE_DECISIONS.name, source_partition=0, watermark_at=day * DAY)
    return Record(b"0", value, value.watermark_at)


TEMPLATE: Final = Outcome(
    passage_id=f"{LANE}/0",
    lane_id=LANE,
    port_code=PORT,
    lane_mode=LaneMode.PASSENGER,
    operating_mode=OperatingMode.SIMULATED,
    revision=1,
    state=OutcomeState.INSPECTED,
    selected_at=FIRST_DAY * DAY,
    light=Light.RED,
    light_given=Light.RED,
    final_light=Light.RED,
    referral_reason=ReferralReason.RANDOM,
    random_draw=True,
    risk_over_threshold=False,
    must_refer=False,
    propensity=1.0,
    threshold_log_odds=-5.0,
    log_odds=-7.7,
    random_key_id="",
    rule_set_version="simulated",
    overrides=0,
    inspection_officer_ids=(),
    resolution=InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
    firearms=0,
    magazines=0,
    rounds=0,
    closed_at=FIRST_DAY * DAY,
)
