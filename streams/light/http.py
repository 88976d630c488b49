"""The same answers over HTTP, and what Prometheus and whoever starts the server ask.

    GET /v1/lanes/2301/03/passages/1042/light    {"lane_id": "2301/03", "passage_number": 1042, "light": "RED"}
    GET /v1/lanes/2301/03/readings/<id>/light    the same by the controller's own AT_LIGHT reading
    …?mode=EXERCISE                              of a drill
    GET /livez, /readyz, /metrics

Who asks for a light says who it is, for the log, in the header `X-Controller-Id`. No page of another site can make a
browser send that, nor may it ask under a name that leads here: whoever opens such a page would ask for it. What cannot
be answered is {"error": why} with status 400, 403, 404 or 429.
"""

import ipaddress
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.records import OperatingMode
from schemas.telemetry.exposition import tell_process
from schemas.telemetry.routes import operators_routes
from streams.core.light.questions import Question
from streams.light.lines import NUMBER_DIGITS_MAX
from streams.light.service import LightService, Refused
from streams.light.telemetry import LightTelemetry

CONTROLLER_HEADER: Final = "x-controller-id"
STATUSES: Final = {"unknown_lane": 404, "too_many": 429}


class Foreign(Exception):
    """A request that a page of another site may have had a browser send."""


def light_app(
    service: LightService, telemetry: LightTelemetry, is_ready: Callable[[], bool], names: Collection[str]
) -> Starlette:
    """The application; `is_ready` once all that was in the log has been read. `names`: hosts by which lights may be
    asked for, besides addresses and localhost."""
    hosts = {"localhost", *[name.lower() for name in names]}

    async def by_number(request: Request) -> Response:
        number = request.path_params["number"]
        if not number.isascii() or not number.isdigit() or len(number) > NUMBER_DIGITS_MAX:
            return refusal(400, f"a passage's number is up to {NUMBER_DIGITS_MAX} digits")
        return await answer(request, int(number), None)

    async def by_reading(request: Request) -> Response:
        return await answer(request, None, request.path_params["reading_id"])

    async def answer(request: Request, number: int | None, reading_id: str | None) -> Response:
        try:
            check_origin(request, hosts)
        except Foreign as error:
            telemetry.refused("foreign")
            return refusal(403, str(error))
        mode = request.query_params.get("mode", OperatingMode.OPERATIONAL.value)
        if mode not in list(OperatingMode):
            return refusal(400, "there is no such mode")
        lane_id = f"{request.path_params['port']}/{request.path_params['lane']}"
        question = Question(lane_id, OperatingMode(mode), number, reading_id)
        try:
            told = await service.answer(question, request.headers.get(CONTROLLER_HEADER))
        except Refused as error:
            return refusal(STATUSES.get(error.reason, 400), str(error))
        asked = {"passage_number": number} if reading_id is None else {"reading_id": reading_id}
        return json({"lane_id": lane_id, **asked, "light": told.light})

    tell_process(telemetry.registry, "light", is_ready)
    return Starlette(
        routes=[
            Route("/v1/lanes/{port}/{lane}/passages/{number}/light", by_number),
            Route("/v1/lanes/{port}/{lane}/readings/{reading_id:path}/light", by_reading),
            *operators_routes(telemetry.registry, is_ready),
        ]
    )


def check_origin(request: Request, hosts: Collection[str]) -> None:
    """Raises Foreign unless the request says which controller asks, under a name of this server."""
    if CONTROLLER_HEADER not in request.headers:
        raise Foreign("the header X-Controller-Id must say who asks")
    host = request.headers.get("host", "")
    if not is_own(host, hosts):
        raise Foreign("this is not a name of this server")
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        raise Foreign("a page of another site asks")


def is_own(host: str, hosts: Collection[str]) -> bool:
    """Whether a Host header names this server. An address does: only a name can be made to lead elsewhere."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in hosts:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def json(value: object, status: int = 200) -> Response:
    """A JSON answer that nobody keeps: the light of a moment ago is not the light."""
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(value), status, headers, "application/json")


def refusal(status: int, why: str) -> Response:
    """Why a question cannot be answered."""
    return json({"error": why}, status)
