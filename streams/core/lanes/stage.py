"""The lanes stage: one fold per partition of lane.readings, state by lane. The backlog stage: the same of lane.backlog.

    reading          ─► the vehicle that it is of ─► revisions of its Passage
    UnitAssignment   ─► which mobile X-ray unit stands in the lane; a scan that contradicts it is refused
    ReferenceChange  ─► a port's lanes and layouts, from its place in the log on

A backlog is what a crossing delivers after an outage, hours or weeks late. Its passages are history and coverage: none
asks for a light, and their ids are of a count of their own. It tells nobody the time, which its readings are behind.
A vehicle that was in the lane when the line was cut, or came back, is two passages, each of what its readings show.

A port's file may change while vehicles are in its lanes. Sensors do not move under a vehicle: a lane is closed while it
is rebuilt, and a place that was measured wrong is corrected in use. So vehicles stay in a lane whose layout changes;
what was seen of them stands, and the rest of their way is priced by the new places. A lane that the file has no more
is empty from then on: its vehicles are closed with what was seen of them. It keeps its count, since a passage's id
must never come again, should it open once more; a port has 99 numbers, so what is kept is bounded.

A canary's lane is a lane like others, of every port, but for readings in mode TEST alone and never of a backlog. What
is read there tells no partition the time: whoever drives the canary has a clock of his own, and real lanes theirs.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import msgspec

from schemas.layout import LaneLayout, canary_lanes, lanes_of
from schemas.records import (
    ChangeKind,
    Heartbeat,
    LaneEvent,
    OperatingMode,
    PlateRead,
    ReferenceChange,
    SensorRole,
    Tick,
    UnitAssignment,
    Weighing,
    XrayScan,
)
from schemas.topics import BACKLOG_CHANGELOG, LANE_BACKLOG, LANE_READINGS, LANES_CHANGELOG, PASSAGES, Topic
from streams.core import stage_events
from streams.core.keyed_state import KeyedState, check_version
from streams.core.lanes import state as lane_state
from streams.core.lanes.assignments import check_assignment, check_scan, keep
from streams.core.lanes.likelihood import Geometry
from streams.core.lanes.queue import LaneQueue
from streams.core.lanes.search import Place, find_place
from streams.core.lanes.sightings import (
    USUAL_DELAY,
    fingerprint,
    is_bounce,
    is_same_stop,
    remember,
    seen_time,
    slot_and_content,
    vehicle_of_frame,
)
from streams.core.lanes.slots import ROLES, STOP_LINE, TERMINAL
from streams.core.lanes.state import LaneState, Seen
from streams.core.lanes.validation import SECOND, check_flood, check_reading, count_accepted
from streams.core.published_ports import PREFIX, PublishedPorts, check_port
from streams.core.stage import Fold, Output, Record, Rejected

TICK: Final = 10 * SECOND
PARTITION_KEY: Final = b"partition"  # no lane id: those have a slash
# A device and its line need this at most; what takes longer is counted as late.
LATE_MIN: Final = 2 * SECOND

# Each operating mode has its own state of a lane; ids of lanes have no blank.
MODE_SUFFIXES: Final = {
    mode: b"" if mode is OperatingMode.OPERATIONAL else f" {mode}".encode() for mode in OperatingMode
}
OTHER_MODE_SUFFIXES: Final = [suffix for suffix in MODE_SUFFIXES.values() if suffix]
READING_TYPES: Final = frozenset({PlateRead, Weighing, XrayScan, LaneEvent, Heartbeat})
OF_LANES: Final = READING_TYPES | {UnitAssignment}


KnownLanes = Mapping[str, tuple[LaneLayout, Geometry]]
"""By lane id; what is not in it is no lane."""


class LanesStage:
    """The stage; `layouts` of lanes hold until a ReferenceChange brings their port."""

    name = "lanes"
    source = LANE_READINGS
    changelog = LANES_CHANGELOG
    events = stage_events.LANES

    def __init__(self, layouts: Mapping[str, LaneLayout]) -> None:
        self._known = known_lanes(layouts)

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return LanesFold(partition, stored, self._known, self.source)


class BacklogStage(LanesStage):
    """The same fold over the backlog, with a state of its own: a live lane's queue never meets its past."""

    name = "backlog"
    source = LANE_BACKLOG
    changelog = BACKLOG_CHANGELOG


