"""The vehicles stage as a fold over one partition of the passages topic.

    Passage             ─► Score and, once per passage, Selection to the lane; Alert if someone must act
                            a FINAL one of a regular ─► Crossing to its port
    Association         ─► a companion in the plate's history
    Tick                ─► watermark of this partition; expiry; a tick to all partitions of decisions and crossings
    ReferenceChange     ─► watchlist, rule set or port, from its place in the log on
    SelectionThreshold  ─► what the light of a port and mode is decided by, from its place in the log on

Operating modes are worlds of their own: each has its own histories, so a test, an exercise or a simulation neither
reads nor writes what is known of real travellers, and every output carries its passage's mode. The canary's gets a
light and nothing else (`canary.py`).
"""

from collections.abc import Mapping, MutableMapping
from typing import Final

import msgspec

from schemas.layout import Port, is_canary_lane
from schemas.records import (
    Association,
    ChangeKind,
    Direction,
    Light,
    OperatingMode,
    Passage,
    PassageState,
    ReferenceChange,
    SelectionThreshold,
    Severity,
    Tick,
)
from schemas.topics import (
    ALERTS,
    CROSSINGS,
    LANE_DECISIONS,
    LANE_READINGS,
    PASSAGES,
    VEHICLES_CHANGELOG,
    Topic,
)
from streams.core import stage_events
from streams.core import vehicle_history as history
from streams.core.evidence.ant_traffic import with_crossing
from streams.core.evidence.subject import NearHit, Subject, probability_read
from streams.core.keyed_state import KeyedState, OtherVersion, check_version
from streams.core.plates import normalise_plate
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import WATERMARKS_KEY, PartitionTime, TimedFold, advanced, check_tick
from streams.core.vehicle_history import EMPTY, SECOND
from streams.core.vehicle_state import VERSION, KeyState, OpenPassage, Threshold, Vehicle
from streams.core.vehicle_tokens import PURPOSE, VehicleTokens
from streams.core.vehicles.alerts import alert_of, shows_pattern, with_alert, withdrawal_of, without_alert
from streams.core.vehicles.canary import light_of_canary
from streams.core.vehicles.company import check_association, companions_at, told_of, with_companion
from streams.core.vehicles.crossed import has_crossed, has_turned_back, passed_by
from streams.core.vehicles.decisions import score_of, select, threshold_for
from streams.core.vehicles.expiry import ExpiryIndex, has_come
from streams.core.vehicles.known_ports import KnownPorts
from streams.core.vehicles.thresholds import Thresholds, check_threshold
from streams.core.vehicles.validation import check_change, check_passage
from streams.core.vehicles.watchlist import Watchlist

MODE_PREFIXES: Final = {
    OperatingMode.OPERATIONAL: b"o:",
    OperatingMode.TEST: b"t:",
    OperatingMode.EXERCISE: b"e:",
    OperatingMode.TRAINING: b"r:",
    OperatingMode.SIMULATED: b"s:",
}
REMOVALS: Final = frozenset({ChangeKind.WATCHLIST_REMOVE, ChangeKind.WATCHLIST_UNSUPPRESS})
RULES_KEY: Final = b"rules"

# Keys swept per tick: at one tick a second and partition this outpaces the 12 passages a second that a partition has of
# 250 readings/s. A key is swept once for each passage that expires, which costs up to 23 us with 40 passages kept, so
# 400 are under 10 ms and no light waits for them.
SWEEP_MAX: Final = 400

# Event time between ticks sent on. They only drive expiry and absence downstream, both of minutes.
TICK_MICROSECONDS: Final = 10 * SECOND

# To ports rarer: all that they do by them is to forget crossings, and 12 partitions send to 12.
PORT_TICK_MICROSECONDS: Final = 600 * SECOND


class VehiclesStage:
    """The stage; `rule_set` and `ports` are in force until ReferenceChanges bring others."""

    name = "vehicles"
    source = PASSAGES
    changelog = VEHICLES_CHANGELOG
    events = stage_events.VEHICLES

    def __init__(self, rule_set: RuleSet, random_keys: RandomKeys, ports: Mapping[str, Port]) -> None:
        self._rule_set = rule_set
        self._random_keys = random_keys
        self._ports = ports

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return VehiclesFold(partition, stored, self._rule_set, self._random_keys, self._ports)


