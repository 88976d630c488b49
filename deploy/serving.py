"""Serves /metrics, /livez and /readyz of a command that runs until Ctrl-C."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry

from deploy.errors import UserError
from schemas.telemetry.exposition import tell_process
from schemas.telemetry.health import serve


def serve_process(
    registry: CollectorRegistry, process: str, port: int, is_alive: Callable[[], bool], is_ready: Callable[[], bool]
) -> int:
    """Start serving, with what every process tells of itself; returns the port. Raises UserError if it is taken."""
    tell_process(registry, process, is_ready)
    try:
        return serve(registry, port, is_alive, is_ready)
    except OSError as error:
        raise UserError(f"cannot serve on port {port}: {error.strerror or error}") from error