def known_lanes(layouts: Mapping[str, LaneLayout]) -> KnownLanes:
    """Lanes, and their ports' canaries', with their geometry, which those that are built alike share."""
    geometries: dict[str, Geometry] = {}
    known: dict[str, tuple[LaneLayout, Geometry]] = {}
    for lane_id, layout in {**layouts, **canary_lanes(layouts)}.items():
        kind = f"{layout.mode} {sorted(layout.places_m.items())}"
        if kind not in geometries:
            geometries[kind] = Geometry.of(layout.places_m, layout.mode)
        known[lane_id] = layout, geometries[kind]
    return known


_INTEGER: Final = msgspec.msgpack.Decoder(int)


class LanesFold:
    """One partition's lanes."""

    def __init__(self, partition: int, stored: MutableMapping[bytes, bytes], known: KnownLanes, source: Topic) -> None:
        self.counters: dict[str, int] = {}
        self._partition = partition
        self._source = source
        self._is_backlog = source is LANE_BACKLOG
        self._own = known
        of_lanes = [s for key, s in stored.items() if key != PARTITION_KEY and not key.startswith(PREFIX)]
        check_version(of_lanes, lane_state.VERSION, "a lane")
        self._ports = PublishedPorts(stored)
        self._known = self._lanes_in_force()
        self._lanes: KeyedState[LaneState] = KeyedState(stored, lane_state.encode, lane_state.decode)
        self._watermark: KeyedState[int] = KeyedState(stored, msgspec.msgpack.encode, _INTEGER.decode)
        self._next_tick_at = 0  # 0: to be read from the state
        self._queue = LaneQueue(self.counters, self._is_backlog)

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one reading, an assignment, or a change of a port. Raises Rejected before any change."""
        key, reading = record.key, record.value
        if type(reading) not in OF_LANES:
            if isinstance(reading, ReferenceChange):
                self._advance_change(reading, outputs)
                return
            raise Rejected("wrong_type", f"{type(reading).__name__} does not belong into {self._source.name}")
        known = self._known.get(reading.lane_id)  # type: ignore[attr-defined]
        if known is None:
            raise Rejected("unknown_lane", "no port has this lane; see `border ports list`")
        if isinstance(reading, UnitAssignment):
            check_assignment(reading, key, record.appended_at)
        else:
            check_reading(reading, key, record.appended_at)  # type: ignore[arg-type]
        mode = reading.operating_mode  # type: ignore[attr-defined]
        is_canary = known[0].is_canary
        if is_canary and (self._is_backlog or mode is not OperatingMode.TEST):
            raise Rejected("unknown_lane", "lane 00 is the canary's: for readings in mode TEST, and none of a backlog")
        world = key + MODE_SUFFIXES[mode]
        lane = self._lanes.get(world) or LaneState(str(mode))
        # A gateway whose clock is ahead must not run its lane ahead of the broker: those behind would be called late.
        received_at: int = min(reading.received_at, record.appended_at)  # type: ignore[attr-defined]
        if type(reading) is Heartbeat:
            self._lanes.put(world, lane)
            if reading.sensor is SensorRole.XRAY:
                lane.unit_seen_at = max(lane.unit_seen_at, received_at)
            if mode is OperatingMode.OPERATIONAL:
                self._advance_other_modes(key, received_at, known[0], outputs)
        elif isinstance(reading, UnitAssignment):
            self._lanes.put(world, lane)
            self._count("unit_assignments" if keep(lane, reading) else "repeated_unit_assignments")
        elif not self._fold_reading(reading, received_at, world, lane, known, outputs):
            return
        if received_at > lane.watermark_at:
            lane.watermark_at = received_at
        if lane.close_at and lane.watermark_at >= lane.close_at:
            self._queue.close_due(lane, known[0], outputs)
        if received_at >= self._next_tick_at and not self._is_backlog and not is_canary:
            self._tick(received_at, outputs)

    @property
    def watermark_at(self) -> int:
        """What the last tick told; 0 before the first, and in the backlog."""
        return self._watermark.get(PARTITION_KEY) or 0

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded lanes changed since the last call."""
        return self._lanes.take_changes() | self._watermark.take_changes() | self._ports.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._lanes.roll_back()
        self._watermark.roll_back()
        if self._ports.roll_back():
            self._known = self._lanes_in_force()
        self._next_tick_at = 0

    def _lanes_in_force(self) -> KnownLanes:
        """Lanes of the published ports, and of the worker's own that nobody has published."""
        published = self._ports.in_force
        if not published:
            return self._own
        own = {lane_id: known for lane_id, known in self._own.items() if known[0].port_code not in published}
        return {**own, **known_lanes(lanes_of(published))}

    def _advance_change(self, change: ReferenceChange, outputs: list[Output]) -> None:
        """Put a port in force; of its lanes that are no more, whoever stands there is closed."""
        if change.kind is not ChangeKind.PORT:
            raise Rejected("unknown_change", f"only changes of ports belong into {self._source.name}")
        port = check_port(change)
        self._ports.put(port, change)
        before, self._known = self._known, self._lanes_in_force()
        for lane_id, (layout, _) in before.items():
            if layout.port_code == port.code and lane_id not in self._known:
                for suffix in MODE_SUFFIXES.values():
                    world = lane_id.encode() + suffix
                    lane = self._lanes.get(world)
                    if lane is not None:
                        self._lanes.put(world, lane)
                        self._queue.close_all(lane, layout, outputs)
        self._count("reference_changes")

    def _advance_other_modes(self, key: bytes, received_at: int, layout: LaneLayout, outputs: list[Output]) -> None:
        """A device in service tells the time to tests and exercises in its lane, whose own devices may be silent."""
        for suffix in OTHER_MODE_SUFFIXES:
            lane = self._lanes.get(key + suffix)
            if lane is not None and lane.close_at and received_at >= lane.close_at:
                self._lanes.put(key + suffix, lane)
                lane.watermark_at = max(lane.watermark_at, received_at)
                self._queue.close_due(lane, layout, outputs)

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _fold_reading(
        self,
        reading: Any,
        received_at: int,
        world: bytes,
        lane: LaneState,
        known: tuple[LaneLayout, Geometry],
        outputs: list[Output],
    ) -> bool:
        """Put a reading into its vehicle's slot; False if it was there already."""
        mark = fingerprint(reading.reading_id)
        if mark in lane.recent_ids:
            self._count("duplicate_readings")
            return False
        is_explained = type(reading) is not XrayScan or check_scan(lane, reading)
        slot, content = slot_and_content(reading)
        check_flood(lane, slot, received_at)
        observed_at = reading.observed_at
        at = seen_time(observed_at, received_at)
        role = SensorRole.TERMINAL if slot == TERMINAL else ROLES[slot]
        seen = Seen(reading.reading_id, role, at, observed_at, received_at, content)
        bounced = is_bounce(lane, slot, seen)
        place: Place | None = None
        shown = vehicle_of_frame(lane, slot, seen)
        if slot != TERMINAL and not bounced and shown is None:
            place = find_place(known[1], lane, slot, seen)
            if place.is_late(lane, seen):
                if slot != STOP_LINE:
                    raise Rejected("late", "the vehicles of its time have been closed; re-drive it into the backlog")
                # Somebody stands there and waits for an answer: rather a slow clock than a late word.
                seen = Seen(reading.reading_id, role, received_at - USUAL_DELAY, observed_at, received_at, content)
                at, place = seen.at, find_place(known[1], lane, slot, seen)
            bounced = slot == STOP_LINE and place.is_new and is_same_stop(lane, seen)
        self._lanes.put(world, lane)
        remember(lane, mark)
        count_accepted(lane, slot, received_at)
        if received_at > lane.watermark_at:
            lane.watermark_at = received_at
        if at != observed_at:
            self._count("observed_at_clamped")
        if not is_explained:
            self._count("scans_of_unknown_assignments")
        if bounced:
            self._count("loop_bounces")
        elif shown is not None:
            self._queue.fold_frame(slot, seen, shown, lane, known[0], outputs)
        elif place is None:
            self._queue.fold_event(reading, lane, seen)
        else:
            if received_at - at > LATE_MIN:
                self._count("late_readings")
            self._queue.fold_sighting(reading, slot, seen, place, lane, known, outputs)
        return True

    def _tick(self, received_at: int, outputs: list[Output]) -> None:
        """Tell every partition downstream how far this one has got, every 10 s of its own time."""
        before = self._watermark.get(PARTITION_KEY) or 0
        # A multiple of 10 s, whatever reading crossed it: all that was received before has been folded.
        watermark_at = max(before, received_at // TICK * TICK)
        self._next_tick_at = watermark_at + TICK
        if watermark_at == before:
            return
        self._watermark.put(PARTITION_KEY, watermark_at)
        tick = Tick(source_topic=LANE_READINGS.name, source_partition=self._partition, watermark_at=watermark_at)
        for number in range(PASSAGES.partitions):
            outputs.append(Output(PASSAGES, b"tick", tick, number))
