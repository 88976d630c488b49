"""Integrity measured: simulated months of selections and outcomes through the real stage, findings against the truth.

    officers, rotation, crossings ─► Selection, Outcome, OfficerAssignment, Tick ─► IntegrityFold ─► Findings

Each port is folded by itself: ports share a partition, but no state. With `thin` one vehicle in so many is kept, with
all its crossings, and the stage corrects for as many vehicles as there would have been. Honest vehicles are then that
much fewer, so false findings about vehicles have fewer chances, and insiders are found a little sooner than without.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, Final, NamedTuple

from deploy.evaluation.oversight.crossings import Crossed, PortCrossings
from deploy.evaluation.oversight.officers import HOUR, SECOND, SHIFT_HOURS, Habits, PortOfficers, make_officers
from deploy.evaluation.processes import run_all
from producers.simulator.traffic import DAILY_COUNTS_2023
from schemas.partitioning import partition_of
from schemas.records import (
    Exam,
    Finding,
    FindingKind,
    InspectionResolution,
    LaneMode,
    Light,
    OfficerAssignment,
    OperatingMode,
    Outcome,
    OutcomeState,
    ReferralReason,
    Selection,
    SensorRole,
    Tick,
)
from schemas.topics import LANE_DECISIONS
from streams.core.integrity.stage import IntegrityFold
from streams.core.outcomes.outcome import INSPECTION_SECONDS, OVERRIDE_SECONDS
from streams.core.random_draw import RandomKeys
from streams.core.rotation import DrawnDuty
from streams.core.stage import Output, Record

# 2026-09-21 06:00 UTC, a Monday: any would do.
START_AT: Final = 1_789_970_400 * SECOND
TICK: Final = 10 * 60 * SECOND
APPENDED_AT: Final = START_AT + 1_000 * 24 * HOUR  # later than all: nothing is refused for a clock that is ahead
CHANGES_EVERY: Final = 2_000  # records, as a worker commits them

# Of vehicles, red lights: the lot and the risk together [assumed]. An insider's friend meets no more of them.
RED_RATIO: Final = 0.06
# Mean minutes of an honest inspection by lane mode [assumed], and of one that is only entered.
INSPECTION_MINUTES: Final = {LaneMode.PASSENGER: 20.0, LaneMode.BUS: 45.0, LaneMode.TRUCK: 60.0}
SHORTEST_SECONDS: Final = 360
ENTERED_ONLY_SECONDS: Final = (20.0, 90.0)

# What an insider does with a friend's red light [assumed]: makes it green, lets it go, or enters an inspection that was
# none; else a colleague was faster.
WAVED_THROUGH: Final = (0.4, 0.3, 0.2)

# A lane's camera or scale fails about once a month for some hours, and single readings are missing [assumed].
OUTAGES_PER_LANE_AND_SHIFT: Final = 1 / 90
SILENT_RATIO: Final = 0.03

# Shifts of a port on which secondary is full from beginning to end, so that no red light is inspected, and on which it
# has no dog [assumed]: whoever is on duty has an event with each case.
FULL_SHIFT_RATIO: Final = 1 / 30
NO_DOG_SHIFT_RATIO: Final = 1 / 30

# Where fewer car lanes are staffed, no insider is simulated: few meetings there are more than chance.
INSIDER_LANES_MIN: Final = 5


@dataclass(frozen=True)
class Oversight:
    """What to simulate. An insider is corrupt from the first day on."""

    officers: int = 800
    insiders: int = 2
    days: int = 60
    seed: int = 1
    thin: int = 1

    def before_thinning(self, vehicles: int) -> int:
        """So many vehicles were there for those kept: the stage corrects for all of them."""
        return self.thin * vehicles


class Found(NamedTuple):
    """The first revision of a finding. `favours`: it is about what an insider did for his friends, and not about an
    honest vehicle or a shift like others'."""

    kind: FindingKind
    officer_id: str | None
    vehicle_token: str | None
    favours: bool = False


@dataclass
class PortResult:
    """What was found at one port."""

    port_code: str
    insiders: tuple[str, ...]
    crossings: int = 0
    state_bytes: int = 0
    state_keys: int = 0
    findings: list[Found] = field(default_factory=list)


