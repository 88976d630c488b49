"""A vehicle's slots as the Passage that says what is known of it."""

from typing import Final

import msgspec

from schemas.layout import LaneLayout
from schemas.records import (
    Direction,
    ImageReference,
    ImageSource,
    OperatingMode,
    Passage,
    PassageState,
    PlateCandidate,
    ReadingReference,
    ScaleType,
    ScanDecision,
    ScanQuality,
    SensorRole,
)
from streams.core.lanes.slots import ENTRY, EXIT, FRONT, REAR, ROLES, SCALE, STOP_LINE, XRAY
from streams.core.lanes.state import LaneState, Seen, Vehicle
from streams.core.plates import fuse, key_of, pooled

# A mobile unit that has not said that it is there for this long has gone.
UNIT_PRESENT_MICROSECONDS: Final = 180_000_000
SPEED_USUAL_MPS: Final = 4.2
# Passages remembered per partition: some forty lanes hold a dozen vehicles each.
MADE_MAX: Final = 1024
# By the text that is stored; looking up is faster than making the member.
DIRECTIONS: Final = {str(one): one for one in Direction}
# Vehicles of a lane's backlog are counted by themselves: `2301/03/BACKLOG/7` is not the lane's seventh of its readings.
BACKLOG_COUNT: Final = "BACKLOG/"
OPERATIONAL: Final = str(OperatingMode.OPERATIONAL)
MODES: Final = {str(one): one for one in OperatingMode}
SCALE_TYPES: Final = {str(one): one for one in ScaleType}
DECISIONS: Final = {str(one): one for one in ScanDecision}
QUALITIES: Final = {str(one): one for one in ScanQuality}


def candidates_of(seen: Seen | None) -> list[PlateCandidate]:
    """Candidates of a camera's reading, of all its frames if there are several."""
    if seen is None:
        return []
    frames = [
        [PlateCandidate(plate=plate, confidence=confidence) for plate, confidence in frame.content[0]]
        for frame in (seen, *seen.frames)
    ]
    return frames[0] if len(frames) == 1 else pooled(frames)


def jurisdiction_of(vehicle: Vehicle) -> str | None:
    """The issuer that the surer camera names."""
    best: tuple[float, str] | None = None
    for slot in (FRONT, REAR):
        seen = vehicle.slots[slot]
        if seen is not None and seen.content[1] is not None:
            named = (seen.content[2] or 0.0, seen.content[1])
            best = named if best is None else max(best, named)
    return None if best is None else best[1]


def images_of(vehicle: Vehicle) -> tuple[ImageReference, ...]:
    """Images of both cameras and the X-ray unit."""
    images = []
    for slot, source in ((FRONT, ImageSource.FRONT_PLATE), (REAR, ImageSource.REAR_PLATE), (XRAY, ImageSource.UNKNOWN)):
        seen = vehicle.slots[slot]
        if seen is not None and seen.content[-2] is not None:
            images.append(ImageReference(uri=seen.content[-2], sha256=seen.content[-1] or "", source=source))
    return tuple(images)


def entered_at(vehicle: Vehicle, layout: LaneLayout) -> int:
    """When it entered; from its first sighting at the usual speed if the entry loop was silent."""
    for slot, seen in enumerate(vehicle.slots):
        if seen is not None:
            if slot == ENTRY:
                return seen.at
            return seen.at - int(layout.places_m[ROLES[slot]] / SPEED_USUAL_MPS * 1e6)
    raise ValueError("a vehicle was seen by no sensor")


def silent_sensors(vehicle: Vehicle, lane: LaneState, state: PassageState) -> tuple[SensorRole, ...]:
    """Sensors that should have seen it by now and did not."""
    last = EXIT if state is PassageState.FINAL else STOP_LINE
    unit_present = lane.watermark_at - lane.unit_seen_at < UNIT_PRESENT_MICROSECONDS
    return tuple(
        [ROLES[slot] for slot in range(last + 1) if vehicle.slots[slot] is None and (slot != XRAY or unit_present)]
    )


def references_of(vehicle: Vehicle) -> tuple[ReadingReference, ...]:
    """Every reading of a vehicle, in the order of the sensors; what the officer said last."""
    return tuple(
        [
            ReadingReference(reading_id=frame.reading_id, sensor=frame.sensor, observed_at=frame.observed_at)
            for seen in (*vehicle.slots, vehicle.load, vehicle.backed_out)
            if seen is not None
            for frame in (seen, *seen.frames)
        ]
    )


class Made:
    """The last passage made of a vehicle, and the layout and sightings that it was made of."""

    def __init__(self, passage: Passage, vehicle: Vehicle, layout: LaneLayout) -> None:
        self.passage = passage
        self.layout = layout
        self.slots = vehicle.slots.copy()
        self.load = vehicle.load
        self.backed_out = vehicle.backed_out


def differs_by_exit(vehicle: Vehicle, made: Made) -> bool:
    """Whether the vehicle has at most left the lane since a passage was made of it at the light."""
    slots, before = vehicle.slots, made.slots
    if before[STOP_LINE] is None or vehicle.load is not made.load or vehicle.backed_out is not made.backed_out:
        return False
    return all(slots[slot] is before[slot] for slot in range(EXIT))


