"""uvicorn within a loop of ours, for devices: with bounds on what a client may cost, and with TLS.

The edge is installed without the centre, so this is not the one of `streams`: here a body may take longer, since links
are bad, and a client may show a certificate.
"""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

# Of more, who has been silent longest goes for who comes.
CONNECTIONS_MAX: Final = 256
HEADER_BYTES_MAX: Final = 8_192
KEEP_ALIVE_SECONDS: Final = 75

# From a connection, or the first byte of a request, to the request's end: a mebibyte at 35 kB/s. Who sends a byte now
# and then would hold a connection for ever.
REQUEST_SECONDS: Final = 30.0

# What is under way when the server stops has this long.
STOP_SECONDS: Final = 5

# Where an application finds the name in the certificate that its client has shown.
CLIENT_NAME: Final = "client_name"


class BoundedProtocol(H11Protocol):
    """Closes connections whose request does not come to its end in time, and the one silent longest of too many."""

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, open_by_silence: "dict[BoundedProtocol, None]", *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._open = open_by_silence

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        if len(self._open) >= CONNECTIONS_MAX:
            silent = next(iter(self._open))
            self._open.pop(silent)
            silent.transport.abort()
        self._open[self] = None
        name = client_name(transport)
        if name is not None:
            self.app = functools.partial(_with_name, self.app, name)
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


async def _with_name(app: ASGIApp, name: str, scope: Scope, receive: Receive, send: Send) -> None:
    await app({**scope, CLIENT_NAME: name}, receive, send)


def client_name(transport: asyncio.Transport) -> str | None:
    """The common name in the certificate that a client has shown, and that the server has checked; None without."""
    shown = transport.get_extra_info("peercert")
    for part in shown.get("subject", ()) if shown else ():
        for name, value in part:
            if name == "commonName":
                return str(value)
    return None


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for whoever runs the loop."""
        yield


class HttpServer:
    """Serves one ASGI application. `start`, and `stop` before the loop ends.

    With a certificate and its key TLS is spoken; with a `client_ca` every client has to show a certificate of it.
    Raises OSError, which ssl.SSLError is one of, if these files cannot be used.
    """

    def __init__(
        self, app: Any, certificate: Path | None = None, key: Path | None = None, client_ca: Path | None = None
    ) -> None:
        protocol: Any = functools.partial(BoundedProtocol, {})
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
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=None if client_ca is None else str(client_ca),
            ssl_cert_reqs=ssl.CERT_NONE if client_ca is None else ssl.CERT_REQUIRED,
        )
        config.load()
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
