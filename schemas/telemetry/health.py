"""Serves /metrics, /livez and /readyz of a process that is busy with something else, from a thread of their own."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry

from schemas.telemetry.exposition import exposed

# The main loop ticks every second; a step of folding may hold it for a few tenths. Silent for this long, it hangs.
HANGING_SECONDS: Final = 30.0


class Pulse:
    """When the main loop last came round; written there, read by the server's thread."""

    def __init__(self) -> None:
        self._beat = time.monotonic()

    def beat(self) -> None:
        """Called by the main loop."""
        self._beat = time.monotonic()

    @property
    def silence_seconds(self) -> float:
        """Since the main loop last came round."""
        return time.monotonic() - self._beat

    def is_alive(self) -> bool:
        """False if the main loop hangs."""
        return self.silence_seconds < HANGING_SECONDS


def serve(registry: CollectorRegistry, port: int, is_alive: Callable[[], bool], is_ready: Callable[[], bool]) -> int:
    """Start serving on 127.0.0.1; returns the port, chosen by the system for 0. Raises OSError if it is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, *exposed(registry, self.headers.get("Accept")))
            elif path == "/livez":
                self._answer_if(is_alive(), "alive")
            elif path == "/readyz":
                self._answer_if(is_ready(), "ready")
            else:
                self._answer(404, b"", "text/plain")

        def _answer_if(self, good: bool, name: str) -> None:
            self._answer(200 if good else 503, json.dumps({name: good}).encode(), "application/json")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Scrapes are not worth a line."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return int(server.server_address[1])
