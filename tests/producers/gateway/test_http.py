"""HTTP into the gateway, over real sockets: what devices get, and what hostile clients cost."""

import asyncio
import gzip
import json
import re
import socket
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import producers.http_server
from deploy.chaos.edge_site import way_of, write_site
from producers.emulators.speech import SPEECH
from producers.formats.reading_format import PAYLOAD_BYTES_MAX
from producers.gateway.identity import Identities
from producers.gateway.intake import LANE_QUEUE, QUEUES, Intake
from producers.gateway.process import schemas_kept
from producers.gateway.telemetry import GatewayTelemetry
from producers.gateway.web import gateway_app
from producers.http_server import HttpServer
from producers.site import Site, load_site
from producers.spool.spool import Spool
from producers.spool.store import SpoolStore
from tests.exposition import complaints_of

DEVICES = {
    "front-1": ("openalpr", "2301/01"),
    "scale-1": ("cloudevents", "2301/01"),
    "loop-1": ("loop_line", "2301/01"),
}
SCHEMAS = schemas_kept()


class Serving:
    """An intake behind HTTP, in a thread; `port`, `site`, `store`, `intake` once it listens."""

    def __init__(self, directory: Path, config: Path | None = None, **store: Any) -> None:
        self.site: Site = load_site(config or write_site(directory, DEVICES))
        self.telemetry = GatewayTelemetry([one.device.device_id for one in self.site.devices], QUEUES)
        self._directory, self._options = directory, store
        self._ready, self._stop = Event(), asyncio.Event()
        self.port = 0

    async def serve(self) -> None:
        """Listen until stopped."""
        self._loop = asyncio.get_running_loop()
        options = {"bytes_max": 1 << 30} | self._options
        store = SpoolStore(self._directory / "spool", QUEUES, SCHEMAS, **options)
        self.spool = Spool(store, QUEUES, 0.005)
        self.intake = Intake(self.site, self.spool, self.telemetry)
        assert self.site.http is not None
        identities = Identities(self.site.devices, self.site.http.operator_key_file)
        server = HttpServer(gateway_app(self.intake, identities, lambda: not self.spool.is_full))
        self.port = await server.start("127.0.0.1", 0)
        self._ready.set()
        await self._stop.wait()
        await server.stop()
        await self.spool.close()

    def key(self, device_id: str) -> str:
        """A device's key."""
        return way_of(self.site, device_id).key

    def said(self, device_id: str, number: int = 1) -> bytes:
        """What a device says."""
        one = self.site.device(device_id)
        assert one is not None
        return SPEECH[one.device.format](one.device, number, time.time_ns() // 1000)

    def post(self, device_id: str, body: bytes, key: str | None = None, *headers: str) -> tuple[int, dict[str, Any]]:
        """Post as a device; status and answer."""
        head = [
            f"POST /devices/{device_id}/readings HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self.key(device_id) if key is None else key}",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        return self.ask("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def ask(self, request: bytes) -> tuple[int, dict[str, Any]]:
        """Send bytes; status and JSON of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += line.recv(65_536)
            head, _, body = answer.partition(b"\r\n\r\n")
            length = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
            while len(body) < length:
                body += line.recv(65_536)
        status = int(head.split(b" ", 2)[1])
        return status, json.loads(body) if body.startswith(b"{") else {"text": body.decode()}

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value now."""
        return self.telemetry.registry.get_sample_value(name, labels) or 0.0


@contextmanager
def serving(directory: Path, config: Path | None = None, **store: Any) -> Iterator[Serving]:
    """A server in a thread, of a site that is written if none is given."""
    served = Serving(directory, config, **store)
    thread = Thread(target=lambda: asyncio.run(served.serve()), daemon=True)
    thread.start()
    assert served._ready.wait(60)
    try:
        yield served
    finally:
        served._loop.call_soon_threadsafe(served._stop.set)
        thread.join(60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as served:
        yield served


def test_a_reading_is_on_disk_when_its_device_hears_of_it(server: Serving) -> None:
    status, answer = server.post("front-1", server.said("front-1"))
    assert status == 200
    assert answer == {"accepted": ["front-1/front-1-1/0"], "rejected": []}
    assert server.spool.counts[LANE_QUEUE].readings == 1
    assert server.metric("border_gateway_readings_total", device="front-1") == 1


def test_a_batch_tells_of_each_of_its_readings_and_gzip_is_the_same(server: Serving) -> None:
    good = json.loads(server.said("scale-1", 7))
    batch = json.dumps([good, good | {"id": "8", "data": {"gross_weight_kg": -1.0}}, good | {"id": "9"}]).encode()
    plain = server.post("scale-1", batch)
    assert plain[0] == 200
    assert len(set(plain[1]["accepted"])) == 2
    assert len(plain[1]["rejected"]) == 1
    assert server.post("scale-1", gzip.compress(batch), None, "Content-Encoding: gzip") == plain


def test_who_has_no_key_or_another_devices_is_refused_and_counted(server: Serving) -> None:
    body = server.said("front-1")
    assert server.post("front-1", body, "")[0] == 401
    assert server.post("front-1", body, server.key("scale-1"))[0] == 401
    assert server.post("loop-1", server.said("loop-1"))[0] == 401  # comes in by lines
    unknown = server.post("front-9", body, server.key("front-1"))
    assert unknown == server.post("front-1", body, "x" * 64)  # who guesses learns no ids
    assert server.metric("border_gateway_strangers_total", reason="UNAUTHORISED") == 4
    assert server.metric("border_gateway_strangers_total", reason="UNKNOWN_DEVICE") == 1
    assert server.spool.counts[LANE_QUEUE].readings == 0


def test_a_reading_of_another_lane_is_refused_and_counted(server: Serving) -> None:
    told = json.loads(server.said("scale-1"))
    told["data"]["lane_id"] = "2301/02"
    status, answer = server.post("scale-1", json.dumps(told).encode())
    assert status == 422
    assert answer["rejected"][0]["reason"] == "WRONG_LANE"
    assert server.metric("border_gateway_rejections_total", device="scale-1", reason="WRONG_LANE") == 1


def test_a_clock_far_ahead_is_refused(server: Serving) -> None:
    told = json.loads(server.said("scale-1")) | {"time": "2040-01-01T00:00:00Z"}
    status, answer = server.post("scale-1", json.dumps(told).encode())
    assert status == 422
    assert answer["rejected"][0]["reason"] == "CLOCK"


def test_a_body_of_a_gigabyte_is_refused_without_reading_it(server: Serving) -> None:
    head = f"POST /devices/front-1/readings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key('front-1')}\r\n"
    status, answer = server.ask(head.encode() + b"Content-Length: 1073741824\r\n\r\n" + b"x" * 1000)
    assert status == 413
    assert answer["rejected"][0]["reason"] == "TOO_LARGE"
    # Without a length it is read as far as the bound.
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line, pytest.raises(OSError):
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(100_000):
            line.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
    assert server.post("front-1", server.said("front-1"))[0] == 200


def test_a_zip_bomb_is_unpacked_no_further_than_the_bound(server: Serving) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(b"\0" * (1 << 20)) for _ in range(500)] + [packer.flush()])
    assert len(bomb) < PAYLOAD_BYTES_MAX < 500 << 20
    tracemalloc.start()
    try:
        status, answer = server.post("front-1", bomb, None, "Content-Encoding: gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (status, answer["rejected"][0]["reason"]) == (413, "TOO_LARGE")
    assert most < 8 * PAYLOAD_BYTES_MAX
    assert server.post("front-1", b"no gzip", None, "Content-Encoding: gzip")[0] == 400
    assert server.post("front-1", gzip.compress(b"{}")[:-3], None, "Content-Encoding: gzip")[0] == 400
    assert server.post("front-1", b"{}", None, "Content-Encoding: br")[0] == 415


def test_who_sends_a_byte_now_and_then_is_cut_off(server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producers.http_server, "REQUEST_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - started < 25:
                line.sendall(b"P")
                time.sleep(0.05)
                line.setblocking(False)
                try:
                    if line.recv(1) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                line.setblocking(True)
        assert time.monotonic() - started < 20  # without it 30 s, or for ever


def test_of_too_many_connections_the_silent_ones_go(server: Serving) -> None:
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(300)]
    try:
        assert server.post("front-1", server.said("front-1"))[0] == 200
    finally:
        for line in lines:
            line.close()


def test_a_full_spool_tells_devices_to_come_again_and_is_not_ready(tmp_path: Path) -> None:
    with serving(tmp_path, bytes_max=260_000) as server:
        number = 0
        while (answer := server.post("front-1", server.said("front-1", number)))[0] == 200:
            number += 1
            assert number < 10_000
        assert number > 100
        assert answer[0] == 503
        assert answer[1]["rejected"][0]["reason"] == "TOO_MANY"
        assert server.spool.counts[LANE_QUEUE].readings == number
        assert server.metric("border_gateway_full_total") >= 1


def test_prometheus_and_supervisors_are_answered(server: Serving) -> None:
    assert server.ask(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
    assert server.ask(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
    status, answer = server.ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 200
    assert 'border_gateway_kept{queue="border.lane.readings.v1"} 0.0' in answer["text"]
    assert 'border_ready{process="gateway",stage=""} 1.0' in answer["text"]


def test_promtool_has_no_complaint_of_a_running_gateway(server: Serving) -> None:
    server.post("front-1", server.said("front-1", 1))
    assert complaints_of(server.ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")[1]["text"]) == ""
