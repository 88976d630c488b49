"""The vehicles stage as a fold over one partition of the passages topic.

    Passage          ─► Score and, once per passage, Selection to the lane; Alert if someone must act
                         a FINAL one of a regular ─► Crossing to its port
    Association      ─► a companion in the plate's history
    Tick             ─► watermark of this partition; expiry; a tick to every partition of lane decisions
    ReferenceChange  ─► watchlist or rule set, from its place in the log on

Operating modes are worlds of their own: each has its own histories, so a test, an exercise or a simulation neither
reads nor writes what is known of real travellers, and every output carries its passage's mode.
"""

from collections.abc import Mapping, MutableMapping
from typing import Final

import msgspec

from schemas.layout import Port
from schemas.records import (
    Alert,
    Association,
    ChangeKind,
    Direction,
    Light,
    OperatingMode,
    Passage,
    PassageState,
    ReferenceChange,
    Selection,
    Tick,
)
from schemas.topics import ALERTS, LANE_DECISIONS, PASSAGES, VEHICLES_CHANGELOG
from streams.core import vehicle_history as history
from streams.core.evidence.gross_weight import corrected_weight_kg
from streams.core.evidence.past import SCALE_TYPES
from streams.core.evidence.subject import NearHit, Subject
from streams.core.keyed_state import KeyedState, check_version
from streams.core.plates import normalise_plate
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.travel import TravelTimes
from streams.core.vehicle_history import EMPTY, SECOND
from streams.core.vehicle_state import VERSION, KeyState, OpenPassage, PassedBy, Watermarks
from streams.core.vehicles.alerts import alert_of, withdrawal_of
from streams.core.vehicles.company import check_association, companions_at, told_of, with_companion
from streams.core.vehicles.decisions import score_of, select
from streams.core.vehicles.expiry import ExpiryIndex
from streams.core.vehicles.validation import check_change, check_passage, check_tick
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
WATERMARKS_KEY: Final = b"watermarks"

# Keys removed per tick: at one tick a second and partition this outpaces the 140 passages a second of 250 readings/s
# many times, and 2,000 removals are under 10 ms, so no light waits for them.
SWEEP_MAX: Final = 2_000

# Event time between ticks sent on. They only drive expiry and absence downstream, both of minutes.
TICK_MICROSECONDS: Final = 10 * SECOND


class VehiclesStage:
    """The stage; `rule_set` is in force until a ReferenceChange brings another."""

    name = "vehicles"
    source = PASSAGES
    changelog = VEHICLES_CHANGELOG

    def __init__(self, rule_set: RuleSet, random_keys: RandomKeys, ports: Mapping[str, Port]) -> None:
        self._rule_set = rule_set
        self._random_keys = random_keys
        self._travel = TravelTimes(ports)

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return VehiclesFold(partition, stored, self._rule_set, self._random_keys, self._travel)


