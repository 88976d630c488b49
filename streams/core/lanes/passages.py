"""A vehicle's slots as the Passage that says what is known of it."""

from typing import Final

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
from streams.core.lanes.state import ENTRY, EXIT, FRONT, REAR, ROLES, SCALE, STOP_LINE, XRAY, LaneState, Seen, Vehicle
from streams.core.plates import FusedPlate, fuse, key_of

# A mobile unit that has not said that it is there for this long has gone.
UNIT_PRESENT_MICROSECONDS: Final = 180_000_000
SPEED_USUAL_MPS: Final = 4.2
FUSED_MAX: Final = 4096
# By the text that is stored; looking up is faster than making the member.
DIRECTIONS: Final = {str(one): one for one in Direction}
MODES: Final = {str(one): one for one in OperatingMode}
SCALE_TYPES: Final = {str(one): one for one in ScaleType}
DECISIONS: Final = {str(one): one for one in ScanDecision}
QUALITIES: Final = {str(one): one for one in ScanQuality}
NO_PLATE: Final = FusedPlate(None, (), None)


def candidates_of(seen: Seen | None) -> list[PlateCandidate]:
    """Candidates of a camera's reading."""
    if seen is None:
        return []
    return [PlateCandidate(plate=plate, confidence=confidence) for plate, confidence in seen.content[0]]


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


class PassageMaker:
    """Makes passages; remembers the fused plates of those still open, since they rarely change between revisions."""

    def __init__(self) -> None:
        self._fused: dict[str, tuple[Seen | None, Seen | None, FusedPlate]] = {}

    def _fused_plate(self, passage_id: str, vehicle: Vehicle) -> FusedPlate:
        """Front and rear reads of one vehicle, fused."""
        front, rear = vehicle.slots[FRONT], vehicle.slots[REAR]
        if front is None and rear is None:
            return NO_PLATE
        known = self._fused.get(passage_id)
        if known is not None and known[0] is front and known[1] is rear:
            return known[2]
        if len(self._fused) >= FUSED_MAX:
            self._fused.clear()
        fused = fuse(candidates_of(front), candidates_of(rear), jurisdiction_of(vehicle))
        self._fused[passage_id] = front, rear, fused
        return fused

    def passage_of(self, vehicle: Vehicle, lane: LaneState, layout: LaneLayout, state: PassageState) -> Passage:
        """The passage at its next revision. Nothing is changed."""
        slots = vehicle.slots
        passage_id = f"{layout.lane_id}/{vehicle.number}"
        fused = self._fused_plate(passage_id, vehicle)
        at_light, left, scale, xray = slots[STOP_LINE], slots[EXIT], slots[SCALE], slots[XRAY]
        gross, loads, spacings, _, scale_type, vehicle_class = (
            scale.content if scale else (None, (), (), None, "UNKNOWN", None)
        )
        unit, machine, operator, quality, shielding, _, _ = (
            xray.content if xray else (None,) + ("UNKNOWN",) * 3 + (None,) * 3
        )
        loads_declared = [extra.content for extra in vehicle.extras if extra.content is not None]
        return Passage(
            passage_id=passage_id,
            lane_id=layout.lane_id,
            port_code=layout.port_code,
            passage_number=vehicle.number,
            revision=vehicle.revision + 1,
            state=state,
            lane_mode=layout.mode,
            direction=DIRECTIONS[vehicle.direction],
            operating_mode=MODES[vehicle.operating_mode],
            entered_at=entered_at(vehicle, layout),
            at_light_at=at_light.at if at_light else None,
            at_light_received_at=at_light.received_at if at_light else None,
            at_light_reading_id=at_light.reading_id if at_light else None,
            left_at=left.at if left else None,
            watermark_at=lane.watermark_at,
            plate_key=key_of(fused.plate, passage_id),
            plate=fused.plate,
            jurisdiction=jurisdiction_of(vehicle),
            plate_candidates=fused.candidates,
            front_rear_agree=fused.front_rear_agree,
            gross_weight_kg=gross,
            axle_loads_kg=tuple(loads),
            axle_spacings_m=tuple(spacings),
            scale_type=SCALE_TYPES[scale_type],
            vehicle_class=vehicle_class,
            xray_unit_id=unit,
            xray_machine_decision=DECISIONS[machine],
            xray_operator_decision=DECISIONS[operator],
            xray_scan_quality=QUALITIES[quality],
            xray_shielding_indicator=shielding,
            declared_load_kg=loads_declared[-1] if loads_declared else None,
            officer_id=vehicle.officer_id or lane.officer_id,
            images=images_of(vehicle),
            readings=tuple(
                [
                    ReadingReference(reading_id=seen.reading_id, sensor=seen.sensor, observed_at=seen.observed_at)
                    for seen in (*slots, *vehicle.extras)
                    if seen is not None
                ]
            ),
            silent_sensors=silent_sensors(vehicle, lane, state),
            join_probability=vehicle.join_probability,
            first_reading_digest=vehicle.first_reading_digest,
        )
