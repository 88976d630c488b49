"""The sharing service over HTTP: JSON in and out, bytes in base64. `Authorization: Bearer AGENCY:secret`.

    GET    /v1/agreement                                    what is agreed, and what was used of it today
    POST   /v1/lodgings          {case, plates, valid_until}
    GET    /v1/lodgings
    DELETE /v1/lodgings/{id}
    GET    /v1/records/{dataset}?purpose=&after=&limit=     rows of LODGED or of ANY vehicles
    POST   /v1/questions         {case, day, blinded}       evaluated, public_key, bits
    GET    /v1/answers/{day}/{bits}/{bucket}                entries: label, sealed
    POST   /v1/reidentifications {case, record}
    GET    /v1/reidentifications/{id}

and on a port for those who run it: GET /livez, /readyz, /metrics.

What is refused is {"error": why} with a status that says what to do: 401 and 403 not agreed, 409 take plates back, 410
begin again, 422 mend the request, 429 wait, 503 ask again.
"""

import base64
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.records import SharingRequestKind as Kind
from schemas.telemetry.exposition import tell_process
from schemas.telemetry.routes import operators_routes
from streams.core.sharing.agreement import Agreement
from streams.sharing.requests import Case, Plate, Refused
from streams.sharing.service import ROWS_MAX, SharingService
from streams.sharing.telemetry import SharingTelemetry

# PLATES_AT_ONCE_MAX plates, or QUESTIONS_AT_ONCE_MAX questions, with room.
BODY_BYTES_MAX: Final = 65_536
NUMBER_DIGITS_MAX: Final = 10


class LodgingBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /v1/lodgings."""

    case: Case
    plates: list[Plate]
    valid_until: str


class QuestionsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /v1/questions; `blinded` in base64."""

    case: Case
    day: str
    blinded: list[bytes]


class ReidentificationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of POST /v1/reidentifications."""

    case: Case
    record: str


Body = TypeVar("Body")
Handler = Callable[[Request, Agreement], Awaitable[dict[str, Any]]]


class Routes:
    """The routes of a service, each a handler for one agreement."""

    def __init__(self, service: SharingService) -> None:
        self._service = service

    async def agreement(self, _: Request, agreed: Agreement) -> dict[str, Any]:
        """What is agreed."""
        return await self._service.standing(agreed)

    async def lodge(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """Plates to be told of."""
        body = await body_of(request, LodgingBody)
        return await self._service.lodge(agreed, body.case, body.plates, body.valid_until)

    async def lodgings(self, _: Request, agreed: Agreement) -> dict[str, Any]:
        """The agency's own list."""
        return await self._service.lodgings(agreed)

    async def withdraw(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """One taken back."""
        return await self._service.withdraw(agreed, request.path_params["lodging_id"])

    async def records(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """A page of rows."""
        asked = request.query_params
        limit = number_of(asked.get("limit", str(ROWS_MAX)))
        return await self._service.records(
            agreed, request.path_params["dataset"], asked.get("purpose", ""), asked.get("after", ""), limit
        )

    async def questions(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """Blinded plates."""
        body = await body_of(request, QuestionsBody)
        return await self._service.questions(agreed, body.case, body.day, body.blinded)

    async def answers(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """A bucket of sealed crossings."""
        where = request.path_params
        return await self._service.answers(agreed, where["day"], number_of(where["bits"]), number_of(where["bucket"]))

    async def reidentify(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """A plate asked for."""
        body = await body_of(request, ReidentificationBody)
        return await self._service.reidentify(agreed, body.case, body.record)

    async def reidentified(self, request: Request, agreed: Agreement) -> dict[str, Any]:
        """What became of it."""
        return await self._service.reidentified(agreed, request.path_params["reidentification_id"])


def sharing_app(service: SharingService) -> Starlette:
    """What agencies reach."""
    routes = Routes(service)
    table: tuple[tuple[str, Handler, Kind, str], ...] = (
        ("/v1/agreement", routes.agreement, Kind.AGREEMENT, "GET"),
        ("/v1/lodgings", routes.lodge, Kind.LODGE, "POST"),
        ("/v1/lodgings", routes.lodgings, Kind.LODGINGS, "GET"),
        ("/v1/lodgings/{lodging_id}", routes.withdraw, Kind.WITHDRAW, "DELETE"),
        ("/v1/records/{dataset}", routes.records, Kind.RECORDS, "GET"),
        ("/v1/questions", routes.questions, Kind.QUESTIONS, "POST"),
        ("/v1/answers/{day}/{bits}/{bucket}", routes.answers, Kind.ANSWERS, "GET"),
        ("/v1/reidentifications", routes.reidentify, Kind.REIDENTIFY, "POST"),
        ("/v1/reidentifications/{reidentification_id}", routes.reidentified, Kind.REIDENTIFIED, "GET"),
    )
    return Starlette(
        routes=[
            Route(path, answering(service, handler, kind), methods=[method]) for path, handler, kind, method in table
        ]
    )


def operators_app(service: SharingService, telemetry: SharingTelemetry) -> Starlette:
    """What those who run it reach, on a port of its own: its counts would tell one agency what others do."""

    def is_ready() -> bool:
        return service.is_ready

    tell_process(telemetry.registry, "sharing", is_ready)
    return Starlette(routes=operators_routes(telemetry.registry, is_ready))


def answering(service: SharingService, handler: Handler, kind: Kind) -> Callable[[Request], Awaitable[Response]]:
    """A handler behind the credential; what it refuses is an answer too."""

    async def answer(request: Request) -> Response:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise Refused(401, "show the agreement's credential: Authorization: Bearer AGENCY:secret")
            agreed = service.agreement_of(credential.strip())
            return json(await service.serve(agreed, kind, lambda: handler(request, agreed)))
        except Refused as refused:
            return json({"error": str(refused)}, refused.status)

    return answer


async def body_of(request: Request, kind: type[Body]) -> Body:
    """A body of bounded size. Raises Refused."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refused(413, f"a body has at most {BODY_BYTES_MAX} bytes; ask for less at once")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(422, f"not such a request: {error}") from error


def number_of(text: str) -> int:
    """A small number. Raises Refused."""
    if not (text.isascii() and text.isdecimal()) or len(text) > NUMBER_DIGITS_MAX:
        raise Refused(422, f"a number has 1 to {NUMBER_DIGITS_MAX} digits")
    return int(text)


def json(value: object, status: int = 200) -> Response:
    """A JSON answer that nobody on the way keeps; bytes in base64."""
    body = orjson.dumps(value, default=lambda raw: base64.b64encode(raw).decode())
    return Response(body, status, {"cache-control": "no-store"}, "application/json")
