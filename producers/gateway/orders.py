"""HTTP: where the mobile X-ray units of a site stand, told by who has the operator's key.

| request | answer |
|---|---|
| `POST /units/{unit_id}/assignments` | 200 once its records are on disk; 409 and why if it cannot be carried out |
| `GET /assignments` | the units with their lanes, and all assignments that are kept |

Who asks shows `Authorization: Bearer KEY`. The body is JSON, times in microseconds UTC: {"lane_id": "2301/02", or null
for none, "assigned_by": "engineer-7", "from_at": null for now, "until_at": null for open}. Answers are JSON too,
{"changed": [records], "standing": record or null}, or {"error": why}. Whoever is in doubt asks again, since what stands
as ordered is not changed. 503 with Retry-After: no room, or another order of the unit is on its way; ask again.
"""

from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from producers.formats.reading_format import Reason
from producers.gateway.assignments import Order, Unassignable
from producers.gateway.identity import Identities
from producers.gateway.intake import Intake, now_us
from producers.gateway.requests import RETRY_SECONDS, key_of, without_path
from producers.spool.errors import SpoolError, SpoolFull

ORDER_BYTES_MAX: Final = 4_096


class OrderBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order as it comes; all of it must be said, so that a forgotten name is not an open end."""

    lane_id: str | None
    assigned_by: str
    from_at: int | None
    until_at: int | None


def answer(status: int, told: object, **headers: str) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(told), status, headers, "application/json")


class OrdersWeb:
    """What is answered to an operator."""

    def __init__(self, intake: Intake, identities: Identities) -> None:
        self._intake, self._identities = intake, identities

    async def post(self, request: Request) -> Response:
        """Carry out an order."""
        if not self._may(request):
            return self._refusal()
        try:
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > ORDER_BYTES_MAX:
                    text = f"an order has at most {ORDER_BYTES_MAX:,} bytes"
                    return answer(413, {"error": text}, connection="close")
            told = msgspec.json.decode(body, type=OrderBody)
            order = Order(told.lane_id, told.assigned_by, told.from_at, told.until_at)
            change = await self._intake.assign(request.path_params["unit_id"], order)
        except ClientDisconnect:
            return Response(status_code=400)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return answer(400, {"error": f"no order: {error}"})
        except Unassignable as error:
            return answer(409, {"error": str(error)})
        except SpoolFull as error:
            text = f"nothing was changed, ask again: {without_path(error)}"
            return answer(503, {"error": text}, **{"retry-after": str(RETRY_SECONDS)})
        except SpoolError:
            return answer(503, {"error": "the gateway's disk failed; ask again once it has started anew"})
        return answer(200, {"changed": change.records, "standing": change.standing})

    async def look(self, request: Request) -> Response:
        """Show where units stand, stood and will stand."""
        if not self._may(request):
            return self._refusal()
        assignments = self._intake.assignments
        return answer(200, {"now": now_us(), "units": assignments.roams, "assignments": assignments.all()})

    def _may(self, request: Request) -> bool:
        return self._identities.may_assign(key_of(request))

    def _refusal(self) -> Response:
        self._intake.telemetry.stranger(Reason.UNAUTHORISED)
        return answer(401, {"error": "not the operator's key; Authorization: Bearer KEY"}, connection="close")
