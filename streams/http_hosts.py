"""By which names an HTTP application may be reached.

A browser lets a page read what comes from the page's own name, and anyone can make a name of theirs lead to this
machine: what asks for another name than ours is another site's.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def host_in(header: str) -> str | None:
    """The host of a Host header without its port: `[::1]:7332` is `::1`. None for what is no host."""
    try:
        host = urlsplit(f"//{header}").hostname
    except ValueError:  # a bracket that is not closed
        return None
    return canonical(host) if host else None


def canonical(host: str) -> str:
    """A host as it is compared: names have no case, and an IPv6 address may be written in several ways."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower()


class KnownHosts:
    """Middleware: 400 for a request to another host than these."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset([canonical(host) for host in hosts])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http":
            headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(headers) != 1 or host_in(headers[0]) not in self._hosts:
                await PlainTextResponse("Invalid host header", 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)
