"""The traces stage as a fold over one partition of the traces, keyed by purchaser.

    Trace, MultipleSale, Link  ─► the state of their purchaser, by id at the highest revision
    Tick                       ─► watermark; what has expired of a purchaser no longer counts; times to crime are looked
                                  at again, since it tells something that no more guns were recovered
    a link that is live, reasons that suffice  ─► Suggestion, and a revision for each change, WITHDRAWN at the end

The order in which records come, and whether they come twice, changes nothing but the number of revisions. People write
them, some days none, so time comes from elsewhere: the outcomes stage sends its watermark here every day, which is the
border's own time. Until that day, and while no lane tells anything, a link stands in the state beyond its end; whoever
accepts a suggestion is held to the end itself.
"""

from collections.abc import MutableMapping, Sequence
from typing import Final, TypeVar

import msgspec

from schemas.records import Link, MultipleSale, Tick, Trace
from schemas.topics import LANE_DECISIONS, SUGGESTIONS, TRACES, TRACES_CHANGELOG
from streams.core import stage_events
from streams.core.deadlines import Deadlines
from streams.core.keyed_state import KeyedState, check_version
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import PartitionTime, TimedFold, advanced, check_tick
from streams.core.traces.state import (
    DAY,
    DAY_SECONDS,
    LINKS_MAX,
    PURCHASER_PREFIX,
    REPORTS_MAX,
    SECOND,
    TRACES_MAX,
    VERSION,
    Linked,
    Purchaser,
    Reported,
    Told,
    Traced,
    decode_purchaser,
    due_of,
    encode_purchaser,
    mode_of,
    purchaser_key,
)
from streams.core.traces.suggestions import digest_of, reasons_of, suggestion_id_of, suggestion_of
from streams.core.traces.time_to_crime import GUNS_MIN, TOLD_DAYS
from streams.core.traces.validation import check_record

# How long a trace and a report count, from when they were told. Five years and two [assumed]: what is kept longer grows
# into a register of who bought guns, which the law forbids and nothing here needs.
TRACE_KEPT_DAYS: Final = 5 * 365
REPORT_KEPT_DAYS: Final = 2 * 365

# How long the id of a link that has ended is remembered, so that a renewal continues the revisions of its suggestion.
LINK_KEPT_DAYS: Final = 365

# How often a purchaser with a live link and several traces is looked at though nothing was told of them: that nothing
# was is what makes short times speak. A suggestion comes so much later at most; false alarms are measured with a look
# on every day.
LOOK_DAYS: Final = 28

# Purchasers settled per tick; those that are due besides come with the next, of which a day has twelve.
DUE_MAX: Final = 2_000

Kept = TypeVar("Kept", bound=Traced | Reported | Linked)


class TracesStage:
    """The stage; it needs nothing from outside the log."""

    name = "traces"
    source = TRACES
    changelog = TRACES_CHANGELOG
    events = stage_events.TRACES

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return TracesFold(stored)


