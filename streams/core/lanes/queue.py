"""The vehicles of one lane, in the order of their queue: what a sighting changes in them, and the passages of that.

sighting + its place ─► its vehicle's slot, or rows of several vehicles told anew ─► revisions of passages
time                 ─► vehicles that have left or that nothing has seen for long are closed: FINAL revisions
a closed vehicle     ─► which sensors saw it; an alert of one that has gone blind (`blind.py`)

In a northbound lane nobody waits for a light: a passage there is told once, as FINAL. Nor does anybody in a backlog,
whose vehicles have long gone: no revision there is AT_LIGHT, which asks for one. A canary's lane has no sensors that
could be blind.
"""

import hashlib
from typing import Any, Final

import msgspec

from schemas.codec import body_of
from schemas.layout import LaneLayout
from schemas.records import LaneEvent, LaneEventKind, LaneMode, OperatingMode, PassageState, SensorRole
from schemas.topics import ALERTS, PASSAGES
from streams.core.lanes.blind import JUDGED, alert_of, passed_unseen_by
from streams.core.lanes.likelihood import Geometry, last_slot
from streams.core.lanes.passages import PassageMaker
from streams.core.lanes.search import Place, Told, usual_probability
from streams.core.lanes.sightings import FRAMES_MAX, is_same_stop, learn_stop
from streams.core.lanes.slots import EXIT, FRONT, LOOPS, REAR, ROLES, SCALE, STOP_LINE, XRAY
from streams.core.lanes.state import SEEN_ONCE_MAX, VEHICLES_MAX, LaneState, Seen, Vehicle
from streams.core.lanes.validation import SECOND
from streams.core.stage import Output

# A vehicle that has left is kept this long: the next three or four may show that sightings were given to the wrong one.
KEPT_AFTER_EXIT: Final = 25 * SECOND
# A vehicle that nothing has seen for this long is gone, or was none.
SILENT_MAX: Final = 1200 * SECOND
USUAL_PROBABILITY: Final = usual_probability()
CONTENT_SLOTS: Final = frozenset({FRONT, REAR, SCALE, XRAY})


