"""Which mobile X-ray units stand in a lane, as its own log tells, and whether a scan is of a unit that does.

The gateway keeps the assignments, gives each scan its lane by them, and names in the scan the one that it rests on. Its
word is held here against what the lane has been told:

    the scan names         the lane knows                              the scan is
    an assignment          it, of this unit, begun by then             taken
    an assignment          it, of another unit, later or withdrawn     refused
    an assignment          nothing of it                               taken, and counted
    none                   no assignment of the unit near that time    taken: the unit is part of the lane
    none                   one that holds at the time of the scan      taken
    none                   only others, within a day                   refused: somebody tells it past its gateway

What is unknown is taken since after an outage an assignment may stand in the backlog and the scans that rest on it in
the lane's own topic, or the other way round: neither log may refuse what is right because it does not hold all.
For the same reason the end of an assignment refuses no scan that names it: an end that is known here may have been
known to the gateway by a clock that its unit's is ahead of.
"""

from typing import Final

from schemas.records import OperatingMode, UnitAssignment, XrayScan
from streams.core.lanes.state import LaneState, Stay
from streams.core.lanes.validation import SECOND
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import TIME_MAX, TIME_MIN, check_not_ahead

# Hand-overs come a few times a day: these are the last days', whatever a unit does that is told of all the time.
ASSIGNMENTS_MAX: Final = 64
# A unit that is told of without an assignment, so long after its last one ended or before its next, has come to stay.
NEAR_ASSIGNMENT: Final = 86_400 * SECOND


def check_assignment(told: UnitAssignment, key: bytes, appended_at: int) -> None:
    """Raises Rejected for a wrong key, or what cannot be an assignment."""
    if key != told.lane_id.encode():
        raise Rejected("wrong_key", "the record's key is not the assignment's lane_id")
    if told.port_code != told.lane_id.partition("/")[0]:
        raise Rejected("impossible_value", "port_code is not that of the lane")
    for text in (told.assignment_id, told.unit_id, told.assigned_by):
        if not 0 < len(text) <= ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"ids must have 1 to {ID_LENGTH_MAX} characters")
    until_at = told.from_at if told.until_at is None else told.until_at
    for at in (told.from_at, until_at, told.received_at):
        if not TIME_MIN <= at < TIME_MAX:
            raise Rejected("impossible_value", "from_at, until_at and received_at must lie in 2000 to 2100")
    if until_at < told.from_at:
        raise Rejected("impossible_value", "until_at is before from_at")
    if not 1 <= told.revision < 1 << 31:
        raise Rejected("impossible_value", "revision must be 1 or more")
    if told.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    check_not_ahead("received_at", told.received_at, appended_at)


def keep(lane: LaneState, told: UnitAssignment) -> bool:
    """Remember an assignment; False if a revision as high is known already."""
    known = lane.stays.get(told.assignment_id)
    if known is not None and known[1] >= told.revision:
        return False
    lane.stays[told.assignment_id] = told.unit_id, told.revision, told.from_at, told.until_at
    if len(lane.stays) > ASSIGNMENTS_MAX:
        del lane.stays[next(iter(lane.stays))]
    return True


def check_scan(lane: LaneState, scan: XrayScan) -> bool:
    """Whether the lane knows what a scan rests on; it is taken either way. Raises Rejected if it contradicts that."""
    at = min(scan.observed_at, scan.received_at)
    if scan.assignment_id is None:
        of_unit = [stay for stay in lane.stays.values() if stay[0] == scan.unit_id]
        if any(is_near(stay, at) for stay in of_unit) and not any(holds(stay, at) for stay in of_unit):
            raise Rejected("not_assigned", "its unit roams, and stood in another lane; send it through its gateway")
        return True
    if len(scan.assignment_id) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"assignment_id must have at most {ID_LENGTH_MAX} characters")
    known = lane.stays.get(scan.assignment_id)
    if known is None:
        return False
    unit_id, _, from_at, until_at = known
    if unit_id != scan.unit_id or at < from_at or until_at == from_at:
        raise Rejected("not_assigned", "it names an assignment of another unit, a later one, or a withdrawn one")
    return True


def holds(stay: Stay, at: int) -> bool:
    """Whether an assignment holds at a time."""
    return stay[2] <= at and (stay[3] is None or at < stay[3])


def is_near(stay: Stay, at: int) -> bool:
    """Whether one that was not withdrawn holds within a day of a time."""
    _, _, from_at, until_at = stay
    if from_at == until_at:
        return False
    return from_at - NEAR_ASSIGNMENT <= at and (until_at is None or at < until_at + NEAR_ASSIGNMENT)