class VehiclesFold(TimedFold):
    """One partition: histories by plate key, the whole watchlist, the rule set, ports and the watermark."""

    def __init__(
        self,
        partition: int,
        stored: MutableMapping[bytes, bytes],
        rule_set: RuleSet,
        random_keys: RandomKeys,
        ports: Mapping[str, Port],
    ) -> None:
        self.counters: dict[str, int] = {}
        self._partition = partition
        self._stored = stored
        self._initial_rule_set = rule_set
        self._random_keys = random_keys
        self._tokens = VehicleTokens(random_keys.derived(PURPOSE))
        self._ports = KnownPorts(ports, stored)
        self._keys: KeyedState[KeyState] = KeyedState(stored, history.encode, history.decode)
        self._texts: KeyedState[str] = KeyedState(stored, str.encode, bytes.decode)
        check_version([s for k, s in stored.items() if k[1:2] == b":" or k == WATERMARKS_KEY], VERSION, "a vehicle")
        self._time = PartitionTime(stored, VERSION)
        self._watchlist = Watchlist(stored)
        self._thresholds = Thresholds(stored)
        self._rules = self._rules_in_force()
        self._expiry = ExpiryIndex((key, history.due_of(value)) for key, value in stored.items() if key[1:2] == b":")
        self._swept: list[bytes] = []  # taken out of the expiry index since changes were last taken

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Passage):
            check_passage(value, record.key)
            if is_canary_lane(value.lane_id):
                of_policy = self._thresholds.of(value)
                outputs += light_of_canary(value, self._rules, of_policy, self._random_keys, self._tokens, self._ports)
            else:
                self._advance_passage(value, outputs)
        elif isinstance(value, Tick):
            check_tick(value, LANE_READINGS)
            self._advance_tick(value, outputs)
        elif isinstance(value, ReferenceChange):
            self._advance_change(value)
        elif isinstance(value, Association):
            check_association(value, record.key)
            self._advance_association(value)
        elif isinstance(value, SelectionThreshold):
            check_threshold(value, record.key)
            self._thresholds.put(value)
        else:
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {PASSAGES.name}")

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._swept.clear()
        return (
            self._keys.take_changes()
            | self._texts.take_changes()
            | self._time.take_changes()
            | self._watchlist.take_changes()
            | self._thresholds.take_changes()
            | self._ports.take_changes()
        )

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._keys.roll_back()
        self._texts.roll_back()
        self._time.roll_back()
        self._watchlist.roll_back()
        self._thresholds.roll_back()
        self._rules = self._rules_in_force()
        self._ports.roll_back()
        for key in self._swept:
            if key in self._stored:
                self._expiry.note(key, history.due_of(self._stored[key]))
        self._swept.clear()

    def _count(self, event: str, number: int = 1) -> None:
        self.counters[event] = self.counters.get(event, 0) + number

    def _advance_passage(self, passage: Passage, outputs: list[Output]) -> None:
        key = MODE_PREFIXES[passage.operating_mode] + passage.plate_key.encode()
        at = passage.at_light_received_at or passage.watermark_at
        before = self._keys.get(key) or EMPTY
        state = history.without_expired(before, self._counting_at(passage) // SECOND)
        if passage.direction is Direction.NORTHBOUND:
            state = self._remember_inbound(state, passage, at)
        elif passage.state is PassageState.RETRACTED:
            state = self._retract(state, passage, outputs)
        else:
            state = self._decide(state, passage, at, outputs)
        if state == before:
            return
        if state == EMPTY:
            self._keys.remove(key)
        else:
            self._keys.put(key, state)
            self._expiry.note(key, history.due_s(state))

    def _decide(self, state: KeyState, passage: Passage, at: int, outputs: list[Output]) -> KeyState:
        """Score one revision, select if it asks for a light, alert if there is news, remember it if it is FINAL."""
        remembered = history.open_passage(state, passage.passage_id)
        opened = remembered or OpenPassage(passage.passage_id, 0)
        expires_s = passage.watermark_at // SECOND + history.OPEN_SECONDS
        asks_light = (
            passage.state is PassageState.AT_LIGHT
            and passage.revision > opened.light_revision
            and not history.has_passed(state, passage.passage_id)
        )
        rules, policy, threshold = self._rules, self._thresholds.of(passage), opened.threshold
        if asks_light or threshold is None:
            threshold = threshold_for(passage, at, rules, policy, self._random_keys)
        subject = self._subject(state, passage, at, threshold)
        score = score_of(subject, rules)
        if asks_light:
            port = self._ports.at(passage.port_code)
            selection = select(subject, score, rules, threshold, policy, self._random_keys, self._tokens, port)
            outputs.append(Output(LANE_DECISIONS, passage.lane_id.encode(), selection, urgent=True))
            self._count(f"selections_{selection.light.lower()}_{selection.referral_reason.lower()}")
            opened = msgspec.structs.replace(
                opened, light=selection.light, light_revision=passage.revision, threshold=threshold, expires_s=expires_s
            )
        outputs.append(Output(LANE_DECISIONS, passage.lane_id.encode(), score))
        light = Light(opened.light or "UNKNOWN")
        pattern = shows_pattern(subject, score, rules, opened)
        alert = alert_of(subject, score, rules, light, opened, pattern)
        if alert is not None:
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))
            self._count(f"alerts_{alert.kind.lower()}")
            calls_off = alert.severity is Severity.MINOR
            opened = without_alert(opened) if calls_off else with_alert(opened, alert, expires_s, pattern)
        if has_crossed(passage):
            outputs += told_of(subject, rules)
        return self._remember(state, subject, opened, remembered)

    def _subject(self, state: KeyState, passage: Passage, at: int, threshold: Threshold) -> Subject:
        if passage.plate is None:
            return Subject(passage, at, (), None, 0.0, self._ports.travel, threshold=threshold)
        plate = normalise_plate(passage.plate)
        known = history.vehicle_of(state, plate, passage.jurisdiction) or Vehicle(plate, passage.jurisdiction, ())
        earlier = history.earlier(known.passages, at // SECOND, passage.passage_id)
        inbound = history.earlier(known.inbound, at // SECOND, passage.passage_id)
        mode, counting_at = passage.operating_mode, self._counting_at(passage)
        companions = companions_at(known, at // SECOND, self._watchlist, counting_at, mode)
        hit = self._watchlist.match(plate, passage.jurisdiction, counting_at, mode, self._rules)
        probability = probability_read(plate, passage.plate_candidates)
        near: NearHit | None = None
        if hit is None:
            candidates, seen = passage.plate_candidates, bool(earlier or inbound)
            near = self._watchlist.near_match(
                plate, candidates, passage.jurisdiction, seen, counting_at, mode, self._rules
            )
        counted = passage.passage_id in [passed.passage_id for passed in known.passages]
        turned_back = history.turned_back_in(state)
        return Subject(
            passage,
            at,
            earlier,
            hit,
            probability,
            self._ports.travel,
            companions,
            near,
            known.habit,
            inbound,
            counted,
            turned_back,
            threshold,
        )

    def _remember(
        self, state: KeyState, subject: Subject, opened: OpenPassage, remembered: OpenPassage | None
    ) -> KeyState:
        passage = subject.passage
        if passage.plate is not None and has_crossed(passage):
            plate, passed = normalise_plate(passage.plate), passed_by(passage, subject.at)
            if opened.pattern and not subject.counted:
                self._count("ant_alarms")
            habit = with_crossing(subject, self._rules, opened.pattern)
            state = history.with_passage(state, plate, passage.jurisdiction, passed, habit)
            if not opened.alert_kind:
                # The history knows the passage from now on, so that it is not selected again; saves 30 bytes a vehicle.
                return history.without_open(state, passage.passage_id)
        elif has_turned_back(passage):
            expires_s = passage.watermark_at // SECOND + history.OPEN_SECONDS
            opened = msgspec.structs.replace(opened, turned_back=True, expires_s=expires_s)
        return state if opened is remembered or not opened.expires_s else history.with_open(state, opened)

    def _remember_inbound(self, state: KeyState, passage: Passage, at: int) -> KeyState:
        """A northbound passage gets no light here, but tells how long the vehicle stays and what it weighs."""
        self._count("inbound_passages")
        if passage.state is PassageState.RETRACTED:
            return history.without_passage(state, passage.passage_id)
        if passage.plate is None or not has_crossed(passage):
            return state
        plate = normalise_plate(passage.plate)
        return history.with_inbound(state, plate, passage.jurisdiction, passed_by(passage, at))

    def _retract(self, state: KeyState, passage: Passage, outputs: list[Output]) -> KeyState:
        """Withdraw a passage from this key: out of the history, and its alert called off. The light stays."""
        self._count("retractions")
        state = history.without_passage(state, passage.passage_id)
        opened = history.open_passage(state, passage.passage_id)
        if opened is not None and opened.alert_kind:
            alert = withdrawal_of(passage, opened, self._rules)
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))
            self._count(f"alerts_{alert.kind.lower()}")
            state = history.with_open(state, without_alert(opened))
        return state

    def _advance_association(self, said: Association) -> None:
        """Note a companion. Nothing is put out: what one vehicle is told goes no further."""
        key = MODE_PREFIXES[said.operating_mode] + said.plate_key.encode()
        before = history.without_expired(self._keys.get(key) or EMPTY, self._time.own_at // SECOND)
        state = with_companion(before, said)
        if state != before:
            self._count("associations")
            self._keys.put(key, state)
            self._expiry.note(key, history.due_s(state))
        else:
            self._count("associations_without_history")

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        before = self._time.marks
        marks = advanced(before, tick)
        if marks.own_at >= before.sent_at + TICK_MICROSECONDS:
            marks = msgspec.structs.replace(marks, sent_at=marks.own_at)
            self._tell_time(LANE_DECISIONS, marks.own_at, outputs)
            if marks.own_at // PORT_TICK_MICROSECONDS > before.sent_at // PORT_TICK_MICROSECONDS:
                self._tell_time(CROSSINGS, marks.own_at, outputs)
        self._time.put(marks)
        self._sweep(marks.own_at)

    def _tell_time(self, topic: Topic, own_at: int, outputs: list[Output]) -> None:
        onward = Tick(source_topic=PASSAGES.name, source_partition=self._partition, watermark_at=own_at)
        for partition in range(topic.partitions):
            outputs.append(Output(topic, str(partition).encode(), onward, partition=partition))

    def _counting_at(self, passage: Passage) -> int:
        """By when what has expired no longer counts: by this partition's clock if the lane is behind it, since it may
        have been swept by then, or not yet."""
        return max(passage.watermark_at, self._time.own_at)

    def _sweep(self, now_at: int) -> None:
        now_s = now_at // SECOND
        due = self._expiry.due(now_s, SWEEP_MAX)
        self._swept += due
        for key in due:
            state = self._keys.get(key)
            if state is None:
                continue
            due_s = history.due_s(state)
            if not has_come(due_s, now_s):
                # It was used since it was noted. A worker that has started since would not look at it: so what is
                # stored must not change either, or it would tell which worker died when.
                self._expiry.note(key, due_s)
                continue
            kept = history.without_expired(state, now_s)
            if kept == EMPTY:
                self._keys.remove(key)
                self._count("keys_expired")
                continue
            if kept is not state:
                self._keys.put(key, kept)
            self._expiry.note(key, history.due_s(kept))
        expired = self._watchlist.sweep(now_at, SWEEP_MAX)
        if expired:
            self._count("watchlist_entries_expired", expired)

    def _advance_change(self, change: ReferenceChange) -> None:
        if change.kind is ChangeKind.PORT:
            self._ports.advance(change)
        elif (rules := check_change(change)) is not None:
            self._texts.put(RULES_KEY, change.rule_set_text or "")
            self._rules = rules
        elif not self._watchlist.advance(change):
            self._count("watchlist_removals_of_nothing" if change.kind in REMOVALS else "watchlist_duplicates")
        self._count("reference_changes")

    def _rules_in_force(self) -> RuleSet:
        """The rule set in force. Raises OtherVersion for a stored one that is none any more."""
        try:
            text = self._texts.get(RULES_KEY)
            return self._initial_rule_set if text is None else parse_rule_set(text)
        except ValueError as error:
            # Never the worker's own instead: nobody has approved that for what is in the log from here on.
            raise OtherVersion(
                f"the rule set in force is refused by this version ({error}); while the version that wrote it runs, "
                "publish one that `border rules lint` of both finds nothing in (whoever starts over instead has his "
                "worker's own in force until one is published, since the refused one becomes a dead letter)"
            ) from error
