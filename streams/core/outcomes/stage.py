"""The outcomes stage as a fold over one partition of the lanes' decisions.

    Selection, Score            ─► the case of their passage
                                    and on to their port, a Selection at once
    Override, Inspection,
      HitConfirmation           ─► the same, before or after the selection; a repeat changes nothing, and another report
                                    under a revision that was told is refused
    LightAnswer                 ─► the same, on a reading as soon as the selection tells whose that was; the first by
                                    lot in a lane, and the end of it, are alerts
    OfficerAssignment           ─► the lane's roster, and on to its port
    Tick                        ─► watermark, sent on every minute, to the traces every day; cases whose time has come
                                    are written or forgotten
    a case that is complete, due or corrected  ─► Outcome to its port

One Outcome for each passage, whatever came in which order; what comes later makes revisions, for as long as its case
is kept. A report of a passage that is not known any more is refused if it is more than a day old.

A canary's selection ends here: it has no outcome and goes on to nobody. What else is said of its lane is refused.
"""

from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.layout import is_canary_lane
from schemas.records import (
    HitConfirmation,
    Inspection,
    LightAnswer,
    LightAnswerReason,
    OfficerAssignment,
    Outcome,
    Override,
    Score,
    Selection,
    Tick,
)
from schemas.topics import ALERTS, LANE_DECISIONS, OUTCOMES, OUTCOMES_CHANGELOG, PASSAGES, TRACES, Topic
from streams.core import stage_events
from streams.core.deadlines import Deadlines
from streams.core.keyed_state import KeyedState, check_version
from streams.core.light.questions import at_light, was_told_early
from streams.core.outcomes import validation
from streams.core.outcomes.kept import inspected_of, selected_of
from streams.core.outcomes.lights import DarkLanes
from streams.core.outcomes.outcome import REPORTED_SECONDS, due_s_of, is_awaited, is_complete, outcome_of
from streams.core.outcomes.readings import Readings
from streams.core.outcomes.state import (
    CASE_PREFIX,
    CONFIRMATIONS_MAX,
    INSPECTIONS_MAX,
    OVERRIDES_MAX,
    ROSTER_PREFIX,
    SECOND,
    VERSION,
    Case,
    Compared,
    Duty,
    Overridden,
    Roster,
    Shown,
    case_key,
    decode_case,
    decode_roster,
    due_of,
    encode_case,
    encode_roster,
    mode_and_passage,
)
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import PartitionTime, TimedFold, advanced, check_tick
from streams.core.vehicle_history import lane_of

# Cases written or forgotten per tick: at a tick a second this is ten times what the busiest partition sees, and the
# fold of a tick stays under a tenth of a second.
DUE_MAX: Final = 2_000

# What is done by port (budgets, oversight) is done by the minute.
TICK_MICROSECONDS: Final = 60 * SECOND

# Traces expire by the day, and nobody else tells their stage the time. Their log is kept for five years and read whole
# for each report: by the day it has 260,000 ticks then, by the hour it would have six million.
TRACES_TICK_MICROSECONDS: Final = 24 * 3600 * SECOND

Opening = Override | Inspection | LightAnswer | HitConfirmation


class OutcomesStage:
    """The stage; it needs nothing from outside the log."""

    name = "outcomes"
    source = LANE_DECISIONS
    changelog = OUTCOMES_CHANGELOG
    events = stage_events.OUTCOMES

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return OutcomesFold(partition, stored)


