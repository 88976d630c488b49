"""The passages of simulated crossings: what the lanes stage would make of readings that all belong to one vehicle.

readings of a vehicle ─► slots ─► AT_LIGHT with what had arrived by then ─► FINAL with everything

Passages are made by the lanes stage's own code. Which vehicle a reading is of is taken from the truth: the join has a
test of its own (`border evaluate --join`), and thinned traffic has no queue that it could be told by. A lane's scale is
learned from the cars that are kept, one in fifty: its bias is known after weeks rather than in a day, so weights are a
little less telling here than at a border.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from producers.simulator.truth import SimulatedCrossing
from schemas.codec import body_of
from schemas.layout import LaneLayout, mirrored
from schemas.records import LaneMode, Passage, PassageState, SensorRole, Weighing, XrayScan
from streams.core.lanes.passages import PassageMaker
from streams.core.lanes.queue import KEPT_AFTER_EXIT
from streams.core.lanes.sightings import seen_time, slot_and_content
from streams.core.lanes.slots import ROLES, STOP_LINE, TERMINAL
from streams.core.lanes.state import LaneState, Seen, Vehicle


class Revision(NamedTuple):
    """A passage as the lanes stage writes it, the time at which it does, and the crossing that it is of."""

    at: int
    passage: Passage
    crossing: SimulatedCrossing


@dataclass
class PassageSource:
    """Makes passages of crossings. Every lane keeps its state, as in the lanes stage."""

    layouts: Mapping[str, LaneLayout]
    maker: PassageMaker = field(default_factory=lambda: PassageMaker(is_backlog=False))
    lanes: dict[str, LaneState] = field(default_factory=dict)

    def revisions_of(self, crossing: SimulatedCrossing) -> list[Revision]:
        """AT_LIGHT, if the stop line of a southbound lane saw the vehicle, and FINAL; nothing of a crossing that no
        sensor saw."""
        readings = sorted(crossing.readings, key=received_at)
        if not readings:
            return []
        first = readings[0]
        layout = self._layout_of(first.lane_id)
        lane = self.lanes.get(first.lane_id)
        if lane is None:
            lane = self.lanes[first.lane_id] = LaneState(str(first.operating_mode))
        lane.officer_id = crossing.officer_id
        digest = hashlib.sha256(body_of(first)).hexdigest()
        vehicle = Vehicle(crossing.truth.number, str(first.direction), digest, [None] * len(ROLES))
        vehicle.officer_id = crossing.officer_id
        revisions = []
        for reading in readings:
            if not put(vehicle, reading):
                continue
            if isinstance(reading, XrayScan):
                lane.unit_seen_at = reading.received_at
            elif isinstance(reading, Weighing) and layout.mode is LaneMode.PASSENGER:
                lane.scale_bias.learn(reading)
            lane.watermark_at = reading.received_at
            vehicle.last_received_at = reading.received_at
            seen = vehicle.slots[STOP_LINE]
            if seen is not None and seen.reading_id == reading.reading_id and not layout.is_northbound:
                passage = self.maker.passage_of(vehicle, lane, layout, PassageState.AT_LIGHT)
                vehicle.revision += 1
                revisions.append(Revision(lane.watermark_at, passage, crossing))
        lane.watermark_at += KEPT_AFTER_EXIT
        passage = self.maker.passage_of(vehicle, lane, layout, PassageState.FINAL)
        revisions.append(Revision(lane.watermark_at, passage, crossing))
        return revisions

    def _layout_of(self, lane_id: str) -> LaneLayout:
        """The lane's layout; a northbound lane `2301/N03` mirrors the southbound one."""
        layout = self.layouts.get(lane_id)
        return layout or mirrored(self.layouts[lane_id.replace("/N", "/")])


def received_at(reading: Any) -> int:
    """When the gateway had a reading."""
    return int(reading.received_at)


def put(vehicle: Vehicle, reading: Any) -> bool:
    """Put a reading into its vehicle's slot; False for a second one of the same sensor, a retry or a bounce."""
    slot, content = slot_and_content(reading)
    role = SensorRole.TERMINAL if slot == TERMINAL else ROLES[slot]
    at = seen_time(reading.observed_at, reading.received_at)
    seen = Seen(reading.reading_id, role, at, reading.observed_at, reading.received_at, content)
    if slot == TERMINAL:
        vehicle.load = seen
        return True
    if vehicle.slots[slot] is not None:
        return False
    vehicle.slots[slot] = seen
    vehicle.last = max(vehicle.last, slot)
    return True


def revisions(crossings: Iterable[SimulatedCrossing], layouts: Mapping[str, LaneLayout]) -> Iterator[Revision]:
    """Every crossing's revisions, in order of the time at which the lanes stage writes them."""
    source = PassageSource(layouts)
    due: list[tuple[int, int, Revision]] = []
    count = 0
    for crossing in crossings:
        while due and due[0][0] <= crossing.truth.entered_at:
            yield heappop(due)[2]
        for revision in source.revisions_of(crossing):
            count += 1
            heappush(due, (revision.at, count, revision))
    while due:
        yield heappop(due)[2]
