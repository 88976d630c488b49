"""A mobile X-ray unit in a shift: handed over between lanes while its gateway is killed; held against the log."""

import asyncio
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deploy.chaos.edge_site import GatewayProcess, emulated, write_site
from deploy.chaos.log import read_log
from deploy.cli import main
from deploy.local.platform import LocalPlatform
from schemas.container import LogRecord
from schemas.layout import load_lanes
from schemas.records import UnitAssignment, XrayScan
from schemas.topics import LANE_BACKLOG, LANE_READINGS, Topic
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.replay import StageReplay
from streams.core.stage import Stage
from tests.support import eventually

pytestmark = pytest.mark.integration

UNIT = "roaming-1"
LANES = ("2301/01", "2301/02")
SCANS = 120


def log_of(platform: LocalPlatform, topic: Topic) -> list[LogRecord]:
    """What a topic holds of the unit, in the order of its partitions."""
    records = []
    for row in sorted(read_log(platform.broker, topic), key=lambda row: (row.partition, row.offset)):
        value: Any = platform.codec.decode(row.value)
        if getattr(value, "unit_id", None) == UNIT:
            records.append(LogRecord(topic.name, row.partition, row.offset, row.appended_at * 1000, row.key, value))
    return records


def refused_by(stage: Stage, log: list[LogRecord]) -> Counter[str]:
    """What a stage makes dead letters of, by reason."""
    replay = StageReplay(stage)
    for record in log:
        replay.advance(record)
    replay.finish()
    return replay.dead_letters


def test_a_unit_that_is_handed_over_loses_no_scan_and_each_is_of_the_lane_it_stood_in(
    tmp_path: Path, platform: LocalPlatform
) -> None:
    config = write_site(tmp_path, {UNIT: ("xray_json", ",".join(LANES))})
    gateway = GatewayProcess(config, platform.broker, platform.registry_url)
    (device,) = emulated(gateway.site, 7)
    speaking = threading.Thread(target=lambda: asyncio.run(device.run(SCANS, 15.0)), daemon=True)

    def assign(lane: str) -> None:
        command = ["sensor", "assign", str(config), UNIT, lane, "--by", "engineer-7"]
        eventually(lambda: main(command) == 0, 60, "the order")

    def wait_for(scans: int) -> None:
        eventually(lambda: len(device.record.kept) >= scans, 60, "the unit's scans")

    try:
        gateway.start()
        assign(LANES[0])
        speaking.start()
        for turn in range(1, 4):
            wait_for(turn * SCANS // 4)
            assign(LANES[turn % 2])
            gateway.kill()
            gateway.start()
            assign(LANES[turn % 2])  # as by who did not see the answer
        speaking.join(120)
        assert not speaking.is_alive()
        eventually(lambda: gateway.metric("border_gateway_kept") == 0, 60, "the delivery of all that is kept")
        assert gateway.stop() == 0
    finally:
        gateway.end()
    assert device.record.wrong == [] and len(device.record.kept) == SCANS

    live, backlog = log_of(platform, LANE_READINGS), log_of(platform, LANE_BACKLOG)
    told = [record.value for record in (*live, *backlog)]
    assignments: dict[str, UnitAssignment] = {}
    for one in told:
        if isinstance(one, UnitAssignment):
            known = assignments.get(one.assignment_id)
            assignments[one.assignment_id] = one if known is None or known.revision < one.revision else known
    assert sorted(one.lane_id for one in assignments.values()) == [LANES[0]] * 2 + [LANES[1]] * 2
    scans = [one for one in told if isinstance(one, XrayScan)]
    assert {one.reading_id for one in scans} == set(device.record.kept)
    for scan in scans:
        stay, at = assignments[scan.assignment_id or ""], min(scan.observed_at, scan.received_at)
        assert stay.lane_id == scan.lane_id
        assert stay.from_at <= at and (stay.until_at is None or at < stay.until_at)
    # A scan that came several times, for its answer was lost, is one scan of one lane; either lane had many.
    assert len({(one.reading_id, one.lane_id) for one in scans}) == SCANS
    assert min(Counter(one.lane_id for one in scans).values()) > SCANS // 4
    # Faster than vehicles are: what it had to say while the gateway was away came in some seconds.
    assert refused_by(LanesStage(load_lanes()), live).keys() <= {"flood"}
    assert refused_by(BacklogStage(load_lanes()), backlog).keys() <= {"flood"}