class PassageMaker:
    """Makes passages; remembers the last one of each open vehicle, since most of it holds for the next revision."""

    def __init__(self, is_backlog: bool) -> None:
        self._count = BACKLOG_COUNT if is_backlog else ""
        self._made: dict[str, Made] = {}

    def passage_of(self, vehicle: Vehicle, lane: LaneState, layout: LaneLayout, state: PassageState) -> Passage:
        """The passage at its next revision. No vehicle or lane is changed."""
        passage_id = self.id_of(vehicle, lane, layout)
        made = self._made.get(passage_id)
        if made is not None and made.layout is layout and differs_by_exit(vehicle, made):
            passage = self._continued(vehicle, lane, state, made.passage)
        else:
            passage = self._new(vehicle, lane, layout, state, passage_id)
        if state is PassageState.FINAL:
            self._made.pop(passage_id, None)
        else:
            if len(self._made) >= MADE_MAX:
                self._made.clear()
            self._made[passage_id] = Made(passage, vehicle, layout)
        return passage

    def id_of(self, vehicle: Vehicle, lane: LaneState, layout: LaneLayout) -> str:
        """The passage's id: lane, count, mode if it is not OPERATIONAL, and the vehicle's number in it."""
        mode = "" if lane.operating_mode == OPERATIONAL else f"{lane.operating_mode}/"
        return f"{layout.lane_id}/{self._count}{mode}{vehicle.number}"

    def _continued(self, vehicle: Vehicle, lane: LaneState, state: PassageState, last: Passage) -> Passage:
        """The last passage with what a vehicle's leaving and time alone change."""
        left = vehicle.slots[EXIT]
        return msgspec.structs.replace(
            last,
            revision=vehicle.revision + 1,
            state=state,
            left_at=left.at if left else None,
            watermark_at=lane.watermark_at,
            # As a worker that has started since would say it: the lane's estimate has moved with whoever came behind.
            scale_bias_ratio=lane.scale_bias.ratio if vehicle.slots[SCALE] is not None else None,
            officer_id=vehicle.officer_id or lane.officer_id,
            readings=references_of(vehicle),
            silent_sensors=silent_sensors(vehicle, lane, state),
            join_probability=vehicle.join_probability,
        )

    def _new(
        self, vehicle: Vehicle, lane: LaneState, layout: LaneLayout, state: PassageState, passage_id: str
    ) -> Passage:
        slots = vehicle.slots
        jurisdiction = jurisdiction_of(vehicle)
        fused = fuse(candidates_of(slots[FRONT]), candidates_of(slots[REAR]), jurisdiction)
        at_light, left, scale, xray = slots[STOP_LINE], slots[EXIT], slots[SCALE], slots[XRAY]
        gross, loads, spacings, _, scale_type, vehicle_class = (
            scale.content if scale else (None, (), (), None, "UNKNOWN", None)
        )
        unit, machine, operator, quality, shielding, _, _ = (
            xray.content if xray else (None,) + ("UNKNOWN",) * 3 + (None,) * 3
        )
        return Passage(
            passage_id=passage_id,
            lane_id=layout.lane_id,
            port_code=layout.port_code,
            passage_number=vehicle.number,
            revision=vehicle.revision + 1,
            state=state,
            lane_mode=layout.mode,
            direction=Direction.NORTHBOUND if layout.is_northbound else DIRECTIONS[vehicle.direction],
            operating_mode=MODES[lane.operating_mode],
            entered_at=entered_at(vehicle, layout),
            at_light_at=at_light.at if at_light else None,
            at_light_received_at=at_light.received_at if at_light else None,
            at_light_reading_id=at_light.reading_id if at_light else None,
            left_at=left.at if left else None,
            watermark_at=lane.watermark_at,
            plate_key=key_of(fused.plate, passage_id),
            plate=fused.plate,
            jurisdiction=jurisdiction,
            plate_candidates=fused.candidates,
            front_rear_agree=fused.front_rear_agree,
            gross_weight_kg=gross,
            scale_bias_ratio=lane.scale_bias.ratio if scale else None,
            axle_loads_kg=tuple(loads),
            axle_spacings_m=tuple(spacings),
            scale_type=SCALE_TYPES[scale_type],
            vehicle_class=vehicle_class,
            xray_unit_id=unit,
            xray_machine_decision=DECISIONS[machine],
            xray_operator_decision=DECISIONS[operator],
            xray_scan_quality=QUALITIES[quality],
            xray_shielding_indicator=shielding,
            declared_load_kg=vehicle.load.content if vehicle.load else None,
            officer_id=vehicle.officer_id or lane.officer_id,
            images=images_of(vehicle),
            readings=references_of(vehicle),
            silent_sensors=silent_sensors(vehicle, lane, state),
            join_probability=vehicle.join_probability,
            first_reading_digest=vehicle.first_reading_digest,
        )
