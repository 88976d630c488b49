"""The same answers over HTTP, real requests against a real server."""

import asyncio
import json

import pytest

import streams.http_server
from schemas.records import Light
from schemas.trace_context import trace_id_of_reading
from streams.light.server import HTTP_CONNECTIONS_MAX
from tests.exposition import complaints_of
from tests.light.serving import HOST, Serving, fresh, run


def test_the_light_is_told_as_json_without_a_reason() -> None:
    async def conversation(light: Serving) -> None:
        light.see(fresh(1042, Light.RED, at_light_reading_id="loop/1"))
        path = "/v1/lanes/2301/03/passages/1042/light"
        status, body = await light.get(path, "X-Controller-Id: controller-3")
        assert (status, json.loads(body)) == (200, {"lane_id": "2301/03", "passage_number": 1042, "light": "RED"})
        status, body = await light.get("/v1/lanes/2301/03/readings/loop/1/light")
        assert (status, json.loads(body)) == (200, {"lane_id": "2301/03", "reading_id": "loop/1", "light": "RED"})
        (answer,) = light.kept.answers
        assert answer.controller_id == "controller-3"

    run(conversation)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/lanes/2301/99/passages/1/light", 404),
        ("/v1/lanes/2301/03/passages/x/light", 400),
        ("/v1/lanes/2301/03/passages/%D9%A1/light", 400),  # a digit, but not ours
        ("/v1/lanes/2301/03/passages/0/light", 400),
        ("/v1/lanes/2301/03/passages/1/light?mode=PARADE", 400),
        ("/v1/lanes/2301/03/passages/1/light?mode=UNKNOWN", 400),
        ("/v1/lanes/2301/03/readings/" + "r" * 129 + "/light", 400),
        ("/v1/lanes/2301/03", 404),
    ],
)
def test_what_cannot_be_asked_is_refused(path: str, status: int) -> None:
    async def conversation(light: Serving) -> None:
        assert (await light.get(path))[0] == status
        assert light.kept.answers == []

    run(conversation)


@pytest.mark.parametrize(
    ("headers", "host", "status"),
    [
        (("X-Controller-Id: c",), "127.0.0.1:7331", 200),
        (("X-Controller-Id: c",), "[::1]:7331", 200),
        (("X-Controller-Id: c",), "LIGHT:7331", 200),
        (("X-Controller-Id: c", "Origin: http://light:7331"), "light:7331", 200),
        (("Accept: image/*",), "light", 403),  # what a page's <img> sends: a bare GET
        (("X-Controller-Id: c",), "evil.example:7331", 403),  # a name that was made to lead here
        (("X-Controller-Id: c",), "light.evil.example", 403),
        (("X-Controller-Id: c",), "[::", 403),
        (("X-Controller-Id: c", "Origin: http://evil.example"), "light", 403),
        (("X-Controller-Id: c", "Origin: null"), "light", 403),
    ],
)
def test_a_page_of_another_site_cannot_ask(headers: tuple[str, ...], host: str, status: int) -> None:
    async def conversation(light: Serving) -> None:
        path = "/v1/lanes/2301/03/passages/1/light"
        assert (await light.get(path, *headers, host=host))[0] == status
        assert len(light.kept.answers) == (status == 200)
        assert light.count("border_light_refusals_total", reason="foreign") == (status == 403)

    run(conversation)