class PortWorld:
    """One port's records in the order of time."""

    def __init__(self, officers: PortOfficers, world: Oversight) -> None:
        self._officers, self._world = officers, world
        self._random = Random(f"{world.seed} outcomes {officers.port.code}")
        self._crossings = PortCrossings(officers, world.seed, world.thin)
        # The lots of the rotation come from a secret; a simulated one comes from the seed.
        self._keys = RandomKeys(f"simulated secret {world.seed:>32}".encode())
        self._numbers: dict[str, int] = {}
        self._late: list[tuple[int, int, Outcome]] = []
        self._broken: dict[str, SensorRole] = {}
        self._on_shift: list[str] = []
        self._is_full = self._has_no_dog = False
        self.favoured: dict[str, str] = {}
        """Passages of friends that met their insider, and who he is."""

    def shifts(self) -> Iterator[tuple[int, list[DrawnDuty]]]:
        """Start and duties of each shift. Local days begin the first shift at 6."""
        start_at = START_AT - int(self._officers.port.utc_offset_hours * HOUR)
        for number in range(3 * self._world.days):
            at = start_at + number * SHIFT_HOURS * HOUR
            yield at, self._officers.duties(self._keys, number, at)

    def records(self) -> Iterator[Selection | Outcome | OfficerAssignment | Tick]:
        """All records of the port; the last outcomes are those of the last day."""
        ticked_at = 0
        for number, (start_at, duties) in enumerate(self.shifts()):
            for duty in duties:
                yield assignment_of(duty, start_at - HOUR)
            officer_at = {(duty.lane_id, duty.from_at): duty for duty in duties}
            self._begin_shift(number, duties)
            present: dict[str, DrawnDuty] = {}
            pending = sorted(officer_at.values(), key=lambda duty: duty.from_at, reverse=True)
            for crossed in self._crossings.of_shift(number, start_at, duties):
                while pending and pending[-1].from_at <= crossed.at:
                    duty = pending.pop()
                    present[duty.lane_id] = duty
                if crossed.at >= ticked_at + TICK:
                    ticked_at = crossed.at
                    yield from self._told_until(ticked_at)
                    yield tick_of(self._officers.port.code, ticked_at)
                yield from self._selected(crossed, present[crossed.lane_id].officer_id)
        yield from self._told_until(1 << 62)

    def _told_until(self, at: int) -> Iterator[Outcome]:
        while self._late and self._late[0][0] <= at:
            yield heappop(self._late)[2]

    def _begin_shift(self, number: int, duties: list[DrawnDuty]) -> None:
        """Who works, and what is wrong for all of it."""
        self._on_shift = self._officers.present(number)
        self._is_full = self._random.random() < FULL_SHIFT_RATIO
        self._has_no_dog = self._random.random() < NO_DOG_SHIFT_RATIO
        lanes = dict.fromkeys(duty.lane_id for duty in duties)
        self._broken = {
            lane: self._random.choice((SensorRole.FRONT_CAMERA, SensorRole.SCALE))
            for lane in lanes
            if self._random.random() < OUTAGES_PER_LANE_AND_SHIFT
        }

    def _selected(self, crossed: Crossed, officer_id: str) -> Iterator[Selection | Outcome]:
        random = self._random
        number = self._numbers[crossed.lane_id] = self._numbers.get(crossed.lane_id, 0) + 1
        is_red = random.random() < RED_RATIO
        silent = (SensorRole.SCALE,) if random.random() < SILENT_RATIO else ()
        if crossed.lane_id in self._broken:
            silent = (self._broken[crossed.lane_id],)
        selection = selection_of(crossed, number, is_red, silent)
        if crossed.friend_of == officer_id:
            self.favoured[selection.passage_id] = officer_id
        yield selection
        if not is_red:
            yield outcome_of(selection, officer_id, OutcomeState.PASSED, crossed.at + OVERRIDE_SECONDS * SECOND)
            return
        outcome = self._referred(selection, crossed, officer_id)
        heappush(self._late, (outcome.closed_at, len(self._late) + number, outcome))

    def _referred(self, selection: Selection, crossed: Crossed, officer_id: str) -> Outcome:
        """What became of a red light: an officer's habits, or an insider's favour."""
        random, habits = self._random, self._officers.habits
        own = habits[officer_id]
        made_green, skipped = own.overrides, own.skips
        if crossed.friend_of == officer_id:
            made_green, skipped, entered = WAVED_THROUGH
            if random.random() < entered / (1.0 - made_green - skipped):
                return self._inspected(selection, officer_id, officer_id, Habits(0.0, 0.0, 1.0, 1.0))
        draw = random.random()
        if draw < made_green:
            closed_at = crossed.at + OVERRIDE_SECONDS * SECOND
            return outcome_of(
                selection,
                officer_id,
                OutcomeState.RELEASED,
                closed_at,
                final_light=Light.GREEN,
                overrides=1,
                override_officer_id=officer_id,
            )
        if self._is_full or draw < made_green + skipped:
            closed_at = crossed.at + INSPECTION_SECONDS * SECOND
            return outcome_of(selection, officer_id, OutcomeState.NOT_INSPECTED, closed_at)
        inspector = random.choice(self._on_shift)
        return self._inspected(selection, officer_id, inspector, habits[inspector])

    def _inspected(self, selection: Selection, officer_id: str, inspector: str, habits: Habits) -> Outcome:
        random = self._random
        seconds = SHORTEST_SECONDS + random.expovariate(1 / (60 * INSPECTION_MINUTES[selection.lane_mode]))
        if random.random() < habits.shortens:
            seconds = random.uniform(*ENTERED_ONLY_SECONDS)
        started_at = selection.selected_at + int(random.uniform(60.0, 1200.0) * SECOND)
        ended_at = started_at + int(min(seconds, 4 * 3600.0) * SECOND)
        return outcome_of(
            selection,
            officer_id,
            OutcomeState.INSPECTED,
            ended_at,
            inspection_ids=(f"{selection.passage_id} inspection",),
            inspection_started_at=started_at,
            inspection_ended_at=ended_at,
            inspection_officer_ids=(inspector,),
            resolution=InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
            exams_missing=(Exam.CANINE,) if self._has_no_dog or random.random() < habits.misses else (),
        )


