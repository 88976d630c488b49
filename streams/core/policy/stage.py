"""The policy stage as a fold over one partition of what is told by port.

    Selection          ─► the meter of its port and mode: traffic, scores, reds within the budget
    Outcome            ─► the same, corrected where another light was given than was selected
    SecondaryStaffing  ─► how many inspectors are really there
    ReferenceChange    ─► the policy, from its place in the log on; each port and mode that it names is told at once
    Tick               ─► each minute: what is owed, the next threshold
                            └► SelectionThreshold into every partition of the passages, since a plate's is not known

What counts is what vehicles were given. A selection counts at once, by the light that it means; its outcome tells
whether that was shown. A red by an officer or by the light's lot takes an inspector as well, and so does a green
vehicle that was inspected all the same; a red that the lot showed green takes none. A red that an officer let go stays
counted: else a secondary that is full would draw more. Outcomes come late, of a red that nobody inspected after four
hours; the budget is kept to all the same, since it is made up for then.

An outcome of a vehicle that no policy selected corrects nothing: its selection may have come before the meter, which
then never counted it. A vehicle that stops again is selected again, and each of these selections counts as a vehicle;
its outcome is compared with the last of them alone. So a red that was selected at an earlier stop stays counted even
if the vehicle was not given it: by one vehicle, and few stop twice.

Lanes keep what they were told last: if this stage stops, lights go on by the last threshold.
"""

from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.partitioning import partition_of
from schemas.records import (
    LaneMode,
    Light,
    OfficerAssignment,
    OperatingMode,
    Outcome,
    OutcomeState,
    OversightRequirement,
    ReferenceChange,
    SecondaryStaffing,
    Selection,
    SelectionThreshold,
    Tick,
)
from schemas.topics import LANE_DECISIONS, OUTCOMES, PASSAGES, POLICY_CHANGELOG
from streams.core import stage_events
from streams.core.deadlines import Deadlines
from streams.core.keyed_state import KeyedState, OtherVersion, check_version
from streams.core.policy import control, validation
from streams.core.policy.state import (
    CORRECTED_PREFIX,
    POLICY_KEY,
    STAFFINGS_MAX,
    VERSION,
    Corrected,
    Meter,
    Staffed,
    Staffings,
    Told,
    corrected_key,
    decode_corrected,
    decode_meter,
    decode_staffings,
    decode_text,
    encode,
    encode_corrected,
    encode_text,
    meter_key,
    staffing_key,
)
from streams.core.selection_policy import Budget, SelectionPolicy, parse_policy
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import PartitionTime, TimedFold, advanced, check_tick

SECOND: Final = 1_000_000
STEP_MICROSECONDS: Final = 60 * SECOND

# From a selection until its outcomes change nothing here any more. A red that nobody inspected is told after four
# hours; what happened longer ago than a morning has nothing to do with who is in secondary now [chosen].
CORRECTED_SECONDS: Final = 6 * 3600

# Worlds whose lights are selected; each has its own budget, as a drill's vehicles take nobody's place.
MODES: Final = tuple([mode for mode in OperatingMode if mode is not OperatingMode.UNKNOWN])


class PolicyStage:
    """The stage; it needs nothing from outside the log."""

    name = "policy"
    source = OUTCOMES
    changelog = POLICY_CHANGELOG
    events = stage_events.POLICY

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return PolicyFold(partition, stored)


