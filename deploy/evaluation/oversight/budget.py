"""Whether the red lights of each port stay within what its inspectors can take, over a simulated day with rush hours.

simulated readings of a port ─► lanes ─► vehicles ─► outcomes ─► policy ─┐
                                            ▲                             │ thresholds
                                            └─────────────────────────────┘

The real stages, one after another; a port at a time. Every light shows its selection: there is no dead-man lot here and
no officer who overrides, so that the reds selected are those given. Judged is every window of four hours of a day, a
quarter of an hour apart, after four hours in which the stages get to know the port:

    error  =  |reds - budget|  /  max(10 % of the budget, 2.5 x its square root, 3)          at most 1 is asked for
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from deploy.evaluation.processes import run_all
from deploy.stages import load_rule_set
from producers.simulator import simulate
from producers.simulator.traffic import DAILY_COUNTS_2023, HOUR_FACTORS
from producers.simulator.world import DEFAULT_START_AT
from schemas.container import LogRecord
from schemas.layout import load_lanes, load_ports
from schemas.partitioning import partition_of
from schemas.records import ChangeKind, LaneMode, Light, ReferenceChange, Selection
from schemas.topics import LANE_DECISIONS, LANE_READINGS, OUTCOMES
from streams.core.lanes import LanesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.stage import PolicyStage
from streams.core.random_draw import RandomKeys
from streams.core.replay import Chain
from streams.core.selection_policy import Budget, parse_policy
from streams.core.vehicles import VehiclesStage

US: Final = 1_000_000
HOUR: Final = 3600
WARM_UP_HOURS: Final = 4
JUDGED_HOURS: Final = 24
WINDOW_HOURS: Final = 4
STEP_SECONDS: Final = 900
SCENARIO: Final = "border-2023"

# Near the 10 % that the fiscal light draws; a fifth of it by lot.
RED_SHARE: Final = 0.08
RANDOM_PROPENSITY: Final = 0.016
MINUTES_PER_INSPECTION: Final = {LaneMode.PASSENGER: 20.0, LaneMode.BUS: 40.0, LaneMode.TRUCK: 60.0}
SHIFTS_FROM_LOCAL_HOUR: Final = (6, 14, 22)
SHIFT_HOURS: Final = 8
REPORT_EVERY: Final = 5_000


class BudgetError(NamedTuple):
    """The worst window of one port and mode."""

    port_code: str
    lane_mode: LaneMode
    error: float
    reds: int
    budget: float
    from_hour: float
    """Hours after the judged day began."""


class Job(NamedTuple):
    """One port's day."""

    port_code: str
    seed: int


def policy_text(port_code: str) -> str:
    """A policy for the port: three shifts of eight hours, each with inspectors for RED_SHARE of its mean traffic."""
    port = load_ports()[port_code]
    offset = port.utc_offset_hours
    parts = [f'version = "day-of-{port_code}"']
    for mode, minutes in MINUTES_PER_INSPECTION.items():
        daily = DAILY_COUNTS_2023[port_code].of(mode)
        if not daily:
            continue
        shifts = []
        for local_hour in SHIFTS_FROM_LOCAL_HOUR:
            factors = [HOUR_FACTORS[mode][(local_hour + hour) % 24] for hour in range(SHIFT_HOURS)]
            reds_per_hour = RED_SHARE * daily / 24 * sum(factors) / SHIFT_HOURS
            shifts.append(((local_hour - offset) % 24, reds_per_hour * minutes / 60))
        listed = ", ".join(
            f"{{ from_hour_utc = {hour:.1f}, inspectors = {inspectors:.4f} }}" for hour, inspectors in sorted(shifts)
        )
        parts.append(
            f'[[budgets]]\nport_code = "{port_code}"\nlane_mode = "{mode}"\n'
            f"random_propensity = {RANDOM_PROPENSITY}\nminutes_per_inspection = {minutes}\nshifts = [{listed}]\n"
        )
    return "\n".join(parts)


