"""The estimates stage as a fold over one partition of the outcomes by port.

    Outcome                       ─► the day's tallies: what its passage counted as goes out, what it counts as now in
    Tick                          ─► watermark; once a day, a port at a tick: its window is told, its oldest day dropped
                                      once a month: an Alert for each of its groups that differs beyond chance
    all others                    ─► nothing: they are for the other stages that work by port

A window is WINDOW_DAYS days that ended SETTLED_DAYS days ago: by then each vehicle's outcome is written, so that an
inspection that finds something, which takes longest, is not missing more often than others.
"""

from collections.abc import MutableMapping
from typing import Final

from schemas.records import OperatingMode, Outcome, Tick
from schemas.topics import ALERTS, ESTIMATES, ESTIMATES_CHANGELOG, LANE_DECISIONS, OUTCOMES
from streams.core import stage_events
from streams.core.deadlines import Deadlines
from streams.core.estimates.alerts import alerts_of, month_told
from streams.core.estimates.estimate import estimate_of
from streams.core.estimates.fairness import with_fairness
from streams.core.estimates.parts import add_parts, merge_parts
from streams.core.estimates.state import (
    DAY,
    PORTS_KEY,
    SAID_PREFIX,
    SECOND,
    VERSION,
    Day,
    Parts,
    PortDays,
    Ports,
    Said,
    Tally,
    day_key,
    decode_day,
    decode_parts,
    decode_ports,
    decode_said,
    due_of,
    encode_day,
    encode_parts,
    encode_ports,
    encode_said,
    parts_key,
    said_key,
)
from streams.core.estimates.tallies import PORT, add, counts_as, is_plain, merge
from streams.core.estimates.validation import check_outcome
from streams.core.keyed_state import KeyedState, check_version
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import PartitionTime, TimedFold, advanced, check_tick

# A month: what a port of 500 vehicles a day needs to draw some hundreds at a propensity of 0.05.
WINDOW_DAYS: Final = 30

# An outcome is written within half a day of its selection, and by day.
SETTLED_DAYS: Final = 1

# Days of one port that are kept: the window, the settled one, today, and a month more for a watermark that one silent
# source holds back. An outcome of yet another day is not counted.
DAYS_MAX: Final = 64

# Ports in one partition: 28 over 12 partitions, in up to five operating modes. Codes are from outside.
PORTS_MAX: Final = 256

# Passages forgotten per tick; twelve sources tick each minute, and the whole border refers 16 vehicles a minute.
DUE_MAX: Final = 2_000


class EstimatesStage:
    """The stage; it needs nothing from outside the log."""

    name = "estimates"
    source = OUTCOMES
    changelog = ESTIMATES_CHANGELOG
    events = stage_events.ESTIMATES

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return EstimatesFold(stored)