class PolicyFold(TimedFold):
    """One partition: the policy, meters and staffings of its ports, and the watermark."""

    def __init__(self, partition: int, stored: MutableMapping[bytes, bytes]) -> None:
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "a port's meter")
        self._partition = partition
        self._meters: KeyedState[Meter] = KeyedState(stored, encode, decode_meter)
        self._staffings: KeyedState[Staffings] = KeyedState(stored, encode, decode_staffings)
        self._corrected: KeyedState[Corrected] = KeyedState(stored, encode_corrected, decode_corrected)
        self._deadlines = Deadlines(
            (decode_corrected(state).due_s, key) for key, state in stored.items() if key.startswith(CORRECTED_PREFIX)
        )
        self._texts: KeyedState[str] = KeyedState(stored, encode_text, decode_text)
        self._time = PartitionTime(stored, VERSION)
        self._version = ""
        self._budgets: dict[tuple[str, LaneMode], Budget] = {}
        self._take_up()

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Selection):
            validation.check_selection(value, record.key)
            self._advance_selection(value)
        elif isinstance(value, Tick):
            check_tick(value, LANE_DECISIONS)
            self._advance_tick(value, outputs)
        elif isinstance(value, SecondaryStaffing):
            validation.check_staffing(value, record.key, record.appended_at)
            self._advance_staffing(value)
        elif isinstance(value, ReferenceChange):
            text, policy = validation.check_policy_change(value)
            self._advance_policy(text, policy, value.changed_at, outputs)
        elif isinstance(value, Outcome):
            validation.check_outcome(value, record.key)
            self._advance_outcome(value)
        elif not isinstance(value, (OfficerAssignment, OversightRequirement)):  # those are for other stages
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {OUTCOMES.name}")

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        return (
            self._meters.take_changes()
            | self._staffings.take_changes()
            | self._corrected.take_changes()
            | self._texts.take_changes()
            | self._time.take_changes()
        )

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._meters.roll_back()
        self._staffings.roll_back()
        self._corrected.roll_back()
        self._deadlines.roll_back()
        self._texts.roll_back()
        self._time.roll_back()
        self._take_up()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _take_up(self) -> None:
        """The budgets of this partition's ports from the policy that is kept. Raises OtherVersion for one that this
        version refuses: its ports would silently go by another."""
        text = self._texts.get(POLICY_KEY)
        try:
            policy = SelectionPolicy(version="none", budgets=()) if text is None else parse_policy(text)
        except ValueError as error:
            raise OtherVersion(
                f"the selection policy in force is refused by this version ({error}); publish one that it takes while "
                "the version that wrote it runs"
            ) from error
        self._version = policy.version
        self._budgets = {
            (budget.port_code, budget.lane_mode): budget for budget in policy.budgets if self._is_ours(budget.port_code)
        }

    def _is_ours(self, port_code: str) -> bool:
        return partition_of(port_code.encode(), OUTCOMES.partitions) == self._partition

    def _advance_selection(self, selection: Selection) -> None:
        if (selection.port_code, selection.lane_mode) not in self._budgets:
            return
        key = meter_key(selection.operating_mode, selection.port_code, selection.lane_mode)
        before = self._meters.get(key)
        if before is None:
            return  # of no operating mode that has a budget
        red = selection.light is Light.RED
        if selection.must_refer:
            self._count("must_refer")
        elif red:
            self._count("reds_drawn" if selection.random_draw else "reds_over_threshold")
        after = control.with_vehicle(before, selection.log_odds, red, selection.must_refer)
        if after is not before:
            self._meters.put(key, after)

    def _advance_outcome(self, outcome: Outcome) -> None:
        """Correct what the selection counted as, or an earlier revision. One that is not known to be selected is of no
        lane mode, and counts once it is."""
        if outcome.must_refer or outcome.policy_version is None:
            return
        if (outcome.port_code, outcome.lane_mode) not in self._budgets:
            return
        meter_at = meter_key(outcome.operating_mode, outcome.port_code, outcome.lane_mode)
        meter = self._meters.get(meter_at)
        due_s = (outcome.selected_at or 0) // SECOND + CORRECTED_SECONDS
        if meter is None or due_s <= self._time.own_at // SECOND:
            return
        key = corrected_key(outcome.operating_mode, outcome.passage_id)
        before, selected_red = self._corrected.get(key), outcome.light is Light.RED
        was_red = selected_red if before is None else before.is_red
        is_red = outcome.state is not OutcomeState.PASSED
        if is_red is was_red:
            return
        self._count("reds_beyond_selection" if is_red else "reds_not_given")
        self._meters.put(meter_at, control.with_reds(meter, 1 if is_red else -1))
        if is_red is selected_red:
            self._corrected.remove(key)
        else:
            self._corrected.put(key, Corrected(due_s, is_red))
            self._deadlines.note(due_s, key)

    def _forget(self, now_s: int) -> None:
        """Forget corrections that no later revision is compared with any more."""
        while (taken := self._deadlines.take(now_s)) is not None:
            due_s, key = taken
            kept = self._corrected.get(key)
            if kept is not None and kept.due_s == due_s:
                self._corrected.remove(key)

    def _advance_staffing(self, said: SecondaryStaffing) -> None:
        if (said.port_code, said.lane_mode) not in self._budgets:
            raise Rejected("no_budget", "the selection policy has no budget for this port and lane mode")
        key = staffing_key(said.port_code, said.lane_mode)
        now_s = self._time.own_at // SECOND
        before = self._staffings.get(key) or ()
        made = Staffed(said.staffing_id, said.from_at // SECOND, said.until_at // SECOND, said.inspectors)
        kept = [one for one in before if one.until_s > now_s and one.staffing_id != made.staffing_id]
        if len(kept) == STAFFINGS_MAX:
            raise Rejected("too_many", f"a port and mode has at most {STAFFINGS_MAX} staffings ahead")
        after = tuple(sorted([*kept, made], key=lambda one: (one.from_s, one.staffing_id)))
        if after != before:
            self._count("staffings")
            self._staffings.put(key, after)

    def _advance_policy(self, text: str, policy: SelectionPolicy, changed_at: int, outputs: list[Output]) -> None:
        before = self._budgets
        self._texts.put(POLICY_KEY, text)
        self._take_up()
        self._count("policies")
        set_at = self._time.own_at or changed_at
        for port_code, lane_mode in sorted(before):
            if (port_code, lane_mode) not in self._budgets:
                self._staffings.remove(staffing_key(port_code, lane_mode))
                for mode in MODES:
                    self._meters.remove(meter_key(mode, port_code, lane_mode))
                    self._tell(port_code, lane_mode, mode, None, set_at, outputs)
        for (port_code, lane_mode), budget in sorted(self._budgets.items()):
            for mode in MODES:
                key = meter_key(mode, port_code, lane_mode)
                meter = self._meters.get(key) or Meter()
                self._meters.put(key, self._decided(meter, budget, mode, set_at, outputs))

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        before = self._time.marks
        after = advanced(before, tick)
        self._time.put(after)
        if after.own_at // STEP_MICROSECONDS == before.own_at // STEP_MICROSECONDS:
            return
        self._forget(after.own_at // SECOND)
        for (port_code, lane_mode), budget in sorted(self._budgets.items()):
            for mode in MODES:
                key = meter_key(mode, port_code, lane_mode)
                meter = self._meters.get(key)
                if meter is not None and (meter.vehicles or meter.scores):  # a mode that nobody uses stays as it is
                    reds_per_hour = self._reds_per_hour(budget, after.own_at)
                    meter = control.stepped(meter, reds_per_hour, after.own_at)
                    self._meters.put(key, self._decided(meter, budget, mode, after.own_at, outputs))

    def _reds_per_hour(self, budget: Budget, at: int) -> float:
        """What the inspectors who are there can take: those told of, else those of the shift."""
        second = at // SECOND
        inspectors = budget.inspectors_at(second)
        for staffed in self._staffings.get(staffing_key(budget.port_code, budget.lane_mode)) or ():
            if staffed.from_s <= second < staffed.until_s:
                inspectors = staffed.inspectors  # the one that began last holds
        return budget.reds_per_hour(inspectors)

    def _decided(self, meter: Meter, budget: Budget, mode: OperatingMode, at: int, outputs: list[Output]) -> Meter:
        """The meter with what the lanes know; they are told if it is news."""
        reds_per_hour = self._reds_per_hour(budget, at)
        threshold = control.threshold_of(meter, budget, reds_per_hour)
        said = Told(self._version, budget.random_propensity, threshold.log_odds, threshold.share, reds_per_hour)
        if not is_news(meter, said):
            return meter
        self._count("thresholds_told")
        self._tell(budget.port_code, budget.lane_mode, mode, said, at, outputs)
        return msgspec.structs.replace(meter, told=said)

    def _tell(
        self,
        port_code: str,
        lane_mode: LaneMode,
        mode: OperatingMode,
        said: Told | None,
        at: int,
        outputs: list[Output],
    ) -> None:
        """Tell every partition of the passages; `said` None: this port and mode has no policy any more."""
        value = SelectionThreshold(
            port_code=port_code,
            lane_mode=lane_mode,
            operating_mode=mode,
            policy_version=said.policy_version if said else None,
            random_propensity=said.random_propensity if said else None,
            threshold_log_odds=said.threshold_log_odds if said else None,
            share_at_threshold=said.share_at_threshold if said else None,
            budget_reds_per_hour=said.budget_reds_per_hour if said else None,
            set_at=at,
            mandates=self._budgets[port_code, lane_mode].mandates if said else (),
        )
        for partition in range(PASSAGES.partitions):
            outputs.append(Output(PASSAGES, port_code.encode(), value, partition=partition))


def is_news(meter: Meter, said: Told) -> bool:
    """Whether the lanes must be told: of another policy or budget, or of a threshold that refers others."""
    before = meter.told
    if before is None:
        return True
    same = (before.policy_version, before.random_propensity, before.budget_reds_per_hour)
    if same != (said.policy_version, said.random_propensity, said.budget_reds_per_hour):
        return True
    was = control.Threshold(before.threshold_log_odds, before.share_at_threshold)
    becomes = control.Threshold(said.threshold_log_odds, said.share_at_threshold)
    return was != becomes and control.is_news(meter, was, becomes)