def selections_of(job: Job, report: Callable[[float], None]) -> Iterator[Selection]:
    """Every selection of the port's day and of the hours before it. `report` gets simulated hours."""
    keys = RandomKeys(f"budget of {job.port_code} {job.seed}".encode().ljust(32))
    vehicles = VehiclesStage(load_rule_set(""), keys, load_ports())
    chain = Chain([LanesStage(load_lanes()), vehicles, OutcomesStage(), PolicyStage()])
    text = policy_text(job.port_code)
    change = ReferenceChange(
        change_id="budget",
        kind=ChangeKind.SELECTION_POLICY,
        changed_by="evaluation",
        approved_by="another",
        changed_at=DEFAULT_START_AT,
        selection_policy_version=parse_policy(text).version,
        selection_policy_text=text,
    )
    for partition in range(OUTCOMES.partitions):
        for _ in chain.advance(LogRecord(OUTCOMES.name, partition, 0, DEFAULT_START_AT, b"budget", change)):
            pass
    seconds = (WARM_UP_HOURS + JUDGED_HOURS) * HOUR
    for count, item in enumerate(simulate(SCENARIO, seed=job.seed, seconds=seconds, ports=[job.port_code])):
        if count % REPORT_EVERY == 0:
            report((item.due_at_us - DEFAULT_START_AT) / US / HOUR)
        key = item.reading.lane_id.encode()
        partition = partition_of(key, LANE_READINGS.partitions)
        for written in chain.advance(LogRecord(LANE_READINGS.name, partition, 0, item.due_at_us, key, item.reading)):
            if written.topic == LANE_DECISIONS.name and isinstance(written.value, Selection):
                yield written.value


def errors_of(job: Job, report: Callable[[float], None] = lambda _: None) -> list[BudgetError]:
    """The worst window of each lane mode of a port."""
    reds: dict[LaneMode, list[float]] = {}
    for selection in selections_of(job, report):
        if selection.light is Light.RED and not selection.must_refer:
            reds.setdefault(selection.lane_mode, []).append(selection.selected_at / US)
    budgets = parse_policy(policy_text(job.port_code)).budgets
    return [worst_window(budget, reds.get(budget.lane_mode, [])) for budget in budgets]


def worst_window(budget: Budget, reds: Sequence[float]) -> BudgetError:
    """The window whose reds are furthest from the budget; `reds` are seconds since 1970."""
    begins = DEFAULT_START_AT // US + WARM_UP_HOURS * HOUR
    worst = BudgetError(budget.port_code, budget.lane_mode, 0.0, 0, 0.0, 0.0)
    for after in range(0, (JUDGED_HOURS - WINDOW_HOURS) * HOUR + 1, STEP_SECONDS):
        start, end = begins + after, begins + after + WINDOW_HOURS * HOUR
        due = sum(budget.reds_per_hour(budget.inspectors_at(second)) / 60 for second in range(start, end, 60))
        count = sum(start <= red < end for red in reds)
        error = abs(count - due) / max(0.1 * due, 2.5 * due**0.5, 3.0)
        if error > worst.error:
            worst = BudgetError(budget.port_code, budget.lane_mode, error, count, due, after / HOUR)
    return worst


def budget_errors(seed: int, ports: Sequence[str] | None = None) -> list[BudgetError]:
    """The worst window of each port and mode with traffic, the furthest from its budget first. Raises JobFailed."""
    counted = [code for code, counts in DAILY_COUNTS_2023.items() if any(counts)]
    jobs = [Job(code, seed) for code in ports or counted]
    found = run_all(errors_of, jobs, WARM_UP_HOURS + JUDGED_HOURS, "budgets", "hours of a port")
    return sorted([one for errors in found for one in errors], key=lambda one: -one.error)


def budget_error(seed: int) -> float:
    """The error of the worst window of all ports; at most 1 is asked for."""
    return budget_errors(seed)[0].error