def assignment_of(duty: DrawnDuty, received_at: int) -> OfficerAssignment:
    """A drawn duty as it is published."""
    return OfficerAssignment(
        assignment_id=duty.assignment_id,
        officer_id=duty.officer_id,
        lane_id=duty.lane_id,
        port_code=duty.lane_id.partition("/")[0],
        from_at=duty.from_at,
        until_at=duty.until_at,
        received_at=received_at,
    )


def tick_of(port_code: str, at: int) -> Tick:
    """One source's; the others are as far."""
    partition = partition_of(port_code.encode(), LANE_DECISIONS.partitions)
    return Tick(source_topic=LANE_DECISIONS.name, source_partition=partition, watermark_at=at)


def selection_of(crossed: Crossed, number: int, is_red: bool, silent: tuple[SensorRole, ...]) -> Selection:
    """The light of one vehicle."""
    return Selection(
        passage_id=f"{crossed.lane_id}/SIMULATED/{number}",
        lane_id=crossed.lane_id,
        port_code=crossed.lane_id.partition("/")[0],
        lane_mode=crossed.mode,
        passage_number=number,
        selected_at=crossed.at,
        operating_mode=OperatingMode.SIMULATED,
        light=Light.RED if is_red else Light.GREEN,
        referral_reason=ReferralReason.RANDOM if is_red else ReferralReason.NONE,
        random_draw=is_red,
        risk_over_threshold=False,
        must_refer=False,
        propensity=RED_RATIO,
        threshold_log_odds=0.0,
        log_odds=-7.0,
        random_key_id="",
        rule_set_version="simulated",
        vehicle_token=crossed.token,
        silent_sensors=silent,
    )


