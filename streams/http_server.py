"""uvicorn within a loop of ours, with bounds on what a client may cost.

Starlette and uvicorn as for the console: one way to write what speaks HTTP, and what is written can be mounted there.
"""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Iterator
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

# Of more, who has been silent longest goes for who comes.
CONNECTIONS_MAX: Final = 256
HEADER_BYTES_MAX: Final = 8_192
KEEP_ALIVE_SECONDS: Final = 75

# From a connection, or the first byte of a request, to the request's end: who sends a byte now and then would hold a
# connection for ever.
REQUEST_SECONDS: Final = 10.0

# What is under way when the server stops has this long.
STOP_SECONDS: Final = 2


class ImpatientProtocol(H11Protocol):
    """Closes connections whose request does not come to its end in time, and the one silent longest of too many.

    `open_by_silence`: all connections of the server, the one silent longest first. uvicorn's own bound would answer
    whoever comes with 503, the question whether the server lives among them.
    """

    _deadline: asyncio.TimerHandle | None = None

    def __init__(
        self, open_by_silence: "dict[ImpatientProtocol, None]", connections_max: int, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._open = open_by_silence
        self._connections_max = connections_max

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        if len(self._open) >= self._connections_max:
            silent = next(iter(self._open))
            self._open.pop(silent)
            silent.transport.abort()
        self._open[self] = None
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request have come."""
        if self in self._open:
            self._open[self] = self._open.pop(self)
        if self._deadline is None:
            self._expect()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._forget()  # the whole request is here

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._open.pop(self, None)
        self._forget()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for whoever runs the loop."""
        yield


class HttpServer:
    """Serves one ASGI application. `start`, and `stop` before the loop ends."""

    def __init__(self, app: Any, connections_max: int = CONNECTIONS_MAX) -> None:
        protocol: Any = functools.partial(ImpatientProtocol, {}, connections_max)
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # what hostile clients send is not worth a line
            proxy_headers=False,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None]

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system for 0. Raises OSError if it cannot be had."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=256)
        listening.setblocking(False)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and end when what is under way is answered."""
        self._server.should_exit = True
        await self._task