class OutcomesFold(TimedFold):
    """One partition: cases by passage, rosters by lane, and the watermark."""

    def __init__(self, partition: int, stored: MutableMapping[bytes, bytes], due_max: int = DUE_MAX) -> None:
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "an outcome's case")
        self._partition = partition
        self._due_max = due_max
        self._cases: KeyedState[Case] = KeyedState(stored, encode_case, decode_case)
        self._rosters: KeyedState[Roster] = KeyedState(stored, encode_roster, decode_roster)
        self._dark = DarkLanes(stored)
        self._readings = Readings(stored)
        self._time = PartitionTime(stored, VERSION)
        self._deadlines = Deadlines(
            (due_of(state), key) for key, state in stored.items() if key.startswith(CASE_PREFIX)
        )

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Tick):
            check_tick(value, PASSAGES)
            self._advance_tick(value, outputs)
        elif isinstance(value, OfficerAssignment):
            validation.check_assignment(value, record.key, record.appended_at)
            self._advance_assignment(value, record.key, outputs)
        elif isinstance(value, LightAnswer):
            validation.check_answer(value, record.key, record.appended_at)
            self._advance_answer(value, outputs)
        elif isinstance(value, Selection) and is_canary_lane(value.lane_id):
            self._count("canaries")
        elif isinstance(value, (Selection, Score, Override, Inspection, HitConfirmation)):
            validation.check_place(value, record.key)
            key = case_key(value.operating_mode, value.passage_id)
            if isinstance(value, Selection):
                validation.check_selection(value)
                outputs.append(Output(OUTCOMES, value.port_code.encode(), value))
                self._put(key, self._with_selection(key, value), outputs)
            elif isinstance(value, Score):
                validation.check_score(value)
                self._advance_score(key, value, outputs)
            elif isinstance(value, Override):
                validation.check_override(value, record.appended_at)
                self._put(key, self._with_override(key, value), outputs)
            elif isinstance(value, HitConfirmation):
                validation.check_confirmation(value, record.appended_at)
                self._put(key, self._with_confirmation(key, value), outputs)
            else:
                validation.check_inspection(value, record.appended_at)
                self._put(key, self._with_inspection(key, value), outputs)
        else:
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {LANE_DECISIONS.name}")

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        changes = self._cases.take_changes() | self._rosters.take_changes()
        return changes | self._dark.take_changes() | self._readings.take_changes() | self._time.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._cases.roll_back()
        self._rosters.roll_back()
        self._dark.roll_back()
        self._readings.roll_back()
        self._time.roll_back()
        self._deadlines.roll_back()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _count_answer(self, reason: LightAnswerReason) -> None:
        self._count(f"lights_{reason.lower()}")

    def _with_selection(self, key: bytes, selection: Selection) -> Case:
        """The case with a selection. A vehicle that stopped twice was selected twice: the last one is what it saw."""
        before = self._cases.get(key)
        waiting = self._readings.select(selection)
        if before is None:
            before = Case(0, selection.selected_at)
        elif before.selected is not None:
            self._count("selected_again")
            before = msgspec.structs.replace(before, overrides=(), overridden=0)  # they were of the stop before
        drawn = None if waiting is None else waiting.lot
        if drawn is not None and (before.shown is None or before.shown.answered_at < drawn.answered_at):
            before = msgspec.structs.replace(before, shown=drawn, lot=drawn)
        lot, came_at = before.lot, at_light(selection)
        if lot is not None and was_told_early(lot.answered_at, came_at):  # nobody saw it at this stop
            self._count("lots_told_early")
            before = msgspec.structs.replace(before, lot=None, shown=None if before.shown == lot else before.shown)
        elif waiting is not None and lot is not None and lot == waiting.lot:
            self._count_answer(waiting.reason)
        return msgspec.structs.replace(
            before,
            selected=selected_of(selection),
            evidence=None,
            touched_at=max(before.touched_at, selection.selected_at),
        )

    def _advance_score(self, key: bytes, score: Score, outputs: list[Output]) -> None:
        """The first score after a selection is what it rested on; the others tell of later readings."""
        before = self._cases.get(key)
        if before is None or before.selected is None or before.evidence is not None:
            return
        evidence = tuple([(said.name, said.log_odds) for said in score.evidence])
        self._put(key, msgspec.structs.replace(before, evidence=evidence), outputs)

    def _advance_answer(self, answer: LightAnswer, outputs: list[Output]) -> None:
        passage_id = answer.passage_id
        if passage_id is None:
            self._check_not_late(answer.answered_at)
            passage_id = self._readings.passage_of(answer)
        if passage_id is not None:
            key = case_key(answer.operating_mode, passage_id)
            self._put(key, self._with_answer(key, answer), outputs)
        alert = self._dark.see(answer)
        if alert is not None:
            self._count("light_incidents_begun" if alert.revision == 1 else "light_incidents_ended")
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))

    def _with_answer(self, key: bytes, answer: LightAnswer) -> Case:
        """The case with what the vehicle saw: the last answer, in whatever order they come."""
        before = self._cases.get(key) or self._opened(answer)
        if before.shown is not None and answer.answered_at <= before.shown.answered_at:
            return before
        selected = before.selected
        if answer.fallback and selected is not None and was_told_early(answer.answered_at, selected.came_at):
            self._count("lots_told_early")
            return before
        self._count_answer(answer.reason)
        shown = Shown(answer.answered_at, answer.light)
        lot = before.lot
        if answer.fallback:
            lot = shown
        elif answer.reason is LightAnswerReason.SELECTION:
            lot = None  # it stopped again, and its selection was there
        return msgspec.structs.replace(before, shown=shown, lot=lot)

    def _with_override(self, key: bytes, override: Override) -> Case:
        """The case with an override. The log's order counts: the terminals' clocks are nobody's, and one that is ahead
        would beat what is said later."""
        before = self._cases.get(key) or self._opened(override)
        if override.override_id in [other.override_id for other in before.overrides]:
            return before
        self._count(f"overrides_{override.light.lower()}")
        made = Overridden(override.override_id, override.light, override.reason, override.officer_id)
        return msgspec.structs.replace(
            before,
            overrides=(*before.overrides, made)[-OVERRIDES_MAX:],
            overridden=before.overridden + 1,
            touched_at=max(before.touched_at, override.received_at),
        )

    def _with_confirmation(self, key: bytes, said: HitConfirmation) -> Case:
        """The case with what was said of its match; the log's order counts, as of overrides.

        It tells neither of the light nor of an inspection, so it does not put off the outcome. Of a written one it
        makes a revision, which is kept as long as any.
        """
        before = self._cases.get(key) or self._opened(said)
        if said.confirmation_id in [other.confirmation_id for other in before.confirmations]:
            return before
        self._count("hits_confirmed" if said.confirmed else "hits_rejected")
        made = Compared(said.confirmation_id, said.confirmed, said.reason)
        return msgspec.structs.replace(
            before,
            confirmations=(*before.confirmations, made)[-CONFIRMATIONS_MAX:],
            touched_at=max(before.touched_at, said.received_at) if before.revision else before.touched_at,
        )

    def _with_inspection(self, key: bytes, inspection: Inspection) -> Case:
        before = self._cases.get(key) or self._opened(inspection)
        said, others = inspected_of(inspection), []
        for other in before.inspections:
            if other.inspection_id != said.inspection_id:
                others.append(other)
            elif other.revision == said.revision and other.digest != said.digest:
                raise Rejected("conflict", "another report was told under this revision; only a higher one corrects it")
            elif other.revision >= said.revision:
                self._count("inspections_repeated")
                return before
        if len(others) == INSPECTIONS_MAX:
            raise Rejected("too_many", f"a passage has at most {INSPECTIONS_MAX} inspections")
        inspections = sorted([*others, said], key=lambda one: (one.started_at, one.inspection_id))
        return msgspec.structs.replace(
            before, inspections=tuple(inspections), touched_at=max(before.touched_at, inspection.received_at)
        )

    def _opened(self, said: Opening) -> Case:
        """A case that is opened without a selection. Raises Rejected `late` if the passage's own may be forgotten."""
        if isinstance(said, LightAnswer):
            at = received_at = said.answered_at
        else:
            at, received_at = done_at(said), said.received_at
        self._check_not_late(min(at, received_at))
        return Case(0, received_at)

    def _check_not_late(self, at: int) -> None:
        if at < self._time.own_at - REPORTED_SECONDS * SECOND:
            raise Rejected("late", "it is of a passage that is not known and more than a day ago")

    def _put(self, key: bytes, case: Case, outputs: list[Output]) -> None:
        """Keep a case, and write its outcome if nothing is waited for or what was written is corrected."""
        before = self._cases.get(key)
        if case == before:
            return
        case = msgspec.structs.replace(case, told=False)
        if is_complete(case) or (case.revision and not is_awaited(case)):
            case = self._write(key, case, outputs)
        self._keep(key, case)

    def _keep(self, key: bytes, case: Case) -> None:
        due_s = due_s_of(case)
        if due_s != case.due_s or self._cases.get(key) is None:
            self._deadlines.note(due_s, key)
        self._cases.put(key, msgspec.structs.replace(case, due_s=due_s))

    def _write(self, key: bytes, case: Case, outputs: list[Output]) -> Case:
        """Write the next revision of a case's outcome."""
        case = msgspec.structs.replace(case, revision=case.revision + 1, told=True)
        roster = self._rosters.get(roster_key(key)) or Roster()
        outcome = outcome_of(key, case, roster, max(self._time.own_at, case.touched_at))
        outputs.append(Output(OUTCOMES, outcome.port_code.encode(), outcome))
        self._count_outcome(outcome)
        return case

    def _advance_assignment(self, assignment: OfficerAssignment, lane_key: bytes, outputs: list[Output]) -> None:
        key = ROSTER_PREFIX + lane_key
        before = self._rosters.get(key) or Roster()
        duty = Duty(assignment.from_at, assignment.until_at, assignment.assignment_id, assignment.officer_id)
        after = before.with_duty(duty)
        if after != before:
            self._rosters.put(key, after)
            outputs.append(Output(OUTCOMES, assignment.port_code.encode(), assignment))

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        after = advanced(self._time.marks, tick)
        if after.own_at // TICK_MICROSECONDS > after.sent_at // TICK_MICROSECONDS:
            self._send_time(OUTCOMES, after.own_at, outputs)
            if after.own_at // TRACES_TICK_MICROSECONDS > after.sent_at // TRACES_TICK_MICROSECONDS:
                self._send_time(TRACES, after.own_at, outputs)
            after = msgspec.structs.replace(after, sent_at=after.own_at)
        self._time.put(after)
        now_s = after.own_at // SECOND
        self._dark.forget(now_s)
        self._readings.forget(now_s)
        done = 0
        while done < self._due_max:
            taken = self._deadlines.take(now_s)
            if taken is None:
                return
            due_s, key = taken
            case = self._cases.get(key)
            if case is None or case.due_s != due_s:
                continue  # written, moved or forgotten since
            done += 1
            if case.told:
                self._cases.remove(key)
                self._count("cases_forgotten")
            else:
                self._keep(key, self._write(key, case, outputs))

    def _send_time(self, topic: Topic, own_at: int, outputs: list[Output]) -> None:
        """A tick into each partition of a topic."""
        onward = Tick(source_topic=LANE_DECISIONS.name, source_partition=self._partition, watermark_at=own_at)
        for partition in range(topic.partitions):
            outputs.append(Output(topic, str(partition).encode(), onward, partition=partition))

    def _count_outcome(self, outcome: Outcome) -> None:
        if outcome.revision > 1:
            self._count("outcomes_revised")
        else:
            self._count(f"outcomes_{outcome.state.lower()}")


def done_at(said: Override | Inspection | HitConfirmation) -> int:
    """When a person did what a record tells of."""
    if isinstance(said, Inspection):
        return said.started_at
    return said.overridden_at if isinstance(said, Override) else said.compared_at


def roster_key(key: bytes) -> bytes:
    """Where the roster of a case's lane is kept."""
    return ROSTER_PREFIX + lane_of(mode_and_passage(key)[1]).encode()