def test_as_many_controllers_as_there_are_lanes_keep_their_connections() -> None:
    async def conversation(light: Serving) -> None:
        open_ones = []
        for _ in range(400):
            reader, writer = await asyncio.open_connection(HOST, light.http_port)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: l\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            open_ones.append((reader, writer))
        reader, writer = open_ones[0]
        writer.write(b"GET /livez HTTP/1.1\r\nHost: l\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        for _, writer in open_ones:
            writer.close()

    run(conversation)


def test_who_holds_all_connections_in_silence_keeps_nobody_out() -> None:
    async def conversation(light: Serving) -> None:
        silent = [await asyncio.open_connection(HOST, light.http_port) for _ in range(HTTP_CONNECTIONS_MAX + 50)]
        assert (await light.get("/livez"))[0] == 200
        for reader, _ in silent[:51]:
            assert await reader.read() == b""  # they went for those who came
        reader, writer = silent[-1]
        writer.write(b"GET /livez HTTP/1.1\r\nHost: l\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        for _, writer in silent:
            writer.close()

    run(conversation)


def test_too_many_vehicles_of_a_lane_are_refused() -> None:
    async def conversation(light: Serving) -> None:
        statuses = [(await light.get(f"/v1/lanes/2301/03/passages/{n}/light"))[0] for n in range(1, 63)]
        assert statuses == [200] * 60 + [429] * 2

    run(conversation)


def test_it_says_whether_it_lives_is_ready_and_what_it_counted() -> None:
    async def conversation(light: Serving) -> None:
        assert (await light.get("/livez"))[0] == 200
        assert (await light.get("/readyz"))[0] == 503
        light.ready = True
        assert (await light.get("/readyz"))[0] == 200
        await light.get("/v1/lanes/2301/03/passages/1/light")
        status, body = await light.get("/metrics")
        assert status == 200 and 'border_light_answers_total{kind="fallback",port="2301"} 1.0' in body

    run(conversation)


def test_a_lot_is_logged_and_measured_with_the_trace_of_the_reading_that_is_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def conversation(light: Serving) -> None:
        await light.get("/v1/lanes/2301/03/readings/loop/1/light")
        await light.get("/v1/lanes/2301/03/passages/7/light")
        (of_reading, of_number) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert of_reading["event"] == of_number["event"] == "light_fallback"
        assert of_reading["trace_id"] == trace_id_of_reading("loop/1")
        assert "trace_id" not in of_number  # which reading that vehicle came by is not known
        accept = ("X-Controller-Id: c-1", "Accept: application/openmetrics-text; version=1.0.0")
        _, body = await light.get("/metrics", *accept)
        assert body.count(f'# {{trace_id="{trace_id_of_reading("loop/1")}"}}') == 1

    run(conversation)


def test_promtool_has_no_complaint_of_a_running_light_server() -> None:
    async def conversation(light: Serving) -> None:
        await light.get("/v1/lanes/2301/03/passages/1/light")
        assert complaints_of((await light.get("/metrics"))[1]) == ""

    run(conversation)


def test_a_ports_lights_of_every_kind_are_counted_from_zero_before_the_first_so_that_it_is_an_increase() -> None:
    async def conversation(light: Serving) -> None:
        def counts(port: str) -> list[float | None]:
            value = light.telemetry.registry.get_sample_value
            kinds = ("selection", "override", "fallback")
            return [value("border_light_answers_total", {"port": port, "kind": kind}) for kind in kinds]

        assert (counts("2301"), counts("MX-370")) == ([0, 0, 0], [None] * 3)
        published = {"lane_id": "MX-370/01", "passage_id": "MX-370/01/1", "port_code": "MX-370"}
        light.see(fresh(1, **published))  # known by its first selection
        assert counts("MX-370") == [0, 0, 0]
        await light.get("/v1/lanes/2301/03/passages/1/light")
        assert counts("2301") == [0, 0, 1]

    run(conversation)


def test_a_request_without_end_and_a_head_without_end_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.http_server, "REQUEST_SECONDS", 0.2)

    async def conversation(light: Serving) -> None:
        assert await light.send(b"GET /livez HTTP/1.1\r\nHost: l") == b""
        assert await light.send(b"") == b""
        said = await light.send(b"GET /livez HTTP/1.1\r\nX: " + b"x" * 100_000)
        assert said.startswith(b"HTTP/1.1 400")
        reader, writer = await asyncio.open_connection(HOST, light.http_port)
        for _ in range(3):  # one connection for several requests, longer than a single one may take
            writer.write(b"GET /livez HTTP/1.1\r\nHost: l\r\n\r\n")
            assert (await reader.readuntil(b"}")).endswith(b'{"alive":true}')
        writer.close()

    run(conversation)
