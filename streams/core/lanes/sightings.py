"""What a reading says of a vehicle: by which sensor it was seen, when, and whether that was said before."""

import zlib
from typing import Any, Final

from schemas.records import ImageSource, LaneEvent, LaneEventKind, PlateRead, Weighing
from streams.core.lanes.slots import ENTRY, EXIT, FRONT, LOOPS, REAR, SCALE, STOP_LINE, TERMINAL, XRAY
from streams.core.lanes.state import LaneState, Seen, Vehicle
from streams.core.lanes.validation import SECOND
from streams.core.plates import fold, normalise_plate

# A device this far from its gateway has a wrong clock rather than a slow line: its reading is placed by the gateway's.
CLOCK_OFF_MAX: Final = 300 * SECOND
CLOCK_AHEAD_MAX: Final = 2 * SECOND
USUAL_DELAY: Final = SECOND // 10
# What two readings of one device take on their way differs by no more than this.
LINE_DELAY_MAX: Final = 5 * SECOND
# Ids remembered per lane, about 20 vehicles; a device's retry comes within seconds.
RECENT_IDS_MAX: Final = 128
# Two vehicles' fronts are this far apart at the very least: 5.6 m at 9 m/s are 0.62 s. What comes sooner is a loop's
# contact bouncing.
BOUNCE: Final = SECOND // 2
# A camera that reads a passing vehicle several times does so within a second and a half: its field of view is 4 to 6 m
# long, which takes that at walking pace. Two vehicles follow within it only nose to tail; their plates differ.
FRAMES_APART: Final = 3 * SECOND // 2
# Frames kept of one vehicle and camera; more add nothing that the first ones did not say.
FRAMES_MAX: Final = 7
# A stop line that speaks again within this, while nobody has left, says that the vehicle moved a little.
SAME_STOP: Final = 2 * SECOND
# Of a lane's usual stop at the light; what lasts longer is no stop but a closed lane.
STOP_LEAST: Final = SECOND // 2
STOP_MOST: Final = 60 * SECOND
STOP_ENDLESS: Final = 300 * SECOND

LOOP_SLOTS: Final = {LaneEventKind.ENTERED: ENTRY, LaneEventKind.AT_LIGHT: STOP_LINE, LaneEventKind.LEFT: EXIT}


def slot_and_content(reading: Any) -> tuple[int, Any]:
    """The slot of a reading, TERMINAL for what an officer says and for a vehicle backing out; what is kept of it."""
    kind = type(reading)
    if kind is LaneEvent:
        return LOOP_SLOTS.get(reading.kind, TERMINAL), reading.declared_load_kg
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


def seen_time(observed_at: int, received_at: int) -> int:
    """When the device saw it; by the gateway's clock if the device's is impossibly far off."""
    if -CLOCK_AHEAD_MAX <= received_at - observed_at <= CLOCK_OFF_MAX:
        return observed_at
    return received_at - USUAL_DELAY


def fingerprint(reading_id: str) -> int:
    """64 bits of an id: among 128 ids, two different ones agree less than once in 10^16 readings."""
    data = reading_id.encode()
    return zlib.crc32(data) << 32 | zlib.crc32(data[::-1])


def remember(lane: LaneState, mark: int) -> None:
    """Remember a reading's fingerprint and forget the oldest."""
    lane.recent_ids[mark] = True
    if len(lane.recent_ids) > RECENT_IDS_MAX:
        del lane.recent_ids[next(iter(lane.recent_ids))]


def is_bounce(lane: LaneState, slot: int, seen: Seen) -> bool:
    """Whether a loop says twice at once that a vehicle is there."""
    return slot in LOOPS and said_together(lane, slot, seen, BOUNCE)


def vehicle_of_frame(lane: LaneState, slot: int, seen: Seen) -> Vehicle | None:
    """The vehicle that a camera has just read and reads once more; None if it may be another vehicle's."""
    if slot != FRONT and slot != REAR:
        return None
    for vehicle in reversed(lane.vehicles):
        before = vehicle.slots[slot]
        if before is not None:
            last = before.frames[-1] if before.frames else before
            at_once = abs(seen.at - last.at) < BOUNCE
            if abs(seen.at - before.at) < FRAMES_APART and (at_once or have_a_plate_in_common(before, seen)):
                return vehicle
            if before.at < seen.at:
                return None  # those ahead were read earlier still
    return None


def have_a_plate_in_common(one: Seen, other: Seen) -> bool:
    """Whether two reads hold plates that fold to the same."""
    folded = {fold(normalise_plate(plate)) for plate, _ in one.content[0]}
    return not folded.isdisjoint([fold(normalise_plate(plate)) for plate, _ in other.content[0]])


def is_same_stop(lane: LaneState, seen: Seen) -> bool:
    """Whether a stop line speaks again so soon, and nobody has left, that the vehicle there has only moved a little."""
    return lane.at_light_at != 0 and said_together(lane, STOP_LINE, seen, SAME_STOP)


def said_together(lane: LaneState, slot: int, seen: Seen, within: int) -> bool:
    """Whether a loop saw two vehicles within a time, and also said so together: its clock may stand still."""
    together = abs(seen.received_at - lane.loop_received_at[slot]) < within + LINE_DELAY_MAX
    return together and abs(seen.at - lane.loop_at[slot]) < within


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
