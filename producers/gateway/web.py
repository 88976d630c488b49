"""HTTP: what devices post, and what Prometheus and a supervisor ask.

| request | answer |
|---|---|
| `POST /devices/{device_id}/readings` | 200 once all that is taken is on disk; 422 if nothing is taken |
| `GET /devices/{device_id}/readings?after=N` | its last readings and rejections, those behind number N |
| `POST /units/{unit_id}/assignments`, `GET /assignments` | see `orders.py` |
| `GET /metrics`, `GET /livez` | metrics; 200 while the process lives |
| `GET /readyz` | 200 while readings are taken, else 503 |

A device shows `Authorization: Bearer KEY`, or a certificate. What one without a key sends, its own machine may see too.
The body is what it speaks, as it is or with `Content-Encoding: gzip`, a mebibyte at most either way. Answers are JSON,
{"accepted": [reading ids], "rejected": [{"reason", "text", "at"}]}. 503 with Retry-After: no room, send it again. A
larger body is refused without reading it, and what unpacks to more is unpacked no further than that.
"""

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from producers.formats.reading_format import PAYLOAD_BYTES_MAX, Reason, Rejection
from producers.gateway.identity import Identities
from producers.gateway.intake import Intake
from producers.gateway.orders import OrdersWeb
from producers.gateway.requests import RETRY_SECONDS, key_of, without_path
from producers.http_server import CLIENT_NAME
from producers.site import HttpInput, SiteDevice
from producers.spool.errors import SpoolError, SpoolFull
from schemas.telemetry.exposition import tell_process
from schemas.telemetry.routes import operators_routes

STATUS: Final = {
    Reason.TOO_LARGE: 413,
    Reason.UNAUTHORISED: 401,
    Reason.UNSUPPORTED: 415,
    Reason.MALFORMED: 400,
}
NUMBER_DIGITS_MAX: Final = 15
GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class _Refused(Exception):
    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.rejection = Rejection(reason, text)


def unpacked(body: bytes) -> bytes:
    """What a gzip body holds; it is unpacked no further than PAYLOAD_BYTES_MAX. Raises _Refused."""
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        found = unpacker.decompress(body, PAYLOAD_BYTES_MAX + 1)
    except zlib.error:
        raise _Refused(Reason.MALFORMED, "not gzip, which its Content-Encoding says") from None
    if len(found) > PAYLOAD_BYTES_MAX:
        raise _Refused(Reason.TOO_LARGE, f"unpacks to more than {PAYLOAD_BYTES_MAX:,} bytes; send it in parts")
    if not unpacker.eof or unpacker.unused_data:
        raise _Refused(Reason.MALFORMED, "gzip that is cut short, or has something behind its end")
    return found


async def body_of(request: Request) -> bytes:
    """A request's body, unpacked. Raises _Refused as soon as it is known to be too large."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise _Refused(Reason.UNSUPPORTED, "Content-Encoding must be gzip, or left out")
    too_large = _Refused(Reason.TOO_LARGE, f"{PAYLOAD_BYTES_MAX:,} bytes are taken at once; send it in parts")
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > PAYLOAD_BYTES_MAX:
        raise too_large
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > PAYLOAD_BYTES_MAX:
            raise too_large
        parts.append(part)
    body = b"".join(parts)
    return unpacked(body) if encoding == "gzip" else body


def answer(status: int, accepted: tuple[str, ...], rejections: tuple[Rejection, ...], **headers: str) -> Response:
    """The answer to a post."""
    told: dict[str, Any] = {
        "accepted": accepted,
        "rejected": [{"reason": one.reason, "text": one.text, "at": one.at} for one in rejections],
    }
    return Response(msgspec.json.encode(told), status, headers, "application/json")


class GatewayWeb:
    """What is answered to whom."""

    def __init__(self, intake: Intake, identities: Identities) -> None:
        self._intake, self._identities, self._telemetry = intake, identities, intake.telemetry

    async def post(self, request: Request) -> Response:
        """Take what a device sends."""
        one = None
        try:
            one = self._device_of(request, self._may_post)
            taken = await self._intake.take(one.device, await body_of(request))
        except _Refused as error:
            rejection = error.rejection
            if one is not None:
                self._telemetry.rejected(one.device.device_id, rejection.reason)
            # What was not read of the body is not read any more.
            return answer(STATUS[rejection.reason], (), (rejection,), connection="close")
        except ClientDisconnect:
            return Response(status_code=400)
        except SpoolFull as error:
            rejection = Rejection(Reason.TOO_MANY, f"no room: {without_path(error)}")
            return answer(503, (), (rejection,), **{"retry-after": str(RETRY_SECONDS)})
        except SpoolError:
            return answer(503, (), (Rejection(Reason.TOO_MANY, "the gateway's disk failed; send it again later"),))
        return answer(200 if taken.accepted or not taken.rejections else 422, taken.accepted, taken.rejections)

    async def look(self, request: Request) -> Response:
        """Show what a device sent last."""
        address = "" if request.client is None else request.client.host
        try:
            one = self._device_of(request, partial(self._identities.may_look, address))
        except _Refused as error:
            return answer(STATUS[error.rejection.reason], (), (error.rejection,))
        after, recent = request.query_params.get("after", "0"), self._intake.recent
        is_number = after.isascii() and after.isdigit() and len(after) <= NUMBER_DIGITS_MAX
        found = recent.after(one.device.device_id, int(after) if is_number else 0)
        told = {"last": recent.last, "items": [item.shown() for item in found]}
        return Response(msgspec.json.encode(told), media_type="application/json")

    def _may_post(self, one: SiteDevice, key: bytes, certificate_name: str | None) -> bool:
        return isinstance(one.input, HttpInput) and self._identities.may_post(one, key, certificate_name)

    def _device_of(self, request: Request, may: Callable[[SiteDevice, bytes, str | None], bool]) -> SiteDevice:
        one, key = self._identities.device(request.path_params["device_id"]), key_of(request)
        if one is None:
            self._telemetry.stranger(Reason.UNKNOWN_DEVICE)
        elif may(one, key, request.scope.get(CLIENT_NAME)):
            return one
        else:
            self._telemetry.stranger(Reason.UNAUTHORISED)
        # The same words for both: who has no key need not know which devices there are.
        raise _Refused(Reason.UNAUTHORISED, "no such device, or not its key; Authorization: Bearer KEY")


def gateway_app(intake: Intake, identities: Identities, is_ready: Callable[[], bool]) -> Starlette:
    """The gateway's HTTP application."""
    web, orders = GatewayWeb(intake, identities), OrdersWeb(intake, identities)

    registry = intake.telemetry.registry
    tell_process(registry, "gateway", is_ready)
    return Starlette(
        routes=[
            Route("/devices/{device_id}/readings", web.post, methods=["POST"]),
            Route("/devices/{device_id}/readings", web.look, methods=["GET"]),
            Route("/units/{unit_id}/assignments", orders.post, methods=["POST"]),
            Route("/assignments", orders.look, methods=["GET"]),
            *operators_routes(registry, is_ready, intake.tell),
        ]
    )
