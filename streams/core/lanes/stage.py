"""The lanes stage: one fold per partition of lane.readings, state by lane."""

import hashlib
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import msgspec

from schemas.codec import body_of
from schemas.layout import LaneLayout
from schemas.records import (
    Heartbeat,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    PassageState,
    PlateRead,
    SensorRole,
    Tick,
    Weighing,
    XrayScan,
)
from schemas.topics import LANE_READINGS, LANES_CHANGELOG, PASSAGES
from streams.core.keyed_state import KeyedState
from streams.core.lanes import state as lane_state
from streams.core.lanes.likelihood import Geometry, last_slot
from streams.core.lanes.passages import PassageMaker
from streams.core.lanes.search import Told, Window, expected_place, search, usual_probability, window_of
from streams.core.lanes.slots import ENTRY, EXIT, FRONT, REAR, ROLES, SCALE, STOP_LINE, XRAY
from streams.core.lanes.state import LaneState, Seen, Vehicle
from streams.core.lanes.validation import (
    SECOND,
    check_flood,
    check_reading,
    count_accepted,
    fingerprint,
    remember,
    seen_time,
)
from streams.core.stage import Fold, Output, Record, Rejected

TICK: Final = 10 * SECOND
PARTITION_KEY: Final = b"partition"  # no lane id: those have a slash
# A device and its line need this at most; what takes longer is counted as late.
LATE_MIN: Final = 2 * SECOND
# After a vehicle has left, its late readings are waited for this long by the lane's clock.
LATE_MAX: Final = 8 * SECOND
# It is kept this long: three or four more vehicles may show that sightings were given to the wrong one.
KEPT_AFTER_EXIT: Final = 25 * SECOND
# A vehicle that nothing has seen for this long is gone, or was none.
SILENT_MAX: Final = 1200 * SECOND
# Of a lane's usual stop at the light; what lasts longer is no stop but a closed lane.
STOP_LEAST: Final = SECOND // 2
STOP_MOST: Final = 60 * SECOND
STOP_ENDLESS: Final = 300 * SECOND
USUAL_PROBABILITY: Final = usual_probability()

READING_TYPES: Final = frozenset({PlateRead, Weighing, XrayScan, LaneEvent, Heartbeat})
LOOP_SLOTS: Final = {LaneEventKind.ENTERED: ENTRY, LaneEventKind.AT_LIGHT: STOP_LINE, LaneEventKind.LEFT: EXIT}
CONTENT_SLOTS: Final = frozenset({FRONT, REAR, SCALE, XRAY})


class LanesStage:
    """The stage, given every lane's layout."""

    name = "lanes"
    source = LANE_READINGS
    changelog = LANES_CHANGELOG

    def __init__(self, layouts: Mapping[str, LaneLayout]) -> None:
        geometries: dict[str, Geometry] = {}  # lanes of a mode are built alike, so there are only a few
        self._known: dict[str, tuple[LaneLayout, Geometry]] = {}
        for lane_id, layout in layouts.items():
            kind = f"{layout.mode} {sorted(layout.places_m.items())}"
            if kind not in geometries:
                geometries[kind] = Geometry.of(layout.places_m, layout.mode)
            self._known[lane_id] = layout, geometries[kind]

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return LanesFold(partition, stored, self._known)


_INTEGER: Final = msgspec.msgpack.Decoder(int)


