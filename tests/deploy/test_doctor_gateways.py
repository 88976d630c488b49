"""`border doctor` and gateways: as bad as what their own metrics tell."""

import math
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from prometheus_client import CollectorRegistry, Gauge

from deploy.doctor.check import Level
from deploy.doctor.gateways import GatewayFound, check_gateway, check_gateways, describe_gateway
from deploy.scrape import GatewayState
from producers.gateway.telemetry import GatewayTelemetry
from schemas.telemetry import health
from schemas.telemetry.disk import tell_disk

GIB = 1 << 30
DEVICES = ("front-1", "scale-1", "loop-1")
QUEUE = "border.lane.readings.v1"


def state(**values: object) -> GatewayState:
    usual = {"name": "gateway-2301", "ready": True, "answers": True, "devices": len(DEVICES)}
    return GatewayState(**usual | values)  # type: ignore[arg-type]


def gateway(values: dict[str, object], **more: object) -> GatewayFound:
    return GatewayFound(state(**values), **{"free_bytes": 40.0 * GIB} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "level", "says"),
    [
        (gateway({}), Level.OK, "ready, 3 devices, 0 readings not delivered"),
        (gateway({"answers": False, "ready": False}), Level.FAIL, "does not answer"),
        (gateway({"ready": False}), Level.FAIL, "takes no readings"),
        (gateway({"kept": 900, "oldest_seconds": 25.0}), Level.WARN, "900 readings not delivered, the oldest 25.0 s"),
        (gateway({"kept": 9000, "oldest_seconds": 90.0}), Level.FAIL, "the oldest 90.0 s"),
        (gateway({}, is_full=True, spool_bytes=512 * (1 << 20)), Level.FAIL, "its spool is full: 40.0 GiB free"),
        (gateway({}, free_bytes=4.0 * GIB), Level.WARN, "4.0 GiB free"),
        (gateway({}, free_bytes=0.5 * GIB), Level.FAIL, "0.5 GiB free"),
        (gateway({}, free_bytes=math.nan), Level.WARN, "cannot tell how much is free"),
        (gateway({}, lacking=("a", "b")), Level.FAIL, "answers, but is no gateway: it does not tell a, b"),
        (gateway({}, damaged=2), Level.FAIL, "2 readings have changed"),
        (gateway({}, clocks_wrong=("scale-1",)), Level.WARN, "clocks are off of scale-1"),
        (gateway({"devices": 9}, clocks_wrong=tuple("abcdefg")), Level.WARN, "of a, b, c, d, e and 2 more"),
        (gateway({}, clocks_wrong=DEVICES), Level.WARN, "all its 3 devices are off, against its own"),
    ],
)
def test_a_gateway_is_as_bad_as_the_worst_of_it(found: GatewayFound, level: Level, says: str) -> None:
    check = check_gateway(found)
    assert (check.name, check.level) == ("gateway 2301", level)
    assert says in check.found and bool(check.mend) is (level is not Level.OK)


def test_it_is_found_as_a_gateways_metrics_tell(tmp_path: Path) -> None:
    telemetry = GatewayTelemetry(DEVICES, [QUEUE])
    tell_disk(telemetry.registry, "spool", tmp_path)
    telemetry.spool(5_000, is_full=True, damaged=1, kept={QUEUE: 7}, oldest_seconds={QUEUE: 3.5})
    telemetry.device("front-1", 0.1, False, 1.0, 1.0, 1.0)
    telemetry.device("scale-1", 700.0, True, 1.0, 1.0, 1.0)
    port = health.serve(telemetry.registry, 0, lambda: True, lambda: True)
    found = describe_gateway({"name": "gateway-2301", "metrics_port": port, "devices": 3})
    assert (found.state.ready, found.state.kept, found.state.oldest_seconds) == (True, 7, 3.5)
    assert (found.is_full, found.damaged, found.spool_bytes, found.clocks_wrong) == (True, 1, 5_000, ("scale-1",))
    assert found.free_bytes > 0
    nobody = describe_gateway({"name": "gateway-2304", "metrics_port": 1, "devices": 3})
    assert check_gateway(nobody).found == "does not answer"


class Page(BaseHTTPRequestHandler):
    """Somebody else's."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>It works: \xff</html>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_what_answers_at_its_port_and_is_no_gateway_is_said_to_be_none() -> None:
    registry = CollectorRegistry()
    Gauge("border_gateway_damaged", "One that it has.", registry=registry).set(math.nan)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        for port in (health.serve(registry, 0, lambda: True, lambda: True), server.server_port):
            check = check_gateway(describe_gateway({"name": "gateway-2301", "metrics_port": port, "devices": 3}))
            names = "border_gateway_spool_full, border_gateway_damaged, border_gateway_spool_bytes"
            assert check.found == f"answers, but is no gateway: it does not tell {names}"
            assert check.level is Level.FAIL
    finally:
        server.shutdown()
        server.server_close()


def test_where_none_runs_it_is_said_where_they_are_asked() -> None:
    assert "no platform runs in .border" in check_gateways(None, [], ".border")[0].found
    assert "without gateways" in check_gateways({"gateways": []}, [], ".border")[0].found