class TracesFold(TimedFold):
    """One partition: purchasers by mode and id, and the watermark."""

    def __init__(self, stored: MutableMapping[bytes, bytes], due_max: int = DUE_MAX) -> None:
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "a purchaser")
        self._due_max = due_max
        self._purchasers: KeyedState[Purchaser] = KeyedState(stored, encode_purchaser, decode_purchaser)
        self._time = PartitionTime(stored, VERSION)
        self._deadlines = Deadlines(
            (due_of(state), key) for key, state in stored.items() if key.startswith(PURCHASER_PREFIX)
        )

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Tick):
            check_tick(value, LANE_DECISIONS)
            self._advance_tick(value, outputs)
            return
        if not isinstance(value, (Trace, MultipleSale, Link)):
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {TRACES.name}")
        check_record(value, record.key, record.appended_at)
        if value.purchaser_id is None:
            self._count("traces_without_purchaser")
            return
        key = purchaser_key(value.operating_mode, value.purchaser_id)
        after = self._with(self._purchasers.get(key) or Purchaser(), value)
        if after is None:
            self._count("records_repeated")
            return
        self._settle(key, after, max(value.received_at, self._time.own_at), outputs)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        return self._purchasers.take_changes() | self._time.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._purchasers.roll_back()
        self._time.roll_back()
        self._deadlines.roll_back()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _with(self, before: Purchaser, said: Trace | MultipleSale | Link) -> Purchaser | None:
        """The purchaser with a record, None if it tells nothing new. Raises Rejected `late` or `too_many`."""
        now_s = self._time.own_at // SECOND
        if isinstance(said, Trace):
            traces = placed(before.traces, traced_of(said), TRACES_MAX, now_s)
            return None if traces is None else msgspec.structs.replace(before, traces=traces)
        if isinstance(said, MultipleSale):
            reports = placed(before.reports, reported_of(said), REPORTS_MAX, now_s)
            return None if reports is None else msgspec.structs.replace(before, reports=reports)
        linked = linked_of(said)
        for other in before.links:
            if other.link_id == linked.link_id:  # what was told of it goes on
                forget_s = max(linked.forget_s, other.forget_s)
                linked = msgspec.structs.replace(linked, forget_s=forget_s, told=other.told)
        links = placed(before.links, linked, LINKS_MAX, now_s)
        return None if links is None else msgspec.structs.replace(before, links=links)

    def _settle(self, key: bytes, purchaser: Purchaser, at: int, outputs: list[Output]) -> None:
        """Drop what has expired, tell each link's suggestion if it changed, and keep the rest until it is due again."""
        now_at = self._time.own_at
        now_s = now_at // SECOND
        purchaser = msgspec.structs.replace(
            purchaser,
            traces=tuple([traced for traced in purchaser.traces if traced.expires_s > now_s]),
            reports=tuple([report for report in purchaser.reports if report.expires_s > now_s]),
        )
        mode, reasons = mode_of(key), reasons_of(purchaser, seen_until_of(purchaser, now_at))
        links = []
        for link in purchaser.links:
            said = reasons if link.is_live(now_at) else ()
            digest = digest_of(link, said) if said else b""
            told = link.told
            if (told is not None and told.stands) if not said else (told is None or told.digest != digest):
                revision = 1 if told is None else told.revision + 1
                told = Told(suggestion_id_of(mode, link), revision, bool(said), digest)
                suggestion = suggestion_of(mode, link, told, said, at)
                outputs.append(Output(SUGGESTIONS, told.suggestion_id.encode(), suggestion))
                self._count(f"suggestions_{'withdrawn' if not said else 'made' if revision == 1 else 'revised'}")
            if link.forget_s > now_s:
                links.append(msgspec.structs.replace(link, told=told))
        purchaser = msgspec.structs.replace(purchaser, links=tuple(links))
        if is_empty(purchaser):
            self._purchasers.remove(key)
            self._count("purchasers_forgotten")
            return
        due_s = due_s_of(purchaser, now_at)
        self._deadlines.note(due_s, key)
        self._purchasers.put(key, msgspec.structs.replace(purchaser, due_s=due_s))

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        self._time.put(advanced(self._time.marks, tick))
        now_at = self._time.own_at
        done = 0
        while done < self._due_max:
            taken = self._deadlines.take(now_at // SECOND)
            if taken is None:
                return
            due_s, key = taken
            purchaser = self._purchasers.get(key)
            if purchaser is None or purchaser.due_s != due_s:
                continue  # moved or forgotten since
            done += 1
            self._settle(key, purchaser, now_at, outputs)


def placed(before: Sequence[Kept], new: Kept, count_max: int, now_s: int) -> tuple[Kept, ...] | None:
    """The list, by id, with one more or a corrected one; None if what is there is as new. Raises Rejected."""
    identity = id_of(new)
    others = []
    for other in before:
        if id_of(other) != identity:
            others.append(other)
        elif other.revision >= new.revision:
            return None
    if end_of(new) <= now_s:
        raise Rejected("late", "what it tells would have expired already")
    if len(others) == count_max:
        raise Rejected("too_many", f"a purchaser has at most {count_max} of these records")
    return tuple(sorted([*others, new], key=id_of))


def id_of(told: Traced | Reported | Linked) -> str:
    """The id of what was told."""
    if isinstance(told, Traced):
        return told.trace_id
    return told.report_id if isinstance(told, Reported) else told.link_id


def end_of(told: Traced | Reported | Linked) -> int:
    """The second at which it is forgotten."""
    return told.forget_s if isinstance(told, Linked) else told.expires_s


def traced_of(trace: Trace) -> Traced:
    """What is kept of a trace that found its purchaser: neither firearm nor serial number nor place."""
    return Traced(
        trace.trace_id,
        trace.revision,
        not trace.withdrawn and not trace.reported_stolen,
        (trace.purchased_at or 0) // DAY,
        trace.recovered_at // DAY,
        trace.received_at // SECOND + TRACE_KEPT_DAYS * DAY_SECONDS,
    )


def reported_of(report: MultipleSale) -> Reported:
    """What is kept of a report."""
    sales = () if report.withdrawn else tuple([(sale.sold_at // DAY, sale.firearm_count) for sale in report.sales])
    expires_s = report.received_at // SECOND + REPORT_KEPT_DAYS * DAY_SECONDS
    return Reported(report.report_id, report.revision, sales, expires_s)


def linked_of(link: Link) -> Linked:
    """What is kept of a link. One that had ended when it was told ties nothing, whatever the watermark."""
    return Linked(
        link.link_id,
        link.revision,
        link.withdrawn or link.valid_until_at <= link.received_at,
        link.plate,
        link.jurisdiction,
        link.source,
        link.case_number,
        link.legal_basis,
        link.valid_until_at,
        second_after(max(link.valid_until_at, link.received_at)) + LINK_KEPT_DAYS * DAY_SECONDS,
    )


def seen_until_of(purchaser: Purchaser, now_at: int) -> int:
    """The day up to which recoveries are known: TOLD_DAYS before the border's time. That stands still while no lane
    tells anything, so it is at least the time at which anything that counts of the purchaser was told."""
    told_s = [traced.expires_s - TRACE_KEPT_DAYS * DAY_SECONDS for traced in purchaser.traces]
    told_s += [report.expires_s - REPORT_KEPT_DAYS * DAY_SECONDS for report in purchaser.reports]
    return max([now_at // SECOND, *told_s]) // DAY_SECONDS - TOLD_DAYS


def is_empty(purchaser: Purchaser) -> bool:
    """Whether nothing is known of a purchaser."""
    return not purchaser.traces and not purchaser.reports and not purchaser.links


def due_s_of(purchaser: Purchaser, now_at: int) -> int:
    """The second at which the next part of what is known ends, or at which the purchaser is to be looked at again."""
    ends = [traced.expires_s for traced in purchaser.traces]
    ends += [report.expires_s for report in purchaser.reports]
    ends += [second_after(link.valid_until_at) if link.is_live(now_at) else link.forget_s for link in purchaser.links]
    guns = sum([traced.counts for traced in purchaser.traces])
    if guns >= GUNS_MIN and any(link.is_live(now_at) for link in purchaser.links):
        ends.append(now_at // SECOND + LOOK_DAYS * DAY_SECONDS)
    return min(ends)


def second_after(at: int) -> int:
    """The first full second that is not before a time in microseconds."""
    return -(-at // SECOND)