class LanesFold:
    """One partition's lanes."""

    def __init__(
        self, partition: int, stored: MutableMapping[bytes, bytes], known: Mapping[str, tuple[LaneLayout, Geometry]]
    ) -> None:
        self.counters: dict[str, int] = {}
        self._partition = partition
        self._known = known
        self._lanes: KeyedState[LaneState] = KeyedState(stored, lane_state.encode, lane_state.decode)
        self._watermark: KeyedState[int] = KeyedState(stored, msgspec.msgpack.encode, _INTEGER.decode)
        self._next_tick_at = 0  # 0: to be read from the state
        self._passages = PassageMaker()

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one reading. Raises Rejected before any change."""
        key, reading = record.key, record.value
        if type(reading) not in READING_TYPES:
            raise Rejected("wrong_type", f"{type(reading).__name__} does not belong into {LANE_READINGS.name}")
        known = self._known.get(reading.lane_id)  # type: ignore[attr-defined]
        if known is None:
            raise Rejected("unknown_lane", "no port has this lane; see schemas/ports.toml")
        check_reading(reading, key, record.appended_at)  # type: ignore[arg-type]
        lane = self._lanes.get(key) or LaneState()
        received_at: int = reading.received_at  # type: ignore[attr-defined]
        if type(reading) is Heartbeat:
            self._lanes.put(key, lane)
            if reading.sensor is SensorRole.XRAY:
                lane.unit_seen_at = max(lane.unit_seen_at, received_at)
        elif not self._fold_reading(reading, key, lane, known, outputs):
            return
        if received_at > lane.watermark_at:
            lane.watermark_at = received_at
        if lane.close_at and lane.watermark_at >= lane.close_at:
            self._close_due(lane, known[0], outputs)
        if received_at >= self._next_tick_at:
            self._tick(received_at, outputs)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded lanes changed since the last call."""
        return self._lanes.take_changes() | self._watermark.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._lanes.roll_back()
        self._watermark.roll_back()
        self._next_tick_at = 0

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1

    def _fold_reading(
        self, reading: Any, key: bytes, lane: LaneState, known: tuple[LaneLayout, Geometry], outputs: list[Output]
    ) -> bool:
        """Put a reading into its vehicle's slot; False if it was there already."""
        mark = fingerprint(reading.reading_id)
        if mark in lane.recent_ids:
            self._count("duplicate_readings")
            return False
        layout, geometry = known
        slot, content = slot_and_content(reading)
        sensor, received_at = reading.device_id, reading.received_at
        check_flood(lane, sensor, received_at)
        at = seen_time(reading)
        role = SensorRole.TERMINAL if slot is None else ROLES[slot]
        seen = Seen(reading.reading_id, role, at, reading.observed_at, received_at, content)
        place: int | None = None
        window: Window | None = None
        if slot is not None:
            mode = reading.operating_mode
            place = expected_place(geometry, lane, slot, seen, mode)
            if place is None:
                window = window_of(geometry, lane, mode)
                told, probability = search(window, slot, seen)
                row = next(index for index, row in enumerate(told.rows) if row[slot] is seen)
                if told.owners[row] < 0 and at < max(lane.closed_until, lane.watermark_at - LATE_MAX):
                    raise Rejected("late", "the vehicles of its time have been closed; re-drive it into the backlog")
        self._lanes.put(key, lane)
        remember(lane, mark)
        count_accepted(lane, sensor, received_at)
        if at != reading.observed_at:
            self._count("observed_at_clamped")
        if received_at > lane.watermark_at:
            lane.watermark_at = received_at
        if slot is None:
            self._fold_event(reading, lane, seen)
            return True
        if received_at - at > LATE_MIN:
            self._count("late_readings")
        if slot == STOP_LINE:
            lane.at_light_at = max(lane.at_light_at, at)
        elif slot == EXIT:
            learn_stop(lane, at - geometry.fast[STOP_LINE][EXIT])
            close_no_later(lane, received_at + KEPT_AFTER_EXIT)
        if window is None:
            assert place is not None
            vehicle = self._take(lane, place, slot, seen, reading)
            if vehicle.revision or slot == STOP_LINE:
                self._write_change(lane, layout, vehicle, slot in CONTENT_SLOTS, outputs)
        else:
            changed = self._retell(lane, window.told.owners, told, reading)
            for vehicle in changed:
                vehicle.join_probability = min(vehicle.join_probability, probability)
                self._write_change(lane, layout, vehicle, slot in CONTENT_SLOTS or len(changed) > 1, outputs)
        if len(lane.vehicles) > lane_state.VEHICLES_MAX:
            self._count("vehicles_over_bound")
            self._close(lane, layout, 0, outputs)
        return True

    def _take(self, lane: LaneState, place: int, slot: int, seen: Seen, reading: Any) -> Vehicle:
        """Put a sighting into the expected vehicle's slot, which may be a new vehicle's."""
        if place == len(lane.vehicles):
            lane.vehicles.append(self._new_vehicle(lane, reading))
        vehicle = lane.vehicles[place]
        vehicle.slots[slot] = seen
        vehicle.last = slot
        if seen.received_at > vehicle.last_received_at:
            vehicle.last_received_at = seen.received_at
        if vehicle.join_probability > USUAL_PROBABILITY:
            vehicle.join_probability = USUAL_PROBABILITY
        return vehicle

    def _write_change(
        self, lane: LaneState, layout: LaneLayout, vehicle: Vehicle, matters: bool, outputs: list[Output]
    ) -> None:
        """Revision 1 once the vehicle is at the light; after that a revision if what matters has changed."""
        if vehicle.revision:
            if matters:
                self._write(lane, layout, vehicle, PassageState.UPDATED, outputs)
        elif vehicle.slots[STOP_LINE] is not None:
            if lane.pending_load is not None:
                vehicle.extras.append(lane.pending_load)
                lane.pending_load = None
            vehicle.officer_id = lane.officer_id
            self._write(lane, layout, vehicle, PassageState.AT_LIGHT, outputs)

    def _retell(self, lane: LaneState, window: list[int], told: Told, reading: Any) -> list[Vehicle]:
        """Give every vehicle of a window the row that it has in a telling; returns those that changed, in order."""
        before = lane.vehicles
        others = [index for index in range(len(before)) if index not in window]
        after: list[Vehicle] = []
        changed: list[Vehicle] = []
        for owner, row in zip(told.owners, told.rows, strict=True):
            while owner >= 0 and others and others[0] < owner:
                after.append(before[others.pop(0)])
            vehicle = before[owner] if owner >= 0 else self._new_vehicle(lane, reading)
            if vehicle.slots is not row:
                if owner >= 0:
                    self._count("rows_changed")
                vehicle.slots = row
                vehicle.last = last_slot(row)
                for one in row:
                    if one is not None and one.received_at > vehicle.last_received_at:
                        vehicle.last_received_at = one.received_at
                changed.append(vehicle)
            after.append(vehicle)
        lane.vehicles = after + [before[index] for index in others]
        if len(lane.vehicles) < len(before):
            self._count("vehicles_merged")
        return changed

    def _fold_event(self, reading: LaneEvent, lane: LaneState, seen: Seen) -> None:
        """What an officer's terminal says, and a vehicle that backs out."""
        if reading.kind is LaneEventKind.OFFICER_ASSIGNED:
            lane.officer_id = reading.officer_id
        elif reading.kind is LaneEventKind.LOAD_DECLARED:
            waiting = [
                vehicle for vehicle in lane.vehicles if vehicle.slots[STOP_LINE] is None and not vehicle.backed_out
            ]
            if waiting:
                waiting[0].extras.append(seen)
            else:
                lane.pending_load = seen
        elif reading.kind is LaneEventKind.BACKED_OUT:
            inside = [vehicle for vehicle in lane.vehicles if not vehicle.backed_out and not any(vehicle.slots[SCALE:])]
            if inside:
                inside[-1].backed_out = True
                role = SensorRole.ENTRY_LOOP
                inside[-1].extras.append(
                    Seen(seen.reading_id, role, seen.at, seen.observed_at, seen.received_at, seen.content)
                )
                inside[-1].last_received_at = reading.received_at
                close_no_later(lane, reading.received_at + KEPT_AFTER_EXIT)
        else:
            self._count("unknown_lane_events")

    def _new_vehicle(self, lane: LaneState, reading: Any) -> Vehicle:
        """The next number in the lane's queue."""
        lane.next_number += 1
        close_no_later(lane, reading.received_at + SILENT_MAX)
        vehicle = Vehicle(
            lane.next_number - 1,
            str(reading.operating_mode),
            str(reading.direction),
            hashlib.sha256(body_of(reading)).hexdigest(),
            [None] * len(ROLES),
        )
        vehicle.last_received_at = reading.received_at
        return vehicle

    def _close_due(self, lane: LaneState, layout: LaneLayout, outputs: list[Output]) -> None:
        """Close vehicles that have left, those ahead of them, and those that nothing has seen for long."""
        watermark = lane.watermark_at
        last = -1
        for index, vehicle in enumerate(lane.vehicles):
            left = vehicle.slots[EXIT]
            if left is not None and watermark >= left.received_at + KEPT_AFTER_EXIT:
                last = index  # whoever was ahead has left too, seen or not
        due = [
            vehicle
            for index, vehicle in enumerate(lane.vehicles)
            if index <= last
            or (vehicle.backed_out and watermark >= vehicle.last_received_at + KEPT_AFTER_EXIT)
            or watermark >= vehicle.last_received_at + SILENT_MAX
        ]
        for vehicle in due:
            self._close(lane, layout, lane.vehicles.index(vehicle), outputs)
        lane.close_at = 0
        for vehicle in lane.vehicles:
            left = vehicle.slots[EXIT]
            quiet = vehicle.backed_out or left is not None
            since = left.received_at if left is not None else vehicle.last_received_at
            close_no_later(lane, since + (KEPT_AFTER_EXIT if quiet else SILENT_MAX))

    def _close(self, lane: LaneState, layout: LaneLayout, index: int, outputs: list[Output]) -> None:
        """Write the last revision of a vehicle and forget it."""
        vehicle = lane.vehicles[index]
        self._write(lane, layout, vehicle, PassageState.FINAL, outputs)
        first = next(seen for seen in vehicle.slots if seen is not None)
        lane.closed_until = max(lane.closed_until, first.at)
        if index == 0 and not vehicle.backed_out:
            lane.lead = [None if seen is None else Seen("", seen.sensor, seen.at, 0, 0, None) for seen in vehicle.slots]
            lane.lead_mode = vehicle.operating_mode
        del lane.vehicles[index]

    def _write(
        self, lane: LaneState, layout: LaneLayout, vehicle: Vehicle, state: PassageState, outputs: list[Output]
    ) -> None:
        """Write the next revision; a changed key is a retraction under the old one first."""
        passage = self._passages.passage_of(vehicle, lane, layout, state)
        if vehicle.key and vehicle.key != passage.plate_key:
            self._count("plates_changed")
            gone = msgspec.structs.replace(
                passage, state=PassageState.RETRACTED, plate_key=vehicle.key, plate=vehicle.plate
            )
            outputs.append(Output(PASSAGES, vehicle.key.encode(), gone))
            vehicle.revision += 1
            passage = msgspec.structs.replace(passage, revision=vehicle.revision + 1)
        vehicle.key, vehicle.plate = passage.plate_key, passage.plate
        vehicle.revision += 1
        urgent = state is PassageState.AT_LIGHT
        outputs.append(Output(PASSAGES, passage.plate_key.encode(), passage, None, urgent))

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