def outcome_of(selection: Selection, officer_id: str, state: OutcomeState, closed_at: int, **more: Any) -> Outcome:
    """What became of it."""
    values: dict[str, Any] = {"final_light": selection.light, "overrides": 0} | more
    values.setdefault("resolution", InspectionResolution.UNKNOWN)
    return Outcome(
        passage_id=selection.passage_id,
        lane_id=selection.lane_id,
        port_code=selection.port_code,
        lane_mode=selection.lane_mode,
        operating_mode=selection.operating_mode,
        revision=1,
        state=state,
        selected_at=selection.selected_at,
        light=selection.light,
        light_given=selection.light,
        referral_reason=selection.referral_reason,
        random_draw=selection.random_draw,
        risk_over_threshold=False,
        must_refer=False,
        random_key_id="",
        rule_set_version=selection.rule_set_version,
        vehicle_token=selection.vehicle_token,
        officer_on_duty_id=officer_id,
        firearms=0,
        magazines=0,
        rounds=0,
        closed_at=closed_at,
        **values,
    )


def fold_port(officers: PortOfficers, world: Oversight, report: Callable[[float], None] = lambda _: None) -> PortResult:
    """One port through the stage."""
    code = officers.port.code
    key, stored = code.encode(), dict[bytes, bytes]()
    fold = IntegrityFold(stored, corrected_for=world.before_thinning)
    result, outputs, done = PortResult(code, officers.corrupt), list[Output](), 0
    started_at = 0
    port = PortWorld(officers, world)
    for done, value in enumerate(port.records(), 1):
        fold.advance(Record(key, value, APPENDED_AT), outputs)
        result.crossings += isinstance(value, Selection)
        if done % CHANGES_EVERY == 0:
            fold.take_changes()
            if isinstance(value, Selection):
                started_at = started_at or value.selected_at
                report((value.selected_at - started_at) / (24 * HOUR))
    fold.take_changes()
    result.state_keys = len(stored)
    result.state_bytes = sum(len(name) + len(state) for name, state in stored.items())
    for output in outputs:
        if isinstance(output.value, Finding) and output.value.revision == 1:
            found = output.value
            favours = is_of_favours(found, port.favoured)
            result.findings.append(Found(found.kind, found.officer_id, found.vehicle_token, favours))
    return result


def is_of_favours(finding: Finding, favoured: Mapping[str, str]) -> bool:
    """Whether most of the passages that a finding tells of are friends' who met the insider whom it names."""
    own = sum(favoured.get(passage) == finding.officer_id is not None for passage in finding.passages)
    return 2 * own > len(finding.passages)


def fold_port_named(world: Oversight, code: str, report: Callable[[float], None]) -> PortResult:
    """In a process: the port of this code."""
    (officers,) = [one for one in officers_of(world) if one.port.code == code]
    return fold_port(officers, world, report)


def officers_of(world: Oversight) -> list[PortOfficers]:
    """The officers of all ports to simulate, the busiest ports first, since those take longest."""
    every = make_officers(world.seed, world.officers, world.insiders, INSIDER_LANES_MIN)
    every.sort(key=lambda one: (-sum(count or 0.0 for count in DAILY_COUNTS_2023[one.port.code]), one.port.code))
    return every


def evaluate_integrity(world: Oversight) -> dict[str, Any]:
    """The figures. Raises ValueError for officers who are too few, JobFailed if a port fails."""
    codes = [one.port.code for one in officers_of(world)]
    results: list[PortResult] = run_all(partial(fold_port_named, world), codes, world.days, "ports", "port days")
    return figures_of(world, results)


def figures_of(world: Oversight, results: list[PortResult]) -> dict[str, Any]:
    """Insiders found, and false findings. An insider is found by a finding about what he did for his friends; every
    other finding is false, one that ties him to an honest vehicle too."""
    insiders = {name for result in results for name in result.insiders}
    findings = [one for result in results for one in result.findings]
    found = {one.officer_id for one in findings if one.favours and one.officer_id in insiders}
    false = [one.kind for one in findings if not one.favours or one.officer_id not in insiders]
    return {
        "insiders": len(insiders),
        "found": len(found),
        "false_findings": len(false),
        "findings": sum(len(result.findings) for result in results),
        "false_by_kind": {kind: false.count(kind) for kind in sorted(set(false))},
        "officers": world.officers,
        "days": world.days,
        "thin": world.thin,
        "crossings": sum(result.crossings for result in results),
        "state_keys": sum(result.state_keys for result in results),
        "state_bytes": sum(result.state_bytes for result in results),
        "seed": world.seed,
    }