class VehiclesFold:
    """One partition: histories by plate key, the whole watchlist, the rule set and the watermark."""

    def __init__(
        self,
        partition: int,
        stored: MutableMapping[bytes, bytes],
        rule_set: RuleSet,
        random_keys: RandomKeys,
        travel: TravelTimes,
    ) -> None:
        self.counters: dict[str, int] = {}
        self._partition = partition
        self._stored = stored
        self._initial_rule_set = rule_set
        self._random_keys = random_keys
        self._travel = travel
        self._keys: KeyedState[KeyState] = KeyedState(stored, history.encode, history.decode)
        self._texts: KeyedState[str] = KeyedState(stored, str.encode, bytes.decode)
        check_version([s for k, s in stored.items() if k[1:2] == b":" or k == WATERMARKS_KEY], VERSION, "a vehicle")
        self._watermarks: KeyedState[Watermarks] = KeyedState(
            stored, history.encode_watermarks, history.decode_watermarks
        )
        self._watchlist = Watchlist(stored)
        self._rules = self._rules_in_force()
        self._expiry = ExpiryIndex((key, history.expiry_of(value)) for key, value in stored.items() if key[1:2] == b":")
        self._swept: list[bytes] = []  # taken out of the expiry index since changes were last taken

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        value = record.value
        if isinstance(value, Passage):
            check_passage(value, record.key)
            self._advance_passage(value, outputs)
        elif isinstance(value, Tick):
            check_tick(value, PASSAGES.partitions)
            self._advance_tick(value, outputs)
        elif isinstance(value, ReferenceChange):
            self._advance_change(value)
        elif isinstance(value, Association):
            check_association(value, record.key)
            self._advance_association(value)
        else:
            raise Rejected("unexpected_type", f"{type(value).__name__} does not belong into {PASSAGES.name}")

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        self._swept.clear()
        return (
            self._keys.take_changes()
            | self._texts.take_changes()
            | self._watermarks.take_changes()
            | self._watchlist.take_changes()
        )

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._keys.roll_back()
        self._texts.roll_back()
        self._watermarks.roll_back()
        self._watchlist.roll_back()
        self._rules = self._rules_in_force()
        for key in self._swept:
            if key in self._stored:
                self._expiry.note(key, history.expiry_of(self._stored[key]))
        self._swept.clear()

    def _count(self, event: str, number: int = 1) -> None:
        self.counters[event] = self.counters.get(event, 0) + number

    def _advance_passage(self, passage: Passage, outputs: list[Output]) -> None:
        key = MODE_PREFIXES[passage.operating_mode] + passage.plate_key.encode()
        at = passage.at_light_received_at or passage.watermark_at
        before = self._keys.get(key) or EMPTY
        # By this partition's clock too if its lane is behind it: what has expired may have been swept, or not yet.
        state = history.without_expired(before, max(passage.watermark_at, self._own_at()) // SECOND)
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
            if key not in self._expiry:
                self._expiry.note(key, history.expires_s(state))

    def _decide(self, state: KeyState, passage: Passage, at: int, outputs: list[Output]) -> KeyState:
        """Score one revision, select if it asks for a light, alert if there is news, remember it if it is FINAL."""
        subject = self._subject(state, passage, at)
        score = score_of(subject, self._rules)
        lane_key = passage.lane_id.encode()
        remembered = history.open_passage(state, passage.passage_id)
        opened = remembered or OpenPassage(passage.passage_id, 0)
        expires_s = passage.watermark_at // SECOND + history.OPEN_SECONDS
        if (
            passage.state is PassageState.AT_LIGHT
            and passage.revision > opened.light_revision
            and not history.has_passed(state, passage.passage_id)
        ):
            selection = select(subject, score, self._rules, self._random_keys)
            outputs.append(Output(LANE_DECISIONS, lane_key, selection, urgent=True))
            self._count_selection(selection)
            opened = msgspec.structs.replace(
                opened, light=selection.light, light_revision=passage.revision, expires_s=expires_s
            )
        outputs.append(Output(LANE_DECISIONS, lane_key, score))
        light = Light(opened.light or "UNKNOWN")
        alert = alert_of(subject, score, self._rules, light, opened)
        if alert is not None:
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))
            self._count_alert(alert)
            opened = with_alert(opened, alert, expires_s)
        if has_crossed(passage):
            outputs += told_of(subject, self._rules)
        return self._remember(state, subject, opened, remembered)

    def _subject(self, state: KeyState, passage: Passage, at: int) -> Subject:
        if passage.plate is None:
            return Subject(passage, at, (), None, 0.0, self._travel)
        plate = normalise_plate(passage.plate)
        earlier = history.earlier_passages(state, plate, passage.jurisdiction, at // SECOND, passage.passage_id)
        mode, at_lane = passage.operating_mode, passage.watermark_at
        hit = self._watchlist.match(plate, passage.jurisdiction, at_lane, mode, self._rules)
        probability = 1.0
        for candidate in passage.plate_candidates:
            if normalise_plate(candidate.plate) == plate:
                probability = candidate.confidence
                break
        companions = companions_at(state, plate, passage.jurisdiction, at // SECOND)
        near: NearHit | None = None
        if hit is None:
            candidates, seen = passage.plate_candidates, bool(earlier)
            near = self._watchlist.near_match(plate, candidates, passage.jurisdiction, seen, at_lane, mode, self._rules)
        return Subject(passage, at, earlier, hit, probability, self._travel, companions, near)

    def _remember(
        self, state: KeyState, subject: Subject, opened: OpenPassage, remembered: OpenPassage | None
    ) -> KeyState:
        passage = subject.passage
        if passage.plate is not None and has_crossed(passage):
            passed = passed_by(passage, subject.at)
            state = history.with_passage(state, normalise_plate(passage.plate), passage.jurisdiction, passed)
            if not opened.alert_kind:
                # The history knows the passage from now on, so that it is not selected again; saves 30 bytes a vehicle.
                return history.without_open(state, passage.passage_id)
        return state if opened is remembered or not opened.expires_s else history.with_open(state, opened)

    def _remember_inbound(self, state: KeyState, passage: Passage, at: int) -> KeyState:
        """A northbound passage gets no light here, but tells how long the vehicle stays and what it weighs."""
        self._count("inbound_passages")
        if passage.state is PassageState.RETRACTED:
            return history.without_passage(state, passage.passage_id)
        if passage.plate is None or not has_crossed(passage):
            return state
        plate = normalise_plate(passage.plate)
        return history.with_passage(state, plate, passage.jurisdiction, passed_by(passage, at))

    def _retract(self, state: KeyState, passage: Passage, outputs: list[Output]) -> KeyState:
        """Withdraw a passage from this key: out of the history, and its alert called off. The light stays."""
        self._count("retractions")
        state = history.without_passage(state, passage.passage_id)
        opened = history.open_passage(state, passage.passage_id)
        if opened is not None and opened.alert_kind:
            alert = withdrawal_of(passage, opened, self._rules)
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))
            self._count_alert(alert)
            state = history.with_open(state, without_alert(opened))
        return state

    def _advance_association(self, said: Association) -> None:
        """Note a companion. Nothing is put out: what one vehicle is told goes no further."""
        key = MODE_PREFIXES[said.operating_mode] + said.plate_key.encode()
        before = history.without_expired(self._keys.get(key) or EMPTY, self._own_at() // SECOND)
        state = with_companion(before, said)
        if state == before:
            self._count("associations_without_history")
        else:
            self._count("associations")
            self._keys.put(key, state)

    def _advance_tick(self, tick: Tick, outputs: list[Output]) -> None:
        marks = self._watermarks.get(WATERMARKS_KEY) or Watermarks({})
        # A watermark never goes back: not a source's, and not ours when a slower source shows up.
        source_at = max(marks.sources.get(tick.source_partition, 0), tick.watermark_at)
        sources = marks.sources | {tick.source_partition: source_at}
        own_at = max(marks.own_at, min(sources.values()))
        sent_at = marks.sent_at
        if own_at >= sent_at + TICK_MICROSECONDS:
            sent_at = own_at
            onward = Tick(source_topic=PASSAGES.name, source_partition=self._partition, watermark_at=own_at)
            for partition in range(LANE_DECISIONS.partitions):
                outputs.append(Output(LANE_DECISIONS, str(partition).encode(), onward, partition=partition))
        changed = Watermarks(sources, own_at, sent_at)
        if changed != marks:
            self._watermarks.put(WATERMARKS_KEY, changed)
        self._sweep(own_at)

    def _own_at(self) -> int:
        marks = self._watermarks.get(WATERMARKS_KEY)
        return 0 if marks is None else marks.own_at

    def _sweep(self, now_at: int) -> None:
        now_s = now_at // SECOND
        due = self._expiry.due(now_s, SWEEP_MAX)
        self._swept += due
        for key in due:
            state = self._keys.get(key)
            if state is None:
                continue
            kept = history.without_expired(state, now_s)
            if kept == EMPTY:
                self._keys.remove(key)
                self._count("keys_expired")
                continue
            if kept is not state:
                self._keys.put(key, kept)
            self._expiry.note(key, history.expires_s(kept))
        expired = self._watchlist.sweep(now_at, SWEEP_MAX)
        if expired:
            self._count("watchlist_entries_expired", expired)

    def _advance_change(self, change: ReferenceChange) -> None:
        rules, kind = check_change(change), change.kind
        if rules is not None and change.rule_set_text is not None:
            self._texts.put(RULES_KEY, change.rule_set_text)
            self._rules = rules
        elif not self._watchlist.advance(change):
            self._count("watchlist_removals_of_nothing" if kind in REMOVALS else "watchlist_duplicates")
        self._count("reference_changes")

    def _rules_in_force(self) -> RuleSet:
        text = self._texts.get(RULES_KEY)
        return self._initial_rule_set if text is None else parse_rule_set(text)

    def _count_selection(self, selection: Selection) -> None:
        self._count(f"selections_{selection.light.lower()}_{selection.referral_reason.lower()}")

    def _count_alert(self, alert: Alert) -> None:
        self._count(f"alerts_{alert.kind.lower()}")


def has_crossed(passage: Passage) -> bool:
    """Whether a passage is over and went through: whoever backed out, and what only one camera saw, has not."""
    crossed = passage.at_light_at is not None or passage.left_at is not None
    return passage.state is PassageState.FINAL and crossed


def passed_by(passage: Passage, at: int) -> PassedBy:
    """What the history keeps of a passage; `at` in microseconds."""
    return PassedBy(
        at // SECOND,
        passage.passage_id,
        round(corrected_weight_kg(passage) or 0.0),
        SCALE_TYPES.index(passage.scale_type),
        passage.vehicle_class or 0,
        passage.direction is Direction.NORTHBOUND,
    )


def with_alert(opened: OpenPassage, alert: Alert, expires_s: int) -> OpenPassage:
    """What is remembered of a passage that an alert was raised on."""
    return OpenPassage(
        opened.passage_id,
        expires_s,
        opened.light,
        alert.kind,
        alert.severity,
        alert.watchlist_entry_id or "",
        alert.log_odds,
        opened.light_revision,
    )


def without_alert(opened: OpenPassage) -> OpenPassage:
    """What is remembered of a passage whose alert was called off."""
    return OpenPassage(opened.passage_id, opened.expires_s, opened.light, light_revision=opened.light_revision)