def close_no_later(lane: LaneState, at: int) -> None:
    """Have a look at what may be closed when the watermark reaches this time."""
    if lane.close_at == 0 or at < lane.close_at:
        lane.close_at = at


def learn_stop(lane: LaneState, left_light_at: int) -> None:
    """Move the lane's usual stop towards the one that ended now: a running median, which a few odd stops cannot pull.

    Taken from the loops alone, whichever vehicle they are given to: the join must not teach itself.
    """
    stop = left_light_at - lane.at_light_at
    if lane.at_light_at == 0 or stop < 0 or stop > STOP_ENDLESS:
        return  # the next vehicle is at the light already, or a loop was silent
    lane.stops += 1
    lane.at_light_at = 0  # spent: if the next vehicle's coming is missed, its leaving must not count from this one's
    step = lane.usual_stop // min(lane.stops + 2, 16)
    lane.usual_stop = min(max(lane.usual_stop + (step if stop > lane.usual_stop else -step), STOP_LEAST), STOP_MOST)


def slot_and_content(reading: Any) -> tuple[int | None, Any]:
    """The slot of a reading, None for what an officer or the entry loop says, and what is kept of it."""
    kind = type(reading)
    if kind is LaneEvent:
        return LOOP_SLOTS.get(reading.kind), reading.declared_load_kg
    if kind is PlateRead:
        plates = tuple([(candidate.plate, candidate.confidence) for candidate in reading.candidates])
        confidence = reading.jurisdiction_confidence
        content = (plates, reading.jurisdiction, confidence, reading.image_uri, reading.image_sha256)
        return (REAR if reading.image_source is ImageSource.REAR_PLATE else FRONT), content
    if kind is Weighing:
        weights = (reading.gross_weight_kg, reading.axle_loads_kg, reading.axle_spacings_m, reading.speed_mps)
        return SCALE, (*weights, reading.scale_type, reading.vehicle_class)
    decisions = (reading.machine_decision, reading.operator_decision, reading.scan_quality)
    image = (reading.shielding_indicator, reading.image_uri, reading.image_sha256)
    return XRAY, (reading.unit_id, *decisions, *image)
