"""Orders over real sockets: who may give them, what is on disk when they are answered, and a full disk."""

import asyncio
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.chaos.edge_site import write_site
from deploy.site_writing import OPERATOR_KEY
from producers.gateway.intake import LANE_QUEUE
from schemas.codec import reader_of
from schemas.records import UnitAssignment, XrayScan
from tests.producers.gateway.test_http import Serving, serving
from tests.support import eventually

UNITS = {"mobile-3": ("xray_json", "2301/01,2301/02"), "scale-1": ("cloudevents", "2301/01")}
ORDER = {"lane_id": "2301/01", "assigned_by": "engineer-7", "from_at": None, "until_at": None}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_site(tmp_path, UNITS)


@pytest.fixture
def server(config: Path) -> Iterator[Serving]:
    with serving(config.parent, config) as served:
        yield served


def asked(server: Serving, request: str, body: bytes = b"", key: str | None = None) -> tuple[int, dict[str, Any]]:
    """Ask as the operator, or with another key."""
    own = (server.site.spool_directory.parent / OPERATOR_KEY).read_text().strip()
    head = f"{request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {own if key is None else key}\r\n"
    return server.ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def ordered(
    server: Serving, unit: str = "mobile-3", key: str | None = None, **order: Any
) -> tuple[int, dict[str, Any]]:
    return asked(server, f"POST /units/{unit}/assignments", json.dumps(ORDER | order).encode(), key)


def kept(server: Serving) -> list[Any]:
    """What waits in the spool for Kafka."""
    page = asyncio.run_coroutine_threadsafe(server.spool.read(LANE_QUEUE, 0, 1 << 60, 1000), server._loop).result(60)
    records = [(one.key, reader_of(one.schema)(one.body, 0)[0]) for one in page]
    assert all(key == record.lane_id for key, record in records)  # type: ignore[attr-defined]
    return [record for _, record in records]


def test_a_hand_over_is_on_disk_when_it_is_answered_before_what_the_unit_says_next(server: Serving) -> None:
    assert server.post("mobile-3", server.said("mobile-3", 1))[1]["rejected"][0]["reason"] == "NOT_ASSIGNED"
    status, answer = ordered(server)
    assert status == 200 and answer["standing"]["lane_id"] == "2301/01" and len(answer["changed"]) == 1
    assert server.post("mobile-3", server.said("mobile-3", 2))[0] == 200
    status, answer = ordered(server, lane_id="2301/02")
    assert status == 200 and [one["lane_id"] for one in answer["changed"]] == ["2301/01", "2301/02"]
    assert server.post("mobile-3", server.said("mobile-3", 3))[0] == 200
    first, scan, ended, second, other = kept(server)
    assert isinstance(first, UnitAssignment) and isinstance(second, UnitAssignment)
    assert (ended.assignment_id, ended.revision, ended.until_at) == (first.assignment_id, 2, second.from_at)
    assert isinstance(scan, XrayScan) and isinstance(other, XrayScan)
    assert (scan.lane_id, scan.assignment_id) == ("2301/01", first.assignment_id)
    assert (other.lane_id, other.assignment_id) == ("2301/02", second.assignment_id)
    assert server.metric("border_gateway_rejections_total", device="mobile-3", reason="NOT_ASSIGNED") == 1


def test_an_order_that_is_given_again_is_answered_alike_and_makes_no_record(server: Serving) -> None:
    _, first = ordered(server)
    status, again = ordered(server)
    assert (status, again) == (200, {"changed": [], "standing": first["standing"]})
    assert len(kept(server)) == 1


def test_only_the_operators_key_may_assign_or_look(server: Serving) -> None:
    for key in ("", "x" * 64, server.key("mobile-3"), server.key("scale-1")):
        assert ordered(server, key=key)[0] == 401
        assert asked(server, "GET /assignments", key=key)[0] == 401
    own = (server.site.spool_directory.parent / OPERATOR_KEY).read_text().strip()
    assert server.post("mobile-3", server.said("mobile-3"), own)[0] == 401
    assert kept(server) == []
    assert server.metric("border_gateway_strangers_total", reason="UNAUTHORISED") == 9


def test_what_is_no_order_is_told(server: Serving) -> None:
    post = "POST /units/mobile-3/assignments"
    for body, status, text in (
        (b"", 400, "no order"),
        (b"\xff", 400, "no order"),
        (b'{"lane_id": "2301/01"}', 400, "assigned_by"),
        (json.dumps(ORDER | {"until": 1}).encode(), 400, "until"),
        (json.dumps(ORDER | {"from_at": 1 << 200}).encode(), 409, "at most 366 days"),
        (b" " * 5_000, 413, "at most 4,096 bytes"),
        (json.dumps(ORDER | {"lane_id": "2301/03"}).encode(), 409, "does not roam there"),
    ):
        found = asked(server, post, body)
        assert found[0] == status and text in found[1]["error"], (body[:40], found)
    assert "scale-1 does not roam" in ordered(server, "scale-1")[1]["error"]
    assert kept(server) == []


def test_units_and_their_assignments_are_listed(server: Serving) -> None:
    _, first = ordered(server)
    status, answer = asked(server, "GET /assignments")
    assert status == 200
    assert answer["units"] == {"mobile-3": ["2301/01", "2301/02"]}
    assert answer["assignments"] == [first["standing"]]
    assert abs(answer["now"] - time.time_ns() // 1000) < 60_000_000


def test_on_a_full_disk_an_order_changes_nothing_and_is_taken_later(server: Serving) -> None:
    ordered(server)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))  # as a full disk
    try:
        status, answer = ordered(server, lane_id="2301/02")
        assert status == 503 and "nothing was changed" in answer["error"] and "/" not in answer["error"]
        assert [one["lane_id"] for one in asked(server, "GET /assignments")[1]["assignments"]] == ["2301/01"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    eventually(lambda: ordered(server, lane_id="2301/02")[0] == 200, 60, "the order once there is room")
    assert [record.lane_id for record in kept(server)] == ["2301/01", "2301/01", "2301/02"]


def test_the_next_gateway_knows_what_was_told_to_the_last(config: Path) -> None:
    with serving(config.parent, config) as server:
        ordered(server)
        said = server.said("mobile-3", 1)
        assert server.post("mobile-3", said)[0] == 200
        ordered(server, lane_id="2301/02")
        before = asked(server, "GET /assignments")[1]["assignments"]
    with serving(config.parent, config) as server:
        assert asked(server, "GET /assignments")[1]["assignments"] == before
        assert ordered(server, lane_id="2301/02")[1]["changed"] == []
        assert server.post("mobile-3", said)[0] == 200
        scans = [record for record in kept(server) if isinstance(record, XrayScan)]
        assert [(scan.reading_id, scan.lane_id) for scan in scans] == [("mobile-3/S1/1", "2301/01")] * 2
