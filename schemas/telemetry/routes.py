"""/metrics, /livez and /readyz of a process that speaks HTTP anyway."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.telemetry.exposition import exposed


def operators_routes(
    registry: CollectorRegistry, is_ready: Callable[[], bool], before: Callable[[], None] = lambda: None
) -> list[Route]:
    """What Prometheus and whoever supervises the process ask; `before` is called before metrics are told."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        ready = is_ready()
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def metrics(request: Request) -> Response:
        before()
        text, content_type = exposed(registry, request.headers.get("accept"))
        return Response(text, headers={"content-type": content_type})

    return [
        Route("/livez", livez, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