class EstimatesFold(TimedFold):
    """One partition: days by port, what passages count as, and the watermark."""

    def __init__(self, stored: MutableMapping[bytes, bytes], due_max: int = DUE_MAX) -> None:
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "a port's day")
        self._due_max = due_max
        self._days: KeyedState[Day] = KeyedState(stored, encode_day, decode_day)
        self._parts: KeyedState[Parts] = KeyedState(stored, encode_parts, decode_parts)
        self._said: KeyedState[Said] = KeyedState(stored, encode_said, decode_said)
        self._ports: KeyedState[Ports] = KeyedState(stored, encode_ports, decode_ports)
        self._time = PartitionTime(stored, VERSION)
        self._deadlines = Deadlines(
            (due_of(state), key) for key, state in stored.items() if key.startswith(SAID_PREFIX)
        )

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Tick):
            check_tick(value, LANE_DECISIONS)
            self._advance_tick(value, outputs)
        elif isinstance(value, Outcome):
            check_outcome(value, record.key, record.appended_at)
            self._advance_outcome(value)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._deadlines.accept()
        changes = self._days.take_changes() | self._parts.take_changes() | self._said.take_changes()
        return changes | self._ports.take_changes() | self._time.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._days.roll_back()
        self._parts.roll_back()
        self._said.roll_back()
        self._ports.roll_back()
        self._time.roll_back()
        self._deadlines.roll_back()

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    @property
    def _kept(self) -> dict[str, PortDays]:
        kept = self._ports.get(PORTS_KEY)
        return {} if kept is None else kept.ports

    def _keep(self, port: str, days: PortDays | None) -> None:
        ports = dict(self._kept)
        if days is None:
            del ports[port]
        else:
            ports[port] = days
        self._ports.put(PORTS_KEY, Ports(ports))

    def _advance_outcome(self, outcome: Outcome) -> None:
        mode, port = outcome.operating_mode, f"{outcome.operating_mode}:{outcome.port_code}"
        if port not in self._kept and len(self._kept) >= PORTS_MAX:
            raise Rejected("too_many", f"a partition has at most {PORTS_MAX} ports")
        key = said_key(mode, outcome.passage_id)
        before = self._said.get(key)
        if before is not None and before.revision >= outcome.revision:
            self._count("outcomes_repeated")
            return
        # A revision of what is not remembered is of a vehicle that had passed.
        counted_before = outcome.revision > 1 if before is None else before.passages == 0
        said = counts_as(outcome, counted_before)
        if said.day is None:
            self._count("outcomes_without_selection")
        elif not self._is_open(port, said.day):
            self._count("outcomes_outside_window")
            said = Said(said.due_s, said.revision, said.passages, None)
        if before is not None:
            self._put_into_day(port, before, -1)
        self._put_into_day(port, said, 1)
        if not is_plain(said):
            self._said.put(key, said)
            self._deadlines.note(said.due_s, key)
        elif before is not None:
            self._said.remove(key)

    def _is_open(self, port: str, day: int) -> bool:
        """Whether a day of a port is counted, from now on at the latest."""
        kept = self._kept.get(port) or PortDays(told_on=self._time.own_at // DAY)
        if day in kept.days:
            return True
        if day <= kept.told_on - WINDOW_DAYS - SETTLED_DAYS or len(kept.days) >= DAYS_MAX:
            return False
        self._keep(port, PortDays(tuple(sorted([*kept.days, day])), kept.told_on))
        return True

    def _put_into_day(self, port: str, said: Said, sign: int) -> None:
        """Change the tallies of a day. What was counted on a day that is dropped is gone with it."""
        kept = self._kept.get(port)
        if said.day is None or kept is None or said.day not in kept.days:
            return
        key = day_key(port, said.day)
        day = self._days.get(key) or Day({})
        self._days.put(key, day)
        add(day, said, sign)
        key = parts_key(port, said.day)
        parts = self._parts.get(key) or Parts({})
        self._parts.put(key, parts)
        add_parts(parts, said, sign)

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        self._time.put(advanced(self._time.marks, tick))
        today = self._time.own_at // DAY
        for port, kept in sorted(self._kept.items()):
            if kept.told_on < today:
                self._tell(port, kept, today, outputs)
                break  # the others at the next ticks, so that none takes long
        self._forget(self._time.own_at // SECOND)

    def _tell(self, port: str, kept: PortDays, today: int, outputs: list[Output]) -> None:
        """Write a port's estimate, and drop the days that the next one will not reach."""
        first, last = today - SETTLED_DAYS - WINDOW_DAYS, today - SETTLED_DAYS - 1
        groups: dict[str, Tally] = {}
        cells: dict[str, list[int]] = {}
        for number in kept.days:
            if not first <= number <= last:
                continue
            day, parts = self._days.get(day_key(port, number)), self._parts.get(parts_key(port, number))
            for name, tally in day.groups.items() if day is not None else ():
                merge(groups.setdefault(name, Tally()), tally)
            if parts is not None:
                merge_parts(cells, parts)
        # A port that was first heard of before any tick has no day on which it was told of, nor a whole window.
        if kept.told_on and PORT in groups:
            mode, _, port_code = port.partition(":")
            estimate = with_fairness(estimate_of(OperatingMode(mode), port_code, first, last, groups), cells, groups)
            outputs.append(Output(ESTIMATES, port_code.encode(), estimate))
            self._count("estimates_written")
            month = month_told(kept.told_on - SETTLED_DAYS, first, last)
            for alert in alerts_of(estimate, month, self._time.own_at) if month is not None else ():
                outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))
                self._count("alerts_disparity")
        for number in kept.days:
            if number <= first:
                self._days.remove(day_key(port, number))
                self._parts.remove(parts_key(port, number))
        days = tuple([number for number in kept.days if number > first])
        self._keep(port, PortDays(days, today) if days else None)

    def _forget(self, now_s: int) -> None:
        """Drop what passages count as once nobody revises them any more. Their tallies stay."""
        done = 0
        while done < self._due_max:
            taken = self._deadlines.take(now_s)
            if taken is None:
                return
            due_s, key = taken
            said = self._said.get(key)
            if said is not None and said.due_s == due_s:
                self._said.remove(key)
                done += 1
