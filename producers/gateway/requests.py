"""What requests of devices and of operators have in common."""

from typing import Final

from starlette.requests import Request

from producers.gateway.assignments import HandingOver
from producers.spool.errors import SpoolFull

# After a refusal for want of room, ask again so much later.
RETRY_SECONDS: Final = 5


def key_of(request: Request) -> bytes:
    """The key that a request shows; empty without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""


def without_path(error: SpoolFull) -> str:
    """What a device is told of a full spool: devices need not know where it is."""
    if isinstance(error, HandingOver):
        return str(error)
    return "the disk is full" if "disk" in str(error) and "slower" not in str(error) else "too much waits for Kafka"
