"""The integrity stage as a fold over one partition of the ports' outcomes.

    Selection            ─► the stint of its lane (blind sensors, when the next one begins); rules in force
    Outcome, the first   ─► a meeting of vehicle and officer, and of officer and several vehicles
    Outcome of a referral, at its last revision ─► comparisons of officers, shift by shift, SETTLED_SECONDS later
    OfficerAssignment    ─► the lane's roster
    OversightRequirement ─► what must be in force
    Tick                 ─► watermark; cases are settled, and what is too old is forgotten
    what chance does not explain ─► Finding of the port, for auditors alone

It reads what is keyed by port, not by officer: an officer's peers, the schedule and the lanes' other officers all stand
in one partition there. Officers are numbers and vehicles pseudonyms; nothing about who someone is comes in. Operating
modes are worlds of their own.

Each test stands in a file of its own with its mechanism, hypothesis, statistic, alpha, and what honest people do to
trip it: meetings, friends, not_inspected, overrides, short_inspections, exams, blind_sensors, rule_sets. Their common
budget of false findings for a port stands in `bets.py`.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, Final

import msgspec

from schemas.records import (
    Finding,
    FindingKind,
    LaneMode,
    OfficerAssignment,
    OperatingMode,
    Outcome,
    OversightRequirement,
    ReferenceChange,
    SecondaryStaffing,
    Selection,
    Tick,
)
from schemas.topics import FINDINGS, INTEGRITY_CHANGELOG, LANE_DECISIONS, OUTCOMES
from streams.core import stage_events
from streams.core.deadlines import Deadlines
from streams.core.integrity import (
    blind_sensors,
    duties,
    exams,
    meetings,
    not_inspected,
    overrides,
    peers,
    ports,
    rule_sets,
    short_inspections,
    validation,
)
from streams.core.integrity.cases import SETTLED_SECONDS, case_of, is_referred, is_too_late
from streams.core.integrity.findings import of_meetings, of_rule_set
from streams.core.integrity.friends import FriendCrossing, suspected
from streams.core.integrity.peers import Comparison, Peers
from streams.core.integrity.ports import Ports
from streams.core.integrity.state import (
    CASE,
    OFFICER,
    PORT,
    REQUIREMENTS_KEY,
    ROSTER,
    SECOND,
    SHIFT,
    STINT,
    STRATUM,
    VEHICLE,
    VERSION,
    Case,
    LaneRoster,
    Officer,
    PortState,
    Requirements,
    Shift,
    Stint,
    Stratum,
    Vehicle,
    due_of,
)
from streams.core.integrity.timed import TimedStates
from streams.core.keyed_state import check_version
from streams.core.outcomes.state import Duty
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import WATERMARKS_KEY, PartitionTime, TimedFold, advanced, check_tick
from streams.core.vehicle_history import port_of

# States looked at per tick: at twelve ticks a minute this is over a hundred times what a day forgets, and the fold of a
# tick stays under a tenth of a second.
DUE_MAX: Final = 2_000

# Each kind with how a settled case becomes trials of officers.
COMPARISONS: Final = (
    (FindingKind.RED_NOT_INSPECTED, not_inspected.trials_of),
    (FindingKind.OVERRIDES, overrides.trials_of),
    (FindingKind.SHORT_INSPECTIONS, short_inspections.trials_of),
    (FindingKind.EXAMS_MISSING, exams.trials_of),
)


class IntegrityStage:
    """The stage; it needs nothing from outside the log."""

    name = "integrity"
    source = OUTCOMES
    changelog = INTEGRITY_CHANGELOG
    events = stage_events.INTEGRITY

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return IntegrityFold(stored)


class IntegrityFold(TimedFold):
    """One partition: vehicles, officers, strata, cases, stints, ports, rosters, requirements and the watermark."""

    def __init__(
        self,
        stored: MutableMapping[bytes, bytes],
        due_max: int = DUE_MAX,
        corrected_for: Callable[[int], int] | None = None,
    ) -> None:
        """`corrected_for`: how many vehicles the tests of so many are corrected for, if not for just those."""
        self.counters: dict[str, int] = {}
        self._corrected_for = corrected_for
        check_version(stored.values(), VERSION, "an integrity test")
        self._due_max = due_max
        self._time = PartitionTime(stored, VERSION)
        deadlines = self._deadlines = Deadlines(
            (due_of(state), key) for key, state in stored.items() if key != WATERMARKS_KEY
        )
        self._vehicles = TimedStates(stored, deadlines, Vehicle, meetings.over_s_of)
        self._cases = TimedStates(stored, deadlines, Case, _due_s)
        self._strata = TimedStates(stored, deadlines, Stratum, _due_s)
        self._shifts = TimedStates(stored, deadlines, Shift, _due_s)
        self._officers = TimedStates(stored, deadlines, Officer, peers.over_s_of)
        self._stints = TimedStates(stored, deadlines, Stint, blind_sensors.over_s_of)
        self._port_states = TimedStates(stored, deadlines, PortState, ports.over_s_of)
        self._rosters = TimedStates(stored, deadlines, LaneRoster, duties.over_s_of)
        self._requirements = TimedStates(stored, deadlines, Requirements, rule_sets.over_s_of)
        self._by_kind: dict[bytes, TimedStates[Any]] = {
            VEHICLE: self._vehicles,
            CASE: self._cases,
            STRATUM: self._strata,
            SHIFT: self._shifts,
            OFFICER: self._officers,
            STINT: self._stints,
            PORT: self._port_states,
            ROSTER: self._rosters,
            REQUIREMENTS_KEY: self._requirements,
        }
        self._duties = duties.Duties(self._rosters)
        self._ports = Ports(self._port_states)
        self._peers = Peers(self._officers, self._strata, self._shifts, self._ports)

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Outcome):
            validation.check_outcome(value, record.key, record.appended_at)
            self._advance_outcome(value, outputs)
        elif isinstance(value, Selection):
            validation.check_selected(value, record.key, record.appended_at)
            self._advance_selection(value, outputs)
        elif isinstance(value, Tick):
            check_tick(value, LANE_DECISIONS)
            self._advance_tick(value, outputs)
        elif isinstance(value, OfficerAssignment):
            validation.check_assignment(value, record.key, record.appended_at)
            self._duties.add(value)
        elif isinstance(value, OversightRequirement):
            validation.check_requirement(value, record.appended_at)
            kept = self._requirements.get(REQUIREMENTS_KEY)
            self._requirements.put(REQUIREMENTS_KEY, rule_sets.with_requirement(kept, value))
        elif not isinstance(value, (SecondaryStaffing, ReferenceChange)):  # those are for other stages
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {OUTCOMES.name}")

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        changes = self._time.take_changes()
        for states in self._by_kind.values():
            changes |= states.take_changes()
        return changes

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        for states in self._by_kind.values():
            states.roll_back()
        self._time.roll_back()
        self._deadlines.roll_back()
        self._duties.forget_answers()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _find(self, finding: Finding, outputs: list[Output]) -> None:
        outputs.append(Output(FINDINGS, finding.port_code.encode(), finding))
        self._count(f"findings_{finding.kind.lower()}")

    def _touch(self, record: Selection | Outcome, at: int) -> None:
        place = record.operating_mode, record.port_code
        if self._ports.touch(*place, record.lane_id, record.lane_mode, at // SECOND):
            self._duties.forget_answers()

    def _advance_selection(self, selection: Selection, outputs: list[Output]) -> None:
        at = selection.selected_at
        self._touch(selection, at)
        required = rule_sets.required_of(self._requirements.get(REQUIREMENTS_KEY), at)
        if required is not None and rule_sets.is_other(selection, required):
            place = selection.operating_mode, selection.port_code
            if self._ports.tell(*place, rule_sets.told_of(selection, required)):
                self._find(of_rule_set(selection, required), outputs)
        duty = self._duties.officer_in(selection.lane_id, at)
        if duty is not None:
            self._advance_stint(selection, duty, outputs)

    def _advance_stint(self, selection: Selection, duty: Duty, outputs: list[Output]) -> None:
        """Count a vehicle in its lane's present duty; with the first of the next one, judge the one before."""
        key = STINT + f"{selection.operating_mode}:{selection.lane_id}".encode()
        stint = self._stints.get(key)
        if stint is not None and (stint.from_at, stint.officer_id) == (duty.from_at, duty.officer_id):
            self._stints.put(key, blind_sensors.with_vehicle(stint, selection))
            return
        if stint is not None and duty.from_at < stint.from_at:
            self._count("selections_of_an_earlier_duty")
            return
        self._stints.put(key, blind_sensors.begun(duty, selection, stint))
        if stint is None:
            return
        place = selection.operating_mode, selection.port_code
        for sensor, trial in blind_sensors.trials_of(stint):
            at = selection.selected_at
            test = Comparison(FindingKind.BLIND_SENSOR, sensor)
            finding = self._peers.compare(place, test, selection.lane_id, trial, at // SECOND, at)
            if finding is not None:
                self._find(finding, outputs)

    def _advance_outcome(self, outcome: Outcome, outputs: list[Output]) -> None:
        at = outcome.selected_at
        if at is None:
            self._count("outcomes_without_selection")
            return
        self._touch(outcome, at)
        self._keep_case(outcome, at)
        if outcome.revision == 1 and outcome.vehicle_token is not None:
            self._advance_meeting(outcome, outcome.vehicle_token, at, outputs)

    def _keep_case(self, outcome: Outcome, at: int) -> None:
        key = CASE + f"{outcome.operating_mode}:{outcome.passage_id}".encode()
        case = self._cases.get(key)
        if case is None:
            if not is_referred(outcome):
                return
            if is_too_late(outcome, at, self._time.own_at):
                self._count("outcomes_corrected_too_late")
                return
            self._cases.put(key, case_of(outcome, outcome.closed_at // SECOND + SETTLED_SECONDS))
        elif outcome.revision > case.revision:
            self._cases.put(key, case_of(outcome, case.due_s))

    def _advance_meeting(self, outcome: Outcome, token: str, at: int, outputs: list[Output]) -> None:
        mode, port_code = outcome.operating_mode, outcome.port_code
        port = self._ports.get(mode, port_code)
        if port is None or outcome.lane_mode is LaneMode.UNKNOWN:
            return
        on_duty = self._duties.on_duty((mode, port_code), outcome.lane_mode, at, port.lanes)
        drawn = on_duty.drawn_with(outcome.lane_id)
        if drawn is None or not meetings.is_tested(drawn):
            self._count("crossings_without_rotation")
            return
        met = drawn.officers[outcome.lane_id]
        key = VEHICLE + f"{mode}:{port_code}:{token}".encode()
        vehicle = self._vehicles.get(key)
        if vehicle is not None and meetings.over_s_of(vehicle) <= at // SECOND:
            self._forget_vehicle(key, vehicle)  # its tick has not come yet
            vehicle = None
        if not meetings.counts(vehicle, drawn, at):
            return
        if vehicle is None:
            self._vehicles.put(key, meetings.begun(met, outcome, at))
            return
        if not vehicle.tested:
            self._ports.test_vehicle(mode, port_code, 1)
            port = self._ports.get(mode, port_code) or port
        for officer_id in suspected(vehicle, drawn):
            crossing = FriendCrossing(drawn, officer_id == met, outcome.passage_id)
            finding = self._peers.meet((mode, port_code), officer_id, crossing, at)
            if finding is not None:
                self._find(finding, outputs)
        tested = port.vehicles_tested
        if self._corrected_for is not None:
            tested = self._corrected_for(tested)
        vehicle = meetings.crossed(vehicle, met, drawn, outcome.passage_id, at)
        for place, pair in enumerate(vehicle.pairs):
            if pair.officer_id == met and pair.meetings and meetings.is_news(pair, tested):
                pair = msgspec.structs.replace(pair, told=pair.told + 1, told_meetings=pair.meetings)
                pairs = (*vehicle.pairs[:place], pair, *vehicle.pairs[place + 1 :])
                vehicle = msgspec.structs.replace(vehicle, pairs=pairs)
                self._find(of_meetings((mode, port_code), token, pair, tested, at), outputs)
        self._vehicles.put(key, vehicle)

    def _forget_vehicle(self, key: bytes, vehicle: Vehicle) -> None:
        self._vehicles.remove(key)
        self._uncount_vehicle(key, vehicle)

    def _uncount_vehicle(self, key: bytes, vehicle: Vehicle) -> None:
        if vehicle.tested:
            _, mode, port_code, _ = key.decode().split(":", 3)
            self._ports.test_vehicle(OperatingMode(mode), port_code, -1)

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        after = advanced(self._time.marks, tick)
        self._time.put(after)
        now_s, done = after.own_at // SECOND, 0
        while done < self._due_max:
            taken = self._deadlines.take(now_s)
            if taken is None:
                return
            due_s, key = taken
            states = self._by_kind[key[: len(VEHICLE)]]
            if not states.is_due(key, due_s):
                continue
            done += 1
            over = states.taken_out(key, now_s)
            if isinstance(over, Case):
                self._settle(key, over, after.own_at, outputs)
            elif isinstance(over, Shift):
                finding = self._peers.judge(key, over, after.own_at)
                if finding is not None:
                    self._find(finding, outputs)
            elif isinstance(over, Vehicle):
                self._uncount_vehicle(key, over)
            elif isinstance(over, Officer):
                self._peers.forget(key, over)
            elif isinstance(over, LaneRoster):
                self._duties.forget_answers()

    def _settle(self, key: bytes, case: Case, at: int, outputs: list[Output]) -> None:
        """Count a referred vehicle, all reports of which are in."""
        _, mode, passage_id = key.decode().split(":", 2)
        place = OperatingMode(mode), port_of(passage_id)
        like = f"{place[1]}:{case.lane_mode}"
        for kind, trials_of in COMPARISONS:
            for trial in trials_of(case, passage_id):
                finding = self._peers.compare(place, Comparison(kind), like, trial, case.due_s, at)
                if finding is not None:
                    self._find(finding, outputs)


def _due_s(state: Case | Stratum | Shift) -> int:
    return state.due_s
