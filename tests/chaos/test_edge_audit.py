"""The audit of an edge run tells what is wrong with a log; and faults are drawn as the plan says."""

from collections.abc import Sequence

import pytest

from deploy.chaos.edge import EdgePlan, faults_of
from deploy.chaos.edge_audit import audit
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from producers.emulators.device import Record
from producers.publisher import Publisher
from schemas.records import Direction, LaneEvent, LaneEventKind, OperatingMode
from schemas.topics import LANE_BACKLOG, LANE_READINGS, Topic

LANE = "2301/07"


def event(device_id: str, number: int, received_at: int) -> LaneEvent:
    """A reading of this device and number."""
    return LaneEvent(
        reading_id=f"{device_id}/{number}",
        lane_id=LANE,
        device_id=device_id,
        observed_at=received_at,
        received_at=received_at,
        operating_mode=OperatingMode.TEST,
        direction=Direction.SOUTHBOUND,
        kind=LaneEventKind.ENTERED,
    )


def log(
    platform: LocalPlatform, topic: Topic, device_id: str, numbers: Sequence[int], late: Sequence[int] = ()
) -> None:
    """Write readings of these numbers, received in their order but for those that are late."""
    with Publisher(platform.broker, platform.codec, topic) as publisher:
        for place, number in enumerate(numbers):
            publisher.publish(event(device_id, number, 1_000_000 - number if number in late else 1_000_000 + place))


def told(device_id: str, count: int) -> dict[str, Record]:
    """A device that was told that so many readings are kept."""
    return {device_id: Record(kept=dict.fromkeys(f"{device_id}/{number}" for number in range(1, count + 1)))}


@pytest.mark.integration
def test_the_audit_finds_what_is_lost_more_and_out_of_order(platform: LocalPlatform) -> None:
    def verdict(name: str, count: int) -> tuple[int, int, int, int]:
        found = audit(platform.broker, platform.codec, told(name, count))
        return found.lost, found.extra, found.out_of_order, found.repeated

    log(platform, LANE_READINGS, "audit-a", [1, 2, 2, 3, 2, 3, 4])
    assert verdict("audit-a", 4) == (0, 0, 0, 3)
    assert verdict("audit-a", 6) == (2, 0, 0, 3)
    assert verdict("audit-a", 3) == (0, 1, 0, 3)
    log(platform, LANE_READINGS, "audit-b", [1, 3, 2, 4])
    assert verdict("audit-b", 4) == (0, 0, 1, 0)
    log(platform, LANE_READINGS, "audit-c", [1, 2, 3], late=[3])
    assert verdict("audit-c", 3) == (0, 0, 1, 0)
    log(platform, LANE_READINGS, "audit-d", [3, 4])  # young ones first
    log(platform, LANE_BACKLOG, "audit-d", [1, 2])
    assert verdict("audit-d", 4) == (0, 0, 0, 0)


def test_faults_are_drawn_by_the_seed_and_fit_into_the_minutes() -> None:
    faults = faults_of(EdgePlan(6.0, 20, 1))
    names = [fault.name for fault in faults]
    assert (names.count("kill"), names.count("flap"), names.count("broker"), names.count("disk")) == (20, 18, 1, 1)
    assert all(0 < fault.at < 360 for fault in faults)
    assert faults == faults_of(EdgePlan(6.0, 20, 1)) != faults_of(EdgePlan(6.0, 20, 2))
    with pytest.raises(UserError, match="2 or more"):
        faults_of(EdgePlan(1.0, 20, 1))