class LaneQueue:
    """Changes lanes' vehicles and writes their passages. Counts into `counters`."""

    def __init__(self, counters: dict[str, int], is_backlog: bool) -> None:
        self._counters = counters
        self._is_backlog = is_backlog
        self._passages = PassageMaker(is_backlog)

    def fold_sighting(
        self,
        reading: Any,
        slot: int,
        seen: Seen,
        place: Place,
        lane: LaneState,
        known: tuple[LaneLayout, Geometry],
        outputs: list[Output],
    ) -> None:
        """Give a sighting to its vehicle, which may change others, and write what that changes."""
        layout, geometry = known
        same_stop = slot == STOP_LINE and is_same_stop(lane, seen)
        if slot in LOOPS:
            lane.loop_at[slot], lane.loop_received_at[slot] = seen.at, seen.received_at
        if slot == STOP_LINE:
            lane.at_light_at = max(lane.at_light_at, seen.at)
        elif slot == EXIT:
            learn_stop(lane, seen.at - geometry.fast[STOP_LINE][EXIT])
            close_no_later(lane, seen.received_at + KEPT_AFTER_EXIT)
        elif slot == SCALE and layout.mode is LaneMode.PASSENGER:
            lane.scale_bias.learn(reading)
        if place.told is None:
            vehicle = self._take(lane, place.index, slot, seen, reading)
            if vehicle.revision or slot == STOP_LINE:
                asks_light = slot == STOP_LINE and not (same_stop and vehicle.revision)
                self._write_change(lane, layout, vehicle, slot in CONTENT_SLOTS, asks_light, outputs)
        else:
            changed = self._retell(lane, place.owners, place.told, reading, seen.received_at)
            for vehicle in changed:
                vehicle.join_probability = min(vehicle.join_probability, place.probability)
                matters = slot in CONTENT_SLOTS or len(changed) > 1
                is_here = slot == STOP_LINE and vehicle.slots[slot] is seen
                asks_light = is_here and not (same_stop and vehicle.revision)
                self._write_change(lane, layout, vehicle, matters, asks_light, outputs)
        if len(lane.vehicles) > SEEN_ONCE_MAX:
            self._keep_bounds(lane, layout, outputs)

    def fold_frame(
        self, slot: int, frame: Seen, vehicle: Vehicle, lane: LaneState, layout: LaneLayout, outputs: list[Output]
    ) -> None:
        """Add one more frame of a camera to what it read of a vehicle, and write what that changes."""
        first = vehicle.slots[slot]
        if first is None or len(first.frames) >= FRAMES_MAX:
            self._count("frames_over_bound")
            return
        vehicle.slots[slot] = first.with_frame(frame)
        self._write_change(lane, layout, vehicle, True, False, outputs)

    def _keep_bounds(self, lane: LaneState, layout: LaneLayout, outputs: list[Output]) -> None:
        """Close the oldest of too many vehicles, first of those that only one sensor has seen."""
        once = [
            index
            for index, vehicle in enumerate(lane.vehicles)
            if not vehicle.revision and vehicle.slots.count(None) == len(ROLES) - 1
        ]
        if len(once) > SEEN_ONCE_MAX or len(lane.vehicles) > VEHICLES_MAX:
            self._count("vehicles_over_bound")
            self._close(lane, layout, once[0] if len(once) > SEEN_ONCE_MAX else 0, outputs)

    def _take(self, lane: LaneState, place: int, slot: int, seen: Seen, reading: Any) -> Vehicle:
        """Put a sighting into the expected vehicle's slot, which may be a new vehicle's."""
        if place == len(lane.vehicles):
            lane.vehicles.append(self._new_vehicle(lane, reading, seen.received_at))
        vehicle = lane.vehicles[place]
        vehicle.slots[slot] = seen
        vehicle.last = slot
        if seen.received_at > vehicle.last_received_at:
            vehicle.last_received_at = seen.received_at
        if vehicle.join_probability > USUAL_PROBABILITY:
            vehicle.join_probability = USUAL_PROBABILITY
        return vehicle

    def _write_change(
        self,
        lane: LaneState,
        layout: LaneLayout,
        vehicle: Vehicle,
        matters: bool,
        asks_light: bool,
        outputs: list[Output],
    ) -> None:
        """A first revision once the vehicle is at the light; after that one if what matters has changed.

        AT_LIGHT, which asks for the light, is written once for each time that a vehicle comes to the stop line and by
        the reading that says so: when the past is retold, its light has been asked for already.
        """
        if layout.is_northbound:
            return
        if not vehicle.revision and vehicle.slots[STOP_LINE] is not None:
            if lane.pending_load is not None:
                vehicle.load = lane.pending_load
                lane.pending_load = None
            vehicle.officer_id = lane.officer_id
            matters = True
        if asks_light and not self._is_backlog:
            self._write(lane, layout, vehicle, PassageState.AT_LIGHT, outputs)
        elif matters and (vehicle.revision or vehicle.slots[STOP_LINE] is not None):
            self._write(lane, layout, vehicle, PassageState.UPDATED, outputs)

    def _retell(self, lane: LaneState, window: list[int], told: Told, reading: Any, received_at: int) -> list[Vehicle]:
        """Give every vehicle of a window the row that it has in a telling; returns those that changed, in order."""
        before = lane.vehicles
        others = [index for index in range(len(before)) if index not in window]
        after: list[Vehicle] = []
        changed: list[Vehicle] = []
        for owner, row in zip(told.owners, told.rows, strict=True):
            while owner >= 0 and others and others[0] < owner:
                after.append(before[others.pop(0)])
            vehicle = before[owner] if owner >= 0 else self._new_vehicle(lane, reading, received_at)
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

    def fold_event(self, reading: LaneEvent, lane: LaneState, seen: Seen) -> None:
        """What an officer's terminal says, and a vehicle that backs out."""
        if reading.kind is LaneEventKind.OFFICER_ASSIGNED:
            lane.officer_id = reading.officer_id
        elif reading.kind is LaneEventKind.LOAD_DECLARED:
            for vehicle in lane.vehicles:
                if vehicle.slots[STOP_LINE] is None and vehicle.backed_out is None:
                    vehicle.load = seen
                    break
            else:
                lane.pending_load = seen
        elif reading.kind is LaneEventKind.BACKED_OUT:
            for vehicle in reversed(lane.vehicles):
                if vehicle.backed_out is None and not any(vehicle.slots[SCALE:]):
                    role = SensorRole.ENTRY_LOOP
                    vehicle.backed_out = Seen(
                        seen.reading_id, role, seen.at, seen.observed_at, seen.received_at, seen.content
                    )
                    vehicle.last_received_at = seen.received_at
                    close_no_later(lane, seen.received_at + KEPT_AFTER_EXIT)
                    break
        else:
            self._count("unknown_lane_events")

    def _new_vehicle(self, lane: LaneState, reading: Any, received_at: int) -> Vehicle:
        """The next number in the lane's queue."""
        lane.next_number += 1
        close_no_later(lane, received_at + SILENT_MAX)
        digest = hashlib.sha256(body_of(reading)).hexdigest()
        vehicle = Vehicle(lane.next_number - 1, str(reading.direction), digest, [None] * len(ROLES))
        vehicle.last_received_at = received_at
        return vehicle

    def close_due(self, lane: LaneState, layout: LaneLayout, outputs: list[Output]) -> None:
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
            or (vehicle.backed_out is not None and watermark >= vehicle.last_received_at + KEPT_AFTER_EXIT)
            or watermark >= vehicle.last_received_at + SILENT_MAX
        ]
        for vehicle in due:
            self._close(lane, layout, lane.vehicles.index(vehicle), outputs)
        lane.close_at = 0
        for vehicle in lane.vehicles:
            left = vehicle.slots[EXIT]
            quiet = vehicle.backed_out is not None or left is not None
            since = left.received_at if left is not None else vehicle.last_received_at
            close_no_later(lane, since + (KEPT_AFTER_EXIT if quiet else SILENT_MAX))

    def close_all(self, lane: LaneState, layout: LaneLayout, outputs: list[Output]) -> None:
        """Close every vehicle of a lane that is no more. What an officer said of it is of nobody who comes later."""
        while lane.vehicles:
            self._count("vehicles_of_closed_lanes")
            self._close(lane, layout, 0, outputs)
        lane.close_at = 0
        lane.pending_load = lane.officer_id = None

    def _close(self, lane: LaneState, layout: LaneLayout, index: int, outputs: list[Output]) -> None:
        """Write the last revision of a vehicle and forget it."""
        vehicle = lane.vehicles[index]
        self._write(lane, layout, vehicle, PassageState.FINAL, outputs)
        if not self._is_backlog and not layout.is_canary and vehicle.backed_out is None:
            self._look_at_sensors(lane, layout, vehicle, outputs)
        if index == 0:
            first = next(seen for seen in vehicle.slots if seen is not None)
            lane.closed_until = max(lane.closed_until, first.at)
            if vehicle.backed_out is None:
                lane.lead = [
                    None if seen is None else Seen("", seen.sensor, seen.at, 0, 0, None) for seen in vehicle.slots
                ]
        del lane.vehicles[index]

    def _look_at_sensors(self, lane: LaneState, layout: LaneLayout, vehicle: Vehicle, outputs: list[Output]) -> None:
        """Tell of a sensor that has gone blind by the vehicles that others saw, this one among them, or sees again."""
        seen_by = [seen is not None for seen in vehicle.slots]
        for slot in JUDGED:
            unseen = passed_unseen_by(seen_by, slot)
            if unseen is None:
                continue
            sight = lane.sights[slot]
            since = sight.blind_since
            if not (sight.miss(lane.watermark_at) if unseen else sight.see()):
                continue
            alert = alert_of(
                since or sight.blind_since,
                sight.missed_blind,
                not unseen,
                ROLES[slot],
                layout.lane_id,
                OperatingMode(lane.operating_mode),
                self._passages.id_of(vehicle, lane, layout),
                vehicle.number,
                lane.watermark_at,
            )
            self._count("sensors_blind" if unseen else "sensors_seeing_again")
            outputs.append(Output(ALERTS, alert.incident_id.encode(), alert))

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

    def _count(self, event: str) -> None:
        self._counters[event] = self._counters.get(event, 0) + 1


def close_no_later(lane: LaneState, at: int) -> None:
    """Have a look at what may be closed when the watermark reaches this time."""
    if lane.close_at == 0 or at < lane.close_at:
        lane.close_at = at
